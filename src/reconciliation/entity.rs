//! The tables of 对账: statement (a day), bill_row (what its bills say), difference.

use super::{Action, Day, Kind, Status};
use crate::change::Stateful;
use sea_orm::entity::prelude::*;

/// A day and its sums by WeChat Pay's bills, in fen.
pub mod statement {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "statement")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// `2026-11-24`, in Beijing.
        #[sea_orm(unique)]
        pub day: String,
        pub status: Day,
        pub paid_count: i32,
        pub paid_sum: i64,
        pub refund_count: i32,
        pub refund_sum: i64,
        /// 手续费.
        pub fees: i64,
        pub created_at: DateTimeUtc,
        pub compared_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A row of a bill: `payment`, `refund`.
pub mod bill_row {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "bill_row")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub day: String,
        pub kind: String,
        /// Ours: out_trade_no, out_refund_no.
        pub number: String,
        /// WeChat Pay's.
        pub vendor_number: String,
        pub amount: i64,
        pub at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A difference.
pub mod difference {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "difference")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Day, kind and number: found twice, it is one.
        #[sea_orm(unique)]
        pub key: String,
        pub day: String,
        pub kind: Kind,
        pub number: String,
        pub ours: Option<i64>,
        pub theirs: Option<i64>,
        pub status: Status,
        /// Sealed at `difference.note`.
        pub note: Option<Vec<u8>>,
        /// Who has explained or closed it; None: it has gone by itself.
        pub staff_id: Option<Uuid>,
        pub created_at: DateTimeUtc,
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
