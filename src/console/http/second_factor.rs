//! 两步验证 and 我的登录安全: the code after the password, setting the app up, recovery codes; the own password and sign-ins.

use super::{
    desk::{Desk, moment},
    sign_in::onward,
};
use crate::{
    console::{
        own,
        second_factor::{self, Half, HalfAct, Shown, Standing},
        session::{self, Act, MaybeStaffer, Staffer},
    },
    error::{Error, Problem},
    page,
    state::State,
};
use askama::Template;
use poem::{
    Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Query, cookie::CookieJar},
};
use serde::Deserialize;
use std::sync::Arc;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/console/sign-in/code", get(code_page).post(finish))
        .at("/console/sign-in/enrol", get(enrol_page).post(enrol))
        .at("/console/security", get(security))
        .at("/console/security/start", post(start))
        .at("/console/security/enrol", get(own_enrol_page).post(own_enrol))
        .at("/console/security/codes", post(renew))
        .at("/console/security/password", post(change_password))
        .at("/console/security/sessions", post(end_others))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NextQuery {
    next: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CodeForm {
    code: String,
    next: String,
}

#[derive(Template)]
#[template(path = "console/code.html", config = "config/askama.toml")]
struct CodePage<'a> {
    desk: Desk,
    next: &'a str,
    problem: Option<&'a Problem>,
}

#[derive(Template)]
#[template(path = "console/enrol.html", config = "config/askama.toml")]
struct EnrolPage<'a> {
    desk: Desk,
    /// Where the form goes.
    action: &'a str,
    qr: String,
    secret: String,
    next: &'a str,
    problem: Option<&'a Problem>,
}

#[derive(Template)]
#[template(path = "console/codes.html", config = "config/askama.toml")]
struct CodesPage<'a> {
    desk: Desk,
    codes: Vec<String>,
    next: &'a str,
}

/// The frame of somebody who is half in.
fn half_desk(state: &State, half: &Half, title: &str) -> Desk {
    Desk { csrf: half.csrf.clone(), ..Desk::bare(state, title) }
}

fn status(problem: Option<&Problem>) -> StatusCode {
    problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK)
}

fn code_form(state: &State, half: &Half, next: &str, problem: Option<&Problem>) -> Result<Response, Error> {
    let page = CodePage { desk: half_desk(state, half, "两步验证"), next, problem };
    page::html_with(status(problem), &page)
}

#[handler]
async fn code_page(
    state: Data<&Arc<State>>,
    staffer: MaybeStaffer,
    half: Half,
    Query(query): Query<NextQuery>,
) -> Result<Response, Error> {
    if staffer.0.is_some() {
        return Ok(page::see_other(onward(&query.next)));
    }
    code_form(&state, &half, &query.next, None)
}

#[handler]
async fn finish(
    state: Data<&Arc<State>>,
    jar: &CookieJar,
    HalfAct(half, form): HalfAct<CodeForm>,
) -> Result<Response, Error> {
    match second_factor::finish(&state, &half, &form.code).await {
        Ok((token, left)) => {
            jar.add(session::session_cookie(&state, &token));
            jar.add(second_factor::gone_cookie(&state));
            // Whoever has used a recovery code is told how many are left.
            Ok(page::see_other(if left.is_some() { "/console/security" } else { onward(&form.next) }))
        }
        Err(error) if shown_beside(&error) => code_form(&state, &half, &form.next, Some(error.problem())),
        Err(error) => Err(error),
    }
}

/// A mistake of the person, to be shown beside the field.
fn shown_beside(error: &Error) -> bool {
    error.problem().code == "wrong_code" || matches!(error, Error::TooMany(_))
}

fn enrol_form(
    desk: Desk,
    action: &str,
    shown: &Shown,
    next: &str,
    problem: Option<&Problem>,
) -> Result<Response, Error> {
    let page = EnrolPage { desk, action, qr: page::qr_svg(&shown.link)?, secret: shown.secret.clone(), next, problem };
    page::html_with(status(problem), &page)
}

#[handler]
async fn enrol_page(
    state: Data<&Arc<State>>,
    staffer: MaybeStaffer,
    half: Half,
    Query(query): Query<NextQuery>,
) -> Result<Response, Error> {
    if staffer.0.is_some() {
        return Ok(page::see_other(onward(&query.next)));
    }
    let shown = second_factor::shown(&state, half.staff_id, &half.name).await?;
    enrol_form(half_desk(&state, &half, "设置两步验证"), "/console/sign-in/enrol", &shown, &query.next, None)
}

#[handler]
async fn enrol(
    state: Data<&Arc<State>>,
    jar: &CookieJar,
    HalfAct(half, form): HalfAct<CodeForm>,
) -> Result<Response, Error> {
    match second_factor::enrol_half(&state, &half, &form.code).await {
        Ok((token, codes)) => {
            jar.add(session::session_cookie(&state, &token));
            jar.add(second_factor::gone_cookie(&state));
            page::html(&CodesPage { desk: Desk::bare(&state, "恢复码"), codes, next: onward(&form.next) })
        }
        Err(error) if shown_beside(&error) => {
            let shown = second_factor::shown(&state, half.staff_id, &half.name).await?;
            let desk = half_desk(&state, &half, "设置两步验证");
            enrol_form(desk, "/console/sign-in/enrol", &shown, &form.next, Some(error.problem()))
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "console/security.html", config = "config/askama.toml")]
struct SecurityPage<'a> {
    desk: Desk,
    standing: Standing,
    sessions: Vec<own::Session>,
    /// The password was changed just now.
    changed: bool,
    problem: Option<&'a Problem>,
}

impl SecurityPage<'_> {
    /// What is wrong with a field of the password's form.
    fn wrong(&self, field: &str) -> Option<&str> {
        self.problem.filter(|problem| problem.field.as_deref() == Some(field)).map(|problem| problem.detail.as_str())
    }
    /// What is wrong that is not about the password.
    fn about_codes(&self) -> Option<&str> {
        let named =
            |problem: &&Problem| !matches!(problem.field.as_deref(), Some("current" | "password" | "password_again"));
        self.problem.filter(named).map(|problem| problem.detail.as_str())
    }
}

async fn show_own(
    state: &State,
    staffer: &Staffer,
    problem: Option<&Problem>,
    changed: bool,
) -> Result<Response, Error> {
    let standing = second_factor::standing(state, staffer.id).await?;
    let desk = Desk::of(state, staffer, "我的登录安全", "/console/security");
    let sessions = own::sessions(state, staffer).await?;
    page::html_with(status(problem), &SecurityPage { desk, standing, sessions, changed, problem })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SecurityQuery {
    changed: Option<String>,
}

#[handler]
async fn security(
    state: Data<&Arc<State>>,
    staffer: Staffer,
    Query(query): Query<SecurityQuery>,
) -> Result<Response, Error> {
    show_own(&state, &staffer, None, query.changed.is_some()).await
}

#[handler]
async fn change_password(
    state: Data<&Arc<State>>,
    Act(staffer, typed): Act<own::TypedPassword>,
) -> Result<Response, Error> {
    match own::change_password(&state, &staffer, &typed).await {
        Ok(()) => Ok(page::see_other("/console/security?changed=1#password")),
        Err(error @ (Error::Invalid(_) | Error::TooMany(_))) => {
            show_own(&state, &staffer, Some(error.problem()), false).await
        }
        Err(error) => Err(error),
    }
}

#[handler]
async fn end_others(state: Data<&Arc<State>>, Act(staffer, Nothing {}): Act<Nothing>) -> Result<Response, Error> {
    own::end_others(&state, &staffer).await?;
    Ok(page::see_other("/console/security#sessions"))
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn start(state: Data<&Arc<State>>, Act(staffer, Nothing {}): Act<Nothing>) -> Result<Response, Error> {
    second_factor::start(&state, &staffer).await?;
    Ok(page::see_other("/console/security/enrol"))
}

#[handler]
async fn own_enrol_page(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    let shown = second_factor::shown(&state, staffer.id, &staffer.name).await?;
    let desk = Desk::of(&state, &staffer, "设置两步验证", "/console/security");
    enrol_form(desk, "/console/security/enrol", &shown, "", None)
}

#[handler]
async fn own_enrol(state: Data<&Arc<State>>, Act(staffer, form): Act<CodeForm>) -> Result<Response, Error> {
    match second_factor::enrol_staffer(&state, &staffer, &form.code).await {
        Ok(codes) => {
            let desk = Desk::of(&state, &staffer, "恢复码", "/console/security");
            page::html(&CodesPage { desk, codes, next: "/console/security" })
        }
        Err(error) if shown_beside(&error) => {
            let shown = second_factor::shown(&state, staffer.id, &staffer.name).await?;
            let desk = Desk::of(&state, &staffer, "设置两步验证", "/console/security");
            enrol_form(desk, "/console/security/enrol", &shown, "", Some(error.problem()))
        }
        Err(error) => Err(error),
    }
}

#[handler]
async fn renew(state: Data<&Arc<State>>, Act(staffer, form): Act<CodeForm>) -> Result<Response, Error> {
    match second_factor::renew_codes(&state, &staffer, &form.code).await {
        Ok(codes) => {
            let desk = Desk::of(&state, &staffer, "恢复码", "/console/security");
            page::html(&CodesPage { desk, codes, next: "/console/security" })
        }
        Err(error) if shown_beside(&error) => show_own(&state, &staffer, Some(error.problem()), false).await,
        Err(error) => Err(error),
    }
}
