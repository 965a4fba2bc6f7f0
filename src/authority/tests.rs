//! The authority on disk: made once, rotated, taken apart and put together again.

use super::*;
use std::os::unix::fs::PermissionsExt;

fn place(data: &Path) -> Place<'_> {
    Place {
        data,
        organisation: "样例认证有限公司",
        name: "样例",
        address: "http://127.0.0.1:8080",
        algorithm: Algorithm::Sm2Sm3,
        passphrase: None,
        root_passphrase: None,
    }
}

fn open(place: &Place<'_>) -> anyhow::Result<Authority> {
    Authority::open_or_create(place, &Clock::real(), &Random::system())
}

fn rotated(place: &Place<'_>, new_root: bool) -> anyhow::Result<u32> {
    rotate(place, new_root, &Clock::real(), &Random::system())
}

#[test]
fn b13_the_authority_is_made_once_sealed_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let (first, again) = (open(&place).unwrap(), open(&place).unwrap());
    let (first, again) = (first.current(), again.current());
    assert_eq!(first.ca.root(), again.ca.root());
    first.ca.issuing().check_issued_by(first.ca.root()).unwrap();
    let key = first.ca.key().to_bytes();
    for entry in std::fs::read_dir(folder.path().join("ca")).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(32).any(|window| window == &key[..]), "{} holds the key", path.display());
    }
    // Without the root's key files the authority goes on issuing.
    std::fs::remove_file(folder.path().join("keys/root.key")).unwrap();
    std::fs::remove_file(folder.path().join("ca/root.key.sealed")).unwrap();
    open(&place).unwrap();
    assert!(open_root(&place, 1, &Random::system()).unwrap().is_none());
    // With another key file it does not open, and no other authority takes its place.
    std::fs::write(folder.path().join("keys/ca.key"), [7; 32]).unwrap();
    assert!(open(&place).is_err());
}

#[test]
fn b13_a_rotation_needs_the_root_and_leaves_the_old_generation_open() {
    let folder = tempfile::tempdir().unwrap();
    let place = place(folder.path());
    let first = open(&place).unwrap().current().ca.issuing().clone();
    let key = folder.path().join("ca/root.key.sealed");
    let away = folder.path().join("away");
    std::fs::rename(&key, &away).unwrap();
    let refused = rotated(&place, false).unwrap_err().to_string();
    assert!(refused.contains("root.key.sealed"), "{refused}");
    std::fs::rename(&away, &key).unwrap();
    assert_eq!(rotated(&place, false).unwrap(), 2);
    std::fs::rename(&key, &away).unwrap();
    let authority = open(&place).unwrap();
    let [old, new] = authority.generations() else { panic!("two generations") };
    assert_eq!((*old.ca.issuing() == first, old.root, new.root, new.number), (true, 1, 1, 2));
    assert_eq!(old.ca.root(), new.ca.root());
    assert_ne!(old.name(), new.name(), "names tell generations apart");
    assert_ne!(old.uris, new.uris, "each has a list of its own");
    assert_eq!(authority.current().number, 2);
}

#[test]
fn b13_another_algorithm_begins_with_another_root() {
    let folder = tempfile::tempdir().unwrap();
    let sm2 = place(folder.path());
    open(&sm2).unwrap();
    let p256 = Place { algorithm: Algorithm::P256Sha256, ..sm2.clone() };
    assert_eq!(rotated(&p256, false).unwrap(), 2);
    assert_eq!(rotated(&p256, false).unwrap(), 3);
    let authority = open(&p256).unwrap();
    let roots: Vec<u32> = authority.generations().iter().map(|generation| generation.root).collect();
    assert_eq!(roots, [1, 2, 2]);
    let algorithms: Vec<_> = authority.generations().iter().map(|of| of.ca.key().algorithm()).collect();
    assert_eq!(algorithms, [Algorithm::Sm2Sm3, Algorithm::P256Sha256, Algorithm::P256Sha256]);
    assert!(open_root(&p256, 2, &Random::system()).unwrap().is_some());
}

#[test]
fn b13_a_passphrase_takes_the_place_of_the_key_file() {
    let folder = tempfile::tempdir().unwrap();
    let (right, wrong) =
        (Secret::new("correct horse battery".to_owned()), Secret::new("correct horse batterie".to_owned()));
    let plain = place(folder.path());
    let with = |passphrase| Place { passphrase: Some(passphrase), ..plain.clone() };
    let made = open(&with(&right)).unwrap().current().ca.issuing().clone();
    assert_eq!(*open(&with(&right)).unwrap().current().ca.issuing(), made);
    assert!(!folder.path().join("keys/ca.key").exists());
    assert!(open(&with(&wrong)).is_err());
    let refused = format!("{:#}", open(&plain).unwrap_err());
    assert!(refused.contains("passphrase"), "{refused}");
    let short = Secret::new("short".to_owned());
    assert!(open(&with(&short)).is_err());
}

#[test]
fn b13_a_backup_is_put_back_whole_or_not_at_all() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (random, clock) = (Random::system(), Clock::real());
    let place_from = place(from.path());
    open(&place_from).unwrap();
    rotated(&place_from, false).unwrap();
    let file = backup::backup(&place_from, b"a long passphrase", &random).unwrap();
    let key = open(&place_from).unwrap().current().ca.key().to_bytes();
    assert!(!file.windows(32).any(|window| window == &key[..]));
    let place_to = place(to.path());
    let restore = |passphrase: &[u8], file: &[u8]| backup::restore(&place_to, passphrase, file, &clock, &random);
    assert!(backup::backup(&place_from, b"short", &random).is_err());
    for (passphrase, file) in [(&b"another passphrase"[..], &file[..]), (b"a long passphrase", &file[..file.len() - 1])]
    {
        assert!(restore(passphrase, file).is_err());
        assert!(std::fs::read_dir(to.path()).unwrap().next().is_none(), "nothing is left behind");
    }
    let mut changed = file.clone();
    changed[200] ^= 1;
    assert!(restore(b"a long passphrase", &changed).is_err());
    restore(b"a long passphrase", &file).unwrap();
    let (before, after) = (open(&place_from).unwrap(), open(&place_to).unwrap());
    assert_eq!(before.current().ca.issuing(), after.current().ca.issuing());
    assert!(open_root(&place_to, 1, &random).unwrap().is_some());
    assert!(restore(b"a long passphrase", &file).is_err(), "never over an authority that is there");
}
