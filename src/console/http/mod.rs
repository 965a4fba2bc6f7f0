//! The pages of the review desk, all under /console.

mod case;
mod case_parts;
mod case_view;
mod catalogue;
mod companies;
mod compare;
mod desk;
mod finance;
mod log;
mod notices;
mod numbers;
mod payments;
mod queue;
mod search;
mod second_factor;
mod proposals;
mod seals;
mod sign_in;
mod staff;
mod work;

pub use desk::error_page;
pub use numbers::Api;

use poem::Route;

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    let route = sign_in::routes(route);
    let route = second_factor::routes(route);
    let route = queue::routes(route);
    let route = search::routes(route);
    let route = numbers::routes(route);
    let route = companies::routes(route);
    let route = case::routes(route);
    let route = proposals::routes(route);
    let route = seals::routes(route);
    let route = payments::routes(route);
    let route = finance::routes(route);
    let route = catalogue::routes(route);
    let route = work::routes(route);
    let route = notices::routes(route);
    let route = staff::routes(route);
    log::routes(route)
}
