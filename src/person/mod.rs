//! 个人实名认证: both sides of the identity card, the fields read off them and confirmed, consent, and a number read aloud
//! before the camera; or, for those who decline the face check, a person who looks at the papers (人工审核).

pub mod card;
pub mod entity;
pub mod flow;
pub mod http;
pub mod pages;
mod slots;

pub use slots::{Slot, slots};

use crate::{actions, finding::Finding, journey::PersonFact};
use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};
use poem_openapi::Enum;
use sea_orm::{DeriveActiveEnum, EnumIter};
use zhangzheng_kinds::{Mobile, PersonName, ResidentId};
use zhangzheng_providers::face;

/// A number is good for this long, and for one video.
pub const NUMBER_LIFE: Duration = Duration::minutes(5);
/// Videos that may be handed in on one day (Beijing time).
pub const CHECKS_PER_DAY: u32 = 5;
/// After this many signs of fraud a person looks at the case.
pub const SUSPICIONS: u32 = 3;
/// When the vendor has had no verdict for this long, the person is asked to record again.
pub const VERDICT_PATIENCE: Duration = Duration::minutes(30);
/// Certificates are for adults.
pub const ADULT: i32 = 18;

/// Where a person stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "PersonStatus", rename_all = "snake_case")]
pub enum Status {
    /// Photos and fields are being gathered.
    Draft,
    /// The person has confirmed what the card says.
    Confirmed,
    /// A number has been given out, to be read aloud.
    Recording,
    /// The video is being compared.
    Checking,
    /// Not passed; may be tried again.
    Failed,
    /// 人工审核: a person of ours looks at it.
    ManualReview,
    /// 已完成个人实名认证
    Verified,
}

actions! {
    /// What can be done.
    "person" {
        /// A side of the card is photographed, first or anew.
        Photograph => "photograph",
        /// The fields are confirmed or corrected.
        Confirm => "confirm",
        /// A number is asked for; the one before is void.
        Begin => "begin",
        /// A video is handed in.
        Submit => "submit",
        /// The vendor's word: the same person.
        Pass => "verify",
        /// The vendor's word: no; or no word at all.
        Fail => "fail",
        /// Signs of fraud: a person looks at it.
        Escalate => "escalate",
        /// The person chooses 人工审核.
        Decline => "decline",
        /// A reviewer has found it in order.
        Approve => "approve",
        /// A reviewer has not.
        Refuse => "refuse",
    }
}

impl Status {
    /// The whole machine.
    pub const fn on(self, action: Action) -> Option<Self> {
        use {Action::*, Status::*};
        match (self, action) {
            (Draft | Confirmed | Recording | Failed, Photograph) => Some(Draft),
            (Draft | Confirmed | Recording | Failed, Confirm) => Some(Confirmed),
            (Confirmed | Recording | Failed, Begin) => Some(Recording),
            (Recording, Submit) => Some(Checking),
            (Checking, Pass) => Some(Verified),
            (Checking, Fail) => Some(Failed),
            (Checking, Escalate) => Some(ManualReview),
            (Confirmed | Recording | Failed, Decline) => Some(ManualReview),
            (ManualReview, Approve) => Some(Verified),
            (ManualReview, Refuse) => Some(Failed),
            _ => None,
        }
    }

    /// What the journey makes of it.
    pub const fn fact(self) -> PersonFact {
        match self {
            Self::Draft | Self::Confirmed | Self::Recording => PersonFact::InProgress,
            Self::Checking => PersonFact::Checking,
            Self::Failed => PersonFact::Failed,
            Self::ManualReview => PersonFact::UnderReview,
            Self::Verified => PersonFact::Verified,
        }
    }
}

/// 人像面 or 国徽面.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename = "CardSide", rename_all = "snake_case")]
pub enum Side {
    Portrait,
    Emblem,
}

impl Side {
    /// The manual's word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Portrait => "人像面",
            Self::Emblem => "国徽面",
        }
    }
}

/// What a reviewer can point at: the words of the sides and of the fields, and what they are called.
pub const ITEMS: [(&str, &str); 7] = [
    ("portrait", "身份证人像面"),
    ("emblem", "身份证国徽面"),
    ("name", "姓名"),
    ("resident_id", "身份证号"),
    ("address", "住址"),
    ("valid_from", "有效期起"),
    ("valid_until", "有效期止"),
];

/// What an item is called; the word itself when it is none.
pub fn item_label(word: &str) -> &str {
    ITEMS.iter().find(|(item, _)| *item == word).map_or(word, |(_, label)| label)
}

/// What a reviewer says with a decision about a person.
#[derive(Clone, Default)]
pub struct Decision {
    /// A code of config/reason_codes.toml; empty with an approval.
    pub reason_code: String,
    /// Shown to the person.
    pub applicant_note: String,
    /// For colleagues.
    pub internal_note: String,
    /// What was found with each item, and where on its picture.
    pub findings: Vec<Finding>,
    /// Who else stands behind it: needed where the face check has said no.
    pub second: Option<uuid::Uuid>,
}

/// Notes may name people.
impl std::fmt::Debug for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonDecision").field("reason_code", &self.reason_code).finish_non_exhaustive()
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Ending {
    Passed,
    Failed,
    /// Failed with signs of fraud.
    Suspicious,
    /// Nobody could say: not the person's fault, and not counted.
    Unknown,
}

/// Why it failed, and so what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "PersonFailure", rename_all = "snake_case")]
pub enum Failure {
    SpeakClearly,
    MoveLips,
    FaceTheCamera,
    Light,
    VideoLength,
    VideoUnusable,
    Suspicious,
    AnotherPerson,
    IdentityWrong,
    Tomorrow,
    /// The person has left the check before the end.
    Cancelled,
    /// The vendor had no verdict in time.
    NoVerdict,
    /// Consent was withdrawn before the verdict.
    ConsentWithdrawn,
    /// The same identity card has been verified by another member of the account.
    VerifiedElsewhere,
    /// A reviewer has refused it; there is a note.
    Refused,
}

impl Failure {
    /// One calm sentence that says what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::SpeakClearly => "没有听清所读的数字，请在安静处用普通话大声朗读后重录",
            Self::MoveLips => "没有看清口型，请正对镜头、放慢语速后重录",
            Self::FaceTheCamera => "请将完整的脸放在画面中间，摘下口罩和帽子后重录",
            Self::Light => "光线太暗或太强，请换到光线均匀的地方重录",
            Self::VideoLength => "视频时长不合适，请用 3 至 8 秒读完数字",
            Self::VideoUnusable => "视频无法识别，请重新录制",
            Self::Suspicious => "未能确认是本人实时录制，请本人重新录制",
            Self::AnotherPerson => "与身份证不是同一人，请由本人录制",
            Self::IdentityWrong => "姓名与身份证号码核对不一致，请核对证件信息后重新验证",
            Self::Tomorrow => "今天的核验次数已用完，请明天再试，或选择人工审核",
            Self::Cancelled => "验证没有完成，请重新验证；本次不计入次数",
            Self::NoVerdict => "比对服务暂时没有结果，请重新录制；本次不计入次数",
            Self::ConsentWithdrawn => "您已撤回人脸信息授权，视频已删除；可重新授权，或选择人工审核",
            Self::VerifiedElsewhere => "该身份证已由本企业帐号的其他成员完成实名认证，请用原手机号登录",
            Self::Refused => "人工审核未通过，请按说明更正后重新验证",
        }
    }

    /// Whether the card's fields should be looked at again before another video.
    pub const fn is_about_the_card(self) -> bool {
        matches!(self, Self::IdentityWrong | Self::VerifiedElsewhere | Self::Refused)
    }
}

impl From<face::Advice> for Failure {
    fn from(advice: face::Advice) -> Self {
        use face::Advice;
        match advice {
            Advice::SpeakClearly => Self::SpeakClearly,
            Advice::MoveLips => Self::MoveLips,
            Advice::FaceTheCamera => Self::FaceTheCamera,
            Advice::Light => Self::Light,
            Advice::VideoLength => Self::VideoLength,
            Advice::VideoUnusable => Self::VideoUnusable,
            Advice::Suspicious => Self::Suspicious,
            Advice::AnotherPerson => Self::AnotherPerson,
            Advice::IdentityWrong => Self::IdentityWrong,
            Advice::Tomorrow => Self::Tomorrow,
            Advice::Cancelled => Self::Cancelled,
        }
    }
}

/// The ways of checking a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "FaceRoute", rename_all = "snake_case")]
pub enum Route {
    /// 数字朗读: a number read aloud on video.
    NumberVideo,
    /// 微信人脸核身: WeChat's own check.
    Wechat,
    /// E证通: in another mini-program.
    Eid,
}

impl From<face::Route> for Route {
    fn from(route: face::Route) -> Self {
        match route {
            face::Route::NumberVideo => Self::NumberVideo,
            face::Route::Wechat => Self::Wechat,
            face::Route::Eid => Self::Eid,
        }
    }
}

impl Route {
    /// How long an attempt may take from the asking: a number is short-lived, the hosted ones are as their vendors say.
    pub const fn life(self) -> Duration {
        match self {
            Self::NumberVideo => NUMBER_LIFE,
            Self::Wechat => Duration::minutes(60),
            Self::Eid => Duration::minutes(10),
        }
    }
}

/// What came of a call back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum CallOutcome {
    /// 本人确认办理.
    Confirmed,
    /// 无人接听: to be called again.
    NotReached,
    /// 非本人, or the person did not ask for this.
    Denied,
}

impl CallOutcome {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Confirmed, Self::NotReached, Self::Denied];

    /// The word in forms.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::NotReached => "not_reached",
            Self::Denied => "denied",
        }
    }

    /// What the desk calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Confirmed => "本人确认办理",
            Self::NotReached => "无人接听，再次回访",
            Self::Denied => "非本人或否认办理",
        }
    }
}

/// Who a member has proven to be: what later steps rely on.
#[derive(Clone, Debug)]
pub struct Verified {
    pub person_id: uuid::Uuid,
    pub name: PersonName,
    pub resident_id: ResidentId,
    pub mobile: Mobile,
    pub verified_at: DateTime<Utc>,
}

const BEIJING: FixedOffset = FixedOffset::east_opt(8 * 3600).expect("eight hours are less than a day");

/// The day in Beijing: what cards and daily limits mean.
pub fn day(now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&BEIJING).date_naive()
}

/// A moment as people in China read it: `2026-11-23 12:00`.
pub(crate) fn in_beijing(at: &DateTime<Utc>) -> String {
    at.with_timezone(&BEIJING).format("%Y-%m-%d %H:%M").to_string()
}

/// When that day began.
pub fn day_began(now: DateTime<Utc>) -> DateTime<Utc> {
    let midnight = day(now).and_time(NaiveTime::MIN);
    BEIJING.from_local_datetime(&midnight).single().map_or(now, |began| began.to_utc())
}

#[cfg(test)]
mod tests;
