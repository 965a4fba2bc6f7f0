//! `/phone/…`: what WeChat's own app does around a mini-program, for the phone on the desk.

use crate::{calls::json, smtp, tencent, wechat, wechat_pay, world::World};
use poem::{Response, Route, get, handler, http::StatusCode, web::Data};
use serde_json::json as object;
use std::sync::Arc;

pub(crate) fn routes() -> Route {
    let route = Route::new().at("/config", get(show_config)).at("/people", get(show_people));
    smtp::phone(tencent::phone(wechat_pay::phone(wechat::phone(route))))
}

/// What the phone page needs to begin: where the product's API is, and who can hold the phone.
#[handler]
fn show_config(Data(world): Data<&Arc<World>>) -> Response {
    let appid = &world.config.wechat.appid;
    json(StatusCode::OK, &object!({"api": "/api-proxy", "appid": appid, "people": shown(world)}))
}

#[handler]
fn show_people(Data(world): Data<&Arc<World>>) -> Response {
    json(StatusCode::OK, &shown(world))
}

fn shown(world: &World) -> Vec<serde_json::Value> {
    let show = |person: &crate::Person| {
        object!({
            "openid": person.openid, "nickname": person.nickname, "name": person.name,
            "mobile": person.mobile, "mobile_masked": person.mobile_masked(),
        })
    };
    world.people.read(|people| people.iter().map(show).collect())
}
