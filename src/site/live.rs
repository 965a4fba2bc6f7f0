//! What happens in an account reaches its open pages: server-sent events, and a number to poll for where those fail.

use crate::{
    error::Error,
    events,
    live::{Heard, Watch},
    state::State,
    who::Who,
};
use futures_util::{StreamExt, stream as streams};
use poem::{
    Body, Response, handler,
    web::{Data, Json},
};
use std::{sync::Arc, time::Duration};

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A stream of event names; the page asks again for the parts that care.
#[handler]
pub async fn stream(state: Data<&Arc<State>>, who: Who) -> Response {
    let watch = state.live.watch(who.account_id);
    let messages = streams::unfold(watch, next).take_until(state.stop.clone().cancelled_owned());
    let hello = streams::once(async { Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"retry: 1500\n\n")) });
    Response::builder()
        .content_type("text/event-stream")
        .header("cache-control", "no-store")
        .header("x-accel-buffering", "no")
        .body(Body::from_bytes_stream(hello.chain(messages)))
}

async fn next(mut watch: Watch) -> Option<(Result<bytes::Bytes, std::io::Error>, Watch)> {
    let text = match tokio::time::timeout(KEEP_ALIVE, watch.next()).await {
        Err(_) => ":\n\n".to_owned(),
        Ok(Some(Heard::Live(live))) => format!("id: {}\ndata: {}\n\n", live.id, live.name),
        Ok(Some(Heard::Resync)) => "data: resync\n\n".to_owned(),
        Ok(None) => return None,
    };
    Some((Ok(text.into()), watch))
}

/// How many events the account has: a page that cannot stream asks for this every few seconds, and one that has just begun
/// to stream asks whether it has missed any.
#[handler]
pub async fn seen(state: Data<&Arc<State>>, who: Who) -> Result<Json<serde_json::Value>, Error> {
    let seen = events::count(&state, who.account_id).await?;
    Ok(Json(serde_json::json!({ "seen": seen })))
}
