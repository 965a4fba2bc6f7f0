//! Who waits for 人工审核, in parts, for the review desk's queue; and how many.

use super::ManualCase;
use crate::{
    error::Error,
    events,
    person::{Status, entity::person},
    slice::Slice,
    state::State,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    PaginatorTrait, QueryOrder, Select,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, Query},
};

/// What a refusal leaves behind.
const REFUSED: &str = "person.refuse";

fn under_review() -> Select<person::Entity> {
    person::Entity::find().filter(person::Column::Status.eq(Status::ManualReview))
}

/// A person who waits, and whether a reviewer has refused them before.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub case: ManualCase,
    pub revised: bool,
}

/// Who waits, longest first.
pub async fn waiting(state: &State, slice: &Slice) -> Result<Vec<Waiting>, Error> {
    let mut select = under_review();
    if slice.revised {
        let mut refused = Query::select();
        refused.column(events::entity::Column::SubjectId).from(events::entity::Entity);
        refused.and_where(events::entity::Column::Name.eq(REFUSED));
        select = select.filter(Expr::col((person::Entity, person::Column::Id)).in_subquery(refused));
    }
    let rows = slice.of(select, person::Column::UpdatedAt, person::Column::Id).all(&state.db.read).await?;
    let back = events::entity::Entity::find()
        .filter(events::entity::Column::SubjectId.is_in(rows.iter().map(|row| row.id)))
        .filter(events::entity::Column::Name.eq(REFUSED))
        .all(&state.db.read)
        .await?;
    let list = |row: &person::Model| Waiting {
        case: ManualCase::from(row),
        revised: back.iter().any(|event| event.subject_id == row.id),
    };
    Ok(rows.iter().map(list).collect())
}

/// How many wait, and since when the oldest.
pub async fn how_many(state: &State) -> Result<(u64, Option<DateTime<Utc>>), Error> {
    let count = under_review().count(&state.db.read).await?;
    let oldest = under_review().order_by_asc(person::Column::UpdatedAt).one(&state.db.read).await?;
    Ok((count, oldest.map(|row| row.updated_at)))
}

/// Those of these members who wait.
pub async fn waiting_of(state: &State, member_ids: Vec<Uuid>) -> Result<Vec<ManualCase>, Error> {
    let rows = under_review().filter(person::Column::MemberId.is_in(member_ids)).all(&state.db.read).await?;
    Ok(rows.iter().map(ManualCase::from).collect())
}
