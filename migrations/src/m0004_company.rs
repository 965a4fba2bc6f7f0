//! Companies, their papers, the decisions on them, and the versions of their powers of attorney.

use crate::{index, time, time_null};
use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        company(m).await?;
        what_belongs_to_it(m).await
    }
}

async fn company(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("company")
            .col(uuid("id").primary_key())
            .col(uuid("account_id").unique_key())
            .col(uuid("applicant_id"))
            .col(text("role"))
            .col(text("status"))
            .col(binary("fields"))
            .col(binary("reading"))
            .col(binary_null("code_index"))
            .col(text_null("registry"))
            .col(time_null("submitted_at"))
            .col(time_null("decided_at"))
            .col(time("created_at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("company", &["status", "submitted_at"])).await?;
    m.create_index(index("company", &["code_index"])).await
}

async fn what_belongs_to_it(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("company_paper")
            .col(uuid("id").primary_key())
            .col(uuid("company_id"))
            .col(text("kind"))
            .col(uuid("paper_id"))
            .col(integer_null("letter_version"))
            .col(time("created_at"))
            .col(time_null("replaced_at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("company_paper", &["company_id", "kind"])).await?;
    m.create_table(
        Table::create()
            .table("company_decision")
            .col(uuid("id").primary_key())
            .col(uuid("company_id"))
            .col(uuid("staff_id"))
            .col(text("decision"))
            .col(text("reason_code"))
            .col(binary("applicant_note"))
            .col(binary("internal_note"))
            .col(text("items"))
            .col(time("at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("company_decision", &["company_id"])).await?;
    m.create_table(
        Table::create()
            .table("power_of_attorney")
            .col(uuid("id").primary_key())
            .col(uuid("company_id"))
            .col(text("document_number"))
            .col(integer("version"))
            .col(binary("fields_index"))
            .col(time("made_at"))
            .to_owned(),
    )
    .await?;
    let mut once = index("power_of_attorney", &["document_number", "version"]);
    m.create_index(once.unique().to_owned()).await?;
    m.create_index(index("power_of_attorney", &["company_id", "version"])).await
}
