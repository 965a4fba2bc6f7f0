//! Work that was given up or keeps failing, with *try again*.

use super::desk::{Desk, moment};
use crate::{
    console::{
        Permission, flow,
        session::{Act, Staffer},
    },
    error::Error,
    jobs, page,
    state::State,
};
use askama::Template;
use poem::{
    Response, Route, get, handler, post,
    web::{Data, Path},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route.at("/console/work", get(work)).at("/console/work/:id/again", post(again))
}

#[derive(Template)]
#[template(path = "console/work.html", config = "config/askama.toml")]
struct WorkPage {
    desk: Desk,
    jobs: Vec<jobs::entity::Model>,
    may_try: bool,
}

#[handler]
async fn work(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    let may_try = staffer.can(Permission::TryAgain);
    let desk = Desk::of(&state, &staffer, "后台任务", "/console/work");
    page::html(&WorkPage { desk, jobs: flow::troubled_work(&state, &staffer).await?, may_try })
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn again(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    flow::try_again(&state, &staffer, id).await?;
    Ok(page::see_other("/console/work"))
}
