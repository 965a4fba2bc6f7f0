//! Hostile bytes for `forms::bill`.
#![no_main]

#[path = "../forms.rs"]
#[allow(dead_code, reason = "each target uses one body")]
mod forms;

libfuzzer_sys::fuzz_target!(|data: &[u8]| forms::bill(data));
