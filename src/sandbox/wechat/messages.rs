//! Subscription messages (订阅消息): one accept is one send; each field has its rule.

use super::{Asked, Refusal, token};
use crate::{
    calls::{json, refuse},
    world::{World, random_hex},
};
use poem::{
    Response, handler,
    http::StatusCode,
    web::{Data, Json, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::json as object;
use std::{collections::BTreeMap, sync::Arc};

/// A message that has arrived on a phone.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Message {
    id: String,
    at: String,
    openid: String,
    title: String,
    template_id: String,
    page: String,
    /// `[label, value]` in the template's order.
    data: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    touser: String,
    #[serde(default)]
    template_id: String,
    #[serde(default)]
    page: String,
    #[serde(default)]
    data: BTreeMap<String, Value>,
    #[serde(default)]
    miniprogram_state: String,
}

#[derive(Deserialize)]
struct Value {
    value: String,
}

pub(super) fn send(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    token::check(world, asked)?;
    let wanted: Wanted = asked.posted()?;
    world.person(&wanted.touser).ok_or_else(|| Refusal::new(40003))?;
    let templates = &world.config.wechat.templates;
    let template = templates.iter().find(|known| known.id == wanted.template_id).ok_or_else(|| Refusal::new(40037))?;
    if !["", "formal", "trial", "developer"].contains(&wanted.miniprogram_state.as_str()) {
        return Err(wrong("miniprogram_state invalid"));
    }
    let mut data = Vec::new();
    for (name, label) in &template.fields {
        let value = &wanted.data.get(name).ok_or_else(|| wrong(&format!("data.{name}.value is empty")))?.value;
        if !fits(name, value) {
            return Err(wrong(&format!("data.{name}.value invalid")));
        }
        data.push((label.clone(), value.clone()));
    }
    let message = Message {
        id: random_hex::<8>(),
        at: world.clock.beijing(),
        openid: wanted.touser.clone(),
        title: template.title.clone(),
        template_id: wanted.template_id.clone(),
        page: wanted.page,
        data,
    };
    world.wechat.write(|state| {
        let quota = state.quota.entry(format!("{} {}", wanted.touser, wanted.template_id)).or_default();
        *quota = quota.checked_sub(1).ok_or_else(|| Refusal::new(43101))?;
        state.messages.push(message);
        Ok(json(StatusCode::OK, &object!({"errcode": 0, "errmsg": "ok"})))
    })
}

fn wrong(what: &str) -> Refusal {
    Refusal(47003, format!("argument invalid! {what}"))
}

/// The rule of a field, told by its name without the number.
fn fits(name: &str, value: &str) -> bool {
    let length = value.chars().count();
    let ascii = value.chars().all(|c| c.is_ascii_graphic() || c == ' ');
    let has_digit = value.bytes().any(|b| b.is_ascii_digit());
    let shaped = match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "thing" => length <= 20,
        "number" => length <= 32 && value.chars().all(|c| c.is_ascii_digit() || c == '.'),
        "letter" => length <= 32 && value.chars().all(|c| c.is_ascii_alphabetic()),
        "symbol" => length <= 5 && !value.chars().any(char::is_alphanumeric),
        "character_string" => length <= 32 && ascii,
        "time" | "date" => length <= 32 && has_digit,
        "amount" => amount(value),
        "phone_number" => length <= 17 && value.chars().all(|c| c.is_ascii_digit() || "+-".contains(c)),
        "car_number" => length <= 8,
        "name" => length <= if value.is_ascii() { 20 } else { 10 },
        "phrase" => length <= 5 && value.chars().all(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
        _ => length <= 20,
    };
    shaped && length > 0 && !value.contains(['\n', '\r'])
}

/// One currency sign, at most ten digits, `元` at the end if wanted.
fn amount(value: &str) -> bool {
    let number = value.strip_prefix(['¥', '￥', '$']).unwrap_or(value);
    let number = number.strip_suffix('元').unwrap_or(number);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    (1..=10).contains(&digits) && number.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',')
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribed {
    openid: String,
    template_ids: Vec<String>,
    accept: Vec<String>,
}

/// `wx.requestSubscribeMessage`: what the person ticked.
#[handler]
pub(super) fn phone_subscribe(Data(world): Data<&Arc<World>>, Json(asked): Json<Subscribed>) -> Response {
    if world.person(&asked.openid).is_none() {
        return refuse(StatusCode::NOT_FOUND, "openid: nobody on this desk");
    }
    let known = |id: &String| world.config.wechat.templates.iter().any(|template| template.id == *id);
    if asked.template_ids.len() > 5 || !asked.template_ids.iter().all(known) {
        return refuse(StatusCode::BAD_REQUEST, "template_ids: at most five, all of this mini-program");
    }
    let results: BTreeMap<&String, &str> = world.wechat.write(|state| {
        let mut decide = |id: &String| {
            if !asked.accept.contains(id) {
                return "reject";
            }
            *state.quota.entry(format!("{} {id}", asked.openid)).or_default() += 1;
            "accept"
        };
        asked.template_ids.iter().map(|id| (id, decide(id))).collect()
    });
    json(StatusCode::OK, &results)
}

#[derive(Deserialize)]
struct Of {
    openid: String,
}

/// The messages on one person's phone, newest first.
#[handler]
pub(super) fn phone_messages(Data(world): Data<&Arc<World>>, Query(of): Query<Of>) -> Response {
    let mine = |message: &&Message| message.openid == of.openid;
    world.wechat.read(|state| json(StatusCode::OK, &state.messages.iter().rev().filter(mine).collect::<Vec<_>>()))
}

/// All messages, newest first.
#[handler]
pub(super) fn all_messages(Data(world): Data<&Arc<World>>) -> Response {
    world.wechat.read(|state| json(StatusCode::OK, &state.messages.iter().rev().collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn each_field_keeps_its_rule() {
        for (name, value) in [
            ("thing1", "企业实名认证资料"),
            ("phrase2", "已退回"),
            ("character_string2", "RS20261123000001"),
            ("amount2", "¥450.00"),
            ("amount2", "450.00元"),
            ("time3", "2026年11月23日 15:01"),
        ] {
            assert!(fits(name, value), "{name} {value}");
        }
        for (name, value) in [
            ("thing1", ""),
            ("thing1", "一二三四五六七八九十一二三四五六七八九十一"),
            ("thing1", "两\n行"),
            ("phrase2", "returned"),
            ("character_string2", "中文"),
            ("amount2", "¥12345678901"),
            ("number1", "12a"),
        ] {
            assert!(!fits(name, value), "{name} {value}");
        }
    }
}
