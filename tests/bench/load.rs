//! A closed loop of requests over kept-alive connections: rate, tail, and the server's CPU time for each.

use crate::{people::Member, process::Process};
use anyhow::ensure;
use reqwest::Client;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

const CONNECTIONS: usize = 16;
const WARM: Duration = Duration::from_secs(1);
const MEASURED: Duration = Duration::from_secs(6);

/// What is asked.
#[derive(Clone, Copy)]
pub enum Call {
    Read,
    Write,
}

/// What came of it.
pub struct Result {
    /// Requests a second.
    pub rate: f64,
    /// The server's CPU time for one request.
    pub cpu: Duration,
    pub p99: Duration,
}

async fn once(client: &Client, url: &str, member: &Member, call: Call) -> anyhow::Result<()> {
    let request = match call {
        Call::Read => client.get(format!("{url}/api/me")),
        Call::Write => {
            client.post(format!("{url}/api/company/role")).json(&serde_json::json!({ "role": "representative" }))
        }
    };
    let answer = request.bearer_auth(&member.phone).send().await?;
    let status = answer.status();
    let body = answer.bytes().await?;
    ensure!(status == 200, "{status}: {}", String::from_utf8_lossy(&body));
    Ok(())
}

/// Runs it for a few seconds.
pub async fn run(url: &str, process: &Process, crowd: &[Member], call: Call) -> anyhow::Result<Result> {
    // One after the other first: what fails should say so plainly.
    let client = Client::new();
    for member in &crowd[..CONNECTIONS] {
        once(&client, url, member, call).await?;
    }
    round(url, crowd, call, WARM).await?;
    let (before, began) = (process.cpu()?, Instant::now());
    let mut times = round(url, crowd, call, MEASURED).await?;
    let (spent, elapsed) = (process.cpu()? - before, began.elapsed());
    times.sort_unstable();
    let count = times.len();
    ensure!(count > 100, "only {count} requests");
    Ok(Result {
        rate: count as f64 / elapsed.as_secs_f64(),
        cpu: spent / u32::try_from(count)?,
        p99: times[count * 99 / 100],
    })
}

async fn round(url: &str, crowd: &[Member], call: Call, how_long: Duration) -> anyhow::Result<Vec<Duration>> {
    let stop = Arc::new(AtomicBool::new(false));
    let loops = crowd[..CONNECTIONS].iter().map(|member| {
        let stop = stop.clone();
        async move {
            let client = Client::new();
            let mut times = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let began = Instant::now();
                once(&client, url, member, call).await?;
                times.push(began.elapsed());
            }
            anyhow::Ok(times)
        }
    });
    let timer = async {
        tokio::time::sleep(how_long).await;
        stop.store(true, Ordering::Relaxed);
    };
    let (all, ()) = tokio::join!(futures_util::future::try_join_all(loops), timer);
    Ok(all?.into_iter().flatten().collect())
}
