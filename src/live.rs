//! Push to the desktop: what happened in an account reaches its open pages. The event row is the truth; a page that was
//! away re-reads. Between instances it goes through PostgreSQL's LISTEN/NOTIFY, after the commit.

use crate::events::Said;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::sync::{Notify, broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SHARDS: usize = 64;
/// A page that is this many messages behind is told to re-read.
const BACKLOG: usize = 32;
const CHANNEL: &str = "zhangzheng_live";

/// What every account's events are also told to: the review desk.
pub const DESK: Uuid = Uuid::nil();

/// One message: what happened. The page asks for what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    pub id: Uuid,
    pub name: Arc<str>,
}

type Shard = Mutex<HashMap<Uuid, broadcast::Sender<Live>>>;

/// One channel per account while somebody watches it.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    shards: Vec<Shard>,
    work: Notify,
    /// Towards the other instances, when there are any.
    out: Mutex<Option<mpsc::UnboundedSender<String>>>,
}

impl Default for Hub {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Self(Arc::new(Inner { shards, work: Notify::new(), out: Mutex::default() }))
    }
}

/// A watching page. Dropping it stops watching.
pub struct Watch {
    hub: Hub,
    account_id: Uuid,
    receiver: broadcast::Receiver<Live>,
}

/// What a watching page hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Live(Live),
    /// Messages were missed: read everything again.
    Resync,
}

impl Watch {
    /// The next message; `None` when the server stops.
    pub async fn next(&mut self) -> Option<Heard> {
        match self.receiver.recv().await {
            Ok(live) => Some(Heard::Live(live)),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Heard::Resync),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut shard = self.hub.shard(self.account_id);
        if shard.get(&self.account_id).is_some_and(|sender| sender.receiver_count() <= 1) {
            shard.remove(&self.account_id);
        }
    }
}

impl Hub {
    fn shard(&self, account_id: Uuid) -> std::sync::MutexGuard<'_, HashMap<Uuid, broadcast::Sender<Live>>> {
        let shard = &self.0.shards[usize::from(account_id.as_bytes()[15]) % SHARDS];
        shard.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Watches an account.
    pub fn watch(&self, account_id: Uuid) -> Watch {
        let receiver =
            self.shard(account_id).entry(account_id).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe();
        Watch { hub: self.clone(), account_id, receiver }
    }

    /// Tells the watching pages here and on the other instances. Only after the commit.
    pub fn publish(&self, said: Said) {
        let account_id = said.account_id.unwrap_or(DESK);
        self.tell_both(account_id, &Live { id: said.id, name: said.name.as_str().into() });
        let out = self.0.out.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(out) = &*out {
            // Nobody receives only while the server stops.
            let _ = out.send(format!("{account_id} {} {}", said.id, said.name));
        }
    }

    fn tell_both(&self, account_id: Uuid, live: &Live) {
        self.tell(account_id, live.clone());
        if account_id != DESK {
            self.tell(DESK, live.clone());
        }
    }

    fn tell(&self, account_id: Uuid, live: Live) {
        if let Some(sender) = self.shard(account_id).get(&account_id) {
            // An error only means that the last page has just gone.
            let _ = sender.send(live);
        }
    }

    /// There is work in the queue.
    pub fn wake_workers(&self) {
        self.0.work.notify_one();
    }

    /// Waits until there may be work.
    pub async fn work(&self) {
        self.0.work.notified().await;
    }

    /// Joins the instances of one PostgreSQL database: sends what is published here, publishes what others send.
    pub fn join(&self, pool: sqlx::PgPool, stop: CancellationToken) {
        let (out, mut waiting) = mpsc::unbounded_channel::<String>();
        *self.0.out.lock().unwrap_or_else(|broken| broken.into_inner()) = Some(out);
        let me = name_of_process();
        let sender = pool.clone();
        let name = me.clone();
        tokio::spawn(async move {
            while let Some(message) = waiting.recv().await {
                let sent = sqlx::query("select pg_notify($1, $2)").bind(CHANNEL).bind(format!("{name} {message}"));
                if let Err(error) = sent.execute(&sender).await {
                    tracing::warn!(error.cause = %error, "notify");
                }
            }
        });
        let hub = self.clone();
        tokio::spawn(async move {
            tokio::select! { () = stop.cancelled() => {}, () = hub.listen(pool, &me) => {} }
        });
    }

    async fn listen(&self, pool: sqlx::PgPool, me: &str) {
        loop {
            if let Err(error) = self.listen_once(&pool, me).await {
                tracing::warn!(error.cause = %error, "listen");
            }
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }

    async fn listen_once(&self, pool: &sqlx::PgPool, me: &str) -> Result<(), sqlx::Error> {
        let mut listener = sqlx::postgres::PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            match listener.try_recv().await? {
                Some(message) => self.take(message.payload(), me),
                // The connection was lost and messages with it: every page re-reads.
                None => self.resync(),
            }
        }
    }

    fn take(&self, payload: &str, me: &str) {
        let mut parts = payload.splitn(4, ' ');
        let (Some(from), Some(account), Some(id), Some(name)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        if from == me {
            return;
        }
        if let (Ok(account_id), Ok(id)) = (account.parse(), id.parse()) {
            self.tell_both(account_id, &Live { id, name: name.into() });
            self.wake_workers();
        }
    }

    fn resync(&self) {
        for shard in &self.0.shards {
            let shard = shard.lock().unwrap_or_else(|broken| broken.into_inner());
            for sender in shard.values() {
                let _ = sender.send(Live { id: Uuid::nil(), name: "resync".into() });
            }
        }
    }
}

/// Tells our own notifications from the others'.
fn name_of_process() -> String {
    hex::encode(zhangzheng_kinds::Random::system().bytes::<8>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(account_id: Uuid, name: &str) -> Said {
        Said { id: Uuid::nil(), name: name.into(), account_id: Some(account_id) }
    }

    #[tokio::test]
    async fn a_page_hears_its_own_account_only_and_leaves_nothing_behind() {
        let hub = Hub::default();
        let (mine, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut watch = hub.watch(mine);
        hub.publish(said(other, "person.verify"));
        hub.publish(said(mine, "person.verify"));
        let Some(Heard::Live(live)) = watch.next().await else { panic!("heard nothing") };
        assert_eq!(&*live.name, "person.verify");
        drop(watch);
        assert!(hub.shard(mine).is_empty());
    }

    #[tokio::test]
    async fn a_page_that_is_behind_is_told_to_read_again() {
        let hub = Hub::default();
        let mine = Uuid::from_u128(1);
        let mut watch = hub.watch(mine);
        for _ in 0..BACKLOG + 5 {
            hub.publish(said(mine, "x"));
        }
        assert_eq!(watch.next().await, Some(Heard::Resync));
    }
}
