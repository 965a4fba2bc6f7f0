//! The merchant's own half: its key signs requests and payments, its APIv3 key opens what WeChat Pay encrypts.

use super::{Config, RequestPayment, VENDOR};
use crate::{Error, Result};
use rsa::{RsaPrivateKey, pkcs8::DecodePrivateKey, traits::PublicKeyParts};
use wechat_pay_rust_sdk::pay::{PayNotifyTrait, WechatPay, WechatPayTrait};
use zhangzheng_kinds::{Clock, Random};

/// The SDK's struct, with our clock and randomness, and never printed.
pub(super) struct Merchant {
    sdk: WechatPay,
    clock: Clock,
    random: Random,
}

impl std::fmt::Debug for Merchant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merchant").field("mchid", &self.sdk.mch_id).finish_non_exhaustive()
    }
}

impl Merchant {
    /// The SDK panics on a bad key when it signs, so the key is read here, by the same reader, before it gets one.
    pub(super) fn new(config: &Config, clock: Clock, random: Random) -> Result<Self> {
        let key = RsaPrivateKey::from_pkcs8_pem(config.merchant_key.expose())
            .map_err(|_| Error::misconfigured(VENDOR, "merchant_key is not a PKCS#8 RSA key in PEM"))?;
        if key.size() < 256 {
            return Err(Error::misconfigured(VENDOR, "merchant_key has fewer than 2048 bits"));
        }
        if config.apiv3_key.expose().len() != 32 {
            return Err(Error::misconfigured(VENDOR, "apiv3_key does not have 32 bytes"));
        }
        let mut sdk = WechatPay::new(
            config.appid.as_str(),
            config.mchid.as_str(),
            config.merchant_key.expose().as_str(),
            config.merchant_serial.as_str(),
            config.apiv3_key.expose().as_str(),
            config.notify_url.as_str(),
        );
        sdk.base_url.clone_from(&config.base_url);
        Ok(Self { sdk, clock, random })
    }

    /// The `Authorization` of a request: method, path with query, body, exactly as they are sent.
    pub(super) fn authorization(&self, method: &str, path: &str, body: &str) -> String {
        let (timestamp, nonce) = (self.now_timestamp(), self.nonce_str());
        self.authorization_at(method, path, body, &timestamp, &nonce)
    }

    fn authorization_at(&self, method: &str, path: &str, body: &str, timestamp: &str, nonce: &str) -> String {
        let signature = self.rsa_sign(format!("{method}\n{path}\n{timestamp}\n{nonce}\n{body}\n"));
        format!(
            "WECHATPAY2-SHA256-RSA2048 mchid=\"{}\",nonce_str=\"{nonce}\",signature=\"{signature}\",timestamp=\"{timestamp}\",serial_no=\"{}\"",
            self.sdk.mch_id, self.sdk.serial_no
        )
    }

    /// What `wx.requestPayment` takes.
    pub(super) fn request_payment(&self, prepay_id: &str) -> RequestPayment {
        let data = self.mut_sign_data("prepay_id=", prepay_id);
        RequestPayment {
            app_id: data.app_id,
            time_stamp: data.timestamp,
            nonce_str: data.nonce_str,
            package: data.package,
            sign_type: data.sign_type,
            pay_sign: data.pay_sign,
        }
    }

    /// Whether `public_key` (PEM) signed an answer or notice.
    pub(super) fn verifies(&self, public_key: &str, timestamp: &str, nonce: &str, signature: &str, body: &str) -> bool {
        self.verify_signature(public_key, timestamp, nonce, signature, body).is_ok()
    }

    /// Opens what was encrypted with the APIv3 key.
    pub(super) fn decrypt(&self, ciphertext: &str, nonce: &str, associated_data: &str) -> Result<Vec<u8>> {
        self.decrypt_bytes(ciphertext, nonce, associated_data)
            .map_err(|_| Error::untrusted(VENDOR, "not encrypted with our APIv3 key"))
    }
}

impl WechatPayTrait for Merchant {
    fn appid(&self) -> String {
        self.sdk.appid()
    }
    fn mch_id(&self) -> String {
        self.sdk.mch_id()
    }
    fn private_key(&self) -> String {
        self.sdk.private_key()
    }
    fn serial_no(&self) -> String {
        self.sdk.serial_no()
    }
    fn v3_key(&self) -> String {
        self.sdk.v3_key()
    }
    fn notify_url(&self) -> String {
        self.sdk.notify_url()
    }
    fn base_url(&self) -> String {
        self.sdk.base_url()
    }
    fn rsa_sign(&self, content: impl AsRef<str>) -> String {
        self.sdk.rsa_sign(content)
    }
    fn now_timestamp(&self) -> String {
        self.clock.now().timestamp().to_string()
    }
    fn nonce_str(&self) -> String {
        self.random.pick(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 32)
    }
}

impl PayNotifyTrait for Merchant {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat_pay::tests::{config, vectors};

    fn merchant() -> Merchant {
        Merchant::new(&config(), Clock::real(), Random::system()).unwrap()
    }

    #[test]
    fn requests_are_signed_as_in_the_vectors() {
        let vectors = vectors();
        for name in ["prepay_jsapi", "prepay_native", "query_by_out_trade_no", "close", "tradebill"] {
            let case = &vectors["cases"][name];
            let text = |field: &str| case[field].as_str().unwrap();
            let signed = merchant().authorization_at(
                text("method"),
                text("path_and_query"),
                text("body"),
                vectors["timestamp"].as_str().unwrap(),
                text("nonce_str"),
            );
            assert_eq!(signed, text("authorization"), "{name}");
        }
    }

    #[test]
    fn the_payment_is_signed_as_in_the_vector() {
        let case = &vectors()["cases"]["miniprogram_pay_sign"];
        let signature = merchant().rsa_sign(case["message"].as_str().unwrap());
        assert_eq!(signature, case["wx_requestPayment"]["paySign"].as_str().unwrap());
    }

    #[test]
    fn a_platform_certificate_of_the_vectors_is_opened_and_holds_the_vectors_key() {
        let vectors = vectors();
        let case = &vectors["cases"]["certificates_list"];
        let list: crate::wechat_pay::wire::Certificates =
            crate::wechat_pay::wire::parse(case["body"].as_str().unwrap().as_bytes()).unwrap();
        let sealed = &list.data[0].encrypt_certificate;
        let associated = sealed.associated_data.as_deref().unwrap();
        let pem = merchant().decrypt(&sealed.ciphertext, &sealed.nonce, associated).unwrap();
        assert_eq!(String::from_utf8(pem.clone()).unwrap(), case["certificate_pem"].as_str().unwrap());
        let key = wechat_pay_rust_sdk::util::x509_to_pem(&pem).unwrap();
        assert_eq!(key.trim(), vectors["wechatpay_public_key_pem"].as_str().unwrap().trim());
        assert!(merchant().decrypt(&sealed.ciphertext, &sealed.nonce, "other").is_err());
        assert!(merchant().decrypt(&sealed.ciphertext, "short", associated).is_err());
        assert!(merchant().decrypt("not base64!", &sealed.nonce, associated).is_err());
    }

    #[test]
    fn the_payment_has_the_names_that_mini_programs_take() {
        let shown = serde_json::to_value(merchant().request_payment("wx1")).unwrap();
        let names: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["appId", "nonceStr", "package", "paySign", "signType", "timeStamp"]);
        assert_eq!(shown["package"], "prepay_id=wx1");
        assert_eq!(shown["signType"], "RSA");
    }

    #[test]
    fn a_bad_key_is_refused_at_the_start_and_no_secret_is_printed() {
        for broken in ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            let config = Config { merchant_key: zhangzheng_kinds::Secret::new(broken.into()), ..config() };
            assert!(matches!(
                Merchant::new(&config, Clock::real(), Random::system()),
                Err(Error::Misconfigured { .. })
            ));
        }
        let shown = format!("{:?} {:?}", merchant(), config());
        assert!(!shown.contains("PRIVATE") && !shown.contains("0123456789abcdef0123456789ABCDEF"));
    }
}
