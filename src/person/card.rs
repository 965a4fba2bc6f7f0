//! 身份证: what was read off it, what the person confirms, and the rules between them.

use super::{ADULT, Side};
use crate::error::{At, Error};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use zhangzheng_kinds::{PersonName, ResidentId};
use zhangzheng_providers::ocr::{Advice, EmblemSide, PortraitSide, Read, ValidUntil};

/// What was read off both sides. Texts as they were read, right or wrong.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reading {
    pub name: String,
    pub resident_id: String,
    pub address: String,
    pub valid_from: Option<NaiveDate>,
    pub valid_until: Option<NaiveDate>,
    pub long_term: bool,
    /// What was noticed about each side (复印件, 翻拍 …): for the reviewer.
    pub portrait_noticed: Vec<String>,
    pub emblem_noticed: Vec<String>,
    /// The vendor's numbers for the calls.
    pub portrait_request: String,
    pub emblem_request: String,
}

fn words(noticed: &[Advice]) -> Vec<String> {
    noticed.iter().map(|advice| advice.sentence().to_owned()).collect()
}

impl Reading {
    /// Takes over what 人像面 says.
    pub fn take_portrait(&mut self, read: Read<PortraitSide>) {
        self.name = read.paper.name;
        self.resident_id = read.paper.id_number;
        self.address = read.paper.address;
        self.portrait_noticed = words(&read.noticed);
        self.portrait_request = read.request_id;
    }

    /// Takes over what 国徽面 says.
    pub fn take_emblem(&mut self, read: Read<EmblemSide>) {
        let (until, long_term) = match read.paper.valid_until {
            ValidUntil::Day(day) => (Some(day), false),
            ValidUntil::LongTerm => (None, true),
            ValidUntil::Unknown => (None, false),
        };
        (self.valid_from, self.valid_until, self.long_term) = (read.paper.valid_from, until, long_term);
        self.emblem_noticed = words(&read.noticed);
        self.emblem_request = read.request_id;
    }
}

/// The sentence for a photo that could not be read: it names the side that was asked for.
pub fn advice(side: Side, advice: Advice) -> String {
    match (side, advice) {
        (Side::Portrait, Advice::WrongSide) => "这是国徽面，请拍摄有照片的人像面".into(),
        (Side::Emblem, Advice::WrongSide) => "这是人像面，请拍摄有国徽的国徽面".into(),
        (_, advice) => advice.sentence().into(),
    }
}

/// What the person types or leaves as it was read.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    pub name: String,
    pub resident_id: String,
    pub address: String,
    pub valid_from: Option<NaiveDate>,
    /// None together with `long_term`.
    pub valid_until: Option<NaiveDate>,
    /// 长期
    pub long_term: bool,
}

/// What the person has confirmed, and the rules accept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields {
    pub name: PersonName,
    pub resident_id: ResidentId,
    pub address: String,
    pub valid_from: NaiveDate,
    /// None is 长期.
    pub valid_until: Option<NaiveDate>,
}

/// The rules of a card on a day.
///
/// # Errors
/// [`Error::Invalid`] naming the first field that is wrong.
pub fn check(typed: &Typed, today: NaiveDate) -> Result<Fields, Error> {
    let name = PersonName::parse(&typed.name).at("name")?;
    let resident_id = ResidentId::parse(&typed.resident_id).at("resident_id")?;
    if resident_id.age_on(today) < ADULT {
        return Err(Error::invalid("resident_id", "未满 18 周岁暂不能办理，请由成年人办理"));
    }
    let address: String = typed.address.trim().into();
    if !(4..=120).contains(&address.chars().count()) || address.chars().any(char::is_control) {
        return Err(Error::invalid("address", "住址应与身份证一致，请检查"));
    }
    let valid_from = typed.valid_from.ok_or_else(|| Error::invalid("valid_from", "请填写有效期限的起始日期"))?;
    if valid_from > today || valid_from < resident_id.born() {
        return Err(Error::invalid("valid_from", "有效期限的起始日期不正确，请对照国徽面检查"));
    }
    let valid_until = match (typed.long_term, typed.valid_until) {
        (true, _) => None,
        (false, Some(until)) if until <= valid_from => {
            return Err(Error::invalid("valid_until", "有效期限的截止日期不正确，请对照国徽面检查"));
        }
        (false, Some(until)) if until < today => {
            return Err(Error::invalid("valid_until", "证件已过有效期，请使用有效的身份证"));
        }
        (false, Some(until)) => Some(until),
        (false, None) => return Err(Error::invalid("valid_until", "请填写有效期限的截止日期，或选择长期")),
    };
    Ok(Fields { name, resident_id, address, valid_from, valid_until })
}

impl Fields {
    /// The fields in which the person differs from what was read, by name, joined by blanks; None when there is none.
    pub fn corrected(&self, reading: &Reading) -> Option<String> {
        let same = |typed: &str, read: &str| typed.split_whitespace().eq(read.split_whitespace());
        let marks = [
            ("name", PersonName::parse(&reading.name).as_ref() == Ok(&self.name)),
            ("resident_id", ResidentId::parse(&reading.resident_id).as_ref() == Ok(&self.resident_id)),
            ("address", same(&self.address, &reading.address)),
            ("valid_from", reading.valid_from == Some(self.valid_from)),
            ("valid_until", (reading.valid_until, reading.long_term) == (self.valid_until, self.valid_until.is_none())),
        ];
        let corrected: Vec<&str> = marks.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect();
        (!corrected.is_empty()).then(|| corrected.join(" "))
    }
}

/// What a reviewer reads when the two sides do not seem to be of one card.
pub const SIDES_DISAGREE: &str = "国徽面的有效期限与人像面的年龄不符，请核对两面是否为同一证件";

/// Whether both sides can be of one card: how long it is valid follows from the age at issue (居民身份证法 art. 5: up to 15
/// years 5, from 16 to 25 10, from 26 to 45 20, from 46 on for good).
pub fn sides_agree(fields: &Fields) -> bool {
    let years = fields.valid_until.and_then(|until| until.years_since(fields.valid_from));
    matches!(
        (fields.resident_id.age_on(fields.valid_from), years),
        (..=15, Some(5)) | (16..=25, Some(10)) | (26..=45, Some(20)) | (46.., None)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn typed() -> Typed {
        Typed {
            name: "王芳".into(),
            resident_id: "11010519491231002X".into(),
            address: "北京市朝阳区某某路 1 号".into(),
            valid_from: Some(date("2015-03-01")),
            valid_until: Some(date("2035-03-01")),
            long_term: false,
        }
    }

    fn refused(change: impl FnOnce(&mut Typed)) -> String {
        let mut typed = typed();
        change(&mut typed);
        let error = check(&typed, date("2026-11-23")).err().expect("refused");
        error.problem().field.clone().unwrap_or_default()
    }

    #[test]
    fn m15_each_wrong_field_is_named() {
        assert!(check(&typed(), date("2026-11-23")).is_ok());
        assert_eq!(refused(|t| t.name = "Wang".into()), "name");
        assert_eq!(refused(|t| t.resident_id = "110105194912310021".into()), "resident_id");
        assert_eq!(refused(|t| t.address = " ".into()), "address");
        assert_eq!(refused(|t| t.valid_from = None), "valid_from");
        assert_eq!(refused(|t| t.valid_from = Some(date("2027-01-01"))), "valid_from");
        assert_eq!(refused(|t| t.valid_until = None), "valid_until");
        assert_eq!(refused(|t| t.valid_until = Some(date("2015-03-01"))), "valid_until");
    }

    #[test]
    fn m15_an_expired_card_is_refused_from_the_day_after() {
        let typed = typed();
        assert!(check(&typed, date("2035-03-01")).is_ok());
        assert!(check(&typed, date("2035-03-02")).is_err());
        let long_term = Typed { valid_until: None, long_term: true, ..typed };
        assert!(check(&long_term, date("2099-01-01")).is_ok_and(|fields| fields.valid_until.is_none()));
    }

    #[test]
    fn m15_adults_only_from_the_birthday_on() {
        let mut typed = typed();
        typed.valid_from = Some(date("1960-01-01"));
        typed.valid_until = Some(date("1970-01-01"));
        assert!(check(&typed, date("1967-12-30")).is_err());
        assert!(check(&typed, date("1967-12-31")).is_ok());
    }

    #[test]
    fn b1_two_sides_of_different_cards_are_noticed() {
        let card = |from: &str, until: Option<&str>| {
            let typed = Typed {
                valid_from: Some(date(from)),
                valid_until: until.map(date),
                long_term: until.is_none(),
                ..typed()
            };
            check(&typed, date(from)).expect("right by itself")
        };
        assert!(sides_agree(&card("1996-01-01", None)), "46 at issue: for good");
        assert!(sides_agree(&card("1990-01-01", Some("2010-01-01"))), "40 at issue: twenty years");
        for other in
            [card("1990-01-01", None), card("1996-01-01", Some("2016-01-01")), card("1990-01-01", Some("2000-01-01"))]
        {
            assert!(!sides_agree(&other), "another person's emblem side");
        }
    }

    #[test]
    fn b1_what_the_person_corrects_is_marked() {
        let fields = check(&typed(), date("2026-11-23")).expect("right");
        let mut reading = Reading {
            name: "王 芳".into(),
            resident_id: "11010519491231002x".into(),
            address: "北京市朝阳区某某路 1 号".into(),
            valid_from: Some(date("2015-03-01")),
            valid_until: Some(date("2035-03-01")),
            ..Reading::default()
        };
        assert_eq!(fields.corrected(&reading), None);
        reading.name = "王方".into();
        reading.valid_until = None;
        assert_eq!(fields.corrected(&reading).as_deref(), Some("name valid_until"));
    }

    proptest! {
        #[test]
        fn strangers_texts_never_panic(name in "\\PC{0,20}", resident_id in "[0-9xX]{0,20}", address in "\\PC{0,200}", from in 0i32..800_000, until in 0i32..800_000) {
            let day = |n: i32| NaiveDate::from_num_days_from_ce_opt(n);
            let typed = Typed { name, resident_id, address, valid_from: day(from), valid_until: day(until), long_term: false };
            if let Ok(fields) = check(&typed, date("2026-11-23")) {
                prop_assert!(fields.valid_until.is_some_and(|until| until >= date("2026-11-23")));
            }
        }
    }
}
