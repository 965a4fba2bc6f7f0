//! 支付通知: a hint, verified; whatever it says, the truth is asked for.

use super::*;
use crate::kit::Hand;

async fn unpaid(browser: &Browser<'_>) -> (String, String) {
    let id = payable(browser, "0").await;
    show_code(browser, &id).await;
    (id, payments(browser.world).await[0].out_trade_no.clone())
}

both!(
    async fn a_genuine_notice_is_taken_but_only_asking_pays_an_order(world) {
        let browser = shop(world).await;
        let (id, number) = unpaid(&browser).await;
        let hand = Hand { world };
        let body = hand.body("EV-1", &hand.plain(&number));
        assert_eq!(hand.send(hand.sign(0, &body), body.clone()).await, 204);
        stays(&browser, &id, "awaiting_payment").await;
    }
);

both!(
    async fn forged_altered_stale_and_unsigned_notices_are_refused(world) {
        let browser = shop(world).await;
        let (id, number) = unpaid(&browser).await;
        let hand = Hand { world };
        let body = hand.body("EV-1", &hand.plain(&number));
        let altered = body.replace("EV-1", "EV-2");
        assert_eq!(hand.send(hand.sign(0, &body), altered).await, 400, "altered");
        assert_eq!(hand.send(hand.sign(301, &body), body.clone()).await, 400, "stale");
        assert_eq!(hand.send(vec![], body.clone()).await, 400, "unsigned");
        let mut probe = hand.sign(0, &body);
        probe[2].1 = "WECHATPAY/SIGNTEST/not-base64!".into();
        assert_eq!(hand.send(probe, body.clone()).await, 400, "a probe");
        let mut unknown = hand.sign(0, &body);
        unknown[3].1 = "PUB_KEY_ID_9999".into();
        assert_eq!(hand.send(unknown, body.clone()).await, 400, "another key");
        assert_eq!(hand.send(hand.sign(0, "{}"), "{}".into()).await, 400, "empty");
        let huge = "x".repeat(70_000);
        assert_eq!(hand.send(hand.sign(0, &huge), huge.clone()).await, 413, "huge");
        stays(&browser, &id, "awaiting_payment").await;
        assert_eq!(event_count(world, "order.pay").await, 0);
    }
);

both!(
    async fn a_notice_for_another_merchant_or_an_unknown_number_pays_nothing(world) {
        let browser = shop(world).await;
        let (id, number) = unpaid(&browser).await;
        let hand = Hand { world };
        for (field, value) in [("mchid", "1900000110"), ("appid", "wx0000000000000000")] {
            let mut plain = hand.plain(&number);
            plain[field] = json!(value);
            let body = hand.body("EV-3", &plain);
            assert_eq!(hand.send(hand.sign(0, &body), body.clone()).await, 400, "{field}");
        }
        let body = hand.body("EV-4", &hand.plain("RS209901010000P1"));
        assert_eq!(hand.send(hand.sign(0, &body), body.clone()).await, 204);
        stays(&browser, &id, "awaiting_payment").await;
    }
);

both!(
    async fn duplicates_and_replays_pay_once(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        fault(world, "notify_paid", "duplicate_notification", 1).await;
        let id = payable(&browser, "0").await;
        scan_and_pay(&phone, &show_code(&browser, &id).await).await;
        becomes(&browser, &id, "paid").await;
        let hand = Hand { world };
        let number = payments(world).await[0].out_trade_no.clone();
        for replay in 0..3 {
            let body = hand.body(&format!("EV-{}", replay / 2), &hand.plain(&number));
            assert_eq!(hand.send(hand.sign(0, &body), body.clone()).await, 204);
        }
        stays(&browser, &id, "paid").await;
        assert_eq!(event_count(world, "order.pay").await, 1);
        assert!(refunds(world).await.is_empty());
    }
);

both!(
    async fn a_lost_notice_is_made_up_for_by_asking(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        fault(world, "notify_paid", "drop_notification", 1).await;
        let id = payable(&browser, "0").await;
        scan_and_pay(&phone, &show_code(&browser, &id).await).await;
        stays(&browser, &id, "awaiting_payment").await;
        world.advance(6).await;
        world.work().await;
        assert_eq!(status(&browser, &id).await, "paid");
    }
);

both!(
    async fn a_notice_that_was_signed_wrongly_at_first_comes_again(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        fault(world, "notify_paid", "bad_signature", 1).await;
        let id = payable(&browser, "0").await;
        scan_and_pay(&phone, &show_code(&browser, &id).await).await;
        stays(&browser, &id, "awaiting_payment").await;
        world.advance(16).await;
        becomes(&browser, &id, "paid").await;
        assert_eq!(event_count(world, "order.pay").await, 1);
    }
);
