//! 企业审核: what waits, and what has been decided.

use super::{
    desk::{Desk, moment},
    queue::{self, Asked as Listed},
};
use crate::{
    company::flow::DecidedRow,
    console::{
        cases::{self, Filter},
        queue::Queue,
        session::Staffer,
    },
    error::Error,
    page,
    state::State,
};
use askama::Template;
use poem::{
    Response, Route, get, handler,
    web::{Data, Query},
};
use std::sync::Arc;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route.at("/console/companies", get(list))
}

#[derive(Template)]
#[template(path = "console/companies.html", config = "config/askama.toml")]
struct DecidedPage {
    desk: Desk,
    filter: Filter,
    rows: Vec<DecidedRow>,
    next: Option<String>,
}

/// What waits; or, by status, what has been decided, newest first.
#[handler]
async fn list(state: Data<&Arc<State>>, staffer: Staffer, Query(asked): Query<Listed>) -> Result<Response, Error> {
    let Some(filter) = Filter::by_word(&asked.state) else {
        return queue::list(&state, &staffer, "/console/companies", Some(Queue::Companies), &asked).await;
    };
    let (rows, next) = cases::decided(&state, &staffer, filter, &asked.from).await?;
    let desk = Desk::of(&state, &staffer, "企业审核", "/console/companies");
    page::html(&DecidedPage { desk, filter, rows, next })
}
