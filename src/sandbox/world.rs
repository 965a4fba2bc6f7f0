//! Everything the sandbox holds: its settings, clock, faults, log, people, and each vendor's state.

use crate::{
    Config,
    clock::Clock,
    faults::Faults,
    kept::{Keep, Kept},
    log::Log,
    oss,
    people::Person,
    smtp, tencent, wechat, wechat_pay,
};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Shared by every endpoint. Each part of the state has its own lock; none is held across an await.
pub(crate) struct World {
    pub(crate) config: Config,
    pub(crate) base_url: String,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    pub(crate) desk: Kept<Desk>,
    pub(crate) people: Kept<Vec<Person>>,
    pub(crate) wechat: Kept<wechat::State>,
    pub(crate) pay: Kept<wechat_pay::State>,
    pub(crate) pay_keys: wechat_pay::Keys,
    pub(crate) tencent: Kept<tencent::State>,
    pub(crate) oss: Kept<oss::State>,
    pub(crate) oss_bodies: oss::Bodies,
    pub(crate) mail: Kept<smtp::State>,
    pub(crate) http: reqwest::Client,
    parts: Vec<Box<dyn Keep>>,
}

/// What the control page sets and a restart keeps.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Desk {
    pub(crate) clock_offset_ms: i64,
    pub(crate) delays: Vec<Delay>,
}

/// When the result of a vendor's slow operation is ready: at once, after seconds of the sandbox's clock, or after polls.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delay {
    pub(crate) vendor: String,
    pub(crate) operation: String,
    #[serde(default)]
    pub(crate) seconds: u32,
    #[serde(default)]
    pub(crate) polls: u32,
}

impl World {
    /// Reads the state and gets everything ready.
    pub(crate) fn open(config: Config, base_url: String) -> anyhow::Result<Self> {
        let dir = config.data_dir.clone();
        if let Some(dir) = &dir {
            std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        }
        let dir = dir.as_deref();
        let desk = Kept::open(dir, "desk", Desk::default)?;
        let people = Kept::open(dir, "people", crate::people::seeded)?;
        let wechat = Kept::open(dir, "wechat", wechat::State::default)?;
        let pay = Kept::open(dir, "wechat_pay", wechat_pay::State::default)?;
        let tencent = Kept::open(dir, "tencent", tencent::State::default)?;
        let oss = Kept::open(dir, "oss", oss::State::default)?;
        let oss_bodies = oss::Bodies::open(dir).context("cannot keep objects")?;
        let mail = Kept::open(dir, "mail", smtp::State::default)?;
        let mut parts: Vec<Box<dyn Keep>> =
            vec![Box::new(desk.clone()), Box::new(people.clone()), Box::new(wechat.clone()), Box::new(pay.clone())];
        parts.extend([Box::new(tencent.clone()) as Box<dyn Keep>, Box::new(oss.clone()), Box::new(mail.clone())]);
        let _already = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
        let clock = Clock::new(desk.read(|desk| desk.clock_offset_ms));
        let pay_keys = wechat_pay::Keys::read(&config.pay)?;
        let (faults, log) = (Faults::default(), Log::default());
        Ok(Self {
            config,
            base_url,
            clock,
            faults,
            log,
            desk,
            people,
            wechat,
            pay,
            pay_keys,
            tencent,
            oss,
            oss_bodies,
            mail,
            http,
            parts,
        })
    }

    /// Moves the clock and remembers it.
    pub(crate) fn advance(&self, by: chrono::Duration) {
        self.clock.advance(by);
        self.desk.write(|desk| desk.clock_offset_ms = self.clock.offset_ms());
    }

    /// When the result of a vendor's operation is ready, as the control page has set it.
    pub(crate) fn delay(&self, vendor: &str, operation: &str) -> Delay {
        let matches = |delay: &&Delay| delay.vendor == vendor && delay.operation == operation;
        self.desk.read(|desk| desk.delays.iter().find(matches).cloned()).unwrap_or_default()
    }

    /// The person with an openid.
    pub(crate) fn person(&self, openid: &str) -> Option<Person> {
        self.people.read(|people| people.iter().find(|person| person.openid == openid).cloned())
    }

    /// Puts everything back to how a new sandbox begins: state, clock, faults, log.
    pub(crate) fn reset(&self) {
        self.parts.iter().for_each(|part| part.reset());
        self.clock.set_offset(0);
        self.faults.clear();
        self.log.clear();
    }

    /// Writes what has changed.
    pub(crate) fn save(&self) {
        for part in &self.parts {
            if let Err(error) = part.save() {
                tracing::error!(error.message = format!("{error:#}"), "the sandbox cannot keep its state");
            }
        }
    }

    /// Writes what has changed, several times a second, until stopped.
    pub(crate) async fn keep(self: Arc<Self>, stop: CancellationToken) {
        if self.config.data_dir.is_none() {
            return;
        }
        let mut beat = tokio::time::interval(Duration::from_millis(250));
        while !stop.is_cancelled() {
            tokio::select! {
                _ = beat.tick() => {}
                () = stop.cancelled() => {}
            }
            let world = self.clone();
            let _saved = tokio::task::spawn_blocking(move || world.save()).await;
        }
    }
}

/// `N` random bytes.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// `N` random bytes as hexadecimal.
pub(crate) fn random_hex<const N: usize>() -> String {
    hex::encode(random::<N>())
}
