//! PEM: DER in armour, for files and downloads.

use crate::PkiError;
use der::pem::{LineEnding, decode_vec, encode_string};

/// Label of a certificate.
pub const CERTIFICATE: &str = "CERTIFICATE";
/// Label of a PKCS#10 certificate request.
pub const CERTIFICATE_REQUEST: &str = "CERTIFICATE REQUEST";
/// Label of a SubjectPublicKeyInfo.
pub const PUBLIC_KEY: &str = "PUBLIC KEY";
/// Label of a certificate revocation list.
pub const X509_CRL: &str = "X509 CRL";

/// Wraps DER in PEM with the given label and LF line ends.
#[must_use]
pub fn encode(label: &'static str, der: &[u8]) -> String {
    encode_string(label, LineEnding::LF, der).expect("our labels are valid and the output buffer grows as needed")
}

/// Unwraps one PEM block; a label other than the expected one is refused.
pub fn decode(label: &'static str, pem: &str) -> Result<Vec<u8>, PkiError> {
    let (found, der) = decode_vec(pem.as_bytes())?;
    if found != label {
        return Err(PkiError::Pem(der::pem::Error::Label));
    }
    Ok(der)
}
