//! 对账单: fetched, unpacked, checked, read; and every way in which a bill can be wrong.

use crate::{desk::Desk, wechat_pay::paid};
use chrono::{Duration, FixedOffset, NaiveDate};
use serde_json::json;
use zhangzheng_kinds::Fen;
use zhangzheng_providers::{
    Error,
    wechat_pay::{
        RefundOrder,
        bill::{Bill, Part},
    },
};

/// Today in Beijing.
fn today(desk: &Desk) -> NaiveDate {
    desk.clock.now().with_timezone(&FixedOffset::east_opt(8 * 3600).unwrap()).date_naive()
}

/// Moves both clocks to this hour of the next day in Beijing; gives the day that is over.
async fn next_day(desk: &Desk, hour: i64) -> NaiveDate {
    let day = today(desk);
    let beijing = FixedOffset::east_opt(8 * 3600).unwrap();
    let midnight = day.succ_opt().unwrap().and_hms_opt(0, 0, 0).unwrap().and_local_timezone(beijing).unwrap();
    let wait = midnight.to_utc() + Duration::hours(hour) - desk.clock.now();
    desk.advance(wait.num_seconds() + 1).await;
    day
}

/// Not so near midnight that a payment falls into another day.
async fn noon(desk: &Desk) {
    next_day(desk, 12).await;
}

#[tokio::test]
async fn a_day_of_payments_and_refunds_is_told_by_both_bills() {
    let desk = Desk::start().await;
    noon(&desk).await;
    let pay = desk.pay();
    paid(&desk, "RS20261124000001P1").await;
    paid(&desk, "RS20261124000002P1").await;
    let refund = RefundOrder {
        out_trade_no: "RS20261124000002P1",
        out_refund_no: "RS20261124000002P1R1",
        reason: "",
        refund: Fen(10_000),
        total: Fen(45_000),
    };
    pay.refund(&refund).await.unwrap();
    let day = next_day(&desk, 10).await;
    let Bill::Ready(trades) = pay.trade_bill(day).await.unwrap() else { panic!("a bill") };
    let payments = trades.rows.iter().filter(|row| row.part == Part::Paid(Fen(45_000))).count();
    assert_eq!((trades.rows.len(), payments, trades.rows[0].fee), (3, 2, 270_000), "{trades:?}");
    let back = trades.rows.iter().find_map(|row| match &row.part {
        Part::Refund { out_refund_no, amount, .. } => Some((out_refund_no.as_str(), *amount)),
        Part::Paid(_) => None,
    });
    assert_eq!(back, Some(("RS20261124000002P1R1", Fen(10_000))));
    let Bill::Ready(funds) = pay.funds_bill(day).await.unwrap() else { panic!("a bill") };
    let amounts: Vec<i64> = funds.rows.iter().map(|row| row.amount.0).collect();
    assert_eq!(amounts.iter().filter(|amount| **amount == 45_000).count(), 2, "{amounts:?}");
    assert_eq!(amounts.iter().filter(|amount| **amount == -270).count(), 2);
    assert!(funds.rows.iter().any(|row| row.kind == "退款" && row.amount == Fen(-10_000)));
}

#[tokio::test]
async fn a_bill_that_is_not_there_yet_is_told_from_a_day_without_any() {
    let desk = Desk::start().await;
    noon(&desk).await;
    let pay = desk.pay();
    paid(&desk, "RS20261124000003P1").await;
    let day = next_day(&desk, 8).await;
    assert_eq!(pay.trade_bill(day).await.unwrap(), Bill::NotReady);
    assert_eq!(pay.funds_bill(day).await.unwrap(), Bill::NotReady);
    desk.advance(3 * 3600).await;
    assert!(matches!(pay.trade_bill(day).await.unwrap(), Bill::Ready(_)));
    let before = day.pred_opt().unwrap();
    assert_eq!(pay.trade_bill(before).await.unwrap(), Bill::Nothing);
    assert!(matches!(pay.trade_bill(today(&desk)).await, Err(Error::Refused { .. })), "today is not over");
}

#[tokio::test]
async fn a_bill_with_another_digest_is_not_believed() {
    let desk = Desk::start().await;
    noon(&desk).await;
    paid(&desk, "RS20261124000004P1").await;
    let day = next_day(&desk, 10).await;
    desk.fault("wechat_pay", "trade_bill", "wrong_digest", 1).await;
    assert!(matches!(desk.pay().trade_bill(day).await, Err(Error::Untrusted { .. })));
    desk.fault("wechat_pay", "bill_file", "http_502", 1).await;
    assert!(desk.pay().trade_bill(day).await.unwrap_err().is_temporary());
    assert!(matches!(desk.pay().trade_bill(day).await.unwrap(), Bill::Ready(_)));
}

#[tokio::test]
async fn the_address_of_a_bill_is_for_the_merchant_only() {
    let desk = Desk::start().await;
    noon(&desk).await;
    paid(&desk, "RS20261124000005P1").await;
    let (status, answer) = desk.try_post("/pay/v3/billdownload/file", json!({})).await;
    assert_eq!((status, answer), (405, json!(null)), "posted");
    let refused = reqwest::get(format!("{}/pay/v3/billdownload/file?token=x", desk.sandbox.base_url)).await.unwrap();
    assert!(matches!(refused.status().as_u16(), 400 | 401), "nobody has signed");
}
