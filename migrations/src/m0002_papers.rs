//! Papers (images, videos, documents) and the keys of their cases.

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
                .table("paper")
                .col(uuid("id").primary_key())
                .col(uuid("case_id"))
                .col(text("content_type"))
                .col(big_integer("bytes"))
                .col(binary("upload_hash"))
                .col(timestamp_with_time_zone("created_at"))
                .col(timestamp_with_time_zone_null("erased_at"))
                .to_owned(),
        )
        .await?;
        let index = |column: &str| {
            Index::create().name(format!("ix_paper_{column}")).table("paper").col(Alias::new(column)).to_owned()
        };
        m.create_index(index("case_id")).await?;
        m.create_index(index("upload_hash")).await?;
        m.create_table(
            Table::create()
                .table("case_key")
                .col(uuid("case_id").primary_key())
                .col(binary("sealed"))
                .col(timestamp_with_time_zone("created_at"))
                .to_owned(),
        )
        .await
    }
}
