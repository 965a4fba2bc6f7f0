//! 电子发票: issued once, told, fetched, reversed; and what the other side refuses.

use crate::{desk::Desk, wechat_pay::paid};
use serde_json::json;
use zhangzheng_kinds::Fen;
use zhangzheng_providers::{
    Error,
    wechat_pay::{Client, FapiaoLine, FapiaoOrder, FapiaoState, Notice, Reversal},
};

const TAX_CODE: &str = "3040203000000000000";

fn wanted<'a>(transaction_id: &'a str, fapiao_id: &'a str, amount: i64) -> FapiaoOrder<'a> {
    let line =
        FapiaoLine {
            tax_code: TAX_CODE, name: "数字证书服务费", quantity: 1, amount: Fen(amount), tax_rate: 600
        };
    FapiaoOrder {
        transaction_id,
        fapiao_id,
        buyer_name: "福州样本科技有限公司",
        taxpayer_id: "91350100M000100Y43",
        remark: "RS1",
        lines: vec![line],
    }
}

/// A payment's transaction number.
async fn bought(desk: &Desk, number: &str) -> String {
    paid(desk, number).await;
    desk.pay().query(number).await.unwrap().unwrap().transaction_id.unwrap()
}

async fn state(pay: &Client, transaction_id: &str, fapiao_id: &str) -> Option<FapiaoState> {
    pay.fapiao(transaction_id, fapiao_id).await.unwrap().map(|told| told.state)
}

#[tokio::test]
async fn m41_an_invoice_is_issued_and_its_pdf_fetched() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    let id = bought(&desk, "RS20261124100001P1").await;
    assert_eq!(state(&pay, &id, "RS1F1").await, None, "nobody has asked yet");
    pay.issue_fapiao(&wanted(&id, "RS1F1", 45_000)).await.unwrap();
    pay.issue_fapiao(&wanted(&id, "RS1F1", 45_000)).await.unwrap();
    let told = pay.fapiao(&id, "RS1F1").await.unwrap().unwrap();
    assert_eq!((&told.state, told.total), (&FapiaoState::Issued, Some(Fen(45_000))));
    assert_eq!(told.blue.as_ref().unwrap().number.len(), 20);
    let file = pay.fapiao_file(&id, &told).await.unwrap();
    assert!(file.starts_with(b"%PDF-1.4") && file.ends_with(b"%%EOF\n"));
    assert_eq!(
        desk.get("/control/api/wechat_pay/fapiaos").await.as_array().unwrap().len(),
        1,
        "asked twice, issued once"
    );
    desk.fault("wechat_pay", "fapiao_file", "wrong_digest", 1).await;
    assert!(matches!(pay.fapiao_file(&id, &told).await, Err(Error::Untrusted { .. })));
}

#[tokio::test]
async fn what_is_reversed_makes_room_for_another() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    let id = bought(&desk, "RS20261124100002P1").await;
    pay.issue_fapiao(&wanted(&id, "RS2F1", 45_000)).await.unwrap();
    let over = pay.issue_fapiao(&wanted(&id, "RS2F2", 1)).await;
    assert!(matches!(over, Err(Error::Refused { .. })), "more than was paid");
    let told = pay.fapiao(&id, "RS2F1").await.unwrap().unwrap();
    desk.fault("wechat_pay", "fapiao_reverse", "reverse_failed", 1).await;
    pay.reverse_fapiao(&id, &told, Reversal::Reduced).await.unwrap();
    assert_eq!(state(&pay, &id, "RS2F1").await, Some(FapiaoState::ReverseFailed));
    assert!(pay.reverse_fapiao(&id, &told, Reversal::Reduced).await.is_err(), "five minutes have not passed");
    desk.advance(301).await;
    pay.reverse_fapiao(&id, &told, Reversal::Reduced).await.unwrap();
    let told = pay.fapiao(&id, "RS2F1").await.unwrap().unwrap();
    assert_eq!(told.state, FapiaoState::Reversed);
    assert_ne!(told.red.unwrap().number, told.blue.unwrap().number);
    pay.issue_fapiao(&wanted(&id, "RS2F2", 40_000)).await.unwrap();
    assert_eq!(state(&pay, &id, "RS2F2").await, Some(FapiaoState::Issued));
}

#[tokio::test]
async fn an_invoice_that_fails_is_never_issued_under_that_number() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    let id = bought(&desk, "RS20261124100003P1").await;
    desk.fault("wechat_pay", "fapiao_issue", "issue_failed", 1).await;
    pay.issue_fapiao(&wanted(&id, "RS3F1", 45_000)).await.unwrap();
    assert_eq!(state(&pay, &id, "RS3F1").await, Some(FapiaoState::Failed));
    pay.issue_fapiao(&wanted(&id, "RS3F2", 45_000)).await.unwrap();
    assert_eq!(state(&pay, &id, "RS3F2").await, Some(FapiaoState::Issued));
    let stranger = pay.issue_fapiao(&wanted("4200009999999999999999999999", "RS9F1", 1)).await;
    assert!(matches!(stranger, Err(Error::Refused { .. })), "nobody's payment");
    let other = pay.issue_fapiao(&wanted(&id, "RS3F2", 44_000)).await;
    assert!(matches!(other, Err(Error::Refused { .. })), "the number with other particulars");
}

#[tokio::test]
async fn invoices_are_told_where_we_have_said() {
    let desk = Desk::start().await;
    let pay = desk.pay();
    let id = bought(&desk, "RS20261124100004P1").await;
    desk.door.next().await;
    pay.tell_fapiao_address().await.unwrap();
    desk.post("/control/api/delays", json!({"vendor": "wechat_pay", "operation": "fapiao", "seconds": 60})).await;
    pay.issue_fapiao(&wanted(&id, "RS4F1", 45_000)).await.unwrap();
    assert_eq!(state(&pay, &id, "RS4F1").await, Some(FapiaoState::Accepted));
    desk.advance(61).await;
    let arrived = desk.door.next().await;
    let notice = pay.verify_notice(&arrived.headers, &arrived.body).await.unwrap();
    assert!(pay.owns(&notice));
    assert!(matches!(notice.notice, Notice::Fapiao(apply) if apply == id));
    assert_eq!(state(&pay, &id, "RS4F1").await, Some(FapiaoState::Issued));
}
