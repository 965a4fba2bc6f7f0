//! Tests of certificates, keys at rest and two-party keys, as the other half, an attacker and OpenSSL would see them.

mod at_rest;
mod attacks;
mod malformed;
mod openssl;
mod oracle;
mod phone;
mod protocol;
mod random;
mod seal;
mod sessions;
mod vectors;
mod x509;
