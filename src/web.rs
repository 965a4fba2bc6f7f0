//! What surrounds every request: its id, its span, its security headers, and errors told in the right language.

use crate::{console, error::Error, site, state::State};
use poem::{
    Endpoint, EndpointExt, IntoResponse, Request, Response,
    http::{HeaderValue, StatusCode, header},
    middleware::{AddData, CatchPanic, CookieJarManager},
};
use std::{sync::Arc, time::Instant};
use tracing::Instrument;

/// Nothing but our own files runs; nobody frames us.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      media-src 'self' blob: data:; font-src 'self'; connect-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'";
/// Swagger UI brings its own script and style inside its page.
const DOCS_POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; \
                           style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/// Puts the layers around the routes.
pub fn around<E: Endpoint + 'static>(routes: E, state: Arc<State>) -> impl Endpoint<Output = Response> {
    let inner = routes
        .with(CookieJarManager::new())
        .with(CatchPanic::new().with_handler(panicked))
        .with(AddData::new(state.clone()));
    Around { inner, state }
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Error::internal("a handler panicked").into_response_now()
}

struct Around<E> {
    inner: E,
    state: Arc<State>,
}

impl<E: Endpoint> Endpoint for Around<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        Ok(one(&self.inner, request, &self.state).await)
    }
}

impl Error {
    /// The answer to a program.
    pub fn into_response_now(self) -> Response {
        poem::Error::from(self).into_response()
    }
}

async fn one<E: Endpoint>(endpoint: &E, mut request: Request, state: &State) -> Response {
    let request_id = hex::encode(state.random.bytes::<8>());
    let began = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let for_program = path.starts_with("/api") || path == "/openapi.json" || path == "/live";
    let wants_part = request.header("hx-request") == Some("true");
    request.set_data(RequestId(request_id.clone()));
    let span = tracing::info_span!("request", request.id = %request_id);
    let answer = endpoint.call(request).instrument(span.clone()).await;
    let mut response = match answer {
        Ok(response) => response.into_response(),
        Err(error) => refused(error),
    };
    let status = response.status();
    let told = response.content_type().is_some_and(|kind| kind.starts_with("application/problem+json"));
    if told && !for_program {
        response = as_page(state, response, wants_part, &path, &request_id).await;
    }
    let elapsed = began.elapsed();
    let route = route_of(&path);
    metrics::histogram!("http_request_seconds", "route" => route.clone(), "status" => status.as_u16().to_string())
        .record(elapsed.as_secs_f64());
    span.in_scope(|| {
        tracing::info!(http.method = %method, http.route = route, http.status = status.as_u16(), duration_ms = elapsed.as_secs_f64() * 1e3, "answered");
    });
    guard(&mut response, &request_id, &path, state);
    response
}

/// The id of a request: in its log lines, in its answer's header, on its error page.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The path without what varies: ids, tickets, file names. Never a query.
fn route_of(path: &str) -> String {
    // What is asked of the status service is base64, with slashes.
    if path.starts_with("/pki/ocsp/") {
        return "/pki/ocsp/:id".to_owned();
    }
    let varies = |part: &str| part.len() > 24 || part.bytes().any(|b| b.is_ascii_digit());
    path.split('/').map(|part| if varies(part) { ":id" } else { part }).collect::<Vec<_>>().join("/")
}

/// poem's own errors (no such route, not that method, a body that does not parse) in our words.
fn refused(error: poem::Error) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    let said = match error.status() {
        StatusCode::NOT_FOUND => Error::not_found(),
        StatusCode::UNAUTHORIZED => Error::sign_in(),
        StatusCode::PAYLOAD_TOO_LARGE => Error::too_large("body", "提交的内容过大，请缩小后重试"),
        StatusCode::METHOD_NOT_ALLOWED => {
            return Response::builder().status(StatusCode::METHOD_NOT_ALLOWED).header("allow", "GET, POST").finish();
        }
        status if status.is_client_error() => {
            tracing::debug!(error.cause = %error, "request refused");
            Error::invalid("body", "请求内容格式不正确，请检查后重试")
        }
        _ => Error::internal(error),
    };
    said.into_response_now()
}

/// A problem as a page (or, for a part, as its sentence); whoever is not signed in is sent to sign in.
async fn as_page(state: &State, response: Response, wants_part: bool, path: &str, request_id: &str) -> Response {
    let status = response.status();
    let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
    let body = response.into_body().into_bytes().await.unwrap_or_default();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or("请稍后再试");
    let code = problem["code"].as_str().unwrap_or_default();
    if status == StatusCode::UNAUTHORIZED && code == "sign_in" {
        let door = if of_console(path) { "/console/sign-in" } else { "/sign-in" };
        if wants_part {
            return Response::builder().header("hx-redirect", door).finish();
        }
        let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        return crate::page::see_other(&format!("{door}?next={next}"));
    }
    let mut page = if wants_part {
        let text = askama::filters::escape(detail, askama::filters::Html).map(|t| t.to_string()).unwrap_or_default();
        Response::builder()
            .status(status)
            .content_type("text/html; charset=utf-8")
            .body(format!(r#"<p class="problem" role="alert">{text}</p>"#))
    } else if of_console(path) {
        console::http::error_page(state, status, detail, request_id)
    } else {
        site::errors::page(state, status, detail, request_id)
    };
    if let Some(wait) = retry_after {
        page.headers_mut().insert(header::RETRY_AFTER, wait);
    }
    page
}

/// The staff have a door and error pages of their own.
fn of_console(path: &str) -> bool {
    path == "/console" || path.starts_with("/console/")
}

fn guard(response: &mut Response, request_id: &str, path: &str, state: &State) {
    let policy = if path.starts_with("/docs") { DOCS_POLICY } else { POLICY };
    let fixed = [
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
    ];
    let headers = response.headers_mut();
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if state.config.secure_cookies() {
        headers.insert("strict-transport-security", HeaderValue::from_static("max-age=31536000"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert("x-request-id", id);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_varies_in_a_path_is_not_logged() {
        assert_eq!(super::route_of("/h/0f0e0d0c0b0a09080706050403020100"), "/h/:id");
        assert_eq!(super::route_of("/enrol/company"), "/enrol/company");
        assert_eq!(super::route_of("/captcha/0191-aa.png"), "/captcha/:id");
    }
}
