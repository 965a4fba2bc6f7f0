//! Signing in and out, and what a member of staff sees first.

use super::desk::{Desk, age};
use crate::{
    console::{
        Permission,
        cases::{self, Filter},
        flow::{self, SignedIn},
        second_factor::{self, Needed},
        session::{self, Act, MaybeStaffer, SignInAct, Staffer},
    },
    error::{Error, Problem},
    page,
    state::State,
    who::Machine,
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
        .at("/console", get(overview))
        .at("/console/sign-in", get(sign_in_page).post(sign_in))
        .at("/console/sign-out", post(sign_out))
}

#[derive(Template)]
#[template(path = "console/sign_in.html", config = "config/askama.toml")]
struct SignInPage<'a> {
    desk: Desk,
    name: &'a str,
    next: &'a str,
    problem: Option<&'a Problem>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SignInQuery {
    next: String,
}

#[handler]
async fn sign_in_page(
    state: Data<&Arc<State>>,
    staffer: MaybeStaffer,
    jar: &CookieJar,
    Query(query): Query<SignInQuery>,
) -> Result<Response, Error> {
    if staffer.0.is_some() {
        return Ok(page::see_other("/console"));
    }
    let desk = Desk { csrf: session::form_token(&state, jar), ..Desk::bare(&state, "工作人员登录") };
    page::html(&SignInPage { desk, name: "", next: &query.next, problem: None })
}

/// Where to go after signing in: only to a page of the console, and not back to the door.
pub(super) fn onward(next: &str) -> &str {
    let ours = next.starts_with("/console/") && !next.contains('\\') && !next.starts_with("/console/sign-");
    if ours { next } else { "/console" }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SignInForm {
    name: String,
    password: String,
    next: String,
}

#[handler]
async fn sign_in(
    state: Data<&Arc<State>>,
    jar: &CookieJar,
    machine: Machine,
    SignInAct(form): SignInAct<SignInForm>,
) -> Result<Response, Error> {
    match flow::sign_in(&state, &machine, &form.name, &form.password).await {
        Ok(SignedIn::Whole(token)) => {
            jar.add(session::session_cookie(&state, &token));
            Ok(page::see_other(onward(&form.next)))
        }
        Ok(SignedIn::Half(token, needed)) => {
            jar.add(second_factor::half_cookie(&state, &token));
            let step = if needed == Needed::Enrol { "enrol" } else { "code" };
            let next: String = url::form_urlencoded::byte_serialize(onward(&form.next).as_bytes()).collect();
            Ok(page::see_other(&format!("/console/sign-in/{step}?next={next}")))
        }
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => Err(error),
        Err(error) => {
            let desk = Desk { csrf: session::form_token(&state, jar), ..Desk::bare(&state, "工作人员登录") };
            let problem = error.problem();
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
            let page = SignInPage { desk, name: &form.name, next: &form.next, problem: Some(problem) };
            page::html_with(status, &page)
        }
    }
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn sign_out(state: Data<&Arc<State>>, jar: &CookieJar, act: Act<Nothing>) -> Result<Response, Error> {
    flow::sign_out(&state, &act.0).await?;
    jar.add(session::gone_cookie(&state));
    Ok(page::see_other("/console/sign-in"))
}

#[derive(Template)]
#[template(path = "console/overview.html", config = "config/askama.toml")]
struct Overview {
    desk: Desk,
    cards: Vec<Card>,
}

/// One number that matters, and the way to it.
struct Card {
    path: &'static str,
    label: &'static str,
    number: u64,
    line: String,
}

fn card(
    state: &State,
    path: &'static str,
    label: &'static str,
    count: usize,
    oldest: Option<chrono::DateTime<chrono::Utc>>,
) -> Card {
    let line =
        oldest.map_or_else(|| "没有等待的案件".into(), |at| format!("最早的已等待 {}", age(state.clock.now(), at)));
    Card { path, label, number: count as u64, line }
}

#[handler]
async fn overview(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    let mut cards = Vec::new();
    if staffer.can(Permission::SeeCases) {
        let waiting = cases::companies(&state, &staffer, Filter::Waiting).await?;
        let oldest = waiting.first().and_then(|row| row.listed.submitted_at);
        cards.push(card(&state, "/console/companies", "企业待审核", waiting.len(), oldest));
        let people = cases::people(&state, &staffer).await?;
        let oldest = people.first().map(|row| row.case.since);
        cards.push(card(&state, "/console/people", "个人待人工审核", people.len(), oldest));
    }
    if staffer.can(Permission::SeeWork) {
        let number = flow::given_up(&state).await?;
        let line = if number == 0 { "没有需要处理的任务" } else { "请查看原因后重试" };
        cards.push(Card { path: "/console/work", label: "后台任务失败", number, line: line.into() });
    }
    page::html(&Overview { desk: Desk::of(&state, &staffer, "概览", "/console"), cards })
}
