//! 案件 that have been decided, in lists.

use super::{Permission, queue::PAGE, session::Staffer};
use crate::{
    company::{self, Status, flow::DecidedRow},
    error::Error,
    state::State,
};
use sea_orm::entity::prelude::*;

/// Which decided cases a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// 已退回
    Returned,
    /// 已通过
    Approved,
    /// 不予通过
    Rejected,
}

impl Filter {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Returned, Self::Approved, Self::Rejected];

    /// The filter with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.word() == word)
    }

    /// The word in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// What the page says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Returned => "已退回",
            Self::Approved => "已通过",
            Self::Rejected => "不予通过",
        }
    }

    const fn status(self) -> Status {
        match self {
            Self::Returned => Status::Returned,
            Self::Approved => Status::Approved,
            Self::Rejected => Status::Rejected,
        }
    }
}

/// Companies with such a decision, the latest first: a page that begins after `from`, and where the next one begins.
///
/// # Errors
/// [`Error::Forbidden`] by role.
pub async fn decided(
    state: &State,
    staffer: &Staffer,
    filter: Filter,
    from: &str,
) -> Result<(Vec<DecidedRow>, Option<String>), Error> {
    staffer.may(Permission::SeeCases)?;
    let before = from.split_once('.').and_then(|(at, id)| {
        Some((chrono::DateTime::from_timestamp_micros(at.parse().ok()?)?, id.parse::<Uuid>().ok()?))
    });
    let mut rows = company::flow::decided(state, filter.status(), before, PAGE as u64 + 1).await?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let last = rows.last().filter(|_| more).and_then(|row| Some((row.decided_at?, row.id)));
    Ok((rows, last.map(|(at, id)| format!("{}.{}", at.timestamp_micros(), id.simple()))))
}
