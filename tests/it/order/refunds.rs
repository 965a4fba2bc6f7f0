//! 退款: final rejection gives everything back by itself (C1).

use super::*;
use zhangzheng::order::refund::flow as refunding;

async fn paid_order(world: &World) -> (Browser<'_>, String) {
    let browser = shop(world).await;
    let phone = agents_phone(world, &browser).await;
    let id = payable(&browser, "2").await;
    scan_and_pay(&phone, &show_code(&browser, &id).await).await;
    becomes(&browser, &id, "paid").await;
    (browser, id)
}

both!(
    async fn c1_final_rejection_refunds_in_full(world) {
        let (browser, id) = paid_order(world).await;
        reject(world).await;
        world.work().await;
        becomes(&browser, &id, "refunded").await;
        let back = refunds(world).await;
        assert_eq!(back.len(), 1);
        assert_eq!((back[0].amount, back[0].cause, back[0].status), (50_000, refund::Cause::Rejected, refund::Status::Done));
        let number = payments(world).await[0].out_trade_no.clone();
        assert_eq!(at_wechat(world, &number).await.as_deref(), Some("REFUND"));
        let page = browser.get(&format!("/enrol/order/{id}/pay")).await;
        assert!(page.read("main").contains("退款 ¥500.00：已退款"), "{}", page.read("main"));
        let account = order_row(world, &id).await.account_id;
        assert_eq!(zhangzheng::order::flow::paid(&world.state, account).await.unwrap(), None);
    }
);

both!(
    async fn c1_a_refund_is_one_refund_whatever_happens_to_its_answers(world) {
        let (browser, id) = paid_order(world).await;
        fault(world, "notify_refund", "drop_notification", 1).await;
        for kind in ["http_500", "lost_reply", "SYSTEM_ERROR", "rate_limited", "bad_signature", "bad_signature", "NOT_ENOUGH"] {
            fault(world, "refund", kind, 1).await;
        }
        reject(world).await;
        for _ in 0..12 {
            world.work().await;
            assert_ne!(status(&browser, &id).await, "paid");
            world.advance(601).await;
        }
        world.work().await;
        assert_eq!(status(&browser, &id).await, "refunded");
        assert_eq!(refunds(world).await.len(), 1);
        let refund_id = refunds(world).await[0].id;
        zhangzheng::order::refund::work::work(&world.state, refund_id).await;
        assert_eq!(event_count(world, "order.refunded").await, 1);
        assert_eq!(event_count(world, "refund.ask").await, 1);
    }
);

both!(
    async fn c1_rejecting_twice_refunds_once_and_unpaid_orders_are_closed(world) {
        let (browser, id) = paid_order(world).await;
        let unpaid = payable(&browser, "3").await;
        show_code(&browser, &unpaid).await;
        reject(world).await;
        let company_id = company::Entity::find().one(&world.state.db.read).await.unwrap().unwrap().id;
        let (a, b) = tokio::join!(
            refunding::company_rejected(&world.state, company_id),
            refunding::company_rejected(&world.state, company_id)
        );
        drop((a, b));
        becomes(&browser, &id, "refunded").await;
        becomes(&browser, &unpaid, "closed").await;
        assert_eq!(refunds(world).await.len(), 1);
        assert!(browser.get("/enrol/order/list").await.read(".orders tbody").contains("审核未通过"));
    }
);

both!(
    async fn c1_money_that_comes_while_the_company_is_rejected_goes_back(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "0").await;
        show_code(&browser, &id).await;
        let number = payments(world).await[0].out_trade_no.clone();
        fault(world, "notify_paid", "drop_notification", 1).await;
        world.control("wechat_pay/pay", json!({ "out_trade_no": number })).await;
        reject(world).await;
        becomes(&browser, &id, "closed").await;
        for _ in 0..3 {
            world.advance(61).await;
            world.work().await;
        }
        assert_eq!(refunds(world).await[0].status, refund::Status::Done);
        assert_eq!(event_count(world, "order.pay").await, 0);
    }
);

both!(
    async fn a_refund_that_wechat_pay_cannot_make_is_left_to_a_person(world) {
        let (browser, id) = paid_order(world).await;
        fault(world, "refund", "USER_ACCOUNT_ABNORMAL", 1).await;
        reject(world).await;
        becomes(&browser, &id, "refunding").await;
        world.work().await;
        let back = refunds(world).await;
        assert_eq!(back[0].status, refund::Status::Abnormal);
        let page = browser.get(&format!("/enrol/order/{id}/pay")).await;
        assert!(page.read("main").contains("客服将与您联系"));
    }
);
