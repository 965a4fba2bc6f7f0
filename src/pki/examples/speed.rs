//! How fast the authority and the server's half are on one core, beside OpenSSL in the same run: `make bench`, or
//! `cargo run --release -p zhangzheng-pki --example speed`. One line a figure, separated by tabs.

#[path = "../tests/pki/phone.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod phone;

use chrono::{DateTime, TimeDelta, Utc};
use std::{
    hint::black_box,
    process::Command,
    time::{Duration, Instant},
};
use zhangzheng_pki::ca::{AuthorityParams, Ca, Service};
use zhangzheng_pki::certificate::Validity;
use zhangzheng_pki::cosign::{SessionId, SignSession};
use zhangzheng_pki::crl::{Edition, Reason, Revoked};
use zhangzheng_pki::csr::{CsrInfo, CsrVerified};
use zhangzheng_pki::key::{Algorithm, SigningKey};
use zhangzheng_pki::name::Subject;
use zhangzheng_pki::ocsp::{Period, Request, Responder, Status};
use zhangzheng_pki::profile::Uris;
use zhangzheng_pki::rand_core::CryptoRng;
use zhangzheng_pki::random::Fill;
use zhangzheng_pki::sm;

type Anything<T> = Result<T, Box<dyn std::error::Error>>;

/// Repeatable randomness: speed does not depend on it.
fn rng() -> impl CryptoRng {
    let mut blocks = 0u64;
    Fill(move |buffer: &mut [u8]| {
        for chunk in buffer.chunks_mut(32) {
            blocks += 1;
            chunk.copy_from_slice(&sm::sm3(&[&blocks.to_be_bytes()])[..chunk.len()]);
        }
    })
}

fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn days(count: i64) -> Anything<Validity> {
    Ok(Validity::new(start(), start() + TimeDelta::days(count))?)
}

/// How often it can be done in a second, from about a second of doing it.
fn rate(mut once: impl FnMut() -> Anything<()>) -> Anything<f64> {
    let (began, mut times) = (Instant::now(), 0u32);
    while began.elapsed() < Duration::from_secs(1) {
        once()?;
        times += 1;
    }
    Ok(f64::from(times) / began.elapsed().as_secs_f64())
}

fn figure(name: &str, rate: f64, beside: &str, more: &str) {
    println!("{name}\t{rate:.0}/s\t{beside}\t{more}");
}

/// Signatures a second that `openssl speed` reaches; empty without it.
fn openssl(algorithm: &str) -> String {
    let output = Command::new("openssl").args(["speed", "-seconds", "1", algorithm]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let line = text.lines().rfind(|line| line.trim_start().starts_with("256 bits")).unwrap_or_default();
    let numbers: Vec<&str> = line.split_whitespace().collect();
    match numbers.as_slice() {
        [.., signs, _verifies] => format!("openssl speed {algorithm} {signs} signatures/s"),
        _ => String::new(),
    }
}

/// The server's half alone: its answer to the commitment, then the signature, which it verifies; the phone's is not counted.
fn two_party() -> Anything<()> {
    let mut rng = rng();
    let (server, phone) = phone::joint_key(&mut rng);
    let (now, until) = (start(), start() + TimeDelta::minutes(2));
    let tbs = b"to be signed";
    let (mut spent, mut times) = (Duration::ZERO, 0u32);
    while spent < Duration::from_secs(1) {
        let signing = phone.commit(SessionId::draw(&mut rng), tbs, &mut rng);
        let began = Instant::now();
        let (session, answer) = SignSession::commit(&server, signing.sid, tbs, signing.com1, until, &mut rng);
        spent += began.elapsed();
        let opening = phone.answer(signing, &answer)?;
        let began = Instant::now();
        black_box(session.finish(&server, &opening, now)?);
        spent += began.elapsed();
        times += 1;
    }
    let more = "two messages of each side, proof, and the signature verified";
    figure("two-party signatures, server's half", f64::from(times) / spent.as_secs_f64(), &openssl("sm2"), more);
    Ok(())
}

fn authority(algorithm: Algorithm) -> Anything<()> {
    let mut rng = rng();
    let params = |name: &str, lasts| -> Anything<AuthorityParams> {
        let subject = Subject::authority("样例", name)?;
        Ok(AuthorityParams { subject, algorithm, validity: days(lasts)?, uris: Uris::default() })
    };
    let (ca, _) = Ca::generate(&params("根", 3000)?, &params("签发", 2000)?, &mut rng)?;
    let key = sm::SigningKey::generate(&mut rng);
    let company = Subject::company("样例（福州）贸易有限公司", "91350100M000100Y43")?;
    let info = CsrInfo::new(&company, key.public())?;
    let signature = key.sign(info.tbs());
    let request = info.assemble(&signature)?;
    let at = "http://pki.example.cn/";
    let uris = Uris::new(Some(&format!("{at}a.crl")), Some(&format!("{at}ocsp")), Some(&format!("{at}a.cer")))?;
    let year = days(365)?;
    let name = algorithm.name();
    let issued = rate(|| {
        let request = CsrVerified::parse(request.der())?;
        black_box(ca.issue(&request, &company, year, &uris, &mut rng)?);
        Ok(())
    })?;
    figure(&format!("certificates, {name}"), issued, "", "request read and verified, certificate signed and read back");

    let delegate = SigningKey::generate(algorithm, &mut rng);
    let subject = Subject::authority("样例", "状态服务")?;
    let certificate = ca.issue_service(Service::Ocsp, &delegate.public(), &subject, days(14)?, &mut rng)?;
    let responder = Responder::open(certificate, delegate, ca.issuing())?;
    let asked = question(&ca)?;
    let period = Period { this_update: start(), next_update: start() + TimeDelta::minutes(30) };
    let answered = rate(|| {
        let request = Request::parse(&asked)?;
        let ours = request.ids().iter().all(|id| id.is_of(ca.issuing()));
        let status = if ours { Status::Good } else { Status::Unknown };
        black_box(responder.answer(&request, &[status], period)?);
        Ok(())
    })?;
    let beside = if algorithm == Algorithm::P256Sha256 { openssl("ecdsap256") } else { openssl("sm2") };
    figure(&format!("status answers, {name}"), answered, &beside, "question read, issuer compared, answer signed");

    let lines: Vec<Revoked> = (0..10_000u32)
        .map(|n| Revoked {
            serial: [&[0x41; 12][..], &n.to_be_bytes()].concat(),
            at: start(),
            reason: Reason::Superseded,
        })
        .collect();
    let edition = Edition { number: 1, this_update: start(), next_update: start() + TimeDelta::days(2) };
    let listed = rate(|| {
        black_box(ca.revocation_list(edition, &lines)?);
        Ok(())
    })?;
    figure(&format!("lists of 10 000, {name}"), listed, "", "");
    Ok(())
}

/// What `openssl ocsp` asks with SHA-1 and without a nonce, about any serial number.
fn question(ca: &Ca) -> Anything<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("issuing.pem"), ca.issuing().pem())?;
    let ask = ["ocsp", "-no_nonce", "-issuer", "issuing.pem", "-serial", "0x41424344454647484950515253545556"];
    let done = Command::new("openssl").args(ask).args(["-reqout", "asked.der"]).current_dir(folder.path()).output()?;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Ok(std::fs::read(folder.path().join("asked.der"))?)
}

fn main() -> Anything<()> {
    two_party()?;
    authority(Algorithm::Sm2Sm3)?;
    authority(Algorithm::P256Sha256)
}
