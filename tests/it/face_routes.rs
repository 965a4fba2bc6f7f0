//! 人脸验证 on a vendor's own page, and the way without a face: WeChat's check, E证通, the call back, the consents.

use crate::{
    kit::World,
    person::{Applicant, applicant},
};
use reqwest::Method;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use zhangzheng::{
    app,
    person::{CallOutcome, Route, entity::face_check, flow},
    providers::face::Route as Offered,
};

const STAFF: zhangzheng::db::Actor = zhangzheng::db::Actor::Staff(uuid::Uuid::from_u128(7));

async fn begin(me: &Applicant<'_>, route: &str) -> (String, String) {
    let begun = me.phone.post("/api/person/face-checks", json!({ "route": route })).await;
    assert!(begun["number"].is_null(), "nothing to read aloud: {begun}");
    (begun["id"].as_str().unwrap().to_owned(), begun["vendor_token"].as_str().expect("a token").to_owned())
}

async fn finish(me: &Applicant<'_>, id: &str) -> (u16, Value) {
    me.phone.call(Method::POST, &format!("/api/person/face-checks/{id}/finished"), Some(json!({}))).await
}

async fn checks(world: &World) -> Vec<face_check::Model> {
    face_check::Entity::find().all(&world.state.db.read).await.unwrap()
}

both!(
    async fn b4_wechats_own_check_passes_only_by_wechats_word(world) {
        let me = applicant(world, "zyying016", 0).await;
        me.ready().await;
        let view = me.phone.get("/api/person").await;
        assert_eq!(view["routes"], json!(["number_video", "wechat", "eid"]), "the server offers, in its order");
        let (id, token) = begin(&me, "wechat").await;
        assert!(!me.phone.get("/api/person").await.to_string().contains(&token), "given once");
        // The phone says it is through, but nobody has looked into the camera: pending, never passed.
        assert_eq!(finish(&me, &id).await.0, 200);
        assert_eq!(finish(&me, &id).await.0, 409, "twice");
        world.work().await;
        assert_eq!(me.status().await, "checking");
        me.phone.wechat("facial-verify", json!({ "verify_id": token, "action": "look" })).await;
        world.advance(61).await;
        world.work().await;
        assert_eq!(me.status().await, "verified");
        let check = checks(world).await.remove(0);
        assert_eq!((check.route, check.token.is_none(), check.video_paper), (Route::Wechat, true, None));
        assert!(check.request_id.is_some_and(|request| request == check.id.simple().to_string()));
    }
);

both!(
    async fn b4_another_person_and_a_closed_page_do_not_pass(world) {
        let me = applicant(world, "zyying016", 0).await;
        me.ready().await;
        // The card says Wang; whoever holds the phone is somebody else: another WeChat user's check is not theirs either.
        let (id, token) = begin(&me, "wechat").await;
        let other = world.phone("oDESK00000000000000000000003");
        let shown = other.wechat("facial-verify", json!({ "verify_id": token, "action": "look" })).await;
        assert!(shown["verify_ret"].is_null(), "{shown}");
        me.phone.wechat("facial-verify", json!({ "verify_id": token, "action": "cancel" })).await;
        finish(&me, &id).await;
        world.work().await;
        let view = me.phone.get("/api/person").await;
        assert_eq!((&view["status"], &view["failed"]["failure"]), (&json!("failed"), &json!("cancelled")));
        assert_eq!(view["checks_left"], 5, "nothing was compared");
        // E证通, done by another person: a sign of fraud, and counted.
        let (id, token) = begin(&me, "eid").await;
        other.wechat("eid", json!({ "token": token })).await;
        finish(&me, &id).await;
        world.work().await;
        let view = me.phone.get("/api/person").await;
        assert_eq!((&view["failed"]["failure"], &view["checks_left"]), (&json!("another_person"), &json!(4)));
        let (id, token) = begin(&me, "eid").await;
        me.phone.wechat("eid", json!({ "token": token })).await;
        let stale = uuid::Uuid::from_u128(9).to_string();
        assert_eq!(finish(&me, &stale).await.0, 409, "not the person's");
        finish(&me, &id).await;
        world.work().await;
        assert_eq!(me.status().await, "verified");
        let last = checks(world).await.into_iter().find(|check| check.id.to_string() == id).unwrap();
        assert!(last.best_frame_hash.is_some_and(|hash| hash.len() == 32) && last.score > Some(90.0));
    }
);

both!(
    async fn b4_a_way_that_is_not_offered_or_down_is_never_replaced_by_another(world) {
        let me = applicant(world, "zyying016", 0).await;
        me.ready().await;
        let fault = json!({ "vendor": "wechat", "operation": "getverifyid", "kind": "http_500", "times": 9 });
        world.control("faults", fault).await;
        let body = Some(json!({ "route": "wechat" }));
        assert_eq!(me.phone.call(Method::POST, "/api/person/face-checks", body).await.0, 503);
        assert!(checks(world).await.is_empty(), "and nothing was begun");
        let unknown = me.phone.call(Method::POST, "/api/person/face-checks", Some(json!({ "route": "mirror" }))).await;
        assert_eq!(unknown.0, 400);
        // The same database with fewer ways.
        let mut config = world.state.config.clone();
        config.face.routes = vec![Offered::NumberVideo];
        let fewer = app::build(config.clone(), world.clock.clone(), world.state.random.clone()).await.unwrap();
        let session = zhangzheng::who::entity::Entity::find().all(&world.state.db.read).await.unwrap();
        let phone = session.into_iter().find(|row| row.channel == zhangzheng::who::Channel::Phone).unwrap();
        let who = zhangzheng::who::Who::from(phone);
        let refused = flow::begin(&fewer, &who, Some(Route::Eid)).await.unwrap_err();
        assert_eq!(refused.problem().code, "not_offered");
        assert_eq!(flow::begin(&fewer, &who, None).await.unwrap().route, Route::NumberVideo);
        fewer.stop.cancel();
        drop(fewer);
        // A way without its vendor's account does not boot.
        config.face.routes = vec![Offered::Eid];
        config.providers.eid = None;
        assert!(app::build(config, world.clock.clone(), world.state.random.clone()).await.is_err());
    }
);

both!(
    async fn b4_without_a_face_a_call_is_appointed_and_a_statement_is_handed_in(world) {
        let me = applicant(world, "zyying016", 0).await;
        me.photos().await;
        me.confirm(json!({})).await;
        let slots = me.phone.get("/api/person/call-slots").await;
        let slot = |index: usize| slots[index]["from"].as_str().expect("a slot").to_owned();
        let ask = async |call_at: &str| {
            let body = json!({ "provide_to_ca": true, "call_at": call_at });
            me.phone.call(Method::POST, "/api/person/manual-review", Some(body)).await
        };
        let (status, answer) = ask("2020-01-01T01:00:00Z").await;
        assert_eq!((status, &answer["field"]), (400, &json!("call_at")), "{answer}");
        let (status, view) = ask(&slot(1)).await;
        assert_eq!((status, view["call"]["from"].as_str()), (200, Some(slot(1).as_str())), "{view}");
        let view = me.phone.post("/api/person/call", json!({ "call_at": slot(2) })).await;
        assert_eq!(view["call"]["from"], slot(2));
        assert_eq!(view["has_statement"], false);
        let cup = me.phone.upload("/api/person/statement", &[], b"MZ".to_vec(), "a.jpg").await;
        assert_eq!((cup.0, &cup.1["field"]), (400, &json!("file")));
        let paper = world.sample("/samples/oDESK00000000000000000000001-seal.jpg").await;
        let (status, view) = me.phone.upload("/api/person/statement", &[], paper, "a.jpg").await;
        assert_eq!((status, &view["has_statement"]), (200, &json!(true)), "{view}");
        let id = me.row().await.id;
        let statement = flow::manual_case(&world.state, id).await.unwrap().statement.expect("a statement");
        let kept = zhangzheng::papers::content(&world.state, id, statement).await.unwrap().1;
        assert!(kept.starts_with(&[0xff, 0xd8]));
        assert!(flow::called(&world.state, id).await.is_err());
        let member = zhangzheng::db::Actor::Member(me.row().await.member_id);
        assert!(flow::record_call(&world.state, member, id, CallOutcome::Confirmed, "").await.is_err(), "not by members");
        flow::record_call(&world.state, STAFF, id, CallOutcome::Confirmed, "已核对").await.unwrap();
        flow::called(&world.state, id).await.unwrap();
        let late = me.phone.call(Method::POST, "/api/person/call", Some(json!({ "call_at": slot(3) }))).await;
        assert_eq!((late.0, &late.1["code"]), (409, &json!("called")));
        me.phone.post("/api/person/consents/provide-to-ca/withdraw", json!({})).await;
        let refused = flow::approve_manual(&world.state, STAFF, id).await.unwrap_err();
        assert_eq!(refused.problem().code, "consent_withdrawn", "without it nothing may be given on");
        // Another round needs another call.
        flow::refuse_manual(&world.state, STAFF, id, "请补拍").await.unwrap();
        assert_eq!(ask(&slot(3)).await.0, 200);
        assert!(flow::called(&world.state, id).await.is_err());
        assert_eq!(flow::calls(&world.state, id).await.unwrap().len(), 3);
    }
);

both!(
    async fn b4_each_consent_is_taken_back_by_itself_on_phone_and_desktop(world) {
        let me = applicant(world, "zyying016", 0).await;
        me.ready().await;
        let page = me.browser.get("/consents").await;
        assert_eq!(page.read(".consent .state"), "已同意 | 已同意 | 已同意");
        assert_eq!(me.browser.post("/consents/face-transfer/withdraw", &[]).await.status, 303);
        let consents = me.phone.get("/api/person/consents").await;
        let stands = |consents: &Value| -> Vec<bool> {
            consents.as_array().unwrap().iter().map(|consent| consent["stands"] == true).collect()
        };
        assert_eq!(stands(&consents), [true, false, true]);
        let body = Some(json!({ "route": "wechat" }));
        let refused = me.phone.call(Method::POST, "/api/person/face-checks", body).await;
        assert_eq!((refused.0, &refused.1["code"]), (409, &json!("consent_needed")), "without one there is no check");
        let consents = me.phone.post("/api/person/consents/provide-to-ca/withdraw", json!({})).await;
        assert_eq!(stands(&consents), [true, false, false]);
        me.phone.post("/api/person/consents/provide-to-ca/withdraw", json!({})).await;
        for text in ["registration", "privacy", "nothing"] {
            let path = format!("/api/person/consents/{text}/withdraw");
            assert_eq!(me.phone.call(Method::POST, &path, Some(json!({}))).await.0, 404, "{text}");
        }
        let events = world.events().await;
        assert_eq!(events.iter().filter(|event| *event == "consent.withdraw").count(), 2, "once each");
    }
);
