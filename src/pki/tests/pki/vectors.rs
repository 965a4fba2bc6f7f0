//! The vectors that Rust and TypeScript share: the same file drives the phone's tests in `miniprogram/tests/unit`. What the
//! phone computes there is accepted by the server here and the other way round, byte for byte.

use crate::phone::{self, Keygen, scalar, times_g};
use crate::protocol::{now, soon};
use crate::random::scripted;
use crate::x509::company;
use serde_json::{Value, json};
use sm2::elliptic_curve::PrimeField;
use zhangzheng_pki::cosign::transcript::{context, hash};
use zhangzheng_pki::cosign::{
    Answer, Blinder, Commitment, Opening, PinCheck, Point, Proof, ServerKey, ServerKeygen, SignSession, pin, pok,
};
use zhangzheng_pki::csr::CsrInfo;
use zhangzheng_pki::sm::sm3;

const FILE: &str = include_str!("../../../../tests/fixtures/vectors/two-party-sm2.json");

fn vectors() -> Value {
    serde_json::from_str(FILE).unwrap()
}

fn text<'a>(section: &'a Value, name: &str) -> &'a str {
    section[name].as_str().unwrap_or_else(|| panic!("{name} is missing"))
}

fn bytes(section: &Value, name: &str) -> Vec<u8> {
    hex::decode(text(section, name)).unwrap()
}

fn array<const N: usize>(section: &Value, name: &str) -> [u8; N] {
    bytes(section, name).try_into().unwrap()
}

fn parsed<T: std::str::FromStr>(section: &Value, name: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text(section, name).parse().unwrap()
}

#[test]
fn b13_shared_digests() {
    let vectors = vectors();
    for case in vectors["sm3"].as_array().unwrap() {
        assert_eq!(hex::encode(sm3(&[&bytes(case, "message")])), text(case, "digest"));
    }
    let case = &vectors["transcript"];
    let parts: Vec<_> =
        case["parts"].as_array().unwrap().iter().map(|part| hex::decode(part.as_str().unwrap()).unwrap()).collect();
    let parts: Vec<_> = parts.iter().map(Vec::as_slice).collect();
    assert_eq!(hex::encode(hash(text(case, "tag"), &parts)), text(case, "hash"));
}

#[test]
fn c3_shared_pin_mask() {
    let case = &vectors()["pin"];
    let rounds = u32::try_from(case["rounds"].as_u64().unwrap()).unwrap();
    let mask = pin::mask(text(case, "pin"), &array(case, "salt"), &array(case, "pepper"), rounds);
    assert_eq!(hex::encode(mask.to_repr()), text(case, "mask"));
    let blob = scalar(&array(case, "d1")) + *mask;
    assert_eq!(hex::encode(blob.to_repr()), text(case, "blob"));
}

/// The server's half of a vector's key, with its first d2 and the phone's P1 as the vector says.
fn server_key(case: &Value, d1: &[u8; 32]) -> ServerKey {
    let mut script = scripted(&[&bytes(case, "d2"), &bytes(case, "a"), &[0x77; 32]]);
    let (server, com2) = ServerKeygen::start(parsed(case, "kid"), &mut script);
    let x1 = scalar(d1).invert().unwrap();
    let bound = context(&[b"kg-c", server.kid().as_bytes(), com2.as_bytes()]);
    let proof = pok::prove(&bound, &x1, &times_g(&x1), &mut scripted(&[&bytes(case, "a")]));
    let (key, opening) = server.finish(times_g(&x1), &proof).unwrap();
    assert_eq!(times_g(&x1).to_string(), text(case, "P1"));
    assert_eq!(opening.p2.to_string(), text(case, "P2"));
    key
}

/// The reference vector; its signature was also accepted by OpenSSL.
#[test]
fn c3_shared_reference_signature() {
    let case = &vectors()["reference"];
    let key = server_key(case, &array(case, "d1"));
    let tbs = text(case, "tbs").as_bytes();
    assert_eq!(hex::encode(key.public().to_sec1()), text(case, "P"));
    assert_eq!(hex::encode(key.public().z()), text(case, "Z"));
    let e = key.public().digest(tbs);
    assert_eq!(hex::encode(e), text(case, "e"));

    let phone = phone::Key { kid: key.kid(), d1: scalar(&array(case, "d1")), public: key.public().clone() };
    let mut script = scripted(&[&bytes(case, "k"), &bytes(case, "rho")]);
    let signing = phone.commit(parsed(case, "sid"), tbs, &mut script);
    assert_eq!(
        (signing.k_point.to_string(), signing.com1.to_string()),
        (text(case, "K").into(), text(case, "com1").into())
    );
    let bound = context(&[b"sg-s", &bytes(case, "sid"), &bytes(case, "kid"), &bytes(case, "com1"), &e]);
    assert_eq!(hex::encode(bound), text(case, "context"));

    let mut script = scripted(&[&bytes(case, "w"), &bytes(case, "a")]);
    let (session, answer) = SignSession::commit(&key, signing.sid, tbs, signing.com1, soon(), &mut script);
    assert_eq!((answer.q.to_string(), answer.proof.to_string()), (text(case, "Q").into(), text(case, "proof").into()));
    let opening = phone.answer(signing, &answer).unwrap();
    let expected = Opening { k: parsed(case, "K"), blinder: parsed(case, "rho"), share: parsed(case, "s1") };
    assert_eq!(opening.k, expected.k);
    let signature = session.finish(&key, &expected, now()).unwrap();
    assert_eq!(hex::encode(signature.to_bytes()), format!("{}{}", text(case, "r"), text(case, "s")));
}

/// Randomness of one party in the journey: SM3 of its label.
fn drawn(label: &str) -> [u8; 32] {
    sm3(&[label.as_bytes()])
}

/// Key generation, the first signature (the request's proof of possession) and a check of the PIN, all in one transcript.
/// The phone's randomness is in it, so that the phone's half can be replayed in any language.
#[test]
fn c3_shared_journey_from_key_to_signed_request() {
    let [d1, a1, k, rho1, a_pin] = ["phone d1", "phone a1", "phone k", "phone rho1", "phone pin a"].map(drawn);
    let (kid, sid) = (drawn("kid")[..16].to_vec(), drawn("sid")[..16].to_vec());
    let kid = zhangzheng_pki::cosign::KeyId::try_from(&kid[..]).unwrap();
    let sid = zhangzheng_pki::cosign::SessionId::try_from(&sid[..]).unwrap();

    let mut server_script = scripted(&[&drawn("server d2"), &drawn("server a2"), &drawn("server rho2")]);
    let (server, com2) = ServerKeygen::start(kid, &mut server_script);
    let phone = Keygen::start(kid, com2, &mut scripted(&[&d1, &a1]));
    let (p1, pi1) = (phone.p1, phone.proof);
    let (key, opened) = server.finish(p1, &pi1).unwrap();
    let phone = phone.finish(&opened).unwrap();

    let info = CsrInfo::new(&company(), key.public()).unwrap();
    let signing = phone.commit(sid, info.tbs(), &mut scripted(&[&k, &rho1]));
    let (com1, e) = (signing.com1, signing.e);
    let mut server_script = scripted(&[&drawn("server w"), &drawn("server a")]);
    let (session, answer) = SignSession::commit(&key, sid, info.tbs(), com1, soon(), &mut server_script);
    let s1 = phone.d1 * (phone::reduce(&e) + phone.x_of_nonce(&signing, &answer) + signing.k);
    let sent = phone.answer(signing, &answer).unwrap();
    let signature = session.finish(&key, &sent, now()).unwrap();
    let tbs = info.tbs().to_vec();
    let request = info.assemble(&signature).unwrap();

    let (check, challenge) = PinCheck::start(kid, soon(), &mut scripted(&[&drawn("challenge")]));
    let bound = context(&[b"pin", kid.as_bytes(), challenge.as_bytes()]);
    let x1 = phone.d1.invert().unwrap();
    let pin_proof = pok::prove(&bound, &x1, &p1, &mut scripted(&[&a_pin]));
    check.finish(&key, &pin_proof, now()).unwrap();

    let hex32 = hex::encode::<[u8; 32]>;
    let journey = json!({
        "kid": kid.to_string(),
        "keygen": {
            "com2": com2.to_string(), "phone_random": [hex32(d1), hex32(a1)], "P1": p1.to_string(), "proof1": pi1.to_string(),
            "P2": opened.p2.to_string(), "proof2": opened.proof.to_string(), "rho2": opened.blinder.to_string(),
            "P": hex::encode(key.public().to_sec1()), "d1": hex32(d1),
        },
        "signing": {
            "sid": sid.to_string(), "tbs": hex::encode(&tbs), "e": hex32(e), "phone_random": [hex32(k), hex32(rho1)],
            "com1": com1.to_string(), "Q": answer.q.to_string(), "proof": answer.proof.to_string(),
            "K": sent.k.to_string(), "rho": sent.blinder.to_string(), "s1": hex::encode(s1.to_repr()),
            "signature": hex::encode(signature.to_der()), "request": hex::encode(request.der()),
        },
        "pin_check": { "challenge": challenge.to_string(), "phone_random": [hex32(a_pin)], "proof": pin_proof.to_string() },
    });
    assert_eq!(vectors()["journey"], journey, "the transcript is now\n{journey:#}");
}

/// The journey's messages as they arrive from the wire, in text, at a server that knows nothing of the phone's secrets.
#[test]
fn c3_shared_journey_is_accepted_from_the_wire() {
    let journey = &vectors()["journey"];
    let (made, signed) = (&journey["keygen"], &journey["signing"]);
    let mut script = scripted(&[&drawn("server d2"), &drawn("server a2"), &drawn("server rho2")]);
    let (server, com2) = ServerKeygen::start(parsed(journey, "kid"), &mut script);
    assert_eq!(com2, parsed::<Commitment>(made, "com2"));
    let (key, opening) = server.finish(parsed::<Point>(made, "P1"), &parsed::<Proof>(made, "proof1")).unwrap();
    assert_eq!(opening.blinder, parsed::<Blinder>(made, "rho2"));

    let mut script = scripted(&[&drawn("server w"), &drawn("server a")]);
    let (session, answer): (_, Answer) = SignSession::commit(
        &key,
        parsed(signed, "sid"),
        &bytes(signed, "tbs"),
        parsed(signed, "com1"),
        soon(),
        &mut script,
    );
    assert_eq!(answer.q, parsed::<Point>(signed, "Q"));
    let opening = Opening { k: parsed(signed, "K"), blinder: parsed(signed, "rho"), share: parsed(signed, "s1") };
    let signature = session.finish(&key, &opening, now()).unwrap();
    assert_eq!(hex::encode(signature.to_der()), text(signed, "signature"));
    assert!(zhangzheng_pki::csr::CsrVerified::parse(&bytes(signed, "request")).is_ok());
}
