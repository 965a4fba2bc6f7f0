//! Books that agree have no difference; whatever is changed on one side is found, and named.

use super::{
    compare::{Ours, Payment, Refund, compare},
    *,
};
use proptest::prelude::*;
use zhangzheng_kinds::Fen;
use zhangzheng_providers::wechat_pay::bill::{FundRow, Part, TradeRow};

/// A day: payments and which part of each goes back.
fn day() -> impl Strategy<Value = Vec<(i64, i64)>> {
    proptest::collection::vec((1i64..100_000, 0i64..100_000), 1..12)
}

fn books(day: &[(i64, i64)]) -> (Ours, Vec<TradeRow>, Vec<FundRow>) {
    let (mut ours, mut trades, mut funds) = (Ours::default(), Vec::new(), Vec::new());
    let at = DateTime::UNIX_EPOCH;
    for (i, (paid, back)) in day.iter().enumerate() {
        let (number, transaction) = (format!("RS{i}P1"), format!("42{i}"));
        ours.payments.push(Payment { number: number.clone(), amount: Fen(*paid), paid: true });
        ours.paid_today.insert(number.clone());
        let row =
            |part| TradeRow { at, transaction_id: transaction.clone(), out_trade_no: number.clone(), fee: 0, part };
        trades.push(row(Part::Paid(Fen(*paid))));
        let fund = |business_no: &str, kind: &str, amount| FundRow {
            at,
            business_no: business_no.into(),
            flow_no: format!("{i}"),
            kind: kind.into(),
            amount: Fen(amount),
        };
        funds.push(fund(&transaction, "交易", *paid));
        funds.push(fund(&transaction, "扣除交易手续费", -1));
        let back = (*back).min(*paid);
        if back > 0 {
            let (refund_id, out) = (format!("50{i}"), format!("{number}R1"));
            ours.refunds.push(Refund { number: out.clone(), amount: Fen(back) });
            ours.refunded_today.insert(out.clone());
            let part = Part::Refund {
                refund_id: refund_id.clone(),
                out_refund_no: out,
                amount: Fen(back),
                status: "SUCCESS".into(),
            };
            trades.push(row(part));
            funds.push(fund(&refund_id, "退款", -back));
        }
    }
    (ours, trades, funds)
}

fn kinds(ours: &Ours, trades: &[TradeRow], funds: &[FundRow]) -> Vec<Kind> {
    compare(ours, trades, funds).into_iter().map(|found| found.kind).collect()
}

proptest! {
    #[test]
    fn b6_books_that_agree_have_no_difference(day in day()) {
        let (ours, trades, funds) = books(&day);
        prop_assert_eq!(compare(&ours, &trades, &funds), vec![]);
    }

    #[test]
    fn b6_whatever_is_changed_on_one_side_is_found(day in day(), which: prop::sample::Index, what in 0usize..8) {
        let (mut ours, mut trades, mut funds) = books(&day);
        let at = which.index(ours.payments.len());
        let number = ours.payments[at].number.clone();
        let of_payment = |row: &TradeRow| row.out_trade_no == number && matches!(row.part, Part::Paid(_));
        let expected = match what {
            0 => {
                trades.retain(|row| !of_payment(row));
                Kind::PaymentMissing
            }
            1 => {
                ours.payments.remove(at);
                ours.paid_today.remove(&number);
                Kind::UnknownPayment
            }
            2 => {
                ours.payments[at].amount.0 += 1;
                Kind::PaymentAmount
            }
            3 => {
                ours.payments[at].paid = false;
                ours.paid_today.remove(&number);
                Kind::NotMarkedPaid
            }
            4 => {
                let row = trades.iter().find(|row| of_payment(row)).unwrap().clone();
                trades.push(row);
                Kind::PaymentDoubled
            }
            5 => {
                funds.retain(|row| row.business_no != format!("42{at}"));
                Kind::FundsMissing
            }
            6 => {
                ours.refunded_today.insert("RS999R1".into());
                Kind::RefundMissing
            }
            _ => {
                let row = FundRow { business_no: "nobody's".into(), kind: "退款".into(), ..funds[0].clone() };
                funds.push(row);
                Kind::FundsUnknown
            }
        };
        prop_assert_eq!(kinds(&ours, &trades, &funds), vec![expected]);
    }
}

#[test]
fn a_refund_of_another_days_bill_is_no_difference() {
    let (mut ours, trades, mut funds) = books(&[(45_000, 0)]);
    ours.refunds.push(Refund { number: "RS9P1R1".into(), amount: Fen(100) });
    ours.refunded_today.insert("RS9P1R1".into());
    funds.push(FundRow { business_no: "509".into(), kind: "退款".into(), amount: Fen(-100), ..funds[0].clone() });
    assert_eq!(kinds(&ours, &trades, &funds), [Kind::RefundMissing, Kind::FundsUnknown]);
    ours.billed_before.extend(["RS9P1R1".to_owned(), "509".to_owned()]);
    assert_eq!(kinds(&ours, &trades, &funds), []);
}

#[test]
fn a_day_is_ready_at_ten_in_the_morning_in_beijing() {
    let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    assert_eq!(last_ready(at("2026-11-25T09:59:59+08:00")), day("2026-11-23"));
    assert_eq!(last_ready(at("2026-11-25T10:00:00+08:00")), day("2026-11-24"));
    let (from, to) = bounds(day("2026-11-24"));
    assert_eq!((from, to), (at("2026-11-24T00:00:00+08:00"), at("2026-11-25T00:00:00+08:00")));
    assert_eq!((day_of(from), day_of(to)), (day("2026-11-24"), day("2026-11-25")));
}
