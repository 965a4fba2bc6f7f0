//! PDF and images: power of attorney, seals, captcha, photo and video checks. Bytes in, bytes out: no files, no network, no clock.
//!
//! Everything here is bounded in time and memory whatever the input, but a photo may still cost half a second and some hundred megabytes:
//! call it from a blocking thread, and let few such threads run at once.

pub mod captcha;
mod glyphs;
mod layout;
pub mod letter;
pub mod measure;
pub mod pdf;
pub mod photo;
pub mod qr;
pub mod seal;
pub mod seal_photo;
pub mod speech;
pub mod video;
pub mod watermark;
