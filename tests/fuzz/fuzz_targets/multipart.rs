//! Hostile bytes for `forms::multipart`.
#![no_main]

#[path = "../forms.rs"]
mod forms;

libfuzzer_sys::fuzz_target!(|data: &[u8]| forms::multipart(data));
