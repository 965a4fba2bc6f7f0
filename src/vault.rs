//! Personal data at rest: columns sealed with AES-256-GCM, blind indexes to look them up, and a key per case for images
//! and video, so that destroying the key erases them. All from one master key that lives outside the database.

use crate::error::Error;
use anyhow::Context;
use ring::{aead, hmac};
use std::path::Path;
use uuid::Uuid;
use zeroize::Zeroizing;
use zhangzheng_kinds::Random;

const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;

/// The keys derived from the master key. Clones share them.
#[derive(Clone)]
pub struct Vault {
    columns: std::sync::Arc<aead::LessSafeKey>,
    cases: std::sync::Arc<aead::LessSafeKey>,
    indexes: hmac::Key,
    codes: hmac::Key,
    random: Random,
}

/// The key of one case. Destroy its sealed form and what it sealed is gone.
pub struct CaseKey(aead::LessSafeKey);

impl Vault {
    /// Derives the working keys.
    pub fn new(master: &[u8; 32], random: Random) -> Self {
        let derive = |label: &str| {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, master), label.as_bytes());
            let mut key = Zeroizing::new([0u8; 32]);
            key.copy_from_slice(tag.as_ref());
            key
        };
        Self {
            columns: aes(&derive("zhangzheng columns v1")).into(),
            cases: aes(&derive("zhangzheng cases v1")).into(),
            indexes: hmac::Key::new(hmac::HMAC_SHA256, &*derive("zhangzheng indexes v1")),
            codes: hmac::Key::new(hmac::HMAC_SHA256, &*derive("zhangzheng codes v1")),
            random,
        }
    }

    /// Reads the master key (32 bytes), or makes one when the file does not exist yet.
    ///
    /// # Errors
    /// When the file is not 32 bytes, or cannot be read or written.
    pub fn open_or_create(path: &Path, random: Random) -> anyhow::Result<Self> {
        let master = key_file(path, &random)?;
        Ok(Self::new(&master, random))
    }

    /// Seals a column. `place` (`table.column`) and the row's id are bound to it: a sealed value moved elsewhere does not open.
    pub fn seal(&self, place: &str, id: Uuid, plain: &str) -> Vec<u8> {
        seal(&self.columns, &self.random, &context(place, id), plain.as_bytes())
    }

    /// Opens a column.
    ///
    /// # Errors
    /// [`Error::Internal`] when it was sealed elsewhere, with another key, or has been altered.
    pub fn open(&self, place: &str, id: Uuid, sealed: &[u8]) -> Result<String, Error> {
        let plain = open(&self.columns, &context(place, id), sealed)?;
        String::from_utf8(plain).map_err(Error::internal)
    }

    /// A blind index: equal texts give equal bytes, and nobody without the key can try texts out.
    pub fn index(&self, place: &str, text: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.indexes);
        context.update(place.as_bytes());
        context.update(&[0]);
        context.update(text.as_bytes());
        context.sign().as_ref().to_vec()
    }

    /// The keyed digest of a short code (SMS, captcha), bound to its row.
    pub fn code(&self, id: Uuid, code: &str) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.codes);
        context.update(id.as_bytes());
        context.update(code.as_bytes());
        context.sign().as_ref().to_vec()
    }

    /// Whether a typed code is the right one, in constant time.
    pub fn code_matches(&self, id: Uuid, code: &str, digest: &[u8]) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.code(id, code).as_slice(), digest).into()
    }

    /// A new key for a case, and its sealed form for the table.
    pub fn new_case_key(&self, case_id: Uuid) -> (CaseKey, Vec<u8>) {
        let key = Zeroizing::new(self.random.bytes::<32>());
        let sealed = seal(&self.cases, &self.random, &context("case", case_id), &*key);
        (CaseKey(aes(&key)), sealed)
    }

    /// Opens the sealed key of a case.
    ///
    /// # Errors
    /// [`Error::Internal`] when it is not this case's.
    pub fn case_key(&self, case_id: Uuid, sealed: &[u8]) -> Result<CaseKey, Error> {
        let plain = Zeroizing::new(open(&self.cases, &context("case", case_id), sealed)?);
        let key = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| Error::internal("a case key has 32 bytes"))?;
        Ok(CaseKey(aes(&Zeroizing::new(key))))
    }

    /// Seals an image or a video under its case's key.
    pub fn seal_object(&self, key: &CaseKey, object_id: Uuid, plain: &[u8]) -> Vec<u8> {
        seal(&key.0, &self.random, &context("object", object_id), plain)
    }

    /// Opens an image or a video.
    ///
    /// # Errors
    /// [`Error::Internal`] when it is not this object or has been altered.
    pub fn open_object(&self, key: &CaseKey, object_id: Uuid, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        open(&key.0, &context("object", object_id), sealed)
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

fn aes(key: &[u8; 32]) -> aead::LessSafeKey {
    aead::LessSafeKey::new(aead::UnboundKey::new(&aead::AES_256_GCM, key).expect("the key has 32 bytes"))
}

fn context(place: &str, id: Uuid) -> Vec<u8> {
    [place.as_bytes(), b"|", id.as_bytes()].concat()
}

/// `version ‖ nonce ‖ ciphertext ‖ tag`.
fn seal(key: &aead::LessSafeKey, random: &Random, context: &[u8], plain: &[u8]) -> Vec<u8> {
    let nonce = random.bytes::<NONCE>();
    let mut sealed = Vec::with_capacity(1 + NONCE + plain.len() + TAG);
    sealed.push(VERSION);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = key
        .seal_in_place_separate_tag(
            aead::Nonce::assume_unique_for_key(nonce),
            aead::Aad::from(context),
            &mut sealed[1 + NONCE..],
        )
        .expect("shorter than 64 GiB");
    sealed.extend_from_slice(tag.as_ref());
    sealed
}

fn open(key: &aead::LessSafeKey, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Error> {
    let refused = || Error::internal("a sealed value does not open");
    let (&version, rest) = sealed.split_first().ok_or_else(refused)?;
    if version != VERSION || rest.len() < NONCE + TAG {
        return Err(refused());
    }
    let (nonce, body) = rest.split_at(NONCE);
    let nonce = aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
    let mut body = body.to_vec();
    let plain = key.open_in_place(nonce, aead::Aad::from(context), &mut body).map_err(|_| refused())?;
    Ok(plain.to_vec())
}

/// Reads a key file (32 bytes), or makes one when it does not exist yet.
///
/// # Errors
/// When the file is not 32 bytes, or cannot be read or written.
pub(crate) fn key_file(path: &Path, random: &Random) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    match std::fs::read(path).map(Zeroizing::new) {
        Ok(bytes) => Ok(Zeroizing::new(
            <[u8; 32]>::try_from(bytes.as_slice())
                .map_err(|_| anyhow::anyhow!("{}: a key file has 32 bytes", path.display()))?,
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = Zeroizing::new(random.bytes::<32>());
            write_private(path, &*key).with_context(|| format!("write {}", path.display()))?;
            Ok(key)
        }
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}

/// Writes a file that only its owner can read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(&[7; 32], Random::seeded(1))
    }

    #[test]
    fn a_sealed_column_opens_only_in_its_place() {
        let (vault, id) = (vault(), Uuid::from_u128(1));
        let sealed = vault.seal("member.mobile", id, "13800138000");
        assert!(!sealed.windows(5).any(|w| w == b"13800"));
        assert_eq!(vault.open("member.mobile", id, &sealed).unwrap(), "13800138000");
        assert!(vault.open("member.mobile", Uuid::from_u128(2), &sealed).is_err());
        assert!(vault.open("member.name", id, &sealed).is_err());
        assert!(Vault::new(&[8; 32], Random::seeded(1)).open("member.mobile", id, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(vault.open("member.mobile", id, &altered).is_err(), "byte {at}");
        }
        assert!(vault.open("member.mobile", id, &sealed[..10]).is_err());
    }

    #[test]
    fn equal_texts_have_equal_indexes_and_unequal_seals() {
        let (vault, id) = (vault(), Uuid::from_u128(1));
        assert_eq!(vault.index("member.mobile", "1"), vault.index("member.mobile", "1"));
        assert_ne!(vault.index("member.mobile", "1"), vault.index("person.resident_id", "1"));
        assert_ne!(vault.seal("a.b", id, "1"), vault.seal("a.b", id, "1"));
    }

    #[test]
    fn an_object_is_gone_without_its_case_key() {
        let (vault, case, object) = (vault(), Uuid::from_u128(1), Uuid::from_u128(2));
        let (key, sealed_key) = vault.new_case_key(case);
        let sealed = vault.seal_object(&key, object, b"image");
        let key = vault.case_key(case, &sealed_key).unwrap();
        assert_eq!(vault.open_object(&key, object, &sealed).unwrap(), b"image");
        let (another, _) = vault.new_case_key(case);
        assert!(vault.open_object(&another, object, &sealed).is_err());
        assert!(vault.case_key(Uuid::from_u128(3), &sealed_key).is_err());
    }

    #[test]
    fn the_master_key_is_made_once_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let first = Vault::open_or_create(&path, Random::system()).unwrap();
        let again = Vault::open_or_create(&path, Random::system()).unwrap();
        assert_eq!(first.index("a", "b"), again.index("a", "b"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(folder.path().join("short"), [1; 31]).unwrap();
        assert!(Vault::open_or_create(&folder.path().join("short"), Random::system()).is_err());
    }
}
