//! The work of a refund: asked for under our own number, again and again until WeChat Pay says how it ended.

use super::{Action, Status, flow::close_if_all_is_back};
use crate::{
    change,
    db::Actor,
    error::Error,
    jobs::Outcome,
    order::{
        entity::{payment_row, refund_row as row},
        payment,
    },
    state::State,
};
use chrono::Duration;
use sea_orm::{entity::prelude::*, sea_query::Expr};
use zhangzheng_kinds::Fen;
use zhangzheng_providers::{
    self as providers,
    wechat_pay::{Refund, RefundOrder, RefundState, Refunding},
};

/// The job that brings one refund to its end.
pub const WORK: &str = "order.refund_work";

/// The job [`WORK`].
pub async fn work(state: &State, refund_id: Uuid) -> Outcome {
    match try_work(state, refund_id).await {
        Ok(outcome) => outcome,
        Err(error) => payment::flow::later(&error),
    }
}

async fn try_work(state: &State, refund_id: Uuid) -> Result<Outcome, Error> {
    let Some(refund) = row::Entity::find_by_id(refund_id).one(&state.db.read).await? else { return Ok(Outcome::Done) };
    let known = match refund.status {
        Status::Done | Status::Void | Status::ByHand => return Ok(Outcome::Done),
        Status::Asked if refund.sent_at.is_none() => None,
        // It was sent, and nobody knows what came of it: the query says.
        Status::Asked | Status::Processing | Status::Abnormal => known(state, &refund).await?,
    };
    match known {
        Some(told) => draw(state, &refund, &told).await,
        None if refund.status == Status::Abnormal => Ok(Outcome::Done),
        // Never accepted: the same number is the same refund.
        None => send(state, &refund).await,
    }
}

/// How a refund stands at WeChat Pay. `None`: it was never accepted.
pub(super) async fn known(state: &State, refund: &row::Model) -> Result<Option<Refund>, Error> {
    state.providers.wechat_pay.refund_query(&refund.out_refund_no).await.map_err(silent)
}

/// Sends it, having written down that it is sent.
async fn send(state: &State, refund: &row::Model) -> Result<Outcome, Error> {
    let payment = payment_row::Entity::find_by_id(refund.payment_id).one(&state.db.read).await?;
    let payment = payment.ok_or_else(|| Error::internal("a refund without its payment"))?;
    row::Entity::update_many()
        .col_expr(row::Column::SentAt, Expr::value(state.clock.now()))
        .filter(row::Column::Id.eq(refund.id))
        .exec(state.db.machinery())
        .await?;
    let wanted = RefundOrder {
        out_trade_no: &payment.out_trade_no,
        out_refund_no: &refund.out_refund_no,
        reason: refund.cause.reason(),
        refund: Fen(refund.amount),
        total: Fen(payment.amount),
    };
    match state.providers.wechat_pay.refund(&wanted).await {
        Ok(Refunding::Accepted(told)) => draw(state, refund, &told).await,
        Ok(Refunding::NotEnough) => {
            tracing::error!(refund.id = %refund.id, "the merchant's balance is too small for a refund: top it up");
            Ok(Outcome::Later(Duration::minutes(10)))
        }
        Ok(Refunding::AccountAbnormal) => fail(state, refund.id, "the payer's account cannot take it back").await,
        Ok(Refunding::NothingPaid) => fail(state, refund.id, "WeChat Pay knows no such payment").await,
        // Understood and refused: the same again will not help, a person must look.
        Err(providers::Error::Refused { code, .. }) => fail(state, refund.id, &format!("refused: {code}")).await,
        Err(error) => Err(silent(error)),
    }
}

/// Draws the consequence of what WeChat Pay says.
async fn draw(state: &State, refund: &row::Model, told: &Refund) -> Result<Outcome, Error> {
    if told.out_refund_no != refund.out_refund_no || told.refund != Fen(refund.amount) {
        return fail(state, refund.id, "WeChat Pay tells another refund").await;
    }
    match &told.state {
        RefundState::Done => {
            finish(state, refund.id, told).await?;
            Ok(Outcome::Done)
        }
        RefundState::Processing | RefundState::Pending(_) => {
            if refund.status == Status::Asked {
                accept(state, refund.id, &told.refund_id).await?;
            }
            let fresh = state.clock.now() - refund.created_at < Duration::hours(1);
            Ok(Outcome::Later(if fresh { Duration::minutes(1) } else { Duration::hours(1) }))
        }
        RefundState::Closed => fail(state, refund.id, "WeChat Pay has closed the refund").await,
        RefundState::Abnormal => fail(state, refund.id, "the payer's card or account is gone").await,
    }
}

async fn accept(state: &State, id: Uuid, refund_id: &str) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(refund) = row::Entity::find_by_id(id).one(&*tx).await? else { return Ok(()) };
    if refund.status != Status::Asked {
        return Ok(());
    }
    change::advance::<row::Entity>(&mut tx, &refund, Action::Accept, |update| {
        update.col_expr(row::Column::RefundId, Expr::value(refund_id))
    })
    .await?;
    tx.commit().await
}

/// The money is back; the order is refunded when that was the last of it.
async fn finish(state: &State, id: Uuid, told: &Refund) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(refund) = row::Entity::find_by_id(id).one(&*tx).await? else { return Ok(()) };
    if !refund.status.is_open() {
        return Ok(());
    }
    let (refund_id, done_at) = (told.refund_id.clone(), told.done_at.unwrap_or(tx.now));
    change::advance::<row::Entity>(&mut tx, &refund, Action::Finish, |update| {
        update
            .col_expr(row::Column::RefundId, Expr::value(refund_id))
            .col_expr(row::Column::DoneAt, Expr::value(done_at))
    })
    .await?;
    close_if_all_is_back(&mut tx, refund.order_id).await?;
    tx.commit().await
}

/// Finance must act: visible as a refund that is 异常, and as an event.
async fn fail(state: &State, id: Uuid, why: &str) -> Result<Outcome, Error> {
    tracing::error!(refund.id = %id, refund.trouble = why, "a refund needs a person");
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(refund) = row::Entity::find_by_id(id).one(&*tx).await? else { return Ok(Outcome::Done) };
    if matches!(refund.status, Status::Asked | Status::Processing) {
        change::advance::<row::Entity>(&mut tx, &refund, Action::Fail, |update| {
            update.col_expr(row::Column::Trouble, Expr::value(why))
        })
        .await?;
        tx.commit().await?;
    }
    Ok(Outcome::Done)
}

pub(super) fn silent(error: providers::Error) -> Error {
    Error::unavailable("微信支付暂时没有回应，请稍后再试", error)
}
