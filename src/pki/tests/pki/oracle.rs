//! What tools say that are not ours and know SM2: python's gmssl and asn1crypto check the chain, both lists, an answer of the
//! status service, and a signature by a joint key (tests/oracle/check.py). `make test` installs them.

use crate::openssl::{Desk, edition};
use crate::phone;
use crate::protocol::sign;
use crate::random::seeded;
use crate::x509::{ca, company, days, start, uris};
use std::path::{Path, PathBuf};
use std::process::Command;
use zhangzheng_pki::ca::Service;
use zhangzheng_pki::crl::{Reason, Revoked};
use zhangzheng_pki::csr::CsrInfo;
use zhangzheng_pki::key::{Algorithm, SigningKey};
use zhangzheng_pki::name::Subject;
use zhangzheng_pki::ocsp::{Period, Request, Responder, Status};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Python with the tools, where `tests/setup.sh test` puts it.
fn python() -> Option<PathBuf> {
    let python = root().join("target/oracle/bin/python");
    let there = python.exists();
    if !there {
        eprintln!("NOT CHECKED by gmssl: run tests/setup.sh test first");
        assert!(std::env::var_os("CI").is_none(), "in continuous integration the tools must be there");
    }
    there.then_some(python)
}

/// Runs the check; whether it agreed, and what it printed.
fn check(python: &Path, desk: &Desk) -> (bool, String) {
    let mut command = Command::new(python);
    let output = command.arg(root().join("tests/oracle/check.py")).arg(desk.0.path()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Everything that an authority signs about one certificate, on the desk.
fn laid_out(revoked: bool) -> Desk {
    let (desk, (ca, root)) = (Desk::new(), ca());
    let (server, phone) = phone::joint_key(&mut seeded(80));
    let info = CsrInfo::new(&company(), server.public()).unwrap();
    let possession = sign(&server, &phone, info.tbs(), 81).unwrap();
    let request = info.assemble(&possession).unwrap();
    let holder = ca.issue(&request, &company(), days(365), &uris(), &mut seeded(82)).unwrap();
    let document = "投标文件".as_bytes();
    desk.put("document", document);
    desk.put("signature", sign(&server, &phone, document, 83).unwrap().to_der());
    desk.put("root.pem", root.certificate().pem());
    desk.put("issuing.pem", ca.issuing().pem());
    desk.put("holder.pem", holder.pem());
    let reason = Reason::KeyCompromise;
    let line = Revoked { serial: holder.serial().to_vec(), at: start(), reason };
    let lines = if revoked { vec![line] } else { Vec::new() };
    desk.put("root.crl", root.revocation_list(edition(1, 0, 300), &[]).unwrap().der());
    desk.put("issuing.crl", ca.revocation_list(edition(7, 0, 2), &lines).unwrap().der());

    let key = SigningKey::generate(Algorithm::Sm2Sm3, &mut seeded(84));
    let subject = Subject::authority("掌证示例", "状态服务").unwrap();
    let certificate = ca.issue_service(Service::Ocsp, &key.public(), &subject, days(7), &mut seeded(85)).unwrap();
    let responder = Responder::open(certificate, key, ca.issuing()).unwrap();
    let ask = ["ocsp", "-sm3", "-issuer", "issuing.pem", "-cert", "holder.pem", "-reqout", "request.der"];
    let (agreed, text) = desk.openssl(&ask);
    assert!(agreed, "{text}");
    let request = Request::parse(&std::fs::read(desk.0.path().join("request.der")).unwrap()).unwrap();
    let status = if revoked { Status::Revoked { at: start(), reason } } else { Status::Good };
    let period = Period { this_update: start(), next_update: start() + chrono::TimeDelta::minutes(30) };
    desk.put("answer.der", responder.answer(&request, &[status], period).unwrap());
    desk
}

#[test]
fn b13_gmssl_verifies_chain_lists_answers_and_the_joint_signature() {
    let Some(python) = python() else { return };
    for (revoked, words) in [(false, "status: good"), (true, "status: revoked")] {
        let desk = laid_out(revoked);
        let (agreed, text) = check(&python, &desk);
        assert!(agreed && text.contains(words) && text.contains("ok: joint signature"), "{text}");
    }
}

#[test]
fn b13_gmssl_refuses_what_was_changed() {
    let Some(python) = python() else { return };
    let desk = laid_out(false);
    let original = |name: &str| std::fs::read(desk.0.path().join(name)).unwrap();
    for (name, words) in [
        ("issuing.crl", "list: signature"),
        ("root.crl", "root's list: signature"),
        ("answer.der", "answer: signature"),
        ("document", "joint signature"),
    ] {
        let kept = original(name);
        let mut changed = kept.clone();
        // A byte inside what is signed: of a date in lists and answers.
        let at = changed.windows(4).position(|four| four == b"2611").map_or(0, |at| at + 2);
        changed[at] ^= 2;
        desk.put(name, &changed);
        let (agreed, text) = check(&python, &desk);
        assert!(!agreed && text.contains(&format!("WRONG: {words}")), "{name}: {text}");
        desk.put(name, &kept);
    }
}
