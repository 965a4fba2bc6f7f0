//! The tables of the review desk: staff, staff_session, staff_sign_in, staff_totp, staff_recovery_code, case_claim,
//! case_term, case_note, proposal.

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

/// A sign-in of which the password was right and the code is still to come. It opens nothing but the page that asks for it.
pub mod staff_sign_in {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_sign_in")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token_hash: Vec<u8>,
        pub staff_id: Uuid,
        pub csrf: String,
        pub created_at: DateTimeUtc,
        pub expires_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The authenticator app of a member of staff.
pub mod staff_totp {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_totp")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub staff_id: Uuid,
        /// Sealed at `staff_totp.secret`, in hexadecimal.
        pub secret: Vec<u8>,
        /// The step of the last code taken: none up to it is taken again.
        pub last_step: i64,
        pub created_at: DateTimeUtc,
        /// None until a first code has shown that the app has it.
        pub confirmed_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A code for whoever has lost the app: taken once.
pub mod staff_recovery_code {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "staff_recovery_code")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub staff_id: Uuid,
        /// Keyed digest, bound to the row.
        pub code_hash: Vec<u8>,
        pub used_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A word by which a case is found, as a blind index.
pub mod case_term {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "case_term")]
    pub struct Model {
        /// The company's row.
        #[sea_orm(primary_key, auto_increment = false)]
        pub case_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub term: Vec<u8>,
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
