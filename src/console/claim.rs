//! Taking a case: whoever holds it, and nobody else, decides it. What is not given back comes free by itself.

use super::{
    CLAIM_LIFE, Permission,
    entity::{case_claim, staff},
    session::Staffer,
};
use crate::{db::Tx, error::Error, events::Event, state::State};
use sea_orm::{
    ActiveValue::Set,
    DbErr,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use std::collections::HashMap;

/// Who holds a case now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub staff_id: Uuid,
    pub staff_name: String,
    pub until: DateTimeUtc,
}

/// Takes a case, or holds it for longer. One guarded statement: of two who reach for it, one has it.
///
/// # Errors
/// [`Error::Conflict`] when somebody else holds it.
pub async fn take(state: &State, staffer: &Staffer, case_id: Uuid) -> Result<(), Error> {
    staffer.may(Permission::Decide)?;
    let mut tx = state.db.begin(staffer.actor()).await?;
    let row =
        case_claim::ActiveModel { case_id: Set(case_id), staff_id: Set(staffer.id), until: Set(tx.now + CLAIM_LIFE) };
    let column = |column: case_claim::Column| Expr::col((case_claim::Entity, column));
    let free = column(case_claim::Column::Until).lte(tx.now).or(column(case_claim::Column::StaffId).eq(staffer.id));
    let mut mine = OnConflict::column(case_claim::Column::CaseId);
    mine.update_columns([case_claim::Column::StaffId, case_claim::Column::Until]).action_and_where(free);
    let taken = match case_claim::Entity::insert(row).on_conflict(mine).exec_without_returning(&*tx).await {
        Ok(rows) => rows,
        Err(DbErr::RecordNotInserted) => 0,
        Err(error) => return Err(error.into()),
    };
    if taken != 1 {
        return Err(held_by_another());
    }
    tx.say(Event::new("console.claim", case_id, None)).await?;
    tx.commit().await
}

fn held_by_another() -> Error {
    Error::conflict("claimed", "该案件刚刚由其他同事领取，请处理下一件")
}

/// Holds a case for longer, just before deciding it.
///
/// # Errors
/// [`Error::Conflict`] when nobody or somebody else holds it, or the time has run out.
pub async fn hold(state: &State, staffer: &Staffer, case_id: Uuid) -> Result<(), Error> {
    staffer.may(Permission::Decide)?;
    let tx = state.db.begin(staffer.actor()).await?;
    let held = case_claim::Entity::update_many()
        .col_expr(case_claim::Column::Until, Expr::value(tx.now + CLAIM_LIFE))
        .filter(case_claim::Column::CaseId.eq(case_id))
        .filter(case_claim::Column::StaffId.eq(staffer.id))
        .filter(case_claim::Column::Until.gt(tx.now))
        .exec(&*tx)
        .await?;
    tx.commit().await?;
    if held.rows_affected == 1 {
        return Ok(());
    }
    match of(state, case_id).await? {
        Some(_) => Err(held_by_another()),
        None => Err(Error::conflict("unclaimed", "请先领取该案件再作决定；领取超过 30 分钟未处理会自动释放")),
    }
}

/// Gives a case back. Giving back what one does not hold is nothing.
pub async fn release(state: &State, staffer: &Staffer, case_id: Uuid) -> Result<(), Error> {
    staffer.may(Permission::Decide)?;
    let mut tx = state.db.begin(staffer.actor()).await?;
    let gone = case_claim::Entity::delete_many()
        .filter(case_claim::Column::CaseId.eq(case_id))
        .filter(case_claim::Column::StaffId.eq(staffer.id))
        .exec(&*tx)
        .await?;
    if gone.rows_affected == 1 {
        tx.say(Event::new("console.release", case_id, None)).await?;
    }
    tx.commit().await
}

/// Gives back everything that somebody holds.
pub async fn release_all(tx: &mut Tx, staff_id: Uuid) -> Result<(), Error> {
    let theirs = case_claim::Column::StaffId.eq(staff_id);
    let held = case_claim::Entity::find().filter(theirs.clone()).all(&**tx).await?;
    case_claim::Entity::delete_many().filter(theirs).exec(&**tx).await?;
    for row in held {
        tx.say(Event::new("console.release", row.case_id, None)).await?;
    }
    Ok(())
}

/// Holds a case for longer while its holder works on it. Of what one does not hold, nothing changes.
pub async fn keep(state: &State, staffer: &Staffer, case_id: Uuid) -> Result<(), Error> {
    match hold(state, staffer, case_id).await {
        Ok(()) | Err(Error::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Who holds a case.
pub async fn of(state: &State, case_id: Uuid) -> Result<Option<Claim>, Error> {
    let row = case_claim::Entity::find_by_id(case_id)
        .filter(case_claim::Column::Until.gt(state.clock.now()))
        .one(&state.db.read)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let holder = staff::Entity::find_by_id(row.staff_id).one(&state.db.read).await?;
    let staff_name = holder.map(|holder| holder.name).unwrap_or_default();
    Ok(Some(Claim { staff_id: row.staff_id, staff_name, until: row.until }))
}

/// Who holds what.
pub async fn of_all(state: &State) -> Result<HashMap<Uuid, Claim>, Error> {
    let rows =
        case_claim::Entity::find().filter(case_claim::Column::Until.gt(state.clock.now())).all(&state.db.read).await?;
    let names = names(state).await?;
    let claim = |row: case_claim::Model| {
        let staff_name = names.get(&row.staff_id).cloned().unwrap_or_default();
        (row.case_id, Claim { staff_id: row.staff_id, staff_name, until: row.until })
    };
    Ok(rows.into_iter().map(claim).collect())
}

/// The names of the staff, also of those who have left.
pub async fn names(state: &State) -> Result<HashMap<Uuid, String>, Error> {
    let rows = staff::Entity::find().all(&state.db.read).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Forgets claims that have run out. Run now and then.
pub async fn sweep(state: &State) -> Result<(), Error> {
    let over = case_claim::Column::Until.lt(state.clock.now());
    case_claim::Entity::delete_many().filter(over).exec(state.db.machinery()).await?;
    Ok(())
}
