//! Orders (订单): prepay, query, close, and the rules of their states.

use super::{Answered, Asked, Refusal, State, fields, notify};
use crate::{
    clock::beijing,
    world::{World, random, random_hex},
};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How the payer comes to the order.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Kind {
    Jsapi,
    Native,
}

/// 交易状态. A refund of any size makes it `Refund`, which also means "was paid".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum TradeState {
    NotPay,
    Success,
    Refund,
    Closed,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) kind: Kind,
    pub(super) out_trade_no: String,
    pub(super) description: String,
    pub(super) total: i64,
    pub(super) attach: Option<String>,
    pub(super) notify_url: String,
    /// Who may pay: fixed by a JSAPI prepay, or by the first scan of a Native code.
    pub(super) payer: Option<String>,
    pub(super) state: TradeState,
    pub(super) created: DateTime<Utc>,
    pub(super) expires: DateTime<Utc>,
    /// The prepay_id, or the `pr` of the code_url, that works now, and until when.
    pub(super) handle: String,
    pub(super) handle_expires: DateTime<Utc>,
    pub(super) transaction_id: Option<String>,
    pub(super) paid_at: Option<DateTime<Utc>>,
    /// The body of the first prepay, with its keys sorted.
    request: Value,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    appid: String,
    mchid: String,
    description: String,
    out_trade_no: String,
    notify_url: String,
    amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<Payer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_expire: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attach: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    goods_tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    support_fapiao: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene_info: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settle_info: Option<Map<String, Value>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    total: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Payer {
    openid: String,
}

/// The beginning of every Native code.
pub(super) const CODE_PREFIX: &str = "weixin://wxpay/bizpayurl?pr=";

pub(super) fn prepay(asked: &Asked<'_>, kind: Kind) -> Answered {
    let wanted: Wanted = fields::read(asked.body)?;
    check(asked, &wanted, kind)?;
    let now = asked.world.clock.now();
    let expires = expiry(wanted.time_expire.as_deref(), now)?;
    let (number, fresh) = (wanted.out_trade_no.clone(), Order::new(wanted, kind, now, expires));
    let handle = new_handle(kind, now);
    asked.world.pay.write(|state| {
        settle(state, now);
        let request = fresh.request.clone();
        let order = state.orders.entry(number).or_insert(fresh);
        match order.state {
            TradeState::Success | TradeState::Refund => return Err(Refusal::named("ORDERPAID")),
            TradeState::Closed => return Err(Refusal::named("ORDER_CLOSED")),
            TradeState::NotPay => {}
        }
        if order.kind != kind || order.request != request {
            return Err(Refusal::named("OUT_TRADE_NO_USED"));
        }
        (order.handle, order.handle_expires) = (handle, now + Duration::hours(2));
        Ok(Some(match kind {
            Kind::Jsapi => json!({"prepay_id": order.handle}),
            Kind::Native => json!({"code_url": format!("{CODE_PREFIX}{}", order.handle)}),
        }))
    })
}

/// A prepay_id, or what follows `pr=` in a code_url.
fn new_handle(kind: Kind, now: DateTime<Utc>) -> String {
    match kind {
        Kind::Jsapi => {
            let digits = beijing(now).chars().filter(char::is_ascii_digit).take(14).collect::<String>();
            format!("wx{digits}{}0000", random_hex::<8>())
        }
        Kind::Native => random_hex::<5>().to_ascii_uppercase(),
    }
}

impl Order {
    fn new(wanted: Wanted, kind: Kind, now: DateTime<Utc>, expires: DateTime<Utc>) -> Self {
        let request = serde_json::to_value(&wanted).expect("was JSON a moment ago");
        Self {
            kind,
            out_trade_no: wanted.out_trade_no,
            description: wanted.description,
            total: wanted.amount.total,
            attach: wanted.attach,
            notify_url: wanted.notify_url,
            payer: wanted.payer.map(|payer| payer.openid),
            state: TradeState::NotPay,
            created: now,
            expires,
            handle: String::new(),
            handle_expires: now,
            transaction_id: None,
            paid_at: None,
            request,
        }
    }
}

fn check(asked: &Asked<'_>, wanted: &Wanted, kind: Kind) -> Result<(), Refusal> {
    fields::mchid(asked, &wanted.mchid)?;
    if wanted.appid != asked.world.config.wechat.appid {
        return Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "商户号与appid不匹配"));
    }
    fields::length("/description", &wanted.description, 1, 127)?;
    fields::number("/out_trade_no", &wanted.out_trade_no, 6, 32, "_-|*")?;
    fields::notify_url(asked, &wanted.notify_url)?;
    if wanted.amount.total < 1 {
        return Err(Refusal::field("/amount/total", wanted.amount.total, "must be at least 1"));
    }
    if wanted.amount.currency.as_deref().is_some_and(|currency| currency != "CNY") {
        return Err(Refusal::field("/amount/currency", wanted.amount.currency.clone(), "Currency code is invalid"));
    }
    fields::length("/attach", wanted.attach.as_deref().unwrap_or("-"), 1, 128)?;
    match (kind, &wanted.payer) {
        (Kind::Jsapi, None) => Err(Refusal::field("/payer/openid", Value::Null, "JSAPI支付必须传openid")),
        (Kind::Native, Some(_)) => Err(Refusal::field("/payer", Value::Null, "unknown field `payer`")),
        (Kind::Jsapi, Some(payer)) if asked.world.person(&payer.openid).is_none() => {
            let refusal = Refusal::field("/payer/openid", payer.openid.clone(), "openid does not match");
            Err(Refusal { message: "appid与openid不匹配".into(), ..refusal })
        }
        _ => Ok(()),
    }
}

/// The last moment to pay: seven days by default, never under a minute or over ninety days.
fn expiry(given: Option<&str>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let Some(given) = given else { return Ok(now + Duration::days(7)) };
    let at = DateTime::parse_from_rfc3339(given)
        .map_err(|_| Refusal::field("/time_expire", given, "is not an RFC 3339 time"))?
        .with_timezone(&Utc);
    Ok(at.clamp(now + Duration::minutes(1), now + Duration::days(90)))
}

/// WeChat closes what was not paid in seven days (or by its own last moment, when that is later).
pub(super) fn settle(state: &mut State, now: DateTime<Utc>) {
    for order in state.orders.values_mut() {
        let last = order.expires.max(order.created + Duration::days(7));
        if order.state == TradeState::NotPay && last <= now {
            order.state = TradeState::Closed;
        }
    }
}

pub(super) fn query(asked: &Asked<'_>, out_trade_no: &str) -> Answered {
    find(asked, |order| order.out_trade_no == out_trade_no)
}

pub(super) fn query_by_id(asked: &Asked<'_>, transaction_id: &str) -> Answered {
    find(asked, |order| order.transaction_id.as_deref() == Some(transaction_id))
}

fn find(asked: &Asked<'_>, wanted: impl Fn(&Order) -> bool) -> Answered {
    fields::mchid(asked, asked.query.get("mchid").map_or("", String::as_str))?;
    let now = asked.world.clock.now();
    asked.world.pay.write(|state| {
        settle(state, now);
        let order = state.orders.values().find(|order| wanted(order));
        let order = order.ok_or_else(|| Refusal::named("ORDER_NOT_EXIST"))?;
        Ok(Some(shown(asked.world, order)))
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    mchid: String,
}

pub(super) fn close(asked: &Asked<'_>, out_trade_no: &str) -> Answered {
    let closing: Closing = fields::read(asked.body)?;
    fields::mchid(asked, &closing.mchid)?;
    asked.world.pay.write(|state| {
        let order = state.orders.get_mut(out_trade_no).ok_or_else(|| Refusal::named("ORDER_NOT_EXIST"))?;
        match order.state {
            TradeState::Success | TradeState::Refund => Err(Refusal::named("ORDERPAID")),
            TradeState::NotPay | TradeState::Closed => {
                order.state = TradeState::Closed;
                Ok(None)
            }
        }
    })
}

/// An order as queries and notifications tell it.
pub(super) fn shown(world: &World, order: &Order) -> Value {
    let description = match order.state {
        TradeState::NotPay => "订单未支付",
        TradeState::Success => "支付成功",
        TradeState::Refund => "订单发生过退款，退款详情请查询退款单",
        TradeState::Closed => "订单已关闭",
    };
    let mut shown = json!({
        "appid": world.config.wechat.appid, "mchid": world.config.pay.mchid, "out_trade_no": order.out_trade_no,
        "trade_state": order.state, "trade_state_desc": description,
    });
    let (Some(transaction_id), Some(paid_at)) = (&order.transaction_id, order.paid_at) else { return shown };
    shown["transaction_id"] = json!(transaction_id);
    shown["trade_type"] = json!(order.kind);
    shown["bank_type"] = json!("OTHERS");
    shown["success_time"] = json!(beijing(paid_at));
    shown["payer"] = json!({"openid": order.payer});
    shown["amount"] =
        json!({"total": order.total, "payer_total": order.total, "currency": "CNY", "payer_currency": "CNY"});
    if let Some(attach) = &order.attach {
        shown["attach"] = json!(attach);
    }
    shown
}

/// The money has gone over: the order is paid and the product is told.
pub(super) fn paid(world: &World, state: &mut State, out_trade_no: &str, openid: &str) {
    let Some(order) = state.orders.get_mut(out_trade_no) else { return };
    let now = world.clock.now();
    let digits: String = random::<20>().iter().map(|byte| char::from(b'0' + byte % 10)).collect();
    order.state = TradeState::Success;
    order.payer = Some(openid.to_owned());
    order.transaction_id = Some(format!("42000000{digits}"));
    order.paid_at = Some(now);
    let (plain, url) = (shown(world, order), order.notify_url.clone());
    notify::enqueue(world, state, notify::Event::Paid, url, &plain);
}
