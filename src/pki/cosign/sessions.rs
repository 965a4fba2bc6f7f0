//! 进行中的签名: the signatures that are under way, in memory only. Here live the rules that a single session cannot keep:
//! one per key, each commitment answered once, each session taken once, nothing after its time.
//!
//! Another server instance does not know them and refuses; a restart forgets them. Either way the phone begins again, and no
//! nonce was ever answered twice.

use super::CosignError;
use super::keygen::ServerKey;
use super::message::{Commitment, KeyId, SessionId};
use super::sign::{Answer, SignSession};
use chrono::{DateTime, Utc};
use signature::rand_core::CryptoRng;
use std::collections::HashMap;

/// All open signatures of this process. The caller wraps it in a lock; every call is short but [`OpenSessions::commit`],
/// which multiplies points for about a tenth of a millisecond.
#[derive(Debug, Default)]
pub struct OpenSessions {
    by_key: HashMap<KeyId, Slot>,
}

#[derive(Debug)]
enum Slot {
    /// Shown to the phone, not yet committed to.
    Offered(Offer),
    /// Answered, not yet finished.
    Committed(SignSession),
}

#[derive(Debug)]
struct Offer {
    sid: SessionId,
    tbs: Vec<u8>,
    expires_at: DateTime<Utc>,
}

impl Slot {
    fn sid(&self) -> SessionId {
        match self {
            Self::Offered(offer) => offer.sid,
            Self::Committed(session) => session.sid(),
        }
    }

    fn is_expired(&self, now: DateTime<Utc>) -> bool {
        match self {
            Self::Offered(offer) => now >= offer.expires_at,
            Self::Committed(session) => session.is_expired(now),
        }
    }
}

impl OpenSessions {
    /// Step 0: offers these exact bytes for signature. An older session of the same key is dropped unanswered.
    pub fn offer<R: CryptoRng + ?Sized>(
        &mut self,
        kid: KeyId,
        tbs: Vec<u8>,
        expires_at: DateTime<Utc>,
        rng: &mut R,
    ) -> SessionId {
        let sid = SessionId::draw(rng);
        self.by_key.insert(kid, Slot::Offered(Offer { sid, tbs, expires_at }));
        sid
    }

    /// Step 2: answers the phone's commitment to an offer, once. A second commitment is refused and ends the session.
    pub fn commit<R: CryptoRng + ?Sized>(
        &mut self,
        key: &ServerKey,
        sid: SessionId,
        commitment: Commitment,
        now: DateTime<Utc>,
        rng: &mut R,
    ) -> Result<Answer, CosignError> {
        let Slot::Offered(Offer { tbs, expires_at, .. }) = self.remove(key.kid(), sid, now)? else {
            return Err(CosignError);
        };
        let (session, answer) = SignSession::commit(key, sid, &tbs, commitment, expires_at, rng);
        self.by_key.insert(key.kid(), Slot::Committed(session));
        Ok(answer)
    }

    /// Step 4: takes the answered session out, to be finished. It cannot be taken again.
    pub fn take(&mut self, kid: KeyId, sid: SessionId, now: DateTime<Utc>) -> Result<SignSession, CosignError> {
        match self.remove(kid, sid, now)? {
            Slot::Committed(session) => Ok(session),
            Slot::Offered(_) => Err(CosignError),
        }
    }

    /// Drops the session of a key that was locked, suspended or revoked.
    pub fn discard(&mut self, kid: KeyId) {
        self.by_key.remove(&kid);
    }

    /// Drops everything whose time is over; called now and then.
    pub fn sweep(&mut self, now: DateTime<Utc>) {
        self.by_key.retain(|_, slot| !slot.is_expired(now));
    }

    /// How many are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether none is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Takes out the slot of a key if it is this session and in time; another session of the key stays where it is.
    fn remove(&mut self, kid: KeyId, sid: SessionId, now: DateTime<Utc>) -> Result<Slot, CosignError> {
        if self.by_key.get(&kid).is_none_or(|slot| slot.sid() != sid) {
            return Err(CosignError);
        }
        self.by_key.remove(&kid).filter(|slot| !slot.is_expired(now)).ok_or(CosignError)
    }
}
