//! WeChat's server API for mini-programs (微信小程序服务端): sign-in, mobile number, mini-program code, message, URL link.

mod face;
mod fit;
mod token;
mod wire;

pub use face::FaceCheck;
pub use fit::fit;

use crate::{
    Error, Http, Result,
    http::{self, Call},
};
use chrono::Duration;
use reqwest::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wire::Envelope;
use zhangzheng_kinds::{Clock, Mobile, Secret};

/// The name in logs and errors.
const VENDOR: &str = "wechat";

/// The mini-program's credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `https://api.weixin.qq.com`.
    pub base_url: String,
    pub appid: String,
    pub secret: Secret,
    /// Our name of a message → the id of the template chosen in the mini-program's console.
    #[serde(default)]
    pub templates: BTreeMap<String, String>,
}

impl Config {
    /// Whether this is a sandbox on this machine: a production server refuses to start with one.
    pub fn is_sandbox(&self) -> bool {
        http::is_loopback(&self.base_url)
    }
}

/// A client. It keeps one access token and renews it for everybody at once.
#[derive(Debug)]
pub struct Client {
    http: Http,
    config: Config,
    clock: Clock,
    token: token::Keeper,
}

/// Who has signed in.
#[derive(Debug)]
pub struct Session {
    /// The person, as this mini-program knows them. Payments need the same one.
    pub openid: String,
    /// Only when the mini-program is bound to an open-platform account.
    pub unionid: Option<String>,
    /// Never leaves the server.
    pub session_key: Secret,
}

/// A mini-program code to show.
#[derive(Debug)]
pub struct Picture {
    pub content_type: String,
    pub bytes: bytes::Bytes,
}

/// A mini-program code wanted.
#[derive(Debug, Clone)]
pub struct Code<'a> {
    /// 1 to 32 characters of `0-9A-Za-z!#$&'()*+,/:;=?@-._~`: a random ticket, never personal data.
    pub scene: &'a str,
    /// Without a slash at the beginning and without a query.
    pub page: &'a str,
    /// 280 to 1280 pixels.
    pub width: u16,
    /// Whether the page must exist in the released version.
    pub check_path: bool,
}

/// A subscription message (订阅消息).
#[derive(Debug)]
pub struct Message<'a> {
    pub openid: &'a str,
    /// Our name of the template, as in [`Config::templates`].
    pub template: &'a str,
    /// The page a tap opens, with its query.
    pub page: &'a str,
    /// Field → value, such as `thing1`. Values are cut to the field's rule by [`fit`].
    pub fields: &'a [(&'a str, &'a str)],
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    Sent,
    /// The person has not ticked, or has used up the tick: normal, and not to be repeated.
    NotSubscribed,
}

impl Client {
    /// A client for one mini-program.
    pub fn new(config: Config, http: Http, clock: Clock) -> Self {
        Self { http, config, clock, token: token::Keeper::default() }
    }

    /// The mini-program's id.
    pub fn appid(&self) -> &str {
        &self.config.appid
    }

    /// The template id of one of our messages, for the phone's question.
    pub fn template(&self, name: &str) -> Option<&str> {
        self.config.templates.get(name).map(String::as_str)
    }

    /// Exchanges the code of `wx.login` (five minutes, once) for the person. `None`: the code is no good, ask for a new one.
    ///
    /// # Errors
    /// `Refused` with 40226 when WeChat blocks this person; else see [`Error`].
    pub async fn session(&self, js_code: &str) -> Result<Option<Session>> {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("appid", &self.config.appid)
            .append_pair("secret", self.config.secret.expose())
            .append_pair("js_code", js_code)
            .append_pair("grant_type", "authorization_code")
            .finish();
        let url = format!("{}/sns/jscode2session?{query}", self.base());
        let call = Call::new(VENDOR, "jscode2session", Method::GET, url);
        let read = self.http.call(call, wire::read::<wire::Session>).await;
        let session = unless(&[40029, 40163], read)?;
        Ok(session.map(|s| Session { openid: s.openid, unionid: s.unionid, session_key: Secret::new(s.session_key) }))
    }

    /// Exchanges the code of the phone-number button for the number. `None`: the code is no good, ask again.
    ///
    /// # Errors
    /// `Refused` with `not_mainland` when the number is not a mainland mobile; else see [`Error`].
    pub async fn mobile(&self, code: &str) -> Result<Option<Mobile>> {
        let path = "/wxa/business/getuserphonenumber";
        let answer = self.ask::<wire::PhoneNumber>("getuserphonenumber", path, &json!({"code": code})).await;
        let Some(answer) = unless(&[40029, 40163], answer)? else { return Ok(None) };
        let info = answer.phone_info;
        if info.watermark.appid != self.config.appid {
            return Err(Error::untrusted(VENDOR, "the number is watermarked for another mini-program"));
        }
        let mainland = matches!(&info.country_code, Value::String(code) if code == "86") || info.country_code == 86;
        let refused = || Error::refused(VENDOR, "not_mainland", "the number is not a mainland mobile");
        let mobile = Mobile::parse(&info.pure_phone_number).map_err(|_| refused())?;
        if mainland { Ok(Some(mobile)) } else { Err(refused()) }
    }

    /// Draws a mini-program code that opens a page with a scene.
    ///
    /// # Errors
    /// `Refused` with WeChat's code when scene or page break its rules; else see [`Error`].
    pub async fn code(&self, wanted: &Code<'_>) -> Result<Picture> {
        let body = json!({
            "scene": wanted.scene, "page": wanted.page, "width": wanted.width, "check_path": wanted.check_path,
        });
        self.with_token("getwxacodeunlimit", "/wxa/getwxacodeunlimit", &body, |reply| {
            let kind = reply.header("content-type").unwrap_or_default();
            if kind.starts_with("image/") && !reply.body.starts_with(b"{") {
                return Ok(Picture { content_type: kind.to_owned(), bytes: reply.body.clone() });
            }
            wire::read::<wire::Nothing>(reply)?;
            Err(Error::malformed(VENDOR, "neither a picture nor a refusal"))
        })
        .await
    }

    /// Makes a link (for SMS, mail, web) that opens a page of the mini-program. It lives for `life`, a minute to 30 days.
    ///
    /// # Errors
    /// `Refused` with WeChat's code; else see [`Error`].
    pub async fn url_link(&self, path: &str, query: &str, life: Duration) -> Result<String> {
        let until = (self.clock.now() + life).timestamp();
        let body = json!({"path": path, "query": query, "expire_type": 0, "expire_time": until});
        Ok(self.ask::<wire::UrlLink>("generate_urllink", "/wxa/generate_urllink", &body).await?.url_link)
    }

    /// Sends a subscription message.
    ///
    /// # Errors
    /// `Misconfigured` when the template is not in the settings; else see [`Error`].
    pub async fn send(&self, message: &Message<'_>) -> Result<Sent> {
        let missing = || Error::misconfigured(VENDOR, format!("no template is set for {}", message.template));
        let template_id = self.template(message.template).ok_or_else(missing)?;
        let field = |(name, value): &(&str, &str)| ((*name).to_owned(), json!({"value": fit(name, value)}));
        let data: serde_json::Map<String, Value> = message.fields.iter().map(field).collect();
        let body = json!({
            "touser": message.openid, "template_id": template_id, "page": message.page, "data": data, "lang": "zh_CN",
        });
        let sent = self.ask::<wire::Nothing>("send", "/cgi-bin/message/subscribe/send", &body).await;
        Ok(unless(&[43101], sent)?.map_or(Sent::NotSubscribed, |_| Sent::Sent))
    }

    fn base(&self) -> &str {
        self.config.base_url.trim_end_matches('/')
    }

    async fn ask<T: DeserializeOwned>(&self, operation: &'static str, path: &str, body: &Value) -> Result<T> {
        self.with_token(operation, path, body, wire::read::<T>).await
    }

    /// Posts with the access token; a token that WeChat no longer takes is renewed and the call repeated, once.
    async fn with_token<T>(
        &self,
        operation: &'static str,
        path: &str,
        body: &Value,
        read: impl Fn(&mut crate::http::Reply) -> Result<T>,
    ) -> Result<T> {
        let mut spoiled = None;
        loop {
            let token = self.token.get(self, spoiled.as_ref()).await?;
            let url = format!("{}{path}?access_token={}", self.base(), token.expose());
            let call = Call::new(VENDOR, operation, Method::POST, url)
                .header("content-type", "application/json")?
                .body(body.to_string());
            match self.http.call(call, &read).await {
                Err(Error::Refused { code, .. }) if spoiled.is_none() && is_about_the_token(&code) => {
                    spoiled = Some(token)
                }
                Err(Error::Refused { code, message, .. }) if is_about_the_token(&code) => {
                    return Err(Error::unavailable(VENDOR, format!("a new token was refused: {code} {message}")));
                }
                result => return result,
            }
        }
    }
}

fn is_about_the_token(code: &str) -> bool {
    ["40001", "40014", "42001"].contains(&code)
}

/// Some refusals are answers: they become `None`.
fn unless<T>(answers: &[i64], result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Refused { code, .. }) if answers.iter().any(|answer| code == answer.to_string()) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What a refusal means for us.
fn refusal(envelope: &Envelope) -> Error {
    let (code, message) = (envelope.errcode, envelope.errmsg.clone().unwrap_or_default());
    match code {
        -1 | 45009 | 45011 | 43108 | 44990 | 44993 => Error::unavailable(VENDOR, format!("{code} {message}")),
        40002 | 40013 | 40125 | 40164 | 40243 | 41002 | 41004 | 48001 | 48004 | 50002 | 61004 => {
            Error::misconfigured(VENDOR, format!("{code} {message}"))
        }
        _ => Error::refused(VENDOR, code.to_string(), message),
    }
}
