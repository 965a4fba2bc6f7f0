//! What a reviewer types becomes a decision, or is refused by name.

use super::*;
use crate::console::Role;

fn typed(fields: &[(&str, &str)]) -> Typed {
    let mut typed = Typed { decision: "return".into(), ..Typed::default() };
    for (name, text) in fields {
        let text = (*text).to_owned();
        match *name {
            "decision" => typed.decision = text,
            "reason_code" => typed.reason_code = text,
            "items" => typed.items = text,
            "applicant_note" => typed.applicant_note = text,
            "internal_note" => typed.internal_note = text,
            each => drop(typed.each.insert(each.to_owned(), text)),
        }
    }
    typed
}

fn facts() -> Facts {
    let items = Item::all().map(|item| (item.word(), item.label())).collect();
    let pictures = vec![(Uuid::from_u128(1), "business_licence".into()), (Uuid::from_u128(2), "company_seal".into())];
    Facts { items, pictures, ..Facts::default() }
}

fn read(fields: &[(&str, &str)]) -> Result<Decision, Error> {
    Decision::read(Kind::Company, &typed(fields), &facts(), &Roles::all())
}

fn field(refused: Result<Decision, Error>) -> String {
    refused.unwrap_err().problem().field.clone().unwrap()
}

#[test]
fn b7_a_reason_alone_names_what_it_opens() {
    let decision = read(&[("reason_code", "company_seal_unclear"), ("applicant_note", " 请用红色印泥 ")]).unwrap();
    assert_eq!(decision.findings.iter().map(|found| found.item.as_str()).collect::<Vec<_>>(), ["company_seal"]);
    assert!(decision.applicant_note.ends_with("\n补充说明：请用红色印泥"));
    assert_eq!(decision.reason_code, "company_seal_unclear");
}

#[test]
fn b7_every_item_has_its_own_reason_note_and_place() {
    let decision = read(&[
        ("items", "business_licence company_seal email"),
        ("reason.business_licence", "licence_unclear"),
        ("reason.company_seal", "company_seal_unclear"),
        ("reason.email", "email_wrong"),
        ("note.company_seal", "右半边没有盖上"),
        ("mark.company_seal", "00000000-0000-0000-0000-000000000002 0.5 0.1 0.25 0.5"),
    ])
    .unwrap();
    assert_eq!(decision.reason_code, "licence_unclear company_seal_unclear email_wrong");
    let (paper, mark) = decision.findings[1].place.expect("a place");
    assert_eq!((paper, mark.x, mark.height), (Uuid::from_u128(2), 0.5, 0.5));
    assert_eq!(decision.findings[1].words.note, "右半边没有盖上");
    assert_eq!(decision.applicant_note.lines().count(), 3);
    assert!(decision.applicant_note.lines().nth(1).unwrap().starts_with("企业印模："));
    let (action, said) = decision.of_company(None);
    assert_eq!((action, said.items.len(), said.findings.len()), (company::Action::SendBack, 3, 3));
}

#[test]
fn what_is_wrong_is_named() {
    assert_eq!(field(read(&[])), "reason_code");
    assert_eq!(field(read(&[("reason_code", "forged_papers")])), "reason_code", "a final reason returns nothing");
    assert_eq!(field(read(&[("reason_code", "other"), ("applicant_note", "说明")])), "items");
    assert_eq!(field(read(&[("reason_code", "other"), ("items", "email")])), "applicant_note");
    assert_eq!(field(read(&[("reason_code", "email_wrong"), ("items", "password")])), "items");
    assert_eq!(field(read(&[("items", "email")])), "reason_code", "an item needs a reason");
    assert_eq!(field(read(&[("decision", "delete")])), "decision");
    assert_eq!(field(read(&[("reason_code", "email_wrong"), ("applicant_note", &"长".repeat(601))])), "applicant_note");
}

#[test]
fn a_place_is_on_a_picture_of_the_case_and_on_the_items_own() {
    let mark = |text: &str, item: &str| {
        let name = format!("mark.{item}");
        read(&[("items", item), ("reason_code", "licence_differs"), ("applicant_note", "见标记"), (&name, text)])
    };
    let on = |n: u128, rest: &str| format!("{} {rest}", Uuid::from_u128(n));
    assert!(mark(&on(1, "0 0 0.5 0.5"), "name").is_ok(), "a field's place is on any picture");
    assert!(mark(&on(2, "0 0 0.5 0.5"), "company_seal").is_ok());
    for wrong in [on(1, "0 0 0.5 0.5"), on(9, "0 0 0.5 0.5"), on(2, "0 0 2 2"), "rubbish".into(), on(2, "")] {
        assert_eq!(field(mark(&wrong, "company_seal")), "items", "{wrong}");
    }
}

#[test]
fn b7_what_nobody_decides_alone() {
    let approve = Decision::read(Kind::Company, &typed(&[("decision", "approve")]), &facts(), &Roles::all()).unwrap();
    let reject = typed(&[("decision", "reject_confirmed"), ("reason_code", "forged_papers")]);
    let refused = Decision::read(Kind::Company, &reject, &facts(), &[Role::Reviewer].into_iter().collect());
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    let reject = Decision::read(Kind::Company, &reject, &facts(), &Roles::all()).unwrap();
    let back = read(&[("reason_code", "email_wrong")]).unwrap();
    let failed = Facts { failures: vec!["企业名称与工商登记不一致"], ..facts() };
    let paid = Facts { paid: true, ..facts() };
    for (decision, facts, why) in [
        (&approve, &facts(), None),
        (&approve, &failed, Some(Why::Override)),
        (&approve, &paid, None),
        (&reject, &facts(), None),
        (&reject, &failed, None),
        (&reject, &paid, Some(Why::RejectPaid)),
        (&back, &failed, None),
        (&back, &paid, None),
    ] {
        assert_eq!(decision.needs_second(facts), why, "{decision:?}");
    }
}

#[test]
fn a_persons_call_back_is_about_no_item_and_a_photo_is() {
    let person = |fields: &[(&str, &str)]| {
        let facts = Facts {
            items: person::ITEMS.to_vec(),
            pictures: vec![(Uuid::from_u128(1), "emblem".into())],
            ..Facts::default()
        };
        Decision::read(Kind::Person, &typed(fields), &facts, &Roles::all())
    };
    assert!(person(&[("reason_code", "person_unreachable")]).unwrap().findings.is_empty());
    let mark = ("mark.emblem", "00000000-0000-0000-0000-000000000001 0.1 0.1 0.2 0.2");
    let emblem = person(&[("reason_code", "card_unclear"), ("items", "emblem"), mark]).unwrap();
    assert!(emblem.findings.len() == 1 && emblem.findings[0].place.is_some());
    assert_eq!(field(person(&[("decision", "reject_confirmed"), ("reason_code", "card_unclear")])), "decision");
}
