//! What happens in an account reaches its open pages: server-sent events, and a number to poll for where those fail.

use crate::{
    error::Error,
    live::{Heard, Watch},
    state::State,
    who::Who,
};
use futures_util::{StreamExt, stream};
use poem::{
    Body, Response, handler,
    web::{Data, Json},
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::{sync::Arc, time::Duration};

const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A stream of event names; the page asks again for the parts that care.
#[handler]
pub async fn events(state: Data<&Arc<State>>, who: Who) -> Response {
    let watch = state.live.watch(who.account_id);
    let messages = stream::unfold(watch, next).take_until(state.stop.clone().cancelled_owned());
    let hello = stream::once(async { Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"retry: 1500\n\n")) });
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

/// The last event of the account: a page that cannot stream asks for this every few seconds.
#[handler]
pub async fn last(state: Data<&Arc<State>>, who: Who) -> Result<Json<serde_json::Value>, Error> {
    use crate::events::entity::{Column, Entity};
    let last: Option<(uuid::Uuid, String)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::Name])
        .filter(Column::AccountId.eq(who.account_id))
        .order_by_desc(Column::Id)
        .into_tuple()
        .one(&state.db.read)
        .await?;
    Ok(Json(match last {
        Some((id, name)) => serde_json::json!({ "id": id, "name": name }),
        None => serde_json::json!({}),
    }))
}
