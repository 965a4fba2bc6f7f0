//! A day's reconciliation: planned when its bills can be there, fetched, compared, written down. Doing it again changes only
//! what is different now.

use super::{
    Action, Day, Kind, Status, bounds,
    compare::{Found, Ours, Payment, Refund, compare},
    day_of,
    entity::{bill_row, difference, statement},
    last_ready,
};
use crate::{
    change,
    db::{Actor, Tx},
    error::Error,
    events::Event,
    jobs::{Job, Outcome},
    order::{
        entity::{payment_row, refund_row},
        payment,
    },
    state::State,
};
use chrono::{Duration, NaiveDate};
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*, sea_query::Expr, sea_query::OnConflict};
use std::collections::{HashMap, HashSet};
use zhangzheng_kinds::Fen;
use zhangzheng_providers::wechat_pay::bill::{Bill, FundRow, Part, TradeRow};

/// The job that sees which days are to be compared.
pub const PLAN: &str = "reconciliation.plan";
/// The job that compares one.
pub const COMPARE: &str = "reconciliation.compare";

/// Bills are kept for three months; no day before that is planned.
const OLDEST: Duration = Duration::days(89);

/// The job [`PLAN`]: every day whose bills can be there since the last one planned; the first time, the last one.
pub async fn plan(state: &State) -> Outcome {
    try_plan(state).await.into()
}

async fn try_plan(state: &State) -> Result<(), Error> {
    let ready = last_ready(state.clock.now());
    let last = statement::Entity::find().order_by_desc(statement::Column::Day).one(&state.db.read).await?;
    let last = last.and_then(|last| last.day.parse::<NaiveDate>().ok());
    let mut day = last.map_or(ready, |last| last + Duration::days(1)).max(ready - OLDEST);
    while day <= ready {
        let mut tx = state.db.begin(Actor::System).await?;
        let row = statement::Model {
            id: tx.id(),
            day: day.to_string(),
            status: Day::Waiting,
            paid_count: 0,
            paid_sum: 0,
            refund_count: 0,
            refund_sum: 0,
            fees: 0,
            created_at: tx.now,
            compared_at: None,
        };
        let id = row.id;
        let once = OnConflict::column(statement::Column::Day).do_nothing().to_owned();
        let row = statement::ActiveModel::from(row).reset_all();
        let new = statement::Entity::insert(row).on_conflict(once).exec_without_returning(&*tx).await?;
        if new > 0 {
            tx.enqueue(Job::now(COMPARE, id)).await?;
        }
        tx.commit().await?;
        day += Duration::days(1);
    }
    Ok(())
}

/// The job [`COMPARE`].
pub async fn work(state: &State, id: Uuid) -> Outcome {
    match try_work(state, id).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Retry(error.to_string()),
    }
}

/// Nothing, or what is in the bill; `Err`: how the job goes on.
fn rows<T>(asked: Result<Bill<T>, zhangzheng_providers::Error>, none: T) -> Result<T, Outcome> {
    match asked {
        Ok(Bill::Ready(bill)) => Ok(bill),
        Ok(Bill::Nothing) => Ok(none),
        Ok(Bill::NotReady) => Err(Outcome::Later(Duration::minutes(30))),
        // Given up after many tries, and seen: a day must not stay unlooked at.
        Err(error) => Err(Outcome::Retry(error.to_string())),
    }
}

async fn try_work(state: &State, id: Uuid) -> Result<Outcome, Error> {
    let Some(row) = statement::Entity::find_by_id(id).one(&state.db.read).await? else { return Ok(Outcome::Done) };
    let day: NaiveDate = row.day.parse().map_err(Error::internal)?;
    let client = &state.providers.wechat_pay;
    let trades = match rows(client.trade_bill(day).await, Default::default()) {
        Ok(bill) => bill.rows,
        Err(outcome) => return Ok(outcome),
    };
    let funds = match rows(client.funds_bill(day).await, Default::default()) {
        Ok(bill) => bill.rows,
        Err(outcome) => return Ok(outcome),
    };
    let mut tx = state.db.begin(Actor::System).await?;
    keep(&mut tx, &row, &trades).await?;
    let ours = ours(&tx, day, &trades).await?;
    let found = compare(&ours, &trades, &funds);
    let unbooked = write(&mut tx, day, &found).await?;
    close_gone(&mut tx, &row.day, &found).await?;
    sums(&mut tx, &row, &trades, &funds).await?;
    if unbooked {
        // Asked for again below; then looked at again.
        let at = tx.now + Duration::minutes(10);
        tx.enqueue(Job::at(COMPARE, id, at).once(format!("{COMPARE}@{id}"))).await?;
    }
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// What the bill says, for the days after.
async fn keep(tx: &mut Tx, of: &statement::Model, trades: &[TradeRow]) -> Result<(), Error> {
    bill_row::Entity::delete_many().filter(bill_row::Column::Day.eq(&of.day)).exec(&**tx).await?;
    for chunk in trades.chunks(200) {
        let rows = chunk.iter().map(|row| {
            let (kind, number, vendor_number, amount) = match &row.part {
                Part::Paid(amount) => ("payment", &row.out_trade_no, &row.transaction_id, amount.0),
                Part::Refund { refund_id, out_refund_no, amount, .. } => ("refund", out_refund_no, refund_id, amount.0),
            };
            bill_row::ActiveModel {
                id: Set(tx.id()),
                day: Set(of.day.clone()),
                kind: Set(kind.into()),
                number: Set(number.clone()),
                vendor_number: Set(vendor_number.clone()),
                amount: Set(amount),
                at: Set(row.at),
            }
        });
        bill_row::Entity::insert_many(rows.collect::<Vec<_>>()).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

/// Our side of a day. Only what goes through WeChat Pay is in its bills.
async fn ours(tx: &Tx, day: NaiveDate, trades: &[TradeRow]) -> Result<Ours, Error> {
    use payment::Status::{Disputed, Paid, Surplus};
    let ((from, to), mut ours) = (bounds(day), Ours::default());
    let wechat = payment_row::Column::Channel.is_in([payment::Channel::Native, payment::Channel::MiniProgram]);
    let today = payment_row::Entity::find()
        .filter(wechat)
        .filter(payment_row::Column::PaidAt.gte(from))
        .filter(payment_row::Column::PaidAt.lt(to))
        .all(&**tx)
        .await?;
    ours.paid_today = today.iter().map(|one| one.out_trade_no.clone()).collect();
    let mut payments: HashMap<Uuid, payment_row::Model> = today.into_iter().map(|one| (one.id, one)).collect();
    let numbers: HashSet<&str> = trades.iter().map(|row| row.out_trade_no.as_str()).collect();
    for chunk in numbers.into_iter().collect::<Vec<_>>().chunks(200) {
        let named = payment_row::Column::OutTradeNo.is_in(chunk.iter().copied());
        let named = payment_row::Entity::find().filter(named).all(&**tx).await?;
        payments.extend(named.into_iter().map(|one| (one.id, one)));
    }
    ours.payments = payments
        .into_values()
        .map(|one| Payment {
            number: one.out_trade_no,
            amount: Fen(one.amount),
            // What was disputed has come, but was never booked as ours.
            paid: matches!(one.status, Paid | Surplus | Disputed),
        })
        .collect();
    refunds(tx, day, trades, &mut ours).await?;
    Ok(ours)
}

async fn refunds(tx: &Tx, day: NaiveDate, trades: &[TradeRow], ours: &mut Ours) -> Result<(), Error> {
    let (from, to) = bounds(day);
    let today = refund_row::Entity::find()
        .filter(refund_row::Column::RefundId.is_not_null())
        .filter(refund_row::Column::CreatedAt.gte(from))
        .filter(refund_row::Column::CreatedAt.lt(to))
        .all(&**tx)
        .await?;
    let mut refunds: HashMap<String, Fen> = HashMap::new();
    for one in today {
        let of = payment_row::Entity::find_by_id(one.payment_id).one(&**tx).await?;
        let wechat =
            |of: payment_row::Model| matches!(of.channel, payment::Channel::Native | payment::Channel::MiniProgram);
        if of.is_some_and(wechat) {
            ours.refunded_today.insert(one.out_refund_no.clone());
            refunds.insert(one.out_refund_no, Fen(one.amount));
        }
    }
    let named = trades.iter().filter_map(|row| match &row.part {
        Part::Refund { out_refund_no, .. } => Some(out_refund_no.as_str()),
        Part::Paid(_) => None,
    });
    for chunk in named.collect::<Vec<_>>().chunks(200) {
        let named = refund_row::Column::OutRefundNo.is_in(chunk.iter().copied());
        let named = refund_row::Entity::find().filter(named).all(&**tx).await?;
        refunds.extend(named.into_iter().map(|one| (one.out_refund_no, Fen(one.amount))));
    }
    ours.refunds = refunds.into_iter().map(|(number, amount)| Refund { number, amount }).collect();
    let near = (day - Duration::days(10)).to_string()..=(day + Duration::days(10)).to_string();
    let billed = bill_row::Entity::find()
        .filter(bill_row::Column::Kind.eq("refund"))
        .filter(bill_row::Column::Day.between(near.start().clone(), near.end().clone()))
        .all(&**tx)
        .await?;
    ours.billed_before = billed.into_iter().flat_map(|row| [row.number, row.vendor_number]).collect();
    Ok(())
}

/// Writes differences down, each once. Whether one is money that we have not booked: WeChat Pay is asked about it again.
async fn write(tx: &mut Tx, day: NaiveDate, found: &[Found]) -> Result<bool, Error> {
    let mut unbooked = false;
    for one in found {
        let kind = one.kind.to_value();
        let key = format!("{day}|{kind}|{}", one.number);
        let before = difference::Entity::find().filter(difference::Column::Key.eq(&key)).one(&**tx).await?;
        match before {
            // It had gone by itself, and is there again.
            Some(row) if row.status == Status::Closed && row.staff_id.is_none() => {
                change::advance::<difference::Entity>(tx, &row, Action::Reopen, |update| update).await?;
            }
            Some(_) => {}
            None => insert(tx, day, one, key).await?,
        }
        if one.kind == Kind::NotMarkedPaid {
            let number = payment_row::Column::OutTradeNo.eq(&one.number);
            if let Some(row) = payment_row::Entity::find().filter(number).one(&**tx).await? {
                unbooked = true;
                tx.enqueue(Job::now(payment::flow::SETTLE, row.id)).await?;
            }
        }
    }
    Ok(unbooked)
}

async fn insert(tx: &mut Tx, day: NaiveDate, one: &Found, key: String) -> Result<(), Error> {
    let id = tx.id();
    let row = difference::ActiveModel {
        id: Set(id),
        key: Set(key),
        day: Set(day.to_string()),
        kind: Set(one.kind),
        number: Set(one.number.clone()),
        ours: Set(one.ours.map(|amount| amount.0)),
        theirs: Set(one.theirs.map(|amount| amount.0)),
        status: Set(Status::Open),
        note: Set(None),
        staff_id: Set(None),
        created_at: Set(tx.now),
        settled_at: Set(None),
    };
    difference::Entity::insert(row).exec_without_returning(&**tx).await?;
    tx.say(Event::new("difference.find", id, None)).await
}

/// What this run no longer finds has gone by itself; so has what another day's bill has brought.
async fn close_gone(tx: &mut Tx, day: &str, found: &[Found]) -> Result<(), Error> {
    let still: HashSet<(Kind, &str)> = found.iter().map(|one| (one.kind, one.number.as_str())).collect();
    let open = difference::Entity::find().filter(difference::Column::Status.ne(Status::Closed)).all(&**tx).await?;
    for row in open {
        let gone = if row.day == day {
            !still.contains(&(row.kind, row.number.as_str()))
        } else {
            matches!(row.kind, Kind::PaymentMissing | Kind::RefundMissing) && billed(tx, &row.number).await?
        };
        if gone {
            let now = tx.now;
            change::advance::<difference::Entity>(tx, &row, Action::Close, |update| {
                update
                    .col_expr(difference::Column::SettledAt, Expr::value(now))
                    .col_expr(difference::Column::StaffId, Expr::value(None::<Uuid>))
            })
            .await?;
        }
    }
    Ok(())
}

async fn billed(tx: &Tx, number: &str) -> Result<bool, Error> {
    let row = bill_row::Entity::find().filter(bill_row::Column::Number.eq(number)).one(&**tx).await?;
    Ok(row.is_some())
}

async fn sums(tx: &mut Tx, of: &statement::Model, trades: &[TradeRow], funds: &[FundRow]) -> Result<(), Error> {
    let (mut paid, mut back) = ((0, 0), (0, 0));
    for row in trades {
        let (side, amount) = match &row.part {
            Part::Paid(amount) => (&mut paid, amount.0),
            Part::Refund { amount, .. } => (&mut back, amount.0),
        };
        *side = (side.0 + 1, side.1 + amount);
    }
    let fees: i64 = funds.iter().filter(|row| row.kind.contains("手续费")).map(|row| -row.amount.0).sum();
    let now = tx.now;
    statement::Entity::update_many()
        .col_expr(statement::Column::Status, Expr::value(Day::Compared))
        .col_expr(statement::Column::PaidCount, Expr::value(paid.0))
        .col_expr(statement::Column::PaidSum, Expr::value(paid.1))
        .col_expr(statement::Column::RefundCount, Expr::value(back.0))
        .col_expr(statement::Column::RefundSum, Expr::value(back.1))
        .col_expr(statement::Column::Fees, Expr::value(fees))
        .col_expr(statement::Column::ComparedAt, Expr::value(now))
        .filter(statement::Column::Id.eq(of.id))
        .exec(&**tx)
        .await?;
    tx.say(Event::new("reconciliation.compare", of.id, None)).await
}

/// Compares a day anew; a day that was never planned is planned.
///
/// # Errors
/// [`Error::Invalid`] naming `day`, when its bills cannot be there yet, or no longer.
pub async fn again(state: &State, actor: Actor, day: &str) -> Result<(), Error> {
    let wrong = || Error::invalid("day", "请选择最近三个月内、昨天（上午十点后）及以前的日期");
    let day: NaiveDate = day.parse().map_err(|_| wrong())?;
    let ready = last_ready(state.clock.now());
    if day > ready || day < ready - OLDEST {
        return Err(wrong());
    }
    let mut tx = state.db.begin(actor).await?;
    let known = statement::Entity::find().filter(statement::Column::Day.eq(day.to_string())).one(&*tx).await?;
    let id = match known {
        Some(row) => row.id,
        None => return Err(Error::invalid("day", "这一天没有对账记录，请从列表中选择")),
    };
    tx.say(Event::new("reconciliation.again", id, None)).await?;
    tx.enqueue(Job::now(COMPARE, id)).await?;
    tx.commit().await
}

/// Finance says what a difference is, or that it is settled.
///
/// # Errors
/// [`Error::Invalid`] naming `note`; [`Error::Conflict`] when it is closed already.
pub async fn settle(state: &State, staff_id: Uuid, id: Uuid, action: Action, note: &str) -> Result<(), Error> {
    let note = note.trim();
    if !(1..=500).contains(&note.chars().count()) {
        return Err(Error::invalid("note", "请写明原因和处理方式，不超过 500 字"));
    }
    let mut tx = state.db.begin(Actor::Staff(staff_id)).await?;
    let row = difference::Entity::find_by_id(id).one(&*tx).await?.ok_or_else(Error::not_found)?;
    let (sealed, now) = (state.vault.seal("difference.note", id, note), tx.now);
    change::advance::<difference::Entity>(&mut tx, &row, action, |update| {
        update
            .col_expr(difference::Column::Note, Expr::value(sealed))
            .col_expr(difference::Column::StaffId, Expr::value(staff_id))
            .col_expr(difference::Column::SettledAt, Expr::value(now))
    })
    .await?;
    tx.commit().await
}

/// The days, the newest first.
pub async fn statements(state: &State, from: NaiveDate, to: NaiveDate) -> Result<Vec<statement::Model>, Error> {
    let days = statement::Column::Day.between(from.to_string(), to.to_string());
    let all = statement::Entity::find().filter(days).order_by_desc(statement::Column::Day);
    Ok(all.all(&state.db.read).await?)
}

/// Differences: those that are not closed, whatever their day; and those of these days.
pub async fn differences(state: &State, from: NaiveDate, to: NaiveDate) -> Result<Vec<difference::Model>, Error> {
    let days = difference::Column::Day.between(from.to_string(), to.to_string());
    let either = sea_orm::Condition::any().add(days).add(difference::Column::Status.ne(Status::Closed));
    let all = difference::Entity::find().filter(either).order_by_desc(difference::Column::Id);
    Ok(all.all(&state.db.read).await?)
}

/// Today in Beijing, for whoever asks without saying which days.
pub fn today(state: &State) -> NaiveDate {
    day_of(state.clock.now())
}
