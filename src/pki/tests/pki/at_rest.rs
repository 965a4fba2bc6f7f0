//! Sealed keys: what somebody with the database, or with half the secrets, can do: nothing.

use crate::phone;
use crate::protocol::sign;
use crate::random::seeded;
use proptest::prelude::*;
use zhangzheng_pki::cosign::{KeyId, ServerKey};
use zhangzheng_pki::keystore::{Kek, KeystoreError, Purpose};

fn kek() -> Kek {
    Kek::from_key_file(&[3; 32], 1).unwrap()
}

#[test]
fn c3_sealed_half_signs_after_a_restart() {
    let mut rng = seeded(1);
    let (server, phone) = phone::joint_key(&mut rng);
    let sealed = server.seal(&kek(), &mut rng);
    let restored = ServerKey::unseal(server.kid(), &sealed, &kek()).unwrap();
    assert_eq!(restored.public(), server.public());
    let signature = sign(&restored, &phone, b"tbs", 2).unwrap();
    server.public().verify(b"tbs", &signature).unwrap();
}

#[test]
fn c3_halves_exchanged_between_rows_do_not_open() {
    let mut rng = seeded(3);
    let (first, _) = phone::joint_key(&mut rng);
    let (second, _) = phone::joint_key(&mut rng);
    let sealed = first.seal(&kek(), &mut rng);
    assert_eq!(ServerKey::unseal(second.kid(), &sealed, &kek()).unwrap_err(), KeystoreError::Refused);
    let as_issuing = kek().open(Purpose::Issuing, &first.kid().to_string(), &sealed);
    assert_eq!(as_issuing.unwrap_err(), KeystoreError::Refused);
    assert_eq!(ServerKey::unseal(KeyId::new([0; 16]), &[], &kek()).unwrap_err(), KeystoreError::Refused);
}

#[test]
fn b13_wrong_passphrase_salt_or_version_does_not_open() {
    let right = Kek::from_passphrase("正确的口令 2026".as_bytes(), &[1; 16], 7).unwrap();
    let sealed = right.seal(Purpose::Issuing, "issuing-1", b"secret key bytes", &mut seeded(4));
    assert_eq!(Kek::version_of(&sealed), Some(7));
    let again = Kek::from_passphrase("正确的口令 2026".as_bytes(), &[1; 16], 7).unwrap();
    assert_eq!(again.open(Purpose::Issuing, "issuing-1", &sealed).unwrap().as_slice(), b"secret key bytes");
    let wrong = [
        Kek::from_passphrase("正确的口令 2027".as_bytes(), &[1; 16], 7).unwrap(),
        Kek::from_passphrase("正确的口令 2026".as_bytes(), &[2; 16], 7).unwrap(),
        Kek::from_passphrase("正确的口令 2026".as_bytes(), &[1; 16], 8).unwrap(),
    ];
    for kek in wrong {
        assert_eq!(kek.open(Purpose::Issuing, "issuing-1", &sealed).unwrap_err(), KeystoreError::Refused);
    }
}

#[test]
fn b13_weak_passphrases_and_odd_key_files_are_refused() {
    assert_eq!(Kek::from_passphrase(b"short", &[0; 16], 1).unwrap_err(), KeystoreError::Weak);
    assert_eq!(Kek::from_key_file(&[0; 31], 1).unwrap_err(), KeystoreError::Weak);
    assert_eq!(Kek::from_key_file(&[0; 33], 1).unwrap_err(), KeystoreError::Weak);
}

#[test]
fn b13_same_key_sealed_twice_looks_different_and_shows_nothing() {
    let mut rng = seeded(5);
    let secret = [0x5a; 32];
    let (a, b) = (kek().seal(Purpose::Root, "r", &secret, &mut rng), kek().seal(Purpose::Root, "r", &secret, &mut rng));
    assert_ne!(a, b);
    assert!(!a.windows(8).any(|window| window == &secret[..8]));
    assert!(!format!("{:?}", kek()).contains("3, 3"));
}

proptest! {
    #[test]
    fn b13_any_changed_bit_of_a_sealed_key_is_refused(bit in any::<usize>(), cut in 0usize..65) {
        let sealed = kek().seal(Purpose::Issuing, "i", &[9; 32], &mut seeded(6));
        let mut changed = sealed.clone();
        let bit = bit % (sealed.len() * 8);
        changed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(kek().open(Purpose::Issuing, "i", &changed).is_err());
        prop_assert!(kek().open(Purpose::Issuing, "i", &sealed[..cut.min(sealed.len() - 1)]).is_err());
    }
}
