//! The tables of 发票: invoice, invoice_mail.

use super::{Action, Status};
use crate::change::Stateful;
use sea_orm::entity::prelude::*;

/// An invoice: one number at WeChat Pay.
pub mod invoice {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "invoice")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub order_id: Uuid,
        pub account_id: Uuid,
        /// Ours, unique for ever: the same number is the same invoice.
        #[sea_orm(unique)]
        pub fapiao_id: String,
        /// WeChat Pay's number of the payment; None when it was paid another way.
        pub transaction_id: Option<String>,
        /// The first of its order is 1.
        pub attempt: i32,
        /// In fen.
        pub amount: i64,
        pub status: Status,
        /// The order, while it is its invoice: at most one at a time.
        #[sea_orm(unique)]
        pub live_of: Option<Uuid>,
        /// Issued by finance, elsewhere.
        pub by_hand: bool,
        /// 发票号码.
        pub number: Option<String>,
        /// 红字发票号码.
        pub red_number: Option<String>,
        /// Its PDF, among the papers of the order.
        pub paper_id: Option<Uuid>,
        /// Why finance must act.
        pub trouble: Option<String>,
        pub created_at: DateTimeUtc,
        pub issued_at: Option<DateTimeUtc>,
        pub reversed_at: Option<DateTimeUtc>,
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

/// A mail with an invoice.
pub mod invoice_mail {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "invoice_mail")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub invoice_id: Uuid,
        /// The one that goes by itself is written once.
        #[sea_orm(unique)]
        pub once_key: Option<String>,
        /// Sealed at `invoice_mail.email`.
        pub email: Vec<u8>,
        /// Why it could not be delivered.
        pub trouble: Option<String>,
        pub created_at: DateTimeUtc,
        pub sent_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
