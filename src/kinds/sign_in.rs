//! What a person types to register and sign in: 企业帐号, 密码, 短信验证码.

use crate::{Refused, Secret, text, tidy};
use serde::Serialize;

text! {
    /// 企业帐号: 6 to 18 letters and digits, kept in small letters so that nobody can register a look-alike.
    AccountName
}

impl AccountName {
    /// Small and capital letters are the same account.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let text = tidy(text).to_ascii_lowercase();
        if (6..=18).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            Ok(Self(text))
        } else {
            Err(Refused("企业帐号应为 6 到 18 位数字或字母"))
        }
    }
}

/// 密码: 8 to 64 characters with at least one letter and one digit. Never printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Password(Secret<String>);

/// How strong a password is, for the bar beside the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    Weak,
    Fair,
    Strong,
}

impl Password {
    /// Taken as typed: nothing is trimmed.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let count = text.chars().count();
        if !(8..=64).contains(&count) || text.chars().any(char::is_control) {
            return Err(Refused("密码长度应为 8 到 64 位"));
        }
        let letters = text.chars().any(char::is_alphabetic);
        let digits = text.chars().any(|c| c.is_ascii_digit());
        if letters && digits {
            Ok(Self(Secret::new(text.to_owned())))
        } else {
            Err(Refused("密码应同时包含字母和数字"))
        }
    }

    /// The password itself, for the hash.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Length and variety; the same measure the page shows while typing.
    pub fn strength(&self) -> Strength {
        let text = self.expose();
        let kinds = [
            text.chars().any(char::is_lowercase),
            text.chars().any(char::is_uppercase),
            text.chars().any(|c| c.is_ascii_digit()),
            text.chars().any(|c| !c.is_alphanumeric()),
        ];
        let distinct = text.chars().collect::<std::collections::BTreeSet<_>>().len();
        match (kinds.iter().filter(|k| **k).count(), text.chars().count()) {
            _ if distinct < 5 => Strength::Weak,
            (3.., 12..) | (2.., 16..) => Strength::Strong,
            (3.., _) | (_, 10..) => Strength::Fair,
            _ => Strength::Weak,
        }
    }
}

text! {
    /// 短信验证码: 6 digits.
    private SmsCode
}

impl SmsCode {
    /// Blanks that people copy along are dropped.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let text: String = tidy(text).chars().filter(|c| *c != ' ').collect();
        if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(Refused("短信验证码为 6 位数字"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m5_an_account_is_six_to_eighteen_letters_and_digits() {
        assert_eq!(AccountName::parse(" ZYying016 ").unwrap().as_str(), "zyying016");
        for wrong in ["", "abc12", "abcdefghij123456789", "abc_1234", "企业帐号一二"] {
            assert!(AccountName::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn m6_a_password_is_eight_to_sixty_four_with_letters_and_digits() {
        assert!(Password::parse("abcd1234").is_ok());
        assert!(Password::parse(&"a1".repeat(32)).is_ok());
        for wrong in ["abc1234", "abcdefgh", "12345678", &"a1".repeat(33), "abcd\n1234"] {
            assert!(Password::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format!("{:?}", Password::parse("abcd1234").unwrap()), "Password(Secret(…))");
    }

    #[test]
    fn m6_strength_grows_with_length_and_variety() {
        let of = |text| Password::parse(text).unwrap().strength();
        assert_eq!(of("aaaaaaa1"), Strength::Weak);
        assert_eq!(of("abcd1234"), Strength::Weak);
        assert_eq!(of("Abcd1234"), Strength::Fair);
        assert_eq!(of("Abcd1234-xyz"), Strength::Strong);
    }

    #[test]
    fn m9_a_code_is_six_digits() {
        assert_eq!(SmsCode::parse(" 419 969").unwrap().as_str(), "419969");
        assert!(SmsCode::parse("41996").is_err());
        assert!(SmsCode::parse("41996a").is_err());
    }
}
