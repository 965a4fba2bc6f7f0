//! Who a person is: name and 居民身份证号码 (GB 11643-1999).

use crate::{Refused, text, tidy};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

text! {
    /// A person's name as printed on the identity card: 2 to 50 characters, Han with `·` between the parts of minority names.
    private PersonName
}

impl PersonName {
    /// Blanks inside go; the many middle dots in use become `·` (U+00B7).
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let name: String = tidy(text)
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| if matches!(c, '•' | '‧' | '∙' | '・' | '．' | '.') { '·' } else { c })
            .collect();
        let count = name.chars().count();
        let right = (2..=50).contains(&count)
            && name.chars().all(|c| c == '·' || is_han(c))
            && !name.starts_with('·')
            && !name.ends_with('·');
        if right {
            Ok(Self(name))
        } else {
            Err(Refused("姓名应与身份证一致，为 2 个以上汉字，请检查"))
        }
    }

    /// `王*` or `欧**`: the first character only.
    pub fn masked(&self) -> String {
        let mut chars = self.0.chars();
        let first = chars.next().map(String::from).unwrap_or_default();
        first + &"*".repeat(chars.count())
    }
}

/// Whether a character is Han (any plane), including 〇.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}' | '〇')
}

/// 性别, as the identity number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    Female,
    Male,
}

text! {
    /// A citizen identity number (居民身份证号码): 18 characters with a right date and check character (GB 11643-1999).
    /// Of the region only the province is checked: counties are abolished, their people keep the number.
    private ResidentId
}

impl ResidentId {
    /// Accepts a small `x`.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let text = tidy(text).to_ascii_uppercase();
        let refused = Refused("身份证号码应为 18 位且校验位正确，请检查");
        let bytes = text.as_bytes();
        let shaped = bytes.len() == 18
            && bytes[..17].iter().all(u8::is_ascii_digit)
            && (bytes[17].is_ascii_digit() || bytes[17] == b'X');
        if !shaped || !is_province(&text[..2]) || date_of(&text).is_none() || check_character(bytes) != bytes[17] {
            return Err(refused);
        }
        Ok(Self(text))
    }

    /// 出生日期.
    pub fn born(&self) -> NaiveDate {
        date_of(&self.0).expect("parse has read this date")
    }

    /// 性别: the seventeenth digit is odd for men.
    pub fn sex(&self) -> Sex {
        if self.0.as_bytes()[16] % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// Whole years on a day; negative when not yet born.
    pub fn age_on(&self, day: NaiveDate) -> i32 {
        let born = self.born();
        let had_birthday = (day.month(), day.day()) >= (born.month(), born.day());
        day.year() - born.year() - i32::from(!had_birthday)
    }

    /// `350***********1941`: enough to recognise one's own.
    pub fn masked(&self) -> String {
        format!("{}***********{}", &self.0[..3], &self.0[14..])
    }
}

fn date_of(text: &str) -> Option<NaiveDate> {
    let date =
        NaiveDate::from_ymd_opt(text[6..10].parse().ok()?, text[10..12].parse().ok()?, text[12..14].parse().ok()?)?;
    (date.year() >= 1900).then_some(date)
}

fn is_province(two: &str) -> bool {
    matches!(
        two.as_bytes(),
        [b'1', b'1'..=b'5']
            | [b'2', b'1'..=b'3']
            | [b'3', b'1'..=b'7']
            | [b'4', b'1'..=b'6']
            | [b'5', b'0'..=b'4']
            | [b'6', b'1'..=b'5']
            | [b'7', b'1']
            | [b'8', b'1'..=b'3']
    )
}

fn check_character(bytes: &[u8]) -> u8 {
    const WEIGHT: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = bytes.iter().zip(WEIGHT).map(|(b, w)| u32::from(b - b'0') * w).sum();
    b"10X98765432"[(sum % 11) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_identity_number_tells_birth_and_sex() {
        let id = ResidentId::parse("11010519491231002x").unwrap();
        assert_eq!(id.born(), NaiveDate::from_ymd_opt(1949, 12, 31).unwrap());
        assert_eq!(id.sex(), Sex::Female);
        assert_eq!(id.age_on(NaiveDate::from_ymd_opt(1967, 12, 30).unwrap()), 17);
        assert_eq!(id.age_on(NaiveDate::from_ymd_opt(1967, 12, 31).unwrap()), 18);
        assert_eq!(id.masked(), "110***********002X");
        assert_eq!(format!("{id:?}"), "ResidentId(…)");
    }

    #[test]
    fn wrong_dates_regions_and_check_characters_are_refused() {
        for wrong in [
            "",
            "110105194912310021",
            "990105194912310028",
            "110105194902310023",
            "11010549123100",
            "11010５19491231００２",
        ] {
            assert!(ResidentId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_are_han() {
        for right in ["王芳", "欧阳明月", "买买提·艾力", "买买提•艾力", "㛃𬭎", "王 芳"] {
            assert!(PersonName::parse(right).is_ok(), "{right}");
        }
        for wrong in ["", "王", "Wang Fang", "王芳1", "·王芳", "王芳<b>"] {
            assert!(PersonName::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(PersonName::parse("欧阳明").unwrap().masked(), "欧**");
    }

    proptest! {
        #[test]
        fn one_wrong_digit_never_passes(at in 0usize..17, digit in 0u8..10) {
            let mut bytes = b"11010519491231002X".to_vec();
            let was = bytes[at];
            bytes[at] = b'0' + digit;
            let text = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(ResidentId::parse(&text).is_ok(), was == b'0' + digit);
        }

        #[test]
        fn strangers_texts_never_panic(text in "\\PC{0,40}") {
            let _ = (ResidentId::parse(&text), PersonName::parse(&text));
        }
    }
}
