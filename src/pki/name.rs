//! 证书主体名称: whom a certificate names. Built attribute by attribute, so that no character of a name is syntax.

use crate::PkiError;
use const_oid::db::rfc4519::{C, CN, O, SERIAL_NUMBER};
use der::Tag;
use der::asn1::Any;
use spki::ObjectIdentifier;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

/// Longest name in characters. RFC 5280 (appendix A.1) says 64, which verifiers do not enforce; registered company names may be
/// longer, and a name is certified whole or not at all.
pub const MAX_NAME_CHARACTERS: usize = 100;

/// The subject of a certificate, as we set it; what a request asks for is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    organisation: String,
    common_name: String,
    /// The code on the licence: the `serialNumber` of the name.
    code: Option<String>,
}

impl Subject {
    /// A company: `C=CN, O=name, serialNumber=code, CN=name`. The code is the one on the licence: 18 digits and capital
    /// letters (统一社会信用代码, GB 32100) or 15 digits (营业执照注册号). Its checksum was checked where it entered; here only
    /// its form.
    pub fn company(name: &str, code: &str) -> Result<Self, PkiError> {
        let uscc = code.len() == 18 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        let registration_number = code.len() == 15 && code.bytes().all(|b| b.is_ascii_digit());
        if !uscc && !registration_number {
            return Err(PkiError::Name("a company's code has 18 digits and capital letters, or 15 digits"));
        }
        Ok(Self { organisation: checked(name)?, common_name: checked(name)?, code: Some(code.to_owned()) })
    }

    /// A certification authority: `C=CN, O=organisation, CN=common_name`.
    pub fn authority(organisation: &str, common_name: &str) -> Result<Self, PkiError> {
        Ok(Self { organisation: checked(organisation)?, common_name: checked(common_name)?, code: None })
    }

    /// The 统一社会信用代码, of a company that has one.
    #[must_use]
    pub fn uscc(&self) -> Option<&str> {
        self.code.as_deref().filter(|code| code.len() == 18)
    }

    pub(crate) fn to_name(&self) -> Result<Name, PkiError> {
        let mut parts = vec![(C, Tag::PrintableString, "CN"), (O, Tag::Utf8String, self.organisation.as_str())];
        if let Some(code) = &self.code {
            parts.push((SERIAL_NUMBER, Tag::PrintableString, code));
        }
        parts.push((CN, Tag::Utf8String, &self.common_name));
        let rdns = parts.into_iter().map(rdn).collect::<Result<Vec<_>, _>>()?;
        Ok(Name::hazmat_from_rdn_sequence(RdnSequence::from(rdns)))
    }
}

fn rdn((oid, tag, text): (ObjectIdentifier, Tag, &str)) -> Result<RelativeDistinguishedName, PkiError> {
    let value = Any::new(tag, text.as_bytes())?;
    Ok(RelativeDistinguishedName::try_from(vec![AttributeTypeAndValue { oid, value }])?)
}

fn checked(text: &str) -> Result<String, PkiError> {
    if text.trim() != text || text.is_empty() {
        return Err(PkiError::Name("empty, or begins or ends with a blank"));
    }
    if text.chars().count() > MAX_NAME_CHARACTERS {
        return Err(PkiError::Name("longer than 100 characters"));
    }
    if text.chars().any(is_invisible) {
        return Err(PkiError::Name("contains characters that cannot be seen"));
    }
    Ok(text.to_owned())
}

/// Control characters and the marks that reorder or hide text, by which one name can be made to look like another.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
