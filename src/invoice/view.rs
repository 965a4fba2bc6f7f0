//! The invoices of an order as its account sees them, on the desktop and on the phone.

use super::{Status, entity::invoice, flow};
use crate::{error::Error, order::beijing, state::State};
use sea_orm::prelude::Uuid;
use zhangzheng_kinds::{Email, Fen};

/// One invoice.
#[derive(Clone, Debug)]
pub struct View {
    pub row: invoice::Model,
    /// Where it was sent last, shortened: `w***@example.com`.
    pub sent_to: Option<String>,
    /// The last mail was not taken: another address is needed.
    pub undelivered: bool,
}

impl View {
    /// 金额.
    pub fn amount(&self) -> Fen {
        Fen(self.row.amount)
    }

    /// Whether there is a PDF.
    pub fn has_file(&self) -> bool {
        self.row.paper_id.is_some()
    }

    /// Whether it may be mailed again.
    pub fn may_send(&self) -> bool {
        self.has_file() && matches!(self.row.status, Status::Issued | Status::Reversing | Status::ReverseFailed)
    }

    /// 开票日期.
    pub fn day(&self) -> Option<String> {
        self.row.issued_at.map(|at| beijing(at).format("%Y-%m-%d").to_string())
    }
}

/// The invoices of an order, the newest first; those that were never issued are nobody's business but finance's.
pub async fn of_order(state: &State, order_id: Uuid) -> Result<Vec<View>, Error> {
    let mut views = Vec::new();
    for (row, mails) in flow::of_order(state, order_id).await? {
        if row.status == Status::Dropped {
            continue;
        }
        let mut sent_to = None;
        if let Some(mail) = mails.iter().find(|mail| mail.sent_at.is_some()) {
            let email = state.vault.open("invoice_mail.email", mail.id, &mail.email)?;
            sent_to = Email::parse(&email).ok().map(|email| email.masked());
        }
        let undelivered = mails.first().is_some_and(|mail| mail.trouble.is_some());
        views.push(View { row, sent_to, undelivered });
    }
    Ok(views)
}
