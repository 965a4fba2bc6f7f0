//! The power of attorney (授权委托书) as PDF/A-2u, from the fields the page shows.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::{Document, SerializeSettings};

use crate::glyphs::{HEAVY, PLAIN, TEXT};
use crate::layout::{Align, MM, Style, filled, grey, paragraph, plain, rule, squares};
use crate::qr;

/// Longest field in characters: each fits the one page together with the others.
pub const LONGEST_FIELD: usize = 60;

const WIDTH: f32 = 210.0 * MM;
const HEIGHT: f32 = 297.0 * MM;
const MARGIN: f32 = 28.0 * MM;
const MEASURE: f32 = WIDTH - 2.0 * MARGIN;
const SIZE: f32 = 14.0;

/// What the letter says.
#[derive(Clone, PartialEq, Eq)]
pub struct PowerOfAttorney {
    /// 文书编号: letters, digits and hyphens.
    pub document_number: String,
    /// Grows with each change of the fields.
    pub version: u32,
    /// 电子认证服务机构, to whom the letter is addressed.
    pub certification_company: String,
    /// 企业名称
    pub company_name: String,
    /// 统一社会信用代码 (18) or 营业执照注册号 (15).
    pub company_code: String,
    /// 法定代表人
    pub representative_name: String,
    /// 代理人
    pub agent_name: String,
    /// The agent's 身份证号码.
    pub agent_id_number: String,
    /// 企业帐号
    pub account_name: String,
    /// 出具日期
    pub date: NaiveDate,
}

impl fmt::Debug for PowerOfAttorney {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PowerOfAttorney({}, version {})", self.document_number, self.version)
    }
}

/// Why a letter cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// A field is empty; its Chinese name.
    #[error("授权委托书缺少{0}，请补充后再生成")]
    Empty(&'static str),
    /// A field is longer than [`LONGEST_FIELD`]; its Chinese name.
    #[error("{0}过长，授权委托书无法排版，请核对")]
    TooLong(&'static str),
    /// The number is not made of letters, digits and hyphens.
    #[error("文书编号只能由字母、数字和连字符组成")]
    BadNumber,
    /// No font has these characters. A letter never shows a box in place of a name.
    #[error("「{}」暂无法排版，请联系客服", .0.iter().collect::<String>())]
    Missing(Vec<char>),
    /// The PDF writer refused; a defect of ours.
    #[error("the PDF could not be written: {0}")]
    Pdf(String),
}

/// What the QR code on a letter says: `ZZ1:<document number>:<version>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// 文书编号
    pub document_number: String,
    /// Version of the fields.
    pub version: u32,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZZ1:{}:{}", self.document_number, self.version)
    }
}

impl FromStr for Mark {
    type Err = NotOurs;

    fn from_str(text: &str) -> Result<Self, NotOurs> {
        let (number, version) = text.strip_prefix("ZZ1:").and_then(|t| t.split_once(':')).ok_or(NotOurs)?;
        let version = version.parse().map_err(|_| NotOurs)?;
        let mark = Mark { document_number: number.to_owned(), version };
        let exact = is_number(number) && mark.to_string() == text;
        exact.then_some(mark).ok_or(NotOurs)
    }
}

/// The QR code is not one of our letters'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the code is not that of one of our letters")]
pub struct NotOurs;

fn is_number(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

impl PowerOfAttorney {
    /// What its QR code says.
    pub fn mark(&self) -> Mark {
        Mark { document_number: self.document_number.clone(), version: self.version }
    }

    /// Sets the letter: one A4 page, PDF/A-2u, the same bytes for the same fields; about 3 ms.
    /// Long fields are set smaller, down to nine points.
    pub fn pdf(&self) -> Result<Vec<u8>, LetterError> {
        self.check()?;
        for scale in [1.0, 0.86, 0.75, 0.65] {
            let (pdf, end) = self.set(scale)?;
            if end < HEIGHT - 24.0 * MM {
                return Ok(pdf);
            }
        }
        Err(LetterError::TooLong("企业名称"))
    }

    /// The PDF at a scale of the letters, and the y beneath the last signature.
    fn set(&self, scale: f32) -> Result<(Vec<u8>, f32), LetterError> {
        let configuration = ConfigurationBuilder::new()
            .with_archival_validator(Archival::A2_U)
            .finish()
            .map_err(|error| LetterError::Pdf(format!("{error:?}")))?;
        let settings = SerializeSettings { configuration, enable_tagging: false, ..Default::default() };
        let mut document = Document::new_with(settings);
        document.set_metadata(self.metadata());
        let size = PageSettings::from_wh(WIDTH, HEIGHT).expect("A4 is a page size");
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        surface.set_fill(Some(grey(0)));
        let body_end = self.body(&mut surface, scale);
        let end = self.signatures(&mut surface, body_end + 30.0 * scale, scale);
        self.code_and_foot(&mut surface)?;
        surface.finish();
        page.finish();
        let pdf = document.finish().map_err(|error| LetterError::Pdf(format!("{error:?}")))?;
        Ok((pdf, end))
    }

    fn check(&self) -> Result<(), LetterError> {
        let fields = [
            ("电子认证服务机构名称", &self.certification_company),
            ("企业名称", &self.company_name),
            ("企业代码", &self.company_code),
            ("法定代表人姓名", &self.representative_name),
            ("代理人姓名", &self.agent_name),
            ("代理人身份证号码", &self.agent_id_number),
            ("企业帐号", &self.account_name),
        ];
        if !is_number(&self.document_number) {
            return Err(LetterError::BadNumber);
        }
        for (name, value) in fields {
            if value.trim().is_empty() {
                return Err(LetterError::Empty(name));
            }
            if value.chars().count() > LONGEST_FIELD {
                return Err(LetterError::TooLong(name));
            }
        }
        let all: String = fields.iter().map(|(_, value)| value.as_str()).collect();
        match TEXT.missing(&all) {
            missing if missing.is_empty() => Ok(()),
            missing => Err(LetterError::Missing(missing)),
        }
    }

    fn metadata(&self) -> Metadata {
        let date = DateTime::new(self.date.year().clamp(0, 9999) as u16)
            .month(self.date.month() as u8)
            .day(self.date.day() as u8)
            .hour(0)
            .minute(0)
            .second(0)
            .utc_offset_hour(8)
            .utc_offset_minute(0);
        Metadata::new()
            .title("授权委托书".to_owned())
            .language("zh-CN".to_owned())
            .creator("掌证".to_owned())
            .document_id(self.mark().to_string())
            .creation_date(date)
    }

    /// What the applicant filled in is underlined.
    fn body(&self, surface: &mut Surface, scale: f32) -> f32 {
        let title = Style {
            stack: HEAVY,
            size: 24.0,
            leading: 34.0,
            tracking: 10.0,
            align: Align::Centre,
            ..text_style(scale)
        };
        let salutation = text_style(scale);
        let body = Style { indent: 2.0 * salutation.size, align: Align::Justify, ..salutation };
        let at = |y: f32| (MARGIN, y);
        let y = paragraph(surface, &[plain("授权委托书")], &title, at(44.0 * MM), MEASURE + 10.0);
        let addressee = format!("{}：", self.certification_company);
        let y = paragraph(surface, &[plain(&addressee)], &salutation, at(y + 24.0), MEASURE);
        let padded = |field: &str| format!("  {field}  ");
        let company = padded(&self.company_name);
        let representative = padded(&self.representative_name);
        let agent = padded(&self.agent_name);
        let account = padded(&self.account_name);
        let mandate = [
            plain("单位"),
            filled(&company),
            plain("负责人"),
            filled(&representative),
            plain("授权"),
            filled(&agent),
            plain("为代理人，代表本公司办理"),
            filled(&account),
            plain("账号下的企业手机云证及电子印章，代理人在办理过程中所提供的一切材料，"),
            plain("本公司均予以认可并对此承担责任。代理人无转委托权限。"),
        ];
        let y = paragraph(surface, &mandate, &body, at(y), MEASURE);
        let y = paragraph(surface, &[plain("特此授权。")], &body, at(y), MEASURE);
        paragraph(surface, &[plain("本授权书自出具之日起生效。")], &body, at(y), MEASURE)
    }

    /// Who signs where, with room for a seal of 42 mm over the company's name; gives the y beneath.
    fn signatures(&self, surface: &mut Surface, top: f32, scale: f32) -> f32 {
        let date = self.date;
        let date = format!("{}年{}月{}日", date.year(), date.month(), date.day());
        let code = match self.company_code.len() {
            18 => "统一社会信用代码：",
            _ => "营业执照注册号：",
        };
        let rows: [(&str, &str, f32); 6] = [
            ("被委托人（签字）：", "", 12.0),
            ("身份证号码：", &self.agent_id_number, 40.0),
            ("单位名称（加盖公章）：", &self.company_name, 4.0),
            (code, &self.company_code, 56.0),
            ("法定代表人（盖章或签字）：", "", 24.0),
            ("出具日期：", &date, 0.0),
        ];
        let style = text_style(scale);
        let mut y = top;
        for (label, value, space) in rows {
            let start = MARGIN + label.chars().count() as f32 * style.size;
            let label_end = paragraph(surface, &[plain(label)], &style, (MARGIN, y), MEASURE);
            let room = WIDTH - MARGIN - start;
            let end = paragraph(surface, &[plain(value)], &style, (start, y), room);
            if value.is_empty() {
                rule(surface, (start, y + style.size * 1.24), 62.0 * MM, 0.6);
            }
            y = end.max(label_end) + space * scale;
        }
        y
    }

    fn code_and_foot(&self, surface: &mut Surface) -> Result<(), LetterError> {
        let code = qr::modules(&self.mark().to_string()).map_err(|_| LetterError::BadNumber)?;
        let side = 22.0 * MM;
        let corner = (WIDTH - 18.0 * MM - side, 15.0 * MM);
        squares(surface, &code.dark, code.side, corner, side);
        surface.set_fill(Some(grey(80)));
        let small = Style { stack: PLAIN, size: 8.5, leading: 13.0, ..text_style(1.0) };
        let number = format!("文书编号 {}　第 {} 版", self.document_number, self.version);
        paragraph(surface, &[plain(&number)], &small, (18.0 * MM, 15.0 * MM), 120.0 * MM);
        let centre = Style { align: Align::Centre, ..small };
        let foot = "请用 A4 纸打印本页，由代理人签字并加盖单位公章后，将整页（含右上角二维码）拍照或扫描上传。";
        paragraph(surface, &[plain(foot)], &centre, (MARGIN, HEIGHT - 18.0 * MM), MEASURE);
        Ok(())
    }
}

fn text_style(scale: f32) -> Style {
    Style {
        stack: TEXT,
        size: SIZE * scale,
        leading: 2.0 * SIZE * scale,
        indent: 0.0,
        tracking: 0.0,
        align: Align::Left,
    }
}

#[cfg(test)]
mod tests;
