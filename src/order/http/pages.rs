//! The desktop's pages on which something is chosen: 服务信息, 确认发票信息.

use crate::{
    catalogue::{self, Platform, Region},
    error::{Error, Problem},
    journey::{Step, StepState},
    order::{
        Status,
        entity::order,
        flow::{self, Choice, InvoiceForm, Quote},
        price::{AUTHORISATIONS_MOST, Line, yuan},
        refund::policy,
    },
    page::{self, Frame},
    state::State,
    who::{Posted, Who},
};
use askama::Template;
use poem::{
    Response, Route, get, handler,
    http::StatusCode,
    web::{Data, Path, Query},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;
use zhangzheng_kinds::Fen;

pub(super) fn routes(route: Route) -> Route {
    route
        .at("/enrol/order", get(service_page).post(buy))
        .at("/enrol/order/quote", get(quote_part))
        .at("/enrol/order/:id/invoice", get(invoice_page).post(invoice))
}

/// 服务信息: what can be chosen, and what it costs.
#[derive(Template)]
#[template(path = "order/service.html", config = "config/askama.toml")]
struct ServicePage<'a> {
    frame: Frame,
    /// Why nothing can be bought now.
    locked: Option<String>,
    /// An order that must be finished first.
    open: Option<order::Model>,
    offer: Offer,
    problem: Option<&'a Problem>,
    /// The form's Idempotency-Key: pressing twice is pressing once.
    key: String,
}

/// The part of 服务信息 that changes with the choice.
#[derive(Template)]
#[template(path = "order/offer.html", config = "config/askama.toml")]
struct Offer {
    platforms: Vec<Platform>,
    regions: Vec<Region>,
    choice: Choice,
    quote: Option<Quote>,
    wrong: Option<String>,
    most: u32,
}

impl Offer {
    fn bought(&self) -> bool {
        self.quote.as_ref().is_some_and(|quote| quote.bought)
    }
    fn total(&self) -> String {
        self.quote.as_ref().map_or_else(|| "—".into(), |quote| yuan(quote.priced.total()))
    }
    fn price(&self, of: impl Fn(&Region) -> i64) -> Fen {
        Fen(self.quote.as_ref().map_or(0, |quote| of(&quote.region)))
    }
    fn certificate_price(&self) -> Fen {
        self.price(|region| region.certificate_price)
    }
    fn authorisation_price(&self) -> Fen {
        self.price(|region| region.authorisation_price)
    }
    fn is_platform(&self, platform: &Platform) -> bool {
        platform.code == self.choice.platform
    }
    fn is_region(&self, region: &Region) -> bool {
        region.code == self.choice.region
    }
    fn is_empty(&self) -> bool {
        self.quote.as_ref().is_none_or(|quote| quote.priced.lines().is_empty())
    }
}

/// What the form, or its htmx part, has sent: whatever does not fit is put right or said.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ChoiceForm {
    platform: String,
    region: String,
    authorisations: String,
    key: String,
}

async fn offer(state: &State, who: &Who, form: &ChoiceForm) -> Result<Offer, Error> {
    let platforms = catalogue::flow::platforms(state).await?;
    let came_for = flow::came_for(state, who).await?;
    let known = |code: &str| platforms.iter().any(|platform| platform.code == code);
    let platform = Some(form.platform.clone())
        .filter(|code| known(code))
        .or(came_for)
        .or_else(|| platforms.first().map(|platform| platform.code.clone()))
        .unwrap_or_default();
    let regions = catalogue::flow::regions(state, &platform).await?;
    let region = regions
        .iter()
        .find(|region| region.code == form.region)
        .or(regions.first())
        .map(|region| region.code.clone())
        .unwrap_or_default();
    let typed = form.authorisations.trim();
    let (authorisations, wrong) = match typed.parse::<u32>() {
        Ok(count) => (count, None),
        Err(_) if typed.is_empty() => (0, None),
        Err(_) => (0, Some("授权数量应为 0 至 50 的整数，请修改".to_owned())),
    };
    let choice = Choice { platform, region, authorisations };
    let (quote, wrong) = match flow::quote(state, who.account_id, &choice).await {
        Ok(quote) => (Some(quote), wrong),
        Err(Error::Invalid(problem)) => {
            let plain = Choice { authorisations: 0, ..choice.clone() };
            (flow::quote(state, who.account_id, &plain).await.ok(), Some(problem.0.detail))
        }
        Err(error) => return Err(error),
    };
    Ok(Offer { platforms, regions, choice, quote, wrong, most: AUTHORISATIONS_MOST })
}

async fn service(state: &State, who: &Who, form: &ChoiceForm, problem: Option<&Problem>) -> Result<Response, Error> {
    let frame = Frame::step(state, who, Step::Order).await?;
    let locked = frame.journey.as_ref().and_then(|journey| {
        let step = journey.step(Step::Order);
        (step.state == StepState::Locked).then(|| step.reason.clone().unwrap_or_default())
    });
    let held = flow::certificate_order(state, who.account_id).await?;
    let open = held.filter(|order| order.status != Status::Paid);
    let offer = offer(state, who, form).await?;
    let key = state.random.token();
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    page::html_with(status, &ServicePage { frame, locked, open, offer, problem, key })
}

#[handler]
async fn service_page(state: Data<&Arc<State>>, who: Who, Query(form): Query<ChoiceForm>) -> Result<Response, Error> {
    service(&state, &who, &form, None).await
}

#[handler]
async fn quote_part(state: Data<&Arc<State>>, who: Who, Query(form): Query<ChoiceForm>) -> Result<Response, Error> {
    page::html(&offer(&state, &who, &form).await?)
}

#[handler]
async fn buy(state: Data<&Arc<State>>, who: Who, Posted(form): Posted<ChoiceForm>) -> Result<Response, Error> {
    let count = Some(form.authorisations.trim()).filter(|text| !text.is_empty()).unwrap_or("0").parse::<u32>();
    let placed = match count {
        Ok(authorisations) => {
            let (platform, region) = (form.platform.clone(), form.region.clone());
            let key = Some(form.key.as_str()).filter(|key| !key.is_empty());
            flow::place(&state, &who, &Choice { platform, region, authorisations }, key).await
        }
        Err(_) => Err(Error::invalid("authorisations", "授权数量应为 0 至 50 的整数，请修改")),
    };
    match placed {
        Ok(order) => Ok(page::see_other(&format!("/enrol/order/{}/invoice", order.id))),
        Err(error @ (Error::Invalid(_) | Error::Conflict(_))) => {
            service(&state, &who, &form, Some(error.problem())).await
        }
        Err(error) => Err(error),
    }
}

/// 确认发票信息.
#[derive(Template)]
#[template(path = "order/invoice.html", config = "config/askama.toml")]
struct InvoicePage<'a> {
    frame: Frame,
    order: order::Model,
    lines: Vec<Line>,
    typed: &'a InvoiceForm,
    /// The title is the company's own.
    locked: bool,
    problem: Option<&'a Problem>,
}

impl InvoicePage<'_> {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.problem.filter(|problem| problem.field.as_deref() == Some(field)).map(|problem| problem.detail.as_str())
    }
    fn total(&self) -> Fen {
        Fen(self.order.total)
    }
}

/// The invoice data of an order that is paid or over: to be looked at.
#[derive(Template)]
#[template(path = "order/billed.html", config = "config/askama.toml")]
struct BilledPage {
    frame: Frame,
    order: order::Model,
    lines: Vec<Line>,
    typed: InvoiceForm,
}

async fn invoice_form(
    state: &State,
    who: &Who,
    order: order::Model,
    typed: &InvoiceForm,
    problem: Option<&Problem>,
) -> Result<Response, Error> {
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let frame = Frame::step(state, who, Step::Order).await?;
    let lines = flow::lines(&order)?;
    let locked = flow::locked_title(state, who.account_id).await?.is_some();
    page::html_with(status, &InvoicePage { frame, order, lines, typed, locked, problem })
}

#[handler]
async fn invoice_page(state: Data<&Arc<State>>, who: Who, Path(id): Path<Uuid>) -> Result<Response, Error> {
    let order = flow::one(&state, who.account_id, id).await?;
    let typed = flow::invoice(&state, &order).await?;
    if !matches!(order.status, Status::Draft | Status::AwaitingPayment) {
        let frame = Frame::step(&state, &who, Step::Order).await?;
        return page::html(&BilledPage { frame, lines: flow::lines(&order)?, order, typed });
    }
    invoice_form(&state, &who, order, &typed, None).await
}

#[handler]
async fn invoice(
    state: Data<&Arc<State>>,
    who: Who,
    Path(id): Path<Uuid>,
    Posted(typed): Posted<InvoiceForm>,
) -> Result<Response, Error> {
    match flow::confirm_invoice(&state, &who, id, &typed).await {
        Ok(()) => Ok(page::see_other(&format!("/enrol/order/{id}/pay"))),
        Err(error @ Error::Invalid(_)) => {
            let order = flow::one(&state, who.account_id, id).await?;
            invoice_form(&state, &who, order, &typed, Some(error.problem())).await
        }
        Err(error) => Err(error),
    }
}
