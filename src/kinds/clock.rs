//! The time, passed in: a clock that tests (and the desk's control page) can move.

use chrono::{DateTime, SubsecRound, Utc};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Real time plus an offset. Clones share the offset.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// A clock that tells the real time.
    pub fn real() -> Self {
        Self::default()
    }

    /// Now, cut to microseconds: what PostgreSQL keeps.
    #[allow(clippy::disallowed_methods, reason = "this is the one place that asks the machine")]
    pub fn now(&self) -> DateTime<Utc> {
        let offset = chrono::Duration::milliseconds(self.0.load(Ordering::Relaxed));
        (Utc::now() + offset).trunc_subsecs(6)
    }

    /// Moves this clock and its clones forward (or back, when negative).
    pub fn advance(&self, by: chrono::Duration) {
        self.0.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
    }
}
