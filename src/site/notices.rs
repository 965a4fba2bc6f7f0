//! 通知中心: notices with title and date, written by staff.

use crate::{error::Error, state::State};
use sea_orm::{QueryOrder, QuerySelect, entity::prelude::*};

/// The table `notice`.
pub mod entity {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "notice")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub title: String,
        /// Markdown.
        pub body: String,
        pub published_at: DateTimeUtc,
        pub written_by: Uuid,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The newest notices.
pub async fn list(state: &State, count: u64) -> Result<Vec<entity::Model>, Error> {
    Ok(entity::Entity::find()
        .filter(entity::Column::PublishedAt.lte(state.clock.now()))
        .order_by_desc(entity::Column::PublishedAt)
        .limit(count)
        .all(&state.db.read)
        .await?)
}

/// One notice.
pub async fn one(state: &State, id: Uuid) -> Result<entity::Model, Error> {
    entity::Entity::find_by_id(id)
        .filter(entity::Column::PublishedAt.lte(state.clock.now()))
        .one(&state.db.read)
        .await?
        .ok_or_else(Error::not_found)
}
