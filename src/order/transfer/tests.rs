//! How received lines are recognised, and the machine they go through.

use super::*;
use proptest::{prelude::*, sample::select};

fn line(amount: i64, payer: &str) -> Line {
    Line {
        bank_number: "B1".into(),
        received_at: DateTime::UNIX_EPOCH,
        amount: Fen(amount),
        payer_name: payer.into(),
        remark: String::new(),
    }
}

fn wanted() -> Wanted {
    Wanted { amount: Fen(45_000), payer_name: Some("福州样本（中国）有限公司".into()), taken: false }
}

#[test]
fn code_sum_and_payer_must_all_agree() {
    assert_eq!(matches(&line(45_000, "福州样本(中国) 有限公司"), &wanted()), Ok(()));
    assert_eq!(matches(&line(45_001, "福州样本（中国）有限公司"), &wanted()), Err(Trouble::OtherSum));
    assert_eq!(matches(&line(44_999, "福州样本（中国）有限公司"), &wanted()), Err(Trouble::OtherSum));
    assert_eq!(matches(&line(45_000, "王芳"), &wanted()), Err(Trouble::OtherPayer));
    let unnamed = Wanted { payer_name: None, ..wanted() };
    assert_eq!(matches(&line(45_000, ""), &unnamed), Err(Trouble::OtherPayer));
    let taken = Wanted { taken: true, ..wanted() };
    assert_eq!(matches(&line(45_000, "福州样本（中国）有限公司"), &taken), Err(Trouble::Taken));
}

#[test]
fn a_list_of_the_bank_is_read_whole_or_not_at_all() {
    let text = "\u{feff}交易日期,交易流水号,对方户名,贷方金额,摘要\r\n2026-11-24 10:00:00,B100,\"样本,\"\"一\"\"公司\",\"1,234.50\",付款 ZZ1\r\n\r\n20261124,B101,二公司,0.01,\r\n";
    let lines = csv::read(text).unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!((lines[0].amount, lines[0].payer_name.as_str()), (Fen(123_450), "样本,\"一\"公司"));
    assert_eq!(lines[0].received_at.to_rfc3339(), "2026-11-24T02:00:00+00:00");
    assert_eq!(lines[1].amount, Fen(1));
    let head = "交易流水号,交易日期,金额,对方户名,附言\n";
    for (row, why) in [
        ("B1,2026-11-24,1.001,公司,x", "第 2 行：金额"),
        ("B1,2026-11-24,-5,公司,x", "第 2 行：金额"),
        ("B1,2026-11-24,0,公司,x", "第 2 行：金额"),
        ("B1,24/11/2026,5,公司,x", "第 2 行：交易日期"),
        ("B 1,2026-11-24,5,公司,x", "第 2 行：交易流水号"),
        ("B1,2026-11-24,5,,x", "第 2 行：对方户名"),
        ("B1,2026-11-24,5,\"公司,x", "引号"),
    ] {
        let refused = csv::read(&format!("{head}{row}")).unwrap_err();
        assert!(refused.contains(why), "{row}: {refused}");
    }
    assert!(csv::read("流水号,金额\nB1,5").unwrap_err().contains("交易日期"));
    assert!(csv::read("").is_err());
    let many = format!("{head}{}", "B1,2026-11-24,5,公司,x\n".repeat(csv::MOST + 1));
    assert!(csv::read(&many).unwrap_err().contains("分批"));
}

#[test]
fn the_machine_of_received_lines() {
    use sea_orm::Iterable;
    let mut moves = Vec::new();
    for status in Status::iter() {
        for action in Action::ALL {
            if let Some(next) = status.on(*action) {
                moves.push(format!("{status:?} --{action:?}--> {next:?}"));
            }
        }
    }
    insta::assert_snapshot!(moves.join("\n"), @"
    Received --Match--> Matched
    Received --Hold--> Held
    Held --Match--> Matched
    Held --SendBack--> GoesBack
    GoesBack --Return--> Returned
    ");
}

proptest! {
    #[test]
    fn a_code_is_found_whatever_banks_put_around_it(seed: u64, before in "[0-9 \u{4e00}-\u{4e10}，:：]{0,8}", after in "[ \u{4e00}-\u{4e10}。]{0,8}") {
        let code = code(&Random::seeded(seed));
        prop_assert_eq!(code.len(), 11);
        let small = code.to_lowercase();
        prop_assert_eq!(code_in(&format!("{before}{code}{after}")), Some(code.clone()));
        prop_assert_eq!(code_in(&format!("付款码：{} {}", &small[..4], &small[4..])), Some(code));
    }

    #[test]
    fn a_wrong_character_is_no_code(seed: u64, place in 2usize..11, other in select(LETTERS.to_vec())) {
        let code = code(&Random::seeded(seed));
        let mut wrong = code.clone().into_bytes();
        prop_assume!(wrong[place] != other);
        wrong[place] = other;
        prop_assert_eq!(code_in(std::str::from_utf8(&wrong).unwrap()), None);
    }

    #[test]
    fn two_neighbours_that_changed_places_are_no_code(seed: u64, place in 2usize..9) {
        let code = code(&Random::seeded(seed));
        let mut wrong = code.clone().into_bytes();
        prop_assume!(wrong[place] != wrong[place + 1]);
        wrong.swap(place, place + 1);
        prop_assert_eq!(code_in(std::str::from_utf8(&wrong).unwrap()), None);
    }

    #[test]
    fn yuan_are_read_to_the_fen(fen in 0i64..1_000_000_000_000) {
        let written = zhangzheng_kinds::Fen(fen).to_string();
        prop_assert_eq!(csv::fen(&written), Some(Fen(fen)));
        prop_assert_eq!(csv::fen(&crate::order::price::yuan(Fen(fen))), Some(Fen(fen)));
    }

    #[test]
    fn no_list_makes_it_panic(text in "\\PC{0,200}") {
        let _ = csv::read(&text);
    }

    #[test]
    fn a_line_is_one_payment_or_goes_back_once(actions in prop::collection::vec(select(Action::ALL.to_vec()), 0..20)) {
        let (mut status, mut used, mut back) = (Status::Received, 0, 0);
        for action in actions {
            let Some(next) = status.on(action) else { continue };
            used += u32::from(action == Action::Match);
            back += u32::from(action == Action::Return);
            status = next;
            prop_assert!(used + back <= 1);
        }
    }
}
