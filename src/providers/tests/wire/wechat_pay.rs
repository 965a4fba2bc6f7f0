//! 微信支付: orders from prepay to paid or closed, and every refusal that means something to us.

use crate::desk::{Desk, LI_JIANGUO, WANG_FANG};
use chrono::Duration;
use serde_json::{Value, json};
use zhangzheng_kinds::{Fen, Secret};
use zhangzheng_providers::{
    Error,
    wechat_pay::{Closing, Order, Prepaid, RequestPayment, TradeState},
};

pub fn order<'a>(desk: &Desk, out_trade_no: &'a str) -> Order<'a> {
    // Cut to the second: the same order must be the same request.
    let expires = desk.clock.now() + Duration::hours(1);
    Order { out_trade_no, description: "手机证书服务费", total: Fen(45000), expires }
}

pub fn ready<T: std::fmt::Debug>(prepaid: Prepaid<T>) -> T {
    match prepaid {
        Prepaid::Ready(value) => value,
        other => panic!("{other:?}"),
    }
}

/// What the phone does with `wx.requestPayment`.
pub async fn pay_in_app(desk: &Desk, openid: &str, payment: &RequestPayment, action: &str) -> String {
    let mut asked = serde_json::to_value(payment).unwrap();
    asked["openid"] = openid.into();
    asked["action"] = action.into();
    desk.post("/phone/pay", asked).await["errMsg"].as_str().unwrap().to_owned()
}

/// An order paid by scanning.
pub async fn paid(desk: &Desk, number: &str) {
    let code_url = ready(desk.pay().prepay_by_code(&order(desk, number)).await.unwrap());
    let body = json!({"openid": WANG_FANG, "code_url": code_url, "action": "pay"});
    assert_eq!(desk.post("/phone/pay-native", body).await["errMsg"], "requestPayment:ok");
}

#[tokio::test]
async fn m42_an_order_is_paid_inside_the_mini_program() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    let wanted = order(&desk, "RS20261123000001");
    let payment = ready(pay.prepay_in_app(&wanted, WANG_FANG).await.unwrap());
    assert_eq!(payment.app_id, desk.pay_config().appid);
    let sheet = desk.get(&format!("/phone/prepay/{}", payment.package.trim_start_matches("prepay_id="))).await;
    assert_eq!((&sheet["total"], &sheet["state"]), (&json!(45000), &json!("NOTPAY")));
    let unpaid = pay.query(wanted.out_trade_no).await.unwrap().unwrap();
    assert_eq!((unpaid.state, unpaid.total), (TradeState::NotPaid, None));

    assert_eq!(pay_in_app(&desk, WANG_FANG, &payment, "cancel").await, "requestPayment:fail cancel");
    assert!(pay_in_app(&desk, WANG_FANG, &payment, "fail").await.starts_with("requestPayment:fail "));
    assert_eq!(pay.query(wanted.out_trade_no).await.unwrap().unwrap().state, TradeState::NotPaid);
    assert_eq!(pay_in_app(&desk, WANG_FANG, &payment, "pay").await, "requestPayment:ok");

    let transaction = pay.query(wanted.out_trade_no).await.unwrap().unwrap();
    assert_eq!((&transaction.state, transaction.total), (&TradeState::Paid, Some(Fen(45000))));
    assert_eq!(transaction.payer_openid.as_deref(), Some(WANG_FANG));
    let id = transaction.transaction_id.clone().unwrap();
    assert_eq!(pay.query_by_id(&id).await.unwrap().unwrap(), transaction);
    assert!(pay_in_app(&desk, WANG_FANG, &payment, "pay").await.contains("已支付"));
}

#[tokio::test]
async fn m42_an_order_is_paid_by_a_qr_code_by_whoever_scans_it_first() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    let wanted = order(&desk, "RS20261123000002");
    let old = ready(pay.prepay_by_code(&wanted).await.unwrap());
    let code_url = ready(pay.prepay_by_code(&wanted).await.unwrap());
    assert_ne!(old, code_url, "asking again gives a fresh one");
    let scan = |openid: &'static str, text: String| desk.post("/phone/scan", json!({"openid": openid, "text": text}));
    assert_eq!(scan(WANG_FANG, old).await["kind"], "text", "the old one is dead");
    let sheet = scan(WANG_FANG, code_url.clone()).await;
    assert_eq!((&sheet["kind"], &sheet["total"]), (&json!("pay"), &json!(45000)));
    assert_eq!(scan(LI_JIANGUO, code_url.clone()).await["text"], "商家订单信息有误");
    let body = |openid: &str| json!({"openid": openid, "code_url": code_url, "action": "pay"});
    let refused = desk.post("/phone/pay-native", body(LI_JIANGUO)).await;
    assert_eq!(refused["errMsg"], "requestPayment:fail 商家订单信息有误");
    assert_eq!(desk.post("/phone/pay-native", body(WANG_FANG)).await["errMsg"], "requestPayment:ok");
    assert_eq!(pay.query(wanted.out_trade_no).await.unwrap().unwrap().state, TradeState::Paid);
    assert_eq!(pay.prepay_by_code(&wanted).await.unwrap(), Prepaid::AlreadyPaid);
    assert_eq!(pay.close(wanted.out_trade_no).await.unwrap(), Closing::AlreadyPaid);
}

#[tokio::test]
async fn the_phone_takes_only_the_payment_we_signed_for_the_person_it_was_made_for() {
    let desk = Desk::start().await;
    let payment = ready(desk.pay().prepay_in_app(&order(&desk, "RS20261123000003"), WANG_FANG).await.unwrap());
    let refused = |changed: RequestPayment| {
        let desk = &desk;
        async move { assert!(pay_in_app(desk, WANG_FANG, &changed, "pay").await.contains("签名"), "{changed:?}") }
    };
    refused(RequestPayment { package: "prepay_id=wx1".into(), ..payment.clone() }).await;
    refused(RequestPayment { nonce_str: "0".into(), ..payment.clone() }).await;
    refused(RequestPayment { time_stamp: "1".into(), ..payment.clone() }).await;
    refused(RequestPayment { app_id: "wx0".into(), ..payment.clone() }).await;
    refused(RequestPayment { sign_type: "MD5".into(), ..payment.clone() }).await;
    assert!(pay_in_app(&desk, LI_JIANGUO, &payment, "pay").await.contains("商家订单信息有误"));
    desk.advance(3700).await;
    assert!(pay_in_app(&desk, WANG_FANG, &payment, "pay").await.contains("有效期"));
}

#[tokio::test]
async fn a_number_means_one_order_for_ever() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    let wanted = order(&desk, "RS20261123000004");
    assert!(pay.query(wanted.out_trade_no).await.unwrap().is_none(), "not known yet");
    assert_eq!(pay.close(wanted.out_trade_no).await.unwrap(), Closing::Unknown);
    ready(pay.prepay_by_code(&wanted).await.unwrap());
    let dearer = Order { total: Fen(45001), ..wanted.clone() };
    assert_eq!(pay.prepay_by_code(&dearer).await.unwrap(), Prepaid::Different);
    let later = Order { expires: wanted.expires + Duration::minutes(1), ..wanted.clone() };
    assert_eq!(pay.prepay_by_code(&later).await.unwrap(), Prepaid::Different);
    assert!(matches!(pay.prepay_in_app(&wanted, WANG_FANG).await.unwrap(), Prepaid::Different));
    assert_eq!(pay.close(wanted.out_trade_no).await.unwrap(), Closing::Closed);
    assert_eq!(pay.close(wanted.out_trade_no).await.unwrap(), Closing::Closed);
    assert_eq!(pay.query(wanted.out_trade_no).await.unwrap().unwrap().state, TradeState::Closed);
    assert_eq!(pay.prepay_by_code(&wanted).await.unwrap(), Prepaid::Closed);
}

#[tokio::test]
async fn an_unpaid_order_is_closed_by_wechat_after_seven_days() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    ready(pay.prepay_by_code(&order(&desk, "RS20261123000005")).await.unwrap());
    desk.advance(8 * 86_400).await;
    assert_eq!(pay.query("RS20261123000005").await.unwrap().unwrap().state, TradeState::Closed);
}

#[tokio::test]
async fn money_that_was_on_its_way_when_the_order_was_closed_still_shows_as_paid() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    let wanted = order(&desk, "RS20261123000006");
    ready(pay.prepay_by_code(&wanted).await.unwrap());
    assert_eq!(pay.close(wanted.out_trade_no).await.unwrap(), Closing::Closed);
    let late = json!({"out_trade_no": wanted.out_trade_no, "late": true});
    desk.post("/control/api/wechat_pay/pay", late).await;
    assert_eq!(pay.query(wanted.out_trade_no).await.unwrap().unwrap().state, TradeState::Paid);
    assert!(pay.verify_notice_of(&desk).await);
}

/// The next notice of the desk is one we trust.
trait Trusts {
    async fn verify_notice_of(&self, desk: &Desk) -> bool;
}

impl Trusts for zhangzheng_providers::wechat_pay::Client {
    async fn verify_notice_of(&self, desk: &Desk) -> bool {
        let arrived = desk.door.next().await;
        self.verify_notice(&arrived.headers, &arrived.body).await.is_ok()
    }
}

#[tokio::test]
async fn wrong_fields_are_refused_by_name() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    let right = order(&desk, "RS20261123000007");
    let long = "长".repeat(128);
    for (broken, field) in [
        (Order { total: Fen(0), ..right.clone() }, "/amount/total"),
        (Order { out_trade_no: "RS1", ..right.clone() }, "/out_trade_no"),
        (Order { out_trade_no: "RS 2026", ..right.clone() }, "/out_trade_no"),
        (Order { description: &long, ..right.clone() }, "/description"),
        (Order { description: "", ..right.clone() }, "/description"),
    ] {
        match pay.prepay_by_code(&broken).await {
            Err(Error::Refused { code, message, .. }) => {
                assert_eq!(code, "PARAM_ERROR");
                assert!(message.contains(field), "{message} names {field}");
            }
            other => panic!("{other:?}"),
        }
    }
    let refused = pay.prepay_in_app(&right, "oNOBODY").await.unwrap_err();
    assert_eq!(refused.code(), Some("PARAM_ERROR"));
    // What would have to be percent-encoded is refused before it is signed.
    assert_eq!(pay.query("RS|2026*1").await.unwrap_err().code(), Some("PARAM_ERROR"));
    assert_eq!(pay.query("../../certificates").await.unwrap_err().code(), Some("PARAM_ERROR"));
}

#[tokio::test]
async fn wrong_credentials_are_our_own_mistake() {
    let desk = Desk::start().await;
    let right = desk.pay_config();
    let mut wrong = vec![];
    for change in 0..4 {
        let mut config = right.clone();
        match change {
            0 => config.merchant_serial = "0".repeat(40),
            1 => config.mchid = "1900000110".into(),
            2 => config.appid = "wx0000000000000000".into(),
            _ => {
                let stranger = include_str!("../../../sandbox/throw_away/platform.key.pem");
                config.merchant_key = Secret::new(stranger.into());
            }
        }
        wrong.push(config);
    }
    for config in wrong {
        let result = desk.pay_with(config).prepay_by_code(&order(&desk, "RS20261123000008")).await;
        assert!(matches!(result, Err(Error::Misconfigured { .. })), "{result:?}");
    }
    // A clock that is wrong by more than five minutes is refused as well.
    desk.clock.advance(Duration::minutes(6));
    assert!(matches!(desk.pay().query("RS20261123000008").await, Err(Error::Misconfigured { .. })));
}

#[tokio::test]
async fn every_refusal_means_what_we_do_about_it() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    let wanted = order(&desk, "RS20261123000009");
    for word in ["rate_limited", "SYSTEM_ERROR", "SERVICE_UNAVAILABLE", "http_500", "http_502", "reset"] {
        desk.fault("wechat_pay", "native", word, 1).await;
        let result = pay.prepay_by_code(&wanted).await;
        assert!(
            matches!(&result, Err(error @ Error::Unavailable { .. }) if error.is_temporary()),
            "{word}: {result:?}"
        );
    }
    for word in ["SIGN_ERROR", "NO_AUTH", "MCH_NOT_EXISTS"] {
        desk.fault("wechat_pay", "native", word, 1).await;
        assert!(matches!(pay.prepay_by_code(&wanted).await, Err(Error::Misconfigured { .. })), "{word}");
    }
    for word in ["INVALID_REQUEST", "RULE_LIMIT", "TRADE_ERROR", "SOMETHING_NEW"] {
        desk.fault("wechat_pay", "native", word, 1).await;
        assert_eq!(pay.prepay_by_code(&wanted).await.unwrap_err().code(), Some(word));
    }
    for (word, outcome) in [
        ("ORDERPAID", Prepaid::AlreadyPaid),
        ("ORDER_PAID", Prepaid::AlreadyPaid),
        ("ORDER_CLOSED", Prepaid::Closed),
        ("OUT_TRADE_NO_USED", Prepaid::Different),
    ] {
        desk.fault("wechat_pay", "native", word, 1).await;
        assert_eq!(pay.prepay_by_code(&wanted).await.unwrap(), outcome, "{word}");
    }
    desk.fault("wechat_pay", "query", "ORDERNOTEXIST", 1).await;
    assert!(pay.query(wanted.out_trade_no).await.unwrap().is_none(), "the older spelling");
}

#[tokio::test]
async fn a_lost_answer_is_found_again_by_the_same_request() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    let wanted = order(&desk, "RS20261123000010");
    desk.fault("wechat_pay", "native", "lost_reply", 1).await;
    assert!(matches!(pay.prepay_by_code(&wanted).await, Err(Error::Unavailable { .. })));
    assert!(pay.query(wanted.out_trade_no).await.unwrap().is_some(), "it was done");
    ready(pay.prepay_by_code(&wanted).await.unwrap());
}

#[tokio::test]
async fn orders_survive_a_restart_and_a_reset_forgets_them() {
    let dir = tempfile::tempdir().unwrap();
    let config =
        zhangzheng_sandbox::Config { data_dir: Some(dir.path().into()), ..zhangzheng_sandbox::Config::for_tests() };
    let desk = Desk::with(config.clone()).await;
    paid(&desk, "RS20261123000011").await;
    desk.sandbox.shutdown().await;
    let desk = Desk::with(config).await;
    let known = desk.pay().query("RS20261123000011").await.unwrap().unwrap();
    assert_eq!(known.state, TradeState::Paid);
    desk.post("/control/api/reset", Value::Null).await;
    assert!(desk.pay().query("RS20261123000011").await.unwrap().is_none());
}
