//! What the review desk can do with 企业实名认证: list, open a case, look at its papers, decide. The rules refuse whatever is
//! not under review; every decision is kept.

use super::{
    Action, Company, Decision, Field, Fields, Item, PaperKind, Reading, Source, Status,
    entity::{company, company_decision, company_paper},
    flow,
    invitation::{self, Mandate, flow::Evidence},
    registry::Registry,
};
use crate::{
    account, change,
    db::{Actor, Tx},
    error::Error,
    finding::{self, Finding},
    notice, papers,
    state::State,
};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, entity::prelude::*, sea_query::Expr};

/// Longest internal note, in characters.
const LONGEST_NOTE: usize = 1000;
/// Longest text for the applicant: several reasons put together.
const LONGEST_SAID: usize = 6000;

/// A row of the queue.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: Uuid,
    pub account_id: Uuid,
    pub status: Status,
    pub name: Option<String>,
    pub submitted_at: Option<DateTimeUtc>,
    /// How often it has been corrected and submitted again.
    pub revised: i32,
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
        Ok(Listed { id, account_id, status, name, submitted_at: row.submitted_at, revised: row.revised })
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
    /// Other accounts' applications with the same code.
    pub same_code: Vec<Other>,
    /// How often it has been corrected and submitted again.
    pub revised: i32,
    /// How the agent shows to be the company's.
    pub mandate: Mandate,
}

impl Case {
    /// The papers that are asked of it.
    pub fn papers_asked(&self) -> &'static [PaperKind] {
        self.company.role.papers(self.mandate)
    }

    /// The fields that have changed since the last decision: what stood there before.
    pub fn changed(&self) -> Vec<(Field, &str)> {
        let Some(before) = self.decisions.first().and_then(|last| last.fields.as_ref()) else { return Vec::new() };
        let fields = Field::ALL.iter().filter(|field| before.get(**field) != self.fields.get(**field));
        fields.map(|field| (*field, before.get(*field))).collect()
    }

    /// The picture that a paper has taken the place of since the last decision.
    pub fn before(&self, paper: &CasePaper) -> Option<&CasePaper> {
        let last = self.decisions.first()?.at;
        let older = |other: &&CasePaper| {
            (other.kind, other.page) == (paper.kind, paper.page)
                && other.created_at <= last
                && other.replaced_at.is_some_and(|at| at > last)
        };
        if paper.created_at > last { self.papers.iter().find(older) } else { None }
    }

    /// What automatic checks have said against it, in the reviewer's words.
    pub fn failures(&self) -> Vec<&'static str> {
        self.registry.as_ref().map(Registry::failures).unwrap_or_default()
    }
}

/// Another account's application with the same code: one of the two may be somebody else's doing.
#[derive(Clone, Debug)]
pub struct Other {
    pub id: Uuid,
    pub status: Status,
    pub submitted_at: Option<DateTimeUtc>,
}

/// A page of a paper of a case.
#[derive(Clone, Debug)]
pub struct CasePaper {
    pub id: Uuid,
    pub kind: PaperKind,
    pub source: Source,
    /// The first is 1.
    pub page: i32,
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
    /// The fields as decided.
    pub fields: Option<Fields>,
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
        let (id, kind, source, page) = (row.id, row.kind, row.source, row.page);
        CasePaper { id, kind, source, page, created_at: row.created_at, replaced_at: row.replaced_at }
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
        mandate: row.mandate,
        papers: papers.into_iter().map(paper).collect(),
        decisions: all_decided(state, &decisions).await?,
        same_code: same_code(state, &row).await?,
        revised: row.revised,
    })
}

async fn find(c: &impl ConnectionTrait, id: Uuid) -> Result<company::Model, Error> {
    company::Entity::find_by_id(id).one(c).await?.ok_or_else(Error::not_found)
}

async fn all_decided(state: &State, rows: &[company_decision::Model]) -> Result<Vec<Decided>, Error> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let findings = finding::of_decision(&state.db.read, state, row.id).await?;
        all.push(decided(state, row, findings)?);
    }
    Ok(all)
}

fn decided(state: &State, row: &company_decision::Model, findings: Vec<Finding>) -> Result<Decided, Error> {
    let fields = match &row.fields {
        Some(sealed) => serde_json::from_str(&state.vault.open("company_decision.fields", row.id, sealed)?),
        None => Ok(None),
    };
    let said = Decision {
        reason_code: row.reason_code.clone(),
        applicant_note: state.vault.open("company_decision.applicant_note", row.id, &row.applicant_note)?,
        internal_note: state.vault.open("company_decision.internal_note", row.id, &row.internal_note)?,
        items: flow::items(row),
        findings,
        second: row.second_id,
    };
    let fields = fields.map_err(Error::internal)?;
    Ok(Decided { staff_id: row.staff_id, decision: row.decision, said, fields, at: row.at })
}

async fn same_code(state: &State, row: &company::Model) -> Result<Vec<Other>, Error> {
    let Some(code_index) = &row.code_index else { return Ok(Vec::new()) };
    let others = company::Entity::find()
        .filter(company::Column::CodeIndex.eq(code_index.clone()))
        .filter(company::Column::Id.ne(row.id))
        .all(&state.db.read)
        .await?;
    let other = |row: company::Model| Other { id: row.id, status: row.status, submitted_at: row.submitted_at };
    Ok(others.into_iter().map(other).collect())
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
/// As [`decide_in`].
pub async fn approve(state: &State, actor: Actor, id: Uuid) -> Result<(), Error> {
    decide(state, actor, id, Action::Approve, &Decision::default()).await
}

/// 退回: the applicant is told by SMS, and corrects.
///
/// # Errors
/// As [`decide_in`].
pub async fn send_back(state: &State, actor: Actor, id: Uuid, decision: &Decision) -> Result<(), Error> {
    decide(state, actor, id, Action::SendBack, decision).await
}

/// 不予通过, finally. What has been paid is given back by whoever listens to `company.reject`.
///
/// # Errors
/// As [`decide_in`].
pub async fn reject(state: &State, actor: Actor, id: Uuid, decision: &Decision) -> Result<(), Error> {
    decide(state, actor, id, Action::Reject, decision).await
}

async fn decide(state: &State, actor: Actor, id: Uuid, action: Action, said: &Decision) -> Result<(), Error> {
    let Actor::Staff(staff_id) = actor else {
        return Err(Error::forbidden("staff_only", "只有审核人员可以作出决定"));
    };
    let mut tx = state.db.begin(actor).await?;
    decide_in(&mut tx, state, staff_id, id, action, said).await?;
    tx.commit().await
}

/// The one door of decisions: approve, return and reject. `staff_id` decides; a second person may stand behind it.
///
/// # Errors
/// [`Error::Invalid`] naming the note that is missing or too long; [`Error::Conflict`] for what is not under review, and
/// for an approval against an automatic check without a second person.
pub async fn decide_in(
    tx: &mut Tx,
    state: &State,
    staff_id: Uuid,
    id: Uuid,
    action: Action,
    said: &Decision,
) -> Result<(), Error> {
    check_notes(action, said)?;
    let row = find(&**tx, id).await?;
    if action == Action::Approve && !said.has_second(staff_id) {
        let registry = row.registry.as_deref().map(serde_json::from_str::<Registry>).transpose();
        let failures = registry.map_err(Error::internal)?.map(|registry| registry.failures()).unwrap_or_default();
        if !failures.is_empty() {
            let what = failures.join("、");
            return Err(Error::conflict("second_person", format!("{what}。仍要通过需由另一位高级审核员复核")));
        }
    }
    let now = tx.now;
    let decision = change::advance::<company::Entity>(tx, &row, action, |update| {
        update.col_expr(company::Column::DecidedAt, Expr::value(now))
    })
    .await?;
    keep(tx, state, &row, staff_id, decision, said).await?;
    if action == Action::SendBack {
        let member = account::flow::member(state, row.account_id, row.applicant_id).await?;
        let mobile = account::flow::mobile(state, &member)?;
        let name = flow::open_row(state, &row)?.name.unwrap_or_default();
        notice::sms(tx, state, &mobile, notice::Text::CaseReturned { company: &name }).await?;
    }
    Ok(())
}

async fn keep(
    tx: &mut Tx,
    state: &State,
    row: &company::Model,
    staff_id: Uuid,
    decision: Status,
    said: &Decision,
) -> Result<(), Error> {
    let id = tx.id();
    let items: Vec<&str> = said.items.iter().map(|item: &Item| item.word()).collect();
    let seal = |place: &str, text: &str| state.vault.seal(place, id, text);
    let fields = flow::sealed(state, "company_decision.fields", id, &flow::fields(state, row)?)?;
    let kept = company_decision::ActiveModel {
        id: Set(id),
        company_id: Set(row.id),
        staff_id: Set(staff_id),
        decision: Set(decision),
        reason_code: Set(said.reason_code.clone()),
        applicant_note: Set(seal("company_decision.applicant_note", &said.applicant_note)),
        internal_note: Set(seal("company_decision.internal_note", &said.internal_note)),
        items: Set(items.join(" ")),
        at: Set(tx.now),
        second_id: Set(said.second),
        fields: Set(Some(fields)),
    };
    company_decision::Entity::insert(kept).exec_without_returning(&**tx).await?;
    finding::keep(tx, state, row.id, id, &said.findings).await
}

fn check_notes(action: Action, said: &Decision) -> Result<(), Error> {
    let notes =
        [("applicant_note", &said.applicant_note, LONGEST_SAID), ("internal_note", &said.internal_note, LONGEST_NOTE)];
    for (field, note, most) in notes {
        if note.chars().count() > most {
            return Err(Error::invalid(field, format!("说明不能超过 {most} 字")));
        }
    }
    if action != Action::Approve && said.applicant_note.trim().is_empty() {
        return Err(Error::invalid("applicant_note", "请填写给申请人的说明"));
    }
    Ok(())
}
