//! 案件: the queues of companies and of people, and decisions by whoever holds the case. What a decision means is the
//! features' own rule; here is who may make it.

use super::{
    Permission,
    claim::{self, Claim},
    reasons::{self, About, Outcome},
    session::Staffer,
};
use crate::{
    company::{
        self, Status,
        flow::{Case, Listed},
    },
    error::Error,
    person::{
        self,
        flow::{ManualCase, ManualDetail},
    },
    state::State,
};
use sea_orm::entity::prelude::*;

/// Which cases a list shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// 待审核
    #[default]
    Waiting,
    /// 我领取的
    Mine,
    /// 已退回
    Returned,
    /// 已通过
    Approved,
    /// 不予通过
    Rejected,
}

impl Filter {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Mine, Self::Returned, Self::Approved, Self::Rejected];

    /// The filter with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.word() == word)
    }

    /// The word in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Mine => "mine",
            Self::Returned => "returned",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// What the page says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "待审核",
            Self::Mine => "我领取的",
            Self::Returned => "已退回",
            Self::Approved => "已通过",
            Self::Rejected => "不予通过",
        }
    }

    const fn status(self) -> Status {
        match self {
            Self::Waiting | Self::Mine => Status::UnderReview,
            Self::Returned => Status::Returned,
            Self::Approved => Status::Approved,
            Self::Rejected => Status::Rejected,
        }
    }
}

/// A company in a list.
#[derive(Clone, Debug)]
pub struct Row {
    pub listed: Listed,
    pub claim: Option<Claim>,
}

/// Longest list.
const MOST: u64 = 300;

/// Companies, oldest submission first.
pub async fn companies(state: &State, staffer: &Staffer, filter: Filter) -> Result<Vec<Row>, Error> {
    staffer.may(Permission::SeeCases)?;
    let mut claims = claim::of_all(state).await?;
    let listed = company::flow::listed(state, &[filter.status()], MOST).await?;
    let rows = listed.into_iter().map(|listed| Row { claim: claims.remove(&listed.id), listed });
    let held = |row: &Row| row.claim.as_ref().is_some_and(|claim| claim.staff_id == staffer.id);
    Ok(rows.filter(|row| filter != Filter::Mine || held(row)).collect())
}

/// The company to look at next: one already held, else the oldest that nobody holds.
pub async fn next_company(state: &State, staffer: &Staffer) -> Result<Option<Uuid>, Error> {
    let rows = companies(state, staffer, Filter::Waiting).await?;
    let mine = |row: &&Row| row.claim.as_ref().is_some_and(|claim| claim.staff_id == staffer.id);
    let next = rows.iter().find(mine).or_else(|| rows.iter().find(|row| row.claim.is_none()));
    Ok(next.map(|row| row.listed.id))
}

/// One company's case. What has not been submitted is the applicant's own.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or it is a draft.
pub async fn company(state: &State, staffer: &Staffer, id: Uuid) -> Result<Case, Error> {
    staffer.may(Permission::SeeCases)?;
    let case = company::flow::case(state, id).await?;
    if case.company.status == Status::Draft { Err(Error::not_found()) } else { Ok(case) }
}

/// Takes a company's case.
///
/// # Errors
/// [`Error::Conflict`] when somebody else holds it, or there is nothing to decide.
pub async fn take_company(state: &State, staffer: &Staffer, id: Uuid) -> Result<(), Error> {
    staffer.may(Permission::Decide)?;
    if company(state, staffer, id).await?.company.status != Status::UnderReview {
        return Err(Error::conflict("not_now", "该案件不在审核中，无需领取"));
    }
    claim::take(state, staffer, id).await
}

/// What a reviewer types.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Typed {
    /// `approve`, `return`, `reject`; and `reject_confirmed`, because a final rejection is asked for twice.
    pub decision: String,
    pub reason_code: String,
    /// Words of what must be corrected, separated by blanks.
    pub items: String,
    pub applicant_note: String,
    pub internal_note: String,
    /// Which submission was looked at: [`seen`].
    pub seen: String,
}

/// A word for the submission that a page shows: a decision about an earlier one is refused.
pub fn seen(case: &Case) -> String {
    case.company.submitted_at.map(|at| at.timestamp_micros().to_string()).unwrap_or_default()
}

/// Decides a company's case that one holds, and gives it back.
///
/// # Errors
/// [`Error::Forbidden`] by role, [`Error::Conflict`] when one does not hold it or another submission was looked at,
/// [`Error::Invalid`] naming the field.
pub async fn decide_company(state: &State, staffer: &Staffer, id: Uuid, typed: &Typed) -> Result<(), Error> {
    staffer.may(Permission::Decide)?;
    let case = company(state, staffer, id).await?;
    claim::hold(state, staffer, id).await?;
    if typed.seen != seen(&case) {
        return Err(Error::conflict("changed", "资料在您查看之后有更新，请刷新页面重新查看后再决定"));
    }
    let reasoned = |outcome: Outcome| {
        let reason = reasons::choose(About::Company, outcome, &typed.reason_code)?;
        reason.decision(&typed.items, &typed.applicant_note, &typed.internal_note)
    };
    let actor = staffer.actor();
    match typed.decision.as_str() {
        "approve" => company::flow::approve(state, actor, id).await?,
        "return" => company::flow::send_back(state, actor, id, &reasoned(Outcome::Return)?).await?,
        rejected @ ("reject" | "reject_confirmed") => {
            staffer.may(Permission::RejectFinally)?;
            let decision = reasoned(Outcome::Reject)?;
            if rejected != "reject_confirmed" {
                return Err(Error::invalid("confirmed", "不予通过是最终决定，请再次确认"));
            }
            company::flow::reject(state, actor, id, &decision).await?;
        }
        _ => return Err(Error::invalid("decision", "请选择通过、退回或不予通过")),
    }
    claim::release(state, staffer, id).await
}

/// A person in the list.
#[derive(Clone, Debug)]
pub struct PersonRow {
    pub case: ManualCase,
    pub claim: Option<Claim>,
}

/// The people who wait for 人工审核, oldest first.
pub async fn people(state: &State, staffer: &Staffer) -> Result<Vec<PersonRow>, Error> {
    staffer.may(Permission::SeeCases)?;
    let mut claims = claim::of_all(state).await?;
    let cases = person::flow::manual_cases(state).await?;
    Ok(cases.into_iter().map(|case| PersonRow { claim: claims.remove(&case.person_id), case }).collect())
}

/// One person's case, while it waits for us.
///
/// # Errors
/// [`Error::NotFound`] when there is none, or it is not ours to look at.
pub async fn person(state: &State, staffer: &Staffer, id: Uuid) -> Result<ManualDetail, Error> {
    staffer.may(Permission::SeeCases)?;
    let detail = person::flow::manual_case(state, id).await?;
    if detail.status == person::Status::ManualReview { Ok(detail) } else { Err(Error::not_found()) }
}

/// Takes a person's case.
///
/// # Errors
/// [`Error::Conflict`] when somebody else holds it.
pub async fn take_person(state: &State, staffer: &Staffer, id: Uuid) -> Result<(), Error> {
    staffer.may(Permission::Decide)?;
    person(state, staffer, id).await?;
    claim::take(state, staffer, id).await
}

/// What came of a call back, by whoever holds the case.
///
/// # Errors
/// As [`decide_company`].
pub async fn record_call(state: &State, staffer: &Staffer, id: Uuid, outcome: &str, note: &str) -> Result<(), Error> {
    staffer.may(Permission::Decide)?;
    person(state, staffer, id).await?;
    claim::hold(state, staffer, id).await?;
    let outcome = person::CallOutcome::ALL.into_iter().find(|known| known.word() == outcome);
    let outcome = outcome.ok_or_else(|| Error::invalid("call", "请选择回访结果"))?;
    person::flow::record_call(state, staffer.actor(), id, outcome, note).await
}

/// Decides a person's case that one holds, and gives it back.
///
/// # Errors
/// As [`decide_company`].
pub async fn decide_person(state: &State, staffer: &Staffer, id: Uuid, typed: &Typed) -> Result<(), Error> {
    staffer.may(Permission::Decide)?;
    person(state, staffer, id).await?;
    claim::hold(state, staffer, id).await?;
    match typed.decision.as_str() {
        "approve" => {
            person::flow::called(state, id).await?;
            person::flow::approve_manual(state, staffer.actor(), id).await?;
        }
        "return" => {
            let reason = reasons::choose(About::Person, Outcome::Return, &typed.reason_code)?;
            if typed.applicant_note.trim().chars().count() > 300 {
                return Err(Error::invalid("applicant_note", "补充说明过长，请控制在 300 字以内"));
            }
            let note = reason.said(&typed.applicant_note);
            person::flow::refuse_manual(state, staffer.actor(), id, &note).await?;
        }
        _ => return Err(Error::invalid("decision", "请选择通过或不通过")),
    }
    claim::release(state, staffer, id).await
}
