//! The invoice by mail (发票邮件): once by itself when it is issued, and again when the applicant asks.

use super::{
    Status,
    entity::{invoice as row, invoice_mail},
    flow,
};
use crate::{
    db::Tx,
    error::{At, Error},
    events::Event,
    jobs::{Job, Outcome},
    limits,
    order::{self, entity::order as order_row},
    state::State,
    who::Who,
};
use sea_orm::{ActiveValue::Set, entity::prelude::*, sea_query::Expr, sea_query::OnConflict};
use zhangzheng_kinds::{Email, Fen};
use zhangzheng_providers::{
    Error as Trouble,
    mail::{Enclosure, Mail},
};

/// The job that sends one mail.
pub const SEND: &str = "invoice.mail";

/// Writes a mail down, to be sent after the commit; under a key, once.
pub(super) async fn write(
    tx: &mut Tx,
    state: &State,
    invoice_id: Uuid,
    email: &str,
    once_key: Option<String>,
) -> Result<(), Error> {
    let id = tx.id();
    let mail = invoice_mail::ActiveModel {
        id: Set(id),
        invoice_id: Set(invoice_id),
        once_key: Set(once_key),
        email: Set(state.vault.seal("invoice_mail.email", id, email)),
        trouble: Set(None),
        created_at: Set(tx.now),
        sent_at: Set(None),
    };
    let once = OnConflict::column(invoice_mail::Column::OnceKey).do_nothing().to_owned();
    invoice_mail::Entity::insert(mail).on_conflict(once).exec_without_returning(&**tx).await?;
    tx.enqueue(Job::now(SEND, id)).await
}

/// The job [`SEND`]. The mail's own number is its Message-ID: sent again after a lost answer it is known as the same.
pub async fn send(state: &State, id: Uuid) -> Outcome {
    match try_send(state, id).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Retry(error.to_string()),
    }
}

async fn try_send(state: &State, id: Uuid) -> Result<Outcome, Error> {
    let Some(mail) = invoice_mail::Entity::find_by_id(id).one(&state.db.read).await? else { return Ok(Outcome::Done) };
    if mail.sent_at.is_some() || mail.trouble.is_some() {
        return Ok(Outcome::Done);
    }
    let invoice = row::Entity::find_by_id(mail.invoice_id).one(&state.db.read).await?;
    let invoice = invoice.ok_or_else(|| Error::internal("a mail without its invoice"))?;
    let composed = compose(state, &mail, &invoice).await?;
    let trouble = match state.providers.mail.send(&composed).await {
        Ok(()) => None,
        Err(error @ Trouble::Unavailable { .. }) => return Ok(Outcome::Retry(error.to_string())),
        // A server that will never take it: the address is wrong. The applicant sees it and gives another.
        Err(error @ Trouble::Refused { .. }) => Some(error.to_string()),
        Err(error) => return Ok(Outcome::GiveUp(error.to_string())),
    };
    let mut tx = state.db.begin(crate::db::Actor::System).await?;
    let (sent, now) = (trouble.is_none(), tx.now);
    invoice_mail::Entity::update_many()
        .col_expr(invoice_mail::Column::SentAt, Expr::value(sent.then_some(now)))
        .col_expr(invoice_mail::Column::Trouble, Expr::value(trouble))
        .filter(invoice_mail::Column::Id.eq(id))
        .exec(&*tx)
        .await?;
    let name = if sent { "invoice.mail_sent" } else { "invoice.mail_failed" };
    tx.say(Event::new(name, invoice.id, Some(invoice.account_id))).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

async fn compose(state: &State, mail: &invoice_mail::Model, invoice: &row::Model) -> Result<Mail, Error> {
    let email = state.vault.open("invoice_mail.email", mail.id, &mail.email)?;
    let order = order_row::Entity::find_by_id(invoice.order_id).one(&state.db.read).await?;
    let order = order.ok_or_else(|| Error::internal("an invoice without its order"))?;
    let number = invoice.number.clone().unwrap_or_default();
    let service = &state.config.service;
    let text = format!(
        "您好：\n\n订单 {} 的电子发票已开具，见附件。\n发票号码：{number}\n价税合计：{}\n\n如需重新发送，请在“服务购买 → 订单管理 → 查看发票”中操作。\n客服热线：{}\n\n{}",
        order.number,
        Fen(invoice.amount),
        service.hotline,
        service.name,
    );
    let file = Enclosure {
        name: format!("发票-{number}.pdf"),
        content_type: "application/pdf".into(),
        bytes: flow::file(state, invoice).await?,
    };
    Ok(Mail {
        to: Email::parse(&email).map_err(|refused| Error::internal(refused.0))?,
        subject: format!("【{}】电子发票 {number}", service.name),
        text,
        html: None,
        attachments: vec![file],
        id: mail.id.simple().to_string(),
    })
}

/// 重新发送: to the address of the order, or to another one that is given now.
///
/// # Errors
/// [`Error::NotFound`] for somebody else's; [`Error::Conflict`] before it is issued; [`Error::Invalid`] naming `email`;
/// [`Error::TooMany`].
pub async fn again(state: &State, who: &Who, invoice_id: Uuid, email: &str) -> Result<(), Error> {
    let one = flow::one(state, who.account_id, invoice_id).await?;
    if !matches!(one.status, Status::Issued | Status::Reversing | Status::ReverseFailed) || one.paper_id.is_none() {
        return Err(Error::conflict("not_issued", "发票尚未开具或已冲红，暂不能发送；开具后会自动发送到您的邮箱"));
    }
    let email = match email.trim() {
        "" => {
            let order = order::flow::one(state, who.account_id, one.order_id).await?;
            order::flow::invoice(state, &order).await?.email
        }
        typed => Email::parse(typed).at("email")?.into_string(),
    };
    let limit = state.config.limits.invoice_mails_per_account;
    limits::count(&state.db, "invoice_mail", &who.account_id.to_string(), limit).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    write(&mut tx, state, one.id, &email, None).await?;
    tx.say(Event::new("invoice.send_again", one.id, Some(one.account_id))).await?;
    tx.commit().await
}
