//! WeChat Pay's daily bills (对账单): 交易账单 and 资金账单 of a day, fetched, unpacked, checked by digest, read.

mod read;

pub use read::{FundRow, FundsBill, Part, TradeBill, TradeRow, Unreadable, funds, trades};

use super::{Client, VENDOR, wire};
use crate::{Error, Result};
use chrono::NaiveDate;
use flate2::read::GzDecoder;
use reqwest::Method;
use serde::Deserialize;
use sha1::{Digest, Sha1};
use std::io::Read;

/// A bill is no larger, packed and unpacked.
const LARGEST_PACKED: usize = 32 * 1024 * 1024;
const LARGEST: u64 = 256 * 1024 * 1024;

/// What asking for a day's bill ends in when it is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bill<T> {
    Ready(T),
    /// NO_STATEMENT_EXIST: nothing has happened that day. Asking again will not help.
    Nothing,
    /// STATEMENT_CREATING: ask again in half an hour.
    NotReady,
}

#[derive(Deserialize)]
struct Address {
    hash_type: String,
    hash_value: String,
    download_url: String,
}

impl Client {
    /// 交易账单 of a day in Beijing: every payment, and every refund as it was asked for.
    ///
    /// # Errors
    /// `Untrusted` when the file is not the one whose digest is signed; `Malformed` when its sums do not agree.
    pub async fn trade_bill(&self, day: NaiveDate) -> Result<Bill<TradeBill>> {
        let path = format!("/v3/bill/tradebill?bill_date={day}&bill_type=ALL&tar_type=GZIP");
        self.bill("trade_bill", &path, trades).await
    }

    /// 资金账单 of a day: every movement of the basic account.
    ///
    /// # Errors
    /// As [`Client::trade_bill`].
    pub async fn funds_bill(&self, day: NaiveDate) -> Result<Bill<FundsBill>> {
        let path = format!("/v3/bill/fundflowbill?bill_date={day}&account_type=BASIC&tar_type=GZIP");
        self.bill("funds_bill", &path, funds).await
    }

    async fn bill<T>(
        &self,
        operation: &'static str,
        path: &str,
        read: fn(&str) -> Result<T, Unreadable>,
    ) -> Result<Bill<T>> {
        let address: Address = match self.ask(operation, Method::GET, path, None).await {
            Err(Error::Refused { code, .. }) if code == "NO_STATEMENT_EXIST" => return Ok(Bill::Nothing),
            Err(Error::Refused { code, .. }) if code == "STATEMENT_CREATING" => return Ok(Bill::NotReady),
            answer => wire::parse(&answer?)?,
        };
        let packed = self.fetch_bill(&address.download_url).await?;
        let plain = unpack(&packed)?;
        if address.hash_type != "SHA1" || address.hash_value.to_ascii_lowercase() != hex::encode(Sha1::digest(&plain)) {
            return Err(Error::untrusted(VENDOR, "a bill with another digest than the one that was signed"));
        }
        let text = std::str::from_utf8(&plain).map_err(|_| Error::malformed(VENDOR, "a bill that is not UTF-8"))?;
        read(text).map(Bill::Ready).map_err(|why| Error::malformed(VENDOR, format!("a bill: {why}")))
    }

    /// The address lives five minutes, and is signed for like any other path. The file itself is not signed.
    async fn fetch_bill(&self, address: &str) -> Result<bytes::Bytes> {
        let base = self.config.base_url.trim_end_matches('/');
        let path = address.strip_prefix(base).filter(|path| path.starts_with('/'));
        let path = path.ok_or_else(|| Error::malformed(VENDOR, "a bill at another address than WeChat Pay's"))?;
        let mut call = self.signed("bill_file", Method::GET, path, "")?;
        call.largest = LARGEST_PACKED;
        self.http
            .call(
                call,
                |reply| if reply.status.is_success() { Ok(reply.body.clone()) } else { Err(wire::refusal(reply)) },
            )
            .await
    }
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
    let mut plain = Vec::new();
    let read = GzDecoder::new(packed).take(LARGEST + 1).read_to_end(&mut plain);
    read.map_err(|_| Error::malformed(VENDOR, "a bill that is not gzip"))?;
    if plain.len() as u64 > LARGEST {
        return Err(Error::malformed(VENDOR, "a bill longer than any"));
    }
    Ok(plain)
}
