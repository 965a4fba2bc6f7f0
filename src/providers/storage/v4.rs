//! OSS4-HMAC-SHA256, the signature of Aliyun OSS for headers.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zhangzheng_kinds::Secret;

/// What is signed: method, `/bucket/key` (not encoded), and the headers `content-type`, `content-md5` and every `x-oss-*`
/// that will be sent, in small letters and sorted.
pub struct Signed<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub at: DateTime<Utc>,
}

/// `x-oss-date` of a moment.
pub fn stamp(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// The `Authorization` header.
pub fn authorization(access_key_id: &str, secret: &Secret, region: &str, of: &Signed) -> String {
    let (stamp, day) = (stamp(of.at), of.at.format("%Y%m%d").to_string());
    let lines: String = of.headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let canonical = format!("{}\n{}\n\n{lines}\n\nUNSIGNED-PAYLOAD", of.method, encode(of.path));
    let scope = format!("{day}/{region}/oss/aliyun_v4_request");
    let hash = hex::encode(Sha256::digest(canonical.as_bytes()));
    let text = format!("OSS4-HMAC-SHA256\n{stamp}\n{scope}\n{hash}");
    let key = [day.as_str(), region, "oss", "aliyun_v4_request"]
        .iter()
        .fold(format!("aliyun_v4{}", secret.expose()).into_bytes(), |key, part| mac(&key, part));
    let signature = hex::encode(mac(&key, &text));
    format!("OSS4-HMAC-SHA256 Credential={access_key_id}/{scope}, Signature={signature}")
}

/// Percent-encodes every UTF-8 byte but the unreserved ones and `/`.
pub fn encode(path: &str) -> String {
    path.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_vendors_own_sdks() {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/vectors/aliyun-oss.json")).unwrap();
        let case = &all["v4_header_put"];
        let headers = case["headers"].as_object().unwrap();
        let mut headers: Vec<(String, &str)> =
            headers.iter().map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap())).collect();
        headers.sort();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let text = |name: &str| all[name].as_str().unwrap();
        let path = format!("/{}/{}", text("bucket"), text("key"));
        let at = "2026-11-23T00:00:00Z".parse().unwrap();
        let secret = Secret::new(text("access_key_secret").to_owned());
        let signed = Signed { method: "PUT", path: &path, headers: &headers, at };
        let made = authorization(text("access_key_id"), &secret, text("region"), &signed);
        assert_eq!(made, case["authorization"].as_str().unwrap());
    }
}
