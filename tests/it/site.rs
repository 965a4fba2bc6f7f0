//! Home, notices, errors, headers: what surrounds the journey.

both!(
    async fn m1_the_home_page_has_entry_hotline_and_menu(world) {
        let page = world.browser().get("/").await;
        assert_eq!(page.status, 200);
        assert!(page.read(".hero .button").contains("手机证书办理"));
        assert!(page.read("header.bar").contains("0591-968975"));
        assert!(page.read("header.bar nav").contains("立即注册") && page.read("header.bar nav").contains("立即登录"));
        let browser = world.register("zyying016", "19900000001").await;
        let page = browser.get("/").await;
        assert!(page.read("header.bar nav").contains("回到首页"));
        assert!(page.read(".menu").contains("退出登录"));
    }
);

both!(
    async fn m3_the_platforms_are_offered_and_internal_ones_are_not(world) {
        let browser = world.browser();
        let page = browser.get("/").await;
        assert!(page.read(".cards").contains("海峡纵横供应链采购服务平台"));
        assert!(!page.text().contains("内部测试"));
        let page = browser.get("/register?platform=straits-supply").await;
        assert_eq!(page.value("platform"), "straits-supply");
    }
);

both!(
    async fn m4_every_page_says_where_help_is(world) {
        for path in ["/", "/register", "/sign-in", "/agreements/privacy", "/no-such-page"] {
            let footer = world.browser().get(path).await.read("footer");
            assert!(footer.contains("技术支持") && footer.contains("咨询客服"), "{path}: {footer}");
        }
    }
);

both!(
    async fn errors_are_calm_pages_for_people_and_problems_for_programs(world) {
        let page = world.browser().get("/no-such-page").await;
        assert_eq!(page.status, 404);
        assert!(page.read("h1").contains("没有找到"));
        let phone = world.phone("x");
        let (status, problem) = phone.call(reqwest::Method::GET, "/api/no-such-thing", None).await;
        assert_eq!((status, problem["code"].as_str()), (404, Some("not_found")));
        let (status, problem) = phone.call(reqwest::Method::GET, "/api/journey", None).await;
        assert_eq!((status, problem["code"].as_str()), (401, Some("sign_in")));
        let (status, problem) =
            phone.call(reqwest::Method::POST, "/api/sign-in", Some(serde_json::json!({ "account": 7 }))).await;
        assert_eq!((status, problem["code"].as_str()), (400, Some("invalid")));
    }
);

both!(
    async fn pages_carry_their_guards(world) {
        let page = world.browser().get("/").await;
        let header = |name: &str| page.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        assert!(header("content-security-policy").contains("script-src 'self'"));
        assert!(!header("content-security-policy").contains("unsafe"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("cache-control"), "no-store");
        assert_eq!(header("x-request-id").len(), 16);
        assert!(!page.text().contains("onclick="), "no inline scripts");
    }
);

both!(
    async fn static_files_are_cached_for_ever_under_their_version(world) {
        let page = world.browser().get("/").await;
        let css = page.attribute("link[rel=stylesheet]", "href").unwrap();
        let file = world.browser().get(&css).await;
        assert_eq!(file.status, 200);
        assert!(file.headers["cache-control"].to_str().unwrap().contains("immutable"));
        assert_eq!(world.browser().get("/static/x/../../Cargo.toml").await.status, 404);
    }
);
