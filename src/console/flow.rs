//! What staff can do that is not about a case: be added, sign in and out, look things up, have work tried again.

use super::{
    Permission, Roles, claim,
    entity::staff,
    second_factor::{self, Needed},
    session, staff_name, staffing,
};
use crate::{
    account::password,
    db::Actor,
    error::Error,
    events::{self, Event},
    jobs, limits,
    state::State,
    who::Machine,
};
use sea_orm::{Condition, PaginatorTrait, QueryOrder, QuerySelect, entity::prelude::*};

pub use super::staffing::{READABLE, everybody};

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
    staffing::add(state, Actor::System, name, roles).await
}

/// Shuts the door: sessions end, what was done stays.
///
/// # Errors
/// [`Error::NotFound`] when nobody of that name is there or the door is shut already.
pub async fn disable(state: &State, name: &str) -> Result<(), Error> {
    staffing::disable(state, Actor::System, by_name(state, name).await?.id).await
}

/// Gives a new password to somebody who has lost theirs; sessions end.
///
/// # Errors
/// [`Error::NotFound`] when nobody of that name is there.
pub async fn new_password(state: &State, name: &str) -> Result<String, Error> {
    staffing::new_password(state, Actor::System, by_name(state, name).await?.id).await
}

/// Forgets the authenticator app and the recovery codes of somebody who has lost both; sessions end.
///
/// # Errors
/// [`Error::NotFound`] when nobody of that name is there.
pub async fn totp_reset(state: &State, name: &str) -> Result<(), Error> {
    staffing::totp_reset(state, Actor::System, by_name(state, name).await?.id).await
}

async fn by_name(state: &State, name: &str) -> Result<staff::Model, Error> {
    staffing::by_name(state, name).await?.ok_or_else(Error::not_found)
}

/// How far a right password leads.
#[derive(Debug)]
pub enum SignedIn {
    /// All the way: the session's token.
    Whole(String),
    /// To the page that asks for a code, or that sets the app up: the token of what is half done.
    Half(String, Needed),
}

/// Signs in. One sentence for every way of being wrong, and the same work: nobody learns whether a name exists.
///
/// # Errors
/// [`Error::SignIn`], or [`Error::TooMany`].
pub async fn sign_in(state: &State, machine: &Machine, name: &str, password: &str) -> Result<SignedIn, Error> {
    let limit = &state.config.limits;
    limits::count(&state.db, "staff_sign_in_ip", &machine.ip, limit.sign_in_per_ip).await?;
    let counted = staff_name(name).unwrap_or_default();
    limits::count(&state.db, "staff_sign_in", &counted, limit.sign_in_per_account).await?;
    let row = staffing::by_name(state, name).await?;
    let right = password::verify(password, row.as_ref().map(|row| row.password_hash.as_str())).await?;
    let Some(row) = row.filter(|_| right) else {
        return Err(Error::credentials("wrong_credentials", "工号或密码不正确，请检查后重试"));
    };
    let needed = second_factor::needed(state, row.id).await?;
    let mut tx = state.db.begin(Actor::Staff(row.id)).await?;
    let signed_in = match needed {
        Needed::Nothing => SignedIn::Whole(session::open(&mut tx, state, row.id).await?),
        _ => SignedIn::Half(second_factor::begin(&mut tx, state, row.id, needed).await?, needed),
    };
    tx.commit().await?;
    Ok(signed_in)
}

/// Signs out, and gives back what was held: nobody waits for somebody who has gone home.
pub async fn sign_out(state: &State, staffer: &session::Staffer) -> Result<(), Error> {
    let mut tx = state.db.begin(staffer.actor()).await?;
    session::close(&mut tx, staffer).await?;
    claim::release_all(&mut tx, staffer.id).await?;
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

/// What has happened at all or to one row, newest first, for who may read that.
///
/// # Errors
/// [`Error::Forbidden`] by role.
pub async fn happened(
    state: &State,
    staffer: &session::Staffer,
    about: Option<Uuid>,
    most: u64,
) -> Result<Vec<events::entity::Model>, Error> {
    staffer.may(Permission::SeeLog)?;
    if let Some(id) = about {
        return history(state, vec![id], most).await;
    }
    let all = events::entity::Entity::find().order_by_desc(events::entity::Column::Id);
    Ok(all.limit(most).all(&state.db.read).await?)
}

/// Work that was given up, and work that has failed and will be tried again by itself; oldest first.
///
/// # Errors
/// [`Error::Forbidden`] by role.
pub async fn troubled_work(state: &State, staffer: &session::Staffer) -> Result<Vec<jobs::entity::Model>, Error> {
    staffer.may(Permission::SeeWork)?;
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
/// [`Error::Forbidden`] by role, [`Error::Conflict`] when somebody else has done so already.
pub async fn try_again(state: &State, staffer: &session::Staffer, job_id: Uuid) -> Result<(), Error> {
    staffer.may(Permission::TryAgain)?;
    if !jobs::try_again(&state.db, job_id).await? {
        return Err(Error::conflict("not_given_up", "该任务已重新排队或已完成，请刷新页面查看"));
    }
    log(state, staffer, "console.try_again", job_id).await
}
