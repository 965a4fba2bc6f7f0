//! The sandbox's own clock: real time plus an offset that the control page moves. Waiting follows it too.

use chrono::{DateTime, Utc};
use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};
use tokio::sync::Notify;

/// Real time plus an offset in milliseconds.
#[derive(Default)]
pub(crate) struct Clock {
    offset: AtomicI64,
    moved: Notify,
}

impl Clock {
    pub(crate) fn new(offset_ms: i64) -> Self {
        Self { offset: AtomicI64::new(offset_ms), moved: Notify::new() }
    }

    #[allow(clippy::disallowed_methods, reason = "this is the one place of the sandbox that asks the machine")]
    pub(crate) fn now(&self) -> DateTime<Utc> {
        Utc::now() + chrono::Duration::milliseconds(self.offset_ms())
    }

    /// Now, in Beijing time as the vendors write it: `2026-11-23T10:00:00+08:00`.
    pub(crate) fn beijing(&self) -> String {
        beijing(self.now())
    }

    pub(crate) fn offset_ms(&self) -> i64 {
        self.offset.load(Ordering::Relaxed)
    }

    /// Moves the clock and wakes who waits on it.
    pub(crate) fn advance(&self, by: chrono::Duration) {
        self.offset.fetch_add(by.num_milliseconds(), Ordering::Relaxed);
        self.moved.notify_waiters();
    }

    /// Puts the offset to a value.
    pub(crate) fn set_offset(&self, offset_ms: i64) {
        self.offset.store(offset_ms, Ordering::Relaxed);
        self.moved.notify_waiters();
    }

    /// Completes at the next move or [`Clock::wake`] after this call.
    pub(crate) fn changed(&self) -> impl Future<Output = ()> + '_ {
        self.moved.notified()
    }

    /// Wakes who waits on this clock: something new may be due.
    pub(crate) fn wake(&self) {
        self.moved.notify_waiters();
    }

    /// Returns when this clock reaches `due`, by waiting or by being moved.
    pub(crate) async fn reaches(&self, due: DateTime<Utc>) {
        loop {
            let moved = self.moved.notified();
            let left = (due - self.now()).num_milliseconds();
            let Ok(left @ 1..) = u64::try_from(left) else { return };
            // An hour at most: the machine's own time may be changed under us.
            let _either = tokio::time::timeout(Duration::from_millis(left.min(3_600_000)), moved).await;
        }
    }
}

/// A moment in Beijing time, RFC 3339 to the second.
pub(crate) fn beijing(at: DateTime<Utc>) -> String {
    let beijing = chrono::FixedOffset::east_opt(8 * 3600).expect("eight hours is a valid offset");
    at.with_timezone(&beijing).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
