//! Randomness, passed in: the system's, or a seeded stream for tests that must repeat.

use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// A source of random bytes. Clones of a seeded source share its stream.
#[derive(Clone, Debug)]
pub struct Random(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Seeded(Arc<Mutex<([u8; 32], u64)>>),
}

impl Random {
    /// The operating system's generator.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A repeatable stream (SHA-256 in counter mode). For tests and samples only.
    pub fn seeded(seed: u64) -> Self {
        let key = Sha256::digest(seed.to_be_bytes()).into();
        Self(Source::Seeded(Arc::new(Mutex::new((key, 0)))))
    }

    /// Fills the buffer.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: nothing safe can be done then.
    pub fn fill(&self, buffer: &mut [u8]) {
        match &self.0 {
            Source::System => getrandom::fill(buffer).expect("the system gives random bytes"),
            Source::Seeded(state) => {
                let mut state = state.lock().unwrap_or_else(|broken| broken.into_inner());
                for chunk in buffer.chunks_mut(32) {
                    let block = Sha256::new().chain_update(state.0).chain_update(state.1.to_be_bytes()).finalize();
                    chunk.copy_from_slice(&block[..chunk.len()]);
                    state.1 += 1;
                }
            }
        }
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// 32 random bytes in hexadecimal: 256 bits, safe in a URL or a cookie.
    pub fn token(&self) -> String {
        hex::encode(self.bytes::<32>())
    }

    /// `count` uniform decimal digits (rejection sampling, no bias).
    pub fn digits(&self, count: usize) -> String {
        self.pick(b"0123456789", count)
    }

    /// `count` uniform characters of an ASCII alphabet (rejection sampling, no bias).
    pub fn pick(&self, alphabet: &[u8], count: usize) -> String {
        let fair = 256 - 256 % alphabet.len();
        let mut text = String::with_capacity(count);
        while text.len() < count {
            let byte = usize::from(self.bytes::<1>()[0]);
            if byte < fair {
                text.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
        text
    }

    /// A UUIDv7 of this moment: ids that sort by time.
    pub fn id(&self, now: chrono::DateTime<chrono::Utc>) -> Uuid {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes::<10>()).into_uuid()
    }
}
