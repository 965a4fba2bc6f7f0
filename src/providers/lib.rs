//! One adapter for each vendor (供应商适配器): our words on top, the vendor's wire below in a private `mod wire`.
//! A client is a struct with a `base_url` and credentials; nothing else differs between the sandbox and the live service.

mod error;
pub mod http;
pub mod wechat;
pub mod wechat_pay;

pub use error::Error;
pub use http::Http;

/// Shorthand for what every vendor call gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The settings of every vendor.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {}

/// Every vendor.
pub struct Providers {
    pub wechat: wechat::Client,
    pub sms: sms::Client,
    pub storage: storage::Storage,
}

impl Config {
    /// A production build talks to real vendors only.
    pub fn refuse_sandbox(&self) -> Result<()> {
        Ok(())
    }
}

impl Providers {
    /// Connects to nobody yet; reads keys.
    pub fn new(_: &Config, _: &zhangzheng_kinds::Clock, _: &zhangzheng_kinds::Random) -> Result<Self> {
        Ok(Self { wechat: wechat::Client, sms: sms::Client, storage: storage::Storage::default() })
    }
}

// The shapes that the adapters will have; they take these places when they arrive.
pub mod wechat {
    pub struct Client;
    pub struct Session {
        pub openid: String,
    }
    impl Client {
        pub async fn session(&self, _: &str) -> crate::Result<Option<Session>> {
            Ok(None)
        }
        pub async fn mobile(&self, _: &str) -> crate::Result<Option<zhangzheng_kinds::Mobile>> {
            Ok(None)
        }
    }
}
pub mod sms {
    pub struct Client;
    impl Client {
        pub async fn send(
            &self,
            _template: &str,
            _to: &zhangzheng_kinds::Mobile,
            _parameters: &[String],
            _id: uuid::Uuid,
        ) -> crate::Result<String> {
            Err(crate::Error::Unavailable { vendor: "sms", reason: "not here yet".into(), cause: None })
        }
    }
}
pub mod storage {
    use std::{collections::HashMap, sync::Mutex};
    #[derive(Default)]
    pub struct Storage(Mutex<HashMap<String, Vec<u8>>>);
    impl Storage {
        pub async fn put(&self, key: &str, bytes: Vec<u8>) -> crate::Result<()> {
            self.0.lock().unwrap().insert(key.into(), bytes);
            Ok(())
        }
        pub async fn get(&self, key: &str) -> crate::Result<Option<Vec<u8>>> {
            Ok(self.0.lock().unwrap().get(key).cloned())
        }
        pub async fn delete(&self, key: &str) -> crate::Result<()> {
            self.0.lock().unwrap().remove(key);
            Ok(())
        }
    }
}
