//! The tables of the catalogue.

use sea_orm::entity::prelude::*;

/// A relying platform (项目).
pub mod platform {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "platform")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        pub name: String,
        pub description: String,
        /// Internal platforms are never shown to applicants.
        pub internal: bool,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A region (地区) of a platform, with its prices in fen.
pub mod region {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "region")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub platform: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub code: String,
        pub name: String,
        /// 企业/单位手机证书(含电子印章), for one year.
        pub certificate_price: i64,
        /// 授权使用费, for one authorisation.
        pub authorisation_price: i64,
        pub internal: bool,
        pub position: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
