//! Tencent Cloud API 3.0 (腾讯云): TC3-HMAC-SHA256 signing and the envelope, shared by OCR, FaceID, the register and SMS.

use crate::{
    Error, Result,
    http::{Call, Http},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Method, Url};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::time::Duration;
use zhangzheng_kinds::{Clock, Secret};

/// Where a service is and who we are to it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `https://ocr.tencentcloudapi.com`, `https://faceid.tencentcloudapi.com` …
    pub base_url: String,
    /// `ap-guangzhou` …
    pub region: String,
    pub secret_id: String,
    pub secret_key: Secret,
}

/// What is signed of a request. The path is always `/` and the query empty.
pub struct Signed<'a> {
    pub service: &'a str,
    /// With the port when it is not the scheme's own: what is sent as `Host`.
    pub host: &'a str,
    pub content_type: &'a str,
    pub body: &'a [u8],
    pub at: DateTime<Utc>,
}

/// The `Authorization` header of a POST, over `content-type;host`, as the vendor's own SDKs make it.
pub fn authorization(secret_id: &str, secret_key: &Secret, of: &Signed) -> String {
    let day = of.at.format("%Y-%m-%d").to_string();
    let hash = hex::encode(Sha256::digest(of.body));
    let canonical =
        format!("POST\n/\n\ncontent-type:{}\nhost:{}\n\ncontent-type;host\n{hash}", of.content_type, of.host);
    let scope = format!("{day}/{}/tc3_request", of.service);
    let hash = hex::encode(Sha256::digest(canonical.as_bytes()));
    let text = format!("TC3-HMAC-SHA256\n{}\n{scope}\n{hash}", of.at.timestamp());
    let key = [day.as_str(), of.service, "tc3_request"]
        .iter()
        .fold(format!("TC3{}", secret_key.expose()).into_bytes(), |key, part| mac(&key, part));
    let signature = hex::encode(mac(&key, &text));
    format!("TC3-HMAC-SHA256 Credential={secret_id}/{scope}, SignedHeaders=content-type;host, Signature={signature}")
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// One service at its address.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    http: Http,
    clock: Clock,
    config: Config,
    host: String,
    /// For the log and for errors.
    vendor: &'static str,
    service: &'static str,
    version: &'static str,
}

/// An answer and the vendor's id of the call, which is kept as evidence.
pub(crate) struct Answer<T> {
    pub(crate) fields: T,
    pub(crate) request_id: String,
}

impl Service {
    pub(crate) fn new(
        vendor: &'static str,
        service: (&'static str, &'static str),
        config: &Config,
        http: Http,
        clock: Clock,
    ) -> Result<Self> {
        let wrong = || Error::misconfigured(vendor, "base_url is not an address");
        let url = Url::parse(&config.base_url).map_err(|_| wrong())?;
        let name = url.host_str().ok_or_else(wrong)?;
        let host = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        Ok(Self { http, clock, config: config.clone(), host, vendor, service: service.0, version: service.1 })
    }

    /// Calls an action once. A refusal by the vendor becomes [`Error::Refused`], [`Error::Unavailable`] or
    /// [`Error::Misconfigured`] by the class of its code; nothing is sent again, since a call may be charged twice.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        action: &'static str,
        request: &impl Serialize,
        patience: Duration,
    ) -> Result<Answer<T>> {
        const TYPE: &str = "application/json";
        let body = serde_json::to_vec(request).map_err(|_| Error::misconfigured(self.vendor, "request is not JSON"))?;
        let at = self.clock.now();
        let signed = Signed { service: self.service, host: &self.host, content_type: TYPE, body: &body, at };
        let authorization = authorization(&self.config.secret_id, &self.config.secret_key, &signed);
        let url = format!("{}/", self.config.base_url.trim_end_matches('/'));
        let mut call = Call::new(self.vendor, action, Method::POST, url)
            .header("host", &self.host)?
            .header("content-type", TYPE)?
            .header("authorization", &authorization)?
            .header("x-tc-action", action)?
            .header("x-tc-version", self.version)?
            .header("x-tc-region", &self.config.region)?
            .header("x-tc-timestamp", &at.timestamp().to_string())?
            .body(Bytes::from(body));
        call.timeout = patience;
        self.http
            .call(call, |reply| {
                if !reply.status.is_success() {
                    return Err(Error::unavailable(self.vendor, format!("http {}", reply.status.as_u16())));
                }
                let envelope: wire::Envelope = reply.json()?;
                let request_id = envelope.response.request_id;
                reply.request_id = Some(request_id.clone());
                if let Some(error) = envelope.response.error {
                    return Err(classify(self.vendor, error.code, error.message));
                }
                let rest = serde_json::Value::Object(envelope.response.rest);
                let fields = serde_json::from_value(rest)
                    .map_err(|_| Error::malformed(self.vendor, format!("{action}: not the documented fields")))?;
                Ok(Answer { fields, request_id })
            })
            .await
    }
}

/// What a code of the vendor means for us. Codes are dotted; the first part is the class.
pub(crate) fn classify(vendor: &'static str, code: String, message: String) -> Error {
    let class = code.split('.').next().unwrap_or_default();
    match class {
        "RequestLimitExceeded" | "InternalError" | "ServiceUnavailable" | "ResourceInsufficient" => {
            Error::unavailable(vendor, code)
        }
        "AuthFailure"
        | "UnauthorizedOperation"
        | "InvalidAction"
        | "NoSuchVersion"
        | "NoSuchProduct"
        | "UnsupportedRegion"
        | "UnsupportedProtocol"
        | "ActionOffline"
        | "MissingParameter"
        | "UnknownParameter"
        | "IpNotInWhitelist"
        | "IpInBlacklist"
        | "ResourceUnavailable"
        | "ResourcesSoldOut" => Error::misconfigured(vendor, format!("{code}: {message}")),
        _ => match code.as_str() {
            "FailedOperation.UnKnowError" | "FailedOperation.UnOpenError" | "FailedOperation.ArrearsError" => {
                Error::misconfigured(vendor, format!("{code}: {message}"))
            }
            "FailedOperation.EngineRecognizeTimeout" | "FailedOperation.WarningServiceFailed" => {
                Error::unavailable(vendor, code)
            }
            _ => Error::refused(vendor, code, message),
        },
    }
}

mod wire {
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Envelope {
        pub(super) response: Response,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Response {
        pub(super) request_id: String,
        pub(super) error: Option<Fault>,
        #[serde(flatten)]
        pub(super) rest: serde_json::Map<String, serde_json::Value>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Fault {
        pub(super) code: String,
        pub(super) message: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> serde_json::Value {
        serde_json::from_str(include_str!("../../tests/fixtures/vectors/tencent-tc3.json")).unwrap()
    }

    #[test]
    fn signs_as_the_vendors_own_sdk() {
        let all = vectors();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let key = Secret::new(text(&all["secret_key"]));
        for case in ["case_sdk_checked", "case_compact_utf8"] {
            let case = &all[case];
            let (host, content_type, body) = (text(&all["host"]), text(&case["content_type"]), text(&case["body"]));
            let at = DateTime::from_timestamp(all["timestamp"].as_i64().unwrap(), 0).unwrap();
            let signed =
                Signed { service: "faceid", host: &host, content_type: &content_type, body: body.as_bytes(), at };
            assert_eq!(authorization(&text(&all["secret_id"]), &key, &signed), text(&case["authorization"]));
        }
    }

    #[test]
    fn signs_as_the_older_documentation() {
        let all = vectors();
        let case = &all["official_docs_vector"];
        let old = &all["official_docs_vector_old"];
        let key = Secret::new(old["secret_key"].as_str().unwrap().to_owned());
        let signed = Signed {
            service: "cvm",
            host: "cvm.tencentcloudapi.com",
            content_type: case["content_type"].as_str().unwrap(),
            body: case["body"].as_str().unwrap().as_bytes(),
            at: DateTime::from_timestamp(1_551_113_065, 0).unwrap(),
        };
        assert!(authorization("id", &key, &signed).ends_with(old["signature"].as_str().unwrap()));
    }

    #[test]
    fn the_key_is_never_printed() {
        let config = Config {
            base_url: "https://ocr.tencentcloudapi.com".into(),
            region: "ap-guangzhou".into(),
            secret_id: "AKID".into(),
            secret_key: Secret::new("VERYSECRET".into()),
        };
        assert!(!format!("{config:?}").contains("VERYSECRET"));
    }
}
