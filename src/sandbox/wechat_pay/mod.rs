//! WeChat Pay APIv3 (微信支付), at `/pay` instead of `https://api.mch.weixin.qq.com`.

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

/// The keys of both ends, read once.
pub(crate) struct Keys {}

impl Keys {
    pub(crate) fn read(_config: &crate::PayConfig) -> anyhow::Result<Self> {
        Ok(Self {})
    }
}

/// Sends notifications when they are due, until stopped.
pub(crate) async fn deliver(_world: Arc<World>, stop: tokio_util::sync::CancellationToken) {
    stop.cancelled().await;
}
