//! `GET /v3/certificates` (平台证书): what a merchant of the older mode fetches twice a day.

use super::{Answered, Asked, Refusal, keys::encrypt};
use crate::world::random_hex;
use serde_json::json;

pub(super) fn list(asked: &Asked<'_>) -> Answered {
    let pay = &asked.world.config.pay;
    if !pay.has_platform_certificates {
        let message = "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。";
        return Err(Refusal::new(404, "RESOURCE_NOT_EXISTS", message));
    }
    let nonce = random_hex::<6>();
    let ciphertext = encrypt(&pay.apiv3_key, &nonce, "certificate", pay.platform_certificate.as_bytes());
    let sealed = json!({
        "algorithm": "AEAD_AES_256_GCM", "nonce": nonce, "associated_data": "certificate", "ciphertext": ciphertext,
    });
    Ok(Some(json!({"data": [{
        "serial_no": pay.platform_serial,
        "effective_time": "2026-01-01T08:00:00+08:00",
        "expire_time": "2031-01-01T08:00:00+08:00",
        "encrypt_certificate": sealed,
    }]})))
}
