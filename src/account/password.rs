//! 密码 at rest: Argon2id (OWASP minimum: 19 MiB, two passes), at most one hash per core at a time, on work areas that are kept.

use crate::error::Error;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::sync::{LazyLock, Mutex};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use zhangzheng_kinds::{Random, Secret};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const SCHEME: &str = "argon2id$v=19$m=19456,t=2,p=1";

static GATE: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get)));

/// The work areas are kept and used again: the allocator does not give aligned blocks back, and the process would grow
/// by one area per hash.
static AREAS: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

fn derive(password: &[u8], salt: &[u8]) -> Result<[u8; 32], argon2::Error> {
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(MEMORY_KIB, PASSES, 1, Some(32))?);
    let kept = AREAS.lock().unwrap_or_else(|broken| broken.into_inner()).pop();
    let mut area = kept.unwrap_or_else(|| vec![Block::default(); argon.params().block_count()]);
    let mut out = [0; 32];
    let derived = argon.hash_password_into_with_memory(password, salt, &mut out, &mut area);
    AREAS.lock().unwrap_or_else(|broken| broken.into_inner()).push(area);
    derived.map(|()| out)
}

/// Hashes a password for the table.
pub async fn hash(password: &str, random: &Random) -> Result<String, Error> {
    let (password, salt) = (Secret::new(password.to_owned()), random.bytes::<16>());
    let _turn = GATE.acquire().await.map_err(Error::internal)?;
    let digest = tokio::task::spawn_blocking(move || derive(password.expose().as_bytes(), &salt))
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)?;
    Ok(format!("{SCHEME}${}${}", hex::encode(salt), hex::encode(digest)))
}

/// Whether it is the password. Without a stored hash (no such member) the same work is done, and the answer is no.
pub async fn verify(password: &str, stored: Option<&str>) -> Result<bool, Error> {
    let password = Secret::new(password.to_owned());
    let parts = stored.and_then(parse);
    let (salt, expected) = parts.clone().unwrap_or_else(|| (vec![0; 16], vec![0; 32]));
    let _turn = GATE.acquire().await.map_err(Error::internal)?;
    let digest = tokio::task::spawn_blocking(move || derive(password.expose().as_bytes(), &salt))
        .await
        .map_err(Error::internal)?
        .map_err(Error::internal)?;
    Ok(bool::from(digest.as_slice().ct_eq(&expected)) && parts.is_some())
}

fn parse(stored: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let rest = stored.strip_prefix(SCHEME)?.strip_prefix('$')?;
    let (salt, digest) = rest.split_once('$')?;
    Some((hex::decode(salt).ok()?, hex::decode(digest).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_verifies() {
        let stored = hash("abcd1234", &Random::seeded(1)).await.unwrap();
        assert!(verify("abcd1234", Some(&stored)).await.unwrap());
        assert!(!verify("abcd1235", Some(&stored)).await.unwrap());
        assert!(!verify("abcd1234", None).await.unwrap());
        assert!(!verify("abcd1234", Some("broken")).await.unwrap());
        assert_ne!(stored, hash("abcd1234", &Random::seeded(2)).await.unwrap());
    }
}
