//! 证书吊销列表 (CRL, RFC 5280 §5), built by hand: the library's builder names the issuer's issuer in the authority key
//! identifier, and OpenSSL then does not find the list.

use crate::ca::{Ca, Root};
use crate::certificate::{Certificate, to_time};
use crate::key::SigningKey;
use crate::profile::authority_key_identifier;
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
    pub(crate) fn to_x509(self) -> CrlReason {
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

/// What makes one list differ from another.
#[derive(Clone, Copy, Debug)]
pub struct Edition {
    /// Must grow with each list of an issuer.
    pub number: u64,
    /// When the list was made.
    pub this_update: DateTime<Utc>,
    /// When verifiers fetch again.
    pub next_update: DateTime<Utc>,
}

impl Ca {
    /// Signs the list of everything that the issuing authority has revoked.
    pub fn revocation_list(&self, edition: Edition, revoked: &[Revoked]) -> Result<Crl, PkiError> {
        sign(self.issuing(), self.key(), edition, revoked)
    }
}

impl Root {
    /// Signs the list of the issuing authorities that the root has revoked.
    pub fn revocation_list(&self, edition: Edition, revoked: &[Revoked]) -> Result<Crl, PkiError> {
        sign(self.certificate(), self.key(), edition, revoked)
    }
}

fn sign(issuer: &Certificate, key: &SigningKey, edition: Edition, revoked: &[Revoked]) -> Result<Crl, PkiError> {
    if edition.next_update <= edition.this_update {
        return Err(PkiError::Validity("the next list would be due before this one"));
    }
    let tbs_issuer = issuer.x509().tbs_certificate();
    let name = tbs_issuer.subject().clone();
    let number = CrlNumber(Uint::new(&edition.number.to_be_bytes())?);
    let authority = authority_key_identifier(&tbs_issuer.subject_public_key_info().owned_to_ref())?;
    let extensions = vec![(&number).to_extension(&name, &[])?, (&authority).to_extension(&name, &[])?];
    let entries = revoked.iter().map(|line| entry(line, &name)).collect::<Result<Vec<_>, _>>()?;
    let signature_algorithm = key.algorithm().identifier();
    let tbs_cert_list = TbsCertList {
        version: Version::V2,
        signature: signature_algorithm.clone(),
        issuer: name,
        this_update: to_time(edition.this_update)?,
        next_update: Some(to_time(edition.next_update)?),
        revoked_certificates: (!entries.is_empty()).then_some(entries),
        crl_extensions: Some(extensions),
    };
    let signature = BitString::from_bytes(&key.sign(&tbs_cert_list.to_der()?))?;
    let list = CertificateList { tbs_cert_list, signature_algorithm, signature };
    Ok(Crl { der: list.to_der()? })
}

fn entry(line: &Revoked, name: &x509_cert::name::Name) -> Result<RevokedCert, PkiError> {
    let reason = line.reason.to_x509();
    Ok(RevokedCert {
        serial_number: SerialNumber::new(&line.serial)?,
        revocation_date: to_time(line.at)?,
        crl_entry_extensions: Some(vec![(&reason).to_extension(name, &[])?]),
    })
}
