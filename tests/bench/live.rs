//! From an act on the phone to the changed desktop, with a thousand desktops open.

use crate::{
    people::Member,
    process::Product,
    table::{Row, ms},
};
use anyhow::{Context, ensure};
use futures_util::{Stream, StreamExt};
use reqwest::{Client, StatusCode};
use std::time::{Duration, Instant};

const ACTS: usize = 500;

type Open = std::pin::Pin<Box<dyn Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>;

async fn open(url: &str, member: &Member) -> anyhow::Result<Open> {
    // A connection each, as desktops have.
    let client = Client::builder().pool_max_idle_per_host(0).build()?;
    let answer = client.get(format!("{url}/live")).header("cookie", cookie(member)).send().await?;
    ensure!(answer.status() == StatusCode::OK, "{}", answer.status());
    let mut stream: Open = Box::pin(answer.bytes_stream());
    stream.next().await.context("no hello")??;
    Ok(stream)
}

fn cookie(member: &Member) -> String {
    format!("{}={}", zhangzheng::who::COOKIE, member.desktop)
}

/// Waits for the next message that is not only a sign of life.
async fn heard(stream: &mut Open) -> anyhow::Result<()> {
    loop {
        let bytes = stream.next().await.context("the stream ended")??;
        if bytes.windows(5).any(|window| window == b"data:") {
            return Ok(());
        }
    }
}

/// The figures.
pub async fn rows(product: &Product, crowd: &[Member]) -> anyhow::Result<Vec<Row>> {
    let url = &product.world.url;
    let mut pages = Vec::with_capacity(crowd.len());
    for member in crowd {
        pages.push(open(url, member).await?);
    }
    let client = Client::new();
    let before = product.process.cpu()?;
    let (mut told, mut changed) = (Vec::new(), Vec::new());
    for act in 0..ACTS {
        let at = act * 7 % crowd.len();
        let member = &crowd[at];
        let began = Instant::now();
        let body = serde_json::json!({ "role": "representative" });
        let act = client.post(format!("{url}/api/company/role")).bearer_auth(&member.phone).json(&body).send();
        let desktop = async {
            heard(&mut pages[at]).await?;
            told.push(began.elapsed());
            let page = client.get(format!("{url}/enrol/company")).header("cookie", cookie(member)).send().await?;
            ensure!(page.status() == StatusCode::OK, "{}", page.status());
            page.bytes().await?;
            changed.push(began.elapsed());
            Ok(())
        };
        let (acted, shown) = tokio::join!(act, desktop);
        acted?.error_for_status()?;
        shown?;
    }
    let cpu = (product.process.cpu()? - before) / u32::try_from(ACTS)?;
    let memory = crate::process::mib(product.process.rss()?);
    let of = |times: &mut Vec<Duration>, percent: usize| {
        times.sort_unstable();
        ms(times[times.len() * percent / 100])
    };
    let open = format!("{} pages open, {memory}", pages.len());
    Ok(vec![
        Row::new("phone's act to desktop's message, p99", of(&mut told, 99), "10 ms".into(), open),
        Row::new(
            "phone's act to desktop's changed page, p99",
            of(&mut changed, 99),
            "10 ms".into(),
            format!("p50 {}, CPU {} for both", of(&mut changed, 50), ms(cpu)),
        ),
    ])
}
