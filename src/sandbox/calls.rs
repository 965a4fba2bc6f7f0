//! The door every vendor call passes: what goes wrong on purpose happens here, and one line is logged.

use crate::{faults::Common, world::World};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use poem::{Body, Endpoint, EndpointExt, IntoEndpoint, Request, Response, http::StatusCode};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// What the log says of an answer, when the status alone does not tell. A vendor attaches it to its response.
#[derive(Clone)]
pub(crate) struct Outcome(pub(crate) String);

/// Puts a vendor behind the door. `operation` names a call from its path or headers, the same as in the log and in faults.
pub(crate) fn watch<E>(
    world: Arc<World>,
    vendor: &'static str,
    operation: fn(&Request) -> String,
    inner: E,
) -> impl Endpoint<Output = Response>
where
    E: IntoEndpoint,
    E::Endpoint: 'static,
{
    inner.into_endpoint().map_to_response().around(move |inner, request| {
        let world = world.clone();
        async move {
            let (started, operation) = (Instant::now(), operation(&request));
            let fault = world.faults.transport(vendor, &operation);
            let (response, outcome) = match fault {
                None => answer(&inner, request).await,
                Some((common, ms)) => suffer(common, ms, &inner, request).await,
            };
            let latency = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            world.log.add(world.clock.beijing(), vendor, operation, outcome, latency);
            Ok(response)
        }
    })
}

async fn answer(inner: &impl Endpoint<Output = Response>, request: Request) -> (Response, String) {
    let response = inner.call(request).await.unwrap_or_else(|error| error.into_response());
    let status = response.status().as_u16();
    let outcome = match response.data::<Outcome>() {
        Some(Outcome(word)) => format!("{status} {word}"),
        None => status.to_string(),
    };
    (response, outcome)
}

async fn suffer(
    common: Common,
    ms: Option<u64>,
    inner: &impl Endpoint<Output = Response>,
    request: Request,
) -> (Response, String) {
    let wait = |default: u64| tokio::time::sleep(Duration::from_millis(ms.unwrap_or(default)));
    match common {
        Common::Http502 => {
            (plain(StatusCode::BAD_GATEWAY, "<html><h1>502 Bad Gateway</h1></html>"), "fault http_502".into())
        }
        Common::Timeout => {
            wait(30_000).await;
            (broken(), "fault timeout".into())
        }
        Common::Reset => (broken(), "fault reset".into()),
        Common::LostReply => {
            let (_lost, outcome) = answer(inner, request).await;
            (broken(), format!("{outcome}, fault lost_reply"))
        }
        Common::Slow => {
            let (response, outcome) = answer(inner, request).await;
            wait(2_000).await;
            (response, format!("{outcome}, fault slow"))
        }
        _ => (plain(StatusCode::INTERNAL_SERVER_ERROR, ""), "fault http_500".into()),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    Response::builder().status(status).content_type("text/html").body(text)
}

/// An answer whose connection ends in its middle: a head that promises a body, a first byte, and no more.
fn broken() -> Response {
    let end = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "a fault was asked for"))
    };
    let begin = futures_util::future::ready(Ok(Bytes::from_static(b" ")));
    let stream = begin.into_stream().chain(end.into_stream());
    Response::builder().header("content-length", "64").body(Body::from_bytes_stream(stream))
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, value: &impl serde::Serialize) -> Response {
    let text = serde_json::to_vec(value).expect("the sandbox's own shapes are JSON");
    Response::builder().status(status).content_type("application/json; charset=utf-8").body(text)
}

/// A refusal of the sandbox's own API (not a vendor's): a status and a sentence.
pub(crate) fn refuse(status: StatusCode, why: impl std::fmt::Display) -> Response {
    json(status, &serde_json::json!({"error": why.to_string()}))
}
