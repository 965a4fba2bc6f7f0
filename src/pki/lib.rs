//! 证书与密钥: SM2/SM3, X.509 certificates and requests, keys at rest, and the server's half of two-party SM2.
//! Pure: no network, no database, no clock and no source of randomness of its own; all of these are passed in.
//!
//! Reading order: [`sm`], [`key`] (the algorithms) → [`name`], [`profile`], [`certificate`], [`csr`], [`ca`], [`crl`], [`ocsp`] (X.509) → [`seal`]
//! (electronic seals) →
//! [`keystore`] (keys at rest) → [`cosign`] (the holder's key, never whole anywhere).

pub mod ca;
pub mod certificate;
pub mod cosign;
pub mod crl;
pub mod csr;
pub mod error;
pub mod key;
pub mod keystore;
pub mod name;
pub mod ocsp;
pub mod pem;
pub mod profile;
pub mod random;
pub mod seal;
pub mod sm;

pub use error::PkiError;
/// The traits by which callers pass randomness in; [`random::Fill`] implements them for a function.
pub use signature::rand_core;
