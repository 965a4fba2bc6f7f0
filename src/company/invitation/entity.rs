//! The table `invitation`: one row an invitation. What was confirmed stays as evidence.

use super::{Action, Status};
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub company_id: Uuid,
    pub account_id: Uuid,
    pub status: Status,
    /// The company, for as long as it counts: one such a company.
    #[sea_orm(unique)]
    pub live_for: Option<Uuid>,
    /// The agent.
    pub invited_by: Uuid,
    #[sea_orm(unique)]
    pub ticket_hash: Vec<u8>,
    /// Sealed at `invitation.ticket`: shown to the company's people again; None once it has been answered or has ended.
    pub ticket: Option<Vec<u8>>,
    /// Blind index at `invitation.statement` of what the form said.
    pub statement_index: Vec<u8>,
    /// The representative as a member of the account, once opened.
    pub member_id: Option<Uuid>,
    /// How often a message was asked for, and when last.
    pub messages: i32,
    pub message_asked_at: Option<DateTimeUtc>,
    pub message_sent_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub opened_at: Option<DateTimeUtc>,
    pub answered_at: Option<DateTimeUtc>,
    /// Evidence of a confirmation. The version of the wording.
    pub text_version: Option<String>,
    /// Sealed at `invitation.text`: the words as they were shown.
    pub text: Option<Vec<u8>>,
    /// SHA-256 of them.
    pub text_hash: Option<Vec<u8>>,
    /// Who confirmed: the verified person, and the session on the phone.
    pub person_id: Option<Uuid>,
    pub session_id: Option<Uuid>,
    /// Blind index at `invitation.resident_id` of the person who confirmed.
    pub resident_id_index: Option<Vec<u8>>,
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
