//! 财务: what has come in and gone back, day by day, beside what WeChat Pay says; differences; invoices that have failed;
//! and all of it as a file.

use super::{
    Permission,
    export::{Cell, Form, Table},
    flow::log,
    session::Staffer,
};
use crate::{
    error::Error,
    invoice,
    order::{
        beijing,
        entity::{order, payment_row, refund_row},
        payment, refund,
    },
    reconciliation::{
        self, bounds, day_of,
        entity::{difference, statement},
    },
    state::State,
};
use chrono::{Duration, NaiveDate};
use sea_orm::{ExprTrait, QueryOrder, entity::prelude::*};
use std::collections::{BTreeMap, HashMap};
use zhangzheng_kinds::Fen;

/// Which movements are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub kind: Kind,
    pub only_trouble: bool,
}

/// Of what kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    All,
    Payments,
    Refunds,
}

/// No more days at once.
const MOST_DAYS: i64 = 92;
/// No more rows on a page; the file has all.
pub const MOST_ROWS: usize = 200;

impl Filter {
    /// Reads what was asked for; the last seven days unless it says otherwise.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming `from`.
    pub fn read(state: &State, from: &str, to: &str, kind: &str, trouble: &str) -> Result<Self, Error> {
        let today = reconciliation::flow::today(state);
        let wrong = || Error::invalid("from", "请选择正确的起止日期，最多 92 天");
        let day = |text: &str, none: NaiveDate| match text {
            "" => Ok(none),
            text => text.parse::<NaiveDate>().map_err(|_| wrong()),
        };
        let to = day(to, today)?;
        let from = day(from, to - Duration::days(6))?;
        if from > to || (to - from).num_days() >= MOST_DAYS {
            return Err(wrong());
        }
        let kind = match kind {
            "payments" => Kind::Payments,
            "refunds" => Kind::Refunds,
            _ => Kind::All,
        };
        Ok(Self { from, to, kind, only_trouble: trouble == "1" })
    }
}

/// Money that has come or gone back.
#[derive(Clone, Debug)]
pub struct Movement {
    pub at: DateTimeUtc,
    /// 收款 or 退款.
    pub what: &'static str,
    /// 订单号.
    pub order: String,
    /// Ours, at WeChat Pay.
    pub number: String,
    /// Negative: gone back.
    pub amount: Fen,
    pub state: &'static str,
    /// A person must look at it.
    pub trouble: Option<String>,
    /// It counts: came in for good, or is back for good.
    pub counts: bool,
}

/// The sums of a day: ours, and WeChat Pay's when they are known.
#[derive(Clone, Debug, Default)]
pub struct Total {
    pub paid: i64,
    pub paid_count: usize,
    pub back: i64,
    pub back_count: usize,
    pub statement: Option<statement::Model>,
    pub open: usize,
}

impl Total {
    /// What is left of the day.
    pub fn net(&self) -> Fen {
        Fen(self.paid - self.back)
    }
    /// What came.
    pub fn came(&self) -> Fen {
        Fen(self.paid)
    }
    /// What went back.
    pub fn went(&self) -> Fen {
        Fen(self.back)
    }
}

/// A difference, its note opened.
pub struct Difference {
    pub row: difference::Model,
    pub note: String,
}

/// Everything on the page.
pub struct Books {
    pub totals: Vec<(NaiveDate, Total)>,
    pub movements: Vec<Movement>,
    pub differences: Vec<Difference>,
    pub invoices: Vec<invoice::entity::invoice::Model>,
}

/// Reads the books.
///
/// # Errors
/// [`Error::Forbidden`] by role.
pub async fn books(state: &State, staffer: &Staffer, filter: &Filter) -> Result<Books, Error> {
    staffer.may(Permission::SeeBooks)?;
    let everything = movements(state, filter).await?;
    let statements = reconciliation::flow::statements(state, filter.from, filter.to).await?;
    let rows = reconciliation::flow::differences(state, filter.from, filter.to).await?;
    let totals = totals(&everything, statements, &rows);
    let mut differences = Vec::with_capacity(rows.len());
    for row in rows {
        let note = match &row.note {
            Some(note) => state.vault.open("difference.note", row.id, note)?,
            None => String::new(),
        };
        differences.push(Difference { row, note });
    }
    let movements = shown(everything, filter);
    Ok(Books { totals, movements, differences, invoices: invoice::flow::failed(state).await? })
}

fn shown(mut all: Vec<Movement>, filter: &Filter) -> Vec<Movement> {
    all.retain(|one| match filter.kind {
        Kind::All => true,
        Kind::Payments => one.amount.0 >= 0,
        Kind::Refunds => one.amount.0 < 0,
    });
    all.retain(|one| !filter.only_trouble || one.trouble.is_some());
    all
}

fn totals(
    movements: &[Movement],
    statements: Vec<statement::Model>,
    differences: &[difference::Model],
) -> Vec<(NaiveDate, Total)> {
    let mut days: BTreeMap<NaiveDate, Total> = BTreeMap::new();
    for one in movements.iter().filter(|one| one.counts) {
        let day = days.entry(day_of(one.at)).or_default();
        if one.amount.0 >= 0 {
            (day.paid, day.paid_count) = (day.paid + one.amount.0, day.paid_count + 1);
        } else {
            (day.back, day.back_count) = (day.back - one.amount.0, day.back_count + 1);
        }
    }
    for statement in statements {
        if let Ok(day) = statement.day.parse() {
            days.entry(day).or_default().statement = Some(statement);
        }
    }
    for one in differences.iter().filter(|one| one.status != reconciliation::Status::Closed) {
        if let Some(total) = one.day.parse().ok().and_then(|day: NaiveDate| days.get_mut(&day)) {
            total.open += 1;
        }
    }
    days.into_iter().rev().collect()
}

/// Every movement of these days, the newest first.
async fn movements(state: &State, filter: &Filter) -> Result<Vec<Movement>, Error> {
    let (from, to) = (bounds(filter.from).0, bounds(filter.to).1);
    let paid = payment_row::Entity::find()
        .filter(payment_row::Column::PaidAt.gte(from))
        .filter(payment_row::Column::PaidAt.lt(to))
        .order_by_desc(payment_row::Column::PaidAt)
        .all(&state.db.read)
        .await?;
    // By when it came back; until then, by when it was asked for.
    let done = refund_row::Column::DoneAt.gte(from).and(refund_row::Column::DoneAt.lt(to));
    let asked = refund_row::Column::DoneAt
        .is_null()
        .and(refund_row::Column::CreatedAt.gte(from))
        .and(refund_row::Column::CreatedAt.lt(to));
    let back = refund_row::Entity::find().filter(done.or(asked)).all(&state.db.read).await?;
    let ids = paid.iter().map(|one| one.order_id).chain(back.iter().map(|one| one.order_id)).collect::<Vec<_>>();
    let numbers = order_numbers(state, ids).await?;
    let number = |id: &Uuid| numbers.get(id).cloned().unwrap_or_default();
    let mut all: Vec<Movement> = paid.into_iter().map(|one| came(number(&one.order_id), one)).collect();
    all.extend(back.into_iter().map(|one| went(number(&one.order_id), one)));
    all.sort_by_key(|one| std::cmp::Reverse(one.at));
    Ok(all)
}

async fn order_numbers(state: &State, mut ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>, Error> {
    ids.sort_unstable();
    ids.dedup();
    let mut numbers = HashMap::new();
    for chunk in ids.chunks(200) {
        let named = order::Column::Id.is_in(chunk.iter().copied());
        let rows = order::Entity::find().filter(named).all(&state.db.read).await?;
        numbers.extend(rows.into_iter().map(|row| (row.id, row.number)));
    }
    Ok(numbers)
}

fn came(order: String, one: payment_row::Model) -> Movement {
    use payment::Status;
    Movement {
        at: one.paid_at.unwrap_or(one.created_at),
        what: "收款",
        order,
        number: one.out_trade_no,
        amount: Fen(one.amount),
        state: match one.status {
            Status::Paid => "已入账",
            Status::Surplus => "多收，自动退回",
            Status::Disputed => "存疑",
            _ => "未入账",
        },
        trouble: one.trouble,
        counts: matches!(one.status, Status::Paid | Status::Surplus),
    }
}

fn went(order: String, one: refund_row::Model) -> Movement {
    Movement {
        at: one.done_at.unwrap_or(one.created_at),
        what: "退款",
        order,
        number: one.out_refund_no,
        amount: Fen(-one.amount),
        state: if one.status == refund::Status::Abnormal { "退款异常" } else { one.status.label() },
        counts: one.status == refund::Status::Done,
        trouble: one.trouble,
    }
}

/// The movements as a file. That it was taken, by whom and for which days, is written down.
///
/// # Errors
/// [`Error::Forbidden`] by role.
pub async fn export(state: &State, staffer: &Staffer, filter: &Filter, form: Form) -> Result<Vec<u8>, Error> {
    staffer.may(Permission::ExportBooks)?;
    let row = |one: Movement| {
        let at = beijing(one.at).format("%Y-%m-%d %H:%M:%S").to_string();
        let trouble = one.trouble.unwrap_or_default();
        vec![
            Cell::text(at),
            Cell::text(one.what),
            Cell::text(one.order),
            Cell::text(one.number),
            Cell::Money(one.amount),
            Cell::text(one.state),
            Cell::text(trouble),
        ]
    };
    let head = vec!["时间（北京）", "类型", "订单号", "商户单号", "金额（元）", "状态", "异常"];
    let rows = shown(movements(state, filter).await?, filter).into_iter().map(row).collect();
    let file = form.write(&Table { name: "收支明细", head, rows })?;
    log(state, staffer, "console.export_books", staffer.id).await?;
    Ok(file)
}

/// Compares a day anew.
///
/// # Errors
/// [`Error::Forbidden`] by role; as [`reconciliation::flow::again`].
pub async fn compare_again(state: &State, staffer: &Staffer, day: &str) -> Result<(), Error> {
    staffer.may(Permission::KeepBooks)?;
    reconciliation::flow::again(state, staffer.actor(), day).await
}

/// Explains or closes a difference.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Invalid`] naming the field; [`Error::Conflict`] when it is closed already.
pub async fn settle(state: &State, staffer: &Staffer, id: Uuid, action: &str, note: &str) -> Result<(), Error> {
    staffer.may(Permission::KeepBooks)?;
    let action = match action {
        "explain" => reconciliation::Action::Explain,
        "close" => reconciliation::Action::Close,
        _ => return Err(Error::invalid("action", "请选择说明或关闭")),
    };
    reconciliation::flow::settle(state, staffer.id, id, action, note).await
}

/// What finance can do about an invoice that has failed.
///
/// # Errors
/// [`Error::Forbidden`] by role; as [`invoice::flow::try_again`] and [`invoice::flow::record`].
pub async fn mend(state: &State, staffer: &Staffer, id: Uuid, number: Option<&str>) -> Result<(), Error> {
    staffer.may(Permission::KeepBooks)?;
    match number {
        Some(number) => invoice::flow::record(state, staffer.actor(), id, number).await,
        None => invoice::flow::try_again(state, staffer.actor(), id).await,
    }
}
