//! 微信小程序服务端: each operation, each refusal that means something to us.

use crate::desk::{Desk, LI_JIANGUO, WANG_FANG};
use chrono::Duration;
use serde_json::json;
use zhangzheng_kinds::{PersonName, ResidentId, Secret};
use zhangzheng_providers::{
    Error,
    face::{Advice, Outcome},
    wechat::{Code, FaceCheck, Message, Sent},
};

#[tokio::test]
async fn a_login_code_gives_the_person_once_and_in_time() {
    let desk = Desk::start().await;
    let wechat = desk.wechat();
    let code = desk.login_code(WANG_FANG).await;
    let session = wechat.session(&code).await.unwrap().unwrap();
    assert_eq!(session.openid, WANG_FANG);
    assert!(!format!("{session:?}").contains(session.session_key.expose().as_str()));
    assert!(wechat.session(&code).await.unwrap().is_none(), "used");
    assert!(wechat.session("0invented").await.unwrap().is_none(), "never given");
    let code = desk.login_code(WANG_FANG).await;
    desk.advance(301).await;
    assert!(wechat.session(&code).await.unwrap().is_none(), "too old");
}

#[tokio::test]
async fn a_phone_number_code_gives_the_number_once_and_is_not_a_login_code() {
    let desk = Desk::start().await;
    let wechat = desk.wechat();
    let code = desk.phone_code("/phone/phone-number", LI_JIANGUO).await;
    assert!(wechat.session(&code).await.unwrap().is_none(), "not for signing in");
    let code = desk.phone_code("/phone/phone-number", LI_JIANGUO).await;
    assert_eq!(wechat.mobile(&code).await.unwrap().unwrap().as_str(), "19900000002");
    assert!(wechat.mobile(&code).await.unwrap().is_none(), "used");
    let login = desk.login_code(LI_JIANGUO).await;
    assert!(wechat.mobile(&login).await.unwrap().is_none(), "not for the number");
}

#[tokio::test]
async fn many_calls_at_once_fetch_one_token() {
    let desk = Desk::start().await;
    let wechat = desk.wechat();
    let calls = (0..20).map(|_| wechat.mobile("0invented"));
    for result in futures_util::future::join_all(calls).await {
        assert!(result.unwrap().is_none());
    }
    assert_eq!(desk.calls("stable_token").await, 1);
    assert_eq!(desk.calls("getuserphonenumber").await, 20);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_and_after_wechat_has_dropped_it() {
    let desk = Desk::start().await;
    let wechat = desk.wechat();
    wechat.mobile("0invented").await.unwrap();
    desk.advance(6800).await;
    wechat.mobile("0invented").await.unwrap();
    assert_eq!(desk.calls("stable_token").await, 1, "still good");
    desk.advance(150).await;
    wechat.mobile("0invented").await.unwrap();
    assert_eq!(desk.calls("stable_token").await, 2, "within its last five minutes");
    for (how, renewals) in [("expire", 3), ("forget", 4)] {
        desk.post("/control/api/wechat/tokens", json!({"how": how})).await;
        let calls = (0..10).map(|_| wechat.mobile("0invented"));
        for result in futures_util::future::join_all(calls).await {
            assert!(result.unwrap().is_none(), "{how}");
        }
        assert_eq!(desk.calls("stable_token").await, renewals, "{how}: ten calls, one renewal");
    }
}

#[tokio::test]
async fn a_refused_token_is_tried_once_more_and_no_further() {
    let desk = Desk::start().await;
    let wechat = desk.wechat();
    for code in ["40001", "40014", "42001"] {
        desk.fault("wechat", "getuserphonenumber", code, 1).await;
        assert!(wechat.mobile("0invented").await.unwrap().is_none(), "{code} once");
        desk.advance(60).await;
    }
    desk.fault("wechat", "getuserphonenumber", "40001", 9).await;
    let before = desk.calls("getuserphonenumber").await;
    assert!(matches!(wechat.mobile("0invented").await, Err(Error::Unavailable { .. })));
    assert_eq!(desk.calls("getuserphonenumber").await, before + 2);
}

#[tokio::test]
async fn a_mini_program_code_is_a_picture_and_breaking_its_rules_is_refused() {
    let desk = Desk::start().await;
    let wechat = desk.wechat();
    let wanted =
        Code { scene: "0123456789abcdef0123456789abcdef", page: "pages/home/home", width: 430, check_path: true };
    let picture = wechat.code(&wanted).await.unwrap();
    assert_eq!(picture.content_type, "image/jpeg");
    assert!(picture.bytes.starts_with(&[0xff, 0xd8]));
    let long = "0".repeat(33);
    for (broken, code) in [
        (Code { scene: &long, ..wanted.clone() }, "40169"),
        (Code { scene: "a%20b", ..wanted.clone() }, "40129"),
        (Code { scene: "", ..wanted.clone() }, "40129"),
        (Code { page: "/pages/home/home", ..wanted.clone() }, "41030"),
        (Code { page: "pages/home/home?a=1", ..wanted.clone() }, "41030"),
        (Code { width: 100, ..wanted.clone() }, "40097"),
    ] {
        assert_eq!(wechat.code(&broken).await.unwrap_err().code(), Some(code), "{broken:?}");
    }
}

#[tokio::test]
async fn a_url_link_opens_the_mini_program_while_it_lives() {
    let desk = Desk::start().await;
    let wechat = desk.wechat();
    let link = wechat.url_link("pages/home/home", "invite=abc", Duration::days(2)).await.unwrap();
    let scan = || desk.post("/phone/scan", json!({"openid": WANG_FANG, "text": link}));
    let opened = scan().await;
    assert_eq!((&opened["kind"], &opened["query"]["invite"]), (&json!("miniprogram"), &json!("abc")));
    desk.advance(3 * 86_400).await;
    assert_eq!(scan().await["kind"], "text");
    for life in [Duration::zero(), Duration::days(31)] {
        let refused = wechat.url_link("pages/home/home", "", life).await.unwrap_err();
        assert_eq!(refused.code(), Some("85401"));
    }
}

#[tokio::test]
async fn an_ordinary_link_opens_the_page_with_the_whole_address_encoded_once() {
    let desk = Desk::start().await;
    let text = "http://127.0.0.1:8080/h/abc?x=1 2";
    let opened = desk.post("/phone/scan", json!({"openid": WANG_FANG, "text": text})).await;
    assert_eq!(opened["kind"], "miniprogram");
    assert_eq!(opened["query"]["q"], "http%3A%2F%2F127.0.0.1%3A8080%2Fh%2Fabc%3Fx%3D1%202");
    let other = desk.post("/phone/scan", json!({"openid": WANG_FANG, "text": "http://127.0.0.1:8080/help"})).await;
    assert_eq!(other["kind"], "text");
}

#[tokio::test]
async fn one_tick_is_one_message() {
    let desk = Desk::start().await;
    let wechat = desk.wechat();
    let message = Message {
        openid: WANG_FANG,
        template: "review_result",
        page: "pages/home/home",
        fields: &[
            ("thing1", "企业实名认证资料需要补充的说明非常非常长以至于放不下"),
            ("phrase2", "已退回"),
            ("thing3", "印模不清晰"),
            ("time4", "2026年11月23日 10:00"),
        ],
    };
    assert_eq!(wechat.send(&message).await.unwrap(), Sent::NotSubscribed);
    let template = wechat.template("review_result").unwrap();
    let ticked = json!({"openid": WANG_FANG, "template_ids": [template], "accept": [template]});
    assert_eq!(desk.post("/phone/subscribe", ticked).await[template], "accept");
    assert_eq!(wechat.send(&message).await.unwrap(), Sent::Sent);
    assert_eq!(wechat.send(&message).await.unwrap(), Sent::NotSubscribed);
    let arrived = desk.get(&format!("/phone/messages?openid={WANG_FANG}")).await;
    assert_eq!(arrived.as_array().unwrap().len(), 1);
    assert_eq!(arrived[0]["data"][1], json!(["审核结果", "已退回"]));
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_says_why() {
    let desk = Desk::start().await;
    let wechat = desk.wechat();
    let message = Message { openid: "oNOBODY", template: "review_result", page: "", fields: &[] };
    assert_eq!(wechat.send(&message).await.unwrap_err().code(), Some("40003"));
    let message = Message { openid: WANG_FANG, ..message };
    assert_eq!(wechat.send(&message).await.unwrap_err().code(), Some("47003"));
    let message = Message { template: "invented", ..message };
    assert!(matches!(wechat.send(&message).await, Err(Error::Misconfigured { .. })));
}

#[tokio::test]
async fn what_is_wrong_with_us_and_what_is_wrong_with_wechat_are_told_apart() {
    let desk = Desk::start().await;
    let mut config = desk.wechat_config();
    config.secret = Secret::new("ffffffffffffffffffffffffffffffff".into());
    let http = zhangzheng_providers::Http::new().unwrap();
    let stranger = zhangzheng_providers::wechat::Client::new(config, http, desk.clock.clone());
    assert!(matches!(stranger.session("0x").await, Err(Error::Misconfigured { .. })));
    let wechat = desk.wechat();
    for kind in ["rate_limited", "-1", "45009", "http_500", "http_502", "reset", "lost_reply"] {
        desk.fault("wechat", "jscode2session", kind, 1).await;
        assert!(matches!(wechat.session("0x").await, Err(Error::Unavailable { .. })), "{kind}");
    }
    desk.fault("wechat", "jscode2session", "40226", 1).await;
    assert_eq!(wechat.session("0x").await.unwrap_err().code(), Some("40226"));
}

#[tokio::test]
async fn b4_a_face_check_is_of_one_person_and_wechats_word_alone_passes() {
    let desk = Desk::start().await;
    let wechat = desk.wechat();
    let (name, id) = (PersonName::parse("王芳").unwrap(), ResidentId::parse("350199198808080028").unwrap());
    let check = FaceCheck { out_seq_no: "0123456789abcdef0123456789abcdef", openid: WANG_FANG, name: &name, id: &id };
    let verify_id = wechat.begin_face_check(check).await.unwrap();
    assert!(wechat.begin_face_check(check).await.is_err(), "a number is used once");
    assert!(matches!(wechat.face_outcome(&verify_id, check).await.unwrap(), Outcome::TryLater { .. }), "not finished");
    let look = |openid: &'static str, action: &'static str| json!({"openid": openid, "verify_id": verify_id, "action": action});
    assert_eq!(desk.try_post("/phone/facial-verify", look(LI_JIANGUO, "look")).await.0, 409, "another phone");
    desk.post("/phone/facial-verify", look(WANG_FANG, "cancel")).await;
    let cancelled = wechat.face_outcome(&verify_id, check).await.unwrap();
    assert!(matches!(cancelled, Outcome::Failed { advice: Advice::Cancelled, .. }), "{cancelled:?}");
    desk.post("/phone/facial-verify", look(WANG_FANG, "look")).await;
    assert!(matches!(wechat.face_outcome(&verify_id, check).await.unwrap(), Outcome::Passed { .. }));
    let another = FaceCheck { name: &PersonName::parse("王方").unwrap(), ..check };
    assert!(wechat.face_outcome(&verify_id, another).await.is_err(), "the hash is of somebody else");
    // The person on the card is not the one with the phone.
    let theirs = FaceCheck { out_seq_no: "fedcba9876543210", name: &PersonName::parse("李建国").unwrap(), ..check };
    let id = wechat.begin_face_check(theirs).await.unwrap();
    desk.post("/phone/facial-verify", json!({"openid": WANG_FANG, "verify_id": id, "action": "look"})).await;
    let outcome = wechat.face_outcome(&id, theirs).await.unwrap();
    assert!(matches!(outcome, Outcome::Failed { advice: Advice::AnotherPerson, .. }), "{outcome:?}");
}
