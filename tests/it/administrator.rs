//! 确认管理员: naming, confirming with a two-party key, changing, authorising; and everything that must not work.

use crate::{
    holder::{
        CHEN, Holder, PIN, WANG, account_id, begin_signing, confirm, make_key, member_id, open, pay, phone_of, sign,
        verify,
    },
    kit::{Browser, Phone, World},
};
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;
use zhangzheng::administrator::{KeyStatus, Status, entity};

const ACCOUNT: &str = "zyying016";
const PAGE: &str = "/enrol/administrator";

/// 王芳 has registered, is verified and has paid.
async fn paid<'a>(world: &'a World, authorisations: i32) -> (Browser<'a>, Uuid) {
    let browser = world.register(ACCOUNT, WANG.1).await;
    let account_id = account_id(world, ACCOUNT).await;
    let member_id = member_id(world, account_id, WANG.1).await;
    verify(world, account_id, member_id, WANG.2).await;
    pay(world, account_id, member_id, authorisations).await;
    browser.get(PAGE).await;
    (browser, account_id)
}

/// 王芳's phone, named by herself and handed to by the desktop.
async fn named_self<'a>(world: &'a World, browser: &Browser<'a>) -> Phone<'a> {
    assert_eq!(browser.post("/enrol/administrator/self", &[]).await.status, 303);
    let phone = phone_of(world, WANG).await;
    assert_eq!(phone.hand_off(browser, "administrator").await["purpose"], "administrator");
    phone
}

/// 王芳 has confirmed.
async fn administrator<'a>(world: &'a World, authorisations: i32) -> (Browser<'a>, Uuid, Phone<'a>, Holder) {
    let (browser, account_id) = paid(world, authorisations).await;
    let phone = named_self(world, &browser).await;
    let holder = confirm(&phone).await;
    (browser, account_id, phone, holder)
}

/// Names 陈静 by name, mobile and the code that she reads out.
pub(crate) async fn name_chen(world: &World, browser: &Browser<'_>, name: &str) {
    let asked = browser.post("/enrol/administrator/other/sms-code", &[("mobile", CHEN.1)]).await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let code = world.last_code(CHEN.1).await;
    let named =
        browser.post("/enrol/administrator/other", &[("name", name), ("mobile", CHEN.1), ("sms_code", &code)]).await;
    assert_eq!(named.location.as_deref(), Some(PAGE), "{}", named.text());
}

/// 陈静 signs in by the mobile number that WeChat has verified.
pub(crate) async fn chen_signs_in<'a>(world: &'a World) -> Phone<'a> {
    let phone = phone_of(world, CHEN).await;
    let body = json!({ "code": phone.login_code().await, "phone_code": phone.phone_code().await });
    phone.post("/api/wechat/bind-by-mobile", body).await;
    phone
}

async fn key(world: &World, holder: &Holder) -> entity::signing_key::Model {
    let id = Uuid::parse_str(&holder.kid).unwrap();
    entity::signing_key::Entity::find_by_id(id).one(&world.state.db.read).await.unwrap().expect("a key")
}

async fn statuses(world: &World) -> Vec<Status> {
    let mut rows = entity::administrator::Entity::find().all(&world.state.db.read).await.unwrap();
    rows.sort_by_key(|row| row.id);
    rows.into_iter().map(|row| row.status).collect()
}

async fn refused(phone: &Phone<'_>, path: &str, body: Value) -> (u16, String) {
    let (status, answer) = phone.call(Method::POST, path, Some(body)).await;
    (status, answer["code"].as_str().unwrap_or_default().to_owned())
}

both!(
    async fn m45_opens_after_payment_and_says_what_an_administrator_may_do(world) {
        let browser = world.register(ACCOUNT, WANG.1).await;
        let page = browser.get(PAGE).await;
        assert!(page.read("#administrator").contains("购买服务后开放"), "{}", page.text());
        assert_eq!(browser.post("/enrol/administrator/self", &[]).await.status, 409);
        let account_id = account_id(world, ACCOUNT).await;
        let member = member_id(world, account_id, WANG.1).await;
        pay(world, account_id, member, 0).await;
        let page = browser.get(PAGE).await;
        let duties = "管理员拥有使用已购买的手机证书参与招投标活动；拥有购买服务、授权或撤销授权等权限。";
        assert!(page.read("#administrator").contains(duties));
        assert!(page.read("dialog").contains("是否确认设定当前账号为管理员！"), "M46's question");
        assert!(page.read("#administrator").contains("如需指定他人为管理员"));
    }
);

both!(
    async fn m46_i_am_the_administrator_and_confirm_on_the_phone(world) {
        let (browser, _) = paid(world, 0).await;
        let phone = named_self(world, &browser).await;
        assert!(browser.get(PAGE).await.read("#administrator").contains("在手机上设置 PIN 码并确认"));
        assert_eq!(phone.get("/api/administrator").await["named"]["is_me"], true);
        let holder = make_key(&phone).await;
        let too_early = refused(&phone, "/api/administrator/confirm", json!({ "kid": holder.kid })).await;
        assert_eq!(too_early, (409, "not_proved".into()), "possession comes first");
        assert_eq!(sign(&phone, &holder, PIN).await.0, 200);
        let after = phone.post("/api/administrator/confirm", json!({ "kid": holder.kid })).await;
        assert_eq!(after["confirmed"]["is_me"], true);
        assert_eq!(after["confirmed"]["name_masked"], "王*");
        assert_eq!(after["key"]["status"], "active");
        assert!(after.get("named").is_none());
        assert!(browser.get(PAGE).await.read("[role=status]").contains("管理员已确认"));
        let again = refused(&phone, "/api/administrator/confirm", json!({ "kid": holder.kid })).await;
        assert_eq!(again.0, 409);
        assert_eq!(world.events().await.iter().filter(|name| *name == "administrator.confirm").count(), 1);
        // Naming oneself again is said to be needless.
        assert_eq!(browser.post("/enrol/administrator/self", &[]).await.status, 409);
    }
);

both!(
    async fn m46_whoever_is_not_verified_cannot_confirm(world) {
        let browser = world.register(ACCOUNT, WANG.1).await;
        let account_id = account_id(world, ACCOUNT).await;
        pay(world, account_id, member_id(world, account_id, WANG.1).await, 0).await;
        browser.get(PAGE).await;
        let phone = named_self(world, &browser).await;
        assert_eq!(phone.get("/api/administrator").await["blocked"], "not_verified");
        assert_eq!(refused(&phone, "/api/keys", json!({})).await, (409, "blocked".into()));
    }
);

both!(
    async fn m47_another_person_is_named_by_name_mobile_and_code_and_confirms(world) {
        let (browser, account_id) = paid(world, 0).await;
        name_chen(world, &browser, CHEN.2).await;
        let page = browser.get(PAGE).await.read("#administrator");
        assert!(page.contains("陈*") && page.contains("199****0003"), "{page}");
        let sms = world.last_sms(CHEN.1).await.expect("an invitation");
        assert!(sms.contains("https://wxaurl.cn/") && sms.contains("管理员"), "{sms}");
        world.work().await;
        let inbox = world.desk(&format!("/phone/inbox?mobile={}", CHEN.1)).await;
        assert_eq!(inbox.as_array().unwrap().len(), 2, "one code, one invitation");

        let chen = chen_signs_in(world).await;
        let seen = chen.get("/api/administrator").await;
        assert_eq!((&seen["named"]["is_me"], &seen["blocked"]), (&json!(true), &json!("not_verified")));
        assert_eq!(refused(&chen, "/api/keys", json!({})).await, (409, "blocked".into()));
        let member = member_id(world, account_id, CHEN.1).await;
        verify(world, account_id, member, CHEN.2).await;
        confirm(&chen).await;
        let page = browser.get(PAGE).await.read("#administrator");
        assert!(page.contains("管理员已确认") && page.contains("陈*"), "{page}");
    }
);

both!(
    async fn m47_a_person_with_another_name_cannot_confirm(world) {
        let (browser, account_id) = paid(world, 0).await;
        name_chen(world, &browser, "陈婧").await;
        let chen = chen_signs_in(world).await;
        verify(world, account_id, member_id(world, account_id, CHEN.1).await, CHEN.2).await;
        assert_eq!(chen.get("/api/administrator").await["blocked"], "other_name");
        assert_eq!(refused(&chen, "/api/keys", json!({})).await, (409, "blocked".into()));
        // Whoever was only named names nobody, and may decline.
        assert_eq!(refused(&chen, "/api/administrator/self", json!({})).await, (403, "not_yours".into()));
        chen.post("/api/administrator/withdraw", json!({})).await;
        assert_eq!(statuses(world).await, [Status::Withdrawn]);
        assert_eq!(refused(&chen, "/api/administrator/withdraw", json!({})).await.0, 404);
    }
);

both!(
    async fn m47_each_wrong_field_is_named_and_nothing_is_kept(world) {
        let (browser, _) = paid(world, 0).await;
        let asked = browser.post("/enrol/administrator/other/sms-code", &[("mobile", "1990000")]).await;
        assert_eq!(asked.status, 400);
        browser.post("/enrol/administrator/other/sms-code", &[("mobile", CHEN.1)]).await;
        let code = world.last_code(CHEN.1).await;
        let wrong_code = if code == "000000" { "000001" } else { "000000" };
        let right = [CHEN.2, CHEN.1, code.as_str()];
        for (at, wrong, field) in [(0, "Chen", "name"), (1, "1990000", "mobile"), (2, "12", "sms_code"), (2, wrong_code, "sms_code")] {
            let mut typed = right;
            typed[at] = wrong;
            let fields = [("name", typed[0]), ("mobile", typed[1]), ("sms_code", typed[2])];
            let page = browser.post("/enrol/administrator/other", &fields).await;
            assert_eq!(page.status, 400, "{field}");
            assert!(page.has(&format!("[name={field}] ~ .problem")), "{field}: {}", page.text());
        }
        assert!(statuses(world).await.is_empty());
        // A code for something else, or of somebody else, is worth nothing.
        let fields = [("name", "李建国"), ("mobile", "19900000002"), ("sms_code", code.as_str())];
        assert_eq!(browser.post("/enrol/administrator/other", &fields).await.status, 400);
    }
);

both!(
    async fn m48_the_new_administrator_replaces_the_old_one_on_confirming(world) {
        let (browser, account_id, wang, old) = administrator(world, 0).await;
        browser.get(PAGE).await;
        name_chen(world, &browser, CHEN.2).await;
        let chen_id = member_id(world, account_id, CHEN.1).await;
        assert_eq!(statuses(world).await, [Status::Confirmed, Status::Named]);
        assert_eq!(sign(&wang, &old, PIN).await.0, 200, "until then the old one remains");
        // Chosen among the company's people, as the manual has it: the newest naming counts.
        let page = browser.get(PAGE).await;
        assert_eq!(page.status, 200);
        let chosen = browser.post("/enrol/administrator/change", &[("member_id", &chen_id.to_string())]).await;
        assert_eq!(chosen.status, 303, "{}", chosen.text());
        let chen = chen_signs_in(world).await;
        verify(world, account_id, chen_id, CHEN.2).await;
        confirm(&chen).await;
        assert_eq!(statuses(world).await, [Status::Replaced, Status::Withdrawn, Status::Confirmed]);
        assert_eq!(key(world, &old).await.status, KeyStatus::Revoked);
        let path = format!("/api/keys/{}/signings", old.kid);
        assert_eq!(refused(&wang, &path, json!({})).await, (409, "revoked".into()));
        // Strangers' people cannot be chosen.
        let stranger = browser.post("/enrol/administrator/change", &[("member_id", &Uuid::nil().to_string())]).await;
        assert_eq!(stranger.status, 404);
    }
);

both!(
    async fn m48_two_at_once_never_leave_two_administrators(world) {
        let (browser, account_id) = paid(world, 0).await;
        let phone = named_self(world, &browser).await;
        let [first, second] = [make_key(&phone).await, make_key(&phone).await];
        assert_eq!(key(world, &first).await.status, KeyStatus::Revoked, "a second key takes the first one's place");
        assert_eq!(sign(&phone, &second, PIN).await.0, 200);
        let confirm = || refused(&phone, "/api/administrator/confirm", json!({ "kid": second.kid }));
        let answers = [confirm(), confirm(), confirm()];
        let answers = futures_util::future::join_all(answers).await;
        assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:?}");
        let rows = entity::administrator::Entity::find().all(&world.state.db.read).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.confirmed_for == Some(account_id)).count(), 1);
    }
);

both!(
    async fn m49_authorisations_are_given_and_taken_back_by_the_administrator_only(world) {
        let (browser, account_id, wang, _) = administrator(world, 1).await;
        browser.get(PAGE).await;
        name_chen(world, &browser, CHEN.2).await;
        let chen_id = member_id(world, account_id, CHEN.1).await;
        browser.get(PAGE).await;
        let give = async |id: Uuid| browser.post("/enrol/administrator/authorisations", &[("member_id", &id.to_string())]).await;
        assert_eq!(give(chen_id).await.status, 400, "not verified yet");
        verify(world, account_id, chen_id, CHEN.2).await;
        assert_eq!(give(member_id(world, account_id, WANG.1).await).await.status, 400, "the administrator needs none");
        assert_eq!(give(chen_id).await.status, 303);
        assert!(browser.get(PAGE).await.read("#administrator").contains("已购买 1 个，已使用 1 个"));
        let chen = chen_signs_in(world).await;
        let body = json!({ "member_id": chen_id });
        assert_eq!(refused(&chen, "/api/authorisations", body.clone()).await, (403, "not_administrator".into()));
        assert_eq!(refused(&wang, "/api/authorisations", body).await.0, 409, "one was bought, one is given");
        let people = wang.get("/api/administrator").await["people"].clone();
        let id = people.as_array().unwrap().iter().find_map(|person| person["authorisation_id"].as_str()).unwrap().to_owned();
        assert_eq!(refused(&chen, &format!("/api/authorisations/{id}/revoke"), json!({})).await.0, 403);
        for _ in 0..2 {
            wang.post(&format!("/api/authorisations/{id}/revoke"), json!({})).await;
        }
        assert_eq!(wang.get("/api/administrator").await["authorisations_given"], 0);
        assert_eq!(give(chen_id).await.status, 303, "and can be given again");
        let events = world.events().await;
        let count = |name: &str| events.iter().filter(|event| *event == name).count();
        assert_eq!((count("authorisation.grant"), count("authorisation.revoke")), (2, 1));
    }
);

both!(
    async fn c3_a_wrong_pin_is_counted_and_the_fifth_locks(world) {
        let (_browser, _, phone, holder) = administrator(world, 0).await;
        for left in (1..=4).rev() {
            let (status, answer) = sign(&phone, &holder, "135791").await;
            assert_eq!((status, &answer["field"]), (400, &json!("pin")), "{answer}");
            assert!(answer["detail"].as_str().unwrap().contains(&format!("{left} 次")), "{answer}");
        }
        assert_eq!(sign(&phone, &holder, PIN).await.0, 200, "the right one starts the count again");
        assert_eq!(key(world, &holder).await.failures, 0);
        for _ in 0..4 {
            assert_eq!(sign(&phone, &holder, "135791").await.0, 400);
        }
        let (status, answer) = sign(&phone, &holder, "135791").await;
        assert_eq!((status, &answer["code"]), (409, &json!("locked")));
        assert_eq!(key(world, &holder).await.status, KeyStatus::Locked);
        let path = format!("/api/keys/{}/signings", holder.kid);
        assert_eq!(refused(&phone, &path, json!({})).await, (409, "locked".into()), "not even with the right PIN");
        assert_eq!(phone.get(&format!("/api/keys/{}", holder.kid)).await["tries_left"], 0);
        // The way out: name oneself again, and set a new PIN.
        phone.post("/api/administrator/self", json!({})).await;
        let fresh = confirm(&phone).await;
        assert_eq!(sign(&phone, &fresh, PIN).await.0, 200);
        assert_eq!(statuses(world).await, [Status::Replaced, Status::Confirmed]);
    }
);

both!(
    async fn c3_an_expired_session_is_no_wrong_pin_and_a_session_is_taken_once(world) {
        let (_browser, _, phone, holder) = administrator(world, 0).await;
        let late = begin_signing(&phone, &holder, PIN).await;
        world.advance(121).await;
        assert_eq!(open(&phone, &late).await.1["code"], "session_over");
        assert_eq!(key(world, &holder).await.failures, 0);

        let under = begin_signing(&phone, &holder, PIN).await;
        assert_eq!(open(&phone, &under).await.0, 200);
        assert_eq!(open(&phone, &under).await.1["code"], "session_over", "replayed");
        let commitment = json!({ "commitment": "00".repeat(32) });
        let again = refused(&phone, &format!("{}/commit", under.path), commitment.clone()).await;
        assert_eq!(again, (409, "session_over".into()));

        // Two open at once: the newer one counts, and a second commitment ends a session.
        let first = begin_signing(&phone, &holder, PIN).await;
        let second = begin_signing(&phone, &holder, PIN).await;
        assert_eq!(open(&phone, &first).await.1["code"], "session_over");
        assert_eq!(refused(&phone, &format!("{}/commit", second.path), commitment).await.0, 409);
        assert_eq!(open(&phone, &second).await.1["code"], "session_over");
        assert_eq!(key(world, &holder).await.failures, 0);
    }
);

both!(
    async fn c3_a_strangers_key_does_not_exist(world) {
        let (browser, account_id, _wang, holder) = administrator(world, 0).await;
        browser.get(PAGE).await;
        name_chen(world, &browser, CHEN.2).await;
        verify(world, account_id, member_id(world, account_id, CHEN.1).await, CHEN.2).await;
        let chen = chen_signs_in(world).await;
        let kid = &holder.kid;
        let half = json!({ "p1": "04".repeat(65), "proof": "00".repeat(64) });
        assert_eq!(chen.call(Method::GET, &format!("/api/keys/{kid}"), None).await.0, 404);
        assert_eq!(refused(&chen, &format!("/api/keys/{kid}/signings"), json!({})).await.0, 404);
        assert_eq!(refused(&chen, &format!("/api/keys/{kid}/holder-half"), half).await.0, 400, "no point on the curve");
        assert_eq!(refused(&chen, "/api/administrator/confirm", json!({ "kid": kid })).await.0, 404);
        for wrong in ["", "zz", "00"] {
            assert_eq!(refused(&chen, "/api/administrator/confirm", json!({ "kid": wrong })).await.0, 404);
        }
        // A desktop session holds no key: only phones may ask.
        let (status, _) = browser.api(Method::POST, "/api/keys", Some(json!({}))).await;
        assert_eq!(status, 401);
    }
);

both!(
    async fn c3_a_restart_forgets_what_is_under_way_and_the_share_lies_sealed(world) {
        let (_browser, _, phone, holder) = administrator(world, 0).await;
        let under = begin_signing(&phone, &holder, PIN).await;
        let row = key(world, &holder).await;
        assert!(row.share.len() > 162 && !row.share.windows(65).any(|window| window == row.public_key.as_slice()));
        assert!(!format!("{:?}", world.state.keys).contains(&holder.kid));

        let state = zhangzheng::app::build(
            world.state.config.clone(),
            world.clock.clone(),
            zhangzheng::kinds::Random::system(),
        )
        .await
        .expect("the same product, started again");
        let restarted = poem::test::TestClient::new(zhangzheng::app::endpoint(state.clone()));
        let code = phone.login_code().await;
        let signed_in = restarted.post("/api/wechat/sign-in").body_json(&json!({ "code": code })).send().await;
        let signed_in: Value = signed_in.json().await.value().deserialize();
        let token = format!("Bearer {}", signed_in["session"]["token"].as_str().unwrap());
        let opened = restarted.post(format!("{}/open", under.path)).header("authorization", &token).body_json(&under.opening);
        opened.send().await.assert_status(poem::http::StatusCode::CONFLICT);
        assert_eq!(key(world, &holder).await.failures, 0, "which is no wrong PIN");
        // The sealed half still opens: a new session signs.
        let offered = restarted.post(format!("/api/keys/{}/signings", holder.kid)).header("authorization", &token);
        offered.body_json(&json!({})).send().await.assert_status_is_ok();
        drop(restarted);
        state.stop.cancel();
    }
);

both!(
    async fn c3_malformed_messages_are_refused_and_count_for_nothing(world) {
        let (_browser, _, phone, holder) = administrator(world, 0).await;
        let under = begin_signing(&phone, &holder, PIN).await;
        for (field, wrong) in [("share", "00".repeat(32)), ("share", "ff".repeat(32)), ("k", "04".repeat(65)), ("blinder", "aa".into())] {
            let mut opening = under.opening.clone();
            opening[field] = json!(wrong);
            let (status, answer) = phone.call(Method::POST, &format!("{}/open", under.path), Some(opening)).await;
            assert_eq!((status, &answer["field"]), (400, &json!(field)));
        }
        assert_eq!(key(world, &holder).await.failures, 0);
        assert_eq!(open(&phone, &under).await.0, 200, "the session is still open");
    }
);
