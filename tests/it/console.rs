//! 审核台: the door, the roles, and what staff do; strangers, applicants and the wrong roles stay outside.

use crate::kit::{Browser, World};
use zhangzheng::console::{self, Role, Roles};

/// A browser of somebody with these roles, signed in.
pub async fn staff<'a>(world: &'a World, name: &str, roles: &[Role]) -> Browser<'a> {
    let password = console::flow::add(&world.state, name, &roles.iter().copied().collect()).await.expect("added");
    let browser = world.browser();
    sign_in(&browser, name, &password).await;
    browser
}

pub async fn sign_in(browser: &Browser<'_>, name: &str, password: &str) {
    browser.get("/console/sign-in").await;
    let page = browser.post("/console/sign-in", &[("name", name), ("password", password)]).await;
    assert_eq!((page.status, page.location.as_deref()), (303, Some("/console")), "{}", page.text());
    browser.get("/console").await;
}

/// A browser of everything.
async fn admin(world: &World) -> Browser<'_> {
    staff(world, "admin", &Role::ALL).await
}

const PAGES: [&str; 15] = [
    "/console",
    "/console/queue",
    "/console/search",
    "/console/numbers",
    "/console/companies",
    "/console/people",
    "/console/proposals",
    "/console/payments",
    "/console/finance",
    "/console/catalogue",
    "/console/seals",
    "/console/work",
    "/console/notices",
    "/console/staff",
    "/console/log",
];

both!(
    async fn the_first_of_the_staff_is_made_once_and_signs_in(world) {
        let (name, password) = console::flow::first_staff(&world.state).await.unwrap().expect("the first");
        assert!(console::flow::first_staff(&world.state).await.unwrap().is_none(), "once");
        let browser = world.browser();
        sign_in(&browser, &name, &password).await;
        let page = browser.get("/console").await;
        assert_eq!(page.status, 200);
        assert!(page.read(".me").contains("admin") && page.read(".me").contains("系统负责人"));
        let again = console::flow::add(&world.state, "ADMIN", &Roles::all()).await;
        assert_eq!(again.unwrap_err().problem().code, "taken");
    }
);

both!(
    async fn every_page_refuses_strangers_and_applicants(world) {
        let applicant = world.register("zyying016", "19900000001").await;
        for path in PAGES {
            let expected = format!("/console/sign-in?next={}", path.replace('/', "%2F"));
            for browser in [&world.browser(), &applicant] {
                let page = browser.get(path).await;
                assert_eq!((page.status, page.location.as_deref()), (303, Some(expected.as_str())), "{path}");
            }
        }
        applicant.get("/enrol").await;
        let id = uuid();
        for path in [format!("/console/work/{id}/again"), format!("/console/notices/{id}/withdraw"), "/console/notices".into()] {
            let page = applicant.post(&path, &[("title", "通知"), ("body", "正文")]).await;
            assert_eq!(page.status, 303, "{path}");
            assert!(page.location.unwrap().starts_with("/console/sign-in"));
        }
    }
);

fn uuid() -> &'static str {
    "01900000-0000-7000-8000-000000000000"
}

both!(
    async fn a_staff_session_is_worth_nothing_outside_the_console(world) {
        let browser = admin(world).await;
        assert!(browser.cookie("zhangzheng_staff").is_some());
        assert_eq!(browser.get("/enrol").await.location.as_deref(), Some("/sign-in?next=%2Fenrol"));
        assert_eq!(browser.api(reqwest::Method::GET, "/api/me", None).await.0, 401);
    }
);

both!(
    async fn the_cookie_stays_under_console_and_is_no_scripts_business(world) {
        let password = console::flow::add(&world.state, "kestrel", &Roles::all()).await.unwrap();
        let browser = world.browser();
        browser.get("/console/sign-in").await;
        let page = browser.post("/console/sign-in", &[("name", "kestrel"), ("password", &password)]).await;
        let cookies: Vec<&str> = page.headers.get_all("set-cookie").iter().filter_map(|c| c.to_str().ok()).collect();
        let session = cookies.iter().find(|cookie| cookie.starts_with("zhangzheng_staff=")).expect("a session");
        for word in ["HttpOnly", "SameSite=Strict", "Path=/console"] {
            assert!(session.contains(word), "{word}: {session}");
        }
    }
);

both!(
    async fn each_role_sees_its_pages_and_no_others(world) {
        let allowed: [(Role, &[&str]); 5] = [
            (Role::SealMaker, &["/console", "/console/seals"]),
            (
                Role::Finance,
                &["/console", "/console/proposals", "/console/payments", "/console/finance", "/console/catalogue"],
            ),
            (Role::Support, &["/console", "/console/search", "/console/work", "/console/notices"]),
            (
                Role::Reviewer,
                &[
                    "/console",
                    "/console/queue",
                    "/console/search",
                    "/console/numbers",
                    "/console/companies",
                    "/console/people",
                    "/console/proposals",
                ],
            ),
            (Role::Auditor, &PAGES),
        ];
        for (role, pages) in allowed {
            let browser = staff(world, role.word(), &[role]).await;
            for path in PAGES {
                let page = browser.get(path).await;
                assert_eq!(page.status, if pages.contains(&path) { 200 } else { 403 }, "{role:?} {path}");
            }
            let tabs = browser.get("/console").await;
            for path in PAGES {
                assert_eq!(tabs.has(&format!("nav a[href='{path}']")), pages.contains(&path), "{role:?} {path}");
            }
        }
    }
);

both!(
    async fn signing_in_says_one_sentence_for_every_mistake_and_is_limited(world) {
        console::flow::add(&world.state, "kestrel", &Roles::all()).await.unwrap();
        let gone = console::flow::add(&world.state, "gone", &Roles::all()).await.unwrap();
        console::flow::disable(&world.state, "gone").await.unwrap();
        let mut said = Vec::new();
        for (name, password) in [("kestrel", "wrong"), ("nobody", "wrong"), ("gone", gone.as_str()), ("not a name!", ""), ("", "")] {
            let browser = world.browser();
            browser.get("/console/sign-in").await;
            let page = browser.post("/console/sign-in", &[("name", name), ("password", password)]).await;
            assert_eq!(page.status, 401, "{name}");
            said.push(page.read(".problem"));
        }
        said.dedup();
        assert_eq!(said, ["工号或密码不正确，请检查后重试"]);
        let browser = world.browser();
        browser.get("/console/sign-in").await;
        let mut last = 0;
        for _ in 0..10 {
            last = browser.post("/console/sign-in", &[("name", "kestrel"), ("password", "wrong")]).await.status;
        }
        assert_eq!(last, 429);
    }
);

both!(
    async fn sessions_of_staff_end(world) {
        let browser = admin(world).await;
        let password = console::flow::new_password(&world.state, "admin").await.unwrap();
        assert_eq!(browser.get("/console").await.status, 303, "a new password ends them");
        sign_in(&browser, "admin", &password).await;
        assert_eq!(browser.post("/console/sign-out", &[]).await.location.as_deref(), Some("/console/sign-in"));
        assert!(browser.cookie("zhangzheng_staff").is_none());
        sign_in(&browser, "admin", &password).await;
        world.advance(world.state.config.sign_in.staff_hours * 3600 + 1).await;
        assert_eq!(browser.get("/console").await.status, 303, "after its hours");
        sign_in(&browser, "admin", &password).await;
        console::flow::disable(&world.state, "admin").await.unwrap();
        assert_eq!(browser.get("/console").await.status, 303, "the door is shut at once");
        let missing = console::flow::disable(&world.state, "admin").await.unwrap_err();
        assert_eq!(missing.problem().status, 404);
    }
);

both!(
    async fn posts_without_the_sessions_token_or_from_elsewhere_are_refused(world) {
        let browser = admin(world).await;
        let token = browser.get("/console").await.value("csrf");
        let post = async |fields: &[(&str, &str)], site: &str| {
            let mut fields = fields.to_vec();
            fields.extend([("title", "通知"), ("body", "正文")]);
            browser.post_raw("/console/notices", &fields, &[("sec-fetch-site", site)]).await.status
        };
        assert_eq!(post(&[], "same-origin").await, 403);
        assert_eq!(post(&[("csrf", "")], "same-origin").await, 403);
        assert_eq!(post(&[("csrf", "0000")], "same-origin").await, 403);
        assert_eq!(post(&[("csrf", &token)], "cross-site").await, 403);
        let other = staff(world, "other", &Role::ALL).await;
        let theirs = other.get("/console").await.value("csrf");
        assert_eq!(post(&[("csrf", &theirs)], "same-origin").await, 403);
        let applicant = world.register("zyying016", "19900000001").await;
        let applicants = applicant.get("/enrol").await.value("csrf");
        assert_eq!(post(&[("csrf", &applicants)], "same-origin").await, 403);
        assert!(world.browser().get("/").await.read("#notices ~ ul, section .notices").is_empty(), "nothing was written");
        assert_eq!(post(&[("csrf", &token)], "same-origin").await, 303);

        let stranger = world.browser();
        let page = stranger.post_raw("/console/sign-in", &[("name", "admin"), ("password", "x")], &[]).await;
        assert_eq!(page.status, 403, "the sign-in form has a token too");
    }
);

both!(
    async fn m2_notices_written_by_staff_are_shown_on_the_home_page(world) {
        let support = staff(world, "support", &[Role::Support]).await;
        support.get("/console/notices/new").await;
        let body = "**春节期间**照常审核。\n\n<script>alert(1)</script>";
        let written = support.post("/console/notices", &[("title", "关于审核时间的通知"), ("body", body), ("date", "")]).await;
        assert_eq!(written.location.as_deref(), Some("/console/notices"), "{}", written.text());
        let home = world.browser().get("/").await;
        assert!(home.read(".notices").contains("关于审核时间的通知"), "{}", home.read(".notices"));
        let link = home.attribute(".notices a", "href").unwrap();
        let page = world.browser().get(&link).await;
        assert_eq!(page.read("article strong"), "春节期间");
        assert!(!page.has("article script"), "text, not markup");

        let id = link.rsplit('/').next().unwrap();
        let path = format!("/console/notices/{id}");
        let edit = support.get(&path).await;
        assert_eq!(edit.value("title"), "关于审核时间的通知");
        let date = edit.value("date");
        support.post(&path, &[("title", "改了题目"), ("body", "正文"), ("date", &date)]).await;
        assert!(world.browser().get("/notices").await.read(".notices").contains("改了题目"));
        support.post(&format!("{path}/withdraw"), &[]).await;
        assert!(!world.browser().get("/notices").await.text().contains("改了题目"));
        assert_eq!(support.post(&format!("{path}/withdraw"), &[]).await.status, 404);
        let events = world.events().await;
        for event in ["notice.publish", "notice.rewrite", "notice.withdraw"] {
            assert!(events.iter().any(|name| name == event), "{event}");
        }
    }
);

both!(
    async fn m2_a_notice_for_later_waits_for_its_day(world) {
        let owner = staff(world, "owner", &[Role::Owner]).await;
        let in_three_days = world.clock.now() + chrono::Duration::days(3);
        let date = console::notices::beijing(in_three_days).format("%Y-%m-%d").to_string();
        owner.get("/console/notices/new").await;
        owner.post("/console/notices", &[("title", "三天以后"), ("body", "正文"), ("date", &date)]).await;
        assert!(owner.get("/console/notices").await.read("tbody").contains("待发布"));
        assert!(!world.browser().get("/").await.text().contains("三天以后"));
        world.advance(3 * 86_400).await;
        assert!(world.browser().get("/").await.text().contains("三天以后"));
    }
);

both!(
    async fn a_notice_that_is_wrong_names_the_field_and_keeps_what_was_typed(world) {
        let owner = staff(world, "owner", &[Role::Owner]).await;
        owner.get("/console/notices/new").await;
        let long = "长".repeat(81);
        for (title, body, date, beside) in
            [("", "正文", "", "title"), (long.as_str(), "正文", "", "title"), ("题目", " ", "", "body"), ("题目", "正文", "明天", "date")]
        {
            let page = owner.post("/console/notices", &[("title", title), ("body", body), ("date", date)]).await;
            assert_eq!(page.status, 400, "{beside}");
            assert!(!page.read(&format!("div:has(> #{beside}) .problem")).is_empty(), "{beside}");
            assert_eq!(page.value("title"), title);
        }
        assert_eq!(owner.get("/console/notices/not-an-id").await.status, 400);
        assert_eq!(owner.get(&format!("/console/notices/{}", uuid())).await.status, 404);
        let auditor = staff(world, "auditor", &[Role::Auditor]).await;
        let refused = auditor.post("/console/notices", &[("title", "题目"), ("body", "正文")]).await;
        assert_eq!(refused.status, 403, "an auditor changes nothing");
        assert!(refused.read("main").contains("岗位"));
    }
);

both!(
    async fn work_that_was_given_up_is_shown_with_its_reason_and_tried_again(world) {
        let mut tx = world.state.db.begin(zhangzheng::db::Actor::System).await.unwrap();
        let subject = tx.id();
        tx.enqueue(zhangzheng::jobs::Job::now("no.such_job", subject)).await.unwrap();
        tx.commit().await.unwrap();
        world.work().await;

        let support = staff(world, "support", &[Role::Support]).await;
        assert!(support.get("/console").await.read(".cards").contains('1'));
        let page = support.get("/console/work").await;
        assert!(page.read("tbody").contains("nobody does no.such_job"), "{}", page.read("tbody"));
        let again = page.attribute("form[action$=again]", "action").unwrap();

        let auditor = staff(world, "auditor", &[Role::Auditor]).await;
        assert!(!auditor.get("/console/work").await.has("form[action$=again]"));
        assert_eq!(auditor.post(&again, &[]).await.status, 403);

        support.get("/console/work").await;
        assert_eq!(support.post(&again, &[]).await.status, 303);
        let waiting = support.get("/console/work").await;
        assert!(!waiting.has("form[action$=again]"));
        assert_eq!(support.post(&again, &[]).await.status, 409, "once");
        assert!(world.events().await.contains(&"console.try_again".to_owned()));
        world.work().await;
        assert!(support.get("/console/work").await.has("form[action$=again]"), "it was tried, in vain");
        // The world asks that no work is left: what nobody can do is taken away.
        use sea_orm::EntityTrait;
        let db = sea_orm::Database::connect(world.state.config.data.database_url()).await.unwrap();
        zhangzheng::jobs::entity::Entity::delete_many().exec(&db).await.unwrap();
        db.close().await.unwrap();
    }
);

both!(
    async fn what_staff_do_is_written_down_with_their_name(world) {
        let owner = staff(world, "owner", &[Role::Owner]).await;
        let log = owner.get("/console/log").await.read("table.lines");
        assert!(log.contains("staff.sign_in") && log.contains("工作人员 owner"), "{log}");
        assert!(owner.get("/console/staff").await.read("tbody").contains("系统负责人"));
    }
);
