//! The release binary as a process, and what the system says of a process: CPU time and memory.

use crate::kit::{Kind, Workers, World};
use anyhow::{Context, bail};
use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Somebody's process.
pub struct Process(pub Child);

impl Process {
    /// CPU time so far, of all its threads, those that have ended included.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let after_name = stat.rsplit_once(')').context("no name")?.1;
        let numbers: Vec<u64> = after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse().ok()).collect();
        // A clock tick is a hundredth of a second on every Linux that we run on.
        Ok(Duration::from_millis(numbers.iter().sum::<u64>() * 10))
    }

    /// Resident memory in bytes.
    pub fn rss(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
        Ok(kib * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Bytes as MiB.
pub fn mib(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / (1024.0 * 1024.0))
}

/// The product, serving a world of its own.
pub struct Product {
    pub world: World,
    pub process: Process,
}

/// Nobody is to be slowed down by limits meant for strangers.
const GENEROUS: &str = "
[limits]
sms_per_mobile = { count = 100000, seconds = 60 }
sms_per_mobile_day = { count = 100000, seconds = 86400 }
sms_per_ip = { count = 100000, seconds = 3600 }
register_per_ip = { count = 100000, seconds = 3600 }
captcha_per_ip = { count = 100000, seconds = 600 }
sign_in_per_ip = { count = 100000, seconds = 900 }
";

impl Product {
    pub async fn start() -> anyhow::Result<Self> {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
        let world = World::around(Kind::Sqlite, free, Workers::Server, GENEROUS).await?;
        let process = Process(Command::new(binary()?).arg("serve").args(files(&world)).stdout(Stdio::null()).spawn()?);
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(free).await.is_ok() {
                return Ok(Self { world, process });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("the server did not start")
    }

    /// Ends the process; says when it did not end well.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.process.0.id().to_string()).status()?;
        let status = tokio::task::spawn_blocking(move || self.process.0.wait()).await??;
        anyhow::ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }
}

fn binary() -> anyhow::Result<PathBuf> {
    std::env::var("ZHANGZHENG_BINARY").map(PathBuf::from).context("ZHANGZHENG_BINARY is not set: run `make bench`")
}

fn files(world: &World) -> Vec<std::ffi::OsString> {
    world.settings().iter().flat_map(|file| ["--config".into(), file.clone().into_os_string()]).collect()
}
