//! Every error of WeChat Pay's sheet (its §9), and what we do about it: one table, tried on the wire.

use super::*;
use zhangzheng::order::refund::hand;

/// What happens to somebody who pays, while WeChat Pay answers so.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Paying {
    /// Said calmly, nothing is changed; the same number is offered the next time.
    Waits,
    /// Another number is taken at once.
    Renumbers,
}

/// When a prepay is answered so.
const PREPAY: &[(&str, Paying)] = &[
    ("PARAM_ERROR", Paying::Waits),
    ("INVALID_REQUEST", Paying::Waits),
    ("APPID_MCHID_NOT_MATCH", Paying::Waits),
    ("MCH_NOT_EXISTS", Paying::Waits),
    ("SIGN_ERROR", Paying::Waits),
    ("NO_AUTH", Paying::Waits),
    ("RULE_LIMIT", Paying::Waits),
    ("RULELIMIT", Paying::Waits),
    ("TRADE_ERROR", Paying::Waits),
    ("OPENID_MISMATCH", Paying::Waits),
    ("FREQUENCY_LIMITED", Paying::Waits),
    ("RATELIMIT_EXCEEDED", Paying::Waits),
    ("SYSTEM_ERROR", Paying::Waits),
    ("SERVICE_UNAVAILABLE", Paying::Waits),
    ("ORDER_CLOSED", Paying::Renumbers),
    ("OUT_TRADE_NO_USED", Paying::Renumbers),
];

/// When a query is answered so: nothing is known, so nothing is changed. `true`: the person is told to come again.
const QUERY: &[(&str, bool)] = &[
    ("PARAM_ERROR", true),
    ("INVALID_REQUEST", true),
    ("MCH_NOT_EXISTS", true),
    ("SIGN_ERROR", true),
    ("RULE_LIMIT", true),
    ("TRADE_ERROR", true),
    ("FREQUENCY_LIMITED", true),
    ("SYSTEM_ERROR", true),
    ("SERVICE_UNAVAILABLE", true),
    // It has never heard of the number: it is simply not paid.
    ("ORDER_NOT_EXIST", false),
    ("ORDERNOTEXIST", false),
];

/// When a close is answered so. `true`: as good as closed. Otherwise the order stays open here until it is closed there.
const CLOSE: &[(&str, bool)] = &[
    ("ORDER_CLOSED", true),
    ("ORDER_NOT_EXIST", true),
    ("ORDERPAID", false),
    ("ORDER_PAID", false),
    ("PARAM_ERROR", false),
    ("MCH_NOT_EXISTS", false),
    ("SIGN_ERROR", false),
    ("RULE_LIMIT", false),
    ("TRADE_ERROR", false),
    ("FREQUENCY_LIMITED", false),
    ("SYSTEM_ERROR", false),
    ("SERVICE_UNAVAILABLE", false),
];

/// When a refund is answered so. `true`: finance must act; otherwise it is asked for again under the same number.
const REFUND: &[(&str, bool)] = &[
    ("PARAM_ERROR", true),
    ("INVALID_REQUEST", true),
    ("TRADE_OVERDUE", true),
    ("REFUND_FEE_MISMATCH", true),
    ("RULE_LIMIT", true),
    ("TRADE_ERROR", true),
    ("USER_ACCOUNT_ABNORMAL", true),
    ("RESOURCE_NOT_EXISTS", true),
    ("NOT_ENOUGH", false),
    ("MCH_NOT_EXISTS", false),
    ("SIGN_ERROR", false),
    ("NO_AUTH", false),
    ("FREQUENCY_LIMITED", false),
    ("SYSTEM_ERROR", false),
    ("SERVICE_UNAVAILABLE", false),
];

/// When the query of a refund is answered so: it is asked again.
const REFUND_QUERY: &[&str] =
    &["PARAM_ERROR", "SIGN_ERROR", "RESOURCE_NOT_EXISTS", "FREQUENCY_LIMITED", "SYSTEM_ERROR", "SERVICE_UNAVAILABLE"];

/// The codes of the sheet's §9; its bills, invoices and certificates have their own tests, and 202 USER_PAYING belongs to
/// payment codes, which we do not use.
const SHEET: &[&str] = &[
    "PARAM_ERROR",
    "INVALID_REQUEST",
    "APPID_MCHID_NOT_MATCH",
    "MCH_NOT_EXISTS",
    "ORDER_CLOSED",
    "ORDERPAID",
    "ORDER_PAID",
    "SIGN_ERROR",
    "NO_AUTH",
    "OUT_TRADE_NO_USED",
    "RULE_LIMIT",
    "RULELIMIT",
    "TRADE_ERROR",
    "OPENID_MISMATCH",
    "NOT_ENOUGH",
    "USER_ACCOUNT_ABNORMAL",
    "ORDER_NOT_EXIST",
    "ORDERNOTEXIST",
    "RESOURCE_NOT_EXISTS",
    "FREQUENCY_LIMITED",
    "RATELIMIT_EXCEEDED",
    "SYSTEM_ERROR",
    "SERVICE_UNAVAILABLE",
    "TRADE_OVERDUE",
    "REFUND_FEE_MISMATCH",
];

#[test]
fn every_error_of_the_sheet_is_in_a_table() {
    let mut known: Vec<&str> = PREPAY.iter().map(|row| row.0).collect();
    known.extend(QUERY.iter().chain(CLOSE).chain(REFUND).map(|row| row.0));
    known.extend(REFUND_QUERY);
    let missing: Vec<_> = SHEET.iter().filter(|code| !known.contains(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

both!(
    async fn whatever_a_prepay_is_refused_with_nobody_pays_twice(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        let path = format!("/enrol/order/{id}/pay");
        let mut numbers = 1;
        for (code, what) in PREPAY {
            fault(world, "jsapi", code, 1).await;
            let (status_code, said) = phone.call(Method::POST, &format!("/api/orders/{id}/pay"), Some(json!({ "channel": "mini_program" }))).await;
            match what {
                Paying::Waits => {
                    assert_eq!(status_code, 503, "{code}: {said}");
                    assert!(said["detail"].as_str().unwrap().contains("请稍后再试"), "{code}: {said}");
                }
                Paying::Renumbers => {
                    assert_eq!(status_code, 200, "{code}: {said}");
                    numbers += 1;
                }
            }
            assert_eq!(payments(world).await.len(), numbers, "{code}");
            assert_eq!(status(&browser, &id).await, "awaiting_payment", "{code}");
        }
        // Said to be paid, and it is.
        let number = payments(world).await.last().unwrap().out_trade_no.clone();
        phone.post(&format!("/api/orders/{id}/pay"), json!({ "channel": "mini_program" })).await;
        fault(world, "notify_paid", "drop_notification", 1).await;
        world.control("wechat_pay/pay", json!({ "out_trade_no": number })).await;
        browser.get(&path).await;
        assert_eq!(browser.post(&path, &[]).await.status, 303);
        assert_eq!(status(&browser, &id).await, "paid");
        assert_eq!(event_count(world, "order.pay").await, 1);
    }
);

both!(
    async fn whatever_a_query_is_refused_with_unknown_is_not_paid(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        fault(world, "notify_paid", "drop_notification", 1).await;
        scan_and_pay(&phone, &show_code(&browser, &id).await).await;
        for (code, told) in QUERY {
            fault(world, "query", code, 1).await;
            let (answer, said) = phone.call(Method::POST, &format!("/api/orders/{id}/check"), Some(json!({}))).await;
            assert_eq!(answer, if *told { 503 } else { 200 }, "{code}: {said}");
            assert_eq!(status(&browser, &id).await, "awaiting_payment", "{code}");
        }
        phone.post(&format!("/api/orders/{id}/check"), json!({})).await;
        assert_eq!(status(&browser, &id).await, "paid");
    }
);

both!(
    async fn whatever_a_close_is_refused_with_it_is_closed_there_before_it_is_closed_here(world) {
        let browser = shop(world).await;
        for (code, done) in CLOSE {
            let id = payable(&browser, "0").await;
            show_code(&browser, &id).await;
            let number = payments(world).await.last().unwrap().out_trade_no.clone();
            fault(world, "close", code, 1).await;
            browser.get("/enrol/order/list").await;
            assert_eq!(browser.post(&format!("/enrol/order/{id}/cancel"), &[]).await.status, 303);
            world.work().await;
            assert_eq!(status(&browser, &id).await, if *done { "closed" } else { "closing" }, "{code}");
            world.advance(31).await;
            world.work().await;
            assert_eq!(status(&browser, &id).await, "closed", "{code}");
            let there = at_wechat(world, &number).await;
            assert!(*done || there.as_deref() == Some("CLOSED"), "{code}: {there:?}");
        }
        assert_eq!(event_count(world, "order.pay").await, 0);
    }
);

async fn one_yuan_back(world: &World, id: &str) -> refund_row::Model {
    let mut tx = world.state.db.begin(Actor::System).await.unwrap();
    let refund = hand::give_back(&mut tx, id.parse().unwrap(), Fen(100)).await.unwrap();
    tx.commit().await.unwrap();
    hand::one(&world.state, refund).await.unwrap()
}

both!(
    async fn whatever_a_refund_is_refused_with_it_is_one_refund_or_a_persons_work(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        scan_and_pay(&phone, &show_code(&browser, &id).await).await;
        becomes(&browser, &id, "paid").await;
        for (code, persons) in REFUND {
            fault(world, "refund", code, 1).await;
            let refund = one_yuan_back(world, &id).await;
            world.work().await;
            let stands = hand::one(&world.state, refund.id).await.unwrap();
            assert_eq!(stands.status == refund::Status::Abnormal, *persons, "{code}: {stands:?}");
            for _ in 0..2 {
                world.advance(601).await;
                world.work().await;
            }
            let stands = hand::one(&world.state, refund.id).await.unwrap();
            assert_eq!(stands.status == refund::Status::Done, !persons, "{code}: {stands:?}");
            assert_eq!(stands.out_refund_no, refund.out_refund_no, "{code}: the same number");
        }
        for code in REFUND_QUERY {
            fault(world, "refund", "lost_reply", 1).await;
            fault(world, "refund_query", code, 1).await;
            let refund = one_yuan_back(world, &id).await;
            for _ in 0..4 {
                world.work().await;
                world.advance(61).await;
            }
            world.work().await;
            let stands = hand::one(&world.state, refund.id).await.unwrap();
            assert_eq!(stands.status, refund::Status::Done, "{code}");
        }
        let given: i64 = refunds(world).await.iter().filter(|refund| refund.status == refund::Status::Done).map(|refund| refund.amount).sum();
        assert_eq!(refunded_at_wechat(world).await, given, "to the fen");
    }
);

both!(
    async fn a_notice_is_answered_in_time_whatever_else_is_slow(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        let code = show_code(&browser, &id).await;
        // WeChat Pay is slow to be asked, and the database is busy.
        fault(world, "query", "slow", 1).await;
        let busy = world.state.db.begin(Actor::System).await.unwrap();
        scan_and_pay(&phone, &code).await;
        tokio::time::sleep(std::time::Duration::from_millis(4_600)).await;
        let log = world.desk("/control/api/log").await;
        let sent: Vec<&Value> = log.as_array().unwrap().iter().filter(|line| line["operation"] == "notify_paid").collect();
        assert!(!sent.is_empty(), "it was answered");
        for line in sent {
            assert!(!line["outcome"].as_str().unwrap().contains("no answer"), "{line}");
        }
        drop(busy);
        world.advance(16).await;
        becomes(&browser, &id, "paid").await;
    }
);
