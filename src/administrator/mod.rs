//! 确认管理员: who of a company's people may use its certificate. Naming somebody gives nothing yet; the person named confirms
//! on the phone, where the key is made together with the server, so that nobody ever holds it whole.

mod authorisation;
pub mod entity;
pub mod flow;
pub mod http;
mod key;
mod needs;
mod pages;
mod view;

pub use pages::routes;

use crate::actions;
use chrono::Duration;
use poem_openapi::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter, entity::prelude::*};

/// M45, as the manual says it.
pub const DUTIES: &str = "管理员拥有使用已购买的手机证书参与招投标活动；拥有购买服务、授权或撤销授权等权限。";
/// M46, as the manual asks it.
pub const ASK_SELF: &str = "是否确认设定当前账号为管理员！";
/// Wrong PINs in a row after which a key is locked.
pub const MOST_FAILURES: i32 = 5;
/// A key being made, and a signature under way, are forgotten after this long.
pub const SESSION_LIFE: Duration = Duration::minutes(2);

/// Where an administrator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "AdministratorStatus", rename_all = "snake_case")]
pub enum Status {
    /// Named; must confirm on the phone.
    Named,
    /// Confirmed: holds the company's key.
    Confirmed,
    /// 变更管理员: another one has confirmed since.
    Replaced,
    /// Somebody else was named before this one confirmed, or this one declined.
    Withdrawn,
}

actions! {
    /// What can be done to an administrator.
    "administrator" {
        Confirm => "confirm",
        Replace => "replace",
        Withdraw => "withdraw",
    }
}

impl Status {
    /// The whole machine.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Named, Confirm) => Some(Confirmed),
            (Named, Withdraw) => Some(Withdrawn),
            (Confirmed, Replace) => Some(Replaced),
            _ => None,
        }
    }
}

/// How somebody became the one named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "AdministratorHow", rename_all = "snake_case")]
pub enum How {
    /// 我是管理员.
    Oneself,
    /// 指定他人: by name, mobile and code.
    Other,
    /// 变更管理员: chosen among the company's people.
    Chosen,
}

/// Where a signing key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "KeyStatus", rename_all = "snake_case")]
pub enum KeyStatus {
    /// Both halves exist; the administrator has not confirmed with it yet.
    Pending,
    /// The administrator's key.
    Active,
    /// Too many wrong PINs.
    Locked,
    /// Never again.
    Revoked,
}

/// What can be done to a key.
pub mod key_action {
    crate::actions! {
        /// What can be done to a signing key.
        "signing_key" {
            Activate => "activate",
            Lock => "lock",
            Revoke => "revoke",
        }
    }
}

impl KeyStatus {
    /// The whole machine.
    pub const fn on(self, action: key_action::Action) -> Option<Self> {
        use {KeyStatus::*, key_action::Action::*};
        match (self, action) {
            (Pending, Activate) => Some(Active),
            (Pending | Active, Lock) => Some(Locked),
            (Pending | Active | Locked, Revoke) => Some(Revoked),
            _ => None,
        }
    }

    /// Whether it may sign.
    pub const fn may_sign(self) -> bool {
        matches!(self, Self::Pending | Self::Active)
    }
}

/// Who may name an administrator: before there is one, whoever registered the account; afterwards also the administrator.
/// Somebody who was merely named, or given an authorisation, may not.
pub fn may_name(asks: Uuid, registered: Uuid, confirmed: Option<Uuid>) -> bool {
    asks == registered || confirmed == Some(asks)
}

/// What keeps the person named from confirming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename = "ConfirmBlocked", rename_all = "snake_case")]
pub enum Blocked {
    /// 个人实名认证 is not done.
    NotVerified,
    /// Verified under another name than the one that was named.
    OtherName,
    /// Nothing is bought (any more).
    NotPaid,
}

impl Blocked {
    /// What to do about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NotVerified => "请先完成个人实名认证，再确认管理员",
            Self::OtherName => "您的实名姓名与被指定的管理员姓名不一致，请联系指定人核对后重新指定",
            Self::NotPaid => "购买服务后才能确认管理员",
        }
    }
}

/// Whether the person named may confirm. `verified` and `named` are names; `named` is none when no name was given.
pub fn may_confirm(paid: bool, verified: Option<&str>, named: Option<&str>) -> Result<(), Blocked> {
    match (paid, verified, named) {
        (false, ..) => Err(Blocked::NotPaid),
        (_, None, _) => Err(Blocked::NotVerified),
        (_, Some(verified), Some(named)) if verified != named => Err(Blocked::OtherName),
        _ => Ok(()),
    }
}

/// The first free place among `bought` ones.
pub fn free_place(taken: &[u32], bought: u32) -> Option<u32> {
    (1..=bought).find(|place| !taken.contains(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sea_orm::{ActiveEnum, Iterable};

    /// Every status and what each action makes of it.
    fn table<S: ActiveEnum<Value = String> + Iterable + Copy, A: Copy>(
        actions: &[(A, &str)],
        on: fn(S, A) -> Option<S>,
    ) -> String {
        let mut lines = String::new();
        for status in S::iter() {
            for (action, name) in actions {
                let next = on(status, *action).map_or("-".to_owned(), |next| next.to_value());
                lines += &format!("{} {name} {next}\n", status.to_value());
            }
        }
        lines
    }

    #[test]
    fn m45_the_machine_of_an_administrator() {
        let actions: Vec<_> = Action::ALL.iter().map(|action| (*action, action.event())).collect();
        insta::assert_snapshot!(table(&actions, Status::on), @r"
        named administrator.confirm confirmed
        named administrator.replace -
        named administrator.withdraw withdrawn
        confirmed administrator.confirm -
        confirmed administrator.replace replaced
        confirmed administrator.withdraw -
        replaced administrator.confirm -
        replaced administrator.replace -
        replaced administrator.withdraw -
        withdrawn administrator.confirm -
        withdrawn administrator.replace -
        withdrawn administrator.withdraw -
        ");
    }

    #[test]
    fn c3_the_machine_of_a_key() {
        use key_action::Action;
        let actions: Vec<_> = Action::ALL.iter().map(|action| (*action, action.event())).collect();
        insta::assert_snapshot!(table(&actions, KeyStatus::on), @r"
        pending signing_key.activate active
        pending signing_key.lock locked
        pending signing_key.revoke revoked
        active signing_key.activate -
        active signing_key.lock locked
        active signing_key.revoke revoked
        locked signing_key.activate -
        locked signing_key.lock -
        locked signing_key.revoke revoked
        revoked signing_key.activate -
        revoked signing_key.lock -
        revoked signing_key.revoke -
        ");
    }

    #[test]
    fn m47_only_the_person_who_was_named_may_confirm() {
        assert_eq!(may_confirm(true, Some("陈静"), Some("陈静")), Ok(()));
        assert_eq!(may_confirm(true, Some("王芳"), None), Ok(()));
        assert_eq!(may_confirm(true, Some("王芳"), Some("陈静")), Err(Blocked::OtherName));
        assert_eq!(may_confirm(true, None, Some("陈静")), Err(Blocked::NotVerified));
        assert_eq!(may_confirm(false, Some("陈静"), Some("陈静")), Err(Blocked::NotPaid));
    }

    #[test]
    fn m48_whoever_was_only_named_names_nobody() {
        let [registered, administrator, named] = [1, 2, 3].map(Uuid::from_u128);
        assert!(may_name(registered, registered, None) && may_name(registered, registered, Some(administrator)));
        assert!(may_name(administrator, registered, Some(administrator)));
        assert!(!may_name(named, registered, None) && !may_name(named, registered, Some(administrator)));
    }

    proptest! {
        #[test]
        fn m49_no_more_places_than_were_bought(taken in prop::collection::vec(1u32..60, 0..60), bought in 0u32..50) {
            match free_place(&taken, bought) {
                Some(place) => prop_assert!(place >= 1 && place <= bought && !taken.contains(&place)),
                None => prop_assert!((1..=bought).all(|place| taken.contains(&place))),
            }
        }

        #[test]
        fn m48_once_replaced_or_withdrawn_nothing_brings_an_administrator_back(steps in prop::collection::vec(0usize..3, 0..8)) {
            let mut status = Status::Named;
            let mut over = false;
            for step in steps {
                if let Some(next) = status.on(Action::ALL[step]) {
                    prop_assert!(!over, "{status:?} moved on to {next:?}");
                    status = next;
                }
                over |= matches!(status, Status::Replaced | Status::Withdrawn);
            }
        }
    }
}
