//! How a payment stands, and what follows from it, exactly once; the same for every rail.

use super::{Action, Status, Told, rail::Closing};
use crate::{
    change,
    db::{Actor, Tx},
    error::Error,
    order::{
        self, Money,
        entity::{order as order_row, payment_row as row},
        money, refund,
    },
    state::State,
};
use sea_orm::{entity::prelude::*, sea_query::Expr};
use zhangzheng_kinds::Fen;

/// Asks its rail how a payment stands, and draws the consequence exactly once. Asking again changes nothing.
///
/// # Errors
/// [`Error::Unavailable`] when it does not answer: nothing is known, nothing is changed.
pub async fn settle(state: &State, payment_id: Uuid) -> Result<(), Error> {
    let Some(payment) = row::Entity::find_by_id(payment_id).one(&state.db.read).await? else { return Ok(()) };
    if !matches!(payment.status, Status::Prepared | Status::Closed) {
        return Ok(());
    }
    let Some(stands) = payment.channel.rail().ask(state, &payment).await? else { return Ok(()) };
    match stands.told {
        Told::Pending => Ok(()),
        Told::Closed => closed(state, payment_id).await,
        Told::Wrong(why) => dispute(state, payment_id, why).await,
        Told::Paid => {
            let paid_at = stands.paid_at.unwrap_or_else(|| state.clock.now());
            match take(state, payment_id, stands.transaction_id.as_deref(), paid_at).await {
                Err(Error::Conflict(_)) if !is_open(state, payment_id).await? => Ok(()),
                result => result,
            }
        }
    }
}

/// Whether money can still come for a payment; when not, somebody else was faster.
async fn is_open(state: &State, payment_id: Uuid) -> Result<bool, Error> {
    let payment = row::Entity::find_by_id(payment_id).one(&state.db.read).await?;
    Ok(payment.is_some_and(|payment| matches!(payment.status, Status::Prepared | Status::Closed)))
}

async fn take(
    state: &State,
    payment_id: Uuid,
    transaction_id: Option<&str>,
    paid_at: DateTimeUtc,
) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(payment) = open_row(&tx, payment_id).await? else { return Ok(()) };
    paid(&mut tx, &payment, transaction_id, paid_at).await?;
    tx.commit().await
}

/// The money of a payment that was open is here: the order is paid by it, or it goes back.
pub(in crate::order) async fn paid(
    tx: &mut Tx,
    payment: &row::Model,
    transaction_id: Option<&str>,
    paid_at: DateTimeUtc,
) -> Result<Money, Error> {
    let order = order_row::Entity::find_by_id(payment.order_id).one(&**tx).await?;
    let order = order.ok_or_else(|| Error::internal("a payment without its order"))?;
    let money = money(order.status, order.because);
    let action = match money {
        Money::Fulfils => Action::Settle,
        Money::GoesBack => Action::Spare,
    };
    let transaction_id = transaction_id.map(str::to_owned);
    change::advance::<row::Entity>(tx, payment, action, |update| {
        update
            .col_expr(row::Column::TransactionId, Expr::value(transaction_id))
            .col_expr(row::Column::PaidAt, Expr::value(paid_at))
            .col_expr(row::Column::LiveOf, Expr::value(None::<Uuid>))
    })
    .await?;
    match money {
        Money::Fulfils => {
            change::advance::<order_row::Entity>(tx, &order, order::Action::Pay, |update| {
                update.col_expr(order_row::Column::PaidAt, Expr::value(paid_at))
            })
            .await?;
        }
        Money::GoesBack => {
            refund::flow::give_back(tx, payment, Fen(payment.amount), refund::Cause::Surplus).await?;
        }
    }
    Ok(money)
}

/// Money that is not what we asked for is kept for finance: no order is paid by it, none of it is sent anywhere.
async fn dispute(state: &State, payment_id: Uuid, why: &'static str) -> Result<(), Error> {
    tracing::error!(payment.id = %payment_id, payment.trouble = why, "another payment is told than ours");
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(payment) = open_row(&tx, payment_id).await? else { return Ok(()) };
    change::advance::<row::Entity>(&mut tx, &payment, Action::Dispute, |update| {
        update.col_expr(row::Column::Trouble, Expr::value(why)).col_expr(row::Column::LiveOf, Expr::value(None::<Uuid>))
    })
    .await?;
    tx.commit().await
}

/// No money is taken for this number any more.
pub(super) async fn closed(state: &State, payment_id: Uuid) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(payment) = open_row(&tx, payment_id).await? else { return Ok(()) };
    if payment.status == Status::Closed {
        return Ok(());
    }
    let now = tx.now;
    change::advance::<row::Entity>(&mut tx, &payment, Action::Close, |update| {
        update
            .col_expr(row::Column::ClosedAt, Expr::value(now))
            .col_expr(row::Column::CodeUrl, Expr::value(None::<String>))
            .col_expr(row::Column::LiveOf, Expr::value(None::<Uuid>))
    })
    .await?;
    tx.commit().await
}

/// The payment, if money can still come for it.
pub(in crate::order) async fn open_row(tx: &Tx, payment_id: Uuid) -> Result<Option<row::Model>, Error> {
    let payment = row::Entity::find_by_id(payment_id).one(&**tx).await?;
    Ok(payment.filter(|payment| matches!(payment.status, Status::Prepared | Status::Closed)))
}

/// Closes on its rail, then here. When somebody was faster and has paid, it is paid.
pub(super) async fn close(state: &State, payment: &row::Model) -> Result<(), Error> {
    match payment.channel.rail().close(state, payment).await? {
        Closing::Closed => closed(state, payment.id).await,
        Closing::AlreadyPaid => settle(state, payment.id).await,
    }
}
