//! The tables of `certificate`: issued certificates and drawn seals.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("certificate")
                .col(uuid("id").primary_key())
                .col(uuid("account_id"))
                .col(uuid("administrator_id").unique_key())
                .col(uuid("key_id").unique_key())
                .col(text("status"))
                .col(text("serial").unique_key())
                .col(binary("der"))
                .col(timestamp_with_time_zone("not_before"))
                .col(timestamp_with_time_zone("not_after"))
                // The account, while this is its certificate in force: one at a time.
                .col(uuid_null("active_for").unique_key())
                .col(timestamp_with_time_zone("created_at"))
                .col(timestamp_with_time_zone_null("revoked_at"))
                .foreign_key(ForeignKey::create().from("certificate", "key_id").to("signing_key", "id"))
                .to_owned(),
        )
        .await?;
        m.create_index(
            Index::create().name("ix_certificate_account_id").table("certificate").col("account_id").to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("electronic_seal")
                .col(uuid("id").primary_key())
                .col(uuid("account_id"))
                .col(uuid("case_id"))
                .col(text("kind"))
                .col(uuid("paper_id"))
                .col(timestamp_with_time_zone("made_at"))
                .to_owned(),
        )
        .await?;
        m.create_index(
            Index::create()
                .name("ux_electronic_seal_account_id_kind")
                .table("electronic_seal")
                .col("account_id")
                .col("kind")
                .unique()
                .to_owned(),
        )
        .await
    }
}
