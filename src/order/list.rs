//! 订单管理: an account's orders, the newest first, a page at a time; by key, so that a long history costs no more than a short one.

use super::{
    Status, doable,
    entity::{order as row, refund_row},
    flow, refund,
};
use crate::{error::Error, state::State, who::Who};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};
use zhangzheng_kinds::Fen;

/// Orders on one page.
pub const PAGE: u64 = 20;

/// One order, and what surrounds it.
#[derive(Clone, Debug)]
pub struct Listed {
    pub order: row::Model,
    /// The oldest first.
    pub refunds: Vec<refund_row::Model>,
    /// What its applicant gets back when asking now.
    pub back: Option<refund::policy::Back>,
    /// 操作
    pub actions: Vec<doable::Doable>,
}

impl Listed {
    /// 服务名称
    pub fn services(&self) -> Result<String, Error> {
        let lines = flow::lines(&self.order)?;
        Ok(lines.iter().map(|line| line.item.service()).collect::<Vec<_>>().join("，"))
    }

    /// 状态
    pub fn state(&self) -> String {
        match (self.order.because, self.order.status) {
            (Some(because), Status::Closed) => format!("{}（{}）", self.order.status.label(), because.label()),
            _ => self.order.status.label().to_owned(),
        }
    }

    /// What went back of a paid order without ending it, or of one that took no money; none when nothing did.
    pub fn note(&self) -> Option<String> {
        let partly = matches!(self.order.status, Status::Paid | Status::Closed);
        let last = self.refunds.last().filter(|last| partly || last.status == refund::Status::Abnormal)?;
        let sum =
            self.refunds.iter().filter(|refund| refund.status != refund::Status::Void).map(|refund| refund.amount);
        let word = if last.cause == refund::Cause::Surplus { "多付款项" } else { "部分款项" };
        Some(format!("{word} {} {}", Fen(sum.sum()), last.status.label()))
    }
}

/// A page of 订单管理, and the key of the next page, if there is one.
///
/// # Errors
/// When the database does not answer.
pub async fn page(state: &State, who: &Who, before: Option<Uuid>) -> Result<(Vec<Listed>, Option<Uuid>), Error> {
    let mut find = row::Entity::find().filter(row::Column::AccountId.eq(who.account_id));
    if let Some(before) = before {
        find = find.filter(row::Column::Id.lt(before));
    }
    let mut orders = find.order_by_desc(row::Column::Id).limit(PAGE + 1).all(&state.db.read).await?;
    let more = orders.len() as u64 > PAGE;
    orders.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = orders.last().filter(|_| more).map(|order| order.id);
    Ok((surround(state, who, orders).await?, next))
}

/// One order of the account.
///
/// # Errors
/// [`Error::NotFound`], also for somebody else's.
pub async fn one(state: &State, who: &Who, id: Uuid) -> Result<Listed, Error> {
    let order = flow::one(state, who.account_id, id).await?;
    surround(state, who, vec![order]).await?.pop().ok_or_else(Error::not_found)
}

async fn surround(state: &State, who: &Who, orders: Vec<row::Model>) -> Result<Vec<Listed>, Error> {
    let held = flow::certificate_order(state, who.account_id).await?;
    let has_certificate = held.is_some_and(|order| order.status == Status::Paid);
    let refunds = refund::flow::of_orders(state, orders.iter().map(|order| order.id)).await?;
    let mut listed = Vec::with_capacity(orders.len());
    for order in orders {
        let refunds: Vec<_> = refunds.iter().filter(|refund| refund.order_id == order.id).cloned().collect();
        let mine = order.member_id == who.member_id;
        let back = match mine {
            true => refund::flow::offered(&state.db.read, &order, state.clock.now()).await?,
            false => None,
        };
        let facts = doable::Facts { refundable: back.is_some(), has_refunds: !refunds.is_empty(), has_certificate };
        listed.push(Listed { actions: doable::doable(order.status, facts), refunds, back, order });
    }
    Ok(listed)
}
