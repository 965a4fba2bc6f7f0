//! 退款: money that goes back. One number per try, used again whenever the outcome is unknown, so that it goes back once.

pub mod flow;

use crate::actions;
use poem_openapi::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};

/// Why money goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "RefundCause", rename_all = "snake_case")]
pub enum Cause {
    /// The company was rejected for good: everything paid goes back.
    Rejected,
    /// It came twice, too late, or after a cancellation.
    Surplus,
}

impl Cause {
    /// What the payer reads in WeChat: at most 80 bytes.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Rejected => "企业审核未通过，全额退款",
            Self::Surplus => "订单已支付或已关闭，退回款项",
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
    Done,
    /// WeChat Pay cannot give it back by itself: finance must act.
    Abnormal,
}

actions! {
    /// What can be done to a refund.
    "refund" {
        Accept => "accept",
        Finish => "finish",
        Fail => "fail",
    }
}

impl Status {
    /// The whole machine. What finance has repaired at WeChat Pay is done after all.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Asked, Accept) => Some(Processing),
            (Asked | Processing | Abnormal, Finish) => Some(Done),
            (Asked | Processing, Fail) => Some(Abnormal),
            _ => None,
        }
    }

    /// As lists show it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Asked | Self::Processing => "退款中",
            Self::Done => "已退款",
            Self::Abnormal => "退款异常，客服将与您联系",
        }
    }
}
