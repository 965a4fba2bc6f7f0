//! What finance does about refunds: parts of an order, what WeChat Pay could not give back, and who may.

use super::*;
use crate::console::staff;
use zhangzheng::{
    console::{Role, entity::proposal, proposal::Status as Waiting},
    order::refund::{MOST, flow, hand},
};

async fn paid<'a>(world: &'a World, authorisations: &str) -> (Browser<'a>, String) {
    let browser = shop(world).await;
    let phone = agents_phone(world, &browser).await;
    let id = payable(&browser, authorisations).await;
    scan_and_pay(&phone, &show_code(&browser, &id).await).await;
    becomes(&browser, &id, "paid").await;
    (browser, id)
}

async fn give_back(finance: &Browser<'_>, id: &str, amount: &str) -> crate::kit::Page {
    finance.get(&format!("/console/payments/orders/{id}")).await;
    let form = [("amount", amount), ("reason", "服务延误，协商退还")];
    finance.post(&format!("/console/payments/orders/{id}/refund"), &form).await
}

async fn answer(by: &Browser<'_>, answer: &str) -> u16 {
    let waiting = proposal::Entity::find().filter(proposal::Column::Status.eq(Waiting::Waiting));
    let id = waiting.one(&by.world.state.db.read).await.unwrap().expect("a proposal").id;
    by.get("/console/proposals").await;
    by.post(&format!("/console/proposals/{id}/settle"), &[("answer", answer)]).await.status
}

async fn settled(world: &World) {
    for _ in 0..4 {
        world.work().await;
        world.advance(61).await;
    }
    world.work().await;
}

both!(
    async fn c1_parts_go_back_and_never_more_than_was_paid(world) {
        let (browser, id) = paid(world, "30").await;
        let first = staff(world, "finance-a", &[Role::Finance]).await;
        let second = staff(world, "finance-b", &[Role::Finance]).await;
        let number = order_row(world, &id).await.number;
        let found = first.get(&format!("/console/payments/find?number={number}")).await;
        assert_eq!(found.location, Some(format!("/console/payments/orders/{id}")));
        for wrong in ["", "0", "-1", "1.234", "一百", "99999999999999"] {
            assert_eq!(give_back(&first, &id, wrong).await.status, 400, "{wrong}");
        }
        assert_eq!(give_back(&first, &id, "600").await.status, 303);
        settled(world).await;
        assert_eq!(refunds(world).await[0].status, refund::Status::Done);
        // 600 + 500 pass the limit of 1000: what one person gave back before counts.
        let proposed = give_back(&first, &id, "500").await;
        assert_eq!(proposed.location.as_deref(), Some("/console/proposals"));
        assert_eq!(refunds(world).await.len(), 1);
        assert_eq!(give_back(&first, &id, "1").await.status, 409, "one at a time");
        assert_eq!(answer(&first, "confirm").await, 403);
        assert_eq!(answer(&second, "confirm").await, 303);
        settled(world).await;
        assert_eq!(refunds(world).await.len(), 2);
        // 1900 - 1100 are left.
        give_back(&first, &id, "800.01").await;
        assert_eq!(answer(&second, "confirm").await, 409, "more than is left");
        assert_eq!(status(&browser, &id).await, "paid", "what was bought stays");
        let sum: i64 = refunds(world).await.iter().map(|refund| refund.amount).sum();
        assert_eq!(sum, 110_000);
    }
);

both!(
    async fn c1_fifty_refunds_and_no_more_and_two_at_once_share_what_is_left(world) {
        let (_browser, id) = paid(world, "0").await;
        let order_id = id.parse().unwrap();
        let back = async |fen: i64| {
            let mut tx = world.state.db.begin(Actor::System).await.unwrap();
            hand::give_back(&mut tx, order_id, Fen(fen)).await?;
            tx.commit().await
        };
        let (a, b) = tokio::join!(back(39_000), back(39_000));
        assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1, "{a:?} {b:?}");
        for _ in 1..MOST {
            back(10).await.unwrap();
        }
        assert_eq!(back(10).await.unwrap_err().problem().code, "not_enough_left");
        settled(world).await;
        let all = refunds(world).await;
        assert_eq!(all.len(), 50);
        assert!(all.iter().all(|refund| refund.status == refund::Status::Done), "{all:?}");
        let numbers: std::collections::BTreeSet<&str> = all.iter().map(|refund| refund.out_refund_no.as_str()).collect();
        assert_eq!(numbers.len(), 50, "each its own number");
    }
);

both!(
    async fn an_abnormal_refund_is_paid_back_by_hand_with_two_people(world) {
        let (_browser, id) = paid(world, "0").await;
        let first = staff(world, "finance-a", &[Role::Finance]).await;
        let second = staff(world, "finance-b", &[Role::Finance]).await;
        give_back(&first, &id, "1.97").await;
        settled(world).await;
        let bad = refunds(world).await[0].clone();
        assert_eq!(bad.status, refund::Status::Abnormal);
        assert!(first.get("/console/payments").await.read("main").contains("微信退款异常"));
        let path = |what: &str| format!("/console/payments/refunds/{}/{what}", bad.id);
        assert_eq!(first.post(&path("renew"), &[]).await.status, 409, "its number can still move money");
        assert_eq!(first.post(&path("ask"), &[]).await.status, 303);
        world.work().await;
        assert_eq!(refunds(world).await[0].status, refund::Status::Abnormal);
        assert_eq!(first.post(&path("paid-back"), &[("reference", "无")]).await.status, 400);
        assert_eq!(first.post(&path("paid-back"), &[("reference", "OUT-1")]).await.status, 303);
        assert_eq!(refunds(world).await[0].status, refund::Status::Abnormal);
        assert_eq!(answer(&second, "confirm").await, 303);
        let done = refunds(world).await[0].clone();
        assert_eq!((done.status, done.reference.as_deref()), (refund::Status::Done, Some("OUT-1")));
    }
);

both!(
    async fn a_refund_that_was_closed_is_sent_anew_under_a_new_number(world) {
        let (_browser, id) = paid(world, "0").await;
        let first = staff(world, "finance-a", &[Role::Finance]).await;
        give_back(&first, &id, "2.98").await;
        settled(world).await;
        let dead = refunds(world).await[0].clone();
        assert_eq!((dead.status, dead.trouble.as_deref()), (refund::Status::Abnormal, Some("WeChat Pay has closed the refund")));
        first.get("/console/payments").await;
        assert_eq!(first.post(&format!("/console/payments/refunds/{}/renew", dead.id), &[]).await.status, 303);
        let all = refunds(world).await;
        assert_eq!((all.len(), all[0].status), (2, refund::Status::Void));
        assert_ne!(all[0].out_refund_no, all[1].out_refund_no);
        let payment = flow::fulfilling(&world.state.db.read, id.parse().unwrap()).await.unwrap();
        assert_eq!((payment.returned, payment.refunds), (298, 2), "counted once");
        assert_eq!(first.post(&format!("/console/payments/refunds/{}/renew", dead.id), &[]).await.status, 409, "once");
        settled(world).await;
    }
);

both!(
    async fn refunds_still_under_way_are_not_paid_back_by_hand(world) {
        let (_browser, id) = paid(world, "0").await;
        let first = staff(world, "finance-a", &[Role::Finance]).await;
        give_back(&first, &id, "3.99").await;
        settled(world).await;
        let slow = refunds(world).await[0].clone();
        assert_eq!(slow.status, refund::Status::Processing);
        let path = format!("/console/payments/refunds/{}/paid-back", slow.id);
        first.get("/console/payments").await;
        assert_eq!(first.post(&path, &[("reference", "OUT1")]).await.status, 409);
        let auditor = staff(world, "auditor", &[Role::Auditor]).await;
        assert_eq!(auditor.get("/console/payments").await.status, 200);
        assert!(!auditor.get(&format!("/console/payments/orders/{id}")).await.has("textarea"));
        assert_eq!(give_back(&auditor, &id, "1").await.status, 403);
    }
);
