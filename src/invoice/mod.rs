//! 发票: the electronic invoice of an order. It follows the money: issued when the order is paid, reversed (冲红) when money
//! goes back, issued anew for what is left. The rules; everything here is pure.

pub mod entity;
pub mod flow;
pub mod http;
pub mod mail;
pub mod view;

use crate::actions;
use poem_openapi::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use zhangzheng_kinds::Fen;

/// Where an invoice stands. Each has a number of its own at WeChat Pay, which is never used for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "InvoiceStatus", rename_all = "snake_case")]
pub enum Status {
    /// To be asked for; nobody knows yet whether WeChat Pay has heard of it.
    Asked,
    /// WeChat Pay has accepted it.
    Issuing,
    Issued,
    /// Will never be issued under its number: tried again under another, or by finance.
    Failed,
    /// Given up before it was issued.
    Dropped,
    /// 冲红 is to be asked for, or has been.
    Reversing,
    /// 冲红 was refused: finance must act.
    ReverseFailed,
    /// 已冲红.
    Reversed,
}

actions! {
    /// What can be done to an invoice.
    "invoice" {
        Accept => "accept",
        Issue => "issue",
        Fail => "fail",
        Drop => "drop",
        /// 冲红.
        Reverse => "reverse",
        RefuseReversal => "refuse_reversal",
        Redden => "redden",
    }
}

impl Status {
    /// The whole machine.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Asked, Accept) => Some(Issuing),
            // Finance records by hand what could not be issued by itself.
            (Asked | Issuing | Failed, Issue) => Some(Issued),
            (Asked | Issuing, Fail) => Some(Failed),
            // What was never sent can be given up; what was accepted cannot.
            (Asked | Failed, Drop) => Some(Dropped),
            (Issued | ReverseFailed, Reverse) => Some(Reversing),
            (Reversing, RefuseReversal) => Some(ReverseFailed),
            (Issued | Reversing | ReverseFailed, Redden) => Some(Reversed),
            _ => None,
        }
    }

    /// Whether the order has this invoice, or is about to: one at a time.
    pub const fn is_live(self) -> bool {
        !matches!(self, Self::Dropped | Self::Reversed)
    }

    /// As lists show it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Asked | Self::Issuing => "开票中",
            Self::Issued => "已开具",
            Self::Failed => "开票异常，财务正在处理",
            Self::Dropped => "未开具",
            Self::Reversing => "冲红中",
            Self::ReverseFailed => "冲红异常，财务正在处理",
            Self::Reversed => "已冲红",
        }
    }
}

/// WeChat Pay takes so many invoices for one payment.
pub const MOST: i32 = 5;
/// Of these, so many are tried without a person.
pub const BY_ITSELF: i32 = 3;

/// What is to be done about the invoice of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Nothing,
    /// A new one, for this sum.
    Open(Fen),
    /// The live one is given up; look again.
    Drop,
    /// The live one is reversed.
    Reverse,
}

/// The rule: an invoice for exactly what the order has kept, and none for nothing. What is under way is waited for.
pub fn step(kept: Fen, live: Option<(Status, Fen)>) -> Step {
    match live {
        None if kept.0 > 0 => Step::Open(kept),
        Some((Status::Issued, amount)) if amount != kept => Step::Reverse,
        Some((Status::Failed, amount)) if amount != kept => Step::Drop,
        _ => Step::Nothing,
    }
}

#[cfg(test)]
mod tests;
