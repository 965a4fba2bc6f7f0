//! 发票: issued once when the money is here, mailed, reversed when it goes back, and seen by its own account only.

use super::*;
use zhangzheng::invoice::{self, Status, entity::invoice as invoice_row};

async fn invoices(world: &World) -> Vec<invoice_row::Model> {
    invoice_row::Entity::find().order_by_asc(invoice_row::Column::Id).all(&world.state.db.read).await.unwrap()
}

/// Works, moving the time, until the invoices stand like this.
async fn become_so(world: &World, wanted: &[Status]) {
    let mut are = Vec::new();
    for _ in 0..60 {
        world.work().await;
        are = invoices(world).await.iter().map(|one| one.status).collect();
        if are == wanted {
            world.work().await;
            return;
        }
        world.advance(6).await;
    }
    panic!("the invoices are {are:?}, not {wanted:?}: {:?}", invoices(world).await);
}

async fn bought(world: &World, browser: &Browser<'_>, phone: &Phone<'_>) -> String {
    let id = payable(browser, "1").await;
    scan_and_pay(phone, &show_code(browser, &id).await).await;
    becomes(browser, &id, "paid").await;
    assert_eq!(world.events().await.iter().filter(|name| *name == "order.pay").count(), 1);
    id
}

async fn mails(world: &World, to: &str) -> Vec<Value> {
    let inbox = world.desk("/phone/mail").await;
    let all = inbox.as_array().cloned().unwrap_or_default();
    all.into_iter().filter(|mail| mail.to_string().to_lowercase().contains(&to.to_lowercase())).collect()
}

async fn at_tax_office(world: &World) -> Vec<Value> {
    world.desk("/control/api/wechat_pay/fapiaos").await.as_array().cloned().unwrap()
}

both!(
    async fn m41_b6_the_invoice_is_issued_once_mailed_and_downloaded(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        // Every kind of lost answer on the way.
        fault(world, "fapiao_issue", "lost_reply", 1).await;
        fault(world, "fapiao_query", "http_502", 1).await;
        fault(world, "fapiao_file", "wrong_digest", 1).await;
        let id = bought(world, &browser, &phone).await;
        become_so(world, &[Status::Issued]).await;
        for _ in 0..10 {
            world.advance(30).await;
            world.work().await;
        }
        assert_eq!(at_tax_office(world).await.len(), 1, "issued once");
        let one = invoices(world).await.remove(0);
        assert_eq!((one.amount, one.attempt, one.paper_id.is_some()), (45_000, 1, true));
        let sent = mails(world, "fapiao@example.com").await;
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(sent[0].to_string().contains(one.number.as_deref().unwrap()));

        let list = browser.get("/enrol/order/list").await;
        assert!(list.read(".does").contains("查看发票"));
        let page = browser.get(&format!("/enrol/order/{id}/invoices")).await;
        assert!(page.read("#invoices").contains(one.number.as_deref().unwrap()));
        assert!(page.read("#invoices").contains("F***@example.com") || page.read("#invoices").contains("f***@example.com"));
        let file = browser.get(&format!("/enrol/order/{id}/invoices/{}/file", one.id)).await;
        assert!(file.status == 200 && file.body.starts_with(b"%PDF-"));
        let told = phone.get(&format!("/api/orders/{id}/invoices")).await;
        assert_eq!((told[0]["status"].as_str(), told[0]["file"].as_bool()), (Some("issued"), Some(true)));

        let stranger = world.register("stranger01", "19900000002").await;
        for path in ["invoices".to_owned(), format!("invoices/{}/file", one.id)] {
            assert_eq!(stranger.get(&format!("/enrol/order/{id}/{path}")).await.status, 404, "{path}");
        }
        stranger.get("/enrol").await;
        let sent = stranger.post(&format!("/enrol/order/{id}/invoices/{}/send", one.id), &[]).await;
        assert_eq!(sent.status, 404);
        assert_eq!(stranger.api(Method::GET, &format!("/api/invoices/{}/file", one.id), None).await.0, 404);
    }
);

both!(
    async fn m41_the_applicant_has_it_mailed_again_but_not_without_end(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = bought(world, &browser, &phone).await;
        become_so(world, &[Status::Issued]).await;
        let path = format!("/enrol/order/{id}/invoices/{}/send", invoices(world).await[0].id);
        browser.get(&format!("/enrol/order/{id}/invoices")).await;
        assert_eq!(browser.post(&path, &[("email", "no address")]).await.status, 400);
        assert_eq!(browser.post(&path, &[("email", "nobody@example.com")]).await.status, 303);
        world.work().await;
        let page = browser.get(&format!("/enrol/order/{id}/invoices")).await;
        assert!(page.read("#invoices .problem").contains("未能送达"), "{}", page.text());
        assert_eq!(browser.post(&path, &[("email", "other@example.com")]).await.status, 303);
        world.work().await;
        assert_eq!(mails(world, "other@example.com").await.len(), 1);
        let mut last = 0;
        for _ in 0..6 {
            last = browser.post(&path, &[]).await.status;
        }
        assert_eq!(last, 429);
        world.work().await;
    }
);

both!(
    async fn b6_money_that_goes_back_takes_its_invoice_with_it(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = bought(world, &browser, &phone).await;
        become_so(world, &[Status::Issued]).await;
        fault(world, "fapiao_reverse", "reverse_failed", 1).await;
        reject(world).await;
        becomes(&browser, &id, "refunded").await;
        become_so(world, &[Status::ReverseFailed]).await;
        let stuck = invoice::flow::failed(&world.state).await.unwrap();
        assert!(stuck[0].trouble.as_deref().unwrap().contains("冲红失败"));
        // It is tried again by itself.
        world.advance(601).await;
        become_so(world, &[Status::Reversed]).await;
        let one = invoices(world).await.remove(0);
        assert!(one.red_number.is_some() && one.live_of.is_none());
        let told = at_tax_office(world).await;
        assert_eq!((told.len(), told[0]["status"].as_str()), (1, Some("REVERSED")));
        let page = browser.get(&format!("/enrol/order/{id}/invoices")).await;
        assert!(page.read("#invoices").contains("已冲红"));
    }
);

both!(
    async fn b6_what_is_not_issued_is_tried_again_and_then_seen_by_finance(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        fault(world, "fapiao_issue", "issue_failed", 3).await;
        bought(world, &browser, &phone).await;
        become_so(world, &[Status::Failed]).await;
        world.advance(601).await;
        become_so(world, &[Status::Dropped, Status::Failed]).await;
        world.advance(601).await;
        become_so(world, &[Status::Dropped, Status::Dropped, Status::Failed]).await;
        world.advance(3600).await;
        world.work().await;
        let stuck = invoice::flow::failed(&world.state).await.unwrap();
        assert_eq!(stuck.len(), 1, "three numbers, then a person");
        invoice::flow::try_again(&world.state, Actor::Staff(uuid::Uuid::nil()), stuck[0].id).await.unwrap();
        become_so(world, &[Status::Dropped, Status::Dropped, Status::Dropped, Status::Issued]).await;
        let numbers: Vec<String> = invoices(world).await.into_iter().map(|one| one.fapiao_id).collect();
        assert!(numbers[3].ends_with("F4") && numbers[0].ends_with("F1"), "{numbers:?}");
    }
);

both!(
    async fn m41_the_title_is_the_companys_own(world) {
        let browser = shop(world).await;
        let id = buy(&browser, "0").await;
        let path = format!("/enrol/order/{id}/invoice");
        let page = browser.get(&path).await;
        assert!(page.has("#buyer_name[readonly]") && page.has("#taxpayer_id[readonly]"));
        let mut form = INVOICE.to_vec();
        form[0].1 = "厦门云杉供应链管理有限公司";
        let refused = browser.post(&path, &form).await;
        assert_eq!(refused.status, 400);
        assert!(refused.read("#buyer_name + .problem").contains("福州样本科技有限公司"));
        assert_eq!(status(&browser, &id).await, "draft");
    }
);

both!(
    async fn notices_about_invoices_are_hints_and_forged_ones_nothing(world) {
        invoice::flow::configure(&world.state).await;
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        bought(world, &browser, &phone).await;
        world.control("delays", json!({ "vendor": "wechat_pay", "operation": "fapiao", "seconds": 20 })).await;
        become_so(world, &[Status::Issued]).await;
        let mut notices = Value::Null;
        for _ in 0..50 {
            notices = world.desk("/control/api/wechat_pay/notices").await;
            let told = notices.as_array().unwrap().iter().find(|one| one["event_type"] == "FAPIAO.ISSUED");
            if told.is_some_and(|one| one["last"] == "delivered") {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        assert!(notices.to_string().contains("FAPIAO.ISSUED") && notices.to_string().contains("delivered"), "{notices}");
        let forged = world.browser().post_raw("/notify/wechat-pay/fapiao", &[("x", "y")], &[]).await;
        assert_eq!(forged.status, 400);
        world.work().await;
    }
);
