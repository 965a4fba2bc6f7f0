//! Who of the staff is asking: a session and a cookie of their own, worth nothing outside /console, and the guard
//! against forged posts.

use super::{
    Permission, Roles,
    entity::{staff, staff_session, staff_sign_in},
};
use crate::{
    db::{Actor, Tx},
    error::Error,
    events::Event,
    state::State,
    who::{digest, from_elsewhere, same, state as state_of},
};
use poem::{
    FromRequest, Request, RequestBody,
    web::cookie::{Cookie, CookieJar, SameSite},
};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

/// The staff's session cookie.
pub const COOKIE: &str = "zhangzheng_staff";
/// Before sign-in: the double-submit token of the form.
pub const FORM_COOKIE: &str = "zhangzheng_staff_form";
/// Both are sent here only.
const PATH: &str = "/console";

/// The signed-in member of staff behind a request. Roles are read anew each time: taking one away works at once.
#[derive(Clone, Debug)]
pub struct Staffer {
    pub session_id: Uuid,
    pub id: Uuid,
    pub name: String,
    pub roles: Roles,
    pub csrf: String,
}

impl Staffer {
    /// The actor for the audit trail.
    pub fn actor(&self) -> Actor {
        Actor::Staff(self.id)
    }

    /// The guard.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when no role of theirs permits it.
    pub fn may(&self, permission: Permission) -> Result<(), Error> {
        self.roles.may(permission)
    }

    /// Whether a link or a button should be there.
    pub fn can(&self, permission: Permission) -> bool {
        self.roles.can(permission)
    }
}

/// Opens a session in the transaction that signs in; gives back the token.
pub async fn open(tx: &mut Tx, state: &State, staff_id: Uuid) -> Result<String, Error> {
    let token = tx.random().token();
    let row = staff_session::ActiveModel {
        token_hash: Set(digest(&token)),
        id: Set(tx.id()),
        staff_id: Set(staff_id),
        csrf: Set(tx.random().token()),
        created_at: Set(tx.now),
        expires_at: Set(tx.now + chrono::Duration::hours(state.config.sign_in.staff_hours)),
    };
    staff_session::Entity::insert(row).exec_without_returning(&**tx).await?;
    tx.say(Event::new("staff.sign_in", staff_id, None)).await?;
    Ok(token)
}

/// Ends one session.
pub async fn close(tx: &mut Tx, staffer: &Staffer) -> Result<(), Error> {
    let mine = staff_session::Column::Id.eq(staffer.session_id);
    staff_session::Entity::delete_many().filter(mine).exec(&**tx).await?;
    tx.say(Event::new("staff.sign_out", staffer.id, None)).await
}

/// Ends every session of a member of staff, and every sign-in that is half done.
pub async fn close_all(tx: &Tx, staff_id: Uuid) -> Result<(), Error> {
    let theirs = staff_session::Column::StaffId.eq(staff_id);
    staff_session::Entity::delete_many().filter(theirs).exec(&**tx).await?;
    let begun = staff_sign_in::Column::StaffId.eq(staff_id);
    staff_sign_in::Entity::delete_many().filter(begun).exec(&**tx).await?;
    Ok(())
}

/// Who is behind a token, unless the session has ended or the door is shut.
pub async fn find(state: &State, token: &str) -> Result<Option<Staffer>, Error> {
    let session = staff_session::Entity::find_by_id(digest(token))
        .filter(staff_session::Column::ExpiresAt.gt(state.clock.now()))
        .one(&state.db.read)
        .await?;
    let Some(session) = session else { return Ok(None) };
    let row = staff::Entity::find_by_id(session.staff_id)
        .filter(staff::Column::DisabledAt.is_null())
        .one(&state.db.read)
        .await?;
    Ok(row.map(|row| Staffer {
        session_id: session.id,
        id: row.id,
        name: row.name,
        roles: Roles::parse(&row.roles),
        csrf: session.csrf,
    }))
}

/// Forgets sessions that have ended. Run now and then.
pub async fn sweep(state: &State) -> Result<(), Error> {
    let ended = staff_session::Column::ExpiresAt.lt(state.clock.now());
    staff_session::Entity::delete_many().filter(ended).exec(state.db.machinery()).await?;
    Ok(())
}

async fn by_cookie(request: &Request) -> Result<Option<Staffer>, Error> {
    let Some(cookie) = request.cookie().get(COOKIE) else { return Ok(None) };
    if from_elsewhere(request) {
        return Err(forged());
    }
    find(state_of(request)?, cookie.value_str()).await
}

pub(super) fn forged() -> Error {
    Error::forbidden("stale_page", "页面已过期，请刷新后重新提交")
}

impl<'a> FromRequest<'a> for Staffer {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        by_cookie(request).await?.ok_or_else(|| Error::sign_in().into())
    }
}

/// For the sign-in page: whoever is there already.
#[derive(Clone, Debug)]
pub struct MaybeStaffer(pub Option<Staffer>);

impl<'a> FromRequest<'a> for MaybeStaffer {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self(by_cookie(request).await?))
    }
}

/// A form posted by a page of the console: who posts it, and what it says. The token of the staff's session has been
/// checked, and that the post comes from a page of ours.
#[derive(Debug)]
pub struct Act<T>(pub Staffer, pub T);

impl<'a, T: serde::de::DeserializeOwned> FromRequest<'a> for Act<T> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let staffer = by_cookie(request).await?.ok_or_else(Error::sign_in)?;
        let (token, form) = read(body).await?;
        if staffer.csrf.is_empty() || !same(&staffer.csrf, &token) {
            return Err(forged().into());
        }
        Ok(Self(staffer, form))
    }
}

/// The sign-in form: guarded by the form cookie, because there is no session yet.
#[derive(Debug)]
pub struct SignInAct<T>(pub T);

impl<'a, T: serde::de::DeserializeOwned> FromRequest<'a> for SignInAct<T> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let (token, form) = read(body).await?;
        let expected = request.cookie().get(FORM_COOKIE).map(|cookie| cookie.value_str().to_owned());
        let expected = expected.filter(|expected| !expected.is_empty() && same(expected, &token));
        if from_elsewhere(request) || expected.is_none() {
            return Err(forged().into());
        }
        Ok(Self(form))
    }
}

/// The token of a form, and the form. Ticked boxes of one name come several times: the last field of a struct takes
/// them as [`Words`].
pub(super) async fn read<T: serde::de::DeserializeOwned>(body: &mut RequestBody) -> poem::Result<(String, T)> {
    let bytes = body.take()?.into_bytes_limit(256 * 1024).await?;
    let broken = |refused: &dyn std::fmt::Display| {
        tracing::debug!(error.cause = %refused, "form");
        Error::invalid("form", "表单内容不完整，请刷新页面后重新填写")
    };
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).map_err(|refused| broken(&refused))?;
    let token = pairs.iter().find(|(name, _)| name == "csrf").map(|(_, token)| token.clone()).unwrap_or_default();
    let form = serde_urlencoded::from_str(&joined(&pairs)).map_err(|refused| broken(&refused))?;
    Ok((token, form))
}

/// The pairs with those of one name put together, separated by blanks.
fn joined(pairs: &[(String, String)]) -> String {
    let mut fields: Vec<(&str, String)> = Vec::new();
    for (name, value) in pairs {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) => {
                values.push(' ');
                values.push_str(value);
            }
            None => fields.push((name, value.clone())),
        }
    }
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(fields);
    text.finish()
}

pub(super) fn cookie(state: &State, name: &str, token: &str) -> Cookie {
    let mut cookie = Cookie::new_with_str(name, token);
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_path(PATH);
    cookie.set_secure(state.config.secure_cookies());
    cookie
}

/// The session cookie.
pub fn session_cookie(state: &State, token: &str) -> Cookie {
    let mut cookie = cookie(state, COOKIE, token);
    let seconds = u64::try_from(state.config.sign_in.staff_hours * 3600).unwrap_or_default();
    cookie.set_max_age(std::time::Duration::from_secs(seconds));
    cookie
}

/// A cookie that takes the session's away: a browser forgets it only under the path that it was set for.
pub fn gone_cookie(state: &State) -> Cookie {
    let mut cookie = cookie(state, COOKIE, "");
    cookie.set_max_age(std::time::Duration::ZERO);
    cookie
}

/// The token of the sign-in form: the browser's, or a fresh one.
pub fn form_token(state: &State, jar: &CookieJar) -> String {
    let kept = jar.get(FORM_COOKIE).map(|cookie| cookie.value_str().to_owned());
    kept.filter(|token| token.len() == 64).unwrap_or_else(|| {
        let token = state.random.token();
        jar.add(cookie(state, FORM_COOKIE, &token));
        token
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn ticked_boxes_of_one_name_become_words() {
        let pairs = [("items", "name"), ("note", "a b&c"), ("items", "code")].map(|(k, v)| (k.into(), v.into()));
        assert_eq!(super::joined(&pairs), "items=name+code&note=a+b%26c");
    }
}
