//! The books: invoices and their mails, daily statements with the rows of WeChat Pay's bills and the differences found, the
//! catalogue in versions, and messages that are sent once.

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
        invoices(m).await?;
        mails(m).await?;
        statements(m).await?;
        bill_rows(m).await?;
        differences(m).await?;
        catalogue(m).await?;
        let once = ColumnDef::new("once_key").text().null().to_owned();
        m.alter_table(Table::alter().table("message").add_column(once).to_owned()).await?;
        m.create_index(index("message", &["once_key"]).unique().to_owned()).await
    }
}

async fn invoices(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("invoice")
            .col(uuid("id").primary_key())
            .col(uuid("order_id"))
            .col(uuid("account_id"))
            .col(text("fapiao_id").unique_key())
            .col(text_null("transaction_id"))
            .col(integer("attempt"))
            .col(big_integer("amount"))
            .col(text("status"))
            // One that counts an order: the column repeats the order only while it does.
            .col(uuid_null("live_of").unique_key())
            .col(boolean("by_hand"))
            .col(text_null("number"))
            .col(text_null("red_number"))
            .col(uuid_null("paper_id"))
            .col(text_null("trouble"))
            .col(time("created_at"))
            .col(time_null("issued_at"))
            .col(time_null("reversed_at"))
            .foreign_key(ForeignKey::create().from("invoice", "order_id").to("customer_order", "id"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("invoice", &["order_id", "id"])).await?;
    m.create_index(index("invoice", &["transaction_id"])).await?;
    m.create_index(index("invoice", &["status"])).await
}

async fn mails(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("invoice_mail")
            .col(uuid("id").primary_key())
            .col(uuid("invoice_id"))
            .col(text_null("once_key").unique_key())
            .col(binary("email"))
            .col(text_null("trouble"))
            .col(time("created_at"))
            .col(time_null("sent_at"))
            .foreign_key(ForeignKey::create().from("invoice_mail", "invoice_id").to("invoice", "id"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("invoice_mail", &["invoice_id", "id"])).await
}

async fn statements(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("statement")
            .col(uuid("id").primary_key())
            .col(text("day").unique_key())
            .col(text("status"))
            .col(integer("paid_count"))
            .col(big_integer("paid_sum"))
            .col(integer("refund_count"))
            .col(big_integer("refund_sum"))
            .col(big_integer("fees"))
            .col(time("created_at"))
            .col(time_null("compared_at"))
            .to_owned(),
    )
    .await
}

async fn bill_rows(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("bill_row")
            .col(uuid("id").primary_key())
            .col(text("day"))
            .col(text("kind"))
            .col(text("number"))
            .col(text("vendor_number"))
            .col(big_integer("amount"))
            .col(time("at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("bill_row", &["day", "kind"])).await?;
    m.create_index(index("bill_row", &["number"])).await
}

async fn differences(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("difference")
            .col(uuid("id").primary_key())
            .col(text("key").unique_key())
            .col(text("day"))
            .col(text("kind"))
            .col(text("number"))
            .col(big_integer_null("ours"))
            .col(big_integer_null("theirs"))
            .col(text("status"))
            .col(binary_null("note"))
            .col(uuid_null("staff_id"))
            .col(time("created_at"))
            .col(time_null("settled_at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("difference", &["status", "day"])).await
}

/// What was in the two tables came from config/catalogue.toml, and becomes version 1 at the next start.
async fn catalogue(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("catalogue_version")
            .col(uuid("id").primary_key())
            .col(integer("number").unique_key())
            .col(text("status"))
            // At most one is being edited.
            .col(text_null("open").unique_key())
            .col(text("content"))
            .col(uuid_null("edited_by"))
            .col(uuid_null("published_by"))
            .col(time("created_at"))
            .col(time_null("effective_from"))
            .col(time_null("published_at"))
            .to_owned(),
    )
    .await?;
    m.drop_table(Table::drop().table("region").to_owned()).await?;
    m.drop_table(Table::drop().table("platform").to_owned()).await
}
