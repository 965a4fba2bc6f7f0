//! The comparison itself, both ways: what the bill has and we have not, what we have and the bill has not.

use super::Kind;
use std::collections::{HashMap, HashSet};
use zhangzheng_kinds::Fen;
use zhangzheng_providers::wechat_pay::bill::{FundRow, Part, TradeRow};

/// One of our payments.
#[derive(Clone, Debug)]
pub struct Payment {
    pub number: String,
    pub amount: Fen,
    /// The money is booked.
    pub paid: bool,
}

/// One of our refunds.
#[derive(Clone, Debug)]
pub struct Refund {
    pub number: String,
    pub amount: Fen,
}

/// Our side: everything the bill names that we know, and what of this day must be in it.
#[derive(Clone, Debug, Default)]
pub struct Ours {
    pub payments: Vec<Payment>,
    pub refunds: Vec<Refund>,
    /// Numbers of payments booked on this day.
    pub paid_today: HashSet<String>,
    /// Numbers of refunds that WeChat Pay has accepted on this day.
    pub refunded_today: HashSet<String>,
    /// Numbers of refunds that are in bills of other days, and WeChat Pay's numbers for them.
    pub billed_before: HashSet<String>,
}

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: Kind,
    pub number: String,
    pub ours: Option<Fen>,
    pub theirs: Option<Fen>,
}

/// All differences of a day.
pub fn compare(ours: &Ours, trades: &[TradeRow], funds: &[FundRow]) -> Vec<Found> {
    let mut found = payments(ours, trades);
    found.extend(refunds(ours, trades));
    found.extend(movements(ours, trades, funds));
    found
}

fn payments(ours: &Ours, trades: &[TradeRow]) -> Vec<Found> {
    let known: HashMap<&str, &Payment> = ours.payments.iter().map(|one| (one.number.as_str(), one)).collect();
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for row in trades {
        let Part::Paid(amount) = row.part else { continue };
        let number = row.out_trade_no.as_str();
        let one = known.get(number);
        let mut say = |kind| {
            found.push(Found {
                kind,
                number: number.to_owned(),
                ours: one.map(|one| one.amount),
                theirs: Some(amount),
            });
        };
        if !seen.insert(number) {
            say(Kind::PaymentDoubled);
            continue;
        }
        match one {
            None => say(Kind::UnknownPayment),
            Some(one) if one.amount != amount => say(Kind::PaymentAmount),
            Some(one) if !one.paid => say(Kind::NotMarkedPaid),
            Some(_) => {}
        }
    }
    let missing = ours.paid_today.iter().filter(|number| !seen.contains(number.as_str()));
    found.extend(missing.map(|number| Found {
        kind: Kind::PaymentMissing,
        number: number.clone(),
        ours: known.get(number.as_str()).map(|one| one.amount),
        theirs: None,
    }));
    found
}

fn refunds(ours: &Ours, trades: &[TradeRow]) -> Vec<Found> {
    let known: HashMap<&str, &Refund> = ours.refunds.iter().map(|one| (one.number.as_str(), one)).collect();
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for row in trades {
        let Part::Refund { out_refund_no, amount, .. } = &row.part else { continue };
        seen.insert(out_refund_no.as_str());
        let one = known.get(out_refund_no.as_str());
        let kind = match one {
            None => Kind::UnknownRefund,
            Some(one) if one.amount != *amount => Kind::RefundAmount,
            Some(_) => continue,
        };
        let ours = one.map(|one| one.amount);
        found.push(Found { kind, number: out_refund_no.clone(), ours, theirs: Some(*amount) });
    }
    let there = |number: &str| seen.contains(number) || ours.billed_before.contains(number);
    let missing = ours.refunded_today.iter().filter(|number| !there(number));
    found.extend(missing.map(|number| Found {
        kind: Kind::RefundMissing,
        number: number.clone(),
        ours: known.get(number.as_str()).map(|one| one.amount),
        theirs: None,
    }));
    found
}

/// 交易账单 against 资金账单: the money of each payment has come into the account, and each refund in it is known.
fn movements(ours: &Ours, trades: &[TradeRow], funds: &[FundRow]) -> Vec<Found> {
    let mut came: HashMap<&str, i64> = HashMap::new();
    for row in funds.iter().filter(|row| row.kind == "交易") {
        *came.entry(row.business_no.as_str()).or_default() += row.amount.0;
    }
    let (mut found, mut billed) = (Vec::new(), HashSet::new());
    for row in trades {
        let amount = match &row.part {
            Part::Paid(amount) => *amount,
            Part::Refund { refund_id, .. } => {
                billed.insert(refund_id.as_str());
                continue;
            }
        };
        let kind = match came.get(row.transaction_id.as_str()) {
            None => Kind::FundsMissing,
            Some(sum) if *sum != amount.0 => Kind::FundsAmount,
            Some(_) => continue,
        };
        let theirs = came.get(row.transaction_id.as_str()).map(|sum| Fen(*sum));
        found.push(Found { kind, number: row.out_trade_no.clone(), ours: Some(amount), theirs });
    }
    for row in funds.iter().filter(|row| row.kind == "退款") {
        if !billed.contains(row.business_no.as_str()) && !ours.billed_before.contains(&row.business_no) {
            let theirs = Some(Fen(-row.amount.0));
            found.push(Found { kind: Kind::FundsUnknown, number: row.business_no.clone(), ours: None, theirs });
        }
    }
    found
}
