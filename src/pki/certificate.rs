//! 证书: an issued certificate, its period, and whether another one issued it.

use crate::key::{Algorithm, PublicKey};
use crate::sm::decode_canonical;
use crate::{PkiError, pem};
use chrono::{DateTime, Utc};
use const_oid::db::rfc4519::{CN, O, SERIAL_NUMBER};
use der::Encode;
use der::asn1::{GeneralizedTime, UtcTime};
use std::time::Duration;
use x509_cert::time::Time;

/// Longest certificate we read, in bytes.
pub const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;

/// From when until when a certificate is valid, both inclusive, to the second (RFC 5280 §4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
}

impl Validity {
    /// A period; fractions of seconds are dropped. Refuses empty periods and years before 1970 or after 9999.
    pub fn new(not_before: DateTime<Utc>, not_after: DateTime<Utc>) -> Result<Self, PkiError> {
        let whole = |t: DateTime<Utc>| DateTime::from_timestamp(t.timestamp(), 0);
        let (Some(not_before), Some(not_after)) = (whole(not_before), whole(not_after)) else {
            return Err(PkiError::Validity("not a date"));
        };
        if not_before >= not_after {
            return Err(PkiError::Validity("it ends before it begins"));
        }
        to_time(not_before)?;
        to_time(not_after)?;
        Ok(Self { not_before, not_after })
    }

    /// First moment.
    #[must_use]
    pub fn not_before(&self) -> DateTime<Utc> {
        self.not_before
    }

    /// Last moment.
    #[must_use]
    pub fn not_after(&self) -> DateTime<Utc> {
        self.not_after
    }

    /// Whole days from first to last moment, rounded up.
    #[must_use]
    pub fn days(&self) -> i64 {
        let seconds = (self.not_after - self.not_before).num_seconds();
        seconds / 86_400 + i64::from(seconds % 86_400 != 0)
    }

    /// Whether this period lies inside the other.
    #[must_use]
    pub fn is_within(&self, outer: &Self) -> bool {
        outer.not_before <= self.not_before && self.not_after <= outer.not_after
    }

    pub(crate) fn to_x509(self) -> Result<x509_cert::time::Validity, PkiError> {
        Ok(x509_cert::time::Validity::new(to_time(self.not_before)?, to_time(self.not_after)?))
    }
}

/// UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5).
pub(crate) fn to_time(at: DateTime<Utc>) -> Result<Time, PkiError> {
    let seconds = u64::try_from(at.timestamp()).map_err(|_| PkiError::Validity("before 1970"))?;
    let date = der::DateTime::from_unix_duration(Duration::from_secs(seconds))?;
    if date.year() <= UtcTime::MAX_YEAR {
        return Ok(Time::UtcTime(UtcTime::from_date_time(date)?));
    }
    Ok(Time::GeneralTime(GeneralizedTime::from_date_time(date)))
}

fn from_time(time: Time) -> Result<DateTime<Utc>, PkiError> {
    i64::try_from(time.to_unix_duration().as_secs())
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .ok_or(PkiError::Validity("not a date"))
}

/// A certificate signed with either [`Algorithm`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    parsed: x509_cert::Certificate,
    public: PublicKey,
    validity: Validity,
}

impl Certificate {
    /// Reads a certificate; only canonical DER with a key and a signature of an
    /// [`Algorithm`] we speak. Whoever issued it is not checked here.
    pub fn from_der(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(PkiError::Der(der::ErrorKind::Overlength.into()));
        }
        let parsed: x509_cert::Certificate = decode_canonical(der)?;
        let tbs = parsed.tbs_certificate();
        let known = Algorithm::of(parsed.signature_algorithm()).is_some();
        if !known || tbs.signature() != parsed.signature_algorithm() {
            return Err(PkiError::Signature);
        }
        let public = PublicKey::from_spki(tbs.subject_public_key_info())?;
        let validity = Validity::new(from_time(tbs.validity().not_before)?, from_time(tbs.validity().not_after)?)?;
        Ok(Self { der: der.to_vec(), parsed, public, validity })
    }

    /// Reads a PEM certificate.
    pub fn from_pem(text: &str) -> Result<Self, PkiError> {
        Self::from_der(&pem::decode(pem::CERTIFICATE, text)?)
    }

    /// The certificate as DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        pem::encode(pem::CERTIFICATE, &self.der)
    }

    /// Serial number, big endian without leading zeros; ours have 16 bytes.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.parsed.tbs_certificate().serial_number().as_bytes()
    }

    /// Serial number as lower-case hexadecimal, the form in tables and on pages.
    #[must_use]
    pub fn serial_hex(&self) -> String {
        hex::encode(self.serial())
    }

    /// A part of the subject's name: `O`, `CN`, `serialNumber`; the first of its kind. None when it is not there.
    #[must_use]
    pub fn subject_part(&self, part: &str) -> Option<String> {
        let wanted = match part {
            "O" => O,
            "CN" => CN,
            "serialNumber" => SERIAL_NUMBER,
            _ => return None,
        };
        let name = self.parsed.tbs_certificate().subject();
        let found = name.iter_rdn().flat_map(|rdn| rdn.iter()).find(|attribute| attribute.oid == wanted)?;
        String::from_utf8(found.value.value().to_vec()).ok()
    }

    /// First moment of validity.
    #[must_use]
    pub fn not_before(&self) -> DateTime<Utc> {
        self.validity.not_before
    }

    /// Last moment of validity.
    #[must_use]
    pub fn not_after(&self) -> DateTime<Utc> {
        self.validity.not_after
    }

    /// The whole period.
    #[must_use]
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The certified key.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The parsed structure, for callers that need a field this type does not name.
    #[must_use]
    pub fn x509(&self) -> &x509_cert::Certificate {
        &self.parsed
    }

    /// Whether `issuer` issued this certificate: names match, and its key verifies the signature. Says nothing of dates or
    /// revocation.
    pub fn check_issued_by(&self, issuer: &Self) -> Result<(), PkiError> {
        if self.parsed.tbs_certificate().issuer() != issuer.parsed.tbs_certificate().subject() {
            return Err(PkiError::Signature);
        }
        if Algorithm::of(self.parsed.signature_algorithm()) != Some(issuer.public.algorithm()) {
            return Err(PkiError::Signature);
        }
        let signed = self.parsed.tbs_certificate().to_der()?;
        issuer.public.verify(&signed, self.parsed.signature().as_bytes().ok_or(PkiError::Signature)?)
    }
}
