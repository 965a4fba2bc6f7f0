//! 服务购买: what a company buys, how it is paid for, and how money goes back. The rules; everything here is pure.
//! Amounts are whole fen, totals are computed here and nowhere else, and every movement of money happens exactly once.

pub mod doable;
pub mod entity;
pub mod flow;
pub mod http;
pub mod list;
pub mod payment;
pub mod price;
pub mod refund;
pub mod transfer;

use crate::actions;
use chrono::{DateTime, Duration, FixedOffset, Utc};
use poem_openapi::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use zhangzheng_kinds::Random;

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "OrderStatus", rename_all = "snake_case")]
pub enum Status {
    /// Priced; the invoice data (发票信息) is still to come.
    Draft,
    /// Can be paid.
    AwaitingPayment,
    /// Cancelled, expired or refused: being closed at WeChat Pay, before it is closed here.
    Closing,
    /// Never to be paid; whatever money still comes goes back by itself.
    Closed,
    Paid,
    /// All of it is on its way back.
    Refunding,
    Refunded,
}

actions! {
    /// What can be done to an order.
    "order" {
        /// 确认发票信息.
        Confirm => "confirm",
        Pay => "pay",
        Cancel => "cancel",
        Expire => "expire",
        Close => "close",
        Refund => "refund",
        Return => "refunded",
    }
}

impl Status {
    /// The whole machine.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Draft | AwaitingPayment, Confirm) => Some(AwaitingPayment),
            (AwaitingPayment | Closing, Pay) => Some(Paid),
            // Nothing can have been prepared at WeChat Pay for a draft: it closes at once.
            (Draft, Cancel | Expire) => Some(Closed),
            (AwaitingPayment, Cancel | Expire) => Some(Closing),
            (Closing, Close) => Some(Closed),
            (Paid, Refund) => Some(Refunding),
            (Refunding, Return) => Some(Refunded),
            _ => None,
        }
    }

    /// The word in the markup of pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::AwaitingPayment => "awaiting_payment",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Paid => "paid",
            Self::Refunding => "refunding",
            Self::Refunded => "refunded",
        }
    }

    /// 状态, as lists show it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Draft => "待确认发票",
            Self::AwaitingPayment => "待付款",
            Self::Closing => "正在关闭",
            Self::Closed => "已关闭",
            Self::Paid => "已付款",
            Self::Refunding => "退款中",
            Self::Refunded => "已退款",
        }
    }
}

/// Why an order is being closed, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "OrderClosing", rename_all = "snake_case")]
pub enum Because {
    /// By the applicant.
    Cancelled,
    /// Nobody paid in time.
    Expired,
    /// The company was rejected for good.
    Rejected,
    /// Paid, and given back because the applicant asked.
    Withdrawn,
}

impl Because {
    /// As lists show it, after 已关闭.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Cancelled => "已取消",
            Self::Expired => "超时未付款",
            Self::Rejected => "审核未通过",
            Self::Withdrawn => "申请退款",
        }
    }
}

/// What becomes of money that has come for an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// The order is paid by it.
    Fulfils,
    /// Nobody wants it any more, or the order is paid already: it goes back by itself.
    GoesBack,
}

/// The rule for money that comes. Money that beats the closing of an expired order still buys: the person wanted it. Whoever
/// cancelled, or was rejected, gets it back.
pub const fn money(status: Status, because: Option<Because>) -> Money {
    match (status, because) {
        (Status::AwaitingPayment, _) | (Status::Closing, Some(Because::Expired)) => Money::Fulfils,
        _ => Money::GoesBack,
    }
}

/// Beijing time: the hours of order numbers and of what pages show.
pub fn beijing(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    at.with_timezone(&FixedOffset::east_opt(8 * 3600).expect("eight hours is a valid offset"))
}

/// A new 订单号: RS, Beijing time to the minute, eight random digits. Whether it is taken, the table says.
pub fn number(now: DateTime<Utc>, random: &Random) -> String {
    format!("RS{}{}", beijing(now).format("%Y%m%d%H%M"), random.digits(8))
}

/// 授权有效期自购买之日起计算: what was bought is good for this long.
pub const SERVICE_LIFE: Duration = Duration::days(365);

#[cfg(test)]
mod tests;
