//! Where encrypted objects live (存储): files in a folder, or Aliyun OSS. Callers encrypt before they put; nothing here
//! ever sees personal data. An object is never overwritten.

mod local;
mod oss;
#[cfg(feature = "oss-v1")]
mod oss_v1;
pub mod v4;

use crate::{Error, Result, http::Http};
use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use zhangzheng_kinds::{Clock, Random, Secret};

const VENDOR: &str = "storage";
/// The largest object, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// `[storage]` of the settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Config {
    /// Files under a folder of this machine.
    Local { folder: PathBuf },
    /// A bucket.
    Oss(OssConfig),
}

/// A bucket of Aliyun OSS and its key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OssConfig {
    /// `https://oss-cn-hangzhou.aliyuncs.com`; the bucket becomes part of the host name, except when the host is an
    /// address (as of a sandbox), or `cname` says that it is the bucket's own name.
    pub endpoint: String,
    pub region: String,
    pub bucket: String,
    pub access_key_id: String,
    pub access_key_secret: Secret,
    /// The endpoint's host is bound to the bucket.
    #[serde(default)]
    pub cname: bool,
    #[serde(default)]
    pub signature: Signature,
}

/// How requests are signed. Buckets made since 2025-09-01 take V4 only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    #[default]
    V4,
    /// For old buckets, through aliyun-oss-rust-sdk (cargo feature `oss-v1`).
    V1,
}

/// The name of an object: `cases/0193…/portrait`. Small letters, digits, `-`, `_`, `.` and `/`; no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// # Errors
    /// When the text is empty, longer than 200 bytes, has other characters, or an empty, `.` or `..` part.
    pub fn parse(text: &str) -> Result<Self> {
        let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_./".contains(&b);
        let parts = text.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
        if (1..=200).contains(&text.len()) && text.bytes().all(letters) && parts {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::misconfigured(VENDOR, "not the name of an object"))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The SHA-256 of an object's (encrypted) bytes, kept in the database and checked on every get.
pub type Digest256 = [u8; 32];

/// A store.
#[derive(Clone, Debug)]
pub enum Storage {
    Local(local::Local),
    Oss(oss::Oss),
    #[cfg(feature = "oss-v1")]
    OssV1(oss_v1::OssV1),
}

impl Storage {
    /// Opens a folder (made when missing) or gets ready for a bucket.
    ///
    /// # Errors
    /// When the folder cannot be used, the endpoint is no address, or V1 is asked for in a build without it.
    pub fn new(config: &Config, http: Http, clock: Clock, random: Random) -> Result<Self> {
        match config {
            Config::Local { folder } => local::Local::open(folder, &clock, random).map(Self::Local),
            Config::Oss(oss) if oss.signature == Signature::V4 => oss::Oss::new(oss, http, clock).map(Self::Oss),
            #[cfg(feature = "oss-v1")]
            Config::Oss(oss) => Ok(Self::OssV1(oss_v1::OssV1::new(oss))),
            #[cfg(not(feature = "oss-v1"))]
            Config::Oss(_) => Err(Error::misconfigured(VENDOR, "this build has no V1 signatures (feature oss-v1)")),
        }
    }

    /// Puts bytes under a new name and gives their digest. Putting the same bytes again is done already.
    ///
    /// # Errors
    /// [`Error::Refused`] with `FileAlreadyExists` when the name holds other bytes; else when the store cannot.
    pub async fn put(&self, key: &str, bytes: impl Into<Bytes>) -> Result<Digest256> {
        let (key, bytes) = (&Key::parse(key)?, bytes.into());
        if bytes.len() > LARGEST {
            return Err(Error::refused(VENDOR, "EntityTooLarge", "objects are at most 64 MB"));
        }
        let digest: Digest256 = Sha256::digest(&bytes).into();
        let taken = match self {
            Self::Local(local) => local.put(key, bytes).await?,
            Self::Oss(oss) => oss.put(key, bytes).await?,
            #[cfg(feature = "oss-v1")]
            Self::OssV1(oss) => oss.put(key, bytes).await?,
        };
        if taken {
            let there = self.fetch(key).await?;
            if there.is_none_or(|there| Digest256::from(Sha256::digest(&there)) != digest) {
                return Err(Error::refused(VENDOR, "FileAlreadyExists", "the name holds other bytes"));
            }
        }
        Ok(digest)
    }

    /// Gets an object; `None` when there is none.
    ///
    /// # Errors
    /// [`Error::Untrusted`] when the bytes are not those of the digest; else when the store cannot.
    pub async fn get_checked(&self, key: &str, digest: &Digest256) -> Result<Option<Bytes>> {
        let Some(bytes) = self.fetch(&Key::parse(key)?).await? else { return Ok(None) };
        let found: Digest256 = Sha256::digest(&bytes).into();
        if found == *digest { Ok(Some(bytes)) } else { Err(Error::untrusted(VENDOR, "the bytes have changed")) }
    }

    /// Gets an object whose bytes prove themselves (sealed with authentication); `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        Ok(self.fetch(&Key::parse(key)?).await?.map(Vec::from))
    }

    async fn fetch(&self, key: &Key) -> Result<Option<Bytes>> {
        match self {
            Self::Local(local) => local.get(key).await,
            Self::Oss(oss) => oss.get(key).await,
            #[cfg(feature = "oss-v1")]
            Self::OssV1(oss) => oss.get(key).await,
        }
    }

    /// An object's size in bytes; `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn head(&self, key: &str) -> Result<Option<u64>> {
        let key = &Key::parse(key)?;
        match self {
            Self::Local(local) => local.head(key).await,
            Self::Oss(oss) => oss.head(key).await,
            #[cfg(feature = "oss-v1")]
            Self::OssV1(oss) => Ok(oss.get(key).await?.map(|bytes| bytes.len() as u64)),
        }
    }

    /// Deletes an object; deleting what is not there is done already.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn delete(&self, key: &str) -> Result<()> {
        let key = &Key::parse(key)?;
        match self {
            Self::Local(local) => local.delete(key).await,
            Self::Oss(oss) => oss.delete(key).await,
            #[cfg(feature = "oss-v1")]
            Self::OssV1(oss) => oss.delete(key).await,
        }
    }
}
