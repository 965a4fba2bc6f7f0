//! 退款: accepted, settled, told; never twice for one number.

use crate::{desk::Desk, wechat_pay::paid};
use serde_json::json;
use zhangzheng_kinds::Fen;
use zhangzheng_providers::{
    Error,
    wechat_pay::{Notice, RefundOrder, RefundState, Refunding, TradeState},
};

const NUMBER: &str = "RS20261123000201";

fn refund(out_refund_no: &str, fen: i64) -> RefundOrder<'_> {
    RefundOrder {
        out_trade_no: NUMBER,
        out_refund_no,
        reason: "审核未通过，全额退款",
        refund: Fen(fen),
        total: Fen(45000),
    }
}

async fn desk_with_paid_order() -> Desk {
    let desk = Desk::start().await;
    paid(&desk, NUMBER).await;
    desk.door.next().await;
    desk
}

#[tokio::test]
async fn a_refund_is_accepted_then_done_then_told() {
    let desk = desk_with_paid_order().await;
    let pay = desk.pay();
    assert!(pay.refund_query("RF1").await.unwrap().is_none());
    let Refunding::Accepted(accepted) = pay.refund(&refund("RF1", 45000)).await.unwrap() else { panic!("accepted") };
    assert_eq!(accepted.state, RefundState::Processing);
    let arrived = desk.door.next().await;
    let verified = pay.verify_notice(&arrived.headers, &arrived.body).await.unwrap();
    assert!(pay.owns(&verified));
    let Notice::Refund(told) = verified.notice else { panic!("a refund") };
    assert_eq!((&told.state, told.refund), (&RefundState::Done, Fen(45000)));
    assert_eq!(pay.refund_query("RF1").await.unwrap().unwrap(), told);
    let order = pay.query(NUMBER).await.unwrap().unwrap();
    assert_eq!(order.state, TradeState::Refunded);
    assert!(order.state.was_paid(), "refunded still means it was paid");
}

#[tokio::test]
async fn the_same_number_is_the_same_refund_and_never_a_second_one() {
    let desk = desk_with_paid_order().await;
    let pay = desk.pay();
    desk.fault("wechat_pay", "refund", "lost_reply", 1).await;
    assert!(matches!(pay.refund(&refund("RF1", 20000)).await, Err(Error::Unavailable { .. })));
    let Refunding::Accepted(first) = pay.refund(&refund("RF1", 20000)).await.unwrap() else { panic!("accepted") };
    let Refunding::Accepted(again) = pay.refund(&refund("RF1", 20000)).await.unwrap() else { panic!("accepted") };
    assert_eq!(first.refund_id, again.refund_id);
    assert_eq!(pay.refund(&refund("RF1", 20001)).await.unwrap_err().code(), Some("INVALID_REQUEST"));
    assert!(matches!(pay.refund(&refund("RF2", 25000)).await.unwrap(), Refunding::Accepted(_)));
    assert_eq!(pay.refund(&refund("RF3", 1)).await.unwrap_err().code(), Some("INVALID_REQUEST"), "nothing is left");
}

#[tokio::test]
async fn a_refund_that_cannot_be_is_told_apart() {
    let desk = desk_with_paid_order().await;
    let pay = desk.pay();
    assert_eq!(pay.refund(&refund("RF1", 10096)).await.unwrap(), Refunding::NotEnough);
    assert_eq!(pay.refund(&refund("RF1", 10095)).await.unwrap(), Refunding::AccountAbnormal);
    let unknown = RefundOrder { out_trade_no: "RS20261123000999", ..refund("RF1", 1) };
    assert_eq!(pay.refund(&unknown).await.unwrap(), Refunding::NothingPaid);
    let wrong_total = RefundOrder { total: Fen(50000), ..refund("RF1", 1) };
    assert_eq!(pay.refund(&wrong_total).await.unwrap_err().code(), Some("INVALID_REQUEST"));
    for (number, fen, state) in [("RF2", 1097, RefundState::Abnormal), ("RF3", 1098, RefundState::Closed)] {
        pay.refund(&refund(number, fen)).await.unwrap();
        desk.door.next().await;
        assert_eq!(pay.refund_query(number).await.unwrap().unwrap().state, state);
    }
    pay.refund(&refund("RF4", 1099)).await.unwrap();
    assert_eq!(pay.refund_query("RF4").await.unwrap().unwrap().state, RefundState::Processing);
    desk.advance(366 * 86_400).await;
    assert_eq!(pay.refund(&refund("RF5", 1)).await.unwrap_err().code(), Some("TRADE_OVERDUE"));
}

#[tokio::test]
async fn a_refund_can_take_time_or_polls() {
    let desk = desk_with_paid_order().await;
    let pay = desk.pay();
    let delay = |seconds: u32, polls: u32| json!({"vendor": "wechat_pay", "operation": "refund", "seconds": seconds, "polls": polls});
    desk.post("/control/api/delays", delay(60, 0)).await;
    pay.refund(&refund("RF1", 100)).await.unwrap();
    desk.door.is_quiet().await;
    assert_eq!(pay.refund_query("RF1").await.unwrap().unwrap().state, RefundState::Processing);
    desk.advance(61).await;
    desk.door.next().await;
    assert_eq!(pay.refund_query("RF1").await.unwrap().unwrap().state, RefundState::Done);
    desk.post("/control/api/delays", delay(0, 2)).await;
    pay.refund(&refund("RF2", 100)).await.unwrap();
    assert_eq!(pay.refund_query("RF2").await.unwrap().unwrap().state, RefundState::Processing);
    assert_eq!(pay.refund_query("RF2").await.unwrap().unwrap().state, RefundState::Done);
}
