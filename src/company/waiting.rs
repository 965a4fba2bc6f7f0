//! What waits to be decided, in parts, for the review desk's queue; and how much.

use super::{
    Company, Status,
    entity::{company, company_decision},
    flow,
};
use crate::{
    error::Error,
    slice::{Place, Slice},
    state::State,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    PaginatorTrait, QueryOrder, QuerySelect, Select,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use zhangzheng_kinds::CompanyCode;

/// A company that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub id: Uuid,
    pub account_id: Uuid,
    pub name: Option<String>,
    pub since: DateTime<Utc>,
    /// It has been corrected and submitted again.
    pub revised: bool,
}

fn under_review() -> Select<company::Entity> {
    company::Entity::find()
        .filter(company::Column::Status.eq(Status::UnderReview))
        .filter(company::Column::SubmittedAt.is_not_null())
}

/// What waits, oldest submission first.
pub async fn waiting(state: &State, slice: &Slice) -> Result<Vec<Waiting>, Error> {
    let mut select = under_review();
    if slice.revised {
        select = select.filter(company::Column::Revised.gt(0));
    }
    let rows = slice.of(select, company::Column::SubmittedAt, company::Column::Id).all(&state.db.read).await?;
    let open = |row: company::Model| {
        Ok(Waiting {
            name: flow::open_row(state, &row)?.name,
            revised: row.revised > 0,
            since: row.submitted_at.unwrap_or(row.created_at),
            id: row.id,
            account_id: row.account_id,
        })
    };
    rows.into_iter().map(open).collect()
}

/// How many wait, and since when the oldest.
pub async fn how_many(state: &State) -> Result<(u64, Option<DateTime<Utc>>), Error> {
    let count = under_review().count(&state.db.read).await?;
    let oldest = under_review().order_by_asc(company::Column::SubmittedAt).one(&state.db.read).await?;
    Ok((count, oldest.and_then(|row| row.submitted_at)))
}

/// A company that has been decided.
#[derive(Clone, Debug)]
pub struct DecidedRow {
    pub id: Uuid,
    pub name: Option<String>,
    pub submitted_at: Option<DateTime<Utc>>,
    pub decided_at: Option<DateTime<Utc>>,
}

/// Companies with such a status, the latest decision first, from before a place on.
pub async fn decided(
    state: &State,
    status: Status,
    before: Option<Place>,
    most: u64,
) -> Result<Vec<DecidedRow>, Error> {
    let mut select = company::Entity::find()
        .filter(company::Column::Status.eq(status))
        .filter(company::Column::DecidedAt.is_not_null());
    if let Some((at, id)) = before {
        let same = company::Column::DecidedAt.eq(at).and(company::Column::Id.lt(id));
        select = select.filter(company::Column::DecidedAt.lt(at).or(same));
    }
    let select = select.order_by_desc(company::Column::DecidedAt).order_by_desc(company::Column::Id).limit(most);
    let open = |row: company::Model| {
        let name = flow::open_row(state, &row)?.name;
        Ok(DecidedRow { id: row.id, name, submitted_at: row.submitted_at, decided_at: row.decided_at })
    };
    select.all(&state.db.read).await?.into_iter().map(open).collect()
}

/// By what a company is looked up.
#[derive(Clone, Debug)]
pub enum Known {
    Ids(Vec<Uuid>),
    Accounts(Vec<Uuid>),
    Code(CompanyCode),
}

/// Companies that have ever been submitted, the latest submission first.
pub async fn found(state: &State, known: Known, most: u64) -> Result<Vec<Company>, Error> {
    let by = match known {
        Known::Ids(ids) => company::Column::Id.is_in(ids),
        Known::Accounts(ids) => company::Column::AccountId.is_in(ids),
        Known::Code(code) => company::Column::CodeIndex.eq(state.vault.index("company.code", code.as_str())),
    };
    let rows = company::Entity::find()
        .filter(by)
        .filter(company::Column::Status.ne(Status::Draft))
        .order_by_desc(company::Column::SubmittedAt)
        .limit(most)
        .all(&state.db.read)
        .await?;
    rows.iter().map(|row| flow::open_row(state, row)).collect()
}

/// Companies that have been submitted, but are not among these: for whoever keeps an index of them.
pub async fn not_among(
    state: &State,
    known: sea_orm::sea_query::SelectStatement,
    most: u64,
) -> Result<Vec<Uuid>, Error> {
    let rows = company::Entity::find()
        .filter(company::Column::Status.ne(Status::Draft))
        .filter(Expr::col((company::Entity, company::Column::Id)).in_subquery(known).not())
        .limit(most)
        .all(&state.db.read)
        .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The reason codes of what was decided since a moment.
pub async fn reasons_since(state: &State, since: DateTime<Utc>) -> Result<Vec<String>, Error> {
    Ok(company_decision::Entity::find()
        .select_only()
        .column(company_decision::Column::ReasonCode)
        .filter(company_decision::Column::At.gte(since))
        .into_tuple()
        .all(&state.db.read)
        .await?)
}
