//! For owners and auditors: what has happened.

use super::desk::{Desk, moment};
use crate::{
    console::{claim, flow, session::Staffer},
    error::Error,
    events, page,
    state::State,
};
use askama::Template;
use poem::{
    Response, Route, get, handler,
    web::{Data, Query},
};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route.at("/console/log", get(happened))
}

/// An event as a line.
pub struct Line {
    pub at: String,
    pub name: String,
    pub actor: String,
    pub change: String,
    pub subject_id: Uuid,
}

/// Events as lines, with the staff's names.
pub fn lines(events: Vec<events::entity::Model>, names: &HashMap<Uuid, String>) -> Vec<Line> {
    let line = |event: events::entity::Model| Line {
        at: moment(&event.at),
        actor: actor(&event.actor, names),
        change: match (&event.was, &event.now_is) {
            (Some(was), Some(now_is)) => format!("{was} → {now_is}"),
            _ => String::new(),
        },
        name: event.name,
        subject_id: event.subject_id,
    };
    events.into_iter().map(line).collect()
}

fn actor(text: &str, names: &HashMap<Uuid, String>) -> String {
    match text.split_once(':') {
        Some(("staff", id)) => {
            let name = id.parse().ok().and_then(|id: Uuid| names.get(&id));
            name.map_or_else(|| "工作人员".to_owned(), |name| format!("工作人员 {name}"))
        }
        Some(_) => "申请人".to_owned(),
        None => "系统".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "console/log.html", config = "config/askama.toml")]
struct LogPage {
    desk: Desk,
    lines: Vec<Line>,
    about: Option<Uuid>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LogQuery {
    about: Option<Uuid>,
}

#[handler]
async fn happened(
    state: Data<&Arc<State>>,
    staffer: Staffer,
    Query(query): Query<LogQuery>,
) -> Result<Response, Error> {
    let rows = flow::happened(&state, &staffer, query.about, 200).await?;
    let lines = lines(rows, &claim::names(&state).await?);
    page::html(&LogPage { desk: Desk::of(&state, &staffer, "日志", "/console/log"), lines, about: query.about })
}
