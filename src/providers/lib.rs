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

pub use error::Error;
pub use http::Http;

/// Shorthand for what every vendor call gives back.
pub type Result<T, E = Error> = std::result::Result<T, E>;
