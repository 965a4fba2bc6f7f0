//! 通知中心: the pages on which staff write.

use super::desk::{Desk, day};
use crate::{
    console::{
        Permission,
        notices::{self, Typed},
        session::{Act, Staffer},
    },
    error::{Error, Problem},
    page,
    site::notice_entity as notice,
    state::State,
};
use askama::Template;
use chrono::{DateTime, Utc};
use poem::{
    Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Path},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/console/notices", get(list).post(publish))
        .at("/console/notices/new", get(blank))
        .at("/console/notices/:id", get(one).post(rewrite))
        .at("/console/notices/:id/withdraw", post(withdraw))
}

#[derive(Template)]
#[template(path = "console/notices.html", config = "config/askama.toml")]
struct ListPage {
    desk: Desk,
    notices: Vec<notice::Model>,
    may_write: bool,
    now: DateTime<Utc>,
}

#[derive(Template)]
#[template(path = "console/notice.html", config = "config/askama.toml")]
struct NoticePage<'a> {
    desk: Desk,
    /// None: a new one.
    id: Option<Uuid>,
    typed: &'a Typed,
    problem: Option<&'a Problem>,
    may_write: bool,
}

impl NoticePage<'_> {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.problem.filter(|problem| problem.field.as_deref() == Some(field)).map(|problem| problem.detail.as_str())
    }
}

#[handler]
async fn list(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    let desk = Desk::of(&state, &staffer, "通知", "/console/notices");
    let may_write = staffer.can(Permission::WriteNotices);
    page::html(&ListPage { desk, notices: notices::list(&state, &staffer).await?, may_write, now: state.clock.now() })
}

fn form(
    state: &State,
    staffer: &Staffer,
    id: Option<Uuid>,
    typed: &Typed,
    problem: Option<&Problem>,
) -> Result<Response, Error> {
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let title = if id.is_some() { "修改通知" } else { "写通知" };
    let desk = Desk::of(state, staffer, title, "/console/notices");
    let may_write = staffer.can(Permission::WriteNotices);
    page::html_with(status, &NoticePage { desk, id, typed, problem, may_write })
}

#[handler]
async fn blank(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    staffer.may(Permission::WriteNotices)?;
    form(&state, &staffer, None, &Typed { date: day(&state.clock.now()), ..Typed::default() }, None)
}

#[handler]
async fn one(state: Data<&Arc<State>>, staffer: Staffer, Path(id): Path<Uuid>) -> Result<Response, Error> {
    let row = notices::one(&state, &staffer, id).await?;
    form(&state, &staffer, Some(id), &Typed { date: day(&row.published_at), title: row.title, body: row.body }, None)
}

/// Back to the list, or to the form with what is wrong.
fn settled(
    state: &State,
    staffer: &Staffer,
    id: Option<Uuid>,
    typed: &Typed,
    done: Result<(), Error>,
) -> Result<Response, Error> {
    match done {
        Ok(()) => Ok(page::see_other("/console/notices")),
        Err(error @ Error::Invalid(_)) => form(state, staffer, id, typed, Some(error.problem())),
        Err(error) => Err(error),
    }
}

#[handler]
async fn publish(state: Data<&Arc<State>>, Act(staffer, typed): Act<Typed>) -> Result<Response, Error> {
    let done = notices::publish(&state, &staffer, &typed).await.map(drop);
    settled(&state, &staffer, None, &typed, done)
}

#[handler]
async fn rewrite(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, typed): Act<Typed>,
) -> Result<Response, Error> {
    let done = notices::rewrite(&state, &staffer, id, &typed).await;
    settled(&state, &staffer, Some(id), &typed, done)
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn withdraw(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    notices::withdraw(&state, &staffer, id).await?;
    Ok(page::see_other("/console/notices"))
}
