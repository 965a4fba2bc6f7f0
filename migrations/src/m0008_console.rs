//! Staff, their sessions, and who holds which case.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

fn time(name: &str) -> ColumnDef {
    timestamp_with_time_zone(Alias::new(name))
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        m.create_table(
            Table::create()
                .table("staff")
                .col(uuid("id").primary_key())
                .col(text("name").unique_key())
                .col(text("password_hash"))
                .col(text("roles"))
                .col(time("created_at"))
                .col(timestamp_with_time_zone_null("disabled_at"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("staff_session")
                .col(binary("token_hash").primary_key())
                .col(uuid("id"))
                .col(uuid("staff_id"))
                .col(text("csrf"))
                .col(time("created_at"))
                .col(time("expires_at"))
                .foreign_key(ForeignKey::create().from("staff_session", "staff_id").to("staff", "id"))
                .to_owned(),
        )
        .await?;
        let by_staff =
            Index::create().name("ix_staff_session_staff_id").table("staff_session").col("staff_id").to_owned();
        m.create_index(by_staff).await?;
        m.create_table(
            Table::create()
                .table("case_claim")
                .col(uuid("case_id").primary_key())
                .col(uuid("staff_id"))
                .col(time("until"))
                .foreign_key(ForeignKey::create().from("case_claim", "staff_id").to("staff", "id"))
                .to_owned(),
        )
        .await
    }
}
