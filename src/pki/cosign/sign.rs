//! 协同签名, the server's half: answer one commitment once, finish once.

use super::CosignError;
use super::keygen::ServerKey;
use super::message::{Blinder, Commitment, KeyId, Point, Proof, SessionId, Share, draw_scalar, x_mod_n};
use super::pok;
use super::transcript::{context, hash, reduce};
use crate::sm::Signature;
use chrono::{DateTime, Utc};
use signature::rand_core::CryptoRng;
use sm2::Scalar;
use sm2::elliptic_curve::PrimeField;
use std::fmt;
use zeroize::Zeroizing;

/// One open signature. It is made from the bytes that the *server* is about to have signed; e is fixed before anything about
/// the nonce is known, and nobody can pass a digest in. Finishing consumes it: answering twice under one w gives d2 away.
/// For the same reason it cannot be copied:
/// ```compile_fail,E0599
/// # fn copy(session: zhangzheng_pki::cosign::SignSession) {
/// let copy = session.clone();
/// # }
/// ```
pub struct SignSession {
    sid: SessionId,
    kid: KeyId,
    w: Zeroizing<Scalar>,
    commitment: Commitment,
    e: [u8; 32],
    expires_at: DateTime<Utc>,
}

/// The server's answer to the phone's commitment: Q = w·G with a proof of knowledge of w.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Q = w·G.
    pub q: Point,
    /// Proof of knowledge of w, bound to session, key, commitment and e.
    pub proof: Proof,
}

/// The phone's last message: it opens its commitment and gives its share.
#[derive(Debug)]
pub struct Opening {
    /// K = k·G.
    pub k: Point,
    /// ρ, which opens com1.
    pub blinder: Blinder,
    /// s1 = d1·(r + k).
    pub share: Share,
}

impl SignSession {
    /// Step 2: answers the phone's commitment for these exact bytes. The caller makes sure that there is one open session
    /// for a key and that a session id is answered once.
    pub fn commit<R: CryptoRng + ?Sized>(
        key: &ServerKey,
        sid: SessionId,
        tbs: &[u8],
        commitment: Commitment,
        expires_at: DateTime<Utc>,
        rng: &mut R,
    ) -> (Self, Answer) {
        let e = key.public.digest(tbs);
        let w = draw_scalar(rng);
        let q = Point::generator_times(&w);
        let bound = context(&[b"sg-s", sid.as_bytes(), key.kid.as_bytes(), commitment.as_bytes(), &e]);
        let proof = pok::prove(&bound, &w, &q, rng);
        (Self { sid, kid: key.kid, w, commitment, e, expires_at }, Answer { q, proof })
    }

    /// Which session.
    #[must_use]
    pub fn sid(&self) -> SessionId {
        self.sid
    }

    /// Which key it signs with.
    #[must_use]
    pub fn kid(&self) -> KeyId {
        self.kid
    }

    /// Whether it is too late to finish. An expired session is thrown away and is no wrong PIN.
    #[must_use]
    pub fn is_expired(&self, now: DateTime<Utc>) -> bool {
        now >= self.expires_at
    }

    /// Step 4: takes the session, checks the opening and makes the signature, which is verified under the joint key before it
    /// is given out: that is also the check of the PIN, and the only one there is. The caller counts every refusal and stores
    /// the count before it answers.
    ///
    /// A session cannot be finished twice:
    /// ```compile_fail,E0382
    /// # use zhangzheng_pki::cosign::{Opening, ServerKey, SignSession};
    /// # fn twice(session: SignSession, key: &ServerKey, a: Opening, b: Opening, now: chrono::DateTime<chrono::Utc>) {
    /// let first = session.finish(key, &a, now);
    /// let second = session.finish(key, &b, now);
    /// # }
    /// ```
    pub fn finish(self, key: &ServerKey, opening: &Opening, now: DateTime<Utc>) -> Result<Signature, CosignError> {
        if self.is_expired(now) || self.kid != key.kid {
            return Err(CosignError);
        }
        let opened =
            [self.sid.as_bytes(), self.kid.as_bytes(), &self.e[..], opening.k.as_bytes(), opening.blinder.as_bytes()];
        if !self.commitment.matches(&hash("cosign/sg-com", &opened)) {
            return Err(CosignError);
        }
        let nonce_point = Point::from_projective(opening.k.projective() + key.p1.projective() * *self.w)?;
        let r = reduce(&self.e) + x_mod_n(&nonce_point.projective());
        let s = *key.d2 * (*opening.share.scalar() + *self.w) - r;
        if bool::from(r.is_zero() | s.is_zero() | (r + s).is_zero()) {
            return Err(CosignError);
        }
        let signature =
            sm2::dsa::Signature::from_scalars(r.to_repr(), s.to_repr()).map(Signature).map_err(|_| CosignError)?;
        key.public.verify_digest(&self.e, &signature).map_err(|_| CosignError)?;
        Ok(signature)
    }
}

impl fmt::Debug for SignSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignSession")
            .field("sid", &self.sid)
            .field("kid", &self.kid)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
