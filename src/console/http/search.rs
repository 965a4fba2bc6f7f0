//! 查找: the page. What is looked for is posted, so that it stands in no address and no log.

use super::desk::{Desk, moment};
use crate::{
    company::Status,
    console::{
        Permission,
        search::{self, Findings},
        session::{Act, Staffer},
    },
    error::{Error, Problem},
    page,
    state::State,
};
use askama::Template;
use poem::{Response, Route, get, handler, http::StatusCode, web::Data};
use serde::Deserialize;
use std::sync::Arc;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route.at("/console/search", get(blank).post(look))
}

#[derive(Template)]
#[template(path = "console/search.html", config = "config/askama.toml")]
struct SearchPage<'a> {
    desk: Desk,
    term: &'a str,
    findings: Option<&'a Findings>,
    problem: Option<&'a Problem>,
    /// May open what was found.
    may_open: bool,
}

/// What staff call a status.
fn said(status: &Status) -> &'static str {
    match status {
        Status::Draft => "填写中",
        Status::UnderReview => "审核中",
        Status::Returned => "已退回",
        Status::Approved => "已通过",
        Status::Rejected => "不予通过",
    }
}

fn show(
    state: &State,
    staffer: &Staffer,
    term: &str,
    findings: Option<&Findings>,
    problem: Option<&Problem>,
) -> Result<Response, Error> {
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let desk = Desk::of(state, staffer, "查找", "/console/search");
    let page = SearchPage { desk, term, findings, problem, may_open: staffer.can(Permission::SeeCases) };
    page::html_with(status, &page)
}

#[handler]
async fn blank(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    staffer.may(Permission::Search)?;
    show(&state, &staffer, "", None, None)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    term: String,
}

#[handler]
async fn look(state: Data<&Arc<State>>, Act(staffer, typed): Act<Typed>) -> Result<Response, Error> {
    match search::search(&state, &staffer, &typed.term).await {
        Ok(findings) => show(&state, &staffer, &typed.term, Some(&findings), None),
        Err(error @ (Error::Invalid(_) | Error::TooMany(_))) => {
            show(&state, &staffer, &typed.term, None, Some(error.problem()))
        }
        Err(error) => Err(error),
    }
}
