//! The machine of orders, printed and walked.

use super::*;
use proptest::{prelude::*, sample::select};
use sea_orm::Iterable;

/// Every status × every action: a review sees a change of the rule as a change of this table.
fn table<S: Copy + std::fmt::Debug, A: Copy + std::fmt::Debug>(
    statuses: impl IntoIterator<Item = S>,
    actions: &[A],
    on: impl Fn(S, A) -> Option<S>,
) -> String {
    let mut lines = Vec::new();
    for status in statuses {
        for action in actions {
            if let Some(next) = on(status, *action) {
                lines.push(format!("{status:?} --{action:?}--> {next:?}"));
            }
        }
    }
    lines.join("\n")
}

#[test]
fn the_machine_of_orders() {
    insta::assert_snapshot!(table(Status::iter(), Action::ALL, Status::on), @"
    Draft --Confirm--> AwaitingPayment
    Draft --Cancel--> Closed
    Draft --Expire--> Closed
    AwaitingPayment --Confirm--> AwaitingPayment
    AwaitingPayment --Pay--> Paid
    AwaitingPayment --Cancel--> Closing
    AwaitingPayment --Expire--> Closing
    Closing --Pay--> Paid
    Closing --Close--> Closed
    Paid --Refund--> Refunding
    Refunding --Return--> Refunded
    ");
}

#[test]
fn the_machine_of_payments() {
    use payment::{Action, Status};
    insta::assert_snapshot!(table(Status::iter(), Action::ALL, Status::on), @"
    Prepared --Settle--> Paid
    Prepared --Close--> Closed
    Prepared --Spare--> Surplus
    Prepared --Dispute--> Disputed
    Closed --Settle--> Paid
    Closed --Spare--> Surplus
    Closed --Dispute--> Disputed
    ");
}

#[test]
fn the_machine_of_refunds() {
    use refund::{Action, Status};
    insta::assert_snapshot!(table(Status::iter(), Action::ALL, Status::on), @"
    Asked --Accept--> Processing
    Asked --Finish--> Done
    Asked --Fail--> Abnormal
    Processing --Finish--> Done
    Processing --Fail--> Abnormal
    ByHand --Finish--> Done
    Abnormal --Finish--> Done
    Abnormal --Void--> Void
    ");
}

proptest! {
    #[test]
    fn no_order_is_paid_twice_or_paid_after_it_was_closed(actions in prop::collection::vec(select(Action::ALL.to_vec()), 0..40)) {
        let (mut status, mut paid, mut closed) = (Status::Draft, 0, false);
        for action in actions {
            let Some(next) = status.on(action) else { continue };
            paid += u32::from(action == Action::Pay);
            closed |= next == Status::Closed;
            status = next;
            prop_assert!(paid <= 1);
            prop_assert!(!(closed && paid > 0));
            prop_assert!(paid == 1 || !matches!(status, Status::Paid | Status::Refunding | Status::Refunded));
        }
    }

    #[test]
    fn money_buys_only_where_the_order_can_take_it(
        status in select(Status::iter().collect::<Vec<_>>()),
        because in select(vec![None, Some(Because::Cancelled), Some(Because::Expired), Some(Because::Rejected)]),
    ) {
        let fulfils = money(status, because) == Money::Fulfils;
        prop_assert!(!fulfils || status.on(Action::Pay) == Some(Status::Paid));
        prop_assert!(!(fulfils && matches!(because, Some(Because::Rejected | Because::Cancelled)) && status == Status::Closing));
    }

    #[test]
    fn m44_an_order_number_is_rs_with_the_minute_and_digits(seed: u64, seconds in 0i64..4_000_000_000) {
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        let number = number(now, &Random::seeded(seed));
        prop_assert_eq!(number.len(), 22);
        prop_assert!(number.starts_with("RS") && number[2..].bytes().all(|b| b.is_ascii_digit()));
        // With the suffix of a try it still is a number that WeChat Pay takes: at most 32 characters.
        prop_assert!(number.len() + "P999".len() <= 32);
    }
}

#[test]
fn what_the_payer_reads_about_a_refund_fits() {
    for cause in refund::Cause::iter() {
        assert!(cause.reason().len() <= 80, "{cause:?}");
    }
}
