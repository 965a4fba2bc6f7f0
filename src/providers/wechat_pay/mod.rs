//! WeChat Pay APIv3 (微信支付, direct merchant): prepay, query, close, refund, daily bills, electronic
//! invoices, and the notices it sends.
//!
//! The crate `wechat-pay-rust-sdk` signs, verifies and decrypts; the HTTP layer, the trust in an answer and the shapes are ours.
//! Every number we send (out_trade_no, out_refund_no) is ours, so that sending again is the same request.

pub mod bill;
mod fapiao;
mod merchant;
mod notice;
mod trust;
mod types;
mod wire;

pub use fapiao::{Fapiao, FapiaoLine, FapiaoOrder, FapiaoPaper, FapiaoState, Reversal};
pub use notice::{Notice, VerifiedNotice};
pub use types::{
    Closing, Order, Prepaid, Refund, RefundOrder, RefundState, Refunding, RequestPayment, TradeState, Transaction,
};

use crate::{
    Error, Http, Result,
    http::{self, Call, Reply},
};
use merchant::Merchant;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use trust::Trust;
use zhangzheng_kinds::{Clock, Random, Secret};

/// The name in logs and errors.
const VENDOR: &str = "wechat_pay";

/// The merchant's credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `https://api.mch.weixin.qq.com`.
    pub base_url: String,
    /// The mini-program that is bound to the merchant.
    pub appid: String,
    pub mchid: String,
    /// Serial of the merchant API certificate: 40 hexadecimal digits.
    pub merchant_serial: String,
    /// `apiclient_key.pem`, its contents (PKCS#8).
    pub merchant_key: Secret,
    /// 32 characters, set in the merchant console.
    pub apiv3_key: Secret,
    /// `PUB_KEY_ID_…`; without it and its key, platform certificates are fetched (the older mode).
    pub public_key_id: Option<String>,
    /// `pub_key.pem`, its contents.
    pub public_key: Option<String>,
    /// Where payments are told: https, no query.
    pub notify_url: String,
    /// Where refunds are told.
    pub refund_notify_url: String,
    /// Where invoices are told; unset: they are only asked for.
    #[serde(default)]
    pub fapiao_notify_url: Option<String>,
}

impl Config {
    /// Whether this is a sandbox on this machine: a production server refuses to start with one.
    pub fn is_sandbox(&self) -> bool {
        http::is_loopback(&self.base_url)
    }
}

/// A client for one merchant.
#[derive(Debug)]
pub struct Client {
    http: Http,
    config: Config,
    merchant: Merchant,
    trust: Trust,
    /// Held while certificates are fetched: the others wait for that instead of fetching too.
    fetching: tokio::sync::Mutex<()>,
}

impl Client {
    /// Reads every key once; nothing can fail for that reason later.
    ///
    /// # Errors
    /// [`Error::Misconfigured`] names the setting that is wrong.
    pub fn new(config: Config, http: Http, clock: Clock, random: Random) -> Result<Self> {
        let merchant = Merchant::new(&config, clock.clone(), random)?;
        let trust = Trust::new(&config, clock)?;
        Ok(Self { http, config, merchant, trust, fetching: tokio::sync::Mutex::default() })
    }

    /// Prepares a payment inside the mini-program, by this person. Sending the same order again gives a fresh one.
    ///
    /// # Errors
    /// See [`Error`]; after `Unavailable` send the same order again.
    pub async fn prepay_in_app(&self, order: &Order<'_>, openid: &str) -> Result<Prepaid<RequestPayment>> {
        let mut body = self.prepay_body(order);
        body["payer"] = json!({"openid": openid});
        let prepaid = self.prepay::<wire::PrepayId>("jsapi", &body).await?;
        Ok(prepaid.map(|answer| self.merchant.request_payment(&answer.prepay_id)))
    }

    /// Prepares a payment by QR code: gives the text to draw. It lives two hours; sending again makes a new one and kills the old.
    ///
    /// # Errors
    /// See [`Error`]; after `Unavailable` send the same order again.
    pub async fn prepay_by_code(&self, order: &Order<'_>) -> Result<Prepaid<String>> {
        let body = self.prepay_body(order);
        Ok(self.prepay::<wire::CodeUrl>("native", &body).await?.map(|answer| answer.code_url))
    }

    fn prepay_body(&self, order: &Order<'_>) -> Value {
        json!({
            "appid": self.config.appid, "mchid": self.config.mchid, "description": order.description,
            "out_trade_no": order.out_trade_no, "notify_url": self.config.notify_url,
            "time_expire": types::beijing(order.expires),
            "amount": {"total": order.total.0, "currency": "CNY"},
        })
    }

    async fn prepay<T: serde::de::DeserializeOwned>(&self, kind: &'static str, body: &Value) -> Result<Prepaid<T>> {
        let path = format!("/v3/pay/transactions/{kind}");
        let answer = self.ask(kind, Method::POST, &path, Some(body)).await;
        Ok(match answer {
            Err(Error::Refused { code, .. }) if code == "ORDERPAID" => Prepaid::AlreadyPaid,
            Err(Error::Refused { code, .. }) if code == "ORDER_CLOSED" => Prepaid::Closed,
            Err(Error::Refused { code, .. }) if code == "OUT_TRADE_NO_USED" => Prepaid::Different,
            answer => Prepaid::Ready(wire::parse(&answer?)?),
        })
    }

    /// The truth about an order. `None`: WeChat Pay has never heard of it.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn query(&self, out_trade_no: &str) -> Result<Option<Transaction>> {
        let number = path_part(out_trade_no)?;
        let path = format!("/v3/pay/transactions/out-trade-no/{number}?mchid={}", self.config.mchid);
        self.transaction("query", &path).await
    }

    /// The same by WeChat Pay's own number; knows paid orders only.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn query_by_id(&self, transaction_id: &str) -> Result<Option<Transaction>> {
        let path = format!("/v3/pay/transactions/id/{}?mchid={}", path_part(transaction_id)?, self.config.mchid);
        self.transaction("query_by_id", &path).await
    }

    async fn transaction(&self, operation: &'static str, path: &str) -> Result<Option<Transaction>> {
        match self.ask(operation, Method::GET, path, None).await {
            Err(Error::Refused { code, .. }) if code == "ORDER_NOT_EXIST" => Ok(None),
            answer => wire::parse::<wire::Transaction>(&answer?)?.understood().map(Some),
        }
    }

    /// Closes an unpaid order, so that it can never be paid. Closing twice is closing once.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn close(&self, out_trade_no: &str) -> Result<Closing> {
        let path = format!("/v3/pay/transactions/out-trade-no/{}/close", path_part(out_trade_no)?);
        match self.ask("close", Method::POST, &path, Some(&json!({"mchid": self.config.mchid}))).await {
            Ok(_) => Ok(Closing::Closed),
            Err(Error::Refused { code, .. }) if code == "ORDER_CLOSED" => Ok(Closing::Closed),
            Err(Error::Refused { code, .. }) if code == "ORDERPAID" => Ok(Closing::AlreadyPaid),
            Err(Error::Refused { code, .. }) if code == "ORDER_NOT_EXIST" => Ok(Closing::Unknown),
            Err(error) => Err(error),
        }
    }

    /// Gives money back. Accepted is not done: ask with [`Client::refund_query`] or wait for the notice. After any doubt send
    /// the *same* refund again: a new out_refund_no would be a second refund.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn refund(&self, refund: &RefundOrder<'_>) -> Result<Refunding> {
        let mut body = json!({
            "out_trade_no": refund.out_trade_no, "out_refund_no": refund.out_refund_no,
            "notify_url": self.config.refund_notify_url,
            "amount": {"refund": refund.refund.0, "total": refund.total.0, "currency": "CNY"},
        });
        if !refund.reason.is_empty() {
            body["reason"] = refund.reason[..refund.reason.floor_char_boundary(80)].into();
        }
        match self.ask("refund", Method::POST, "/v3/refund/domestic/refunds", Some(&body)).await {
            Err(Error::Refused { code, .. }) if code == "NOT_ENOUGH" => Ok(Refunding::NotEnough),
            Err(Error::Refused { code, .. }) if code == "USER_ACCOUNT_ABNORMAL" => Ok(Refunding::AccountAbnormal),
            Err(Error::Refused { code, .. }) if code == "RESOURCE_NOT_EXISTS" => Ok(Refunding::NothingPaid),
            answer => Ok(Refunding::Accepted(wire::parse::<wire::Refund>(&answer?)?.understood()?)),
        }
    }

    /// How a refund stands. `None`: it was never accepted, the same number may be sent again.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn refund_query(&self, out_refund_no: &str) -> Result<Option<Refund>> {
        let path = format!("/v3/refund/domestic/refunds/{}", path_part(out_refund_no)?);
        match self.ask("refund_query", Method::GET, &path, None).await {
            Err(Error::Refused { code, .. }) if code == "RESOURCE_NOT_EXISTS" => Ok(None),
            answer => wire::parse::<wire::Refund>(&answer?)?.understood().map(Some),
        }
    }

    /// Checks and opens a notice: signature, clock, decryption. What it says is a hint; the truth is [`Client::query`].
    /// Compare merchant, appid and amount with your own order ([`Client::owns`] does the first two).
    ///
    /// # Errors
    /// `Untrusted` or `Malformed`: answer 4xx and wait for it to be sent again. `Unavailable`: answer 5xx.
    pub async fn verify_notice(&self, headers: &reqwest::header::HeaderMap, body: &[u8]) -> Result<VerifiedNotice> {
        self.vouch(&trust::Signature::read(headers)?, body).await?;
        notice::open(&self.merchant, body)
    }

    /// Whether a notice is about this merchant, and this mini-program where it names one.
    pub fn owns(&self, notice: &VerifiedNotice) -> bool {
        notice.mchid == self.config.mchid && notice.appid.as_ref().is_none_or(|appid| *appid == self.config.appid)
    }

    /// Asks, and gives back a body that WeChat Pay has signed (empty for 204). An answer that cannot be trusted is asked for
    /// once more: WeChat Pay sends wrong signatures on purpose now and then, never twice.
    async fn ask(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<bytes::Bytes> {
        let text = body.map(Value::to_string).unwrap_or_default();
        match self.once(operation, method.clone(), path, &text).await {
            Err(Error::Untrusted { .. }) => self.once(operation, method, path, &text).await,
            result => result,
        }
    }

    async fn once(&self, operation: &'static str, method: Method, path: &str, text: &str) -> Result<bytes::Bytes> {
        self.renew_certificates().await?;
        let mut call = self.signed(operation, method, path, text)?;
        if let Some(serial) = self.trust.expected().await {
            call = call.header("wechatpay-serial", &serial)?;
        }
        let reply = self.http.send(call).await?;
        let result = self.trusted(&reply).await;
        reply.log(&result);
        result.map(|()| reply.body)
    }

    fn signed(&self, operation: &'static str, method: Method, path: &str, text: &str) -> Result<Call> {
        let authorization = self.merchant.authorization(method.as_str(), path, text);
        let url = format!("{}{path}", self.config.base_url.trim_end_matches('/'));
        let call = Call::new(VENDOR, operation, method, url)
            .header("authorization", &authorization)?
            .header("accept", "application/json")?;
        match text {
            "" => Ok(call),
            text => Ok(call.header("content-type", "application/json")?.body(text.to_owned())),
        }
    }

    /// Refusals are not signed, so the status is looked at first; a success must be signed.
    async fn trusted(&self, reply: &Reply) -> Result<()> {
        if !reply.status.is_success() {
            return Err(wire::refusal(reply));
        }
        self.vouch(&trust::Signature::read(&reply.headers)?, &reply.body).await
    }

    /// Whether WeChat Pay signed this. A serial we do not know may be a new platform certificate: look, but not for every
    /// stranger's request.
    async fn vouch(&self, signature: &trust::Signature<'_>, body: &[u8]) -> Result<()> {
        let mut checked = self.trust.check(&self.merchant, signature, body).await;
        if checked == Err(trust::Doubt::UnknownSerial) && self.trust.may_learn(signature).await {
            self.fetch_certificates().await?;
            checked = self.trust.check(&self.merchant, signature, body).await;
        }
        Ok(checked?)
    }

    /// In the older mode, fetches certificates when it is time. While those we have are good, a failure only waits a minute.
    async fn renew_certificates(&self) -> Result<()> {
        if !self.trust.is_stale().await {
            return Ok(());
        }
        let _one = self.fetching.lock().await;
        if !self.trust.is_stale().await {
            return Ok(());
        }
        match self.fetch_certificates().await {
            Err(error) if error.is_temporary() && self.trust.expected().await.is_some() => {
                self.trust.postpone().await;
                Ok(())
            }
            result => result,
        }
    }

    /// Fetches the platform certificates. Who could encrypt them knows our APIv3 key; the answer must be signed by one of them
    /// or by a key known before.
    async fn fetch_certificates(&self) -> Result<()> {
        let reply = self.http.send(self.signed("certificates", Method::GET, "/v3/certificates", "")?).await?;
        let result = self.learned(&reply).await;
        reply.log(&result);
        match result {
            // A merchant of the newer mode has none.
            Err(Error::Refused { code, .. }) if code == "RESOURCE_NOT_EXISTS" => Ok(()),
            result => result,
        }
    }

    async fn learned(&self, reply: &Reply) -> Result<()> {
        if !reply.status.is_success() {
            return Err(wire::refusal(reply));
        }
        let signature = trust::Signature::read(&reply.headers)?;
        let list: wire::Certificates = wire::parse(&reply.body)?;
        self.trust.learn(&self.merchant, list, &signature, &reply.body).await
    }
}

/// Our numbers go into paths as they are: anything that would have to be encoded is refused before it is signed.
fn path_part(number: &str) -> Result<&str> {
    let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let wrong = || Error::refused(VENDOR, "PARAM_ERROR", "a number holds letters, digits, - and _ only");
    plain.then_some(number).ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
