//! 签名算法: the two that an authority may sign with, behind one enum. SM2 with SM3 is the rule; ECDSA on P-256 with SHA-256
//! is for software that knows no SM2. The holder's key, never whole anywhere, is always SM2 (see [`crate::cosign`]).

use crate::{PkiError, sm};
use der::Encode;
use der::asn1::BitString;
use p256::ecdsa::signature::Verifier;
use signature::rand_core::CryptoRng;
use signature::{Keypair, Signer};
use spki::{
    AlgorithmIdentifierOwned, Document, DynSignatureAlgorithmIdentifier, EncodePublicKey, ObjectIdentifier,
    SignatureBitStringEncoding, SubjectPublicKeyInfoOwned,
};
use std::fmt;
use zeroize::Zeroizing;

/// `ecdsa-with-SHA256` (RFC 5758).
pub const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
/// The curve P-256 as a named curve of `ecPublicKey` (RFC 5480).
pub const P256_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// With what an authority signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// SM2 with SM3 (GB/T 32918, GB/T 32905).
    Sm2Sm3,
    /// ECDSA on P-256 with SHA-256 (FIPS 186-5).
    P256Sha256,
}

impl Algorithm {
    /// The name in files and on pages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sm2Sm3 => "SM2-SM3",
            Self::P256Sha256 => "ECDSA-P256-SHA256",
        }
    }

    /// As it stands in certificates, lists and answers; parameters are absent.
    #[must_use]
    pub fn identifier(self) -> AlgorithmIdentifierOwned {
        match self {
            Self::Sm2Sm3 => sm::sm2_with_sm3(),
            Self::P256Sha256 => AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA256, parameters: None },
        }
    }

    /// The algorithm that an identifier means; `None` for any that we do not speak.
    #[must_use]
    pub fn of(identifier: &AlgorithmIdentifierOwned) -> Option<Self> {
        if sm::is_sm2_with_sm3(identifier) {
            return Some(Self::Sm2Sm3);
        }
        (*identifier == Self::P256Sha256.identifier()).then_some(Self::P256Sha256)
    }
}

/// A public key on either curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    /// On the SM2 curve.
    Sm2(sm::PublicKey),
    /// On P-256.
    P256(p256::PublicKey),
}

impl PublicKey {
    /// Reads the key of a certificate: `ecPublicKey` on either curve, uncompressed.
    pub fn from_spki(spki: &SubjectPublicKeyInfoOwned) -> Result<Self, PkiError> {
        let curve = spki.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
        if curve != Some(P256_CURVE) {
            return sm::PublicKey::from_spki(spki).map(Self::Sm2);
        }
        let point = spki.subject_public_key.as_bytes().filter(|point| point.len() == 65).ok_or(PkiError::Key)?;
        if spki.algorithm.oid != sm::EC_PUBLIC_KEY {
            return Err(PkiError::Key);
        }
        p256::PublicKey::from_sec1_bytes(point).map(Self::P256).map_err(|_| PkiError::Key)
    }

    /// The key as SubjectPublicKeyInfo.
    #[must_use]
    pub fn to_spki(&self) -> SubjectPublicKeyInfoOwned {
        match self {
            Self::Sm2(key) => key.to_spki(),
            Self::P256(key) => SubjectPublicKeyInfoOwned::from_key(key).expect("a valid point always encodes"),
        }
    }

    /// With what signatures of this key are made.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sm2(_) => Algorithm::Sm2Sm3,
            Self::P256(_) => Algorithm::P256Sha256,
        }
    }

    /// The key, if it is on the SM2 curve.
    #[must_use]
    pub const fn sm2(&self) -> Option<&sm::PublicKey> {
        match self {
            Self::Sm2(key) => Some(key),
            Self::P256(_) => None,
        }
    }

    /// Verifies a signature, DER `SEQUENCE { r, s }`, over a message.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), PkiError> {
        match self {
            Self::Sm2(key) => key.verify(message, &sm::Signature::from_der(signature)?),
            Self::P256(key) => {
                let read = p256::ecdsa::Signature::from_der(signature).map_err(|_| PkiError::Signature)?;
                if read.to_der().as_bytes() != signature {
                    return Err(PkiError::Signature);
                }
                p256::ecdsa::VerifyingKey::from(key).verify(message, &read).map_err(|_| PkiError::Signature)
            }
        }
    }
}

impl From<sm::PublicKey> for PublicKey {
    fn from(key: sm::PublicKey) -> Self {
        Self::Sm2(key)
    }
}

impl EncodePublicKey for PublicKey {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        Ok(Document::try_from(self.to_spki().to_der()?)?)
    }
}

/// A private key held whole: an authority's or the platform's own. Wiped when dropped; never printed, never cloned.
pub enum SigningKey {
    /// On the SM2 curve.
    Sm2(sm::SigningKey),
    /// On P-256.
    P256(p256::SecretKey),
}

impl SigningKey {
    /// Draws a key.
    pub fn generate<R: CryptoRng + ?Sized>(algorithm: Algorithm, rng: &mut R) -> Self {
        loop {
            let mut bytes = Zeroizing::new([0u8; 32]);
            rng.fill_bytes(bytes.as_mut());
            if let Ok(key) = Self::from_bytes(algorithm, bytes.as_ref()) {
                return key;
            }
        }
    }

    /// Reads a key from 32 bytes, big endian, in the algorithm's range.
    pub fn from_bytes(algorithm: Algorithm, bytes: &[u8]) -> Result<Self, PkiError> {
        match algorithm {
            Algorithm::Sm2Sm3 => sm::SigningKey::from_bytes(bytes).map(Self::Sm2),
            Algorithm::P256Sha256 => p256::SecretKey::from_slice(bytes).map(Self::P256).map_err(|_| PkiError::Key),
        }
    }

    /// The private key, 32 bytes big endian, to be sealed at once (see [`crate::keystore`]).
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        match self {
            Self::Sm2(key) => key.to_bytes(),
            Self::P256(key) => Zeroizing::new(key.to_bytes().into()),
        }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        match self {
            Self::Sm2(key) => PublicKey::Sm2(key.public().clone()),
            Self::P256(key) => PublicKey::P256(key.public_key()),
        }
    }

    /// With what it signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Sm2(_) => Algorithm::Sm2Sm3,
            Self::P256(_) => Algorithm::P256Sha256,
        }
    }

    /// Signs a message; deterministic (RFC 6979). DER `SEQUENCE { r, s }`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sm2(key) => key.sign(message).to_der(),
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = p256::ecdsa::SigningKey::from(key).sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public()).finish_non_exhaustive()
    }
}

impl Keypair for SigningKey {
    type VerifyingKey = PublicKey;

    fn verifying_key(&self) -> PublicKey {
        self.public()
    }
}

impl DynSignatureAlgorithmIdentifier for SigningKey {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(self.algorithm().identifier())
    }
}

/// A signature as it stands in the BIT STRING of certificates: DER `SEQUENCE { r, s }` with either algorithm.
pub(crate) struct Der(Vec<u8>);

impl SignatureBitStringEncoding for Der {
    fn to_bitstring(&self) -> der::Result<BitString> {
        BitString::from_bytes(&self.0)
    }
}

impl Signer<Der> for SigningKey {
    fn try_sign(&self, message: &[u8]) -> signature::Result<Der> {
        Ok(Der(self.sign(message)))
    }
}
