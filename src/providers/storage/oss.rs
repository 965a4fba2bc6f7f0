//! Aliyun OSS with V4 signatures over the shared HTTP client.

use super::{Key, LARGEST, OssConfig, VENDOR, v4};
use crate::{
    Error, Result,
    http::{Call, Http, Reply},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use md5::{Digest, Md5};
use reqwest::{Method, Url};
use std::time::Duration;
use zhangzheng_kinds::Clock;

const PATIENCE: Duration = Duration::from_secs(60);

/// A bucket.
#[derive(Clone, Debug)]
pub struct Oss {
    http: Http,
    clock: Clock,
    config: OssConfig,
    /// Everything before the key.
    base: String,
}

impl Oss {
    pub(super) fn new(config: &OssConfig, http: Http, clock: Clock) -> Result<Self> {
        let wrong = || Error::misconfigured(VENDOR, "endpoint is not an address");
        let url = Url::parse(&config.endpoint).map_err(|_| wrong())?;
        let host = url.host().ok_or_else(wrong)?;
        let plain = config.endpoint.trim_end_matches('/');
        let base = match host {
            _ if config.cname => plain.to_owned(),
            url::Host::Domain(name) if name != "localhost" => {
                plain.replacen(name, &format!("{}.{name}", config.bucket), 1)
            }
            _ => format!("{plain}/{}", config.bucket),
        };
        Ok(Self { http, clock, config: config.clone(), base })
    }

    fn call(&self, operation: &'static str, method: Method, key: &Key, extra: &[(&'static str, &str)]) -> Result<Call> {
        let at = self.clock.now();
        let stamp = v4::stamp(at);
        let mut headers: Vec<(&'static str, &str)> = extra.to_vec();
        headers.extend([("x-oss-content-sha256", "UNSIGNED-PAYLOAD"), ("x-oss-date", stamp.as_str())]);
        headers.sort_unstable();
        let path = format!("/{}/{}", self.config.bucket, key.as_str());
        let signed = v4::Signed { method: method.as_str(), path: &path, headers: &headers, at };
        let config = &self.config;
        let authorization =
            v4::authorization(&config.access_key_id, &config.access_key_secret, &config.region, &signed);
        let url = format!("{}/{}", self.base, v4::encode(key.as_str()));
        let mut call = Call::new(VENDOR, operation, method, url).header("authorization", &authorization)?;
        for (name, value) in headers {
            call = call.header(name, value)?;
        }
        (call.timeout, call.largest) = (PATIENCE, LARGEST + 4096);
        Ok(call)
    }

    /// Whether the name was already taken. `x-oss-forbid-overwrite` has no effect in a bucket with versions.
    pub(super) async fn put(&self, key: &Key, bytes: Bytes) -> Result<bool> {
        let md5 = STANDARD.encode(Md5::digest(&bytes));
        let headers = [
            ("content-md5", md5.as_str()),
            ("content-type", "application/octet-stream"),
            ("x-oss-forbid-overwrite", "true"),
        ];
        let call = self.call("put", Method::PUT, key, &headers)?.body(bytes);
        self.http
            .call(call, |reply| match reply.status.as_u16() {
                200 => Ok(false),
                409 if error_code(reply) == "FileAlreadyExists" => Ok(true),
                _ => Err(failed(reply)),
            })
            .await
    }

    pub(super) async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        let call = self.call("get", Method::GET, key, &[])?;
        self.http
            .call(call, |reply| match reply.status.as_u16() {
                200 => Ok(Some(reply.body.clone())),
                404 if error_code(reply) == "NoSuchKey" => Ok(None),
                _ => Err(failed(reply)),
            })
            .await
    }

    pub(super) async fn head(&self, key: &Key) -> Result<Option<u64>> {
        let call = self.call("head", Method::HEAD, key, &[])?;
        self.http
            .call(call, |reply| match reply.status.as_u16() {
                200 => {
                    let size = reply.header("content-length").and_then(|text| text.parse().ok());
                    size.map(Some).ok_or_else(|| Error::malformed(VENDOR, "no content-length"))
                }
                404 if error_code(reply) == "NoSuchKey" => Ok(None),
                _ => Err(failed(reply)),
            })
            .await
    }

    pub(super) async fn delete(&self, key: &Key) -> Result<()> {
        let call = self.call("delete", Method::DELETE, key, &[])?;
        self.http
            .call(call, |reply| match reply.status.as_u16() {
                200 | 204 => Ok(()),
                404 if error_code(reply) == "NoSuchKey" => Ok(()),
                _ => Err(failed(reply)),
            })
            .await
    }
}

/// The error document's code: in the body, or for HEAD in a header. Empty when there is none.
fn error_code(reply: &Reply) -> String {
    let header = reply.header("x-oss-err").and_then(|text| STANDARD.decode(text).ok());
    let body = header.unwrap_or_else(|| reply.body.to_vec());
    code_in(&String::from_utf8_lossy(&body)).to_owned()
}

/// `<Code>…</Code>` of an error document.
pub(super) fn code_in(xml: &str) -> &str {
    let inside = xml.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    inside.map_or("", |(code, _)| code)
}

fn failed(reply: &Reply) -> Error {
    by_code(reply.status.as_u16(), &error_code(reply))
}

/// What a status and code mean for us. The document itself holds key ids and is not kept.
pub(super) fn by_code(status: u16, code: &str) -> Error {
    match (status, code) {
        (500.. | 408 | 429, _) => Error::unavailable(VENDOR, format!("http {status} {code}")),
        (401 | 403, _) | (404, "NoSuchBucket") | (400, "InvalidArgument") => {
            Error::misconfigured(VENDOR, format!("http {status} {code}"))
        }
        _ => Error::refused(VENDOR, if code.is_empty() { "unknown" } else { code }, format!("http {status}")),
    }
}
