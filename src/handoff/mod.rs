//! 扫码接力: a QR code hands a signed-in desktop's next act to the phone. The code is an ordinary link with a single-use
//! ticket of 256 bits, bound to the desktop session that showed it; the phone shows who asks and confirms.

pub mod entity;
pub mod flow;
pub mod http;
pub mod pages;

use crate::actions;
use poem_openapi::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter, Iterable};

/// What is handed to the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "HandoffPurpose", rename_all = "snake_case")]
pub enum Purpose {
    /// 个人实名认证
    Person,
    /// 拍摄上传企业材料
    Company,
    /// 小程序支付
    Order,
    /// 确认管理员
    Administrator,
    /// 查看证书
    Certificate,
}

impl Purpose {
    /// The purpose with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::iter().find(|purpose| purpose.word() == word)
    }

    /// The word in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Company => "company",
            Self::Order => "order",
            Self::Administrator => "administrator",
            Self::Certificate => "certificate",
        }
    }
}

/// Where a ticket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "HandoffStatus", rename_all = "snake_case")]
pub enum Status {
    /// On the desktop's screen.
    Shown,
    /// A phone has opened it.
    Scanned,
    /// The person on the phone has confirmed.
    Confirmed,
    /// The person on the phone has refused.
    Refused,
}

actions! {
    /// What can be done to a ticket.
    "handoff" {
        Scan => "scan",
        Confirm => "confirm",
        Refuse => "refuse",
    }
}

impl Status {
    /// The whole machine. Expiry is a matter of the clock, not of the status.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Shown, Scan) => Some(Scanned),
            (Scanned, Confirm) => Some(Confirmed),
            (Shown | Scanned, Refuse) => Some(Refused),
            _ => None,
        }
    }
}
