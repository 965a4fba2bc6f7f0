//! 我的登录安全: what a member of staff does about the own door: another password, and a look at who is signed in.

use super::{
    entity::{staff, staff_session},
    session::Staffer,
};
use crate::{account::password, error::Error, events::Event, limits, state::State};
use sea_orm::{QueryOrder, entity::prelude::*, sea_query::Expr};
use serde::Deserialize;
use zhangzheng_kinds::Password;

/// What is typed to change the password.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct TypedPassword {
    pub current: String,
    pub password: String,
    pub password_again: String,
}

/// A sign-in that still stands.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: Uuid,
    pub since: DateTimeUtc,
    pub until: DateTimeUtc,
    /// The one that asks.
    pub is_this: bool,
}

/// One's own sign-ins that still stand, the newest first.
pub async fn sessions(state: &State, staffer: &Staffer) -> Result<Vec<Session>, Error> {
    let rows = staff_session::Entity::find()
        .filter(staff_session::Column::StaffId.eq(staffer.id))
        .filter(staff_session::Column::ExpiresAt.gt(state.clock.now()))
        .order_by_desc(staff_session::Column::CreatedAt)
        .all(&state.db.read)
        .await?;
    let shown = |row: staff_session::Model| Session {
        id: row.id,
        since: row.created_at,
        until: row.expires_at,
        is_this: row.id == staffer.session_id,
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// Changes one's own password; every other sign-in ends.
///
/// # Errors
/// [`Error::Invalid`] naming the field; [`Error::TooMany`] after too many wrong guesses at the current one.
pub async fn change_password(state: &State, staffer: &Staffer, typed: &TypedPassword) -> Result<(), Error> {
    let wish = Password::parse(&typed.password).map_err(|refused| Error::invalid("password", refused.0))?;
    if typed.password != typed.password_again {
        return Err(Error::invalid("password_again", "两次输入的密码不一致，请重新输入"));
    }
    let whom = staffer.id.simple().to_string();
    limits::count(&state.db, "staff_password", &whom, state.config.limits.staff_code).await?;
    let row = staff::Entity::find_by_id(staffer.id).one(&state.db.read).await?.ok_or_else(Error::not_found)?;
    if !password::verify(&typed.current, Some(&row.password_hash)).await? {
        return Err(Error::invalid("current", "当前密码不正确，请重新输入"));
    }
    if typed.current == typed.password {
        return Err(Error::invalid("password", "新密码与当前密码相同，请换一个"));
    }
    let hash = password::hash(wish.expose(), &state.random).await?;
    let mut tx = state.db.begin(staffer.actor()).await?;
    let changed = staff::Entity::update_many()
        .col_expr(staff::Column::PasswordHash, Expr::value(hash))
        .filter(staff::Column::Id.eq(staffer.id))
        .filter(staff::Column::PasswordHash.eq(row.password_hash))
        .exec(&*tx)
        .await?;
    if changed.rows_affected != 1 {
        return Err(Error::conflict("changed", "密码刚刚已被修改，请重新登录"));
    }
    end_others_in(&*tx, staffer).await?;
    tx.say(Event::new("staff.change_password", staffer.id, None)).await?;
    tx.commit().await
}

/// Ends every sign-in but this one.
pub async fn end_others(state: &State, staffer: &Staffer) -> Result<(), Error> {
    let mut tx = state.db.begin(staffer.actor()).await?;
    if end_others_in(&*tx, staffer).await? > 0 {
        tx.say(Event::new("staff.end_sessions", staffer.id, None)).await?;
    }
    tx.commit().await
}

async fn end_others_in(c: &impl ConnectionTrait, staffer: &Staffer) -> Result<u64, Error> {
    let ended = staff_session::Entity::delete_many()
        .filter(staff_session::Column::StaffId.eq(staffer.id))
        .filter(staff_session::Column::Id.ne(staffer.session_id))
        .exec(c)
        .await?;
    Ok(ended.rows_affected)
}
