//! `/api-proxy/…` is the product's `/…`, so that the phone page and the product share an origin, as in WeChat there is none.

use crate::{calls::refuse, world::World};
use futures_util::TryStreamExt;
use poem::{
    Body, Endpoint, Request, Response,
    endpoint::make,
    http::{HeaderMap, StatusCode},
};
use std::sync::Arc;

/// Headers that belong to one connection only; and cookies, which a mini-program does not have (but browsers share them
/// between the ports of one host, so the desktop's would come along).
const LEFT_OUT: [&str; 10] = [
    "connection",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "cookie",
    "set-cookie",
];

pub(crate) fn routes(world: Arc<World>) -> impl Endpoint<Output = Response> {
    make(move |request| {
        let world = world.clone();
        async move { Ok::<_, poem::Error>(forward(&world, request).await) }
    })
}

async fn forward(world: &World, mut request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{}{path}", world.config.product_url.trim_end_matches('/'));
    let body = reqwest::Body::wrap_stream(request.take_body().into_bytes_stream());
    let mut call = world.http.request(request.method().clone(), url).headers(through(request.headers()));
    if request.headers().contains_key("content-length") || request.headers().contains_key("transfer-encoding") {
        if let Some(length) = request.headers().get("content-length") {
            call = call.header("content-length", length);
        }
        call = call.body(body);
    }
    match call.send().await {
        Ok(answer) => {
            let mut response = Response::builder().status(answer.status()).finish();
            *response.headers_mut() = through(answer.headers());
            response.set_body(Body::from_bytes_stream(answer.bytes_stream().map_err(std::io::Error::other)));
            response
        }
        Err(error) => refuse(StatusCode::BAD_GATEWAY, format!("the product does not answer: {}", error.without_url())),
    }
}

fn through(headers: &HeaderMap) -> HeaderMap {
    let wanted = headers.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
    wanted.map(|(name, value)| (name.clone(), value.clone())).collect()
}
