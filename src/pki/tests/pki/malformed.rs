//! Malformed and mutated messages: everything that is not exactly right is refused, and nothing panics.

use crate::phone;
use crate::protocol::{now, soon};
use crate::random::seeded;
use proptest::prelude::*;
use sm2::elliptic_curve::PrimeField;
use zhangzheng_pki::certificate::Certificate;
use zhangzheng_pki::cosign::{
    Blinder, Commitment, KeyId, Opening, Point, Proof, ServerKeygen, SessionId, Share, SignSession,
};
use zhangzheng_pki::csr::CsrVerified;
use zhangzheng_pki::sm::{PublicKey, Signature};

/// n of the SM2 curve.
const ORDER: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";

#[test]
fn c3_points_off_the_curve_or_encoded_otherwise_are_refused() {
    let good = *phone::times_g(&sm2::Scalar::from(7u64)).as_bytes();
    assert!(Point::try_from(&good[..]).is_ok());
    let mut off = good;
    off[64] ^= 1;
    let mut hybrid = good;
    hybrid[0] = 6 + (good[64] & 1);
    let mut compressed = good[..33].to_vec();
    compressed[0] = 2 + (good[64] & 1);
    let above_p = [&[4][..], &[0xff; 64]].concat();
    let long = [&good[..], &[0]].concat();
    for bad in [&off[..], &hybrid, &compressed, &[0], &[], &[0; 65], &[4; 65], &above_p, &long, &good[..64]] {
        assert!(Point::try_from(bad).is_err() && PublicKey::from_sec1(bad).is_err(), "{bad:02x?}");
    }
}

#[test]
fn c3_scalars_outside_the_group_order_are_refused() {
    let zero = "0".repeat(64);
    let above = format!("{}4", &ORDER[..63]);
    for bad in [ORDER, &zero, &above, &"f".repeat(64), "01", "", &"zz".repeat(32), &"0".repeat(63), &"1".repeat(66)] {
        assert!(bad.parse::<Share>().is_err(), "{bad}");
        assert!(format!("{bad}{}", "1".repeat(64)).parse::<Proof>().is_err(), "{bad}");
        assert!(format!("{}{bad}", "1".repeat(64)).parse::<Proof>().is_err(), "{bad}");
    }
    let last = format!("{}2", &ORDER[..63]);
    assert!(last.parse::<Share>().is_ok() && "1".repeat(64).parse::<Share>().is_ok());
}

#[test]
fn c3_messages_are_read_as_they_are_written() {
    let point = phone::times_g(&sm2::Scalar::from(9u64));
    assert_eq!(point.to_string().parse::<Point>(), Ok(point));
    assert_eq!(point.to_string().to_uppercase().parse::<Point>(), Ok(point));
    let kid = KeyId::draw(&mut seeded(1));
    assert_eq!(kid.to_string().parse::<KeyId>(), Ok(kid));
    assert!(kid.to_string()[1..].parse::<KeyId>().is_err() && SessionId::try_from(&[0u8; 17][..]).is_err());
}

fn flip(bytes: &mut [u8], bit: usize) {
    let bit = bit % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// What the phone sends in a signature, as bytes: sid, com1, K, ρ, s1, and the document that both see.
type Wire = [Vec<u8>; 6];

/// Signs with the messages as they are on the wire, after `change` had its way before and after the server's answer.
fn signs(seed: u64, change: impl Fn(&mut Wire, bool)) -> bool {
    let mut rng = seeded(seed);
    let (server, phone) = phone::joint_key(&mut rng);
    let signing = phone.commit(SessionId::draw(&mut rng), b"the document", &mut rng);
    let k_point = signing.k_point.as_bytes().to_vec();
    let mut wire: Wire = [
        signing.sid.as_bytes().to_vec(),
        signing.com1.as_bytes().to_vec(),
        k_point,
        signing.blinder.as_bytes().to_vec(),
        vec![],
        b"the document".to_vec(),
    ];
    change(&mut wire, false);
    let (sid, com1) = (SessionId::try_from(&wire[0][..]).unwrap(), Commitment::try_from(&wire[1][..]).unwrap());
    let (session, answer) = SignSession::commit(&server, sid, &wire[5], com1, soon(), &mut rng);
    let s1 = phone.d1 * (phone::reduce(&signing.e) + phone.x_of_nonce(&signing, &answer) + signing.k);
    wire[4] = s1.to_repr().to_vec();
    change(&mut wire, true);
    let parsed = (Point::try_from(&wire[2][..]), Blinder::try_from(&wire[3][..]), Share::try_from(&wire[4][..]));
    let (Ok(k), Ok(blinder), Ok(share)) = parsed else {
        return false;
    };
    session.finish(&server, &Opening { k, blinder, share }, now()).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn c3_any_changed_bit_of_a_signing_message_is_refused(seed in 0u64..1000, message in 0usize..6, bit in any::<usize>()) {
        let after = message >= 2 && message != 5;
        let changed = |wire: &mut Wire, is_after: bool| if is_after == after { flip(&mut wire[message], bit) };
        prop_assert!(!signs(seed, changed));
        prop_assert!(signs(seed, |_, _| ()));
    }

    #[test]
    fn c3_any_changed_bit_of_a_key_generation_is_refused(seed in 0u64..1000, in_proof in any::<bool>(), bit in any::<usize>()) {
        let mut rng = seeded(seed);
        let (server, com2) = ServerKeygen::start(KeyId::draw(&mut rng), &mut rng);
        let phone = phone::Keygen::start(server.kid(), com2, &mut rng);
        let (mut p1, mut proof) = (*phone.p1.as_bytes(), phone.proof.to_bytes());
        if in_proof { flip(&mut proof, bit) } else { flip(&mut p1, bit) }
        let accepted = match (Point::try_from(&p1[..]), Proof::try_from(&proof[..])) {
            (Ok(p1), Ok(proof)) => server.finish(p1, &proof).is_ok(),
            _ => false,
        };
        prop_assert!(!accepted);
    }

    #[test]
    fn c3_any_changed_bit_of_the_servers_opening_is_refused_by_the_phone(seed in 0u64..1000, part in 0usize..4, bit in any::<usize>()) {
        let mut rng = seeded(seed);
        let (server, com2) = ServerKeygen::start(KeyId::draw(&mut rng), &mut rng);
        let phone = phone::Keygen::start(server.kid(), com2, &mut rng);
        let (_, mut opening) = server.finish(phone.p1, &phone.proof).unwrap();
        let mut bytes = [opening.p2.as_bytes().to_vec(), opening.proof.to_bytes().to_vec(), opening.blinder.as_bytes().to_vec(), opening.public.to_sec1().to_vec()];
        flip(&mut bytes[part], bit);
        let parsed = (Point::try_from(&bytes[0][..]), Proof::try_from(&bytes[1][..]), Blinder::try_from(&bytes[2][..]), PublicKey::from_sec1(&bytes[3]));
        let (Ok(p2), Ok(proof), Ok(blinder), Ok(public)) = parsed else { return Ok(()) };
        (opening.p2, opening.proof, opening.blinder, opening.public) = (p2, proof, blinder, public);
        prop_assert!(phone.finish(&opening).is_err());
    }

    #[test]
    fn b13_arbitrary_bytes_are_no_request_certificate_or_signature(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(CsrVerified::parse(&bytes).is_err());
        prop_assert!(Certificate::from_der(&bytes).is_err());
        prop_assert!(Signature::from_der(&bytes).is_err());
    }
}
