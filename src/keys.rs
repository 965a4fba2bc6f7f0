//! 两方密钥 in the server's hands: the key file that seals its halves, and what is under way, in memory only.

use crate::vault;
use anyhow::Context;
use chrono::{DateTime, Utc};
use std::{
    collections::HashMap,
    path::Path,
    sync::{Mutex, MutexGuard},
};
use uuid::Uuid;
use zhangzheng_kinds::Random;
use zhangzheng_pki::{
    cosign::{KeyId, OpenSessions, ServerKeygen},
    keystore::Kek,
};

/// The version of the key file; records say under which one they were sealed.
const KEK_VERSION: u32 = 1;

/// What the server keeps for signing keys besides the table: the key of their seals, and what is under way.
pub struct Keys {
    pub(crate) kek: Kek,
    making: Mutex<HashMap<KeyId, Making>>,
    sessions: Mutex<OpenSessions>,
}

/// A key being made.
pub(crate) struct Making {
    pub keygen: ServerKeygen,
    /// For whom: whoever is named.
    pub owner_id: Uuid,
    pub member_id: Uuid,
    pub pepper: [u8; 32],
    pub expires_at: DateTime<Utc>,
}

impl Keys {
    /// Reads the key file (32 bytes) that seals the server's halves, or makes one when there is none yet.
    ///
    /// # Errors
    /// When the file is not 32 bytes, or cannot be read or written.
    pub fn open_or_create(path: &Path, random: &Random) -> anyhow::Result<Self> {
        let contents = vault::key_file(path, random)?;
        let kek = Kek::from_key_file(&*contents, KEK_VERSION).context("the key file of signing keys")?;
        Ok(Self { kek, making: Mutex::default(), sessions: Mutex::default() })
    }

    /// Keys being made.
    pub(crate) fn making(&self) -> MutexGuard<'_, HashMap<KeyId, Making>> {
        self.making.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Signatures under way.
    pub(crate) fn sessions(&self) -> MutexGuard<'_, OpenSessions> {
        self.sessions.lock().unwrap_or_else(|broken| broken.into_inner())
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}
