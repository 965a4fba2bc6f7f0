//! How people ask: the API for phones and programs, the pages for desktops.

mod api;
mod pages;

pub use api::{Api, Done, Me, Session, done, me};
pub use pages::routes;
