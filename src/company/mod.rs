//! 企业实名认证: what a company says of itself, the papers that show it, and what the reviewer decides.
//! Here are the rules: who may do what when, what must be there, and what is open again after a return.

pub mod entity;
mod fields;
pub mod flow;
pub mod http;
mod intake;
pub mod invitation;
mod papers;
mod power_of_attorney;
mod reading;
mod registry;
mod review;
mod submission;
mod waiting;

pub use fields::{Checked, Field, Fields, LONGEST};
pub use reading::{Origin, Reading, Request};

use crate::{actions, finding::Finding, journey::CompanyFact};
use poem_openapi::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter, Iterable, entity::prelude::*};
use serde::{Deserialize, Serialize};
use zhangzheng_kinds::{CompanyCode, Email, Mobile, PersonName, ResidentId, SealNumber};

const BEIJING: chrono::FixedOffset = chrono::FixedOffset::east_opt(8 * 3600).expect("eight hours are less than a day");

/// Who applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "CompanyRole", rename_all = "snake_case")]
#[doc(alias = "经办人")]
pub enum Role {
    /// 我是法人: the legal representative in person.
    Representative,
    /// 我是企业经办: an agent with a power of attorney.
    Agent,
}

impl Role {
    /// The role with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::iter().find(|role| role.word() == word)
    }

    /// The word in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Representative => "representative",
            Self::Agent => "agent",
        }
    }

    /// The manual's button.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Representative => "我是法人",
            Self::Agent => "我是企业经办",
        }
    }

    /// The papers that must be there. A representative has shown the identity card at 个人实名认证 already, as one who has
    /// confirmed an invitation.
    pub const fn papers(self, mandate: invitation::Mandate) -> &'static [PaperKind] {
        use PaperKind::*;
        use invitation::Mandate;
        match (self, mandate) {
            (Self::Representative, _) | (Self::Agent, Mandate::Invitation) => {
                &[BusinessLicence, CompanySeal, RepresentativeSeal]
            }
            (Self::Agent, Mandate::Letter) => &[
                BusinessLicence,
                CompanySeal,
                RepresentativeSeal,
                RepresentativeIdPortrait,
                RepresentativeIdEmblem,
                PowerOfAttorney,
            ],
        }
    }
}

/// Where a company stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "CompanyStatus", rename_all = "snake_case")]
pub enum Status {
    /// Being filled in.
    Draft,
    /// 审核中.
    UnderReview,
    /// 退回: to be corrected and submitted again.
    Returned,
    Approved,
    /// Finally; a new application may be started.
    Rejected,
}

actions! {
    /// What can be done to a company's application.
    "company" {
        /// By the applicant, also after corrections.
        Submit => "submit",
        /// By the reviewer: back to be corrected.
        SendBack => "return",
        /// By the reviewer.
        Approve => "approve",
        /// By the reviewer, finally.
        Reject => "reject",
        /// By the applicant, after a rejection.
        Restart => "restart",
    }
}

impl Status {
    /// The whole machine.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Draft | Returned, Submit) => Some(UnderReview),
            (UnderReview, SendBack) => Some(Returned),
            (UnderReview, Approve) => Some(Approved),
            (UnderReview, Reject) => Some(Rejected),
            (Rejected, Restart) => Some(Draft),
            _ => None,
        }
    }

    /// Whether the applicant may change fields and papers.
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }

    /// What the journey calls it.
    pub const fn fact(self) -> CompanyFact {
        match self {
            Self::Draft => CompanyFact::Draft,
            Self::UnderReview => CompanyFact::UnderReview,
            Self::Returned => CompanyFact::Returned,
            Self::Approved => CompanyFact::Approved,
            Self::Rejected => CompanyFact::Rejected,
        }
    }
}

/// The papers of a company.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumIter, DeriveActiveEnum, Enum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "CompanyPaperKind", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum PaperKind {
    /// 营业执照
    BusinessLicence,
    /// 企业印模: the seal's impression on paper.
    #[doc(alias = "企业印模")]
    CompanySeal,
    /// 企业法人印模, or a signature on white paper.
    RepresentativeSeal,
    /// 法定代表人身份证人像面
    RepresentativeIdPortrait,
    /// 法定代表人身份证国徽面
    RepresentativeIdEmblem,
    /// 授权委托书, signed and stamped.
    PowerOfAttorney,
}

impl PaperKind {
    /// The kind with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::iter().find(|kind| kind.word() == word)
    }

    /// The word in addresses and forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::BusinessLicence => "business_licence",
            Self::CompanySeal => "company_seal",
            Self::RepresentativeSeal => "representative_seal",
            Self::RepresentativeIdPortrait => "representative_id_portrait",
            Self::RepresentativeIdEmblem => "representative_id_emblem",
            Self::PowerOfAttorney => "power_of_attorney",
        }
    }

    /// The manual's label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::BusinessLicence => "营业执照",
            Self::CompanySeal => "企业印模",
            Self::RepresentativeSeal => "企业法人印模",
            Self::RepresentativeIdPortrait => "法定代表人身份证（人像面）",
            Self::RepresentativeIdEmblem => "法定代表人身份证（国徽面）",
            Self::PowerOfAttorney => "授权委托书",
        }
    }

    /// Whether it may come as a PDF, beside photos.
    pub const fn takes_pdf(self) -> bool {
        matches!(self, Self::PowerOfAttorney)
    }

    /// Whether it may be drawn from the template instead.
    pub const fn has_template(self) -> bool {
        matches!(self, Self::RepresentativeSeal)
    }

    /// What a good picture of it shows: the manual's hints.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::BusinessLicence => "上传的照片请完整展示营业执照内容，不要有缺失，保证图片文字内容清晰",
            Self::CompanySeal => "印模采集如示例，请保证印章图样清晰，右侧注明印章底部数字（若无则不需要注明）",
            Self::RepresentativeSeal => {
                "如无实体印模，则在空白纸上签名并上传图片；也可以按同一模板制作个人印章，样式如示例"
            }
            Self::RepresentativeIdPortrait => "请拍摄法定代表人二代身份证原件的人像面，四角完整、文字清晰",
            Self::RepresentativeIdEmblem => "请拍摄法定代表人二代身份证原件的国徽面，四角完整、文字清晰",
            Self::PowerOfAttorney => {
                "下载后由代理人签字，并加盖企业公章，再拍照或扫描成 PDF 上传；右上角的二维码请一并拍清晰"
            }
        }
    }
}

/// How a paper came to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "CompanyPaperSource", rename_all = "snake_case")]
pub enum Source {
    /// Photographed.
    Photo,
    /// 扫描件: a page of a PDF.
    Pdf,
    /// Drawn by us from the template.
    Template,
}

/// One thing that a reviewer can ask to have corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    Field(Field),
    Paper(PaperKind),
}

impl Item {
    /// Every item, papers first: the order of the form.
    pub fn all() -> impl Iterator<Item = Self> {
        PaperKind::iter().map(Self::Paper).chain(Field::ALL.iter().copied().map(Self::Field))
    }

    /// The item with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::all().find(|item| item.word() == word)
    }

    /// The word in forms and tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Field(field) => field.word(),
            Self::Paper(kind) => kind.word(),
        }
    }

    /// The manual's label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Field(field) => field.label(),
            Self::Paper(kind) => kind.label(),
        }
    }

    /// What has to change with it: a new licence says new things, another name makes another letter.
    const fn opens(self) -> &'static [Self] {
        use {
            Item::{Field, Paper},
            PaperKind as P,
            fields::Field as F,
        };
        match self {
            Paper(P::BusinessLicence) => &[Field(F::Name), Field(F::Code), Field(F::RepresentativeName)],
            Paper(P::CompanySeal) | Field(F::HasSealNumber | F::SealNumber) => {
                &[Paper(P::CompanySeal), Field(F::HasSealNumber), Field(F::SealNumber)]
            }
            Paper(P::RepresentativeSeal) | Field(F::HasRepresentativeSealNumber | F::RepresentativeSealNumber) => &[
                Paper(P::RepresentativeSeal),
                Field(F::HasRepresentativeSealNumber),
                Field(F::RepresentativeSealNumber),
            ],
            Paper(P::RepresentativeIdPortrait) => &[Field(F::RepresentativeName), Field(F::RepresentativeIdNumber)],
            _ => &[],
        }
    }
}

/// What the applicant may change now: everything, or after a return what the reviewer named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    Nothing,
    Everything,
    /// Never empty.
    Only(std::collections::BTreeSet<Item>),
}

impl Open {
    /// By the status and by what the last decision named; a decision that names nothing opens everything.
    pub fn of(status: Status, named: &[Item]) -> Self {
        match status {
            Status::Draft => Self::Everything,
            Status::Returned if named.is_empty() => Self::Everything,
            Status::Returned => {
                let dependent = named.iter().flat_map(|item| item.opens().iter().copied());
                Self::Only(named.iter().copied().chain(dependent).collect())
            }
            _ => Self::Nothing,
        }
    }

    /// Whether this one may be changed. The letter always may: it follows from the other fields.
    pub fn holds(&self, item: Item) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Only(items) => item == Item::Paper(PaperKind::PowerOfAttorney) || items.contains(&item),
        }
    }
}

/// Whether a name that was read is another person's, beyond what a machine mistakes: one character that is not the surname's.
pub fn is_another_name(read: &str, name: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<Vec<_>>();
    let (read, name) = (letters(read), letters(name));
    let wrong = read.iter().zip(&name).filter(|(a, b)| a != b).count();
    !read.is_empty() && (read.len() != name.len() || read.first() != name.first() || wrong > 1)
}

/// What a reviewer says with a decision.
#[derive(Clone, Default)]
pub struct Decision {
    /// A code of config/reason_codes.toml.
    pub reason_code: String,
    /// Shown to the applicant.
    pub applicant_note: String,
    /// For colleagues.
    pub internal_note: String,
    /// What must be corrected; nothing means anything may be.
    pub items: Vec<Item>,
    /// What was found with each item, and where on its picture.
    pub findings: Vec<Finding>,
    /// Who else stands behind it: needed where an automatic check has said no.
    pub second: Option<Uuid>,
}

impl Decision {
    /// Whether a second person, and not the same one twice, stands behind it.
    pub fn has_second(&self, first: Uuid) -> bool {
        self.second.is_some_and(|second| second != first)
    }
}

/// Notes may name people.
impl std::fmt::Debug for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decision")
            .field("reason_code", &self.reason_code)
            .field("items", &self.items)
            .finish_non_exhaustive()
    }
}

/// A company, opened for the steps that come after: what is typed and right; anything else is None.
#[derive(Clone, Debug)]
pub struct Company {
    pub id: Uuid,
    pub account_id: Uuid,
    /// The member who filled it in last.
    pub applicant_id: Uuid,
    pub status: Status,
    pub role: Role,
    pub name: Option<String>,
    pub code: Option<CompanyCode>,
    pub representative_name: Option<PersonName>,
    pub representative_id_number: Option<ResidentId>,
    pub representative_mobile: Option<Mobile>,
    pub email: Option<Email>,
    /// 印章底部数字, when the seal has one.
    pub seal_number: Option<SealNumber>,
    pub representative_seal_number: Option<SealNumber>,
    pub submitted_at: Option<DateTimeUtc>,
    pub decided_at: Option<DateTimeUtc>,
}

#[cfg(test)]
mod tests;
