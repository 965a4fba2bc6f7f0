//! Applicants: the way without paper (invitations to the legal representative), and several ways of checking a face, calls back, and seals cut out of their photos.

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
        // What was begun before this choice existed was begun on paper.
        let mandate = ColumnDef::new("mandate").text().not_null().default("letter").to_owned();
        m.alter_table(Table::alter().table("company").add_column(mandate).to_owned()).await?;
        let route = ColumnDef::new("route").text().not_null().default("number_video").to_owned();
        m.alter_table(Table::alter().table("face_check").add_column(route).to_owned()).await?;
        let token = ColumnDef::new("token").binary().null().to_owned();
        m.alter_table(Table::alter().table("face_check").add_column(token).to_owned()).await?;
        let statement = ColumnDef::new("statement_paper").uuid().null().to_owned();
        m.alter_table(Table::alter().table("person").add_column(statement).to_owned()).await?;
        let cut = ColumnDef::new("cut_paper").uuid().null().to_owned();
        m.alter_table(Table::alter().table("company_paper").add_column(cut).to_owned()).await?;
        let advice = ColumnDef::new("cut_advice").text().null().to_owned();
        m.alter_table(Table::alter().table("company_paper").add_column(advice).to_owned()).await?;
        call_back(m).await?;
        invitation(m).await
    }
}

async fn call_back(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("call_back")
            .col(uuid("id").primary_key())
            .col(uuid("person_id"))
            .col(time_null("from_at"))
            .col(time_null("until_at"))
            .col(time("asked_at"))
            .col(text_null("outcome"))
            .col(binary_null("note"))
            .col(uuid_null("staff_id"))
            .col(time_null("called_at"))
            .foreign_key(ForeignKey::create().from("call_back", "person_id").to("person", "id"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("call_back", &["person_id"])).await
}

async fn invitation(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("invitation")
            .col(uuid("id").primary_key())
            .col(uuid("company_id"))
            .col(uuid("account_id"))
            .col(text("status"))
            // One that counts a company: the column repeats the company only while it does.
            .col(uuid_null("live_for").unique_key())
            .col(uuid("invited_by"))
            .col(binary("ticket_hash").unique_key())
            .col(binary_null("ticket"))
            .col(binary("statement_index"))
            .col(uuid_null("member_id"))
            .col(integer("messages"))
            .col(time_null("message_asked_at"))
            .col(time_null("message_sent_at"))
            .col(time("created_at"))
            .col(time("expires_at"))
            .col(time_null("opened_at"))
            .col(time_null("answered_at"))
            .col(text_null("text_version"))
            .col(binary_null("text"))
            .col(binary_null("text_hash"))
            .col(uuid_null("person_id"))
            .col(uuid_null("session_id"))
            .col(binary_null("resident_id_index"))
            .foreign_key(ForeignKey::create().from("invitation", "company_id").to("company", "id"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("invitation", &["company_id"])).await?;
    m.create_index(index("invitation", &["member_id"])).await
}
