//! TC3-HMAC-SHA256 as the vendor checks it: syntax, key, date and age, then the signature over what really arrived.

use super::Refusal;
use hmac::{Hmac, KeyInit, Mac};
use poem::http::HeaderMap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How far the caller's clock may be off: 5 minutes.
const TOLERANCE: i64 = 300;

/// What the service knows of its caller.
pub(super) struct Expected<'a> {
    pub(super) service: &'a str,
    pub(super) id: &'a str,
    pub(super) key: &'a str,
    /// Unix seconds.
    pub(super) now: i64,
}

/// Checks a request whose canonical path is `/` and whose query is empty.
pub(super) fn verify(method: &str, headers: &HeaderMap, body: &[u8], expected: &Expected) -> Result<(), Refusal> {
    let authorization = Authorization::read(header(headers, "authorization")?)?;
    if authorization.id != expected.id {
        return Err(Refusal::new(
            "AuthFailure.SecretIdNotFound",
            "The SecretId is not found, please ensure that your SecretId is correct.",
        ));
    }
    let stamp = header(headers, "x-tc-timestamp")?;
    let at: i64 = stamp.parse().map_err(|_| malformed("X-TC-Timestamp is not a number"))?;
    let day = chrono::DateTime::from_timestamp(at, 0).map(|at| at.format("%Y-%m-%d").to_string());
    if (expected.now - at).abs() > TOLERANCE {
        return Err(Refusal::new("AuthFailure.SignatureExpire", "The signature is expired, please request again."));
    }
    let scope = format!("{}/{}/tc3_request", authorization.date, authorization.service);
    let right_scope = Some(authorization.date) == day.as_deref() && authorization.service == expected.service;
    let canonical = canonical_request(method, headers, body, authorization.signed)?;
    let to_sign = format!("TC3-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex::encode(Sha256::digest(canonical.as_bytes())));
    let signature = sign(expected.key, authorization.date, authorization.service, &to_sign);
    let same: bool = signature.as_bytes().ct_eq(authorization.signature.as_bytes()).into();
    if right_scope && same { Ok(()) } else { Err(mismatch()) }
}

fn canonical_request(method: &str, headers: &HeaderMap, body: &[u8], signed: &str) -> Result<String, Refusal> {
    let names: Vec<&str> = signed.split(';').collect();
    let sorted = names.windows(2).all(|pair| pair[0] < pair[1]);
    if !sorted || !names.contains(&"content-type") || !names.contains(&"host") {
        return Err(malformed("SignedHeaders must be sorted and hold content-type and host"));
    }
    let mut lines = String::new();
    for name in names {
        let value = header(headers, name)?.trim();
        let value = if name == "x-tc-action" { value.to_ascii_lowercase() } else { value.to_owned() };
        lines.push_str(&format!("{name}:{value}\n"));
    }
    let hash = match headers.get("x-tc-content-sha256").map(|v| v.as_bytes()) {
        Some(b"UNSIGNED-PAYLOAD") => Sha256::digest(b"UNSIGNED-PAYLOAD"),
        _ => Sha256::digest(body),
    };
    Ok(format!("{method}\n/\n\n{lines}\n{signed}\n{}", hex::encode(hash)))
}

fn sign(key: &str, date: &str, service: &str, text: &str) -> String {
    let day = mac(format!("TC3{key}").as_bytes(), date);
    let scope = mac(&mac(&day, service), "tc3_request");
    hex::encode(mac(&scope, text))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

struct Authorization<'a> {
    id: &'a str,
    date: &'a str,
    service: &'a str,
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn read(text: &'a str) -> Result<Self, Refusal> {
        let wrong = || malformed("Authorization");
        let rest = text.strip_prefix("TC3-HMAC-SHA256 ").ok_or_else(wrong)?;
        let part = |name: &str| {
            let mut found = rest.split(',').filter_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
            found.next().filter(|_| found.next().is_none())
        };
        let credential = part("Credential").ok_or_else(wrong)?;
        let mut scope = credential.split('/');
        let (id, date, service, end) = (scope.next(), scope.next(), scope.next(), scope.next());
        if end != Some("tc3_request") || scope.next().is_some() {
            return Err(wrong());
        }
        Ok(Self {
            id: id.ok_or_else(wrong)?,
            date: date.ok_or_else(wrong)?,
            service: service.ok_or_else(wrong)?,
            signed: part("SignedHeaders").ok_or_else(wrong)?,
            signature: part("Signature").ok_or_else(wrong)?,
        })
    }
}

/// Exactly one header of a name, as text.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Refusal> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().map_err(|_| malformed(name)),
        _ => Err(malformed(name)),
    }
}

fn malformed(what: &str) -> Refusal {
    let text = format!("The request `Authorization` header does not conform to tencentcloud standards: {what}.");
    Refusal::new("AuthFailure.InvalidAuthorization", &text)
}

fn mismatch() -> Refusal {
    let text = "The provided credentials could not be validated. Please check your signature is correct.";
    Refusal::new("AuthFailure.SignatureFailure", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VECTORS: &str = include_str!("../../../tests/fixtures/vectors/tencent-tc3.json");

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn vector() -> (serde_json::Value, HeaderMap, Vec<u8>) {
        let all: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
        let case = all["case_sdk_checked"].clone();
        let sent = headers(&[
            ("content-type", "application/json"),
            ("host", "faceid.tencentcloudapi.com"),
            ("x-tc-timestamp", "1795392000"),
            ("authorization", case["authorization"].as_str().unwrap()),
        ]);
        let body = case["body"].as_str().unwrap().as_bytes().to_vec();
        (all, sent, body)
    }

    fn expected(all: &serde_json::Value, now: i64) -> Expected<'_> {
        Expected {
            service: "faceid",
            id: all["secret_id"].as_str().unwrap(),
            key: all["secret_key"].as_str().unwrap(),
            now,
        }
    }

    #[test]
    fn a_request_signed_by_the_vendors_own_sdk_passes() {
        let (all, sent, body) = vector();
        assert_eq!(verify("POST", &sent, &body, &expected(&all, 1_795_392_000)), Ok(()));
        assert_eq!(verify("POST", &sent, &body, &expected(&all, 1_795_392_300)), Ok(()));
        let late = verify("POST", &sent, &body, &expected(&all, 1_795_392_301)).unwrap_err();
        assert_eq!(late.code, "AuthFailure.SignatureExpire");
    }

    #[test]
    fn the_documentations_own_vectors_pass() {
        let all: serde_json::Value = serde_json::from_str(VECTORS).unwrap();
        let case = &all["official_docs_vector"];
        let text = |name: &str| case[name].as_str().unwrap();
        let authorization = format!(
            "TC3-HMAC-SHA256 Credential=id/2019-02-25/cvm/tc3_request, SignedHeaders={}, Signature={}",
            text("signed_headers"),
            text("signature")
        );
        let sent = headers(&[
            ("content-type", text("content_type")),
            ("host", text("host")),
            ("x-tc-action", "DescribeInstances"),
            ("x-tc-timestamp", "1551113065"),
            ("authorization", &authorization),
        ]);
        let expected = Expected { service: "cvm", id: "id", key: text("secret_key"), now: 1_551_113_065 };
        assert_eq!(verify("POST", &sent, text("body").as_bytes(), &expected), Ok(()));
    }

    #[test]
    fn yesterdays_scope_and_foreign_keys_are_refused() {
        let (all, mut sent, body) = vector();
        let other = sent["authorization"].to_str().unwrap().replace("2026-11-23", "2026-11-22");
        sent.insert("authorization", other.parse().unwrap());
        let refused = verify("POST", &sent, &body, &expected(&all, 1_795_392_000)).unwrap_err();
        assert_eq!(refused.code, "AuthFailure.SignatureFailure");
        let (all, sent, body) = vector();
        let stranger = Expected { id: "AKIDother", ..expected(&all, 1_795_392_000) };
        assert_eq!(verify("POST", &sent, &body, &stranger).unwrap_err().code, "AuthFailure.SecretIdNotFound");
    }

    proptest! {
        #[test]
        fn one_changed_byte_anywhere_is_refused(at in 0usize..1000, flip in 1u8..=255) {
            let (all, mut sent, mut body) = vector();
            let names = ["authorization", "content-type", "host", "x-tc-timestamp"];
            let total: usize = body.len() + names.iter().map(|n| sent[*n].len()).sum::<usize>();
            let mut place = at % total;
            if place < body.len() {
                body[place] ^= flip;
            } else {
                place -= body.len();
                for name in names {
                    let mut value = sent[name].as_bytes().to_vec();
                    if place < value.len() {
                        value[place] ^= flip;
                        let Ok(changed) = poem::http::HeaderValue::from_bytes(&value) else { return Ok(()) };
                        // Blanks around a value are no part of it.
                        prop_assume!(changed.as_bytes().trim_ascii() != sent[name].as_bytes().trim_ascii());
                        sent.insert(name, changed);
                        break;
                    }
                    place -= value.len();
                }
            }
            prop_assert!(verify("POST", &sent, &body, &expected(&all, 1_795_392_000)).is_err());
        }

        #[test]
        fn strangers_authorizations_never_panic(text in "\\PC{0,80}") {
            let Ok(value) = poem::http::HeaderValue::from_str(&text) else { return Ok(()) };
            let (all, mut sent, body) = vector();
            sent.insert("authorization", value);
            prop_assert!(verify("POST", &sent, &body, &expected(&all, 1_795_392_000)).is_err());
        }
    }
}
