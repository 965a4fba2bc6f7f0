//! 审核台: where staff look at cases and decide them. The decisions' rules are the features' own; here are staff, their
//! roles, and what each role may do.

pub mod cases;
pub mod catalogue;
pub mod case;
pub mod claim;
pub mod decision;
pub mod entity;
pub mod evidence;
pub mod export;
pub mod finance;
pub mod flow;
pub mod http;
pub mod notes;
pub mod notices;
pub mod numbers;
pub mod payments;
pub mod proposal;
pub mod queue;
pub mod reasons;
pub mod search;
pub mod second_factor;
pub mod session;
pub mod staffing;
pub mod totp;
mod watermark;

use crate::error::Error;
use chrono::Duration;
use std::collections::BTreeSet;

/// Whoever takes a case has it for this long; every act on it starts the time anew.
pub const CLAIM_LIFE: Duration = Duration::minutes(30);

/// What a member of staff is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// 审核员
    Reviewer,
    /// 高级审核员
    SeniorReviewer,
    /// 制章员
    SealMaker,
    /// 财务
    Finance,
    /// 目录管理员
    CatalogueEditor,
    /// 客服
    Support,
    /// 审计员: reads everything, changes nothing.
    Auditor,
    /// 系统负责人
    Owner,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Reviewer,
        Self::SeniorReviewer,
        Self::SealMaker,
        Self::Finance,
        Self::CatalogueEditor,
        Self::Support,
        Self::Auditor,
        Self::Owner,
    ];

    /// The role with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// The word in the table and on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reviewer => "reviewer",
            Self::SeniorReviewer => "senior_reviewer",
            Self::SealMaker => "seal_maker",
            Self::Finance => "finance",
            Self::CatalogueEditor => "catalogue_editor",
            Self::Support => "support",
            Self::Auditor => "auditor",
            Self::Owner => "owner",
        }
    }

    /// What the page calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reviewer => "审核员",
            Self::SeniorReviewer => "高级审核员",
            Self::SealMaker => "制章员",
            Self::Finance => "财务",
            Self::CatalogueEditor => "目录管理员",
            Self::Support => "客服",
            Self::Auditor => "审计员",
            Self::Owner => "系统负责人",
        }
    }

    /// The one table of what each role may do.
    pub const fn permissions(self) -> &'static [Permission] {
        use Permission::*;
        match self {
            Self::Reviewer => &[SeeCases, Search, Reveal, Decide, SeeNumbers, SeeProposals],
            Self::SeniorReviewer => &[
                SeeCases,
                Search,
                Reveal,
                Decide,
                RejectFinally,
                SeeNumbers,
                SeeWork,
                TryAgain,
                Export,
                SeeSeals,
                CheckSeals,
                SeeProposals,
                Second,
            ],
            Self::SealMaker => &[SeeSeals, MakeSeals, CheckSeals],
            Self::Finance => &[
                SeePayments,
                MovePayments,
                SecondPayments,
                SeeProposals,
                SeeBooks,
                KeepBooks,
                ExportBooks,
                SeeCatalogue,
            ],
            Self::CatalogueEditor => &[SeeCatalogue, EditCatalogue, PublishCatalogue, SeeProposals],
            Self::Support => &[Search, SeeWork, TryAgain, SeeNotices, WriteNotices],
            Self::Auditor => &[
                SeeCases,
                Search,
                Reveal,
                SeeNumbers,
                SeeWork,
                SeeNotices,
                SeeStaff,
                SeeLog,
                Export,
                SeeSeals,
                SeeProposals,
                SeePayments,
                SeeBooks,
                ExportBooks,
                SeeCatalogue,
            ],
            Self::Owner => &[
                SeeNumbers,
                SeeWork,
                TryAgain,
                SeeNotices,
                WriteNotices,
                SeeStaff,
                ManageStaff,
                SeeLog,
                SeeProposals,
                ChangeRoles,
                SeeBooks,
                SeeCatalogue,
                PublishCatalogue,
            ],
        }
    }
}

/// One thing that not everybody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Queues, cases and their papers; every view of a paper is written down.
    SeeCases,
    /// Look cases up by company, code, mobile number or order number; every search is written down, not its words.
    Search,
    /// Numbers without stars; every reveal is written down.
    Reveal,
    /// Take a case, approve it, return it.
    Decide,
    /// Reject a case for good.
    RejectFinally,
    /// How much waits, how long, how it is decided.
    SeeNumbers,
    /// Work that was given up.
    SeeWork,
    /// Put it back in the queue.
    TryAgain,
    /// Notices, also those not published yet.
    SeeNotices,
    /// Write, publish and withdraw them.
    WriteNotices,
    /// Who is on the staff.
    SeeStaff,
    /// Add people, give them roles, shut them out.
    ManageStaff,
    /// What has happened.
    SeeLog,
    /// Take the evidence file of a case away; written down.
    Export,
    /// The seals that are still to be made, their impressions and proofs.
    SeeSeals,
    /// Make a proof.
    MakeSeals,
    /// Check what another has made.
    CheckSeals,
    /// What waits for a second person.
    SeeProposals,
    /// Confirm or decline what a colleague has proposed about a case.
    Second,
    /// Propose another's roles, and confirm what a colleague has proposed about them.
    ChangeRoles,
    /// What has come by bank transfer, and what of money needs a person.
    SeePayments,
    /// Enter bank transfers, match them, give money back.
    MovePayments,
    /// Confirm or decline what a colleague has proposed about money.
    SecondPayments,
    /// What has come in and gone back, differences, invoices that have failed.
    SeeBooks,
    /// Explain and close differences, have invoices tried again, compare a day anew.
    KeepBooks,
    /// Take the books away as a file; written down.
    ExportBooks,
    /// The catalogue in all its versions, with what is internal.
    SeeCatalogue,
    /// Draw up another version, and propose it.
    EditCatalogue,
    /// Publish what a colleague has drawn up.
    PublishCatalogue,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 29] = [
        Self::SeeCases,
        Self::Search,
        Self::Reveal,
        Self::Decide,
        Self::RejectFinally,
        Self::SeeNumbers,
        Self::SeeWork,
        Self::TryAgain,
        Self::SeeNotices,
        Self::WriteNotices,
        Self::SeeStaff,
        Self::ManageStaff,
        Self::SeeLog,
        Self::Export,
        Self::SeeSeals,
        Self::MakeSeals,
        Self::CheckSeals,
        Self::SeeProposals,
        Self::Second,
        Self::ChangeRoles,
        Self::SeePayments,
        Self::MovePayments,
        Self::SecondPayments,
        Self::SeeBooks,
        Self::KeepBooks,
        Self::ExportBooks,
        Self::SeeCatalogue,
        Self::EditCatalogue,
        Self::PublishCatalogue,
    ];

    /// Whether something is different afterwards.
    pub const fn changes(self) -> bool {
        use Permission::*;
        matches!(
            self,
            Decide
                | RejectFinally
                | TryAgain
                | WriteNotices
                | ManageStaff
                | MakeSeals
                | CheckSeals
                | Second
                | ChangeRoles
                | MovePayments
                | SecondPayments
                | KeepBooks
                | EditCatalogue
                | PublishCatalogue
        )
    }
}

/// The roles of one member of staff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// All of them.
    pub fn all() -> Self {
        Role::ALL.into_iter().collect()
    }

    /// Reads the column. A word that is no role gives nothing.
    pub fn parse(words: &str) -> Self {
        words.split_whitespace().filter_map(Role::by_word).collect()
    }

    /// The column.
    pub fn words(&self) -> String {
        self.0.iter().map(|role| role.word()).collect::<Vec<_>>().join(" ")
    }

    /// What the page says.
    pub fn labels(&self) -> String {
        self.0.iter().map(|role| role.label()).collect::<Vec<_>>().join("、")
    }

    /// Whether this one is among them.
    pub fn has(&self, role: &Role) -> bool {
        self.0.contains(role)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them permits it.
    pub fn can(&self, permission: Permission) -> bool {
        self.0.iter().any(|role| role.permissions().contains(&permission))
    }

    /// The guard.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when none of the roles permits it.
    pub fn may(&self, permission: Permission) -> Result<(), Error> {
        if self.can(permission) {
            return Ok(());
        }
        tracing::info!(?permission, roles = self.words(), "refused by role");
        Err(Error::forbidden("not_permitted", "您的岗位不能进行此操作；如工作需要，请联系系统负责人开通"))
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().collect())
    }
}

/// The name that staff sign in with: 2 to 32 letters (of any script), digits, `.`, `_` and `-`; small letters.
///
/// # Errors
/// The sentence that says so.
pub fn staff_name(text: &str) -> Result<String, &'static str> {
    let name = text.trim().to_lowercase();
    let right = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    if (2..=32).contains(&name.chars().count()) && name.chars().all(right) {
        Ok(name)
    } else {
        Err("工号应为 2 到 32 位字母、数字或文字")
    }
}

#[cfg(test)]
mod tests;
