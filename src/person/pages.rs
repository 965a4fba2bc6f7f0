//! The desktop's page of 个人实名认证: it asks for the phone, follows what happens there, and changes by itself.

use super::{Failure, Status, entity::person, flow};
use crate::{
    agreements::Text,
    error::{Error, Problem},
    journey::Step,
    page::{self, Frame},
    state::State,
    who::{Posted, Who},
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

/// Adds the page and its living part.
pub fn routes(route: Route) -> Route {
    route
        .at("/enrol/person", get(person_page))
        .at("/parts/person", get(person_part))
        .at("/consents", get(consents_page))
        .at("/consents/:text/withdraw", post(withdraw))
        .at("/consents/:text/give", post(give))
}

/// What is to be shown: the words, and whether the QR code stands beside them.
struct Shown {
    stage: Stage,
    /// What went wrong last, or what a reviewer has written.
    problem: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The QR code is wanted: begin, go on, or try again.
    Scan,
    Checking,
    ManualReview,
    Verified,
}

impl Stage {
    fn of(status: Status) -> Self {
        match status {
            Status::Draft | Status::Confirmed | Status::Recording | Status::Failed => Self::Scan,
            Status::Checking => Self::Checking,
            Status::ManualReview => Self::ManualReview,
            Status::Verified => Self::Verified,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Checking => "checking",
            Self::ManualReview => "manual_review",
            Self::Verified => "verified",
        }
    }
}

impl Shown {
    fn of(row: Option<person::Model>) -> Self {
        let Some(row) = row else { return Self { stage: Stage::Scan, problem: None } };
        let note = row.note.filter(|_| row.failure == Some(Failure::Refused));
        let failed = row.failure.filter(|_| row.status == Status::Failed);
        let problem = failed.map(|failure| match note {
            Some(note) => format!("{}：{note}", failure.sentence()),
            None => failure.sentence().to_owned(),
        });
        Self { stage: Stage::of(row.status), problem }
    }
}

#[derive(Template)]
#[template(path = "person/person.html", config = "config/askama.toml")]
struct PersonPage {
    frame: Frame,
    shown: Shown,
}

/// M14 until it is done; then 已完成个人实名认证！
#[handler]
async fn person_page(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    let frame = Frame::step(&state, &who, Step::Person).await?;
    page::html(&PersonPage { frame, shown: Shown::of(flow::of_member(&state.db.read, who.member_id).await?) })
}

/// The words; and, out of band, the rail, and the other side when the QR code is not wanted any more, or wanted again after
/// a failure. Else the QR code is left alone, so that it keeps showing what the phone has done with it.
#[derive(Template)]
#[template(path = "person/part.html", config = "config/askama.toml")]
struct PersonPart {
    frame: Frame,
    shown: Shown,
}

#[handler]
async fn person_part(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    let frame = Frame::step(&state, &who, Step::Person).await?;
    page::html(&PersonPart { frame, shown: Shown::of(flow::of_member(&state.db.read, who.member_id).await?) })
}

/// 我的授权: each separate consent with its text, and one press to take it back.
#[derive(Template)]
#[template(path = "person/consents.html", config = "config/askama.toml")]
struct ConsentsPage {
    frame: Frame,
    consents: Vec<flow::Consent>,
    problem: Option<String>,
}

async fn show_consents(state: &State, who: &Who, problem: Option<&Problem>) -> Result<Response, Error> {
    let frame = Frame::signed_in(state, who, "我的授权").await?;
    let consents = flow::consents(state, who).await?;
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let problem = problem.map(|problem| problem.detail.clone());
    page::html_with(status, &ConsentsPage { frame, consents, problem })
}

#[handler]
async fn consents_page(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    show_consents(&state, &who, None).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Understanding {
    understood: Option<String>,
}

/// A form with nothing but its token.
#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn withdraw(
    state: Data<&Arc<State>>,
    who: Who,
    Path(text): Path<String>,
    Posted(form): Posted<Understanding>,
) -> Result<Response, Error> {
    let text = Text::by_id(&text).ok_or_else(Error::not_found)?;
    match flow::withdraw_consent(&state, &who, text, form.understood.is_some()).await {
        Ok(()) => Ok(page::see_other("/consents")),
        Err(error @ Error::Conflict(_)) => show_consents(&state, &who, Some(error.problem())).await,
        Err(error) => Err(error),
    }
}

#[handler]
async fn give(
    state: Data<&Arc<State>>,
    who: Who,
    Path(text): Path<String>,
    _: Posted<Nothing>,
) -> Result<Response, Error> {
    let text = Text::by_id(&text).ok_or_else(Error::not_found)?;
    flow::give_consent(&state, &who, text).await?;
    Ok(page::see_other("/consents"))
}
