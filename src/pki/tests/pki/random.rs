//! Randomness for tests: repeatable, or exactly what a vector says.

use std::convert::Infallible;
use zhangzheng_pki::rand_core::{TryCryptoRng, TryRng};
use zhangzheng_pki::sm::sm3;

/// SM3 in counter mode from a seed.
pub struct Seeded {
    seed: u64,
    blocks: u64,
}

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Self { seed, blocks: 0 }
    }
}

/// Exactly these bytes, in order; asking for more is a mistake in the test.
pub struct Scripted(Vec<u8>);

impl Scripted {
    pub fn new(parts: &[&[u8]]) -> Self {
        Self(parts.concat())
    }
}

macro_rules! crypto_rng {
    ($name:ident, $fill:expr) => {
        impl TryRng for $name {
            type Error = Infallible;

            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                let mut bytes = [0; 4];
                self.try_fill_bytes(&mut bytes)?;
                Ok(u32::from_le_bytes(bytes))
            }

            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                let mut bytes = [0; 8];
                self.try_fill_bytes(&mut bytes)?;
                Ok(u64::from_le_bytes(bytes))
            }

            fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
                let fill: fn(&mut Self, &mut [u8]) = $fill;
                fill(self, out);
                Ok(())
            }
        }

        impl TryCryptoRng for $name {}
    };
}

crypto_rng!(Seeded, |rng, out| {
    for chunk in out.chunks_mut(32) {
        rng.blocks += 1;
        let block = sm3(&[&rng.seed.to_be_bytes(), &rng.blocks.to_be_bytes()]);
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
});

crypto_rng!(Scripted, |rng, out| {
    let rest = rng.0.split_off(out.len());
    out.copy_from_slice(&rng.0);
    rng.0 = rest;
});
