//! What verifiers fetch (certificates, lists, the status service), and the page on which anybody checks.

use super::{
    check::{self, Report},
    http::count,
    lists::{self, Issuer},
    ocsp::{self, Answer},
};
use crate::{
    error::Error,
    page::{self, Frame},
    papers,
    state::State,
    validation::Verdict,
    who::MaybeWho,
};
use askama::Template;
use base64::Engine;
use chrono::{DateTime, Utc};
use poem::{
    Body, Request, Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Multipart, Path, Query, cookie::CookieJar},
};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use zhangzheng_pki::ocsp::{Failure, MAX_REQUEST_BYTES};

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/pki/:file", get(authority_file))
        .at("/pki/ocsp", post(ocsp_post))
        .at("/pki/ocsp/*request", get(ocsp_get))
        .at("/check", get(check_page).post(check_file))
        .at("/check/:serial", get(check_serial))
}

/// An HTTP date (RFC 9110 §5.6.7).
fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Something that anybody may keep until a moment.
fn kept(request: &Request, state: &State, kind: &str, body: Vec<u8>, until: DateTime<Utc>) -> Response {
    let now = state.clock.now();
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(&body)[..12]));
    let answer = Response::builder()
        .header("etag", &tag)
        .header("expires", http_date(until))
        .header("cache-control", format!("public, no-transform, max-age={}", (until - now).num_seconds().max(0)));
    if request.header("if-none-match") == Some(tag.as_str()) {
        return answer.status(StatusCode::NOT_MODIFIED).finish();
    }
    answer.content_type(kind).body(body)
}

/// What certificates point to: their issuers and the lists. For everybody.
#[handler]
async fn authority_file(
    state: Data<&Arc<State>>,
    request: &Request,
    Path(file): Path<String>,
) -> Result<Response, Error> {
    let (name, kind) = file.rsplit_once('.').ok_or_else(Error::not_found)?;
    let issuer = Issuer::by_file(name).ok_or_else(Error::not_found)?;
    let now = state.clock.now();
    match kind {
        "cer" => {
            let (Issuer::Issuing(number) | Issuer::Root(number)) = issuer;
            let generation = state.authority.generation(number).ok_or_else(Error::not_found)?;
            let certificate = match issuer {
                Issuer::Issuing(_) => generation.ca.issuing(),
                Issuer::Root(number) if generation.root == number => generation.ca.root(),
                Issuer::Root(_) => return Err(Error::not_found()),
            };
            let until = now + chrono::Duration::days(1);
            Ok(kept(request, &state, "application/pkix-cert", certificate.der().to_vec(), until))
        }
        "crl" => {
            let list = lists::in_force(&state, issuer).await?;
            let until = Ord::min(list.next_update, now + chrono::Duration::minutes(10));
            Ok(kept(request, &state, "application/pkix-crl", list.der, until))
        }
        _ => Err(Error::not_found()),
    }
}

/// An answer of the status service; status 200 also when it says that there is none (RFC 6960 §A.2).
fn answered(state: &State, request: &Request, answer: Answer) -> Response {
    const KIND: &str = "application/ocsp-response";
    match answer.keep_until {
        Some(until) => kept(request, state, KIND, answer.der.to_vec(), until),
        None => Response::builder().content_type(KIND).header("cache-control", "no-store").body(answer.der.to_vec()),
    }
}

#[handler]
async fn ocsp_post(state: Data<&Arc<State>>, request: &Request, body: Body) -> Response {
    let der = body.into_bytes_limit(MAX_REQUEST_BYTES).await;
    let answer = match der {
        Ok(der) => ocsp::answer(&state, &der).await,
        Err(_) => Failure::Malformed.into(),
    };
    answered(&state, request, Answer { keep_until: None, ..answer })
}

/// The request as base64 in the address (RFC 6960 §A.1).
#[handler]
async fn ocsp_get(state: Data<&Arc<State>>, request: &Request, Path(encoded): Path<String>) -> Response {
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim_start_matches('/'));
    let answer = match decoded {
        Ok(der) => ocsp::answer(&state, &der).await,
        Err(_) => Failure::Malformed.into(),
    };
    answered(&state, request, answer)
}

#[derive(Template)]
#[template(path = "validation/check.html", config = "config/askama.toml")]
struct CheckPage {
    frame: Frame,
    serial: String,
    problem: Option<(String, String)>,
    report: Option<Report>,
}

impl CheckPage {
    fn problem_of(&self, field: &str) -> Option<&str> {
        self.problem.as_ref().filter(|(of, _)| of == field).map(|(_, detail)| detail.as_str())
    }

    /// The day in Beijing.
    fn day(&self, at: &DateTime<Utc>) -> String {
        in_beijing(*at).format("%Y-%m-%d").to_string()
    }

    /// The minute in Beijing.
    fn minute(&self, at: &DateTime<Utc>) -> String {
        in_beijing(*at).format("%Y-%m-%d %H:%M").to_string()
    }
}

fn in_beijing(at: DateTime<Utc>) -> DateTime<Utc> {
    at + chrono::Duration::hours(8)
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    serial: String,
}

#[handler]
async fn check_page(
    state: Data<&Arc<State>>,
    who: MaybeWho,
    jar: &CookieJar,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let typed = asked.serial.trim();
    if !typed.is_empty() {
        let path: String = url::form_urlencoded::byte_serialize(typed.as_bytes()).collect();
        return Ok(page::see_other(&format!("/check/{}", path.replace('+', "%20"))));
    }
    let frame = Frame::open(&state, &who, jar, "证书查验").await?;
    page::html(&CheckPage { frame, serial: String::new(), problem: None, report: None })
}

/// The report, or the form with what was wrong.
fn shown(frame: Frame, serial: String, checked: Result<Report, Error>) -> Result<Response, Error> {
    match checked {
        Ok(report) => page::html(&CheckPage { frame, serial, problem: None, report: Some(report) }),
        Err(Error::Invalid(problem) | Error::TooLarge(problem)) => {
            let field = problem.0.field.clone().unwrap_or_default();
            let problem = Some((field, problem.0.detail.clone()));
            page::html_with(StatusCode::BAD_REQUEST, &CheckPage { frame, serial, problem, report: None })
        }
        Err(error) => Err(error),
    }
}

/// What the code on a certificate leads to.
#[handler]
async fn check_serial(
    state: Data<&Arc<State>>,
    request: &Request,
    who: MaybeWho,
    jar: &CookieJar,
    Path(serial): Path<String>,
) -> Result<Response, Error> {
    count(&state, request).await?;
    let frame = Frame::open(&state, &who, jar, "证书查验").await?;
    let checked = check::serial(&state, &serial).await;
    shown(frame, serial, checked)
}

/// A file that somebody brings. Nothing is kept and nothing changes, so that no form token is asked for.
#[handler]
async fn check_file(
    state: Data<&Arc<State>>,
    request: &Request,
    who: MaybeWho,
    jar: &CookieJar,
    form: Multipart,
) -> Result<Response, Error> {
    count(&state, request).await?;
    let frame = Frame::open(&state, &who, jar, "证书查验").await?;
    let checked = match papers::receive(form, check::LARGEST).await {
        Ok(upload) => check::file(&state, &upload.bytes).await,
        Err(refused) => Err(refused),
    };
    shown(frame, String::new(), checked)
}
