//! 案件: the queues of companies and of people.

use super::{
    Permission,
    claim::{self, Claim},
    proposal,
    session::Staffer,
};
use crate::{
    company::{self, Status, flow::Listed},
    error::Error,
    person::{self, flow::ManualCase},
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

/// The company to look at next: one already held, else the oldest that nobody holds and that waits for no second person.
pub async fn next_company(state: &State, staffer: &Staffer) -> Result<Option<Uuid>, Error> {
    let rows = companies(state, staffer, Filter::Waiting).await?;
    let mine = |row: &&Row| row.claim.as_ref().is_some_and(|claim| claim.staff_id == staffer.id);
    let open = proposal::open_subjects(state).await?;
    let free = |row: &&Row| row.claim.is_none() && !open.contains(&row.listed.id);
    let next = rows.iter().find(mine).or_else(|| rows.iter().find(free));
    Ok(next.map(|row| row.listed.id))
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
