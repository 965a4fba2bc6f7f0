//! 证书请求 (PKCS#10, RFC 2986): what the two halves sign to prove that they hold the key, and reading strangers' requests.

use crate::name::Subject;
use crate::sm::{PublicKey, Signature, decode_canonical, is_sm2_with_sm3, signature_of, sm2_with_sm3};
use crate::{PkiError, pem};
use der::Encode;
use der::asn1::{BitString, SetOfVec};
use x509_cert::request::{CertReq, CertReqInfo, Version};

/// Longest request we read, in bytes.
pub const MAX_REQUEST_BYTES: usize = 16 * 1024;

/// A request before it is signed.
#[derive(Clone, Debug)]
pub struct CsrInfo {
    info: CertReqInfo,
    public: PublicKey,
    tbs: Vec<u8>,
}

impl CsrInfo {
    /// A request for a key, without attributes.
    pub fn new(subject: &Subject, public: &PublicKey) -> Result<Self, PkiError> {
        let info = CertReqInfo {
            version: Version::V1,
            subject: subject.to_name()?,
            public_key: public.to_spki(),
            attributes: SetOfVec::new(),
        };
        let tbs = info.to_der()?;
        Ok(Self { info, public: public.clone(), tbs })
    }

    /// The exact bytes to be signed: DER of `CertificationRequestInfo`.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        &self.tbs
    }

    /// Joins request and signature; a signature that does not verify is refused.
    pub fn assemble(self, signature: &Signature) -> Result<CsrVerified, PkiError> {
        self.public.verify(&self.tbs, signature)?;
        let signature = BitString::from_bytes(&signature.to_der())?;
        let der = CertReq { info: self.info, algorithm: sm2_with_sm3(), signature }.to_der()?;
        Ok(CsrVerified { der, public: self.public })
    }
}

/// A request whose proof of possession was verified. Its subject is not offered: certificates carry the subject that we set.
#[derive(Clone, Debug)]
pub struct CsrVerified {
    der: Vec<u8>,
    public: PublicKey,
}

impl CsrVerified {
    /// Reads anybody's request and verifies it: canonical DER, an SM2 key, SM2 with SM3.
    pub fn parse(der: &[u8]) -> Result<Self, PkiError> {
        if der.len() > MAX_REQUEST_BYTES {
            return Err(PkiError::Request("too long"));
        }
        let request: CertReq = decode_canonical(der)?;
        if !is_sm2_with_sm3(&request.algorithm) {
            return Err(PkiError::Request("not signed with SM2 and SM3"));
        }
        let public = PublicKey::from_spki(&request.info.public_key)?;
        public.verify(&request.info.to_der()?, &signature_of(&request.signature)?)?;
        Ok(Self { der: der.to_vec(), public })
    }

    /// Reads and verifies a PEM request.
    pub fn parse_pem(text: &str) -> Result<Self, PkiError> {
        Self::parse(&pem::decode(pem::CERTIFICATE_REQUEST, text)?)
    }

    /// The request as DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The request as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        pem::encode(pem::CERTIFICATE_REQUEST, &self.der)
    }

    /// The key that was proved to be held.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }
}
