//! 退款: money that goes back. One number per refund, used again whenever the outcome is unknown, so that it goes back once.

pub mod flow;
pub mod hand;
pub mod policy;
pub mod work;

use crate::actions;
use poem_openapi::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};

/// The most refunds of one payment: WeChat Pay takes no more.
pub const MOST: i32 = 50;

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "RefundCause", rename_all = "snake_case")]
pub enum Cause {
    /// The company was rejected for good: everything paid goes back.
    Rejected,
    /// It came twice, too late, or after a cancellation.
    Surplus,
    /// The applicant has withdrawn before activation: everything.
    Withdrawn,
    /// Authorisations that nobody has used.
    Unused,
    /// Finance gives a part back, for a reason of its own.
    Goodwill,
}

impl Cause {
    /// What the payer reads in WeChat: at most 80 bytes.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Rejected => "企业审核未通过，全额退款",
            Self::Surplus => "订单已支付或已关闭，退回款项",
            Self::Withdrawn => "申请人取消办理，全额退款",
            Self::Unused => "退回未使用的授权使用费",
            Self::Goodwill => "客服协商退款",
        }
    }
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "RefundStatus", rename_all = "snake_case")]
pub enum Status {
    /// To be asked for; nobody knows yet whether WeChat Pay has heard of it.
    Asked,
    /// WeChat Pay has accepted it.
    Processing,
    /// Finance pays it back by bank transfer.
    ByHand,
    Done,
    /// WeChat Pay cannot give it back by itself: finance must act.
    Abnormal,
    /// Its number is dead at WeChat Pay and nothing went back under it: another refund has taken its place.
    Void,
}

actions! {
    /// What can be done to a refund.
    "refund" {
        Accept => "accept",
        Finish => "finish",
        Fail => "fail",
        Void => "void",
    }
}

impl Status {
    /// The whole machine. What finance has repaired at WeChat Pay, or paid back itself, is done after all.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Asked, Accept) => Some(Processing),
            (Asked | Processing | Abnormal | ByHand, Finish) => Some(Done),
            (Asked | Processing, Fail) => Some(Abnormal),
            (Abnormal, Action::Void) => Some(Status::Void),
            _ => None,
        }
    }

    /// As lists show it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Asked | Self::Processing | Self::ByHand => "退款中",
            Self::Done => "已退款",
            Self::Abnormal => "退款异常，客服将与您联系",
            Self::Void => "已重新发起",
        }
    }

    /// Whether it is still on its way.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Done | Self::Void)
    }
}
