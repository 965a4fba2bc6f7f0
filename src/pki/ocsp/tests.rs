//! What is asked is what is answered, whatever is asked; and no bytes of strangers do harm.

use super::*;
use crate::ca::{AuthorityParams, Ca, Service};
use crate::certificate::Validity;
use crate::key::Algorithm;
use crate::name::Subject;
use crate::profile::Uris;
use crate::random::Fill;
use chrono::TimeDelta;
use proptest::prelude::*;
use spki::AlgorithmIdentifierOwned;
use std::sync::LazyLock;
use x509_cert::serial_number::SerialNumber;

fn start() -> DateTime<Utc> {
    "2026-11-24T02:00:00Z".parse().unwrap()
}

fn made(algorithm: Algorithm) -> (Ca, Responder) {
    let mut blocks = 0u64;
    let mut rng = Fill(move |buffer: &mut [u8]| {
        for chunk in buffer.chunks_mut(32) {
            blocks += 1;
            chunk.copy_from_slice(&crate::sm::sm3(&[&blocks.to_be_bytes()])[..chunk.len()]);
        }
    });
    let days = |count| Validity::new(start(), start() + TimeDelta::days(count)).unwrap();
    let params = |name: &str, count| AuthorityParams {
        subject: Subject::authority("掌证示例", name).unwrap(),
        algorithm,
        validity: days(count),
        uris: Uris::default(),
    };
    let (ca, _) = Ca::generate(&params("根", 3000), &params("签发", 2000), &mut rng).unwrap();
    let key = SigningKey::generate(algorithm, &mut rng);
    let subject = Subject::authority("掌证示例", "状态服务").unwrap();
    let certificate = ca.issue_service(Service::Ocsp, &key.public(), &subject, days(7), &mut rng).unwrap();
    let responder = Responder::open(certificate, key, ca.issuing()).unwrap();
    (ca, responder)
}

static SM2: LazyLock<(Ca, Responder)> = LazyLock::new(|| made(Algorithm::Sm2Sm3));
static P256: LazyLock<(Ca, Responder)> = LazyLock::new(|| made(Algorithm::P256Sha256));

fn id_of(issuer: &Certificate, hash: ObjectIdentifier, serial: &[u8]) -> wire::CertId {
    let tbs = issuer.x509().tbs_certificate();
    let (name, key) = (tbs.subject().to_der().unwrap(), tbs.subject_public_key_info().subject_public_key.raw_bytes());
    let of = |bytes: &[u8]| match hash {
        SHA256 => Sha256::digest(bytes).to_vec(),
        SM3 => Sm3::digest(bytes).to_vec(),
        _ => Sha1::digest(bytes).to_vec(),
    };
    wire::CertId {
        hash_algorithm: AlgorithmIdentifierOwned { oid: hash, parameters: None },
        issuer_name_hash: OctetString::new(of(&name)).unwrap(),
        issuer_key_hash: OctetString::new(of(key)).unwrap(),
        serial_number: SerialNumber::new(serial).unwrap(),
    }
}

fn nonce_of(nonce: &[u8]) -> Extension {
    let extn_value = OctetString::new(OctetString::new(nonce).unwrap().to_der().unwrap()).unwrap();
    Extension { extn_id: ID_PKIX_OCSP_NONCE, critical: false, extn_value }
}

fn request_of(ids: Vec<wire::CertId>, extensions: Option<Vec<Extension>>) -> Vec<u8> {
    let requests = ids.into_iter().map(|cert_id| wire::OneRequest { cert_id, extensions: None }).collect();
    let tbs = wire::TbsRequest { version: None, requestor: None, requests, extensions };
    wire::OcspRequest { tbs, signature: None }.to_der().unwrap()
}

fn period() -> Period {
    Period { this_update: start(), next_update: start() + TimeDelta::minutes(30) }
}

fn basic(answer: &[u8]) -> wire::BasicResponse {
    let response = wire::OcspResponse::from_der(answer).unwrap();
    assert_eq!(response.status, wire::ResponseStatus::Successful);
    wire::BasicResponse::from_der(response.bytes.unwrap().response.as_bytes()).unwrap()
}

fn any_status() -> impl Strategy<Value = Status> {
    let reasons =
        [Reason::KeyCompromise, Reason::Superseded, Reason::CertificateHold, Reason::CessationOfOperation].to_vec();
    prop_oneof![
        Just(Status::Good),
        Just(Status::Unknown),
        (0..2_000_000_000i64, prop::sample::select(reasons))
            .prop_map(|(at, reason)| Status::Revoked { at: DateTime::from_timestamp(at, 0).unwrap(), reason }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn b13_every_answer_is_signed_and_says_what_was_asked(
        asked in prop::collection::vec((prop::collection::vec(1u8..0x80, 1..=20), any_status(), 0usize..3), 1..=MAX_REQUESTS),
        nonce in prop::option::of(prop::collection::vec(any::<u8>(), 1..=MAX_NONCE_BYTES)),
        p256 in any::<bool>(),
    ) {
        let (ca, responder) = if p256 { &*P256 } else { &*SM2 };
        let ids: Vec<_> =
            asked.iter().map(|(serial, _, hash)| id_of(ca.issuing(), [SHA1, SHA256, SM3][*hash], serial)).collect();
        let extensions = nonce.as_deref().map(|nonce| vec![nonce_of(nonce)]);
        let request = Request::parse(&request_of(ids.clone(), extensions.clone())).unwrap();
        prop_assert_eq!(request.has_nonce(), nonce.is_some());
        for (id, (serial, ..)) in request.ids().iter().zip(&asked) {
            prop_assert_eq!(id.serial(), serial.as_slice());
            prop_assert!(id.is_of(ca.issuing()) && !id.is_of(ca.root()));
        }
        let statuses: Vec<_> = asked.iter().map(|(_, status, _)| *status).collect();
        let basic = basic(&responder.answer(&request, &statuses, period()).unwrap());
        let signed = basic.data.to_der().unwrap();
        responder.certificate().public_key().verify(&signed, basic.signature.as_bytes().unwrap()).unwrap();
        prop_assert_eq!(basic.data.extensions, extensions);
        for ((single, id), status) in basic.data.responses.iter().zip(&ids).zip(&statuses) {
            prop_assert_eq!(&single.cert_id, id);
            prop_assert_eq!(&single.status, &to_wire(*status).unwrap());
        }
    }

    #[test]
    fn b13_whatever_strangers_send_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Request::parse(&bytes);
    }

    #[test]
    fn b13_a_changed_request_asks_for_something_else_or_is_refused(at in 0usize..120, bit in 0u8..8) {
        let (ca, _) = &*SM2;
        let good = request_of(vec![id_of(ca.issuing(), SM3, &[0x41; 16])], Some(vec![nonce_of(&[9; 16])]));
        let mut changed = good.clone();
        changed[at % good.len()] ^= 1 << bit;
        if let Ok(request) = Request::parse(&changed) {
            prop_assert!(!request.ids().is_empty() && request.ids().len() <= MAX_REQUESTS);
        }
    }
}

#[test]
fn b13_name_and_key_must_both_be_the_issuers() {
    let ((ours, _), (other, _)) = (&*SM2, &*P256);
    let mut mixed = id_of(ours.issuing(), SHA1, &[1; 16]);
    mixed.issuer_key_hash = id_of(other.issuing(), SHA1, &[1; 16]).issuer_key_hash;
    let request = Request::parse(&request_of(vec![mixed], None)).unwrap();
    // Both authorities bear the same name: only the key tells them apart.
    assert!(!request.ids()[0].is_of(ours.issuing()) && request.ids()[0].is_of(other.issuing()));
    let mut renamed = id_of(ours.issuing(), SM3, &[1; 16]);
    renamed.issuer_name_hash = OctetString::new([0; 32]).unwrap();
    assert!(!CertId(renamed).is_of(ours.issuing()));
    let strange = wire::CertId {
        hash_algorithm: AlgorithmIdentifierOwned { oid: "1.2.3".parse().unwrap(), parameters: None },
        ..id_of(ours.issuing(), SHA1, &[1; 16])
    };
    assert!(!CertId(strange).is_of(ours.issuing()), "a hash that is not known");
}

#[test]
fn b13_requests_beyond_their_limits_are_refused() {
    let (ca, responder) = &*SM2;
    let id = || id_of(ca.issuing(), SHA1, &[0x41; 16]);
    assert!(Request::parse(&request_of(vec![], None)).is_err());
    assert!(Request::parse(&request_of(vec![id(); MAX_REQUESTS + 1], None)).is_err());
    assert!(Request::parse(&request_of(vec![id()], Some(vec![nonce_of(&[])]))).is_err());
    assert!(Request::parse(&request_of(vec![id()], Some(vec![nonce_of(&[0; 33])]))).is_err());
    assert!(Request::parse(&request_of(vec![id()], Some(vec![nonce_of(&[0; 8]), nonce_of(&[1; 8])]))).is_err());
    let critical = Extension { extn_id: "1.2.3".parse().unwrap(), critical: true, ..nonce_of(&[1]) };
    assert!(Request::parse(&request_of(vec![id()], Some(vec![critical]))).is_err());
    assert!(Request::parse(&[0x30; MAX_REQUEST_BYTES + 1]).is_err());
    let request = Request::parse(&request_of(vec![id(), id()], None)).unwrap();
    assert!(responder.answer(&request, &[Status::Good], period()).is_err(), "one status for two");
}

#[test]
fn b13_nobody_but_the_delegate_answers() {
    let (ca, responder) = &*SM2;
    let key = |of: &SigningKey| SigningKey::from_bytes(of.algorithm(), &*of.to_bytes()).unwrap();
    assert!(Responder::open(responder.certificate().clone(), key(&responder.key), ca.issuing()).is_ok());
    assert!(Responder::open(responder.certificate().clone(), key(&responder.key), ca.root()).is_err());
    assert!(Responder::open(responder.certificate().clone(), key(ca.key()), ca.issuing()).is_err());
    assert!(Responder::open(ca.issuing().clone(), key(ca.key()), ca.root()).is_err(), "not for this purpose");
}

#[test]
fn b13_failures_are_five_bytes() {
    for (failure, code) in
        [(Failure::Malformed, 1), (Failure::Internal, 2), (Failure::TryLater, 3), (Failure::Unauthorized, 6)]
    {
        let der = failure.der();
        assert_eq!(der, [0x30, 3, 0x0a, 1, code]);
        assert!(wire::OcspResponse::from_der(&der).unwrap().bytes.is_none());
    }
    assert_eq!(wire::ResponseStatus::SignatureRequired as u8, 5);
}
