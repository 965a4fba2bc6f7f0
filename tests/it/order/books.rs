//! 对账与财务: a day of payments and refunds closes; what is changed on one side is found, explained and closed; the books
//! leave as a file; and people are told once.

use super::*;
use crate::console::staff;
use zhangzheng::{
    console::Role,
    invoice::Status as InvoiceStatus,
    notice,
    reconciliation::{
        Kind, Status,
        entity::{difference, statement},
        flow as books,
    },
};

async fn differences(world: &World) -> Vec<difference::Model> {
    difference::Entity::find().order_by_asc(difference::Column::Id).all(&world.state.db.read).await.unwrap()
}

async fn day(world: &World) -> statement::Model {
    statement::Entity::find().order_by_desc(statement::Column::Day).one(&world.state.db.read).await.unwrap().unwrap()
}

/// A little after ten in the morning of the next day (every story begins at ten), and what is planned then.
async fn next_morning(world: &World) {
    world.work().await;
    world.advance(24 * 3600 + 60).await;
    books::plan(&world.state).await;
    world.work().await;
}

async fn bought(world: &World, browser: &Browser<'_>, phone: &Phone<'_>) -> String {
    let id = payable(browser, "1").await;
    scan_and_pay(phone, &show_code(browser, &id).await).await;
    becomes(browser, &id, "paid").await;
    world.work().await;
    id
}

both!(
    async fn b6_a_day_of_payments_and_refunds_closes(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = bought(world, &browser, &phone).await;
        reject(world).await;
        becomes(&browser, &id, "refunded").await;
        next_morning(world).await;
        let today = day(world).await;
        assert_eq!(today.day, "2026-11-24");
        assert_eq!((today.paid_count, today.paid_sum, today.refund_sum, today.fees), (1, 45_000, 45_000, 270));
        assert!(differences(world).await.is_empty());
        // Planned again, and compared again, nothing changes.
        books::plan(&world.state).await;
        books::again(&world.state, Actor::System, "2026-11-24").await.unwrap();
        world.work().await;
        assert!(differences(world).await.is_empty());
        assert!(books::again(&world.state, Actor::System, "2026-11-25").await.is_err(), "not over");
        // A day on which nothing happened closes too.
        world.advance(24 * 3600).await;
        books::plan(&world.state).await;
        world.work().await;
        assert_eq!((day(world).await.day, day(world).await.paid_count), ("2026-11-25".into(), 0));
    }
);

both!(
    async fn b6_each_difference_is_found_once_and_has_its_remedy(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        bought(world, &browser, &phone).await;
        fault(world, "trade_bill", "change_row", 1).await;
        fault(world, "trade_bill", "add_row", 1).await;
        fault(world, "funds_bill", "drop_row", 1).await;
        next_morning(world).await;
        let found = differences(world).await;
        let of = |kind: Kind| found.iter().find(|one| one.kind == kind).unwrap_or_else(|| panic!("{kind:?}: {found:?}"));
        let (amount, unknown) = (of(Kind::PaymentAmount), of(Kind::UnknownPayment));
        assert!(found.len() == 4 && of(Kind::FundsAmount).theirs == Some(45_000) && of(Kind::FundsMissing).ours.is_some());
        assert_eq!((amount.ours, amount.theirs), (Some(45_000), Some(45_001)));

        let finance = staff(world, "purse", &[Role::Finance]).await;
        let page = finance.get("/console/finance").await;
        assert!(page.read("#differences").contains("微信有收款，我方无订单"), "{}", page.text());
        assert!(page.read("#differences").contains("处理办法"));
        assert!(page.read("#totals .state.bad").contains("4 项"));
        let path = format!("/console/finance/differences/{}", unknown.id);
        assert_eq!(finance.post(&path, &[("action", "explain"), ("note", "")]).await.status, 400);
        assert_eq!(finance.post(&path, &[("action", "explain"), ("note", "另一系统误用商户号")]).await.status, 303);
        let page = finance.get("/console/finance").await;
        assert!(page.read("#differences").contains("另一系统误用商户号") && page.read("#differences").contains("purse"));
        assert_eq!(finance.post(&path, &[("action", "close"), ("note", "已原路退回")]).await.status, 303);
        finance.get("/console/finance").await;
        assert_eq!(finance.post(&path, &[("action", "close"), ("note", "再关一次")]).await.status, 409);
        let noted = differences(world).await.into_iter().find_map(|one| one.note);
        let sealed = noted.expect("kept");
        assert!(!String::from_utf8_lossy(&sealed).contains("退回"), "sealed in the table");
        // The next bill is right: what it no longer says has gone by itself, and what a person has closed stays closed.
        assert_eq!(finance.post("/console/finance/compare", &[("day", "2026-11-24")]).await.status, 303);
        world.work().await;
        let now = differences(world).await;
        assert!(now.iter().all(|one| one.status == Status::Closed), "{now:?}");
        assert_eq!(now.iter().filter(|one| one.staff_id.is_some()).count(), 1);
    }
);

both!(
    async fn b6_money_that_was_never_booked_is_found_by_the_bill_and_booked(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        fault(world, "notify_paid", "drop_notification", 1).await;
        scan_and_pay(&phone, &show_code(&browser, &id).await).await;
        // Nobody asks until the bill comes: the queue has stood still.
        world.advance(24 * 3600 + 60).await;
        books::plan(&world.state).await;
        let planned = statement::Entity::find().one(&world.state.db.read).await.unwrap().unwrap();
        books::work(&world.state, planned.id).await;
        assert_eq!(differences(world).await[0].kind, Kind::NotMarkedPaid);
        world.work().await;
        assert_eq!(order_row(world, &id).await.status, zhangzheng::order::Status::Paid);
        world.advance(601).await;
        world.work().await;
        assert_eq!(differences(world).await[0].status, Status::Closed, "booked, and gone by itself");
    }
);

both!(
    async fn b6_bills_that_are_late_or_forged_are_waited_for(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        bought(world, &browser, &phone).await;
        fault(world, "trade_bill", "STATEMENT_CREATING", 1).await;
        fault(world, "trade_bill", "wrong_digest", 1).await;
        next_morning(world).await;
        assert!(day(world).await.compared_at.is_none());
        for _ in 0..3 {
            world.advance(1801).await;
            world.work().await;
        }
        assert!(day(world).await.compared_at.is_some());
        assert!(differences(world).await.is_empty());
    }
);

both!(
    async fn b6_the_books_leave_as_a_file_and_that_is_written_down(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let id = bought(world, &browser, &phone).await;
        let finance = staff(world, "purse", &[Role::Finance]).await;
        let page = finance.get("/console/finance").await;
        assert!(page.read("#totals").contains("¥450.00"), "{}", page.text());
        let number = order_row(world, &id).await.number;
        assert!(page.read("#movements").contains(&number));
        let file = finance.post("/console/finance/export", &[("form", "csv")]).await;
        assert_eq!(file.status, 200);
        assert!(file.text().contains(&number) && file.text().contains("450.00"));
        finance.get("/console/finance").await;
        let sheet = finance.post("/console/finance/export", &[("form", "xlsx")]).await;
        assert!(sheet.body.starts_with(b"PK"));
        assert_eq!(event_count(world, "console.export_books").await, 2);
        let none = finance.get("/console/finance?from=2026-11-01&to=2026-11-02").await;
        assert!(none.read("#movements").contains("没有符合条件的收支"));
        assert_eq!(finance.get("/console/finance?from=2026-11-09&to=2026-11-02").await.status, 400);
        let refunds = finance.get("/console/finance?kind=refunds").await;
        assert!(refunds.read("#movements").contains("没有符合条件的收支"));
        assert!(refunds.read("#totals").contains("¥450.00"), "the sums are the day's, whatever is looked at");
    }
);

both!(
    async fn b6_finance_mends_an_invoice_by_hand(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        fault(world, "fapiao_issue", "NO_AUTH", 9).await;
        bought(world, &browser, &phone).await;
        for _ in 0..4 {
            world.advance(601).await;
            world.work().await;
        }
        let finance = staff(world, "purse", &[Role::Finance]).await;
        let page = finance.get("/console/finance").await;
        assert!(page.read("#invoices").contains("NO_AUTH"), "{}", page.text());
        let stuck = zhangzheng::invoice::flow::failed(&world.state).await.unwrap();
        let path = format!("/console/finance/invoices/{}/record", stuck[0].id);
        assert_eq!(finance.post(&path, &[("number", "12")]).await.status, 400);
        assert_eq!(finance.post(&path, &[("number", "26350000000000000001")]).await.status, 303);
        world.work().await;
        let one = zhangzheng::invoice::entity::invoice::Entity::find_by_id(stuck[0].id);
        let one = one.one(&world.state.db.read).await.unwrap().unwrap();
        assert!(one.by_hand && one.status == InvoiceStatus::Issued && one.number.is_some());
        assert_eq!(finance.post(&path, &[("number", "26350000000000000001")]).await.status, 409);
    }
);

both!(
    async fn people_are_told_once_by_wechat_where_they_have_ticked_else_by_text(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let templates = world.state.config.providers.wechat.templates.clone();
        let paid = templates["order_paid"].clone();
        phone.wechat("subscribe", json!({ "template_ids": [&paid], "accept": [&paid] })).await;
        let id = bought(world, &browser, &phone).await;
        for _ in 0..4 {
            world.advance(10).await;
            world.work().await;
        }
        let messages = world.desk("/control/api/wechat/messages").await;
        assert_eq!(messages.as_array().unwrap().len(), 1, "{messages}");
        assert!(messages.to_string().contains(&order_row(world, &id).await.number));
        let text = world.last_sms(MOBILE).await.unwrap();
        assert!(text.contains("电子发票已开具，金额450元"), "not ticked: {text}");
        // The jobs once more: nothing more is said.
        for job in ["telling.paid", "telling.expiring"] {
            zhangzheng::telling::flow::run(&world.state, job, id.parse().unwrap()).await.unwrap();
        }
        world.work().await;
        let told = notice::entity::Entity::find().filter(notice::entity::Column::OnceKey.is_not_null());
        assert_eq!(told.all(&world.state.db.read).await.unwrap().len(), 2);
    }
);

both!(
    async fn an_order_about_to_expire_is_spoken_of_once(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "0").await;
        world.work().await;
        assert!(world.last_sms(MOBILE).await.is_none_or(|text| !text.contains("将于")));
        world.advance(22 * 3600 + 60).await;
        let text = world.last_sms(MOBILE).await.unwrap();
        let closes = zhangzheng::order::beijing(order_row(world, &id).await.expires_at).format("%H:%M");
        assert!(text.contains(&format!("400元的订单将于{closes}关闭")), "{text}");
        world.advance(3600).await;
        world.work().await;
        let said = notice::entity::Entity::find().filter(notice::entity::Column::OnceKey.is_not_null());
        assert_eq!(said.all(&world.state.db.read).await.unwrap().len(), 1);
    }
);
