//! The tables of the review desk: staff, staff_session, case_claim, case_note, proposal.

use sea_orm::entity::prelude::*;

/// A member of our staff.
pub mod staff {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// As typed to sign in; small letters.
        #[sea_orm(unique)]
        pub name: String,
        pub password_hash: String,
        /// The roles' words, separated by blanks.
        pub roles: String,
        pub created_at: DateTimeUtc,
        /// Since when the door is shut: the row stays, because what was done stays.
        pub disabled_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A signed-in member of staff. Tokens are kept as SHA-256 digests.
pub mod staff_session {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_session")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_hash: Vec<u8>,
        pub id: Uuid,
        pub staff_id: Uuid,
        pub csrf: String,
        pub created_at: DateTimeUtc,
        pub expires_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who holds a case, and until when. A row that has run out holds nothing.
pub mod case_claim {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_claim")]
    pub struct Model {
        /// The company's or the person's row.
        #[sea_orm(primary_key, auto_increment = false)]
        pub case_id: Uuid,
        pub staff_id: Uuid,
        pub until: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An internal note on a case. Never changed.
pub mod case_note {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_note")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub case_id: Uuid,
        pub staff_id: Uuid,
        /// Sealed at `case_note.text`.
        pub text: Vec<u8>,
        pub at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What somebody has proposed and a second person confirms or declines.
pub mod proposal {
    use super::*;
    use crate::{
        change::Stateful,
        console::proposal::{Action, Status},
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "proposal")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Why a second person is needed.
        pub kind: String,
        pub status: Status,
        /// The company's, the person's or the staff's row.
        pub subject_id: Uuid,
        /// The same while it waits: one at a time.
        #[sea_orm(unique)]
        pub open_for: Option<Uuid>,
        pub proposer_id: Uuid,
        /// Sealed at `proposal.reason`.
        pub reason: Vec<u8>,
        /// Sealed at `proposal.act`: what will be done, JSON.
        pub act: Vec<u8>,
        pub created_at: DateTimeUtc,
        pub expires_at: DateTimeUtc,
        pub settled_by: Option<Uuid>,
        pub settled_at: Option<DateTimeUtc>,
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
}
