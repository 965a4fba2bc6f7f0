//! The status service over HTTP beside `openssl ocsp`: the same client, one question after the other, each with a nonce, so that
//! each answer is signed. Ours with SM2 and a database, OpenSSL's with P-256 and a text file read at its start.

use crate::{
    process::{Process, Product},
    table::{Row, ms, us},
};
use anyhow::{Context, ensure};
use reqwest::Client;
use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const WARM: usize = 20;
const ASKED: usize = 1000;

fn openssl(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// A question about some serial number, with a nonce.
fn question(folder: &Path, issuer: &str) -> anyhow::Result<Vec<u8>> {
    let serial = "0x41424344454647484950515253545556";
    openssl(folder, &["ocsp", "-issuer", issuer, "-serial", serial, "-reqout", "asked.der"])?;
    Ok(std::fs::read(folder.join("asked.der"))?)
}

/// Questions a second, and the process's CPU time for each.
async fn asked(url: &str, question: &[u8], process: &Process) -> anyhow::Result<(f64, Duration)> {
    let client = Client::new();
    let (mut cpu, mut began) = (Duration::ZERO, Instant::now());
    for round in 0..WARM + ASKED {
        if round == WARM {
            (cpu, began) = (process.cpu()?, Instant::now());
        }
        let request = client.post(url).header("content-type", "application/ocsp-request").body(question.to_vec());
        let answer = request.send().await?.bytes().await?;
        ensure!(answer.len() > 100, "no answer: {answer:?}");
    }
    let spent = (process.cpu()? - cpu) / u32::try_from(ASKED)?;
    Ok((ASKED as f64 / began.elapsed().as_secs_f64(), spent))
}

/// OpenSSL's responder, with an authority of its own.
async fn peer(folder: &Path) -> anyhow::Result<(Process, String)> {
    let subject = ["-subj", "/CN=peer", "-keyout", "peer.key", "-out", "peer.pem"];
    let key = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl(folder, &[&key[..], &subject].concat())?;
    std::fs::write(folder.join("index.txt"), "")?;
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let serve = ["-index", "index.txt", "-CA", "peer.pem", "-rsigner", "peer.pem", "-rkey", "peer.key"];
    let mut command = Command::new("openssl");
    command.args(["ocsp", "-port", &port.to_string()]).args(serve).current_dir(folder);
    let process = Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Ok((process, format!("http://127.0.0.1:{port}/")));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("openssl ocsp did not start")
}

/// The figures.
pub async fn rows(product: &Product) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let issuer = Client::new().get(format!("{}/pki/issuing.cer", product.world.url)).send().await?.bytes().await?;
    std::fs::write(folder.path().join("issuing.cer"), issuer)?;
    openssl(folder.path(), &["x509", "-inform", "DER", "-in", "issuing.cer", "-out", "issuing.pem"])?;
    let url = format!("{}/pki/ocsp", product.world.url);
    let (rate, cpu) = asked(&url, &question(folder.path(), "issuing.pem")?, &product.process).await?;
    let (process, url) = peer(folder.path()).await.context("the peer")?;
    let (theirs, their_cpu) = asked(&url, &question(folder.path(), "peer.pem")?, &process).await?;
    let beside = format!("openssl ocsp {} (P-256)", us(their_cpu));
    let one = ms(Duration::from_secs_f64(1.0 / rate));
    let more = format!("{rate:.0}/s one after the other, {one} each; openssl {theirs:.0}/s");
    Ok(vec![Row::new("status answers over HTTP, SM2", us(cpu), beside, more)])
}
