//! The desktop's pages on which money moves: 订单确认支付, 订单管理, 申请退款.

use crate::{
    error::{Error, Problem},
    journey::Step,
    order::{
        Status, beijing,
        doable::Doable,
        entity::payment_row,
        flow,
        list::{self, Listed},
        payment::{
            self, Channel,
            rail::{Offered, Rail, Ready},
        },
        price::yuan,
        refund::{self, policy},
        transfer,
    },
    page::{self, Frame},
    state::State,
    who::{Posted, Who},
};
use askama::Template;
use poem::{
    Request, Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;
use zhangzheng_kinds::Fen;

pub(super) fn routes(route: Route) -> Route {
    route
        .at("/enrol/order/list", get(list_page))
        .at("/enrol/order/:id/pay", get(pay_page).post(pay))
        .at("/enrol/order/:id/transfer", post(choose_transfer))
        .at("/enrol/order/:id/check", post(check))
        .at("/enrol/order/:id/cancel", post(cancel))
        .at("/enrol/order/:id/refund", get(refund_page).post(ask_refund))
}

/// 订单确认支付, and what became of it.
#[derive(Template)]
#[template(path = "order/pay.html", config = "config/askama.toml")]
struct PayPage {
    frame: Frame,
    listed: Listed,
    buyer_name: String,
    /// The QR code, once 二维码支付 has been chosen.
    svg: Option<String>,
    /// The text of the QR code.
    code_url: String,
    /// Where to transfer, once 对公转账 has been chosen.
    transfer: Option<transfer::flow::Instructions>,
    may_transfer: bool,
    /// Somebody is paying in the mini-program.
    on_phone: bool,
}

impl PayPage {
    fn total(&self) -> Fen {
        Fen(self.listed.order.total)
    }
    fn until(&self) -> String {
        beijing(self.listed.order.expires_at).format("%m月%d日 %H:%M").to_string()
    }
}

#[handler]
async fn pay_page(state: Data<&Arc<State>>, who: Who, Path(id): Path<Uuid>) -> Result<Response, Error> {
    let frame = Frame::step(&state, &who, Step::Order).await?;
    let listed = list::one(&state, &who, id).await?;
    if listed.order.status == Status::Draft {
        return Ok(page::see_other(&format!("/enrol/order/{id}/invoice")));
    }
    let tries = payment::flow::of_order(&state, id).await?;
    let live = tries.into_iter().find(|payment| payment.live_of.is_some());
    let shown = |payment: &payment_row::Model| {
        payment.code_url.clone().filter(|_| payment.code_until.is_some_and(|until| until > state.clock.now()))
    };
    let code_url = live.as_ref().and_then(shown).unwrap_or_default();
    let page = PayPage {
        frame,
        buyer_name: flow::invoice(&state, &listed.order).await?.buyer_name,
        svg: if code_url.is_empty() { None } else { Some(page::qr_svg(&code_url)?) },
        code_url,
        transfer: live.as_ref().and_then(|payment| instructions(&state, payment)),
        may_transfer: state.config.order.transfer.is_offered(),
        on_phone: live.is_some_and(|payment| payment.channel == Channel::MiniProgram),
        listed,
    };
    page::html(&page)
}

/// Where to transfer, while the live try is a transfer.
fn instructions(state: &State, payment: &payment_row::Model) -> Option<transfer::flow::Instructions> {
    match transfer::flow::offer(state, payment) {
        Offered::Ready(Ready::Transfer(to)) if payment.channel.rail() == Rail::Bank => Some(to),
        _ => None,
    }
}

#[derive(Deserialize)]
struct Nothing {}

fn back_to_paying(request: &Request, id: Uuid) -> Response {
    let to = format!("/enrol/order/{id}/pay");
    if page::wants_part(request) {
        return Response::builder().header("hx-redirect", to).finish();
    }
    page::see_other(&to)
}

/// 二维码支付.
#[handler]
async fn pay(
    state: Data<&Arc<State>>,
    request: &Request,
    who: Who,
    Path(id): Path<Uuid>,
    _: Posted<Nothing>,
) -> Result<Response, Error> {
    payment::flow::by_code(&state, &who, id).await?;
    Ok(back_to_paying(request, id))
}

/// 对公转账.
#[handler]
async fn choose_transfer(
    state: Data<&Arc<State>>,
    request: &Request,
    who: Who,
    Path(id): Path<Uuid>,
    _: Posted<Nothing>,
) -> Result<Response, Error> {
    payment::flow::by_transfer(&state, &who, id).await?;
    Ok(back_to_paying(request, id))
}

/// 立即查询: asks WeChat Pay now.
#[handler]
async fn check(
    state: Data<&Arc<State>>,
    who: Who,
    Path(id): Path<Uuid>,
    _: Posted<Nothing>,
) -> Result<Response, Error> {
    payment::flow::check(&state, &who, id).await?;
    Ok(page::see_other(&format!("/enrol/order/{id}/pay")))
}

#[handler]
async fn cancel(
    state: Data<&Arc<State>>,
    who: Who,
    Path(id): Path<Uuid>,
    _: Posted<Nothing>,
) -> Result<Response, Error> {
    flow::cancel(&state, &who, id).await?;
    Ok(page::see_other("/enrol/order/list"))
}

/// 申请退款: the rule, the sum, one button.
#[derive(Template)]
#[template(path = "order/refund.html", config = "config/askama.toml")]
struct RefundPage<'a> {
    frame: Frame,
    listed: Listed,
    services: String,
    problem: Option<&'a Problem>,
}

impl RefundPage<'_> {
    fn total(&self) -> Fen {
        Fen(self.listed.order.total)
    }
}

async fn refund_form(state: &State, who: &Who, id: Uuid, problem: Option<&Problem>) -> Result<Response, Error> {
    let mut frame = Frame::step(state, who, Step::Order).await?;
    frame.title = "申请退款".into();
    let listed = list::one(state, who, id).await?;
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    page::html_with(status, &RefundPage { frame, services: listed.services()?, listed, problem })
}

#[handler]
async fn refund_page(state: Data<&Arc<State>>, who: Who, Path(id): Path<Uuid>) -> Result<Response, Error> {
    refund_form(&state, &who, id, None).await
}

/// What the form says: the sum that the person has seen.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RefundForm {
    amount: i64,
}

#[handler]
async fn ask_refund(
    state: Data<&Arc<State>>,
    who: Who,
    Path(id): Path<Uuid>,
    Posted(form): Posted<RefundForm>,
) -> Result<Response, Error> {
    match refund::flow::ask(&state, &who, id, Fen(form.amount)).await {
        Ok(()) => Ok(page::see_other(&format!("/enrol/order/{id}/pay"))),
        Err(error @ (Error::Conflict(_) | Error::Forbidden(_))) => {
            refund_form(&state, &who, id, Some(error.problem())).await
        }
        Err(error) => Err(error),
    }
}

/// 订单管理.
#[derive(Template)]
#[template(path = "order/list.html", config = "config/askama.toml")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    /// The page that is shown, by the last order of the one before it; the newest when none.
    here: String,
    next: Option<Uuid>,
}

/// One order in 订单管理: the manual's seven columns.
struct Row {
    listed: Listed,
    services: String,
}

impl Row {
    fn amount(&self) -> String {
        yuan(Fen(self.listed.order.total))
    }
    fn placed(&self) -> String {
        beijing(self.listed.order.created_at).format("%Y-%m-%d %H:%M").to_string()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Where {
    before: Option<Uuid>,
}

#[handler]
async fn list_page(
    state: Data<&Arc<State>>,
    who: Who,
    Query(Where { before }): Query<Where>,
) -> Result<Response, Error> {
    let mut frame = Frame::step(&state, &who, Step::Order).await?;
    frame.title = "订单管理".into();
    let (page, next) = list::page(&state, &who, before).await?;
    let rows = page.into_iter().map(|listed| Ok(Row { services: listed.services()?, listed }));
    let rows = rows.collect::<Result<Vec<_>, Error>>()?;
    let here = before.map(|before| format!("?before={before}")).unwrap_or_default();
    page::html(&ListPage { frame, rows, here, next })
}
