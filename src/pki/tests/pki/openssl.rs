//! What a tool that is not ours says: OpenSSL 3, edge by edge, since it takes the SM2 identity for the target only.

use crate::protocol::sign;
use crate::random::seeded;
use crate::x509::{ca, ca_with, company, days, issue, request, start, uris};
use crate::{phone, x509};
use chrono::TimeDelta;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;
use zhangzheng_pki::ca::Service;
use zhangzheng_pki::crl::{Edition, Reason, Revoked};
use zhangzheng_pki::csr::CsrInfo;
use zhangzheng_pki::key::{self, Algorithm};
use zhangzheng_pki::name::Subject;
use zhangzheng_pki::ocsp::{self, Responder, Status};
use zhangzheng_pki::sm::SM2_ID;

/// A folder with files for one run.
pub struct Desk(pub TempDir);

impl Desk {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn put(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// Runs openssl in the folder; whether it agreed, and all that it printed.
    pub fn openssl(&self, arguments: &[&str]) -> (bool, String) {
        let output = Command::new("openssl").args(arguments).current_dir(self.0.path()).output();
        let output = output.expect("these tests need openssl 3 on the path");
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    fn verify_edge(&self, issuer: &str, certificate: &str, id: &str) -> (bool, String) {
        let (distid, at) = (format!("distid:{id}"), (start() + TimeDelta::days(1)).timestamp().to_string());
        self.openssl(&[
            "verify",
            "-x509_strict",
            "-attime",
            &at,
            "-vfyopt",
            &distid,
            "-partial_chain",
            "-trusted",
            issuer,
            certificate,
        ])
    }
}

#[test]
fn b13_openssl_verifies_each_edge_of_the_chain() {
    let (desk, (ca, _)) = (Desk::new(), ca());
    desk.put("root.pem", ca.root().pem());
    desk.put("issuing.pem", ca.issuing().pem());
    desk.put("company.pem", issue(&ca, 5).pem());
    for (issuer, certificate) in [("root.pem", "root.pem"), ("root.pem", "issuing.pem"), ("issuing.pem", "company.pem")]
    {
        let (agreed, text) = desk.verify_edge(issuer, certificate, SM2_ID);
        assert!(agreed, "{issuer} → {certificate}: {text}");
    }
    assert!(!desk.verify_edge("root.pem", "issuing.pem", "8765432187654321").0, "another identity");
    assert!(!desk.verify_edge("root.pem", "company.pem", SM2_ID).0, "another issuer");
}

#[test]
fn b13_openssl_verifies_the_longest_name() {
    let (desk, (ca, _)) = (Desk::new(), ca());
    let longest = Subject::company(&"长".repeat(100), x509::USCC).unwrap();
    let certificate = ca.issue(&request(8, &longest), &longest, days(365), &uris(), &mut seeded(8)).unwrap();
    desk.put("issuing.pem", ca.issuing().pem());
    desk.put("company.pem", certificate.pem());
    let (agreed, text) = desk.verify_edge("issuing.pem", "company.pem", SM2_ID);
    assert!(agreed, "{text}");
}

#[test]
fn b13_openssl_reads_the_profile() {
    let (desk, (ca, _)) = (Desk::new(), ca());
    desk.put("company.pem", issue(&ca, 6).pem());
    let (_, text) = desk.openssl(&["x509", "-in", "company.pem", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus"]);
    let expected = [
        "Signature Algorithm: SM2-with-SM3",
        &format!("C=CN,O={},serialNumber={},CN={}", x509::COMPANY, x509::USCC, x509::COMPANY),
        "Digital Signature, Non Repudiation",
        "URI:http://pki.example.cn/issuing.crl",
        "OCSP - URI:http://pki.example.cn/ocsp",
        "CA Issuers - URI:http://pki.example.cn/issuing.cer",
    ];
    for words in expected {
        assert!(text.contains(words), "{words} is missing from {text}");
    }
}

#[test]
fn c3_openssl_accepts_request_certificate_and_signature_of_a_joint_key() {
    let (desk, (ca, _)) = (Desk::new(), ca());
    let (server, phone) = phone::joint_key(&mut seeded(30));
    let info = CsrInfo::new(&company(), server.public()).unwrap();
    let possession = sign(&server, &phone, info.tbs(), 31).unwrap();
    let request = info.assemble(&possession).unwrap();
    let certificate = ca.issue(&request, &company(), days(365), &uris(), &mut seeded(32)).unwrap();
    let signature = sign(&server, &phone, "投标文件".as_bytes(), 33).unwrap();

    desk.put("request.pem", request.pem());
    desk.put("issuing.pem", ca.issuing().pem());
    desk.put("company.pem", certificate.pem());
    desk.put("key.pem", server.public().to_pem());
    desk.put("document", "投标文件");
    desk.put("changed", "投标文件.");
    desk.put("signature", signature.to_der());
    let id = format!("distid:{SM2_ID}");
    let (agreed, text) = desk.openssl(&["req", "-in", "request.pem", "-noout", "-verify", "-vfyopt", &id]);
    assert!(agreed && text.contains("OK"), "{text}");
    let (agreed, text) = desk.verify_edge("issuing.pem", "company.pem", SM2_ID);
    assert!(agreed, "{text}");
    let check = |document: &str| {
        desk.openssl(&["dgst", "-sm3", "-verify", "key.pem", "-sigopt", &id, "-signature", "signature", document])
    };
    assert!(check("document").0 && !check("changed").0);
}

#[test]
fn b13_openssl_reads_the_revocation_list() {
    let (desk, (ca, _)) = (Desk::new(), ca());
    let certificate = issue(&ca, 7);
    let line = Revoked {
        serial: certificate.serial().to_vec(),
        at: start() + TimeDelta::days(2),
        reason: Reason::KeyCompromise,
    };
    let list = ca.revocation_list(edition(42, 2, 9), &[line]).unwrap();
    desk.put("list.pem", list.pem());
    desk.put("issuing.pem", ca.issuing().pem());
    let (agreed, text) = desk.openssl(&["crl", "-in", "list.pem", "-noout", "-text"]);
    let words =
        [certificate.serial_hex().to_uppercase(), "Key Compromise".into(), "CRL Number".into(), "SM2-with-SM3".into()];
    assert!(agreed && words.iter().all(|word| text.contains(word)), "{text}");
    let identifier =
        |text: &str| text.split("Key Identifier:").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let (_, issuing) = desk.openssl(&["x509", "-in", "issuing.pem", "-noout", "-ext", "subjectKeyIdentifier"]);
    assert_eq!(identifier(&text), identifier(&issuing), "the list names the authority that signed it");
    assert!(ca.revocation_list(edition(43, 0, 0), &[]).is_err());
    assert!(ca.revocation_list(edition(43, 0, 7), &[]).is_ok());
}

pub fn edition(number: u64, from: i64, until: i64) -> Edition {
    let day = |day| start() + TimeDelta::days(day);
    Edition { number, this_update: day(from), next_update: day(until) }
}

/// What OpenSSL can check whole of the P-256 profile: the chain with both lists, and the status service's answers.
#[test]
fn b13_openssl_verifies_chain_lists_and_answers_of_the_p256_profile() {
    let (desk, (ca, root)) = (Desk::new(), ca_with(Algorithm::P256Sha256));
    let (good, revoked) = (issue(&ca, 5), issue(&ca, 6));
    let line = Revoked { serial: revoked.serial().to_vec(), at: start(), reason: Reason::Superseded };
    let lists = ca.revocation_list(edition(2, 0, 2), &[line]).unwrap().pem()
        + &root.revocation_list(edition(1, 0, 300), &[]).unwrap().pem();
    desk.put("lists.pem", lists);
    desk.put("root.pem", ca.root().pem());
    desk.put("issuing.pem", ca.issuing().pem());
    desk.put("good.pem", good.pem());
    desk.put("revoked.pem", revoked.pem());
    let at = (start() + TimeDelta::days(1)).timestamp().to_string();
    let chain = ["-attime", &at, "-CAfile", "root.pem", "-untrusted", "issuing.pem", "-CRLfile", "lists.pem"];
    let verify =
        |file: &str| desk.openssl(&[&["verify", "-x509_strict", "-crl_check_all"], &chain[..], &[file]].concat());
    let (agreed, text) = verify("good.pem");
    assert!(agreed, "{text}");
    let (agreed, text) = verify("revoked.pem");
    assert!(!agreed && text.contains("revoked"), "{text}");

    let key = key::SigningKey::generate(Algorithm::P256Sha256, &mut seeded(40));
    let subject = Subject::authority("掌证示例", "状态服务").unwrap();
    let certificate = ca.issue_service(Service::Ocsp, &key.public(), &subject, days(7), &mut seeded(41)).unwrap();
    let responder = Responder::open(certificate, key, ca.issuing()).unwrap();
    for (file, status, words) in [
        ("good.pem", Status::Good, "good"),
        ("revoked.pem", Status::Revoked { at: start(), reason: Reason::Superseded }, "revoked"),
    ] {
        let ask = ["ocsp", "-sha256", "-issuer", "issuing.pem", "-cert", file, "-reqout", "request.der"];
        assert!(desk.openssl(&ask).0);
        let request = ocsp::Request::parse(&std::fs::read(desk.0.path().join("request.der")).unwrap()).unwrap();
        assert!(request.has_nonce() && request.ids()[0].is_of(ca.issuing()));
        let now = start() + TimeDelta::days(1);
        let period = ocsp::Period { this_update: now, next_update: now + TimeDelta::days(3650) };
        desk.put("answer.der", responder.answer(&request, &[status], period).unwrap());
        let read = [
            "ocsp",
            "-sha256",
            "-no_nonce",
            "-reqin",
            "request.der",
            "-respin",
            "answer.der",
            "-issuer",
            "issuing.pem",
        ];
        let trust = ["-cert", file, "-CAfile", "root.pem", "-verify_other", "issuing.pem", "-attime", &at];
        let (agreed, text) = desk.openssl(&[&read[..], &trust[..]].concat());
        assert!(agreed && text.contains("Response verify OK") && text.contains(words), "{text}");
    }
}
