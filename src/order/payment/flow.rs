//! Paying: preparing at WeChat Pay, asking how it stands, closing. WeChat Pay is asked outside transactions, always under
//! our own number; what a notice says is only a reason to ask.

use super::{Action, Channel, Ours, Status, Told, ask_again_in, told};
use crate::{
    account::wechat,
    change,
    db::{Actor, Tx},
    error::Error,
    events::Event,
    jobs::{Job, Outcome},
    order::{
        self, Money,
        entity::{order as order_row, payment_row as row},
        flow as orders, money, refund,
    },
    state::State,
    who::Who,
};
use chrono::Duration;
use sea_orm::{PaginatorTrait, QueryOrder, SqlErr, entity::prelude::*, sea_query::Expr};
use zhangzheng_kinds::Fen;
use zhangzheng_providers::{
    self as providers,
    wechat_pay::{Closing, Order, Prepaid, RequestPayment},
};

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

/// What the payer needs.
#[derive(Clone, Debug)]
pub enum Ready {
    /// The text of the QR code.
    Code(String),
    /// For `wx.requestPayment`.
    InApp(RequestPayment),
    /// Nothing: it is paid.
    Paid,
}

/// Who is to pay, and how.
enum Way {
    Native,
    MiniProgram { openid: String, index: Vec<u8> },
}

impl Way {
    fn channel(&self) -> Channel {
        match self {
            Self::Native => Channel::Native,
            Self::MiniProgram { .. } => Channel::MiniProgram,
        }
    }
    fn index(&self) -> Option<&[u8]> {
        match self {
            Self::Native => None,
            Self::MiniProgram { index, .. } => Some(index),
        }
    }
    /// Whether a payment prepared before serves this payer too.
    fn fits(&self, payment: &row::Model) -> bool {
        payment.channel == self.channel() && payment.openid_index.as_deref() == self.index()
    }
}

/// 二维码支付.
///
/// # Errors
/// [`Error::Conflict`] when the order cannot be paid now, [`Error::Unavailable`] when WeChat Pay does not answer: ask again.
pub async fn by_code(state: &State, who: &Who, order_id: Uuid) -> Result<Ready, Error> {
    prepare(state, who, order_id, &Way::Native).await
}

/// WeChat Pay inside the mini-program, by the person who asks.
///
/// # Errors
/// As [`by_code`]; also when the person's WeChat is not bound.
pub async fn in_app(state: &State, who: &Who, order_id: Uuid) -> Result<Ready, Error> {
    let openid = wechat::openid(state, who.member_id).await?;
    let openid = openid.ok_or_else(|| Error::conflict("wechat_unbound", "请先在小程序中用微信登录，再进行支付"))?;
    let index = state.vault.index("wechat.openid", &openid);
    prepare(state, who, order_id, &Way::MiniProgram { openid, index }).await
}

/// One number can be paid at a time: the one that fits is used again, another one is closed at WeChat Pay first.
async fn prepare(state: &State, who: &Who, order_id: Uuid, way: &Way) -> Result<Ready, Error> {
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
            Some(payment) if way.fits(&payment) => payment,
            Some(payment) => {
                close(state, &payment).await?;
                continue;
            }
            None => match begin(state, who, &order, way).await? {
                Some(payment) => payment,
                None => continue,
            },
        };
        if let Some(ready) = ask(state, &payment, &order.number, way).await? {
            return Ok(ready);
        }
    }
    Err(Error::conflict("changed", "刚刚有人在另一处支付该订单，请刷新页面查看最新状态"))
}

async fn live(state: &State, order_id: Uuid) -> Result<Option<row::Model>, Error> {
    Ok(row::Entity::find().filter(row::Column::LiveOf.eq(order_id)).one(&state.db.read).await?)
}

/// Writes a new try down, before WeChat Pay hears of it. `None`: somebody else has just done so.
async fn begin(state: &State, who: &Who, order: &order_row::Model, way: &Way) -> Result<Option<row::Model>, Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    let tries = row::Entity::find().filter(row::Column::OrderId.eq(order.id)).count(&*tx).await?;
    let payment = row::Model {
        id: tx.id(),
        order_id: order.id,
        account_id: order.account_id,
        out_trade_no: format!("{}P{}", order.number, tries + 1),
        channel: way.channel(),
        status: Status::Prepared,
        live_of: Some(order.id),
        amount: order.total,
        expires_at: order.expires_at,
        code_url: None,
        code_until: None,
        openid_index: way.index().map(<[u8]>::to_vec),
        transaction_id: None,
        trouble: None,
        created_at: tx.now,
        closed_at: None,
        paid_at: None,
    };
    // The order must still be payable when the try is written: touching its row makes the two acts take turns.
    let held = order_row::Entity::update_many()
        .col_expr(order_row::Column::Status, Expr::value(order::Status::AwaitingPayment))
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
    tx.enqueue(Job::at(POLL, payment.id, tx.now + ask_again_in(Duration::zero()))).await?;
    tx.commit().await?;
    Ok(Some(payment))
}

/// Asks WeChat Pay for what the payer needs. The same number with the same particulars is the same request.
/// `None`: the number is of no use any more.
async fn ask(state: &State, payment: &row::Model, number: &str, way: &Way) -> Result<Option<Ready>, Error> {
    let now = state.clock.now();
    if let (Way::Native, Some(code), Some(until)) = (way, &payment.code_url, payment.code_until)
        && until > now
    {
        return Ok(Some(Ready::Code(code.clone())));
    }
    let description = format!("企业手机证书服务 {number}");
    let wanted = Order {
        out_trade_no: &payment.out_trade_no,
        description: &description,
        total: Fen(payment.amount),
        expires: payment.expires_at,
    };
    let client = &state.providers.wechat_pay;
    let answer = match way {
        Way::Native => match client.prepay_by_code(&wanted).await.map_err(trouble)? {
            Prepaid::Ready(code) => Prepaid::Ready(Ready::Code(code)),
            Prepaid::AlreadyPaid => Prepaid::AlreadyPaid,
            Prepaid::Closed => Prepaid::Closed,
            Prepaid::Different => Prepaid::Different,
        },
        Way::MiniProgram { openid, .. } => match client.prepay_in_app(&wanted, openid).await.map_err(trouble)? {
            Prepaid::Ready(request) => Prepaid::Ready(Ready::InApp(request)),
            Prepaid::AlreadyPaid => Prepaid::AlreadyPaid,
            Prepaid::Closed => Prepaid::Closed,
            Prepaid::Different => Prepaid::Different,
        },
    };
    match answer {
        Prepaid::Ready(ready) => Ok(keep_code(state, payment, &ready).await?.then_some(ready)),
        Prepaid::AlreadyPaid => {
            settle(state, payment.id).await?;
            Ok(None)
        }
        Prepaid::Closed => {
            closed(state, payment.id).await?;
            Ok(None)
        }
        Prepaid::Different => {
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

fn trouble(error: providers::Error) -> Error {
    if error.is_temporary() {
        Error::unavailable("微信支付暂时没有回应，请稍后再试；不会重复扣款", error)
    } else {
        tracing::error!(error.cause = %error, "WeChat Pay refuses to prepare a payment");
        Error::unavailable("暂时无法发起支付，请稍后再试或联系客服", error)
    }
}

/// Asks WeChat Pay how a payment stands, and draws the consequence exactly once. Asking again changes nothing.
///
/// # Errors
/// [`Error::Unavailable`] when WeChat Pay does not answer: nothing is known, nothing is changed.
pub async fn settle(state: &State, payment_id: Uuid) -> Result<(), Error> {
    let Some(payment) = row::Entity::find_by_id(payment_id).one(&state.db.read).await? else { return Ok(()) };
    if !matches!(payment.status, Status::Prepared | Status::Closed) {
        return Ok(());
    }
    let Some(transaction) = state.providers.wechat_pay.query(&payment.out_trade_no).await.map_err(trouble)? else {
        return Ok(());
    };
    let pay = &state.config.providers.wechat_pay;
    let ours =
        Ours { appid: &pay.appid, mchid: &pay.mchid, out_trade_no: &payment.out_trade_no, amount: Fen(payment.amount) };
    match told(&transaction, ours) {
        Told::Pending => Ok(()),
        Told::Closed => closed(state, payment_id).await,
        Told::Wrong(why) => dispute(state, payment_id, why).await,
        Told::Paid => {
            let paid_at = transaction.paid_at.unwrap_or_else(|| state.clock.now());
            paid(state, payment_id, transaction.transaction_id.as_deref(), paid_at).await
        }
    }
}

/// The money is here.
async fn paid(
    state: &State,
    payment_id: Uuid,
    transaction_id: Option<&str>,
    paid_at: DateTimeUtc,
) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(payment) = open_row(&tx, payment_id).await? else { return Ok(()) };
    let order = order_row::Entity::find_by_id(payment.order_id).one(&*tx).await?;
    let order = order.ok_or_else(|| Error::internal("a payment without its order"))?;
    let money = money(order.status, order.because);
    let action = match money {
        Money::Fulfils => Action::Settle,
        Money::GoesBack => Action::Spare,
    };
    let transaction_id = transaction_id.map(str::to_owned);
    change::advance::<row::Entity>(&mut tx, &payment, action, |update| {
        update
            .col_expr(row::Column::TransactionId, Expr::value(transaction_id))
            .col_expr(row::Column::PaidAt, Expr::value(paid_at))
            .col_expr(row::Column::LiveOf, Expr::value(None::<Uuid>))
    })
    .await?;
    match money {
        Money::Fulfils => {
            change::advance::<order_row::Entity>(&mut tx, &order, order::Action::Pay, |update| {
                update.col_expr(order_row::Column::PaidAt, Expr::value(paid_at))
            })
            .await?;
        }
        Money::GoesBack => refund::flow::give_back(&mut tx, &payment, refund::Cause::Surplus).await?,
    }
    tx.commit().await
}

/// Money that is not what we asked for is kept for finance: no order is paid by it, none of it is sent anywhere.
async fn dispute(state: &State, payment_id: Uuid, why: &'static str) -> Result<(), Error> {
    tracing::error!(payment.id = %payment_id, payment.trouble = why, "WeChat Pay tells another payment than ours");
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(payment) = open_row(&tx, payment_id).await? else { return Ok(()) };
    change::advance::<row::Entity>(&mut tx, &payment, Action::Dispute, |update| {
        update.col_expr(row::Column::Trouble, Expr::value(why)).col_expr(row::Column::LiveOf, Expr::value(None::<Uuid>))
    })
    .await?;
    tx.commit().await
}

/// WeChat Pay will take no money for this number any more.
async fn closed(state: &State, payment_id: Uuid) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(payment) = open_row(&tx, payment_id).await? else { return Ok(()) };
    if payment.status == Status::Closed {
        return Ok(());
    }
    let now = tx.now;
    change::advance::<row::Entity>(&mut tx, &payment, Action::Close, |update| {
        update
            .col_expr(row::Column::ClosedAt, Expr::value(now))
            .col_expr(row::Column::CodeUrl, Expr::value(None::<String>))
            .col_expr(row::Column::LiveOf, Expr::value(None::<Uuid>))
    })
    .await?;
    tx.commit().await
}

/// The payment, if money can still come for it.
async fn open_row(tx: &Tx, payment_id: Uuid) -> Result<Option<row::Model>, Error> {
    let payment = row::Entity::find_by_id(payment_id).one(&**tx).await?;
    Ok(payment.filter(|payment| matches!(payment.status, Status::Prepared | Status::Closed)))
}

/// Closes at WeChat Pay, then here. When somebody was faster and has paid, it is paid.
async fn close(state: &State, payment: &row::Model) -> Result<(), Error> {
    match state.providers.wechat_pay.close(&payment.out_trade_no).await.map_err(trouble)? {
        Closing::Closed | Closing::Unknown => closed(state, payment.id).await,
        Closing::AlreadyPaid => settle(state, payment.id).await,
    }
}

/// The job [`CLOSE`]: what can still be paid of an order that is paid, or being closed, is closed at WeChat Pay; then the order.
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
