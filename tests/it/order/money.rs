//! 支付: by QR code, in the mini-program, switching between them, expiry, lost answers, restarts.

use super::*;
use zhangzheng::order::flow as orders;

both!(
    async fn m42_a_qr_code_on_the_desktop_is_paid_with_the_phone(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "1").await;
        let page = browser.get(&format!("/enrol/order/{id}/pay")).await;
        let facts = page.read(".facts");
        for part in ["订单号", "支付金额 ¥450.00", "发票类型 电子发票", "发票抬头 福州样本科技有限公司"] {
            assert!(facts.contains(part), "{part} in {facts}");
        }
        assert!(page.read("button").contains("二维码支付"));
        let code = show_code(&browser, &id).await;
        assert!(code.starts_with("weixin://wxpay/bizpayurl?pr="));
        assert_eq!(scan_and_pay(&phone, &code).await["errMsg"], "requestPayment:ok");
        becomes(&browser, &id, "paid").await;
        assert_eq!(event_count(world, "order.pay").await, 1);
        let page = browser.get(&format!("/enrol/order/{id}/pay")).await;
        assert!(page.read("main").contains("支付成功！"));
    }
);

both!(
    async fn m42_the_same_order_is_paid_inside_the_mini_program(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        assert_eq!(pay_in_app(&phone, &id, "cancel").await["errMsg"], "requestPayment:fail cancel");
        let checked = phone.post(&format!("/api/orders/{id}/check"), json!({})).await;
        assert_eq!(checked["status"], "awaiting_payment");
        assert_eq!(pay_in_app(&phone, &id, "fail").await["errMsg"].as_str().unwrap().split(' ').next(), Some("requestPayment:fail"));
        fault(world, "notify_paid", "drop_notification", 1).await;
        assert_eq!(pay_in_app(&phone, &id, "pay").await["errMsg"], "requestPayment:ok");
        let checked = phone.post(&format!("/api/orders/{id}/check"), json!({})).await;
        assert_eq!(checked["status"], "paid", "the server has asked; the phone's word was not needed");
        assert_eq!(payments(world).await.len(), 1, "three sheets, one number");
    }
);

both!(
    async fn m43_the_desktop_says_what_comes_next_by_itself(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        let code = show_code(&browser, &id).await;
        let page = browser.get(&format!("/enrol/order/{id}/pay")).await;
        assert!(page.attribute("#order", "hx-trigger").unwrap().contains("live:order"));
        scan_and_pay(&phone, &code).await;
        becomes(&browser, &id, "paid").await;
        let page = browser.get(&format!("/enrol/order/{id}/pay")).await;
        assert!(page.read("main").contains("我们将在1个工作日完成印章制作，审核完成后证书自动激活！"));
        assert_eq!(page.attribute(".actions .button", "href").as_deref(), Some("/enrol/administrator"));
        assert_eq!(page.read(".actions .button"), "下一步");
    }
);

both!(
    async fn switching_the_channel_closes_the_one_before(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        let code = show_code(&browser, &id).await;
        let answer = phone.post(&format!("/api/orders/{id}/pay"), json!({ "channel": "mini_program" })).await;
        assert!(answer["request_payment"].is_object());
        let seen = phone.wechat("scan", json!({ "text": code })).await;
        assert_eq!(seen["kind"], "text", "the code on the screen is dead: {seen}");
        let page = browser.get(&format!("/enrol/order/{id}/pay")).await;
        assert!(!page.has(".qr") && page.read("main").contains("改用二维码支付"));
        let again = show_code(&browser, &id).await;
        assert_ne!(again, code);
        scan_and_pay(&phone, &again).await;
        becomes(&browser, &id, "paid").await;
        let states: Vec<payment::Status> = payments(world).await.iter().map(|payment| payment.status).collect();
        assert_eq!(states, [payment::Status::Closed, payment::Status::Closed, payment::Status::Paid]);
        assert!(refunds(world).await.is_empty());
    }
);

both!(
    async fn switching_after_it_was_paid_says_paid(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        fault(world, "notify_paid", "drop_notification", 1).await;
        scan_and_pay(&phone, &show_code(&browser, &id).await).await;
        let answer = phone.post(&format!("/api/orders/{id}/pay"), json!({ "channel": "mini_program" })).await;
        assert_eq!((&answer["paid"], &answer["request_payment"]), (&json!(true), &Value::Null));
        assert_eq!(status(&browser, &id).await, "paid");
        assert_eq!(payments(world).await.len(), 1);
    }
);

both!(
    async fn money_for_a_second_number_goes_back_by_itself(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        show_code(&browser, &id).await;
        pay_in_app(&phone, &id, "pay").await;
        becomes(&browser, &id, "paid").await;
        // The money for the code that was closed had been on its way.
        let first = payments(world).await[0].clone();
        world.control("wechat_pay/pay", json!({ "out_trade_no": first.out_trade_no, "late": true })).await;
        for _ in 0..100 {
            world.work().await;
            if refunds(world).await.first().is_some_and(|refund| refund.status == refund::Status::Done) {
                break;
            }
            world.advance(61).await;
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let back = refunds(world).await;
        assert_eq!(back.len(), 1);
        assert_eq!((back[0].amount, back[0].cause, back[0].status), (40_000, refund::Cause::Surplus, refund::Status::Done));
        assert_eq!(back[0].payment_id, first.id);
        assert_eq!(status(&browser, &id).await, "paid");
        assert_eq!(event_count(world, "order.pay").await, 1);
    }
);

both!(
    async fn an_unpaid_order_expires_at_wechat_first(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "0").await;
        show_code(&browser, &id).await;
        fault(world, "close", "http_500", 1).await;
        world.advance(24 * 3600 + 1).await;
        let browser = sign_in_again(world).await;
        world.work().await;
        assert_eq!(status(&browser, &id).await, "closing", "WeChat Pay did not answer: it stays open here");
        world.advance(31).await;
        becomes(&browser, &id, "closed").await;
        let number = payments(world).await[0].out_trade_no.clone();
        assert_eq!(at_wechat(world, &number).await.as_deref(), Some("CLOSED"));
        assert!(browser.get("/enrol/order/list").await.read(".orders tbody").contains("超时未付款"));
        assert_eq!(browser.post(&format!("/enrol/order/{id}/pay"), &[]).await.status, 409);
    }
);

pub(super) async fn sign_in_again<'a>(world: &'a World) -> Browser<'a> {
    let browser = world.browser();
    browser.get("/sign-in").await;
    let form = [("account", "zyying016"), ("mobile", MOBILE), ("password", crate::kit::PASSWORD)];
    assert_eq!(browser.post("/sign-in", &form).await.status, 303);
    browser.get("/enrol/order/list").await;
    browser
}

both!(
    async fn money_that_beats_the_closing_of_an_expired_order_buys(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "0").await;
        show_code(&browser, &id).await;
        let number = payments(world).await[0].out_trade_no.clone();
        fault(world, "notify_paid", "drop_notification", 1).await;
        world.control("wechat_pay/pay", json!({ "out_trade_no": number })).await;
        // Nobody has told us when the last moment passes.
        world.advance(24 * 3600 + 1).await;
        orders::expire(&world.state, id.parse().unwrap()).await;
        let browser = sign_in_again(world).await;
        assert_eq!(status(&browser, &id).await, "closing");
        becomes(&browser, &id, "paid").await;
        assert!(refunds(world).await.is_empty());
    }
);

both!(
    async fn late_money_for_a_closed_order_goes_back(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "0").await;
        show_code(&browser, &id).await;
        browser.post(&format!("/enrol/order/{id}/cancel"), &[]).await;
        becomes(&browser, &id, "closed").await;
        let number = payments(world).await[0].out_trade_no.clone();
        // Its notice is lost: it is found by asking.
        fault(world, "notify_paid", "drop_notification", 1).await;
        world.control("wechat_pay/pay", json!({ "out_trade_no": number, "late": true })).await;
        world.advance(3601).await;
        world.work().await;
        assert_eq!(payments(world).await[0].status, payment::Status::Surplus);
        world.advance(61).await;
        world.work().await;
        assert_eq!(refunds(world).await[0].status, refund::Status::Done);
        assert_eq!(status(&browser, &id).await, "closed");
        assert_eq!(event_count(world, "order.pay").await, 0);
    }
);

both!(
    async fn wechat_pay_can_be_slow_broken_or_silent(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        let path = format!("/enrol/order/{id}/pay");
        for kind in ["http_500", "http_502", "reset", "SYSTEM_ERROR", "rate_limited"] {
            fault(world, "native", kind, 1).await;
            let refused = browser.post(&path, &[]).await;
            assert_eq!(refused.status, 503, "{kind}");
            assert!(refused.text().contains("不会重复扣款"), "{kind}");
        }
        // It had done everything when its answer was lost: the same number again is the same request.
        fault(world, "native", "lost_reply", 1).await;
        assert_eq!(browser.post(&path, &[]).await.status, 503);
        let code = show_code(&browser, &id).await;
        assert_eq!(payments(world).await.len(), 1);
        fault(world, "notify_paid", "drop_notification", 1).await;
        scan_and_pay(&phone, &code).await;
        // An answer that cannot be trusted is asked for once more.
        for (kind, times) in [("http_500", 1), ("reset", 1), ("bad_signature", 2)] {
            fault(world, "query", kind, times).await;
            let asked = phone.call(Method::POST, &format!("/api/orders/{id}/check"), Some(json!({}))).await;
            assert_eq!(asked.0, 503, "{kind}");
            assert_eq!(status(&browser, &id).await, "awaiting_payment", "unknown is not paid");
        }
        phone.post(&format!("/api/orders/{id}/check"), json!({})).await;
        assert_eq!(status(&browser, &id).await, "paid");
    }
);

both!(
    async fn money_under_our_number_for_another_sum_is_kept_for_finance(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        let order = order_row(world, &id).await;
        let number = format!("{}P1", order.number);
        let cheap = Order { out_trade_no: &number, description: "1 fen", total: Fen(1), expires: order.expires_at };
        world.state.providers.wechat_pay.prepay_by_code(&cheap).await.unwrap();
        world.control("wechat_pay/pay", json!({ "out_trade_no": number })).await;
        let code = show_code(&browser, &id).await;
        let tries = payments(world).await;
        assert_eq!((tries[0].status, tries[0].trouble.as_deref()), (payment::Status::Disputed, Some("another amount")));
        stays(&browser, &id, "awaiting_payment").await;
        scan_and_pay(&phone, &code).await;
        becomes(&browser, &id, "paid").await;
        assert!(refunds(world).await.is_empty(), "what is disputed is not sent anywhere");
    }
);

both!(
    async fn doing_a_job_again_changes_nothing(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        scan_and_pay(&phone, &show_code(&browser, &id).await).await;
        let payment_id = payments(world).await[0].id;
        let settle = || payment::settle::settle(&world.state, payment_id);
        let together = tokio::join!(settle(), settle(), settle(), settle());
        drop(together);
        settle().await.unwrap();
        becomes(&browser, &id, "paid").await;
        settle().await.unwrap();
        let order_id = id.parse().unwrap();
        payment::flow::close_all(&world.state, order_id).await;
        orders::expire(&world.state, order_id).await;
        assert_eq!(status(&browser, &id).await, "paid");
        assert_eq!(event_count(world, "order.pay").await, 1);
        let paid = orders::paid(&world.state, order_row(world, &id).await.account_id).await.unwrap().unwrap();
        assert_eq!((paid.order_id, paid.authorisations), (order_id, 0));
    }
);
