//! 随机数, passed in: makes a source out of whatever fills a buffer.

use signature::rand_core::{TryCryptoRng, TryRng};
use std::convert::Infallible;

/// A source of randomness from a function that fills a buffer with secure random bytes:
/// ```
/// # fn system(buffer: &mut [u8]) { buffer.fill(7) }
/// use zhangzheng_pki::{cosign::KeyId, random::Fill};
/// let kid = KeyId::draw(&mut Fill(|buffer: &mut [u8]| system(buffer)));
/// ```
pub struct Fill<F>(pub F);

impl<F: FnMut(&mut [u8])> TryRng for Fill<F> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(out);
        Ok(())
    }
}

/// The caller vouches for the function.
impl<F: FnMut(&mut [u8])> TryCryptoRng for Fill<F> {}
