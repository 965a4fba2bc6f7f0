//! Paying: making a try payable on its rail, asking how it stands, closing. What a notice says is only a reason to ask.

use super::{
    Channel, Status, ask_again_in,
    rail::{Offered, Payer, Ready},
    settle::{close, closed, settle},
};
use crate::{
    account::wechat,
    change,
    db::Actor,
    error::Error,
    events::Event,
    jobs::{Job, Outcome},
    order::{
        self,
        entity::{order as order_row, payment_row as row},
        flow as orders, transfer,
    },
    state::State,
    who::Who,
};
use chrono::Duration;
use sea_orm::{PaginatorTrait, QueryOrder, SqlErr, entity::prelude::*, sea_query::Expr};

/// The job that asks how a payment stands, because a notice came.
pub const SETTLE: &str = "order.settle";
/// The job that asks now and then, because notices get lost.
pub const POLL: &str = "order.poll";
/// The job that closes at WeChat Pay what an order no longer needs.
pub const CLOSE: &str = "order.close_payments";

/// WeChat takes a code for two hours; it is drawn anew a little earlier.
const CODE_LIFE: Duration = Duration::minutes(110);
/// Nothing new is prepared this shortly before the last moment.
const TOO_LATE: Duration = Duration::minutes(1);

/// 二维码支付.
///
/// # Errors
/// [`Error::Conflict`] when the order cannot be paid now, [`Error::Unavailable`] when WeChat Pay does not answer: ask again.
pub async fn by_code(state: &State, who: &Who, order_id: Uuid) -> Result<Ready, Error> {
    prepare(state, who, order_id, &Payer::Native).await
}

/// WeChat Pay inside the mini-program, by the person who asks.
///
/// # Errors
/// As [`by_code`]; also when the person's WeChat is not bound.
pub async fn in_app(state: &State, who: &Who, order_id: Uuid) -> Result<Ready, Error> {
    let openid = wechat::openid(state, who.member_id).await?;
    let openid = openid.ok_or_else(|| Error::conflict("wechat_unbound", "请先在小程序中用微信登录，再进行支付"))?;
    let index = state.vault.index("wechat.openid", &openid);
    prepare(state, who, order_id, &Payer::MiniProgram { openid, index }).await
}

/// 对公转账: the order waits longer, because banks do.
///
/// # Errors
/// As [`by_code`]; also when no account of ours is set.
pub async fn by_transfer(state: &State, who: &Who, order_id: Uuid) -> Result<Ready, Error> {
    if !state.config.order.transfer.is_offered() {
        return Err(Error::conflict("no_transfer", "暂不支持对公转账，请选择微信支付"));
    }
    prepare(state, who, order_id, &Payer::BankTransfer).await
}

/// One number can be paid at a time: the one that fits is used again, another one is closed on its rail first.
async fn prepare(state: &State, who: &Who, order_id: Uuid, payer: &Payer) -> Result<Ready, Error> {
    for _ in 0..4 {
        let order = orders::one(state, who.account_id, order_id).await?;
        orders::may_buy(state, who.account_id).await?;
        if order.status == order::Status::Paid {
            return Ok(Ready::Paid);
        }
        if order.status != order::Status::AwaitingPayment || order.expires_at - TOO_LATE < state.clock.now() {
            return Err(Error::conflict("not_payable", "该订单当前不能支付，请返回订单管理查看最新状态"));
        }
        let payment = match live(state, order_id).await? {
            Some(payment) if payer.fits(&payment) => payment,
            Some(payment) => {
                close(state, &payment).await?;
                continue;
            }
            None => match begin(state, who, &order, payer).await? {
                Some(payment) => payment,
                None => continue,
            },
        };
        if let Some(ready) = offer(state, &payment, &order.number, payer).await? {
            return Ok(ready);
        }
    }
    Err(Error::conflict("changed", "刚刚有人在另一处支付该订单，请刷新页面查看最新状态"))
}

async fn live(state: &State, order_id: Uuid) -> Result<Option<row::Model>, Error> {
    Ok(row::Entity::find().filter(row::Column::LiveOf.eq(order_id)).one(&state.db.read).await?)
}

/// Writes a new try down, before its rail hears of it. `None`: somebody else has just done so.
async fn begin(state: &State, who: &Who, order: &order_row::Model, payer: &Payer) -> Result<Option<row::Model>, Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    let is_transfer = payer.channel() == Channel::BankTransfer;
    let later = is_transfer.then(|| order.created_at + Duration::days(state.config.order.transfer.days));
    let expires_at = later.filter(|later| *later > order.expires_at).unwrap_or(order.expires_at);
    let tries = row::Entity::find().filter(row::Column::OrderId.eq(order.id)).count(&*tx).await?;
    let payment = row::Model {
        id: tx.id(),
        order_id: order.id,
        account_id: order.account_id,
        out_trade_no: format!("{}P{}", order.number, tries + 1),
        channel: payer.channel(),
        status: Status::Prepared,
        live_of: Some(order.id),
        amount: order.total,
        expires_at,
        code_url: None,
        code_until: None,
        openid_index: payer.index().map(<[u8]>::to_vec),
        transaction_id: None,
        trouble: None,
        created_at: tx.now,
        closed_at: None,
        paid_at: None,
        remittance_code: is_transfer.then(|| transfer::code(tx.random())),
        returned: 0,
        refunds: 0,
    };
    // The order must still be payable when the try is written: touching its row makes the two acts take turns.
    let held = order_row::Entity::update_many()
        .col_expr(order_row::Column::ExpiresAt, Expr::value(expires_at))
        .filter(order_row::Column::Id.eq(order.id))
        .filter(order_row::Column::Status.eq(order::Status::AwaitingPayment))
        .exec(&*tx)
        .await?;
    if held.rows_affected != 1 {
        return Ok(None);
    }
    let written =
        row::Entity::insert(row::ActiveModel::from(payment.clone()).reset_all()).exec_without_returning(&*tx).await;
    match written {
        Ok(_) => {}
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    tx.say(Event::new("payment.prepare", payment.id, Some(order.account_id))).await?;
    if payment.channel.rail().is_asked() {
        tx.enqueue(Job::at(POLL, payment.id, tx.now + ask_again_in(Duration::zero()))).await?;
    }
    tx.commit().await?;
    Ok(Some(payment))
}

/// Makes a try payable. `None`: the number is of no use any more.
async fn offer(state: &State, payment: &row::Model, number: &str, payer: &Payer) -> Result<Option<Ready>, Error> {
    match payment.channel.rail().offer(state, payment, payer, number).await? {
        Offered::Ready(ready) => Ok(keep_code(state, payment, &ready).await?.then_some(ready)),
        Offered::AlreadyPaid => {
            settle(state, payment.id).await?;
            Ok(None)
        }
        Offered::Closed => {
            closed(state, payment.id).await?;
            Ok(None)
        }
        Offered::Different => {
            close(state, payment).await?;
            Ok(None)
        }
    }
}

/// Keeps the code for the page that shows it. Whether the try is still alive: what was closed meanwhile must not be shown.
async fn keep_code(state: &State, payment: &row::Model, ready: &Ready) -> Result<bool, Error> {
    let now = state.clock.now();
    let code = match ready {
        Ready::Code(code) => Some(code.clone()),
        _ => None,
    };
    let until = code.is_some().then_some(now + CODE_LIFE);
    let kept = row::Entity::update_many()
        .col_expr(row::Column::CodeUrl, Expr::value(code))
        .col_expr(row::Column::CodeUntil, Expr::value(until))
        .filter(row::Column::Id.eq(payment.id))
        .filter(row::Column::Status.eq(Status::Prepared))
        .exec(state.db.machinery())
        .await?;
    Ok(kept.rows_affected == 1)
}

/// The job [`CLOSE`]: what can still be paid of an order that is paid, or being closed, is closed on its rail; then the order.
pub async fn close_all(state: &State, order_id: Uuid) -> Outcome {
    match try_close_all(state, order_id).await {
        Ok(()) => Outcome::Done,
        Err(error) => later(&error),
    }
}

async fn try_close_all(state: &State, order_id: Uuid) -> Result<(), Error> {
    use order::Status::{AwaitingPayment, Closing, Draft};
    let read = || async { order_row::Entity::find_by_id(order_id).one(&state.db.read).await };
    let Some(order) = read().await? else { return Ok(()) };
    if matches!(order.status, Draft | AwaitingPayment) {
        return Ok(());
    }
    while let Some(payment) = live(state, order_id).await? {
        close(state, &payment).await?;
        if live(state, order_id).await?.is_some_and(|still| still.id == payment.id) {
            return Err(Error::unavailable("微信支付暂时没有回应，请稍后再试", "a payment is neither closed nor paid"));
        }
    }
    let Some(order) = read().await?.filter(|order| order.status == Closing) else { return Ok(()) };
    let mut tx = state.db.begin(Actor::System).await?;
    change::advance::<order_row::Entity>(&mut tx, &order, order::Action::Close, |update| {
        update.col_expr(order_row::Column::Holds, Expr::value(None::<Uuid>))
    })
    .await?;
    tx.commit().await
}

/// The job [`SETTLE`].
pub async fn settle_job(state: &State, payment_id: Uuid) -> Outcome {
    match settle(state, payment_id).await {
        Ok(()) => Outcome::Done,
        Err(error) => later(&error),
    }
}

/// The job [`POLL`]: asks on the ladder while the payment can be paid, and hourly for a day after it was closed.
pub async fn poll(state: &State, payment_id: Uuid) -> Outcome {
    if let Err(error) = settle(state, payment_id).await {
        return later(&error);
    }
    let payment = match row::Entity::find_by_id(payment_id).one(&state.db.read).await {
        Ok(Some(payment)) => payment,
        Ok(None) => return Outcome::Done,
        Err(error) => return Outcome::Retry(error.to_string()),
    };
    let now = state.clock.now();
    match (payment.status, payment.closed_at) {
        (Status::Prepared, _) => Outcome::Later(ask_again_in(now - payment.created_at)),
        (Status::Closed, Some(closed_at)) if now < closed_at + super::STRAGGLERS => Outcome::Later(Duration::hours(1)),
        _ => Outcome::Done,
    }
}

/// Money never gives up: what fails for now is tried again in half a minute, however often.
pub(in crate::order) fn later(error: &Error) -> Outcome {
    tracing::warn!(error.cause = %error, "a movement of money waits");
    Outcome::Later(Duration::seconds(30))
}

/// A verified notice says that something happened to this number: a reason to ask. `false`: not a number of ours.
pub async fn noticed(state: &State, out_trade_no: &str, notice_id: &str) -> Result<bool, Error> {
    let found = row::Entity::find().filter(row::Column::OutTradeNo.eq(out_trade_no)).one(&state.db.read).await?;
    let Some(payment) = found else { return Ok(false) };
    let mut tx = state.db.begin(Actor::System).await?;
    tx.enqueue(Job::now(SETTLE, payment.id).once(format!("{SETTLE}@{notice_id}"))).await?;
    tx.commit().await?;
    Ok(true)
}

/// Asks WeChat Pay now, for a person who waits: 我已支付.
pub async fn check(state: &State, who: &Who, order_id: Uuid) -> Result<(), Error> {
    orders::one(state, who.account_id, order_id).await?;
    let limit = crate::config::Limit { count: 40, seconds: 60 };
    crate::limits::count(&state.db, "order_check", &who.member_id.to_string(), limit).await?;
    match live(state, order_id).await? {
        Some(payment) => settle(state, payment.id).await,
        None => Ok(()),
    }
}

/// The tries to pay an order, the oldest first.
pub async fn of_order(state: &State, order_id: Uuid) -> Result<Vec<row::Model>, Error> {
    let found = row::Entity::find().filter(row::Column::OrderId.eq(order_id)).order_by_asc(row::Column::Id);
    Ok(found.all(&state.db.read).await?)
}
