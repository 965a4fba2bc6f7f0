//! 人工审核: people who declined the face check, or whom it could not tell.

use super::desk::{Desk, age, moment};
use crate::{
    console::{
        cases::{self, PersonRow},
        session::Staffer,
    },
    error::Error,
    page,
    person::flow::ManualCase,
    state::State,
};
use askama::Template;
use chrono::{DateTime, Utc};
use poem::{Response, Route, get, handler, web::Data};
use std::sync::Arc;
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route.at("/console/people", get(queue))
}

#[derive(Template)]
#[template(path = "console/people.html", config = "config/askama.toml")]
struct QueuePage {
    desk: Desk,
    rows: Vec<PersonRow>,
    now: DateTime<Utc>,
    me: Uuid,
}

/// Why a case is here.
pub(super) fn why(case: &ManualCase) -> &'static str {
    if case.declined_face { "选择不刷脸" } else { "人脸验证未通过" }
}

#[handler]
async fn queue(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    let rows = cases::people(&state, &staffer).await?;
    let desk = Desk::of(&state, &staffer, "个人人工审核", "/console/people");
    page::html(&QueuePage { desk, rows, now: state.clock.now(), me: staffer.id })
}
