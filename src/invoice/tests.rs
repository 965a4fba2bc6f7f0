//! The invoice follows the money, whatever fails on the way and in whatever order things happen.

use super::*;
use proptest::prelude::*;
use sea_orm::Iterable;

#[test]
fn the_machine_is_this_one() {
    let mut lines = Vec::new();
    for status in Status::iter() {
        for action in Action::ALL {
            if let Some(next) = status.on(*action) {
                lines.push(format!("{status:?} {action:?} {next:?}"));
            }
        }
    }
    insta::assert_snapshot!(lines.join("\n"), @r"
    Asked Accept Issuing
    Asked Issue Issued
    Asked Fail Failed
    Asked Drop Dropped
    Issuing Issue Issued
    Issuing Fail Failed
    Issued Reverse Reversing
    Issued Redden Reversed
    Failed Issue Issued
    Failed Drop Dropped
    Reversing RefuseReversal ReverseFailed
    Reversing Redden Reversed
    ReverseFailed Reverse Reversing
    ReverseFailed Redden Reversed
    ");
}

/// What happens in the world.
#[derive(Clone, Debug)]
enum Happens {
    Refund(i64),
    /// The vendor's answer about whatever is under way: well, or not.
    Answer(bool),
    /// Finance has the failed one tried again.
    Retry,
    Adjust,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        (1i64..30_000).prop_map(Happens::Refund),
        any::<bool>().prop_map(Happens::Answer),
        Just(Happens::Retry),
        Just(Happens::Adjust),
    ]
}

/// Moves a row as the rule allows; what it forbids is a mistake of the test.
fn go(row: &mut (Status, Fen), action: Action) {
    row.0 = row.0.on(action).expect("allowed");
}

fn adjust(kept: Fen, rows: &mut Vec<(Status, Fen)>) {
    for _ in 0..3 {
        let live = rows.iter().position(|(status, _)| status.is_live());
        match (step(kept, live.map(|at| rows[at])), live) {
            (Step::Open(amount), None) => rows.push((Status::Asked, amount)),
            (Step::Drop, Some(at)) => go(&mut rows[at], Action::Drop),
            (Step::Reverse, Some(at)) => go(&mut rows[at], Action::Reverse),
            (Step::Nothing, _) => return,
            other => panic!("{other:?}"),
        }
    }
}

fn answer(rows: &mut [(Status, Fen)], well: bool) {
    let Some(row) = rows.iter_mut().find(|(status, _)| status.is_live()) else { return };
    match (row.0, well) {
        (Status::Asked, true) => go(row, Action::Accept),
        (Status::Issuing, true) => go(row, Action::Issue),
        (Status::Asked | Status::Issuing, false) => go(row, Action::Fail),
        (Status::Reversing, true) => go(row, Action::Redden),
        (Status::Reversing, false) => go(row, Action::RefuseReversal),
        _ => {}
    }
}

fn retry(rows: &mut [(Status, Fen)]) {
    let Some(row) = rows.iter_mut().find(|(status, _)| status.is_live()) else { return };
    match row.0 {
        Status::Failed => go(row, Action::Drop),
        Status::ReverseFailed => go(row, Action::Reverse),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn at_rest_the_papers_say_what_the_order_has_kept(story in proptest::collection::vec(happens(), 0..60)) {
        let (mut kept, mut rows) = (Fen(45_000), Vec::new());
        for one in story {
            match one {
                Happens::Refund(amount) => kept = Fen((kept.0 - amount).max(0)),
                Happens::Answer(well) => answer(&mut rows, well),
                Happens::Retry => retry(&mut rows),
                Happens::Adjust => adjust(kept, &mut rows),
            }
            let live = rows.iter().filter(|(status, _)| status.is_live()).count();
            prop_assert!(live <= 1, "two at a time: {rows:?}");
        }
        for _ in 0..12 {
            adjust(kept, &mut rows);
            answer(&mut rows, true);
            retry(&mut rows);
        }
        adjust(kept, &mut rows);
        let on_paper: i64 = rows.iter().filter(|(status, _)| *status == Status::Issued).map(|(_, amount)| amount.0).sum();
        prop_assert_eq!(on_paper, kept.0, "{:?}", rows);
        prop_assert!(rows.iter().all(|(status, _)| !status.is_live() || *status == Status::Issued));
    }
}
