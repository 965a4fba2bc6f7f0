//! What the payer does with the phone, and what the merchant does on the control page.

use super::{
    Refusal, State, VENDOR,
    orders::{self, CODE_PREFIX, Kind, Order, TradeState},
};
use crate::{
    calls::{json, refuse},
    clock::beijing,
    world::World,
};
use chrono::{DateTime, Utc};
use poem::{
    Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Json, Path},
};
use serde::Deserialize;
use serde_json::{Value, json as object};
use std::sync::Arc;

pub(crate) fn phone(route: Route) -> Route {
    route.at("/prepay/:prepay_id", get(show_prepay)).at("/pay", post(pay_in_app)).at("/pay-native", post(pay_native))
}

pub(crate) fn control() -> Route {
    Route::new()
        .at("/orders", get(show_orders))
        .at("/fapiaos", get(show_fapiaos))
        .at("/notices", get(show_notices))
        .at("/pay", post(pay_by_control))
        .at("/close", post(close_by_control))
        .at("/refund", post(refund_by_control))
        .at("/notices/:id/send", post(send_now))
}

/// What the person does with the payment sheet.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Action {
    Pay,
    Cancel,
    Fail,
}

#[handler]
fn show_prepay(Data(world): Data<&Arc<World>>, Path(prepay_id): Path<String>) -> Response {
    world.pay.read(|state| match by_handle(state, Kind::Jsapi, &prepay_id) {
        Some(order) => json(StatusCode::OK, &sheet(world, order)),
        None => refuse(StatusCode::NOT_FOUND, "no such prepay_id"),
    })
}

/// What the payment sheet shows.
fn sheet(world: &World, order: &Order) -> Value {
    object!({
        "description": order.description, "total": order.total, "payee": world.config.pay.payee, "state": order.state,
    })
}

fn by_handle<'a>(state: &'a State, kind: Kind, handle: &str) -> Option<&'a Order> {
    state.orders.values().find(|order| order.kind == kind && !handle.is_empty() && order.handle == handle)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct InApp {
    openid: String,
    app_id: String,
    time_stamp: String,
    nonce_str: String,
    package: String,
    sign_type: String,
    pay_sign: String,
    action: Action,
}

/// `wx.requestPayment`: checked as WeChat's app does, with the merchant's public key.
#[handler]
fn pay_in_app(Data(world): Data<&Arc<World>>, Json(asked): Json<InApp>) -> Response {
    let InApp { app_id, time_stamp, nonce_str, package, .. } = &asked;
    let message = format!("{app_id}\n{time_stamp}\n{nonce_str}\n{package}\n");
    let signed = asked.sign_type == "RSA" && world.pay_keys.merchant_signed(&message, &asked.pay_sign);
    if *app_id != world.config.wechat.appid || !signed {
        return finished("fail 支付验证签名失败");
    }
    let handle = package.strip_prefix("prepay_id=").unwrap_or_default();
    finished(&pay(world, Kind::Jsapi, handle, &asked.openid, asked.action))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Native {
    openid: String,
    code_url: String,
    action: Action,
}

#[handler]
fn pay_native(Data(world): Data<&Arc<World>>, Json(asked): Json<Native>) -> Response {
    let handle = asked.code_url.strip_prefix(CODE_PREFIX).unwrap_or_default();
    finished(&pay(world, Kind::Native, handle, &asked.openid, asked.action))
}

fn finished(word: &str) -> Response {
    json(StatusCode::OK, &object!({"errMsg": format!("requestPayment:{word}")}))
}

/// What the app says after the sheet: `ok`, `fail cancel`, or `fail` with a reason.
fn pay(world: &World, kind: Kind, handle: &str, openid: &str, action: Action) -> String {
    let now = world.clock.now();
    world.pay.write(|state| {
        let Some(order) = by_handle(state, kind, handle) else { return "fail 商家订单信息有误".into() };
        if let Err(reason) = may_pay(world, order, openid, now) {
            return format!("fail {reason}");
        }
        let out_trade_no = order.out_trade_no.clone();
        match action {
            Action::Cancel => return "fail cancel".into(),
            Action::Fail => return "fail 银行卡余额不足，请更换支付方式".into(),
            Action::Pay => {}
        }
        if let Some(word) = world.faults.outcome(VENDOR, "phone_pay") {
            return format!("fail {word}");
        }
        orders::paid(world, state, &out_trade_no, openid);
        "ok".into()
    })
}

fn may_pay(world: &World, order: &Order, openid: &str, now: DateTime<Utc>) -> Result<(), &'static str> {
    match order.state {
        TradeState::Success | TradeState::Refund => return Err("该订单已支付"),
        TradeState::Closed => return Err("该订单已关闭"),
        TradeState::NotPay => {}
    }
    if world.person(openid).is_none() || order.payer.as_deref().is_some_and(|payer| payer != openid) {
        return Err("商家订单信息有误");
    }
    if order.handle_expires <= now || order.expires <= now {
        return Err("该订单已超过支付有效期");
    }
    Ok(())
}

/// A scanned Native code: the order belongs to whoever scans it first.
pub(crate) fn scanned(world: &World, openid: &str, text: &str) -> Option<Value> {
    let handle = text.strip_prefix(CODE_PREFIX)?;
    let now = world.clock.now();
    Some(world.pay.write(|state| {
        let order = state.orders.values_mut().find(|order| order.kind == Kind::Native && order.handle == handle);
        let Some(order) = order else {
            return object!({"kind": "text", "text": "二维码已过期，请商家刷新后重试"});
        };
        if let Err(reason) = may_pay(world, order, openid, now) {
            return object!({"kind": "text", "text": reason});
        }
        order.payer = Some(openid.to_owned());
        let mut sheet = sheet(world, order);
        sheet["kind"] = "pay".into();
        sheet["code_url"] = text.into();
        sheet
    }))
}

#[handler]
fn show_orders(Data(world): Data<&Arc<World>>) -> Response {
    let show = |state: &State, order: &Order| {
        let back = state.refunds.values().filter(|refund| refund.out_trade_no == order.out_trade_no);
        let back = back.filter(|refund| refund.status == super::refunds::Status::Success).map(|refund| refund.refund);
        object!({
            "refunded": back.sum::<i64>(),
            "out_trade_no": order.out_trade_no, "description": order.description, "total": order.total,
            "state": order.state, "kind": order.kind, "created": beijing(order.created), "payer": order.payer,
            "transaction_id": order.transaction_id,
        })
    };
    let newest_first = |state: &State| {
        let mut orders: Vec<&Order> = state.orders.values().collect();
        orders.sort_by_key(|order| std::cmp::Reverse(order.created));
        orders.into_iter().map(|order| show(state, order)).collect::<Vec<Value>>()
    };
    json(StatusCode::OK, &world.pay.read(newest_first))
}

#[handler]
fn show_fapiaos(Data(world): Data<&Arc<World>>) -> Response {
    world.pay.read(|state| json(StatusCode::OK, &super::fapiao::all(state)))
}

#[handler]
fn show_notices(Data(world): Data<&Arc<World>>) -> Response {
    let newest_first =
        |state: &State| state.notices.iter().rev().map(super::notify::Notice::summary).collect::<Vec<Value>>();
    json(StatusCode::OK, &world.pay.read(newest_first))
}

/// Sends a notification again now, whatever the ladder says.
#[handler]
fn send_now(Data(world): Data<&Arc<World>>, Path(id): Path<String>) -> Response {
    let now = world.clock.now();
    let known = world.pay.write(|state| match state.notices.iter_mut().find(|notice| notice.id == id) {
        Some(notice) => {
            notice.due = Some(now);
            true
        }
        None => false,
    });
    world.clock.wake();
    match known {
        true => json(StatusCode::OK, &object!({})),
        false => refuse(StatusCode::NOT_FOUND, "no such notification"),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    out_trade_no: String,
    openid: Option<String>,
    /// Pays although the order is closed or its time is over: the money was on its way when it was closed.
    #[serde(default)]
    late: bool,
}

#[handler]
fn pay_by_control(Data(world): Data<&Arc<World>>, Json(chosen): Json<Chosen>) -> Response {
    let first = world.people.read(|people| people.first().map(|person| person.openid.clone()));
    let now = world.clock.now();
    let done = world.pay.write(|state| {
        let order = state.orders.get(&chosen.out_trade_no).ok_or("no such order")?;
        let openid = chosen.openid.clone().or_else(|| order.payer.clone()).or(first).ok_or("nobody to pay")?;
        match (order.state, chosen.late) {
            (TradeState::NotPay | TradeState::Closed, true) => {}
            _ => may_pay(world, order, &openid, now)?,
        }
        orders::paid(world, state, &chosen.out_trade_no, &openid);
        Ok(object!({}))
    });
    answer(done)
}

#[handler]
fn close_by_control(Data(world): Data<&Arc<World>>, Json(chosen): Json<Chosen>) -> Response {
    answer(world.pay.write(|state| match state.orders.get_mut(&chosen.out_trade_no) {
        Some(order) if order.state == TradeState::NotPay => {
            order.state = TradeState::Closed;
            Ok(object!({}))
        }
        Some(_) => Err("only an unpaid order can be closed"),
        None => Err("no such order"),
    }))
}

/// The merchant refunds the whole order in WeChat Pay's own console: no notification comes of that.
#[handler]
fn refund_by_control(Data(world): Data<&Arc<World>>, Json(chosen): Json<Chosen>) -> Response {
    let number = &chosen.out_trade_no;
    let total = world.pay.read(|state| state.orders.get(number).map(|order| order.total));
    let Some(total) = total else { return refuse(StatusCode::NOT_FOUND, "no such order") };
    let body = object!({
        "out_trade_no": number, "out_refund_no": format!("CONSOLE{number}"),
        "amount": {"refund": total, "total": total, "currency": "CNY"},
    });
    let body = body.to_string();
    let asked = super::Asked { world, query: Default::default(), body: body.as_bytes() };
    match super::refunds::create(&asked) {
        Ok(_) => json(StatusCode::OK, &object!({})),
        Err(Refusal { code, message, .. }) => refuse(StatusCode::CONFLICT, format!("{code}: {message}")),
    }
}

fn answer(done: Result<Value, &'static str>) -> Response {
    match done {
        Ok(value) => json(StatusCode::OK, &value),
        Err(why) => refuse(StatusCode::CONFLICT, why),
    }
}
