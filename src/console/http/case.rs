//! 案件: one page for every kind of case: its papers, comparisons, findings, notes and history; taking it, and deciding it.

use super::{case_view, queue::to_next};
use crate::{
    company,
    console::{
        Permission, case, claim,
        decision::{Kind, Typed},
        evidence, flow, notes,
        queue::Queue,
        session::{Act, Staffer},
        watermark,
    },
    error::Error,
    page, papers,
    state::State,
};
use poem::{
    FromRequest, Request, RequestBody, Response, Route, get, handler, post,
    web::{Data, Path},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// Adds the pages, for every kind.
pub fn routes(mut route: Route) -> Route {
    for kind in [Kind::Company, Kind::Person] {
        let at = |rest: &str| format!("/console/{}/:id{rest}", kind.word());
        route = route
            .at(at(""), get(one))
            .at(at("/claim"), post(take))
            .at(at("/release"), post(release))
            .at(at("/reveal"), post(reveal))
            .at(at("/decide"), post(decide))
            .at(at("/notes"), post(note))
            .at(at("/evidence"), post(evidence_file))
            .at(at("/papers/:paper_id"), get(paper));
    }
    route.at("/console/people/:id/call", post(record_call))
}

/// Which kind, by the address.
impl<'a> FromRequest<'a> for Kind {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        match request.uri().path().split('/').nth(2) {
            Some("companies") => Ok(Self::Company),
            Some("people") => Ok(Self::Person),
            _ => Err(Error::not_found().into()),
        }
    }
}

#[handler]
async fn one(state: Data<&Arc<State>>, kind: Kind, staffer: Staffer, Path(id): Path<Uuid>) -> Result<Response, Error> {
    let page = case_view::show(&state, &staffer, kind, id, case_view::Asked::default()).await?;
    flow::log(&state, &staffer, "console.view_case", id).await?;
    Ok(page)
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn take(
    state: Data<&Arc<State>>,
    kind: Kind,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    case::take(&state, &staffer, kind, id).await?;
    Ok(page::see_other(&kind.path(id)))
}

#[handler]
async fn release(
    state: Data<&Arc<State>>,
    kind: Kind,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    staffer.may(Permission::Decide)?;
    claim::release(&state, &staffer, id).await?;
    Ok(page::see_other(&format!("/console/{}", kind.word())))
}

/// The case with its numbers in the clear: answered at once and not kept, written down first.
#[handler]
async fn reveal(
    state: Data<&Arc<State>>,
    kind: Kind,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    staffer.may(Permission::Reveal)?;
    case::look(&state, &staffer, kind, id).await?;
    flow::log(&state, &staffer, "console.reveal", id).await?;
    case_view::show(&state, &staffer, kind, id, case_view::Asked { clear: true, ..Default::default() }).await
}

#[handler]
async fn decide(
    state: Data<&Arc<State>>,
    kind: Kind,
    Path(id): Path<Uuid>,
    Act(staffer, typed): Act<Typed>,
) -> Result<Response, Error> {
    match (case::decide(&state, &staffer, kind, id, &typed).await, kind) {
        (Ok(case::Made::Proposed), _) => Ok(page::see_other("/console/proposals")),
        (Ok(case::Made::Decided), Kind::Company) => to_next(&state, &staffer, Some(Queue::Companies)).await,
        (Ok(case::Made::Decided), Kind::Person) => to_next(&state, &staffer, Some(Queue::People)).await,
        (Err(error @ Error::Invalid(_)), _) => {
            let asked = case_view::Asked { typed: Some(&typed), problem: Some(error.problem()), ..Default::default() };
            case_view::show(&state, &staffer, kind, id, asked).await
        }
        (Err(error), _) => Err(error),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NoteForm {
    note: String,
}

/// 内部备注, also without a decision.
#[handler]
async fn note(
    state: Data<&Arc<State>>,
    kind: Kind,
    Path(id): Path<Uuid>,
    Act(staffer, form): Act<NoteForm>,
) -> Result<Response, Error> {
    staffer.may(Permission::Decide)?;
    case::look(&state, &staffer, kind, id).await?;
    match notes::add(&state, &staffer, id, &form.note).await {
        Ok(()) => Ok(page::see_other(&format!("{}#notes", kind.path(id)))),
        Err(error @ Error::Invalid(_)) => {
            let asked = case_view::Asked { problem: Some(error.problem()), ..Default::default() };
            case_view::show(&state, &staffer, kind, id, asked).await
        }
        Err(error) => Err(error),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EvidenceForm {
    /// With the papers themselves, not only their hashes.
    papers: Option<String>,
}

/// 证据文件, written down before it is given out.
#[handler]
async fn evidence_file(
    state: Data<&Arc<State>>,
    kind: Kind,
    Path(id): Path<Uuid>,
    Act(staffer, form): Act<EvidenceForm>,
) -> Result<Response, Error> {
    let bytes = evidence::export(&state, &staffer, kind, id, form.papers.is_some()).await?;
    Ok(Response::builder()
        .content_type("application/x-tar")
        .header("content-disposition", format!("attachment; filename=\"evidence-{id}.tar\""))
        .header("cache-control", "no-store")
        .body(bytes))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CallForm {
    outcome: String,
    call_note: String,
}

#[handler]
async fn record_call(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, form): Act<CallForm>,
) -> Result<Response, Error> {
    match case::record_call(&state, &staffer, id, &form.outcome, &form.call_note).await {
        Ok(()) => Ok(page::see_other(&format!("{}#call", Kind::Person.path(id)))),
        Err(error @ Error::Invalid(_)) => {
            let asked = case_view::Asked { problem: Some(error.problem()), ..Default::default() };
            case_view::show(&state, &staffer, Kind::Person, id, asked).await
        }
        Err(error) => Err(error),
    }
}

/// A paper of the case, written down before it is shown.
#[handler]
async fn paper(
    state: Data<&Arc<State>>,
    kind: Kind,
    staffer: Staffer,
    Path((id, paper_id)): Path<(Uuid, Uuid)>,
) -> Result<Response, Error> {
    let detail = case::look(&state, &staffer, kind, id).await?;
    let (content_type, bytes) = match kind {
        Kind::Company => company::flow::paper_by_id(&state, id, paper_id).await?,
        Kind::Person => {
            // The two sides of the card and the signed statement, and nothing else of the person's.
            if !detail.pictures().iter().any(|(picture, _)| *picture == paper_id) {
                return Err(Error::not_found());
            }
            let (row, bytes) = papers::content(&state, id, paper_id).await?;
            (row.content_type, bytes)
        }
    };
    flow::log(&state, &staffer, "console.view_paper", paper_id).await?;
    let (content_type, bytes) = watermark::for_eyes_of(&state, &staffer, content_type, bytes).await?;
    Ok(Response::builder().content_type(content_type).header("cache-control", "no-store").body(bytes))
}
