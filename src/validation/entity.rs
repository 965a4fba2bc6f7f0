//! The table of 证书吊销列表: every list that was signed, the same for all instances.

use sea_orm::entity::prelude::*;

/// A signed list.
pub mod revocation_list {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "revocation_list")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Whose: `issuing-1`, `root-1`.
        pub issuer: String,
        pub number: i64,
        pub der: Vec<u8>,
        pub content_hash: Vec<u8>,
        pub entries: i32,
        pub this_update: DateTimeUtc,
        pub next_update: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
