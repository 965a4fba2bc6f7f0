//! WeChat Pay's electronic invoices (电子发票, `/v3/new-tax-control-fapiao`): issued for a payment, told, reversed (冲红), fetched.
//!
//! An application (`fapiao_apply_id`) is the payment's own transaction number; each invoice in it bears a number of ours
//! (`fapiao_id`), so that asking again is the same invoice. Accepted is not issued: ask with [`Client::fapiao`].

use super::{Client, VENDOR, path_part, wire};
use crate::{Error, Result, http::Call};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use sm3::{Digest, Sm3};
use zhangzheng_kinds::Fen;

const ROOT: &str = "/v3/new-tax-control-fapiao";
/// An invoice file is no larger.
const LARGEST: usize = 2 * 1024 * 1024;

/// An invoice to be issued to a company.
#[derive(Clone, Debug)]
pub struct FapiaoOrder<'a> {
    /// WeChat Pay's number of the payment.
    pub transaction_id: &'a str,
    /// Ours, 1 to 32 of `0-9A-Za-z_-`: the same number is the same invoice.
    pub fapiao_id: &'a str,
    /// 抬头.
    pub buyer_name: &'a str,
    /// 纳税识别号.
    pub taxpayer_id: &'a str,
    pub remark: &'a str,
    pub lines: Vec<FapiaoLine<'a>>,
}

/// A line of an invoice; taxes are within the amount.
#[derive(Clone, Debug)]
pub struct FapiaoLine<'a> {
    /// 税收分类编码, 19 digits.
    pub tax_code: &'a str,
    pub name: &'a str,
    pub quantity: u32,
    /// 价税合计.
    pub amount: Fen,
    /// In hundredths of a percent: 600 is 6 %.
    pub tax_rate: u32,
}

/// How an invoice stands with WeChat Pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FapiaoState {
    /// ISSUE_ACCEPTED: on its way.
    Accepted,
    Issued,
    /// ISSUE_FAILED: this number will never be issued; a new number may be.
    Failed,
    /// REVERSE_ACCEPTED.
    Reversing,
    Reversed,
    /// REVERSE_FAILED: may be asked for again, under the same number, five minutes later.
    ReverseFailed,
    /// Anything else, in WeChat Pay's word: ask again later.
    Pending(String),
}

/// The paper itself: 发票代码 (none for 数电票), 发票号码 and 开票时间.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FapiaoPaper {
    pub code: String,
    pub number: String,
    pub at: DateTime<Utc>,
}

/// An invoice as WeChat Pay tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fapiao {
    pub fapiao_id: String,
    pub state: FapiaoState,
    pub total: Option<Fen>,
    pub blue: Option<FapiaoPaper>,
    pub red: Option<FapiaoPaper>,
    card_openid: Option<String>,
}

impl Client {
    /// Asks for an invoice. Nothing is issued yet when this comes back: ask with [`Client::fapiao`].
    ///
    /// # Errors
    /// `Refused` when it will never be issued like this; after `Unavailable` ask how it stands, then send the same again.
    pub async fn issue_fapiao(&self, wanted: &FapiaoOrder<'_>) -> Result<()> {
        let body = issue_body(wanted);
        self.ask("fapiao_issue", Method::POST, &format!("{ROOT}/fapiao-applications"), Some(&body)).await?;
        Ok(())
    }

    /// How an invoice stands. `None`: WeChat Pay has never heard of it, the same may be sent.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn fapiao(&self, transaction_id: &str, fapiao_id: &str) -> Result<Option<Fapiao>> {
        let (apply, id) = (path_part(transaction_id)?, path_part(fapiao_id)?);
        let path = format!("{ROOT}/fapiao-applications/{apply}?fapiao_id={id}");
        let told: FapiaoList = match self.ask("fapiao_query", Method::GET, &path, None).await {
            Err(Error::Refused { code, .. }) if code == "NOT_FOUND" || code == "RESOURCE_NOT_EXISTS" => {
                return Ok(None);
            }
            answer => wire::parse(&answer?)?,
        };
        let found = told.fapiao_information.into_iter().find(|fapiao| fapiao.fapiao_id == fapiao_id);
        found.map(FapiaoShape::understood).transpose()
    }

    /// 冲红: asks that an issued invoice be reversed. Accepted is not reversed: ask with [`Client::fapiao`].
    ///
    /// # Errors
    /// See [`Error`]; the same may be sent again, five minutes after a failure.
    pub async fn reverse_fapiao(&self, transaction_id: &str, fapiao: &Fapiao, reason: Reversal) -> Result<()> {
        let Some(blue) = &fapiao.blue else { return Err(Error::refused(VENDOR, "NOT_ISSUED", "nothing to reverse")) };
        let mut which = json!({"fapiao_id": fapiao.fapiao_id, "fapiao_number": blue.number});
        if !blue.code.is_empty() {
            which["fapiao_code"] = json!(blue.code);
        }
        let body = json!({"reverse_reason": reason.word(), "fapiao_information": [which]});
        let path = format!("{ROOT}/fapiao-applications/{}/reverse", path_part(transaction_id)?);
        self.ask("fapiao_reverse", Method::POST, &path, Some(&body)).await?;
        Ok(())
    }

    /// The PDF of an issued invoice. Its address lives thirty seconds and is asked for anew each time.
    ///
    /// # Errors
    /// `Untrusted` when the file is not the one whose digest is told; else see [`Error`].
    pub async fn fapiao_file(&self, transaction_id: &str, fapiao: &Fapiao) -> Result<Bytes> {
        let path = format!(
            "{ROOT}/fapiao-applications/{}/fapiao-files?fapiao_id={}",
            path_part(transaction_id)?,
            path_part(&fapiao.fapiao_id)?
        );
        let files: Files = wire::parse(&self.ask("fapiao_files", Method::GET, &path, None).await?)?;
        let address = files.fapiao_download_info_list.into_iter().find(|file| file.fapiao_id == fapiao.fapiao_id);
        let address = address.and_then(|file| file.download_url);
        let address = address.ok_or_else(|| Error::unavailable(VENDOR, "the invoice has no file yet"))?;
        self.fetch_fapiao(&address, fapiao).await
    }

    async fn fetch_fapiao(&self, address: &str, fapiao: &Fapiao) -> Result<Bytes> {
        let mut url = url::Url::parse(address).map_err(|_| Error::malformed(VENDOR, "a file without an address"))?;
        let ours = address.starts_with(self.config.base_url.trim_end_matches('/'));
        if url.scheme() != "https" && !ours {
            return Err(Error::malformed(VENDOR, "a file at an address without TLS"));
        }
        let blue = fapiao.blue.as_ref();
        url.query_pairs_mut()
            .append_pair("mchid", &self.config.mchid)
            .append_pair("openid", fapiao.card_openid.as_deref().unwrap_or_default())
            .append_pair("invoice_code", blue.map_or("", |blue| &blue.code))
            .append_pair("invoice_no", blue.map_or("", |blue| &blue.number))
            .append_pair("fapiao_id", &fapiao.fapiao_id);
        let mut call = Call::new(VENDOR, "fapiao_file", Method::GET, url.into());
        call.largest = LARGEST;
        self.http
            .call(call, |reply| {
                if !reply.status.is_success() {
                    return Err(wire::refusal(reply));
                }
                // This answer is not signed: the digest is all there is, and it is always told.
                let told = reply.header("sm3-digest").unwrap_or_default().to_ascii_lowercase();
                if told != hex::encode(Sm3::digest(&reply.body)) {
                    return Err(Error::untrusted(VENDOR, "an invoice file with another digest"));
                }
                if !reply.body.starts_with(b"%PDF-") {
                    return Err(Error::malformed(VENDOR, "an invoice file that is no PDF"));
                }
                Ok(reply.body.clone())
            })
            .await
    }

    /// Where invoices are told; kept by WeChat Pay until it is told another address.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn tell_fapiao_address(&self) -> Result<()> {
        let Some(address) = &self.config.fapiao_notify_url else { return Ok(()) };
        let path = format!("{ROOT}/merchant/development-config");
        self.ask("fapiao_config", Method::PATCH, &path, Some(&json!({"callback_url": address}))).await?;
        Ok(())
    }
}

/// Why an invoice is reversed, in the tax office's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reversal {
    /// The whole sum went back.
    Returned,
    /// A part of it did.
    Reduced,
}

impl Reversal {
    const fn word(self) -> &'static str {
        match self {
            Self::Returned => "SALES_RETURN",
            Self::Reduced => "SALES_DISCOUNT",
        }
    }
}

fn issue_body(wanted: &FapiaoOrder<'_>) -> Value {
    let line = |line: &FapiaoLine<'_>| {
        json!({
            "tax_code": line.tax_code, "goods_name": line.name, "unit": "项",
            // Ten to the eighth is one.
            "quantity": i64::from(line.quantity) * 100_000_000,
            "total_amount": line.amount.0, "tax_rate": line.tax_rate,
            "tax_prefer_mark": "NO_FAVORABLE", "discount": false,
        })
    };
    let total: i64 = wanted.lines.iter().map(|line| line.amount.0).sum();
    json!({
        "scene": "WITH_WECHATPAY", "fapiao_apply_id": wanted.transaction_id,
        "buyer_information": {"type": "ORGANIZATION", "name": wanted.buyer_name, "taxpayer_id": wanted.taxpayer_id},
        "fapiao_information": [{
            "fapiao_id": wanted.fapiao_id, "total_amount": total, "need_list": false, "remark": wanted.remark,
            "items": wanted.lines.iter().map(line).collect::<Vec<_>>(),
        }],
    })
}

#[derive(Deserialize)]
struct FapiaoList {
    #[serde(default)]
    fapiao_information: Vec<FapiaoShape>,
}

#[derive(Deserialize)]
struct FapiaoShape {
    fapiao_id: String,
    status: String,
    total_amount: Option<i64>,
    blue_fapiao: Option<PaperShape>,
    red_fapiao: Option<PaperShape>,
    card_information: Option<Card>,
}

#[derive(Deserialize)]
struct PaperShape {
    #[serde(default)]
    fapiao_code: String,
    fapiao_number: String,
    fapiao_time: DateTime<chrono::FixedOffset>,
}

#[derive(Deserialize)]
struct Card {
    card_openid: Option<String>,
}

#[derive(Deserialize)]
struct Files {
    #[serde(default)]
    fapiao_download_info_list: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    fapiao_id: String,
    download_url: Option<String>,
}

impl FapiaoShape {
    /// Issued without its number, or reversed without the red one's, is not understood.
    fn understood(self) -> Result<Fapiao> {
        let state = match self.status.as_str() {
            "ISSUE_ACCEPTED" => FapiaoState::Accepted,
            "ISSUED" => FapiaoState::Issued,
            "ISSUE_FAILED" => FapiaoState::Failed,
            "REVERSE_ACCEPTED" => FapiaoState::Reversing,
            "REVERSED" => FapiaoState::Reversed,
            "REVERSE_FAILED" => FapiaoState::ReverseFailed,
            other => FapiaoState::Pending(other.to_owned()),
        };
        let paper = |paper: PaperShape| FapiaoPaper {
            code: paper.fapiao_code,
            number: paper.fapiao_number,
            at: paper.fapiao_time.to_utc(),
        };
        let (blue, red) = (self.blue_fapiao.map(paper), self.red_fapiao.map(paper));
        let whole = match state {
            FapiaoState::Issued => blue.is_some() && self.total_amount.is_some(),
            FapiaoState::Reversed => red.is_some(),
            _ => true,
        };
        if !whole {
            return Err(Error::malformed(VENDOR, "an invoice without its number or amount"));
        }
        Ok(Fapiao {
            fapiao_id: self.fapiao_id,
            state,
            total: self.total_amount.map(Fen),
            blue,
            red,
            card_openid: self.card_information.and_then(|card| card.card_openid),
        })
    }
}
