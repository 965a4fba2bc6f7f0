//! Second factors of staff, sign-ins half done, and the words by which cases are found.

use super::{index, time, time_null};
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
                .table("staff_totp")
                .col(uuid("staff_id").primary_key())
                .col(binary("secret"))
                .col(big_integer("last_step"))
                .col(time("created_at"))
                .col(time_null("confirmed_at"))
                .foreign_key(ForeignKey::create().from("staff_totp", "staff_id").to("staff", "id"))
                .to_owned(),
        )
        .await?;
        m.create_table(
            Table::create()
                .table("staff_recovery_code")
                .col(uuid("id").primary_key())
                .col(uuid("staff_id"))
                .col(binary("code_hash"))
                .col(time_null("used_at"))
                .foreign_key(ForeignKey::create().from("staff_recovery_code", "staff_id").to("staff", "id"))
                .to_owned(),
        )
        .await?;
        m.create_index(index("staff_recovery_code", &["staff_id"])).await?;
        m.create_table(
            Table::create()
                .table("staff_sign_in")
                .col(binary("token_hash").primary_key())
                .col(uuid("staff_id"))
                .col(text("csrf"))
                .col(time("created_at"))
                .col(time("expires_at"))
                .foreign_key(ForeignKey::create().from("staff_sign_in", "staff_id").to("staff", "id"))
                .to_owned(),
        )
        .await?;
        m.create_index(index("staff_sign_in", &["staff_id"])).await?;
        m.create_table(
            Table::create()
                .table("case_term")
                .col(uuid("case_id"))
                .col(binary("term"))
                .primary_key(Index::create().col("case_id").col("term"))
                .to_owned(),
        )
        .await?;
        m.create_index(index("case_term", &["term"])).await?;
        // The numbers read events by name and time.
        m.create_index(index("event", &["name", "at"])).await
    }
}
