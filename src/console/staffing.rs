//! 人员: who is on the staff, with which roles; added, changed and shut out by the owner, or on the server's command line.

use super::{
    Permission, Role, Roles, claim,
    entity::staff,
    second_factor,
    session::{self, Staffer},
    staff_name,
};
use crate::{
    account::password,
    db::{Actor, Tx},
    error::Error,
    events::Event,
    state::State,
};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect, SqlErr, entity::prelude::*, sea_query::Expr};

/// Letters and digits that nobody takes for one another when reading a password off a screen.
pub const READABLE: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Everybody, in the order in which they came.
pub async fn everybody(state: &State) -> Result<Vec<staff::Model>, Error> {
    Ok(staff::Entity::find().order_by_asc(staff::Column::Id).all(&state.db.read).await?)
}

/// Everybody, for a member of staff who may see that.
pub async fn seen_by(state: &State, staffer: &Staffer) -> Result<Vec<staff::Model>, Error> {
    staffer.may(Permission::SeeStaff)?;
    everybody(state).await
}

/// One of the staff.
///
/// # Errors
/// [`Error::Forbidden`] by role, [`Error::NotFound`].
pub async fn one(state: &State, staffer: &Staffer, id: Uuid) -> Result<staff::Model, Error> {
    staffer.may(Permission::SeeStaff)?;
    staff::Entity::find_by_id(id).one(&state.db.read).await?.ok_or_else(Error::not_found)
}

/// Somebody of that name whose door is open.
pub(super) async fn by_name(state: &State, name: &str) -> Result<Option<staff::Model>, Error> {
    let Ok(name) = staff_name(name) else { return Ok(None) };
    Ok(staff::Entity::find()
        .filter(staff::Column::Name.eq(name))
        .filter(staff::Column::DisabledAt.is_null())
        .one(&state.db.read)
        .await?)
}

/// Adds a member of staff; gives back the password, which is kept nowhere.
pub(super) async fn add(state: &State, actor: Actor, name: &str, roles: &Roles) -> Result<String, Error> {
    let name = staff_name(name).map_err(|refused| Error::invalid("name", refused))?;
    check(roles)?;
    let password = state.random.pick(READABLE, 16);
    let hash = password::hash(&password, &state.random).await?;
    let mut tx = state.db.begin(actor).await?;
    let id = tx.id();
    let row = staff::ActiveModel {
        id: Set(id),
        name: Set(name),
        password_hash: Set(hash),
        roles: Set(roles.words()),
        created_at: Set(tx.now),
        disabled_at: Set(None),
    };
    staff::Entity::insert(row).exec_without_returning(&*tx).await.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::conflict("taken", "该工号已存在，请换一个"),
        _ => error.into(),
    })?;
    tx.say(Event::new("staff.add", id, None)).await?;
    tx.commit().await?;
    Ok(password)
}

fn check(roles: &Roles) -> Result<(), Error> {
    if roles.is_empty() { Err(Error::invalid("roles", "请至少指定一个岗位")) } else { Ok(()) }
}

/// Shuts the door: sessions end, what they held is free, what was done stays.
pub(super) async fn disable(state: &State, actor: Actor, id: Uuid) -> Result<(), Error> {
    let mut tx = state.db.begin(actor).await?;
    one_change_at_a_time(&tx).await?;
    let shut = staff::Entity::update_many()
        .col_expr(staff::Column::DisabledAt, Expr::value(tx.now))
        .filter(staff::Column::Id.eq(id))
        .filter(staff::Column::DisabledAt.is_null())
        .exec(&*tx)
        .await?;
    if shut.rows_affected != 1 {
        return Err(Error::not_found());
    }
    session::close_all(&tx, id).await?;
    claim::release_all(&mut tx, id).await?;
    tx.say(Event::new("staff.disable", id, None)).await?;
    an_owner_is_left(&tx, actor).await?;
    tx.commit().await
}

/// A new password for somebody who has lost theirs; sessions end.
pub(super) async fn new_password(state: &State, actor: Actor, id: Uuid) -> Result<String, Error> {
    let password = state.random.pick(READABLE, 16);
    let hash = password::hash(&password, &state.random).await?;
    let mut tx = state.db.begin(actor).await?;
    staff::Entity::update_many()
        .col_expr(staff::Column::PasswordHash, Expr::value(hash))
        .filter(staff::Column::Id.eq(id))
        .exec(&*tx)
        .await?;
    session::close_all(&tx, id).await?;
    tx.say(Event::new("staff.new_password", id, None)).await?;
    tx.commit().await?;
    Ok(password)
}

/// Forgets somebody's app and recovery codes.
pub(super) async fn totp_reset(state: &State, actor: Actor, id: Uuid) -> Result<(), Error> {
    let mut tx = state.db.begin(actor).await?;
    second_factor::reset(&mut tx, id).await?;
    tx.commit().await
}

/// Holds everybody's rows until the transaction ends: of two owners who shut each other out at the same moment, the second
/// sees what the first has done. Always in the same order, so that nobody waits for one who waits.
async fn one_change_at_a_time(tx: &Tx) -> Result<(), Error> {
    let open = staff::Entity::find().filter(staff::Column::DisabledAt.is_null()).order_by_asc(staff::Column::Id);
    open.lock_exclusive().all(&**tx).await?;
    Ok(())
}

/// Whoever manages the staff from the console must leave somebody who can.
async fn an_owner_is_left(tx: &Tx, actor: Actor) -> Result<(), Error> {
    if actor == Actor::System {
        return Ok(());
    }
    let open = staff::Entity::find().filter(staff::Column::DisabledAt.is_null()).all(&**tx).await?;
    if open.iter().any(|row| Roles::parse(&row.roles).can(Permission::ManageStaff)) {
        return Ok(());
    }
    Err(Error::conflict("last_owner", "至少要保留一位在岗的系统负责人"))
}

/// Whom the owner is about to change: somebody else, whose door is open.
async fn somebody_else(state: &State, staffer: &Staffer, id: Uuid) -> Result<staff::Model, Error> {
    staffer.may(Permission::ManageStaff)?;
    if staffer.id == id {
        return Err(Error::conflict("oneself", "不能变更自己的岗位或帐号，请由另一位系统负责人操作"));
    }
    let row = one(state, staffer, id).await?;
    if row.disabled_at.is_some() { Err(Error::conflict("disabled", "该人员已停用")) } else { Ok(row) }
}

/// The owner adds somebody; gives back the password, to be shown once.
///
/// # Errors
/// [`Error::Forbidden`] by role, [`Error::Invalid`] naming the field, [`Error::Conflict`] for a name that is taken.
pub async fn add_by(state: &State, staffer: &Staffer, name: &str, roles: &str) -> Result<String, Error> {
    staffer.may(Permission::ManageStaff)?;
    add(state, staffer.actor(), name, &typed(roles)?).await
}

/// The roles that were ticked.
fn typed(words: &str) -> Result<Roles, Error> {
    let unknown = || Error::invalid("roles", "请重新勾选岗位");
    let roles: Roles =
        words.split_whitespace().map(|word| Role::by_word(word).ok_or_else(unknown)).collect::<Result<_, _>>()?;
    check(&roles)?;
    Ok(roles)
}

/// The change that two people have agreed on, if the roles are still the ones they saw; open sessions have the new ones at
/// once.
///
/// # Errors
/// [`Error::Conflict`] when they are not, or no owner would be left.
pub(super) async fn apply_roles(tx: &mut Tx, id: Uuid, was: &str, now_is: &str) -> Result<(), Error> {
    one_change_at_a_time(tx).await?;
    let changed = staff::Entity::update_many()
        .col_expr(staff::Column::Roles, Expr::value(now_is))
        .filter(staff::Column::Id.eq(id))
        .filter(staff::Column::Roles.eq(was))
        .filter(staff::Column::DisabledAt.is_null())
        .exec(&**tx)
        .await?;
    if changed.rows_affected != 1 {
        return Err(Error::conflict("changed", "该同事的岗位已有变化，请否决后重新提出"));
    }
    if !Roles::parse(now_is).can(Permission::Decide) {
        claim::release_all(tx, id).await?;
    }
    tx.say(Event { change: Some((was, now_is)), ..Event::new("staff.change_roles", id, None) }).await?;
    an_owner_is_left(tx, tx.actor).await
}

/// What the owner can do to somebody in one press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    Disable,
    NewPassword,
    TotpReset,
}

/// Does it; a new password is given back, to be shown once.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Conflict`] for oneself, or when no owner would be left.
pub async fn press(state: &State, staffer: &Staffer, id: Uuid, press: Press) -> Result<Option<String>, Error> {
    somebody_else(state, staffer, id).await?;
    let actor = staffer.actor();
    match press {
        Press::Disable => disable(state, actor, id).await.map(|()| None),
        Press::NewPassword => new_password(state, actor, id).await.map(Some),
        Press::TotpReset => totp_reset(state, actor, id).await.map(|()| None),
    }
}
