//! 短信验证码: six digits, five minutes, five tries, for one purpose. Asking for one costs a captcha and counts per mobile and address.

use super::{SMS_CODE_LIFE, SMS_CODE_TRIES, SmsPurpose, captcha, entity::sms_code};
use crate::{
    db::{Actor, Tx},
    error::Error,
    limits,
    notice::{self, Text},
    state::State,
    who::Machine,
};
use sea_orm::{
    ActiveValue::Set,
    QueryOrder,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use zhangzheng_kinds::{Mobile, SmsCode};

/// Sends a code to a mobile number, after the captcha. The answer is the same whether or not anybody has this number:
/// `worth_sending` decides in secret.
pub async fn ask(
    state: &State,
    machine: &Machine,
    mobile: &Mobile,
    purpose: SmsPurpose,
    captcha: (Option<Uuid>, &str),
    worth_sending: bool,
) -> Result<(), Error> {
    captcha::answered(state, captcha.0, captcha.1).await?;
    send(state, machine, mobile, purpose, worth_sending).await
}

/// Sends a code to a mobile number on behalf of somebody who is signed in.
pub async fn send(
    state: &State,
    machine: &Machine,
    mobile: &Mobile,
    purpose: SmsPurpose,
    worth_sending: bool,
) -> Result<(), Error> {
    let index = state.vault.index("member.mobile", mobile.as_str());
    let whom = hex::encode(&index[..16]);
    let rules = &state.config.limits;
    limits::count(&state.db, "sms", &whom, rules.sms_per_mobile).await?;
    limits::count(&state.db, "sms_day", &whom, rules.sms_per_mobile_day).await?;
    limits::count(&state.db, "sms_ip", &machine.ip, rules.sms_per_ip).await?;
    if !worth_sending {
        return Ok(());
    }
    let code = state.random.digits(6);
    let mut tx = state.db.begin(Actor::System).await?;
    let id = tx.id();
    let row = sms_code::ActiveModel {
        id: Set(id),
        mobile_index: Set(index),
        purpose: Set(purpose.as_str().into()),
        digest: Set(state.vault.code(id, &code)),
        tries: Set(0),
        expires_at: Set(tx.now + SMS_CODE_LIFE),
        used_at: Set(None),
    };
    sms_code::Entity::insert(row).exec_without_returning(&*tx).await?;
    notice::sms(&mut tx, state, mobile, Text::Code { purpose, code: &code }).await?;
    tx.commit().await
}

/// A code that was right. To be spent in the transaction of what it allows.
#[derive(Debug)]
#[must_use = "a proven code must be spent"]
pub struct Proven(Uuid);

/// Checks a code. The try is counted before the answer is known, whatever comes after.
///
/// # Errors
/// [`Error::Invalid`] naming `sms_code`.
pub async fn prove(state: &State, mobile: &Mobile, purpose: SmsPurpose, code: &SmsCode) -> Result<Proven, Error> {
    let wrong = || Error::invalid("sms_code", "短信验证码不正确或已过期，请检查或重新获取");
    let index = state.vault.index("member.mobile", mobile.as_str());
    let now = state.clock.now();
    let row = sms_code::Entity::find()
        .filter(sms_code::Column::MobileIndex.eq(index))
        .filter(sms_code::Column::Purpose.eq(purpose.as_str()))
        .order_by_desc(sms_code::Column::Id)
        .one(&state.db.read)
        .await?
        .filter(|row| row.used_at.is_none() && row.expires_at > now)
        .ok_or_else(wrong)?;
    let counted = sms_code::Entity::update_many()
        .col_expr(sms_code::Column::Tries, Expr::col(sms_code::Column::Tries).add(1))
        .filter(sms_code::Column::Id.eq(row.id))
        .filter(sms_code::Column::Tries.lt(SMS_CODE_TRIES))
        .filter(sms_code::Column::UsedAt.is_null())
        .exec(state.db.machinery())
        .await?;
    if counted.rows_affected != 1 {
        return Err(Error::invalid("sms_code", "验证码错误次数过多，请重新获取"));
    }
    if state.vault.code_matches(row.id, code.as_str(), &row.digest) { Ok(Proven(row.id)) } else { Err(wrong()) }
}

/// Spends a proven code: exactly once.
pub async fn spend(tx: &mut Tx, proven: Proven) -> Result<(), Error> {
    let spent = sms_code::Entity::update_many()
        .col_expr(sms_code::Column::UsedAt, Expr::value(tx.now))
        .filter(sms_code::Column::Id.eq(proven.0))
        .filter(sms_code::Column::UsedAt.is_null())
        .exec(&**tx)
        .await?;
    if spent.rows_affected == 1 {
        Ok(())
    } else {
        Err(Error::invalid("sms_code", "短信验证码已使用，请重新获取"))
    }
}

/// Forgets codes that have run out. Run now and then.
pub async fn sweep(state: &State) -> Result<(), Error> {
    let over = sms_code::Column::ExpiresAt.lt(state.clock.now());
    sms_code::Entity::delete_many().filter(over).exec(state.db.machinery()).await?;
    Ok(())
}
