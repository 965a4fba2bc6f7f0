//! WeChat Pay's own hand: notices as it would sign and encrypt them, true or not.

use super::World;
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{aead, rand::SystemRandom, signature};
use serde_json::{Value, json};

/// Signs with the sandbox's key, and encrypts with the merchant's.
pub struct Hand<'a> {
    pub world: &'a World,
}

impl Hand<'_> {
    /// A notice about this.
    pub fn body(&self, id: &str, plain: &Value) -> String {
        let pay = &self.world.state.config.providers.wechat_pay;
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, pay.apiv3_key.expose().as_bytes()).unwrap();
        let nonce = *b"0123456789ab";
        let mut sealed = plain.to_string().into_bytes();
        aead::LessSafeKey::new(key)
            .seal_in_place_append_tag(
                aead::Nonce::assume_unique_for_key(nonce),
                aead::Aad::from(b"transaction"),
                &mut sealed,
            )
            .unwrap();
        json!({
            "id": id, "create_time": "2026-11-23T12:00:00+08:00", "resource_type": "encrypt-resource",
            "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
            "resource": {
                "original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "ciphertext": STANDARD.encode(sealed),
                "associated_data": "transaction", "nonce": "0123456789ab",
            },
        })
        .to_string()
    }

    /// What it says of a payment: that it was paid.
    pub fn plain(&self, out_trade_no: &str) -> Value {
        let pay = &self.world.state.config.providers.wechat_pay;
        json!({
            "appid": pay.appid, "mchid": pay.mchid, "out_trade_no": out_trade_no, "transaction_id": "4200000000",
            "trade_type": "NATIVE", "trade_state": "SUCCESS", "trade_state_desc": "支付成功", "bank_type": "OTHERS",
            "success_time": "2026-11-23T12:00:00+08:00", "payer": { "openid": "oSOMEBODY" },
            "amount": { "total": 40_000, "payer_total": 40_000, "currency": "CNY", "payer_currency": "CNY" },
        })
    }

    /// The headers, signed so many seconds ago.
    pub fn sign(&self, seconds_ago: i64, body: &str) -> Vec<(&'static str, String)> {
        let pem = include_str!("../../../src/sandbox/throw_away/wechat_pay.key.pem");
        let text: String = pem.lines().filter(|line| !line.starts_with("---")).collect();
        let key = signature::RsaKeyPair::from_pkcs8(&STANDARD.decode(text).unwrap()).unwrap();
        let timestamp = (self.world.clock.now().timestamp() - seconds_ago).to_string();
        let message = format!("{timestamp}\nNONCE\n{body}\n");
        let mut signed = vec![0; key.public().modulus_len()];
        key.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signed).unwrap();
        let serial = self.world.state.config.providers.wechat_pay.public_key_id.clone().unwrap();
        vec![
            ("wechatpay-timestamp", timestamp),
            ("wechatpay-nonce", "NONCE".into()),
            ("wechatpay-signature", STANDARD.encode(signed)),
            ("wechatpay-serial", serial),
        ]
    }

    /// Sends it; the answer's status.
    pub async fn send(&self, headers: Vec<(&'static str, String)>, body: String) -> u16 {
        let mut request = reqwest::Client::new().post(format!("{}/notify/wechat-pay", self.world.url));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.header("content-type", "application/json").body(body).send().await.unwrap().status().as_u16()
    }
}
