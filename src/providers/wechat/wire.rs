//! WeChat's own shapes. The HTTP status is 200 even for a refusal; `errcode` tells.

use super::{VENDOR, refusal};
use crate::{Error, Result, http::Reply};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// What every JSON answer may carry.
#[derive(Deserialize)]
pub(super) struct Envelope {
    #[serde(default)]
    pub(super) errcode: i64,
    pub(super) errmsg: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) access_token: String,
    pub(super) expires_in: i64,
}

#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) openid: String,
    pub(super) unionid: Option<String>,
    pub(super) session_key: String,
}

#[derive(Deserialize)]
pub(super) struct PhoneNumber {
    pub(super) phone_info: PhoneInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhoneInfo {
    pub(super) pure_phone_number: String,
    /// A text in the current documentation, a number in an older one.
    pub(super) country_code: Value,
    pub(super) watermark: Watermark,
}

#[derive(Deserialize)]
pub(super) struct Watermark {
    pub(super) appid: String,
}

#[derive(Deserialize)]
pub(super) struct UrlLink {
    pub(super) url_link: String,
}

/// Reads an answer: the refusal if there is one, else the shape.
pub(super) fn read<T: DeserializeOwned>(reply: &mut Reply) -> Result<T> {
    if !reply.status.is_success() {
        return Err(Error::unavailable(VENDOR, format!("http {}", reply.status.as_u16())));
    }
    let envelope: Envelope = reply.json()?;
    let rid = envelope.errmsg.as_deref().and_then(|text| text.rsplit_once("rid: "));
    if let Some((_, rid)) = rid {
        reply.request_id = Some(rid.trim().to_owned());
    }
    if envelope.errcode != 0 {
        return Err(refusal(&envelope));
    }
    reply.json()
}
