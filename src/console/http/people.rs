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
        cases::{self, PersonRow, Typed},
        claim, flow,
        reasons::{self, About, Outcome, Reason},
        session::{Act, Staffer},
    },
    error::{Error, Problem},
    page,
    person::{
        self, CallOutcome, Ending, Side,
        flow::{ManualCase, ManualDetail},
    },
    state::State,
};
use askama::Template;
use chrono::{DateTime, Utc};
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
        .at("/console/people", get(queue))
        .at("/console/people/:id", get(one))
        .at("/console/people/:id/claim", post(take))
        .at("/console/people/:id/release", post(release))
        .at("/console/people/:id/reveal", post(reveal))
        .at("/console/people/:id/call", post(record_call))
        .at("/console/people/:id/decide", post(decide))
        .at("/console/people/:id/photos/:side", get(photo))
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
fn why(case: &ManualCase) -> &'static str {
    if case.declined_face { "选择不刷脸" } else { "人脸验证未通过" }
}

#[handler]
async fn queue(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    let rows = cases::people(&state, &staffer).await?;
    let desk = Desk::of(&state, &staffer, "个人人工审核", "/console/people");
    page::html(&QueuePage { desk, rows, now: state.clock.now(), me: staffer.id })
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
    /// The product's name, for the script of the call.
    service: String,
}

impl CasePage<'_> {
    fn was_called(&self) -> bool {
        self.detail.calls.iter().any(|call| call.outcome.is_some())
    }
    /// The words of the call: who calls, and what must be heard.
    fn script(&self) -> [String; 4] {
        [
            format!("您好，这里是{}客服，请问是申请人本人吗？", self.service),
            "请您说出姓名和身份证号码的后四位。（与核对栏对照，不要替对方说出）".into(),
            "您是否本人申请企业手机证书，并自愿选择人工审核、不采集人脸信息？".into(),
            "本次通话仅用于核实身份。我们不会向您索要验证码、PIN 码或付款。".into(),
        ]
    }
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
        hold: Hold::of(staffer, claim.as_ref()),
        clear: asked.clear,
        may_reveal: staffer.can(Permission::Reveal),
        returns: reasons::of(About::Person, Outcome::Return).collect(),
        typed: asked.typed.unwrap_or(&blank),
        problem: asked.problem,
        history,
        age: age(state.clock.now(), detail.case.since),
        service: state.config.service.name.clone(),
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
    staffer.may(Permission::Decide)?;
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

#[derive(Deserialize)]
struct CallForm {
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    call_note: String,
}

#[handler]
async fn record_call(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, form): Act<CallForm>,
) -> Result<Response, Error> {
    match cases::record_call(&state, &staffer, id, &form.outcome, &form.call_note).await {
        Ok(()) => Ok(page::see_other(&format!("/console/people/{id}"))),
        Err(error @ Error::Invalid(_)) => {
            let asked = Asked { problem: Some(error.problem()), ..Asked::default() };
            show(&state, &staffer, id, asked).await
        }
        Err(error) => Err(error),
    }
}

/// A side of the card, or the statement on paper, written down before it is shown.
#[handler]
async fn photo(
    state: Data<&Arc<State>>,
    staffer: Staffer,
    Path((id, side)): Path<(Uuid, String)>,
) -> Result<Response, Error> {
    let side = match side.as_str() {
        "portrait" => Some(Side::Portrait),
        "emblem" => Some(Side::Emblem),
        "statement" => None,
        _ => return Err(Error::not_found()),
    };
    cases::person(&state, &staffer, id).await?;
    let jpeg = match side {
        Some(side) => person::flow::photo(&state, id, side).await?,
        None => person::flow::statement(&state, id).await?,
    };
    flow::log(&state, &staffer, "console.view_paper", id).await?;
    Ok(Response::builder().content_type("image/jpeg").header("cache-control", "no-store").body(jpeg))
}
