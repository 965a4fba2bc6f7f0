//! 激活证书: once person, company, payment, seal and administrator are all there, the certificate is issued by itself, without
//! anybody's presence; and before that, the seal is drawn.

pub mod entity;
pub mod flow;
pub mod http;
mod needs;
mod pages;
pub mod proof;
pub mod seal;
pub mod status;
pub mod structure;
mod view;

pub use pages::routes;

use crate::actions;
use poem_openapi::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};

/// Where a certificate stands. That it has expired is a matter of the clock, not of the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "CertificateStatus", rename_all = "snake_case")]
pub enum Status {
    /// Signed by the authority, not in force yet.
    Issued,
    /// In force: the account's one certificate.
    Active,
    /// Never again: its administrator was replaced.
    Revoked,
}

actions! {
    /// What can be done to a certificate.
    "certificate" {
        Activate => "activate",
        Revoke => "revoke",
    }
}

impl Status {
    /// The whole machine.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Issued, Activate) => Some(Active),
            (Issued | Active, Revoke) => Some(Revoked),
            _ => None,
        }
    }
}

/// One of the five things that must be there (M51), in the order of the journey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename = "CertificateCondition", rename_all = "snake_case")]
pub enum Condition {
    /// The administrator's 个人实名认证.
    Person,
    /// 企业实名认证 approved.
    Company,
    /// Paid.
    Order,
    /// The seal is made.
    Seal,
    /// An administrator has confirmed.
    Administrator,
}

impl Condition {
    /// The five of them.
    pub const ALL: [Self; 5] = [Self::Person, Self::Company, Self::Order, Self::Seal, Self::Administrator];

    /// What the page says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Person => "个人实名认证",
            Self::Company => "企业实名认证审核通过",
            Self::Order => "服务购买",
            Self::Seal => "印章制作",
            Self::Administrator => "确认管理员",
        }
    }
}

/// Which of the five are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Met {
    pub person: bool,
    pub company: bool,
    pub order: bool,
    pub seal: bool,
    pub administrator: bool,
}

impl Met {
    /// Whether this one is.
    pub const fn has(&self, condition: Condition) -> bool {
        match condition {
            Condition::Person => self.person,
            Condition::Company => self.company,
            Condition::Order => self.order,
            Condition::Seal => self.seal,
            Condition::Administrator => self.administrator,
        }
    }

    /// What is still missing, in order; empty when the certificate can be issued.
    pub fn missing(&self) -> Vec<Condition> {
        Condition::ALL.into_iter().filter(|condition| !self.has(*condition)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::{ActiveEnum, Iterable};

    #[test]
    fn m51_the_machine_of_a_certificate() {
        let mut table = String::new();
        for status in Status::iter() {
            for action in Action::ALL {
                let next = status.on(*action).map_or("-".to_owned(), |next| next.to_value());
                table += &format!("{} {} {next}\n", status.to_value(), action.event());
            }
        }
        insta::assert_snapshot!(table, @r"
        issued certificate.activate active
        issued certificate.revoke revoked
        active certificate.activate -
        active certificate.revoke revoked
        revoked certificate.activate -
        revoked certificate.revoke -
        ");
    }

    #[test]
    fn m51_nothing_less_than_all_five_is_enough() {
        for bits in 0u8..32 {
            let has = |bit: u8| bits & (1 << bit) != 0;
            let met = Met { person: has(0), company: has(1), order: has(2), seal: has(3), administrator: has(4) };
            assert_eq!(met.missing().is_empty(), bits == 31, "{met:?}");
            assert_eq!(met.missing().len(), 5 - bits.count_ones() as usize);
        }
    }
}
