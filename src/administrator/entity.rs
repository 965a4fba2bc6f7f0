//! The tables of 确认管理员: administrator, signing_key, authorisation.

use super::{Action, How, KeyStatus, Status, key_action};
use crate::change::Stateful;
use sea_orm::entity::prelude::*;

/// Somebody named, and perhaps confirmed, to use a company's certificate.
pub mod administrator {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "administrator")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub account_id: Uuid,
        pub member_id: Uuid,
        pub status: Status,
        pub how: How,
        pub named_by: Uuid,
        /// Sealed at `administrator.name`: the name that was given, which the person's own 实名 must equal.
        pub name: Option<Vec<u8>>,
        /// The account while this one is named: at most one.
        #[sea_orm(unique)]
        pub named_for: Option<Uuid>,
        /// The account while this one is confirmed: at most one.
        #[sea_orm(unique)]
        pub confirmed_for: Option<Uuid>,
        pub key_id: Option<Uuid>,
        pub created_at: DateTimeUtc,
        /// When the SMS went out to somebody named by another person.
        pub invited_at: Option<DateTimeUtc>,
        pub confirmed_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}

    impl Stateful for Entity {
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
}

/// The server's half of an administrator's key. Its id is the key's own (kid).
pub mod signing_key {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub administrator_id: Uuid,
        pub account_id: Uuid,
        pub member_id: Uuid,
        pub status: KeyStatus,
        /// The joint public key, `04‖X‖Y`.
        pub public_key: Vec<u8>,
        /// The server's half, sealed under the key file of signing keys.
        pub share: Vec<u8>,
        /// Sealed at `signing_key.pepper`: what the phone mixes into the PIN.
        pub pepper: Vec<u8>,
        /// Wrong PINs in a row.
        pub failures: i32,
        /// The request that both halves have signed, DER.
        pub csr: Option<Vec<u8>>,
        pub created_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}

    impl Stateful for Entity {
        type Status = KeyStatus;
        type Action = key_action::Action;
        const ID: Column = Column::Id;
        const STATUS: Column = Column::Status;

        fn facts(row: &Model) -> (Uuid, KeyStatus, Option<Uuid>) {
            (row.id, row.status, Some(row.account_id))
        }
        fn next(from: KeyStatus, action: key_action::Action) -> Option<KeyStatus> {
            from.on(action)
        }
        fn event(action: key_action::Action) -> &'static str {
            action.event()
        }
    }
}

/// 授权: one of the bought authorisations, given to a person.
pub mod authorisation {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "authorisation")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub account_id: Uuid,
        pub order_id: Uuid,
        pub granted_to: Uuid,
        pub granted_by: Uuid,
        pub created_at: DateTimeUtc,
        pub revoked_at: Option<DateTimeUtc>,
        /// `<order>:<place>` while it stands: a place is given once.
        #[sea_orm(unique)]
        pub place: Option<String>,
        /// `<order>:<member>` while it stands: a person has one.
        #[sea_orm(unique)]
        pub holder: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
