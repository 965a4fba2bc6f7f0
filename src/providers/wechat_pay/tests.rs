//! The adapter against the published vectors: what it accepts, and what it must refuse.

use super::*;
use chrono::Duration;
use proptest::prelude::*;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use zhangzheng_kinds::Fen;

pub(super) fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../tests/fixtures/vectors/wechatpay-v3.json")).unwrap()
}

/// The vectors' merchant; nothing listens at its address.
pub(super) fn config() -> Config {
    let vectors = vectors();
    let text = |name: &str| vectors[name].as_str().unwrap().to_owned();
    Config {
        base_url: "http://127.0.0.1:1".into(),
        appid: text("appid"),
        mchid: text("mchid"),
        merchant_serial: text("merchant_cert_serial"),
        merchant_key: Secret::new(text("merchant_private_key_pkcs8_pem")),
        apiv3_key: Secret::new(text("apiv3_key")),
        public_key_id: Some(text("wechatpay_public_key_id")),
        public_key: Some(text("wechatpay_public_key_pem")),
        notify_url: "https://example.com/notices/wechat-pay".into(),
        refund_notify_url: "https://example.com/notices/wechat-pay/refund".into(),
        fapiao_notify_url: None,
    }
}

/// A client whose clock stands near the moment the vectors were signed, `seconds` off.
fn client(seconds: i64) -> Client {
    let clock = Clock::real();
    let signed: i64 = vectors()["timestamp"].as_str().unwrap().parse().unwrap();
    clock.advance(Duration::seconds(signed + seconds - clock.now().timestamp()));
    Client::new(config(), Http::new().unwrap(), clock, Random::system()).unwrap()
}

fn notice(name: &str) -> (HeaderMap, Vec<u8>) {
    let case = &vectors()["cases"][name];
    let mut headers = HeaderMap::new();
    for (name, value) in case["headers"].as_object().unwrap() {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.insert(name, HeaderValue::from_str(value.as_str().unwrap()).unwrap());
    }
    (headers, case["body"].as_str().unwrap().as_bytes().to_vec())
}

fn is_untrusted<T: std::fmt::Debug>(result: Result<T>) -> bool {
    matches!(result, Err(Error::Untrusted { .. }))
}

#[tokio::test]
async fn a_payment_notice_of_the_vectors_is_understood() {
    let (headers, body) = notice("notify_transaction_success");
    let client = client(0);
    let verified = client.verify_notice(&headers, &body).await.unwrap();
    assert!(client.owns(&verified));
    let Notice::Payment(transaction) = verified.notice else { panic!("a payment") };
    assert_eq!(transaction.state, TradeState::Paid);
    assert_eq!(transaction.out_trade_no, "RS20261123000001");
    assert_eq!(transaction.total, Some(Fen(40000)));
    assert!(transaction.paid_at.is_some());
    assert!(!format!("{transaction:?}").contains("oUpF8"));
}

#[tokio::test]
async fn a_refund_notice_of_the_vectors_is_understood() {
    let (headers, body) = notice("notify_refund_success");
    let client = client(0);
    let verified = client.verify_notice(&headers, &body).await.unwrap();
    assert!(client.owns(&verified));
    let Notice::Refund(refund) = verified.notice else { panic!("a refund") };
    assert_eq!((refund.state, refund.refund), (RefundState::Done, Fen(40000)));
}

#[tokio::test]
async fn the_probe_of_the_vectors_is_refused() {
    let (headers, body) = notice("notify_signtest_probe");
    assert!(is_untrusted(client(0).verify_notice(&headers, &body).await));
}

#[tokio::test]
async fn a_notice_is_taken_only_within_five_minutes() {
    let (headers, body) = notice("notify_transaction_success");
    for seconds in [-298, 0, 298] {
        assert!(client(seconds).verify_notice(&headers, &body).await.is_ok(), "{seconds}");
    }
    for seconds in [-86_400, -302, 302, 86_400] {
        assert!(is_untrusted(client(seconds).verify_notice(&headers, &body).await), "{seconds}");
    }
}

#[tokio::test]
async fn a_notice_that_lacks_or_repeats_a_header_or_names_a_strange_serial_is_refused() {
    let (headers, body) = notice("notify_transaction_success");
    let client = client(0);
    for name in ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial"] {
        let mut without = headers.clone();
        let value = without.remove(name).unwrap();
        assert!(is_untrusted(client.verify_notice(&without, &body).await), "without {name}");
        let mut twice = headers.clone();
        twice.append(HeaderName::from_static(name), value);
        assert!(is_untrusted(client.verify_notice(&twice, &body).await), "{name} twice");
    }
    let mut strange = headers.clone();
    strange.insert("wechatpay-serial", HeaderValue::from_static("PUB_KEY_ID_0000000000000000000000000000000000"));
    assert!(is_untrusted(client.verify_notice(&strange, &body).await));
    let mut kind = headers;
    kind.insert("wechatpay-signature-type", HeaderValue::from_static("WECHATPAY2-SM2-WITH-SM3"));
    assert!(is_untrusted(client.verify_notice(&kind, &body).await));
}

#[tokio::test]
async fn a_notice_for_another_merchant_is_not_ours() {
    let (headers, body) = notice("notify_transaction_success");
    let mut verified = client(0).verify_notice(&headers, &body).await.unwrap();
    verified.mchid = "1900000110".into();
    assert!(!client(0).owns(&verified));
}

#[test]
fn only_explicit_success_is_success() {
    let told = |state: &str| {
        let text = format!(r#"{{"appid":"a","mchid":"m","out_trade_no":"o","trade_state":"{state}"}}"#);
        wire::parse::<wire::Transaction>(text.as_bytes()).unwrap().understood()
    };
    assert_eq!(told("NOTPAY").unwrap().state, TradeState::NotPaid);
    assert_eq!(told("CLOSED").unwrap().state, TradeState::Closed);
    for unknown in ["USERPAYING", "PAYERROR", "SUCCESSFUL", "success", ""] {
        assert_eq!(told(unknown).unwrap().state, TradeState::Pending(unknown.into()));
    }
    // Paid without number, amount and time is not paid.
    assert!(matches!(told("SUCCESS"), Err(Error::Malformed { .. })));
    assert!(matches!(told("REFUND"), Err(Error::Malformed { .. })));
}

#[test]
fn half_a_public_key_setting_is_refused_at_the_start() {
    let broken = [
        Config { public_key_id: None, ..config() },
        Config { public_key: None, ..config() },
        Config { public_key: Some("nonsense".into()), ..config() },
        Config { apiv3_key: Secret::new("short".into()), ..config() },
    ];
    for config in broken {
        let made = Client::new(config, Http::new().unwrap(), Clock::real(), Random::system());
        assert!(matches!(made, Err(Error::Misconfigured { .. })));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever single byte of body, nonce, timestamp or signature is changed: refused.
    #[test]
    fn any_mutated_notice_is_refused(place in 0..4_usize, at in any::<prop::sample::Index>(), with in 0x21..0x7f_u8) {
        let (mut headers, mut body) = notice("notify_transaction_success");
        let name = ["", "wechatpay-nonce", "wechatpay-timestamp", "wechatpay-signature"][place];
        let mut bytes = if place == 0 { body.clone() } else { headers[name].as_bytes().to_vec() };
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != with);
        bytes[at] = with;
        if place == 0 {
            body = bytes;
        } else {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_bytes(&bytes).unwrap());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let result = runtime.block_on(async { client(0).verify_notice(&headers, &body).await });
        prop_assert!(is_untrusted(result));
    }
}
