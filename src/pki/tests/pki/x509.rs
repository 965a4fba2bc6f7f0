//! Certificates and requests by our own reading: the standard's example, profiles, refusals.

use crate::random::seeded;
use chrono::{DateTime, TimeDelta, Utc};
use sm2::pkcs8::der::asn1::PrintableStringRef;
use x509_cert::der::{Decode, Encode};
use zhangzheng_pki::PkiError;
use zhangzheng_pki::ca::{AuthorityParams, Ca, Root};
use zhangzheng_pki::certificate::{Certificate, Validity};
use zhangzheng_pki::csr::{CsrInfo, CsrVerified};
use zhangzheng_pki::key::{self, Algorithm};
use zhangzheng_pki::name::Subject;
use zhangzheng_pki::profile::{USCC_EXTENSION, Uris};
use zhangzheng_pki::sm::{PublicKey, Signature, SigningKey};

/// An invented company; the code's checksum is right.
pub const COMPANY: &str = "明州示例科技有限公司";
pub const USCC: &str = "91330200MA2EXAMP59";

pub fn start() -> DateTime<Utc> {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

pub fn days(count: i64) -> Validity {
    Validity::new(start(), start() + TimeDelta::days(count)).unwrap()
}

pub fn authority(name: &str, lasts: i64) -> AuthorityParams {
    authority_with(name, lasts, Algorithm::Sm2Sm3)
}

fn authority_with(name: &str, lasts: i64, algorithm: Algorithm) -> AuthorityParams {
    let subject = Subject::authority("掌证示例", name).unwrap();
    AuthorityParams { subject, algorithm, validity: days(lasts), uris: Uris::default() }
}

pub fn uris() -> Uris {
    let base = "http://pki.example.cn";
    Uris::new(Some(&format!("{base}/issuing.crl")), Some(&format!("{base}/ocsp")), Some(&format!("{base}/issuing.cer")))
        .unwrap()
}

pub fn ca() -> (Ca, Root) {
    ca_with(Algorithm::Sm2Sm3)
}

pub fn ca_with(algorithm: Algorithm) -> (Ca, Root) {
    let params = |name, lasts| authority_with(name, lasts, algorithm);
    Ca::generate(&params("掌证示例根", 3653), &params("掌证示例签发 1", 1826), &mut seeded(1)).unwrap()
}

pub fn company() -> Subject {
    Subject::company(COMPANY, USCC).unwrap()
}

/// A request by a key held whole; requests by joint keys are in `vectors`.
pub fn request(seed: u64, subject: &Subject) -> CsrVerified {
    let key = SigningKey::generate(&mut seeded(seed));
    let info = CsrInfo::new(subject, key.public()).unwrap();
    let signature = key.sign(info.tbs());
    info.assemble(&signature).unwrap()
}

pub fn issue(ca: &Ca, seed: u64) -> Certificate {
    ca.issue(&request(seed, &company()), &company(), days(365), &uris(), &mut seeded(seed)).unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// The example of GB/T 32918.5-2017 appendix A (also GM/T 0003.5).
#[test]
fn b13_sm2_known_answer_of_the_standard() {
    let key =
        SigningKey::from_bytes(&unhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")).unwrap();
    assert_eq!(
        hex::encode(key.public().to_sec1()),
        "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    );
    assert_eq!(hex::encode(key.public().z()), "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3");
    let message = b"message digest";
    assert_eq!(
        hex::encode(key.public().digest(message)),
        "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
    );
    let published = Signature::from_der(&unhex(
        "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
    ))
    .unwrap();
    key.public().verify(message, &published).unwrap();
    assert!(key.public().verify(b"message digest.", &published).is_err());
    let own = key.sign(message);
    assert_eq!(own, key.sign(message), "deterministic");
    key.public().verify(message, &own).unwrap();
}

#[test]
fn b13_keys_out_of_range_are_refused() {
    let order_less_one = unhex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122");
    let order_less_two = unhex("fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121");
    assert!(SigningKey::from_bytes(&order_less_one).is_err() && SigningKey::from_bytes(&[0; 32]).is_err());
    assert!(SigningKey::from_bytes(&order_less_two).is_ok() && SigningKey::from_bytes(&[1; 31]).is_err());
}

#[test]
fn b13_chain_is_signed_edge_by_edge_and_reproducible() {
    let (ca, root) = ca();
    let certificate = issue(&ca, 5);
    root.certificate().check_issued_by(root.certificate()).unwrap();
    ca.issuing().check_issued_by(ca.root()).unwrap();
    certificate.check_issued_by(ca.issuing()).unwrap();
    assert!(certificate.check_issued_by(ca.root()).is_err() && ca.root().check_issued_by(ca.issuing()).is_err());
    assert_eq!(certificate, issue(&ca, 5), "the same inputs give the same bytes");
    assert_eq!(Certificate::from_pem(&certificate.pem()).unwrap(), certificate);
    assert_eq!((certificate.not_before(), certificate.not_after()), (start(), start() + TimeDelta::days(365)));
}

#[test]
fn b13_subscriber_certificate_says_what_the_profile_says() {
    let (ca, _) = ca();
    let certificate = issue(&ca, 6);
    assert_eq!(certificate.serial().len(), 16);
    assert_eq!(certificate.serial()[0] & 0xc0, 0x40);
    let tbs = certificate.x509().tbs_certificate();
    assert_eq!(tbs.subject().to_string(), format!("CN={COMPANY},SERIALNUMBER={USCC},O={COMPANY},C=CN"));
    let extensions = tbs.extensions().unwrap();
    let critical: Vec<_> = extensions.iter().filter(|e| e.critical).map(|e| e.extn_id.to_string()).collect();
    assert_eq!(critical, ["2.5.29.15"], "key usage alone is critical");
    assert!(!extensions.iter().any(|e| e.extn_id.to_string() == "2.5.29.19"), "no basic constraints in an end entity");
    let uscc = extensions.iter().find(|e| e.extn_id == USCC_EXTENSION).unwrap();
    assert_eq!(PrintableStringRef::from_der(uscc.extn_value.as_bytes()).unwrap().as_str(), USCC);
    let key_usage = extensions.iter().find(|e| e.extn_id.to_string() == "2.5.29.15").unwrap();
    assert_eq!(key_usage.extn_value.as_bytes(), [3, 2, 6, 0xc0], "digitalSignature and nonRepudiation");
}

#[test]
fn b13_subject_is_ours_and_not_the_requests() {
    let (ca, _) = ca();
    let boastful = request(7, &Subject::company("某某大银行总行", "91110000EXAMPLE001").unwrap());
    let certificate = ca.issue(&boastful, &company(), days(30), &uris(), &mut seeded(8)).unwrap();
    assert!(!certificate.x509().tbs_certificate().subject().to_string().contains("银行"));
    assert_eq!(certificate.public_key().sm2(), Some(boastful.public_key()));
}

#[test]
fn b13_request_without_possession_of_the_key_is_refused() {
    let (mine, theirs) = (SigningKey::generate(&mut seeded(9)), SigningKey::generate(&mut seeded(10)));
    let info = CsrInfo::new(&company(), theirs.public()).unwrap();
    let signature = mine.sign(info.tbs());
    assert!(matches!(info.assemble(&signature), Err(PkiError::Signature)));

    let good = request(11, &company());
    assert_eq!(CsrVerified::parse(good.der()).unwrap().public_key(), good.public_key());
    assert_eq!(CsrVerified::parse_pem(&good.pem()).unwrap().der(), good.der());
    for bit in 0..good.der().len() * 8 {
        let mut changed = good.der().to_vec();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(CsrVerified::parse(&changed).is_err(), "bit {bit}");
    }
    let trailing = [good.der(), &[0]].concat();
    assert!(CsrVerified::parse(&trailing).is_err() && CsrVerified::parse(&good.der()[..50]).is_err());
}

#[test]
fn b13_parameters_null_are_read_too() {
    let key = SigningKey::generate(&mut seeded(12));
    let info = CsrInfo::new(&company(), key.public()).unwrap();
    let signature = key.sign(info.tbs());
    let plain = info.assemble(&signature).unwrap();
    let mut request = x509_cert::request::CertReq::from_der(plain.der()).unwrap();
    request.algorithm.parameters = Some(x509_cert::der::Any::null());
    assert!(CsrVerified::parse(&request.to_der().unwrap()).is_ok());
    request.algorithm.oid = "1.2.840.10045.4.3.2".parse().unwrap();
    assert!(CsrVerified::parse(&request.to_der().unwrap()).is_err(), "another algorithm");
}

#[test]
fn b13_periods_that_no_verifier_accepts_are_refused() {
    let (ca, root) = ca();
    assert!(Validity::new(start(), start()).is_err());
    assert!(Root::generate(&authority("根", 3654), &mut seeded(1)).is_err(), "longer than ten years");
    assert!(root.make_issuing(&authority("签发", 3653), &mut seeded(1)).is_ok());
    let early = Validity::new(start() - TimeDelta::seconds(1), start() + TimeDelta::days(1)).unwrap();
    let late = Validity::new(start(), ca.issuing().not_after() + TimeDelta::seconds(1)).unwrap();
    for outlives in [early, late] {
        let refused = ca.issue(&request(2, &company()), &company(), outlives, &uris(), &mut seeded(2));
        assert!(matches!(refused, Err(PkiError::Validity(_))));
    }
}

#[test]
fn b13_authorities_parts_that_do_not_belong_together_are_refused() {
    let (ca, root) = ca();
    let key = |of: &key::SigningKey| key::SigningKey::from_bytes(of.algorithm(), of.to_bytes().as_ref()).unwrap();
    assert!(Ca::open(ca.root().clone(), ca.issuing().clone(), key(ca.key())).is_ok());
    assert!(Root::open(root.certificate().clone(), key(root.key())).is_ok());
    assert!(Ca::open(ca.root().clone(), ca.issuing().clone(), key(root.key())).is_err());
    assert!(Root::open(ca.issuing().clone(), key(ca.key())).is_err());
    let subscriber = key::SigningKey::generate(Algorithm::Sm2Sm3, &mut seeded(13));
    assert!(Ca::open(ca.root().clone(), issue(&ca, 13), subscriber).is_err(), "a subscriber is no authority");
}

#[test]
fn b13_names_that_mislead_are_refused() {
    for bad in ["", " ", " 甲公司", "甲公司\n", "甲\u{202e}公司", "甲\u{200b}公司", "甲\0公司", &"长".repeat(101)]
    {
        assert!(Subject::company(bad, USCC).is_err(), "{bad:?}");
    }
    for bad in ["", "91330200MA2EXAMPL", "91330200ma2exampl4", "91330200MA2EXAMPL44", "9133020,MA2EXAMPL4"] {
        assert!(Subject::company(COMPANY, bad).is_err(), "{bad}");
    }
    let tricky = Subject::company("甲,CN=乙+O=丙 (\"丁\")", USCC).unwrap();
    let (ca, _) = ca();
    let certificate = ca.issue(&request(3, &tricky), &tricky, days(3), &uris(), &mut seeded(3)).unwrap();
    let subject = certificate.x509().tbs_certificate().subject();
    assert_eq!(subject.len(), 4, "punctuation in a name is no syntax");
    for bad in ["ftp://a", "http://", "http://a b", "http://例", "javascript:x"] {
        assert!(Uris::new(Some(bad), None, None).is_err(), "{bad}");
    }
}

#[test]
fn b13_compressed_keys_and_other_curves_are_refused() {
    let spki = request(4, &company()).public_key().to_spki();
    assert!(PublicKey::from_spki(&spki).is_ok());
    let mut p256 = spki.clone();
    p256.algorithm.parameters = Some(
        x509_cert::der::Any::encode_from(&"1.2.840.10045.3.1.7".parse::<spki::ObjectIdentifier>().unwrap()).unwrap(),
    );
    assert!(PublicKey::from_spki(&p256).is_err());
}

/// The same certificate with `critical FALSE` written out in its last extension: the values are those that were signed, the
/// bytes are not.
fn with_a_default_written_out(certificate: &Certificate) -> Vec<u8> {
    let mut der = certificate.der().to_vec();
    let oid = USCC_EXTENSION.to_der().unwrap();
    let extension = der.windows(oid.len()).position(|window| window == oid).unwrap();
    let end = 8 + usize::from(u16::from_be_bytes([der[6], der[7]]));
    let wrapped =
        (0..end).rfind(|&at| der[at..].starts_with(&[0xa3, 0x82]) && der[at + 4..].starts_with(&[0x30, 0x82]));
    let extensions = wrapped.unwrap();
    for header in [0, 4, extensions, extensions + 4] {
        let length = u16::from_be_bytes([der[header + 2], der[header + 3]]) + 3;
        der[header + 2..header + 4].copy_from_slice(&length.to_be_bytes());
    }
    der[extension - 1] += 3;
    let after_oid = extension + oid.len();
    der.splice(after_oid..after_oid, [1, 1, 0]);
    der
}

#[test]
fn b13_certificates_are_read_only_as_they_were_signed() {
    let (ca, _) = ca();
    let certificate = issue(&ca, 14);
    let changed = with_a_default_written_out(&certificate);
    let lenient = x509_cert::Certificate::from_der(&changed).expect("a lenient reader sees the same certificate");
    assert_eq!(&lenient, certificate.x509());
    assert!(matches!(Certificate::from_der(&changed), Err(PkiError::Der(_))));
}
