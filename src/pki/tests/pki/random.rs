//! Randomness for tests: repeatable, or exactly what a vector says.

use zhangzheng_pki::rand_core::CryptoRng;
use zhangzheng_pki::random::Fill;
use zhangzheng_pki::sm::sm3;

/// SM3 in counter mode from a seed.
pub fn seeded(seed: u64) -> impl CryptoRng {
    let mut blocks = 0u64;
    Fill(move |out: &mut [u8]| {
        for chunk in out.chunks_mut(32) {
            blocks += 1;
            let block = sm3(&[&seed.to_be_bytes(), &blocks.to_be_bytes()]);
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    })
}

/// Exactly these bytes, in order; asking for more is a mistake in the test.
pub fn scripted(parts: &[&[u8]]) -> impl CryptoRng + use<> {
    let mut bytes = parts.concat();
    Fill(move |out: &mut [u8]| {
        let rest = bytes.split_off(out.len());
        out.copy_from_slice(&bytes);
        bytes = rest;
    })
}
