//! 案件 in hand: looking at one, taking it, deciding it, whatever kind it is. What a decision means is the features' own
//! rule; here is who may make it, and who must not make it alone.

use super::{
    Permission, claim,
    decision::{Decision, Facts, Kind, Ruling, Typed},
    proposal::{self, Act},
    session::Staffer,
};
use crate::{
    company::{self, Item, Role, flow::Case},
    db::{Actor, Tx},
    error::Error,
    events, order,
    person::{self, flow::ManualDetail},
    state::State,
};
use sea_orm::entity::prelude::*;

/// One case, of either kind.
pub enum Detail {
    Company(Box<Case>),
    Person(Box<ManualDetail>),
}

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// It is done.
    Decided,
    /// A second person has to confirm it.
    Proposed,
}

impl Detail {
    /// Whether it waits for a decision.
    pub fn waits(&self) -> bool {
        match self {
            Self::Company(case) => case.company.status == company::Status::UnderReview,
            Self::Person(detail) => detail.status == person::Status::ManualReview,
        }
    }

    /// A word for what a page shows: a decision about an earlier submission, or made before the last paper came, is refused.
    pub fn seen(&self) -> String {
        match self {
            Self::Company(case) => submitted(case.company.submitted_at),
            Self::Person(detail) => detail.version(),
        }
    }

    /// The account it belongs to.
    pub fn account_id(&self) -> Uuid {
        match self {
            Self::Company(case) => case.company.account_id,
            Self::Person(detail) => detail.case.account_id,
        }
    }

    /// The pictures that are there now: row and item.
    pub fn pictures(&self) -> Vec<(Uuid, String)> {
        match self {
            Self::Company(case) => {
                let current = case.papers.iter().filter(|paper| paper.replaced_at.is_none());
                current.map(|paper| (paper.id, paper.kind.word().to_owned())).collect()
            }
            Self::Person(detail) => {
                let sides = detail.photos.iter().zip(["portrait", "emblem"]);
                let statement = detail.statement.map(|id| (id, "statement".to_owned()));
                sides.filter_map(|(id, side)| Some(((*id)?, side.to_owned()))).chain(statement).collect()
            }
        }
    }

    /// What a reviewer can name: words and labels, papers first.
    pub fn items(&self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Company(case) => {
                let asked = |item: &Item| match item {
                    Item::Paper(kind) => case.papers_asked().contains(kind),
                    Item::Field(_) => true,
                };
                Item::all().filter(asked).map(|item| (item.word(), item.label())).collect()
            }
            Self::Person(_) => person::ITEMS.to_vec(),
        }
    }

    /// What automatic checks have said against it.
    pub fn failures(&self) -> Vec<&'static str> {
        match self {
            Self::Company(case) => case.failures(),
            Self::Person(detail) => detail.failures.clone(),
        }
    }

    /// Whether the representative in person applies; None for people.
    pub fn role(&self) -> Option<Role> {
        match self {
            Self::Company(case) => Some(case.company.role),
            Self::Person(_) => None,
        }
    }
}

/// One case. What has not been submitted is the applicant's own.
///
/// # Errors
/// [`Error::Forbidden`] by role, [`Error::NotFound`] when there is none or it is not ours to look at.
pub async fn look(state: &State, staffer: &Staffer, kind: Kind, id: Uuid) -> Result<Detail, Error> {
    staffer.may(Permission::SeeCases)?;
    match kind {
        Kind::Company => {
            let case = company::flow::case(state, id).await?;
            let theirs = case.company.status == company::Status::Draft;
            if theirs { Err(Error::not_found()) } else { Ok(Detail::Company(Box::new(case))) }
        }
        Kind::Person => {
            let detail = person::flow::manual_case(state, id).await?;
            let ours = detail.status == person::Status::ManualReview;
            if ours { Ok(Detail::Person(Box::new(detail))) } else { Err(Error::not_found()) }
        }
    }
}

/// What the rules need to know of a case.
pub async fn facts(state: &State, detail: &Detail) -> Result<Facts, Error> {
    let paid = match detail {
        Detail::Company(case) => order::flow::any_paid(&state.db.read, case.company.account_id).await?,
        Detail::Person(_) => false,
    };
    Ok(Facts { items: detail.items(), pictures: detail.pictures(), failures: detail.failures(), paid })
}

/// Takes a case.
///
/// # Errors
/// [`Error::Conflict`] when somebody else holds it, there is nothing to decide, or the person has had a hand in it.
pub async fn take(state: &State, staffer: &Staffer, kind: Kind, id: Uuid) -> Result<(), Error> {
    staffer.may(Permission::Decide)?;
    if !look(state, staffer, kind, id).await?.waits() {
        return Err(Error::conflict("not_now", "该案件不在审核中，无需领取"));
    }
    hands_off(&state.db.read, staffer.id, id).await?;
    claim::take(state, staffer, id).await
}

/// What came of a call back, by whoever holds the case.
///
/// # Errors
/// [`Error::Forbidden`] by role, [`Error::Conflict`] when one does not hold the case; [`Error::Invalid`] naming `call`.
pub async fn record_call(state: &State, staffer: &Staffer, id: Uuid, outcome: &str, note: &str) -> Result<(), Error> {
    staffer.may(Permission::Decide)?;
    look(state, staffer, Kind::Person, id).await?;
    claim::hold(state, staffer, id).await?;
    let outcome = person::CallOutcome::ALL.into_iter().find(|known| known.word() == outcome);
    let outcome = outcome.ok_or_else(|| Error::invalid("call", "请选择回访结果"))?;
    person::flow::record_call(state, staffer.actor(), id, outcome, note).await
}

/// Decides a case that one holds, and gives it back; or proposes what nobody decides alone.
///
/// # Errors
/// [`Error::Forbidden`] by role, [`Error::Conflict`] when one does not hold it, another submission was looked at, a proposal
/// waits already or the person has had a hand in it; [`Error::Invalid`] naming the field.
pub async fn decide(state: &State, staffer: &Staffer, kind: Kind, id: Uuid, typed: &Typed) -> Result<Made, Error> {
    staffer.may(Permission::Decide)?;
    let detail = look(state, staffer, kind, id).await?;
    claim::hold(state, staffer, id).await?;
    let seen = detail.seen();
    if typed.seen != seen {
        return Err(stale());
    }
    let facts = facts(state, &detail).await?;
    let decision = Decision::read(kind, typed, &facts, &staffer.roles)?;
    let made = match decision.needs_second(&facts) {
        Some(why) => {
            if decision.internal_note.is_empty() {
                return Err(Error::invalid("internal_note", "此决定需要另一位同事复核，请在内部备注中写明理由"));
            }
            let reason = decision.internal_note.clone();
            let act = Act::Case { decision, seen };
            proposal::open(state, staffer, why, id, &reason, act).await?;
            Made::Proposed
        }
        None => {
            let mut tx = state.db.begin(staffer.actor()).await?;
            proposal::none_waits(&tx, id).await?;
            hands_off(&*tx, staffer.id, id).await?;
            carry_out(&mut tx, state, staffer.id, None, id, &decision, &seen).await?;
            tx.commit().await?;
            Made::Decided
        }
    };
    claim::release(state, staffer, id).await?;
    Ok(made)
}

/// Nothing of a company changes while it is under review: the submission is its version.
fn submitted(at: Option<DateTimeUtc>) -> String {
    at.map(|at| at.timestamp_micros().to_string()).unwrap_or_default()
}

fn stale() -> Error {
    Error::conflict("changed", "资料在您查看之后有更新，请刷新页面重新查看后再决定")
}

/// Makes a decision so, about the submission that was looked at and no other.
pub(super) async fn carry_out(
    tx: &mut Tx,
    state: &State,
    staff_id: Uuid,
    second: Option<Uuid>,
    id: Uuid,
    decision: &Decision,
    seen: &str,
) -> Result<(), Error> {
    match decision.kind {
        Kind::Company => {
            let row =
                company::entity::company::Entity::find_by_id(id).one(&**tx).await?.ok_or_else(Error::not_found)?;
            if submitted(row.submitted_at) != seen {
                return Err(stale());
            }
            if decision.ruling == Ruling::Reject && second.is_none() {
                order::flow::none_paid(tx, row.account_id).await?;
            }
            let (action, said) = decision.of_company(second);
            company::flow::decide_in(tx, state, staff_id, id, action, &said).await
        }
        Kind::Person => {
            if person::flow::version_of(&**tx, id).await? != seen {
                return Err(stale());
            }
            if decision.ruling == Ruling::Approve {
                person::flow::called(state, id).await?;
            }
            let (action, said) = decision.of_person(second);
            person::flow::decide_manual(tx, state, staff_id, id, action, &said).await
        }
    }
}

/// What staff do to a case when they judge it; anything else under its name is a hand in it.
const JUDGING: [&str; 7] = [
    "company.return",
    "company.approve",
    "company.reject",
    "person.approve",
    "person.refuse",
    "person.call",
    "person.ask_call",
];

/// Nobody decides a case that they have captured or edited.
///
/// # Errors
/// [`Error::Conflict`] when they have.
pub(super) async fn hands_off(c: &impl ConnectionTrait, staff_id: Uuid, id: Uuid) -> Result<(), Error> {
    use events::entity::{Column, Entity};
    let touched = Entity::find()
        .filter(Column::SubjectId.eq(id))
        .filter(Column::Actor.eq(Actor::Staff(staff_id).to_string()))
        .filter(Column::Name.is_not_in(JUDGING))
        .all(c)
        .await?;
    let edited = |name: &str| name.starts_with("company.") || name.starts_with("person.");
    if touched.iter().any(|event| edited(&event.name)) {
        return Err(Error::conflict("own_hand", "您曾代为采集或修改该案件的资料，请由其他同事审核"));
    }
    Ok(())
}
