//! 国密 SM2 signatures and SM3 digests (GB/T 32918.2, GB/T 32905), with the identity that the standards give to everybody.

use crate::PkiError;
use der::asn1::BitString;
use der::{Decode, Encode};
use signature::Signer;
use signature::hazmat::PrehashVerifier;
use signature::rand_core::CryptoRng;
use sm2::elliptic_curve::sec1::ToSec1Point;
use sm3::{Digest, Sm3};
use spki::{AlgorithmIdentifierOwned, ObjectIdentifier, SubjectPublicKeyInfoOwned};
use std::fmt;
use zeroize::Zeroizing;

/// The signer's identity that enters Z when none is agreed (GM/T 0009-2012 §10).
pub const SM2_ID: &str = "1234567812345678";
/// `SM2-with-SM3` (GM/T 0006).
pub const SM2_WITH_SM3: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");
/// The SM2 curve as a named curve of `ecPublicKey` (GM/T 0006).
pub const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");
/// `id-ecPublicKey` (RFC 5480).
pub const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// Curve coefficients a, b and base point G as they enter Z (GB/T 32918.5).
const CURVE_IN_Z: [u8; 128] = *b"\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xfc\
\x28\xe9\xfa\x9e\x9d\x9f\x5e\x34\x4d\x5a\x9e\x4b\xcf\x65\x09\xa7\xf3\x97\x89\xf5\x15\xab\x8f\x92\xdd\xbc\xbd\x41\x4d\x94\x0e\x93\
\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7\
\xbc\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53\xd0\xa9\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0";

/// SM3 over the concatenation of the parts.
#[must_use]
pub fn sm3(parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Sm3::new();
    for part in parts {
        digest.update(part);
    }
    digest.finalize().into()
}

/// `AlgorithmIdentifier` of SM2 with SM3. Parameters are absent, as in every published sample; readers accept NULL too.
#[must_use]
pub fn sm2_with_sm3() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned { oid: SM2_WITH_SM3, parameters: None }
}

/// Whether an algorithm identifier means SM2 with SM3 (parameters absent, or NULL as GM/T 0015-2023 writes them).
#[must_use]
pub fn is_sm2_with_sm3(algorithm: &AlgorithmIdentifierOwned) -> bool {
    algorithm.oid == SM2_WITH_SM3 && algorithm.parameters.as_ref().is_none_or(der::asn1::Any::is_null)
}

/// An SM2 public key together with its Z value.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    point: sm2::PublicKey,
    z: [u8; 32],
}

impl PublicKey {
    pub(crate) fn from_point(point: sm2::PublicKey) -> Self {
        let encoded = uncompressed(&point);
        let bits = u16::try_from(SM2_ID.len() * 8).expect("the identity has 16 bytes").to_be_bytes();
        let z = sm3(&[&bits, SM2_ID.as_bytes(), &CURVE_IN_Z, &encoded[1..]]);
        Self { point, z }
    }

    /// Reads an uncompressed point `04‖X‖Y` of 65 bytes; anything else, infinity and points off the curve are refused.
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, PkiError> {
        if bytes.len() != 65 {
            return Err(PkiError::Key);
        }
        sm2::PublicKey::from_sec1_bytes(bytes).map(Self::from_point).map_err(|_| PkiError::Key)
    }

    /// Reads the key of a certificate or request: `ecPublicKey` on the SM2 curve, uncompressed.
    pub fn from_spki(spki: &SubjectPublicKeyInfoOwned) -> Result<Self, PkiError> {
        let curve = spki.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
        if spki.algorithm.oid != EC_PUBLIC_KEY || curve != Some(SM2_CURVE) {
            return Err(PkiError::Key);
        }
        Self::from_sec1(spki.subject_public_key.as_bytes().ok_or(PkiError::Key)?)
    }

    /// The point as `04‖X‖Y`.
    #[must_use]
    pub fn to_sec1(&self) -> [u8; 65] {
        uncompressed(&self.point)
    }

    /// The key as SubjectPublicKeyInfo.
    #[must_use]
    pub fn to_spki(&self) -> SubjectPublicKeyInfoOwned {
        SubjectPublicKeyInfoOwned::from_key(&self.point).expect("a valid point always encodes")
    }

    /// The key as a PEM public key.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let der = self.to_spki().to_der().expect("a valid point always encodes");
        crate::pem::encode(crate::pem::PUBLIC_KEY, &der)
    }

    /// Z of GB/T 32918.2 §5.5 for [`SM2_ID`].
    #[must_use]
    pub fn z(&self) -> &[u8; 32] {
        &self.z
    }

    /// e = SM3(Z ‖ message), the digest that is signed.
    #[must_use]
    pub fn digest(&self, message: &[u8]) -> [u8; 32] {
        sm3(&[&self.z, message])
    }

    /// Verifies a signature over a message.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), PkiError> {
        self.verify_digest(&self.digest(message), signature)
    }

    /// Verifies a signature over e, for callers that computed e with [`PublicKey::digest`].
    pub(crate) fn verify_digest(&self, e: &[u8; 32], signature: &Signature) -> Result<(), PkiError> {
        sm2::dsa::VerifyingKey::new(SM2_ID, self.point)
            .and_then(|key| key.verify_prehash(e, &signature.0))
            .map_err(|_| PkiError::Signature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex::encode(self.to_sec1()))
    }
}

fn uncompressed(point: &sm2::PublicKey) -> [u8; 65] {
    point.to_sec1_point(false).as_bytes().try_into().expect("an uncompressed point other than infinity has 65 bytes")
}

/// An SM2 signature (r, s), both in 1…n-1.
#[derive(Clone, Debug)]
pub struct Signature(pub(crate) sm2::dsa::Signature);

impl Signature {
    /// Reads DER `SEQUENCE { r INTEGER, s INTEGER }`, the form used in certificates; only the canonical encoding.
    pub fn from_der(bytes: &[u8]) -> Result<Self, PkiError> {
        let signature = Self(sm2::dsa::Signature::from_der(bytes).map_err(|_| PkiError::Signature)?);
        if signature.to_der() != bytes {
            return Err(PkiError::Signature);
        }
        Ok(signature)
    }

    /// DER `SEQUENCE { r INTEGER, s INTEGER }` (GM/T 0009).
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        self.0.to_der().as_bytes().to_vec()
    }

    /// r ‖ s, 64 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 64] {
        self.0.to_bytes().into()
    }
}

impl PartialEq for Signature {
    fn eq(&self, other: &Self) -> bool {
        self.to_bytes() == other.to_bytes()
    }
}

impl Eq for Signature {}

/// An SM2 private key held whole: an authority's, never a holder's. Wiped when dropped; never printed, never cloned.
pub struct SigningKey {
    secret: sm2::SecretKey,
    public: PublicKey,
}

impl SigningKey {
    /// Draws a key.
    pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        loop {
            let mut bytes = Zeroizing::new([0u8; 32]);
            rng.fill_bytes(bytes.as_mut());
            if let Ok(key) = Self::from_bytes(bytes.as_ref()) {
                return key;
            }
        }
    }

    /// Reads a key from 32 bytes big endian, in 1…n-2 (GB/T 32918.2 §5.2).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PkiError> {
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| PkiError::Key)?;
        let secret = sm2::SecretKey::from_slice(bytes).map_err(|_| PkiError::Key)?;
        let successor = *secret.to_nonzero_scalar() + sm2::Scalar::ONE;
        if bool::from(sm2::elliptic_curve::Field::is_zero(&successor)) {
            return Err(PkiError::Key);
        }
        let public = PublicKey::from_point(secret.public_key());
        Ok(Self { secret, public })
    }

    /// The private key, 32 bytes big endian, to be sealed at once (see [`crate::keystore`]).
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.secret.to_bytes().into())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a message; deterministic (RFC 6979 with SM3), so that the same request gives the same certificate.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        let key = sm2::dsa::SigningKey::new(SM2_ID, &self.secret).expect("our identity is of legal length");
        Signature(key.sign(message))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

/// Reads a signature out of a certificate's or request's BIT STRING.
pub(crate) fn signature_of(bits: &BitString) -> Result<Signature, PkiError> {
    Signature::from_der(bits.as_bytes().ok_or(PkiError::Signature)?)
}

/// Decodes DER and refuses anything that our own encoder would write differently: what was signed is what was read.
pub(crate) fn decode_canonical<'a, T: Decode<'a> + Encode>(der: &'a [u8]) -> Result<T, PkiError>
where
    der::Error: From<<T as Decode<'a>>::Error>,
{
    let value = T::from_der(der).map_err(der::Error::from)?;
    if value.to_der()? != der {
        return Err(PkiError::Der(der::ErrorKind::Noncanonical { tag: der::Tag::Sequence }.into()));
    }
    Ok(value)
}
