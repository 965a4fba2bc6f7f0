//! The number-reading check through the adapter.

use crate::{Desk, WANG};
use zhangzheng_kinds::{PersonName, ResidentId};
use zhangzheng_providers::{
    Error,
    face::{Advice, Face, Outcome},
};
use zhangzheng_sandbox::samples::clip;

const LI: &str = "oDESK00000000000000000000002";

struct Booth {
    desk: Desk,
    face: Face,
    name: PersonName,
    id: ResidentId,
}

impl Booth {
    async fn start() -> Self {
        let desk = Desk::start().await;
        let face =
            Face::new(&desk.section("face"), Some(desk.section("eid")), desk.http.clone(), desk.clock.clone()).unwrap();
        let (name, id) = (PersonName::parse("王芳").unwrap(), ResidentId::parse("350199198808080028").unwrap());
        Self { desk, face, name, id }
    }

    /// What comes of a video in which `openid` reads the number, changed by `read`.
    async fn try_with(&self, openid: &str, seconds: f32, read: impl Fn(String) -> String) -> Outcome {
        let number = self.face.number().await.unwrap();
        let video = clip(Some((openid, &read(number.clone()))), seconds);
        self.face.recognise(&self.name, &self.id, &number, &video).await.unwrap()
    }
}

fn advice(outcome: Outcome) -> Advice {
    match outcome {
        Outcome::Failed { advice, .. } => advice,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn m17_the_right_person_reading_the_number_passes_once() {
    let booth = Booth::start().await;
    let number = booth.face.number().await.unwrap();
    assert_eq!(number.len(), 4);
    let video = clip(Some((WANG, &number)), 6.0);
    let outcome = booth.face.recognise(&booth.name, &booth.id, &number, &video).await.unwrap();
    let Outcome::Passed { score, best_frame, request_id } = outcome else { panic!("{outcome:?}") };
    assert!(score.is_some_and(|score| score >= 70.0) && !request_id.is_empty());
    assert!(best_frame.unwrap().starts_with(&[0xff, 0xd8]));
    let again = booth.face.recognise(&booth.name, &booth.id, &number, &video).await.unwrap_err();
    assert!(matches!(again, Error::Refused { .. }), "a number is used once: {again}");
}

#[tokio::test]
async fn m17_wrong_number_person_length_and_silence_fail_with_advice() {
    let booth = Booth::start().await;
    assert_eq!(advice(booth.try_with(WANG, 6.0, |_| "0".into()).await), Advice::SpeakClearly);
    let other = booth.try_with(LI, 6.0, |number| number).await;
    assert_eq!(advice(other), Advice::AnotherPerson);
    assert_eq!(advice(booth.try_with(WANG, 1.0, |number| number).await), Advice::VideoLength);
    assert_eq!(advice(booth.try_with(WANG, 21.0, |number| number).await), Advice::VideoLength);
    let number = booth.face.number().await.unwrap();
    let unmarked = booth.face.recognise(&booth.name, &booth.id, &number, &clip(None, 6.0)).await.unwrap();
    assert_eq!(advice(unmarked), Advice::SpeakClearly);
    let number = booth.face.number().await.unwrap();
    let junk = booth.face.recognise(&booth.name, &booth.id, &number, b"no video").await.unwrap();
    assert_eq!(advice(junk), Advice::VideoUnusable);
}

#[tokio::test]
async fn m17_names_that_do_not_belong_to_the_number_fail() {
    let booth = Booth::start().await;
    let number = booth.face.number().await.unwrap();
    let video = clip(Some((WANG, &number)), 6.0);
    let other = PersonName::parse("王方").unwrap();
    assert_eq!(advice(booth.face.recognise(&other, &booth.id, &number, &video).await.unwrap()), Advice::IdentityWrong);
    let unknown = ResidentId::parse("11010519491231002X").unwrap();
    let outcome = booth.face.recognise(&booth.name, &unknown, &number, &video).await.unwrap();
    assert_eq!(advice(outcome), Advice::IdentityWrong);
}

#[tokio::test]
async fn m17_a_number_that_was_never_given_or_is_old_is_refused() {
    let booth = Booth::start().await;
    let video = clip(Some((WANG, "12345")), 6.0);
    let never = booth.face.recognise(&booth.name, &booth.id, "12345", &video).await.unwrap_err();
    assert!(matches!(never, Error::Refused { .. }));
    let number = booth.face.number().await.unwrap();
    booth.desk.post("/control/api/clock", serde_json::json!({"advance_seconds": 601})).await;
    booth.desk.clock.advance(chrono::Duration::seconds(601));
    let video = clip(Some((WANG, &number)), 6.0);
    let late = booth.face.recognise(&booth.name, &booth.id, &number, &video).await.unwrap_err();
    assert!(matches!(late, Error::Refused { .. }));
}

#[tokio::test]
async fn m17_a_video_is_compared_with_the_picture_on_the_card() {
    let booth = Booth::start().await;
    let card = booth.desk.sample(&format!("{WANG}-portrait.jpg?width=1000")).await;
    for (openid, passes) in [(WANG, true), (LI, false)] {
        let number = booth.face.number().await.unwrap();
        let outcome = booth.face.compare(&card, &number, &clip(Some((openid, &number)), 5.0)).await.unwrap();
        assert_eq!(matches!(outcome, Outcome::Passed { .. }), passes, "{outcome:?}");
    }
}

#[tokio::test]
async fn signs_of_fraud_are_told_from_the_vendors_trouble() {
    let booth = Booth::start().await;
    booth.desk.fault("faceid", "LivenessRecognition", "FailedOperation.LivessDetectFake").await;
    let suspicious = advice(booth.try_with(WANG, 6.0, |number| number).await);
    assert!(suspicious.is_suspicious());
    booth.desk.fault("faceid", "LivenessRecognition", "FailedOperation.DetectEngineSystemError").await;
    let trouble = booth.try_with(WANG, 6.0, |number| number).await;
    assert!(matches!(trouble, Outcome::TryLater { .. }));
    booth.desk.fault("faceid", "GetLiveCode", "error:UnauthorizedOperation.Nonactivated").await;
    assert!(matches!(booth.face.number().await.unwrap_err(), Error::Misconfigured { .. }));
}

#[tokio::test]
async fn b4_a_hosted_check_is_pulled_and_belongs_to_its_number() {
    let booth = Booth::start().await;
    let token = booth.face.begin_eid(&booth.name, &booth.id, "check-1").await.unwrap();
    let early = booth.face.eid_outcome(&token, "check-1").await.unwrap();
    assert!(matches!(early, Outcome::TryLater { .. }), "nobody has looked yet: {early:?}");
    let look = |openid: &str| serde_json::json!({"openid": openid, "token": token});
    assert!(booth.desk.post("/phone/eid", look(WANG)).await.status().is_success());
    assert_eq!(booth.desk.post("/phone/eid", look(WANG)).await.status().as_u16(), 409, "once");
    let Outcome::Passed { score, best_frame, .. } = booth.face.eid_outcome(&token, "check-1").await.unwrap() else {
        panic!("not passed")
    };
    assert!(score.is_some_and(|score| score > 90.0) && best_frame.unwrap().starts_with(&[0xff, 0xd8]));
    let another = booth.face.eid_outcome(&token, "check-2").await.unwrap_err();
    assert!(matches!(another, Error::Untrusted { .. }), "{another}");
    assert!(booth.face.eid_outcome("INVENTED", "check-1").await.is_err());
    let token = booth.face.begin_eid(&booth.name, &booth.id, "check-3").await.unwrap();
    booth.desk.post("/phone/eid", serde_json::json!({"openid": LI, "token": token})).await;
    assert_eq!(advice(booth.face.eid_outcome(&token, "check-3").await.unwrap()), Advice::AnotherPerson);
}
