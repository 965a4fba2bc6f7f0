//! 支付: one try to pay an order, under a number of its own, on one of several [`rail`]s.
//!
//! One order, several channels, never paid twice: before another channel (or another payer) is prepared, the one before is
//! closed where it can be paid, so that at most one number of an order can be paid at a time. Should money come for two all the same (it was
//! on its way when its number was closed), the later goes back by itself.

pub mod flow;
pub mod rail;
pub mod settle;
mod wechat;

use crate::actions;
use chrono::Duration;
use poem_openapi::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use zhangzheng_kinds::Fen;
use zhangzheng_providers::wechat_pay::{TradeState, Transaction};

/// How the payer comes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "PaymentChannel", rename_all = "snake_case")]
pub enum Channel {
    /// 二维码支付 on the desktop.
    Native,
    /// WeChat Pay inside the mini-program.
    MiniProgram,
    /// 对公转账 to our bank account; finance enters what has come.
    BankTransfer,
}

impl Channel {
    /// As pages call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Native => "微信扫码支付",
            Self::MiniProgram => "微信小程序支付",
            Self::BankTransfer => "对公转账",
        }
    }
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "PaymentStatus", rename_all = "snake_case")]
pub enum Status {
    /// Its number may be known to WeChat Pay: it can be paid.
    Prepared,
    /// The money is here, and the order is paid by it.
    Paid,
    /// Closed where it could be paid.
    Closed,
    /// The money is here and goes back by itself.
    Surplus,
    /// WeChat Pay tells another sum, currency or owner than ours: kept for finance, never fulfilled.
    Disputed,
}

actions! {
    /// What can be done to a payment.
    "payment" {
        Settle => "settle",
        Close => "close",
        Spare => "spare",
        Dispute => "dispute",
    }
}

impl Status {
    /// The whole machine. Money can come for a number that was closed: it was on its way.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Prepared | Closed, Settle) => Some(Paid),
            (Prepared, Close) => Some(Closed),
            (Prepared | Closed, Spare) => Some(Surplus),
            (Prepared | Closed, Dispute) => Some(Disputed),
            _ => None,
        }
    }

    /// As the console's lists show it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Prepared => "待付款",
            Self::Paid => "已付款",
            Self::Closed => "已关闭",
            Self::Surplus => "多付，退回",
            Self::Disputed => "与订单不符，待核对",
        }
    }
}

/// What WeChat Pay's answer about one of our numbers means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The money is here, all of it, ours.
    Paid,
    /// Not paid, or not known yet: ask again later.
    Pending,
    /// It can never be paid.
    Closed,
    /// Paid, but not what we asked for.
    Wrong(&'static str),
}

/// Whose money a payment must be.
#[derive(Clone, Copy, Debug)]
pub struct Ours<'a> {
    pub appid: &'a str,
    pub mchid: &'a str,
    pub out_trade_no: &'a str,
    pub amount: Fen,
}

/// Reads WeChat Pay's answer. Only what says explicitly that exactly our sum came to us is paid; what is unknown is pending.
pub fn told(transaction: &Transaction, ours: Ours<'_>) -> Told {
    match &transaction.state {
        TradeState::NotPaid | TradeState::Pending(_) => return Told::Pending,
        TradeState::Closed => return Told::Closed,
        TradeState::Refunded => return Told::Wrong("refunded elsewhere"),
        TradeState::Paid => {}
    }
    if transaction.out_trade_no != ours.out_trade_no {
        Told::Wrong("another number")
    } else if transaction.mchid != ours.mchid {
        Told::Wrong("another merchant")
    } else if transaction.appid != ours.appid {
        Told::Wrong("another mini-program")
    } else if transaction.currency.as_deref() != Some("CNY") {
        Told::Wrong("another currency")
    } else if transaction.total != Some(ours.amount) {
        Told::Wrong("another amount")
    } else if transaction.transaction_id.is_none() {
        Told::Wrong("no transaction id")
    } else {
        Told::Paid
    }
}

/// When to ask WeChat Pay the first time although no notice has come, counted from the preparation, in seconds (its own advice).
const LADDER: [i64; 7] = [5, 30, 60, 180, 300, 600, 1800];

/// How long to wait before asking again, for a payment prepared this long ago.
pub fn ask_again_in(prepared_ago: Duration) -> Duration {
    let ago = prepared_ago.num_seconds();
    let next = LADDER.iter().find(|&&rung| rung > ago).map(|rung| rung - ago);
    Duration::seconds(next.unwrap_or(1800))
}

/// Money may be on its way for this long after a number was closed: until then it is still looked after.
pub const STRAGGLERS: Duration = Duration::hours(24);

#[cfg(test)]
mod tests;
