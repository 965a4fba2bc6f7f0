//! How often strangers may try: counted in the database, so that several instances count together.

use crate::{config::Limit, db::Db, error::Error};
use sea_orm::{
    ActiveValue::Set,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait, OnConflict},
};

/// The table `attempt`: one row per thing that is counted and stretch of time.
pub mod entity {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "attempt")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub count: i64,
        pub until: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{ActiveModel, Column, Entity};

/// Counts one try of `what` by `whom` (already a blind index or an address) and refuses when there were too many.
/// The count is kept even when the act that follows fails.
///
/// # Errors
/// [`Error::TooMany`] with the seconds to wait.
pub async fn count(db: &Db, what: &str, whom: &str, limit: Limit) -> Result<(), Error> {
    let now = db.clock().now();
    let slot = now.timestamp() / limit.seconds;
    let until = chrono::DateTime::from_timestamp((slot + 1) * limit.seconds, 0).ok_or_else(Error::not_found)?;
    let row = ActiveModel { key: Set(format!("{what}|{whom}|{slot}")), count: Set(1), until: Set(until) };
    let more =
        OnConflict::column(Column::Key).value(Column::Count, Expr::col((Entity, Column::Count)).add(1)).to_owned();
    let counted = Entity::insert(row).on_conflict(more).exec_with_returning(db.machinery()).await?;
    if counted.count > limit.count {
        let wait = u32::try_from((until - now).num_seconds() + 1).unwrap_or(1);
        return Err(Error::too_many(format!("操作过于频繁，请 {} 后再试", in_words(wait)), wait));
    }
    Ok(())
}

fn in_words(seconds: u32) -> String {
    match seconds {
        0..=90 => format!("{seconds} 秒"),
        91..=5400 => format!("{} 分钟", seconds.div_ceil(60)),
        _ => format!("{} 小时", seconds.div_ceil(3600)),
    }
}

/// Forgets what no longer counts. Run now and then.
pub async fn sweep(db: &Db) -> Result<u64, Error> {
    let gone = Entity::delete_many().filter(Column::Until.lt(db.clock().now())).exec(db.machinery()).await?;
    Ok(gone.rows_affected)
}

#[cfg(test)]
mod tests {
    #[test]
    fn waits_are_said_in_fitting_units() {
        assert_eq!(super::in_words(59), "59 秒");
        assert_eq!(super::in_words(120), "2 分钟");
        assert_eq!(super::in_words(86_400), "24 小时");
    }
}
