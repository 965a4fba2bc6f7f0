//! 企业帐号: registering, signing in, forgetting the password, one tap in WeChat.

use crate::kit::PASSWORD;
use reqwest::Method;
use serde_json::json;

const MOBILE: &str = "19900000001";

both!(
    async fn m11_who_registers_is_signed_in(world) {
        let browser = world.register("zyying016", MOBILE).await;
        let page = browser.get("/enrol").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.read(".menu summary"), "zyying016 199****0001");
        assert!(world.events().await.contains(&"account.register".to_owned()));
    }
);

both!(
    async fn m5_m6_m7_every_field_is_refused_by_name(world) {
        let browser = world.browser();
        let right = [
            ("account", "zyying016"),
            ("password", PASSWORD),
            ("password_again", PASSWORD),
            ("mobile", MOBILE),
            ("sms_code", "123456"),
            ("agreed", "on"),
        ];
        let wrong = [
            ("account", "zy", "#account"),
            ("account", "帐号帐号帐号", "#account"),
            ("password", "short1", "#password"),
            ("password", "onlyletters", "#password"),
            ("password_again", "Different-2026", "#password_again"),
            ("mobile", "12345", "#mobile"),
            ("sms_code", "12", "#sms_code_input"),
            ("sms_code", "123456", "#sms_code_input"),
        ];
        for (field, value, beside) in wrong {
            browser.get("/register").await;
            let fields: Vec<(&str, &str)> =
                right.iter().map(|(name, ok)| (*name, if *name == field { value } else { *ok })).collect();
            let page = browser.post("/register", &fields).await;
            assert_eq!(page.status, 400, "{field}={value}");
            let said = page.read(&format!("div:has(> {beside}) .problem"));
            assert!(!said.is_empty(), "{field}={value}: {}", page.text());
        }
        browser.get("/register").await;
        let page = browser.post("/register", &right[..5]).await;
        assert!(page.read(".whole .problem").contains("勾选同意三份协议"));
    }
);

both!(
    async fn m8_a_captcha_is_read_in_any_case_and_once(world) {
        let browser = world.browser();
        let page = browser.get("/register").await;
        let id = page.value("captcha_id");
        let picture = browser.get(&format!("/captcha/{id}.png")).await;
        assert!(picture.body.starts_with(b"\x89PNG"));
        let answer = world.read_captcha(&id).await.to_lowercase();
        let fields = [("mobile", MOBILE), ("captcha_id", id.as_str()), ("captcha", answer.as_str())];
        assert_eq!(browser.post("/register/sms-code", &fields).await.status, 200);
        world.advance(61).await;
        let again = browser.post("/register/sms-code", &fields).await;
        assert_eq!(again.status, 400);
        assert!(again.text().contains("图形验证码不正确或已过期"));
    }
);

both!(
    async fn m8_a_captcha_can_be_refreshed_and_heard(world) {
        let browser = world.browser();
        let first = browser.get("/captcha").await.value("captcha_id");
        let spoken = browser.get("/captcha?spoken=true").await;
        assert_ne!(first, spoken.value("captcha_id"));
        let sound = browser.get(&spoken.attribute("audio", "src").expect("a voice")).await;
        assert!(sound.body.starts_with(b"RIFF"));
    }
);

both!(
    async fn m9_a_code_has_six_digits_five_minutes_and_five_tries(world) {
        let phone = world.phone("nobody");
        let ask = async || {
            let captcha = phone.post("/api/captchas", json!({})).await;
            let id = captcha["id"].as_str().unwrap().to_owned();
            let answer = world.read_captcha(&id).await;
            let body = json!({ "mobile": MOBILE, "purpose": "register", "captcha_id": id, "captcha": answer });
            phone.call(Method::POST, "/api/sms-codes", Some(body)).await
        };
        let register = async |code: &str| {
            let body = json!({ "account": "zyying016", "password": PASSWORD, "password_again": PASSWORD, "mobile": MOBILE, "sms_code": code, "agreed": true });
            phone.call(Method::POST, "/api/register", Some(body)).await
        };
        let (status, answer) = ask().await;
        assert_eq!((status, answer["retry_after"].as_u64()), (200, Some(60)));
        assert_eq!(ask().await.0, 429, "another one within the minute");
        let code = world.last_code(MOBILE).await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            let (status, answer) = register(wrong).await;
            assert_eq!((status, answer["field"].as_str()), (400, Some("sms_code")));
        }
        assert_eq!(register(&code).await.0, 400, "after five wrong tries the right code is worth nothing");

        world.advance(61).await;
        assert_eq!(ask().await.0, 200);
        let code = world.last_code(MOBILE).await;
        world.advance(301).await;
        assert_eq!(register(&code).await.0, 400, "after five minutes");

        assert_eq!(ask().await.0, 200);
        let code = world.last_code(MOBILE).await;
        assert_eq!(register(&code).await.0, 200);
        let (status, _) = register(&code).await;
        assert_eq!(status, 400, "a code is spent once");
    }
);

both!(
    async fn m10_the_three_agreements_are_readable_and_recorded_by_version(world) {
        use sea_orm::EntityTrait;
        let browser = world.register("zyying016", MOBILE).await;
        for id in ["certificate-use", "privacy", "registration"] {
            let page = browser.get(&format!("/agreements/{id}")).await;
            assert_eq!(page.status, 200);
            assert!(page.text().contains("版本 2026-11-01"), "{id}");
        }
        let given = zhangzheng::agreements::entity::Entity::find().all(&world.state.db.read).await.unwrap();
        assert_eq!(given.len(), 3);
        assert!(given.iter().all(|consent| consent.hash.len() == 32 && consent.version == "2026-11-01"));
    }
);

both!(
    async fn m12_signing_in_needs_account_mobile_and_password_together(world) {
        world.register("zyying016", MOBILE).await;
        let tries = [
            ("zyying016", MOBILE, "Wrong-2026x"),
            ("zyying016", "19900000002", PASSWORD),
            ("nobody2026", MOBILE, PASSWORD),
        ];
        let mut sentences = Vec::new();
        for (account, mobile, password) in tries {
            let browser = world.browser();
            browser.get("/sign-in").await;
            let fields = [("account", account), ("mobile", mobile), ("password", password)];
            let page = browser.post("/sign-in", &fields).await;
            assert_eq!(page.status, 401);
            sentences.push(page.read(".problem"));
        }
        sentences.dedup();
        assert_eq!(sentences.len(), 1, "no way to tell which part was wrong: {sentences:?}");

        let browser = world.browser();
        browser.get("/sign-in").await;
        let fields = [("account", "ZYying016"), ("mobile", MOBILE), ("password", PASSWORD)];
        let page = browser.post("/sign-in", &fields).await;
        assert_eq!((page.status, page.location.as_deref()), (303, Some("/enrol")));
    }
);

both!(
    async fn m12_guessing_passwords_is_stopped(world) {
        world.register("zyying016", MOBILE).await;
        let phone = world.phone("thief");
        let mut last = 0;
        for _ in 0..11 {
            let body = json!({ "account": "zyying016", "mobile": MOBILE, "password": "Wrong-2026x" });
            last = phone.call(Method::POST, "/api/sign-in", Some(body)).await.0;
        }
        assert_eq!(last, 429);
    }
);

both!(
    async fn m13_a_forgotten_password_is_set_anew_by_sms_and_ends_every_session(world) {
        let before = world.register("zyying016", MOBILE).await;
        world.advance(61).await;
        let browser = world.browser();
        let ask = async |mobile: &str| {
            let page = browser.get("/forgot-password").await;
            let id = page.value("captcha_id");
            let answer = world.read_captcha(&id).await;
            let fields = [("account", "zyying016"), ("mobile", mobile), ("captcha_id", &id), ("captcha", &answer)];
            browser.post("/forgot-password/sms-code", &fields).await
        };
        let unknown = ask("19900000009").await;
        let known = ask(MOBILE).await;
        assert_eq!(unknown.read("[role=status]"), known.read("[role=status]"), "the same whether or not it exists");
        assert!(world.last_sms("19900000009").await.is_none());
        let code = world.last_code(MOBILE).await;
        let fields = [
            ("account", "zyying016"),
            ("mobile", MOBILE),
            ("sms_code", code.as_str()),
            ("password", "Osprey-2027"),
            ("password_again", "Osprey-2027"),
        ];
        let page = browser.post("/forgot-password", &fields).await;
        assert_eq!(page.location.as_deref(), Some("/sign-in?reset=true"), "{}", page.text());
        assert_eq!(before.get("/enrol").await.status, 303, "the old session has ended");
        let phone = world.phone("someone");
        let body = json!({ "account": "zyying016", "mobile": MOBILE, "password": "Osprey-2027" });
        assert_eq!(phone.call(Method::POST, "/api/sign-in", Some(body)).await.0, 200);
    }
);

both!(
    async fn a_taken_account_name_is_told_only_to_who_holds_the_code(world) {
        world.register("zyying016", MOBILE).await;
        let phone = world.phone("nobody");
        let register = async |code: &str| {
            let body = json!({ "account": "zyying016", "password": PASSWORD, "password_again": PASSWORD, "mobile": "19900000002", "sms_code": code, "agreed": true });
            phone.call(Method::POST, "/api/register", Some(body)).await.1
        };
        assert_eq!(register("123456").await["field"], "sms_code");
        let captcha = phone.post("/api/captchas", json!({})).await;
        let id = captcha["id"].as_str().unwrap();
        let answer = world.read_captcha(id).await;
        phone.post("/api/sms-codes", json!({ "mobile": "19900000002", "purpose": "register", "captcha_id": id, "captcha": answer })).await;
        let code = world.last_code("19900000002").await;
        assert_eq!(register(&code).await["field"], "account");
    }
);

both!(
    async fn posts_from_other_sites_and_without_the_token_are_refused(world) {
        let browser = world.register("zyying016", MOBILE).await;
        let page = browser.get("/enrol").await;
        let token = page.value("csrf");
        let elsewhere = browser.post_raw("/sign-out", &[("csrf", &token)], &[("sec-fetch-site", "cross-site")]).await;
        assert_eq!(elsewhere.status, 403);
        let same = [("sec-fetch-site", "same-origin")];
        assert_eq!(browser.post_raw("/sign-out", &[], &same).await.status, 403);
        assert_eq!(browser.post_raw("/sign-out", &[("csrf", "0000")], &same).await.status, 403);
        let other = world.register("another16", "19900000002").await;
        let theirs = other.get("/enrol").await.value("csrf");
        assert_eq!(browser.post_raw("/sign-out", &[("csrf", &theirs)], &same).await.status, 403);
        assert_eq!(browser.get("/enrol").await.status, 200, "still signed in");
        assert_eq!(browser.post("/sign-out", &[]).await.status, 303);
        assert_eq!(browser.get("/enrol").await.status, 303);
    }
);

both!(
    async fn one_tap_in_wechat_signs_in_whoever_is_bound(world) {
        world.register("zyying016", MOBILE).await;
        let people = world.people().await;
        let openid = people[0]["openid"].as_str().unwrap();
        let phone = world.phone(openid);
        let tapped = phone.post("/api/wechat/sign-in", json!({ "code": phone.login_code().await })).await;
        let ticket = tapped["bind_ticket"].as_str().expect("nobody is bound yet");
        let body = json!({ "bind_ticket": ticket, "account": "zyying016", "mobile": MOBILE, "password": PASSWORD });
        let bound = phone.post("/api/wechat/bind", body).await;
        assert_eq!(bound["me"]["account_name"], "zyying016");

        let again = world.phone(openid);
        let tapped = again.post("/api/wechat/sign-in", json!({ "code": again.login_code().await })).await;
        assert_eq!(tapped["session"]["me"]["account_name"], "zyying016");
        assert_eq!(again.get("/api/me").await["mobile_masked"], "199****0001");

        let thief = world.phone(people[1]["openid"].as_str().unwrap());
        let (status, _) = thief.call(Method::GET, "/api/me", None).await;
        assert_eq!(status, 401);
        again.post("/api/me/unbind", json!({})).await;
        assert_eq!(again.call(Method::GET, "/api/me", None).await.0, 401, "unbinding ends the phone's sessions");
        let tapped = again.post("/api/wechat/sign-in", json!({ "code": again.login_code().await })).await;
        assert!(tapped["bind_ticket"].is_string());
    }
);

both!(
    async fn one_person_in_two_accounts_can_switch(world) {
        world.register("zyying016", MOBILE).await;
        world.advance(61).await;
        world.register("zyying017", MOBILE).await;
        let people = world.people().await;
        let mine = people.iter().find(|person| person["mobile"] == MOBILE).expect("the first person on the desk");
        let phone = world.phone(mine["openid"].as_str().unwrap());
        let body = json!({ "code": phone.login_code().await, "phone_code": phone.phone_code().await });
        let bound = phone.post("/api/wechat/bind-by-mobile", body).await;
        let accounts = bound["me"]["accounts"].as_array().unwrap().clone();
        assert_eq!(accounts.len(), 2);
        let other = accounts.iter().find(|account| account["current"] == false).unwrap();
        let switched = phone.post("/api/me/switch", json!({ "member_id": other["member_id"] })).await;
        assert_eq!(switched["me"]["account_name"], other["account_name"]);
        let stranger = json!({ "member_id": "01900000-0000-7000-8000-000000000000" });
        assert_eq!(phone.call(Method::POST, "/api/me/switch", Some(stranger)).await.0, 404);
    }
);

both!(
    async fn sessions_end_and_can_be_ended_everywhere(world) {
        let first = world.register("zyying016", MOBILE).await;
        let second = world.browser();
        second.get("/sign-in").await;
        second.post("/sign-in", &[("account", "zyying016"), ("mobile", MOBILE), ("password", PASSWORD)]).await;
        second.get("/enrol").await;
        assert_eq!(second.post("/sign-out-everywhere", &[]).await.status, 303);
        assert_eq!(first.get("/enrol").await.status, 303);
        first.get("/sign-in").await;
        first.post("/sign-in", &[("account", "zyying016"), ("mobile", MOBILE), ("password", PASSWORD)]).await;
        assert_eq!(first.get("/enrol").await.status, 200);
        world.advance(13 * 3600).await;
        assert_eq!(first.get("/enrol").await.status, 303, "a desktop session lasts twelve hours");
    }
);

both!(
    async fn captchas_and_codes_that_have_run_out_are_forgotten(world) {
        use sea_orm::{EntityTrait, PaginatorTrait};
        use zhangzheng::account::entity::{captcha, sms_code};
        world.register("zyying016", MOBILE).await;
        world.browser().get("/captcha").await;
        let kept = async || {
            let db = &world.state.db.read;
            captcha::Entity::find().count(db).await.unwrap() + sms_code::Entity::find().count(db).await.unwrap()
        };
        assert!(kept().await > 0);
        world.advance(3600).await;
        zhangzheng::app::run(&world.state, "sweep", uuid::Uuid::nil()).await;
        assert_eq!(kept().await, 0);
    }
);
