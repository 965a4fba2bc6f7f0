//! Giving money back: asked for under our own number, again and again until WeChat Pay says how it ended.

use super::{Action, Cause, Status};
use crate::{
    change,
    db::{Actor, Tx},
    error::Error,
    events::{self, Event},
    jobs::{Job, Outcome},
    order::{
        self,
        entity::{order as order_row, payment_row, refund_row as row},
        payment,
    },
    state::State,
};
use chrono::Duration;
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*, sea_query::Expr};
use zhangzheng_kinds::Fen;
use zhangzheng_providers::wechat_pay::{Refund, RefundOrder, RefundState, Refunding};

/// The job that brings one refund to its end.
pub const WORK: &str = "order.refund_work";
/// The job that gives everything back when a company is rejected for good.
pub const REJECTED: &str = "order.refund_rejected";

/// Writes down that the whole of a payment goes back; a job does it once the act is committed. A payment has one such number,
/// so that writing it down twice fails instead of paying twice.
pub async fn give_back(tx: &mut Tx, payment: &payment_row::Model, cause: Cause) -> Result<(), Error> {
    let id = tx.id();
    let row = row::ActiveModel {
        id: Set(id),
        order_id: Set(payment.order_id),
        payment_id: Set(payment.id),
        account_id: Set(payment.account_id),
        out_refund_no: Set(format!("{}R1", payment.out_trade_no)),
        amount: Set(payment.amount),
        cause: Set(cause),
        status: Set(Status::Asked),
        refund_id: Set(None),
        trouble: Set(None),
        created_at: Set(tx.now),
        done_at: Set(None),
    };
    row::Entity::insert(row).exec_without_returning(&**tx).await?;
    tx.say(Event::new("refund.ask", id, Some(payment.account_id))).await?;
    tx.enqueue(Job::now(WORK, id)).await
}

/// The job [`REJECTED`], started by `company.reject`: what the account has paid goes back whole, what it has not paid is closed (C1).
pub async fn company_rejected(state: &State, company_id: Uuid) -> Outcome {
    match try_company_rejected(state, company_id).await {
        Ok(()) => Outcome::Done,
        Err(error) => payment::flow::later(&error),
    }
}

async fn try_company_rejected(state: &State, company_id: Uuid) -> Result<(), Error> {
    let rejection = events::entity::Entity::find()
        .filter(events::entity::Column::SubjectId.eq(company_id))
        .filter(events::entity::Column::Name.eq("company.reject"))
        .order_by_desc(events::entity::Column::Id)
        .one(&state.db.read)
        .await?;
    let Some((account_id, at)) = rejection.and_then(|event| Some((event.account_id?, event.at))) else {
        return Err(Error::internal("a rejection without its event"));
    };
    // Whoever has applied again since may buy again: only what was ordered before the decision is undone.
    let ordered = order_row::Entity::find()
        .filter(order_row::Column::AccountId.eq(account_id))
        .filter(order_row::Column::CreatedAt.lte(at));
    for order in ordered.all(&state.db.read).await? {
        undo(state, order.id).await?;
    }
    Ok(())
}

async fn undo(state: &State, order_id: Uuid) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(order) = order_row::Entity::find_by_id(order_id).one(&*tx).await? else { return Ok(()) };
    let rejected = Expr::value(order::Because::Rejected);
    let free = Expr::value(None::<Uuid>);
    match order.status {
        order::Status::Paid => {
            change::advance::<order_row::Entity>(&mut tx, &order, order::Action::Refund, |update| {
                update.col_expr(order_row::Column::Because, rejected).col_expr(order_row::Column::Holds, free)
            })
            .await?;
            let paid = payment_row::Entity::find()
                .filter(payment_row::Column::OrderId.eq(order.id))
                .filter(payment_row::Column::Status.eq(payment::Status::Paid))
                .one(&*tx)
                .await?;
            let paid = paid.ok_or_else(|| Error::internal("a paid order without its payment"))?;
            give_back(&mut tx, &paid, Cause::Rejected).await?;
        }
        order::Status::Draft => {
            change::advance::<order_row::Entity>(&mut tx, &order, order::Action::Cancel, |update| {
                update.col_expr(order_row::Column::Because, rejected).col_expr(order_row::Column::Holds, free)
            })
            .await?;
        }
        order::Status::AwaitingPayment => {
            change::advance::<order_row::Entity>(&mut tx, &order, order::Action::Cancel, |update| {
                update.col_expr(order_row::Column::Because, rejected)
            })
            .await?;
        }
        // Money that is still on its way to an expiring order does not buy any more.
        order::Status::Closing => {
            order_row::Entity::update_many()
                .col_expr(order_row::Column::Because, rejected)
                .filter(order_row::Column::Id.eq(order.id))
                .exec(&*tx)
                .await?;
        }
        order::Status::Closed | order::Status::Refunding | order::Status::Refunded => return Ok(()),
    }
    tx.commit().await
}

/// The job [`WORK`].
pub async fn work(state: &State, refund_id: Uuid) -> Outcome {
    match try_work(state, refund_id).await {
        Ok(outcome) => outcome,
        Err(error) => payment::flow::later(&error),
    }
}

async fn try_work(state: &State, refund_id: Uuid) -> Result<Outcome, Error> {
    let Some(refund) = row::Entity::find_by_id(refund_id).one(&state.db.read).await? else { return Ok(Outcome::Done) };
    let client = &state.providers.wechat_pay;
    let known = match refund.status {
        Status::Done => return Ok(Outcome::Done),
        Status::Asked => None,
        Status::Processing | Status::Abnormal => client.refund_query(&refund.out_refund_no).await.map_err(silent)?,
    };
    let told = match known {
        Some(told) => told,
        // Never accepted, or nobody knows: the same number is the same refund.
        None if refund.status != Status::Abnormal => match send(state, &refund).await? {
            Ok(told) => told,
            Err(outcome) => return Ok(outcome),
        },
        None => return Ok(Outcome::Done),
    };
    draw(state, &refund, &told).await
}

/// Sends the refund. `Err`: how the job goes on, because WeChat Pay cannot do it now, or at all.
async fn send(state: &State, refund: &row::Model) -> Result<Result<Refund, Outcome>, Error> {
    let payment = payment_row::Entity::find_by_id(refund.payment_id).one(&state.db.read).await?;
    let payment = payment.ok_or_else(|| Error::internal("a refund without its payment"))?;
    let wanted = RefundOrder {
        out_trade_no: &payment.out_trade_no,
        out_refund_no: &refund.out_refund_no,
        reason: refund.cause.reason(),
        refund: Fen(refund.amount),
        total: Fen(payment.amount),
    };
    match state.providers.wechat_pay.refund(&wanted).await.map_err(silent)? {
        Refunding::Accepted(told) => Ok(Ok(told)),
        Refunding::NotEnough => {
            tracing::error!(refund.id = %refund.id, "the merchant's balance is too small for a refund: top it up");
            Ok(Err(Outcome::Later(Duration::minutes(10))))
        }
        Refunding::AccountAbnormal => Ok(Err(fail(state, refund.id, "the payer's account cannot take it back").await?)),
        Refunding::NothingPaid => Ok(Err(fail(state, refund.id, "WeChat Pay knows no such payment").await?)),
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

/// The money is back. An order that was given back whole is refunded now.
async fn finish(state: &State, id: Uuid, told: &Refund) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(refund) = row::Entity::find_by_id(id).one(&*tx).await? else { return Ok(()) };
    if refund.status == Status::Done {
        return Ok(());
    }
    let (refund_id, done_at) = (told.refund_id.clone(), told.done_at.unwrap_or(tx.now));
    change::advance::<row::Entity>(&mut tx, &refund, Action::Finish, |update| {
        update
            .col_expr(row::Column::RefundId, Expr::value(refund_id))
            .col_expr(row::Column::DoneAt, Expr::value(done_at))
    })
    .await?;
    let order = order_row::Entity::find_by_id(refund.order_id).one(&*tx).await?;
    if let Some(order) = order.filter(|order| order.status == order::Status::Refunding)
        && refund.cause != Cause::Surplus
    {
        change::advance::<order_row::Entity>(&mut tx, &order, order::Action::Return, |update| update).await?;
    }
    tx.commit().await
}

/// Finance must act: visible as a refund that is 异常, and as an event.
async fn fail(state: &State, id: Uuid, why: &'static str) -> Result<Outcome, Error> {
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

fn silent(error: zhangzheng_providers::Error) -> Error {
    Error::unavailable("微信支付暂时没有回应，请稍后再试", error)
}

/// A verified notice says that something happened to a refund: a reason to ask. `false`: not a number of ours.
pub async fn noticed(state: &State, out_refund_no: &str, notice_id: &str) -> Result<bool, Error> {
    let found = row::Entity::find().filter(row::Column::OutRefundNo.eq(out_refund_no)).one(&state.db.read).await?;
    let Some(refund) = found else { return Ok(false) };
    let mut tx = state.db.begin(Actor::System).await?;
    tx.enqueue(Job::now(WORK, refund.id).once(format!("{WORK}@{notice_id}"))).await?;
    tx.commit().await?;
    Ok(true)
}

/// The refunds of an account, by order.
pub async fn of_account(state: &State, account_id: Uuid) -> Result<Vec<row::Model>, Error> {
    let found = row::Entity::find().filter(row::Column::AccountId.eq(account_id)).order_by_asc(row::Column::Id);
    Ok(found.all(&state.db.read).await?)
}
