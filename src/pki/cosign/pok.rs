//! 知识证明: the sender of a point X knows x with X = x·G (Schnorr, made non-interactive over the transcript).

use super::message::{Point, Proof, draw_scalar};
use super::transcript::hash_to_scalar;
use signature::rand_core::CryptoRng;
use sm2::elliptic_curve::Group;
use sm2::elliptic_curve::ops::LinearCombination;
use sm2::{ProjectivePoint, Scalar};

/// Proves knowledge of `x` for `point` = x·G, in a context. a random, A = a·G, c = Hs("cosign/pok", ctx, X, A), z = a + c·x.
pub fn prove<R: CryptoRng + ?Sized>(context: &[u8; 32], x: &Scalar, point: &Point, rng: &mut R) -> Proof {
    loop {
        let a = draw_scalar(rng);
        let c = challenge(context, point, &Point::generator_times(&a));
        let z = *a + c * x;
        if !bool::from(c.is_zero() | z.is_zero()) {
            return Proof { c, z };
        }
    }
}

/// Checks a proof: A' = z·G − c·X is not infinity, and c = Hs("cosign/pok", ctx, X, A').
#[must_use]
pub fn check(context: &[u8; 32], point: &Point, proof: &Proof) -> bool {
    let a = ProjectivePoint::lincomb(&[(ProjectivePoint::generator(), proof.z), (point.projective(), -proof.c)]);
    Point::from_projective(a).is_ok_and(|a| challenge(context, point, &a) == proof.c)
}

fn challenge(context: &[u8; 32], point: &Point, a: &Point) -> Scalar {
    hash_to_scalar("cosign/pok", &[context, point.as_bytes(), a.as_bytes()])
}
