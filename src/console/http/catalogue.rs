//! 目录: what is in force, what is being edited, and every difference, before somebody else publishes it.

use super::desk::{Desk, moment};
use crate::{
    catalogue::{Region, Status},
    console::{
        Permission,
        catalogue::{self, Shelf, Typed},
        claim,
        session::{Act, Staffer},
    },
    error::{Error, Problem},
    page,
    state::State,
};
use askama::Template;
use poem::{Response, Route, get, handler, http::StatusCode, post, web::Data};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;
use zhangzheng_kinds::Fen;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/console/catalogue", get(show_page).post(write))
        .at("/console/catalogue/discard", post(discard))
        .at("/console/catalogue/propose", post(propose))
}

#[derive(Template)]
#[template(path = "console/catalogue.html", config = "config/askama.toml")]
struct CataloguePage<'a> {
    desk: Desk,
    shelf: Shelf,
    names: HashMap<Uuid, String>,
    may_edit: bool,
    problem: Option<&'a Problem>,
}

impl CataloguePage<'_> {
    fn who(&self, id: &Option<Uuid>) -> &str {
        id.and_then(|id| self.names.get(&id)).map_or("—", String::as_str)
    }
    fn certificate(&self, region: &Region) -> String {
        Fen(region.certificate_price).to_string()
    }
    fn authorisation(&self, region: &Region) -> String {
        Fen(region.authorisation_price).to_string()
    }
    /// For fields.
    fn yuan(&self, fen: &i64) -> String {
        format!("{}.{:02}", fen / 100, fen % 100)
    }
}

async fn show(state: &State, staffer: &Staffer, problem: Option<&Problem>) -> Result<Response, Error> {
    staffer.may(Permission::SeeCatalogue)?;
    let shown = CataloguePage {
        desk: Desk::of(state, staffer, "目录与价格", "/console/catalogue"),
        shelf: catalogue::shelf(state, staffer).await?,
        names: claim::names(state).await?,
        may_edit: staffer.can(Permission::EditCatalogue),
        problem,
    };
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    page::html_with(status, &shown)
}

async fn answer(state: &State, staffer: &Staffer, done: Result<(), Error>) -> Result<Response, Error> {
    match done {
        Ok(()) => Ok(page::see_other("/console/catalogue")),
        Err(error @ (Error::Invalid(_) | Error::Conflict(_))) => show(state, staffer, Some(error.problem())).await,
        Err(error) => Err(error),
    }
}

#[handler]
async fn show_page(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    show(&state, &staffer, None).await
}

#[handler]
async fn write(state: Data<&Arc<State>>, Act(staffer, typed): Act<Typed>) -> Result<Response, Error> {
    answer(&state, &staffer, catalogue::write(&state, &staffer, &typed).await).await
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn discard(state: Data<&Arc<State>>, Act(staffer, Nothing {}): Act<Nothing>) -> Result<Response, Error> {
    answer(&state, &staffer, catalogue::discard(&state, &staffer).await).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ProposeForm {
    from: String,
    reason: String,
}

#[handler]
async fn propose(state: Data<&Arc<State>>, Act(staffer, form): Act<ProposeForm>) -> Result<Response, Error> {
    answer(&state, &staffer, catalogue::propose(&state, &staffer, &form.from, &form.reason).await).await
}
