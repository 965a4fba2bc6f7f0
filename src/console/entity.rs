//! The tables of the review desk: staff, staff_session, case_claim.

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
