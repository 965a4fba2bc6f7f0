//! What every test stands on: a real server on a real port, its own database, its own sandbox, a clock that moves both;
//! and the two things people hold: a browser and a phone.

mod browser;
mod database;
mod notice;
mod phone;

pub use browser::{Browser, Page};
pub use notice::Hand;
pub use phone::Phone;

use database::Database;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use zhangzheng::{
    app,
    config::Config,
    kinds::{Clock, Random},
    state::State,
};
use zhangzheng_sandbox::{Config as SandboxConfig, Running, Sandbox};

/// Runs an async test on SQLite and on PostgreSQL: `both!(async fn m9_codes_expire(world) { … });`; with other settings:
/// `both!(with "[console]\nopens = \"00:00\"\n"; async fn …)`.
#[macro_export]
macro_rules! both {
    (with $settings:literal; $(#[$meta:meta])* async fn $name:ident($world:ident) $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "not every test needs everything above it")]
            use super::*;

            async fn story($world: &$crate::kit::World) $body

            $(#[$meta])*
            #[tokio::test]
            async fn sqlite() {
                $crate::kit::run_with($crate::kit::Kind::Sqlite, $settings, async |world| story(world).await).await;
            }

            $(#[$meta])*
            #[tokio::test]
            async fn postgres() {
                $crate::kit::run_with($crate::kit::Kind::Postgres, $settings, async |world| story(world).await).await;
            }
        }
    };
    ($(#[$meta:meta])* async fn $name:ident($world:ident) $body:block) => {
        mod $name {
            #[allow(unused_imports, reason = "not every test needs everything above it")]
            use super::*;

            async fn story($world: &$crate::kit::World) $body

            $(#[$meta])*
            #[tokio::test]
            async fn sqlite() {
                $crate::kit::run($crate::kit::Kind::Sqlite, async |world| story(world).await).await;
            }

            $(#[$meta])*
            #[tokio::test]
            async fn postgres() {
                $crate::kit::run($crate::kit::Kind::Postgres, async |world| story(world).await).await;
            }
        }
    };
}

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// One test's world.
pub struct World {
    pub state: Arc<State>,
    /// The product, as its users reach it.
    pub url: String,
    pub sandbox: Running,
    pub clock: Clock,
    http: reqwest::Client,
    database: Database,
    serving: Mutex<Option<tokio::task::JoinHandle<()>>>,
    workers: Workers,
    folder: tempfile::TempDir,
}

/// Who works through the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    /// The test, when it says so: it holds the time.
    Test,
    /// The server, as in life: the test waits.
    Server,
}

/// Makes the world, tells the story, and looks that no work was left undone.
pub async fn run(kind: Kind, story: impl AsyncFnOnce(&World)) {
    run_with(kind, "", story).await;
}

/// The same with settings of the test's own.
pub async fn run_with(kind: Kind, settings: &str, story: impl AsyncFnOnce(&World)) {
    let world = World::new(kind, settings).await.expect("a world for the test");
    story(&world).await;
    world.end().await;
}

impl World {
    async fn new(kind: Kind, settings: &str) -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let mut world = Self::around(kind, listener.local_addr()?, Workers::Test, settings).await?;
        world.serving = Mutex::new(Some(tokio::spawn(serve(world.state.clone(), listener))));
        Ok(world)
    }

    /// A world without its server, which the caller starts at this address with [`World::settings`].
    pub async fn around(
        kind: Kind,
        address: std::net::SocketAddr,
        workers: Workers,
        more: &str,
    ) -> anyhow::Result<Self> {
        zhangzheng::providers::http::install_crypto();
        let folder = tempfile::tempdir()?;
        let url = format!("http://{address}");
        let mut settings = SandboxConfig::for_tests();
        settings.product_url.clone_from(&url);
        let sandbox = Sandbox::start(settings).await?;
        let database = Database::new(kind, folder.path()).await?;
        let files = settings_in(folder.path());
        let path = folder.path().display();
        let own = format!(
            "[data]\nfolder = \"{path}\"\ndatabase = \"{}\"\n[http]\nlisten = \"{address}\"\npublic_url = \"{url}\"\n[log]\nfilter = \"warn\"\n[papers]\npdf_program = \"{}\"\n",
            database.url,
            env!("CARGO_BIN_EXE_zhangzheng")
        );
        // Staff sign in with the password alone, unless a test is about the code; every way of checking a face is offered.
        let desk =
            "[console]\nsecond_factor = \"optional\"\n[face]\nroutes = [\"number_video\", \"wechat\", \"eid\"]\n[order.transfer]\npayee = \"样本认证有限公司\"\nbank = \"样本银行\"\naccount = \"6200 0000 0000 019\"\n"
                .to_owned();
        for (file, text) in files.iter().zip([own, sandbox.product_settings(), desk, more.to_owned()]) {
            std::fs::write(file, text)?;
        }
        let files: Vec<&std::path::Path> = files.iter().map(std::path::PathBuf::as_path).collect();
        let config = Config::load(&files)?;
        let clock = Clock::real();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        if workers == Workers::Test {
            // Within the second after, never before: limits are counted in stretches that change on the full minute.
            let ahead = (begins()? - clock.now()).num_milliseconds().div_euclid(1000) + 1;
            clock.advance(chrono::Duration::seconds(ahead));
            control(&http, &sandbox, "clock", json!({ "advance_seconds": ahead })).await;
        }
        let state = app::build(config, clock.clone(), Random::system()).await?;
        Ok(Self { state, url, sandbox, clock, http, database, serving: Mutex::default(), workers, folder })
    }

    /// The configuration files of this world.
    pub fn settings(&self) -> [std::path::PathBuf; 4] {
        settings_in(self.folder.path())
    }

    /// Ends the world, and looks that no work was left undone.
    pub async fn end(self) {
        self.work().await;
        let undone = self.undone().await;
        self.state.stop.cancel();
        let serving = self.serving.lock().expect("not poisoned").take();
        if let Some(serving) = serving {
            let _ = serving.await;
        }
        let state = Arc::try_unwrap(self.state);
        if let Ok(state) = state {
            let _ = state.db.close().await;
        }
        self.database.drop().await;
        drop(self.folder);
        assert!(undone.is_empty(), "work was left undone: {undone:?}");
    }

    /// Does every job that is due now, or waits until the server has done them.
    pub async fn work(&self) -> usize {
        match self.workers {
            Workers::Test => app::work_off(&self.state).await.expect("the queue"),
            Workers::Server => {
                while self.due().await > 0 {
                    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                }
                0
            }
        }
    }

    async fn due(&self) -> u64 {
        use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
        use zhangzheng::jobs::entity::{Column, Entity};
        let due = Entity::find()
            .filter(Column::State.is_in(["ready", "running"]))
            .filter(Column::RunAt.lte(self.clock.now()));
        due.count(&self.state.db.read).await.expect("the queue")
    }

    /// Moves the time of the product and of the vendors.
    pub async fn advance(&self, seconds: i64) {
        self.clock.advance(chrono::Duration::seconds(seconds));
        self.control("clock", json!({ "advance_seconds": seconds })).await;
    }

    /// Asks the sandbox's control desk for something.
    pub async fn control(&self, path: &str, body: Value) -> Value {
        control(&self.http, &self.sandbox, path, body).await
    }

    /// Asks what surrounds the phone (`/phone/…`) or the samples for something.
    pub async fn desk(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", self.sandbox.base_url)).send().await.expect("the desk");
        answer.json().await.expect("json from the desk")
    }

    /// A picture from the sandbox: a sample paper.
    pub async fn sample(&self, path: &str) -> Vec<u8> {
        let answer = self.http.get(format!("{}{path}", self.sandbox.base_url)).send().await.expect("the desk");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.expect("a picture").to_vec()
    }

    /// The text of the last SMS to a mobile number.
    pub async fn last_sms(&self, mobile: &str) -> Option<String> {
        self.work().await;
        let inbox = self.desk(&format!("/phone/inbox?mobile={mobile}")).await;
        let newest = inbox.as_array()?.iter().max_by_key(|sms| sms["at"].as_str().unwrap_or_default().to_owned())?;
        newest["text"].as_str().map(str::to_owned)
    }

    /// Whether an SMS to this number says all of this.
    pub async fn was_told(&self, mobile: &str, says: &[&str]) -> bool {
        self.work().await;
        let inbox = self.desk(&format!("/phone/inbox?mobile={mobile}")).await;
        let texts = inbox.as_array().into_iter().flatten().filter_map(|sms| sms["text"].as_str());
        texts.into_iter().any(|text| says.iter().all(|word| text.contains(word)))
    }

    /// The six digits in the last SMS to a mobile number.
    pub async fn last_code(&self, mobile: &str) -> String {
        let text = self.last_sms(mobile).await.expect("an SMS");
        let digits = |from: usize| text.get(from..from + 6).filter(|six| six.bytes().all(|b| b.is_ascii_digit()));
        (0..text.len()).find_map(digits).expect("six digits in the SMS").to_owned()
    }

    /// What a person sees in a captcha's picture.
    pub async fn read_captcha(&self, id: &str) -> String {
        use sea_orm::EntityTrait;
        use zhangzheng::account::entity::captcha::Entity;
        let id = id.parse().expect("a captcha's id");
        let row = Entity::find_by_id(id).one(&self.state.db.read).await.expect("database").expect("a captcha");
        self.state.vault.open("captcha.answer", id, &row.answer).expect("its answer")
    }

    /// The names of an account's events, oldest first.
    pub async fn events(&self) -> Vec<String> {
        use sea_orm::{EntityTrait, QueryOrder};
        use zhangzheng::events::entity::{Column, Entity};
        let rows = Entity::find().order_by_asc(Column::Id).all(&self.state.db.read).await.expect("events");
        rows.into_iter().map(|row| row.name).collect()
    }

    async fn undone(&self) -> Vec<(String, Option<String>)> {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        use zhangzheng::jobs::entity::{Column, Entity};
        let due = Entity::find()
            .filter(Column::State.is_in(["given_up", "running"]))
            .all(&self.state.db.read)
            .await
            .expect("jobs");
        due.into_iter().map(|job| (job.kind, job.last_error)).collect()
    }

    /// A browser with no cookies.
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// A phone in somebody's hand.
    pub fn phone(&self, openid: &str) -> Phone<'_> {
        Phone::new(self, openid)
    }

    /// The people on the desk.
    pub async fn people(&self) -> Vec<Value> {
        self.desk("/phone/people").await.as_array().expect("people").clone()
    }

    /// Registers an account in a browser, by hand as it were; the browser is signed in afterwards.
    pub async fn register<'a>(&'a self, account: &str, mobile: &str) -> Browser<'a> {
        let browser = self.browser();
        let page = browser.get("/register").await;
        let captcha_id = page.value("captcha_id");
        let captcha = self.read_captcha(&captcha_id).await;
        let asked = browser
            .post("/register/sms-code", &[("mobile", mobile), ("captcha_id", &captcha_id), ("captcha", &captcha)])
            .await;
        assert_eq!(asked.status, 200, "{}", asked.text());
        let code = self.last_code(mobile).await;
        let done = browser
            .post(
                "/register",
                &[
                    ("account", account),
                    ("password", PASSWORD),
                    ("password_again", PASSWORD),
                    ("mobile", mobile),
                    ("sms_code", &code),
                    ("agreed", "on"),
                ],
            )
            .await;
        assert_eq!(done.status, 303, "{}", done.text());
        browser
    }
}

/// The password of everybody in the tests.
pub const PASSWORD: &str = "Kestrel-2026";

fn settings_in(folder: &std::path::Path) -> [std::path::PathBuf; 4] {
    ["own", "vendors", "desk", "more"].map(|name| folder.join(format!("{name}.toml")))
}

async fn serve(state: Arc<State>, listener: tokio::net::TcpListener) {
    // Jobs are done when the test says so.
    if let Err(error) = app::serve_pages(state, listener).await {
        panic!("the server stopped: {error}");
    }
}

fn multipart(fields: &[(&str, &str)], file: Vec<u8>, name: &str) -> (String, Vec<u8>) {
    let boundary = "zhangzheng-test-boundary";
    let mut body = Vec::new();
    for (field, value) in fields {
        body.extend_from_slice(
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").as_bytes(),
        );
    }
    body.extend_from_slice(
        format!("--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: application/octet-stream\r\n\r\n").as_bytes(),
    );
    body.extend_from_slice(&file);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// When every test's story begins, whatever the machine's date: a Tuesday morning in Beijing. `TEST_TIME` (RFC 3339) begins
/// them all at another moment.
fn begins() -> anyhow::Result<chrono::DateTime<chrono::Utc>> {
    let at = std::env::var("TEST_TIME").unwrap_or_else(|_| "2026-11-24T10:00:00+08:00".into());
    Ok(chrono::DateTime::parse_from_rfc3339(&at)?.to_utc())
}

async fn control(http: &reqwest::Client, sandbox: &Running, path: &str, body: Value) -> Value {
    let url = format!("{}/control/api/{path}", sandbox.base_url);
    let answer = http.post(url).json(&body).send().await.expect("the control desk");
    assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
    answer.json().await.unwrap_or(Value::Null)
}
