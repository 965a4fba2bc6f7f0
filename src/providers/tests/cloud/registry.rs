//! The company register through the adapter.

use crate::Desk;
use zhangzheng_kinds::{CompanyName, PersonName, ResidentId, Uscc};
use zhangzheng_providers::registry::{Agreement, Operating, Registry};

fn asked(name: &str, representative: &str) -> (Uscc, CompanyName, PersonName) {
    let uscc = Uscc::parse("91350102MA0X0A012U").unwrap();
    (uscc, CompanyName::parse(name).unwrap(), PersonName::parse(representative).unwrap())
}

#[tokio::test]
async fn b2_each_field_agrees_or_differs_by_itself() {
    use Agreement::{Differs, Matches, Unknown};
    let desk = Desk::start().await;
    let registry = Registry::new(&desk.section("registry"), desk.http.clone(), desk.clock.clone()).unwrap();
    let li = ResidentId::parse("350199197503150019").unwrap();
    let (uscc, name, representative) = asked("福建瑞成科技有限公司", "李建国");
    let right = registry.check_with_id(&uscc, &name, &representative, &li).await.unwrap();
    assert_eq!((right.overall, right.operating), (Matches, Operating::Open));
    let (_, other, _) = asked("福建瑞成贸易有限公司", "李建国");
    let wrong = registry.check_with_id(&uscc, &other, &representative, &li).await.unwrap();
    assert_eq!((wrong.code, wrong.name, wrong.representative, wrong.overall), (Matches, Differs, Matches, Differs));
    let three = registry.check(&uscc, &other, &representative).await.unwrap();
    assert_eq!((three.overall, three.name), (Differs, Unknown));
    assert_eq!(registry.check(&uscc, &name, &representative).await.unwrap().overall, Matches);
}

#[tokio::test]
async fn b2_a_company_the_register_does_not_know_is_unknown_not_wrong() {
    let desk = Desk::start().await;
    let registry = Registry::new(&desk.section("registry"), desk.http.clone(), desk.clock.clone()).unwrap();
    let (_, name, representative) = asked("某某有限公司", "李建国");
    let stranger = Uscc::parse("91350100M000100Y43").unwrap();
    let unknown = registry.check(&stranger, &name, &representative).await.unwrap();
    assert_eq!((unknown.overall, unknown.operating), (Agreement::Unknown, Operating::Unknown));
    let entry = serde_json::json!({
        "uscc": "91350100M000100Y43", "name": "某某有限公司", "representative": "李建国", "operating_status": "3",
    });
    assert!(desk.post("/control/api/tencent/companies", entry).await.status().is_success());
    let known = registry.check(&stranger, &name, &representative).await.unwrap();
    assert_eq!((known.overall, known.operating), (Agreement::Matches, Operating::Closed));
    desk.fault("ocr", "VerifyBizLicenseEnterprise3", "system_error").await;
    assert_eq!(registry.check(&stranger, &name, &representative).await.unwrap().overall, Agreement::Unknown);
}
