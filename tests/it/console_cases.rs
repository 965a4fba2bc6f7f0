//! 审核台: queues, taking a case, seeing its papers, deciding it; and who may not.

use crate::{
    console::{sign_in, staff},
    kit::{Browser, Page, Phone, World},
};
use reqwest::Method;
use serde_json::{Value, json};
use zhangzheng::{
    company,
    console::{self, Role, claim},
    db::Actor,
    person,
};

/// An applicant: the legal representative on the sample licence, in an account of their own.
pub struct Applicant<'a> {
    pub world: &'a World,
    pub browser: Browser<'a>,
    pub phone: Phone<'a>,
}

impl<'a> Applicant<'a> {
    /// Waits for 人工审核.
    pub async fn waiting(world: &'a World, account: &str) -> Self {
        let card = world.people().await[1].clone();
        let browser = world.register(account, card["mobile"].as_str().unwrap()).await;
        let phone = world.phone(card["openid"].as_str().unwrap());
        phone.hand_off(&browser, "person").await;
        for side in ["portrait", "emblem"] {
            let photo = world.sample(&format!("/samples/{}-{side}.jpg", phone.openid)).await;
            let (status, answer) = phone.upload(&format!("/api/person/photos/{side}"), &[], photo, "a.jpg").await;
            assert_eq!(status, 200, "{answer}");
        }
        let read = phone.get("/api/person").await["fields"].clone();
        let text = |name: &str| read[name].as_str().unwrap_or_default().to_owned();
        let confirmed = json!({
            "name": text("name"), "resident_id": text("resident_id"), "address": text("address"),
            "valid_from": text("valid_from"), "valid_until": text("valid_until"), "long_term": false,
        });
        phone.post("/api/person/fields", confirmed).await;
        phone.post("/api/person/manual-review", json!({ "provide_to_ca": true })).await;
        Self { world, browser, phone }
    }

    /// Verified, and everything filled in but not submitted.
    pub async fn ready(world: &'a World, account: &str) -> Self {
        let one = Self::waiting(world, account).await;
        let staff = Actor::Staff(uuid::Uuid::from_u128(7));
        for case in person::flow::manual_cases(&world.state).await.unwrap() {
            person::flow::approve_manual(&world.state, staff, case.person_id).await.unwrap();
        }
        one.phone.post("/api/company/role", json!({ "role": "representative" })).await;
        one.take("business_licence", "ruicheng-licence").await;
        one.take("company_seal", "ruicheng-seal").await;
        one.take("representative_seal", "oDESK00000000000000000000002-seal").await;
        let typed = [
            ("representative_mobile", "19900000002"),
            ("email", "li@example.cn"),
            ("has_seal_number", "no"),
            ("has_representative_seal_number", "no"),
        ];
        let fields: Vec<Value> = typed.iter().map(|(field, text)| json!({ "field": field, "text": text })).collect();
        one.phone.post("/api/company/draft", json!({ "fields": fields })).await;
        one
    }

    pub async fn submitted(world: &'a World, account: &str) -> (Self, String) {
        let one = Self::ready(world, account).await;
        one.submit().await;
        let id = one.case_id().await;
        (one, id)
    }

    pub async fn take(&self, kind: &str, sample: &str) {
        let photo = self.world.sample(&format!("/samples/{sample}.jpg?desk=false")).await;
        let (status, answer) = self.phone.upload(&format!("/api/company/papers/{kind}"), &[], photo, "paper.jpg").await;
        assert_eq!(status, 200, "{kind}: {answer}");
    }

    pub async fn submit(&self) {
        let (status, answer) =
            self.phone.call(Method::POST, "/api/company/submit", Some(json!({ "agreed": true }))).await;
        assert_eq!(status, 200, "{answer}");
        self.world.work().await;
    }

    pub async fn case_id(&self) -> String {
        use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
        use zhangzheng::account::entity::account::{Column, Entity};
        let name = self.phone.get("/api/me").await["account_name"].as_str().unwrap().to_owned();
        let account = Entity::find().filter(Column::Name.eq(name)).one(&self.world.state.db.read).await.unwrap();
        let account_id = account.expect("an account").id;
        company::flow::of_account(&self.world.state, account_id).await.unwrap().expect("a company").id.to_string()
    }

    pub async fn status(&self) -> String {
        self.phone.get("/api/company").await["status"].as_str().unwrap().to_owned()
    }
}

pub fn case(id: &str) -> String {
    format!("/console/companies/{id}")
}

/// Opens the case and decides it, as the page's form would.
pub async fn decide(browser: &Browser<'_>, id: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(&case(id)).await;
    let seen = if page.has("[name=seen]") { page.value("seen") } else { String::new() };
    let mut fields = fields.to_vec();
    fields.push(("seen", &seen));
    browser.post(&format!("{}/decide", case(id)), &fields).await
}

pub async fn take(browser: &Browser<'_>, id: &str) -> u16 {
    browser.get(&case(id)).await;
    browser.post(&format!("{}/claim", case(id)), &[]).await.status
}

both!(
    async fn what_was_submitted_waits_in_the_queue_oldest_first(world) {
        let (_first, one) = Applicant::submitted(world, "zyying016").await;
        world.advance(61).await;
        let (_second, two) = Applicant::submitted(world, "zyying017").await;
        world.advance(61).await;
        let draft = Applicant::ready(world, "zyying018").await.case_id().await;

        let reviewer = staff(world, "kestrel", &[Role::Reviewer]).await;
        assert_eq!(reviewer.get("/console").await.read(".cards strong"), "2 | 0");
        let queue = reviewer.get("/console/companies").await;
        assert_eq!(queue.read("tbody td:first-child"), "福建瑞成科技有限公司 | 福建瑞成科技有限公司");
        assert_eq!(queue.attribute("tbody a", "href"), Some(case(&one)));
        assert_eq!(reviewer.get(&case(&draft)).await.status, 404, "a draft is the applicant's own");
        assert_eq!(reviewer.get("/console/companies/next").await.location, Some(case(&one)));

        let page = reviewer.get(&case(&two)).await;
        assert!(page.read(".warning").contains("另有 2 个帐号") || page.read(".warning").contains("另有 1 个帐号"));
        assert_eq!(page.read("[data-field=code] td .state"), "一致", "{}", page.read(".compare"));
        assert_eq!(take(&reviewer, &two).await, 303);
        assert_eq!(reviewer.get("/console/companies?state=mine").await.attribute("tbody a", "href"), Some(case(&two)));
        assert_eq!(reviewer.get("/console/companies/next").await.location, Some(case(&two)), "one's own first");
        for filter in ["returned", "approved", "rejected"] {
            assert!(!reviewer.get(&format!("/console/companies?state={filter}")).await.has("tbody"), "{filter}");
        }
    }
);

both!(
    async fn of_two_who_reach_for_a_case_one_has_it(world) {
        let (_one, id) = Applicant::submitted(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let osprey = staff(world, "osprey", &[Role::Reviewer]).await;
        for browser in [&kestrel, &osprey] {
            browser.get(&case(&id)).await;
        }
        let path = format!("{}/claim", case(&id));
        for _ in 0..6 {
            let (a, b) = tokio::join!(kestrel.post(&path, &[]), osprey.post(&path, &[]));
            let mut statuses = [a.status, b.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [303, 409]);
            let (holder, other) = if a.status == 303 { (&kestrel, &osprey) } else { (&osprey, &kestrel) };
            assert!(holder.get(&case(&id)).await.has("form.decide"));
            assert!(!other.get(&case(&id)).await.has("form.decide"));
            assert_eq!(other.post(&format!("{}/release", case(&id)), &[]).await.status, 303);
            assert!(claim::of(&world.state, id.parse().unwrap()).await.unwrap().is_some(), "not theirs to give back");
            assert_eq!(holder.post(&format!("{}/release", case(&id)), &[]).await.status, 303);
        }
    }
);

both!(
    async fn a_case_comes_free_after_thirty_minutes(world) {
        let (_one, id) = Applicant::submitted(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let osprey = staff(world, "osprey", &[Role::Reviewer]).await;
        assert_eq!(take(&kestrel, &id).await, 303);
        world.advance(29 * 60).await;
        assert_eq!(take(&osprey, &id).await, 409);
        assert_eq!(take(&kestrel, &id).await, 303, "held for longer");
        world.advance(29 * 60).await;
        assert_eq!(take(&osprey, &id).await, 409);
        world.advance(61).await;
        let late = kestrel.get(&case(&id)).await;
        assert!(!late.has("form.decide"));
        assert_eq!(decide(&kestrel, &id, &[("decision", "approve")]).await.status, 409, "too late");
        assert_eq!(take(&osprey, &id).await, 303);
    }
);

both!(
    async fn only_who_holds_a_case_decides_it_and_then_sees_the_next(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        world.advance(61).await;
        let (_two, other) = Applicant::submitted(world, "zyying017").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let osprey = staff(world, "osprey", &[Role::SeniorReviewer]).await;
        assert_eq!(take(&osprey, &id).await, 303);
        let seen = osprey.get(&case(&id)).await.value("seen");
        kestrel.get(&case(&id)).await;
        let path = format!("{}/decide", case(&id));
        for decision in ["approve", "return", "reject"] {
            let fields = [("decision", decision), ("reason_code", "email_wrong"), ("seen", &seen)];
            let status = kestrel.post(&path, &fields).await.status;
            assert_eq!(status, 409, "{decision}: somebody else's");
        }
        osprey.post(&format!("{}/release", case(&id)), &[]).await;
        assert_eq!(osprey.post(&path, &[("decision", "approve"), ("seen", &seen)]).await.status, 409, "nobody's");
        assert_eq!(one.status().await, "under_review");

        assert_eq!(take(&kestrel, &id).await, 303);
        for nonsense in ["", "delete", "approve approve"] {
            assert_eq!(decide(&kestrel, &id, &[("decision", nonsense)]).await.status, 400);
        }
        let done = decide(&kestrel, &id, &[("decision", "approve")]).await;
        assert_eq!((done.status, done.location), (303, Some(case(&other))));
        assert_eq!(one.status().await, "approved");
        assert!(claim::of(&world.state, id.parse().unwrap()).await.unwrap().is_none(), "given back");
        assert_eq!(take(&kestrel, &id).await, 409, "there is nothing to decide any more");
        assert!(kestrel.get("/console/companies?state=approved").await.has("tbody a"));
        world.work().await;
    }
);

both!(
    async fn a_returned_case_names_what_to_correct_and_comes_back_with_its_history(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        take(&kestrel, &id).await;
        let stale = kestrel.get(&case(&id)).await.value("seen");
        let long = "长".repeat(1001);
        let wrong: [(&[(&str, &str)], &str); 5] = [
            (&[("reason_code", "")], "请选择退回的原因"),
            (&[("reason_code", "forged_papers")], "请选择退回的原因"),
            (&[("reason_code", "other"), ("applicant_note", "说明")], "请勾选需要修改的内容"),
            (&[("reason_code", "company_seal_unclear"), ("items", "password")], "请重新勾选"),
            (&[("reason_code", "company_seal_unclear"), ("internal_note", &long)], "不能超过 1000 字"),
        ];
        for (fields, said) in wrong {
            let page = decide(&kestrel, &id, &[fields, &[("decision", "return")]].concat()).await;
            assert_eq!(page.status, 400, "{said}");
            assert!(page.read(".problem").contains(said), "{}", page.read(".problem"));
        }
        assert_eq!(one.status().await, "under_review", "nothing half-done");

        let fields = [
            ("decision", "return"),
            ("reason_code", "company_seal_unclear"),
            ("applicant_note", "右半边没有盖上"),
            ("internal_note", "第二次"),
        ];
        assert_eq!(decide(&kestrel, &id, &fields).await.status, 303);
        world.work().await;
        let page = one.browser.get("/enrol/company").await;
        let note = page.read(".note");
        assert!(note.contains("企业印模图样不清晰") && note.contains("右半边没有盖上"), "{note}");
        assert!(!page.text().contains("第二次"), "what is internal stays so");
        assert!(world.last_sms("19900000002").await.is_some());

        world.advance(60).await;
        one.take("company_seal", "ruicheng-seal").await;
        one.submit().await;
        assert_eq!(take(&kestrel, &id).await, 303);
        let again = kestrel.get(&case(&id)).await;
        assert_eq!(again.read("figcaption .state.good"), "新");
        assert!(again.read("article").contains("企业印模不清晰") && again.read(".internal").contains("第二次"));
        assert!(again.read("table.lines").contains("company.return") && again.read("table.lines").contains("工作人员 kestrel"));
        let path = format!("{}/decide", case(&id));
        let blind = kestrel.post(&path, &[("decision", "approve"), ("seen", &stale)]).await;
        assert_eq!(blind.status, 409, "what was looked at has been replaced");
        assert_eq!(decide(&kestrel, &id, &[("decision", "approve")]).await.status, 303);
        world.work().await;
    }
);

both!(
    async fn a_final_rejection_is_for_seniors_and_asked_for_twice(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let osprey = staff(world, "osprey", &[Role::SeniorReviewer]).await;
        take(&kestrel, &id).await;
        assert!(!kestrel.get(&case(&id)).await.has("button[value=reject]"));
        let fields = [("decision", "reject_confirmed"), ("reason_code", "forged_papers")];
        assert_eq!(decide(&kestrel, &id, &fields).await.status, 403);
        kestrel.post(&format!("{}/release", case(&id)), &[]).await;

        take(&osprey, &id).await;
        let first = decide(&osprey, &id, &[("decision", "reject"), ("reason_code", "forged_papers")]).await;
        assert_eq!(first.status, 400);
        assert!(first.has("dialog[open]") && first.has("option[value=forged_papers][selected]"));
        assert_eq!(one.status().await, "under_review");
        let unsaid = decide(&osprey, &id, &[("decision", "reject_confirmed"), ("reason_code", "email_wrong")]).await;
        assert_eq!(unsaid.status, 400, "a reason for returning is none for rejecting");
        assert_eq!(decide(&osprey, &id, &fields).await.status, 303);
        assert_eq!(one.status().await, "rejected");
        assert!(one.browser.get("/enrol/company").await.text().contains("未能通过真实性核验"));
        world.work().await;
    }
);

both!(
    async fn numbers_are_under_stars_and_whoever_looks_is_written_down(world) {
        let (one, id) = Applicant::submitted(world, "zyying016").await;
        let auditor = staff(world, "auditor", &[Role::Auditor]).await;
        let page = auditor.get(&case(&id)).await;
        for number in ["350199197503150019", "19900000002", "li@example.cn"] {
            assert!(!page.text().contains(number), "{number}");
        }
        let seen = async |name: &str| world.events().await.iter().filter(|event| *event == name).count();
        assert_eq!((seen("console.view_case").await, seen("console.view_paper").await), (1, 0));
        let image = page.attribute("figure img", "src").unwrap();
        let paper = auditor.get(&image).await;
        assert_eq!(paper.headers["content-type"], "image/jpeg");
        assert_eq!(paper.headers["cache-control"], "no-store");
        let kept = world.state.clone();
        let (case_id, paper_id) = (id.parse().unwrap(), image.rsplit('/').next().unwrap().parse().unwrap());
        let original = company::flow::paper_by_id(&kept, case_id, paper_id).await.unwrap().1;
        assert_ne!(paper.body, original, "with the auditor's name and the time across it");
        let stamp = format!("auditor {} 仅供审核", console::notices::beijing(world.clock.now()).format("%Y-%m-%d %H:%M"));
        let by_hand = zhangzheng_documents::watermark::stamp(&original, &stamp).unwrap();
        assert_eq!(paper.body.len(), by_hand.len(), "the picture that is kept is as it was");
        assert_eq!(seen("console.view_paper").await, 1);

        let revealed = auditor.post(&format!("{}/reveal", case(&id)), &[]).await;
        assert_eq!(revealed.status, 200);
        for number in ["350199197503150019", "19900000002", "li@example.cn"] {
            assert!(revealed.text().contains(number), "{number}");
        }
        assert_eq!(seen("console.reveal").await, 1);
        assert!(!auditor.get(&case(&id)).await.text().contains("350199197503150019"), "not kept");
        assert!(auditor.get("/console/log").await.read("table.lines").contains("console.reveal"));

        for act in ["claim", "release", "decide"] {
            let fields = [("decision", "approve"), ("seen", "")];
            let status = auditor.post(&format!("{}/{act}", case(&id)), &fields).await.status;
            assert_eq!(status, 403, "an auditor changes nothing: {act}");
        }
        let paper_id = image.rsplit('/').next().unwrap();
        let other = format!("/console/companies/01900000-0000-7000-8000-000000000000/papers/{paper_id}");
        assert_eq!(auditor.get(&other).await.status, 404);
        assert_eq!(auditor.get(&case("not-an-id")).await.status, 400);

        let support = staff(world, "support", &[Role::Support, Role::Finance, Role::Owner]).await;
        for path in [case(&id), image.clone(), "/console/companies".into(), "/console/people".into()] {
            assert_eq!(support.get(&path).await.status, 403, "{path}");
            for outside in [&world.browser(), &one.browser] {
                let page = outside.get(&path).await;
                assert_eq!(page.status, 303, "{path}");
                assert!(page.location.unwrap().starts_with("/console/sign-in"));
            }
        }
        assert_eq!(support.post(&format!("{}/reveal", case(&id)), &[]).await.status, 403);
        assert_eq!(seen("console.reveal").await, 1);
    }
);

both!(
    async fn b4_who_declined_the_face_check_is_decided_by_a_person(world) {
        let one = Applicant::waiting(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        let queue = kestrel.get("/console/people").await;
        assert!(queue.read("tbody").contains("选择不刷脸"));
        let path = queue.attribute("tbody a", "href").unwrap();
        let page = kestrel.get(&path).await;
        assert!(page.read("h1").contains("李建国"));
        assert!(!page.text().contains("350199197503150019") && !page.text().contains("19900000002"));
        assert!(kestrel.get(&page.attribute("figure img", "src").unwrap()).await.body.starts_with(b"\xff\xd8"));
        let revealed = kestrel.post(&format!("{path}/reveal"), &[]).await;
        assert!(revealed.text().contains("350199197503150019") && revealed.text().contains("19900000002"));
        // As the page's form would: with the word for what was looked at.
        let decide = async |fields: &[(&str, &str)]| {
            let page = kestrel.get(&path).await;
            let seen = if page.has("[name=seen]") { page.value("seen") } else { String::new() };
            kestrel.post(&format!("{path}/decide"), &[fields, &[("seen", &seen)]].concat()).await
        };
        assert_eq!(decide(&[("decision", "approve")]).await.status, 409, "unclaimed");
        assert_eq!(kestrel.post(&format!("{path}/claim"), &[]).await.status, 303);
        assert_eq!(decide(&[("decision", "return")]).await.status, 400, "without a reason");
        let long = "长".repeat(400);
        let fields = [("decision", "return"), ("reason_code", "card_unclear"), ("applicant_note", &long)];
        assert_eq!(decide(&fields).await.status, 400);
        let fields = [("decision", "return"), ("reason_code", "card_unclear"), ("applicant_note", "国徽面反光")];
        assert_eq!(decide(&fields).await.status, 303);
        let told = one.phone.get("/api/person").await;
        assert!(told.to_string().contains("国徽面反光"), "{told}");
        assert_eq!(kestrel.get(&path).await.status, 404, "no longer ours to look at");

        one.phone.post("/api/person/manual-review", json!({ "provide_to_ca": true })).await;
        kestrel.get(&path).await;
        assert_eq!(kestrel.post(&format!("{path}/claim"), &[]).await.status, 303);
        let early = decide(&[("decision", "approve")]).await;
        assert_eq!(early.status, 400, "nobody has called");
        assert!(early.read(".problem").contains("回访电话"), "{}", early.text());
        let call = format!("{path}/call");
        assert_eq!(kestrel.post(&call, &[("outcome", "asleep")]).await.status, 400);
        assert_eq!(kestrel.post(&call, &[("outcome", "not_reached")]).await.status, 303);
        assert_eq!(one.phone.get("/api/person").await["call"]["outcome"], "not_reached");
        kestrel.get(&path).await;
        assert_eq!(decide(&[("decision", "approve")]).await.status, 400, "not reached");
        assert_eq!(kestrel.post(&call, &[("outcome", "confirmed"), ("call_note", "核对后四位")]).await.status, 303);
        let page = kestrel.get(&path).await;
        assert!(page.read("#call").contains("核对后四位") && page.read("#call li").contains("不采集人脸"));
        assert_eq!(decide(&[("decision", "approve")]).await.status, 303);
        assert_eq!(one.phone.get("/api/person").await["status"], "verified");
        assert!(world.events().await.contains(&"console.reveal".to_owned()));
    }
);

both!(
    async fn somebody_whose_door_was_shut_loses_the_case_in_time(world) {
        let (_one, id) = Applicant::submitted(world, "zyying016").await;
        let kestrel = staff(world, "kestrel", &[Role::Reviewer]).await;
        take(&kestrel, &id).await;
        console::flow::disable(&world.state, "kestrel").await.unwrap();
        let shut = kestrel.post(&format!("{}/decide", case(&id)), &[("decision", "approve")]).await;
        assert!(shut.location.is_some_and(|to| to.starts_with("/console/sign-in")));
        world.advance(30 * 60 + 1).await;
        let password = console::flow::add(&world.state, "osprey", &[Role::Reviewer].into_iter().collect()).await.unwrap();
        let osprey = world.browser();
        sign_in(&osprey, "osprey", &password).await;
        assert_eq!(take(&osprey, &id).await, 303);
    }
);
