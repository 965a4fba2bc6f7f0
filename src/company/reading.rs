//! What the machine read from the papers (文字识别), kept beside what the person typed, so that the reviewer sees both.

use super::{Field, Fields, PaperKind};
use chrono::{DateTime, Utc};
use poem_openapi::Enum;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zhangzheng_providers::ocr::{Licence, PortraitSide};

/// Where what stands in a field came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename = "CompanyFieldOrigin", rename_all = "snake_case")]
pub enum Origin {
    /// The person typed it, and no paper says anything about it.
    Typed,
    /// As read from a paper.
    Read,
    /// A paper says otherwise: the person has corrected it.
    Corrected,
}

/// What has been read.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What the papers say of fields of the form.
    pub values: BTreeMap<Field, String>,
    /// What else the licence says: its kind, address, business, capital, dates.
    pub licence: BTreeMap<String, String>,
    /// The name on the representative's identity card.
    pub card_name: Option<String>,
    /// What the vendor noticed about the pictures (copy, screen), in its adapter's words.
    pub noticed: Vec<String>,
    /// The calls to the vendor that read them, oldest first.
    #[serde(default)]
    pub requests: Vec<Request>,
}

/// One paper that was read by the vendor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub paper: PaperKind,
    /// The vendor's number for the call.
    pub request_id: String,
    pub at: DateTime<Utc>,
}

/// Personal data: never printed.
impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").field("noticed", &self.noticed).finish_non_exhaustive()
    }
}

impl Reading {
    /// Takes in what a licence says, in place of what the one before said.
    pub fn take_licence(&mut self, licence: &Licence) {
        let said = [
            (Field::Name, &licence.name),
            (Field::Code, &licence.code),
            (Field::RepresentativeName, &licence.representative),
        ];
        for (field, text) in said {
            self.say(field, text);
        }
        let more = [
            ("类型", &licence.kind),
            ("住所", &licence.address),
            ("经营范围", &licence.business),
            ("注册资本", &licence.capital),
            ("成立日期", &licence.set_date),
            ("营业期限", &licence.period),
        ];
        let said = more.into_iter().filter(|(_, text)| !text.is_empty());
        self.licence = said.map(|(label, text)| (label.to_owned(), text.clone())).collect();
    }

    /// Takes in what the representative's card says.
    pub fn take_card(&mut self, card: &PortraitSide) {
        self.say(Field::RepresentativeIdNumber, &card.id_number);
        self.card_name = Some(Field::RepresentativeName.tidy(&card.name));
    }

    fn say(&mut self, field: Field, text: &str) {
        match field.tidy(text) {
            text if text.is_empty() => self.values.remove(&field),
            text => self.values.insert(field, text),
        };
    }

    /// Fills in what the person has left empty; gives the fields that were filled.
    pub fn fill(&self, fields: &mut Fields) -> Vec<Field> {
        let mut filled = Vec::new();
        for (field, text) in &self.values {
            if fields.get(*field).is_empty() {
                fields.set(*field, text);
                filled.push(*field);
            }
        }
        filled
    }

    /// Where what stands in a field came from.
    pub fn origin(&self, field: Field, fields: &Fields) -> Origin {
        match self.values.get(&field) {
            None => Origin::Typed,
            Some(read) if *read == field.tidy(fields.get(field)) => Origin::Read,
            Some(_) => Origin::Corrected,
        }
    }
}
