//! The figures as a table on the screen and in target/bench.

use std::time::Duration;

/// A figure.
pub struct Row {
    name: String,
    value: String,
    beside: String,
    more: String,
}

impl Row {
    pub fn new(name: &str, value: String, beside: String, more: String) -> Self {
        Self { name: name.into(), value, beside, more }
    }

    pub fn plain(name: &str, value: String, beside: &str, more: &str) -> Self {
        Self::new(name, value, beside.into(), more.into())
    }
}

pub fn us(time: Duration) -> String {
    format!("{:.0} µs", time.as_secs_f64() * 1e6)
}

pub fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// Prints them, and keeps them for `tests/bench.sh`.
pub fn print(rows: &[Row]) {
    for Row { name, value, beside, more } in rows {
        println!("{name}\t{value}\t{beside}\t{more}");
    }
}
