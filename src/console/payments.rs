//! 款项: what finance does by hand. Rules and money are the order's own; here is who may, and what takes a second person.

use super::{
    Permission,
    decision::Why,
    proposal::{self, Act as Proposed},
    session::Staffer,
};
use crate::{
    db::Tx,
    error::Error,
    order::{
        entity::{order, refund_row},
        flow, payment,
        price::yuan,
        refund::{self, hand},
        transfer::{self, csv},
    },
    state::State,
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use zhangzheng_kinds::Fen;

/// Money that is moved by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A part of a paid order goes back.
    Refund { order_id: Uuid, amount: Fen },
    /// A received line is the payment of an order.
    Match { line_id: Uuid, order_number: String, amount: Fen },
    /// A refund was paid back by bank transfer.
    PaidBack { refund_id: Uuid, reference: String, amount: Fen },
    /// A received line was transferred back.
    Returned { line_id: Uuid, reference: String, amount: Fen },
}

impl Act {
    /// What the second person reads.
    pub fn said(&self) -> String {
        match self {
            Self::Refund { amount, .. } => format!("退款 {amount}"),
            Self::Match { amount, order_number, .. } => format!("转账 {amount} 匹配订单 {order_number}"),
            Self::PaidBack { amount, reference, .. } => format!("线下退款 {amount}，银行流水 {reference}"),
            Self::Returned { amount, reference, .. } => format!("转账退回 {amount}，银行流水 {reference}"),
        }
    }

    const fn subject_id(&self) -> Uuid {
        match self {
            Self::Refund { order_id, .. } => *order_id,
            Self::Match { line_id, .. } | Self::Returned { line_id, .. } => *line_id,
            Self::PaidBack { refund_id, .. } => *refund_id,
        }
    }
}

/// Whether it was done, or waits for a second person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    Done,
    Proposed,
}

/// The number that the act is about.
pub async fn subject(state: &State, act: &Act) -> Result<String, Error> {
    let id = act.subject_id();
    Ok(match act {
        Act::Refund { .. } => find(state, id).await?.number,
        Act::Match { .. } | Act::Returned { .. } => transfer::flow::one(state, id).await?.bank_number,
        Act::PaidBack { .. } => hand::one(state, id).await?.out_refund_no,
    })
}

/// What must be asked of WeChat Pay before the second person's word counts.
pub(super) async fn before(state: &State, act: &Act) -> Result<(), Error> {
    match act {
        Act::PaidBack { refund_id, .. } => hand::may_pay_back(state, *refund_id).await,
        _ => Ok(()),
    }
}

/// Does it, in the transaction of whoever decides.
pub(super) async fn carry_out(tx: &mut Tx, act: &Act) -> Result<(), Error> {
    match act {
        Act::Refund { order_id, amount } => hand::give_back(tx, *order_id, *amount).await.map(drop),
        Act::Match { line_id, order_number, .. } => transfer::flow::match_by_hand(tx, *line_id, order_number).await,
        Act::PaidBack { refund_id, reference, .. } => hand::paid_back(tx, *refund_id, reference).await,
        Act::Returned { line_id, reference, .. } => transfer::flow::returned(tx, *line_id, reference).await,
    }
}

async fn propose(state: &State, staffer: &Staffer, act: Act, reason: &str) -> Result<Made, Error> {
    proposal::open(state, staffer, Why::Payment, act.subject_id(), reason, Proposed::Payment(act)).await?;
    Ok(Made::Proposed)
}

/// Up to the limit one person decides; above it, somebody else confirms. What waits already is not decided beside.
async fn alone_or_propose(state: &State, staffer: &Staffer, act: Act, sum: Fen, reason: &str) -> Result<Made, Error> {
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "请写明理由"));
    }
    if sum.0 > state.config.order.second_person_above {
        return propose(state, staffer, act, reason).await;
    }
    let mut tx = state.db.begin(staffer.actor()).await?;
    proposal::none_waits(&tx, act.subject_id()).await?;
    carry_out(&mut tx, &act).await?;
    tx.commit().await?;
    Ok(Made::Done)
}

/// Enters what the bank account has received, as the bank exports it: how many were new, and how many there were.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Invalid`] naming the line that is wrong.
pub async fn import(state: &State, staffer: &Staffer, text: &str) -> Result<(usize, usize), Error> {
    staffer.may(Permission::MovePayments)?;
    transfer::flow::import(state, staffer.id, text).await
}

/// A received line is the payment of an order.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Invalid`] naming `order_number`; [`Error::Conflict`] when it has been dealt with.
pub async fn match_line(
    state: &State,
    staffer: &Staffer,
    line_id: Uuid,
    order_number: &str,
    reason: &str,
) -> Result<Made, Error> {
    staffer.may(Permission::MovePayments)?;
    let amount = Fen(transfer::flow::one(state, line_id).await?.amount);
    let order_number = order_number.trim().to_owned();
    alone_or_propose(state, staffer, Act::Match { line_id, order_number, amount }, amount, reason).await
}

/// A received line is nobody's payment: it is to go back.
///
/// # Errors
/// As [`match_line`].
pub async fn send_back(state: &State, staffer: &Staffer, line_id: Uuid) -> Result<(), Error> {
    staffer.may(Permission::MovePayments)?;
    let mut tx = state.db.begin(staffer.actor()).await?;
    proposal::none_waits(&tx, line_id).await?;
    transfer::flow::send_back(&mut tx, line_id).await?;
    tx.commit().await
}

/// A received line was transferred back; somebody else confirms.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Invalid`] naming `reference`; [`Error::Conflict`] when it was not to go back.
pub async fn returned(state: &State, staffer: &Staffer, line_id: Uuid, reference: &str) -> Result<Made, Error> {
    staffer.may(Permission::MovePayments)?;
    let line = transfer::flow::one(state, line_id).await?;
    if line.status != transfer::Status::GoesBack {
        return Err(Error::conflict("not_now", "这笔转账不在待退回之列，请刷新页面查看最新状态"));
    }
    let act = Act::Returned { line_id, reference: bank_number(reference)?, amount: Fen(line.amount) };
    propose(state, staffer, act, "已转回原付款账户").await
}

fn bank_number(text: &str) -> Result<String, Error> {
    let text = text.trim();
    let plain = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain {
        Ok(text.to_owned())
    } else {
        Err(Error::invalid("reference", "请填写银行流水号，1 至 64 位字母或数字"))
    }
}

/// A part of a paid order goes back. What one person gave back before counts towards the limit.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Invalid`] naming `amount`; [`Error::Conflict`] when less than that is left.
pub async fn give_back(
    state: &State,
    staffer: &Staffer,
    order_id: Uuid,
    amount: &str,
    reason: &str,
) -> Result<Made, Error> {
    staffer.may(Permission::MovePayments)?;
    let amount = csv::fen(amount).filter(|amount| amount.0 > 0);
    let amount = amount.ok_or_else(|| Error::invalid("amount", "请填写退款金额，最多两位小数"))?;
    find(state, order_id).await?;
    let given = refund::flow::of_orders(state, [order_id]).await?;
    let before = given.iter().filter(|refund| refund.cause == refund::Cause::Goodwill).map(|refund| refund.amount);
    let sum = before.fold(amount, |sum, amount| sum.plus(Fen(amount)).unwrap_or(Fen(i64::MAX)));
    alone_or_propose(state, staffer, Act::Refund { order_id, amount }, sum, reason).await
}

/// A refund that WeChat Pay could not do, or that goes back by bank transfer, was transferred; somebody else confirms.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Invalid`] naming `reference`; [`Error::Conflict`] when WeChat Pay is still at it.
pub async fn paid_back(state: &State, staffer: &Staffer, refund_id: Uuid, reference: &str) -> Result<Made, Error> {
    staffer.may(Permission::MovePayments)?;
    let amount = Fen(hand::one(state, refund_id).await?.amount);
    let act = Act::PaidBack { refund_id, reference: bank_number(reference)?, amount };
    before(state, &act).await?;
    propose(state, staffer, act, "已线下转账退款").await
}

/// Sends an abnormal refund anew, when its number is dead at WeChat Pay.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Conflict`] when the old number may still move money, or a proposal waits.
pub async fn renew(state: &State, staffer: &Staffer, refund_id: Uuid) -> Result<(), Error> {
    staffer.may(Permission::MovePayments)?;
    let tx = state.db.begin(staffer.actor()).await?;
    proposal::none_waits(&tx, refund_id).await?;
    drop(tx);
    hand::renew(state, staffer.actor(), refund_id).await
}

/// Asks WeChat Pay again about an abnormal refund.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::NotFound`].
pub async fn ask_again(state: &State, staffer: &Staffer, refund_id: Uuid) -> Result<(), Error> {
    staffer.may(Permission::MovePayments)?;
    hand::ask_again(state, refund_id).await
}

/// An order with everything that moved for it.
#[derive(Clone, Debug)]
pub struct Money {
    pub order: order::Model,
    pub payments: Vec<crate::order::entity::payment_row::Model>,
    pub refunds: Vec<refund_row::Model>,
}

impl Money {
    /// What has not gone back yet, in yuan.
    pub fn left(&self) -> String {
        let paid = self.payments.iter().filter(|payment| payment.status == payment::Status::Paid);
        yuan(Fen(paid.map(|payment| payment.amount - payment.returned).sum()))
    }
}

/// Everything that moved for an order.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::NotFound`].
pub async fn money(state: &State, staffer: &Staffer, order_id: Uuid) -> Result<Money, Error> {
    staffer.may(Permission::SeePayments)?;
    let order = find(state, order_id).await?;
    let payments = payment::flow::of_order(state, order_id).await?;
    let refunds = refund::flow::of_orders(state, [order_id]).await?;
    Ok(Money { order, payments, refunds })
}

/// The order with this number.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Invalid`] naming `number`.
pub async fn by_number(state: &State, staffer: &Staffer, number: &str) -> Result<Uuid, Error> {
    staffer.may(Permission::SeePayments)?;
    let found = flow::by_number(state, number.trim()).await?;
    found.map(|order| order.id).ok_or_else(|| Error::invalid("number", "没有这个订单号，请核对"))
}

async fn find(state: &State, order_id: Uuid) -> Result<order::Model, Error> {
    order::Entity::find_by_id(order_id).one(&state.db.read).await?.ok_or_else(Error::not_found)
}
