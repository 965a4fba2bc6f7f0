//! What people can do with an account: register, sign in, set a new password, sign out everywhere.

use super::{
    SmsPurpose,
    entity::{account, member},
    password, sms_code,
};
use crate::{
    agreements,
    db::{Actor, Tx},
    error::{At, Error},
    events::Event,
    limits,
    state::State,
    who::{self, Channel, Machine, Who},
};
use sea_orm::{ActiveValue::Set, SqlErr, entity::prelude::*, sea_query::Expr};
use zhangzheng_kinds::{AccountName, Mobile, Password, SmsCode};

/// What a person types to register.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Registration {
    pub account: String,
    pub password: String,
    pub password_again: String,
    pub mobile: String,
    pub sms_code: String,
    /// One tick for the three agreements.
    pub agreed: bool,
    /// The relying platform that the applicant came for.
    pub platform: Option<String>,
}

/// 注册: makes the account and its first member, records the three agreements, and signs the person in.
///
/// # Errors
/// [`Error::Invalid`] naming the first field that is wrong. Whether an account name is taken is said only to those who
/// hold the code sent to their mobile.
pub async fn register(
    state: &State,
    machine: &Machine,
    channel: Channel,
    typed: &Registration,
) -> Result<(String, Who), Error> {
    let name = AccountName::parse(&typed.account).at("account")?;
    let password = Password::parse(&typed.password).at("password")?;
    if typed.password != typed.password_again {
        return Err(Error::invalid("password_again", "两次输入的密码不一致，请重新输入"));
    }
    let mobile = Mobile::parse(&typed.mobile).at("mobile")?;
    let code = SmsCode::parse(&typed.sms_code).at("sms_code")?;
    if !typed.agreed {
        return Err(Error::invalid("agreed", "请阅读并勾选同意三份协议"));
    }
    limits::count(&state.db, "register_ip", &machine.ip, state.config.limits.register_per_ip).await?;
    let proven = sms_code::prove(state, &mobile, SmsPurpose::Register, &code).await?;
    let hash = password::hash(password.expose(), &state.random).await?;

    let mut tx = state.db.begin(Actor::System).await?;
    let account_id = tx.id();
    let row = account::ActiveModel {
        id: Set(account_id),
        name: Set(name.as_str().to_owned()),
        platform: Set(typed.platform.clone()),
        created_at: Set(tx.now),
    };
    account::Entity::insert(row).exec_without_returning(&*tx).await.map_err(|error| match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => Error::invalid("account", "该企业帐号已被使用，请换一个"),
        _ => error.into(),
    })?;
    let member_id = add_member(&mut tx, state, account_id, &mobile, Some(hash)).await?;
    tx.actor = Actor::Member(member_id);
    sms_code::spend(&mut tx, proven).await?;
    for text in agreements::REGISTRATION {
        agreements::record(&mut tx, member_id, account_id, *text).await?;
    }
    tx.say(Event::new("account.register", account_id, Some(account_id))).await?;
    let token = who::open(&mut tx, state, member_id, account_id, channel, machine).await?;
    tx.commit().await?;
    let who = who::find(state, &token).await?.ok_or_else(|| Error::internal("a session just opened"))?;
    Ok((token, who))
}

/// Adds a person to an account.
pub async fn add_member(
    tx: &mut Tx,
    state: &State,
    account_id: Uuid,
    mobile: &Mobile,
    password_hash: Option<String>,
) -> Result<Uuid, Error> {
    let id = tx.id();
    let row = member::ActiveModel {
        id: Set(id),
        account_id: Set(account_id),
        mobile: Set(state.vault.seal("member.mobile", id, mobile.as_str())),
        mobile_index: Set(state.vault.index("member.mobile", mobile.as_str())),
        password_hash: Set(password_hash),
        created_at: Set(tx.now),
    };
    member::Entity::insert(row).exec_without_returning(&**tx).await?;
    tx.say(Event::new("member.join", id, Some(account_id))).await?;
    Ok(id)
}

/// 登录 by 帐号 + 手机号 + 密码. One sentence for every way of being wrong, and the same work.
///
/// # Errors
/// [`Error::SignIn`], or [`Error::TooMany`].
pub async fn sign_in(
    state: &State,
    machine: &Machine,
    channel: Channel,
    account: &str,
    mobile: &str,
    password: &str,
) -> Result<(String, Who), Error> {
    let member = check_password(state, machine, account, mobile, password).await?;
    let mut tx = state.db.begin(Actor::Member(member.id)).await?;
    let token = who::open(&mut tx, state, member.id, member.account_id, channel, machine).await?;
    tx.commit().await?;
    let who = who::find(state, &token).await?.ok_or_else(|| Error::internal("a session just opened"))?;
    Ok((token, who))
}

/// The member with these credentials.
pub(super) async fn check_password(
    state: &State,
    machine: &Machine,
    account: &str,
    mobile: &str,
    password: &str,
) -> Result<member::Model, Error> {
    let name = AccountName::parse(account).at("account")?;
    let mobile = Mobile::parse(mobile).at("mobile")?;
    limits::count(&state.db, "sign_in_ip", &machine.ip, state.config.limits.sign_in_per_ip).await?;
    limits::count(&state.db, "sign_in", name.as_str(), state.config.limits.sign_in_per_account).await?;
    let member = find_member(state, &name, &mobile).await?;
    let stored = member.as_ref().and_then(|member| member.password_hash.as_deref());
    let right = password::verify(password, stored).await?;
    let wrong = || Error::credentials("wrong_credentials", "帐号、手机号或密码不正确，请检查后重试");
    member.filter(|_| right).ok_or_else(wrong)
}

/// The member of an account with a mobile number.
pub(crate) async fn find_member(
    state: &State,
    name: &AccountName,
    mobile: &Mobile,
) -> Result<Option<member::Model>, Error> {
    let Some(account) =
        account::Entity::find().filter(account::Column::Name.eq(name.as_str())).one(&state.db.read).await?
    else {
        return Ok(None);
    };
    member_by_mobile(state, account.id, mobile).await
}

/// The member of an account with a mobile number.
pub async fn member_by_mobile(
    state: &State,
    account_id: Uuid,
    mobile: &Mobile,
) -> Result<Option<member::Model>, Error> {
    let index = state.vault.index("member.mobile", mobile.as_str());
    Ok(member::Entity::find()
        .filter(member::Column::AccountId.eq(account_id))
        .filter(member::Column::MobileIndex.eq(index))
        .one(&state.db.read)
        .await?)
}

/// What a person types who has forgotten the password.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Reset {
    pub account: String,
    pub mobile: String,
    pub sms_code: String,
    pub password: String,
    pub password_again: String,
}

/// 忘记密码: sends a code if account and mobile belong together, and says the same if not.
pub async fn ask_reset_code(
    state: &State,
    machine: &Machine,
    account: &str,
    mobile: &str,
    captcha: (Option<Uuid>, &str),
) -> Result<(), Error> {
    let name = AccountName::parse(account).at("account")?;
    let mobile = Mobile::parse(mobile).at("mobile")?;
    let known = find_member(state, &name, &mobile).await?.is_some();
    sms_code::ask(state, machine, &mobile, SmsPurpose::ResetPassword, captcha, known).await
}

/// 忘记密码: sets a new one, and ends every session of the member.
pub async fn reset_password(state: &State, machine: &Machine, typed: &Reset) -> Result<(), Error> {
    let name = AccountName::parse(&typed.account).at("account")?;
    let mobile = Mobile::parse(&typed.mobile).at("mobile")?;
    let password = Password::parse(&typed.password).at("password")?;
    if typed.password != typed.password_again {
        return Err(Error::invalid("password_again", "两次输入的密码不一致，请重新输入"));
    }
    let code = SmsCode::parse(&typed.sms_code).at("sms_code")?;
    limits::count(&state.db, "sign_in_ip", &machine.ip, state.config.limits.sign_in_per_ip).await?;
    let proven = sms_code::prove(state, &mobile, SmsPurpose::ResetPassword, &code).await?;
    let member = find_member(state, &name, &mobile).await?;
    let member = member.ok_or_else(|| Error::invalid("sms_code", "短信验证码不正确或已过期，请检查或重新获取"))?;
    let hash = password::hash(password.expose(), &state.random).await?;
    let mut tx = state.db.begin(Actor::Member(member.id)).await?;
    sms_code::spend(&mut tx, proven).await?;
    member::Entity::update_many()
        .col_expr(member::Column::PasswordHash, Expr::value(hash))
        .filter(member::Column::Id.eq(member.id))
        .exec(&*tx)
        .await?;
    tx.say(Event::new("member.reset_password", member.id, Some(member.account_id))).await?;
    who::close_all(&mut tx, member.id, member.account_id, None).await?;
    tx.commit().await
}

/// 退出登录.
pub async fn sign_out(state: &State, who: &Who) -> Result<(), Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    who::close(&mut tx, who).await?;
    tx.commit().await
}

/// 退出所有设备: this one too.
pub async fn sign_out_everywhere(state: &State, who: &Who) -> Result<(), Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    who::close_all(&mut tx, who.member_id, who.account_id, None).await?;
    tx.commit().await
}

/// The account of the person who asks.
pub async fn account(state: &State, who: &Who) -> Result<account::Model, Error> {
    account::Entity::find_by_id(who.account_id).one(&state.db.read).await?.ok_or_else(Error::not_found)
}

/// An account.
pub async fn account_by_id(state: &State, account_id: Uuid) -> Result<account::Model, Error> {
    account::Entity::find_by_id(account_id).one(&state.db.read).await?.ok_or_else(Error::not_found)
}

/// A member of an account, also one that joined in this very transaction.
pub async fn member_in(tx: &Tx, account_id: Uuid, member_id: Uuid) -> Result<member::Model, Error> {
    let own = member::Entity::find_by_id(member_id).filter(member::Column::AccountId.eq(account_id));
    own.one(&**tx).await?.ok_or_else(Error::not_found)
}

/// A member of the account of the person who asks.
pub async fn member(state: &State, account_id: Uuid, member_id: Uuid) -> Result<member::Model, Error> {
    member::Entity::find_by_id(member_id)
        .filter(member::Column::AccountId.eq(account_id))
        .one(&state.db.read)
        .await?
        .ok_or_else(Error::not_found)
}

/// A member's mobile number.
pub fn mobile(state: &State, member: &member::Model) -> Result<Mobile, Error> {
    opened_mobile(state, member.id, &member.mobile)
}

pub(super) fn opened_mobile(state: &State, member_id: Uuid, sealed: &[u8]) -> Result<Mobile, Error> {
    let text = state.vault.open("member.mobile", member_id, sealed)?;
    Mobile::parse(&text).map_err(Error::internal)
}

/// The people of an account.
pub async fn members(state: &State, account_id: Uuid) -> Result<Vec<member::Model>, Error> {
    Ok(member::Entity::find().filter(member::Column::AccountId.eq(account_id)).all(&state.db.read).await?)
}

/// The members of every account who have this mobile number.
pub async fn members_with(state: &State, mobile: &Mobile) -> Result<Vec<member::Model>, Error> {
    let index = state.vault.index("member.mobile", mobile.as_str());
    Ok(member::Entity::find().filter(member::Column::MobileIndex.eq(index)).all(&state.db.read).await?)
}
