//! Reading sample papers through the adapter.

use crate::{Desk, WANG};
use zhangzheng_kinds::Sex;
use zhangzheng_providers::{
    Error,
    ocr::{Advice, Ocr, Reading, ValidUntil},
};

async fn start() -> (Desk, Ocr) {
    let desk = Desk::start().await;
    let ocr = Ocr::new(&desk.section("ocr"), desk.http.clone(), desk.clock.clone()).unwrap();
    (desk, ocr)
}

fn retake<T: std::fmt::Debug>(reading: Reading<T>) -> Vec<Advice> {
    match reading {
        Reading::Retake(advice) => advice,
        Reading::Read(read) => panic!("was read: {read:?}"),
    }
}

#[tokio::test]
async fn m15_both_sides_of_a_photographed_card_are_read_from_the_pixels() {
    let (desk, ocr) = start().await;
    let photo = desk.sample(&format!("{WANG}-portrait.jpg?width=1000&rotate=5&quality=60")).await;
    let Reading::Read(front) = ocr.portrait_side(&photo).await.unwrap() else { panic!("not read") };
    assert_eq!((front.paper.name.as_str(), front.paper.id_number.as_str()), ("王芳", "350199198808080028"));
    assert_eq!((front.paper.sex, front.paper.born.unwrap().to_string().as_str()), (Some(Sex::Female), "1988-08-08"));
    assert!(front.noticed.is_empty() && !front.request_id.is_empty());
    assert!(!format!("{front:?}").contains("王芳"));
    let photo = desk.sample(&format!("{WANG}-emblem.jpg?tilt=0.2&rotate=-6")).await;
    let Reading::Read(back) = ocr.emblem_side(&photo).await.unwrap() else { panic!("not read") };
    assert_eq!(back.paper.valid_from.unwrap().to_string(), "2020-01-01");
    assert!(matches!(back.paper.valid_until, ValidUntil::Day(day) if day.to_string() == "2040-01-01"));
}

#[tokio::test]
async fn m15_bad_pictures_say_how_to_take_a_better_one() {
    let (desk, ocr) = start().await;
    for (how, advice) in [
        ("blur=6", Advice::Blurred),
        ("crop=0.15", Advice::Incomplete),
        ("glare=0.9", Advice::Reflection),
        ("width=280", Advice::TooSmall),
    ] {
        let photo = desk.sample(&format!("{WANG}-portrait.jpg?{how}")).await;
        let found = retake(ocr.portrait_side(&photo).await.unwrap());
        assert!(found.contains(&advice) || (how == "width=280" && found == [Advice::NotAnIdCard]), "{how}: {found:?}");
        assert!(found[0].sentence().chars().count() > 8);
    }
    let other_side = desk.sample(&format!("{WANG}-emblem.jpg")).await;
    assert_eq!(retake(ocr.portrait_side(&other_side).await.unwrap()), [Advice::WrongSide]);
    let tea = desk.sample("cup.jpg").await;
    assert_eq!(retake(ocr.portrait_side(&tea).await.unwrap()), [Advice::NotAnIdCard]);
    assert_eq!(retake(ocr.portrait_side(b"not a picture").await.unwrap()), [Advice::Undecodable]);
    assert_eq!(retake(ocr.portrait_side(b"").await.unwrap()), [Advice::Undecodable]);
}

#[tokio::test]
async fn m21_a_licence_is_read_and_a_card_is_not_one() {
    let (desk, ocr) = start().await;
    let photo = desk.sample("ruicheng-licence.jpg?rotate=4&quality=70").await;
    let Reading::Read(read) = ocr.licence(&photo).await.unwrap() else { panic!("not read") };
    assert_eq!(read.paper.name, "福建瑞成科技有限公司");
    assert_eq!((read.paper.code.as_str(), read.paper.representative.as_str()), ("91350102MA0X0A012U", "李建国"));
    let card = desk.sample(&format!("{WANG}-portrait.jpg")).await;
    assert_eq!(retake(ocr.licence(&card).await.unwrap()), [Advice::NotALicence]);
    let blurred = desk.sample("ruicheng-licence.jpg?blur=7").await;
    assert_eq!(retake(ocr.licence(&blurred).await.unwrap()), [Advice::Blurred]);
}

#[tokio::test]
async fn warnings_reach_the_reviewer_and_troubles_stay_errors() {
    let (desk, ocr) = start().await;
    let photo = desk.sample(&format!("{WANG}-portrait.jpg?width=900&desk=false")).await;
    desk.fault("ocr", "IDCardOCR", "warn:-9106").await;
    let Reading::Read(read) = ocr.portrait_side(&photo).await.unwrap() else { panic!("not read") };
    assert_eq!(read.noticed, [Advice::Altered]);
    desk.fault("ocr", "IDCardOCR", "warn:-9104").await;
    assert_eq!(retake(ocr.portrait_side(&photo).await.unwrap()), [Advice::TemporaryCard]);
    for kind in ["http_500", "http_502", "reset", "rate_limited", "error:InternalError"] {
        desk.fault("ocr", "IDCardOCR", kind).await;
        let error = ocr.portrait_side(&photo).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{kind}: {error}");
    }
    desk.fault("ocr", "IDCardOCR", "error:ResourceUnavailable.InArrears").await;
    assert!(matches!(ocr.portrait_side(&photo).await.unwrap_err(), Error::Misconfigured { .. }));
}

#[tokio::test]
async fn a_wrong_key_or_clock_is_an_alarm() {
    let desk = Desk::start().await;
    let mut table = desk.settings["providers"]["ocr"].as_table().unwrap().clone();
    table.insert("secret_key".into(), "wrong".into());
    let ocr = Ocr::new(&table.try_into().unwrap(), desk.http.clone(), desk.clock.clone()).unwrap();
    let error = ocr.licence(b"x").await.unwrap_err();
    assert!(error.to_string().contains("AuthFailure.SignatureFailure"), "{error}");
    let ocr = Ocr::new(&desk.section("ocr"), desk.http.clone(), desk.clock.clone()).unwrap();
    desk.clock.advance(chrono::Duration::minutes(6));
    let error = ocr.licence(b"x").await.unwrap_err();
    assert!(error.to_string().contains("AuthFailure.SignatureExpire"), "{error}");
}
