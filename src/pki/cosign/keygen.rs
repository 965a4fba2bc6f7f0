//! 协同密钥生成, the server's half: commit, let the phone choose, then open.

use super::CosignError;
use super::message::{Blinder, Commitment, KeyId, Point, Proof, draw_scalar, scalar};
use super::pok;
use super::transcript::{context, hash};
use crate::keystore::{Kek, KeystoreError, Purpose};
use crate::sm::PublicKey;
use signature::rand_core::CryptoRng;
use sm2::elliptic_curve::PrimeField;
use sm2::{ProjectivePoint, Scalar};
use std::fmt;
use zeroize::Zeroizing;

/// A key generation that the server has begun. Consumed by [`ServerKeygen::finish`]: one commitment, one phone.
pub struct ServerKeygen {
    kid: KeyId,
    d2: Zeroizing<Scalar>,
    x2: Zeroizing<Scalar>,
    p2: Point,
    proof: Proof,
    blinder: Blinder,
    commitment: Commitment,
}

/// What the server reveals at the end: P2 with its proof and ρ2, and the joint public key, which the phone computes itself
/// and compares.
#[derive(Clone, Debug)]
pub struct KeygenOpening {
    /// P2 = d2⁻¹·G.
    pub p2: Point,
    /// Proof of knowledge of d2⁻¹.
    pub proof: Proof,
    /// Opens the commitment.
    pub blinder: Blinder,
    /// The joint public key P.
    pub public: PublicKey,
}

impl ServerKeygen {
    /// Step 1: draws the server's half and commits to it.
    pub fn start<R: CryptoRng + ?Sized>(kid: KeyId, rng: &mut R) -> (Self, Commitment) {
        let d2 = draw_scalar(rng);
        let x2 = Zeroizing::new(invert(&d2));
        let p2 = Point::generator_times(&x2);
        let proof = pok::prove(&context(&[b"kg-s", kid.as_bytes()]), &x2, &p2, rng);
        let blinder = Blinder::draw(rng);
        let (c_and_z, kid_bytes) = (proof.to_bytes(), *kid.as_bytes());
        let (c, z) = c_and_z.split_at(32);
        let commitment = Commitment::new(hash("cosign/kg-com", &[&kid_bytes, p2.as_bytes(), c, z, blinder.as_bytes()]));
        (Self { kid, d2, x2, p2, proof, blinder, commitment }, commitment)
    }

    /// Which key is being made.
    #[must_use]
    pub fn kid(&self) -> KeyId {
        self.kid
    }

    /// Step 3: checks the phone's point and proof, and makes the joint key P = x2·P1 − G. Refuses a proof that does not hold
    /// and the one point in n for which P would be infinity; either way the phone begins again with a new key.
    pub fn finish(self, p1: Point, proof: &Proof) -> Result<(ServerKey, KeygenOpening), CosignError> {
        let bound = context(&[b"kg-c", self.kid.as_bytes(), self.commitment.as_bytes()]);
        if !pok::check(&bound, &p1, proof) {
            return Err(CosignError);
        }
        let joint = Point::from_projective(p1.projective() * *self.x2 - ProjectivePoint::GENERATOR)?;
        let public = PublicKey::from_sec1(joint.as_bytes()).map_err(|_| CosignError)?;
        let opening = KeygenOpening { p2: self.p2, proof: self.proof, blinder: self.blinder, public: public.clone() };
        Ok((ServerKey { kid: self.kid, d2: self.d2, p1, public }, opening))
    }
}

impl fmt::Debug for ServerKeygen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKeygen").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The server's half of a holder's key. Alone it signs nothing. Wiped when dropped; never printed, never cloned.
pub struct ServerKey {
    pub(crate) kid: KeyId,
    pub(crate) d2: Zeroizing<Scalar>,
    pub(crate) p1: Point,
    pub(crate) public: PublicKey,
}

impl ServerKey {
    /// Which key.
    #[must_use]
    pub fn kid(&self) -> KeyId {
        self.kid
    }

    /// The joint public key P, which the certificate names.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Seals d2 ‖ P1 ‖ P for storage in the row of this key. P1 is inside on purpose: together with a stolen phone's blob it
    /// would let the PIN be searched offline.
    #[must_use]
    pub fn seal<R: CryptoRng + ?Sized>(&self, kek: &Kek, rng: &mut R) -> Vec<u8> {
        let mut plain = Zeroizing::new([0u8; SEALED]);
        plain[..32].copy_from_slice(&self.d2.to_repr());
        plain[32..97].copy_from_slice(self.p1.as_bytes());
        plain[97..].copy_from_slice(&self.public.to_sec1());
        kek.seal(Purpose::ServerShare, &self.kid.to_string(), plain.as_ref(), rng)
    }

    /// Opens the sealed half that is stored under `kid`; one that was sealed for another key is refused.
    pub fn unseal(kid: KeyId, sealed: &[u8], kek: &Kek) -> Result<Self, KeystoreError> {
        let plain = kek.open(Purpose::ServerShare, &kid.to_string(), sealed)?;
        if plain.len() != SEALED {
            return Err(KeystoreError::Refused);
        }
        let d2 = Zeroizing::new(scalar(&plain[..32]).map_err(|_| KeystoreError::Refused)?);
        let p1 = Point::try_from(&plain[32..97]).map_err(|_| KeystoreError::Refused)?;
        let public = PublicKey::from_sec1(&plain[97..]).map_err(|_| KeystoreError::Refused)?;
        Ok(Self { kid, d2, p1, public })
    }
}

/// d2 (32) ‖ P1 (65) ‖ P (65).
const SEALED: usize = 32 + 65 + 65;

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKey").field("kid", &self.kid).field("public", &self.public).finish_non_exhaustive()
    }
}

/// x⁻¹ mod n, for x other than zero.
fn invert(x: &Scalar) -> Scalar {
    x.invert().into_option().expect("a drawn scalar is not zero")
}
