//! WeChat Pay's own shapes, and what its refusals mean for us.

use super::{RefundState, TradeState, VENDOR};
use crate::{Error, Result, http::Reply};
use chrono::{DateTime, FixedOffset};
use serde::{Deserialize, de::DeserializeOwned};
use zhangzheng_kinds::Fen;

#[derive(Deserialize)]
pub(super) struct PrepayId {
    pub(super) prepay_id: String,
}

#[derive(Deserialize)]
pub(super) struct CodeUrl {
    pub(super) code_url: String,
}

#[derive(Deserialize)]
pub(super) struct Transaction {
    appid: String,
    mchid: String,
    out_trade_no: String,
    trade_state: String,
    transaction_id: Option<String>,
    success_time: Option<DateTime<FixedOffset>>,
    payer: Option<Payer>,
    amount: Option<Amount>,
}

#[derive(Deserialize)]
struct Payer {
    openid: Option<String>,
}

#[derive(Deserialize)]
struct Amount {
    total: Option<i64>,
    payer_total: Option<i64>,
    currency: Option<String>,
}

impl Transaction {
    /// In our words. Paid without its number, amount or time is not understood, so it is not paid.
    pub(super) fn understood(self) -> Result<super::Transaction> {
        let state = match self.trade_state.as_str() {
            "SUCCESS" => TradeState::Paid,
            "REFUND" => TradeState::Refunded,
            "NOTPAY" => TradeState::NotPaid,
            "CLOSED" | "REVOKED" => TradeState::Closed,
            other => TradeState::Pending(other.to_owned()),
        };
        let amount = self.amount.unwrap_or(Amount { total: None, payer_total: None, currency: None });
        let whole = self.transaction_id.is_some() && amount.total.is_some() && self.success_time.is_some();
        if state.was_paid() && !whole {
            return Err(Error::malformed(VENDOR, "paid, but without number, amount or time"));
        }
        Ok(super::Transaction {
            appid: self.appid,
            mchid: self.mchid,
            out_trade_no: self.out_trade_no,
            transaction_id: self.transaction_id,
            state,
            total: amount.total.map(Fen),
            payer_total: amount.payer_total.map(Fen),
            currency: amount.currency,
            payer_openid: self.payer.and_then(|payer| payer.openid),
            paid_at: self.success_time.map(|at| at.to_utc()),
        })
    }
}

/// `status` in replies, `refund_status` in notices.
#[derive(Deserialize)]
pub(super) struct Refund {
    out_trade_no: String,
    out_refund_no: String,
    refund_id: String,
    #[serde(alias = "refund_status")]
    status: String,
    success_time: Option<DateTime<FixedOffset>>,
    amount: RefundAmount,
}

#[derive(Deserialize)]
struct RefundAmount {
    total: i64,
    refund: i64,
}

impl Refund {
    pub(super) fn understood(self) -> Result<super::Refund> {
        let state = match self.status.as_str() {
            "SUCCESS" => RefundState::Done,
            "PROCESSING" => RefundState::Processing,
            "CLOSED" => RefundState::Closed,
            "ABNORMAL" => RefundState::Abnormal,
            other => RefundState::Pending(other.to_owned()),
        };
        Ok(super::Refund {
            out_trade_no: self.out_trade_no,
            out_refund_no: self.out_refund_no,
            refund_id: self.refund_id,
            state,
            refund: Fen(self.amount.refund),
            total: Fen(self.amount.total),
            done_at: self.success_time.map(|at| at.to_utc()),
        })
    }
}

#[derive(Deserialize)]
pub(super) struct Notice {
    pub(super) id: String,
    pub(super) event_type: String,
    pub(super) resource: Sealed,
}

/// What AES-256-GCM has closed.
#[derive(Deserialize)]
pub(super) struct Sealed {
    pub(super) algorithm: String,
    pub(super) ciphertext: String,
    pub(super) nonce: String,
    pub(super) associated_data: Option<String>,
}

/// Who a notice is about.
#[derive(Deserialize)]
pub(super) struct Owner {
    pub(super) mchid: String,
    pub(super) appid: Option<String>,
}

/// Which application for invoices a notice is about.
#[derive(Deserialize)]
pub(super) struct Application {
    pub(super) fapiao_apply_id: String,
}

#[derive(Deserialize)]
pub(super) struct Certificates {
    pub(super) data: Vec<CertificateItem>,
}

#[derive(Deserialize)]
pub(super) struct CertificateItem {
    pub(super) serial_no: String,
    pub(super) effective_time: DateTime<FixedOffset>,
    pub(super) expire_time: DateTime<FixedOffset>,
    pub(super) encrypt_certificate: Sealed,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    detail: Option<serde_json::Value>,
}

/// Reads JSON that has been signed or decrypted.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        Error::malformed(VENDOR, format!("not the documented JSON ({place})"))
    })
}

/// What a refusal means. The status and the code decide; the message is for people.
pub(super) fn refusal(reply: &Reply) -> Error {
    let status = reply.status.as_u16();
    let empty = Refusal { code: String::new(), message: String::new(), detail: None };
    let refusal: Refusal = serde_json::from_slice(&reply.body).unwrap_or(empty);
    let code = match refusal.code.as_str() {
        "ORDER_PAID" => "ORDERPAID",
        "ORDERNOTEXIST" => "ORDER_NOT_EXIST",
        "RULELIMIT" => "RULE_LIMIT",
        code => code,
    };
    let field = refusal.detail.as_ref().and_then(|detail| detail["field"].as_str()).unwrap_or_default();
    let message = if field.is_empty() { refusal.message } else { format!("{} ({field})", refusal.message) };
    match (status, code) {
        (401, _) | (_, "SIGN_ERROR" | "NO_AUTH" | "APPID_MCHID_NOT_MATCH" | "MCH_NOT_EXISTS") => {
            Error::misconfigured(VENDOR, format!("{code} {message}"))
        }
        (_, "OPENID_MISMATCH") => Error::refused(VENDOR, code, message),
        (429 | 500.., _) => Error::unavailable(VENDOR, format!("http {status} {code}")),
        (400.., code) if !code.is_empty() => Error::refused(VENDOR, code, message),
        _ => Error::malformed(VENDOR, format!("http {status} without a code")),
    }
}
