//! A sandbox for one test, with the hands that move it, and a door for its notices.

use poem::{
    Endpoint, EndpointExt, Request, Response, Server, listener::Acceptor, listener::Listener, listener::TcpListener,
};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use zhangzheng_kinds::{Clock, Random};
use zhangzheng_providers::{Http, wechat, wechat_pay};
use zhangzheng_sandbox::{Config, Running, Sandbox};

/// The people on the desk.
pub const WANG_FANG: &str = "oDESK00000000000000000000001";
pub const LI_JIANGUO: &str = "oDESK00000000000000000000002";

pub struct Desk {
    pub sandbox: Running,
    pub door: Door,
    pub clock: Clock,
    http: reqwest::Client,
}

impl Desk {
    pub async fn start() -> Self {
        Self::with(Config::for_tests()).await
    }

    pub async fn with(config: Config) -> Self {
        zhangzheng_providers::http::install_crypto();
        let door = Door::open().await;
        let config = Config { product_url: door.url.clone(), ..config };
        let sandbox = Sandbox::start(config).await.unwrap();
        Self { sandbox, door, clock: Clock::real(), http: reqwest::Client::new() }
    }

    fn settings<T: serde::de::DeserializeOwned>(&self, section: &str) -> T {
        let table: toml::Table = self.sandbox.product_settings().parse().unwrap();
        table["providers"][section].clone().try_into().unwrap()
    }

    pub fn wechat_config(&self) -> wechat::Config {
        self.settings("wechat")
    }

    pub fn pay_config(&self) -> wechat_pay::Config {
        self.settings("wechat_pay")
    }

    pub fn wechat(&self) -> wechat::Client {
        wechat::Client::new(self.wechat_config(), Http::new().unwrap(), self.clock.clone())
    }

    pub fn pay(&self) -> wechat_pay::Client {
        self.pay_with(self.pay_config())
    }

    pub fn pay_with(&self, config: wechat_pay::Config) -> wechat_pay::Client {
        wechat_pay::Client::new(config, Http::new().unwrap(), self.clock.clone(), Random::system()).unwrap()
    }

    /// Posts to the sandbox's own API and gives back the answer; a refusal fails the test.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_post(path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub async fn try_post(&self, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.sandbox.base_url);
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    pub async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.sandbox.base_url)).send().await.unwrap().json().await.unwrap()
    }

    pub async fn fault(&self, vendor: &str, operation: &str, kind: &str, times: u32) {
        let rule = json!({"vendor": vendor, "operation": operation, "kind": kind, "times": times});
        self.post("/control/api/faults", rule).await;
    }

    /// Moves the sandbox's clock and the product's together.
    pub async fn advance(&self, seconds: i64) {
        self.clock.advance(chrono::Duration::seconds(seconds));
        self.post("/control/api/clock", json!({"advance_seconds": seconds})).await;
    }

    /// How often an operation was called.
    pub async fn calls(&self, operation: &str) -> usize {
        let log = self.get("/control/api/log").await;
        log.as_array().unwrap().iter().filter(|line| line["operation"] == operation).count()
    }

    pub async fn login_code(&self, openid: &str) -> String {
        self.phone_code("/phone/login", openid).await
    }

    pub async fn phone_code(&self, path: &str, openid: &str) -> String {
        let appid = self.wechat_config().appid;
        let answer = self.post(path, json!({"openid": openid, "appid": appid})).await;
        answer["code"].as_str().unwrap().to_owned()
    }
}

/// Where notices arrive: an HTTP server that keeps what it gets and answers as told.
pub struct Door {
    pub url: String,
    inside: Arc<Inside>,
}

#[derive(Default)]
struct Inside {
    arrived: Mutex<VecDeque<Arrived>>,
    answers: Mutex<VecDeque<u16>>,
    bell: tokio::sync::Notify,
}

pub struct Arrived {
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Arrived {
    /// WeChat Pay's id of the notice.
    pub fn id(&self) -> String {
        serde_json::from_slice::<Value>(&self.body).unwrap()["id"].as_str().unwrap().to_owned()
    }
}

impl Door {
    async fn open() -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let url = format!("http://{}", acceptor.local_addr()[0].as_socket_addr().unwrap());
        let inside = Arc::new(Inside::default());
        tokio::spawn(Server::new_with_acceptor(acceptor).run(take(inside.clone())));
        Self { url, inside }
    }

    /// The statuses of the next answers; after them it is 204.
    pub fn answer(&self, statuses: &[u16]) {
        self.inside.answers.lock().unwrap().extend(statuses);
    }

    /// The next notice; fails the test when none comes.
    pub async fn next(&self) -> Arrived {
        tokio::time::timeout(Duration::from_secs(10), async {
            loop {
                let bell = self.inside.bell.notified();
                if let Some(arrived) = self.inside.arrived.lock().unwrap().pop_front() {
                    return arrived;
                }
                bell.await;
            }
        })
        .await
        .expect("a notice arrives")
    }

    /// Fails the test when a notice comes within a moment.
    pub async fn is_quiet(&self) {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(self.inside.arrived.lock().unwrap().is_empty(), "no notice arrives");
    }
}

fn take(inside: Arc<Inside>) -> impl Endpoint {
    poem::endpoint::make(move |mut request: Request| {
        let inside = inside.clone();
        async move {
            let body = request.take_body().into_vec().await?;
            inside.arrived.lock().unwrap().push_back(Arrived { headers: request.headers().clone(), body });
            inside.bell.notify_one();
            let status = inside.answers.lock().unwrap().pop_front().unwrap_or(204);
            Ok::<_, poem::Error>(Response::builder().status(poem::http::StatusCode::from_u16(status).unwrap()).finish())
        }
    })
    .boxed()
}
