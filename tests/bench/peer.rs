//! The peer: the same two requests in Express and better-sqlite3, with SQL written by hand, over a database with as many rows.

use crate::{people::Member, process::Process};
use anyhow::Context;
use serde_json::json;
use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

/// The peer's process.
pub struct Peer {
    pub url: String,
    pub process: Process,
}

impl Peer {
    /// Starts it; None when it is not installed.
    pub fn start(crowd: &[Member]) -> anyhow::Result<Option<Self>> {
        let folder = std::path::Path::new("tests/bench/peer");
        if !folder.join("node_modules/better-sqlite3").exists() {
            eprintln!("the peer is not installed: its column stays empty");
            return Ok(None);
        }
        let mut child =
            Command::new("node").arg(folder.join("server.mjs")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let members =
            crowd.iter().map(|one| json!({ "account": one.account_id, "member": one.member_id, "token": one.phone }));
        let mut stdin = child.stdin.take().context("no stdin")?;
        stdin.write_all(json!(members.collect::<Vec<_>>()).to_string().as_bytes())?;
        drop(stdin);
        let mut said = String::new();
        BufReader::new(child.stdout.take().context("no stdout")?).read_line(&mut said)?;
        let url = said.trim().to_owned();
        Ok(Some(Self { url, process: Process(child) }))
    }
}
