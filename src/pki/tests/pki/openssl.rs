//! What a tool that is not ours says: OpenSSL 3, edge by edge, since it takes the SM2 identity for the target only.

use crate::protocol::sign;
use crate::random::seeded;
use crate::x509::{ca, company, days, issue, request, start, uris};
use crate::{phone, x509};
use chrono::TimeDelta;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;
use zhangzheng_pki::crl::{Reason, Revoked};
use zhangzheng_pki::csr::CsrInfo;
use zhangzheng_pki::name::Subject;
use zhangzheng_pki::sm::SM2_ID;

/// A folder with files for one run.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }

    /// Runs openssl in the folder; whether it agreed, and all that it printed.
    fn openssl(&self, arguments: &[&str]) -> (bool, String) {
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
    let list = ca.revocation_list(42, start() + TimeDelta::days(2), start() + TimeDelta::days(9), &[line]).unwrap();
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
    assert!(ca.revocation_list(43, start(), start(), &[]).is_err());
    assert!(ca.revocation_list(43, start(), start() + TimeDelta::days(7), &[]).is_ok());
}
