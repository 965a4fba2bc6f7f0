//! Text messages through the adapter, read from the desk's inbox.

use crate::Desk;
use serde_json::Value;
use zhangzheng_kinds::{Mobile, SmsCode};
use zhangzheng_providers::{
    Error,
    sms::{Client, Outcome, Template, Text},
};

async fn start() -> (Desk, Client) {
    let desk = Desk::start().await;
    let sms = Client::new(&desk.section("sms"), desk.http.clone(), desk.clock.clone()).unwrap();
    (desk, sms)
}

fn code(digits: &str) -> Text {
    Text::Code { template: Template::RegisterCode, code: SmsCode::parse(digits).unwrap(), minutes: 5 }
}

#[tokio::test]
async fn m9_a_code_arrives_on_the_right_phone() {
    let (desk, sms) = start().await;
    let mobile = Mobile::parse("19900000001").unwrap();
    let sent = sms.send_text(&mobile, &code("419969"), "ref-1").await.unwrap();
    assert!(matches!(sent, Outcome::Taken { serial, .. } if !serial.is_empty()));
    let inbox: Value = desk.get("/phone/inbox?mobile=19900000001").await.json().await.unwrap();
    assert_eq!(inbox[0]["text"], "【掌证】您正在注册，验证码419969，5分钟内有效。请勿告诉他人。");
    assert_eq!(inbox[0]["params"][0], "419969");
    let other: Value = desk.get("/phone/inbox?mobile=19900000002").await.json().await.unwrap();
    assert_eq!(other.as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn m9_every_kind_of_text_has_an_approved_template() {
    let (_desk, sms) = start().await;
    let mobile = Mobile::parse("19900000003").unwrap();
    let number = |template| Text::Number { template, number: "A10086".into() };
    let texts = [
        code("100001"),
        Text::Code { template: Template::SignInCode, code: SmsCode::parse("100002").unwrap(), minutes: 5 },
        Text::Code { template: Template::ResetCode, code: SmsCode::parse("100003").unwrap(), minutes: 5 },
        Text::Code { template: Template::AdministratorCode, code: SmsCode::parse("100004").unwrap(), minutes: 5 },
        number(Template::RepresentativeInvite),
        number(Template::CaseReturned),
        number(Template::CertificateActive),
        Text::Expiring { days: 30 },
    ];
    for text in texts {
        assert!(matches!(sms.send_text(&mobile, &text, "").await.unwrap(), Outcome::Taken { .. }), "{text:?}");
    }
}

#[tokio::test]
async fn m9_limits_and_wrong_numbers_are_answers() {
    let (desk, sms) = start().await;
    let mobile = Mobile::parse("19900000001").unwrap();
    sms.send_text(&mobile, &code("111111"), "").await.unwrap();
    assert!(matches!(sms.send_text(&mobile, &code("111111"), "").await.unwrap(), Outcome::TooMany { .. }));
    assert!(matches!(sms.send_text(&mobile, &code("222222"), "").await.unwrap(), Outcome::Taken { .. }));
    let blocked = Mobile::parse("19900009001").unwrap();
    assert!(matches!(sms.send_text(&blocked, &code("333333"), "").await.unwrap(), Outcome::Unreachable { .. }));
    let slow = Mobile::parse("19900009003").unwrap();
    assert!(matches!(sms.send_text(&slow, &code("333333"), "").await.unwrap_err(), Error::Unavailable { .. }));
    let bad = "FailedOperation.SignatureIncorrectOrUnapproved";
    desk.fault("sms", "SendSms", bad).await;
    assert!(matches!(sms.send_text(&mobile, &code("444444"), "").await.unwrap_err(), Error::Misconfigured { .. }));
}
