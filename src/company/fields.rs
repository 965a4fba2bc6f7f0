//! The fields of the form, kept as they were typed, and the door through which they become checked values.

use poem_openapi::Enum;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zhangzheng_kinds::{CompanyCode, CompanyName, Email, Mobile, PersonName, Refused, ResidentId, SealNumber};

/// Longest text that a field keeps, in characters.
pub const LONGEST: usize = 254;

/// The fields, in the order of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enum, Serialize, Deserialize)]
#[oai(rename = "CompanyField", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// 企业名称
    Name,
    /// 营业执照注册号/统一社会信用代码
    Code,
    /// 法定代表人姓名
    RepresentativeName,
    /// 法定代表人身份证号
    RepresentativeIdNumber,
    /// 法定代表人手机号
    RepresentativeMobile,
    /// 邮箱
    Email,
    /// 企业印模是否含有印章底部数字: `yes` or `no`.
    HasSealNumber,
    /// 印章底部数字
    SealNumber,
    /// 企业法人印模是否含有底部数字: `yes` or `no`.
    HasRepresentativeSealNumber,
    /// 法人印章底部数字
    RepresentativeSealNumber,
}

impl Field {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Name,
        Self::Code,
        Self::RepresentativeName,
        Self::RepresentativeIdNumber,
        Self::RepresentativeMobile,
        Self::Email,
        Self::HasSealNumber,
        Self::SealNumber,
        Self::HasRepresentativeSealNumber,
        Self::RepresentativeSealNumber,
    ];

    /// The field with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.word() == word)
    }

    /// The word in forms, JSON and errors.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Code => "code",
            Self::RepresentativeName => "representative_name",
            Self::RepresentativeIdNumber => "representative_id_number",
            Self::RepresentativeMobile => "representative_mobile",
            Self::Email => "email",
            Self::HasSealNumber => "has_seal_number",
            Self::SealNumber => "seal_number",
            Self::HasRepresentativeSealNumber => "has_representative_seal_number",
            Self::RepresentativeSealNumber => "representative_seal_number",
        }
    }

    /// The manual's label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "企业名称",
            Self::Code => "营业执照注册号/统一社会信用代码",
            Self::RepresentativeName => "法定代表人姓名",
            Self::RepresentativeIdNumber => "法定代表人身份证号",
            Self::RepresentativeMobile => "法定代表人手机号",
            Self::Email => "邮箱",
            Self::HasSealNumber => "企业印模是否含有印章底部数字",
            Self::SealNumber => "企业印模的印章底部数字",
            Self::HasRepresentativeSealNumber => "企业法人印模是否含有底部数字",
            Self::RepresentativeSealNumber => "企业法人印模的印章底部数字",
        }
    }

    /// What stands in the empty field: the manual's words.
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::Name => "填写企业名称",
            Self::Code => "填写15位营业执照注册号或是18位统一社会信用代码",
            Self::RepresentativeName => "填写与执照上一致的法定代表人姓名",
            Self::RepresentativeIdNumber => "填写18位身份证号",
            Self::RepresentativeMobile => "填写手机号",
            Self::Email => "填写邮箱",
            Self::SealNumber | Self::RepresentativeSealNumber => "填写印章底部数字",
            Self::HasSealNumber | Self::HasRepresentativeSealNumber => "",
        }
    }

    const fn is_choice(self) -> bool {
        matches!(self, Self::HasSealNumber | Self::HasRepresentativeSealNumber)
    }

    /// What is wrong with a text in this field; None when nothing is.
    pub fn refuse(self, text: &str) -> Option<String> {
        let refused = |refused: Refused| refused.0.to_owned();
        match self {
            _ if text.is_empty() && self.is_choice() => Some(format!("请选择{}", self.label())),
            _ if text.is_empty() => Some(format!("请填写{}", self.label())),
            Self::Name => CompanyName::parse(text).err().map(refused),
            Self::Code => CompanyCode::parse(text).err().map(refused),
            Self::RepresentativeName => PersonName::parse(text).err().map(refused),
            Self::RepresentativeIdNumber => ResidentId::parse(text).err().map(refused),
            Self::RepresentativeMobile => Mobile::parse(text).err().map(refused),
            Self::Email => Email::parse(text).err().map(refused),
            Self::SealNumber | Self::RepresentativeSealNumber => SealNumber::parse(text).err().map(refused),
            Self::HasSealNumber | Self::HasRepresentativeSealNumber => {
                (!matches!(text, "yes" | "no")).then(|| format!("请选择{}", self.label()))
            }
        }
    }

    /// The text as its kind writes it, or as typed when it is not of its kind.
    pub fn tidy(self, text: &str) -> String {
        let tidied = match self {
            Self::Name => CompanyName::parse(text).map(CompanyName::into_string).ok(),
            Self::Code => CompanyCode::parse(text).map(|code| code.as_str().to_owned()).ok(),
            Self::RepresentativeName => PersonName::parse(text).map(PersonName::into_string).ok(),
            Self::RepresentativeIdNumber => ResidentId::parse(text).map(ResidentId::into_string).ok(),
            _ => None,
        };
        tidied.unwrap_or_else(|| text.trim().to_owned())
    }
}

/// What has been typed so far, right or wrong: nothing is lost.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(BTreeMap<Field, String>);

/// Personal data: never printed.
impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Fields {
    /// What was typed; empty when nothing was.
    pub fn get(&self, field: Field) -> &str {
        self.0.get(&field).map_or("", String::as_str)
    }

    /// Keeps a text as typed, but for the blanks around it.
    pub fn set(&mut self, field: Field, text: &str) {
        match text.trim() {
            "" => self.0.remove(&field),
            text => self.0.insert(field, text.to_owned()),
        };
    }

    /// Whether the form asks for it: a seal's number only when there is one.
    pub fn asks_for(&self, field: Field) -> bool {
        match field {
            Field::SealNumber => self.get(Field::HasSealNumber) == "yes",
            Field::RepresentativeSealNumber => self.get(Field::HasRepresentativeSealNumber) == "yes",
            _ => true,
        }
    }

    /// What is wrong with a field as it stands.
    pub fn problem(&self, field: Field) -> Option<String> {
        if self.asks_for(field) { field.refuse(self.get(field)) } else { None }
    }

    /// What is wrong with a field that has been typed; an empty one is not wrong yet.
    pub fn mistake(&self, field: Field) -> Option<String> {
        if self.get(field).is_empty() { None } else { self.problem(field) }
    }

    /// All of it as values.
    ///
    /// # Errors
    /// The first field that is missing or wrong, and the sentence that helps.
    pub fn check(&self) -> Result<Checked, (Field, String)> {
        for field in Field::ALL {
            if let Some(problem) = self.problem(*field) {
                return Err((*field, problem));
            }
        }
        let wrong = |field: Field| move |refused: Refused| (field, refused.0.to_owned());
        let number = |field: Field| match self.asks_for(field) {
            true => SealNumber::parse(self.get(field)).map(Some).map_err(wrong(field)),
            false => Ok(None),
        };
        Ok(Checked {
            name: CompanyName::parse(self.get(Field::Name)).map_err(wrong(Field::Name))?,
            code: CompanyCode::parse(self.get(Field::Code)).map_err(wrong(Field::Code))?,
            representative_name: PersonName::parse(self.get(Field::RepresentativeName))
                .map_err(wrong(Field::RepresentativeName))?,
            representative_id_number: ResidentId::parse(self.get(Field::RepresentativeIdNumber))
                .map_err(wrong(Field::RepresentativeIdNumber))?,
            representative_mobile: Mobile::parse(self.get(Field::RepresentativeMobile))
                .map_err(wrong(Field::RepresentativeMobile))?,
            email: Email::parse(self.get(Field::Email)).map_err(wrong(Field::Email))?,
            seal_number: number(Field::SealNumber)?,
            representative_seal_number: number(Field::RepresentativeSealNumber)?,
        })
    }
}

/// Fields that have been checked.
#[derive(Clone, Debug)]
pub struct Checked {
    pub name: CompanyName,
    pub code: CompanyCode,
    pub representative_name: PersonName,
    pub representative_id_number: ResidentId,
    pub representative_mobile: Mobile,
    pub email: Email,
    pub seal_number: Option<SealNumber>,
    pub representative_seal_number: Option<SealNumber>,
}
