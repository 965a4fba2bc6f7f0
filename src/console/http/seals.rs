//! 制章: the companies that wait for their seals; making proofs, and checking what another has made.

use super::desk::{Desk, moment};
use crate::{
    certificate::{
        proof::{self, Action, Source, Status, Waiting},
        seal::Kind,
    },
    company::{self, PaperKind},
    console::{
        Permission, claim, flow,
        session::{Act, Staffer},
        watermark,
    },
    error::{Error, Problem},
    page,
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
        .at("/console/seals", get(list))
        .at("/console/seals/make", post(make))
        .at("/console/seals/proofs/:id", get(picture))
        .at("/console/seals/proofs/:id/check", post(check))
        .at("/console/seals/:case_id/impression/:kind", get(impression))
}

/// One seal that is still to be made.
struct Row {
    kind: Kind,
    proof: Option<Proof>,
}

/// Its newest proof.
struct Proof {
    id: Uuid,
    source: Source,
    status: Status,
    maker: String,
    at: String,
    note: String,
    may_check: bool,
}

struct Company {
    waiting: Waiting,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "console/seals.html", config = "config/askama.toml")]
struct SealsPage<'a> {
    desk: Desk,
    companies: Vec<Company>,
    may_make: bool,
    problem: Option<&'a Problem>,
    /// Seals are drawn by themselves: nobody is needed here.
    automatic: bool,
}

impl SealsPage<'_> {
    fn can_make(&self, row: &Row) -> bool {
        self.may_make && row.proof.as_ref().is_none_or(|proof| proof.status != Status::Made)
    }
}

async fn show(state: &State, staffer: &Staffer, problem: Option<&Problem>) -> Result<Response, Error> {
    staffer.may(Permission::SeeSeals)?;
    let names = claim::names(state).await?;
    let mut companies = Vec::new();
    for waiting in proof::waiting(state).await? {
        let mut rows = Vec::new();
        for (kind, newest) in &waiting.kinds {
            let proof = match newest {
                None => None,
                Some(row) => Some(Proof {
                    id: row.id,
                    source: row.source,
                    status: row.status,
                    maker: names.get(&row.maker_id).cloned().unwrap_or_default(),
                    at: moment(&row.made_at),
                    note: proof::note(state, row)?,
                    may_check: row.status == Status::Made
                        && row.maker_id != staffer.id
                        && staffer.can(Permission::CheckSeals),
                }),
            };
            rows.push(Row { kind: *kind, proof });
        }
        companies.push(Company { waiting, rows });
    }
    let shown = SealsPage {
        desk: Desk::of(state, staffer, "制章", "/console/seals"),
        companies,
        may_make: staffer.can(Permission::MakeSeals),
        problem,
        automatic: state.config.seal.desk.is_automatic(),
    };
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    page::html_with(status, &shown)
}

#[handler]
async fn list(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    show(&state, &staffer, None).await
}

async fn after(state: &State, staffer: &Staffer, done: Result<(), Error>) -> Result<Response, Error> {
    match done {
        Ok(()) => Ok(page::see_other("/console/seals")),
        Err(error @ Error::Invalid(_)) => show(state, staffer, Some(error.problem())).await,
        Err(error) => Err(error),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MakeForm {
    account: Uuid,
    kind: String,
    source: String,
}

#[handler]
async fn make(state: Data<&Arc<State>>, Act(staffer, form): Act<MakeForm>) -> Result<Response, Error> {
    staffer.may(Permission::MakeSeals)?;
    let kind = Kind::by_word(&form.kind).ok_or_else(Error::not_found)?;
    let source = Source::by_word(&form.source).ok_or_else(|| Error::invalid("source", "请选择印模或模板"))?;
    let made = proof::make(&state, staffer.actor(), form.account, kind, source).await.map(drop);
    after(&state, &staffer, made).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CheckForm {
    answer: String,
    note: String,
}

#[handler]
async fn check(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, form): Act<CheckForm>,
) -> Result<Response, Error> {
    staffer.may(Permission::CheckSeals)?;
    let checked = match form.answer.as_str() {
        "pass" => proof::check(&state, staffer.actor(), id, Action::Pass, &form.note).await,
        "refuse" => proof::check(&state, staffer.actor(), id, Action::Refuse, &form.note).await,
        _ => Err(Error::invalid("answer", "请选择通过或退回")),
    };
    after(&state, &staffer, checked).await
}

/// A proof's picture.
#[handler]
async fn picture(state: Data<&Arc<State>>, staffer: Staffer, Path(id): Path<Uuid>) -> Result<Response, Error> {
    staffer.may(Permission::SeeSeals)?;
    let png = proof::picture(&state, id).await?;
    flow::log(&state, &staffer, "console.view_proof", id).await?;
    Ok(Response::builder().content_type("image/png").header("cache-control", "no-store").body(png))
}

/// The impression that a seal is made from, of a company that waits for its seals; written down before it is shown.
#[handler]
async fn impression(
    state: Data<&Arc<State>>,
    staffer: Staffer,
    Path((case_id, kind)): Path<(Uuid, String)>,
) -> Result<Response, Error> {
    staffer.may(Permission::SeeSeals)?;
    let paper = match Kind::by_word(&kind).ok_or_else(Error::not_found)? {
        Kind::Company => PaperKind::CompanySeal,
        Kind::Representative => PaperKind::RepresentativeSeal,
    };
    if !proof::waiting(&state).await?.iter().any(|waiting| waiting.case_id == case_id) {
        return Err(Error::not_found());
    }
    let (content_type, bytes) = company::flow::paper(&state, case_id, paper).await?;
    flow::log(&state, &staffer, "console.view_paper", case_id).await?;
    let (content_type, bytes) = watermark::for_eyes_of(&state, &staffer, content_type, bytes).await?;
    Ok(Response::builder().content_type(content_type).header("cache-control", "no-store").body(bytes))
}
