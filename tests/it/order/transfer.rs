//! 对公转账: chosen by the applicant, entered by finance, matched by code, sum and payer; what does not agree waits for a person.

use super::*;
use crate::console::staff;
use zhangzheng::{
    console::Role,
    order::{entity::bank_line, transfer},
};

const COMPANY: &str = "福州样本科技有限公司";

/// Chooses 对公转账 on the page; gives the code to write beside the transfer.
async fn choose(browser: &Browser<'_>, id: &str) -> String {
    let path = format!("/enrol/order/{id}");
    browser.get(&format!("{path}/pay")).await;
    let chosen = browser.post(&format!("{path}/transfer"), &[]).await;
    assert_eq!(chosen.status, 303, "{}", chosen.text());
    let page = browser.get(&format!("{path}/pay")).await;
    page.read(".transfer").split_whitespace().last().unwrap().to_owned()
}

fn csv(lines: &[(&str, &str, &str, &str)]) -> String {
    let rows = lines
        .iter()
        .map(|(number, amount, payer, remark)| format!("{number},2026-11-24 09:30:00,{amount},{payer},{remark}\n"));
    format!("交易流水号,交易日期,金额,对方户名,附言\n{}", rows.collect::<String>())
}

async fn import(finance: &Browser<'_>, lines: &[(&str, &str, &str, &str)]) {
    finance.get("/console/payments").await;
    let done = finance.post("/console/payments/lines", &[("text", &csv(lines))]).await;
    assert_eq!(done.status, 200, "{}", done.text());
    finance.world.work().await;
}

async fn line(world: &World, number: &str) -> bank_line::Model {
    let found = bank_line::Entity::find().filter(bank_line::Column::BankNumber.eq(number));
    found.one(&world.state.db.read).await.unwrap().expect("a line")
}

async fn two<'a>(world: &'a World) -> (Browser<'a>, Browser<'a>) {
    (staff(world, "finance-a", &[Role::Finance]).await, staff(world, "finance-b", &[Role::Finance]).await)
}

/// The one proposal that waits, answered.
async fn answer(by: &Browser<'_>, answer: &str) -> u16 {
    use zhangzheng::console::{entity::proposal, proposal::Status};
    let waiting = proposal::Entity::find().filter(proposal::Column::Status.eq(Status::Waiting));
    let id = waiting.one(&by.world.state.db.read).await.unwrap().expect("a proposal").id;
    by.get("/console/proposals").await;
    by.post(&format!("/console/proposals/{id}/settle"), &[("answer", answer)]).await.status
}

both!(
    async fn m42_a_transfer_with_code_sum_and_payer_pays_the_order_once(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "1").await;
        let code = choose(&browser, &id).await;
        let page = browser.get(&format!("/enrol/order/{id}/pay")).await;
        for part in ["样本认证有限公司", "样本银行", "6200 0000 0000 019", "¥450.00", &code] {
            assert!(page.read(".transfer").contains(part), "{part}");
        }
        let before = order_row(world, &id).await;
        assert_eq!((before.expires_at - before.created_at).num_days(), 7, "banks need their time");
        let (finance, _) = two(world).await;
        let remark = format!("货款 {} {}", &code[..5], code[5..].to_lowercase());
        import(&finance, &[("B0001", "450.00", COMPANY, &remark)]).await;
        assert_eq!(status(&browser, &id).await, "paid");
        let again = finance.post("/console/payments/lines", &[("text", &csv(&[("B0001", "450.00", COMPANY, &remark)]))]).await;
        assert!(again.read("[role=status]").contains("已导入 0 笔"), "{}", again.text());
        world.work().await;
        assert_eq!(event_count(world, "order.pay").await, 1);
        assert_eq!(payments(world).await[0].transaction_id.as_deref(), Some("B0001"));
        assert!(refunds(world).await.is_empty());
    }
);

both!(
    async fn what_does_not_agree_is_held_and_pays_nothing(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "0").await;
        let code = choose(&browser, &id).await;
        let (finance, _) = two(world).await;
        import(&finance, &[
            ("B1", "400.00", COMPANY, "货款"),
            ("B2", "400.00", COMPANY, "ZZ2222222"),
            ("B3", "399.99", COMPANY, &code),
            ("B4", "400.01", COMPANY, &code),
            ("B5", "400.00", "王芳", &code),
        ]).await;
        let page = finance.get("/console/payments").await;
        let all = page.read("main");
        for said in ["附言中没有付款码", "金额与订单不一致", "付款户名与企业名称不一致"] {
            assert!(all.contains(said), "{said}: {all}");
        }
        assert_eq!(status(&browser, &id).await, "awaiting_payment");
        import(&finance, &[("B6", "400.00", COMPANY, &code)]).await;
        assert_eq!(status(&browser, &id).await, "paid");
        // A second transfer under the same code is nobody's payment.
        import(&finance, &[("B7", "400.00", COMPANY, &code)]).await;
        let second = line(world, "B7").await;
        assert_eq!((second.status, second.trouble.as_deref()), (transfer::Status::Held, Some("taken")));
        let broken = finance.post("/console/payments/lines", &[("text", "交易流水号,金额\nB8,1")]).await;
        assert_eq!(broken.status, 400);
        assert!(broken.read(".problem").contains("交易日期"));
    }
);

both!(
    async fn finance_matches_by_hand_and_above_the_limit_not_alone(world) {
        let browser = shop(world).await;
        let small = payable(&browser, "0").await;
        choose(&browser, &small).await;
        let (first, second) = two(world).await;
        import(&first, &[("B1", "400.00", COMPANY, "忘记写了"), ("B2", "1100.00", "福州样本母公司", "代付")]).await;
        let number = order_row(world, &small).await.number;
        let path = format!("/console/payments/lines/{}/match", line(world, "B1").await.id);
        first.get("/console/payments").await;
        assert_eq!(first.post(&path, &[("order_number", &number)]).await.status, 400, "without a reason");
        let wrong = first.post(&path, &[("order_number", "RS0"), ("reason", "电话核实")]).await;
        assert!(wrong.read(".problem").contains("没有这个订单号"));
        assert_eq!(first.post(&path, &[("order_number", &number), ("reason", "电话核实")]).await.status, 303);
        assert_eq!(status(&browser, &small).await, "paid");
        assert_eq!(first.post(&path, &[("order_number", &number), ("reason", "再来")]).await.status, 400, "once");
        // More than the limit: proposed by one, confirmed by another.
        let big = payable(&browser, "22").await;
        choose(&browser, &big).await;
        let number = order_row(world, &big).await.number;
        let path = format!("/console/payments/lines/{}/match", line(world, "B2").await.id);
        let proposed = first.post(&path, &[("order_number", &number), ("reason", "母公司代付，有说明")]).await;
        assert_eq!(proposed.location.as_deref(), Some("/console/proposals"));
        assert_eq!(status(&browser, &big).await, "awaiting_payment");
        assert!(second.get("/console/proposals").await.read("main").contains("¥1,100.00"));
        assert_eq!(answer(&first, "confirm").await, 403, "nobody confirms their own");
        assert_eq!(answer(&second, "confirm").await, 303);
        assert_eq!(status(&browser, &big).await, "paid");
    }
);

both!(
    async fn a_line_that_is_nobodys_goes_back_once_confirmed_by_another(world) {
        let (first, second) = two(world).await;
        import(&first, &[("B1", "88.80", "陌生公司", "?")]).await;
        let id = line(world, "B1").await.id;
        let path = |what: &str| format!("/console/payments/lines/{id}/{what}");
        first.get("/console/payments").await;
        assert_eq!(first.post(&path("returned"), &[("reference", "OUT1")]).await.status, 409, "not decided yet");
        assert_eq!(first.post(&path("send-back"), &[]).await.status, 303);
        assert_eq!(first.post(&path("send-back"), &[]).await.status, 409);
        assert_eq!(first.post(&path("returned"), &[("reference", "")]).await.status, 400);
        assert_eq!(first.post(&path("returned"), &[("reference", "OUT1")]).await.status, 303);
        assert_eq!(line(world, "B1").await.status, transfer::Status::GoesBack);
        assert_eq!(answer(&second, "confirm").await, 303);
        let done = line(world, "B1").await;
        assert_eq!((done.status, done.reference.as_deref()), (transfer::Status::Returned, Some("OUT1")));
    }
);

both!(
    async fn a_transfer_that_comes_after_wechat_was_paid_goes_back_by_hand(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        let code = choose(&browser, &id).await;
        scan_and_pay(&phone, &show_code(&browser, &id).await).await;
        becomes(&browser, &id, "paid").await;
        let (first, second) = two(world).await;
        import(&first, &[("B1", "400.00", COMPANY, &code)]).await;
        assert_eq!(line(world, "B1").await.status, transfer::Status::Matched);
        let back = refunds(world).await;
        assert_eq!(back.len(), 1);
        assert_eq!((back[0].cause, back[0].status), (refund::Cause::Surplus, refund::Status::ByHand));
        assert!(browser.get("/enrol/order/list").await.read(".orders tbody").contains("多付款项 ¥400.00"));
        let path = format!("/console/payments/refunds/{}/paid-back", back[0].id);
        first.get("/console/payments").await;
        assert_eq!(first.post(&path, &[("reference", "OUT9")]).await.status, 303);
        assert_eq!(refunds(world).await[0].status, refund::Status::ByHand, "one person is not enough");
        assert_eq!(answer(&second, "confirm").await, 303);
        let back = refunds(world).await;
        assert_eq!((back[0].status, back[0].reference.as_deref()), (refund::Status::Done, Some("OUT9")));
        assert_eq!(first.post(&path, &[("reference", "OUT10")]).await.status, 409, "once");
        assert_eq!((status(&browser, &id).await.as_str(), event_count(world, "order.pay").await), ("paid", 1));
    }
);

both!(
    async fn a_transfer_for_an_order_that_is_over_goes_back(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "0").await;
        let code = choose(&browser, &id).await;
        world.advance(24 * 3600 + 1).await;
        world.work().await;
        let browser = super::money::sign_in_again(world).await;
        assert_eq!(status(&browser, &id).await, "awaiting_payment", "it waits for the bank");
        world.advance(6 * 24 * 3600).await;
        world.work().await;
        let browser = super::money::sign_in_again(world).await;
        becomes(&browser, &id, "closed").await;
        let (first, _) = two(world).await;
        import(&first, &[("B1", "400.00", COMPANY, &code)]).await;
        assert_eq!(status(&browser, &id).await, "closed");
        assert_eq!(refunds(world).await[0].status, refund::Status::ByHand);
        assert_eq!(event_count(world, "order.pay").await, 0);
    }
);
