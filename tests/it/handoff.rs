//! 扫码接力: from the desktop's QR code to the phone, and everything that must not work.

use crate::kit::Browser;
use reqwest::Method;
use serde_json::{Value, json};

const MOBILE: &str = "19900000001";

async fn ticket(browser: &Browser<'_>) -> String {
    let part = browser.get("/parts/handoff/person").await;
    assert!(part.has(".qr svg"));
    let link = part.attribute("[data-copy]", "data-copy").expect("a link");
    assert!(link.starts_with(&browser.world.url));
    link.rsplit('/').next().unwrap().to_owned()
}

async fn openid(world: &crate::kit::World, index: usize) -> String {
    world.people().await[index]["openid"].as_str().unwrap().to_owned()
}

both!(
    async fn m14_a_phone_that_scans_and_confirms_is_signed_in(world) {
        let browser = world.register("zyying016", MOBILE).await;
        let phone = world.phone(&openid(world, 0).await);
        let ticket = ticket(&browser).await;
        let look = phone.post("/api/handoffs/look", json!({ "ticket": ticket, "code": phone.login_code().await })).await;
        assert_eq!(look["account_name"], "zyying016");
        assert_eq!(look["purpose"], "person");
        assert_eq!(look["place"], "本机");
        assert!(look["browser"].is_string() && look["system"].is_string());
        let confirmed = phone.post("/api/handoffs/confirm", json!({ "ticket": ticket, "code": phone.login_code().await })).await;
        assert_eq!(confirmed["me"]["account_name"], "zyying016");
        assert_eq!(phone.get("/api/me").await["account_name"], "zyying016");
    }
);

both!(
    async fn a_ticket_works_once_and_for_the_first_phone_only(world) {
        let browser = world.register("zyying016", MOBILE).await;
        let ticket = ticket(&browser).await;
        let mine = world.phone(&openid(world, 0).await);
        let theirs = world.phone(&openid(world, 1).await);
        let call = async |phone: &crate::kit::Phone<'_>, what: &str| -> (u16, Value) {
            let body = json!({ "ticket": ticket, "code": phone.login_code().await });
            phone.call(Method::POST, &format!("/api/handoffs/{what}"), Some(body)).await
        };
        assert_eq!(call(&mine, "confirm").await.0, 409, "not before looking");
        assert_eq!(call(&mine, "look").await.0, 200);
        assert_eq!(call(&theirs, "look").await.0, 409);
        assert_eq!(call(&theirs, "confirm").await.0, 409);
        assert_eq!(call(&mine, "confirm").await.0, 200);
        assert_eq!(call(&mine, "confirm").await.0, 409, "a second time");
    }
);

both!(
    async fn a_ticket_that_is_late_refused_or_signed_out_is_void(world) {
        let browser = world.register("zyying016", MOBILE).await;
        let phone = world.phone(&openid(world, 0).await);
        let look = async |ticket: &str| {
            let body = json!({ "ticket": ticket, "code": phone.login_code().await });
            phone.call(Method::POST, "/api/handoffs/look", Some(body)).await.0
        };
        let late = ticket(&browser).await;
        world.advance(121).await;
        assert_eq!(look(&late).await, 409, "nobody scanned it for two minutes");
        let refused = ticket(&browser).await;
        assert_eq!(look(&refused).await, 200);
        let other = world.phone(&openid(world, 1).await);
        let body = json!({ "ticket": refused, "code": other.login_code().await });
        assert_eq!(other.call(Method::POST, "/api/handoffs/refuse", Some(body)).await.0, 409, "another phone's refusal");
        phone.post("/api/handoffs/refuse", json!({ "ticket": refused, "code": phone.login_code().await })).await;
        let body = json!({ "ticket": refused, "code": phone.login_code().await });
        assert_eq!(phone.call(Method::POST, "/api/handoffs/confirm", Some(body)).await.0, 409);
        let orphan = ticket(&browser).await;
        browser.get("/enrol").await;
        browser.post("/sign-out", &[]).await;
        assert_eq!(look(&orphan).await, 409, "the desktop that showed it has signed out");
        assert_eq!(look("00112233445566778899aabbccddeeff").await, 409);
    }
);

both!(
    async fn a_member_bound_to_one_wechat_is_not_taken_by_another(world) {
        let browser = world.register("zyying016", MOBILE).await;
        world.phone(&openid(world, 0).await).hand_off(&browser, "person").await;
        let other = world.phone(&openid(world, 1).await);
        let ticket = ticket(&browser).await;
        other.post("/api/handoffs/look", json!({ "ticket": ticket, "code": other.login_code().await })).await;
        let body = json!({ "ticket": ticket, "code": other.login_code().await });
        let (status, answer) = other.call(Method::POST, "/api/handoffs/confirm", Some(body)).await;
        assert_eq!((status, answer["code"].as_str()), (409, Some("bound_elsewhere")));
    }
);

both!(
    async fn the_desktop_hears_of_the_scan_without_reloading(world) {
        let browser = world.register("zyying016", MOBILE).await;
        let account = zhangzheng::account::entity::account::Entity::find().one(&world.state.db.read).await.unwrap().unwrap();
        let mut watch = world.state.live.watch(account.id);
        let part = browser.get("/parts/handoff/person").await;
        let id = part.attribute(".handoff", "hx-get").unwrap().rsplit('=').next().unwrap().to_owned();
        let link = part.attribute("[data-copy]", "data-copy").unwrap();
        let ticket = link.rsplit('/').next().unwrap().to_owned();
        let phone = world.phone(&openid(world, 0).await);
        phone.post("/api/handoffs/look", json!({ "ticket": ticket, "code": phone.login_code().await })).await;
        let zhangzheng::live::Heard::Live(live) = watch.next().await.unwrap() else { panic!("resync") };
        assert_eq!(&*live.name, "handoff.scan");
        let part = browser.get(&format!("/parts/handoff/person?id={id}")).await;
        assert!(part.read(".handoff").contains("已扫描"), "{}", part.text());
        phone.post("/api/handoffs/confirm", json!({ "ticket": ticket, "code": phone.login_code().await })).await;
        let part = browser.get(&format!("/parts/handoff/person?id={id}")).await;
        assert!(part.read(".handoff").contains("已确认"));
    }
);

use sea_orm::EntityTrait;

both!(
    async fn a_browser_that_is_not_wechat_is_told_to_use_it(world) {
        let browser = world.register("zyying016", MOBILE).await;
        let ticket = ticket(&browser).await;
        let page = world.browser().get(&format!("/h/{ticket}")).await;
        assert_eq!(page.status, 200);
        assert!(page.read("h1").contains("请使用微信扫描"));
    }
);
