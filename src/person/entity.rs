//! The tables of 个人实名认证: `person`, one row a member; `face_check`, one row an attempt.

use super::{Action, CallOutcome, Ending, Failure, Route, Status};
use sea_orm::entity::prelude::*;

/// The person behind a member. The row's id is the case id of the photos and the videos.
pub mod person {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "person")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub account_id: Uuid,
        #[sea_orm(unique)]
        pub member_id: Uuid,
        pub status: Status,
        /// 人像面
        pub portrait_paper: Option<Uuid>,
        /// 国徽面
        pub emblem_paper: Option<Uuid>,
        /// What was read off both sides: sealed at `person.reading`, JSON.
        pub reading: Option<Vec<u8>>,
        /// What the person has confirmed: sealed at `person.fields`, JSON.
        pub fields: Option<Vec<u8>>,
        /// The fields in which that differs from what was read, by name: for the reviewer.
        pub corrected: Option<String>,
        /// Blind index at `person.resident_id`.
        pub resident_id_index: Option<Vec<u8>>,
        /// The same once verified: unique in an account.
        pub verified_index: Option<Vec<u8>>,
        /// The attempt in hand; a number given out before is void.
        pub face_check_id: Option<Uuid>,
        /// Why it failed last.
        pub failure: Option<Failure>,
        /// What a reviewer has written to the person.
        pub note: Option<String>,
        /// Whether the person has chosen 人工审核 over the face check.
        pub declined_face: bool,
        /// A signed statement on paper, instead of a face.
        pub statement_paper: Option<Uuid>,
        pub verified_at: Option<DateTimeUtc>,
        pub created_at: DateTimeUtc,
        pub updated_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}

    impl crate::change::Stateful for Entity {
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

/// What a reviewer decided about a person. Never changed.
pub mod person_decision {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "person_decision")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub person_id: Uuid,
        pub staff_id: Uuid,
        /// Who else stands behind it.
        pub second_id: Option<Uuid>,
        /// The status that it led to.
        pub decision: Status,
        pub reason_code: String,
        /// Sealed at `person_decision.applicant_note`.
        pub applicant_note: Vec<u8>,
        /// Sealed at `person_decision.internal_note`.
        pub internal_note: Vec<u8>,
        /// Sealed at `person_decision.fields`: the fields as decided, JSON.
        pub fields: Vec<u8>,
        pub at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// 回访电话: when the person asked to be called, and what came of it. One row an appointment.
pub mod call_back {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "call_back")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub person_id: Uuid,
        /// None: at any working hour.
        pub from_at: Option<DateTimeUtc>,
        pub until_at: Option<DateTimeUtc>,
        pub asked_at: DateTimeUtc,
        pub outcome: Option<CallOutcome>,
        /// Sealed at `call_back.note`.
        pub note: Option<Vec<u8>>,
        pub staff_id: Option<Uuid>,
        pub called_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// One attempt: a number given out, a video handed in, a verdict. After the verdict the video is gone.
pub mod face_check {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "face_check")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub person_id: Uuid,
        pub route: Route,
        /// The vendor's name for a hosted attempt: sealed at `face_check.token`; None once there is a verdict.
        pub token: Option<Vec<u8>>,
        /// The digits: sealed at `face_check.number`; None once there is a verdict.
        pub number: Option<Vec<u8>>,
        pub expires_at: DateTimeUtc,
        pub video_paper: Option<Uuid>,
        /// SHA-256 of the video: none is taken twice, from anybody.
        #[sea_orm(unique)]
        pub video_hash: Option<Vec<u8>>,
        pub submitted_at: Option<DateTimeUtc>,
        pub outcome: Option<Ending>,
        /// The vendor's word for a failure.
        pub code: Option<String>,
        /// The vendor's number for the call: evidence.
        pub request_id: Option<String>,
        /// Likeness, 0 to 100.
        pub score: Option<f64>,
        /// SHA-256 of the clearest frame: evidence without the picture.
        pub best_frame_hash: Option<Vec<u8>>,
        pub settled_at: Option<DateTimeUtc>,
        pub created_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
