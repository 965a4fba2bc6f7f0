//! The table `handoff`: tickets from desktop to phone. The ticket itself is kept as a digest.

use super::{Action, Purpose, Status};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "handoff")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub ticket_hash: Vec<u8>,
    /// The desktop session that shows it: when that ends, the ticket is void.
    pub session_id: Uuid,
    pub account_id: Uuid,
    pub member_id: Uuid,
    pub purpose: Purpose,
    pub status: Status,
    pub browser: String,
    pub system: String,
    pub place: String,
    /// Blind index of the WeChat user who opened it: another phone cannot confirm what this one has scanned.
    pub scanned_by: Option<Vec<u8>>,
    pub expires_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}

impl crate::change::Stateful for Entity {
    type Status = Status;
    type Action = Action;
    const ID: Column = Column::Id;
    const STATUS: Column = Column::Status;

    fn facts(row: &Model) -> (Uuid, Status, Option<Uuid>) {
        (row.id, row.status, Some(row.account_id))
    }
    fn next(from: Status, action: Action) -> Option<Status> {
        from.on(action)
    }
    fn event(action: Action) -> &'static str {
        action.event()
    }
}
