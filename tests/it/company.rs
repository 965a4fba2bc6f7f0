//! 企业实名认证: the form and its papers on desktop and phone, the letter, submitting, the reviewer's decisions, and
//! everything that must not work.

use crate::kit::{Browser, Phone, World};
use reqwest::Method;
use serde_json::{Value, json};
use zhangzheng::{
    company::{Decision, Field, Item, PaperKind, flow},
    db::Actor,
    person,
};

const AGENT: &str = "19900000001";
pub(crate) const STAFF: Actor = Actor::Staff(uuid::Uuid::from_u128(7));

/// Somebody with a desktop and a phone.
pub(crate) struct Applicant<'a> {
    pub world: &'a World,
    account: String,
    pub browser: Browser<'a>,
    pub phone: Phone<'a>,
    card: Value,
}

impl<'a> Applicant<'a> {
    /// Registered and handed off; not verified.
    async fn unverified(world: &'a World, account: &str, index: usize) -> Self {
        let card = world.people().await[index].clone();
        let browser = world.register(account, card["mobile"].as_str().unwrap()).await;
        let phone = world.phone(card["openid"].as_str().unwrap());
        phone.hand_off(&browser, "person").await;
        Self { world, account: account.into(), browser, phone, card }
    }

    /// Verified by way of 人工审核, which needs no video.
    pub async fn verified(world: &'a World, account: &str, index: usize) -> Self {
        let new = Self::unverified(world, account, index).await;
        prove(world, &new.phone).await;
        new
    }

    pub async fn state(&self) -> Value {
        self.phone.get("/api/company").await
    }

    pub async fn choose(&self, role: &str) -> Value {
        self.phone.post("/api/company/role", json!({ "role": role })).await
    }

    pub async fn upload(&self, kind: &str, photo: Vec<u8>) -> (u16, Value) {
        self.phone.upload(&format!("/api/company/papers/{kind}"), &[], photo, "paper.jpg").await
    }

    pub async fn take(&self, kind: &str, sample: &str) -> Value {
        let photo = self.world.sample(&format!("/samples/{sample}.jpg?desk=false")).await;
        let (status, answer) = self.upload(kind, photo).await;
        assert_eq!(status, 200, "{kind}: {answer}");
        answer
    }

    pub async fn type_in(&self, fields: &[(&str, &str)]) -> Value {
        let fields: Vec<Value> = fields.iter().map(|(field, text)| json!({ "field": field, "text": text })).collect();
        self.phone.post("/api/company/draft", json!({ "fields": fields })).await
    }

    pub async fn submit(&self) -> (u16, Value) {
        self.phone.call(Method::POST, "/api/company/submit", Some(json!({ "agreed": true }))).await
    }

    /// Downloads the letter as it is now; gives its number and version.
    pub async fn letter(&self) -> (String, i64) {
        let pdf = self.browser.get("/enrol/company/power-of-attorney.pdf").await;
        assert_eq!(pdf.status, 200, "{}", pdf.text());
        assert!(pdf.body.starts_with(b"%PDF-"));
        let letter = self.state().await["power_of_attorney"].clone();
        (letter["document_number"].as_str().unwrap().to_owned(), letter["version"].as_i64().unwrap())
    }

    /// The letter signed, stamped and photographed.
    pub async fn signed(&self, number: &str, version: i64) -> Vec<u8> {
        draw(self.world, "power_of_attorney", self.says(number, version), 0).await
    }

    /// The letter signed, stamped and scanned: the last of some pages of a PDF.
    pub async fn scanned(&self, number: &str, version: i64, pages: usize) -> Vec<u8> {
        draw(self.world, "power_of_attorney", self.says(number, version), pages).await
    }

    fn says(&self, number: &str, version: i64) -> Value {
        json!({
            "number": number, "version": version, "company": "福建瑞成科技有限公司", "representative": "李建国",
            "agent": self.card["name"], "agent_id_number": "350199198808080028", "account": self.account,
            "date": "2026年11月23日",
        })
    }

    /// Everything an agent needs, ready to be submitted.
    pub async fn fill_in(&self) {
        self.choose("agent").await;
        self.take("business_licence", "ruicheng-licence").await;
        self.take("company_seal", "ruicheng-seal").await;
        self.take("representative_seal", "oDESK00000000000000000000002-seal").await;
        self.take("representative_id_portrait", "oDESK00000000000000000000002-portrait").await;
        self.take("representative_id_emblem", "oDESK00000000000000000000002-emblem").await;
        self.type_in(&TYPED).await;
        let (number, version) = self.letter().await;
        let (status, answer) = self.upload("power_of_attorney", self.signed(&number, version).await).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// The only case there is.
    pub async fn case_id(&self) -> uuid::Uuid {
        flow::submitted(&self.world.state).await.expect("the queue")[0].id
    }
}

/// 个人实名认证 by way of 人工审核, which needs no video: whoever holds the phone, with the own card.
pub(crate) async fn prove(world: &World, phone: &Phone<'_>) {
    let mut read = Value::Null;
    for side in ["portrait", "emblem"] {
        let photo = world.sample(&format!("/samples/{}-{side}.jpg", phone.openid)).await;
        let (status, answer) = phone.upload(&format!("/api/person/photos/{side}"), &[], photo, "a.jpg").await;
        assert_eq!(status, 200, "{side}: {answer}");
        read = answer;
    }
    let fields = &read["fields"];
    let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
    let confirmed = json!({
        "name": text("name"), "resident_id": text("resident_id"), "address": text("address"),
        "valid_from": text("valid_from"), "valid_until": text("valid_until"), "long_term": false,
    });
    phone.post("/api/person/fields", confirmed).await;
    phone.post("/api/person/manual-review", json!({ "provide_to_ca": true })).await;
    for case in person::flow::manual_cases(&world.state).await.expect("cases") {
        person::flow::approve_manual(&world.state, STAFF, case.person_id).await.expect("approved");
    }
}

/// What no paper says.
pub(crate) const TYPED: [(&str, &str); 5] = [
    ("representative_mobile", "19900000002"),
    ("email", "li@example.cn"),
    ("has_seal_number", "yes"),
    ("seal_number", "3501020000018"),
    ("has_representative_seal_number", "no"),
];

/// A paper as a photo, or as a PDF with so many pages.
async fn draw(world: &World, kind: &str, fields: Value, pages: usize) -> Vec<u8> {
    let url = format!("{}/samples/draw", world.sandbox.base_url);
    let body = json!({ "kind": kind, "fields": fields, "photo": { "desk": false }, "pdf_pages": pages });
    let answer = reqwest::Client::new().post(url).json(&body).send().await.expect("the sandbox");
    assert!(answer.status().is_success(), "{kind}: {}", answer.status());
    answer.bytes().await.expect("a picture").to_vec()
}

pub(crate) fn field<'a>(state: &'a Value, name: &str) -> &'a Value {
    let fields = state["fields"].as_array().expect("fields");
    fields.iter().find(|field| field["field"] == name).unwrap_or(&Value::Null)
}

pub(crate) fn paper<'a>(state: &'a Value, kind: &str) -> &'a Value {
    let papers = state["papers"].as_array().expect("papers");
    papers.iter().find(|paper| paper["kind"] == kind).unwrap_or(&Value::Null)
}

both!(
    async fn m20_the_role_is_chosen_once_the_person_is_verified(world) {
        let early = Applicant::unverified(world, "zyying016", 0).await;
        let page = early.browser.get("/enrol/company").await;
        assert!(page.read("#company").contains("请先完成"), "{}", page.text());
        assert!(page.has("#company a[href='/enrol/person']"));
        let refused = early.phone.call(Method::POST, "/api/company/role", Some(json!({ "role": "agent" }))).await;
        assert_eq!((refused.0, &refused.1["code"]), (409, &json!("person_first")));
        assert_eq!(early.submit().await.0, 409, "nor can it be submitted");

        let ready = Applicant::verified(world, "zyying017", 1).await;
        let page = ready.browser.get("/enrol/company").await;
        assert_eq!(page.read(".roles strong"), "我是法人 | 我是企业经办");
        let nothing = ready.browser.post("/enrol/company/role", &[("role", "owner")]).await;
        assert_eq!(nothing.status, 400);
        assert_eq!(ready.browser.post("/enrol/company/role", &[("role", "representative")]).await.status, 303);
        let page = ready.browser.get("/enrol/company").await;
        assert_eq!(page.value("representative_name"), "李建国", "the representative's own particulars are there");
        assert!(!page.has("#power_of_attorney"), "the representative needs no letter");
        let state = ready.choose("agent").await;
        assert_eq!(paper(&state, "power_of_attorney")["open"], true);
    }
);

both!(
    async fn m21_m22_m23_m24_m25_b1_papers_fill_the_form_and_bad_ones_are_refused(world) {
        let one = Applicant::verified(world, "zyying016", 0).await;
        one.browser.get("/enrol/company").await;
        one.browser.post("/enrol/company/role", &[("role", "agent")]).await;
        one.browser.get("/enrol/company").await;
        let send = async |photo: Vec<u8>, name: &str| {
            one.browser.upload("/enrol/company/papers/business_licence", &[], photo, name).await
        };
        let cases: [(&str, Vec<u8>); 4] = [
            ("a text", b"MZ not a picture".to_vec()),
            ("half a picture", world.sample("/samples/ruicheng-licence.jpg").await[..20_000].to_vec()),
            ("a cup of tea", world.sample("/samples/cup.jpg").await),
            ("blurred", world.sample("/samples/ruicheng-licence.jpg?blur=14").await),
        ];
        for (what, photo) in cases {
            let page = send(photo, "licence.jpg").await;
            assert_eq!(page.status, 400, "{what}");
            assert!(!page.read("#business_licence p.problem").is_empty(), "{what}");
            assert!(!page.has("#business_licence .photo"), "{what}: nothing is kept");
        }
        assert_eq!(send(vec![0xff; 10 * 1024 * 1024 + 1], "big.jpg").await.status, 413);

        let done = send(world.sample("/samples/ruicheng-licence.jpg").await, "not-a-name.txt").await;
        assert_eq!((done.status, done.location.as_deref()), (303, Some("/enrol/company#business_licence")));
        let page = one.browser.get("/enrol/company").await;
        assert_eq!(page.value("name"), "福建瑞成科技有限公司");
        assert_eq!(page.value("code"), "91350102MA0X0A012U");
        assert_eq!(page.value("representative_name"), "李建国");
        let thumbnail = page.attribute("#business_licence .photo img", "src").expect("a thumbnail");
        let thumbnail = one.browser.get(&thumbnail).await;
        assert_eq!((thumbnail.status, &thumbnail.headers["cache-control"]), (200, &"no-store".parse().unwrap()));
        assert!(thumbnail.body.starts_with(&[0xff, 0xd8]) && thumbnail.body.len() < 60_000);

        let state = one.take("representative_id_portrait", "oDESK00000000000000000000002-portrait").await;
        assert_eq!(field(&state, "representative_id_number")["text"], "350199197503150019");
        assert_eq!(field(&state, "representative_id_number")["origin"], "read");
        let state = one.type_in(&[("name", "福建瑞成科技(集团)有限公司")]).await;
        assert_eq!(field(&state, "name")["origin"], "corrected");
        let wrong_side = world.sample("/samples/oDESK00000000000000000000002-emblem.jpg").await;
        assert_eq!(one.upload("representative_id_portrait", wrong_side).await.0, 400);

        let gone = one.browser.post("/enrol/company/papers/business_licence/remove", &[]).await;
        assert_eq!(gone.status, 303);
        assert!(!one.browser.get("/enrol/company").await.has("#business_licence .photo"));
        assert_eq!(one.browser.get("/enrol/company/papers/business_licence.jpg").await.status, 404);
    }
);

both!(
    async fn m26_m27_m29_m31_what_is_typed_is_kept_and_what_is_wrong_is_named(world) {
        let one = Applicant::verified(world, "zyying016", 0).await;
        one.fill_in().await;
        let wrong = [
            ("name", "<瑞成>"), ("code", "91350102MA0X0A012X"), ("representative_name", "Li Jianguo"),
            ("representative_id_number", "350199197503150018"), ("representative_mobile", "1990000000"),
            ("email", "li@example"), ("has_seal_number", "maybe"), ("seal_number", "12345"),
            ("has_representative_seal_number", "perhaps"),
        ];
        for (name, text) in wrong {
            let was = field(&one.state().await, name)["text"].as_str().unwrap().to_owned();
            let state = one.type_in(&[(name, text)]).await;
            assert_eq!(field(&state, name)["text"], text, "{name} is kept as typed");
            assert!(field(&state, name)["problem"].is_string(), "{name}");
            let (status, problem) = one.submit().await;
            assert_eq!((status, &problem["field"]), (400, &json!(name)), "{problem}");
            one.type_in(&[(name, &was)]).await;
        }
        let (status, problem) = one.phone.call(
            Method::POST, "/api/company/draft",
            Some(json!({ "fields": [{ "field": "email", "text": "x".repeat(300) }] })),
        ).await;
        assert_eq!((status, &problem["field"]), (400, &json!("email")));
        let state = one.type_in(&[("has_representative_seal_number", "yes")]).await;
        assert_eq!(field(&state, "representative_seal_number")["asked"], true);
        assert_eq!(one.submit().await.1["field"], "representative_seal_number");

        one.browser.get("/enrol/company").await;
        let page = one.browser.post("/enrol/company/submit", &[("representative_mobile", "110"), ("agreed", "on")]).await;
        assert_eq!(page.status, 400);
        assert!(page.read("#mistake-representative_mobile").contains("11 位"), "{}", page.text());
        assert_eq!(page.value("representative_mobile"), "110");
    }
);

both!(
    async fn m28_m30_every_paper_of_the_role_is_asked_for(world) {
        let one = Applicant::verified(world, "zyying016", 0).await;
        one.fill_in().await;
        for kind in ["business_licence", "company_seal", "representative_seal", "representative_id_portrait",
            "representative_id_emblem", "power_of_attorney"] {
            let photo = one.browser.get(&format!("/enrol/company/papers/{kind}.jpg?whole=1")).await.body;
            one.phone.post(&format!("/api/company/papers/{kind}/remove"), json!({})).await;
            let (status, problem) = one.submit().await;
            assert_eq!((status, &problem["field"]), (400, &json!(kind)), "{problem}");
            let (status, answer) = one.upload(kind, photo).await;
            assert_eq!(status, 200, "{kind}: {answer}");
        }
        let signature = one.take("representative_seal", "oDESK00000000000000000000002-signature").await;
        assert!(paper(&signature, "representative_seal")["uploaded_at"].is_string(), "a signature will do");
        assert_eq!(one.upload("portrait", Vec::new()).await.0, 400, "no such paper");
    }
);

both!(
    async fn m32_only_the_current_letter_of_this_company_counts(world) {
        let one = Applicant::verified(world, "zyying016", 0).await;
        one.choose("agent").await;
        let early = one.browser.get("/enrol/company/power-of-attorney.pdf").await;
        assert_eq!(early.status, 400, "the letter needs its fields");
        one.take("business_licence", "ruicheng-licence").await;
        let (number, version) = one.letter().await;
        assert!(number.starts_with("PA") && version == 1);
        assert_eq!(one.letter().await, (number.clone(), 1), "nothing has changed");

        let refuse = async |photo: Vec<u8>, says: &str| {
            let (status, problem) = one.upload("power_of_attorney", photo).await;
            assert_eq!(status, 400);
            assert!(problem["detail"].as_str().unwrap().contains(says), "{problem}");
        };
        let pdf = one.browser.get("/enrol/company/power-of-attorney.pdf").await.body;
        refuse(pdf, "还没有签字盖章").await;
        refuse(world.sample("/samples/ruicheng-licence.jpg").await, "授权委托书").await;
        refuse(one.signed("PA2026112300000000", 1).await, &number).await;
        refuse(one.signed(&number, 2).await, "第 2 版").await;
        assert_eq!(one.upload("power_of_attorney", one.signed(&number, 1).await).await.0, 200);

        one.type_in(&[("name", "福建瑞成科技集团有限公司")]).await;
        assert_eq!(one.state().await["power_of_attorney"]["outdated"], true);
        refuse(one.signed(&number, 1).await, "重新下载").await;
        assert_eq!(one.letter().await, (number.clone(), 2));
        refuse(one.signed(&number, 1).await, "第 1 版").await;
        let (status, answer) = one.upload("power_of_attorney", one.signed(&number, 2).await).await;
        assert_eq!((status, &answer["power_of_attorney"]["outdated"]), (200, &json!(false)));

        let state = one.choose("representative").await;
        assert!(state["power_of_attorney"].is_null());
        assert_eq!(one.browser.get("/enrol/company/power-of-attorney.pdf").await.status, 409);
    }
);

both!(
    async fn m33_m34_b2_submitting_asks_the_register_and_closes_the_form(world) {
        let one = Applicant::verified(world, "zyying016", 0).await;
        one.fill_in().await;
        let (status, problem) =
            one.phone.call(Method::POST, "/api/company/submit", Some(json!({ "agreed": false }))).await;
        assert_eq!((status, &problem["field"]), (400, &json!("agreed")));
        one.browser.get("/enrol/company").await;
        let done = one.browser.post("/enrol/company/submit", &[("agreed", "on")]).await;
        assert_eq!(done.status, 303, "{}", done.text());
        let page = one.browser.get("/enrol/company").await;
        assert!(page.read("#company").contains("已提交企业实名资料！") && page.read("#company .state") == "审核中");
        assert_eq!(one.submit().await.0, 409, "a second time");

        let edits = [
            one.phone.call(Method::POST, "/api/company/draft", Some(json!({ "fields": [{ "field": "email", "text": "x@y.cn" }] }))).await,
            one.phone.call(Method::POST, "/api/company/role", Some(json!({ "role": "representative" }))).await,
            one.phone.call(Method::POST, "/api/company/papers/company_seal/remove", Some(json!({}))).await,
            one.upload("company_seal", world.sample("/samples/ruicheng-seal.jpg").await).await,
            one.phone.call(Method::POST, "/api/company/restart", Some(json!({}))).await,
        ];
        for (status, answer) in edits {
            assert_eq!(status, 409, "{answer}");
        }
        assert_eq!(field(&one.state().await, "email")["text"], "li@example.cn");

        let id = one.case_id().await;
        world.control("faults", json!({ "vendor": "ocr", "operation": "VerifyBizLicenseEnterprise4", "kind": "http_502", "times": 2 })).await;
        world.work().await;
        assert_eq!(flow::case(&world.state, id).await.unwrap().registry, None, "the vendor is down");
        for _ in 0..3 {
            world.advance(30).await;
            world.work().await;
        }
        let case = flow::case(&world.state, id).await.unwrap();
        let registry = case.registry.expect("what the register said");
        assert_eq!(registry.said["overall"], "matches");
        assert_eq!(case.company.status, zhangzheng::company::Status::UnderReview, "it never decides by itself");
        let events = world.events().await;
        for name in ["company.start", "company.upload_paper", "company.make_letter", "company.submit", "company.check_registry"] {
            assert!(events.iter().any(|event| event == name), "{name}");
        }
        assert_eq!(one.phone.get("/api/journey").await["steps"][1]["state"], "under_review");
    }
);

both!(
    async fn returned_corrected_and_submitted_again_with_its_history(world) {
        let one = Applicant::verified(world, "zyying016", 0).await;
        one.fill_in().await;
        assert_eq!(one.submit().await.0, 200);
        world.work().await;
        let id = one.case_id().await;
        let mut decision = Decision {
            reason_code: "seal_unclear".into(),
            applicant_note: "企业印模不清晰，请重新盖章拍摄；邮箱请核对".into(),
            internal_note: "call them".into(),
            items: vec![Item::Paper(PaperKind::CompanySeal), Item::Field(Field::Email)],
            ..Decision::default()
        };
        let silent = Decision { applicant_note: "  ".into(), ..decision.clone() };
        assert!(flow::send_back(&world.state, STAFF, id, &silent).await.is_err(), "a reason is needed");
        let member = Actor::Member(uuid::Uuid::from_u128(1));
        assert!(flow::approve(&world.state, member, id).await.is_err(), "only staff decides");
        flow::send_back(&world.state, STAFF, id, &decision).await.expect("returned");
        assert!(flow::approve(&world.state, STAFF, id).await.is_err(), "it is with the applicant now");
        assert!(flow::reject(&world.state, STAFF, id, &decision).await.is_err());
        assert!(world.last_sms(AGENT).await.expect("an SMS").contains("补正"));

        let page = one.browser.get("/enrol/company").await;
        assert!(page.read(".returned-note").contains("企业印模不清晰"));
        assert!(page.has("#company_seal") && page.has("#email") && page.has("#seal_number"));
        assert!(!page.has("#business_licence") && !page.has("#code"), "only what must be corrected is shown");
        assert!(!page.text().contains("call them"));
        let (status, problem) = one.phone.call(Method::POST, "/api/company/draft", Some(json!({ "fields": [{ "field": "code", "text": "1" }] }))).await;
        assert_eq!((status, &problem["code"]), (409, &json!("not_open")));
        let licence = world.sample("/samples/ruicheng-licence.jpg").await;
        assert_eq!(one.upload("business_licence", licence).await.0, 409);
        assert_eq!(one.submit().await.1["field"], "company_seal", "the photo is still the old one");
        let state = one.take("company_seal", "ruicheng-seal").await;
        assert_eq!(paper(&state, "company_seal")["must_fix"], false);
        one.type_in(&[("email", "jianguo@example.cn")]).await;
        assert_eq!(one.submit().await.0, 200);
        world.work().await;

        let case = flow::case(&world.state, id).await.unwrap();
        assert_eq!(case.decisions.len(), 1);
        assert_eq!(case.decisions[0].said.internal_note, "call them");
        let seals: Vec<bool> = case.papers.iter().filter(|paper| paper.kind == PaperKind::CompanySeal)
            .map(|paper| paper.replaced_at.is_some()).collect();
        assert_eq!(seals, [false, true], "the old photo is still in the file");
        for paper in &case.papers {
            flow::paper_by_id(&world.state, id, paper.id).await.expect("every photo can be looked at");
        }
        decision.applicant_note = "资料与登记信息不符".into();
        flow::reject(&world.state, STAFF, id, &decision).await.expect("rejected");
        let page = one.browser.get("/enrol/company").await;
        assert!(page.read("#company").contains("资料与登记信息不符"));
        assert_eq!(one.browser.post("/enrol/company/restart", &[]).await.status, 303);
        assert_eq!(one.submit().await.0, 200, "everything was kept");
        world.work().await;
        flow::approve(&world.state, STAFF, id).await.expect("approved");
        assert!(flow::send_back(&world.state, STAFF, id, &decision).await.is_err(), "approved is final");
        assert!(one.browser.get("/enrol/company").await.read("#company").contains("企业实名认证已通过"));
        assert_eq!(flow::case(&world.state, id).await.unwrap().decisions.len(), 3);
        let company = flow::of_account(&world.state, flow::case(&world.state, id).await.unwrap().company.account_id).await;
        let company = company.unwrap().unwrap();
        assert_eq!(company.name.as_deref(), Some("福建瑞成科技有限公司"));
        assert_eq!(company.seal_number.unwrap().as_str(), "3501020000018");
    }
);

both!(
    async fn a_representative_must_be_the_one_who_is_named(world) {
        let other = Applicant::verified(world, "zyying016", 0).await;
        other.choose("representative").await;
        other.take("business_licence", "ruicheng-licence").await;
        other.take("company_seal", "ruicheng-seal").await;
        other.take("representative_seal", "oDESK00000000000000000000002-seal").await;
        other.type_in(&TYPED).await;
        other.type_in(&[("representative_name", "李建国")]).await;
        let (status, problem) = other.submit().await;
        assert_eq!((status, &problem["field"]), (400, &json!("representative_name")), "{problem}");
        other.type_in(&[("representative_name", "王芳"), ("representative_id_number", "350199197503150019")]).await;
        assert_eq!(other.submit().await.1["field"], "representative_id_number");

        let own = Applicant::verified(world, "zyying017", 1).await;
        own.choose("representative").await;
        own.take("business_licence", "ruicheng-licence").await;
        own.take("company_seal", "ruicheng-seal").await;
        own.take("representative_seal", "oDESK00000000000000000000002-seal").await;
        own.type_in(&TYPED).await;
        let (status, answer) = own.submit().await;
        assert_eq!((status, &answer["status"]), (200, &json!("under_review")), "{answer}");
        world.work().await;
    }
);

both!(
    async fn strangers_see_nothing_and_the_same_code_twice_is_marked(world) {
        let one = Applicant::verified(world, "zyying016", 0).await;
        one.fill_in().await;
        assert_eq!(one.submit().await.0, 200);
        let other = Applicant::verified(world, "zyying017", 1).await;
        assert!(other.state().await["status"].is_null());
        assert_eq!(other.browser.get("/enrol/company/papers/business_licence.jpg").await.status, 404);
        let (status, _) = other.phone.call(Method::GET, "/api/company/papers/business_licence", None).await;
        assert_eq!(status, 404);
        let nobody = world.browser();
        let page = nobody.get("/enrol/company/papers/business_licence.jpg").await;
        assert!(page.status == 303 || page.status == 401, "{}", page.status);
        assert_eq!(world.phone("oNOBODY").call(Method::GET, "/api/company", None).await.0, 401);
        let photo = world.sample("/samples/ruicheng-seal.jpg").await;
        let forged = other.browser.post_raw("/enrol/company/role", &[("role", "agent"), ("csrf", "0")], &[]).await;
        assert_eq!(forged.status, 403);
        other.choose("representative").await;
        let wrong = world.register("zyying018", "19900000003").await;
        assert_eq!(wrong.upload("/enrol/company/papers/company_seal", &[("csrf", "forged")], photo, "a.jpg").await.status, 403);

        for (kind, sample) in [("business_licence", "ruicheng-licence"), ("company_seal", "ruicheng-seal"),
            ("representative_seal", "oDESK00000000000000000000002-seal")] {
            other.take(kind, sample).await;
        }
        other.type_in(&TYPED).await;
        assert_eq!(other.submit().await.0, 200, "allowed to submit");
        world.work().await;
        let waiting = flow::submitted(&world.state).await.expect("the queue");
        assert_eq!(waiting.len(), 2);
        assert_eq!(waiting[0].name.as_deref(), Some("福建瑞成科技有限公司"));
        for listed in &waiting {
            let case = flow::case(&world.state, listed.id).await.unwrap();
            assert_eq!(case.same_code.len(), 1, "marked for the reviewer");
        }
        assert!(flow::case(&world.state, uuid::Uuid::from_u128(9)).await.is_err());
        assert!(flow::paper_by_id(&world.state, waiting[0].id, uuid::Uuid::from_u128(9)).await.is_err());
    }
);

both!(
    async fn m28_m30_seals_are_cut_out_and_shown_beside_the_photo(world) {
        let one = Applicant::verified(world, "zyying016", 0).await;
        one.choose("agent").await;
        let state = one.take("company_seal", "ruicheng-seal").await;
        assert_eq!(paper(&state, "company_seal")["cut"], true, "{state}");
        let cut = one.browser.get("/enrol/company/papers/company_seal/cut.png").await;
        assert!(cut.status == 200 && cut.body.starts_with(b"\x89PNG"));
        let state = one.take("representative_seal", "oDESK00000000000000000000002-seal").await;
        assert_eq!(paper(&state, "representative_seal")["cut"], true, "a seal or a signature: {state}");
        let page = one.browser.get("/enrol/company").await;
        assert!(page.has("#company_seal .cut img") && page.read("#company_seal figcaption").contains("提取结果"));
        // A photo without any seal is kept for the reviewer, and says what to do.
        let state = one.take("company_seal", "ruicheng-licence").await;
        let seal = paper(&state, "company_seal");
        assert_eq!((&seal["cut"], seal["cut_advice"].as_str().is_some_and(|advice| advice.contains('，'))), (&json!(false), true));
        assert_eq!(one.browser.get("/enrol/company/papers/company_seal/cut.png").await.status, 404);
        assert!(one.browser.get("/enrol/company").await.read("#company_seal .warning").contains("没有自动提取到"));
        // Nobody else sees it.
        let other = Applicant::verified(world, "zyying017", 2).await;
        let (status, _) = other.phone.call(Method::GET, "/api/company/papers/representative_seal/cut", None).await;
        assert_eq!(status, 404);
    }
);

both!(
    async fn m20_who_says_to_be_the_representative_is_the_one_on_the_licence(world) {
        let chen = Applicant::verified(world, "zyying016", 2).await;
        chen.choose("representative").await;
        chen.take("business_licence", "ruicheng-licence").await;
        chen.take("company_seal", "ruicheng-seal").await;
        chen.take("representative_seal", "oDESK00000000000000000000003-seal").await;
        let typed = [("representative_name", "陈静"), ("representative_id_number", "350199199206200066")];
        chen.type_in(&[TYPED.as_slice(), typed.as_slice()].concat()).await;
        let (status, answer) = chen.submit().await;
        assert_eq!((status, &answer["field"]), (400, &json!("business_licence")), "{answer}");
        let sentence = answer["detail"].as_str().unwrap();
        assert!(sentence.contains("李建国") && sentence.contains("我是企业经办"), "{sentence}");
    }
);
