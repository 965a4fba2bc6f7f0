//! Reading papers (文字识别): both sides of an identity card and a business licence, by Tencent Cloud OCR.
//! A picture that cannot be read is an answer, not an error: it says how to take a better one.

use crate::{
    Error, Result,
    http::Http,
    tencent::{Config, Service},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::NaiveDate;
use serde::Serialize;
use std::time::Duration;
use zhangzheng_kinds::{Clock, Sex};

const VENDOR: &str = "ocr";
const PATIENCE: Duration = Duration::from_secs(20);

/// What a picture gave: the paper's words, or what to do better.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    Read(Read<T>),
    /// Take the picture again. The first reason is the one to show.
    Retake(Vec<Advice>),
}

/// A paper that was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Read<T> {
    pub paper: T,
    /// What the vendor noticed. Hints for the reviewer, never the only reason to refuse.
    pub noticed: Vec<Advice>,
    /// The vendor's id of the call, for the case file.
    pub request_id: String,
}

/// Personal data: never printed.
impl<T> std::fmt::Debug for Read<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Read")
            .field("noticed", &self.noticed)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a picture, and the sentence that helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    NotAnIdCard,
    NotALicence,
    WrongSide,
    SeveralCards,
    Blurred,
    TooSmall,
    TooLarge,
    Undecodable,
    Unreadable,
    Incomplete,
    Reflection,
    Occluded,
    Copy,
    Screen,
    TemporaryCard,
    Altered,
    Electronic,
    Expired,
}

impl Advice {
    /// One calm sentence for the person with the phone.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NotAnIdCard => "照片中没有找到身份证，请将身份证放满取景框后重拍",
            Self::NotALicence => "照片中没有找到营业执照，请重新拍摄或上传",
            Self::WrongSide => "身份证的正反面拍反了，请拍摄所要求的一面",
            Self::SeveralCards => "照片中有多张证件，请只放一张后重拍",
            Self::Blurred => "照片太模糊，请拿稳手机、对准焦点后重拍",
            Self::TooSmall => "证件在照片中太小，请靠近一些重拍",
            Self::TooLarge => "照片文件太大，请重新拍摄或压缩后上传",
            Self::Undecodable => "无法打开这张照片，请重新拍摄",
            Self::Unreadable => "证件上的文字无法识别，请在光线充足处重拍",
            Self::Incomplete => "证件边缘不完整，请将四个角都拍进画面后重拍",
            Self::Reflection => "照片有反光，请换一个角度重拍",
            Self::Occluded => "证件被遮挡，请移开手指或其他物品后重拍",
            Self::Copy => "请拍摄证件原件，不要使用复印件",
            Self::Screen => "请拍摄证件原件，不要翻拍屏幕",
            Self::TemporaryCard => "临时身份证不能用于办理，请使用第二代居民身份证",
            Self::Altered => "照片可能经过修改，请重新拍摄证件原件",
            Self::Electronic => "请拍摄证件原件，不要使用电子证件截图",
            Self::Expired => "证件已过有效期，请使用有效的身份证",
        }
    }

    /// Whether the words of such a picture cannot be relied on, so that it is taken again at once.
    fn needs_retake(self) -> bool {
        !matches!(self, Self::Copy | Self::Altered | Self::Electronic | Self::Screen)
    }
}

/// 人像面.
#[derive(Clone, PartialEq, Eq)]
pub struct PortraitSide {
    pub name: String,
    pub sex: Option<Sex>,
    pub ethnicity: String,
    pub born: Option<NaiveDate>,
    pub address: String,
    pub id_number: String,
}

/// Personal data: never printed.
impl std::fmt::Debug for PortraitSide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PortraitSide(…)")
    }
}

/// 国徽面.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmblemSide {
    pub authority: String,
    pub valid_from: Option<NaiveDate>,
    pub valid_until: ValidUntil,
}

/// 有效期限's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidUntil {
    Day(NaiveDate),
    LongTerm,
    Unknown,
}

/// 营业执照.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    /// 统一社会信用代码 or 注册号, as printed.
    pub code: String,
    pub name: String,
    pub representative: String,
    pub kind: String,
    pub address: String,
    pub business: String,
    pub capital: String,
    pub set_date: String,
    pub period: String,
}

/// The client.
#[derive(Clone, Debug)]
pub struct Ocr(Service);

impl Ocr {
    /// # Errors
    /// When `base_url` is not an address.
    pub fn new(config: &Config, http: Http, clock: Clock) -> Result<Self> {
        Service::new(VENDOR, ("ocr", "2018-11-19"), config, http, clock).map(Self)
    }

    /// Reads 人像面. `image` is JPEG or PNG, at most 7.5 MB.
    ///
    /// # Errors
    /// When the vendor does not answer, or our account with it is not in order.
    pub async fn portrait_side(&self, image: &[u8]) -> Result<Reading<PortraitSide>> {
        self.id_card(image, "FRONT", |card| PortraitSide {
            sex: match card.sex.as_str() {
                "男" => Some(Sex::Male),
                "女" => Some(Sex::Female),
                _ => None,
            },
            born: NaiveDate::parse_from_str(&card.birth, "%Y/%m/%d").ok(),
            name: card.name,
            ethnicity: card.nation,
            address: card.address,
            id_number: card.id_num,
        })
        .await
    }

    /// Reads 国徽面.
    ///
    /// # Errors
    /// As [`Self::portrait_side`].
    pub async fn emblem_side(&self, image: &[u8]) -> Result<Reading<EmblemSide>> {
        self.id_card(image, "BACK", |card| {
            let (from, until) = card.valid_date.split_once('-').unwrap_or((&card.valid_date, ""));
            let day = |text: &str| NaiveDate::parse_from_str(text, "%Y.%m.%d").ok();
            let valid_until = match until {
                "长期" => ValidUntil::LongTerm,
                text => day(text).map_or(ValidUntil::Unknown, ValidUntil::Day),
            };
            EmblemSide { valid_from: day(from), valid_until, authority: card.authority }
        })
        .await
    }

    async fn id_card<T>(
        &self,
        image: &[u8],
        side: &'static str,
        understand: impl FnOnce(wire::IdCard) -> T,
    ) -> Result<Reading<T>> {
        let request = wire::IdCardOcr {
            image_base64: STANDARD.encode(image),
            card_side: side,
            config: wire::WARNINGS,
            enable_recognition_rectify: false,
        };
        let answer = match self.0.call::<wire::IdCard>("IDCardOCR", &request, PATIENCE).await {
            Err(error) => return retake(error),
            Ok(answer) => answer,
        };
        let info: wire::Advanced = serde_json::from_str(&answer.fields.advanced_info).unwrap_or_default();
        let mut noticed: Vec<Advice> = info.warn_infos.iter().filter_map(|code| card_warning(*code)).collect();
        if info.quality.is_some_and(|quality| quality < 50.0) {
            noticed.push(Advice::Blurred);
        }
        Ok(finish(noticed, answer.request_id, understand(answer.fields)))
    }

    /// Reads 营业执照. `image` is JPEG or PNG, at most 5 MB.
    ///
    /// # Errors
    /// As [`Self::portrait_side`].
    pub async fn licence(&self, image: &[u8]) -> Result<Reading<Licence>> {
        let request = wire::BizLicenseOcr { image_base64: STANDARD.encode(image), enable_copy_warn: true };
        let answer = match self.0.call::<wire::BizLicense>("BizLicenseOCR", &request, PATIENCE).await {
            Err(error) => return retake(error),
            Ok(answer) => answer,
        };
        let found = answer.fields;
        let noticed = found.recognize_warn_code.iter().filter_map(|code| match code {
            -9102 => Some(Advice::Copy),
            -9104 => Some(Advice::Screen),
            _ => None,
        });
        let licence = Licence {
            code: found.reg_num,
            name: found.name,
            representative: found.person,
            kind: found.kind,
            address: found.address,
            business: found.business,
            capital: found.capital,
            set_date: found.set_date,
            period: found.period,
        };
        Ok(finish(noticed.collect(), answer.request_id, licence))
    }
}

fn finish<T>(noticed: Vec<Advice>, request_id: String, paper: T) -> Reading<T> {
    let serious: Vec<Advice> = noticed.iter().copied().filter(|advice| advice.needs_retake()).collect();
    if serious.is_empty() { Reading::Read(Read { paper, noticed, request_id }) } else { Reading::Retake(serious) }
}

/// IDCardOCR's warning codes; BizLicenseOCR gives the same numbers other meanings.
fn card_warning(code: i64) -> Option<Advice> {
    Some(match code {
        -9101 => Advice::Incomplete,
        -9102 | -9108 => Advice::Copy,
        -9103 => Advice::Screen,
        -9104 => Advice::TemporaryCard,
        -9105 => Advice::Occluded,
        -9106 => Advice::Altered,
        -9107 => Advice::Reflection,
        -9109 => Advice::Expired,
        -9110 | -9111 => Advice::Electronic,
        _ => return None,
    })
}

/// A refusal that a better picture cures is an answer; everything else stays an error.
fn retake<T>(error: Error) -> Result<Reading<T>> {
    let advice = match error.code() {
        Some("FailedOperation.ImageNoIdCard") => Advice::NotAnIdCard,
        Some("FailedOperation.NoBizLicense") => Advice::NotALicence,
        Some("FailedOperation.CardSideError") => Advice::WrongSide,
        Some("FailedOperation.MultiCardError") => Advice::SeveralCards,
        Some("FailedOperation.ImageBlur") => Advice::Blurred,
        Some("FailedOperation.IdCardTooSmall") => Advice::TooSmall,
        Some("FailedOperation.ImageSizeTooLarge" | "LimitExceeded.TooLargeFileError") => Advice::TooLarge,
        Some(
            "FailedOperation.ImageDecodeFailed"
            | "FailedOperation.EmptyImageError"
            | "InvalidParameter.EngineImageDecodeFailed",
        ) => Advice::Undecodable,
        Some("FailedOperation.IdCardInfoIllegal" | "FailedOperation.OcrFailed") => Advice::Unreadable,
        _ => return Err(error),
    };
    Ok(Reading::Retake(vec![advice]))
}

mod wire {
    use serde::{Deserialize, Serialize};

    /// The warnings we ask for.
    pub(super) const WARNINGS: &str = r#"{"CopyWarn":true,"BorderCheckWarn":true,"ReshootWarn":true,"DetectPsWarn":true,"TempIdWarn":true,"InvalidDateWarn":true,"Quality":true,"ReflectWarn":true}"#;

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct IdCardOcr {
        pub(super) image_base64: String,
        pub(super) card_side: &'static str,
        pub(super) config: &'static str,
        pub(super) enable_recognition_rectify: bool,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    #[derive(Default)]
    pub(super) struct IdCard {
        pub(super) name: String,
        pub(super) sex: String,
        pub(super) nation: String,
        pub(super) birth: String,
        pub(super) address: String,
        pub(super) id_num: String,
        pub(super) authority: String,
        pub(super) valid_date: String,
        pub(super) advanced_info: String,
    }

    /// AdvancedInfo: JSON inside a JSON text; numbers are sometimes texts.
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", default)]
    pub(super) struct Advanced {
        pub(super) warn_infos: Vec<i64>,
        #[serde(deserialize_with = "number")]
        pub(super) quality: Option<f64>,
    }

    fn number<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
        Ok(match serde_json::Value::deserialize(from)? {
            serde_json::Value::Number(number) => number.as_f64(),
            serde_json::Value::String(text) => text.parse().ok(),
            _ => None,
        })
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct BizLicenseOcr {
        pub(super) image_base64: String,
        pub(super) enable_copy_warn: bool,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct BizLicense {
        pub(super) reg_num: String,
        pub(super) name: String,
        #[serde(default)]
        pub(super) capital: String,
        #[serde(default)]
        pub(super) person: String,
        #[serde(default)]
        pub(super) address: String,
        #[serde(default)]
        pub(super) business: String,
        #[serde(rename = "Type", default)]
        pub(super) kind: String,
        #[serde(default)]
        pub(super) period: String,
        #[serde(default)]
        pub(super) set_date: String,
        #[serde(default)]
        pub(super) recognize_warn_code: Vec<i64>,
    }
}
