//! How people ask: the API for phones and programs, the pages for desktops.

mod api;
mod pages;

pub use api::Api;
pub use pages::routes;

use sea_orm::prelude::DateTimeUtc;

/// A moment as people in China read it: `2026-11-23 12:00`.
pub(crate) fn in_beijing(at: &DateTimeUtc) -> String {
    at.with_timezone(&super::BEIJING).format("%Y-%m-%d %H:%M").to_string()
}
