//! The rules of 企业实名认证.

use super::*;
use proptest::prelude::*;

/// Every status × every action: a change of the machine is seen here.
#[test]
fn the_machine() {
    let mut table = String::new();
    for status in Status::iter() {
        for action in Action::ALL {
            if let Some(next) = status.on(*action) {
                table.push_str(&format!("{status:?} --{}--> {next:?}\n", action.event()));
            }
        }
    }
    let expected = "\
Draft --company.submit--> UnderReview
UnderReview --company.return--> Returned
UnderReview --company.approve--> Approved
UnderReview --company.reject--> Rejected
Returned --company.submit--> UnderReview
Rejected --company.restart--> Draft
";
    assert_eq!(table, expected);
}

fn right() -> Fields {
    let mut fields = Fields::default();
    for (field, text) in [
        (Field::Name, "福建瑞成科技有限公司"),
        (Field::Code, "91350102MA0X0A012U"),
        (Field::RepresentativeName, "李建国"),
        (Field::RepresentativeIdNumber, "11010519491231002X"),
        (Field::RepresentativeMobile, "19900000002"),
        (Field::Email, "li@example.cn"),
        (Field::HasSealNumber, "yes"),
        (Field::SealNumber, "3501020000018"),
        (Field::HasRepresentativeSealNumber, "no"),
    ] {
        fields.set(field, text);
    }
    fields
}

#[test]
fn m22_to_m31_each_fields_bad_value_names_it() {
    assert!(right().check().is_ok());
    let wrong = [
        (Field::Name, "<公司>"),
        (Field::Code, "91350102MA0X0A012X"),
        (Field::Code, "123"),
        (Field::RepresentativeName, "Li"),
        (Field::RepresentativeIdNumber, "110105194912310021"),
        (Field::RepresentativeMobile, "1990000000"),
        (Field::Email, "li@example"),
        (Field::HasSealNumber, "perhaps"),
        (Field::SealNumber, "350102000001"),
        (Field::HasRepresentativeSealNumber, ""),
    ];
    for (field, text) in wrong {
        let mut fields = right();
        fields.set(field, text);
        let (named, sentence) = fields.check().expect_err(field.word());
        assert_eq!(named, field, "{text}");
        assert!(!sentence.is_empty());
    }
    for field in Field::ALL.iter().filter(|field| **field != Field::RepresentativeSealNumber) {
        let mut fields = right();
        fields.set(*field, "  ");
        assert_eq!(fields.check().expect_err(field.word()).0, *field, "missing");
        assert_eq!(fields.mistake(*field), None, "an empty field is not wrong yet");
    }
}

#[test]
fn m29_m31_a_number_is_asked_for_only_when_the_seal_has_one() {
    let mut fields = right();
    fields.set(Field::HasRepresentativeSealNumber, "yes");
    assert_eq!(fields.check().expect_err("number").0, Field::RepresentativeSealNumber);
    fields.set(Field::RepresentativeSealNumber, "3501020000019");
    assert!(fields.check().expect("right").representative_seal_number.is_some());
    fields.set(Field::HasSealNumber, "no");
    assert_eq!(fields.check().expect("right").seal_number, None, "what was typed before does not count");
}

#[test]
fn b1_what_was_read_fills_empty_fields_and_what_was_corrected_is_marked() {
    let mut reading = Reading::default();
    reading.values.insert(Field::Name, "福建瑞成科技有限公司".into());
    reading.values.insert(Field::Code, "91350102MA0X0A012U".into());
    let mut fields = Fields::default();
    fields.set(Field::Name, "福建瑞成科技(集团)有限公司");
    assert_eq!(reading.fill(&mut fields), [Field::Code]);
    assert_eq!(reading.origin(Field::Name, &fields), Origin::Corrected);
    assert_eq!(reading.origin(Field::Code, &fields), Origin::Read);
    assert_eq!(reading.origin(Field::Email, &fields), Origin::Typed);
    fields.set(Field::Code, "91350102ma0x0a012u");
    assert_eq!(reading.origin(Field::Code, &fields), Origin::Read, "small letters are no correction");
}

#[test]
fn a_return_opens_what_it_names_and_what_hangs_on_it() {
    let (licence, mobile) = (Item::Paper(PaperKind::BusinessLicence), Item::Field(Field::RepresentativeMobile));
    let open = Open::of(Status::Returned, &[licence]);
    assert!(open.holds(licence) && open.holds(Item::Field(Field::Code)) && !open.holds(mobile));
    assert!(open.holds(Item::Paper(PaperKind::PowerOfAttorney)), "it follows from the fields");
    assert_eq!(Open::of(Status::Returned, &[]), Open::Everything);
    assert_eq!(Open::of(Status::UnderReview, &[licence]), Open::Nothing);
}

#[test]
fn m20_a_name_misread_by_one_character_is_no_other_person() {
    for same in ["", "李建国", "李 建国", "李健国"] {
        assert!(!is_another_name(same, "李建国"), "{same}");
    }
    for another in ["陈静", "李国", "王建国", "李健民", "李建国平"] {
        assert!(is_another_name(another, "李建国"), "{another}");
    }
}

#[test]
fn words_lead_back() {
    for item in Item::all() {
        assert_eq!(Item::by_word(item.word()), Some(item));
        assert!(!item.label().is_empty());
    }
    for kind in PaperKind::iter() {
        assert_eq!(PaperKind::by_word(kind.word()), Some(kind));
    }
}

proptest! {
    #[test]
    fn nothing_typed_is_lost_and_nothing_panics(texts in proptest::collection::vec("\\PC{0,40}", 10)) {
        let mut fields = Fields::default();
        for (field, text) in Field::ALL.iter().zip(&texts) {
            fields.set(*field, text);
        }
        let json = serde_json::to_string(&fields).unwrap();
        let back: Fields = serde_json::from_str(&json).unwrap();
        for (field, text) in Field::ALL.iter().zip(&texts) {
            prop_assert_eq!(back.get(*field), text.trim());
            let _ = (field.tidy(text), back.problem(*field));
        }
        let _ = back.check();
    }

    #[test]
    fn no_schedule_leaves_an_end_undone_or_reopened(actions in proptest::collection::vec(0..Action::ALL.len(), 0..60)) {
        let mut status = Status::Draft;
        for action in actions {
            let action = Action::ALL[action];
            let Some(next) = status.on(action) else { continue };
            prop_assert!(status != Status::Approved, "approved is final");
            let decides = matches!(action, Action::Approve | Action::Reject | Action::SendBack);
            prop_assert_eq!(decides, status == Status::UnderReview);
            prop_assert_eq!(next.is_editable(), matches!(next.fact(), CompanyFact::Draft | CompanyFact::Returned));
            status = next;
        }
    }
}
