//! 证书吊销列表 (CRL, RFC 5280 §5), built by hand: the library's builder names the issuer's issuer in the authority key
//! identifier, and OpenSSL then does not find the list.

use crate::ca::Ca;
use crate::certificate::to_time;
use crate::profile::authority_key_identifier;
use crate::sm::sm2_with_sm3;
use crate::{PkiError, pem};
use chrono::{DateTime, Utc};
use der::Encode;
use der::asn1::{BitString, Uint};
use der::referenced::OwnedToRef;
use x509_cert::certificate::Version;
use x509_cert::crl::{CertificateList, RevokedCert, TbsCertList};
use x509_cert::ext::ToExtension;
use x509_cert::ext::pkix::{CrlNumber, CrlReason};
use x509_cert::serial_number::SerialNumber;

/// Why a certificate was revoked, as far as strangers are told (RFC 5280 §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    fn to_x509(self) -> CrlReason {
        match self {
            Self::KeyCompromise => CrlReason::KeyCompromise,
            Self::AffiliationChanged => CrlReason::AffiliationChanged,
            Self::Superseded => CrlReason::Superseded,
            Self::CessationOfOperation => CrlReason::CessationOfOperation,
            Self::CertificateHold => CrlReason::CertificateHold,
        }
    }
}

/// One line of the list.
#[derive(Clone, Debug)]
pub struct Revoked {
    /// Serial number as in [`crate::certificate::Certificate::serial`].
    pub serial: Vec<u8>,
    /// Since when.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: Reason,
}

/// A signed list.
#[derive(Clone, Debug)]
pub struct Crl {
    der: Vec<u8>,
}

impl Crl {
    /// The list as DER, the form that is served.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The list as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        pem::encode(pem::X509_CRL, &self.der)
    }
}

impl Ca {
    /// Signs the list of everything revoked. `number` must grow with each list; `next_update` is when verifiers fetch again.
    pub fn revocation_list(
        &self,
        number: u64,
        this_update: DateTime<Utc>,
        next_update: DateTime<Utc>,
        revoked: &[Revoked],
    ) -> Result<Crl, PkiError> {
        if next_update <= this_update {
            return Err(PkiError::Validity("the next list would be due before this one"));
        }
        let tbs_issuer = self.issuing().x509().tbs_certificate();
        let name = tbs_issuer.subject().clone();
        let number = CrlNumber(Uint::new(&number.to_be_bytes())?);
        let authority = authority_key_identifier(&tbs_issuer.subject_public_key_info().owned_to_ref())?;
        let extensions = vec![(&number).to_extension(&name, &[])?, (&authority).to_extension(&name, &[])?];
        let entries = revoked.iter().map(|line| entry(line, &name)).collect::<Result<Vec<_>, _>>()?;
        let tbs_cert_list = TbsCertList {
            version: Version::V2,
            signature: sm2_with_sm3(),
            issuer: name,
            this_update: to_time(this_update)?,
            next_update: Some(to_time(next_update)?),
            revoked_certificates: (!entries.is_empty()).then_some(entries),
            crl_extensions: Some(extensions),
        };
        let signature = BitString::from_bytes(&self.key().sign(&tbs_cert_list.to_der()?).to_der())?;
        let list = CertificateList { tbs_cert_list, signature_algorithm: sm2_with_sm3(), signature };
        Ok(Crl { der: list.to_der()? })
    }
}

fn entry(line: &Revoked, name: &x509_cert::name::Name) -> Result<RevokedCert, PkiError> {
    let reason = line.reason.to_x509();
    Ok(RevokedCert {
        serial_number: SerialNumber::new(&line.serial)?,
        revocation_date: to_time(line.at)?,
        crl_entry_extensions: Some(vec![(&reason).to_extension(name, &[])?]),
    })
}
