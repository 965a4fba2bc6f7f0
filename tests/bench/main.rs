//! `make bench`: how fast the product is, each figure beside its limit or its peer, measured in the same run. The product is
//! the release binary as a process of its own; vendors, people and load are here. CPU time is that of its process alone.

#[path = "../it/kit/mod.rs"]
#[macro_use]
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with the tests, which use all of it")]
mod kit;
#[path = "../it/holder.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod holder;

mod enrol;
mod live;
mod load;
mod pay;
mod peer;
mod people;
mod process;
mod status;
mod table;

use process::Product;
use table::{Row, ms, us};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // `-- pay` measures money alone; PostgreSQL is there when ZHANGZHENG_TEST_POSTGRES says where.
    if std::env::args().any(|word| word == "pay") {
        return money().await;
    }
    let mut rows = Vec::new();
    let product = Product::start().await?;
    let crowd = people::crowd(&product, 1000).await?;
    requests(&product, &crowd, &mut rows).await?;
    rows.extend(live::rows(&product, &crowd).await?);
    rows.extend(enrol::rows(&product, 10).await?);
    rows.extend(status::rows(&product).await?);
    rows.push(Row::plain("memory after all this", process::mib(product.process.rss()?), "", ""));
    table::print(&rows);
    product.stop().await
}

/// Notices, and orders listed, on both databases.
async fn money() -> anyhow::Result<()> {
    let product = Product::start().await?;
    let crowd = people::crowd(&product, 1).await?;
    let mut rows = vec![pay::notices(&product, &crowd).await?];
    product.stop().await?;
    rows.extend(pay::orders(kit::Kind::Sqlite).await?);
    if std::env::var_os("ZHANGZHENG_TEST_POSTGRES").is_some() {
        rows.extend(pay::orders(kit::Kind::Postgres).await?);
    }
    table::print(&rows);
    Ok(())
}

/// The two requests that most people make all day, ours and the peer's.
async fn requests(product: &Product, crowd: &[people::Member], rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let peer = peer::Peer::start(crowd)?;
    for (name, call, limit) in [
        ("authenticated read (GET /api/me)", load::Call::Read, Some("100 µs")),
        ("one step's write (POST /api/company/role)", load::Call::Write, None),
    ] {
        let ours = load::run(&product.world.url, &product.process, crowd, call).await?;
        let theirs = match &peer {
            Some(peer) => Some(load::run(&peer.url, &peer.process, crowd, call).await?),
            None => None,
        };
        let beside = theirs.as_ref().map(|theirs| format!("Express {}", us(theirs.cpu)));
        let limit = [limit.map(str::to_owned), beside].into_iter().flatten().collect::<Vec<_>>().join(", ");
        rows.push(Row::new(name, us(ours.cpu), limit, format!("{:.0}/s, p99 {}", ours.rate, ms(ours.p99))));
    }
    Ok(())
}
