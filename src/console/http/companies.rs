//! 企业审核: the queue.

use super::desk::{Desk, age, moment};
use crate::{
    console::{
        cases::{self, Filter, Row},
        session::Staffer,
    },
    error::Error,
    page,
    state::State,
};
use askama::Template;
use chrono::{DateTime, Utc};
use poem::{
    Response, Route, get, handler,
    web::{Data, Query},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route.at("/console/companies", get(queue)).at("/console/companies/next", get(next))
}

#[derive(Template)]
#[template(path = "console/companies.html", config = "config/askama.toml")]
struct QueuePage {
    desk: Desk,
    filter: Filter,
    rows: Vec<Row>,
    now: DateTime<Utc>,
    /// The id of who looks.
    me: Uuid,
    nothing_left: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct QueueQuery {
    state: String,
    /// After the last decision.
    nothing_left: bool,
}

#[handler]
async fn queue(state: Data<&Arc<State>>, staffer: Staffer, Query(query): Query<QueueQuery>) -> Result<Response, Error> {
    let filter = Filter::by_word(&query.state).unwrap_or_default();
    let rows = cases::companies(&state, &staffer, filter).await?;
    page::html(&QueuePage {
        desk: Desk::of(&state, &staffer, "企业审核", "/console/companies"),
        filter,
        rows,
        now: state.clock.now(),
        me: staffer.id,
        nothing_left: query.nothing_left,
    })
}

/// The case to look at next.
#[handler]
async fn next(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    to_next(&state, &staffer).await
}

/// The case to look at next, or the queue when nothing is left.
pub(super) async fn to_next(state: &State, staffer: &Staffer) -> Result<Response, Error> {
    Ok(match cases::next_company(state, staffer).await? {
        Some(id) => page::see_other(&format!("/console/companies/{id}")),
        None => page::see_other("/console/companies?nothing_left=true"),
    })
}
