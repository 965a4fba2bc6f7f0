//! 密钥静态保护: keys at rest. AES-256-GCM under a key-encryption key that comes from a passphrase (Argon2id) or a key file.
//!
//! A sealed record is `01 ‖ version of the key-encryption key (4) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`; its purpose, id and
//! version are authenticated, so that records exchanged between rows or columns do not open.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use signature::rand_core::CryptoRng;
use std::fmt;
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const HEADER: usize = 1 + 4;
const NONCE: usize = 12;
/// Argon2id cost: 64 MiB, 3 passes, 1 lane (RFC 9106 §4, second recommended option, on one lane).
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

/// Why a key did not seal or open. A wrong passphrase, a changed record and an exchanged record cannot be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeystoreError {
    /// The record does not open under this key for this purpose and id.
    #[error("the sealed key does not open")]
    Refused,
    /// A passphrase of fewer than 12 bytes, or a key file that is not 32 bytes long.
    #[error("the passphrase is shorter than 12 bytes or the key file is not 32 bytes long")]
    Weak,
    /// Not enough memory for the key derivation.
    #[error("not enough memory to derive the key")]
    Memory,
}

/// What a sealed key is for; part of what is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The root's key, in an offline backup.
    Root,
    /// The issuing authority's key.
    Issuing,
    /// The server's half of a holder's key.
    ServerShare,
    /// The key that signs answers of the status service.
    Ocsp,
    /// The key that signs electronic seals.
    SealMaker,
    /// The authority's files in a backup.
    Backup,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::Root => "ca-root",
            Self::Issuing => "ca-issuing",
            Self::ServerShare => "d2",
            Self::Ocsp => "ocsp",
            Self::SealMaker => "seal-maker",
            Self::Backup => "ca-backup",
        }
    }
}

/// The key-encryption key. Wiped when dropped; never printed, never cloned.
pub struct Kek {
    key: Zeroizing<[u8; 32]>,
    version: u32,
}

impl Kek {
    /// Derives the key from the operator's passphrase: Argon2id, 64 MiB, 3 passes. The salt is stored beside the records;
    /// `version` grows when the passphrase is changed.
    pub fn from_passphrase(passphrase: &[u8], salt: &[u8; 16], version: u32) -> Result<Self, KeystoreError> {
        if passphrase.len() < 12 {
            return Err(KeystoreError::Weak);
        }
        let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).expect("the constants are legal");
        let mut key = Zeroizing::new([0u8; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase, salt, key.as_mut())
            .map_err(|_| KeystoreError::Memory)?;
        Ok(Self { key, version })
    }

    /// Takes the key from a file of exactly 32 random bytes, which only the server's user can read.
    pub fn from_key_file(contents: &[u8], version: u32) -> Result<Self, KeystoreError> {
        let bytes: &[u8; 32] = contents.try_into().map_err(|_| KeystoreError::Weak)?;
        Ok(Self { key: Zeroizing::new(*bytes), version })
    }

    /// Version of this key, written into each record.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Which version of the key-encryption key a record needs; `None` if it is not a sealed record.
    #[must_use]
    pub fn version_of(sealed: &[u8]) -> Option<u32> {
        let (header, _) = sealed.split_at_checked(HEADER)?;
        (header[0] == FORMAT).then(|| u32::from_be_bytes([header[1], header[2], header[3], header[4]]))
    }

    /// Seals a key for a purpose and the id of its row.
    #[must_use]
    pub fn seal<R: CryptoRng + ?Sized>(&self, purpose: Purpose, id: &str, secret: &[u8], rng: &mut R) -> Vec<u8> {
        let mut nonce = [0u8; NONCE];
        rng.fill_bytes(&mut nonce);
        let aad = aad(purpose, id, self.version);
        let payload = Payload { msg: secret, aad: aad.as_bytes() };
        let ciphertext = self
            .cipher()
            .encrypt(&Nonce::from(nonce), payload)
            .expect("keys are far below the cipher's limit of 64 GiB");
        [&[FORMAT][..], &self.version.to_be_bytes(), &nonce, &ciphertext].concat()
    }

    /// Opens a sealed key; refuses it under another passphrase, purpose, id or version, and when any bit was changed.
    pub fn open(&self, purpose: Purpose, id: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        if Self::version_of(sealed) != Some(self.version) {
            return Err(KeystoreError::Refused);
        }
        let (nonce, ciphertext) = sealed[HEADER..].split_at_checked(NONCE).ok_or(KeystoreError::Refused)?;
        let nonce = <[u8; NONCE]>::try_from(nonce).map_err(|_| KeystoreError::Refused)?;
        let aad = aad(purpose, id, self.version);
        let payload = Payload { msg: ciphertext, aad: aad.as_bytes() };
        let secret = self.cipher().decrypt(&Nonce::from(nonce), payload).map_err(|_| KeystoreError::Refused)?;
        Ok(Zeroizing::new(secret))
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.key).into())
    }
}

impl fmt::Debug for Kek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kek").field("version", &self.version).finish_non_exhaustive()
    }
}

/// `purpose|id|version`: unambiguous, since the first and last parts contain no bar.
fn aad(purpose: Purpose, id: &str, version: u32) -> String {
    format!("{}|{id}|{version}", purpose.word())
}
