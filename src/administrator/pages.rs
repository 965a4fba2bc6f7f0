//! The desktop pages of 确认管理员: who it is, 我是管理员, 指定他人, 变更管理员, 授权.

use super::{
    ASK_SELF, DUTIES,
    flow::{self, Nominee},
    view::{self, View},
};
use crate::{
    account::SMS_CODE_PAUSE,
    error::{Error, Problem},
    journey::Step,
    page::{self, Frame},
    state::State,
    who::{Machine, Posted, Who},
};
use askama::Template;
use poem::{
    Request, Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Path},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

const PAGE: &str = "/enrol/administrator";

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at(PAGE, get(administrator_page))
        .at("/enrol/administrator/self", post(name_self))
        .at("/enrol/administrator/other", get(other_page).post(name_other))
        .at("/enrol/administrator/other/sms-code", post(other_sms_code))
        .at("/enrol/administrator/change", post(change))
        .at("/enrol/administrator/withdraw", post(withdraw))
        .at("/enrol/administrator/authorisations", post(grant))
        .at("/enrol/administrator/authorisations/:id/revoke", post(revoke))
}

#[derive(Template)]
#[template(path = "administrator/page.html", config = "config/askama.toml")]
struct AdministratorPage<'a> {
    frame: Frame,
    duties: &'static str,
    ask_self: &'static str,
    view: View,
    problem: Option<&'a Problem>,
}

async fn show(state: &State, who: &Who, problem: Option<&Problem>) -> Result<Response, Error> {
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let frame = Frame::step(state, who, Step::Administrator).await?;
    let view = view::view(state, who).await?;
    page::html_with(status, &AdministratorPage { frame, duties: DUTIES, ask_self: ASK_SELF, view, problem })
}

/// Back to the page when it went well; the page with a sentence when it was refused.
async fn after(state: &State, who: &Who, done: Result<(), Error>) -> Result<Response, Error> {
    match done {
        Ok(()) => Ok(page::see_other(PAGE)),
        Err(error @ (Error::Internal(_) | Error::Unavailable(_) | Error::NotFound(_))) => Err(error),
        Err(error) => show(state, who, Some(error.problem())).await,
    }
}

#[handler]
async fn administrator_page(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    show(&state, &who, None).await
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn name_self(state: Data<&Arc<State>>, who: Who, _: Posted<Nothing>) -> Result<Response, Error> {
    after(&state, &who, flow::name_self(&state, &who).await.map(drop)).await
}

#[handler]
async fn withdraw(state: Data<&Arc<State>>, who: Who, _: Posted<Nothing>) -> Result<Response, Error> {
    after(&state, &who, flow::withdraw(&state, &who).await).await
}

#[derive(Deserialize)]
struct MemberForm {
    member_id: Uuid,
}

#[handler]
async fn change(state: Data<&Arc<State>>, who: Who, Posted(form): Posted<MemberForm>) -> Result<Response, Error> {
    after(&state, &who, flow::choose(&state, &who, form.member_id).await.map(drop)).await
}

#[handler]
async fn grant(state: Data<&Arc<State>>, who: Who, Posted(form): Posted<MemberForm>) -> Result<Response, Error> {
    after(&state, &who, flow::grant(&state, &who, form.member_id).await.map(drop)).await
}

#[handler]
async fn revoke(
    state: Data<&Arc<State>>,
    who: Who,
    Path(id): Path<Uuid>,
    _: Posted<Nothing>,
) -> Result<Response, Error> {
    after(&state, &who, flow::revoke(&state, &who, id).await).await
}

#[derive(Template)]
#[template(path = "administrator/other.html", config = "config/askama.toml")]
struct OtherPage<'a> {
    frame: Frame,
    typed: &'a Nominee,
    code: CodePart<'a>,
    problem: Option<&'a Problem>,
}

impl OtherPage<'_> {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.problem.filter(|problem| problem.field.as_deref() == Some(field)).map(|problem| problem.detail.as_str())
    }
}

/// 获取验证码 and what became of it.
#[derive(Template)]
#[template(path = "administrator/code.html", config = "config/askama.toml")]
struct CodePart<'a> {
    sent: bool,
    pause: u32,
    problem: Option<&'a Problem>,
}

async fn other_form(
    state: &State,
    who: &Who,
    typed: &Nominee,
    problem: Option<&Problem>,
    sent: bool,
) -> Result<Response, Error> {
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let frame = Frame::step(state, who, Step::Administrator).await?;
    let code = CodePart { sent, pause: SMS_CODE_PAUSE, problem: None };
    page::html_with(status, &OtherPage { frame, typed, code, problem })
}

#[handler]
async fn other_page(state: Data<&Arc<State>>, who: Who) -> Result<Response, Error> {
    other_form(&state, &who, &Nominee::default(), None, false).await
}

#[handler]
async fn name_other(state: Data<&Arc<State>>, who: Who, Posted(typed): Posted<Nominee>) -> Result<Response, Error> {
    match flow::name_other(&state, &who, &typed).await {
        Ok(_) => Ok(page::see_other(PAGE)),
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => Err(error),
        Err(error) => other_form(&state, &who, &typed, Some(error.problem()), false).await,
    }
}

#[handler]
async fn other_sms_code(
    state: Data<&Arc<State>>,
    request: &Request,
    who: Who,
    machine: Machine,
    Posted(typed): Posted<Nominee>,
) -> Result<Response, Error> {
    let asked = flow::ask_code(&state, &who, &machine, &typed.mobile).await;
    let (problem, sent) = (asked.as_ref().err().map(Error::problem), asked.is_ok());
    if page::wants_part(request) {
        let pause = problem.and_then(|problem| problem.retry_after).unwrap_or(SMS_CODE_PAUSE);
        return page::html(&CodePart { sent, pause, problem });
    }
    other_form(&state, &who, &typed, problem, sent).await
}
