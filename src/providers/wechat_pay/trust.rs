//! Which answers and notices are WeChat Pay's: signature, clock, and the key of the serial they name.

use super::{Config, VENDOR, merchant::Merchant, wire};
use crate::{Error, Result};
use chrono::{DateTime, Duration, Utc};
use reqwest::header::HeaderMap;
use rsa::{RsaPublicKey, pkcs8::DecodePublicKey};
use std::collections::BTreeMap;
use tokio::sync::RwLock;
use zhangzheng_kinds::Clock;

/// Platform certificates are fetched again after this long.
const REFRESH: Duration = Duration::hours(12);
/// An unknown serial makes us look for new certificates at most this often.
const LOOK: Duration = Duration::minutes(1);

/// The keys by serial. A serial is looked up as it is written, never guessed at.
#[derive(Debug)]
pub(super) struct Trust {
    clock: Clock,
    /// `PUB_KEY_ID_…` and its key; none in the older mode.
    public_key: Option<(String, String)>,
    platform: RwLock<Platform>,
}

#[derive(Debug, Default)]
struct Platform {
    certificates: BTreeMap<String, Certificate>,
    fetched: Option<DateTime<Utc>>,
    looked: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
struct Certificate {
    public_key: String,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

/// The signature headers of an answer or notice.
pub(super) struct Signature<'a> {
    timestamp: &'a str,
    nonce: &'a str,
    value: &'a str,
    serial: &'a str,
}

/// Why an answer is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    UnknownSerial,
    OutOfTime,
    WrongSignature,
}

impl From<Doubt> for Error {
    fn from(doubt: Doubt) -> Self {
        Self::untrusted(
            VENDOR,
            match doubt {
                Doubt::UnknownSerial => "signed with a serial we do not know",
                Doubt::OutOfTime => "signed five minutes or more from now",
                Doubt::WrongSignature => "the signature is wrong",
            },
        )
    }
}

impl<'a> Signature<'a> {
    /// All four headers, once each, or it is not signed.
    pub(super) fn read(headers: &'a HeaderMap) -> Result<Self> {
        let get = |name: &'static str| {
            let mut values = headers.get_all(name).iter();
            match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
                (Some(value), None) if !value.is_empty() => Ok(value),
                _ => Err(Error::untrusted(VENDOR, "not signed")),
            }
        };
        if headers.get("wechatpay-signature-type").is_some_and(|kind| kind != "WECHATPAY2-SHA256-RSA2048") {
            return Err(Error::untrusted(VENDOR, "signed in a way we do not know"));
        }
        Ok(Self {
            timestamp: get("wechatpay-timestamp")?,
            nonce: get("wechatpay-nonce")?,
            value: get("wechatpay-signature")?,
            serial: get("wechatpay-serial")?,
        })
    }
}

impl Trust {
    pub(super) fn new(config: &Config, clock: Clock) -> Result<Self> {
        let public_key = match (&config.public_key_id, &config.public_key) {
            (Some(id), Some(pem)) => {
                let readable = RsaPublicKey::from_public_key_pem(pem).is_ok() && id.starts_with("PUB_KEY_ID_");
                let wrong = || Error::misconfigured(VENDOR, "public_key_id or public_key is not as downloaded");
                Some(readable.then(|| (id.clone(), pem.clone())).ok_or_else(wrong)?)
            }
            (None, None) => None,
            _ => return Err(Error::misconfigured(VENDOR, "public_key_id and public_key belong together")),
        };
        Ok(Self { clock, public_key, platform: RwLock::default() })
    }

    /// The serial the answer should be signed with: the public key's, else the newest certificate's.
    pub(super) async fn expected(&self) -> Option<String> {
        if let Some((id, _)) = &self.public_key {
            return Some(id.clone());
        }
        let (now, platform) = (self.clock.now(), self.platform.read().await);
        let valid = platform.certificates.iter().filter(|(_, certificate)| certificate.is_valid(now));
        valid.max_by_key(|(_, certificate)| certificate.from).map(|(serial, _)| serial.clone())
    }

    /// Whether certificates are what we rely on, and they have to be fetched (again).
    pub(super) async fn is_stale(&self) -> bool {
        let fetched = self.platform.read().await.fetched;
        self.public_key.is_none() && fetched.is_none_or(|at| at + REFRESH <= self.clock.now())
    }

    /// The last attempt to fetch failed: the next one waits a minute.
    pub(super) async fn postpone(&self) {
        self.platform.write().await.fetched = Some(self.clock.now() - REFRESH + LOOK);
    }

    /// Whether a stranger's serial is worth a look for new certificates, now.
    pub(super) async fn may_learn(&self, signature: &Signature<'_>) -> bool {
        let shaped = signature.serial.len() == 40 && signature.serial.bytes().all(|b| b.is_ascii_hexdigit());
        let now = self.clock.now();
        if !shaped || !self.is_timely(signature) {
            return false;
        }
        let mut platform = self.platform.write().await;
        let due = platform.looked.is_none_or(|at| at + LOOK <= now);
        if due {
            platform.looked = Some(now);
        }
        due
    }

    /// Whether WeChat Pay signed this body, just now.
    pub(super) async fn check(&self, merchant: &Merchant, signature: &Signature<'_>, body: &[u8]) -> Result<(), Doubt> {
        if !self.is_timely(signature) {
            return Err(Doubt::OutOfTime);
        }
        let key = self.key(signature.serial).await.ok_or(Doubt::UnknownSerial)?;
        verify(merchant, &key, signature, body)
    }

    fn is_timely(&self, signature: &Signature<'_>) -> bool {
        let digits = signature.timestamp.bytes().all(|b| b.is_ascii_digit());
        let at = signature.timestamp.parse::<i64>().ok().filter(|_| digits);
        at.is_some_and(|at| self.clock.now().timestamp().abs_diff(at) < 300)
    }

    async fn key(&self, serial: &str) -> Option<String> {
        match &self.public_key {
            Some((id, key)) if id == serial => Some(key.clone()),
            _ => {
                let platform = self.platform.read().await;
                let certificate = platform.certificates.get(serial)?;
                certificate.is_valid(self.clock.now()).then(|| certificate.public_key.clone())
            }
        }
    }

    /// Takes a list of certificates that one of them, or a key known before, has signed.
    pub(super) async fn learn(
        &self,
        merchant: &Merchant,
        list: wire::Certificates,
        signature: &Signature<'_>,
        body: &[u8],
    ) -> Result<()> {
        if !self.is_timely(signature) {
            return Err(Doubt::OutOfTime.into());
        }
        let mut certificates = BTreeMap::new();
        for item in list.data {
            let sealed = &item.encrypt_certificate;
            let associated = sealed.associated_data.as_deref().unwrap_or_default();
            let pem = merchant.decrypt(&sealed.ciphertext, &sealed.nonce, associated)?;
            let public_key = wechat_pay_rust_sdk::util::x509_to_pem(&pem)
                .map_err(|_| Error::malformed(VENDOR, "a platform certificate cannot be read"))?;
            let (from, until) = (item.effective_time.to_utc(), item.expire_time.to_utc());
            certificates.insert(item.serial_no, Certificate { public_key, from, until });
        }
        let key = match certificates.get(signature.serial) {
            Some(certificate) => certificate.public_key.clone(),
            None => self.key(signature.serial).await.ok_or(Doubt::UnknownSerial)?,
        };
        verify(merchant, &key, signature, body)?;
        let mut platform = self.platform.write().await;
        (platform.certificates, platform.fetched) = (certificates, Some(self.clock.now()));
        Ok(())
    }
}

impl Certificate {
    fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.from <= now && now < self.until
    }
}

fn verify(merchant: &Merchant, key: &str, signature: &Signature<'_>, body: &[u8]) -> Result<(), Doubt> {
    let text = std::str::from_utf8(body).map_err(|_| Doubt::WrongSignature)?;
    let Signature { timestamp, nonce, value, .. } = signature;
    merchant.verifies(key, timestamp, nonce, value, text).then_some(()).ok_or(Doubt::WrongSignature)
}
