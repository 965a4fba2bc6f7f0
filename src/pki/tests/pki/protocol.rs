//! Two-party keys as honest people use them, and as people mistype.

use crate::phone::{self, Keygen, Signing};
use crate::random::seeded;
use chrono::{DateTime, TimeDelta, Utc};
use sm2::elliptic_curve::PrimeField;
use zhangzheng_pki::cosign::transcript::context;
use zhangzheng_pki::cosign::{
    CosignError, KeyId, Opening, PinCheck, ServerKey, ServerKeygen, SessionId, SignSession, pin, pok,
};
use zhangzheng_pki::sm::Signature;

pub fn now() -> DateTime<Utc> {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

pub fn soon() -> DateTime<Utc> {
    now() + TimeDelta::minutes(2)
}

/// One signature by an honest server with whatever phone key it is given.
pub fn sign(server: &ServerKey, phone: &phone::Key, tbs: &[u8], seed: u64) -> Result<Signature, CosignError> {
    let mut rng = seeded(seed);
    let signing = phone.commit(SessionId::draw(&mut rng), tbs, &mut rng);
    let (session, answer) = SignSession::commit(server, signing.sid, tbs, signing.com1, soon(), &mut rng);
    session.finish(server, &phone.answer(signing, &answer)?, now())
}

#[test]
fn c3_both_halves_together_sign_as_one_key() {
    let (server, phone) = phone::joint_key(&mut seeded(1));
    assert_eq!(server.public(), &phone.public);
    for seed in 0..20 {
        let tbs = format!("第 {seed} 份文件");
        let signature = sign(&server, &phone, tbs.as_bytes(), seed).unwrap();
        server.public().verify(tbs.as_bytes(), &signature).unwrap();
        assert!(server.public().verify(b"another document", &signature).is_err());
    }
}

#[test]
fn c3_neither_half_is_the_private_key() {
    let (server, phone) = phone::joint_key(&mut seeded(2));
    let d1 = phone.d1;
    let candidates = [d1, d1.invert().unwrap(), d1 - sm2::Scalar::ONE, d1.invert().unwrap() - sm2::Scalar::ONE];
    for candidate in candidates {
        assert_ne!(phone::times_g(&candidate).as_bytes(), &server.public().to_sec1());
    }
    for shown in [format!("{server:?}"), format!("{:?}", phone::share(&d1))] {
        assert!(!shown.contains(&hex::encode(d1.to_repr())));
        assert!(shown.contains('…') || shown.contains(".."), "{shown} hides nothing");
    }
}

#[test]
fn c3_wrong_pin_is_refused_and_the_right_one_still_works() {
    let (server, mut phone) = phone::joint_key(&mut seeded(3));
    let (salt, pepper) = ([7u8; 16], [9u8; 32]);
    let blob = phone.d1 + *pin::mask("271828", &salt, &pepper, 10);
    for wrong in ["271829", "000000", "27182", ""] {
        phone.d1 = blob - *pin::mask(wrong, &salt, &pepper, 10);
        assert_eq!(sign(&server, &phone, b"tbs", 4), Err(CosignError));
    }
    phone.d1 = blob - *pin::mask("271828", &salt, &pepper, 10);
    assert!(sign(&server, &phone, b"tbs", 4).is_ok());
    phone.d1 = blob - *pin::mask("271828", &salt, &[8u8; 32], 10);
    assert_eq!(sign(&server, &phone, b"tbs", 4), Err(CosignError), "another sign-in's pepper");
}

#[test]
fn c3_pin_is_checked_without_a_signature() {
    let mut rng = seeded(5);
    let (server, phone) = phone::joint_key(&mut rng);
    let mut attempt = |d1: sm2::Scalar, named: KeyId, at: DateTime<Utc>| {
        let (check, challenge) = PinCheck::start(server.kid(), soon(), &mut rng);
        let x1 = d1.invert().unwrap();
        let bound = context(&[b"pin", named.as_bytes(), challenge.as_bytes()]);
        check.finish(&server, &pok::prove(&bound, &x1, &phone::times_g(&x1), &mut rng), at)
    };
    assert_eq!(attempt(phone.d1, phone.kid, now()), Ok(()));
    assert_eq!(attempt(phone.d1 + sm2::Scalar::ONE, phone.kid, now()), Err(CosignError));
    assert_eq!(attempt(phone.d1, KeyId::new([0; 16]), now()), Err(CosignError));
    assert_eq!(attempt(phone.d1, phone.kid, soon()), Err(CosignError));
}

#[test]
fn c3_pin_proof_answers_one_challenge_only() {
    let mut rng = seeded(6);
    let (server, phone) = phone::joint_key(&mut rng);
    let (first, challenge) = PinCheck::start(server.kid(), soon(), &mut rng);
    let x1 = phone.d1.invert().unwrap();
    let bound = context(&[b"pin", phone.kid.as_bytes(), challenge.as_bytes()]);
    let proof = pok::prove(&bound, &x1, &phone::times_g(&x1), &mut rng);
    assert_eq!(first.finish(&server, &proof, now()), Ok(()));
    let (second, _) = PinCheck::start(server.kid(), soon(), &mut rng);
    assert_eq!(second.finish(&server, &proof, now()), Err(CosignError));
}

/// A session at the moment before its last step.
pub fn open_session(
    seed: u64,
    tbs: &[u8],
) -> (ServerKey, phone::Key, Signing, SignSession, zhangzheng_pki::cosign::Answer) {
    let mut rng = seeded(seed);
    let (server, phone) = phone::joint_key(&mut rng);
    let signing = phone.commit(SessionId::draw(&mut rng), tbs, &mut rng);
    let (session, answer) = SignSession::commit(&server, signing.sid, tbs, signing.com1, soon(), &mut rng);
    (server, phone, signing, session, answer)
}

#[test]
fn c3_expired_session_is_refused() {
    let (server, phone, signing, session, answer) = open_session(7, b"tbs");
    assert!(!session.is_expired(now()) && session.is_expired(soon()));
    let opening = phone.answer(signing, &answer).unwrap();
    assert_eq!(session.finish(&server, &opening, soon()), Err(CosignError));
}

#[test]
fn c3_replayed_opening_is_refused_by_the_next_session() {
    let (server, phone, signing, session, answer) = open_session(8, b"tbs");
    let (sid, com1) = (signing.sid, signing.com1);
    let opening = phone.answer(signing, &answer).unwrap();
    session.finish(&server, &opening, now()).unwrap();
    let (again, _) = SignSession::commit(&server, sid, b"tbs", com1, soon(), &mut seeded(9));
    assert_eq!(again.finish(&server, &opening, now()), Err(CosignError));
}

#[test]
fn c3_swapped_session_key_or_document_is_refused() {
    let mut rng = seeded(10);
    let (server, phone) = phone::joint_key(&mut rng);
    let (other_server, _) = phone::joint_key(&mut rng);
    let sid = SessionId::draw(&mut rng);
    let mut outcome = |server_sid: SessionId, server_tbs: &[u8], answering: &ServerKey, finishing: &ServerKey| {
        let signing = phone.commit(sid, b"pay 100", &mut rng);
        let (session, answer) = SignSession::commit(answering, server_sid, server_tbs, signing.com1, soon(), &mut rng);
        let unwilling = phone.answer(Signing { ..copy(&signing) }, &answer);
        let opening: Opening = phone.answer_unchecked(&signing, &answer);
        (unwilling.is_ok(), session.finish(finishing, &opening, now()).is_ok())
    };
    assert_eq!(outcome(sid, b"pay 100", &server, &server), (true, true));
    assert_eq!(outcome(sid, b"pay 999", &server, &server), (false, false), "another document");
    assert_eq!(outcome(SessionId::new([1; 16]), b"pay 100", &server, &server), (false, false), "another session");
    assert_eq!(outcome(sid, b"pay 100", &other_server, &other_server), (false, false), "another key");
    assert_eq!(outcome(sid, b"pay 100", &server, &other_server), (true, false), "finished with another key");
}

pub fn copy(signing: &Signing) -> Signing {
    Signing { k: signing.k, ..*signing }
}

#[test]
fn c3_key_generation_refuses_a_borrowed_proof() {
    let mut rng = seeded(11);
    let (server, com2) = ServerKeygen::start(KeyId::draw(&mut rng), &mut rng);
    let (_, other_com2) = ServerKeygen::start(KeyId::draw(&mut rng), &mut rng);
    let overheard = Keygen::start(server.kid(), other_com2, &mut rng);
    let honest = Keygen::start(server.kid(), com2, &mut rng);
    assert!(!pok::check(
        &context(&[b"kg-c", server.kid().as_bytes(), com2.as_bytes()]),
        &overheard.p1,
        &overheard.proof
    ));
    assert!(server.finish(overheard.p1, &honest.proof).is_err());
}

#[test]
fn c3_phone_refuses_a_server_that_opens_something_else() {
    let mut rng = seeded(12);
    let (server, com2) = ServerKeygen::start(KeyId::draw(&mut rng), &mut rng);
    let phone = Keygen::start(server.kid(), com2, &mut rng);
    let (_, mut opening) = server.finish(phone.p1, &phone.proof).unwrap();
    let (swapped, _) = phone::joint_key(&mut rng);
    opening.public = swapped.public().clone();
    assert!(phone.finish(&opening).is_err(), "a key that the server owns whole");
}
