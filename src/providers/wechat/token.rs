//! The access token (接口调用凭据): kept, renewed five minutes before its end, by one caller while the others wait.

use super::{Client, VENDOR, wire};
use crate::{Error, Result, http::Call};
use chrono::{DateTime, Duration, Utc};
use reqwest::Method;
use serde_json::json;
use tokio::sync::Mutex;
use zhangzheng_kinds::Secret;

/// Keeps one token. The lock is held while a new one is fetched: everybody waits for one call instead of making their own.
#[derive(Debug, Default)]
pub(super) struct Keeper(Mutex<Option<Token>>);

#[derive(Debug)]
struct Token {
    value: Secret,
    /// From then on a new one is asked for. WeChat gives at least 300 seconds.
    renew: DateTime<Utc>,
}

impl Keeper {
    /// The token to use. `spoiled` is one that WeChat has just refused.
    pub(super) async fn get(&self, client: &Client, spoiled: Option<&Secret>) -> Result<Secret> {
        let mut kept = self.0.lock().await;
        let now = client.clock.now();
        if let Some(token) = kept.as_ref()
            && token.renew > now
            && Some(&token.value) != spoiled
        {
            return Ok(token.value.clone());
        }
        let mut answer = fetch(client, false).await?;
        if Some(&answer.0) == spoiled {
            // The stable token is still the refused one: only force gets another (20 times a day).
            answer = fetch(client, true).await?;
        }
        let (value, expires_in) = answer;
        let renew = now + Duration::seconds((expires_in - 300).max(1));
        *kept = Some(Token { value: value.clone(), renew });
        Ok(value)
    }
}

async fn fetch(client: &Client, force_refresh: bool) -> Result<(Secret, i64)> {
    let body = json!({
        "grant_type": "client_credential", "appid": client.config.appid, "secret": client.config.secret.expose(),
        "force_refresh": force_refresh,
    });
    let url = format!("{}/cgi-bin/stable_token", client.base());
    let call = Call::new(VENDOR, "stable_token", Method::POST, url)
        .header("content-type", "application/json")?
        .body(body.to_string());
    let token = client.http.call(call, wire::read::<wire::Token>).await?;
    let sendable = token.access_token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b));
    if token.access_token.is_empty() || !sendable || !(1..=7200).contains(&token.expires_in) {
        return Err(Error::malformed(VENDOR, "the token or its life is not as documented"));
    }
    Ok((Secret::new(token.access_token), token.expires_in))
}
