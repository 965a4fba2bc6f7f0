//! 企业审核: the queue, the case with its papers and comparisons, and the decision.

use super::{
    compare::{self, Line, Mark},
    desk::{Desk, Hold, age, moment},
    log,
    queue::{self, Asked as Listed},
};
use crate::{
    company::{
        Item, Status,
        flow::{self as companies, Case, CasePaper, DecidedRow},
    },
    console::{
        Permission,
        cases::{self, Filter, Typed},
        claim, flow,
        queue::Queue,
        reasons::{self, About, Outcome, Reason},
        session::{Act, Staffer},
        watermark,
    },
    error::{Error, Problem},
    page, person,
    state::State,
};
use askama::Template;
use poem::{
    Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/console/companies", get(list))
        .at("/console/companies/:id", get(one))
        .at("/console/companies/:id/claim", post(take))
        .at("/console/companies/:id/release", post(release))
        .at("/console/companies/:id/reveal", post(reveal))
        .at("/console/companies/:id/decide", post(decide))
        .at("/console/companies/:id/papers/:paper_id", get(paper_file))
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

#[derive(Template)]
#[template(path = "console/company.html", config = "config/askama.toml")]
struct CasePage<'a> {
    desk: Desk,
    case: &'a Case,
    lines: Vec<Line>,
    registry: Vec<(&'static str, Mark)>,
    noticed: Vec<&'a str>,
    /// None: the applicant is no longer a verified person.
    applicant: Option<Applicant>,
    hold: Hold,
    /// Numbers are in the clear.
    clear: bool,
    may_reveal: bool,
    may_reject: bool,
    returns: Vec<&'static Reason>,
    rejections: Vec<&'static Reason>,
    typed: &'a Typed,
    problem: Option<&'a Problem>,
    seen: String,
    decisions: Vec<Decided<'a>>,
    history: Vec<log::Line>,
    age: Option<String>,
}

struct Applicant {
    name: String,
    resident_id: String,
    mobile: String,
}

struct Decided<'a> {
    by: String,
    said: &'a companies::Decided,
    reason: &'a str,
}

impl CasePage<'_> {
    fn waits(&self) -> bool {
        self.case.company.status == Status::UnderReview
    }
    fn base(&self) -> String {
        format!("/console/companies/{}", self.case.company.id)
    }
    fn current(&self) -> impl Iterator<Item = &CasePaper> {
        self.case.papers.iter().filter(|paper| paper.replaced_at.is_none())
    }
    fn replaced(&self) -> impl Iterator<Item = &CasePaper> {
        self.case.papers.iter().filter(|paper| paper.replaced_at.is_some())
    }
    /// Handed in after the last decision.
    fn is_new(&self, paper: &CasePaper) -> bool {
        self.case.decisions.first().is_some_and(|last| paper.created_at > last.at)
    }
    fn items(&self) -> impl Iterator<Item = Item> {
        Item::all()
    }
    fn ticked(&self, item: &Item) -> bool {
        self.typed.items.split_whitespace().any(|word| word == item.word())
    }
    fn to_confirm(&self) -> bool {
        self.problem.is_some_and(|problem| problem.field.as_deref() == Some("confirmed"))
    }
}

/// What a page shows beside the case itself.
#[derive(Default)]
struct Asked<'a> {
    clear: bool,
    typed: Option<&'a Typed>,
    problem: Option<&'a Problem>,
}

async fn show(state: &State, staffer: &Staffer, id: Uuid, asked: Asked<'_>) -> Result<Response, Error> {
    let case = cases::company(state, staffer, id).await?;
    let claim = claim::of(state, id).await?;
    let names = claim::names(state).await?;
    let subjects = [id].into_iter().chain(case.papers.iter().map(|paper| paper.id)).collect();
    let history = log::lines(flow::history(state, subjects, 60).await?, &names);
    let title = case.company.name.clone().unwrap_or_else(|| "企业审核".into());
    let status = asked.problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let decided = |said| Decided { by: by(&names, said), reason: reasons::label(&said.said.reason_code), said };
    let blank = Typed::default();
    let shown = CasePage {
        desk: Desk::of(state, staffer, &title, "/console/companies"),
        lines: compare::company(&case, asked.clear),
        registry: compare::registry(case.registry.as_ref()),
        noticed: compare::noticed(&case.reading.noticed),
        applicant: applicant(state, &case, asked.clear).await?,
        hold: Hold::of(staffer, id, claim.as_ref()),
        clear: asked.clear,
        may_reveal: staffer.can(Permission::Reveal),
        may_reject: staffer.can(Permission::RejectFinally),
        returns: reasons::of(About::Company, Outcome::Return).collect(),
        rejections: reasons::of(About::Company, Outcome::Reject).collect(),
        typed: asked.typed.unwrap_or(&blank),
        problem: asked.problem,
        seen: cases::seen(&case),
        decisions: case.decisions.iter().map(decided).collect(),
        history,
        age: case.company.submitted_at.map(|at| age(state.clock.now(), at)),
        case: &case,
    };
    page::html_with(status, &shown)
}

fn by(names: &std::collections::HashMap<Uuid, String>, decided: &companies::Decided) -> String {
    names.get(&decided.staff_id).cloned().unwrap_or_default()
}

async fn applicant(state: &State, case: &Case, clear: bool) -> Result<Option<Applicant>, Error> {
    let verified = person::flow::verified(state, case.company.applicant_id).await?;
    Ok(verified.map(|person| Applicant {
        name: person.name.as_str().to_owned(),
        resident_id: if clear { person.resident_id.as_str().to_owned() } else { person.resident_id.masked() },
        mobile: if clear { person.mobile.as_str().to_owned() } else { person.mobile.masked() },
    }))
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
    cases::take_company(&state, &staffer, id).await?;
    Ok(page::see_other(&format!("/console/companies/{id}")))
}

#[handler]
async fn release(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    claim::release(&state, &staffer, id).await?;
    Ok(page::see_other("/console/companies"))
}

/// The case with its numbers in the clear: answered at once and not kept, written down first.
#[handler]
async fn reveal(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    staffer.may(Permission::Reveal)?;
    cases::company(&state, &staffer, id).await?;
    flow::log(&state, &staffer, "console.reveal", id).await?;
    show(&state, &staffer, id, Asked { clear: true, ..Asked::default() }).await
}

#[handler]
async fn decide(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, typed): Act<Typed>,
) -> Result<Response, Error> {
    match cases::decide_company(&state, &staffer, id, &typed).await {
        Ok(()) => queue::to_next(&state, &staffer, Some(Queue::Companies)).await,
        Err(error @ Error::Invalid(_)) => {
            let asked = Asked { clear: false, typed: Some(&typed), problem: Some(error.problem()) };
            show(&state, &staffer, id, asked).await
        }
        Err(error) => Err(error),
    }
}

/// A paper, written down before it is shown.
#[handler]
async fn paper_file(
    state: Data<&Arc<State>>,
    staffer: Staffer,
    Path((id, paper_id)): Path<(Uuid, Uuid)>,
) -> Result<Response, Error> {
    cases::company(&state, &staffer, id).await?;
    let (content_type, bytes) = companies::paper_by_id(&state, id, paper_id).await?;
    flow::log(&state, &staffer, "console.view_paper", paper_id).await?;
    let (content_type, bytes) = watermark::for_eyes_of(&state, &staffer, content_type, bytes).await?;
    Ok(Response::builder().content_type(content_type).header("cache-control", "no-store").body(bytes))
}
