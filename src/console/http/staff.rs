//! 人员: who is on the staff; the owner adds people and shuts them out; other roles are proposed, and confirmed by a second person.

use super::desk::{Desk, day};
use crate::{
    console::{
        Permission, Role, Roles,
        entity::staff,
        second_factor,
        session::{Act, Staffer},
        staffing::{self, Press},
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
    web::{Data, Path},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/console/staff", get(everybody).post(add))
        .at("/console/staff/new", get(blank))
        .at("/console/staff/:id", get(one))
        .at("/console/staff/:id/disable", post(disable))
        .at("/console/staff/:id/password", post(new_password))
        .at("/console/staff/:id/totp-reset", post(totp_reset))
}

#[derive(Template)]
#[template(path = "console/staff.html", config = "config/askama.toml")]
struct StaffPage {
    desk: Desk,
    everybody: Vec<staff::Model>,
    set_up: Vec<Uuid>,
    may_manage: bool,
}

#[handler]
async fn everybody(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    let everybody = staffing::seen_by(&state, &staffer).await?;
    let desk = Desk::of(&state, &staffer, "人员", "/console/staff");
    let set_up = second_factor::set_up(&state).await?;
    page::html(&StaffPage { desk, everybody, set_up, may_manage: staffer.can(Permission::ManageStaff) })
}

/// What is typed for somebody new, or ticked for somebody known.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    name: String,
    /// Words of roles, separated by blanks.
    roles: String,
}

#[derive(Template)]
#[template(path = "console/staff_one.html", config = "config/askama.toml")]
struct OnePage<'a> {
    desk: Desk,
    /// None: somebody new.
    person: Option<&'a staff::Model>,
    set_up: bool,
    typed: &'a Typed,
    problem: Option<&'a Problem>,
    /// May be changed by who looks.
    open: bool,
    /// Other roles may be proposed by who looks.
    proposes: bool,
}

impl OnePage<'_> {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.problem.filter(|problem| problem.field.as_deref() == Some(field)).map(|problem| problem.detail.as_str())
    }
    fn ticked(&self, role: &Role) -> bool {
        Roles::parse(&self.typed.roles).has(role)
    }
}

fn form(state: &State, staffer: &Staffer, typed: &Typed, problem: Option<&Problem>) -> Result<Response, Error> {
    let desk = Desk::of(state, staffer, "增加人员", "/console/staff");
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let page = OnePage { desk, person: None, set_up: false, typed, problem, open: true, proposes: false };
    page::html_with(status, &page)
}

#[handler]
async fn blank(state: Data<&Arc<State>>, staffer: Staffer) -> Result<Response, Error> {
    staffer.may(Permission::ManageStaff)?;
    form(&state, &staffer, &Typed::default(), None)
}

#[derive(Template)]
#[template(path = "console/password.html", config = "config/askama.toml")]
struct PasswordPage<'a> {
    desk: Desk,
    name: &'a str,
    password: &'a str,
}

#[handler]
async fn add(state: Data<&Arc<State>>, Act(staffer, typed): Act<Typed>) -> Result<Response, Error> {
    match staffing::add_by(&state, &staffer, &typed.name, &typed.roles).await {
        Ok(password) => {
            let desk = Desk::of(&state, &staffer, "已增加人员", "/console/staff");
            page::html(&PasswordPage { desk, name: &typed.name, password: &password })
        }
        Err(error @ (Error::Invalid(_) | Error::Conflict(_))) => form(&state, &staffer, &typed, Some(error.problem())),
        Err(error) => Err(error),
    }
}

async fn show(state: &State, staffer: &Staffer, id: Uuid, problem: Option<&Problem>) -> Result<Response, Error> {
    let person = staffing::one(state, staffer, id).await?;
    let set_up = second_factor::standing(state, id).await?.set_up;
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let open = staffer.can(Permission::ManageStaff) && staffer.id != id && person.disabled_at.is_none();
    let typed = Typed { name: person.name.clone(), roles: person.roles.clone() };
    let desk = Desk::of(state, staffer, &person.name, "/console/staff");
    let page = OnePage {
        desk,
        person: Some(&person),
        set_up,
        typed: &typed,
        problem,
        open,
        proposes: open && staffer.can(Permission::ChangeRoles),
    };
    page::html_with(status, &page)
}

#[handler]
async fn one(state: Data<&Arc<State>>, staffer: Staffer, Path(id): Path<Uuid>) -> Result<Response, Error> {
    show(&state, &staffer, id, None).await
}

/// Back to the person's page, or there with what is wrong.
async fn settled(state: &State, staffer: &Staffer, id: Uuid, done: Result<(), Error>) -> Result<Response, Error> {
    match done {
        Ok(()) => Ok(page::see_other(&format!("/console/staff/{id}"))),
        Err(error @ (Error::Invalid(_) | Error::Conflict(_))) => show(state, staffer, id, Some(error.problem())).await,
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn disable(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    let done = staffing::press(&state, &staffer, id, Press::Disable).await.map(drop);
    settled(&state, &staffer, id, done).await
}

#[handler]
async fn totp_reset(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    let done = staffing::press(&state, &staffer, id, Press::TotpReset).await.map(drop);
    settled(&state, &staffer, id, done).await
}

#[handler]
async fn new_password(
    state: Data<&Arc<State>>,
    Path(id): Path<Uuid>,
    Act(staffer, Nothing {}): Act<Nothing>,
) -> Result<Response, Error> {
    match staffing::press(&state, &staffer, id, Press::NewPassword).await {
        Ok(password) => {
            let person = staffing::one(&state, &staffer, id).await?;
            let desk = Desk::of(&state, &staffer, "已重设密码", "/console/staff");
            let password = password.unwrap_or_default();
            page::html(&PasswordPage { desk, name: &person.name, password: &password })
        }
        Err(error) => settled(&state, &staffer, id, Err(error)).await,
    }
}
