//! Signatures under way: one per key, answered once, taken once, in time.

use crate::phone;
use crate::protocol::{now, soon};
use crate::random::seeded;
use zhangzheng_pki::cosign::{CosignError, OpenSessions, ServerKey, SessionId};
use zhangzheng_pki::rand_core::CryptoRng;

struct Desk {
    sessions: OpenSessions,
    server: ServerKey,
    phone: phone::Key,
    rng: Box<dyn CryptoRng>,
}

impl Desk {
    fn new(seed: u64) -> Self {
        let mut rng: Box<dyn CryptoRng> = Box::new(seeded(seed));
        let (server, phone) = phone::joint_key(&mut rng);
        Self { sessions: OpenSessions::default(), server, phone, rng }
    }

    fn offer(&mut self, tbs: &[u8]) -> SessionId {
        self.sessions.offer(self.server.kid(), tbs.to_vec(), soon(), &mut self.rng)
    }
}

#[test]
fn c3_offered_committed_and_taken_once() {
    let mut desk = Desk::new(1);
    let sid = desk.offer(b"tbs");
    assert!(desk.sessions.take(desk.server.kid(), sid, now()).is_err(), "nothing was committed to");
    let sid = desk.offer(b"tbs");
    let signing = desk.phone.commit(sid, b"tbs", &mut desk.rng);
    let answer = desk.sessions.commit(&desk.server, sid, signing.com1, now(), &mut desk.rng).unwrap();
    let opening = desk.phone.answer(signing, &answer).unwrap();
    let session = desk.sessions.take(desk.server.kid(), sid, now()).unwrap();
    let signature = session.finish(&desk.server, &opening, now()).unwrap();
    desk.server.public().verify(b"tbs", &signature).unwrap();
    assert_eq!(desk.sessions.take(desk.server.kid(), sid, now()).unwrap_err(), CosignError, "replayed");
    assert!(desk.sessions.is_empty());
}

#[test]
fn c3_attack_a_second_commitment_to_a_session_is_refused() {
    let mut desk = Desk::new(2);
    let sid = desk.offer(b"tbs");
    let [first, second] = [0, 1].map(|_| desk.phone.commit(sid, b"tbs", &mut desk.rng).com1);
    assert!(desk.sessions.commit(&desk.server, sid, first, now(), &mut desk.rng).is_ok());
    assert!(desk.sessions.commit(&desk.server, sid, second, now(), &mut desk.rng).is_err());
    assert!(desk.sessions.take(desk.server.kid(), sid, now()).is_err(), "the session ended");
}

#[test]
fn c3_new_offer_replaces_the_old_one_of_the_key() {
    let mut desk = Desk::new(3);
    let (old, new) = (desk.offer(b"first"), desk.offer(b"second"));
    assert_eq!(desk.sessions.len(), 1);
    let com1 = desk.phone.commit(old, b"first", &mut desk.rng).com1;
    assert!(desk.sessions.commit(&desk.server, old, com1, now(), &mut desk.rng).is_err());
    let com1 = desk.phone.commit(new, b"second", &mut desk.rng).com1;
    assert!(
        desk.sessions.commit(&desk.server, new, com1, now(), &mut desk.rng).is_ok(),
        "a stranger's try ends nothing"
    );
}

#[test]
fn c3_sessions_of_other_keys_late_and_discarded_ones_are_refused() {
    let mut desk = Desk::new(4);
    let (other, _) = phone::joint_key(&mut desk.rng);
    let sid = desk.offer(b"tbs");
    let com1 = desk.phone.commit(sid, b"tbs", &mut desk.rng).com1;
    assert!(desk.sessions.commit(&other, sid, com1, now(), &mut desk.rng).is_err(), "another key");
    assert!(desk.sessions.commit(&desk.server, sid, com1, soon(), &mut desk.rng).is_err(), "too late");

    let sid = desk.offer(b"tbs");
    let com1 = desk.phone.commit(sid, b"tbs", &mut desk.rng).com1;
    desk.sessions.commit(&desk.server, sid, com1, now(), &mut desk.rng).unwrap();
    assert!(desk.sessions.take(other.kid(), sid, now()).is_err());
    desk.sessions.sweep(now());
    assert_eq!(desk.sessions.len(), 1);
    desk.sessions.discard(desk.server.kid());
    assert!(desk.sessions.take(desk.server.kid(), sid, now()).is_err(), "revoked meanwhile");
    desk.offer(b"tbs");
    desk.sessions.sweep(soon());
    assert!(desk.sessions.is_empty());
}
