//! Refunds (退款): accepted at once, settled later, told by a notification.

use super::{Answered, Asked, Refusal, State, fields, notify, orders::TradeState};
use crate::{
    clock::beijing,
    world::{World, random},
};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// 退款状态.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Processing,
    Success,
    Abnormal,
    Closed,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Refund {
    pub(super) refund_id: String,
    pub(super) out_refund_no: String,
    pub(super) out_trade_no: String,
    pub(super) transaction_id: String,
    pub(super) refund: i64,
    total: i64,
    notify_url: Option<String>,
    pub(super) status: Status,
    pub(super) created: DateTime<Utc>,
    pub(super) settled: Option<DateTime<Utc>>,
    /// Settled from this moment on, once this many queries have been answered.
    ready: DateTime<Utc>,
    polls_left: u32,
    request: Value,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out_trade_no: Option<String>,
    out_refund_no: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    funds_account: Option<String>,
    amount: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    goods_detail: Option<Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    refund: i64,
    total: i64,
    currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Value>,
}

pub(super) fn create(asked: &Asked<'_>) -> Answered {
    let wanted: Wanted = fields::read(asked.body)?;
    check(asked, &wanted)?;
    let world = asked.world;
    let (now, delay) = (world.clock.now(), world.delay(super::VENDOR, "refund"));
    let request = serde_json::to_value(&wanted).expect("was JSON a moment ago");
    world.pay.write(|state| {
        if let Some(known) = state.refunds.get(&wanted.out_refund_no) {
            return match known.request == request {
                true => Ok(Some(shown(known))),
                false => Err(Refusal::new(400, "INVALID_REQUEST", "退款单号已存在，且请求参数不一致")),
            };
        }
        let (out_trade_no, transaction_id) = room(state, &wanted, now)?;
        let digits: String = random::<22>().iter().map(|byte| char::from(b'0' + byte % 10)).collect();
        let refund = Refund {
            refund_id: format!("5030{digits}"),
            out_refund_no: wanted.out_refund_no,
            out_trade_no,
            transaction_id,
            refund: wanted.amount.refund,
            total: wanted.amount.total,
            notify_url: wanted.notify_url,
            status: Status::Processing,
            created: now,
            settled: None,
            ready: now + Duration::seconds(i64::from(delay.seconds)),
            polls_left: delay.polls,
            request,
        };
        let answer = shown(&refund);
        if let Some(order) = state.orders.get_mut(&refund.out_trade_no) {
            order.state = TradeState::Refund;
        }
        state.refunds.insert(refund.out_refund_no.clone(), refund);
        world.clock.wake();
        Ok(Some(answer))
    })
}

fn check(asked: &Asked<'_>, wanted: &Wanted) -> Result<(), Refusal> {
    fields::number("/out_refund_no", &wanted.out_refund_no, 1, 64, "_-|*@")?;
    if wanted.reason.as_ref().is_some_and(|reason| reason.is_empty() || reason.len() > 80) {
        return Err(Refusal::field("/reason", wanted.reason.clone(), "at most 80 bytes"));
    }
    if let Some(url) = &wanted.notify_url {
        fields::notify_url(asked, url)?;
    }
    let amount = &wanted.amount;
    if amount.currency != "CNY" || amount.refund < 1 || amount.refund > amount.total {
        return Err(Refusal::field("/amount", amount.refund, "refund is between 1 and total, in CNY"));
    }
    // Magic amounts: see the table in README.md.
    match amount.refund % 100 {
        96 => Err(Refusal::named("NOT_ENOUGH")),
        95 => Err(Refusal::named("USER_ACCOUNT_ABNORMAL")),
        _ => Ok(()),
    }
}

/// The paid order a refund is for, when there is enough of it left.
fn room(state: &State, wanted: &Wanted, now: DateTime<Utc>) -> Result<(String, String), Refusal> {
    let matches = |order: &&super::orders::Order| match (&wanted.out_trade_no, &wanted.transaction_id) {
        (Some(number), _) => order.out_trade_no == *number,
        (None, id) => id.is_some() && order.transaction_id == *id,
    };
    let missing = || Refusal::new(404, "RESOURCE_NOT_EXISTS", "订单不存在或未支付");
    let order = state.orders.values().find(matches).ok_or_else(missing)?;
    let (transaction_id, paid_at) = order.transaction_id.clone().zip(order.paid_at).ok_or_else(missing)?;
    if wanted.amount.total != order.total {
        return Err(Refusal::new(400, "INVALID_REQUEST", "订单金额不一致，请核实后重试"));
    }
    if paid_at + Duration::days(365) < now {
        return Err(Refusal::new(400, "TRADE_OVERDUE", "订单已经超过可退款的最大期限"));
    }
    let counts =
        |refund: &&Refund| refund.out_trade_no == order.out_trade_no && !matches!(refund.status, Status::Closed);
    let refunds: Vec<&Refund> = state.refunds.values().filter(counts).collect();
    let before: i64 = refunds.iter().map(|refund| refund.refund).sum();
    if before + wanted.amount.refund > order.total || refunds.len() >= 50 {
        return Err(Refusal::new(400, "INVALID_REQUEST", "申请退款金额大于订单可退金额"));
    }
    Ok((order.out_trade_no.clone(), transaction_id))
}

pub(super) fn query(asked: &Asked<'_>, out_refund_no: &str) -> Answered {
    asked.world.pay.write(|state| {
        let refund = state.refunds.get_mut(out_refund_no);
        let refund = refund.ok_or_else(|| Refusal::named("RESOURCE_NOT_EXISTS"))?;
        refund.polls_left = refund.polls_left.saturating_sub(1);
        settle(asked.world, state);
        Ok(state.refunds.get(out_refund_no).map(shown))
    })
}

/// Settles what is due, and tells the product.
pub(super) fn settle(world: &World, state: &mut State) {
    let now = world.clock.now();
    let due =
        |refund: &&mut Refund| refund.status == Status::Processing && refund.ready <= now && refund.polls_left == 0;
    let mut settled = Vec::new();
    for refund in state.refunds.values_mut().filter(due) {
        refund.status = match refund.refund % 100 {
            97 => Status::Abnormal,
            98 => Status::Closed,
            99 => continue,
            _ => Status::Success,
        };
        refund.settled = Some(now);
        settled.push(refund.clone());
    }
    for refund in settled {
        let event = match refund.status {
            Status::Abnormal => notify::Event::RefundAbnormal,
            Status::Closed => notify::Event::RefundClosed,
            _ => notify::Event::Refunded,
        };
        if let Some(url) = &refund.notify_url {
            notify::enqueue(world, state, event, url.clone(), &told(world, &refund));
        }
    }
}

/// When the next refund settles, if one waits for time only.
pub(super) fn next(state: &State, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let waits =
        |refund: &&Refund| refund.status == Status::Processing && refund.polls_left == 0 && refund.refund % 100 != 99;
    state.refunds.values().filter(waits).map(|refund| refund.ready.max(now)).min()
}

/// As replies tell it.
fn shown(refund: &Refund) -> Value {
    let (total, part) = (refund.total, refund.refund);
    let mut shown = json!({
        "refund_id": refund.refund_id, "out_refund_no": refund.out_refund_no,
        "transaction_id": refund.transaction_id, "out_trade_no": refund.out_trade_no,
        "channel": "ORIGINAL", "user_received_account": "支付用户零钱",
        "create_time": beijing(refund.created), "status": refund.status,
        "amount": {
            "total": total, "refund": part, "payer_total": total, "payer_refund": part,
            "settlement_total": total, "settlement_refund": part, "discount_refund": 0, "currency": "CNY",
        },
    });
    if let (Status::Success, Some(at)) = (refund.status, refund.settled) {
        shown["success_time"] = json!(beijing(at));
    }
    shown
}

/// As the notification tells it: `refund_status`, and no channel.
fn told(world: &World, refund: &Refund) -> Value {
    let (total, part) = (refund.total, refund.refund);
    let mut told = json!({
        "mchid": world.config.pay.mchid, "transaction_id": refund.transaction_id,
        "out_trade_no": refund.out_trade_no, "refund_id": refund.refund_id, "out_refund_no": refund.out_refund_no,
        "refund_status": refund.status, "user_received_account": "支付用户零钱",
        "amount": {"total": total, "refund": part, "payer_total": total, "payer_refund": part},
    });
    if let (Status::Success, Some(at)) = (refund.status, refund.settled) {
        told["success_time"] = json!(beijing(at));
    }
    told
}
