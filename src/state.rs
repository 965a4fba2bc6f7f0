//! What every request and every job can reach.

use crate::{config::Config, db::Db, live::Hub, vault::Vault};
use crate::journey::JourneyOf;
use tokio_util::sync::CancellationToken;
use zhangzheng_kinds::{Clock, Random};

/// The product's one shared value.
pub struct State {
    pub config: Config,
    pub db: Db,
    pub vault: Vault,
    pub clock: Clock,
    pub random: Random,
    pub live: Hub,
    /// Gives the five steps; supplied by `app.rs`, which alone sees them all.
    pub journey: JourneyOf,
    /// Cancelled when the server stops: open streams end, workers finish what they hold.
    pub stop: CancellationToken,
}
