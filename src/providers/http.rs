//! The one pooled HTTP client every adapter shares: timeouts, no redirects, a body limit, one log line a call.

use crate::{Error, Result};
use bytes::{Bytes, BytesMut};
use reqwest::{Method, StatusCode, header::HeaderMap};
use std::time::{Duration, Instant};

/// How long a vendor may take, unless the call says otherwise.
const PATIENCE: Duration = Duration::from_secs(15);
/// The longest answer taken, unless the call says otherwise.
const LARGEST: usize = 4 * 1024 * 1024;

/// Chooses ring as the process's TLS provider. Called first in `main` and in tests; calling it again does nothing.
pub fn install_crypto() {
    let _already = rustls::crypto::ring::default_provider().install_default();
}

/// A pooled client. Cheap to clone; clones share the pool. It ignores proxy variables: vendors are reached directly.
#[derive(Clone, Debug)]
pub struct Http(reqwest::Client);

/// One request to a vendor.
pub struct Call {
    /// For the log: `wechat_pay`, `sms` …
    pub vendor: &'static str,
    /// For the log: what is asked, in the vendor's or our word, without ids.
    pub operation: &'static str,
    pub method: Method,
    /// The whole address. It may hold a token, so it is never logged and never part of an error.
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub timeout: Duration,
    /// The longest answer that is read, in bytes.
    pub largest: usize,
}

impl Call {
    /// A call without headers or body.
    pub fn new(vendor: &'static str, operation: &'static str, method: Method, url: String) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self { vendor, operation, method, url, headers, body, timeout: PATIENCE, largest: LARGEST }
    }

    /// Adds a header; a value that cannot be a header is our mistake.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self> {
        let value = value
            .parse()
            .map_err(|_| Error::misconfigured(self.vendor, format!("{name} cannot be sent as a header")))?;
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Sets the body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// What came back, whole. Not yet checked or understood.
pub struct Reply {
    vendor: &'static str,
    operation: &'static str,
    started: Instant,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The vendor's id of this request; taken from the headers, or set by whoever reads the body.
    pub request_id: Option<String>,
}

impl Reply {
    /// A header as text, `None` when it is absent or not ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Reads the body as JSON of a shape.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // serde's own text can quote values, so only the place is kept.
            let place = format!("status {}, line {} column {}", self.status.as_u16(), error.line(), error.column());
            Error::malformed(self.vendor, format!("not the documented JSON ({place})"))
        })
    }

    /// Writes the log line of this call. Called once, when the outcome is known.
    pub fn log<T>(&self, result: &Result<T>) {
        let request_id = self.request_id.as_deref().unwrap_or("");
        let millis = self.started.elapsed().as_millis();
        let status = self.status.as_u16();
        log(self.vendor, self.operation, result.as_ref().err(), millis, request_id, status);
    }
}

impl Http {
    /// Builds the client.
    ///
    /// # Errors
    /// When the machine has no usable TLS set-up.
    pub fn new() -> Result<Self> {
        install_crypto();
        let client = reqwest::Client::builder()
            .user_agent(concat!("zhangzheng/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .timeout(PATIENCE)
            .pool_idle_timeout(Duration::from_secs(60))
            .tcp_nodelay(true)
            .no_proxy()
            .build()
            .map_err(|error| Error::misconfigured("http", error.without_url().to_string()))?;
        Ok(Self(client))
    }

    /// Sends, understands the answer with `read`, and writes one log line.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when there is no whole answer; else what `read` says.
    pub async fn call<T>(&self, call: Call, read: impl FnOnce(&mut Reply) -> Result<T>) -> Result<T> {
        let mut reply = self.send(call).await?;
        let result = read(&mut reply);
        reply.log(&result);
        result
    }

    /// Sends and reads the whole answer, whatever its status. Logs only a failure: who understands the reply logs it.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when there is no whole answer within the time and size allowed.
    pub async fn send(&self, call: Call) -> Result<Reply> {
        let (vendor, operation, started) = (call.vendor, call.operation, Instant::now());
        let result = self.exchange(call, started).await;
        if let Err(error) = &result {
            log(vendor, operation, Some(error), started.elapsed().as_millis(), "", 0);
        }
        result
    }

    async fn exchange(&self, call: Call, started: Instant) -> Result<Reply> {
        let (vendor, operation) = (call.vendor, call.operation);
        let url = reqwest::Url::parse(&call.url)
            .map_err(|_| Error::misconfigured(vendor, "base_url does not make an address"))?;
        let request = self.0.request(call.method, url).headers(call.headers).timeout(call.timeout).body(call.body);
        let mut response = request.send().await.map_err(|error| transport(vendor, error))?;
        let mut body = BytesMut::new();
        while let Some(part) = response.chunk().await.map_err(|error| transport(vendor, error))? {
            if body.len() + part.len() > call.largest {
                return Err(Error::malformed(vendor, format!("answer longer than {} bytes", call.largest)));
            }
            body.extend_from_slice(&part);
        }
        let headers = std::mem::take(response.headers_mut());
        let request_id = ["request-id", "x-oss-request-id", "x-request-id"]
            .iter()
            .find_map(|name| Some(headers.get(*name)?.to_str().ok()?.to_owned()));
        let (status, body) = (response.status(), body.freeze());
        Ok(Reply { vendor, operation, started, status, headers, body, request_id })
    }
}

/// A failure below HTTP. The address is removed: it may hold a token.
fn transport(vendor: &'static str, error: reqwest::Error) -> Error {
    let reason = match () {
        () if error.is_timeout() => "timeout",
        () if error.is_connect() => "cannot connect",
        () => "connection lost",
    };
    Error::Unavailable { vendor, reason: reason.into(), cause: Some(Box::new(error.without_url())) }
}

fn log(vendor: &str, operation: &str, error: Option<&Error>, millis: u128, request_id: &str, status: u16) {
    let outcome = error.map_or("ok", Error::outcome);
    let code = error.and_then(Error::code).unwrap_or("");
    let millis = u64::try_from(millis).unwrap_or(u64::MAX);
    tracing::info!(
        vendor.name = vendor,
        vendor.operation = operation,
        vendor.outcome = outcome,
        vendor.code = code,
        vendor.status = status,
        vendor.request_id = request_id,
        duration_ms = millis,
        "vendor call"
    );
}

/// Whether an address is this machine itself: where a sandbox lives, and a production server must not look.
pub fn is_loopback(url: &str) -> bool {
    match reqwest::Url::parse(url).ok().and_then(|url| url.host().map(|host| host.to_owned())) {
        Some(url::Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(url::Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_machine() {
        for own in ["http://127.0.0.1:8081/pay", "http://localhost/", "http://[::1]:1/", "http://a.localhost/"] {
            assert!(is_loopback(own), "{own}");
        }
        for other in ["https://api.weixin.qq.com", "http://localhost.example.com", "http://10.0.0.1", "nonsense"] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[tokio::test]
    async fn an_address_with_a_token_never_reaches_the_error() {
        let http = Http::new().unwrap();
        let url = "http://127.0.0.1:1/x?access_token=VERYSECRET".to_owned();
        let error = http.send(Call::new("wechat", "test", Method::GET, url)).await.err().unwrap();
        assert!(matches!(error, Error::Unavailable { .. }));
        assert!(!format!("{error:?} {error}").contains("VERYSECRET"));
    }
}
