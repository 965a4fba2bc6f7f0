//! `/control`: a page with buttons, and `/control/api/…`, the same for tests: people, clock, faults, delays, log, reset.

use crate::{
    calls::{json, refuse},
    faults::Fault,
    people::{Person, is_id_number},
    smtp, tencent, wechat, wechat_pay,
    world::{Delay, World},
};
use poem::{
    Response, Route, delete, get, handler,
    http::StatusCode,
    post,
    web::{Data, Json, Path, Query},
};
use serde::Deserialize;
use serde_json::json as object;
use std::sync::Arc;

pub(crate) fn routes() -> Route {
    Route::new().at("/", get(show_page)).nest("/api", api())
}

fn api() -> Route {
    Route::new()
        .at("/reset", post(do_reset))
        .at("/clock", get(show_clock).post(move_clock))
        .at("/faults", get(show_faults).post(add_fault).delete(clear_faults))
        .at("/faults/:id", delete(remove_fault))
        .at("/delays", get(show_delays).post(set_delay))
        .at("/people", get(show_people).post(add_person))
        .at("/log", get(show_log))
        .at("/product.toml", get(show_product_settings))
        .nest("/wechat", wechat::control())
        .nest("/wechat_pay", wechat_pay::control())
        .nest("/tencent", tencent::control())
        .nest("/mail", smtp::control())
}

#[handler]
fn show_page() -> Response {
    Response::builder().content_type("text/html; charset=utf-8").body(include_str!("control.html"))
}

#[handler]
fn do_reset(Data(world): Data<&Arc<World>>) -> Response {
    world.reset();
    json(StatusCode::OK, &object!({"reset": true}))
}

#[handler]
fn show_clock(Data(world): Data<&Arc<World>>) -> Response {
    let offset = world.clock.offset_ms() / 1000;
    json(StatusCode::OK, &object!({"now": world.clock.beijing(), "offset_seconds": offset}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

#[handler]
fn move_clock(Data(world): Data<&Arc<World>>, Json(by): Json<Advance>) -> Response {
    match chrono::Duration::try_seconds(by.advance_seconds).filter(|by| by.num_days().abs() <= 3650) {
        Some(by) => world.advance(by),
        None => return refuse(StatusCode::BAD_REQUEST, "advance_seconds: at most ten years"),
    }
    json(StatusCode::OK, &object!({"now": world.clock.beijing()}))
}

#[handler]
fn show_faults(Data(world): Data<&Arc<World>>) -> Response {
    json(StatusCode::OK, &world.faults.list())
}

#[handler]
fn add_fault(Data(world): Data<&Arc<World>>, Json(fault): Json<Fault>) -> Response {
    json(StatusCode::OK, &object!({"id": world.faults.add(fault)}))
}

#[handler]
fn clear_faults(Data(world): Data<&Arc<World>>) -> Response {
    world.faults.clear();
    json(StatusCode::OK, &object!({}))
}

#[handler]
fn remove_fault(Data(world): Data<&Arc<World>>, Path(id): Path<u64>) -> Response {
    match world.faults.remove(id) {
        true => json(StatusCode::OK, &object!({})),
        false => refuse(StatusCode::NOT_FOUND, "no such fault: it has fired, or never was"),
    }
}

#[handler]
fn show_delays(Data(world): Data<&Arc<World>>) -> Response {
    world.desk.read(|desk| json(StatusCode::OK, &desk.delays))
}

#[handler]
fn set_delay(Data(world): Data<&Arc<World>>, Json(delay): Json<Delay>) -> Response {
    world.desk.write(|desk| {
        desk.delays.retain(|old| (&old.vendor, &old.operation) != (&delay.vendor, &delay.operation));
        if delay.seconds > 0 || delay.polls > 0 {
            desk.delays.push(delay);
        }
        json(StatusCode::OK, &desk.delays)
    })
}

#[handler]
fn show_people(Data(world): Data<&Arc<World>>) -> Response {
    world.people.read(|people| json(StatusCode::OK, people))
}

#[handler]
fn add_person(Data(world): Data<&Arc<World>>, Json(person): Json<Person>) -> Response {
    if !is_id_number(&person.id_number) {
        return refuse(StatusCode::BAD_REQUEST, "id_number: 18 characters with a right check character");
    }
    let short = person.openid.is_empty() || person.name.is_empty();
    if short || person.mobile.len() != 11 || !person.mobile.bytes().all(|b| b.is_ascii_digit()) {
        return refuse(StatusCode::BAD_REQUEST, "openid, name and a mobile of 11 digits are needed");
    }
    world.people.write(|people| {
        people.retain(|old| old.openid != person.openid);
        people.push(person);
        json(StatusCode::OK, people)
    })
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

#[handler]
fn show_log(Data(world): Data<&Arc<World>>, Query(after): Query<After>) -> Response {
    json(StatusCode::OK, &world.log.after(after.after))
}

/// The product's half of every credential, for the address that answers now.
#[handler]
fn show_product_settings(Data(world): Data<&Arc<World>>) -> Response {
    let settings = world.config.product_settings(&world.base_url);
    Response::builder().content_type("application/toml").body(settings)
}
