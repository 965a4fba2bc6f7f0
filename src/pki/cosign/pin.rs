//! PIN 码: how the phone hides d1 behind six digits, and how the server checks a PIN without a signature.
//!
//! The phone stores only kid, P, salt and the blob b = d1 + F mod n. There is no check value: every PIN gives a plausible d1,
//! and only the server can tell the right one, and counts. The pepper is per key and given after sign-in, so that a copied
//! phone storage is of no use elsewhere.

use super::CosignError;
use super::keygen::ServerKey;
use super::message::{Challenge, KeyId, Proof};
use super::pok;
use super::transcript::{context, reduce};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use signature::rand_core::CryptoRng;
use sm2::Scalar;
use sm3::Sm3;
use zeroize::Zeroizing;

/// Rounds of PBKDF2 on the phone: about a tenth of a second in its JavaScript.
pub const ROUNDS: u32 = 10_000;

/// F = PBKDF2-HMAC-SM3(PIN, salt ‖ pepper, rounds, 48 bytes) mod n. The product computes it on the phone only; here it is the
/// reference that both languages are tested against.
#[must_use]
pub fn mask(pin: &str, salt: &[u8; 16], pepper: &[u8; 32], rounds: u32) -> Zeroizing<Scalar> {
    let derived = pbkdf2_sm3(pin.as_bytes(), &[&salt[..], pepper].concat(), rounds);
    let mut value = Zeroizing::new(Scalar::ZERO);
    for half in derived.as_chunks::<16>().0 {
        let mut wide = Zeroizing::new([0u8; 32]);
        wide[16..].copy_from_slice(half);
        *value = *value * two_to_the_128() + reduce(&wide);
    }
    value
}

/// PBKDF2 (RFC 8018 §5.2) with HMAC-SM3, 48 bytes.
fn pbkdf2_sm3(password: &[u8], salt: &[u8], rounds: u32) -> Zeroizing<[u8; 48]> {
    let keyed = Hmac::<Sm3>::new_from_slice(password).expect("HMAC takes keys of any length");
    let mut out = Zeroizing::new([0u8; 48]);
    for (index, block) in (1u32..).zip(out.chunks_mut(32)) {
        let mut u = keyed.clone().chain_update(salt).chain_update(index.to_be_bytes()).finalize().into_bytes();
        let mut t = u;
        for _ in 1..rounds {
            u = keyed.clone().chain_update(u).finalize().into_bytes();
            t.iter_mut().zip(u).for_each(|(t, u)| *t ^= u);
        }
        block.copy_from_slice(&t[..block.len()]);
    }
    out
}

fn two_to_the_128() -> Scalar {
    let mut bytes = [0u8; 32];
    bytes[15] = 1;
    reduce(&bytes)
}

/// A check of the PIN without a signature, before the PIN is changed: the phone proves that it knows d1⁻¹ for P1, over a
/// fresh challenge. Consumed by the answer; refusals count like failed signatures.
#[derive(Debug)]
pub struct PinCheck {
    kid: KeyId,
    challenge: Challenge,
    expires_at: DateTime<Utc>,
}

impl PinCheck {
    /// Draws a challenge for a key.
    pub fn start<R: CryptoRng + ?Sized>(kid: KeyId, expires_at: DateTime<Utc>, rng: &mut R) -> (Self, Challenge) {
        let challenge = Challenge::draw(rng);
        (Self { kid, challenge, expires_at }, challenge)
    }

    /// Whether it is too late to answer.
    #[must_use]
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        now >= self.expires_at
    }

    /// Checks the phone's proof, in the context ("pin", kid, challenge).
    pub fn finish(self, key: &ServerKey, proof: &Proof, now: DateTime<Utc>) -> Result<(), CosignError> {
        let bound = context(&[b"pin", self.kid.as_bytes(), self.challenge.as_bytes()]);
        let right = !self.is_expired(now) && self.kid == key.kid && pok::check(&bound, &key.p1, proof);
        if right { Ok(()) } else { Err(CosignError) }
    }
}
