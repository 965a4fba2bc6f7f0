//! What people can do about the administrator: name oneself or another person, change, decline, confirm.

use super::{
    Action, Blocked, How, KeyStatus, Status,
    entity::{administrator, signing_key},
    key, may_confirm, may_name,
    needs::{self, Bought},
};
use crate::{
    account::{self, SmsPurpose, sms_code},
    change,
    db::{Actor, Tx},
    error::{At, Error},
    events::Event,
    jobs::Outcome,
    journey::AdministratorFact,
    notice,
    state::State,
    who::{Machine, Who},
};
use sea_orm::{ActiveValue::Set, QuerySelect, SqlErr, entity::prelude::*, sea_query::Expr};
use zhangzheng_kinds::{Mobile, PersonName, SmsCode};

pub use super::{
    authorisation::{Given, Standing, grant, revoke, standing},
    needs::{bought, verified_name},
};

/// The job that tells somebody who was named by another person.
pub const INVITE: &str = "administrator.invite";
/// Where the message leads, in the mini-program.
const PAGE: &str = "packages/administrator/pages/step/step";

/// The one named and the one confirmed, of an account.
#[derive(Clone, Debug, Default)]
pub struct Live {
    pub named: Option<administrator::Model>,
    pub confirmed: Option<administrator::Model>,
}

/// Reads both.
pub async fn live(c: &impl ConnectionTrait, account_id: Uuid) -> Result<Live, Error> {
    let rows = administrator::Entity::find()
        .filter(administrator::Column::AccountId.eq(account_id))
        .filter(administrator::Column::Status.is_in([Status::Named, Status::Confirmed]))
        .all(c)
        .await?;
    let mut live = Live::default();
    for row in rows {
        match row.status {
            Status::Named => live.named = Some(row),
            _ => live.confirmed = Some(row),
        }
    }
    Ok(live)
}

/// Where the step stands, for the person who asks.
pub async fn fact(state: &State, who: &Who) -> Result<AdministratorFact, Error> {
    let live = live(&state.db.read, who.account_id).await?;
    Ok(match (live.confirmed, live.named) {
        (Some(_), _) => AdministratorFact::Confirmed,
        (None, Some(named)) if named.member_id == who.member_id => AdministratorFact::NamedMe,
        (None, Some(_)) => AdministratorFact::NamedOther,
        (None, None) => AdministratorFact::None,
    })
}

/// A confirmed administrator, with the request that both halves of the key have signed.
#[derive(Clone, Debug)]
pub struct Confirmed {
    pub administrator_id: Uuid,
    pub member_id: Uuid,
    pub key_id: Uuid,
    /// PKCS#10, DER.
    pub csr: Vec<u8>,
}

/// The confirmed administrator of an account.
pub async fn confirmed(state: &State, account_id: Uuid) -> Result<Option<Confirmed>, Error> {
    let Some(row) = live(&state.db.read, account_id).await?.confirmed else { return Ok(None) };
    let key = key_of(&state.db.read, &row).await?;
    Ok(key.and_then(|key| {
        Some(Confirmed { administrator_id: row.id, member_id: row.member_id, key_id: key.id, csr: key.csr? })
    }))
}

/// The member who is, or was, this administrator.
pub async fn member_of(state: &State, administrator_id: Uuid) -> Result<Option<Uuid>, Error> {
    let row = administrator::Entity::find_by_id(administrator_id).one(&state.db.read).await?;
    Ok(row.map(|row| row.member_id))
}

/// Every key of an administrator signs no more: the certificate is gone.
pub async fn stop_keys(tx: &mut Tx, state: &State, administrator_id: Uuid) -> Result<(), Error> {
    key::revoke_all(tx, state, administrator_id).await
}

/// Whether an administrator is confirmed, and stays so until the transaction ends.
pub async fn still_confirmed(tx: &Tx, administrator_id: Uuid) -> Result<bool, Error> {
    let found = administrator::Entity::find_by_id(administrator_id)
        .filter(administrator::Column::Status.eq(Status::Confirmed))
        .lock_exclusive();
    Ok(found.one(&**tx).await?.is_some())
}

/// The key that an administrator has confirmed with.
pub(super) async fn key_of(
    c: &impl ConnectionTrait,
    row: &administrator::Model,
) -> Result<Option<signing_key::Model>, Error> {
    let Some(key_id) = row.key_id else { return Ok(None) };
    Ok(signing_key::Entity::find_by_id(key_id).one(c).await?)
}

/// Whether the person who asks may name an administrator now.
pub async fn who_may_name(state: &State, who: &Who, live: &Live) -> Result<bool, Error> {
    let members = account::flow::members(state, who.account_id).await?;
    let registered = members.iter().map(|member| member.id).min().ok_or_else(Error::not_found)?;
    Ok(may_name(who.member_id, registered, live.confirmed.as_ref().map(|row| row.member_id)))
}

async fn check_may_name(state: &State, who: &Who) -> Result<Bought, Error> {
    if !who_may_name(state, who, &live(&state.db.read, who.account_id).await?).await? {
        return Err(Error::forbidden("not_yours", "只有注册该帐号的人和当前管理员可以指定管理员"));
    }
    let not_paid = || Error::conflict("not_paid", Blocked::NotPaid.advice());
    needs::bought(state, who.account_id).await?.ok_or_else(not_paid)
}

/// 我是管理员.
///
/// # Errors
/// [`Error::Conflict`] before anything is bought, and when the person is the administrator already.
pub async fn name_self(state: &State, who: &Who) -> Result<Uuid, Error> {
    check_may_name(state, who).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let id = name(&mut tx, state, who, who.member_id, How::Oneself, None).await?;
    tx.commit().await?;
    Ok(id)
}

/// 变更管理员: one of the company's people.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's people.
pub async fn choose(state: &State, who: &Who, member_id: Uuid) -> Result<Uuid, Error> {
    check_may_name(state, who).await?;
    let member = account::flow::member(state, who.account_id, member_id).await?;
    let how = if member.id == who.member_id { How::Oneself } else { How::Chosen };
    let mut tx = state.db.begin(who.actor()).await?;
    let id = name(&mut tx, state, who, member.id, how, None).await?;
    tx.commit().await?;
    Ok(id)
}

/// What is typed to name somebody else.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Nominee {
    pub name: String,
    pub mobile: String,
    pub sms_code: String,
}

/// 获取验证码: to the mobile of the person to be named, who reads it to the one who names.
pub async fn ask_code(state: &State, who: &Who, machine: &Machine, mobile: &str) -> Result<(), Error> {
    let mobile = Mobile::parse(mobile).at("mobile")?;
    check_may_name(state, who).await?;
    sms_code::send(state, machine, &mobile, SmsPurpose::NominateAdministrator, true).await
}

/// 指定他人为管理员: the person becomes one of the account's people, and is asked by SMS to confirm.
///
/// # Errors
/// [`Error::Invalid`] naming the field that is wrong.
pub async fn name_other(state: &State, who: &Who, typed: &Nominee) -> Result<Uuid, Error> {
    let given = PersonName::parse(&typed.name).at("name")?;
    let mobile = Mobile::parse(&typed.mobile).at("mobile")?;
    let code = SmsCode::parse(&typed.sms_code).at("sms_code")?;
    check_may_name(state, who).await?;
    let proven = sms_code::prove(state, &mobile, SmsPurpose::NominateAdministrator, &code).await?;
    let known = account::flow::member_by_mobile(state, who.account_id, &mobile).await?.map(|member| member.id);
    if let Some(member_id) = known
        && let Some(verified) = needs::verified_name(state, member_id).await?
        && verified != given
    {
        return Err(Error::invalid("name", "姓名与该手机号的实名认证不一致，请核对"));
    }
    let mut tx = state.db.begin(who.actor()).await?;
    sms_code::spend(&mut tx, proven).await?;
    let member_id = match known {
        Some(member_id) => member_id,
        None => account::flow::add_member(&mut tx, state, who.account_id, &mobile, None).await?,
    };
    let id = name(&mut tx, state, who, member_id, How::Other, Some(&given)).await?;
    tx.commit().await?;
    Ok(id)
}

/// Names a member in the caller's transaction; whoever was named before is withdrawn. The same again is nothing new.
async fn name(
    tx: &mut Tx,
    state: &State,
    who: &Who,
    member_id: Uuid,
    how: How,
    given: Option<&PersonName>,
) -> Result<Uuid, Error> {
    let live = live(&**tx, who.account_id).await?;
    if let Some(confirmed) = live.confirmed.filter(|row| row.member_id == member_id)
        && key_of(&**tx, &confirmed).await?.is_some_and(|key| key.status == KeyStatus::Active)
    {
        return Err(Error::conflict("already", "此人已是管理员，无需重复指定"));
    }
    if let Some(named) = live.named {
        if named.member_id == member_id && named.how == how && given.is_none() {
            return Ok(named.id);
        }
        retire(tx, state, &named, Action::Withdraw).await?;
    }
    let id = tx.id();
    let row = administrator::ActiveModel {
        id: Set(id),
        account_id: Set(who.account_id),
        member_id: Set(member_id),
        status: Set(Status::Named),
        how: Set(how),
        named_by: Set(who.member_id),
        name: Set(given.map(|name| state.vault.seal("administrator.name", id, name.as_str()))),
        named_for: Set(Some(who.account_id)),
        confirmed_for: Set(None),
        key_id: Set(None),
        created_at: Set(tx.now),
        invited_at: Set(None),
        confirmed_at: Set(None),
    };
    administrator::Entity::insert(row).exec_without_returning(&**tx).await.map_err(twice)?;
    tx.say(Event::new("administrator.name", id, Some(who.account_id))).await?;
    Ok(id)
}

/// Two at once: the later one is told, and nothing of it is kept.
fn twice(error: DbErr) -> Error {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => {
            Error::conflict("changed", "刚刚有人更新了这一步，请刷新页面查看最新进度")
        }
        _ => error.into(),
    }
}

/// Ends an administrator: withdrawn or replaced, and every key with it.
async fn retire(tx: &mut Tx, state: &State, row: &administrator::Model, action: Action) -> Result<(), Error> {
    change::advance::<administrator::Entity>(tx, row, action, |update| {
        update
            .col_expr(administrator::Column::NamedFor, Expr::value(None::<Uuid>))
            .col_expr(administrator::Column::ConfirmedFor, Expr::value(None::<Uuid>))
    })
    .await?;
    key::revoke_all(tx, state, row.id).await
}

/// Takes a naming back: by whoever may name, or by the person named, who declines.
///
/// # Errors
/// [`Error::NotFound`] when nobody is named, or the person who asks has no say.
pub async fn withdraw(state: &State, who: &Who) -> Result<(), Error> {
    let now = live(&state.db.read, who.account_id).await?;
    let may = who_may_name(state, who, &now).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let named = live(&*tx, who.account_id).await?.named.filter(|row| may || row.member_id == who.member_id);
    retire(&mut tx, state, &named.ok_or_else(Error::not_found)?, Action::Withdraw).await?;
    tx.commit().await
}

/// The person who asks, if named now.
pub async fn named_me(c: &impl ConnectionTrait, who: &Who) -> Result<Option<administrator::Model>, Error> {
    Ok(live(c, who.account_id).await?.named.filter(|row| row.member_id == who.member_id))
}

/// What keeps a named person from confirming, if anything.
pub async fn blocked(state: &State, row: &administrator::Model) -> Result<Option<Blocked>, Error> {
    let paid = needs::bought(state, row.account_id).await?.is_some();
    let verified = needs::verified_name(state, row.member_id).await?;
    let given = given_name(state, row)?;
    let names = (verified.as_ref().map(PersonName::as_str), given.as_ref().map(PersonName::as_str));
    Ok(may_confirm(paid, names.0, names.1).err())
}

/// The name that was given for somebody named by another person.
pub fn given_name(state: &State, row: &administrator::Model) -> Result<Option<PersonName>, Error> {
    let open = |sealed: &Vec<u8>| {
        let text = state.vault.open("administrator.name", row.id, sealed)?;
        PersonName::parse(&text).map_err(Error::internal)
    };
    row.name.as_ref().map(open).transpose()
}

/// Refuses whoever is not named, or is kept from confirming.
pub(super) async fn must_be_named(state: &State, who: &Who) -> Result<administrator::Model, Error> {
    let row = named_me(&state.db.read, who).await?.ok_or_else(not_named)?;
    match blocked(state, &row).await? {
        Some(blocked) => Err(Error::conflict("blocked", blocked.advice())),
        None => Ok(row),
    }
}

pub(super) fn not_named() -> Error {
    Error::conflict("not_named", "您目前没有待确认的管理员身份，请刷新查看最新进度")
}

/// 确认: the person named confirms with a key whose possession both halves have proved. Whoever was the administrator
/// before is replaced, and the old key signs no more.
///
/// # Errors
/// [`Error::Conflict`] when the person is not (any longer) named, is kept from it, or the key is not ready.
pub async fn confirm(state: &State, who: &Who, key_id: Uuid) -> Result<(), Error> {
    must_be_named(state, who).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let live = live(&*tx, who.account_id).await?;
    let named = live.named.filter(|row| row.member_id == who.member_id).ok_or_else(not_named)?;
    let key = signing_key::Entity::find_by_id(key_id)
        .filter(signing_key::Column::AdministratorId.eq(named.id))
        .filter(signing_key::Column::MemberId.eq(who.member_id))
        .one(&*tx)
        .await?
        .ok_or_else(Error::not_found)?;
    if key.csr.is_none() {
        return Err(Error::conflict("not_proved", "密钥尚未完成验证，请重新设置 PIN 码"));
    }
    if let Some(before) = live.confirmed {
        retire(&mut tx, state, &before, Action::Replace).await?;
    }
    key::activate(&mut tx, &key).await?;
    let (now, account_id) = (tx.now, who.account_id);
    change::advance::<administrator::Entity>(&mut tx, &named, Action::Confirm, |update| {
        update
            .col_expr(administrator::Column::NamedFor, Expr::value(None::<Uuid>))
            .col_expr(administrator::Column::ConfirmedFor, Expr::value(account_id))
            .col_expr(administrator::Column::KeyId, Expr::value(key_id))
            .col_expr(administrator::Column::ConfirmedAt, Expr::value(now))
    })
    .await?;
    tx.commit().await
}

/// Tells somebody who was named by another person, once: an SMS with a link into the mini-program.
pub async fn invite(state: &State, id: Uuid) -> Outcome {
    try_invite(state, id).await.unwrap_or_else(|error| Outcome::Retry(error.to_string()))
}

async fn try_invite(state: &State, id: Uuid) -> Result<Outcome, Error> {
    let Some(row) = administrator::Entity::find_by_id(id).one(&state.db.read).await? else { return Ok(Outcome::Done) };
    if row.status != Status::Named || row.how == How::Oneself || row.invited_at.is_some() {
        return Ok(Outcome::Done);
    }
    let member = account::flow::member(state, row.account_id, row.member_id).await?;
    let mobile = account::flow::mobile(state, &member)?;
    let life = chrono::Duration::days(7);
    let link = match state.providers.wechat.url_link(PAGE, "", life).await {
        Ok(link) => link,
        Err(error) => return Ok(Outcome::Retry(error.to_string())),
    };
    let link = link.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let mut tx = state.db.begin(Actor::System).await?;
    let first = administrator::Entity::update_many()
        .col_expr(administrator::Column::InvitedAt, Expr::value(tx.now))
        .filter(administrator::Column::Id.eq(id))
        .filter(administrator::Column::InvitedAt.is_null())
        .exec(&*tx)
        .await?;
    if first.rows_affected == 1 {
        notice::sms(&mut tx, state, &mobile, notice::Text::AdministratorNamed { link }).await?;
        tx.say(Event::new("administrator.invited", id, Some(row.account_id))).await?;
        tx.commit().await?;
    }
    Ok(Outcome::Done)
}
