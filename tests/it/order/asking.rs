//! 申请退款 by the applicant: the rule, as stated; and what two do at the same moment.

use super::*;
use zhangzheng::order::{flow as orders, refund::policy};

async fn paid<'a>(world: &'a World, authorisations: &str) -> (Browser<'a>, String) {
    let browser = shop(world).await;
    let phone = agents_phone(world, &browser).await;
    let id = payable(&browser, authorisations).await;
    scan_and_pay(&phone, &show_code(&browser, &id).await).await;
    becomes(&browser, &id, "paid").await;
    (browser, id)
}

async fn ask(browser: &Browser<'_>, id: &str, amount: &str) -> crate::kit::Page {
    browser.get(&format!("/enrol/order/{id}/refund")).await;
    browser.post(&format!("/enrol/order/{id}/refund"), &[("amount", amount)]).await
}

/// The certificate comes into force, as the last step does it.
async fn activated(world: &World, id: &str) {
    let account_id = order_row(world, id).await.account_id;
    let mut tx = world.state.db.begin(Actor::System).await.unwrap();
    assert!(orders::activate(&mut tx, account_id).await.unwrap());
    tx.commit().await.unwrap();
}

both!(
    async fn c1_the_rule_is_stated_before_anything_is_paid(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "0").await;
        for path in ["/enrol/order".to_owned(), format!("/enrol/order/{id}/pay")] {
            let page = browser.get(&path).await;
            for words in policy::WORDS {
                assert!(page.read("main").contains(words), "{words} on {path}");
            }
        }
        let (_, catalogue) = browser.api(Method::GET, "/api/catalogue", None).await;
        assert_eq!(catalogue["refund_rule"].as_array().unwrap().len(), 3);
    }
);

both!(
    async fn c1_before_activation_the_applicant_gets_everything_back(world) {
        let (browser, id) = paid(world, "2").await;
        let list = browser.get("/enrol/order/list").await;
        assert!(list.read(".does").contains("申请退款") && list.read(".does").contains("查看发票"));
        let page = browser.get(&format!("/enrol/order/{id}/refund")).await;
        assert!(page.read(".facts").contains("¥500.00"));
        assert_eq!(ask(&browser, &id, "40000").await.status, 409, "another sum than the one shown");
        assert_eq!(ask(&browser, &id, "50000").await.status, 303);
        assert_eq!(ask(&browser, &id, "50000").await.status, 409, "twice is once");
        becomes(&browser, &id, "refunded").await;
        let back = refunds(world).await;
        assert_eq!(back.len(), 1);
        assert_eq!((back[0].amount, back[0].cause), (50_000, refund::Cause::Withdrawn));
        assert!(!browser.get("/enrol/order/list").await.read(".does").contains("申请退款"));
        // Nothing is held any more: it can be bought again.
        payable(&browser, "0").await;
    }
);

both!(
    async fn c1_two_who_ask_at_the_same_moment_are_one(world) {
        let (browser, id) = paid(world, "0").await;
        let body = || Some(json!({ "amount": 40_000 }));
        let path = format!("/api/orders/{id}/refund");
        let (a, b) = tokio::join!(browser.api(Method::POST, &path, body()), browser.api(Method::POST, &path, body()));
        let mut codes = [a.0, b.0];
        codes.sort_unstable();
        assert_eq!(codes, [200, 409], "{a:?} {b:?}");
        becomes(&browser, &id, "refunded").await;
        assert_eq!(refunds(world).await.len(), 1);
    }
);

both!(
    async fn c1_after_activation_only_unused_authorisations_go_back(world) {
        let (browser, id) = paid(world, "2").await;
        activated(world, &id).await;
        let page = browser.get(&format!("/enrol/order/{id}/refund")).await;
        assert!(page.read("main").contains("证书继续有效") && page.read(".facts").contains("¥100.00"));
        assert_eq!(ask(&browser, &id, "50000").await.status, 409);
        assert_eq!(ask(&browser, &id, "10000").await.status, 303);
        world.work().await;
        assert_eq!(status(&browser, &id).await, "paid");
        let account = order_row(world, &id).await.account_id;
        assert_eq!(orders::paid(&world.state, account).await.unwrap().unwrap().authorisations, 0);
        let list = browser.get("/enrol/order/list").await.read(".orders tbody");
        assert!(list.contains("部分款项 ¥100.00") && !list.contains("申请退款"), "{list}");
        assert_eq!(ask(&browser, &id, "0").await.status, 409);
        // The company is rejected after all: what is left goes back, to the fen.
        reject(world).await;
        becomes(&browser, &id, "refunded").await;
        let sum: i64 = refunds(world).await.iter().map(|refund| refund.amount).sum();
        assert_eq!(sum, 50_000);
    }
);

both!(
    async fn c1_used_or_old_authorisations_do_not_go_back(world) {
        let (browser, id) = paid(world, "2").await;
        activated(world, &id).await;
        let account = order_row(world, &id).await.account_id;
        let mut tx = world.state.db.begin(Actor::System).await.unwrap();
        orders::use_authorisations(&mut tx, account, 1).await.unwrap();
        assert!(orders::use_authorisations(&mut tx, account, 3).await.is_err(), "more than were bought");
        tx.commit().await.unwrap();
        assert!(!browser.get(&format!("/enrol/order/{id}/refund")).await.has("main form"));
        assert_eq!(ask(&browser, &id, "10000").await.status, 409);
        // Another order of authorisations, unused: seven days, no longer.
        let phone = agents_phone(world, &browser).await;
        let more = payable(&browser, "1").await;
        scan_and_pay(&phone, &show_code(&browser, &more).await).await;
        becomes(&browser, &more, "paid").await;
        let (_, order) = browser.api(Method::GET, &format!("/api/orders/{more}"), None).await;
        assert_eq!(order["refundable"], 5_000);
        world.advance(7 * 24 * 3600 + 60).await;
        let browser = super::money::sign_in_again(world).await;
        let (_, order) = browser.api(Method::GET, &format!("/api/orders/{more}"), None).await;
        assert_eq!(order["refundable"], Value::Null);
    }
);

both!(
    async fn nobody_else_asks_for_a_refund(world) {
        let (browser, id) = paid(world, "0").await;
        let stranger = world.register("stranger01", "19900000002").await;
        assert_eq!(stranger.get(&format!("/enrol/order/{id}/refund")).await.status, 404);
        let body = Some(json!({ "amount": 40_000 }));
        let (code, _) = stranger.api(Method::POST, &format!("/api/orders/{id}/refund"), body).await;
        assert_eq!(code, 404);
        // Somebody of the same account who has not placed it.
        let other = sea_orm::sea_query::Expr::value(uuid::Uuid::nil());
        let mine = order::Column::Id.eq(id.parse::<uuid::Uuid>().unwrap());
        let tx = world.state.db.begin(Actor::System).await.unwrap();
        order::Entity::update_many().col_expr(order::Column::MemberId, other).filter(mine).exec(&*tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(ask(&browser, &id, "40000").await.status, 403);
        assert!(refunds(world).await.is_empty());
    }
);

both!(
    async fn a_lone_final_rejection_and_a_payment_do_not_pass_each_other(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "0").await;
        show_code(&browser, &id).await;
        let payment = payments(world).await[0].clone();
        fault(world, "notify_paid", "drop_notification", 1).await;
        world.control("wechat_pay/pay", json!({ "out_trade_no": payment.out_trade_no })).await;
        // The one who rejects alone holds the orders; the payment waits for that.
        let mut tx = world.state.db.begin(Actor::System).await.unwrap();
        orders::none_paid(&mut tx, payment.account_id).await.unwrap();
        let state = world.state.clone();
        let settling = tokio::spawn(async move { payment::settle::settle(&state, payment.id).await });
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert!(!settling.is_finished(), "it waits");
        tx.commit().await.unwrap();
        settling.await.unwrap().unwrap();
        assert_eq!(status(&browser, &id).await, "paid");
        // Paid: nobody rejects it alone any more.
        let mut tx = world.state.db.begin(Actor::System).await.unwrap();
        let refused = orders::none_paid(&mut tx, payment.account_id).await.unwrap_err();
        assert_eq!(refused.problem().code, "just_paid");
    }
);

both!(
    async fn m44_a_long_history_is_read_a_page_at_a_time(world) {
        let browser = shop(world).await;
        let first = payable(&browser, "0").await;
        let template = order_row(world, &first).await;
        let tx = world.state.db.begin(Actor::System).await.unwrap();
        for number in 0..45 {
            let (id, number, holds) = (tx.id(), format!("RS2026112409{number:010}"), None);
            let row = order::Model { id, number, holds, buyer_name: None, email: None, taxpayer_id: None, status: zhangzheng::order::Status::Closed, ..template.clone() };
            let row = sea_orm::IntoActiveModel::into_active_model(row);
            order::Entity::insert(sea_orm::ActiveModelTrait::reset_all(row)).exec_without_returning(&*tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        let (mut path, mut seen) = ("/enrol/order/list".to_owned(), Vec::new());
        loop {
            let page = browser.get(&path).await;
            let numbers: Vec<String> =
                page.read(".orders tbody tr td:first-child").split('|').map(|cell| cell.trim()[..22].to_owned()).collect();
            assert!(numbers.len() <= 20);
            seen.extend(numbers);
            match page.attribute("a[href*='before=']", "href") {
                Some(next) => path = next,
                None => break,
            }
        }
        let all: std::collections::BTreeSet<&String> = seen.iter().collect();
        assert_eq!((seen.len(), all.len()), (46, 46), "every order once");
        assert_eq!(seen.last(), Some(&template.number));
        let (_, page) = browser.api(Method::GET, "/api/orders", None).await;
        let last = page[19]["id"].as_str().unwrap();
        let (_, page) = browser.api(Method::GET, &format!("/api/orders?before={last}"), None).await;
        assert_eq!(page.as_array().unwrap().len(), 20);
    }
);
