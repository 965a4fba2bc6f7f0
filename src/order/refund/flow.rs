//! Giving money back: written down in the act that causes it, done by a job afterwards. The sum of what goes back of a payment
//! is kept beside it and never passes what was paid, whoever asks at the same moment.

use super::{Cause, MOST, Status, policy, work::WORK};
use crate::{
    change,
    db::{Actor, Tx},
    error::Error,
    events::{self, Event},
    jobs::{Job, Outcome},
    order::{
        self,
        entity::{order as order_row, payment_row, refund_row as row},
        flow as orders, payment,
    },
    state::State,
    who::Who,
};
use sea_orm::{
    ActiveValue::Set,
    QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use zhangzheng_kinds::Fen;

/// The job that gives everything back when a company is rejected for good.
pub const REJECTED: &str = "order.refund_rejected";

/// Writes down that a part of a payment, or all of it, goes back. The payment's own sum is the guard: what two ask for at the
/// same moment never adds up to more than was paid.
///
/// # Errors
/// [`Error::Conflict`] when less than that is left, or it had too many refunds.
pub async fn give_back(tx: &mut Tx, payment: &payment_row::Model, amount: Fen, cause: Cause) -> Result<Uuid, Error> {
    use payment_row::Column::{Amount, Id, Refunds, Returned};
    let taken = payment_row::Entity::update_many()
        .col_expr(Returned, Expr::col(Returned).add(amount.0))
        .col_expr(Refunds, Expr::col(Refunds).add(1))
        .filter(Id.eq(payment.id))
        .filter(Expr::col(Returned).add(amount.0).lte(Expr::col(Amount)))
        .filter(Refunds.lt(MOST))
        .exec(&**tx)
        .await?;
    if taken.rows_affected != 1 || amount.0 < 1 {
        return Err(Error::conflict("not_enough_left", "可退金额不足或退款次数已达上限，请刷新页面核对"));
    }
    let number = payment_row::Entity::find_by_id(payment.id).one(&**tx).await?.map_or(1, |payment| payment.refunds);
    let by_itself = payment.channel.rail().refunds();
    let id = tx.id();
    let row = row::ActiveModel {
        id: Set(id),
        order_id: Set(payment.order_id),
        payment_id: Set(payment.id),
        account_id: Set(payment.account_id),
        out_refund_no: Set(format!("{}R{number}", payment.out_trade_no)),
        amount: Set(amount.0),
        cause: Set(cause),
        status: Set(if by_itself { Status::Asked } else { Status::ByHand }),
        refund_id: Set(None),
        trouble: Set(None),
        created_at: Set(tx.now),
        done_at: Set(None),
        sent_at: Set(None),
        reference: Set(None),
    };
    row::Entity::insert(row).exec_without_returning(&**tx).await?;
    tx.say(Event::new("refund.ask", id, Some(payment.account_id))).await?;
    if by_itself {
        tx.enqueue(Job::now(WORK, id)).await?;
    }
    Ok(id)
}

/// The payment that paid an order.
pub async fn fulfilling(c: &impl ConnectionTrait, order_id: Uuid) -> Result<payment_row::Model, Error> {
    let paid = payment_row::Entity::find()
        .filter(payment_row::Column::OrderId.eq(order_id))
        .filter(payment_row::Column::Status.eq(payment::Status::Paid))
        .one(c)
        .await?;
    paid.ok_or_else(|| Error::internal("a paid order without its payment"))
}

/// Ends a paid order: what is left of its money goes back.
async fn give_all_back(
    tx: &mut Tx,
    order: &order_row::Model,
    because: order::Because,
    cause: Cause,
) -> Result<(), Error> {
    change::advance::<order_row::Entity>(tx, order, order::Action::Refund, |update| {
        update
            .col_expr(order_row::Column::Because, Expr::value(because))
            .col_expr(order_row::Column::Holds, Expr::value(None::<Uuid>))
    })
    .await?;
    let payment = fulfilling(&**tx, order.id).await?;
    if payment.returned < payment.amount {
        give_back(tx, &payment, Fen(payment.amount - payment.returned), cause).await?;
    }
    close_if_all_is_back(tx, order.id).await
}

/// An order that is given back is refunded once nothing of its money is on its way any more.
pub(super) async fn close_if_all_is_back(tx: &mut Tx, order_id: Uuid) -> Result<(), Error> {
    // Held: of two refunds that end at the same moment, the later one sees the other.
    let order = order_row::Entity::find_by_id(order_id).lock_exclusive().one(&**tx).await?;
    let Some(order) = order.filter(|order| order.status == order::Status::Refunding) else { return Ok(()) };
    let payment = fulfilling(&**tx, order_id).await?;
    let open = row::Entity::find().filter(row::Column::PaymentId.eq(payment.id)).all(&**tx).await?;
    if payment.returned == payment.amount && open.iter().all(|refund| !refund.status.is_open()) {
        change::advance::<order_row::Entity>(tx, &order, order::Action::Return, |update| update).await?;
    }
    Ok(())
}

/// What the applicant would get back of an order now; none when there is nothing to ask for.
///
/// # Errors
/// When the database does not answer.
pub async fn offered(
    c: &impl ConnectionTrait,
    order: &order_row::Model,
    now: DateTimeUtc,
) -> Result<Option<policy::Back>, Error> {
    let (order::Status::Paid, Some(paid_at)) = (order.status, order.paid_at) else { return Ok(None) };
    let facts = policy::Facts {
        activated: orders::is_activated(c, order.account_id).await?,
        used: order.used_at.is_some(),
        paid_at,
        now,
        authorisations_returned: order.authorisations_returned > 0,
    };
    let back = policy::back(&orders::lines(order)?, facts);
    let payment = fulfilling(c, order.id).await?;
    let left = Fen(payment.amount - payment.returned);
    let amount = if back.whole { left } else { back.amount.min(left) };
    Ok(Some(policy::Back { amount, ..back }).filter(|back| back.amount.0 > 0))
}

/// 申请退款 by whoever placed the order: what the rule gives, and what the person has seen; nothing else.
///
/// # Errors
/// [`Error::Forbidden`] for others of the account; [`Error::Conflict`] when nothing can be given back now, or another sum than
/// the one seen.
pub async fn ask(state: &State, who: &Who, order_id: Uuid, seen: Fen) -> Result<(), Error> {
    let mut tx = state.db.begin(who.actor()).await?;
    let order = orders::held(&mut tx, who.account_id, order_id).await?;
    if order.member_id != who.member_id {
        return Err(Error::forbidden("not_placed_by_you", "请由下单人申请退款，或拨打客服热线"));
    }
    let now = tx.now;
    let back = offered(&*tx, &order, now).await?;
    let back = back.ok_or_else(|| Error::conflict("nothing_back", "该订单目前没有可退的款项，请查看退款规则"))?;
    if back.amount != seen {
        return Err(Error::conflict("changed", "可退金额有变化，请刷新页面核对后重新申请"));
    }
    if back.whole {
        give_all_back(&mut tx, &order, order::Because::Withdrawn, Cause::Withdrawn).await?;
    } else {
        let payment = fulfilling(&*tx, order.id).await?;
        order_row::Entity::update_many()
            .col_expr(order_row::Column::AuthorisationsReturned, Expr::value(order.authorisations))
            .filter(order_row::Column::Id.eq(order.id))
            .exec(&*tx)
            .await?;
        give_back(&mut tx, &payment, back.amount, Cause::Unused).await?;
        tx.say(Event::new("order.give_up_authorisations", order.id, Some(order.account_id))).await?;
    }
    tx.commit().await
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
    let rejected = order::Because::Rejected;
    match order.status {
        order::Status::Paid => give_all_back(&mut tx, &order, rejected, Cause::Rejected).await?,
        order::Status::Draft | order::Status::AwaitingPayment => {
            orders::end(&mut tx, &order, order::Action::Cancel, rejected).await?;
        }
        // Money that is still on its way to an expiring order does not buy any more.
        order::Status::Closing => {
            order_row::Entity::update_many()
                .col_expr(order_row::Column::Because, Expr::value(rejected))
                .filter(order_row::Column::Id.eq(order.id))
                .filter(order_row::Column::Status.eq(order::Status::Closing))
                .exec(&*tx)
                .await?;
        }
        order::Status::Closed | order::Status::Refunding | order::Status::Refunded => return Ok(()),
    }
    tx.commit().await
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

/// The refunds of some orders, the oldest first.
pub async fn of_orders(state: &State, orders: impl IntoIterator<Item = Uuid>) -> Result<Vec<row::Model>, Error> {
    let found = row::Entity::find().filter(row::Column::OrderId.is_in(orders)).order_by_asc(row::Column::Id);
    Ok(found.all(&state.db.read).await?)
}
