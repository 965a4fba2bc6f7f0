//! Payments and refunds in our words.

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;
use zhangzheng_kinds::Fen;

/// An order to be paid. All of it is fixed by the first prepay: a change needs a new number.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// Ours, unique for ever: 6 to 32 of `0-9A-Za-z_-`.
    pub out_trade_no: &'a str,
    /// Shown in the bill, at most 127 characters.
    pub description: &'a str,
    /// At least one fen.
    pub total: Fen,
    /// The last moment to pay.
    pub expires: DateTime<Utc>,
}

/// What a prepay ends in when it is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prepaid<T> {
    Ready(T),
    /// Somebody has paid: query it.
    AlreadyPaid,
    /// It was closed: the order needs a new number.
    Closed,
    /// The number was used with other particulars: query it, close it, take a new number.
    Different,
}

impl<T> Prepaid<T> {
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Prepaid<U> {
        match self {
            Self::Ready(value) => Prepaid::Ready(change(value)),
            Self::AlreadyPaid => Prepaid::AlreadyPaid,
            Self::Closed => Prepaid::Closed,
            Self::Different => Prepaid::Different,
        }
    }
}

/// What `wx.requestPayment` takes, by its names. `appId` is signed but not passed on by a mini-program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestPayment {
    pub app_id: String,
    pub time_stamp: String,
    pub nonce_str: String,
    pub package: String,
    pub sign_type: String,
    pub pay_sign: String,
}

/// How an order stands with WeChat Pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TradeState {
    /// SUCCESS: the money is with us.
    Paid,
    /// NOTPAY. Not a failure: it can still be paid until it is closed.
    NotPaid,
    /// CLOSED or REVOKED: it can never be paid.
    Closed,
    /// REFUND: it was paid, and at least a part was given back.
    Refunded,
    /// Anything else, in WeChat Pay's word: ask again later.
    Pending(String),
}

impl TradeState {
    /// Whether the money came, whatever became of it.
    pub fn was_paid(&self) -> bool {
        matches!(self, Self::Paid | Self::Refunded)
    }
}

/// An order as WeChat Pay tells it. What belongs to a payment is `None` until it is paid.
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    pub appid: String,
    pub mchid: String,
    pub out_trade_no: String,
    pub transaction_id: Option<String>,
    pub state: TradeState,
    /// What the order costs; compare it with your own.
    pub total: Option<Fen>,
    /// What the payer gave, less coupons.
    pub payer_total: Option<Fen>,
    pub currency: Option<String>,
    pub payer_openid: Option<String>,
    pub paid_at: Option<DateTime<Utc>>,
}

/// The payer's openid is not printed.
impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transaction")
            .field("out_trade_no", &self.out_trade_no)
            .field("state", &self.state)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

/// What a close ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    Closed,
    /// Too late: query it and treat it as paid.
    AlreadyPaid,
    /// WeChat Pay has never heard of it: there is nothing to close.
    Unknown,
}

/// Money to be given back.
#[derive(Clone, Debug)]
pub struct RefundOrder<'a> {
    pub out_trade_no: &'a str,
    /// Ours: 1 to 64 of `0-9A-Za-z_-`. The same number is the same refund.
    pub out_refund_no: &'a str,
    /// Shown to the payer; cut to 80 bytes (26 Han characters).
    pub reason: &'a str,
    pub refund: Fen,
    /// What the whole order cost.
    pub total: Fen,
}

/// What asking for a refund ends in when it is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refunding {
    Accepted(Refund),
    /// The merchant's balance is too small: top up, then send the same again.
    NotEnough,
    /// The payer's account cannot take it: pay back by other means.
    AccountAbnormal,
    /// There is no such paid order.
    NothingPaid,
}

/// How a refund stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundState {
    Processing,
    Done,
    /// Given up by WeChat Pay; the money is still with us.
    Closed,
    /// The payer's card or account is gone: staff must act.
    Abnormal,
    /// Anything else, in WeChat Pay's word: ask again later.
    Pending(String),
}

/// A refund as WeChat Pay tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub out_trade_no: String,
    pub out_refund_no: String,
    pub refund_id: String,
    pub state: RefundState,
    pub refund: Fen,
    pub total: Fen,
    pub done_at: Option<DateTime<Utc>>,
}

/// A moment as WeChat Pay takes it: Beijing time, to the second.
pub(super) fn beijing(at: DateTime<Utc>) -> String {
    let beijing = FixedOffset::east_opt(8 * 3600).expect("eight hours is a valid offset");
    at.with_timezone(&beijing).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
