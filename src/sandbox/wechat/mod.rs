//! WeChat's server API for mini-programs (微信小程序服务端), at `/wechat` instead of `https://api.weixin.qq.com`.

use crate::world::World;
use poem::Route;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What WeChat remembers.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {}

pub(crate) fn routes(_world: Arc<World>) -> Route {
    Route::new()
}

pub(crate) fn phone(route: Route) -> Route {
    route
}

pub(crate) fn control() -> Route {
    Route::new()
}
