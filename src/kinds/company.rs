//! Who a company is: 统一社会信用代码 (GB 32100-2015), 15-digit 营业执照注册号 (GB/T 17710), name, seal number, taxpayer id.

use crate::{Refused, text, tidy};
use serde::{Deserialize, Serialize};

text! {
    /// A company's name (企业名称): 2 to 100 characters; ASCII brackets become the full-width ones of business licences.
    CompanyName
}

impl CompanyName {
    /// Blanks inside and control characters are not part of a registered name.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let name: String = tidy(text)
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| match c {
                '(' => '（',
                ')' => '）',
                c => c,
            })
            .collect();
        let letters = |c: char| c.is_alphanumeric() || "（）·&-—《》、".contains(c);
        if (2..=100).contains(&name.chars().count()) && name.chars().all(letters) {
            Ok(Self(name))
        } else {
            Err(Refused("企业名称应与营业执照一致，请检查"))
        }
    }
}

text! {
    /// A unified social credit code (统一社会信用代码, GB 32100-2015): 18 characters, the last one checks.
    Uscc
}

const USCC_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

impl Uscc {
    /// Accepts small letters.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        const WEIGHT: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
        let text = tidy(text).to_ascii_uppercase();
        let refused = Refused("统一社会信用代码应为 18 位且校验位正确，请对照营业执照检查");
        if text.len() != 18 {
            return Err(refused);
        }
        let value = |b: u8| USCC_ALPHABET.iter().position(|&a| a == b).ok_or(refused);
        let mut sum = 0;
        for (b, weight) in text.bytes().zip(WEIGHT) {
            sum += value(b)? * weight;
        }
        let check = value(text.as_bytes()[17])?;
        if check == (31 - sum % 31) % 31 { Ok(Self(text)) } else { Err(refused) }
    }
}

text! {
    /// A business licence registration number (营业执照注册号): 15 digits, GB/T 17710 MOD 11,10.
    RegistrationNumber
}

impl RegistrationNumber {
    /// Fifteen digits of which the last checks.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let text = tidy(text);
        let refused = Refused("营业执照注册号应为 15 位数字且校验位正确，请对照营业执照检查");
        if text.len() != 15 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refused);
        }
        let digit = |i: usize| u32::from(text.as_bytes()[i] - b'0');
        let product = (0..14).fold(10, |p, i| match (p + digit(i)) % 10 {
            0 => 20 % 11,
            s => s * 2 % 11,
        });
        if (product + digit(14)) % 10 == 1 { Ok(Self(text)) } else { Err(refused) }
    }
}

/// 营业执照注册号/统一社会信用代码: whichever the licence bears.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum CompanyCode {
    Uscc(Uscc),
    Registration(RegistrationNumber),
}

impl CompanyCode {
    /// Told apart by length: 15 or 18.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        match tidy(text).len() {
            15 => RegistrationNumber::parse(text).map(Self::Registration),
            18 => Uscc::parse(text).map(Self::Uscc),
            _ => Err(Refused("请填写营业执照上的 15 位注册号或 18 位统一社会信用代码")),
        }
    }

    /// The code itself.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Uscc(code) => code.as_str(),
            Self::Registration(code) => code.as_str(),
        }
    }
}

text! {
    /// The number at the foot of a seal (印章底部数字): 13 digits.
    SealNumber
}

impl SealNumber {
    /// Thirteen digits; the first six name the place of registration and are not checked further.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let text = tidy(text);
        if text.len() == 13 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(Refused("印章底部数字应为 13 位数字，请对照印模检查"))
        }
    }
}

text! {
    /// A taxpayer identification number (纳税识别号): 15, 17, 18 or 20 letters and digits; an 18-character one is a [`Uscc`].
    TaxpayerId
}

impl TaxpayerId {
    /// Accepts small letters.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let text = tidy(text).to_ascii_uppercase();
        let refused = Refused("纳税识别号应为 15 至 20 位数字或大写字母，请对照营业执照检查");
        let shaped = matches!(text.len(), 15 | 17 | 18 | 20) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if !shaped || (text.len() == 18 && Uscc::parse(&text).is_err()) {
            return Err(refused);
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn m23_both_lengths_of_company_code_are_known() {
        assert!(matches!(CompanyCode::parse("91350100M000100Y43"), Ok(CompanyCode::Uscc(_))));
        assert!(matches!(CompanyCode::parse("110108000000016"), Ok(CompanyCode::Registration(_))));
        for wrong in ["", "91420000737944946M", "91350100M000100Y44", "110108000000017", "9135010"] {
            assert!(CompanyCode::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn m29_a_seal_number_is_thirteen_digits() {
        assert!(SealNumber::parse("3501020012345").is_ok());
        assert!(SealNumber::parse("350102001234").is_err());
        assert!(SealNumber::parse("35010200123A5").is_err());
    }

    #[test]
    fn a_company_name_keeps_full_width_brackets() {
        assert_eq!(CompanyName::parse("瑞成(福建) 科技有限公司").unwrap().as_str(), "瑞成（福建）科技有限公司");
        assert!(CompanyName::parse("<script>").is_err());
    }

    proptest! {
        #[test]
        fn one_wrong_character_never_passes(at in 0usize..18, other in 0usize..31) {
            let mut bytes = b"91350100M000100Y43".to_vec();
            let was = bytes[at];
            bytes[at] = USCC_ALPHABET[other];
            let text = String::from_utf8(bytes.clone()).unwrap();
            prop_assert_eq!(Uscc::parse(&text).is_ok(), bytes[at] == was);
        }

        #[test]
        fn strangers_texts_never_panic(text in "\\PC{0,40}") {
            let _ = (CompanyCode::parse(&text), CompanyName::parse(&text), TaxpayerId::parse(&text), SealNumber::parse(&text));
        }
    }
}
