//! Hostile bytes for `structures::certificate`.
#![no_main]

#[path = "../structures.rs"]
#[allow(dead_code, reason = "each target uses one body")]
mod structures;

libfuzzer_sys::fuzz_target!(|data: &[u8]| structures::certificate(data));
