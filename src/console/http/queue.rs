//! 待办: what waits, by due time, with filters; live.

use super::desk::{Desk, moment};
use crate::{
    console::{
        claim,
        queue::{self, Cursor, Filter, Item, Queue, Warning},
        session::{Act, Staffer},
    },
    error::Error,
    live::{DESK, Heard, Watch},
    page,
    state::State,
};
use askama::Template;
use futures_util::{StreamExt, stream as streams};
use poem::{
    Body, Response, Route, get, handler, post,
    web::{Data, Json, Path, Query},
};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/console/queue", get(whole))
        .at("/console/queue/next", get(next_of_all))
        .at("/console/companies/next", get(next_company))
        .at("/console/people", get(people))
        .at("/console/claims/:id/keep", post(keep))
        .at("/console/live", get(stream))
}

#[derive(Template)]
#[template(path = "console/queue.html", config = "config/askama.toml")]
pub(super) struct QueuePage {
    pub desk: Desk,
    pub path: &'static str,
    pub filter: Filter,
    pub items: Vec<Item>,
    pub next: Option<String>,
    pub from: String,
    /// The id of who looks.
    pub me: Uuid,
    pub may_take: bool,
    pub nothing_left: bool,
    /// Companies that do not wait, by status: addresses and labels.
    pub archive: bool,
}

impl QueuePage {
    /// The address of this list with another choice.
    fn with(&self, filter: &Filter) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let (Some(queue), "/console/queue") = (filter.queue, self.path) {
            query.append_pair("queue", queue.word());
        }
        for (name, on) in [("mine", filter.mine), ("free", filter.free), ("revised", filter.revised)] {
            if on {
                query.append_pair(name, "true");
            }
        }
        if filter.warning != Warning::Calm {
            query.append_pair("warning", filter.warning.word());
        }
        format!("{}?{}", self.path, query.finish())
    }
    fn here(&self) -> String {
        format!("{}&from={}", self.with(&self.filter), self.from)
    }
    fn with_queue(&self, queue: Option<Queue>) -> String {
        self.with(&Filter { queue, ..self.filter })
    }
    fn with_warning(&self, warning: Warning) -> String {
        let warning = if self.filter.warning == warning { Warning::Calm } else { warning };
        self.with(&Filter { warning, ..self.filter })
    }
    fn toggles(&self) -> [(&'static str, bool, String); 3] {
        let f = self.filter;
        [
            ("我领取的", f.mine, self.with(&Filter { mine: !f.mine, free: false, ..f })),
            ("无人领取", f.free, self.with(&Filter { free: !f.free, mine: false, ..f })),
            ("修改后重新提交", f.revised, self.with(&Filter { revised: !f.revised, ..f })),
        ]
    }
    fn is_mine(&self, item: &Item) -> bool {
        item.claim.as_ref().is_some_and(|claim| claim.staff_id == self.me)
    }
}

/// What an address asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub queue: String,
    pub mine: bool,
    pub free: bool,
    pub revised: bool,
    pub warning: String,
    /// Where the page begins.
    pub from: String,
    /// After the last decision.
    pub nothing_left: bool,
    /// Of companies: a status that does not wait; and `waiting`, `mine`.
    pub state: String,
}

/// One list of what waits.
pub(super) async fn list(
    state: &State,
    staffer: &Staffer,
    path: &'static str,
    only: Option<Queue>,
    asked: &Asked,
) -> Result<Response, Error> {
    let filter = Filter {
        queue: only.or_else(|| Queue::by_word(&asked.queue)),
        mine: asked.mine || asked.state == "mine",
        free: asked.free,
        revised: asked.revised,
        warning: Warning::by_word(&asked.warning).unwrap_or_default(),
    };
    let from = Cursor::parse(&asked.from);
    let page = queue::page(state, staffer, &filter, from).await?;
    let title = only.map_or("待办", Queue::label);
    page::html(&QueuePage {
        desk: Desk::of(state, staffer, title, path),
        path,
        filter,
        items: page.items,
        next: page.next.map(|next| next.text()),
        from: if asked.from.is_empty() { String::new() } else { from.text() },
        me: staffer.id,
        may_take: Queue::ALL.into_iter().any(|queue| staffer.can(queue.needs())),
        nothing_left: asked.nothing_left,
        archive: only == Some(Queue::Companies),
    })
}

#[handler]
async fn whole(state: Data<&Arc<State>>, staffer: Staffer, Query(asked): Query<Asked>) -> Result<Response, Error> {
    list(&state, &staffer, "/console/queue", None, &asked).await
}

#[handler]
async fn people(state: Data<&Arc<State>>, staffer: Staffer, Query(asked): Query<Asked>) -> Result<Response, Error> {
    list(&state, &staffer, "/console/people", Some(Queue::People), &asked).await
}

/// The case to look at next, of every queue.
#[handler]
async fn next_of_all(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    to_next(&state, &staffer, None).await
}

/// The company to look at next.
#[handler]
async fn next_company(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    to_next(&state, &staffer, Some(Queue::Companies)).await
}

/// To the case to look at next, or back to the list when there is none.
pub(super) async fn to_next(state: &State, staffer: &Staffer, only: Option<Queue>) -> Result<Response, Error> {
    let list = only.map_or("queue", Queue::word);
    Ok(match queue::next(state, staffer, only).await? {
        Some((queue, id)) => page::see_other(&format!("/console/{}/{id}", queue.word())),
        None => page::see_other(&format!("/console/{list}?nothing_left=true")),
    })
}

#[derive(Deserialize)]
struct Nothing {}

/// Somebody is working on a case: whoever holds it holds it for longer.
#[handler]
async fn keep(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Json<serde_json::Value>, Error> {
    claim::keep(&state, &staffer, id).await?;
    let held = claim::of(&state, id).await?.filter(|claim| claim.staff_id == staffer.id);
    Ok(Json(serde_json::json!({ "until": held.map(|claim| moment(&claim.until)) })))
}

/// What moves the queues: not what somebody looks at, nor the steps that people take before they come to us.
fn concerns_the_desk(name: &str) -> bool {
    match name.split_once('.') {
        Some(("company", _)) => true,
        Some(("person", what)) => matches!(what, "decline" | "escalate" | "approve" | "refuse"),
        Some(("console", what)) => matches!(what, "claim" | "release"),
        _ => false,
    }
}

/// A stream that says when the queues have moved, and nothing else: the page asks again for what it shows.
#[handler]
async fn stream(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    staffer.may(crate::console::Permission::SeeCases)?;
    let watch = state.live.watch(DESK);
    let messages = streams::unfold(watch, moved).take_until(state.stop.clone().cancelled_owned());
    let hello = streams::once(async { Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"retry: 1500\n\n")) });
    Ok(Response::builder()
        .content_type("text/event-stream")
        .header("cache-control", "no-store")
        .header("x-accel-buffering", "no")
        .body(Body::from_bytes_stream(hello.chain(messages))))
}

async fn moved(mut watch: Watch) -> Option<(Result<bytes::Bytes, std::io::Error>, Watch)> {
    let text: &'static [u8] = loop {
        break match tokio::time::timeout(Duration::from_secs(15), watch.next()).await {
            Err(_) => b":\n\n",
            Ok(Some(Heard::Live(live))) if !concerns_the_desk(&live.name) && &*live.name != "resync" => continue,
            Ok(Some(_)) => b"data: moved\n\n",
            Ok(None) => return None,
        };
    };
    Some((Ok(bytes::Bytes::from_static(text)), watch))
}

#[cfg(test)]
mod tests {
    #[test]
    fn looking_at_something_moves_no_queue() {
        for name in ["company.submit", "company.return", "person.decline", "console.claim", "console.release"] {
            assert!(super::concerns_the_desk(name), "{name}");
        }
        for name in ["console.view_case", "console.view_paper", "person.photograph", "order.pay", "staff.sign_in"] {
            assert!(!super::concerns_the_desk(name), "{name}");
        }
    }
}
