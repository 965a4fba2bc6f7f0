//! 支付通知: sent, sent again, twice, late, never, in another order; each is verified as in life.

use crate::{
    desk::{Desk, WANG_FANG},
    wechat_pay::paid,
};
use serde_json::json;
use zhangzheng_kinds::Fen;
use zhangzheng_providers::{
    Error,
    wechat_pay::{Notice, TradeState},
};

#[tokio::test]
async fn m42_a_payment_is_told_signed_and_encrypted() {
    let desk = Desk::start().await;
    paid(&desk, "RS20261123000101").await;
    let arrived = desk.door.next().await;
    assert!(!String::from_utf8_lossy(&arrived.body).contains(WANG_FANG), "encrypted");
    let pay = desk.pay();
    let verified = pay.verify_notice(&arrived.headers, &arrived.body).await.unwrap();
    assert!(pay.owns(&verified));
    assert_eq!(verified.id, arrived.id());
    let Notice::Payment(transaction) = verified.notice else { panic!("a payment") };
    assert_eq!((transaction.state, transaction.total), (TradeState::Paid, Some(Fen(45000))));
    assert_eq!(transaction.out_trade_no, "RS20261123000101");
    desk.door.is_quiet().await;
}

#[tokio::test]
async fn a_notice_that_is_not_taken_climbs_the_ladder() {
    let desk = Desk::start().await;
    desk.door.answer(&[500, 401, 302]);
    paid(&desk, "RS20261123000102").await;
    let first = desk.door.next().await;
    let pay = desk.pay();
    for seconds in [15, 15, 30] {
        desk.door.is_quiet().await;
        desk.advance(seconds - 3).await;
        desk.door.is_quiet().await;
        desk.advance(4).await;
        let again = desk.door.next().await;
        assert_eq!(again.id(), first.id(), "the same notice");
        assert_ne!(again.headers["wechatpay-nonce"], first.headers["wechatpay-nonce"], "signed anew");
        pay.verify_notice(&again.headers, &again.body).await.unwrap();
    }
    desk.advance(86_400).await;
    desk.door.is_quiet().await;
}

#[tokio::test]
async fn a_notice_can_come_twice_or_never() {
    let desk = Desk::start().await;
    desk.fault("wechat_pay", "notify_paid", "duplicate_notification", 1).await;
    paid(&desk, "RS20261123000103").await;
    assert_eq!(desk.door.next().await.id(), desk.door.next().await.id());
    desk.fault("wechat_pay", "notify_paid", "drop_notification", 1).await;
    paid(&desk, "RS20261123000104").await;
    desk.door.is_quiet().await;
    let told = desk.pay().query("RS20261123000104").await.unwrap().unwrap();
    assert_eq!(told.state, TradeState::Paid, "asking tells what no notice did");
}

#[tokio::test]
async fn notices_can_come_in_another_order() {
    let desk = Desk::start().await;
    desk.fault("wechat_pay", "notify_paid", "reorder_notifications", 1).await;
    let pay = desk.pay();
    let mut numbers = vec![];
    paid(&desk, "RS20261123000105").await;
    paid(&desk, "RS20261123000106").await;
    for _ in 0..2 {
        let arrived = desk.door.next().await;
        let verified = pay.verify_notice(&arrived.headers, &arrived.body).await.unwrap();
        let Notice::Payment(transaction) = verified.notice else { panic!("a payment") };
        numbers.push(transaction.out_trade_no);
    }
    assert_eq!(numbers, ["RS20261123000106", "RS20261123000105"]);
}

#[tokio::test]
async fn a_probe_and_a_forged_notice_are_refused_and_come_right_the_next_time() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    for (number, kind) in [("RS20261123000107", "signtest"), ("RS20261123000108", "bad_signature")] {
        desk.fault("wechat_pay", "notify_paid", kind, 1).await;
        desk.door.answer(&[401]);
        paid(&desk, number).await;
        let arrived = desk.door.next().await;
        let refused = pay.verify_notice(&arrived.headers, &arrived.body).await;
        assert!(matches!(refused, Err(Error::Untrusted { .. })), "{kind}");
        desk.door.is_quiet().await;
        desk.advance(16).await;
        let arrived = desk.door.next().await;
        pay.verify_notice(&arrived.headers, &arrived.body).await.unwrap();
    }
}

#[tokio::test]
async fn a_notice_on_its_way_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let config =
        zhangzheng_sandbox::Config { data_dir: Some(dir.path().into()), ..zhangzheng_sandbox::Config::for_tests() };
    let desk = Desk::with(config.clone()).await;
    desk.door.answer(&[500]);
    paid(&desk, "RS20261123000109").await;
    let first = desk.door.next().await;
    desk.door.is_quiet().await;
    let Desk { sandbox, door, .. } = desk;
    sandbox.shutdown().await;
    let desk = Desk::with(config).await;
    desk.post("/control/api/clock", json!({"advance_seconds": 20})).await;
    assert_eq!(door.next().await.id(), first.id(), "to the address the order named");
}
