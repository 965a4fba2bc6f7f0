//! No byte of an evidence file can differ, no entry be missing or out of its place.

use super::*;
use proptest::prelude::*;
use serde_json::json;
use std::sync::LazyLock;
use zhangzheng_kinds::Random;
use zhangzheng_pki::{
    ca::AuthorityParams, certificate::Validity, key::Algorithm, name::Subject, profile::Uris, random::Fill,
};

fn authority() -> Ca {
    let random = Random::system();
    let mut rng = Fill(move |buffer: &mut [u8]| random.fill(buffer));
    let from = DateTime::UNIX_EPOCH + chrono::Duration::days(20_000);
    let params = |name: &str, days| AuthorityParams {
        subject: Subject::authority("样例认证服务有限公司", name).unwrap(),
        algorithm: Algorithm::Sm2Sm3,
        validity: Validity::new(from, from + chrono::Duration::days(days)).unwrap(),
        uris: Uris::default(),
    };
    Ca::generate(&params("根", 3000), &params("签发", 2000), &mut rng).unwrap().0
}

fn facts(count: usize) -> Vec<Fact> {
    let paper = sha256(b"a small paper");
    let fact = |n: usize| Fact {
        at: DateTime::UNIX_EPOCH + chrono::Duration::seconds(n as i64),
        kind: if n == 1 { "paper" } else { "event" },
        by: "kestrel".into(),
        said: if n == 1 { json!({ "sha256": paper }) } else { json!({ "name": "company.approve", "n": n }) },
    };
    (0..count).map(fact).collect()
}

static CA: LazyLock<Ca> = LazyLock::new(authority);
static FILE: LazyLock<Vec<u8>> =
    LazyLock::new(|| write(facts(4), vec![b"a small paper".to_vec()], &CA).expect("a file"));

#[test]
fn c6_a_file_is_verified_with_nothing_but_the_root() {
    let report = verify(&FILE, CA.root()).expect("whole");
    assert_eq!((report.entries.len(), report.papers, report.signer.as_str()), (4, 1, "签发"));
    assert_eq!(report.entries[3].said["n"], 3);
    assert!(matches!(verify(&FILE, authority().root()), Err(Broken::Chain(_))), "another root");
}

#[test]
fn c6_every_byte_counts() {
    let mut changed = FILE.clone();
    for at in 0..changed.len() {
        for bit in [0x01, 0x20, 0x80] {
            changed[at] ^= bit;
            assert!(verify(&changed, CA.root()).is_err(), "byte {at}, bit {bit}");
            changed[at] ^= bit;
        }
    }
}

/// The archive with its entries changed by somebody who knows how it is made, but has no key.
fn forged(change: impl FnOnce(&mut Vec<String>)) -> Vec<u8> {
    let mut parts = unpacked(&FILE).unwrap();
    let mut lines: Vec<String> = String::from_utf8(parts[0].1.clone()).unwrap().lines().map(str::to_owned).collect();
    change(&mut lines);
    parts[0].1 = lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes();
    packed(&parts).unwrap()
}

#[test]
fn c6_what_is_cut_off_swapped_or_written_anew_is_found() {
    let cut = forged(|lines| drop(lines.pop()));
    assert!(matches!(verify(&cut, CA.root()), Err(Broken::Truncated)));
    assert!(matches!(verify(&forged(|lines| lines.swap(1, 2)), CA.root()), Err(Broken::Entry(1))));
    assert!(matches!(verify(&forged(|lines| drop(lines.remove(0))), CA.root()), Err(Broken::Entry(0))));
    let double = forged(|lines| lines.push(lines[3].clone()));
    assert!(matches!(verify(&double, CA.root()), Err(Broken::Entry(4))));
    let last = forged(|lines| lines[3] = lines[3].replace("approve", "reject"));
    assert!(matches!(verify(&last, CA.root()), Err(Broken::Truncated)));
    let by_another = write(facts(4), Vec::new(), &authority()).unwrap();
    assert!(matches!(verify(&by_another, CA.root()), Err(Broken::Chain(_))));
    let mut parts = unpacked(&FILE).unwrap();
    parts.remove(1);
    assert!(matches!(verify(&packed(&parts).unwrap(), CA.root()), Err(Broken::Paper(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn c6_any_damage_is_found_and_nothing_panics(cut in 0usize..6000, at in 0usize..6000, with in proptest::collection::vec(any::<u8>(), 0..9)) {
        let mut bytes = FILE.clone();
        let at = at % bytes.len();
        let end = (at + with.len()).min(bytes.len());
        bytes.splice(at..end, with.iter().copied());
        let cut = cut % bytes.len();
        prop_assert!(verify(&bytes[..cut], CA.root()).is_err());
        prop_assert_eq!(verify(&bytes, CA.root()).is_ok(), bytes == *FILE);
    }
}
