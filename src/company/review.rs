//! What the review desk can do with 企业实名认证: list, open a case, look at its papers, decide. The rules refuse whatever is
//! not under review; every decision is kept.

use super::{
    Action, Company, Decision, Fields, Item, PaperKind, Reading, Status,
    entity::{company, company_decision, company_paper},
    flow,
    invitation::{self, flow::Evidence},
    registry::Registry,
};
use crate::{
    account, change,
    db::{Actor, Tx},
    error::Error,
    notice, papers,
    state::State,
};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*, sea_query::Expr};

/// Longest note, in characters.
const LONGEST_NOTE: usize = 1000;

/// A row of the queue.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: Uuid,
    pub account_id: Uuid,
    pub status: Status,
    pub name: Option<String>,
    pub submitted_at: Option<DateTimeUtc>,
}

/// What waits to be decided, oldest first.
pub async fn submitted(state: &State) -> Result<Vec<Listed>, Error> {
    listed(state, &[Status::UnderReview], 500).await
}

/// Applications by status, oldest submission first, at most so many.
pub async fn listed(state: &State, statuses: &[Status], most: u64) -> Result<Vec<Listed>, Error> {
    let rows = company::Entity::find()
        .filter(company::Column::Status.is_in(statuses.iter().copied()))
        .order_by_asc(company::Column::SubmittedAt)
        .order_by_asc(company::Column::Id)
        .limit(most)
        .all(&state.db.read)
        .await?;
    let list = |row: company::Model| {
        let name = flow::open_row(state, &row)?.name;
        let (id, account_id, status) = (row.id, row.account_id, row.status);
        Ok(Listed { id, account_id, status, name, submitted_at: row.submitted_at })
    };
    rows.into_iter().map(list).collect()
}

/// Everything about one application.
#[derive(Clone, Debug)]
pub struct Case {
    pub company: Company,
    /// As typed.
    pub fields: Fields,
    /// As read from the papers: compare with [`Reading::origin`].
    pub reading: Reading,
    /// None until the register has answered.
    pub registry: Option<Registry>,
    /// What the legal representative has confirmed on the phone, newest first.
    pub confirmations: Vec<Evidence>,
    /// Newest first; those that were replaced too.
    pub papers: Vec<CasePaper>,
    /// Newest first.
    pub decisions: Vec<Decided>,
    /// Other accounts that have submitted the same code.
    pub same_code: Vec<Uuid>,
}

/// A paper of a case.
#[derive(Clone, Debug)]
pub struct CasePaper {
    pub id: Uuid,
    pub kind: PaperKind,
    pub created_at: DateTimeUtc,
    pub replaced_at: Option<DateTimeUtc>,
}

/// A decision that was made.
#[derive(Clone, Debug)]
pub struct Decided {
    pub staff_id: Uuid,
    /// The status that it led to.
    pub decision: Status,
    pub said: Decision,
    pub at: DateTimeUtc,
}

/// One application with all that a reviewer needs.
///
/// # Errors
/// [`Error::NotFound`] when there is none with this id.
pub async fn case(state: &State, id: Uuid) -> Result<Case, Error> {
    let row = find(&state.db.read, id).await?;
    let papers = company_paper::Entity::find()
        .filter(company_paper::Column::CompanyId.eq(id))
        .order_by_desc(company_paper::Column::Id)
        .all(&state.db.read)
        .await?;
    let paper = |row: company_paper::Model| {
        let (id, kind) = (row.id, row.kind);
        CasePaper { id, kind, created_at: row.created_at, replaced_at: row.replaced_at }
    };
    let decisions = company_decision::Entity::find()
        .filter(company_decision::Column::CompanyId.eq(id))
        .order_by_desc(company_decision::Column::Id)
        .all(&state.db.read)
        .await?;
    Ok(Case {
        company: flow::open_row(state, &row)?,
        fields: flow::fields(state, &row)?,
        reading: flow::reading(state, &row)?,
        registry: row.registry.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?,
        confirmations: invitation::flow::evidence(state, id).await?,
        papers: papers.into_iter().map(paper).collect(),
        decisions: decisions.iter().map(|row| decided(state, row)).collect::<Result<_, _>>()?,
        same_code: same_code(state, &row).await?,
    })
}

async fn find(c: &impl ConnectionTrait, id: Uuid) -> Result<company::Model, Error> {
    company::Entity::find_by_id(id).one(c).await?.ok_or_else(Error::not_found)
}

fn decided(state: &State, row: &company_decision::Model) -> Result<Decided, Error> {
    let said = Decision {
        reason_code: row.reason_code.clone(),
        applicant_note: state.vault.open("company_decision.applicant_note", row.id, &row.applicant_note)?,
        internal_note: state.vault.open("company_decision.internal_note", row.id, &row.internal_note)?,
        items: flow::items(row),
    };
    Ok(Decided { staff_id: row.staff_id, decision: row.decision, said, at: row.at })
}

async fn same_code(state: &State, row: &company::Model) -> Result<Vec<Uuid>, Error> {
    let Some(code_index) = &row.code_index else { return Ok(Vec::new()) };
    let others = company::Entity::find()
        .filter(company::Column::CodeIndex.eq(code_index.clone()))
        .filter(company::Column::Id.ne(row.id))
        .all(&state.db.read)
        .await?;
    Ok(others.into_iter().map(|other| other.account_id).collect())
}

/// The current paper of a kind: its content type and its bytes.
pub async fn paper(state: &State, case_id: Uuid, kind: PaperKind) -> Result<(String, Vec<u8>), Error> {
    let papers = flow::current_papers(&state.db.read, case_id).await?;
    let paper = papers.into_iter().find(|paper| paper.kind == kind).ok_or_else(Error::not_found)?;
    content(state, case_id, &paper).await
}

/// Any paper of a case, also one that was replaced.
pub async fn paper_by_id(state: &State, case_id: Uuid, id: Uuid) -> Result<(String, Vec<u8>), Error> {
    let own = company_paper::Column::CompanyId.eq(case_id);
    let paper = company_paper::Entity::find_by_id(id).filter(own).one(&state.db.read).await?;
    content(state, case_id, &paper.ok_or_else(Error::not_found)?).await
}

async fn content(state: &State, case_id: Uuid, paper: &company_paper::Model) -> Result<(String, Vec<u8>), Error> {
    let (row, bytes) = papers::content(state, case_id, paper.paper_id).await?;
    Ok((row.content_type, bytes))
}

/// 通过.
///
/// # Errors
/// [`Error::Conflict`] for what is not under review; [`Error::Forbidden`] for whoever is not staff.
pub async fn approve(state: &State, actor: Actor, id: Uuid) -> Result<(), Error> {
    let tx = decide(state, actor, id, Action::Approve, &Decision::default()).await?.0;
    tx.commit().await
}

/// 退回: the applicant is told by SMS, and corrects.
///
/// # Errors
/// As [`approve`]; [`Error::Invalid`] without a note for the applicant.
pub async fn send_back(state: &State, actor: Actor, id: Uuid, decision: &Decision) -> Result<(), Error> {
    let (mut tx, row) = decide(state, actor, id, Action::SendBack, decision).await?;
    let member = account::flow::member(state, row.account_id, row.applicant_id).await?;
    let mobile = account::flow::mobile(state, &member)?;
    let name = flow::open_row(state, &row)?.name.unwrap_or_default();
    notice::sms(&mut tx, state, &mobile, notice::Text::CaseReturned { company: &name }).await?;
    tx.commit().await
}

/// 不予通过, finally. What has been paid is given back by whoever listens to `company.reject`.
///
/// # Errors
/// As [`send_back`].
pub async fn reject(state: &State, actor: Actor, id: Uuid, decision: &Decision) -> Result<(), Error> {
    let tx = decide(state, actor, id, Action::Reject, decision).await?.0;
    tx.commit().await
}

async fn decide(
    state: &State,
    actor: Actor,
    id: Uuid,
    action: Action,
    said: &Decision,
) -> Result<(Tx, company::Model), Error> {
    let Actor::Staff(staff_id) = actor else {
        return Err(Error::forbidden("staff_only", "只有审核人员可以作出决定"));
    };
    check_notes(action, said)?;
    let mut tx = state.db.begin(actor).await?;
    let row = find(&*tx, id).await?;
    let now = tx.now;
    let decision = change::advance::<company::Entity>(&mut tx, &row, action, |update| {
        update.col_expr(company::Column::DecidedAt, Expr::value(now))
    })
    .await?;
    let decision_id = tx.id();
    let items: Vec<&str> = said.items.iter().map(|item: &Item| item.word()).collect();
    let seal = |place: &str, text: &str| state.vault.seal(place, decision_id, text);
    let kept = company_decision::ActiveModel {
        id: Set(decision_id),
        company_id: Set(row.id),
        staff_id: Set(staff_id),
        decision: Set(decision),
        reason_code: Set(said.reason_code.clone()),
        applicant_note: Set(seal("company_decision.applicant_note", &said.applicant_note)),
        internal_note: Set(seal("company_decision.internal_note", &said.internal_note)),
        items: Set(items.join(" ")),
        at: Set(now),
    };
    company_decision::Entity::insert(kept).exec_without_returning(&*tx).await?;
    Ok((tx, row))
}

fn check_notes(action: Action, said: &Decision) -> Result<(), Error> {
    for (field, note) in [("applicant_note", &said.applicant_note), ("internal_note", &said.internal_note)] {
        if note.chars().count() > LONGEST_NOTE {
            return Err(Error::invalid(field, format!("说明不能超过 {LONGEST_NOTE} 字")));
        }
    }
    if action != Action::Approve && said.applicant_note.trim().is_empty() {
        return Err(Error::invalid("applicant_note", "请填写给申请人的说明"));
    }
    Ok(())
}
