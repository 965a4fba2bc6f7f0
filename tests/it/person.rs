//! 个人实名认证: from the QR code to 已完成个人实名认证！, every way of being refused, and what the vendor may do meanwhile.

use crate::kit::{Browser, PASSWORD, Phone, World};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use zhangzheng::{
    db::Actor,
    papers,
    person::{
        Side,
        entity::{face_check, person},
        flow,
    },
};
use zhangzheng_sandbox::samples::{Paper, Photo, clip, id_card};

const MOBILE: &str = "19900000001";

/// Somebody on the desk, with the phone that has scanned the desktop's code.
pub(crate) struct Applicant<'a> {
    pub browser: Browser<'a>,
    pub phone: Phone<'a>,
}

async fn openid(world: &World, index: usize) -> String {
    world.people().await[index]["openid"].as_str().unwrap().to_owned()
}

pub(crate) async fn applicant<'a>(world: &'a World, account: &str, index: usize) -> Applicant<'a> {
    let person = world.people().await[index].clone();
    let browser = world.register(account, person["mobile"].as_str().unwrap()).await;
    let phone = world.phone(person["openid"].as_str().unwrap());
    phone.hand_off(&browser, "person").await;
    Applicant { browser, phone }
}

impl Applicant<'_> {
    async fn photo(&self, side: &str, jpeg: Vec<u8>) -> (u16, Value) {
        self.phone.upload(&format!("/api/person/photos/{side}"), &[], jpeg, "photo.jpg").await
    }

    pub async fn photos(&self) -> Value {
        let mut view = Value::Null;
        for side in ["portrait", "emblem"] {
            let jpeg = self.phone.world.sample(&format!("/samples/{}-{side}.jpg", self.phone.openid)).await;
            let (status, answer) = self.photo(side, jpeg).await;
            assert_eq!(status, 200, "{side}: {answer}");
            view = answer;
        }
        view
    }

    /// Confirms what was read, with some fields changed.
    pub async fn confirm(&self, change: Value) -> (u16, Value) {
        let mut fields = self.phone.get("/api/person").await["fields"].clone();
        for (name, value) in change.as_object().unwrap() {
            fields[name] = value.clone();
        }
        for name in ["sex", "born", "confirmed", "corrected"] {
            fields.as_object_mut().unwrap().remove(name);
        }
        self.phone.call(Method::POST, "/api/person/fields", Some(fields)).await
    }

    async fn consent(&self) {
        self.phone.post("/api/person/consent", json!({ "face": true, "transfer": true, "provide_to_ca": true })).await;
    }

    /// Everything up to the number.
    pub async fn ready(&self) {
        self.photos().await;
        let (status, answer) = self.confirm(json!({})).await;
        assert_eq!(status, 200, "{answer}");
        self.consent().await;
    }

    async fn number(&self) -> (String, String) {
        let begun = self.phone.post("/api/person/face-checks", json!({})).await;
        (begun["id"].as_str().unwrap().to_owned(), begun["number"].as_str().unwrap().to_owned())
    }

    async fn video(&self, id: &str, video: Vec<u8>) -> (u16, Value) {
        self.phone.upload(&format!("/api/person/face-checks/{id}/video"), &[], video, "video.mp4").await
    }

    /// Reads the number aloud, as the person with this openid.
    async fn read_aloud_as(&self, openid: &str, seconds: f32) {
        let (id, number) = self.number().await;
        let (status, answer) = self.video(&id, clip(Some((openid, &number)), seconds)).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["status"], "checking");
    }

    async fn read_aloud(&self) {
        let openid = self.phone.openid.clone();
        self.read_aloud_as(&openid, 5.0).await;
    }

    pub async fn status(&self) -> String {
        self.phone.get("/api/person").await["status"].as_str().unwrap().to_owned()
    }

    pub async fn row(&self) -> person::Model {
        let rows = person::Entity::find().all(&self.phone.world.state.db.read).await.unwrap();
        let index = self.phone.get("/api/me").await["member_id"].as_str().unwrap().to_owned();
        rows.into_iter().find(|row| row.member_id.to_string() == index).expect("a person")
    }
}

async fn checks(world: &World) -> Vec<face_check::Model> {
    face_check::Entity::find().order_by_asc(face_check::Column::Id).all(&world.state.db.read).await.unwrap()
}

async fn videos(world: &World) -> Vec<papers::entity::Model> {
    let videos = papers::entity::Entity::find().filter(papers::entity::Column::ContentType.eq("video/mp4"));
    videos.all(&world.state.db.read).await.unwrap()
}

async fn fault(world: &World, vendor: &str, operation: &str, kind: &str, times: u32) {
    let rule = json!({ "vendor": vendor, "operation": operation, "kind": kind, "times": times });
    world.control("faults", rule).await;
}

fn field(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["field"].as_str().unwrap_or_default())
}

both!(
    async fn m14_to_m19_a_person_is_verified_and_the_desktop_says_so(world) {
        let browser = world.register("zyying016", MOBILE).await;
        let page = browser.get("/enrol/person").await;
        let words = page.read("#person-words");
        for sentence in ["您还未进行个人实名认证！", "实名认证后才可进行企业实名申请证章", "请使用微信扫描右侧的二维码进行个人实名认证！"] {
            assert!(words.contains(sentence), "{words}");
        }
        assert_eq!(page.attribute("#person-side [hx-get]", "hx-get").as_deref(), Some("/parts/handoff/person"));
        assert!(page.attribute("#person-words", "hx-trigger").unwrap().contains("live:person"));

        let phone = world.phone(&openid(world, 0).await);
        phone.hand_off(&browser, "person").await;
        let me = Applicant { browser, phone };
        assert_eq!(me.phone.get("/api/journey").await["steps"][0]["state"], "open");
        let view = me.photos().await;
        assert_eq!(view["fields"]["name"], "王芳");
        assert_eq!(view["fields"]["resident_id"], "350199198808080028");
        assert_eq!((&view["fields"]["sex"], &view["fields"]["born"]), (&json!("女"), &json!("1988-08-08")));
        assert_eq!(view["fields"]["valid_until"], "2040-01-01");
        assert_eq!(view["fields"]["confirmed"], false);
        assert_eq!(me.phone.get("/api/journey").await["steps"][0]["state"], "in_progress");
        me.confirm(json!({})).await;
        assert_eq!(me.status().await, "confirmed");
        me.consent().await;
        me.read_aloud().await;
        assert!(me.browser.get("/enrol/person").await.read("#person-words").contains("正在进行人脸验证"));
        world.work().await;

        let view = me.phone.get("/api/person").await;
        assert_eq!(view["status"], "verified");
        assert_eq!(view["fields"]["resident_id"], "350***********0028", "masked once verified");
        let page = me.browser.get("/enrol/person").await;
        assert!(page.read("#person-words").contains("已完成个人实名认证！"));
        assert!(!page.has("#person-side [hx-get]"), "no QR code any more");
        let part = me.browser.get("/parts/person").await;
        assert!(part.has("#person-side[hx-swap-oob]") && part.has("#rail[hx-swap-oob]"));
        assert_eq!(me.phone.get("/api/journey").await["steps"][0]["state"], "done");
        assert_eq!(me.phone.get("/api/journey").await["steps"][1]["state"], "open");

        let row = me.row().await;
        let verified = flow::verified(&world.state, row.member_id).await.unwrap().expect("verified");
        assert_eq!((verified.name.as_str(), verified.mobile.as_str()), ("王芳", MOBILE));
        let check = &checks(world).await[0];
        assert!(check.number.is_none() && check.score.unwrap() > 90.0 && check.best_frame_hash.is_some());
        assert!(check.request_id.as_deref().is_some_and(|id| !id.is_empty()));
        assert!(videos(world).await.iter().all(|video| video.erased_at.is_some()), "the video is gone");
        let events = world.events().await;
        for event in ["person.start", "person.photograph", "person.confirm", "consent.give", "person.begin", "person.submit", "person.verify"] {
            assert!(events.iter().any(|said| said == event), "{event} in {events:?}");
        }
        let again = me.phone.call(Method::POST, "/api/person/face-checks", Some(json!({}))).await;
        assert_eq!(again.0, 409);
    }
);

both!(
    async fn m15_photos_that_cannot_be_used_are_refused_with_what_to_do(world) {
        let me = applicant(world, "zyying016", 0).await;
        let own = |side: &str, how: &str| format!("/samples/{}-{side}.jpg{how}", me.phone.openid);
        let samples = world.desk("/samples").await;
        let mut urls = samples.as_array().unwrap().iter().filter_map(|sample| sample["url"].as_str());
        let licence = urls.find(|url| url.contains("-licence")).expect("a licence").to_owned();
        for (side, path, hint) in [
            ("portrait", own("portrait", "?blur=12"), "模糊"),
            ("portrait", own("portrait", "?dark=0.9"), "暗"),
            ("portrait", own("portrait", "?glare=0.9"), "反光"),
            ("portrait", own("portrait", "?crop=0.1"), "四个角"),
            ("portrait", own("emblem", ""), "人像面"),
            ("emblem", own("portrait", ""), "国徽面"),
            ("portrait", licence, "没有找到身份证"),
        ] {
            let answer = me.photo(side, world.sample(&path).await).await;
            assert_eq!(field(&answer), (400, "file"), "{path}: {}", answer.1);
            assert!(answer.1["detail"].as_str().unwrap().contains(hint), "{path}: {}", answer.1);
        }
        let expired = Paper::IdEmblem(id_card::Emblem {
            authority: "样本市公安局测试分局".into(),
            valid_from: "2010.01.01".into(),
            valid_until: "2020.01.01".into(),
        });
        let answer = me.photo("emblem", expired.jpeg(Photo::default())).await;
        assert_eq!(field(&answer), (400, "file"));
        assert!(answer.1["detail"].as_str().unwrap().contains("有效期"), "{}", answer.1);
        for garbage in [b"GIF89a".to_vec(), b"<svg onload=alert(1)>".to_vec(), vec![0xff, 0xd8, 0xff]] {
            assert_eq!(field(&me.photo("portrait", garbage).await), (400, "file"));
        }
        assert_eq!(me.photo("portrait", vec![0; 11 * 1024 * 1024]).await.0, 413);
        assert!(matches!(me.photo("back", vec![1]).await.0, 400 | 404));
        let view = me.phone.get("/api/person").await;
        assert_eq!(view["photos"], json!({ "portrait": false, "emblem": false }), "nothing is kept");
        assert!(papers::entity::Entity::find().all(&world.state.db.read).await.unwrap().is_empty());
    }
);

both!(
    async fn m15_fields_are_checked_and_b1_corrections_are_marked(world) {
        let me = applicant(world, "zyying016", 0).await;
        let nothing = json!({ "name": "王芳", "resident_id": "350199198808080028", "address": "福建省", "valid_from": "2020-01-01", "valid_until": "2040-01-01" });
        assert_eq!(me.phone.call(Method::POST, "/api/person/fields", Some(nothing)).await.0, 409, "no photo yet");
        let portrait = world.sample(&format!("/samples/{}-portrait.jpg", me.phone.openid)).await;
        me.photo("portrait", portrait).await;
        let dates = json!({ "valid_from": "2020-01-01", "valid_until": "2040-01-01" });
        assert_eq!(field(&me.confirm(dates).await), (400, "emblem"), "one side is missing");
        me.photos().await;
        for (change, wrong) in [
            (json!({ "name": "W" }), "name"),
            (json!({ "resident_id": "350199198808080029" }), "resident_id"),
            (json!({ "resident_id": "110105201501010014" }), "resident_id"),
            (json!({ "address": "" }), "address"),
            (json!({ "valid_from": "2020/01/01" }), "valid_from"),
            (json!({ "valid_until": "2021-01-01" }), "valid_until"),
            (json!({ "valid_until": "" }), "valid_until"),
        ] {
            assert_eq!(field(&me.confirm(change.clone()).await), (400, wrong), "{change}");
        }
        assert_eq!(me.status().await, "draft", "nothing is half saved");
        let (status, view) = me.confirm(json!({ "address": "福建省样本市测试区朝阳路2号" })).await;
        assert_eq!((status, &view["fields"]["corrected"]), (200, &json!(["address"])));
        // A new photo asks for a new confirmation.
        me.photos().await;
        assert_eq!(me.status().await, "draft");
        assert_eq!(me.phone.call(Method::POST, "/api/person/face-checks", Some(json!({}))).await.0, 409);
        let row = me.row().await;
        let sealed = row.reading.unwrap();
        assert!(!sealed.windows(6).any(|w| w == "王芳".as_bytes()), "sealed");
        world.work().await;
        let old = papers::entity::Entity::find().filter(papers::entity::Column::ErasedAt.is_not_null());
        assert_eq!(old.all(&world.state.db.read).await.unwrap().len(), 3, "replaced photos are destroyed");
    }
);

both!(
    async fn m16_consent_is_three_acts_and_can_be_withdrawn(world) {
        let me = applicant(world, "zyying016", 0).await;
        me.photos().await;
        me.confirm(json!({})).await;
        let consent = async |face: bool, provide_to_ca: bool| {
            let body = json!({ "face": face, "transfer": true, "provide_to_ca": provide_to_ca });
            me.phone.call(Method::POST, "/api/person/consent", Some(body)).await
        };
        assert_eq!(me.phone.call(Method::POST, "/api/person/face-checks", Some(json!({}))).await.0, 409);
        assert_eq!(field(&consent(false, true).await), (400, "face"));
        assert_eq!(field(&consent(true, false).await), (400, "provide_to_ca"));
        assert_eq!(me.phone.get("/api/person").await["consent"], json!({ "face": false, "transfer": false, "provide_to_ca": false }));
        let half = me.phone.call(Method::POST, "/api/person/consent", Some(json!({ "face": true, "provide_to_ca": true })));
        assert_eq!(field(&half.await), (400, "transfer"));
        assert_eq!(consent(true, true).await.0, 200);
        assert_eq!(consent(true, true).await.0, 200, "a second time is the same");
        let given = zhangzheng::agreements::entity::Entity::find().all(&world.state.db.read).await.unwrap();
        assert_eq!(given.iter().filter(|row| ["face", "face-transfer", "provide-to-ca"].contains(&row.text.as_str())).count(), 3);
        // Withdrawn while the video waits: it is not compared, and destroyed.
        me.read_aloud().await;
        me.phone.post("/api/person/consent/withdraw-face", json!({})).await;
        world.work().await;
        let view = me.phone.get("/api/person").await;
        assert_eq!((&view["status"], &view["failed"]["failure"]), (&json!("failed"), &json!("consent_withdrawn")));
        assert!(videos(world).await.iter().all(|video| video.erased_at.is_some()));
        assert_eq!(view["checks_left"], 5);
        assert_eq!(me.phone.call(Method::POST, "/api/person/face-checks", Some(json!({}))).await.0, 409);
    }
);

both!(
    async fn m17_numbers_and_videos_cannot_be_reused(world) {
        let me = applicant(world, "zyying016", 0).await;
        me.ready().await;
        let own = me.phone.openid.clone();
        let (first, number) = me.number().await;
        assert_eq!(number.len(), 4);
        assert!(!me.phone.get("/api/person").await.to_string().contains(&format!("\"{number}\"")), "shown once");
        for garbage in [b"not a video".to_vec(), clip(None, 0.4), clip(None, 40.0)] {
            assert_eq!(field(&me.video(&first, garbage).await), (400, "file"));
        }
        let (second, number) = me.number().await;
        assert_eq!(me.video(&first, clip(Some((&own, &number)), 5.0)).await.1["code"], "number_void");
        assert_eq!(me.video("no-id", clip(None, 5.0)).await.0, 404);
        world.advance(301).await;
        assert_eq!(me.video(&second, clip(Some((&own, &number)), 5.0)).await.1["code"], "number_expired");
        let (third, number) = me.number().await;
        let video = clip(Some((&own, "0000x")), 5.0);
        // A stranger with a session of their own finds nothing here.
        let other = applicant(world, "other2026", 1).await;
        assert_eq!(other.video(&third, video.clone()).await.0, 409);
        other.ready().await;
        other.number().await;
        assert_eq!(other.video(&third, clip(Some((&own, &number)), 5.0)).await.1["code"], "number_void");
        let nobody = world.phone(&own);
        let path = format!("/api/person/face-checks/{third}/video");
        assert_eq!(nobody.upload(&path, &[], video.clone(), "v.mp4").await.0, 401);
        // The same bytes are taken once, from anybody.
        assert_eq!(me.video(&third, video.clone()).await.0, 200);
        assert_eq!(me.video(&third, video.clone()).await.0, 409, "one video a number");
        world.work().await;
        assert_eq!(me.status().await, "failed");
        let (fourth, _) = me.number().await;
        assert_eq!(field(&me.video(&fourth, video.clone()).await), (400, "file"), "replayed");
        let (theirs, _) = other.number().await;
        assert_eq!(field(&other.video(&theirs, video).await), (400, "file"), "replayed by another");
    }
);

both!(
    async fn m17_five_videos_a_day(world) {
        let me = applicant(world, "zyying016", 0).await;
        me.ready().await;
        for left in (0..5).rev() {
            let (id, _) = me.number().await;
            let view = me.video(&id, clip(Some((&me.phone.openid, "x")), 3.0 + left as f32)).await.1;
            assert_eq!(view["checks_left"], left);
            world.work().await;
            let view = me.phone.get("/api/person").await;
            assert_eq!((&view["status"], &view["failed"]["failure"]), (&json!("failed"), &json!("speak_clearly")));
            assert!(view["failed"]["sentence"].as_str().unwrap().contains("大声朗读"));
        }
        let (status, answer) = me.phone.call(Method::POST, "/api/person/face-checks", Some(json!({}))).await;
        assert_eq!(status, 429);
        assert!(answer["retry_after"].as_u64().unwrap() <= 86_400);
        assert!(me.browser.get("/enrol/person").await.read("#person-words .problem").contains("大声朗读"));
        world.clock.advance(chrono::Duration::days(1));
        world.control("clock", json!({ "advance_seconds": 86_400 })).await;
        let again = applicant_again(world, &me).await;
        again.read_aloud_as(&again.phone.openid.clone(), 9.0).await;
        world.work().await;
        assert_eq!(again.status().await, "verified");
    }
);

/// The same person the next day: the desktop's session has ended, the phone's has not.
async fn applicant_again<'a>(world: &'a World, me: &Applicant<'a>) -> Applicant<'a> {
    let phone = world.phone(&me.phone.openid);
    phone.steal(&me.phone);
    Applicant { browser: world.browser(), phone }
}

both!(
    async fn m18_the_vendors_troubles_are_not_the_persons(world) {
        let me = applicant(world, "zyying016", 0).await;
        fault(world, "ocr", "IDCardOCR", "http_500", 1).await;
        let jpeg = world.sample(&format!("/samples/{}-portrait.jpg", me.phone.openid)).await;
        assert_eq!(me.photo("portrait", jpeg).await.0, 503);
        me.ready().await;
        fault(world, "faceid", "GetLiveCode", "http_502", 1).await;
        assert_eq!(me.phone.call(Method::POST, "/api/person/face-checks", Some(json!({}))).await.0, 503);
        // Nobody could say for half an hour: record again, not counted.
        fault(world, "faceid", "LivenessRecognition", "http_500", 500).await;
        me.read_aloud().await;
        for _ in 0..4 {
            world.work().await;
            assert_eq!(me.status().await, "checking");
            world.advance(61).await;
        }
        world.advance(1800).await;
        world.work().await;
        let view = me.phone.get("/api/person").await;
        assert_eq!((&view["failed"]["failure"], &view["checks_left"]), (&json!("no_verdict"), &json!(5)));
        world.state.db.read.ping().await.unwrap();
        let url = format!("{}/control/api/faults", world.sandbox.base_url);
        reqwest::Client::new().delete(url).send().await.unwrap();
        // An answer that is lost uses the number up: said at once, not counted.
        fault(world, "faceid", "LivenessRecognition", "lost_reply", 1).await;
        me.read_aloud_as(&me.phone.openid.clone(), 6.0).await;
        world.work().await;
        world.advance(2).await;
        world.work().await;
        let view = me.phone.get("/api/person").await;
        assert_eq!((&view["failed"]["failure"], &view["checks_left"]), (&json!("no_verdict"), &json!(5)));
        // A few faults, and an outcome nobody knows, and then it passes.
        fault(world, "faceid", "LivenessRecognition", "http_500", 2).await;
        me.read_aloud_as(&me.phone.openid.clone(), 7.0).await;
        for _ in 0..3 {
            assert_eq!(me.status().await, "checking");
            world.work().await;
            world.advance(61).await;
        }
        world.work().await;
        assert_eq!(me.status().await, "verified");
        // The job a second time changes nothing.
        let check = checks(world).await.pop().unwrap();
        flow::check_face(&world.state, check.id).await;
        assert_eq!(me.status().await, "verified");
        let verified = world.events().await.iter().filter(|name| *name == "person.verify").count();
        assert_eq!(verified, 1);
    }
);

both!(
    async fn m18_another_face_is_no_pass_and_signs_of_fraud_bring_a_reviewer(world) {
        let me = applicant(world, "zyying016", 0).await;
        me.ready().await;
        let stranger = openid(world, 2).await;
        for (try_number, expected) in [(0u8, "failed"), (1, "failed"), (2, "manual_review")] {
            me.read_aloud_as(&stranger, 4.0 + f32::from(try_number)).await;
            world.work().await;
            assert_eq!(me.status().await, expected);
        }
        assert_eq!(me.phone.get("/api/journey").await["steps"][0]["state"], "under_review");
        let cases = flow::manual_cases(&world.state).await.unwrap();
        assert_eq!(cases.len(), 1);
        assert!(!cases[0].declined_face);
        let detail = flow::manual_case(&world.state, cases[0].person_id).await.unwrap();
        assert_eq!(detail.checks.len(), 3);
        assert!(detail.checks.iter().all(|check| check.code.as_deref() == Some("FailedOperation.CompareLowSimilarity")));
    }
);

both!(
    async fn b4_who_declines_the_face_check_is_looked_at_by_a_person(world) {
        let me = applicant(world, "zyying016", 0).await;
        let decline = async |provide_to_ca: bool| {
            let body = json!({ "provide_to_ca": provide_to_ca });
            me.phone.call(Method::POST, "/api/person/manual-review", Some(body)).await
        };
        me.photos().await;
        assert_eq!(decline(true).await.0, 409, "not before the fields are confirmed");
        me.confirm(json!({})).await;
        assert_eq!(field(&decline(false).await), (400, "provide_to_ca"));
        assert_eq!(decline(true).await.1["status"], "manual_review");
        assert!(me.browser.get("/enrol/person").await.read("#person-words").contains("已转人工审核"));
        let case = flow::manual_cases(&world.state).await.unwrap().remove(0);
        assert!(case.declined_face);
        assert!(flow::photo(&world.state, case.person_id, Side::Emblem).await.unwrap().starts_with(&[0xff, 0xd8]));
        let staff = Actor::Staff(world.state.random.id(world.state.clock.now()));
        assert!(flow::refuse_manual(&world.state, staff, case.person_id, " ").await.is_err());
        flow::refuse_manual(&world.state, staff, case.person_id, "请补拍国徽面").await.unwrap();
        let view = me.phone.get("/api/person").await;
        assert_eq!((&view["status"], &view["failed"]["note"]), (&json!("failed"), &json!("请补拍国徽面")));
        assert!(me.browser.get("/enrol/person").await.read(".problem").contains("请补拍国徽面"));
        assert!(flow::approve_manual(&world.state, staff, case.person_id).await.is_err(), "it is not waiting");
        decline(true).await;
        flow::approve_manual(&world.state, staff, case.person_id).await.unwrap();
        assert_eq!(me.status().await, "verified");
        assert!(flow::verified(&world.state, case.member_id).await.unwrap().is_some());
    }
);

both!(
    async fn m19_one_card_verifies_one_member_of_an_account(world) {
        let me = applicant(world, "zyying016", 0).await;
        me.ready().await;
        me.read_aloud().await;
        world.work().await;
        assert_eq!(me.status().await, "verified");
        // A second member of the same account, with the first one's card.
        let row = me.row().await;
        let hash = zhangzheng::account::password::hash(PASSWORD, &world.state.random).await.unwrap();
        let mobile = zhangzheng::kinds::Mobile::parse("19900000003").unwrap();
        let mut tx = world.state.db.begin(Actor::System).await.unwrap();
        zhangzheng::account::flow::add_member(&mut tx, &world.state, row.account_id, &mobile, Some(hash)).await.unwrap();
        tx.commit().await.unwrap();
        let browser = world.browser();
        browser.get("/sign-in").await;
        let signed_in = browser
            .post("/sign-in", &[("account", "zyying016"), ("mobile", "19900000003"), ("password", PASSWORD)])
            .await;
        assert_eq!(signed_in.status, 303, "{}", signed_in.text());
        let phone = world.phone(&openid(world, 2).await);
        phone.hand_off(&browser, "person").await;
        let second = Applicant { browser, phone };
        second.photos().await;
        for side in ["portrait", "emblem"] {
            let jpeg = world.sample(&format!("/samples/{}-{side}.jpg", me.phone.openid)).await;
            assert_eq!(second.photo(side, jpeg).await.0, 200);
        }
        let (status, answer) = second.confirm(json!({})).await;
        assert_eq!((status, answer["code"].as_str()), (409, Some("already_verified")));
        // In another account the same person is welcome.
        world.advance(61).await;
        let elsewhere = applicant(world, "another26", 0).await;
        elsewhere.ready().await;
        elsewhere.read_aloud_as(&elsewhere.phone.openid.clone(), 6.0).await;
        world.work().await;
        assert_eq!(elsewhere.status().await, "verified");
    }
);
