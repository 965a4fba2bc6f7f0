//! Notices (通知) that WeChat Pay sends us, opened after their signature has been checked.

use super::{Refund, Transaction, VENDOR, merchant::Merchant, wire};
use crate::{Error, Result};

/// A notice that WeChat Pay has signed and encrypted for us. There is no other way to get one.
#[derive(Debug)]
#[non_exhaustive]
pub struct VerifiedNotice {
    /// WeChat Pay's id of the notice: the same when it is sent again.
    pub id: String,
    /// The merchant it is about; see [`super::Client::owns`].
    pub mchid: String,
    /// The mini-program it is about; refunds name none.
    pub appid: Option<String>,
    pub notice: Notice,
}

/// What it says.
#[derive(Debug)]
pub enum Notice {
    Payment(Transaction),
    Refund(Refund),
    /// Something happened to an invoice: the payment (`fapiao_apply_id`) it belongs to.
    Fapiao(String),
    /// A kind we do not use; take it and go on.
    Other(String),
}

/// Opens a body whose signature is right.
pub(super) fn open(merchant: &Merchant, body: &[u8]) -> Result<VerifiedNotice> {
    let envelope: wire::Notice = wire::parse(body)?;
    let resource = &envelope.resource;
    if resource.algorithm != "AEAD_AES_256_GCM" {
        return Err(Error::malformed(VENDOR, "a notice is encrypted in a way we do not know"));
    }
    let associated = resource.associated_data.as_deref().unwrap_or_default();
    let plain = merchant.decrypt(&resource.ciphertext, &resource.nonce, associated)?;
    let owner: wire::Owner = wire::parse(&plain)?;
    let notice = match envelope.event_type.as_str() {
        "TRANSACTION.SUCCESS" => Notice::Payment(wire::parse::<wire::Transaction>(&plain)?.understood()?),
        "REFUND.SUCCESS" | "REFUND.ABNORMAL" | "REFUND.CLOSED" => {
            Notice::Refund(wire::parse::<wire::Refund>(&plain)?.understood()?)
        }
        "FAPIAO.ISSUED" | "FAPIAO.REVERSED" => {
            Notice::Fapiao(wire::parse::<wire::Application>(&plain)?.fapiao_apply_id)
        }
        _ => Notice::Other(envelope.event_type),
    };
    Ok(VerifiedNotice { id: envelope.id, mchid: owner.mchid, appid: owner.appid, notice })
}
