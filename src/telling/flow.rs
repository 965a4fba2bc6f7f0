//! Telling: a job reads what has happened, and says it once to whoever placed the order.

use super::{About, BEFORE, News};
use crate::{
    account,
    db::Actor,
    error::Error,
    invoice,
    jobs::Outcome,
    notice,
    order::{
        Status,
        entity::{order as order_row, refund_row},
    },
    state::State,
};
use sea_orm::entity::prelude::*;
use zhangzheng_kinds::Fen;
use zhangzheng_providers::wechat::{Message, Sent};

/// The jobs, one for each event.
pub const PAID: &str = "telling.paid";
pub const REFUNDED: &str = "telling.refunded";
pub const INVOICED: &str = "telling.invoiced";
pub const EXPIRING: &str = "telling.expiring";

/// Does one of these jobs; `None`: it is none of them.
pub async fn run(state: &State, kind: &str, subject_id: Uuid) -> Option<Outcome> {
    let told = match kind {
        PAID => paid(state, subject_id).await,
        REFUNDED => refunded(state, subject_id).await,
        INVOICED => invoiced(state, subject_id).await,
        EXPIRING => expiring(state, subject_id).await,
        _ => return None,
    };
    Some(told.unwrap_or_else(|error| Outcome::Retry(error.to_string())))
}

async fn order(state: &State, id: Uuid) -> Result<Option<order_row::Model>, Error> {
    Ok(order_row::Entity::find_by_id(id).one(&state.db.read).await?)
}

async fn paid(state: &State, order_id: Uuid) -> Result<Outcome, Error> {
    let Some(order) = order(state, order_id).await? else { return Ok(Outcome::Done) };
    let at = order.paid_at.unwrap_or_else(|| state.clock.now());
    let news = News { about: About::Paid, number: order.number.clone(), amount: Fen(order.total), at };
    tell(state, &order, order_id, &news).await
}

async fn refunded(state: &State, refund_id: Uuid) -> Result<Outcome, Error> {
    let refund = refund_row::Entity::find_by_id(refund_id).one(&state.db.read).await?;
    let Some(refund) = refund else { return Ok(Outcome::Done) };
    let Some(order) = order(state, refund.order_id).await? else { return Ok(Outcome::Done) };
    let at = refund.done_at.unwrap_or_else(|| state.clock.now());
    let news = News { about: About::Refunded, number: order.number.clone(), amount: Fen(refund.amount), at };
    tell(state, &order, refund_id, &news).await
}

async fn invoiced(state: &State, invoice_id: Uuid) -> Result<Outcome, Error> {
    let invoice = invoice::entity::invoice::Entity::find_by_id(invoice_id).one(&state.db.read).await?;
    let Some(invoice) = invoice else { return Ok(Outcome::Done) };
    let Some(order) = order(state, invoice.order_id).await? else { return Ok(Outcome::Done) };
    let at = invoice.issued_at.unwrap_or_else(|| state.clock.now());
    let news = News { about: About::Invoiced, number: order.number.clone(), amount: Fen(invoice.amount), at };
    tell(state, &order, invoice_id, &news).await
}

/// Begins when the order is placed, and waits; an order that is paid or gone by then is not spoken of.
async fn expiring(state: &State, order_id: Uuid) -> Result<Outcome, Error> {
    let Some(order) = order(state, order_id).await? else { return Ok(Outcome::Done) };
    if !matches!(order.status, Status::Draft | Status::AwaitingPayment) {
        return Ok(Outcome::Done);
    }
    let (now, due) = (state.clock.now(), order.expires_at - BEFORE);
    if now >= order.expires_at || order.created_at > due {
        return Ok(Outcome::Done);
    }
    if now < due {
        return Ok(Outcome::Later(due - now));
    }
    let (number, at) = (order.number.clone(), order.expires_at);
    let news = News { about: About::Expiring, number, amount: Fen(order.total), at };
    tell(state, &order, order_id, &news).await
}

/// Says it to whoever placed the order, once: a subscription message, or else a text. When WeChat's answer is lost it is
/// asked again: a tick is good for one message, so a second cannot arrive by the same way.
async fn tell(state: &State, order: &order_row::Model, subject_id: Uuid, news: &News) -> Result<Outcome, Error> {
    let template = news.about.template();
    let key = format!("{template}|{subject_id}|{}", order.member_id);
    if notice::was_told(state, &key).await? {
        return Ok(Outcome::Done);
    }
    let member = account::flow::member(state, order.account_id, order.member_id).await?;
    let by_wechat = match by_wechat(state, order.member_id, news).await {
        Ok(sent) => sent,
        Err(error) if error.is_temporary() => return Ok(Outcome::Retry(error.to_string())),
        Err(error) => {
            tracing::warn!(error.cause = %error, "a subscription message was refused; a text goes instead");
            false
        }
    };
    let mobile = account::flow::mobile(state, &member)?;
    let mut tx = state.db.begin(Actor::System).await?;
    let to = (!by_wechat).then_some(&mobile);
    notice::once(&mut tx, state, &key, template, to, &news.variables()).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

async fn by_wechat(state: &State, member_id: Uuid, news: &News) -> Result<bool, zhangzheng_providers::Error> {
    let client = &state.providers.wechat;
    let openid = account::wechat::openid(state, member_id).await.ok().flatten();
    let (Some(openid), Some(_)) = (openid, client.template(news.about.template())) else { return Ok(false) };
    let fields = news.fields();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let message =
        Message { openid: &openid, template: news.about.template(), page: "pages/orders/orders", fields: &fields };
    Ok(client.send(&message).await? == Sent::Sent)
}
