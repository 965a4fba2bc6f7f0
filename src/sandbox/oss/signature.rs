//! Whether a request is signed by the bucket's key: OSS4-HMAC-SHA256 and the older OSS (HMAC-SHA1), each in the
//! Authorization header or in the address.

use super::Refusal;
use crate::config::OssConfig;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, NaiveDateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use poem::http::{HeaderMap, Uri};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const SKEW: i64 = 15 * 60;
/// Sub-resources that the older signature covers, of those this sandbox could meet.
const SIGNED_V1: [&str; 10] = [
    "acl",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "security-token",
    "versionId",
    "x-oss-process",
];

/// A request, decoded once.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// Decoded, `/bucket/key`.
    pub(super) path: String,
    query: Vec<(String, Option<String>)>,
    headers: &'a HeaderMap,
}

impl<'a> Asked<'a> {
    pub(super) fn read(method: &'a str, uri: &Uri, headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let path = decode(uri.path()).ok_or_else(|| argument("The object name is not UTF-8."))?;
        let mut query = Vec::new();
        for pair in uri.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value)));
            let read = |text: &str| decode(text).ok_or_else(|| argument("The query is not UTF-8."));
            query.push((read(name)?, value.map(read).transpose()?));
        }
        Ok(Self { method, path, query, headers })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(found, _)| found == name)?.1.as_deref()
    }
}

/// Accepts what the key has signed now, or explains as the vendor does why not.
pub(super) fn verify(asked: &Asked, config: &OssConfig, now: DateTime<Utc>) -> Result<(), Refusal> {
    let authorization = asked.header("authorization");
    match authorization {
        Some(text) if text.starts_with("OSS4-HMAC-SHA256 ") => v4_header(asked, config, now, text),
        Some(text) if text.starts_with("OSS ") => v1_header(asked, config, now, text),
        Some(_) => Err(argument("The authorization header is malformed.")),
        None if asked.parameter("x-oss-signature-version").is_some() => v4_query(asked, config, now),
        None if asked.parameter("Signature").is_some() => v1_query(asked, config, now),
        None => Err(denied("Anonymous access is forbidden for this operation.", "0003-00000001")),
    }
}

fn v4_header(asked: &Asked, config: &OssConfig, now: DateTime<Utc>, text: &str) -> Result<(), Refusal> {
    let part = |name: &str| {
        let rest = text.strip_prefix("OSS4-HMAC-SHA256 ").unwrap_or_default();
        rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let malformed = || argument("The authorization header is malformed.");
    let (credential, signature) = (part("Credential").ok_or_else(malformed)?, part("Signature").ok_or_else(malformed)?);
    let stamp = asked
        .header("x-oss-date")
        .ok_or_else(|| denied("OSS authentication requires a valid Date.", "0002-00000106"))?;
    if asked.header("x-oss-content-sha256") != Some("UNSIGNED-PAYLOAD") {
        return Err(argument("x-oss-content-sha256 must be UNSIGNED-PAYLOAD."));
    }
    if (now - moment(stamp)?).num_seconds().abs() > SKEW {
        return Err(skewed());
    }
    check_v4(asked, config, &V4 { credential, stamp, additional: part("AdditionalHeaders").unwrap_or(""), signature })
}

fn v4_query(asked: &Asked, config: &OssConfig, now: DateTime<Utc>) -> Result<(), Refusal> {
    let need = |name: &str| asked.parameter(name).ok_or_else(|| argument(&format!("{name} is missing.")));
    if need("x-oss-signature-version")? != "OSS4-HMAC-SHA256" {
        return Err(argument("x-oss-signature-version is not supported."));
    }
    let stamp = need("x-oss-date")?;
    let life: i64 = need("x-oss-expires")?.parse().map_err(|_| argument("x-oss-expires is not a number."))?;
    if !(1..=7 * 24 * 3600).contains(&life) {
        return Err(argument("x-oss-expires must be from 1 second to 7 days."));
    }
    let age = (now - moment(stamp)?).num_seconds();
    if age > life || age < -SKEW {
        return Err(denied("Request has expired.", "0002-00000069"));
    }
    let additional = asked.parameter("x-oss-additional-headers").unwrap_or("");
    let (credential, signature) = (need("x-oss-credential")?, need("x-oss-signature")?);
    check_v4(asked, config, &V4 { credential, stamp, additional, signature })
}

struct V4<'a> {
    credential: &'a str,
    stamp: &'a str,
    additional: &'a str,
    signature: &'a str,
}

fn check_v4(asked: &Asked, config: &OssConfig, given: &V4) -> Result<(), Refusal> {
    let (id, scope) = given.credential.split_once('/').ok_or_else(|| argument("The credential is malformed."))?;
    if id != config.access_key_id {
        return Err(unknown_key());
    }
    let day = given.stamp.get(..8).unwrap_or_default();
    let right = format!("{day}/{}/oss/aliyun_v4_request", config.region);
    if scope != right {
        return Err(argument("The credential's scope is not this day, region and service."));
    }
    let canonical = canonical_v4(asked, given.additional);
    let hash = hex::encode(Sha256::digest(canonical.as_bytes()));
    let to_sign = format!("OSS4-HMAC-SHA256\n{}\n{scope}\n{hash}", given.stamp);
    let key = [day, &config.region, "oss", "aliyun_v4_request"]
        .iter()
        .fold(format!("aliyun_v4{}", config.access_key_secret).into_bytes(), |key, part| sha256_mac(&key, part));
    same(&hex::encode(sha256_mac(&key, &to_sign)), given.signature)
}

fn canonical_v4(asked: &Asked, additional: &str) -> String {
    let mut query: Vec<String> = asked
        .query
        .iter()
        .filter(|(name, _)| name != "x-oss-signature")
        .map(|(name, value)| match value {
            Some(value) if !value.is_empty() => format!("{}={}", encode(name, false), encode(value, false)),
            _ => encode(name, false),
        })
        .collect();
    query.sort();
    let listed: Vec<String> =
        additional.split(';').map(str::to_ascii_lowercase).filter(|name| !name.is_empty()).collect();
    let mut lines: Vec<String> = asked
        .headers
        .iter()
        .filter(|(name, _)| {
            let name = name.as_str();
            matches!(name, "content-type" | "content-md5")
                || name.starts_with("x-oss-")
                || listed.iter().any(|l| l == name)
        })
        .map(|(name, value)| format!("{name}:{}\n", String::from_utf8_lossy(value.as_bytes()).trim()))
        .collect();
    lines.sort();
    let (path, query, headers) = (encode(&asked.path, true), query.join("&"), lines.concat());
    format!("{}\n{path}\n{query}\n{headers}\n{}\nUNSIGNED-PAYLOAD", asked.method, listed.join(";"))
}

fn v1_header(asked: &Asked, config: &OssConfig, now: DateTime<Utc>, text: &str) -> Result<(), Refusal> {
    let pair = text.strip_prefix("OSS ").and_then(|rest| rest.split_once(':'));
    let (id, signature) = pair.ok_or_else(|| argument("The authorization header is malformed."))?;
    if id != config.access_key_id {
        return Err(unknown_key());
    }
    let date = asked.header("x-oss-date").or_else(|| asked.header("date"));
    let no_date = || denied("OSS authentication requires a valid Date.", "0002-00000106");
    let date = date.ok_or_else(no_date)?;
    let at = DateTime::parse_from_rfc2822(date).map_err(|_| no_date())?;
    if (now - at.with_timezone(&Utc)).num_seconds().abs() > SKEW {
        return Err(skewed());
    }
    same(&sign_v1(asked, config, date), signature)
}

fn v1_query(asked: &Asked, config: &OssConfig, now: DateTime<Utc>) -> Result<(), Refusal> {
    let need = |name: &str| asked.parameter(name).ok_or_else(|| argument(&format!("{name} is missing.")));
    if need("OSSAccessKeyId")? != config.access_key_id {
        return Err(unknown_key());
    }
    let expires = need("Expires")?;
    let until: i64 = expires.parse().map_err(|_| argument("Expires is not a number."))?;
    if now.timestamp() > until {
        return Err(denied("Request has expired.", "0002-00000069"));
    }
    same(&sign_v1(asked, config, expires), need("Signature")?)
}

fn sign_v1(asked: &Asked, config: &OssConfig, date: &str) -> String {
    let header = |name: &str| asked.header(name).unwrap_or("");
    let mut lines: Vec<String> = asked
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("x-oss-"))
        .map(|(name, value)| format!("{name}:{}\n", String::from_utf8_lossy(value.as_bytes()).trim()))
        .collect();
    lines.sort();
    let mut resources: Vec<String> = asked
        .query
        .iter()
        .filter(|(name, _)| SIGNED_V1.contains(&name.as_str()))
        .map(|(name, value)| value.as_ref().map_or(name.clone(), |value| format!("{name}={value}")))
        .collect();
    resources.sort();
    let query = if resources.is_empty() { String::new() } else { format!("?{}", resources.join("&")) };
    let text = format!(
        "{}\n{}\n{}\n{date}\n{}{}{query}",
        asked.method,
        header("content-md5"),
        header("content-type"),
        lines.concat(),
        asked.path
    );
    let mut mac =
        Hmac::<sha1::Sha1>::new_from_slice(config.access_key_secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

fn same(right: &str, given: &str) -> Result<(), Refusal> {
    if right.as_bytes().ct_eq(given.as_bytes()).into() {
        return Ok(());
    }
    let text = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
    Err(Refusal::new(403, "SignatureDoesNotMatch", text, "0002-00000040"))
}

fn sha256_mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// MD5, which the vendor's Content-MD5 and ETag are made of. Not a safeguard.
pub(super) fn md5(bytes: &[u8]) -> [u8; 16] {
    use md5::Digest as _;
    md5::Md5::digest(bytes).into()
}

fn moment(stamp: &str) -> Result<DateTime<Utc>, Refusal> {
    let read = NaiveDateTime::parse_from_str(stamp, "%Y%m%dT%H%M%SZ");
    read.map(|at| at.and_utc()).map_err(|_| denied("OSS authentication requires a valid Date.", "0002-00000106"))
}

fn argument(text: &str) -> Refusal {
    Refusal::new(400, "InvalidArgument", text, "0002-00000225")
}

fn denied(text: &str, ec: &'static str) -> Refusal {
    Refusal::new(403, "AccessDenied", text, ec)
}

fn skewed() -> Refusal {
    let text = "The difference between the request time and the current time is too large.";
    Refusal::new(403, "RequestTimeTooSkewed", text, "0002-00000504")
}

fn unknown_key() -> Refusal {
    let text = "The OSS Access Key Id you provided does not exist in our records.";
    Refusal::new(403, "InvalidAccessKeyId", text, "0002-00000902")
}

/// Percent-encodes every UTF-8 byte but the unreserved ones.
fn encode(text: &str, keep_slash: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b'/' if keep_slash => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            out.push(u8::from_str_radix(text.get(at + 1..at + 3)?, 16).ok()?);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests;
