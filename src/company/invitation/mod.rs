//! 法定代表人在线确认: the way of an agent without paper. The representative is invited, proves to be that person on a phone of
//! their own, reads exactly what is asked, and confirms or declines. Here are the rules.

pub mod answer;
pub mod entity;
pub mod flow;
mod statement;

pub use statement::{Statement, VERSION};

use super::Item;
use crate::actions;
use chrono::Duration;
use poem_openapi::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter, Iterable};

/// An invitation may be answered for this long.
pub const LIFE: Duration = Duration::days(7);
/// The SMS of one invitation may be sent this often.
pub const MOST_MESSAGES: i32 = 5;
/// Seconds between two of them.
pub const MESSAGE_PAUSE: u32 = 60;

/// How an agent shows that the company has asked for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum Mandate {
    /// 纸质授权委托书: signed, stamped, photographed.
    Letter,
    /// 法定代表人在线确认: no paper.
    Invitation,
}

impl Mandate {
    /// The one with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::iter().find(|mandate| mandate.word() == word)
    }

    /// The word in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::Invitation => "invitation",
        }
    }

    /// What the choice is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Letter => "上传授权委托书",
            Self::Invitation => "法定代表人在线确认",
        }
    }
}

/// Where an invitation stands. Expiry is a matter of the clock, not of the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "InvitationStatus", rename_all = "snake_case")]
pub enum Status {
    /// Shown, shared or sent; nobody has come.
    Sent,
    /// Opened by somebody who holds the representative's mobile number, and by nobody else from now on.
    Opened,
    /// The representative agrees.
    Confirmed,
    /// The representative does not.
    Declined,
    /// Taken back by the agent, or another one took its place.
    Revoked,
    /// What it said is no longer what the form says.
    Void,
}

actions! {
    /// What can be done to an invitation.
    "invitation" {
        /// By whoever holds the representative's mobile number.
        Open => "open",
        /// By the representative.
        Confirm => "confirm",
        /// By the representative.
        Decline => "decline",
        /// By the company's people.
        Revoke => "revoke",
        /// By a change of the form.
        Void => "void",
    }
}

impl Status {
    /// The whole machine.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Sent, Open) => Some(Opened),
            (Opened, Confirm) => Some(Confirmed),
            (Opened | Confirmed, Decline) => Some(Declined),
            (Sent | Opened | Confirmed, Revoke) => Some(Revoked),
            (Sent | Opened | Confirmed, Action::Void) => Some(Status::Void),
            _ => None,
        }
    }

    /// Whether it still counts: one such at most a company.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Sent | Self::Opened | Self::Confirmed)
    }

    /// Whether it waits for the representative.
    pub const fn is_waiting(self) -> bool {
        matches!(self, Self::Sent | Self::Opened)
    }
}

/// What keeps somebody who has opened an invitation from answering it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename = "InvitationBlocked", rename_all = "snake_case")]
pub enum Blocked {
    /// 个人实名认证 is still to be done.
    NotVerified,
    /// The verified name is not the representative's.
    AnotherName,
    /// The verified number is not the representative's.
    AnotherNumber,
    /// The agent cannot be asked by the agent.
    Agent,
}

impl Blocked {
    /// What to do about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NotVerified => "请先完成个人实名认证，再核对并确认",
            Self::AnotherName => {
                "您的实名姓名与申请中的法定代表人不一致。请由法定代表人本人确认；如姓名填写有误，请经办人更正后重新邀请"
            }
            Self::AnotherNumber => {
                "您的身份证号与申请中的法定代表人不一致。请由法定代表人本人确认；如号码填写有误，请经办人更正后重新邀请"
            }
            Self::Agent => "经办人与法定代表人是同一人，请改选“我是法人”办理，无需邀请",
        }
    }
}

/// Who may answer: the person whom the form names, and not the agent.
///
/// # Errors
/// What keeps this person from it.
pub fn may_answer(
    verified: Option<(&str, &str)>,
    representative: (&str, Option<&str>),
    agent_number: &str,
) -> Result<(), Blocked> {
    let Some((name, number)) = verified else { return Err(Blocked::NotVerified) };
    match representative {
        _ if number == agent_number => Err(Blocked::Agent),
        (wanted, _) if wanted != name => Err(Blocked::AnotherName),
        (_, Some(wanted)) if wanted != number => Err(Blocked::AnotherNumber),
        _ => Ok(()),
    }
}

/// The word of the invitation in errors and on the form.
pub const ITEM: &str = "invitation";

/// What the reviewer calls it when it has to be made anew: the place of the letter.
pub const ASKED_AS: Item = Item::Paper(super::PaperKind::PowerOfAttorney);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every status × every action: a change of the machine is seen here.
    #[test]
    fn the_machine() {
        let mut table = String::new();
        for status in Status::iter() {
            for action in Action::ALL {
                if let Some(next) = status.on(*action) {
                    table.push_str(&format!("{status:?} --{}--> {next:?}\n", action.event()));
                }
            }
        }
        let expected = "\
Sent --invitation.open--> Opened
Sent --invitation.revoke--> Revoked
Sent --invitation.void--> Void
Opened --invitation.confirm--> Confirmed
Opened --invitation.decline--> Declined
Opened --invitation.revoke--> Revoked
Opened --invitation.void--> Void
Confirmed --invitation.decline--> Declined
Confirmed --invitation.revoke--> Revoked
Confirmed --invitation.void--> Void
";
        assert_eq!(table, expected);
    }

    #[test]
    fn b3_only_the_named_person_may_answer_and_never_the_agent() {
        let representative = ("李建国", Some("350199198506150019"));
        let agent = "350199199001010022";
        let asks = |verified| may_answer(verified, representative, agent);
        assert_eq!(asks(None), Err(Blocked::NotVerified));
        assert_eq!(asks(Some(("李建国", "350199198506150019"))), Ok(()));
        assert_eq!(asks(Some(("王芳", "350199198506150019"))), Err(Blocked::AnotherName));
        assert_eq!(asks(Some(("李建国", "350199198506150027"))), Err(Blocked::AnotherNumber));
        assert_eq!(asks(Some(("李建国", agent))), Err(Blocked::Agent));
        let unknown = may_answer(Some(("李建国", "350199198506150027")), ("李建国", None), agent);
        assert_eq!(unknown, Ok(()), "a number that nobody has typed cannot differ");
    }

    proptest! {
        #[test]
        fn b3_nothing_comes_back_to_life(actions in proptest::collection::vec(0..Action::ALL.len(), 0..40)) {
            let (mut status, mut opened) = (Status::Sent, false);
            for action in actions {
                let Some(next) = status.on(Action::ALL[action]) else { continue };
                prop_assert!(status.is_live(), "what has ended stays so");
                opened |= next == Status::Opened;
                prop_assert!(next != Status::Confirmed || opened, "nothing is confirmed that nobody has opened");
                prop_assert_eq!(next.is_waiting(), matches!(next, Status::Sent | Status::Opened));
                status = next;
            }
        }
    }
}
