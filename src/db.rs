//! The database: SQLite (WAL, many readers, exactly one writer) or PostgreSQL, behind one type; and the transaction
//! through which everything is written, which knows the time, who acts, and what has happened in it.

use crate::{error::Error, events, jobs, live::Hub};
use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    SqlxPostgresConnector, SqlxSqliteConnector, TransactionOptions, TransactionTrait,
};
use sqlx::{
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{str::FromStr, sync::Arc, time::Duration};
use uuid::Uuid;
use zhangzheng_kinds::{Clock, Random};

/// Which jobs an event starts. `app.rs` alone writes this table.
pub type Wiring = fn(event: &str) -> &'static [&'static str];

/// A connected database. Clones share the pools.
#[derive(Clone)]
pub struct Db {
    /// For reading. On SQLite these connections cannot write.
    pub read: DatabaseConnection,
    write: DatabaseConnection,
    pub(crate) postgres: Option<sqlx::PgPool>,
    world: Arc<World>,
}

struct World {
    clock: Clock,
    random: Random,
    wiring: Wiring,
    hub: Hub,
}

impl Db {
    /// Connects by URL: `sqlite:<path>` or `postgres://…`.
    pub async fn connect(
        url: &str,
        connections: u32,
        clock: Clock,
        random: Random,
        wiring: Wiring,
        hub: Hub,
    ) -> anyhow::Result<Self> {
        let world = Arc::new(World { clock, random, wiring, hub });
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(true)
                .foreign_keys(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(Duration::from_secs(5))
                .pragma("cache_size", "-16000")
                .pragma("temp_store", "memory");
            let writer = SqlitePoolOptions::new()
                .min_connections(1)
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
                .acquire_timeout(Duration::from_secs(10))
                .connect_with(options.clone())
                .await?;
            let readers = SqlitePoolOptions::new()
                .max_connections(connections)
                .test_before_acquire(false)
                .connect_with(options.read_only(true).create_if_missing(false))
                .await?;
            Ok(Self {
                read: SqlxSqliteConnector::from_sqlx_sqlite_pool(readers),
                write: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
                postgres: None,
                world,
            })
        } else {
            let options = PgConnectOptions::from_str(url)?.application_name("zhangzheng").options([
                ("statement_timeout", "15000"),
                ("lock_timeout", "5000"),
                ("idle_in_transaction_session_timeout", "15000"),
            ]);
            let pool = PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(Duration::from_secs(10))
                .test_before_acquire(false)
                .connect_with(options)
                .await?;
            let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone());
            Ok(Self { read: connection.clone(), write: connection, postgres: Some(pool), world })
        }
    }

    /// Brings the schema up to date: every instance may call it at start, one lock and one transaction for all.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        use migrations::MigratorTrait;
        let tx = self.begin_raw().await?;
        if self.postgres.is_some() {
            tx.execute_unprepared("select pg_advisory_xact_lock(7270010001)").await?;
        }
        migrations::Migrator::up(&tx, None).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Which database it is.
    pub fn backend(&self) -> DatabaseBackend {
        self.read.get_database_backend()
    }

    /// The connection that may write outside a [`Tx`]: for the job table and other machinery, never for features.
    pub(crate) fn machinery(&self) -> &DatabaseConnection {
        &self.write
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.world.clock
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.world.hub
    }

    /// Begins the transaction of one act. SQLite: `BEGIN IMMEDIATE`, so that a read inside is never stale.
    pub async fn begin(&self, actor: Actor) -> Result<Tx, Error> {
        let now = self.world.clock.now();
        Ok(Tx { inner: self.begin_raw().await?, now, actor, world: self.world.clone(), said: Vec::new(), woken: false })
    }

    async fn begin_raw(&self) -> Result<DatabaseTransaction, DbErr> {
        let mode = Some(SqliteTransactionMode::Immediate);
        self.write.begin_with_options(TransactionOptions { sqlite_transaction_mode: mode, ..Default::default() }).await
    }

    /// Closes the pools.
    pub async fn close(self) -> Result<(), DbErr> {
        self.read.close().await?;
        self.write.close().await
    }
}

/// Who acts: written beside every change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A member of a company's account.
    Member(Uuid),
    /// A member of our staff.
    Staff(Uuid),
    /// The product itself: a job, a vendor's notification.
    System,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Member(id) => write!(f, "member:{id}"),
            Self::Staff(id) => write!(f, "staff:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

/// One act: everything in it happens, or nothing. Dropping it without [`Tx::commit`] undoes it.
pub struct Tx {
    inner: DatabaseTransaction,
    /// The time of this act, the same for all its rows.
    pub now: DateTime<Utc>,
    /// Who acts.
    pub actor: Actor,
    world: Arc<World>,
    said: Vec<events::Said>,
    woken: bool,
}

impl std::ops::Deref for Tx {
    type Target = DatabaseTransaction;
    fn deref(&self) -> &DatabaseTransaction {
        &self.inner
    }
}

impl Tx {
    /// A new id, of this act's time.
    pub fn id(&self) -> Uuid {
        self.world.random.id(self.now)
    }

    /// Randomness.
    pub fn random(&self) -> &Random {
        &self.world.random
    }

    /// Leaves an event: the audit row, the live message to the account's open pages, and the jobs of whoever listens.
    pub async fn say(&mut self, event: events::Event<'_>) -> Result<(), Error> {
        let said = events::write(self, &event).await?;
        for kind in (self.world.wiring)(event.name) {
            self.enqueue(jobs::Job::now(kind, event.subject_id)).await?;
        }
        self.said.push(said);
        Ok(())
    }

    /// Puts a job in the queue; it runs only if this act is committed.
    pub async fn enqueue(&mut self, job: jobs::Job) -> Result<(), Error> {
        self.woken = true;
        jobs::insert(&self.inner, self.id(), self.now, job).await
    }

    /// Makes it so, then tells the open pages and wakes the workers.
    pub async fn commit(self) -> Result<(), Error> {
        self.inner.commit().await?;
        for said in self.said {
            self.world.hub.publish(said);
        }
        if self.woken {
            self.world.hub.wake_workers();
        }
        Ok(())
    }
}
