//! What is not a step: home, agreements, notices, the overview of the journey, live events, static files, errors.

mod assets;
pub mod errors;
mod http;
mod live;
mod notices;
mod pages;

pub use http::Api;
pub use pages::routes;

/// The word in the addresses of static files: changes when any of them does.
pub fn version() -> &'static str {
    &assets::VERSION
}

/// 通知中心, for the console that writes them.
pub use notices::{entity as notice_entity, list as list_notices};
