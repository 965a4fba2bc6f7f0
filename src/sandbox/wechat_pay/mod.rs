//! WeChat Pay APIv3 (微信支付, direct merchant), at `/pay` instead of `https://api.mch.weixin.qq.com`.
//! Every request's signature is checked, every success is signed, notifications are encrypted and sent again as documented.

mod auth;
mod bills;
mod certificates;
mod desk;
mod fapiao;
mod fields;
mod keys;
mod notify;
mod orders;
mod paper;
mod refunds;

pub(crate) use desk::{control, phone, scanned};
pub(crate) use keys::Keys;
pub(crate) use notify::deliver;

use crate::{calls::watch, world::World};
use poem::{
    Endpoint, Request, Response,
    http::{Method, StatusCode},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// The name in the log and in faults.
const VENDOR: &str = "wechat_pay";

/// What WeChat Pay remembers.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// By out_trade_no.
    orders: BTreeMap<String, orders::Order>,
    /// By out_refund_no.
    refunds: BTreeMap<String, refunds::Refund>,
    notices: Vec<notify::Notice>,
    fapiaos: fapiao::Fapiaos,
    #[serde(skip)]
    bill_files: bills::Files,
}

/// What a call gives when it is understood: a body, or nothing (204).
type Answered = Result<Option<Value>, Refusal>;

/// A refusal, as WeChat Pay writes it.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: String,
    message: String,
    detail: Option<Value>,
}

impl Refusal {
    fn new(status: u16, code: &str, message: &str) -> Self {
        let status = StatusCode::from_u16(status).expect("the codes below are statuses");
        Self { status, code: code.into(), message: message.into(), detail: None }
    }

    /// `PARAM_ERROR` with the field that is wrong.
    fn field(field: &str, value: impl Into<Value>, issue: &str) -> Self {
        let detail = json!({"location": "body", "field": field, "value": value.into(), "issue": issue});
        Self { detail: Some(detail), ..Self::new(400, "PARAM_ERROR", "参数错误") }
    }

    /// The refusal a fault asks for, by WeChat Pay's own word.
    fn named(word: &str) -> Self {
        let (status, message) = match word {
            "rate_limited" | "FREQUENCY_LIMITED" => return Self::new(429, "FREQUENCY_LIMITED", "频率超限"),
            "RATELIMIT_EXCEEDED" => (429, "频率超限"),
            "OPENID_MISMATCH" => (500, "openid和appid不匹配"),
            "SYSTEM_ERROR" => (500, "系统异常，请稍后重试"),
            "SERVICE_UNAVAILABLE" => (503, "服务暂不可用"),
            "SIGN_ERROR" => (401, "签名错误"),
            "NOT_ENOUGH" => (403, "基本账户余额不足，请充值后重新发起"),
            "USER_ACCOUNT_ABNORMAL" => (403, "用户账户异常"),
            "NO_AUTH" => (403, "商户无权限"),
            "RULE_LIMIT" | "RULELIMIT" => (403, "业务规则限制"),
            "TRADE_ERROR" => (403, "交易错误"),
            "OUT_TRADE_NO_USED" => (403, "商户订单号重复"),
            "ORDER_NOT_EXIST" | "ORDERNOTEXIST" => (404, "订单不存在"),
            "NOT_FOUND" => (404, "资源不存在"),
            "RESOURCE_NOT_EXISTS" => (404, "资源不存在"),
            "MCH_NOT_EXISTS" => (404, "商户号不存在"),
            "ORDERPAID" => (400, "该订单已支付"),
            "ORDER_CLOSED" => (400, "订单已关闭"),
            _ => (400, "按要求拒绝"),
        };
        Self::new(status, word, message)
    }

    fn body(&self) -> Value {
        let mut body = json!({"code": self.code, "message": self.message});
        if let Some(detail) = &self.detail {
            body["detail"] = detail.clone();
        }
        body
    }
}

/// A call whose signature is right.
struct Asked<'a> {
    world: &'a World,
    query: BTreeMap<String, String>,
    body: &'a [u8],
}

pub(crate) fn routes(world: Arc<World>) -> impl Endpoint {
    watch(world.clone(), VENDOR, |request| operation(request).0.to_owned(), Gate { world })
}

/// The whole of `/pay`: paths are taken apart here, because an unknown path is an empty 404 and a wrong method an empty 405.
struct Gate {
    world: Arc<World>,
}

impl Endpoint for Gate {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let (operation, method) = operation(&request);
        let status = match method {
            None => StatusCode::NOT_FOUND,
            Some(method) if method != request.method() => StatusCode::METHOD_NOT_ALLOWED,
            Some(_) => StatusCode::OK,
        };
        if status != StatusCode::OK {
            return Ok(Response::builder().status(status).finish());
        }
        // Two kinds of files, whose answers are not signed.
        match operation {
            "bill_file" => return Ok(bills::file(&self.world, &request)),
            "fapiao_file" => return Ok(fapiao::file(&self.world, &request)),
            _ => {}
        }
        let body = request.take_body().into_bytes_limit(1024 * 1024).await?;
        Ok(auth::answer(&self.world, operation, &request, &body, |asked| perform(operation, &request, asked)))
    }
}

/// The name of a call and the method it takes.
fn operation(request: &Request) -> (&'static str, Option<&'static Method>) {
    let path = request.uri().path();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match parts.as_slice() {
        ["v3", "pay", "transactions", "jsapi"] => ("jsapi", Some(&Method::POST)),
        ["v3", "pay", "transactions", "native"] => ("native", Some(&Method::POST)),
        ["v3", "pay", "transactions", "out-trade-no", _] => ("query", Some(&Method::GET)),
        ["v3", "pay", "transactions", "id", _] => ("query_by_id", Some(&Method::GET)),
        ["v3", "pay", "transactions", "out-trade-no", _, "close"] => ("close", Some(&Method::POST)),
        ["v3", "refund", "domestic", "refunds"] => ("refund", Some(&Method::POST)),
        ["v3", "refund", "domestic", "refunds", _] => ("refund_query", Some(&Method::GET)),
        ["v3", "certificates"] => ("certificates", Some(&Method::GET)),
        ["v3", "bill", "tradebill"] => ("trade_bill", Some(&Method::GET)),
        ["v3", "bill", "fundflowbill"] => ("funds_bill", Some(&Method::GET)),
        ["v3", "billdownload", "file"] => ("bill_file", Some(&Method::GET)),
        ["invoicing", "fapiao", "fapiao-file"] => ("fapiao_file", Some(&Method::GET)),
        ["v3", "new-tax-control-fapiao", rest @ ..] => fapiao_operation(rest),
        _ => ("unknown", None),
    }
}

/// What follows `/v3/new-tax-control-fapiao`.
fn fapiao_operation(rest: &[&str]) -> (&'static str, Option<&'static Method>) {
    match rest {
        ["merchant", "development-config"] => ("fapiao_config", Some(&Method::PATCH)),
        ["fapiao-applications"] => ("fapiao_issue", Some(&Method::POST)),
        ["fapiao-applications", _] => ("fapiao_query", Some(&Method::GET)),
        ["fapiao-applications", _, "reverse"] => ("fapiao_reverse", Some(&Method::POST)),
        ["fapiao-applications", _, "fapiao-files"] => ("fapiao_files", Some(&Method::GET)),
        _ => ("unknown", None),
    }
}

fn perform(operation: &str, request: &Request, asked: &Asked<'_>) -> Answered {
    // The only variable part of most paths is the last; of those that end in a word, the last but one.
    let mut parts = request.uri().path().rsplit('/');
    let last = parts.next().unwrap_or_default();
    match operation {
        "jsapi" => orders::prepay(asked, orders::Kind::Jsapi),
        "native" => orders::prepay(asked, orders::Kind::Native),
        "query" => orders::query(asked, last),
        "query_by_id" => orders::query_by_id(asked, last),
        "close" => orders::close(asked, parts.next().unwrap_or_default()),
        "refund" => refunds::create(asked),
        "refund_query" => refunds::query(asked, last),
        "trade_bill" => bills::trade(asked),
        "funds_bill" => bills::funds(asked),
        "fapiao_config" => fapiao::configure(asked),
        "fapiao_issue" => fapiao::issue(asked),
        "fapiao_query" => fapiao::query(asked, last),
        "fapiao_reverse" => fapiao::reverse(asked, parts.next().unwrap_or_default()),
        "fapiao_files" => fapiao::files(asked, parts.next().unwrap_or_default()),
        _ => certificates::list(asked),
    }
}
