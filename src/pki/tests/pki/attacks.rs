//! The attacks that break careless two-party SM2, each shown to work on the careless variant and refused here.

use crate::phone::{self, Signing, reduce, scalar, x_mod_n};
use crate::protocol::{copy, now, open_session, soon};
use crate::random::{scripted, seeded};
use sm2::elliptic_curve::{Group, PrimeField};
use sm2::{ProjectivePoint, Scalar};
use zhangzheng_pki::cosign::{Answer, CosignError, KeyId, ServerKey, ServerKeygen, SessionId, SignSession};
use zhangzheng_pki::sm::Signature;

const D2: [u8; 32] = [0x22; 32];

/// A key whose server half the test knows, so that it can recognise it when an attack finds it.
fn key_with_known_server_half() -> (ServerKey, phone::Key) {
    let mut script = scripted(&[&D2, &[0x66; 32], &[0x77; 32]]);
    let (server, com2) = ServerKeygen::start(KeyId::new([1; 16]), &mut script);
    let phone = phone::Keygen::start(server.kid(), com2, &mut seeded(1));
    let (server_key, opening) = server.finish(phone.p1, &phone.proof).unwrap();
    (server_key, phone.finish(&opening).unwrap())
}

/// d2 from two answers, if both were made under one w: ((s+r) − (s'+r')) / (s1 − s1').
fn solve_for_d2(answers: &[(Signature, Scalar)]) -> Scalar {
    let sum = |signature: &Signature| {
        let bytes = signature.to_bytes();
        scalar(bytes[..32].try_into().unwrap()) + scalar(bytes[32..].try_into().unwrap())
    };
    (sum(&answers[0].0) - sum(&answers[1].0)) * (answers[0].1 - answers[1].1).invert().unwrap()
}

/// Two signatures of one document under one session id, with the randomness that the server has for each.
fn two_answers(scripts: [[u8; 32]; 2]) -> Vec<(Signature, Scalar)> {
    let (server, phone) = key_with_known_server_half();
    let sid = SessionId::new([5; 16]);
    let one = |(seed, w): (u64, [u8; 32])| {
        let signing = phone.commit(sid, b"tbs", &mut seeded(seed));
        let mut rng = scripted(&[&w, &[0x66; 32]]);
        let (session, answer) = SignSession::commit(&server, sid, b"tbs", signing.com1, soon(), &mut rng);
        let s1 = phone.d1 * (reduce(&signing.e) + phone.x_of_nonce(&signing, &answer) + signing.k);
        let signature = session.finish(&server, &phone.answer_unchecked(&signing, &answer), now()).unwrap();
        (signature, s1)
    };
    (40..).zip(scripts).map(one).collect()
}

#[test]
fn c3_attack_a_two_answers_under_one_server_nonce() {
    assert_eq!(
        solve_for_d2(&two_answers([[0x44; 32], [0x44; 32]])),
        scalar(&D2),
        "a server that repeats w gives d2 away"
    );
    assert_ne!(solve_for_d2(&two_answers([[0x44; 32], [0x45; 32]])), scalar(&D2));
}

#[test]
fn c3_attack_a_a_second_commitment_gets_another_nonce() {
    let (server, phone, signing, first, answer) = open_session(20, b"tbs");
    let mut rng = seeded(21);
    let (second, other) = SignSession::commit(&server, first.sid(), b"tbs", signing.com1, soon(), &mut rng);
    assert_ne!(answer.q, other.q);
    let crossed = phone.answer_unchecked(&signing, &answer);
    assert_eq!(second.finish(&server, &crossed, now()), Err(CosignError), "an answer to Q is none to Q'");
    assert!(first.finish(&server, &phone.answer(signing, &answer).unwrap(), now()).is_ok());
}

#[test]
fn c3_attack_a_one_commitment_opens_in_one_way() {
    let (server, phone, signing, session, answer) = open_session(22, b"tbs");
    let other_k = phone::draw(&mut seeded(23));
    let changed = Signing { k: other_k, k_point: phone::times_g(&other_k), ..copy(&signing) };
    assert_eq!(session.finish(&server, &phone.answer_unchecked(&changed, &answer), now()), Err(CosignError));
}

#[test]
fn c3_attack_b_two_answers_under_one_phone_nonce() {
    let (server, phone, signing, _, answer) = open_session(24, b"tbs");
    let (_, other) = SignSession::commit(&server, signing.sid, b"tbs", signing.com1, soon(), &mut seeded(25));
    let solve = |answers: [&Answer; 2]| {
        let r = answers.map(|answer| reduce(&signing.e) + phone.x_of_nonce(&signing, answer));
        let s1 = r.map(|r| phone.d1 * (r + signing.k));
        (s1[0] - s1[1]) * (r[0] - r[1]).invert().unwrap()
    };
    assert_eq!(solve([&answer, &other]), phone.d1, "a phone that answers twice gives d1 away");
    let once = phone.answer(signing, &answer);
    assert!(once.is_ok(), "answering consumed the nonce; a second answer does not compile");
}

/// The forger knows R before e is fixed, asks for e = b + r* − x(R), and turns the answer into one for M*.
#[test]
fn c3_attack_c_a_digest_chosen_after_the_nonce_is_known() {
    let (target, w) = (b"pay 1,000,000 to Mallory", [0x44; 32]);
    let (server, phone) = key_with_known_server_half();
    let signing = phone.commit(SessionId::new([6; 16]), b"pay 1 to Alice", &mut seeded(26));
    let mut script = scripted(&[&w, &[0x66; 32]]);
    let (session, answer) =
        SignSession::commit(&server, signing.sid, b"pay 1 to Alice", signing.com1, soon(), &mut script);

    let x_of_r = phone.x_of_nonce(&signing, &answer);
    let nonce_point = phone::projective(&signing.k_point) + phone::projective(&answer.q) * phone.d1.invert().unwrap();
    let b = phone::draw(&mut seeded(27));
    let shifted = nonce_point + ProjectivePoint::mul_by_generator(&b);
    let r_star = reduce(&server.public().digest(target)) + x_mod_n(&shifted);
    let asked = b + r_star - x_of_r;

    // A server that took digests would finish with s = d2·(s1 + w) − r for `asked`, and the forger would shift it.
    let r = asked + x_of_r;
    let s = scalar(&D2) * (phone.d1 * (r + signing.k) + scalar(&w)) - r;
    let forged = sm2::dsa::Signature::from_scalars(r_star.to_repr(), (s + r - r_star).to_repr()).unwrap();
    let forged = Signature::from_der(forged.to_der().as_bytes()).unwrap();
    server.public().verify(target, &forged).expect("the attack works on a server that takes digests");

    // This one has fixed e from its own bytes: the same answer is refused, and no signature leaves it.
    let chosen = Signing { e: asked.to_repr().into(), ..copy(&signing) };
    assert_eq!(session.finish(&server, &phone.answer_unchecked(&chosen, &answer), now()), Err(CosignError));
}

/// The same from the server's side: a digest that the server chose is not what the phone signs.
#[test]
fn c3_attack_c_the_phone_signs_only_what_it_saw() {
    let (server, phone, signing, _, _) = open_session(28, b"pay 1 to Alice");
    let (_, answer) =
        SignSession::commit(&server, signing.sid, b"pay 1,000,000", signing.com1, soon(), &mut seeded(29));
    assert_eq!(phone.answer(signing, &answer).unwrap_err(), CosignError);
}
