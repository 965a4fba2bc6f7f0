//! 吊销原因, as kept with a certificate and as told to verifiers (RFC 5280 §5.3.1).

use sea_orm::{DeriveActiveEnum, EnumIter};
use zhangzheng_pki::crl;

/// Why a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, poem_openapi::Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "RevocationReason", rename_all = "snake_case")]
pub enum Reason {
    /// A half of the key may be in other hands: lost phone.
    KeyCompromise,
    /// The subject's name or role changed.
    AffiliationChanged,
    /// Replaced by another certificate.
    Superseded,
    /// No longer wanted.
    CessationOfOperation,
    /// Suspended, may come back.
    CertificateHold,
}

impl Reason {
    /// Whether it is for now only.
    pub const fn is_hold(self) -> bool {
        matches!(self, Self::CertificateHold)
    }

    /// What pages say.
    pub const fn label(self) -> &'static str {
        match self {
            Self::KeyCompromise => "密钥可能泄露（如手机丢失）",
            Self::AffiliationChanged => "持有者信息变更",
            Self::Superseded => "已由新证书取代",
            Self::CessationOfOperation => "不再使用",
            Self::CertificateHold => "暂停使用",
        }
    }
}

impl From<Reason> for crl::Reason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::KeyCompromise => Self::KeyCompromise,
            Reason::AffiliationChanged => Self::AffiliationChanged,
            Reason::Superseded => Self::Superseded,
            Reason::CessationOfOperation => Self::CessationOfOperation,
            Reason::CertificateHold => Self::CertificateHold,
        }
    }
}
