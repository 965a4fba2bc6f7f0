//! The tables of `administrator`: who is named and confirmed, the server's halves of signing keys, authorisations given out.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

fn index(table: &str, column: &str) -> IndexCreateStatement {
    let (table, column) = (Alias::new(table), Alias::new(column));
    Index::create().name(format!("ix_{}_{}", table.to_string(), column.to_string())).table(table).col(column).to_owned()
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let time = || timestamp_with_time_zone("created_at");
        m.create_table(
            Table::create()
                .table("administrator")
                .col(uuid("id").primary_key())
                .col(uuid("account_id"))
                .col(uuid("member_id"))
                .col(text("status"))
                .col(text("how"))
                .col(uuid("named_by"))
                .col(binary_null("name"))
                // One named and one confirmed administrator per account: each column repeats the account only while it is so.
                .col(uuid_null("named_for").unique_key())
                .col(uuid_null("confirmed_for").unique_key())
                .col(uuid_null("key_id"))
                .col(time())
                .col(timestamp_with_time_zone_null("invited_at"))
                .col(timestamp_with_time_zone_null("confirmed_at"))
                .foreign_key(ForeignKey::create().from("administrator", "account_id").to("account", "id"))
                .foreign_key(ForeignKey::create().from("administrator", "member_id").to("member", "id"))
                .to_owned(),
        )
        .await?;
        m.create_index(index("administrator", "account_id")).await?;
        m.create_table(
            Table::create()
                .table("signing_key")
                .col(uuid("id").primary_key())
                .col(uuid("administrator_id"))
                .col(uuid("account_id"))
                .col(uuid("member_id"))
                .col(text("status"))
                .col(binary("public_key"))
                .col(binary("share"))
                .col(binary("pepper"))
                .col(integer("failures"))
                .col(binary_null("csr"))
                .col(time())
                .foreign_key(ForeignKey::create().from("signing_key", "administrator_id").to("administrator", "id"))
                .to_owned(),
        )
        .await?;
        m.create_index(index("signing_key", "administrator_id")).await?;
        m.create_table(
            Table::create()
                .table("authorisation")
                .col(uuid("id").primary_key())
                .col(uuid("account_id"))
                .col(uuid("order_id"))
                .col(uuid("granted_to"))
                .col(uuid("granted_by"))
                .col(time())
                .col(timestamp_with_time_zone_null("revoked_at"))
                // While it stands: one person a place, and one place a person.
                .col(text_null("place").unique_key())
                .col(text_null("holder").unique_key())
                .foreign_key(ForeignKey::create().from("authorisation", "granted_to").to("member", "id"))
                .to_owned(),
        )
        .await?;
        m.create_index(index("authorisation", "account_id")).await
    }
}
