//! 服务信息, 确认发票信息, 订单管理.

use super::*;

both!(
    async fn m35_service_information_and_orders_are_two_tabs(world) {
        let browser = shop(world).await;
        let page = browser.get("/enrol/order").await;
        assert_eq!(page.read(".tabs a"), "服务信息 | 订单管理");
        assert_eq!(page.read(".tabs a[aria-current]"), "服务信息");
        let list = browser.get("/enrol/order/list").await;
        assert_eq!(list.read(".tabs a[aria-current]"), "订单管理");
    }
);

both!(
    async fn m35_nothing_is_sold_before_the_company_is_submitted(world) {
        let browser = world.register("zyying016", MOBILE).await;
        let page = browser.get("/enrol/order").await;
        assert_eq!(page.read("main .big"), "提交企业实名资料后开放");
        assert!(!page.has("#platform"));
        let form = [("platform", PLATFORM), ("region", REGION), ("authorisations", "0")];
        browser.get("/enrol").await;
        assert_eq!(browser.post("/enrol/order", &form).await.status, 409);
        assert_eq!(event_count(world, "order.place").await, 0);
    }
);

both!(
    async fn m36_platforms_and_m37_their_regions_can_be_chosen_but_nothing_internal(world) {
        let browser = shop(world).await;
        let page = browser.get("/enrol/order").await;
        assert_eq!(page.read("#platform option"), "海峡纵横供应链采购服务平台 | 建设工程交易平台 | 特种设备检验研究院项目");
        assert_eq!(page.read("#region option"), "福建省 | 浙江省 | 江西省");
        let part = browser.get("/enrol/order/quote?platform=construction-exchange&region=350000").await;
        assert_eq!(part.read("#region option"), "福建省 | 厦门市");
        let key = page.value("key");
        for (platform, region) in [("internal-test", "000000"), (PLATFORM, "000000"), (PLATFORM, ""), ("", REGION), ("nowhere", REGION)] {
            let form = [("platform", platform), ("region", region), ("authorisations", "0"), ("key", &key)];
            let refused = browser.post("/enrol/order", &form).await;
            assert_eq!(refused.status, 400, "{platform} {region}");
            assert!(refused.read(".problem").contains("请选择"));
        }
        assert_eq!(event_count(world, "order.place").await, 0);
        let (_, catalogue) = browser.api(Method::GET, "/api/catalogue", None).await;
        assert!(!catalogue.to_string().contains("internal"));
    }
);

both!(
    async fn m38_the_certificate_is_preselected_and_says_so_once_it_is_bought(world) {
        let browser = shop(world).await;
        let page = browser.get("/enrol/order").await;
        assert!(page.has(".service input[type=checkbox][checked][disabled]"));
        assert!(page.read(".service").contains("企业/单位手机证书（含电子印章）"));
        assert!(page.read(".service").contains("¥400.00"));
        let phone = agents_phone(world, &browser).await;
        let id = payable(&browser, "0").await;
        scan_and_pay(&phone, &show_code(&browser, &id).await).await;
        becomes(&browser, &id, "paid").await;
        let page = browser.get("/enrol/order").await;
        assert!(page.read(".service").contains("已购买"));
        assert!(page.has("#total button[disabled]"), "nothing chosen, nothing to buy");
        let more = payable(&browser, "2").await;
        let order = order_row(world, &more).await;
        assert_eq!((order.total, order.certificate), (10_000, false));
    }
);

both!(
    async fn m39_authorisations_from_none_to_fifty(world) {
        let browser = shop(world).await;
        let page = browser.get("/enrol/order").await;
        assert!(page.read("main").contains("授权有效期自购买之日起计算"));
        assert!(page.read("details summary").contains("如何将证书授权给其他人"));
        let key = page.value("key");
        for count in ["51", "-1", "1.5", "4294967296", "many"] {
            let form = [("platform", PLATFORM), ("region", REGION), ("authorisations", count), ("key", &key)];
            let refused = browser.post("/enrol/order", &form).await;
            assert_eq!(refused.status, 400, "{count}");
            assert!(refused.read(".problem").contains("50"), "{count}");
        }
        let id = buy(&browser, "50").await;
        assert_eq!(order_row(world, &id).await.total, 290_000);
    }
);

both!(
    async fn m40_the_total_follows_the_choice(world) {
        let browser = shop(world).await;
        let total = async |count: &str| {
            let query = format!("/enrol/order/quote?platform={PLATFORM}&region={REGION}&authorisations={count}");
            browser.get(&query).await.read("#total button")
        };
        assert_eq!(total("0").await, "确认购买： 400.00");
        assert_eq!(total("2").await, "确认购买： 500.00");
        let body = json!({ "platform": PLATFORM, "region": REGION, "authorisations": 2 });
        let (code, quote) = browser.api(Method::POST, "/api/orders/quote", Some(body)).await;
        assert_eq!((code, &quote["total"]), (200, &json!(50_000)));
        assert_eq!(quote["lines"][1]["amount"], 10_000);
    }
);

both!(
    async fn prices_and_totals_sent_by_the_client_are_not_listened_to(world) {
        let browser = shop(world).await;
        let page = browser.get("/enrol/order").await;
        let key = page.value("key");
        let form = [
            ("platform", PLATFORM), ("region", REGION), ("authorisations", "1"), ("key", &key),
            ("total", "1"), ("certificate_price", "1"), ("unit_price", "0"),
        ];
        let placed = browser.post("/enrol/order", &form).await;
        let id = placed.location.unwrap().split('/').nth(3).unwrap().to_owned();
        assert_eq!(order_row(world, &id).await.total, 45_000);
        let body = json!({ "platform": PLATFORM, "region": REGION, "authorisations": 1, "total": 1 });
        let (_, quote) = browser.api(Method::POST, "/api/orders/quote", Some(body)).await;
        assert_ne!(quote["total"], 1);
    }
);

both!(
    async fn m41_invoice_data_are_asked_for_and_checked(world) {
        let browser = shop(world).await;
        let id = buy(&browser, "1").await;
        let path = format!("/enrol/order/{id}/invoice");
        let page = browser.get(&path).await;
        assert!(page.read(".bill").contains("企业/单位手机证书（含电子印章） × 1"));
        assert!(page.read(".bill tfoot").contains("¥450.00"));
        assert_eq!(page.read(".form > label"), "*发票类型 | *发票抬头 | *电子邮箱 | *纳税识别号");
        assert_eq!(page.attribute("#invoice_type", "value").as_deref(), Some("电子发票"));
        assert_eq!(page.value("buyer_name"), "福州样本科技有限公司", "the company's own name is proposed");
        assert_eq!(page.value("taxpayer_id"), "91350100M000100Y43");
        assert_eq!(page.value("email"), "office@example.com");
        for (field, wrong) in [("buyer_name", "<b>"), ("email", "nobody"), ("taxpayer_id", "91350100M000100Y44"), ("email", "")] {
            let mut form = INVOICE.to_vec();
            form.iter_mut().filter(|(name, _)| *name == field).for_each(|pair| pair.1 = wrong);
            let refused = browser.post(&path, &form).await;
            assert_eq!(refused.status, 400, "{field}");
            assert!(refused.has(&format!("#{field} + .problem")), "{field} is named");
            assert_eq!(status(&browser, &id).await, "draft");
        }
        confirm(&browser, &id).await;
        assert_eq!(status(&browser, &id).await, "awaiting_payment");
        let row = order_row(world, &id).await;
        let sealed = row.taxpayer_id.expect("kept");
        assert!(!sealed.windows(4).any(|part| part == b"9135"), "sealed in the table");
        let (_, order) = browser.api(Method::GET, &format!("/api/orders/{id}"), None).await;
        assert_eq!(order["invoice"]["taxpayer_id"], "91350100M000100Y43");
        assert_eq!(order["invoice"]["email"], "Fapiao@example.com");
    }
);

both!(
    async fn m44_orders_are_listed_with_seven_columns(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "2").await;
        let list = browser.get("/enrol/order/list").await;
        assert_eq!(list.read(".orders th"), "订单号 | 服务名称 | 项目类型 | 地区 | 金额 | 状态 | 操作");
        let row = list.read(".orders tbody tr");
        let number = order_row(world, &id).await.number;
        for part in [number.as_str(), "企业手机证书及电子印章，证章授权", "海峡纵横供应链采购服务平台", "福建省", "500.00", "待付款", "去支付", "取消"] {
            assert!(row.contains(part), "{part} in {row}");
        }
    }
);

both!(
    async fn an_order_can_be_cancelled_before_it_is_paid(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "0").await;
        show_code(&browser, &id).await;
        let cancelled = browser.post(&format!("/enrol/order/{id}/cancel"), &[]).await;
        assert_eq!(cancelled.status, 303);
        assert_eq!(status(&browser, &id).await, "closing", "not closed here before it is closed at WeChat");
        becomes(&browser, &id, "closed").await;
        let number = payments(world).await[0].out_trade_no.clone();
        assert_eq!(at_wechat(world, &number).await.as_deref(), Some("CLOSED"));
        assert!(browser.get("/enrol/order/list").await.read(".orders tbody").contains("已取消"));
        assert_eq!(browser.post(&format!("/enrol/order/{id}/cancel"), &[]).await.status, 409);
        payable(&browser, "0").await;
    }
);

both!(
    async fn one_certificate_is_ordered_at_a_time_and_pressing_twice_is_pressing_once(world) {
        let browser = shop(world).await;
        let phone = agents_phone(world, &browser).await;
        let body = || Some(json!({ "platform": PLATFORM, "region": REGION, "authorisations": 1 }));
        let place = async |key: &str, body: Option<Value>| {
            phone.call_with(Method::POST, "/api/orders", body, &[("Idempotency-Key", key)]).await
        };
        let (a, b) = tokio::join!(place("the-same-key", body()), place("the-same-key", body()));
        assert_eq!((a.0, b.0), (200, 200), "{a:?} {b:?}");
        assert_eq!(a.1["id"], b.1["id"]);
        let third = place("the-same-key", body()).await;
        assert_eq!(third.1["id"], a.1["id"]);
        let other = place("the-same-key", Some(json!({ "platform": PLATFORM, "region": REGION, "authorisations": 2 }))).await;
        assert_eq!((other.0, other.1["code"].as_str()), (409, Some("key_used")));
        let second = place("another-key", body()).await;
        assert_eq!((second.0, second.1["code"].as_str()), (409, Some("order_open")));
        assert_eq!(event_count(world, "order.place").await, 1);
        assert_eq!(place("bad key", body()).await.0, 400);
    }
);

both!(
    async fn an_order_is_nobody_elses(world) {
        let browser = shop(world).await;
        let id = payable(&browser, "0").await;
        let stranger = world.register("stranger01", "19900000002").await;
        for path in [format!("/enrol/order/{id}/pay"), format!("/enrol/order/{id}/invoice"), format!("/api/orders/{id}")] {
            assert_eq!(stranger.get(&path).await.status, 404, "{path}");
        }
        stranger.get("/enrol").await;
        for act in ["pay", "cancel", "check", "invoice"] {
            assert_eq!(stranger.post(&format!("/enrol/order/{id}/{act}"), &INVOICE).await.status, 404, "{act}");
        }
        assert_eq!(status(&browser, &id).await, "awaiting_payment");
    }
);
