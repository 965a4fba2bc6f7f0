//! The table of the catalogue: catalogue_version.

use super::{Action, Status};
use crate::change::Stateful;
use sea_orm::entity::prelude::*;

/// A version.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "catalogue_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// 版本号.
    #[sea_orm(unique)]
    pub number: i32,
    pub status: Status,
    /// `draft`, while it is: at most one.
    #[sea_orm(unique)]
    pub open: Option<String>,
    /// JSON of [`super::Content`].
    pub content: String,
    pub edited_by: Option<Uuid>,
    pub published_by: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub effective_from: Option<DateTimeUtc>,
    pub published_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}

impl Stateful for Entity {
    type Status = Status;
    type Action = Action;
    const ID: Column = Column::Id;
    const STATUS: Column = Column::Status;

    fn facts(row: &Model) -> (Uuid, Status, Option<Uuid>) {
        (row.id, row.status, None)
    }
    fn next(from: Status, action: Action) -> Option<Status> {
        from.on(action)
    }
    fn event(action: Action) -> &'static str {
        action.event()
    }
}
