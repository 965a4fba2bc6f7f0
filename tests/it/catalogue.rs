//! 目录: drawn up by one, published by another; in force from its moment; nothing internal is shown, no order changes.

use crate::{console::staff, kit::World};
use reqwest::Method;
use serde_json::Value;
use zhangzheng::console::Role;

async fn offered(world: &World) -> Value {
    let browser = world.register("buyer01", "19900000001").await;
    let (code, catalogue) = browser.api(Method::GET, "/api/catalogue", None).await;
    assert_eq!(code, 200);
    catalogue
}

async fn price(browser: &crate::kit::Browser<'_>) -> i64 {
    let (_, catalogue) = browser.api(Method::GET, "/api/catalogue", None).await;
    catalogue["platforms"][0]["regions"][0]["certificate_price"].as_i64().unwrap()
}

const REGION: [(&str, &str); 5] = [
    ("platform", "straits-supply"),
    ("region", "350000"),
    ("name", "福建省"),
    ("certificate_price", "380.00"),
    ("authorisation_price", "50"),
];

both!(
    async fn b12_one_draws_up_and_another_publishes(world) {
        let editor = staff(world, "editor", &[Role::CatalogueEditor]).await;
        let other = staff(world, "other", &[Role::CatalogueEditor]).await;
        let buyer = world.register("buyer01", "19900000001").await;
        assert_eq!(price(&buyer).await, 40_000);

        editor.get("/console/catalogue").await;
        let mut form = REGION.to_vec();
        form.push(("action", "save"));
        let mut wrong = form.clone();
        wrong[3].1 = "三百";
        assert_eq!(editor.post("/console/catalogue", &wrong).await.status, 400);
        assert_eq!(editor.post("/console/catalogue", &form).await.status, 303);
        let page = editor.get("/console/catalogue").await;
        assert!(page.read("#changes").contains("海峡纵横供应链采购服务平台·福建省 证书价格 ¥400.00 ¥380.00"), "{}", page.read("#changes"));
        assert_eq!(price(&buyer).await, 40_000, "a draft is nobody's price");
        assert_eq!(editor.post("/console/catalogue/propose", &[("reason", "年末优惠")]).await.status, 303);

        // While it waits nothing is edited, and whoever proposed does not publish.
        editor.get("/console/catalogue").await;
        assert_eq!(editor.post("/console/catalogue", &form).await.status, 409);
        assert_eq!(editor.post("/console/catalogue/discard", &[]).await.status, 409);
        let list = editor.get("/console/proposals").await;
        let row = list.attribute("[data-row]", "id").expect("it waits").trim_start_matches("p-").to_owned();
        let settle = format!("/console/proposals/{row}/settle");
        assert_eq!(editor.post(&settle, &[("answer", "confirm")]).await.status, 403);
        let reviewer = staff(world, "reviewer", &[Role::SeniorReviewer]).await;
        reviewer.get("/console/proposals").await;
        assert_eq!(reviewer.post(&settle, &[("answer", "confirm")]).await.status, 403);

        let list = other.get("/console/proposals").await;
        assert!(list.read("[data-row]").contains("发布目录") && list.read("[data-row]").contains("目录版本 2"));
        assert_eq!(other.post(&settle, &[("answer", "confirm")]).await.status, 303);
        assert_eq!(price(&buyer).await, 38_000);
        let page = other.get("/console/catalogue").await;
        assert!(page.read("#in-force h2").contains("现行版本 2"));
        assert!(page.read("#versions").contains("editor") && page.read("#versions").contains("other"));
    }
);

both!(
    async fn b12_a_version_is_in_force_from_its_moment_on(world) {
        let editor = staff(world, "editor", &[Role::CatalogueEditor]).await;
        let owner = staff(world, "owner", &[Role::Owner]).await;
        let buyer = world.register("buyer01", "19900000001").await;
        editor.get("/console/catalogue").await;
        let mut form = REGION.to_vec();
        form.push(("action", "save"));
        editor.post("/console/catalogue", &form).await;
        editor.get("/console/catalogue").await;
        let asked = [("reason", "新价格"), ("from", "2026-11-24T12:00")];
        assert_eq!(editor.post("/console/catalogue/propose", &asked).await.status, 303);
        let list = owner.get("/console/proposals").await;
        let row = list.attribute("[data-row]", "id").unwrap().trim_start_matches("p-").to_owned();
        assert_eq!(owner.post(&format!("/console/proposals/{row}/settle"), &[("answer", "confirm")]).await.status, 303);
        assert_eq!(price(&buyer).await, 40_000, "published, not in force yet");
        let page = owner.get("/console/catalogue").await;
        assert!(page.read("#versions").contains("待生效"));
        world.advance(2 * 3600 + 1).await;
        assert_eq!(price(&buyer).await, 38_000);
    }
);

both!(
    async fn b12_internal_items_are_never_offered_and_an_empty_draft_is_not_published(world) {
        let text = offered(world).await.to_string();
        assert!(!text.contains("内部"), "{text}");
        let editor = staff(world, "editor", &[Role::CatalogueEditor]).await;
        let page = editor.get("/console/catalogue").await;
        assert!(page.read("#in-force").contains("内部测试"), "staff see it");
        assert_eq!(editor.post("/console/catalogue", &[("platform", "straits-supply"), ("action", "open")]).await.status, 303);
        editor.get("/console/catalogue").await;
        assert_eq!(editor.post("/console/catalogue/propose", &[("reason", "无")]).await.status, 400);
        let new = [("platform", "New Platform"), ("name", "新项目"), ("action", "save")];
        assert_eq!(editor.post("/console/catalogue", &new).await.status, 400, "a code has small letters");
        assert_eq!(editor.post("/console/catalogue/discard", &[]).await.status, 303);
        assert!(!editor.get("/console/catalogue").await.has("#draft"));
        let finance = staff(world, "purse", &[Role::Finance]).await;
        assert_eq!(finance.get("/console/catalogue").await.status, 200);
        assert_eq!(finance.post("/console/catalogue", &REGION).await.status, 403);
    }
);
