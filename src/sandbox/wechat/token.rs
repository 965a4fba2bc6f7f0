//! `stable_token` (稳定版接口调用凭据), and the check of the token on every call.

use super::{Asked, Refusal};
use crate::{
    calls::json,
    world::{World, random},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use poem::{Response, http::StatusCode};
use serde::{Deserialize, Serialize};

/// A token lives two hours; a new one is given out in its last five minutes, while the old one still works.
const LIFE: Duration = Duration::seconds(7200);
const OVERLAP: Duration = Duration::seconds(300);

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Token {
    value: String,
    pub(super) expires: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    appid: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    force_refresh: bool,
}

pub(super) fn stable_token(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    let wanted: Wanted = asked.posted()?;
    if wanted.grant_type != "client_credential" {
        return Err(Refusal::new(40002));
    }
    credentials(world, &wanted.appid, &wanted.secret)?;
    let now = world.clock.now();
    let token = world.wechat.write(|state| {
        if wanted.force_refresh {
            allow_force(&mut state.forced, now)?;
            state.tokens.clear();
        }
        state.tokens.retain(|token| token.expires + Duration::days(1) > now);
        if let Some(token) = state.tokens.iter().find(|token| token.expires - OVERLAP > now) {
            return Ok(token.clone());
        }
        let token = Token { value: format!("90_{}", URL_SAFE_NO_PAD.encode(random::<96>())), expires: now + LIFE };
        state.tokens.push(token.clone());
        Ok(token)
    })?;
    let expires_in = (token.expires - now).num_seconds();
    Ok(json(StatusCode::OK, &serde_json::json!({"access_token": token.value, "expires_in": expires_in})))
}

/// Twenty forced refreshes a day, thirty seconds apart.
fn allow_force(forced: &mut Vec<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), Refusal> {
    forced.retain(|at| *at + Duration::days(1) > now);
    if forced.len() >= 20 {
        return Err(Refusal::new(45009));
    }
    if forced.last().is_some_and(|last| *last + Duration::seconds(30) > now) {
        return Err(Refusal::new(45011));
    }
    forced.push(now);
    Ok(())
}

/// The appid and its secret.
pub(super) fn credentials(world: &World, appid: &str, secret: &str) -> Result<(), Refusal> {
    let wechat = &world.config.wechat;
    match () {
        () if appid.is_empty() => Err(Refusal::new(41002)),
        () if secret.is_empty() => Err(Refusal::new(41004)),
        () if appid != wechat.appid => Err(Refusal::new(40013)),
        () if secret != wechat.secret => Err(Refusal::new(40125)),
        () => Ok(()),
    }
}

/// The `access_token` of a call.
pub(super) fn check(world: &World, asked: &Asked) -> Result<(), Refusal> {
    let given = asked.parameter("access_token");
    if given.is_empty() {
        return Err(Refusal::new(41001));
    }
    if !given.starts_with("90_") || given.len() < 64 {
        return Err(Refusal::new(40014));
    }
    let now = world.clock.now();
    world.wechat.read(|state| match state.tokens.iter().find(|token| token.value == given) {
        None => Err(Refusal::new(40001)),
        Some(token) if token.expires <= now => Err(Refusal::new(42001)),
        Some(_) => Ok(()),
    })
}
