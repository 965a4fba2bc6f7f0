//! The tables of 激活证书: certificate, electronic_seal, seal_proof, seal_structure.

use super::{Action, Status};
use crate::{authority::Reason, change::Stateful};
use sea_orm::entity::prelude::*;

/// An issued certificate: one for each administrator's key, ever.
pub mod certificate {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "certificate")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub account_id: Uuid,
        #[sea_orm(unique)]
        pub administrator_id: Uuid,
        #[sea_orm(unique)]
        pub key_id: Uuid,
        pub status: Status,
        /// The generation of the issuing authority that issued it.
        pub generation: i32,
        /// Lower-case hexadecimal.
        #[sea_orm(unique)]
        pub serial: String,
        pub der: Vec<u8>,
        pub not_before: DateTimeUtc,
        pub not_after: DateTimeUtc,
        /// The account while this is its certificate in force.
        #[sea_orm(unique)]
        pub active_for: Option<Uuid>,
        pub created_at: DateTimeUtc,
        pub revoked_at: Option<DateTimeUtc>,
        pub revocation_reason: Option<Reason>,
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

/// 电子印章: a drawn seal, kept as a paper of the company's case.
pub mod electronic_seal {
    use super::*;
    use crate::certificate::seal::Kind;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "electronic_seal")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub account_id: Uuid,
        /// The company whose papers it is among.
        pub case_id: Uuid,
        pub kind: Kind,
        pub paper_id: Uuid,
        pub made_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// 电子印章数据 (GB/T 38540): a seal as a signed structure, for one certificate.
pub mod seal_structure {
    use super::*;
    use crate::certificate::seal::Kind;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "seal_structure")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub account_id: Uuid,
        pub certificate_id: Uuid,
        pub kind: Kind,
        /// Inside the structure it is the seal's id.
        #[sea_orm(unique)]
        pub number: String,
        pub der: Vec<u8>,
        pub valid_from: DateTimeUtc,
        pub valid_until: DateTimeUtc,
        pub made_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// 印章样稿: made by one, checked by another.
pub mod seal_proof {
    use super::*;
    use crate::certificate::{
        proof::{Action, Source, Status},
        seal::Kind,
    };

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "seal_proof")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub account_id: Uuid,
        pub case_id: Uuid,
        pub kind: Kind,
        pub source: Source,
        pub status: Status,
        pub paper_id: Uuid,
        pub maker_id: Uuid,
        pub made_at: DateTimeUtc,
        /// The case, while it waits to be checked: one at a time of each kind.
        pub open_for: Option<Uuid>,
        pub checker_id: Option<Uuid>,
        pub checked_at: Option<DateTimeUtc>,
        /// Sealed at `seal_proof.note`.
        pub note: Option<Vec<u8>>,
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
