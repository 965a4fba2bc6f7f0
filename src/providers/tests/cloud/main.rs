//! The adapters of Tencent Cloud, OSS and mail against the sandbox, on the wire.

mod face;
mod mail;
mod ocr;
mod registry;
mod sms;
mod storage;

use serde::de::DeserializeOwned;
use serde_json::Value;
use zhangzheng_kinds::Clock;
use zhangzheng_providers::Http;
use zhangzheng_sandbox::{Config, Running, Sandbox};

/// A sandbox of one test, and the product's half of its settings.
struct Desk {
    running: Running,
    settings: toml::Table,
    http: Http,
    clock: Clock,
    plain: reqwest::Client,
}

impl Desk {
    async fn start() -> Self {
        Self::with(Config::for_tests()).await
    }

    async fn with(config: Config) -> Self {
        let running = Sandbox::start(config).await.unwrap();
        let settings = running.product_settings().parse().unwrap();
        let (http, clock) = (Http::new().unwrap(), Clock::real());
        let plain = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { running, settings, http, clock, plain }
    }

    fn section<T: DeserializeOwned>(&self, name: &str) -> T {
        self.settings["providers"][name].clone().try_into().unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> reqwest::Response {
        let address = format!("{}{path}", self.running.base_url);
        self.plain.post(address).json(&body).send().await.unwrap()
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.plain.get(format!("{}{path}", self.running.base_url)).send().await.unwrap()
    }

    async fn fault(&self, vendor: &str, operation: &str, kind: &str) {
        let rule = serde_json::json!({"vendor": vendor, "operation": operation, "kind": kind});
        assert!(self.post("/control/api/faults", rule).await.status().is_success());
    }

    /// A sample's picture.
    async fn sample(&self, path: &str) -> Vec<u8> {
        let answer = self.get(&format!("/samples/{path}")).await;
        assert!(answer.status().is_success(), "{path}");
        answer.bytes().await.unwrap().to_vec()
    }
}

/// The desk's first person.
const WANG: &str = "oDESK00000000000000000000001";
