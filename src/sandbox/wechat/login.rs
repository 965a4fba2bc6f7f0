//! `wx.login` and the shared mobile number: codes that live five minutes and work once.

use super::{Asked, Refusal, stranger, token};
use crate::{
    calls::json,
    world::{World, random, random_hex},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Duration, Utc};
use poem::{
    Response, handler,
    http::StatusCode,
    web::{Data, Json},
};
use serde::{Deserialize, Serialize};
use serde_json::json as object;
use std::sync::Arc;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Code {
    openid: String,
    purpose: Purpose,
    expires: DateTime<Utc>,
    used: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    Login,
    PhoneNumber,
}

pub(super) fn code_to_session(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    token::credentials(world, asked.parameter("appid"), asked.parameter("secret"))?;
    if asked.parameter("grant_type") != "authorization_code" {
        return Err(Refusal::new(40002));
    }
    let openid = redeem(world, asked.parameter("js_code"), Purpose::Login)?;
    let session_key = STANDARD.encode(random::<16>());
    Ok(json(StatusCode::OK, &object!({"openid": openid, "session_key": session_key})))
}

#[derive(Deserialize)]
struct PhoneCode {
    #[serde(default)]
    code: String,
    openid: Option<String>,
}

pub(super) fn phone_number(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    token::check(world, asked)?;
    let wanted: PhoneCode = asked.posted()?;
    let openid = redeem(world, &wanted.code, Purpose::PhoneNumber)?;
    if wanted.openid.is_some_and(|wanted| wanted != openid) {
        return Err(Refusal::new(40029));
    }
    let person = world.person(&openid).ok_or_else(|| Refusal::new(40029))?;
    let watermark = object!({"timestamp": world.clock.now().timestamp(), "appid": world.config.wechat.appid});
    let info = object!({
        "phoneNumber": person.mobile, "purePhoneNumber": person.mobile, "countryCode": "86", "watermark": watermark,
    });
    Ok(json(StatusCode::OK, &object!({"errcode": 0, "errmsg": "ok", "phone_info": info})))
}

/// Uses a code up: once, in its time, for its purpose.
fn redeem(world: &World, code: &str, purpose: Purpose) -> Result<String, Refusal> {
    let now = world.clock.now();
    world.wechat.write(|state| {
        let code = state.codes.get_mut(code).filter(|code| code.purpose == purpose && code.expires > now);
        let code = code.ok_or_else(|| Refusal::new(40029))?;
        if std::mem::replace(&mut code.used, true) {
            return Err(Refusal::new(40163));
        }
        Ok(code.openid.clone())
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Holder {
    openid: String,
    appid: String,
}

/// `wx.login`.
#[handler]
pub(super) fn phone_login(Data(world): Data<&Arc<World>>, Json(holder): Json<Holder>) -> Response {
    give_code(world, &holder, Purpose::Login)
}

/// The button that shares the mobile number.
#[handler]
pub(super) fn phone_share_number(Data(world): Data<&Arc<World>>, Json(holder): Json<Holder>) -> Response {
    give_code(world, &holder, Purpose::PhoneNumber)
}

fn give_code(world: &World, holder: &Holder, purpose: Purpose) -> Response {
    if let Some(refused) = stranger(world, &holder.appid, &holder.openid) {
        return refused;
    }
    let (now, code) = (world.clock.now(), format!("0{}", random_hex::<16>()));
    let expires = now + Duration::minutes(5);
    world.wechat.write(|state| {
        state.codes.retain(|_, code| code.expires + Duration::hours(1) > now);
        let openid = holder.openid.clone();
        state.codes.insert(code.clone(), Code { openid, purpose, expires, used: false });
    });
    json(StatusCode::OK, &object!({"code": code}))
}
