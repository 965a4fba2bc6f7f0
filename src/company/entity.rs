//! The tables of 企业实名认证: company, company_paper, company_decision, power_of_attorney.

use super::{Action, PaperKind, Role, Source, Status, invitation::Mandate};
use sea_orm::entity::prelude::*;

/// The application of an account; one, however often it is corrected.
pub mod company {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "company")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(unique)]
        pub account_id: Uuid,
        /// The member who filled it in last.
        pub applicant_id: Uuid,
        pub role: Role,
        /// How an agent shows that the company has asked for this.
        pub mandate: Mandate,
        pub status: Status,
        /// Sealed at `company.fields`: what was typed, as JSON.
        pub fields: Vec<u8>,
        /// Sealed at `company.reading`: what was read from the papers, as JSON.
        pub reading: Vec<u8>,
        /// Blind index at `company.code`; set when submitted.
        pub code_index: Option<Vec<u8>>,
        /// What the company register said of the submitted fields, as JSON; None until it has answered.
        pub registry: Option<String>,
        pub submitted_at: Option<DateTimeUtc>,
        pub decided_at: Option<DateTimeUtc>,
        pub created_at: DateTimeUtc,
        /// How often it has been corrected and submitted again.
        pub revised: i32,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

impl crate::change::Stateful for company::Entity {
    type Status = Status;
    type Action = Action;
    const ID: company::Column = company::Column::Id;
    const STATUS: company::Column = company::Column::Status;

    fn facts(row: &company::Model) -> (Uuid, Status, Option<Uuid>) {
        (row.id, row.status, Some(row.account_id))
    }
    fn next(from: Status, action: Action) -> Option<Status> {
        from.on(action)
    }
    fn event(action: Action) -> &'static str {
        action.event()
    }
}

/// A paper of a company. What was replaced stays, for the reviewer.
pub mod company_paper {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "company_paper")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub company_id: Uuid,
        pub kind: PaperKind,
        /// A photo, a page of a PDF, or a drawing of ours.
        pub source: Source,
        /// The first is 1.
        pub page: i32,
        pub paper_id: Uuid,
        /// The PDF that the pages are from; on the first of them.
        pub original_paper: Option<Uuid>,
        /// Blind index at `company_paper.drawn_for` of the name that a drawn seal bears.
        pub drawn_for: Option<Vec<u8>>,
        /// The version of the letter that a photographed power of attorney bears.
        pub letter_version: Option<i32>,
        /// The seal or signature cut out of the photo: a transparent picture.
        pub cut_paper: Option<Uuid>,
        /// Why none could be cut out, and what to do.
        pub cut_advice: Option<String>,
        pub created_at: DateTimeUtc,
        pub replaced_at: Option<DateTimeUtc>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a reviewer decided. Never changed.
pub mod company_decision {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "company_decision")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub company_id: Uuid,
        pub staff_id: Uuid,
        /// The status that it led to.
        pub decision: Status,
        pub reason_code: String,
        /// Sealed at `company_decision.applicant_note`.
        pub applicant_note: Vec<u8>,
        /// Sealed at `company_decision.internal_note`.
        pub internal_note: Vec<u8>,
        /// Words of what must be corrected, separated by blanks.
        pub items: String,
        pub at: DateTimeUtc,
        /// Who else stands behind it.
        pub second_id: Option<Uuid>,
        /// Sealed at `company_decision.fields`: the fields as decided, JSON.
        pub fields: Option<Vec<u8>>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A version of a company's power of attorney (授权委托书): the number stays, the version rises with its fields.
pub mod power_of_attorney {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "power_of_attorney")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub company_id: Uuid,
        pub document_number: String,
        pub version: i32,
        /// Blind index at `power_of_attorney.fields` of what the letter says.
        pub fields_index: Vec<u8>,
        pub made_at: DateTimeUtc,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
