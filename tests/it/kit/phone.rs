//! A phone with the mini-program, and what WeChat does around it.

use super::{Browser, World, multipart};
use serde_json::{Value, json};
use std::sync::Mutex;

/// A phone with the mini-program: calls the API with a bearer token.
pub struct Phone<'a> {
    pub world: &'a World,
    pub openid: String,
    token: Mutex<Option<String>>,
}

impl<'a> Phone<'a> {
    pub(super) fn new(world: &'a World, openid: &str) -> Self {
        Self { world, openid: openid.to_owned(), token: Mutex::default() }
    }

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

    /// The bearer token.
    #[allow(dead_code, reason = "not the bench's")]
    pub fn token(&self) -> Option<String> {
        self.token.lock().expect("not poisoned").clone()
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
