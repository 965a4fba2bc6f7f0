//! What staff can do that is not about a case: be added, sign in and out, look things up, have work tried again.

use super::{Roles, entity::staff, session, staff_name};
use crate::{
    account::password,
    db::Actor,
    error::Error,
    events::{self, Event},
    jobs, limits,
    state::State,
    who::Machine,
};
use sea_orm::{
    ActiveValue::Set, Condition, PaginatorTrait, QueryOrder, QuerySelect, SqlErr, entity::prelude::*, sea_query::Expr,
};

/// Letters and digits that nobody takes for one another when reading a password off a screen.
const READABLE: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// The first member of staff, with every role, when there is none yet: name and password, to be printed once.
pub async fn first_staff(state: &State) -> Result<Option<(String, String)>, Error> {
    if staff::Entity::find().count(&state.db.read).await? > 0 {
        return Ok(None);
    }
    let name = "admin".to_owned();
    match add(state, &name, &Roles::all()).await {
        Ok(password) => Ok(Some((name, password))),
        // Another instance was first.
        Err(Error::Conflict(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Adds a member of staff; gives back the password, which is kept nowhere.
///
/// # Errors
/// [`Error::Invalid`] for a name that is none or without roles, [`Error::Conflict`] for a name that is taken.
pub async fn add(state: &State, name: &str, roles: &Roles) -> Result<String, Error> {
    let name = staff_name(name).map_err(|refused| Error::invalid("name", refused))?;
    if roles.is_empty() {
        return Err(Error::invalid("role", "请至少指定一个岗位"));
    }
    let password = state.random.pick(READABLE, 16);
    let hash = password::hash(&password, &state.random).await?;
    let mut tx = state.db.begin(Actor::System).await?;
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

/// Shuts the door: sessions end, what was done stays.
///
/// # Errors
/// [`Error::NotFound`] when nobody of that name is there or the door is shut already.
pub async fn disable(state: &State, name: &str) -> Result<(), Error> {
    let row = by_name(state, name).await?.ok_or_else(Error::not_found)?;
    let mut tx = state.db.begin(Actor::System).await?;
    staff::Entity::update_many()
        .col_expr(staff::Column::DisabledAt, Expr::value(tx.now))
        .filter(staff::Column::Id.eq(row.id))
        .exec(&*tx)
        .await?;
    session::close_all(&tx, row.id).await?;
    tx.say(Event::new("staff.disable", row.id, None)).await?;
    tx.commit().await
}

/// Gives a new password to somebody who has lost theirs; sessions end.
///
/// # Errors
/// [`Error::NotFound`] when nobody of that name is there.
pub async fn new_password(state: &State, name: &str) -> Result<String, Error> {
    let row = by_name(state, name).await?.ok_or_else(Error::not_found)?;
    let password = state.random.pick(READABLE, 16);
    let hash = password::hash(&password, &state.random).await?;
    let mut tx = state.db.begin(Actor::System).await?;
    staff::Entity::update_many()
        .col_expr(staff::Column::PasswordHash, Expr::value(hash))
        .filter(staff::Column::Id.eq(row.id))
        .exec(&*tx)
        .await?;
    session::close_all(&tx, row.id).await?;
    tx.say(Event::new("staff.new_password", row.id, None)).await?;
    tx.commit().await?;
    Ok(password)
}

async fn by_name(state: &State, name: &str) -> Result<Option<staff::Model>, Error> {
    let Ok(name) = staff_name(name) else { return Ok(None) };
    Ok(staff::Entity::find()
        .filter(staff::Column::Name.eq(name))
        .filter(staff::Column::DisabledAt.is_null())
        .one(&state.db.read)
        .await?)
}

/// Everybody, in the order in which they came.
pub async fn everybody(state: &State) -> Result<Vec<staff::Model>, Error> {
    Ok(staff::Entity::find().order_by_asc(staff::Column::Id).all(&state.db.read).await?)
}

/// Signs in. One sentence for every way of being wrong, and the same work: nobody learns whether a name exists.
///
/// # Errors
/// [`Error::SignIn`], or [`Error::TooMany`].
pub async fn sign_in(state: &State, machine: &Machine, name: &str, password: &str) -> Result<String, Error> {
    let limit = &state.config.limits;
    limits::count(&state.db, "staff_sign_in_ip", &machine.ip, limit.sign_in_per_ip).await?;
    let counted = staff_name(name).unwrap_or_default();
    limits::count(&state.db, "staff_sign_in", &counted, limit.sign_in_per_account).await?;
    let row = by_name(state, name).await?;
    let right = password::verify(password, row.as_ref().map(|row| row.password_hash.as_str())).await?;
    let Some(row) = row.filter(|_| right) else {
        return Err(Error::credentials("wrong_credentials", "工号或密码不正确，请检查后重试"));
    };
    let mut tx = state.db.begin(Actor::Staff(row.id)).await?;
    let token = session::open(&mut tx, state, row.id).await?;
    tx.commit().await?;
    Ok(token)
}

/// Signs out.
pub async fn sign_out(state: &State, staffer: &session::Staffer) -> Result<(), Error> {
    let mut tx = state.db.begin(staffer.actor()).await?;
    session::close(&mut tx, staffer).await?;
    tx.commit().await
}

/// Writes into the audit trail that somebody has looked at something.
pub async fn log(state: &State, staffer: &session::Staffer, name: &str, subject_id: Uuid) -> Result<(), Error> {
    let mut tx = state.db.begin(staffer.actor()).await?;
    tx.say(Event::new(name, subject_id, None)).await?;
    tx.commit().await
}

/// What has happened to these rows, newest first.
pub async fn history(state: &State, subjects: Vec<Uuid>, most: u64) -> Result<Vec<events::entity::Model>, Error> {
    let about = events::entity::Column::SubjectId.is_in(subjects);
    let all = events::entity::Entity::find().filter(about).order_by_desc(events::entity::Column::Id);
    Ok(all.limit(most).all(&state.db.read).await?)
}

/// What has happened at all, newest first.
pub async fn happened(state: &State, most: u64) -> Result<Vec<events::entity::Model>, Error> {
    let all = events::entity::Entity::find().order_by_desc(events::entity::Column::Id);
    Ok(all.limit(most).all(&state.db.read).await?)
}

/// Work that was given up, and work that has failed and will be tried again by itself; oldest first.
pub async fn troubled_work(state: &State) -> Result<Vec<jobs::entity::Model>, Error> {
    use jobs::entity::{Column, Entity};
    let failing = Condition::all().add(Column::State.eq("ready")).add(Column::LastError.is_not_null());
    let troubled = Condition::any().add(Column::State.eq("given_up")).add(failing);
    Ok(Entity::find().filter(troubled).order_by_asc(Column::Id).limit(200).all(&state.db.read).await?)
}

/// How much work was given up.
pub async fn given_up(state: &State) -> Result<u64, Error> {
    use jobs::entity::{Column, Entity};
    Ok(Entity::find().filter(Column::State.eq("given_up")).count(&state.db.read).await?)
}

/// Puts work that was given up back in the queue.
///
/// # Errors
/// [`Error::Conflict`] when somebody else has done so already.
pub async fn try_again(state: &State, staffer: &session::Staffer, job_id: Uuid) -> Result<(), Error> {
    if !jobs::try_again(&state.db, job_id).await? {
        return Err(Error::conflict("not_given_up", "该任务已重新排队或已完成，请刷新页面查看"));
    }
    log(state, staffer, "console.try_again", job_id).await
}
