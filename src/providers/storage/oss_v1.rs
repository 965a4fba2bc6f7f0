//! Old OSS buckets with V1 signatures, through aliyun-oss-rust-sdk. The library makes a client for each call, knows no
//! timeout and can panic on odd headers, so each call runs as a task of its own with a limit of time.

use super::{Key, OssConfig, VENDOR, oss};
use crate::{Error, Result};
use aliyun_oss_rust_sdk::{oss::OSS, request::RequestBuilder};
use bytes::Bytes;
use std::{future::Future, time::Duration};

const PATIENCE: Duration = Duration::from_secs(60);

/// A bucket of before 2025-09-01.
#[derive(Clone)]
pub struct OssV1 {
    config: OssConfig,
}

/// The library's own Debug prints the secret; ours does not.
impl std::fmt::Debug for OssV1 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OssV1").field("config", &self.config).finish()
    }
}

impl OssV1 {
    pub(super) fn new(config: &OssConfig) -> Self {
        Self { config: config.clone() }
    }

    /// The library's client, and a request that goes to our endpoint: given a bare host name it would use http.
    fn parts(&self) -> (OSS, RequestBuilder) {
        let config = &self.config;
        let endpoint = config.endpoint.trim_end_matches('/');
        let (scheme, host) = endpoint.split_once("://").unwrap_or(("https", endpoint));
        let sdk = OSS::new(
            config.access_key_id.clone(),
            config.access_key_secret.expose().clone(),
            host.to_owned(),
            config.bucket.clone(),
        );
        let address = host.starts_with(|c: char| c.is_ascii_digit()) || host.starts_with("localhost");
        let base = match () {
            () if config.cname => endpoint.to_owned(),
            () if address => format!("{endpoint}/{}", config.bucket),
            () => format!("{scheme}://{}.{host}", config.bucket),
        };
        (sdk, RequestBuilder::new().with_cdn(base))
    }

    /// Whether the name was already taken. V1 of this library cannot forbid overwriting, so it is asked first: two at
    /// the same moment could still overwrite each other. Our names are never reused, so they do not.
    pub(super) async fn put(&self, key: &Key, bytes: Bytes) -> Result<bool> {
        if self.get(key).await?.is_some() {
            return Ok(true);
        }
        let ((sdk, build), key) = (self.parts(), key.as_str().to_owned());
        run(async move { sdk.pub_object_from_buffer(key, &bytes, build).await.map_err(|e| e.to_string()) }).await?;
        Ok(false)
    }

    pub(super) async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        let ((sdk, build), key) = (self.parts(), key.as_str().to_owned());
        let got = run(async move { sdk.get_object(key, build).await.map_err(|e| e.to_string()) }).await;
        match got {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(Error::Refused { code, .. }) if code == "NoSuchKey" => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn delete(&self, key: &Key) -> Result<()> {
        let ((sdk, build), key) = (self.parts(), key.as_str().to_owned());
        run(async move { sdk.delete_object(key, build).await.map_err(|e| e.to_string()) }).await
    }
}

async fn run<T: Send + 'static>(work: impl Future<Output = Result<T, String>> + Send + 'static) -> Result<T> {
    let task = tokio::spawn(tokio::time::timeout(PATIENCE, work));
    match task.await {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(text))) => Err(understand(&text)),
        Ok(Err(_)) => Err(Error::unavailable(VENDOR, "timeout")),
        Err(_) => Err(Error::malformed(VENDOR, "an answer the library cannot read")),
    }
}

/// The library gives one text: `get object status: 404 Not Found error: <xml…>`.
fn understand(text: &str) -> Error {
    let status = text.split_once("status: ").and_then(|(_, rest)| rest.get(..3)?.parse().ok());
    match status {
        Some(status) => oss::by_code(status, oss::code_in(text)),
        None => Error::unavailable(VENDOR, "connection lost"),
    }
}
