//! RSA key pairs, and the one certificate the sandbox has to make: WeChat Pay's platform certificate.

use anyhow::Context;
use rsa::{
    Pkcs1v15Sign, RsaPrivateKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding},
    sha2::{Digest, Sha256},
};
use serde::{Deserialize, Serialize};

/// An RSA key pair as PEM: PKCS#8 private, SPKI public.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPair {
    pub private: String,
    pub public: String,
}

impl KeyPair {
    /// A new 2048-bit pair.
    pub(crate) fn generate() -> anyhow::Result<Self> {
        let key = RsaPrivateKey::new(&mut System, 2048).context("cannot make an RSA key")?;
        Self::of(&key)
    }

    /// The pair of a private key in PEM.
    pub(crate) fn from_private(pem: &str) -> anyhow::Result<Self> {
        Self::of(&RsaPrivateKey::from_pkcs8_pem(pem).context("not a PKCS#8 RSA key")?)
    }

    fn of(key: &RsaPrivateKey) -> anyhow::Result<Self> {
        let private = key.to_pkcs8_pem(LineEnding::LF)?.to_string();
        let public = key.to_public_key().to_public_key_pem(LineEnding::LF)?;
        Ok(Self { private, public })
    }

    /// An X.509 certificate of this key, signed by itself, with a serial of 40 hexadecimal digits, 2026 to 2031, as PEM.
    pub(crate) fn self_signed(&self, serial: &str) -> anyhow::Result<String> {
        let key = RsaPrivateKey::from_pkcs8_pem(&self.private)?;
        let algorithm = der(0x30, &[&der(0x06, &[SHA256_WITH_RSA]), &[0x05, 0x00]]);
        let common_name = der(0x30, &[&der(0x06, &[COMMON_NAME]), &der(0x0c, &[b"Tenpay.com sign (sandbox)"])]);
        let name = der(0x30, &[&der(0x31, &[&common_name])]);
        let validity = der(0x30, &[&der(0x17, &[b"260101000000Z"]), &der(0x17, &[b"310101000000Z"])]);
        let public = key.to_public_key().to_public_key_der()?;
        let to_sign = der(
            0x30,
            &[
                &[0xa0, 0x03, 0x02, 0x01, 0x02],
                &der(0x02, &[&hex::decode(serial).context("a serial is hexadecimal")?]),
                &algorithm,
                &name,
                &validity,
                &name,
                public.as_bytes(),
            ],
        );
        let signature = key.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(&to_sign))?;
        let whole = der(0x30, &[&to_sign, &algorithm, &der(0x03, &[&[0x00], &signature])]);
        Ok(pem("CERTIFICATE", &whole))
    }
}

const SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// One DER value: tag, length, contents.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let contents = parts.concat();
    let length = contents.len();
    let mut value = vec![tag];
    match length {
        0..0x80 => value.push(length.to_le_bytes()[0]),
        0x80..0x100 => value.extend([0x81, length.to_le_bytes()[0]]),
        _ => value.extend([0x82, length.to_le_bytes()[1], length.to_le_bytes()[0]]),
    }
    value.extend(contents);
    value
}

fn pem(label: &str, bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let text = STANDARD.encode(bytes);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64 is ASCII")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The operating system's randomness in the form the RSA crate takes.
struct System;

impl rsa::rand_core::RngCore for System {
    fn next_u32(&mut self) -> u32 {
        rsa::rand_core::impls::next_u32_via_fill(self)
    }
    fn next_u64(&mut self) -> u64 {
        rsa::rand_core::impls::next_u64_via_fill(self)
    }
    fn fill_bytes(&mut self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the system gives random bytes");
    }
    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.fill_bytes(buffer);
        Ok(())
    }
}

impl rsa::rand_core::CryptoRng for System {}
