//! The rules of request fields: an unknown, empty, null, too long or wrongly shaped one is `PARAM_ERROR`.

use super::{Asked, Refusal};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a body that may hold only known fields, and no null.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let value: Value =
        serde_json::from_slice(body).map_err(|_| Refusal::new(400, "PARAM_ERROR", "请求体不是合法的JSON"))?;
    if has_null(&value) {
        return Err(Refusal::field("", Value::Null, "null is not allowed"));
    }
    serde_json::from_value(value).map_err(|error| {
        let issue = error.to_string();
        let message =
            if issue.contains("unknown field") { "参数中含有非法的额外参数" } else { "参数错误" };
        Refusal { message: message.into(), ..Refusal::field("", Value::Null, &issue) }
    })
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.iter().any(has_null),
        Value::Object(fields) => fields.values().any(has_null),
        _ => false,
    }
}

/// A text of a length in characters.
pub(super) fn length(field: &str, value: &str, least: usize, most: usize) -> Result<(), Refusal> {
    match (least..=most).contains(&value.chars().count()) {
        true => Ok(()),
        false => Err(Refusal::field(field, value, "length is out of range")),
    }
}

/// A merchant's number: letters, digits and a few signs.
pub(super) fn number(field: &str, value: &str, least: usize, most: usize, signs: &str) -> Result<(), Refusal> {
    length(field, value, least, most)?;
    match value.chars().all(|c| c.is_ascii_alphanumeric() || signs.contains(c)) {
        true => Ok(()),
        false => Err(Refusal::field(field, value, "contains characters that are not allowed")),
    }
}

/// `mchid` in a body or query must be the one that signed.
pub(super) fn mchid(asked: &Asked<'_>, given: &str) -> Result<(), Refusal> {
    if given == asked.world.config.pay.mchid {
        return Ok(());
    }
    let message = "http header中的mchid与post payload中的mchid不匹配";
    Err(Refusal { message: message.into(), ..Refusal::field("/mchid", given, "mchid does not match") })
}

/// An address that notifications may be sent to: absolute, with a path, without a query; https, or this machine.
pub(super) fn notify_url(asked: &Asked<'_>, given: &str) -> Result<(), Refusal> {
    let wrong = |issue| Err(Refusal::field("/notify_url", given, issue));
    let Ok(url) = url::Url::parse(given) else { return wrong("is not an absolute address") };
    let host = url.host_str().unwrap_or_default();
    let allowed = asked.world.config.notify_allowed.iter().any(|known| known == host);
    if given.len() > 255 || url.query().is_some() || url.path() == "/" {
        return wrong("needs a path, no query, at most 255 characters");
    }
    match allowed && matches!(url.scheme(), "http" | "https") {
        true => Ok(()),
        false => wrong("this sandbox may not call that host"),
    }
}
