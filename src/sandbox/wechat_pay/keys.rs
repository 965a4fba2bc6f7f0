//! The keys of both ends: WeChat Pay signs with its own, and checks with the merchant's.

use crate::PayConfig;
use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey},
};
use rsa::{
    RsaPublicKey,
    pkcs1::EncodeRsaPublicKey,
    pkcs8::{DecodePublicKey, Document},
};

/// Read once, at the start.
pub(crate) struct Keys {
    merchant: Document,
    public_key_mode: RsaKeyPair,
    platform: RsaKeyPair,
}

/// Which of WeChat Pay's keys signs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Signer {
    PublicKeyMode,
    Platform,
}

impl Keys {
    pub(crate) fn read(config: &PayConfig) -> anyhow::Result<Self> {
        let merchant =
            RsaPublicKey::from_public_key_pem(&config.merchant.public).context("the merchant's public key")?;
        Ok(Self {
            merchant: merchant.to_pkcs1_der()?,
            public_key_mode: private(&config.wechat_pay.private).context("WeChat Pay's key")?,
            platform: private(&config.platform.private).context("the platform certificate's key")?,
        })
    }

    /// Whether the merchant signed a message (`WECHATPAY2-SHA256-RSA2048`).
    pub(super) fn merchant_signed(&self, message: &str, signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.merchant.as_bytes());
        STANDARD.decode(signature).is_ok_and(|signature| key.verify(message.as_bytes(), &signature).is_ok())
    }

    /// WeChat Pay's signature of a message, base64.
    pub(super) fn sign(&self, signer: Signer, message: &[u8]) -> String {
        let key = match signer {
            Signer::PublicKeyMode => &self.public_key_mode,
            Signer::Platform => &self.platform,
        };
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .expect("the buffer has the length of the modulus");
        STANDARD.encode(signature)
    }
}

fn private(pem: &str) -> anyhow::Result<RsaKeyPair> {
    let (_, document) =
        rsa::pkcs8::SecretDocument::from_pem(pem).map_err(|error| anyhow::anyhow!("not PEM: {error}"))?;
    RsaKeyPair::from_pkcs8(document.as_bytes()).map_err(|error| anyhow::anyhow!("not an RSA key: {error}"))
}

/// AES-256-GCM as WeChat Pay encrypts resources: base64 of ciphertext and tag; the nonce is 12 characters.
pub(super) fn encrypt(apiv3_key: &str, nonce: &str, associated: &str, plain: &[u8]) -> String {
    use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead, aead::Payload};
    let cipher = Aes256Gcm::new_from_slice(apiv3_key.as_bytes()).expect("an APIv3 key has 32 bytes");
    let nonce: [u8; 12] = nonce.as_bytes().try_into().expect("the nonce made here has 12 bytes");
    let sealed = cipher.encrypt(&nonce.into(), Payload { msg: plain, aad: associated.as_bytes() });
    STANDARD.encode(sealed.expect("a notification is far shorter than GCM's limit"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn vectors() -> serde_json::Value {
        let text = include_str!("../../../tests/fixtures/vectors/wechatpay-v3.json");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn the_merchant_signatures_of_the_vectors_are_accepted_and_nothing_else_is() {
        let keys = Keys::read(&Config::for_tests().pay).unwrap();
        for name in ["prepay_jsapi", "prepay_native", "query_by_out_trade_no", "close", "tradebill"] {
            let case = &vectors()["cases"][name];
            let (message, signature) = (case["message"].as_str().unwrap(), case["signature"].as_str().unwrap());
            assert!(keys.merchant_signed(message, signature), "{name}");
            assert!(!keys.merchant_signed(&format!("{message}\n"), signature), "{name}");
            assert!(!keys.merchant_signed(message, "not base64"), "{name}");
        }
    }

    #[test]
    fn answers_and_notices_are_signed_and_encrypted_as_in_the_vectors() {
        let keys = Keys::read(&Config::for_tests().pay).unwrap();
        let vectors = vectors();
        for name in ["response_prepay", "response_close_204"] {
            let case = &vectors["cases"][name];
            let message = case["verify_message"].as_str().unwrap();
            let signature = keys.sign(Signer::PublicKeyMode, message.as_bytes());
            assert_eq!(signature, case["headers"]["Wechatpay-Signature"].as_str().unwrap(), "{name}");
        }
        for name in ["notify_transaction_success", "notify_refund_success"] {
            let case = &vectors["cases"][name];
            let body: serde_json::Value = serde_json::from_str(case["body"].as_str().unwrap()).unwrap();
            let text = |field: &str| body["resource"][field].as_str().unwrap().to_owned();
            let key = vectors["apiv3_key"].as_str().unwrap();
            let plain = case["plaintext"].as_str().unwrap().as_bytes();
            assert_eq!(encrypt(key, &text("nonce"), &text("associated_data"), plain), text("ciphertext"), "{name}");
        }
    }
}
