//! 协议摘要: how protocol messages enter hashes. Each part carries its length, each hash a tag, so that no two transcripts
//! can be read as one another.

use sm2::elliptic_curve::ops::Reduce;
use sm2::{FieldBytes, Scalar};
use sm3::{Digest, Sm3};

/// H(tag, parts…) = SM3(be32(len tag) ‖ tag ‖ be32(len p1) ‖ p1 ‖ …).
#[must_use]
pub fn hash(tag: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Sm3::new();
    for part in std::iter::once(&tag.as_bytes()).chain(parts) {
        let length = u32::try_from(part.len()).expect("protocol parts are shorter than 4 GiB");
        digest.update(length.to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

/// Hs(tag, parts…) = H(tag, parts…) mod n.
#[must_use]
pub fn hash_to_scalar(tag: &str, parts: &[&[u8]]) -> Scalar {
    reduce(&hash(tag, parts))
}

/// ctx(parts…) = H("cosign/ctx", parts…): what a proof is bound to. The first part says where in the protocol.
#[must_use]
pub fn context(parts: &[&[u8]]) -> [u8; 32] {
    hash("cosign/ctx", parts)
}

/// 32 bytes big endian, modulo n.
pub(crate) fn reduce(bytes: &[u8; 32]) -> Scalar {
    Scalar::reduce(&FieldBytes::from(*bytes))
}
