//! The vendor's vectors, and the refusal of everything that differs from them.

use super::*;
use proptest::prelude::*;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/vectors/aliyun-oss.json")).unwrap()
}

fn config(vectors: &Value) -> OssConfig {
    let text = |name: &str| vectors[name].as_str().unwrap().to_owned();
    OssConfig {
        access_key_id: text("access_key_id"),
        access_key_secret: text("access_key_secret"),
        bucket: text("bucket"),
        region: text("region"),
    }
}

fn noon() -> DateTime<Utc> {
    "2026-11-23T00:00:00Z".parse().unwrap()
}

const PATH: &str = "/esign-kyc-test/id/2026/11/%E5%BC%A0%E4%B8%89%20front%2B1.jpg";

fn sent(case: &Value) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in case["headers"].as_object().unwrap() {
        headers.insert(
            name.to_lowercase().parse::<poem::http::HeaderName>().unwrap(),
            value.as_str().unwrap().parse().unwrap(),
        );
    }
    headers.insert("authorization", case["authorization"].as_str().unwrap().parse().unwrap());
    headers
}

fn check(method: &str, uri: &str, headers: &HeaderMap, now: DateTime<Utc>) -> Result<(), Refusal> {
    let vectors = vectors();
    let uri: Uri = uri.parse().unwrap();
    verify(&Asked::read(method, &uri, headers)?, &config(&vectors), now)
}

#[test]
fn the_vendors_requests_pass_in_both_versions_and_both_places() {
    let vectors = vectors();
    assert_eq!(check("PUT", PATH, &sent(&vectors["v4_header_put"]), noon()), Ok(()));
    assert_eq!(check("PUT", PATH, &sent(&vectors["v1_header_put"]), noon()), Ok(()));
    for case in ["v4_query_get", "v1_query_get"] {
        let url = vectors[case]["url"].as_str().unwrap();
        let uri = url.replace("https://esign-kyc-test.oss-cn-hangzhou.aliyuncs.com", "/esign-kyc-test");
        assert_eq!(check("GET", &uri, &HeaderMap::new(), noon()), Ok(()), "{case}");
        let late = noon() + chrono::Duration::seconds(601);
        assert_eq!(check("GET", &uri, &HeaderMap::new(), late).unwrap_err().message, "Request has expired.");
        assert!(check("PUT", &uri, &HeaderMap::new(), noon()).is_err());
    }
}

#[test]
fn old_unsigned_and_foreign_requests_are_refused_in_the_vendors_words() {
    let vectors = vectors();
    let headers = sent(&vectors["v4_header_put"]);
    let late = noon() + chrono::Duration::minutes(16);
    assert_eq!(check("PUT", PATH, &headers, late).unwrap_err().code, "RequestTimeTooSkewed");
    assert_eq!(check("PUT", PATH, &HeaderMap::new(), noon()).unwrap_err().code, "AccessDenied");
    let mut other = headers.clone();
    other.insert(
        "authorization",
        headers["authorization"].to_str().unwrap().replace("LTAI5t", "LTAI6t").parse().unwrap(),
    );
    assert_eq!(check("PUT", PATH, &other, noon()).unwrap_err().code, "InvalidAccessKeyId");
    assert_eq!(check("GET", PATH, &headers, noon()).unwrap_err().code, "SignatureDoesNotMatch");
}

proptest! {
    #[test]
    fn one_changed_byte_anywhere_is_refused(at in 0usize..2000, flip in 1u8..=127, old: bool) {
        let vectors = vectors();
        let mut headers = sent(&vectors[if old { "v1_header_put" } else { "v4_header_put" }]);
        let names: Vec<String> = headers.keys().map(ToString::to_string).collect();
        let total = PATH.len() + names.iter().map(|name| headers[name.as_str()].len()).sum::<usize>();
        let mut place = at % total;
        let mut path = PATH.to_owned();
        if place < PATH.len() {
            let mut bytes = PATH.as_bytes().to_vec();
            bytes[place] = b'a' + flip % 26;
            path = String::from_utf8(bytes).unwrap();
            let decoded = |text: &str| decode(text);
            prop_assume!(path.starts_with('/') && decoded(&path) != decoded(PATH) && decoded(&path).is_some());
        } else {
            place -= PATH.len();
            for name in names {
                let mut value = headers[name.as_str()].as_bytes().to_vec();
                if place < value.len() {
                    value[place] ^= flip;
                    let Ok(changed) = poem::http::HeaderValue::from_bytes(&value) else { return Ok(()) };
                    let trimmed = |v: &[u8]| String::from_utf8_lossy(v).replace(' ', "");
                    prop_assume!(trimmed(changed.as_bytes()) != trimmed(headers[name.as_str()].as_bytes()));
                    headers.insert(name.parse::<poem::http::HeaderName>().unwrap(), changed);
                    break;
                }
                place -= value.len();
            }
        }
        prop_assert!(check("PUT", &path, &headers, noon()).is_err());
    }
}
