//! 人工审核: people who declined the face check, or whom it could not tell.

use super::{
    compare::{self, Line},
    desk::{Desk, Hold, age, moment},
    log,
};
use crate::{
    account,
    console::{
        Permission,
        cases::{self, Typed},
        claim, flow,
        reasons::{self, About, Outcome, Reason},
        session::{Act, Staffer},
        watermark,
    },
    error::{Error, Problem},
    page,
    person::{
        self, Ending, Side,
        flow::{ManualCase, ManualDetail},
    },
    state::State,
};
use askama::Template;
use poem::{
    Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Path},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/console/people/:id", get(one))
        .at("/console/people/:id/claim", post(take))
        .at("/console/people/:id/release", post(release))
        .at("/console/people/:id/reveal", post(reveal))
        .at("/console/people/:id/decide", post(decide))
        .at("/console/people/:id/photos/:side", get(photo))
}

/// Why a case is here.
fn why(case: &ManualCase) -> &'static str {
    if case.declined_face { "选择不刷脸" } else { "人脸验证未通过" }
}

#[derive(Template)]
#[template(path = "console/person.html", config = "config/askama.toml")]
struct CasePage<'a> {
    desk: Desk,
    detail: &'a ManualDetail,
    id: Uuid,
    /// For the call back.
    mobile: String,
    lines: Vec<Line>,
    noticed: Vec<&'a str>,
    hold: Hold,
    clear: bool,
    may_reveal: bool,
    returns: Vec<&'static Reason>,
    typed: &'a Typed,
    problem: Option<&'a Problem>,
    history: Vec<log::Line>,
    age: String,
}

impl CasePage<'_> {
    fn base(&self) -> String {
        format!("/console/people/{}", self.id)
    }
}

#[derive(Default)]
struct Asked<'a> {
    clear: bool,
    typed: Option<&'a Typed>,
    problem: Option<&'a Problem>,
}

async fn show(state: &State, staffer: &Staffer, id: Uuid, asked: Asked<'_>) -> Result<Response, Error> {
    let detail = cases::person(state, staffer, id).await?;
    let claim = claim::of(state, id).await?;
    let history = log::lines(flow::history(state, vec![id], 60).await?, &claim::names(state).await?);
    let member = account::flow::member(state, detail.case.account_id, detail.case.member_id).await?;
    let mobile = account::flow::mobile(state, &member)?;
    let status = asked.problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let words: Vec<String> =
        detail.reading.portrait_noticed.iter().chain(&detail.reading.emblem_noticed).cloned().collect();
    let blank = Typed::default();
    let shown = CasePage {
        desk: Desk::of(state, staffer, detail.fields.name.as_str(), "/console/people"),
        id,
        mobile: if asked.clear { mobile.as_str().to_owned() } else { mobile.masked() },
        lines: compare::person(&detail, asked.clear),
        noticed: compare::noticed(&words),
        hold: Hold::of(staffer, id, claim.as_ref()),
        clear: asked.clear,
        may_reveal: staffer.can(Permission::Reveal),
        returns: reasons::of(About::Person, Outcome::Return).collect(),
        typed: asked.typed.unwrap_or(&blank),
        problem: asked.problem,
        history,
        age: age(state.clock.now(), detail.case.since),
        detail: &detail,
    };
    page::html_with(status, &shown)
}

#[handler]
async fn one(state: Data<&Arc<State>>, staffer: Staffer, Path(id): Path<Uuid>) -> Result<Response, Error> {
    let page = show(&state, &staffer, id, Asked::default()).await?;
    flow::log(&state, &staffer, "console.view_case", id).await?;
    Ok(page)
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn take(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    cases::take_person(&state, &staffer, id).await?;
    Ok(page::see_other(&format!("/console/people/{id}")))
}

#[handler]
async fn release(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    claim::release(&state, &staffer, id).await?;
    Ok(page::see_other("/console/people"))
}

/// The case with its numbers in the clear: answered at once and not kept, written down first.
#[handler]
async fn reveal(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    staffer.may(Permission::Reveal)?;
    cases::person(&state, &staffer, id).await?;
    flow::log(&state, &staffer, "console.reveal", id).await?;
    show(&state, &staffer, id, Asked { clear: true, ..Asked::default() }).await
}

#[handler]
async fn decide(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, typed): Act<Typed>,
) -> Result<Response, Error> {
    match cases::decide_person(&state, &staffer, id, &typed).await {
        Ok(()) => Ok(page::see_other("/console/people")),
        Err(error @ Error::Invalid(_)) => {
            let asked = Asked { clear: false, typed: Some(&typed), problem: Some(error.problem()) };
            show(&state, &staffer, id, asked).await
        }
        Err(error) => Err(error),
    }
}

/// A side of the card, written down before it is shown.
#[handler]
async fn photo(
    state: Data<&Arc<State>>,
    staffer: Staffer,
    Path((id, side)): Path<(Uuid, String)>,
) -> Result<Response, Error> {
    let side = match side.as_str() {
        "portrait" => Side::Portrait,
        "emblem" => Side::Emblem,
        _ => return Err(Error::not_found()),
    };
    cases::person(&state, &staffer, id).await?;
    let jpeg = person::flow::photo(&state, id, side).await?;
    flow::log(&state, &staffer, "console.view_paper", id).await?;
    let (content_type, bytes) = watermark::for_eyes_of(&state, &staffer, "image/jpeg".into(), jpeg).await?;
    Ok(Response::builder().content_type(content_type).header("cache-control", "no-store").body(bytes))
}
