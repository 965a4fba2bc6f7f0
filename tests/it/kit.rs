//! What every test stands on: a real server on a real port, its own database, its own sandbox, a clock that moves both;
//! and the two things people hold: a browser and a phone.

use anyhow::Context;
use scraper::{Html, Selector};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use zhangzheng::{
    app,
    config::Config,
    kinds::{Clock, Random},
    state::State,
};
use zhangzheng_sandbox::{Config as SandboxConfig, Running, Sandbox};

/// Runs an async test on SQLite and on PostgreSQL: `both!(async fn m9_codes_expire(world) { … });`
#[macro_export]
macro_rules! both {
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
    folder: tempfile::TempDir,
}

/// Makes the world, tells the story, and looks that no work was left undone.
pub async fn run(kind: Kind, story: impl AsyncFnOnce(&World)) {
    let world = World::new(kind).await.expect("a world for the test");
    story(&world).await;
    world.end().await;
}

impl World {
    async fn new(kind: Kind) -> anyhow::Result<Self> {
        zhangzheng::providers::http::install_crypto();
        let folder = tempfile::tempdir()?;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let mut settings = SandboxConfig::for_tests();
        settings.product_url.clone_from(&url);
        let sandbox = Sandbox::start(settings).await?;
        let database = Database::new(kind, folder.path()).await?;
        let own = folder.path().join("own.toml");
        let path = folder.path().display();
        std::fs::write(
            &own,
            format!(
                "[data]\nfolder = \"{path}\"\ndatabase = \"{}\"\n[http]\npublic_url = \"{url}\"\n[log]\nfilter = \"warn\"\n",
                database.url
            ),
        )?;
        let vendors = folder.path().join("product.toml");
        std::fs::write(&vendors, sandbox.product_settings())?;
        let config = Config::load(&[&own, &vendors])?;
        let clock = Clock::real();
        let state = app::build(config, clock.clone(), Random::system()).await?;
        let serving = tokio::spawn(serve(state.clone(), listener));
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
        let serving = Mutex::new(Some(serving));
        Ok(Self { state, url, sandbox, clock, http, database, serving, folder })
    }

    async fn end(self) {
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

    /// Does every job that is due now.
    pub async fn work(&self) -> usize {
        app::work_off(&self.state).await.expect("the queue")
    }

    /// Moves the time of the product and of the vendors.
    pub async fn advance(&self, seconds: i64) {
        self.clock.advance(chrono::Duration::seconds(seconds));
        self.control("clock", json!({ "advance_seconds": seconds })).await;
    }

    /// Asks the sandbox's control desk for something.
    pub async fn control(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/control/api/{path}", self.sandbox.base_url);
        let answer = self.http.post(url).json(&body).send().await.expect("the control desk");
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
        answer.json().await.unwrap_or(Value::Null)
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
        Browser { world: self, cookies: Mutex::default(), csrf: Mutex::default() }
    }

    /// A phone in somebody's hand.
    pub fn phone(&self, openid: &str) -> Phone<'_> {
        Phone { world: self, openid: openid.to_owned(), token: Mutex::default() }
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

async fn serve(state: Arc<State>, listener: tokio::net::TcpListener) {
    // Jobs are done when the test says so.
    if let Err(error) = app::serve_pages(state, listener).await {
        panic!("the server stopped: {error}");
    }
}

/// A desktop browser: keeps cookies, follows nothing by itself, fills in the page's form token.
pub struct Browser<'a> {
    pub world: &'a World,
    cookies: Mutex<BTreeMap<String, String>>,
    csrf: Mutex<String>,
}

/// What a browser was answered.
pub struct Page {
    pub status: u16,
    pub location: Option<String>,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Page {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    fn html(&self) -> Html {
        Html::parse_document(&self.text())
    }
    /// The text of everything that matches, blanks put together.
    pub fn read(&self, selector: &str) -> String {
        let selector = Selector::parse(selector).expect("a selector");
        let texts: Vec<String> = self
            .html()
            .select(&selector)
            .map(|element| element.text().collect::<Vec<_>>().join(" "))
            .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        texts.join(" | ")
    }
    /// Whether anything matches.
    pub fn has(&self, selector: &str) -> bool {
        self.html().select(&Selector::parse(selector).expect("a selector")).next().is_some()
    }
    /// An attribute of the first that matches.
    pub fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let selector = Selector::parse(selector).expect("a selector");
        self.html().select(&selector).next()?.value().attr(name).map(str::to_owned)
    }
    /// The value of an input, by name.
    pub fn value(&self, name: &str) -> String {
        self.attribute(&format!("[name={name}]"), "value").unwrap_or_else(|| panic!("no input {name}: {}", self.text()))
    }
}

impl Browser<'_> {
    /// Opens a page.
    pub async fn get(&self, path: &str) -> Page {
        let request = self.world.http.get(format!("{}{path}", self.world.url));
        self.send(request).await
    }

    /// Submits a form of the page last seen.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.csrf.lock().expect("not poisoned").clone();
        let mut form: Vec<(&str, &str)> = vec![("csrf", &csrf)];
        form.extend_from_slice(fields);
        self.post_raw(path, &form, &[("sec-fetch-site", "same-origin")]).await
    }

    /// Submits whatever, from wherever: what an attacker would.
    pub async fn post_raw(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let mut request = self.world.http.post(format!("{}{path}", self.world.url)).form(fields);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    /// Uploads a file with a multipart form.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], file: Vec<u8>, name: &str) -> Page {
        let csrf = self.csrf.lock().expect("not poisoned").clone();
        let mut form: Vec<(&str, &str)> = vec![("csrf", &csrf)];
        form.extend_from_slice(fields);
        let (kind, body) = multipart(&form, file, name);
        let request = self.world.http.post(format!("{}{path}", self.world.url));
        let request = request.header("content-type", kind).header("sec-fetch-site", "same-origin");
        self.send(request.header("x-csrf-token", csrf).body(body)).await
    }

    /// Calls the API as a script of the page would, with the session's cookie.
    pub async fn api(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.world.http.request(method, format!("{}{path}", self.world.url));
        request = request.header("sec-fetch-site", "same-origin");
        if let Some(body) = body {
            request = request.json(&body);
        }
        let page = self.send(request).await;
        (page.status, serde_json::from_slice(&page.body).unwrap_or(Value::Null))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Page {
        let cookies = {
            let kept = self.cookies.lock().expect("not poisoned");
            kept.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
        };
        let answer = request.header("cookie", cookies).send().await.expect("an answer");
        let headers = answer.headers().clone();
        for cookie in headers.get_all("set-cookie") {
            self.keep(cookie.to_str().unwrap_or_default());
        }
        let location = headers.get("location").and_then(|to| to.to_str().ok()).map(str::to_owned);
        let status = answer.status().as_u16();
        let body = answer.bytes().await.expect("a body").to_vec();
        let page = Page { status, location, headers, body };
        if let Some(token) = page.attribute("input[name=csrf]", "value") {
            *self.csrf.lock().expect("not poisoned") = token;
        }
        page
    }

    fn keep(&self, cookie: &str) {
        let mut parts = cookie.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let gone = value.is_empty() || parts.any(|part| part.eq_ignore_ascii_case("max-age=0"));
        let mut kept = self.cookies.lock().expect("not poisoned");
        if gone {
            kept.remove(name)
        } else {
            kept.insert(name.to_owned(), value.to_owned())
        };
    }

    /// A cookie as kept.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("not poisoned").get(name).cloned()
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

/// A phone with the mini-program: calls the API with a bearer token.
pub struct Phone<'a> {
    pub world: &'a World,
    pub openid: String,
    token: Mutex<Option<String>>,
}

impl Phone<'_> {
    /// The mini-program's appid.
    fn appid(&self) -> String {
        self.world.state.config.providers.wechat.appid.clone()
    }

    async fn desk(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/phone/{path}", self.world.sandbox.base_url);
        let answer = self.world.http.post(url).json(&body).send().await.expect("WeChat");
        answer.json().await.unwrap_or(Value::Null)
    }

    /// A fresh code of `wx.login`.
    pub async fn login_code(&self) -> String {
        let answer = self.desk("login", json!({ "openid": self.openid, "appid": self.appid() })).await;
        answer["code"].as_str().expect("a code").to_owned()
    }

    /// A fresh code of the phone-number button.
    pub async fn phone_code(&self) -> String {
        let answer = self.desk("phone-number", json!({ "openid": self.openid, "appid": self.appid() })).await;
        answer["code"].as_str().expect("a code").to_owned()
    }

    /// Asks WeChat for something a person does outside the mini-program.
    pub async fn wechat(&self, path: &str, body: Value) -> Value {
        let mut body = body;
        body["openid"] = json!(self.openid);
        self.desk(path, body).await
    }

    /// Calls the API.
    pub async fn call(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> (u16, Value) {
        self.call_with(method, path, body, &[]).await
    }

    /// Calls the API with more headers.
    pub async fn call_with(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> (u16, Value) {
        let mut request = self.world.http.request(method, format!("{}{path}", self.world.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.send(request).await
    }

    /// POSTs to the API and expects success.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(reqwest::Method::POST, path, Some(body)).await;
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    /// GETs from the API and expects success.
    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.call(reqwest::Method::GET, path, None).await;
        assert!(status < 300, "{path}: {status} {answer}");
        answer
    }

    /// Uploads a file as `wx.uploadFile` does.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], file: Vec<u8>, name: &str) -> (u16, Value) {
        let (kind, body) = multipart(fields, file, name);
        let request = self.world.http.post(format!("{}{path}", self.world.url)).header("content-type", kind);
        self.send(request.body(body)).await
    }

    async fn send(&self, mut request: reqwest::RequestBuilder) -> (u16, Value) {
        let token = self.token.lock().expect("not poisoned").clone();
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap_or(Value::Null);
        for token in [&body["token"], &body["session"]["token"]] {
            if let Some(token) = token.as_str() {
                *self.token.lock().expect("not poisoned") = Some(token.to_owned());
            }
        }
        (status, body)
    }

    /// Takes the token of another phone: what a thief would.
    pub fn steal(&self, other: &Phone<'_>) {
        *self.token.lock().expect("not poisoned") = other.token.lock().expect("not poisoned").clone();
    }

    /// Scans the QR code that a browser shows for a purpose, looks at it and confirms.
    pub async fn hand_off(&self, browser: &Browser<'_>, purpose: &str) -> Value {
        let part = browser.get(&format!("/parts/handoff/{purpose}")).await;
        let link = part.attribute("[data-copy]", "data-copy").expect("the link in the QR code");
        let ticket = link.rsplit('/').next().expect("a ticket").to_owned();
        self.post("/api/handoffs/look", json!({ "ticket": ticket, "code": self.login_code().await })).await;
        self.post("/api/handoffs/confirm", json!({ "ticket": ticket, "code": self.login_code().await })).await
    }
}

/// A database for one test.
struct Database {
    url: String,
    name: Option<String>,
}

/// Where the tests' PostgreSQL listens: `make test` starts it and says so.
fn postgres() -> String {
    std::env::var("ZHANGZHENG_TEST_POSTGRES")
        .expect("ZHANGZHENG_TEST_POSTGRES is not set: `make test` starts PostgreSQL and sets it (or use `tests/postgres.sh run <command>`)")
}

impl Database {
    async fn new(kind: Kind, folder: &std::path::Path) -> anyhow::Result<Self> {
        match kind {
            Kind::Sqlite => Ok(Self { url: format!("sqlite:{}", folder.join("test.db").display()), name: None }),
            Kind::Postgres => {
                let server = postgres();
                let name = format!("test_{}", Random::system().token().get(..20).context("a name")?);
                execute(&server, &format!("create database {name}")).await?;
                Ok(Self { url: format!("{server}/{name}"), name: Some(name) })
            }
        }
    }

    async fn drop(self) {
        if let Some(name) = self.name {
            execute(&postgres(), &format!("drop database {name} with (force)")).await.expect("drop the database");
        }
    }
}

async fn execute(server: &str, statement: &str) -> anyhow::Result<()> {
    use sqlx::{Connection, Executor};
    let mut connection = sqlx::PgConnection::connect(&format!("{server}/postgres")).await?;
    connection.execute(sqlx::AssertSqlSafe(statement.to_owned())).await?;
    connection.close().await?;
    Ok(())
}
