//! Which answers are believed: both key modes, the switch between them, and forgeries.

use crate::{
    desk::{Desk, WANG_FANG},
    wechat_pay::{order, paid, ready},
};
use chrono::{DateTime, Duration};
use poem::{
    Endpoint, Response, Server, http::StatusCode, listener::Acceptor, listener::Listener, listener::TcpListener,
};
use serde_json::Value;
use zhangzheng_kinds::{Clock, Fen, Random};
use zhangzheng_providers::{
    Error, Http,
    wechat_pay::{Client, Closing, Config, Order, Prepaid},
};
use zhangzheng_sandbox::Config as SandboxConfig;

#[tokio::test]
async fn a_wrong_signature_is_asked_for_once_more_and_a_second_is_refused() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    for kind in ["signtest", "bad_signature"] {
        desk.fault("wechat_pay", "native", kind, 1).await;
        ready(pay.prepay_by_code(&order(&desk, "RS20261123000301")).await.unwrap());
        desk.fault("wechat_pay", "close", kind, 2).await;
        let twice = pay.close("RS20261123000301").await;
        assert!(matches!(&twice, Err(error @ Error::Untrusted { .. }) if error.is_temporary()), "{kind}: {twice:?}");
        desk.post("/control/api/reset", Value::Null).await;
    }
}

#[tokio::test]
async fn the_older_mode_fetches_platform_certificates_once_and_again_after_half_a_day() {
    let desk = Desk::start().await;
    let config = Config { public_key: None, public_key_id: None, ..desk.pay_config() };
    let pay = desk.pay_with(config);
    ready(pay.prepay_in_app(&order(&desk, "RS20261123000302"), WANG_FANG).await.unwrap());
    assert_eq!(pay.close("RS20261123000302").await.unwrap(), Closing::Closed);
    assert_eq!(desk.calls("certificates").await, 1);
    desk.advance(13 * 3600).await;
    pay.query("RS20261123000302").await.unwrap();
    assert_eq!(desk.calls("certificates").await, 2);
}

#[tokio::test]
async fn many_calls_at_once_fetch_the_certificates_once_and_an_outage_of_that_list_stops_nothing() {
    let desk = Desk::start().await;
    let pay = desk.pay_with(Config { public_key: None, public_key_id: None, ..desk.pay_config() });
    let calls = (0..10).map(|_| pay.query("RS20261123000306"));
    for result in futures_util::future::join_all(calls).await {
        assert!(result.unwrap().is_none());
    }
    assert_eq!(desk.calls("certificates").await, 1);
    desk.advance(13 * 3600).await;
    desk.fault("wechat_pay", "certificates", "SYSTEM_ERROR", 1).await;
    ready(pay.prepay_by_code(&order(&desk, "RS20261123000307")).await.unwrap());
    pay.query("RS20261123000307").await.unwrap().unwrap();
    assert_eq!(desk.calls("certificates").await, 2, "tried once, then left alone for a minute");
    desk.advance(61).await;
    pay.query("RS20261123000307").await.unwrap();
    assert_eq!(desk.calls("certificates").await, 3);
}

#[tokio::test]
async fn during_the_switch_a_notice_signed_with_the_platform_certificate_is_believed() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    desk.fault("wechat_pay", "notify_paid", "platform_certificate", 2).await;
    for number in ["RS20261123000303", "RS20261123000304"] {
        paid(&desk, number).await;
        let arrived = desk.door.next().await;
        assert!(!arrived.headers["wechatpay-serial"].to_str().unwrap().starts_with("PUB_KEY_ID_"));
        pay.verify_notice(&arrived.headers, &arrived.body).await.unwrap();
    }
    assert_eq!(desk.calls("certificates").await, 1, "learnt once");
}

#[tokio::test]
async fn a_merchant_without_platform_certificates_refuses_strange_serials_and_does_not_ask_for_each() {
    let mut config = SandboxConfig::for_tests();
    config.pay.has_platform_certificates = false;
    let desk = Desk::with(config).await;
    let pay = desk.pay();
    paid(&desk, "RS20261123000305").await;
    let mut arrived = desk.door.next().await;
    pay.verify_notice(&arrived.headers, &arrived.body).await.unwrap();
    for serial in ["5A0000000000000000000000000000000000D35C", "7132D72A03E93CDDF8C03BBD1F37EEDF12345678"] {
        arrived.headers.insert("wechatpay-serial", serial.parse().unwrap());
        let refused = pay.verify_notice(&arrived.headers, &arrived.body).await;
        assert!(matches!(refused, Err(Error::Untrusted { .. })), "{serial}");
    }
    assert_eq!(desk.calls("certificates").await, 1);
}

/// A server that answers everything with one vector, as an impostor or a replay would.
async fn impostor(case: &'static str, change: fn(&mut Response)) -> (Client, Clock) {
    zhangzheng_providers::http::install_crypto();
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../tests/fixtures/vectors/wechatpay-v3.json")).unwrap();
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let base_url = format!("http://{}", acceptor.local_addr()[0].as_socket_addr().unwrap());
    let answer = vectors["cases"][case].clone();
    tokio::spawn(Server::new_with_acceptor(acceptor).run(always(answer, change)));
    let text = |name: &str| vectors[name].as_str().unwrap().to_owned();
    let config = Config {
        base_url,
        appid: text("appid"),
        mchid: text("mchid"),
        merchant_serial: text("merchant_cert_serial"),
        merchant_key: zhangzheng_kinds::Secret::new(text("merchant_private_key_pkcs8_pem")),
        apiv3_key: zhangzheng_kinds::Secret::new(text("apiv3_key")),
        public_key_id: Some(text("wechatpay_public_key_id")),
        public_key: Some(text("wechatpay_public_key_pem")),
        notify_url: "https://example.com/a".into(),
        refund_notify_url: "https://example.com/b".into(),
        fapiao_notify_url: None,
    };
    let signed = DateTime::from_timestamp(text("timestamp").parse().unwrap(), 0).unwrap();
    let clock = Clock::real();
    clock.advance(signed - clock.now());
    let client = Client::new(config, Http::new().unwrap(), clock.clone(), Random::system()).unwrap();
    (client, clock)
}

fn always(answer: Value, change: fn(&mut Response)) -> impl Endpoint {
    poem::endpoint::make(move |_| {
        let answer = answer.clone();
        async move {
            let status = StatusCode::from_u16(u16::try_from(answer["status"].as_u64().unwrap()).unwrap()).unwrap();
            let mut response = Response::builder().status(status);
            for (name, value) in answer["headers"].as_object().unwrap() {
                response = response.header(name, value.as_str().unwrap());
            }
            let mut response = response.body(answer["body"].as_str().unwrap().to_owned());
            change(&mut response);
            Ok::<_, poem::Error>(response)
        }
    })
}

async fn prepay(client: &Client, clock: &Clock) -> Result<Prepaid<()>, Error> {
    let expires = clock.now() + Duration::hours(1);
    let order = Order { out_trade_no: "RS20261123000001", description: "x", total: Fen(1), expires };
    Ok(match client.prepay_in_app(&order, "o").await? {
        Prepaid::Ready(payment) => {
            assert_eq!(payment.package, "prepay_id=wx201410272009395522657a690389285100");
            Prepaid::Ready(())
        }
        other => panic!("{other:?}"),
    })
}

#[tokio::test]
async fn the_answers_of_the_vectors_are_believed_in_their_time_only() {
    let (client, clock) = impostor("response_prepay", |_| ()).await;
    prepay(&client, &clock).await.unwrap();
    for minutes in [6, -12] {
        clock.advance(Duration::minutes(minutes));
        assert!(matches!(prepay(&client, &clock).await, Err(Error::Untrusted { .. })), "{minutes}");
    }
    let (client, _) = impostor("response_close_204", |_| ()).await;
    assert_eq!(client.close("RS20261123000001").await.unwrap(), Closing::Closed);
}

#[tokio::test]
async fn an_answer_that_is_unsigned_changed_or_of_a_strange_serial_is_refused() {
    let changes: [fn(&mut Response); 5] = [
        |answer| drop(answer.headers_mut().remove("Wechatpay-Signature")),
        |answer| drop(answer.headers_mut().remove("Wechatpay-Serial")),
        |answer| answer.set_body(r#"{"prepay_id":"wx201410272009395522657a690389285101"}"#),
        |answer| drop(answer.headers_mut().insert("Wechatpay-Nonce", "0".parse().unwrap())),
        |answer| drop(answer.headers_mut().insert("Wechatpay-Serial", "PUB_KEY_ID_01".parse().unwrap())),
    ];
    for (which, change) in changes.into_iter().enumerate() {
        let (client, clock) = impostor("response_prepay", change).await;
        let result = prepay(&client, &clock).await;
        assert!(matches!(result, Err(Error::Untrusted { .. })), "{which}: {result:?}");
    }
    let (client, _) = impostor("response_close_204", |answer| answer.headers_mut().clear()).await;
    assert!(matches!(client.close("RS20261123000001").await, Err(Error::Untrusted { .. })));
}

#[tokio::test]
async fn an_answer_that_is_no_json_or_too_long_is_no_success() {
    let (client, clock) = impostor("response_prepay", |answer| {
        answer.set_status(StatusCode::BAD_GATEWAY);
        answer.set_body("<html>");
    })
    .await;
    assert!(matches!(prepay(&client, &clock).await, Err(Error::Unavailable { .. })));
    let (client, clock) = impostor("response_prepay", |answer| answer.set_body(vec![b' '; 5 * 1024 * 1024])).await;
    assert!(matches!(prepay(&client, &clock).await, Err(Error::Malformed { .. })));
    let (client, clock) = impostor("response_prepay", |answer| answer.set_status(StatusCode::BAD_REQUEST)).await;
    assert!(matches!(prepay(&client, &clock).await, Err(Error::Malformed { .. })), "a refusal without a code");
}
