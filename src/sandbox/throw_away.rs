//! Keys that everybody knows, so that tests need not make new ones. They are the published vectors' keys, and one more.

use crate::{KeyPair, PayConfig};

/// The merchant of the vectors.
pub(crate) fn pay() -> PayConfig {
    let pair = |pem: &str| KeyPair::from_private(pem).expect("the throw-away keys are PKCS#8 RSA keys");
    let platform = pair(include_str!("throw_away/platform.key.pem"));
    let platform_serial = "5A0000000000000000000000000000000000D35C";
    PayConfig {
        mchid: "1900000109".into(),
        payee: "掌证测试商户".into(),
        merchant_serial: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1".into(),
        merchant: pair(include_str!("throw_away/merchant.key.pem")),
        apiv3_key: "0123456789abcdef0123456789ABCDEF".into(),
        public_key_id: "PUB_KEY_ID_0119000001092026112300000000000001".into(),
        wechat_pay: pair(include_str!("throw_away/wechat_pay.key.pem")),
        platform_certificate: platform.self_signed(platform_serial).expect("a certificate can be made of a sound key"),
        platform_serial: platform_serial.into(),
        platform,
        has_platform_certificates: true,
    }
}
