//! Electronic seals (GB/T 38540): what was made is what is read, and not one bit can differ.

use crate::random::seeded;
use crate::x509::{ca, ca_with, days, issue, start};
use chrono::TimeDelta;
use proptest::prelude::*;
use std::sync::LazyLock;
use zhangzheng_pki::ca::{Ca, Service};
use zhangzheng_pki::certificate::{Certificate, Validity};
use zhangzheng_pki::key::{Algorithm, SigningKey};
use zhangzheng_pki::name::Subject;
use zhangzheng_pki::profile::Uris;
use zhangzheng_pki::seal::{Draft, Picture, Seal};

struct Desk {
    ca: Ca,
    maker: Certificate,
    key: SigningKey,
    holder: Certificate,
}

fn desk(algorithm: Algorithm) -> Desk {
    let (ca, _) = ca_with(algorithm);
    let key = SigningKey::generate(Algorithm::Sm2Sm3, &mut seeded(50));
    let subject = Subject::authority("掌证示例", "掌证示例 印章制作").unwrap();
    let service = Service::SealMaker(&Uris::default());
    let maker = ca.issue_service(service, &key.public(), &subject, days(1000), &mut seeded(51)).unwrap();
    let holder = issue(&ca, 52);
    Desk { ca, maker, key, holder }
}

static DESK: LazyLock<Desk> = LazyLock::new(|| desk(Algorithm::Sm2Sm3));

fn draft<'a>(holder: &'a Certificate, name: &'a str, picture: &'a [u8], kind: u32) -> Draft<'a> {
    Draft {
        id: "ES0001",
        vendor: "ZHANGZHENG",
        kind,
        name,
        holder,
        picture: Picture { format: "PNG", data: picture, width: 40, height: 40 },
        made_at: start(),
        validity: holder.validity(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn b8_a_seal_says_what_was_put_into_it(
        name in "\\PC{1,40}", picture in prop::collection::vec(any::<u8>(), 0..3000), kind in 0u32..10,
    ) {
        let desk = &*DESK;
        let der = draft(&desk.holder, &name, &picture, kind).sign(&desk.maker, &desk.key).unwrap();
        let seal = Seal::parse(&der).unwrap();
        prop_assert_eq!((seal.id(), seal.name(), seal.kind()), ("ES0001", name.as_str(), kind));
        prop_assert_eq!(seal.picture().data, picture.as_slice());
        prop_assert_eq!(seal.holders(), std::slice::from_ref(&desk.holder));
        prop_assert_eq!((seal.made_at(), seal.validity()), (start(), desk.holder.validity()));
        seal.check_maker(desk.ca.issuing()).unwrap();
    }

    #[test]
    fn b8_whatever_strangers_send_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Seal::parse(&bytes).is_err());
    }
}

#[test]
fn b8_not_one_bit_of_a_seal_can_differ() {
    let desk = &*DESK;
    let der = draft(&desk.holder, "明州示例科技有限公司", &[7; 40], 1).sign(&desk.maker, &desk.key).unwrap();
    for bit in 0..der.len() * 8 {
        let mut changed = der.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let refused = match Seal::parse(&changed) {
            // The maker's own certificate is not under the seal's signature, but under its issuer's.
            Ok(seal) => seal.check_maker(desk.ca.issuing()).is_err(),
            Err(_) => true,
        };
        assert!(refused, "bit {bit}");
    }
    assert!(Seal::parse(&[&der[..], &[0]].concat()).is_err() && Seal::parse(&der[..der.len() - 1]).is_err());
}

#[test]
fn b8_a_holder_cannot_make_seals_and_a_stranger_neither() {
    let desk = &*DESK;
    // A holder's certificate may sign documents, and names the same issuer.
    let key = SigningKey::generate(Algorithm::Sm2Sm3, &mut seeded(60));
    let zhangzheng_pki::key::PublicKey::Sm2(public) = key.public() else { panic!("an SM2 key") };
    let info = zhangzheng_pki::csr::CsrInfo::new(&crate::x509::company(), &public).unwrap();
    let signature = zhangzheng_pki::sm::Signature::from_der(&key.sign(info.tbs())).unwrap();
    let request = info.assemble(&signature).unwrap();
    let holder =
        desk.ca.issue(&request, &crate::x509::company(), days(365), &Uris::default(), &mut seeded(61)).unwrap();
    let forged = draft(&holder, "某某大银行", &[1], 1).sign(&holder, &key).unwrap();
    assert!(Seal::parse(&forged).unwrap().check_maker(desk.ca.issuing()).is_err());
    // Another authority's maker of the same name.
    let other = self::desk(Algorithm::P256Sha256);
    let seal = draft(&desk.holder, "甲", &[1], 1).sign(&other.maker, &other.key).unwrap();
    assert!(Seal::parse(&seal).unwrap().check_maker(desk.ca.issuing()).is_err());
    assert!(draft(&desk.holder, "甲", &[1], 1).sign(&desk.maker, &key).is_err(), "not the maker's key");
}

#[test]
fn b8_a_seal_outlives_neither_its_maker_nor_its_holder() {
    let desk = &*DESK;
    let longer = Validity::new(start(), desk.holder.not_after() + TimeDelta::seconds(1)).unwrap();
    let refused = Draft { validity: longer, ..draft(&desk.holder, "甲", &[1], 1) };
    assert!(refused.sign(&desk.maker, &desk.key).is_err());
    let (p256, _) = (ca_with(Algorithm::P256Sha256), ca());
    let key = SigningKey::generate(Algorithm::P256Sha256, &mut seeded(70));
    let subject = Subject::authority("掌证示例", "印章制作").unwrap();
    let service = Service::SealMaker(&Uris::default());
    let maker = p256.0.issue_service(service, &key.public(), &subject, days(1000), &mut seeded(71)).unwrap();
    assert!(draft(&desk.holder, "甲", &[1], 1).sign(&maker, &key).is_err(), "GB/T 38540 knows SM2 only");
}
