//! 双人复核: what waits for a second person, live; confirming, declining and taking back; and proposing other roles.

use super::desk::{Desk, moment};
use crate::{
    company,
    console::{
        Permission, Role, Roles, claim,
        decision::{Kind, Why},
        flow, payments,
        proposal::{self, Answer, Proposal},
        session::{self, Staffer},
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
    web::{Data, Path},
};
use serde::Deserialize;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/console/proposals", get(list))
        .at("/console/proposals/roles", post(propose_roles))
        .at("/console/proposals/:id/settle", post(settle))
        .at("/console/proposals/:id/withdraw", post(withdraw))
}

/// A proposal in the list.
struct Row {
    proposal: Proposal,
    by: String,
    settled_by: String,
    subject: String,
    what: String,
    mine: bool,
    may_open: bool,
    may_read: bool,
    may_settle: bool,
}

#[derive(Template)]
#[template(path = "console/proposals.html", config = "config/askama.toml")]
struct ListPage<'a> {
    desk: Desk,
    waiting: Vec<Row>,
    settled: Vec<Row>,
    problem: Option<&'a Problem>,
    /// For whoever may propose other roles.
    roles: Option<[Role; 8]>,
    staff: Vec<(String, String)>,
}

async fn show(state: &State, staffer: &Staffer, problem: Option<&Problem>) -> Result<Response, Error> {
    staffer.may(Permission::SeeProposals)?;
    let names = claim::names(state).await?;
    let (waiting, settled) = proposal::list(state).await?;
    let may_change = staffer.can(Permission::ChangeRoles);
    let mut staff = Vec::new();
    if may_change {
        let there = flow::everybody(state).await?.into_iter().filter(|row| row.disabled_at.is_none());
        staff = there.map(|row| (row.name, Roles::parse(&row.roles).labels())).collect();
    }
    let shown = ListPage {
        desk: Desk::of(state, staffer, "双人复核", "/console/proposals"),
        waiting: rows(state, staffer, waiting, &names).await?,
        settled: rows(state, staffer, settled, &names).await?,
        problem,
        roles: may_change.then_some(Role::ALL),
        staff,
    };
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    page::html_with(status, &shown)
}

async fn rows(
    state: &State,
    staffer: &Staffer,
    proposals: Vec<Proposal>,
    names: &HashMap<Uuid, String>,
) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::with_capacity(proposals.len());
    for proposal in proposals {
        let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
        let may_read = staffer.can(match proposal.why {
            Why::Override | Why::RejectPaid => Permission::SeeCases,
            Why::Roles => Permission::SeeStaff,
            Why::Payment => Permission::SeePayments,
            Why::Catalogue => Permission::SeeCatalogue,
        });
        let subject = match (&proposal.act, may_read) {
            (proposal::Act::Roles { .. }, _) => name(proposal.subject_id),
            (proposal::Act::Payment(_), false) => "款项".to_owned(),
            (proposal::Act::Payment(act), true) => payments::subject(state, act).await?,
            (proposal::Act::Catalogue { number, .. }, _) => format!("目录版本 {number}"),
            (proposal::Act::Case { .. }, false) => "案件".to_owned(),
            (proposal::Act::Case { .. }, true) => subject(state, &proposal).await?,
        };
        rows.push(Row {
            by: name(proposal.proposer_id),
            settled_by: proposal.settled_by.map(name).unwrap_or_default(),
            what: what(&proposal),
            mine: proposal.proposer_id == staffer.id,
            may_open: may_read,
            may_settle: proposal.may_settle(staffer),
            subject,
            may_read,
            proposal,
        });
    }
    Ok(rows)
}

fn what(proposal: &Proposal) -> String {
    match &proposal.act {
        proposal::Act::Case { decision, .. } => decision.ruling.label().to_owned(),
        proposal::Act::Roles { was, now_is } => {
            format!("{} → {}", Roles::parse(was).labels(), Roles::parse(now_is).labels())
        }
        proposal::Act::Payment(act) => act.said(),
        proposal::Act::Catalogue { from: None, .. } => "立即生效".to_owned(),
        proposal::Act::Catalogue { from: Some(from), .. } => format!("{} 起生效", moment(from)),
    }
}

async fn subject(state: &State, proposal: &Proposal) -> Result<String, Error> {
    if proposal::is_of(proposal, Kind::Company) {
        let case = company::flow::case(state, proposal.subject_id).await?;
        return Ok(case.company.name.unwrap_or_else(|| "企业审核".into()));
    }
    let detail = person::flow::manual_case(state, proposal.subject_id).await?;
    Ok(detail.fields.name.as_str().to_owned())
}

#[handler]
async fn list(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    show(&state, &staffer, None).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RolesForm {
    name: String,
    reason: String,
    roles: String,
}

#[handler]
async fn propose_roles(
    state: Data<&Arc<State>>,
    session::Act(staffer, form): session::Act<RolesForm>,
) -> Result<Response, Error> {
    match proposal::propose_roles(&state, &staffer, &form.name, &form.roles, &form.reason).await {
        Ok(_) => Ok(page::see_other("/console/proposals")),
        Err(error @ Error::Invalid(_)) => show(&state, &staffer, Some(error.problem())).await,
        Err(error) => Err(error),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AnswerForm {
    answer: String,
}

#[handler]
async fn settle(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    session::Act(staffer, form): session::Act<AnswerForm>,
) -> Result<Response, Error> {
    staffer.may(Permission::SeeProposals)?;
    let answer = match form.answer.as_str() {
        "confirm" => Answer::Confirm,
        "decline" => Answer::Decline,
        _ => return Err(Error::invalid("answer", "请选择确认或否决")),
    };
    proposal::settle(&state, &staffer, id, answer).await?;
    Ok(page::see_other("/console/proposals"))
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn withdraw(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    session::Act(staffer, Nothing {}): session::Act<Nothing>,
) -> Result<Response, Error> {
    staffer.may(Permission::SeeProposals)?;
    proposal::withdraw(&state, &staffer, id).await?;
    Ok(page::see_other("/console/proposals"))
}
