//! What finance does about refunds: a part given back, what WeChat Pay could not give back, what goes back by bank transfer.

use super::{Action, Cause, Status, flow, work};
use crate::{
    change,
    db::Tx,
    error::Error,
    jobs::Job,
    order::{
        self,
        entity::{order as order_row, payment_row, refund_row as row},
    },
    state::State,
};
use sea_orm::{
    PaginatorTrait, QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use zhangzheng_kinds::Fen;
use zhangzheng_providers::wechat_pay::RefundState;

/// Gives a part of a paid order back, or all of it; what was bought stays.
///
/// # Errors
/// [`Error::Conflict`] when the order is not paid, or less than that is left of its money.
pub async fn give_back(tx: &mut Tx, order_id: Uuid, amount: Fen) -> Result<Uuid, Error> {
    let order = order_row::Entity::find_by_id(order_id).one(&**tx).await?.ok_or_else(Error::not_found)?;
    if order.status != order::Status::Paid {
        return Err(Error::conflict("not_paid", "只有已付款的订单可以退款，请刷新页面查看最新状态"));
    }
    let payment = flow::fulfilling(&**tx, order_id).await?;
    flow::give_back(tx, &payment, amount, Cause::Goodwill).await
}

/// Whether finance may pay a refund back by bank transfer: WeChat Pay must neither have done it nor be at it.
///
/// # Errors
/// [`Error::Conflict`] when the refund is on its way or done; [`Error::Unavailable`] when WeChat Pay does not answer.
pub async fn may_pay_back(state: &State, refund_id: Uuid) -> Result<(), Error> {
    let refund = one(state, refund_id).await?;
    match refund.status {
        Status::ByHand => Ok(()),
        Status::Abnormal => match work::known(state, &refund).await?.map(|told| told.state) {
            None | Some(RefundState::Abnormal | RefundState::Closed) => Ok(()),
            Some(_) => Err(Error::conflict("moves", "微信支付正在处理这笔退款，请稍后再查，以免重复退款")),
        },
        _ => Err(Error::conflict("not_now", "这笔退款无需线下处理，请刷新页面查看最新状态")),
    }
}

/// Paid back by bank transfer, under the bank's number.
///
/// # Errors
/// [`Error::Conflict`] when it is done, or on its way.
pub async fn paid_back(tx: &mut Tx, refund_id: Uuid, reference: &str) -> Result<(), Error> {
    let refund = row::Entity::find_by_id(refund_id).one(&**tx).await?.ok_or_else(Error::not_found)?;
    if !matches!(refund.status, Status::ByHand | Status::Abnormal) {
        return Err(Error::conflict("not_now", "这笔退款无需线下处理，请刷新页面查看最新状态"));
    }
    let now = tx.now;
    change::advance::<row::Entity>(tx, &refund, Action::Finish, |update| {
        update.col_expr(row::Column::Reference, Expr::value(reference)).col_expr(row::Column::DoneAt, Expr::value(now))
    })
    .await?;
    flow::close_if_all_is_back(tx, refund.order_id).await
}

/// Asks WeChat Pay again about an abnormal refund: staff may have repaired it in the merchant's console.
pub async fn ask_again(state: &State, refund_id: Uuid) -> Result<(), Error> {
    one(state, refund_id).await?;
    let mut tx = state.db.begin(crate::db::Actor::System).await?;
    tx.enqueue(Job::now(work::WORK, refund_id)).await?;
    tx.commit().await
}

/// Sends an abnormal refund anew, under a new number: only when the old one is dead at WeChat Pay, so that nothing can go
/// back under it any more.
///
/// # Errors
/// [`Error::Conflict`] when the old number may still move money; [`Error::Unavailable`] when WeChat Pay does not answer.
pub async fn renew(state: &State, actor: crate::db::Actor, refund_id: Uuid) -> Result<(), Error> {
    let refund = one(state, refund_id).await?;
    let dead = match work::known(state, &refund).await?.map(|told| told.state) {
        // Refused, so never accepted; or closed.
        None | Some(RefundState::Closed) => refund.status == Status::Abnormal,
        Some(_) => false,
    };
    if !dead {
        return Err(Error::conflict("moves", "原退款在微信支付仍有效，不能重新发起，请在商户平台处理后再查"));
    }
    let mut tx = state.db.begin(actor).await?;
    change::advance::<row::Entity>(&mut tx, &refund, Action::Void, |update| update).await?;
    use payment_row::Column::{Id, Returned};
    payment_row::Entity::update_many()
        .col_expr(Returned, Expr::col(Returned).sub(refund.amount))
        .filter(Id.eq(refund.payment_id))
        .exec(&*tx)
        .await?;
    let payment = payment_row::Entity::find_by_id(refund.payment_id).one(&*tx).await?;
    let payment = payment.ok_or_else(|| Error::internal("a refund without its payment"))?;
    flow::give_back(&mut tx, &payment, Fen(refund.amount), refund.cause).await?;
    tx.commit().await
}

/// One refund.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn one(state: &State, refund_id: Uuid) -> Result<row::Model, Error> {
    row::Entity::find_by_id(refund_id).one(&state.db.read).await?.ok_or_else(Error::not_found)
}

/// Those that wait for finance, oldest first; and how many there are.
pub async fn waiting(state: &State, most: u64) -> Result<(Vec<row::Model>, u64), Error> {
    let waiting = row::Entity::find().filter(row::Column::Status.is_in([Status::ByHand, Status::Abnormal]));
    let count = waiting.clone().count(&state.db.read).await?;
    Ok((waiting.order_by_asc(row::Column::Id).limit(most).all(&state.db.read).await?, count))
}
