//! What has happened: one row an event, written in the transaction that caused it. The same row is the audit trail, the
//! truth behind live pages, and what later steps listen to. Ids only, never personal data.

use crate::{db::Tx, error::Error, state::State};
use sea_orm::{ActiveValue::Set, PaginatorTrait, entity::prelude::*};
use uuid::Uuid;

/// An event about to be written.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// `<subject>.<what happened>`, e.g. `company.submit`.
    pub name: &'a str,
    /// The row it is about.
    pub subject_id: Uuid,
    /// The account whose pages should hear of it.
    pub account_id: Option<Uuid>,
    /// The status before and after, when one changed.
    pub change: Option<(&'a str, &'a str)>,
}

impl<'a> Event<'a> {
    /// An event without a change of status.
    pub fn new(name: &'a str, subject_id: Uuid, account_id: Option<Uuid>) -> Self {
        Self { name, subject_id, account_id, change: None }
    }
}

/// A written event, to be published after the commit.
#[derive(Clone, Debug)]
pub struct Said {
    pub id: Uuid,
    pub name: String,
    pub account_id: Option<Uuid>,
}

/// The table `event`.
pub mod entity {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub at: DateTimeUtc,
        pub name: String,
        pub subject_id: Uuid,
        pub account_id: Option<Uuid>,
        pub actor: String,
        pub was: Option<String>,
        pub now_is: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The account in which something happened to a subject: for jobs, which are given the subject only.
pub async fn account_of(c: &impl ConnectionTrait, subject_id: Uuid) -> Result<Option<Uuid>, Error> {
    let row = entity::Entity::find()
        .filter(entity::Column::SubjectId.eq(subject_id))
        .filter(entity::Column::AccountId.is_not_null())
        .one(c)
        .await?;
    Ok(row.and_then(|row| row.account_id))
}

/// How many events an account has. It grows with every commit, whereas ids and times are given before: two acts may be
/// committed in another order than they began.
pub async fn count(state: &State, account_id: Uuid) -> Result<u64, Error> {
    let of_account = entity::Entity::find().filter(entity::Column::AccountId.eq(account_id));
    Ok(of_account.count(&state.db.read).await?)
}

pub(crate) async fn write(tx: &Tx, event: &Event<'_>) -> Result<Said, Error> {
    let id = tx.id();
    let row = entity::ActiveModel {
        id: Set(id),
        at: Set(tx.now),
        name: Set(event.name.to_owned()),
        subject_id: Set(event.subject_id),
        account_id: Set(event.account_id),
        actor: Set(tx.actor.to_string()),
        was: Set(event.change.map(|(was, _)| was.to_owned())),
        now_is: Set(event.change.map(|(_, now_is)| now_is.to_owned())),
    };
    entity::Entity::insert(row).exec_without_returning(&**tx).await?;
    tracing::info!(event.name, subject.id = %event.subject_id, actor = %tx.actor, "event");
    Ok(Said { id, name: event.name.to_owned(), account_id: event.account_id })
}
