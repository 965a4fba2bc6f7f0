//! 两步验证: setting the app up, codes that are taken once, recovery codes, and what a half-done sign-in opens: nothing.

use crate::kit::{Browser, Page, World};
use zhangzheng::console::{self, Role, Roles, second_factor, totp};

/// Types name and password; where that leads.
async fn password(browser: &Browser<'_>, name: &str, password: &str) -> String {
    browser.get("/console/sign-in").await;
    let page = browser.post("/console/sign-in", &[("name", name), ("password", password)]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    page.location.unwrap()
}

/// The secret that the page shows, as bytes.
fn secret(page: &Page) -> Vec<u8> {
    let typed: String = page.read("code.secret").split_whitespace().collect();
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = typed.chars().map(|c| format!("{:05b}", letters.find(c).expect("base 32"))).collect();
    let bytes: Vec<u8> = (0..20).map(|i| u8::from_str_radix(&bits[i * 8..i * 8 + 8], 2).expect("eight bits")).collect();
    assert_eq!(totp::base32(&bytes), typed);
    bytes
}

/// What an app shows now, or so many steps away.
fn code(world: &World, secret: &[u8], off: i64) -> String {
    totp::code(secret, totp::step_of(world.clock.now().timestamp()) + off)
}

/// Somebody whose app is set up: browser (signed in), password, secret, recovery codes.
async fn set_up<'a>(world: &'a World, name: &str, roles: &[Role]) -> (Browser<'a>, String, Vec<u8>, Vec<String>) {
    let given = console::flow::add(&world.state, name, &roles.iter().copied().collect()).await.unwrap();
    let browser = world.browser();
    let to = password(&browser, name, &given).await;
    assert!(to.starts_with("/console/sign-in/enrol"), "{to}");
    let page = browser.get(&to).await;
    assert!(page.has(".qr svg"));
    let secret = secret(&page);
    let done = browser.post("/console/sign-in/enrol", &[("code", &code(world, &secret, 0))]).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let codes: Vec<String> = done.read(".codes code").split(" | ").map(str::to_owned).collect();
    assert_eq!(codes.len(), second_factor::RECOVERY_CODES);
    (browser, given, secret, codes)
}

both!(
    with "[console]\nsecond_factor = \"required\"\n";
    async fn the_first_sign_in_sets_the_app_up_and_later_ones_ask_for_its_code(world) {
        let (browser, given, secret, _) = set_up(world, "kestrel", &[Role::Owner]).await;
        assert_eq!(browser.get("/console").await.status, 200);
        assert!(browser.get("/console/staff").await.read("tbody tr td:nth-child(4)").contains("已设置"));
        assert!(browser.cookie("zhangzheng_staff_code").is_none(), "nothing half done is left");

        let other = world.browser();
        let to = password(&other, "kestrel", &given).await;
        assert!(to.starts_with("/console/sign-in/code"), "{to}");
        for inside in ["/console", "/console/companies", "/console/security", "/console/live"] {
            let page = other.get(inside).await;
            assert_eq!(page.status, 303, "a password alone opens nothing: {inside}");
            assert!(page.location.unwrap().starts_with("/console/sign-in"), "{inside}");
        }
        other.get(&to).await;
        // The step of the enrolment is used; the next one is within the window.
        let done = other.post("/console/sign-in/code", &[("code", &code(world, &secret, 1)), ("next", "/console/staff")]).await;
        assert_eq!((done.status, done.location.as_deref()), (303, Some("/console/staff")), "{}", done.text());
        assert_eq!(other.get("/console/staff").await.status, 200);
        let enrol = other.get("/console/sign-in/enrol").await;
        assert_eq!(enrol.status, 303, "the secret is never shown again");
        assert!(!browser.get("/console/log").await.text().contains(&hex::encode(&secret)));
    }
);

both!(
    with "[console]\nsecond_factor = \"required\"\n[limits]\nstaff_code = { count = 100, seconds = 900 }\nsign_in_per_account = { count = 100, seconds = 900 }\n";
    async fn each_code_is_taken_once_and_only_near_its_time(world) {
        let (_browser, given, secret, _) = set_up(world, "kestrel", &[Role::Reviewer]).await;
        world.advance(300).await;
        let browser = world.browser();
        let try_code = async |typed: &str| {
            let to = password(&browser, "kestrel", &given).await;
            browser.get(&to).await;
            let page = browser.post("/console/sign-in/code", &[("code", typed)]).await;
            if page.status == 303 {
                browser.get("/console").await;
                browser.post("/console/sign-out", &[]).await;
            }
            page.status
        };
        for off in [-3, -2, 2, 3] {
            assert_eq!(try_code(&code(world, &secret, off)).await, 401, "clocks {off} steps apart");
        }
        for wrong in ["", "000", "12345678", "abcdef"] {
            assert!(matches!(try_code(wrong).await, 401), "{wrong}");
        }
        let now = code(world, &secret, 0);
        let before = code(world, &secret, -1);
        assert_eq!(try_code(&format!("{} {}", &now[..3], &now[3..])).await, 303, "with a blank, as apps show it");
        assert_eq!(try_code(&now).await, 401, "used");
        assert_eq!(try_code(&before).await, 401, "older than one that was used");
        assert_eq!(try_code(&code(world, &secret, 1)).await, 303, "a clock half a minute fast");
        world.advance(90).await;
        assert_eq!(try_code(&code(world, &secret, -1)).await, 303, "a clock half a minute slow");
        let events = world.events().await;
        assert!(events.iter().filter(|name| *name == "staff.wrong_code").count() >= 9);
    }
);

both!(
    with "[console]\nsecond_factor = \"required\"\n";
    async fn of_two_who_come_with_one_code_one_is_let_in(world) {
        let (_browser, given, secret, _) = set_up(world, "kestrel", &[Role::Reviewer]).await;
        world.advance(60).await;
        let (one, two) = (world.browser(), world.browser());
        for browser in [&one, &two] {
            let to = password(browser, "kestrel", &given).await;
            browser.get(&to).await;
        }
        let typed = code(world, &secret, 0);
        let fields = [("code", typed.as_str())];
        let (a, b) = tokio::join!(one.post("/console/sign-in/code", &fields), two.post("/console/sign-in/code", &fields));
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 401]);
    }
);

both!(
    with "[console]\nsecond_factor = \"required\"\n";
    async fn codes_cannot_be_tried_out(world) {
        let (_browser, given, secret, codes) = set_up(world, "kestrel", &[Role::Reviewer]).await;
        world.advance(1000).await;
        let mut last = 0;
        for _ in 0..6 {
            let browser = world.browser();
            let to = password(&browser, "kestrel", &given).await;
            browser.get(&to).await;
            last = browser.post("/console/sign-in/code", &[("code", "000000")]).await.status;
        }
        assert_eq!(last, 429, "counted for the person, not for the browser");
        let browser = world.browser();
        let to = password(&browser, "kestrel", &given).await;
        browser.get(&to).await;
        for right in [code(world, &secret, 0), codes[0].clone()] {
            assert_eq!(browser.post("/console/sign-in/code", &[("code", &right)]).await.status, 429, "not even the right one");
        }
    }
);

both!(
    with "[console]\nsecond_factor = \"required\"\n[limits]\nstaff_code = { count = 100, seconds = 900 }\nsign_in_per_account = { count = 100, seconds = 900 }\n";
    async fn a_recovery_code_lets_in_once_and_fresh_ones_void_the_old(world) {
        let (_browser, given, secret, codes) = set_up(world, "kestrel", &[Role::Reviewer]).await;
        let browser = world.browser();
        let to = password(&browser, "kestrel", &given).await;
        browser.get(&to).await;
        let typed = codes[0].to_uppercase();
        let done = browser.post("/console/sign-in/code", &[("code", &typed)]).await;
        assert_eq!(done.location.as_deref(), Some("/console/security"), "{}", done.text());
        assert!(browser.get("/console/security").await.read("main").contains("还有 9 个恢复码"));

        let again = world.browser();
        let to = password(&again, "kestrel", &given).await;
        again.get(&to).await;
        assert_eq!(again.post("/console/sign-in/code", &[("code", &codes[0])]).await.status, 401, "used");

        assert_eq!(browser.post("/console/security/codes", &[("code", "111111")]).await.status, 401);
        world.advance(60).await;
        let fresh = browser.post("/console/security/codes", &[("code", &code(world, &secret, 0))]).await;
        assert_eq!(fresh.status, 200, "{}", fresh.text());
        let fresh = fresh.read(".codes code").split(" | ").next().unwrap().to_owned();
        assert_eq!(again.post("/console/sign-in/code", &[("code", &codes[1])]).await.status, 401, "void");
        assert_eq!(again.post("/console/sign-in/code", &[("code", &fresh)]).await.status, 303);
        use sea_orm::EntityTrait;
        let rows = console::entity::staff_recovery_code::Entity::find().all(&world.state.db.read).await.unwrap();
        assert!(rows.iter().all(|row| !row.code_hash.windows(5).any(|part| fresh.as_bytes().windows(5).any(|five| five == part))));
    }
);

both!(
    with "[console]\nsecond_factor = \"required\"\n";
    async fn a_half_done_sign_in_ends_with_time_with_a_new_password_and_with_a_shut_door(world) {
        let (_browser, given, secret, _) = set_up(world, "kestrel", &[Role::Reviewer]).await;
        let half = async || {
            let browser = world.browser();
            let to = password(&browser, "kestrel", &given).await;
            browser.get(&to).await;
            browser
        };
        let finish = async |browser: &Browser<'_>| {
            browser.post("/console/sign-in/code", &[("code", &code(world, &secret, 1))]).await.location
        };
        let (slow, forged) = (half().await, half().await);
        let elsewhere = forged.post_raw("/console/sign-in/code", &[("code", "1")], &[("sec-fetch-site", "cross-site")]).await;
        assert_eq!(elsewhere.status, 403);
        let no_token = forged.post_raw("/console/sign-in/code", &[("code", "1")], &[("sec-fetch-site", "same-origin")]).await;
        assert_eq!(no_token.status, 403);
        world.advance(11 * 60).await;
        assert!(finish(&slow).await.unwrap().starts_with("/console/sign-in?"), "too late");
        let begun = half().await;
        console::flow::new_password(&world.state, "kestrel").await.unwrap();
        assert!(finish(&begun).await.unwrap().starts_with("/console/sign-in?"), "the password is another one");
    }
);

both!(
    with "[console]\nsecond_factor = \"required\"\n";
    async fn whoever_has_lost_the_app_is_reset_and_sets_it_up_anew(world) {
        let (browser, given, old, codes) = set_up(world, "kestrel", &[Role::Reviewer]).await;
        console::flow::totp_reset(&world.state, "kestrel").await.unwrap();
        assert_eq!(browser.get("/console").await.status, 303, "sessions end");
        let to = password(&browser, "kestrel", &given).await;
        assert!(to.starts_with("/console/sign-in/enrol"), "{to}");
        let page = browser.get(&to).await;
        let fresh = secret(&page);
        assert_ne!(fresh, old);
        for wrong in [code(world, &old, 1), codes[0].clone(), "000000".into()] {
            assert_eq!(browser.post("/console/sign-in/enrol", &[("code", &wrong)]).await.status, 401);
        }
        assert_eq!(browser.post("/console/sign-in/enrol", &[("code", &code(world, &fresh, 0))]).await.status, 200);
        assert_eq!(console::flow::totp_reset(&world.state, "nobody").await.unwrap_err().problem().status, 404);
        assert!(world.events().await.contains(&"staff.totp_reset".to_owned()));
    }
);

both!(
    async fn where_the_code_is_optional_whoever_has_set_it_up_is_asked_for_it(world) {
        let given = console::flow::add(&world.state, "kestrel", &Roles::all()).await.unwrap();
        let browser = world.browser();
        assert_eq!(password(&browser, "kestrel", &given).await, "/console");
        assert!(browser.get("/console/security").await.read("main").contains("未设置"));
        assert_eq!(browser.get("/console/security/enrol").await.status, 409, "nothing has been started");
        browser.get("/console/security").await;
        let started = browser.post("/console/security/start", &[]).await;
        assert_eq!(started.location.as_deref(), Some("/console/security/enrol"));
        let secret = secret(&browser.get("/console/security/enrol").await);
        assert_eq!(browser.post("/console/security/enrol", &[("code", "000000")]).await.status, 401);
        let other = world.browser();
        assert_eq!(password(&other, "kestrel", &given).await, "/console", "not confirmed yet");
        assert_eq!(browser.post("/console/security/enrol", &[("code", &code(world, &secret, 0))]).await.status, 200);
        browser.get("/console/security").await;
        assert_eq!(browser.post("/console/security/start", &[]).await.status, 409, "it cannot be put in another's place");
        assert!(password(&world.browser(), "kestrel", &given).await.starts_with("/console/sign-in/code"));
    }
);

both!(
    async fn b7_staff_change_their_own_password_and_see_who_is_signed_in(world) {
        let given = console::flow::add(&world.state, "kestrel", &[Role::Reviewer].into_iter().collect()).await.unwrap();
        let (here, there) = (world.browser(), world.browser());
        for browser in [&here, &there] {
            assert_eq!(password(browser, "kestrel", &given).await, "/console");
            world.advance(1).await;
        }
        let page = here.get("/console/security").await;
        assert_eq!(page.read("[data-session]").split(" | ").count(), 2);
        assert_eq!(page.read("[data-session]").matches("本次登录").count(), 1);
        let path = "/console/security/password";
        let new = "Merlin-2027x";
        let typed = |current: &str, one: &str, two: &str| {
            [("current", current), ("password", one), ("password_again", two)].map(|(name, text)| (name, text.to_owned()))
        };
        let post = async |typed: [(&str, String); 3]| {
            here.get("/console/security").await;
            let fields: Vec<(&str, &str)> = typed.iter().map(|(name, text)| (*name, text.as_str())).collect();
            here.post(path, &fields).await
        };
        for (fields, says) in [
            (typed("wrong-one1", new, new), "当前密码不正确"),
            (typed(&given, "short1", "short1"), "8"),
            (typed(&given, new, "Merlin-2027y"), "不一致"),
            (typed(&given, &given, &given), "相同"),
        ] {
            let refused = post(fields).await;
            assert_eq!(refused.status, 400);
            assert!(refused.read("[role=alert]").contains(says), "{says}: {}", refused.read("[role=alert]"));
        }
        assert_eq!(there.get("/console").await.status, 200, "nothing has changed");
        assert_eq!(post(typed(&given, new, new)).await.status, 303);
        assert_eq!(here.get("/console").await.status, 200, "who has changed it stays");
        assert_eq!(there.get("/console").await.status, 303, "everybody else is out");
        let old = world.browser();
        old.get("/console/sign-in").await;
        assert_eq!(old.post("/console/sign-in", &[("name", "kestrel"), ("password", &given)]).await.status, 401);
        assert_eq!(password(&there, "kestrel", new).await, "/console");
        here.get("/console/security").await;
        assert_eq!(here.post("/console/security/sessions", &[]).await.status, 303);
        assert_eq!(there.get("/console").await.status, 303);
        for _ in 0..6 {
            post(typed("wrong-one1", new, new)).await;
        }
        assert_eq!(post(typed(new, "Other-2027xy", "Other-2027xy")).await.status, 429, "guessing ends");
        assert!(world.events().await.contains(&"staff.change_password".to_owned()));
    }
);
