//! Signing in and out, and what a member of staff sees first.

use super::desk::{Desk, age};
use crate::{
    console::{
        Permission,
        flow::{self, SignedIn},
        notices::beijing,
        queue::{self, Queue, Standing},
        second_factor::{self, Needed},
        session::{self, Act, MaybeStaffer, SignInAct, Staffer},
    },
    error::{Error, Problem},
    page,
    state::State,
    who::Machine,
};
use askama::Template;
use chrono::Datelike;
use poem::{
    Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Query, cookie::CookieJar},
};
use serde::Deserialize;
use std::sync::Arc;
use zhangzheng_kinds::Known;

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
    /// Queues from which nobody on the staff may take.
    unserved: Vec<&'static str>,
    /// What is not known of the year that is near.
    holidays: Option<String>,
}

/// The year in thirty days, if its holidays are not known for certain: the clock would run wrong.
fn holidays(state: &State) -> Option<String> {
    let year = beijing(state.clock.now() + chrono::Duration::days(30)).year();
    match state.working_time.known(year) {
        Known::Published => None,
        Known::Provisional => {
            Some(format!("{year} 年的放假安排只含法定节日，调休日以国务院办公厅通知为准；通知公布后请更新节假日文件"))
        }
        Known::Nothing => Some(format!("{year} 年的放假安排尚未录入，时限将按周一至周五计算；请更新节假日文件")),
    }
}

/// One number that matters, and the way to it.
struct Card {
    path: &'static str,
    label: &'static str,
    number: u64,
    line: String,
}

fn card(state: &State, standing: &Standing) -> Card {
    let (path, label) = match standing.queue {
        Queue::Companies => ("/console/companies", "企业待审核"),
        Queue::People => ("/console/people", "个人待人工审核"),
    };
    let line = standing.oldest.map_or_else(
        || "没有等待的案件".into(),
        |at| format!("最早的已等待 {}，{}", age(state.clock.now(), at), standing.warning.label()),
    );
    Card { path, label, number: standing.waiting, line }
}

#[handler]
async fn overview(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    let mut cards = Vec::new();
    let mut unserved = Vec::new();
    if staffer.can(Permission::SeeCases) || staffer.can(Permission::SeeNumbers) {
        let standing = queue::standing(&state, &staffer).await?;
        unserved.extend(standing.iter().filter(|one| !one.served).map(|one| one.queue.label()));
        if staffer.can(Permission::SeeCases) {
            cards.extend(standing.iter().map(|one| card(&state, one)));
        }
    }
    if staffer.can(Permission::SeeWork) {
        let number = flow::given_up(&state).await?;
        let line = if number == 0 { "没有需要处理的任务" } else { "请查看原因后重试" };
        cards.push(Card { path: "/console/work", label: "后台任务失败", number, line: line.into() });
    }
    let desk = Desk::of(&state, &staffer, "概览", "/console");
    page::html(&Overview { desk, cards, unserved, holidays: holidays(&state) })
}
