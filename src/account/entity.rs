//! The tables of 企业帐号: account, member, wechat_binding, sms_code, captcha.

use sea_orm::entity::prelude::*;

/// 企业帐号.
pub mod account {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "account")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Small letters and digits.
        #[sea_orm(unique)]
        pub name: String,
        /// The relying platform (项目) that the applicant came for.
        pub platform: Option<String>,
        pub created_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A person in an account, told apart by mobile number.
pub mod member {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "member")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub account_id: Uuid,
        /// Sealed at `member.mobile`.
        pub mobile: Vec<u8>,
        /// Blind index at `member.mobile`.
        pub mobile_index: Vec<u8>,
        /// None until the person sets one: whoever was invited signs in by WeChat.
        pub password_hash: Option<String>,
        pub created_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A WeChat user who signs in as a member by one tap.
pub mod wechat_binding {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "wechat_binding")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(unique)]
        pub member_id: Uuid,
        /// Blind index at `wechat.openid`.
        pub openid_index: Vec<u8>,
        /// Sealed at `wechat_binding.openid`.
        pub openid: Vec<u8>,
        /// The last one used is the one that a tap signs in as.
        pub used_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// 短信验证码. Only its keyed digest is kept.
pub mod sms_code {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "sms_code")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub mobile_index: Vec<u8>,
        pub purpose: String,
        pub digest: Vec<u8>,
        pub tries: i32,
        pub expires_at: DateTimeUtc,
        pub used_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// 图形验证码.
pub mod captcha {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "captcha")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Sealed at `captcha.answer`.
        pub answer: Vec<u8>,
        pub expires_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
