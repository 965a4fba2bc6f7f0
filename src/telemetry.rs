//! Logs and numbers: tracing to standard output, Prometheus at /metrics, /healthz for whoever watches.

use crate::{config::Log, error::Error, state::State};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use poem::{Response, Route, get, handler, web::Data};
use sea_orm::ConnectionTrait;
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, layer::SubscriberExt, util::SubscriberInitExt};

static PROMETHEUS: LazyLock<Option<PrometheusHandle>> = LazyLock::new(|| {
    let buckets = [0.000_1, 0.000_5, 0.001, 0.005, 0.02, 0.1, 0.5, 2.0];
    let built = PrometheusBuilder::new().set_buckets(&buckets).ok()?;
    built.install_recorder().ok()
});

/// Starts logging. Once per process.
pub fn init(log: &Log) {
    let filter = EnvFilter::new(&log.filter);
    let json = log.json.then(|| tracing_subscriber::fmt::layer().json().flatten_event(true));
    let text = (!log.json).then(|| tracing_subscriber::fmt::layer().compact());
    tracing_subscriber::registry().with(filter).with(json).with(text).init();
    LazyLock::force(&PROMETHEUS);
}

/// The exporter's upkeep: without it every request leaves a few bytes behind.
pub async fn upkeep(stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Some(prometheus) = &*PROMETHEUS {
            prometheus.run_upkeep();
        }
        tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(Duration::from_secs(5)) => {} }
    }
}

/// Adds /metrics and /healthz. A proxy keeps /metrics from strangers.
pub fn routes(route: Route) -> Route {
    route.at("/metrics", get(numbers)).at("/healthz", get(health))
}

#[handler]
fn numbers() -> Response {
    let text = PROMETHEUS.as_ref().map(PrometheusHandle::render).unwrap_or_default();
    Response::builder().content_type("text/plain; version=0.0.4").body(text)
}

#[handler]
async fn health(state: Data<&Arc<State>>) -> Result<&'static str, Error> {
    state.db.read.execute_unprepared("select 1").await?;
    Ok("ok")
}
