//! What every request and every job can reach.

use crate::journey::JourneyOf;
use crate::keys::Keys;
use crate::{authority::Authority, config::Config, db::Db, live::Hub, vault::Vault};
use tokio_util::sync::CancellationToken;
use zhangzheng_kinds::{Clock, Random, WorkingTime};
use zhangzheng_providers::Providers;

/// The product's one shared value.
pub struct State {
    pub config: Config,
    pub db: Db,
    pub vault: Vault,
    pub clock: Clock,
    pub random: Random,
    /// Business hours and holidays: what was promised runs in them.
    pub working_time: WorkingTime,
    /// The server's halves of signing keys, and what is under way with them.
    pub keys: Keys,
    /// Signs certificates.
    pub authority: Authority,
    pub live: Hub,
    pub providers: Providers,
    /// Gives the five steps; supplied by `app.rs`, which alone sees them all.
    pub journey: JourneyOf,
    /// Cancelled when the server stops: open streams end, workers finish what they hold.
    pub stop: CancellationToken,
}
