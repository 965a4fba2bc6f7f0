//! 法定代表人在线确认: the whole way without paper, on desktop and phones; and everybody who must not get through.

use crate::{
    company::{Applicant, TYPED, field, prove},
    console::staff,
    kit::{Phone, World},
};
use reqwest::Method;
use serde_json::{Value, json};
use zhangzheng::{
    company::{Decision, Item, PaperKind, flow, invitation},
    console::Role,
};

const LI: &str = "oDESK00000000000000000000002";
const CHEN: &str = "oDESK00000000000000000000003";

/// An agent who has filled in everything but the representative's number, and chosen the way without paper.
async fn agent<'a>(world: &'a World) -> Applicant<'a> {
    let one = Applicant::verified(world, "zyying016", 0).await;
    one.choose("agent").await;
    one.take("business_licence", "ruicheng-licence").await;
    one.take("company_seal", "ruicheng-seal").await;
    one.take("representative_seal", "oDESK00000000000000000000002-seal").await;
    one.type_in(&TYPED).await;
    one.phone.post("/api/company/mandate", json!({ "mandate": "invitation" })).await;
    one
}

async fn invited(one: &Applicant<'_>) -> String {
    let state = one.phone.post("/api/company/invitation", json!({})).await;
    let link = state["invitation"]["link"].as_str().expect("a link").to_owned();
    assert_eq!(state["invitation"]["status"], "sent");
    let ticket = link.rsplit('/').next().expect("a ticket").to_owned();
    assert!(state["invitation"]["path"].as_str().unwrap().ends_with(&format!("?t={ticket}")), "{state}");
    ticket
}

async fn open(phone: &Phone<'_>, ticket: &str) -> (u16, Value) {
    let (code, phone_code) = (phone.login_code().await, phone.phone_code().await);
    let body = json!({ "ticket": ticket, "code": code, "phone_code": phone_code });
    phone.call(Method::POST, "/api/invitations/accept", Some(body)).await
}

async fn say(phone: &Phone<'_>, path: &str, body: Value) -> (u16, Value) {
    phone.call(Method::POST, path, Some(body)).await
}

/// The representative has opened it and is verified.
async fn representative<'a>(world: &'a World, ticket: &str) -> Phone<'a> {
    let phone = world.phone(LI);
    let (status, answer) = open(&phone, ticket).await;
    assert_eq!(status, 200, "{answer}");
    prove(world, &phone).await;
    phone
}

async fn confirm(phone: &Phone<'_>) -> (u16, Value) {
    let hash = phone.get("/api/invitation").await["hash"].clone();
    say(phone, "/api/invitation/confirm", json!({ "hash": hash })).await
}

both!(
    async fn b3_the_representative_confirms_on_the_phone_and_no_paper_is_needed(world) {
        let one = agent(world).await;
        let page = one.browser.get("/enrol/company").await;
        assert!(!page.has("#power_of_attorney") && !page.has("#representative_id_portrait"), "no paper is asked for");
        let part = one.browser.post("/enrol/company/invitation", &[]).await;
        assert_eq!(part.status, 303, "{}", part.text());
        let page = one.browser.get("/enrol/company").await;
        assert!(page.has("#invitation .qr svg"), "{}", page.text());
        let link = page.attribute("#invitation [data-copy]", "data-copy").expect("the link in the QR code");
        let ticket = link.rsplit('/').next().unwrap().to_owned();
        assert!(link.contains("/h/i/"), "the rule of /h/ covers it: {link}");

        let phone = world.phone(LI);
        let look = phone.post("/api/invitations/look", json!({ "ticket": ticket })).await;
        assert_eq!(look["company_name"], "福建瑞成科技有限公司");
        assert_eq!((&look["agent_masked"], &look["mobile_masked"]), (&json!("王*"), &json!("199****0002")));
        let (status, opened) = open(&phone, &ticket).await;
        assert_eq!((status, &opened["me"]["account_name"]), (200, &json!("zyying016")), "{opened}");
        assert_eq!(open(&phone, &ticket).await.0, 200, "the same person may come again");
        let asked = phone.get("/api/invitation").await;
        assert_eq!((&asked["blocked"], &asked["lines"]), (&json!("not_verified"), &json!([])));
        assert!(one.browser.get("/enrol/company/invitation").await.read("#invitation p").contains("正在进行个人实名认证"));
        assert_eq!(confirm(&phone).await.1["code"], "blocked", "not before 个人实名认证");
        let (_, early) = one.submit().await;
        assert_eq!(early["field"], "representative_id_number", "{early}");

        prove(world, &phone).await;
        assert_eq!(phone.get("/api/company").await["asked_of_me"], true, "the phone leads there from anywhere");
        assert!(one.browser.get("/enrol/company/invitation").await.read("#invitation p").contains("等待其核对并确认"));
        let asked = phone.get("/api/invitation").await;
        let words: Vec<&str> = asked["lines"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let words = words.join("\n");
        for part in ["福建瑞成科技有限公司", "李建国", "王芳", "zyying016", "无转委托权", "数字证书申请及使用协议"] {
            assert!(words.contains(part), "{part}: {words}");
        }
        let stale = say(&phone, "/api/invitation/confirm", json!({ "hash": "00" })).await;
        assert_eq!((stale.0, &stale.1["code"]), (409, &json!("changed")), "only what was read can be confirmed");
        let (status, confirmed) = confirm(&phone).await;
        assert_eq!((status, &confirmed["status"]), (200, &json!("confirmed")), "{confirmed}");
        assert_eq!(confirm(&phone).await.0, 409, "twice");
        assert_eq!(say(&world.phone(LI), "/api/invitations/look", json!({ "ticket": ticket })).await.0, 409, "used up");
        assert_eq!(phone.get("/api/company").await["asked_of_me"], false);

        let state = one.state().await;
        assert_eq!(state["invitation"]["status"], "confirmed");
        assert_eq!(field(&state, "representative_id_number")["text"], "350199197503150019", "proven, not typed");
        let part = one.browser.get("/enrol/company/invitation").await;
        assert_eq!(part.attribute("#invitation [data-fill]", "value").as_deref(), Some("350199197503150019"));
        let (status, answer) = one.submit().await;
        assert_eq!((status, &answer["status"]), (200, &json!("under_review")), "{answer}");
        assert_eq!(say(&phone, "/api/invitation/decline", json!({})).await.0, 409, "too late: it is under review");

        let case = flow::case(&world.state, one.case_id().await).await.unwrap();
        let kept = &case.confirmations[0];
        assert!(kept.stands && kept.text == words && kept.text_version == invitation::VERSION);
        assert_eq!(kept.text_hash, asked["hash"].as_str().unwrap());
        let auditor = staff(world, "auditor", &[Role::Auditor]).await;
        let path = format!("/console/companies/{}", one.case_id().await);
        auditor.get(&path).await;
        let file = auditor.post(&format!("{path}/evidence"), &[]).await;
        let report = zhangzheng::evidence::verify(&file.body, world.state.authority.current().ca.root()).expect("whole");
        let entry = report.entries.iter().find(|entry| entry.kind == "confirmation").expect("the confirmation is evidence");
        assert_eq!(entry.said["text_sha256"], asked["hash"]);
        let events = world.events().await;
        for name in ["invitation.invite", "invitation.open", "invitation.confirm"] {
            assert_eq!(events.iter().filter(|event| *event == name).count(), 1, "{name}");
        }
    }
);

both!(
    async fn b3_nobody_else_opens_it_and_it_runs_out(world) {
        let one = agent(world).await;
        let ticket = invited(&one).await;
        let stranger = world.phone(CHEN);
        let (status, answer) = open(&stranger, &ticket).await;
        assert_eq!((status, &answer["code"]), (409, &json!("another_person")), "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains("199****0002"));
        let agents_own = open(&one.phone, &ticket).await;
        assert_eq!(agents_own.1["code"], "another_person", "not the agent either");
        assert_eq!(say(&stranger, "/api/invitations/look", json!({ "ticket": "0".repeat(32) })).await.0, 409);
        assert_eq!(say(&one.phone, "/api/invitation/confirm", json!({ "hash": "00" })).await.0, 409);
        assert_eq!(one.phone.call(Method::GET, "/api/invitation", None).await.0, 404, "the agent is not asked");
        world.advance(7 * 86_400 + 1).await;
        let late = open(&world.phone(LI), &ticket).await;
        assert_eq!((late.0, &late.1["code"]), (409, &json!("invitation_over")), "{}", late.1);
        let state = one.state().await;
        assert_eq!(state["invitation"]["expired"], true, "{state}");
        assert!(state["invitation"]["link"].is_null());
    }
);

both!(
    async fn b3_a_change_of_the_form_voids_it_and_says_so(world) {
        let one = agent(world).await;
        let ticket = invited(&one).await;
        let phone = representative(world, &ticket).await;
        one.type_in(&[("email", "another@example.cn")]).await;
        assert_eq!(one.state().await["invitation"]["status"], "opened", "the statement does not speak of it");
        let hash = phone.get("/api/invitation").await["hash"].clone();
        one.type_in(&[("name", "福建瑞成科技股份有限公司")]).await;
        let state = one.state().await;
        assert_eq!(state["invitation"]["status"], "void");
        assert!(state["invitation"]["sentence"].as_str().unwrap().contains("已作废"), "{state}");
        assert_eq!(say(&phone, "/api/invitation/confirm", json!({ "hash": hash })).await.1["code"], "invitation_over");
        assert_eq!(phone.get("/api/invitation").await["status"], "void");

        // Confirmed, and changed after that: it no longer counts either.
        one.type_in(&[("name", "福建瑞成科技有限公司")]).await;
        let ticket = invited(&one).await;
        assert_eq!(open(&phone, &ticket).await.0, 200);
        assert_eq!(confirm(&phone).await.0, 200);
        one.type_in(&[("representative_id_number", "350199198808080028")]).await;
        assert_eq!(one.state().await["invitation"]["status"], "void", "another person's number");
        one.type_in(&[("representative_id_number", "350199197503150019")]).await;
        let (status, answer) = one.submit().await;
        assert_eq!((status, &answer["field"]), (400, &json!("invitation")), "{answer}");
        let ticket = invited(&one).await;
        assert_eq!(open(&phone, &ticket).await.0, 200);
        assert_eq!(confirm(&phone).await.0, 200);
        assert_eq!(one.submit().await.0, 200);
    }
);

both!(
    async fn b3_another_name_or_number_is_told_what_to_do(world) {
        let one = agent(world).await;
        // The agent has mistaken the name: Li's phone, but another person's name on the form.
        one.type_in(&[("representative_name", "李建军")]).await;
        let phone = representative(world, &invited(&one).await).await;
        let asked = phone.get("/api/invitation").await;
        assert_eq!((&asked["blocked"], &asked["lines"]), (&json!("another_name"), &json!([])), "{asked}");
        assert!(asked["advice"].as_str().unwrap().contains("更正后重新邀请"));
        assert_eq!(confirm(&phone).await.1["code"], "blocked");
        one.type_in(&[("representative_name", "李建国"), ("representative_id_number", "350199199206200066")]).await;
        assert_eq!(open(&phone, &invited(&one).await).await.0, 200);
        assert_eq!(phone.get("/api/invitation").await["blocked"], "another_number");
        // The agent's own mobile, and the agent's own number.
        one.type_in(&[("representative_mobile", "19900000001")]).await;
        let (status, answer) = say(&one.phone, "/api/company/invitation", json!({})).await;
        assert_eq!((status, &answer["field"]), (400, &json!("representative_mobile")), "{answer}");
        one.type_in(&[("representative_mobile", "19900000002"), ("representative_id_number", "350199198808080028")]).await;
        assert_eq!(say(&one.phone, "/api/company/invitation", json!({})).await.1["code"], "is_representative");
        one.type_in(&[("representative_mobile", "")]).await;
        assert_eq!(say(&one.phone, "/api/company/invitation", json!({})).await.1["field"], "representative_mobile");
    }
);

both!(
    async fn b3_declined_revoked_and_sent_again_within_limits(world) {
        let one = agent(world).await;
        let first = invited(&one).await;
        let phone = representative(world, &first).await;
        assert_eq!(say(&phone, "/api/invitation/decline", json!({})).await.0, 200);
        assert!(one.state().await["invitation"]["sentence"].as_str().unwrap().contains("未同意"));
        assert_eq!(confirm(&phone).await.0, 409);
        assert_eq!(one.submit().await.0, 400);

        let second = invited(&one).await;
        one.phone.post("/api/company/invitation/revoke", json!({})).await;
        assert_eq!(open(&phone, &second).await.1["code"], "invitation_over", "revoked");
        assert_eq!(say(&one.phone, "/api/company/invitation/revoke", json!({})).await.0, 409, "twice");
        let [third, fourth] = [invited(&one).await, invited(&one).await];
        assert_eq!(open(&phone, &third).await.0, 409, "a new one takes the place of the one before");

        one.phone.post("/api/company/invitation/message", json!({})).await;
        let (status, soon) = say(&one.phone, "/api/company/invitation/message", json!({})).await;
        assert_eq!((status, soon["retry_after"].as_i64().is_some()), (429, true), "{soon}");
        let sms = world.last_sms("19900000002").await.expect("an SMS");
        let link = sms.split("https://").nth(1).expect("a link").split(' ').next().unwrap().to_owned();
        let found = phone.wechat("scan", json!({ "text": format!("https://{link}") })).await;
        assert_eq!(found["path"], "packages/company/pages/invitation/invitation", "{found}");
        assert_eq!(found["query"]["t"], fourth.as_str());
        for _ in 0..4 {
            world.advance(61).await;
            one.phone.post("/api/company/invitation/message", json!({})).await;
            world.work().await;
        }
        world.advance(61).await;
        assert_eq!(say(&one.phone, "/api/company/invitation/message", json!({})).await.0, 429, "five, and no more");

        assert_eq!(open(&phone, &fourth).await.0, 200);
        assert_eq!(confirm(&phone).await.0, 200);
        assert_eq!(say(&phone, "/api/invitation/decline", json!({})).await.0, 200, "nothing is submitted yet");
        assert_eq!(one.state().await["invitation"]["status"], "declined");
        // Paper is an equal way, at any time.
        invited(&one).await;
        let state = one.phone.post("/api/company/mandate", json!({ "mandate": "letter" })).await;
        assert!(state["invitation"].is_null() && state["power_of_attorney"].is_object());
        assert_eq!(one.submit().await.1["field"], "representative_id_portrait", "and asks for its papers");
    }
);

both!(
    async fn b3_a_return_that_names_the_authority_asks_for_a_new_confirmation(world) {
        let one = agent(world).await;
        let phone = representative(world, &invited(&one).await).await;
        assert_eq!(confirm(&phone).await.0, 200);
        assert_eq!(one.submit().await.0, 200);
        let said = Decision {
            reason_code: "letter_outdated".into(),
            applicant_note: "请由法定代表人重新确认".into(),
            items: vec![Item::Paper(PaperKind::PowerOfAttorney)],
            ..Decision::default()
        };
        world.advance(60).await;
        flow::send_back(&world.state, crate::company::STAFF, one.case_id().await, &said).await.unwrap();
        let (status, answer) = one.submit().await;
        assert_eq!((status, &answer["field"]), (400, &json!("invitation")), "{answer}");
        let page = one.browser.get("/enrol/company").await;
        assert!(page.has("#invitation"), "{}", page.text());
        world.advance(60).await;
        let ticket = invited(&one).await;
        assert_eq!(open(&phone, &ticket).await.0, 200);
        assert_eq!(confirm(&phone).await.0, 200);
        assert_eq!(one.submit().await.0, 200);
        let case = flow::case(&world.state, one.case_id().await).await.unwrap();
        assert_eq!(case.confirmations.iter().map(|kept| kept.stands).collect::<Vec<_>>(), [true, false]);
    }
);

both!(
    async fn b3_another_accounts_people_have_no_say(world) {
        let one = agent(world).await;
        let ticket = invited(&one).await;
        let other = Applicant::verified(world, "zyying017", 2).await;
        for path in ["/api/company/invitation/message", "/api/company/invitation/revoke", "/api/invitation/decline"] {
            assert_eq!(say(&other.phone, path, json!({})).await.0, 409, "{path}");
        }
        assert_eq!(say(&other.phone, "/api/company/mandate", json!({ "mandate": "invitation" })).await.0, 409);
        assert_eq!(open(&world.phone(LI), &ticket).await.0, 200, "nothing has happened to it");
        let nobody = world.phone(CHEN);
        assert_eq!(say(&nobody, "/api/invitation/confirm", json!({ "hash": "00" })).await.0, 401);
    }
);
