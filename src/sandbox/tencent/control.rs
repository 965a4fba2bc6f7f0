//! The SMS inbox for the phone on the desk, and the control page's doors to Tencent Cloud.

use super::registry::Entry;
use crate::{
    calls::{json, refuse},
    world::World,
};
use poem::{
    Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Json, Query},
};
use serde::Deserialize;
use serde_json::json as object;
use std::sync::Arc;

/// Adds `/inbox` and `/eid` to the phone's routes.
pub(crate) fn phone(route: Route) -> Route {
    route.at("/inbox", get(inbox)).at("/eid", post(super::eid::phone_eid))
}

/// `/control/api/tencent/…`.
pub(crate) fn control() -> Route {
    Route::new()
        .at("/sms", get(inbox).delete(clear_inbox))
        .at("/companies", get(companies).post(add_company))
        .at("/live-codes", get(live_codes))
}

#[derive(Deserialize)]
struct Whose {
    #[serde(default)]
    mobile: String,
}

/// Newest last; without `mobile`, everybody's.
#[handler]
fn inbox(Data(world): Data<&Arc<World>>, Query(whose): Query<Whose>) -> Response {
    world.tencent.read(|state| {
        let wanted: Vec<_> =
            state.messages.iter().filter(|m| whose.mobile.is_empty() || m.mobile == whose.mobile).collect();
        json(StatusCode::OK, &wanted)
    })
}

#[handler]
fn clear_inbox(Data(world): Data<&Arc<World>>) -> Response {
    world.tencent.write(|state| state.messages.clear());
    json(StatusCode::OK, &object!({}))
}

#[handler]
fn companies(Data(world): Data<&Arc<World>>) -> Response {
    world.tencent.read(|state| json(StatusCode::OK, &state.companies))
}

/// Adds a company to the register, or replaces the one with its code.
#[handler]
fn add_company(Data(world): Data<&Arc<World>>, Json(entry): Json<Entry>) -> Response {
    if entry.uscc.len() != 18 || entry.name.is_empty() || entry.representative.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "uscc (18 characters), name and representative are needed");
    }
    world.tencent.write(|state| {
        state.companies.retain(|old| old.uscc != entry.uscc);
        state.companies.push(entry);
        json(StatusCode::OK, &state.companies)
    })
}

/// The numbers that wait to be read aloud, newest last.
#[handler]
fn live_codes(Data(world): Data<&Arc<World>>) -> Response {
    world.tencent.read(|state| {
        let waiting: Vec<_> = state.live_codes.iter().filter(|code| !code.used).collect();
        json(StatusCode::OK, &waiting)
    })
}
