//! 服务购买: choosing, paying by QR code and in the mini-program, and everything that can go wrong with money.

use crate::kit::{Browser, Phone, World};
use reqwest::Method;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use zhangzheng::{
    account::entity::member,
    company::{Decision, Field, Fields, Reading, Role, Status, entity::company, flow},
    db::Actor,
    kinds::Fen,
    order::{
        entity::{order, payment_row, refund_row},
        payment, refund,
    },
    providers::wechat_pay::Order,
};

mod asking;
mod books;
mod buying;
mod errors;
mod finance;
mod invoices;
mod kill;
mod model;
mod money;
mod notices;
mod other_client;
mod refunds;
mod transfer;

const MOBILE: &str = "19900000001";
const PLATFORM: &str = "straits-supply";
const REGION: &str = "350000";

/// An account whose company has been submitted: 服务购买 is open.
async fn shop<'a>(world: &'a World) -> Browser<'a> {
    let browser = world.register("zyying016", MOBILE).await;
    submitted(world, &browser).await;
    browser
}

/// The agent's phone, signed in as the same member.
async fn agents_phone<'a>(world: &'a World, browser: &Browser<'_>) -> Phone<'a> {
    let people = world.people().await;
    let phone = world.phone(people[0]["openid"].as_str().unwrap());
    phone.hand_off(browser, "order").await;
    phone
}

/// Chooses and presses 确认购买; gives the order's id.
async fn buy(browser: &Browser<'_>, authorisations: &str) -> String {
    let page = browser.get("/enrol/order").await;
    let key = page.value("key");
    let form = [("platform", PLATFORM), ("region", REGION), ("authorisations", authorisations), ("key", &key)];
    let placed = browser.post("/enrol/order", &form).await;
    assert_eq!(placed.status, 303, "{}", placed.text());
    placed.location.unwrap().split('/').nth(3).unwrap().to_owned()
}

const INVOICE: [(&str, &str); 3] =
    [("buyer_name", "福州样本科技有限公司"), ("email", "Fapiao@Example.com"), ("taxpayer_id", "91350100m000100y43")];

async fn confirm(browser: &Browser<'_>, id: &str) {
    browser.get(&format!("/enrol/order/{id}/invoice")).await;
    let confirmed = browser.post(&format!("/enrol/order/{id}/invoice"), &INVOICE).await;
    assert_eq!(confirmed.status, 303, "{}", confirmed.text());
}

/// An order that can be paid.
async fn payable(browser: &Browser<'_>, authorisations: &str) -> String {
    let id = buy(browser, authorisations).await;
    confirm(browser, &id).await;
    id
}

/// Presses 二维码支付; gives the text of the code on the page.
async fn show_code(browser: &Browser<'_>, id: &str) -> String {
    let path = format!("/enrol/order/{id}/pay");
    browser.get(&path).await;
    let asked = browser.post(&path, &[]).await;
    assert_eq!(asked.status, 303, "{}", asked.text());
    browser.get(&path).await.attribute(".qr", "data-code").expect("a QR code")
}

async fn scan_and_pay(phone: &Phone<'_>, code: &str) -> Value {
    let seen = phone.wechat("scan", json!({ "text": code })).await;
    assert_eq!(seen["kind"], "pay", "{seen}");
    phone.wechat("pay-native", json!({ "code_url": code, "action": "pay" })).await
}

/// Asks the server for what `wx.requestPayment` takes, and does with the sheet what the person does.
async fn pay_in_app(phone: &Phone<'_>, id: &str, action: &str) -> Value {
    let answer = phone.post(&format!("/api/orders/{id}/pay"), json!({ "channel": "mini_program" })).await;
    let mut sheet = answer["request_payment"].clone();
    assert!(sheet.is_object(), "{answer}");
    sheet["appId"] = json!(phone.world.state.config.providers.wechat_pay.appid);
    sheet["action"] = json!(action);
    phone.wechat("pay", sheet).await
}

async fn status(browser: &Browser<'_>, id: &str) -> String {
    let (code, order) = browser.api(Method::GET, &format!("/api/orders/{id}"), None).await;
    assert_eq!(code, 200, "{order}");
    order["status"].as_str().unwrap().to_owned()
}

/// Works until the order stands there; notices take a moment to come.
async fn becomes(browser: &Browser<'_>, id: &str, wanted: &str) {
    let mut is = String::new();
    for _ in 0..100 {
        browser.world.work().await;
        is = status(browser, id).await;
        if is == wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the order is {is}, not {wanted}");
}

/// Gives notices the time to come, does what they start, and looks that the order did not move.
async fn stays(browser: &Browser<'_>, id: &str, wanted: &str) {
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    browser.world.work().await;
    assert_eq!(status(browser, id).await, wanted);
}

async fn payments(world: &World) -> Vec<payment_row::Model> {
    payment_row::Entity::find().order_by_asc(payment_row::Column::Id).all(&world.state.db.read).await.unwrap()
}

async fn refunds(world: &World) -> Vec<refund_row::Model> {
    refund_row::Entity::find().order_by_asc(refund_row::Column::Id).all(&world.state.db.read).await.unwrap()
}

async fn event_count(world: &World, name: &str) -> usize {
    world.events().await.iter().filter(|event| *event == name).count()
}

async fn fault(world: &World, operation: &str, kind: &str, times: u32) {
    let rule = json!({ "vendor": "wechat_pay", "operation": operation, "kind": kind, "times": times });
    world.control("faults", rule).await;
}

/// What WeChat Pay has given back in all, in fen.
async fn refunded_at_wechat(world: &World) -> i64 {
    let orders = world.desk("/control/api/wechat_pay/orders").await;
    orders.as_array().unwrap().iter().filter_map(|order| order["refunded"].as_i64()).sum()
}

/// What WeChat Pay itself knows of our orders.
async fn at_wechat(world: &World, out_trade_no: &str) -> Option<String> {
    let orders = world.desk("/control/api/wechat_pay/orders").await;
    let found = orders.as_array()?.iter().find(|order| order["out_trade_no"] == out_trade_no)?;
    found["state"].as_str().map(str::to_owned)
}

async fn order_row(world: &World, id: &str) -> order::Model {
    let id = id.parse::<uuid::Uuid>().unwrap();
    order::Entity::find().filter(order::Column::Id.eq(id)).one(&world.state.db.read).await.unwrap().unwrap()
}

/// The company's application is handed in and waits for review, written as the step before leaves it.
async fn submitted(world: &World, browser: &Browser<'_>) {
    let (_, me) = browser.api(Method::GET, "/api/me", None).await;
    let member_id = me["member_id"].as_str().unwrap().parse().unwrap();
    let member = member::Entity::find_by_id::<uuid::Uuid>(member_id).one(&world.state.db.read).await.unwrap().unwrap();
    let tx = world.state.db.begin(Actor::System).await.unwrap();
    let id = tx.id();
    let mut fields = Fields::default();
    for (field, text) in [
        (Field::Name, "福州样本科技有限公司"),
        (Field::Code, "91350100M000100Y43"),
        (Field::Email, "office@example.com"),
    ] {
        fields.set(field, text);
    }
    let fields = serde_json::to_string(&fields).unwrap();
    let reading = serde_json::to_string(&Reading::default()).unwrap();
    let row = company::ActiveModel {
        id: Set(id),
        account_id: Set(member.account_id),
        applicant_id: Set(member.id),
        role: Set(Role::Agent),
        mandate: Set(zhangzheng::company::invitation::Mandate::Letter),
        status: Set(Status::UnderReview),
        fields: Set(world.state.vault.seal("company.fields", id, &fields)),
        reading: Set(world.state.vault.seal("company.reading", id, &reading)),
        code_index: Set(None),
        registry: Set(None),
        submitted_at: Set(Some(tx.now)),
        decided_at: Set(None),
        created_at: Set(tx.now),
        revised: Set(0),
    };
    company::Entity::insert(row).exec_without_returning(&*tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// The reviewer rejects the company for good.
async fn reject(world: &World) {
    let case = company::Entity::find().one(&world.state.db.read).await.unwrap().unwrap();
    let staff = Actor::Staff(uuid::Uuid::nil());
    let said =
        Decision { reason_code: "other".into(), applicant_note: "样本：不予通过".into(), ..Decision::default() };
    flow::reject(&world.state, staff, case.id, &said).await.unwrap();
}
