//! The letter says what was filled in, is one page, and never shows a box in place of a name.

use super::*;
use proptest::prelude::*;

pub(crate) fn sample() -> PowerOfAttorney {
    PowerOfAttorney {
        document_number: "SQ20261123000001".to_owned(),
        version: 1,
        certification_company: "福建示例电子认证有限公司".to_owned(),
        company_name: "福州市青橙云科技有限公司".to_owned(),
        company_code: "91350100M000100Y43".to_owned(),
        representative_name: "欧阳𬭎".to_owned(),
        agent_name: "张㛃".to_owned(),
        agent_id_number: "110105194912310021".to_owned(),
        account_name: "qingcheng2026".to_owned(),
        date: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(),
    }
}

fn pages(pdf: &[u8]) -> usize {
    pdf.windows(11).filter(|w| *w == b"/Type/Page\n" || *w == b"/Type/Page ").count()
}

#[test]
fn m32_the_letter_is_one_archivable_page_and_the_same_each_time() {
    let pdf = sample().pdf().unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    assert_eq!(pdf, sample().pdf().unwrap());
    assert!(pdf.len() < 120_000, "{} bytes", pdf.len());
    assert!(pages(&pdf) <= 1);
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("pdfaid:part") && text.contains("OutputIntent"));
    let changed = PowerOfAttorney { version: 2, ..sample() };
    assert_ne!(pdf, changed.pdf().unwrap());
}

#[test]
fn m32_a_character_without_a_glyph_is_named_not_dropped() {
    let letter = PowerOfAttorney { agent_name: "张\u{212fe}".to_owned(), ..sample() };
    let error = letter.pdf().unwrap_err();
    assert_eq!(error, LetterError::Missing(vec!['\u{212fe}']));
    assert!(error.to_string().contains('\u{212fe}'));
    let letter = PowerOfAttorney { company_name: "甲\n公司".to_owned(), ..sample() };
    assert_eq!(letter.pdf(), Err(LetterError::Missing(vec!['\n'])));
}

#[test]
fn m32_empty_and_endless_fields_are_named() {
    let letter = PowerOfAttorney { agent_name: " ".to_owned(), ..sample() };
    assert_eq!(letter.pdf(), Err(LetterError::Empty("代理人姓名")));
    let letter = PowerOfAttorney { company_name: "长".repeat(61), ..sample() };
    assert_eq!(letter.pdf(), Err(LetterError::TooLong("企业名称")));
    let letter = PowerOfAttorney { document_number: "a:b".to_owned(), ..sample() };
    assert_eq!(letter.pdf(), Err(LetterError::BadNumber));
}

#[test]
fn m32_the_longest_fields_still_fit_the_page() {
    let long = |text: &str| text.repeat(LONGEST_FIELD / text.chars().count());
    let letter = PowerOfAttorney {
        company_name: long("福州"),
        certification_company: long("认证"),
        agent_name: long("张㛃"),
        representative_name: long("欧阳"),
        account_name: long("ab"),
        ..sample()
    };
    assert!(letter.pdf().is_ok());
    let (_, end) = sample().set(1.0).unwrap();
    assert!(end < HEIGHT - 24.0 * MM, "a common letter is set at full size");
}

#[test]
fn the_mark_is_read_back_and_nothing_else_is_taken_for_it() {
    let mark = sample().mark();
    assert_eq!(mark.to_string(), "ZZ1:SQ20261123000001:1");
    assert_eq!(mark.to_string().parse(), Ok(mark));
    for other in ["", "ZZ1:", "ZZ1:a", "ZZ1:a:", "ZZ1::1", "ZZ1:a:-1", "ZZ1:a:+1", "ZZ1:a:01", "ZZ2:a:1", "https://a"] {
        assert_eq!(other.parse::<Mark>(), Err(NotOurs), "{other}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_name_gives_a_letter_or_a_reason(name in "\\PC{1,40}", company in "[一-龥（）·A-Za-z0-9]{1,60}") {
        let letter = PowerOfAttorney { agent_name: name, company_name: company, ..sample() };
        match letter.pdf() {
            Ok(pdf) => prop_assert!(pdf.starts_with(b"%PDF")),
            Err(error) => prop_assert!(matches!(error, LetterError::Missing(_) | LetterError::Empty(_)), "{error}"),
        }
    }

    #[test]
    fn marks_of_any_text_do_not_panic(text in "\\PC{0,60}") {
        let _ = text.parse::<Mark>();
        let _ = format!("ZZ1:{text}").parse::<Mark>();
    }
}
