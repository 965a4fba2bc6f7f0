//! What WeChat does with a scanned text (扫一扫): opens the mini-program, a payment, or shows the text.

use super::codes::{CODE_PREFIX, LINK_PREFIX};
use crate::{
    calls::{json, refuse},
    wechat_pay,
    world::World,
};
use poem::{
    Response, handler,
    http::StatusCode,
    web::{Data, Json},
};
use serde::Deserialize;
use serde_json::{Map, Value, json as object};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scanned {
    openid: String,
    text: String,
}

#[handler]
pub(super) fn phone_scan(Data(world): Data<&Arc<World>>, Json(scanned): Json<Scanned>) -> Response {
    if world.person(&scanned.openid).is_none() {
        return refuse(StatusCode::NOT_FOUND, "openid: nobody on this desk");
    }
    let text = scanned.text.trim();
    let meant = ordinary_link(world, text)
        .or_else(|| code(world, text))
        .or_else(|| url_link(world, text))
        .or_else(|| wechat_pay::scanned(world, &scanned.openid, text))
        .unwrap_or_else(|| object!({"kind": "text", "text": text}));
    json(StatusCode::OK, &meant)
}

/// An ordinary link of a published rule: the page gets the whole address in `q`, percent-encoded.
fn ordinary_link(world: &World, text: &str) -> Option<Value> {
    let matches = |prefix: &str| {
        let rest = text.strip_prefix(prefix);
        rest.is_some_and(|rest| prefix.ends_with('/') || rest.is_empty() || rest.starts_with(['?', '&']))
    };
    let rule = world.config.wechat.link_rules.iter().find(|rule| matches(&rule.prefix))?;
    let query = object!({"q": encoded(text), "scancode_time": world.clock.now().timestamp().to_string()});
    Some(object!({"kind": "miniprogram", "path": rule.page, "query": query, "scene": 1011}))
}

/// A mini-program code drawn here.
fn code(world: &World, text: &str) -> Option<Value> {
    let query = text.strip_prefix(CODE_PREFIX)?.strip_prefix(world.config.wechat.appid.as_str())?.strip_prefix('?')?;
    let get = |name: &str| url::form_urlencoded::parse(query.as_bytes()).find(|pair| pair.0 == name).map(|pair| pair.1);
    let (page, scene) = (get("page")?, get("scene")?);
    let path = if page.is_empty() { "pages/home/home" } else { &page };
    Some(object!({"kind": "miniprogram", "path": path, "query": {"scene": encoded(&scene)}, "scene": 1047}))
}

/// A URL link made here and still alive.
fn url_link(world: &World, text: &str) -> Option<Value> {
    let name = text.strip_prefix(LINK_PREFIX)?;
    let link = world.wechat.read(|state| state.links.get(name).cloned())?;
    if link.expires <= world.clock.now() {
        return Some(object!({"kind": "text", "text": "链接已过期"}));
    }
    let pairs = link.query.split('&').filter_map(|pair| pair.split_once('='));
    let query: Map<String, Value> = pairs.map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    Some(object!({"kind": "miniprogram", "path": link.path, "query": query, "scene": 1194}))
}

/// As `encodeURIComponent`: spaces are `%20`.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
