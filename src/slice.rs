//! A part of a long list, in the order of waiting: read by key, so that the last page costs what the first does, and that
//! nothing is skipped or shown twice while rows come and go.

use chrono::{DateTime, Utc};
use sea_orm::{
    Condition, QueryOrder, QuerySelect, Select,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};

/// Since when a row has waited, and its id: the place in the list.
pub type Place = (DateTime<Utc>, Uuid);

/// Which part.
#[derive(Clone, Debug, Default)]
pub struct Slice {
    /// Only what comes after this place.
    pub after: Option<Place>,
    /// Only what has waited since this moment or longer.
    pub until: Option<DateTime<Utc>>,
    /// Only these rows.
    pub only: Option<Vec<Uuid>>,
    /// None of these rows.
    pub but: Vec<Uuid>,
    /// Only what has been decided before and has come back.
    pub revised: bool,
    /// Not more than so many.
    pub most: u64,
}

impl Slice {
    /// The first so many.
    pub fn first(most: u64) -> Self {
        Self { most, ..Self::default() }
    }

    /// Of these rows, by the column that says since when they have waited.
    pub fn of<E: EntityTrait>(&self, select: Select<E>, since: E::Column, id: E::Column) -> Select<E> {
        let mut all = Condition::all();
        if let Some((at, after)) = self.after {
            let same = Expr::col((E::default(), since)).eq(at).and(Expr::col((E::default(), id)).gt(after));
            all = all.add(Condition::any().add(since.gt(at)).add(same));
        }
        if let Some(until) = self.until {
            all = all.add(since.lte(until));
        }
        if let Some(only) = &self.only {
            all = all.add(id.is_in(only.iter().copied()));
        }
        if !self.but.is_empty() {
            all = all.add(id.is_not_in(self.but.iter().copied()));
        }
        select.filter(all).order_by_asc(since).order_by_asc(id).limit(self.most)
    }
}
