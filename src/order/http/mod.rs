//! How people ask about 服务购买: the API, the pages, and WeChat Pay's notices.

mod api;
pub(crate) mod notify;
mod pages;
mod paying;

pub use api::Api;

use poem::Route;

/// Adds the pages, and where WeChat Pay sends its notices.
pub fn routes(route: Route) -> Route {
    notify::routes(paying::routes(pages::routes(route)))
}
