//! How people ask: the API for phones and programs, the pages for desktops.

mod api;
mod invitation;
mod pages;

pub use api::Api;
pub use invitation::InvitationApi;

use poem::Route;
use sea_orm::prelude::DateTimeUtc;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    invitation::routes(pages::routes(route))
}

/// A moment as people in China read it: `2026-11-23 12:00`.
pub(crate) fn in_beijing(at: &DateTimeUtc) -> String {
    at.with_timezone(&super::BEIJING).format("%Y-%m-%d %H:%M").to_string()
}
