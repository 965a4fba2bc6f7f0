//! Where a person can be reached: 手机号 and 邮箱.

use crate::{Refused, text, tidy};

text! {
    /// A mainland mobile number (手机号): 11 digits, `1[3-9]…`. Finer ranges change with the carriers and are not checked.
    private Mobile
}

impl Mobile {
    /// Accepts blanks, hyphens and a leading `+86`.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let digits: String = tidy(text).chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let digits = digits.strip_prefix("+86").unwrap_or(&digits);
        let right = digits.len() == 11
            && digits.bytes().all(|b| b.is_ascii_digit())
            && digits.starts_with('1')
            && digits.as_bytes()[1] >= b'3';
        if right {
            Ok(Self(digits.to_owned()))
        } else {
            Err(Refused("手机号应为 11 位数字，请检查后重新填写"))
        }
    }

    /// `138****5678`.
    pub fn masked(&self) -> String {
        format!("{}****{}", &self.0[..3], &self.0[7..])
    }
}

text! {
    /// An e-mail address (邮箱) that mail servers will take: at most 254 characters, ASCII, one `@`, a dotted domain.
    private Email
}

impl Email {
    /// Checks shape only; whether it exists is for the mail server to say.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let text = tidy(text);
        let refused = Refused("邮箱格式不正确，请填写如 name@example.com 的地址");
        let (local, domain) = text.rsplit_once('@').ok_or(refused)?;
        let local_right = (1..=64).contains(&local.len())
            && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&b))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let label = |l: &str| {
            (1..=63).contains(&l.len())
                && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !l.starts_with('-')
                && !l.ends_with('-')
        };
        let domain_right = domain.contains('.') && domain.split('.').all(label);
        if text.len() <= 254 && local_right && domain_right {
            Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
        } else {
            Err(refused)
        }
    }

    /// `w***@example.com`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.split_once('@').unwrap_or((&self.0, ""));
        format!("{}***@{domain}", &local[..1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_mobile_number_is_eleven_digits() {
        for right in ["13800138000", " 138 0013 8000 ", "+8613800138000", "１３８００１３８０００", "199-0000-0001"]
        {
            assert!(Mobile::parse(right).is_ok(), "{right}");
        }
        for wrong in ["", "1380013800", "138001380000", "12800138000", "23800138000", "1380013800a", "+8513800138000"] {
            assert!(Mobile::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Mobile::parse("13812345678").unwrap().masked(), "138****5678");
    }

    #[test]
    fn an_address_has_a_name_and_a_domain() {
        for right in ["a@b.cn", "wang.fang+zz@Example.COM"] {
            assert!(Email::parse(right).is_ok(), "{right}");
        }
        for wrong in ["", "a", "@b.cn", "a@b", "a@.cn", "a b@c.cn", "a..b@c.cn", "a@b.cn\r\nBcc: x@y.cn", "王@b.cn"] {
            assert!(Email::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn strangers_texts_never_panic(text in "\\PC{0,40}") {
            if let Ok(mobile) = Mobile::parse(&text) { let _ = mobile.masked(); }
            if let Ok(email) = Email::parse(&text) { let _ = email.masked(); }
        }
    }
}
