//! 两步验证: after the password, a code of the authenticator app, or a recovery code. What is between the two opens
//! nothing: a cookie and a table of its own, for ten minutes.

use super::{
    entity::{staff, staff_recovery_code, staff_sign_in, staff_totp},
    session::{self, Staffer, cookie, forged, read},
    totp,
};
use crate::{
    config::SecondFactor,
    db::{Actor, Tx},
    error::Error,
    events::Event,
    limits,
    state::State,
    who::{digest, from_elsewhere, same, state as state_of},
};
use chrono::Duration;
use poem::{FromRequest, Request, RequestBody, web::cookie::Cookie};
use sea_orm::{
    ActiveValue::Set,
    PaginatorTrait,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, OnConflict},
};

/// The cookie of a sign-in that is half done.
pub const COOKIE: &str = "zhangzheng_staff_code";
/// It lives this long.
const LIFE: Duration = Duration::minutes(10);
/// How many recovery codes somebody is given.
pub const RECOVERY_CODES: usize = 10;
/// Letters of a recovery code: 31 letters and digits make 49 bits.
const RECOVERY_LENGTH: usize = 10;

/// What is still to come after the right password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// Nothing: no app has been set up, and none must be.
    Nothing,
    /// The app's code.
    Code,
    /// The app must be set up.
    Enrol,
}

/// What somebody needs who has typed the right password.
pub async fn needed(state: &State, staff_id: Uuid) -> Result<Needed, Error> {
    Ok(match (confirmed(&state.db.read, staff_id).await?, state.config.console.second_factor) {
        (Some(_), _) => Needed::Code,
        (None, SecondFactor::Required) => Needed::Enrol,
        (None, SecondFactor::Optional) => Needed::Nothing,
    })
}

async fn confirmed(c: &impl ConnectionTrait, staff_id: Uuid) -> Result<Option<staff_totp::Model>, Error> {
    let set_up = staff_totp::Column::ConfirmedAt.is_not_null();
    Ok(staff_totp::Entity::find_by_id(staff_id).filter(set_up).one(c).await?)
}

/// Opens what is between password and code; gives back its token.
pub async fn begin(tx: &mut Tx, state: &State, staff_id: Uuid, needed: Needed) -> Result<String, Error> {
    if needed == Needed::Enrol {
        new_secret(tx, state, staff_id).await?;
    }
    let token = tx.random().token();
    let row = staff_sign_in::ActiveModel {
        token_hash: Set(digest(&token)),
        staff_id: Set(staff_id),
        csrf: Set(tx.random().token()),
        created_at: Set(tx.now),
        expires_at: Set(tx.now + LIFE),
    };
    staff_sign_in::Entity::insert(row).exec_without_returning(&**tx).await?;
    Ok(token)
}

/// A fresh secret in the place of one that was never confirmed. One that was stays.
async fn new_secret(tx: &Tx, state: &State, staff_id: Uuid) -> Result<(), Error> {
    let secret = hex::encode(totp::secret(tx.random()));
    let row = staff_totp::ActiveModel {
        staff_id: Set(staff_id),
        secret: Set(state.vault.seal("staff_totp.secret", staff_id, &secret)),
        last_step: Set(0),
        created_at: Set(tx.now),
        confirmed_at: Set(None),
    };
    let unconfirmed = Expr::col((staff_totp::Entity, staff_totp::Column::ConfirmedAt)).is_null();
    let mut anew = OnConflict::column(staff_totp::Column::StaffId);
    anew.update_columns([staff_totp::Column::Secret, staff_totp::Column::CreatedAt]).action_and_where(unconfirmed);
    match staff_totp::Entity::insert(row).on_conflict(anew).exec_without_returning(&**tx).await {
        Ok(1) => Ok(()),
        Ok(_) | Err(DbErr::RecordNotInserted) => Err(set_up_already()),
        Err(error) => Err(error.into()),
    }
}

fn set_up_already() -> Error {
    Error::conflict("enrolled", "您已设置两步验证；如需更换手机，请联系系统负责人重置")
}

/// Somebody whose password was right.
#[derive(Clone, Debug)]
pub struct Half {
    token_hash: Vec<u8>,
    pub staff_id: Uuid,
    pub name: String,
    pub csrf: String,
}

impl<'a> FromRequest<'a> for Half {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let cookie = request.cookie().get(COOKIE).ok_or_else(Error::sign_in)?;
        if from_elsewhere(request) {
            return Err(forged().into());
        }
        let half = find(state_of(request)?, cookie.value_str()).await?;
        half.ok_or_else(|| Error::sign_in().into())
    }
}

/// A form posted by whoever has typed the right password; its token has been checked.
#[derive(Debug)]
pub struct HalfAct<T>(pub Half, pub T);

impl<'a, T: serde::de::DeserializeOwned> FromRequest<'a> for HalfAct<T> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let half = Half::from_request(request, body).await?;
        let (token, form) = read(body).await?;
        if half.csrf.is_empty() || !same(&half.csrf, &token) {
            return Err(forged().into());
        }
        Ok(Self(half, form))
    }
}

async fn find(state: &State, token: &str) -> Result<Option<Half>, Error> {
    let row = staff_sign_in::Entity::find_by_id(digest(token))
        .filter(staff_sign_in::Column::ExpiresAt.gt(state.clock.now()))
        .one(&state.db.read)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let open = staff::Column::DisabledAt.is_null();
    let person = staff::Entity::find_by_id(row.staff_id).filter(open).one(&state.db.read).await?;
    Ok(person.map(|person| Half {
        token_hash: row.token_hash,
        staff_id: row.staff_id,
        name: person.name,
        csrf: row.csrf,
    }))
}

/// What an app is shown: the link for the QR code, and the secret to be typed.
#[derive(Clone, Debug)]
pub struct Shown {
    pub link: String,
    pub secret: String,
}

/// The secret that waits to be confirmed.
///
/// # Errors
/// [`Error::Conflict`] when there is none: the app has been set up.
pub async fn shown(state: &State, staff_id: Uuid, name: &str) -> Result<Shown, Error> {
    let row = staff_totp::Entity::find_by_id(staff_id)
        .filter(staff_totp::Column::ConfirmedAt.is_null())
        .one(&state.db.read)
        .await?
        .ok_or_else(set_up_already)?;
    let secret = opened(state, &row)?;
    let service = format!("{}审核台", state.config.service.name);
    Ok(Shown { link: totp::link(&service, name, &secret), secret: totp::in_fours(&totp::base32(&secret)) })
}

fn opened(state: &State, row: &staff_totp::Model) -> Result<Vec<u8>, Error> {
    let secret = state.vault.open("staff_totp.secret", row.staff_id, &row.secret)?;
    hex::decode(secret).map_err(Error::internal)
}

fn wrong() -> Error {
    Error::credentials("wrong_code", "验证码不正确或已使用过，请等待应用显示下一个验证码后重试")
}

/// Ends the first half of a sign-in: of two who come with it, one goes on.
async fn spend(tx: &Tx, half: &Half) -> Result<(), Error> {
    let gone = staff_sign_in::Entity::delete_by_id(half.token_hash.clone()).exec(&**tx).await?;
    if gone.rows_affected == 1 { Ok(()) } else { Err(Error::sign_in()) }
}

async fn count(state: &State, staff_id: Uuid) -> Result<(), Error> {
    limits::count(&state.db, "staff_code", &staff_id.to_string(), state.config.limits.staff_code).await
}

/// Writes a wrong code into the audit trail: whoever typed it knows the password.
async fn refused(state: &State, staff_id: Uuid, error: Error) -> Error {
    if matches!(&error, Error::SignIn(_)) {
        let written = async {
            let mut tx = state.db.begin(Actor::Staff(staff_id)).await?;
            tx.say(Event::new("staff.wrong_code", staff_id, None)).await?;
            tx.commit().await
        };
        if let Err(unwritten) = written.await {
            return unwritten;
        }
    }
    error
}

/// The second half: the session's token, and how many recovery codes are left if one was used.
///
/// # Errors
/// [`Error::SignIn`] for a wrong or used code, [`Error::TooMany`].
pub async fn finish(state: &State, half: &Half, typed: &str) -> Result<(String, Option<u64>), Error> {
    count(state, half.staff_id).await?;
    let mut tx = state.db.begin(Actor::Staff(half.staff_id)).await?;
    let left = match take(state, &mut tx, half.staff_id, typed).await {
        Ok(left) => left,
        Err(error) => {
            drop(tx);
            return Err(refused(state, half.staff_id, error).await);
        }
    };
    spend(&tx, half).await?;
    let token = session::open(&mut tx, state, half.staff_id).await?;
    tx.commit().await?;
    Ok((token, left))
}

/// Takes a code, of the app or for recovery, so that it is never taken again.
async fn take(state: &State, tx: &mut Tx, staff_id: Uuid, typed: &str) -> Result<Option<u64>, Error> {
    let row = confirmed(&**tx, staff_id).await?.ok_or_else(wrong)?;
    if let Some(step) = totp::step(&opened(state, &row)?, typed, tx.now.timestamp(), row.last_step) {
        return use_step(tx, staff_id, step).await.map(|()| None);
    }
    let typed: String = typed.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let unused = staff_recovery_code::Entity::find()
        .filter(staff_recovery_code::Column::StaffId.eq(staff_id))
        .filter(staff_recovery_code::Column::UsedAt.is_null())
        .all(&**tx)
        .await?;
    let found = unused.iter().find(|row| state.vault.code_matches(row.id, &typed, &row.code_hash)).ok_or_else(wrong)?;
    let used = staff_recovery_code::Entity::update_many()
        .col_expr(staff_recovery_code::Column::UsedAt, Expr::value(tx.now))
        .filter(staff_recovery_code::Column::Id.eq(found.id))
        .filter(staff_recovery_code::Column::UsedAt.is_null())
        .exec(&**tx)
        .await?;
    if used.rows_affected != 1 {
        return Err(wrong());
    }
    tx.say(Event::new("staff.recovery_code", staff_id, None)).await?;
    Ok(Some(unused.len() as u64 - 1))
}

async fn use_step(tx: &Tx, staff_id: Uuid, step: i64) -> Result<(), Error> {
    let used = staff_totp::Entity::update_many()
        .col_expr(staff_totp::Column::LastStep, Expr::value(step))
        .filter(staff_totp::Column::StaffId.eq(staff_id))
        .filter(staff_totp::Column::LastStep.lt(step))
        .exec(&**tx)
        .await?;
    if used.rows_affected == 1 { Ok(()) } else { Err(wrong()) }
}

/// Sets the app up during sign-in: the session's token, and the recovery codes, which are kept nowhere.
///
/// # Errors
/// As [`finish`].
pub async fn enrol_half(state: &State, half: &Half, typed: &str) -> Result<(String, Vec<String>), Error> {
    let (mut tx, codes) = enrol(state, half.staff_id, typed).await?;
    spend(&tx, half).await?;
    let token = session::open(&mut tx, state, half.staff_id).await?;
    tx.commit().await?;
    Ok((token, codes))
}

/// Sets the app up for somebody who is signed in.
///
/// # Errors
/// As [`finish`].
pub async fn enrol_staffer(state: &State, staffer: &Staffer, typed: &str) -> Result<Vec<String>, Error> {
    let (tx, codes) = enrol(state, staffer.id, typed).await?;
    tx.commit().await?;
    Ok(codes)
}

async fn enrol(state: &State, staff_id: Uuid, typed: &str) -> Result<(Tx, Vec<String>), Error> {
    count(state, staff_id).await?;
    let mut tx = state.db.begin(Actor::Staff(staff_id)).await?;
    let row = staff_totp::Entity::find_by_id(staff_id).one(&*tx).await?;
    let row = row.filter(|row| row.confirmed_at.is_none()).ok_or_else(set_up_already)?;
    let Some(step) = totp::step(&opened(state, &row)?, typed, tx.now.timestamp(), row.last_step) else {
        return Err(Error::credentials(
            "wrong_code",
            "验证码不正确，请确认手机时间准确，并输入应用当前显示的 6 位数字",
        ));
    };
    use_step(&tx, staff_id, step).await?;
    staff_totp::Entity::update_many()
        .col_expr(staff_totp::Column::ConfirmedAt, Expr::value(tx.now))
        .filter(staff_totp::Column::StaffId.eq(staff_id))
        .exec(&*tx)
        .await?;
    let codes = new_codes(state, &tx, staff_id).await?;
    tx.say(Event::new("staff.totp_enrol", staff_id, None)).await?;
    Ok((tx, codes))
}

/// Ten fresh recovery codes; those given before are void.
async fn new_codes(state: &State, tx: &Tx, staff_id: Uuid) -> Result<Vec<String>, Error> {
    forget_codes(tx, staff_id).await?;
    let mut codes = Vec::new();
    for _ in 0..RECOVERY_CODES {
        let (id, code) = (tx.id(), tx.random().pick(super::flow::READABLE, RECOVERY_LENGTH));
        let row = staff_recovery_code::ActiveModel {
            id: Set(id),
            staff_id: Set(staff_id),
            code_hash: Set(state.vault.code(id, &code)),
            used_at: Set(None),
        };
        staff_recovery_code::Entity::insert(row).exec_without_returning(&**tx).await?;
        codes.push(format!("{}-{}", &code[..RECOVERY_LENGTH / 2], &code[RECOVERY_LENGTH / 2..]));
    }
    Ok(codes)
}

async fn forget_codes(tx: &Tx, staff_id: Uuid) -> Result<(), Error> {
    let theirs = staff_recovery_code::Column::StaffId.eq(staff_id);
    staff_recovery_code::Entity::delete_many().filter(theirs).exec(&**tx).await?;
    Ok(())
}

/// A secret for somebody who is signed in and has no app yet.
///
/// # Errors
/// [`Error::Conflict`] when the app has been set up.
pub async fn start(state: &State, staffer: &Staffer) -> Result<(), Error> {
    let tx = state.db.begin(staffer.actor()).await?;
    new_secret(&tx, state, staffer.id).await?;
    tx.commit().await
}

/// Fresh recovery codes for somebody who shows a code of the app or the last recovery code.
///
/// # Errors
/// As [`finish`].
pub async fn renew_codes(state: &State, staffer: &Staffer, typed: &str) -> Result<Vec<String>, Error> {
    count(state, staffer.id).await?;
    let mut tx = state.db.begin(staffer.actor()).await?;
    if let Err(error) = take(state, &mut tx, staffer.id, typed).await {
        drop(tx);
        return Err(refused(state, staffer.id, error).await);
    }
    let codes = new_codes(state, &tx, staffer.id).await?;
    tx.say(Event::new("staff.recovery_codes", staffer.id, None)).await?;
    tx.commit().await?;
    Ok(codes)
}

/// How somebody is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub set_up: bool,
    /// Recovery codes not used yet.
    pub left: u64,
}

/// How somebody is protected.
pub async fn standing(state: &State, staff_id: Uuid) -> Result<Standing, Error> {
    let left = staff_recovery_code::Entity::find()
        .filter(staff_recovery_code::Column::StaffId.eq(staff_id))
        .filter(staff_recovery_code::Column::UsedAt.is_null())
        .count(&state.db.read)
        .await?;
    Ok(Standing { set_up: confirmed(&state.db.read, staff_id).await?.is_some(), left })
}

/// Whose app has been set up.
pub async fn set_up(state: &State) -> Result<Vec<Uuid>, Error> {
    let rows =
        staff_totp::Entity::find().filter(staff_totp::Column::ConfirmedAt.is_not_null()).all(&state.db.read).await?;
    Ok(rows.into_iter().map(|row| row.staff_id).collect())
}

/// Forgets app and recovery codes of somebody who has lost both; sessions end, the next sign-in sets the app up anew.
pub(super) async fn reset(tx: &mut Tx, staff_id: Uuid) -> Result<(), Error> {
    staff_totp::Entity::delete_by_id(staff_id).exec(&**tx).await?;
    forget_codes(tx, staff_id).await?;
    session::close_all(tx, staff_id).await?;
    tx.say(Event::new("staff.totp_reset", staff_id, None)).await
}

/// Forgets sign-ins that were never finished. Run now and then.
pub async fn sweep(state: &State) -> Result<(), Error> {
    let over = staff_sign_in::Column::ExpiresAt.lt(state.clock.now());
    staff_sign_in::Entity::delete_many().filter(over).exec(state.db.machinery()).await?;
    Ok(())
}

/// The cookie between password and code.
pub fn half_cookie(state: &State, token: &str) -> Cookie {
    let mut cookie = cookie(state, COOKIE, token);
    cookie.set_max_age(std::time::Duration::from_secs(LIFE.num_seconds().unsigned_abs()));
    cookie
}

/// A cookie that takes it away.
pub fn gone_cookie(state: &State) -> Cookie {
    let mut cookie = cookie(state, COOKIE, "");
    cookie.set_max_age(std::time::Duration::ZERO);
    cookie
}
