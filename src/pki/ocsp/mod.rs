//! 在线证书状态协议 (OCSP, RFC 6960): reading what verifiers ask, and answering in the authority's name with a delegated key.

mod wire;

use crate::PkiError;
use crate::certificate::Certificate;
use crate::crl::Reason;
use crate::key::SigningKey;
use chrono::{DateTime, Utc};
use const_oid::db::rfc5280::ID_KP_OCSP_SIGNING;
use const_oid::db::rfc6960::{ID_PKIX_OCSP_BASIC, ID_PKIX_OCSP_NONCE};
use der::asn1::{BitString, GeneralizedTime, Null, OctetString};
use der::{Decode, Encode};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use sm3::Sm3;
use spki::ObjectIdentifier;
use std::time::Duration;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::ExtendedKeyUsage;

/// Longest request that is read, in bytes.
pub const MAX_REQUEST_BYTES: usize = 8 * 1024;
/// Most certificates that one request may ask about.
pub const MAX_REQUESTS: usize = 16;
/// Longest nonce, in bytes (RFC 8954 §2.1).
pub const MAX_NONCE_BYTES: usize = 32;

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.401");

/// The certificate that a verifier asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertId(wire::CertId);

impl CertId {
    /// Serial number as in [`Certificate::serial`].
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.0.serial_number.as_bytes()
    }

    /// Whether this authority is meant: name AND key, hashed with SHA-1, SHA-256 or SM3. A hash we do not know means nobody.
    #[must_use]
    pub fn is_of(&self, issuer: &Certificate) -> bool {
        let tbs = issuer.x509().tbs_certificate();
        let Ok(name) = tbs.subject().to_der() else { return false };
        let key = tbs.subject_public_key_info().subject_public_key.raw_bytes();
        let hash: fn(&[u8]) -> Vec<u8> = match self.0.hash_algorithm.oid {
            SHA1 => |bytes| Sha1::digest(bytes).to_vec(),
            SHA256 => |bytes| Sha256::digest(bytes).to_vec(),
            SM3 => |bytes| Sm3::digest(bytes).to_vec(),
            _ => return false,
        };
        self.0.issuer_name_hash.as_bytes() == hash(&name) && self.0.issuer_key_hash.as_bytes() == hash(key)
    }
}

/// What a verifier asks.
#[derive(Clone, Debug)]
pub struct Request {
    ids: Vec<CertId>,
    nonce: Option<Extension>,
}

impl Request {
    /// Reads a request. Its signature, if any, is not looked at: everybody may ask.
    ///
    /// # Errors
    /// Longer than [`MAX_REQUEST_BYTES`], nobody or more than [`MAX_REQUESTS`] asked about, a nonce that is empty or longer
    /// than [`MAX_NONCE_BYTES`], a critical extension that we do not know, another version, not DER.
    pub fn parse(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > MAX_REQUEST_BYTES {
            return Err(PkiError::Request("too long"));
        }
        let tbs = wire::OcspRequest::from_der(der)?.tbs;
        if tbs.version.is_some_and(|version| version != 0) {
            return Err(PkiError::Request("another version"));
        }
        if tbs.requests.is_empty() || tbs.requests.len() > MAX_REQUESTS {
            return Err(PkiError::Request("nothing or too much asked about"));
        }
        let mut nonce = None;
        for extension in tbs.extensions.unwrap_or_default() {
            if extension.extn_id == ID_PKIX_OCSP_NONCE && nonce.is_none() {
                check_nonce(&extension)?;
                nonce = Some(extension);
            } else if extension.critical || extension.extn_id == ID_PKIX_OCSP_NONCE {
                return Err(PkiError::Request("an extension that is not known, or twice"));
            }
        }
        let strange = |one: &wire::OneRequest| one.extensions.iter().flatten().any(|extension| extension.critical);
        if tbs.requests.iter().any(strange) {
            return Err(PkiError::Request("a critical extension that is not known"));
        }
        Ok(Self { ids: tbs.requests.into_iter().map(|one| CertId(one.cert_id)).collect(), nonce })
    }

    /// The certificates asked about, in the request's order.
    #[must_use]
    pub fn ids(&self) -> &[CertId] {
        &self.ids
    }

    /// Whether the answer must be made for this request alone.
    #[must_use]
    pub fn has_nonce(&self) -> bool {
        self.nonce.is_some()
    }
}

/// The nonce is an OCTET STRING inside the extension's; 1 to 32 bytes.
fn check_nonce(extension: &Extension) -> Result<(), PkiError> {
    let nonce = OctetString::from_der(extension.extn_value.as_bytes())?;
    if nonce.as_bytes().is_empty() || nonce.as_bytes().len() > MAX_NONCE_BYTES {
        return Err(PkiError::Request("a nonce of another length"));
    }
    Ok(())
}

/// What is said of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Issued, and not revoked.
    Good,
    /// Revoked, or suspended for now.
    Revoked {
        /// Since when.
        at: DateTime<Utc>,
        /// Why.
        reason: Reason,
    },
    /// Not issued by this authority.
    Unknown,
}

/// An answer without content: what could not be answered, and why. Not signed (RFC 6960 §2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The request could not be read.
    Malformed,
    /// Our fault.
    Internal,
    /// Ask again later.
    TryLater,
    /// None of the certificates is of an authority that we answer for.
    Unauthorized,
}

impl Failure {
    /// The answer, DER.
    #[must_use]
    pub fn der(self) -> Vec<u8> {
        let status = match self {
            Self::Malformed => wire::ResponseStatus::Malformed,
            Self::Internal => wire::ResponseStatus::InternalError,
            Self::TryLater => wire::ResponseStatus::TryLater,
            Self::Unauthorized => wire::ResponseStatus::Unauthorized,
        };
        vec![0x30, 0x03, 0x0a, 0x01, status as u8]
    }
}

/// From when until when an answer may be relied on.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    /// When the status was looked up; also when the answer is made.
    pub this_update: DateTime<Utc>,
    /// When there is newer knowledge.
    pub next_update: DateTime<Utc>,
}

/// The delegated responder of one authority: its certificate and key.
#[derive(Debug)]
pub struct Responder {
    certificate: Certificate,
    key: SigningKey,
}

impl Responder {
    /// Joins certificate and key; refuses what does not belong together, another issuer's delegate, and a certificate that is
    /// not for this purpose.
    pub fn open(certificate: Certificate, key: SigningKey, issuer: &Certificate) -> Result<Self, PkiError> {
        certificate.check_issued_by(issuer)?;
        let usage = certificate.x509().tbs_certificate().get_extension::<ExtendedKeyUsage>()?;
        let delegated = usage.is_some_and(|(_, usage)| usage.0.contains(&ID_KP_OCSP_SIGNING));
        if !delegated || *certificate.public_key() != key.public() {
            return Err(PkiError::Authority);
        }
        Ok(Self { certificate, key })
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Signs the answer to a request: one status for each certificate asked about, in the request's order; the nonce is given
    /// back. DER.
    ///
    /// # Errors
    /// When there are not as many statuses as were asked for, or a date that cannot be written.
    pub fn answer(&self, request: &Request, statuses: &[Status], period: Period) -> Result<Vec<u8>, PkiError> {
        if statuses.len() != request.ids.len() || period.next_update <= period.this_update {
            return Err(PkiError::Request("not the answer to this request"));
        }
        let mut responses = Vec::with_capacity(statuses.len());
        for (id, status) in request.ids.iter().zip(statuses) {
            responses.push(wire::SingleResponse {
                cert_id: id.0.clone(),
                status: to_wire(*status)?,
                this_update: time(period.this_update)?,
                next_update: Some(time(period.next_update)?),
                extensions: None,
            });
        }
        let spki = self.certificate.x509().tbs_certificate().subject_public_key_info();
        let key_hash = Sha1::digest(spki.subject_public_key.raw_bytes());
        let data = wire::ResponseData {
            responder: wire::ResponderId::ByKey(OctetString::new(key_hash.to_vec())?),
            produced_at: time(period.this_update)?,
            responses,
            extensions: request.nonce.clone().map(|nonce| vec![nonce]),
        };
        let signature = BitString::from_bytes(&self.key.sign(&data.to_der()?))?;
        let algorithm = self.key.algorithm().identifier();
        let certificates = Some(vec![self.certificate.x509().clone()]);
        let basic = wire::BasicResponse { data, algorithm, signature, certificates };
        let response = OctetString::new(basic.to_der()?)?;
        let bytes = Some(wire::ResponseBytes { kind: ID_PKIX_OCSP_BASIC, response });
        Ok(wire::OcspResponse { status: wire::ResponseStatus::Successful, bytes }.to_der()?)
    }
}

fn to_wire(status: Status) -> Result<wire::CertStatus, PkiError> {
    Ok(match status {
        Status::Good => wire::CertStatus::Good(Null),
        Status::Revoked { at, reason } => {
            wire::CertStatus::Revoked(wire::RevokedInfo { at: time(at)?, reason: Some(reason.to_x509()) })
        }
        Status::Unknown => wire::CertStatus::Unknown(Null),
    })
}

pub(crate) fn time(at: DateTime<Utc>) -> Result<GeneralizedTime, PkiError> {
    let seconds = u64::try_from(at.timestamp()).map_err(|_| PkiError::Validity("before 1970"))?;
    Ok(GeneralizedTime::from_unix_duration(Duration::from_secs(seconds))?)
}

#[cfg(test)]
mod tests;
