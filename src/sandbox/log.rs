//! What was called: time, vendor, operation, outcome, latency. Never a body.

use serde::Serialize;
use std::{collections::VecDeque, sync::Mutex};

/// The newest calls that are kept.
const LONGEST: usize = 1000;

#[derive(Default)]
pub(crate) struct Log(Mutex<(u64, VecDeque<Line>)>);

/// One vendor call, or one notification sent to the product.
#[derive(Clone, Serialize)]
pub(crate) struct Line {
    pub(crate) id: u64,
    pub(crate) at: String,
    pub(crate) vendor: &'static str,
    pub(crate) operation: String,
    /// `200 ok`, `403 OUT_TRADE_NO_USED`, `fault http_500` …
    pub(crate) outcome: String,
    pub(crate) latency_ms: u64,
}

impl Log {
    pub(crate) fn add(&self, at: String, vendor: &'static str, operation: String, outcome: String, latency_ms: u64) {
        let mut log = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        log.0 += 1;
        let id = log.0;
        tracing::debug!(vendor.name = vendor, vendor.operation = operation, vendor.outcome = outcome, "sandbox call");
        log.1.push_back(Line { id, at, vendor, operation, outcome, latency_ms });
        if log.1.len() > LONGEST {
            log.1.pop_front();
        }
    }

    /// The lines after an id, oldest first.
    pub(crate) fn after(&self, id: u64) -> Vec<Line> {
        let log = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        log.1.iter().filter(|line| line.id > id).cloned().collect()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner()).1.clear();
    }
}
