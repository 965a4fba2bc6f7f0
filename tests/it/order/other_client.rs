//! Another maker's client accepts the sandbox's signatures, and the sandbox accepts its requests: neither is only our own
//! idea of the protocol.

use super::*;
use crate::kit::{Kind, Workers};
use std::{io::Write, process::Stdio};

/// Made by `tests/setup.sh test`.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/other-client/bin/python");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/other_client.py");

#[tokio::test]
async fn another_makers_client_and_the_sandbox_believe_each_other() {
    assert!(std::path::Path::new(PYTHON).exists(), "the client is missing: tests/setup.sh test installs it");
    // Its clock is the machine's, so the sandbox's is too.
    let address = "127.0.0.1:9".parse().unwrap();
    let world = World::around(Kind::Sqlite, address, Workers::Server, "").await.unwrap();
    let pay = &world.state.config.providers.wechat_pay;
    let settings = json!({
        "base_url": pay.base_url, "control": format!("{}/control/api", world.sandbox.base_url),
        "mchid": pay.mchid, "appid": pay.appid, "merchant_serial": pay.merchant_serial,
        "merchant_key": pay.merchant_key.expose(), "apiv3_key": pay.apiv3_key.expose(),
        "public_key": pay.public_key, "public_key_id": pay.public_key_id,
        "other_key": include_str!("../../../src/sandbox/throw_away/platform.key.pem"),
    });
    let output = tokio::task::spawn_blocking(move || {
        let mut command = std::process::Command::new(PYTHON);
        command.arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("python");
        child.stdin.take().expect("a pipe").write_all(settings.to_string().as_bytes()).expect("written");
        child.wait_with_output().expect("it ends")
    });
    let output = output.await.unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.trim() == "agreed", "{said}{wrong}");
    world.end().await;
}
