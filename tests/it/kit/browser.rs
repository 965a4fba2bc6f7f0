//! A desktop browser, and what it is answered.

use super::{World, multipart};
use scraper::{Html, Selector};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Mutex};

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

impl<'a> Browser<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        Self { world, cookies: Mutex::default(), csrf: Mutex::default() }
    }

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
