//! The tables of 服务购买: customer_order, payment, refund, bank_line, and idempotency_key.

use super::{Because, payment, refund, transfer};
use crate::change::Stateful;
use sea_orm::entity::prelude::*;

/// 订单.
pub mod order {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "customer_order")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// 订单号.
        #[sea_orm(unique)]
        pub number: String,
        pub account_id: Uuid,
        /// Who placed it.
        pub member_id: Uuid,
        /// 项目: its code, and its name as it was.
        pub platform: String,
        pub platform_name: String,
        /// 地区: its code, and its name as it was.
        pub region: String,
        pub region_name: String,
        /// The lines with the prices as they were: JSON of [`crate::order::price::Line`].
        pub lines: String,
        /// Whether the certificate is among the lines.
        pub certificate: bool,
        pub authorisations: i32,
        /// In fen.
        pub total: i64,
        pub status: crate::order::Status,
        /// The account, while the order holds its one certificate: from the placing until it is closed or refunded.
        #[sea_orm(unique)]
        pub holds: Option<Uuid>,
        pub because: Option<Because>,
        /// 发票抬头, sealed at `customer_order.buyer_name`.
        pub buyer_name: Option<Vec<u8>>,
        /// 电子邮箱, sealed at `customer_order.email`.
        pub email: Option<Vec<u8>>,
        /// 纳税识别号, sealed at `customer_order.taxpayer_id`.
        pub taxpayer_id: Option<Vec<u8>>,
        pub created_at: DateTimeUtc,
        /// The last moment to pay.
        pub expires_at: DateTimeUtc,
        pub paid_at: Option<DateTimeUtc>,
        /// The certificate that it bought is in force since.
        pub activated_at: Option<DateTimeUtc>,
        /// Its authorisations have been given to somebody since.
        pub used_at: Option<DateTimeUtc>,
        /// How many of its authorisations were given back.
        pub authorisations_returned: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}

    impl Stateful for Entity {
        type Status = crate::order::Status;
        type Action = crate::order::Action;
        const ID: Column = Column::Id;
        const STATUS: Column = Column::Status;

        fn facts(row: &Model) -> (Uuid, Self::Status, Option<Uuid>) {
            (row.id, row.status, Some(row.account_id))
        }
        fn next(from: Self::Status, action: Self::Action) -> Option<Self::Status> {
            from.on(action)
        }
        fn event(action: Self::Action) -> &'static str {
            action.event()
        }
    }
}

/// One try to pay.
pub mod payment_row {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "payment")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub order_id: Uuid,
        pub account_id: Uuid,
        /// Ours, unique for ever.
        #[sea_orm(unique)]
        pub out_trade_no: String,
        pub channel: payment::Channel,
        pub status: payment::Status,
        /// The order, while it can be paid under this number: at most one of an order.
        #[sea_orm(unique)]
        pub live_of: Option<Uuid>,
        /// In fen.
        pub amount: i64,
        /// The last moment to pay, as told to WeChat Pay: the same in every repetition.
        pub expires_at: DateTimeUtc,
        /// The text of the QR code, and until when WeChat takes it.
        pub code_url: Option<String>,
        pub code_until: Option<DateTimeUtc>,
        /// Who may pay in the mini-program: blind index at `wechat.openid`.
        pub openid_index: Option<Vec<u8>>,
        /// WeChat Pay's number, once paid.
        pub transaction_id: Option<String>,
        /// What was wrong with money that is kept for finance.
        pub trouble: Option<String>,
        pub created_at: DateTimeUtc,
        pub closed_at: Option<DateTimeUtc>,
        pub paid_at: Option<DateTimeUtc>,
        /// 附言 of a bank transfer: how its money is recognised.
        #[sea_orm(unique)]
        pub remittance_code: Option<String>,
        /// In fen: what went back of it, or is to; never more than `amount`.
        pub returned: i64,
        /// How many refunds it ever had.
        pub refunds: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}

    impl Stateful for Entity {
        type Status = payment::Status;
        type Action = payment::Action;
        const ID: Column = Column::Id;
        const STATUS: Column = Column::Status;

        fn facts(row: &Model) -> (Uuid, Self::Status, Option<Uuid>) {
            (row.id, row.status, Some(row.account_id))
        }
        fn next(from: Self::Status, action: Self::Action) -> Option<Self::Status> {
            from.on(action)
        }
        fn event(action: Self::Action) -> &'static str {
            action.event()
        }
    }
}

/// Money that goes back.
pub mod refund_row {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "refund")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub order_id: Uuid,
        pub payment_id: Uuid,
        pub account_id: Uuid,
        /// Ours: the same number is the same refund.
        #[sea_orm(unique)]
        pub out_refund_no: String,
        /// In fen.
        pub amount: i64,
        pub cause: refund::Cause,
        pub status: refund::Status,
        /// WeChat Pay's number, once accepted.
        pub refund_id: Option<String>,
        /// Why finance must act.
        pub trouble: Option<String>,
        pub created_at: DateTimeUtc,
        pub done_at: Option<DateTimeUtc>,
        /// Since when WeChat Pay may have heard of it.
        pub sent_at: Option<DateTimeUtc>,
        /// The bank's number of what was paid back by hand.
        pub reference: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}

    impl Stateful for Entity {
        type Status = refund::Status;
        type Action = refund::Action;
        const ID: Column = Column::Id;
        const STATUS: Column = Column::Status;

        fn facts(row: &Model) -> (Uuid, Self::Status, Option<Uuid>) {
            (row.id, row.status, Some(row.account_id))
        }
        fn next(from: Self::Status, action: Self::Action) -> Option<Self::Status> {
            from.on(action)
        }
        fn event(action: Self::Action) -> &'static str {
            action.event()
        }
    }
}

/// A line of our bank account: money that somebody has transferred.
pub mod bank_line {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "bank_line")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// 交易流水号: the same number is the same line.
        #[sea_orm(unique)]
        pub bank_number: String,
        pub received_at: DateTimeUtc,
        /// In fen.
        pub amount: i64,
        /// 对方户名, sealed at `bank_line.payer_name`.
        pub payer_name: Vec<u8>,
        /// 附言, sealed at `bank_line.remark`.
        pub remark: Vec<u8>,
        pub status: transfer::Status,
        /// Why a person must look at it.
        pub trouble: Option<String>,
        /// The payment that it is.
        pub payment_id: Option<Uuid>,
        /// Of the staff.
        pub entered_by: Uuid,
        pub created_at: DateTimeUtc,
        /// The bank's number of its return.
        pub reference: Option<String>,
        pub settled_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}

    impl Stateful for Entity {
        type Status = transfer::Status;
        type Action = transfer::Action;
        const ID: Column = Column::Id;
        const STATUS: Column = Column::Status;

        fn facts(row: &Model) -> (Uuid, Self::Status, Option<Uuid>) {
            (row.id, row.status, None)
        }
        fn next(from: Self::Status, action: Self::Action) -> Option<Self::Status> {
            from.on(action)
        }
        fn event(action: Self::Action) -> &'static str {
            action.event()
        }
    }
}

/// An Idempotency-Key that was used, and what came of it.
pub mod idempotency_key {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "idempotency_key")]
    pub struct Model {
        /// The account and its key.
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        /// SHA-256 of what was asked for: the same key for something else is refused.
        pub asked: Vec<u8>,
        pub subject_id: Uuid,
        pub created_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
