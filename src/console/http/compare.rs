//! Typed, read by the machine, and said by the register, side by side, with the differences marked; numbers under stars
//! until they are revealed.

use crate::{
    company::{
        Field, Origin,
        flow::{Case, Registry},
    },
    person::{card::Fields, flow::ManualDetail},
};
use zhangzheng_kinds::{Email, Mobile, ResidentId};

/// One line of the comparison.
#[derive(Clone, Debug)]
pub struct Line {
    pub word: &'static str,
    pub label: &'static str,
    pub typed: String,
    /// What the papers say; None when they say nothing of it.
    pub read: Option<String>,
    /// Whether the papers say otherwise.
    pub differs: bool,
    pub registry: Option<Mark>,
}

/// A word with its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub label: &'static str,
    /// `good`, `bad` or `waiting`.
    pub class: &'static str,
}

impl Mark {
    fn of(word: &str) -> Self {
        let (label, class) = match word {
            "matches" => ("一致", "good"),
            "differs" => ("不一致", "bad"),
            "open" => ("存续", "good"),
            "moved" => ("迁出", "bad"),
            "closed" => ("注销或吊销", "bad"),
            _ => ("未能核实", "waiting"),
        };
        Self { label, class }
    }
}

/// Stars over all but what tells one from another. A text that is not of its kind is all stars.
fn masked(field: Field, text: &str) -> String {
    let stars = || "*".repeat(text.chars().count());
    match field {
        Field::RepresentativeIdNumber => ResidentId::parse(text).map_or_else(|_| stars(), |id| id.masked()),
        Field::RepresentativeMobile => Mobile::parse(text).map_or_else(|_| stars(), |mobile| mobile.masked()),
        Field::Email => Email::parse(text).map_or_else(|_| stars(), |email| masked_email(email.as_str())),
        _ => text.to_owned(),
    }
}

fn masked_email(email: &str) -> String {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    format!("{}***@{domain}", local.chars().next().map(String::from).unwrap_or_default())
}

/// A field as a page shows it.
pub fn shown(field: Field, text: &str, clear: bool) -> String {
    match (field, text) {
        (Field::HasSealNumber | Field::HasRepresentativeSealNumber, "yes") => "是".into(),
        (Field::HasSealNumber | Field::HasRepresentativeSealNumber, "no") => "否".into(),
        _ if clear => text.to_owned(),
        _ => masked(field, text),
    }
}

/// The lines of a company's case.
pub fn company(case: &Case, clear: bool) -> Vec<Line> {
    let asked = Field::ALL.iter().filter(|field| case.fields.asks_for(**field));
    let line = |field: &Field| Line {
        word: field.word(),
        label: field.label(),
        typed: shown(*field, case.fields.get(*field), clear),
        read: case.reading.values.get(field).map(|text| shown(*field, text, clear)),
        differs: case.reading.origin(*field, &case.fields) == Origin::Corrected,
        registry: said(case.registry.as_ref(), *field),
    };
    asked.map(line).collect()
}

fn said(registry: Option<&Registry>, field: Field) -> Option<Mark> {
    let about = match field {
        Field::Name => "name",
        Field::Code => "code",
        Field::RepresentativeName => "representative",
        Field::RepresentativeIdNumber => "id_number",
        _ => return None,
    };
    about_of(registry?, about)
}

fn about_of(registry: &Registry, about: &str) -> Option<Mark> {
    if registry.could_be_asked { registry.said.get(about)?.as_str().map(Mark::of) } else { None }
}

/// What the register says of the whole: the verdict, and whether the company operates.
pub fn registry(registry: Option<&Registry>) -> Vec<(&'static str, Mark)> {
    let Some(registry) = registry else {
        return vec![("工商核验", Mark { label: "核验中，请稍后刷新", class: "waiting" })];
    };
    if !registry.could_be_asked {
        return vec![("工商核验", Mark { label: "15 位注册号无法在线核验，请人工核对", class: "waiting" })];
    }
    let parts = [("核验结论", "overall"), ("经营状态", "operating")];
    parts.into_iter().filter_map(|(label, about)| Some((label, about_of(registry, about)?))).collect()
}

/// The lines of a person's case.
pub fn person(detail: &ManualDetail, clear: bool) -> Vec<Line> {
    let (fields, reading) = (&detail.fields, &detail.reading);
    let number = |text: &str| if clear { text.to_owned() } else { masked(Field::RepresentativeIdNumber, text) };
    let until = |until: Option<chrono::NaiveDate>, long_term: bool| match until {
        Some(day) => day.to_string(),
        None if long_term => "长期".to_owned(),
        None => String::new(),
    };
    let lines = [
        ("name", "姓名", fields.name.as_str().to_owned(), reading.name.clone()),
        ("resident_id", "身份证号", number(fields.resident_id.as_str()), number(&reading.resident_id)),
        ("address", "住址", fields.address.clone(), reading.address.clone()),
        (
            "valid_from",
            "有效期起",
            fields.valid_from.to_string(),
            reading.valid_from.map(|day| day.to_string()).unwrap_or_default(),
        ),
        (
            "valid_until",
            "有效期止",
            until(fields.valid_until, fields.valid_until.is_none()),
            until(reading.valid_until, reading.long_term),
        ),
    ];
    let line = |(word, label, typed, read): (&'static str, &'static str, String, String)| Line {
        differs: detail.corrected.iter().any(|corrected| corrected == word),
        read: (!read.is_empty()).then_some(read),
        registry: None,
        word,
        label,
        typed,
    };
    lines.into_iter().map(line).collect()
}

/// The fields of a card as a page shows them.
pub fn person_fields(fields: &Fields, clear: bool) -> Vec<(&'static str, String)> {
    let number = fields.resident_id.as_str();
    let number = if clear { number.to_owned() } else { masked(Field::RepresentativeIdNumber, number) };
    vec![
        ("姓名", fields.name.as_str().to_owned()),
        ("身份证号", number),
        ("住址", fields.address.clone()),
        ("有效期起", fields.valid_from.to_string()),
        ("有效期止", fields.valid_until.map_or_else(|| "长期".to_owned(), |day| day.to_string())),
    ]
}

/// What the machine noticed about the pictures, in the reviewer's words.
pub fn noticed(words: &[String]) -> Vec<&str> {
    let said = |word: &String| match word.as_str() {
        "copy" => Some("疑似复印件"),
        "screen" => Some("疑似翻拍屏幕"),
        "reflection" => Some("有反光"),
        "occluded" => Some("有遮挡"),
        "incomplete" => Some("边角不完整"),
        "blurred" => Some("较模糊"),
        "altered" => Some("疑似经过修改"),
        "temporary_card" => Some("临时身份证"),
        "electronic" => Some("电子证照"),
        "expired" => Some("已过有效期"),
        _ => None,
    };
    words.iter().map(|word| said(word).unwrap_or(word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_under_stars_and_what_is_no_number_is_all_stars() {
        assert_eq!(masked(Field::RepresentativeMobile, "19900000001"), "199****0001");
        assert_eq!(masked(Field::RepresentativeMobile, "1990000"), "*******");
        assert_eq!(masked(Field::Email, "kestrel@example.com"), "k***@example.com");
        assert_eq!(masked(Field::RepresentativeIdNumber, "35010219900307123"), "*".repeat(17));
        assert_eq!(masked(Field::Name, "福州红隼贸易有限公司"), "福州红隼贸易有限公司");
        assert_eq!(shown(Field::HasSealNumber, "no", false), "否");
        assert_eq!(shown(Field::Email, "kestrel@example.com", true), "kestrel@example.com");
    }

    #[test]
    fn a_register_that_was_not_asked_says_nothing_of_a_field() {
        let mut asked = Registry {
            said: serde_json::from_str(r#"{"name":"differs","overall":"differs","operating":"open"}"#).unwrap(),
            could_be_asked: true,
            request_id: None,
            checked_at: chrono::DateTime::UNIX_EPOCH,
        };
        assert_eq!(said(Some(&asked), Field::Name).map(|mark| mark.class), Some("bad"));
        assert_eq!(said(Some(&asked), Field::Email), None);
        assert_eq!(registry(Some(&asked)).len(), 2);
        asked.could_be_asked = false;
        assert_eq!(said(Some(&asked), Field::Name), None);
        assert_eq!(registry(None)[0].1.class, "waiting");
    }
}
