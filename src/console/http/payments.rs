//! 款项: what has come by bank transfer, what must go back by hand, and one order's money.

use super::desk::{Desk, moment};
use crate::{
    console::{
        Permission,
        payments::{self, Made, Money},
        session::{Act, Staffer},
    },
    error::{Error, Problem},
    order::{
        entity::{bank_line, refund_row},
        refund::{self, hand},
        transfer::{self, Trouble},
    },
    page,
    state::State,
};
use askama::Template;
use poem::{
    Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;
use zhangzheng_kinds::Fen;

/// The most that is shown of each list.
const MOST: u64 = 100;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/console/payments", get(overview))
        .at("/console/payments/lines", post(import))
        .at("/console/payments/lines/:id/match", post(match_line))
        .at("/console/payments/lines/:id/send-back", post(send_back))
        .at("/console/payments/lines/:id/returned", post(returned))
        .at("/console/payments/find", get(find))
        .at("/console/payments/orders/:id", get(order_page))
        .at("/console/payments/orders/:id/refund", post(give_back))
        .at("/console/payments/refunds/:id/paid-back", post(paid_back))
        .at("/console/payments/refunds/:id/renew", post(renew))
        .at("/console/payments/refunds/:id/ask", post(ask))
}

/// A received line, opened.
struct LineRow {
    row: bank_line::Model,
    line: transfer::Line,
}

impl LineRow {
    fn trouble(&self) -> &'static str {
        self.row.trouble.as_deref().map_or("", Trouble::said)
    }
}

#[derive(Template)]
#[template(path = "console/payments.html", config = "config/askama.toml")]
struct PaymentsPage<'a> {
    desk: Desk,
    may_move: bool,
    waiting: Vec<LineRow>,
    waiting_count: u64,
    refunds: Vec<refund_row::Model>,
    refund_count: u64,
    newest: Vec<LineRow>,
    typed: &'a str,
    said: String,
    problem: Option<&'a Problem>,
}

#[derive(Template)]
#[template(path = "console/payment_order.html", config = "config/askama.toml")]
struct OrderPage<'a> {
    desk: Desk,
    may_move: bool,
    money: Money,
    problem: Option<&'a Problem>,
}

fn status_of(problem: Option<&Problem>) -> StatusCode {
    problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK)
}

fn lines(state: &State, rows: Vec<bank_line::Model>) -> Result<Vec<LineRow>, Error> {
    rows.into_iter().map(|row| Ok(LineRow { line: transfer::flow::opened(state, &row)?, row })).collect()
}

async fn show(
    state: &State,
    staffer: &Staffer,
    typed: &str,
    said: &str,
    problem: Option<&Problem>,
) -> Result<Response, Error> {
    staffer.may(Permission::SeePayments)?;
    let (waiting, waiting_count) = transfer::flow::waiting(state, MOST).await?;
    let (refunds, refund_count) = hand::waiting(state, MOST).await?;
    let shown = PaymentsPage {
        desk: Desk::of(state, staffer, "款项", "/console/payments"),
        may_move: staffer.can(Permission::MovePayments),
        waiting: lines(state, waiting)?,
        waiting_count,
        refunds,
        refund_count,
        newest: lines(state, transfer::flow::newest(state, 20).await?)?,
        typed,
        said: said.to_owned(),
        problem,
    };
    page::html_with(status_of(problem), &shown)
}

async fn show_order(state: &State, staffer: &Staffer, id: Uuid, problem: Option<&Problem>) -> Result<Response, Error> {
    let money = payments::money(state, staffer, id).await?;
    let desk = Desk::of(state, staffer, "订单款项", "/console/payments");
    let may_move = staffer.can(Permission::MovePayments);
    page::html_with(status_of(problem), &OrderPage { desk, may_move, money, problem })
}

#[handler]
async fn overview(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    show(&state, &staffer, "", "", None).await
}

/// Every field that a form of these pages has.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    text: String,
    order_number: String,
    reference: String,
    amount: String,
    reason: String,
}

/// What is wrong is said on the page where it was typed; what must wait is with 双人复核.
async fn settled(state: &State, staffer: &Staffer, done: Result<Made, Error>) -> Result<Response, Error> {
    match done {
        Ok(Made::Done) => Ok(page::see_other("/console/payments")),
        Ok(Made::Proposed) => Ok(page::see_other("/console/proposals")),
        Err(error @ (Error::Invalid(_) | Error::Conflict(_))) => {
            show(state, staffer, "", "", Some(error.problem())).await
        }
        Err(error) => Err(error),
    }
}

#[handler]
async fn import(state: Data<&Arc<State>>, Act(staffer, typed): Act<Typed>) -> Result<Response, Error> {
    match payments::import(&state, &staffer, &typed.text).await {
        Ok((new, all)) => {
            let said = format!("已导入 {new} 笔，其中 {} 笔此前已导入；正在匹配订单，请稍后刷新", all - new);
            show(&state, &staffer, "", &said, None).await
        }
        Err(error @ Error::Invalid(_)) => show(&state, &staffer, &typed.text, "", Some(error.problem())).await,
        Err(error) => Err(error),
    }
}

#[handler]
async fn match_line(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, typed): Act<Typed>,
) -> Result<Response, Error> {
    let done = payments::match_line(&state, &staffer, id, &typed.order_number, &typed.reason).await;
    settled(&state, &staffer, done).await
}

#[handler]
async fn send_back(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, _): Act<Typed>,
) -> Result<Response, Error> {
    let done = payments::send_back(&state, &staffer, id).await;
    settled(&state, &staffer, done.map(|()| Made::Done)).await
}

#[handler]
async fn returned(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, typed): Act<Typed>,
) -> Result<Response, Error> {
    let done = payments::returned(&state, &staffer, id, &typed.reference).await;
    settled(&state, &staffer, done).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Number {
    number: String,
}

#[handler]
async fn find(
    state: Data<&Arc<State>>,
    staffer: Staffer,
    Query(Number { number }): Query<Number>,
) -> Result<Response, Error> {
    match payments::by_number(&state, &staffer, &number).await {
        Ok(id) => Ok(page::see_other(&format!("/console/payments/orders/{id}"))),
        Err(error @ Error::Invalid(_)) => show(&state, &staffer, "", "", Some(error.problem())).await,
        Err(error) => Err(error),
    }
}

#[handler]
async fn order_page(state: Data<&Arc<State>>, staffer: Staffer, Path(id): Path<Uuid>) -> Result<Response, Error> {
    show_order(&state, &staffer, id, None).await
}

#[handler]
async fn give_back(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, typed): Act<Typed>,
) -> Result<Response, Error> {
    match payments::give_back(&state, &staffer, id, &typed.amount, &typed.reason).await {
        Ok(Made::Done) => Ok(page::see_other(&format!("/console/payments/orders/{id}"))),
        Err(error @ (Error::Invalid(_) | Error::Conflict(_))) => {
            show_order(&state, &staffer, id, Some(error.problem())).await
        }
        done => settled(&state, &staffer, done).await,
    }
}

#[handler]
async fn paid_back(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, typed): Act<Typed>,
) -> Result<Response, Error> {
    let done = payments::paid_back(&state, &staffer, id, &typed.reference).await;
    settled(&state, &staffer, done).await
}

#[handler]
async fn renew(state: Data<&Arc<State>>, Path(id): Path<Uuid>, Act(staffer, _): Act<Typed>) -> Result<Response, Error> {
    let done = payments::renew(&state, &staffer, id).await;
    settled(&state, &staffer, done.map(|()| Made::Done)).await
}

#[handler]
async fn ask(state: Data<&Arc<State>>, Path(id): Path<Uuid>, Act(staffer, _): Act<Typed>) -> Result<Response, Error> {
    let done = payments::ask_again(&state, &staffer, id).await;
    settled(&state, &staffer, done.map(|()| Made::Done)).await
}
