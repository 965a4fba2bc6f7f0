//! Background work: a table of our own, so that a job is put in the queue by the transaction that causes it.
//! Jobs carry ids only, re-read, and are idempotent; what was given up is visible in the console with *try again*.

use crate::{db::Db, error::Error};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveValue::Set,
    ConnectionTrait, DatabaseBackend, DbErr, FromQueryResult,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict, Order, Query},
};
use uuid::Uuid;

/// How long a worker may hold a job before another one takes it.
const LEASE: Duration = Duration::seconds(60);
/// After this many failures a job is given up.
const MAX_ATTEMPTS: i32 = 12;

/// A job to be put in the queue.
#[derive(Clone, Debug)]
pub struct Job {
    pub kind: String,
    pub subject_id: Uuid,
    /// Not before this time; at once when `None`.
    pub run_at: Option<DateTime<Utc>>,
    /// A second job under the same key is not put in the queue.
    pub unique_key: Option<String>,
}

impl Job {
    /// A job to be done at once.
    pub fn now(kind: &str, subject_id: Uuid) -> Self {
        Self { kind: kind.to_owned(), subject_id, run_at: None, unique_key: None }
    }
    /// A job for later.
    pub fn at(kind: &str, subject_id: Uuid, run_at: DateTime<Utc>) -> Self {
        Self { run_at: Some(run_at), ..Self::now(kind, subject_id) }
    }
    /// Only once under this key.
    pub fn once(self, key: impl Into<String>) -> Self {
        Self { unique_key: Some(key.into()), ..self }
    }
}

/// How a try ended.
#[derive(Debug)]
pub enum Outcome {
    /// Done; also when there was nothing left to do.
    Done,
    /// Not yet: look again after this time. Not a failure; does not count as a try.
    Later(Duration),
    /// Failed for now: try again with growing pauses.
    Retry(String),
    /// Failed for good: a person must look at it.
    GiveUp(String),
}

impl From<Result<(), Error>> for Outcome {
    fn from(result: Result<(), Error>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) => Self::Retry(error.to_string()),
        }
    }
}

/// The table `job`.
pub mod entity {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "job")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub kind: String,
        pub subject_id: Uuid,
        pub state: String,
        pub attempts: i32,
        pub run_at: DateTimeUtc,
        pub locked_until: Option<DateTimeUtc>,
        pub locked_by: Option<String>,
        pub last_error: Option<String>,
        #[sea_orm(unique)]
        pub unique_key: Option<String>,
        pub created_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{Column, Entity, Model};

pub(crate) async fn insert(c: &impl ConnectionTrait, id: Uuid, now: DateTime<Utc>, job: Job) -> Result<(), Error> {
    let row = entity::ActiveModel {
        id: Set(id),
        kind: Set(job.kind),
        subject_id: Set(job.subject_id),
        state: Set("ready".into()),
        attempts: Set(0),
        run_at: Set(job.run_at.unwrap_or(now)),
        locked_until: Set(None),
        locked_by: Set(None),
        last_error: Set(None),
        unique_key: Set(job.unique_key),
        created_at: Set(now),
    };
    let once = OnConflict::column(Column::UniqueKey).do_nothing().to_owned();
    Entity::insert(row).on_conflict(once).exec_without_returning(c).await?;
    Ok(())
}

/// Takes up to `count` due jobs, also those whose holder has died. One statement on both databases.
pub async fn claim(db: &Db, me: &str, count: u64) -> Result<Vec<Model>, DbErr> {
    let now = db.clock().now();
    let mut due = Query::select();
    due.column(Column::Id)
        .from(Entity)
        .and_where(Column::State.is_in(["ready", "running"]))
        .and_where(Column::RunAt.lte(now))
        .and_where(Column::LockedUntil.is_null().or(Column::LockedUntil.lt(now)))
        .order_by(Column::RunAt, Order::Asc)
        .limit(count);
    if db.backend() == DatabaseBackend::Postgres {
        due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let mut take = Query::update();
    take.table(Entity)
        .value(Column::State, "running")
        .value(Column::LockedBy, me)
        .value(Column::LockedUntil, now + LEASE)
        .value(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .and_where(Expr::col(Column::Id).in_subquery(due))
        .returning_all();
    Model::find_by_statement(db.backend().build(&take)).all(db.machinery()).await
}

/// Lets go of what workers of before held: for a database that only one server works on, at its start. A try that was cut off
/// does not count.
pub async fn release(db: &Db) -> Result<u64, DbErr> {
    let held = Entity::update_many()
        .col_expr(Column::State, Expr::value("ready"))
        .col_expr(Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).sub(1))
        .filter(Column::State.eq("running"));
    Ok(held.exec(db.machinery()).await?.rows_affected)
}

/// Writes how a try ended. A worker that lost its lease changes nothing.
pub async fn finish(db: &Db, me: &str, job: &Model, outcome: Outcome) -> Result<(), DbErr> {
    let now = db.clock().now();
    let (state, run_at, attempts, error) = match outcome {
        Outcome::Done => ("done", job.run_at, job.attempts, None),
        Outcome::Later(pause) => ("ready", now + pause, job.attempts - 1, None),
        Outcome::Retry(error) if job.attempts < MAX_ATTEMPTS => {
            ("ready", now + backoff(job.attempts), job.attempts, Some(error))
        }
        Outcome::Retry(error) | Outcome::GiveUp(error) => {
            tracing::error!(job.id = %job.id, job.kind, error.cause = error, "job given up");
            ("given_up", job.run_at, job.attempts, Some(error))
        }
    };
    Entity::update_many()
        .filter(Column::Id.eq(job.id))
        .filter(Column::LockedBy.eq(me))
        .filter(Column::Attempts.eq(job.attempts))
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::RunAt, Expr::value(run_at))
        .col_expr(Column::Attempts, Expr::value(attempts))
        .col_expr(Column::LockedUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::LastError, Expr::value(error))
        .exec(db.machinery())
        .await?;
    Ok(())
}

/// Half a second, one, two … at most ten minutes.
fn backoff(attempts: i32) -> Duration {
    let doubled = 500_i64 << Ord::clamp(attempts - 1, 0, 11);
    Duration::milliseconds(Ord::min(doubled, 600_000))
}

/// Puts a job that was given up back in the queue: *try again* in the console.
pub async fn try_again(db: &Db, id: Uuid) -> Result<bool, Error> {
    let now = db.clock().now();
    let moved = Entity::update_many()
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq("given_up"))
        .col_expr(Column::State, Expr::value("ready"))
        .col_expr(Column::Attempts, Expr::value(0))
        .col_expr(Column::RunAt, Expr::value(now))
        .exec(db.machinery())
        .await?;
    db.hub().wake_workers();
    Ok(moved.rows_affected == 1)
}

/// Work that was done is remembered for this long: what must happen once an hour or once a payment is told by its key.
const REMEMBERED: Duration = Duration::days(14);

/// Forgets work that was done long ago; what was given up stays. Run now and then.
pub async fn sweep(db: &Db) -> Result<u64, Error> {
    let before = db.clock().now() - REMEMBERED;
    let old = Entity::delete_many().filter(Column::State.eq("done")).filter(Column::RunAt.lt(before));
    Ok(old.exec(db.machinery()).await?.rows_affected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end_at_ten_minutes() {
        let pauses: Vec<i64> = (1..=12).map(|n| backoff(n).num_milliseconds()).collect();
        assert_eq!(pauses[..4], [500, 1000, 2000, 4000]);
        assert_eq!(pauses[11], 600_000);
    }
}
