//! One adapter for each vendor (供应商适配器): our words on top, the vendor's wire below in a private `mod wire`.
//! A client is a struct with a `base_url` and credentials; nothing else differs between the sandbox and the live service.

mod error;
pub mod face;
pub mod http;
pub mod mail;
pub mod ocr;
pub mod registry;
pub mod sms;
pub mod storage;
pub mod tencent;
pub mod wechat;
pub mod wechat_pay;

pub use error::Error;
pub use http::Http;

use std::path::Path;
use zhangzheng_kinds::{Clock, Random};

/// Shorthand for what every vendor call gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The settings of every vendor: one section each, `[providers.wechat]` and so on.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub wechat: wechat::Config,
    pub wechat_pay: wechat_pay::Config,
    pub ocr: tencent::Config,
    pub face: tencent::Config,
    /// E证通; unset: not to be offered.
    pub eid: Option<face::EidConfig>,
    pub registry: tencent::Config,
    pub sms: sms::Config,
    pub mail: mail::Config,
    /// Unset: files in the data folder.
    pub storage: Option<storage::Config>,
}

/// Every vendor.
#[derive(Debug)]
pub struct Providers {
    pub wechat: wechat::Client,
    pub wechat_pay: wechat_pay::Client,
    pub ocr: ocr::Ocr,
    pub face: face::Face,
    pub registry: registry::Registry,
    pub sms: sms::Client,
    pub mail: mail::Mailer,
    pub storage: storage::Storage,
}

impl Config {
    /// The addresses of the vendors, with the name of the setting.
    fn addresses(&self) -> Vec<(&'static str, &str)> {
        let mut all = vec![
            ("providers.wechat.base_url", self.wechat.base_url.as_str()),
            ("providers.wechat_pay.base_url", &self.wechat_pay.base_url),
            ("providers.ocr.base_url", &self.ocr.base_url),
            ("providers.face.base_url", &self.face.base_url),
            ("providers.registry.base_url", &self.registry.base_url),
            ("providers.sms.base_url", &self.sms.base_url),
        ];
        if let Some(storage::Config::Oss(bucket)) = &self.storage {
            all.push(("providers.storage.endpoint", &bucket.endpoint));
        }
        all
    }

    /// A production build talks to real vendors only: over TLS, and not to this machine.
    ///
    /// # Errors
    /// [`Error::Misconfigured`] naming the setting.
    pub fn refuse_sandbox(&self) -> Result<()> {
        for (setting, address) in self.addresses() {
            if !address.starts_with("https://") || http::is_loopback(address) {
                return Err(Error::misconfigured(
                    "settings",
                    format!("{setting} is {address}, which is no vendor's address"),
                ));
            }
        }
        if self.mail.security == mail::Security::Plain {
            return Err(Error::misconfigured("settings", "providers.mail.security is plain: mail would go in clear"));
        }
        Ok(())
    }
}

impl Providers {
    /// Reads keys and prepares the clients; talks to nobody yet. `folder` is the data folder.
    ///
    /// # Errors
    /// A key that cannot be read.
    pub fn new(config: &Config, folder: &Path, clock: &Clock, random: &Random) -> Result<Self> {
        let http = Http::new()?;
        let objects = || storage::Config::Local { folder: folder.join("objects") };
        let storage = config.storage.clone().unwrap_or_else(objects);
        Ok(Self {
            wechat: wechat::Client::new(config.wechat.clone(), http.clone(), clock.clone()),
            wechat_pay: wechat_pay::Client::new(
                config.wechat_pay.clone(),
                http.clone(),
                clock.clone(),
                random.clone(),
            )?,
            ocr: ocr::Ocr::new(&config.ocr, http.clone(), clock.clone())?,
            face: face::Face::new(&config.face, config.eid.clone(), http.clone(), clock.clone())?,
            registry: registry::Registry::new(&config.registry, http.clone(), clock.clone())?,
            sms: sms::Client::new(&config.sms, http.clone(), clock.clone())?,
            mail: mail::Mailer::new(&config.mail, clock.clone())?,
            storage: storage::Storage::new(&storage, http, clock.clone(), random.clone())?,
        })
    }
}
