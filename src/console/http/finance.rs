//! 财务: the books on one page, differences and failed invoices with their remedies, and the file.

use super::desk::{Desk, moment};
use crate::{
    console::{
        Permission, claim,
        export::Form,
        finance::{self, Books, Filter, Kind, MOST_ROWS},
        session::{Act, Staffer},
    },
    error::{Error, Problem},
    page,
    reconciliation::Status,
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
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;
use zhangzheng_kinds::Fen;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/console/finance", get(books))
        .at("/console/finance/export", post(export))
        .at("/console/finance/compare", post(compare))
        .at("/console/finance/differences/:id", post(settle))
        .at("/console/finance/invoices/:id/again", post(again))
        .at("/console/finance/invoices/:id/record", post(record))
}

#[derive(Template)]
#[template(path = "console/finance.html", config = "config/askama.toml")]
struct FinancePage<'a> {
    desk: Desk,
    filter: Filter,
    books: Books,
    names: HashMap<Uuid, String>,
    may_keep: bool,
    may_export: bool,
    problem: Option<&'a Problem>,
}

impl FinancePage<'_> {
    fn who(&self, id: &Option<Uuid>) -> &str {
        id.and_then(|id| self.names.get(&id)).map_or("系统", String::as_str)
    }
    fn shown(&self) -> &[finance::Movement] {
        let rows = &self.books.movements;
        &rows[..rows.len().min(MOST_ROWS)]
    }
    fn kind(&self) -> &'static str {
        match self.filter.kind {
            Kind::All => "",
            Kind::Payments => "payments",
            Kind::Refunds => "refunds",
        }
    }
    fn fen(&self, amount: &i64) -> Fen {
        Fen(*amount)
    }
    fn maybe(&self, amount: &Option<i64>) -> String {
        amount.map_or_else(|| "—".into(), |amount| Fen(amount).to_string())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    from: String,
    to: String,
    kind: String,
    trouble: String,
    form: String,
}

impl Asked {
    fn filter(&self, state: &State) -> Result<Filter, Error> {
        Filter::read(state, &self.from, &self.to, &self.kind, &self.trouble)
    }
}

async fn show(state: &State, staffer: &Staffer, asked: &Asked, problem: Option<&Problem>) -> Result<Response, Error> {
    staffer.may(Permission::SeeBooks)?;
    let (filter, wrong) = match asked.filter(state) {
        Ok(filter) => (filter, None),
        Err(error) => (Asked::default().filter(state)?, Some(error)),
    };
    let problem = problem.or(wrong.as_ref().map(Error::problem));
    let shown = FinancePage {
        desk: Desk::of(state, staffer, "财务", "/console/finance"),
        books: finance::books(state, staffer, &filter).await?,
        names: claim::names(state).await?,
        may_keep: staffer.can(Permission::KeepBooks),
        may_export: staffer.can(Permission::ExportBooks),
        filter,
        problem,
    };
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    page::html_with(status, &shown)
}

#[handler]
async fn books(state: Data<&Arc<State>>, staffer: Staffer, Query(asked): Query<Asked>) -> Result<Response, Error> {
    show(&state, &staffer, &asked, None).await
}

#[handler]
async fn export(state: Data<&Arc<State>>, Act(staffer, asked): Act<Asked>) -> Result<Response, Error> {
    staffer.may(Permission::ExportBooks)?;
    let (filter, form) = (asked.filter(&state)?, Form::by_word(&asked.form));
    let file = finance::export(&state, &staffer, &filter, form).await?;
    let name = format!("attachment; filename=\"books-{}-{}.{}\"", filter.from, filter.to, form.word());
    Ok(Response::builder()
        .content_type(form.content_type())
        .header("content-disposition", name)
        .header("cache-control", "private, no-store")
        .body(file))
}

/// Back to the page; or the page with what is wrong.
async fn answer(state: &State, staffer: &Staffer, done: Result<(), Error>) -> Result<Response, Error> {
    match done {
        Ok(()) => Ok(page::see_other("/console/finance")),
        Err(error @ (Error::Invalid(_) | Error::Conflict(_))) => {
            show(state, staffer, &Asked::default(), Some(error.problem())).await
        }
        Err(error) => Err(error),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DayForm {
    day: String,
}

#[handler]
async fn compare(state: Data<&Arc<State>>, Act(staffer, form): Act<DayForm>) -> Result<Response, Error> {
    answer(&state, &staffer, finance::compare_again(&state, &staffer, &form.day).await).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SettleForm {
    action: String,
    note: String,
}

#[handler]
async fn settle(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, form): Act<SettleForm>,
) -> Result<Response, Error> {
    answer(&state, &staffer, finance::settle(&state, &staffer, id, &form.action, &form.note).await).await
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn again(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    answer(&state, &staffer, finance::mend(&state, &staffer, id, None).await).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RecordForm {
    number: String,
}

#[handler]
async fn record(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, form): Act<RecordForm>,
) -> Result<Response, Error> {
    answer(&state, &staffer, finance::mend(&state, &staffer, id, Some(&form.number)).await).await
}
