//! Money in depth: partial refunds with their sums, what of an order has been used, bank transfers and the lines received.

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
        add(m, "customer_order", ColumnDef::new("activated_at").timestamp_with_time_zone().null()).await?;
        add(m, "customer_order", ColumnDef::new("used_at").timestamp_with_time_zone().null()).await?;
        let returned = ColumnDef::new("authorisations_returned").integer().not_null().default(0).to_owned();
        add(m, "customer_order", &returned).await?;
        add(m, "payment", ColumnDef::new("remittance_code").text().null()).await?;
        add(m, "payment", ColumnDef::new("returned").big_integer().not_null().default(0)).await?;
        add(m, "payment", ColumnDef::new("refunds").integer().not_null().default(0)).await?;
        add(m, "refund", ColumnDef::new("sent_at").timestamp_with_time_zone().null()).await?;
        add(m, "refund", ColumnDef::new("reference").text().null()).await?;
        // What was given back before sums were kept.
        m.get_connection()
            .execute_unprepared(
                "update payment set returned = (select coalesce(sum(amount), 0) from refund where refund.payment_id = payment.id), \
                 refunds = (select count(*) from refund where refund.payment_id = payment.id)",
            )
            .await?;
        m.create_index(index("payment", &["remittance_code"]).unique().to_owned()).await?;
        m.create_index(index("refund", &["payment_id"])).await?;
        m.create_index(index("refund", &["status", "id"])).await?;
        bank_lines(m).await
    }
}

async fn add(m: &SchemaManager<'_>, table: &'static str, column: &ColumnDef) -> Result<(), DbErr> {
    m.alter_table(Table::alter().table(table).add_column(column.clone()).to_owned()).await
}

async fn bank_lines(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("bank_line")
            .col(uuid("id").primary_key())
            // The bank's own number: a line that is entered twice is one line.
            .col(text("bank_number").unique_key())
            .col(time("received_at"))
            .col(big_integer("amount"))
            .col(binary("payer_name"))
            .col(binary("remark"))
            .col(text("status"))
            .col(text_null("trouble"))
            .col(uuid_null("payment_id"))
            .col(uuid("entered_by"))
            .col(time("created_at"))
            .col(text_null("reference"))
            .col(time_null("settled_at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("bank_line", &["status", "id"])).await
}
