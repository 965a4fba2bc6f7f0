//! 两方协同签名 2P-SM2-S: the holder's private key is never whole anywhere. One half (d1) is on the phone behind the PIN, the
//! other (d2) is sealed on the server; both together make ordinary SM2 signatures. This is the server's half.
//!
//! `(1+d)^-1 = d1·d2 mod n` and `P = (d1·d2)^-1·G − G`. Key generation and signing commit before they reveal, and prove what
//! they send, so that neither side can steer the result or learn the other's half:
//!
//! ```text
//! key generation                                   signing (sid, tbs known to both; each computes e itself)
//!   server → com2        ServerKeygen::start         phone  → com1
//!   phone  → P1, π1                                  server → Q, π             SignSession::commit
//!   server → P2, π2, ρ2, P       …::finish           phone  → K, ρ, s1
//!                                                    server: (r, s)            SignSession::finish
//! ```
//!
//! Sessions are values and finishing consumes them: a session answered twice would give d2 away. [`OpenSessions`] keeps them,
//! in memory only and one per key; they never reach a database or a backup, and a restart loses them.

pub mod keygen;
pub mod message;
pub mod pin;
pub mod pok;
pub mod sessions;
pub mod sign;
pub mod transcript;

pub use keygen::{KeygenOpening, ServerKey, ServerKeygen};
pub use message::{Blinder, Challenge, Commitment, KeyId, Point, Proof, SessionId, Share};
pub use pin::PinCheck;
pub use sessions::OpenSessions;
pub use sign::{Answer, Opening, SignSession};

/// The one bit that the other side may learn: it did not work. A wrong PIN, a changed message and an expired session look
/// the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("refused")]
pub struct CosignError;
