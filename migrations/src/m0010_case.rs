//! What a case needs in depth: findings with places on pictures, decisions on people, internal notes, proposals that wait
//! for a second person, proofs of seals.

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
        decisions(m).await?;
        notes(m).await?;
        proposals(m).await?;
        proofs(m).await
    }
}

async fn add(m: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    m.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}

async fn decisions(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    add(m, "company", integer("revised").default(0).to_owned()).await?;
    add(m, "company_decision", uuid_null("second_id")).await?;
    add(m, "company_decision", binary_null("fields")).await?;
    m.create_table(
        Table::create()
            .table("finding")
            .col(uuid("id").primary_key())
            .col(uuid("decision_id"))
            .col(uuid("case_id"))
            .col(integer("place_in_list"))
            .col(text("item"))
            .col(text("reason_code"))
            .col(binary("said"))
            .col(uuid_null("paper_id"))
            .col(text_null("mark"))
            .col(time("at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("finding", &["case_id", "decision_id"])).await?;
    m.create_table(
        Table::create()
            .table("person_decision")
            .col(uuid("id").primary_key())
            .col(uuid("person_id"))
            .col(uuid("staff_id"))
            .col(uuid_null("second_id"))
            .col(text("decision"))
            .col(text("reason_code"))
            .col(binary("applicant_note"))
            .col(binary("internal_note"))
            .col(binary("fields"))
            .col(time("at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("person_decision", &["person_id"])).await
}

async fn notes(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("case_note")
            .col(uuid("id").primary_key())
            .col(uuid("case_id"))
            .col(uuid("staff_id"))
            .col(binary("text"))
            .col(time("at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("case_note", &["case_id"])).await
}

async fn proposals(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("proposal")
            .col(uuid("id").primary_key())
            .col(text("kind"))
            .col(text("status"))
            .col(uuid("subject_id"))
            .col(uuid_null("open_for").unique_key().to_owned())
            .col(uuid("proposer_id"))
            .col(binary("reason"))
            .col(binary("act"))
            .col(time("created_at"))
            .col(time("expires_at"))
            .col(uuid_null("settled_by"))
            .col(time_null("settled_at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("proposal", &["status", "expires_at"])).await?;
    m.create_index(index("proposal", &["subject_id"])).await
}

async fn proofs(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("seal_proof")
            .col(uuid("id").primary_key())
            .col(uuid("account_id"))
            .col(uuid("case_id"))
            .col(text("kind"))
            .col(text("source"))
            .col(text("status"))
            .col(uuid("paper_id"))
            .col(uuid("maker_id"))
            .col(time("made_at"))
            .col(uuid_null("open_for"))
            .col(uuid_null("checker_id"))
            .col(time_null("checked_at"))
            .col(binary_null("note"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("seal_proof", &["account_id", "kind"])).await?;
    let mut once = Index::create();
    once.name("ux_seal_proof_open_for_kind").table("seal_proof").col("open_for").col("kind").unique();
    m.create_index(once.to_owned()).await
}
