//! 微信人脸核身: an id for one check, what the person with the phone did, and the answer to the product. Strict about the
//! number, the person and the hash, as WeChat is.

use super::{Asked, Refusal, token};
use crate::{
    calls::{json, refuse},
    world::{World, random},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Duration, Utc};
use poem::{
    Response, handler,
    http::StatusCode,
    web::{Data, Json},
};
use serde::{Deserialize, Serialize};
use serde_json::json as object;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A check that was asked for.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Check {
    out_seq_no: String,
    openid: String,
    name: String,
    number: String,
    expires: DateTime<Utc>,
    /// WeChat's word; None until the person is through.
    verify_ret: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    out_seq_no: String,
    openid: String,
    cert_info: CertInfo,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertInfo {
    cert_type: String,
    cert_name: String,
    cert_no: String,
}

pub(super) fn get_verify_id(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    token::check(world, asked)?;
    let wanted: Wanted = asked.posted()?;
    let shaped = |text: &str| {
        (5..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    };
    let card = &wanted.cert_info;
    let right = shaped(&wanted.out_seq_no)
        && card.cert_type == "IDENTITY_CARD"
        && !card.cert_name.is_empty()
        && crate::people::is_id_number(&card.cert_no);
    if !right {
        return Err(Refusal::new(40097));
    }
    if world.person(&wanted.openid).is_none() {
        return Err(Refusal::new(40003));
    }
    let (now, verify_id) = (world.clock.now(), URL_SAFE_NO_PAD.encode(random::<48>()));
    let check = Check {
        out_seq_no: wanted.out_seq_no,
        openid: wanted.openid,
        name: wanted.cert_info.cert_name,
        number: wanted.cert_info.cert_no,
        expires: now + Duration::hours(1),
        verify_ret: None,
    };
    world.wechat.write(|state| {
        if state.checks.values().any(|old| old.out_seq_no == check.out_seq_no) {
            return Err(Refusal::new(84010));
        }
        state.checks.insert(verify_id.clone(), check);
        Ok(())
    })?;
    Ok(json(StatusCode::OK, &object!({"errcode": 0, "errmsg": "ok", "verify_id": verify_id, "expires_in": 3600})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    verify_id: String,
    out_seq_no: String,
    cert_hash: String,
    openid: String,
}

fn hash(check: &Check) -> String {
    let [kind, name, number] =
        ["IDENTITY_CARD", check.name.as_str(), check.number.as_str()].map(|text| STANDARD.encode(text));
    hex::encode(Sha256::digest(format!("cert_type={kind}&cert_name={name}&cert_no={number}")))
}

pub(super) fn query_verify_info(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    token::check(world, asked)?;
    let query: Query = asked.posted()?;
    let check = world.wechat.read(|state| state.checks.get(&query.verify_id).cloned());
    let check = check.ok_or_else(|| Refusal::new(84011))?;
    if check.out_seq_no != query.out_seq_no || check.openid != query.openid || hash(&check) != query.cert_hash {
        return Err(Refusal::new(84012));
    }
    let verify_ret = check.verify_ret.unwrap_or(10300);
    Ok(json(StatusCode::OK, &object!({"errcode": 0, "errmsg": "ok", "verify_ret": verify_ret})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    openid: String,
    verify_id: String,
    /// `look`: the person looks into the camera; `cancel`: the page is closed.
    action: String,
}

/// `wx.requestFacialVerify`: WeChat looks at whoever holds the phone.
#[handler]
pub(super) fn phone_facial_verify(Data(world): Data<&Arc<World>>, Json(shown): Json<Shown>) -> Response {
    let Some(person) = world.person(&shown.openid) else {
        return refuse(StatusCode::NOT_FOUND, "openid: nobody on this desk");
    };
    let now = world.clock.now();
    let said = world.wechat.write(|state| {
        let check = state.checks.get_mut(&shown.verify_id)?;
        if check.openid != shown.openid || check.expires <= now || check.verify_ret == Some(10000) {
            return None;
        }
        let verify_ret = match shown.action.as_str() {
            "look" if person.id_number == check.number && person.name == check.name => 10000,
            "look" => 10004,
            _ => 90002,
        };
        check.verify_ret = Some(verify_ret);
        Some(verify_ret)
    });
    match said {
        Some(verify_ret) => json(StatusCode::OK, &object!({"verify_ret": verify_ret})),
        None => refuse(StatusCode::CONFLICT, "verify_id is unknown, used up, too old, or another person's"),
    }
}
