//! 协议消息: what crosses the wire, parsed or refused: points on the curve and not infinity, scalars in 1…n-1, exact lengths.
//! As text they are lower- or upper-case hexadecimal; they are written in lower case.

use super::CosignError;
use signature::rand_core::CryptoRng;
use sm2::elliptic_curve::point::AffineCoordinates;
use sm2::elliptic_curve::sec1::ToSec1Point;
use sm2::elliptic_curve::{Group, PrimeField};
use sm2::{FieldBytes, ProjectivePoint, PublicKey, Scalar};
use std::fmt;
use std::str::FromStr;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// Defines a message of fixed length: bytes and hexadecimal in, bytes and hexadecimal out.
macro_rules! fixed_bytes {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Takes the bytes as they are.
            #[must_use]
            pub const fn new(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// Draws a random one.
            #[must_use]
            pub fn draw<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
                let mut bytes = [0u8; $length];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = CosignError;

            fn try_from(bytes: &[u8]) -> Result<Self, CosignError> {
                bytes.try_into().map(Self).map_err(|_| CosignError)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), hex::encode(self.0))
            }
        }

        from_hex!($name);
    };
}

/// Reads a message from hexadecimal of exactly its length.
macro_rules! from_hex {
    ($name:ident) => {
        impl FromStr for $name {
            type Err = CosignError;

            fn from_str(text: &str) -> Result<Self, CosignError> {
                let bytes = Zeroizing::new(hex::decode(text).map_err(|_| CosignError)?);
                Self::try_from(bytes.as_slice())
            }
        }
    };
}

fixed_bytes! {
    /// Names one key (kid), drawn by the server and bound to the enrolled person.
    KeyId, 16
}
fixed_bytes! {
    /// Names one signing session (sid).
    SessionId, 16
}
fixed_bytes! {
    /// A commitment to what is revealed later (com1, com2).
    Commitment, 32
}
fixed_bytes! {
    /// What hides a committed value until it is opened (ρ).
    Blinder, 32
}
fixed_bytes! {
    /// A fresh challenge for the check of a PIN.
    Challenge, 32
}

impl Commitment {
    /// Equality in constant time.
    pub(crate) fn matches(&self, other: &[u8; 32]) -> bool {
        self.0.ct_eq(other).into()
    }
}

/// A point other than infinity, with its encoding `04‖X‖Y`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Point {
    bytes: [u8; 65],
    point: ProjectivePoint,
}

impl Point {
    /// x·G, for a secret x other than zero.
    pub(crate) fn generator_times(x: &Scalar) -> Self {
        Self::from_projective(ProjectivePoint::mul_by_generator(x))
            .expect("a nonzero multiple of the generator is not infinity")
    }

    /// Encodes a point; infinity is refused.
    pub(crate) fn from_projective(point: ProjectivePoint) -> Result<Self, CosignError> {
        if bool::from(point.is_identity()) {
            return Err(CosignError);
        }
        let bytes = point.to_affine().to_sec1_point(false).as_bytes().try_into().map_err(|_| CosignError)?;
        Ok(Self { bytes, point })
    }

    pub(crate) fn projective(&self) -> ProjectivePoint {
        self.point
    }

    /// The encoding `04‖X‖Y`.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 65] {
        &self.bytes
    }
}

impl TryFrom<&[u8]> for Point {
    type Error = CosignError;

    fn try_from(bytes: &[u8]) -> Result<Self, CosignError> {
        let bytes: [u8; 65] = bytes.try_into().map_err(|_| CosignError)?;
        let key = PublicKey::from_sec1_bytes(&bytes).map_err(|_| CosignError)?;
        Ok(Self { bytes, point: key.to_projective() })
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.bytes))
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Point({})", hex::encode(self.bytes))
    }
}

from_hex!(Point);

/// Proof of knowledge of the factor of a point: (c, z), 64 bytes, both in 1…n-1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    pub(crate) c: Scalar,
    pub(crate) z: Scalar,
}

impl Proof {
    /// c ‖ z.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 64] {
        let mut bytes = [0u8; 64];
        bytes[..32].copy_from_slice(&self.c.to_repr());
        bytes[32..].copy_from_slice(&self.z.to_repr());
        bytes
    }
}

impl TryFrom<&[u8]> for Proof {
    type Error = CosignError;

    fn try_from(bytes: &[u8]) -> Result<Self, CosignError> {
        let bytes: &[u8; 64] = bytes.try_into().map_err(|_| CosignError)?;
        Ok(Self { c: scalar(&bytes[..32])?, z: scalar(&bytes[32..])? })
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.to_bytes()))
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof(…)")
    }
}

from_hex!(Proof);

/// The phone's share of one signature (s1). With the phone's stored blob it would let a PIN be searched offline, so it is
/// wiped when dropped and never printed.
pub struct Share(Scalar);

impl Share {
    pub(crate) fn scalar(&self) -> &Scalar {
        &self.0
    }
}

impl TryFrom<&[u8]> for Share {
    type Error = CosignError;

    fn try_from(bytes: &[u8]) -> Result<Self, CosignError> {
        scalar(bytes).map(Self)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Share(…)")
    }
}

from_hex!(Share);

/// A scalar in 1…n-1 from exactly 32 bytes big endian.
pub(crate) fn scalar(bytes: &[u8]) -> Result<Scalar, CosignError> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| CosignError)?;
    let parsed = Option::<Scalar>::from(Scalar::from_repr(FieldBytes::from(bytes))).ok_or(CosignError)?;
    if bool::from(parsed.is_zero()) { Err(CosignError) } else { Ok(parsed) }
}

/// Draws a secret scalar in 1…n-1, without bias, from 32 bytes at a time.
pub(crate) fn draw_scalar<R: CryptoRng + ?Sized>(rng: &mut R) -> Zeroizing<Scalar> {
    loop {
        let mut bytes = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(bytes.as_mut());
        if let Ok(drawn) = scalar(bytes.as_ref()) {
            return Zeroizing::new(drawn);
        }
    }
}

/// The x coordinate of a point, modulo n.
pub(crate) fn x_mod_n(point: &ProjectivePoint) -> Scalar {
    super::transcript::reduce(&point.to_affine().x().into())
}
