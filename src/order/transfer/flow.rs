//! 对公转账: what the payer is told, what finance enters, and how a received line finds its order. Entering, matching and
//! returning are each done once, however often they are asked for.

use super::{Action, Line, Status, Trouble, Wanted, code_in, csv, matches};
use crate::{
    change, company,
    db::{Actor, Tx},
    error::Error,
    events::Event,
    jobs::{Job, Outcome},
    order::{
        entity::{bank_line as row, order as order_row, payment_row},
        payment::{
            self, Channel,
            rail::{Offered, Ready},
            settle,
        },
    },
    state::State,
};
use sea_orm::{
    ActiveValue::Set,
    PaginatorTrait, QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};
use zhangzheng_kinds::Fen;

/// The job that looks for the order of a received line.
pub const MATCH: &str = "order.match_line";

/// Where to transfer what, and the words to write beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instructions {
    /// 收款户名
    pub payee: String,
    /// 开户银行
    pub bank: String,
    /// 收款帐号
    pub account: String,
    pub amount: Fen,
    /// 附言
    pub code: String,
    /// The transfer must have come by then.
    pub until: DateTimeUtc,
}

/// What a payer is told.
pub(in crate::order) fn offer(state: &State, payment: &payment_row::Model) -> Offered {
    let transfer = &state.config.order.transfer;
    match &payment.remittance_code {
        Some(code) => Offered::Ready(Ready::Transfer(Instructions {
            payee: transfer.payee.clone(),
            bank: transfer.bank.clone(),
            account: transfer.account.clone(),
            amount: Fen(payment.amount),
            code: code.clone(),
            until: payment.expires_at,
        })),
        None => Offered::Different,
    }
}

/// Enters what our bank account has received: those that are new. Their orders are looked for by jobs.
///
/// # Errors
/// When the database does not answer: then nothing is entered.
pub async fn enter(state: &State, staff_id: Uuid, lines: &[Line]) -> Result<usize, Error> {
    let mut tx = state.db.begin(Actor::Staff(staff_id)).await?;
    let mut new = 0;
    for line in lines {
        new += usize::from(enter_one(&mut tx, state, staff_id, line).await?);
    }
    tx.commit().await?;
    Ok(new)
}

/// Enters a list as the bank exports it.
///
/// # Errors
/// [`Error::Invalid`] naming `file` and the line that is wrong; then nothing is entered.
pub async fn import(state: &State, staff_id: Uuid, text: &str) -> Result<(usize, usize), Error> {
    let lines = csv::read(text).map_err(|why| Error::invalid("file", why))?;
    Ok((enter(state, staff_id, &lines).await?, lines.len()))
}

async fn enter_one(tx: &mut Tx, state: &State, staff_id: Uuid, line: &Line) -> Result<bool, Error> {
    let id = tx.id();
    let fresh = row::ActiveModel {
        id: Set(id),
        bank_number: Set(line.bank_number.clone()),
        received_at: Set(line.received_at),
        amount: Set(line.amount.0),
        payer_name: Set(state.vault.seal("bank_line.payer_name", id, &line.payer_name)),
        remark: Set(state.vault.seal("bank_line.remark", id, &line.remark)),
        status: Set(Status::Received),
        trouble: Set(None),
        payment_id: Set(None),
        entered_by: Set(staff_id),
        created_at: Set(tx.now),
        reference: Set(None),
        settled_at: Set(None),
    };
    let once = OnConflict::column(row::Column::BankNumber).do_nothing().to_owned();
    let written = row::Entity::insert(fresh).on_conflict(once).exec_without_returning(&**tx).await;
    match written {
        Ok(1) => {
            tx.say(Event::new("bank_line.enter", id, None)).await?;
            tx.enqueue(Job::now(MATCH, id)).await?;
            Ok(true)
        }
        Ok(_) | Err(DbErr::RecordNotInserted) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A line, opened.
pub fn opened(state: &State, row: &row::Model) -> Result<Line, Error> {
    Ok(Line {
        bank_number: row.bank_number.clone(),
        received_at: row.received_at,
        amount: Fen(row.amount),
        payer_name: state.vault.open("bank_line.payer_name", row.id, &row.payer_name)?,
        remark: state.vault.open("bank_line.remark", row.id, &row.remark)?,
    })
}

/// The job [`MATCH`].
pub async fn find_order(state: &State, line_id: Uuid) -> Outcome {
    match try_find_order(state, line_id).await {
        Ok(()) => Outcome::Done,
        Err(error) => payment::flow::later(&error),
    }
}

async fn try_find_order(state: &State, line_id: Uuid) -> Result<(), Error> {
    let Some(line) = row::Entity::find_by_id(line_id).one(&state.db.read).await? else { return Ok(()) };
    if line.status != Status::Received {
        return Ok(());
    }
    let told = opened(state, &line)?;
    let found = match code_in(&told.remark) {
        None => Err(Trouble::NoCode),
        Some(code) => under(state, &code).await?.ok_or(Trouble::UnknownCode),
    };
    let found = match found {
        Ok(payment) => matches(&told, &wanted(state, &payment).await?).map(|()| payment),
        Err(trouble) => Err(trouble),
    };
    let mut tx = state.db.begin(Actor::System).await?;
    match found {
        Ok(payment) => match settle::open_row(&tx, payment.id).await? {
            Some(payment) => take(&mut tx, &line, &payment).await?,
            None => hold(&mut tx, &line, Trouble::Taken).await?,
        },
        Err(trouble) => hold(&mut tx, &line, trouble).await?,
    }
    tx.commit().await
}

async fn under(state: &State, code: &str) -> Result<Option<payment_row::Model>, Error> {
    let found = payment_row::Entity::find().filter(payment_row::Column::RemittanceCode.eq(code));
    Ok(found.one(&state.db.read).await?)
}

async fn wanted(state: &State, payment: &payment_row::Model) -> Result<Wanted, Error> {
    let company = company::flow::of_account(state, payment.account_id).await?;
    let taken = !matches!(payment.status, payment::Status::Prepared | payment::Status::Closed);
    Ok(Wanted { amount: Fen(payment.amount), payer_name: company.and_then(|company| company.name), taken })
}

async fn hold(tx: &mut Tx, line: &row::Model, trouble: Trouble) -> Result<(), Error> {
    change::advance::<row::Entity>(tx, line, Action::Hold, |update| {
        update.col_expr(row::Column::Trouble, Expr::value(trouble.word()))
    })
    .await?;
    Ok(())
}

/// The line is this payment: both say so in one transaction.
async fn take(tx: &mut Tx, line: &row::Model, payment: &payment_row::Model) -> Result<(), Error> {
    let now = tx.now;
    change::advance::<row::Entity>(tx, line, Action::Match, |update| {
        update
            .col_expr(row::Column::PaymentId, Expr::value(payment.id))
            .col_expr(row::Column::SettledAt, Expr::value(now))
    })
    .await?;
    settle::paid(tx, payment, Some(&line.bank_number), line.received_at).await?;
    Ok(())
}

/// By hand: the line is the payment of the order with this number. The sum must agree to the fen: no order is paid with
/// more or less than it costs.
///
/// # Errors
/// [`Error::Invalid`] naming `order_number`; [`Error::Conflict`] when the line has been dealt with.
pub async fn match_by_hand(tx: &mut Tx, line_id: Uuid, order_number: &str) -> Result<(), Error> {
    let wrong = |said: &str| Error::invalid("order_number", said);
    let line = row::Entity::find_by_id(line_id).one(&**tx).await?.ok_or_else(Error::not_found)?;
    let order = order_row::Entity::find().filter(order_row::Column::Number.eq(order_number.trim())).one(&**tx).await?;
    let order = order.ok_or_else(|| wrong("没有这个订单号，请核对"))?;
    let payment = payment_row::Entity::find()
        .filter(payment_row::Column::OrderId.eq(order.id))
        .filter(payment_row::Column::Channel.eq(Channel::BankTransfer))
        .order_by_desc(payment_row::Column::Id)
        .one(&**tx)
        .await?;
    let payment = payment.ok_or_else(|| wrong("该订单没有选择对公转账，请退回款项或请申请人先选择对公转账"))?;
    if payment.amount != line.amount {
        return Err(wrong("金额与订单不一致，请退回款项"));
    }
    let payment = settle::open_row(tx, payment.id).await?.ok_or_else(|| wrong("该订单已收到过转账，请退回款项"))?;
    take(tx, &line, &payment).await
}

/// The line is nobody's payment: it goes back.
///
/// # Errors
/// [`Error::Conflict`] when it has been dealt with.
pub async fn send_back(tx: &mut Tx, line_id: Uuid) -> Result<(), Error> {
    let line = row::Entity::find_by_id(line_id).one(&**tx).await?.ok_or_else(Error::not_found)?;
    change::advance::<row::Entity>(tx, &line, Action::SendBack, |update| update).await?;
    Ok(())
}

/// The line is back with whoever sent it, under the bank's number of that transfer.
///
/// # Errors
/// [`Error::Conflict`] when it was not to go back, or is back already.
pub async fn returned(tx: &mut Tx, line_id: Uuid, reference: &str) -> Result<(), Error> {
    let line = row::Entity::find_by_id(line_id).one(&**tx).await?.ok_or_else(Error::not_found)?;
    let now = tx.now;
    change::advance::<row::Entity>(tx, &line, Action::Return, |update| {
        update
            .col_expr(row::Column::Reference, Expr::value(reference))
            .col_expr(row::Column::SettledAt, Expr::value(now))
    })
    .await?;
    Ok(())
}

/// One line.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn one(state: &State, line_id: Uuid) -> Result<row::Model, Error> {
    row::Entity::find_by_id(line_id).one(&state.db.read).await?.ok_or_else(Error::not_found)
}

/// Those that wait for finance, oldest first; and how many there are.
pub async fn waiting(state: &State, most: u64) -> Result<(Vec<row::Model>, u64), Error> {
    let waiting = row::Entity::find().filter(row::Column::Status.is_in([Status::Held, Status::GoesBack]));
    let count = waiting.clone().count(&state.db.read).await?;
    Ok((waiting.order_by_asc(row::Column::Id).limit(most).all(&state.db.read).await?, count))
}

/// Those entered last, newest first.
pub async fn newest(state: &State, most: u64) -> Result<Vec<row::Model>, Error> {
    Ok(row::Entity::find().order_by_desc(row::Column::Id).limit(most).all(&state.db.read).await?)
}
