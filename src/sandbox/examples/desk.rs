//! The sandbox alone, for a look at its control page: `cargo run -p zhangzheng-sandbox --example desk -- <folder>`.

use zhangzheng_sandbox::{Config, Sandbox};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/desk".into());
    let running = Sandbox::start(Config::for_development(folder.as_ref())?).await?;
    println!("{}/control", running.base_url);
    tokio::signal::ctrl_c().await?;
    running.shutdown().await;
    Ok(())
}
