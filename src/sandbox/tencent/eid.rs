//! E证通: a token for one check, what the person did in the other mini-program, and the result. Name and number come from
//! whoever asks (`InputType` 4); the words of the result do not repeat them, as at the vendor.

use super::{Answer, Refusal, parameters};
use crate::{
    calls::{json, refuse},
    samples,
    world::{World, random_hex},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use poem::{
    Response, handler,
    http::StatusCode,
    web::{Data, Json},
};
use serde::{Deserialize, Serialize};
use serde_json::json as object;
use std::sync::Arc;

/// The one merchant of the sandbox.
pub(crate) const MERCHANT: &str = "00000000000000000000000000000001";
/// Seconds.
const LIFE: i64 = 600;
/// Results may be pulled for three days.
const KEPT: i64 = 3 * 86_400;

/// A check that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Eid {
    token: String,
    name: String,
    number: String,
    extra: String,
    /// Unix seconds.
    issued_at: i64,
    /// Who looked into the camera, if anybody has.
    openid: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetEidToken {
    merchant_id: String,
    id_card: Option<String>,
    name: Option<String>,
    #[serde(default)]
    extra: String,
    #[serde(rename = "RedirectUrl")]
    _redirect_url: Option<String>,
    config: Option<Settings>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    input_type: Option<String>,
}

pub(super) fn token(world: &World, body: &[u8]) -> Answer {
    let asked: GetEidToken = parameters(body)?;
    let wrong = |message: &str| Refusal::new("InvalidParameterValue", message);
    if asked.merchant_id != MERCHANT {
        return Err(Refusal::new("FailedOperation.UnregisteredEid", "未注册的E证通商户"));
    }
    let by_caller = asked.config.and_then(|config| config.input_type).as_deref() == Some("4");
    let (Some(number), Some(name), true) = (asked.id_card, asked.name, by_caller) else {
        return Err(wrong("the sandbox knows InputType 4 only: Name and IdCard by the caller."));
    };
    if !crate::people::is_id_number(&number) || name.is_empty() || asked.extra.len() > 1024 {
        return Err(wrong("IdCard, Name or Extra is not right."));
    }
    let (issued_at, token) = (world.clock.now().timestamp(), random_hex::<16>().to_ascii_uppercase());
    let eid = Eid { token: token.clone(), name, number, extra: asked.extra, issued_at, openid: None };
    world.tencent.write(|state| {
        state.eids.retain(|old| issued_at - old.issued_at < KEPT);
        state.eids.push(eid);
    });
    Ok(object!({"EidToken": token, "Url": format!("https://eid.faceid.qq.com/?token={token}")}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetEidResult {
    eid_token: String,
    #[serde(default)]
    info_type: String,
    #[serde(rename = "BestFramesCount")]
    _best_frames_count: Option<u32>,
}

pub(super) fn result(world: &World, body: &[u8]) -> Answer {
    let asked: GetEidResult = parameters(body)?;
    let now = world.clock.now().timestamp();
    let found = world.tencent.read(|state| state.eids.iter().find(|eid| eid.token == asked.eid_token).cloned());
    let eid = found.ok_or_else(|| Refusal::bare("InvalidParameterValue.BizTokenIllegal"))?;
    if now - eid.issued_at >= KEPT {
        return Err(Refusal::bare("InvalidParameterValue.BizTokenExpired"));
    }
    let looked = eid.openid.as_deref().and_then(|openid| world.person(openid));
    let Some(person) = looked else {
        return Ok(object!({"Text": {"ErrCode": null, "Extra": eid.extra, "IdCard": "", "Name": ""}}));
    };
    let same = person.id_number == eid.number && person.name == eid.name;
    let (code, compared, sim) = if same { (0, 0, "96.15") } else { (2004, 2004, "26.04") };
    let text = object!({
        "ErrCode": code, "ErrMsg": if same { "成功" } else { "比对相似度未达到通过标准" }, "LiveStatus": 0,
        "Comparestatus": compared, "Sim": sim, "Extra": eid.extra, "IdCard": "", "Name": "",
    });
    let mut answer = object!({"Text": text});
    if same && (asked.info_type.contains('3') || asked.info_type.contains('0')) {
        let female = person.id_number.as_bytes()[16].is_multiple_of(2);
        let frame = samples::face_frame(&person.openid, u64::from(person.portrait_seed), female, 0.1);
        answer["BestFrame"] = object!({"BestFrame": STANDARD.encode(frame), "BestFrames": []});
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Started {
    openid: String,
    token: String,
}

/// `startEid`: the other mini-program looks at whoever holds the phone.
#[handler]
pub(super) fn phone_eid(Data(world): Data<&Arc<World>>, Json(started): Json<Started>) -> Response {
    if world.person(&started.openid).is_none() {
        return refuse(StatusCode::NOT_FOUND, "openid: nobody on this desk");
    }
    let now = world.clock.now().timestamp();
    let done = world.tencent.write(|state| {
        let eid = state.eids.iter_mut().find(|eid| eid.token == started.token && eid.openid.is_none())?;
        (now - eid.issued_at <= LIFE).then(|| eid.openid = Some(started.openid.clone()))
    });
    match done {
        Some(()) => json(StatusCode::OK, &object!({"token": started.token, "verifyDone": true})),
        None => refuse(StatusCode::CONFLICT, "the token is unknown, used up or too old"),
    }
}
