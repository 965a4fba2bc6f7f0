//! Who may ask: the headers, the clock, the serial and the signature of each request; and the signature of each answer.

use super::{Answered, Asked, Refusal, VENDOR, bills, fapiao, keys::Signer};
use crate::{
    calls::{Outcome, json},
    faults::{Common, Kind},
    world::{World, random_hex},
};
use poem::{Request, Response, http::HeaderValue, http::StatusCode};
use serde_json::json as object;
use std::collections::BTreeMap;

const SCHEME: &str = "WECHATPAY2-SHA256-RSA2048";
/// The word of the fault that makes a probe.
const SIGNTEST: &str = "signtest";

/// Checks the request, performs it, signs the answer.
pub(super) fn answer(
    world: &World,
    operation: &str,
    request: &Request,
    body: &[u8],
    perform: impl FnOnce(&Asked<'_>) -> Answered,
) -> Response {
    let checked = entitled(world, operation, request, body).and_then(|()| signer(world, request));
    let answered = checked.and_then(|signer| {
        if let Some(word) = refusal_asked(world, operation) {
            return Err(Refusal::named(&word));
        }
        let query = request.uri().query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let body = perform(&Asked { world, query, body })?;
        Ok((signer, body))
    });
    let mut response = match answered {
        Ok((signer, body)) => success(world, operation, signer, body),
        Err(refusal) => {
            let mut response = json(refusal.status, &refusal.body());
            response.set_data(Outcome(refusal.code));
            response
        }
    };
    let silent = response.status() == StatusCode::UNAUTHORIZED && is_transaction(operation);
    if !silent {
        let id = format!("08{}-268435456", random_hex::<12>().to_ascii_uppercase());
        response.headers_mut().insert("Request-ID", header(&id));
    }
    response
}

/// Whether the merchant asks: headers, clock, serial and signature.
pub(super) fn entitled(world: &World, operation: &str, request: &Request, body: &[u8]) -> Result<(), Refusal> {
    headers(request, operation).and_then(|()| signed(world, request, body))
}

/// Outcomes that are no refusals: the operation itself takes them.
fn is_refusal(word: &str) -> bool {
    ![SIGNTEST, fapiao::ISSUE_FAILED, fapiao::REVERSE_FAILED].contains(&word) && !bills::FAULTS.contains(&word)
}

/// The refusal a fault asks for.
fn refusal_asked(world: &World, operation: &str) -> Option<String> {
    let refusal = |kind: &Kind| match kind {
        Kind::Outcome(word) => is_refusal(word),
        Kind::Common(common) => *common == Common::RateLimited,
    };
    match world.faults.take(VENDOR, operation, refusal)?.kind {
        Kind::Outcome(word) => Some(word),
        Kind::Common(_) => Some("rate_limited".into()),
    }
}

/// The transactions' own family answers a bad request differently from the others.
fn is_transaction(operation: &str) -> bool {
    matches!(operation, "jsapi" | "native" | "query" | "query_by_id" | "close")
}

fn headers(request: &Request, operation: &str) -> Result<(), Refusal> {
    let has = |name: &str| request.header(name).is_some_and(|value| !value.trim().is_empty());
    if has("user-agent") && has("accept") {
        return Ok(());
    }
    Err(match is_transaction(operation) {
        true => sign_error("签名信息错误，验签失败"),
        false => Refusal::new(400, "INVALID_REQUEST", "Http头缺少Accept或User-Agent"),
    })
}

fn sign_error(message: &str) -> Refusal {
    Refusal::new(401, "SIGN_ERROR", message)
}

/// Authorization: its form, then the clock, then the merchant and serial, then the signature.
fn signed(world: &World, request: &Request, body: &[u8]) -> Result<(), Refusal> {
    let garbled = || sign_error("Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》");
    let authorization = request.header("authorization").ok_or_else(garbled)?;
    let (scheme, rest) = authorization.split_once(' ').ok_or_else(garbled)?;
    if scheme != SCHEME {
        return Err(sign_error("HTTP头Authorization认证类型不正确"));
    }
    let pairs = pairs(rest).filter(|pairs| pairs.len() == 5).ok_or_else(garbled)?;
    let get = |name: &str| pairs.get(name).copied().ok_or_else(garbled);
    let (mchid, nonce, signature) = (get("mchid")?, get("nonce_str")?, get("signature")?);
    let (timestamp, serial) = (get("timestamp")?, get("serial_no")?);
    let at: i64 = timestamp.parse().map_err(|_| garbled())?;
    if (world.clock.now().timestamp() - at).abs() > 300 {
        return Err(sign_error("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟"));
    }
    if mchid != world.config.pay.mchid || serial != world.config.pay.merchant_serial {
        return Err(sign_error("商户证书序列号有误。请使用签名私钥匹配的证书序列号"));
    }
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let text = std::str::from_utf8(body).map_err(|_| sign_error("签名错误"))?;
    let message = format!("{}\n{target}\n{timestamp}\n{nonce}\n{text}\n", request.method());
    if world.pay_keys.merchant_signed(&message, signature) {
        return Ok(());
    }
    let information = object!({
        "method": request.method().as_str(), "url": target, "sign_message_length": message.len(),
        "truncated_sign_message": message.chars().take(60).collect::<String>(),
    });
    let detail = object!({
        "detail": {"issue": "sign not match"}, "field": "signature", "location": "authorization",
        "sign_information": information,
    });
    Err(Refusal { detail: Some(detail), ..sign_error("签名错误") })
}

/// `a="b",c="d"`: no spaces, double quotes.
fn pairs(text: &str) -> Option<BTreeMap<&str, &str>> {
    let pair = |text| {
        let (name, value): (&str, &str) = str::split_once(text, '=')?;
        Some((name, value.strip_prefix('"')?.strip_suffix('"')?))
    };
    text.split(',').map(pair).collect()
}

/// Which key the answer is to be signed with: the one the request names.
fn signer(world: &World, request: &Request) -> Result<Signer, Refusal> {
    let pay = &world.config.pay;
    match request.header("wechatpay-serial") {
        Some(serial) if serial == pay.public_key_id => Ok(Signer::PublicKeyMode),
        Some(serial) if serial == pay.platform_serial && pay.has_platform_certificates => Ok(Signer::Platform),
        Some(_) => Err(Refusal::new(400, "PARAM_ERROR", "平台证书序列号Wechatpay-Serial错误")),
        None if pay.has_platform_certificates => Ok(Signer::Platform),
        None => Ok(Signer::PublicKeyMode),
    }
}

fn success(world: &World, operation: &str, signer: Signer, body: Option<serde_json::Value>) -> Response {
    let text = body.map(|body| body.to_string()).unwrap_or_default();
    let status = match operation {
        "fapiao_issue" | "fapiao_reverse" => StatusCode::ACCEPTED,
        _ if text.is_empty() => StatusCode::NO_CONTENT,
        _ => StatusCode::OK,
    };
    let mut response = Response::builder().status(status).finish();
    let mut word = "ok";
    let mut headers = signature_headers(world, signer, &text);
    if world.faults.is_due(VENDOR, operation, Common::BadSignature) {
        headers[2].1 = super::notify::spoiled(&headers[2].1);
        word = "fault bad_signature";
    } else if is_probe_due(world, operation) {
        headers[2].1 = probe(&headers[2].1);
        word = "probe SIGNTEST";
    }
    for (name, value) in headers {
        response.headers_mut().insert(name, header(&value));
    }
    if status == StatusCode::OK {
        response.headers_mut().insert("content-type", HeaderValue::from_static("application/json; charset=utf-8"));
        response.set_body(text);
    }
    response.set_data(Outcome(word.into()));
    response
}

/// Whether WeChat Pay's own probe of our verification is asked for (a fault named `signtest`).
pub(super) fn is_probe_due(world: &World, operation: &str) -> bool {
    world.faults.take(VENDOR, operation, |kind| *kind == Kind::Outcome(SIGNTEST.into())).is_some()
}

/// What the probe's wrong signature looks like: as long as a right one.
pub(super) fn probe(signature: &str) -> String {
    format!("WECHATPAY/SIGNTEST/{}", signature.get(19..).unwrap_or_default())
}

/// The five headers of an answer or notification: timestamp, nonce, signature, serial, type.
pub(super) fn signature_headers(world: &World, signer: Signer, body: &str) -> [(&'static str, String); 5] {
    let pay = &world.config.pay;
    let (timestamp, nonce) = (world.clock.now().timestamp(), random_hex::<16>());
    let signature = world.pay_keys.sign(signer, format!("{timestamp}\n{nonce}\n{body}\n").as_bytes());
    let serial = if signer == Signer::Platform { &pay.platform_serial } else { &pay.public_key_id };
    [
        ("Wechatpay-Timestamp", timestamp.to_string()),
        ("Wechatpay-Nonce", nonce),
        ("Wechatpay-Signature", signature),
        ("Wechatpay-Serial", serial.clone()),
        ("Wechatpay-Signature-Type", SCHEME.into()),
    ]
}

fn header(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).expect("made of ASCII here")
}
