//! The tables of `order`: orders, payments, refunds, idempotency keys.

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
        orders(m).await?;
        payments(m).await?;
        refunds(m).await?;
        m.create_table(
            Table::create()
                .table("idempotency_key")
                .col(text("key").primary_key())
                .col(binary("asked"))
                .col(uuid("subject_id"))
                .col(time("created_at"))
                .to_owned(),
        )
        .await
    }
}

async fn orders(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("customer_order")
            .col(uuid("id").primary_key())
            .col(text("number").unique_key())
            .col(uuid("account_id"))
            .col(uuid("member_id"))
            .col(text("platform"))
            .col(text("platform_name"))
            .col(text("region"))
            .col(text("region_name"))
            .col(text("lines"))
            .col(boolean("certificate"))
            .col(integer("authorisations"))
            .col(big_integer("total"))
            .col(text("status"))
            .col(uuid_null("holds").unique_key())
            .col(text_null("because"))
            .col(binary_null("buyer_name"))
            .col(binary_null("email"))
            .col(binary_null("taxpayer_id"))
            .col(time("created_at"))
            .col(time("expires_at"))
            .col(time_null("paid_at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("customer_order", &["account_id", "id"])).await
}

async fn payments(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("payment")
            .col(uuid("id").primary_key())
            .col(uuid("order_id"))
            .col(uuid("account_id"))
            .col(text("out_trade_no").unique_key())
            .col(text("channel"))
            .col(text("status"))
            .col(uuid_null("live_of").unique_key())
            .col(big_integer("amount"))
            .col(time("expires_at"))
            .col(text_null("code_url"))
            .col(time_null("code_until"))
            .col(binary_null("openid_index"))
            .col(text_null("transaction_id"))
            .col(text_null("trouble"))
            .col(time("created_at"))
            .col(time_null("closed_at"))
            .col(time_null("paid_at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("payment", &["order_id", "id"])).await
}

async fn refunds(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("refund")
            .col(uuid("id").primary_key())
            .col(uuid("order_id"))
            .col(uuid("payment_id"))
            .col(uuid("account_id"))
            .col(text("out_refund_no").unique_key())
            .col(big_integer("amount"))
            .col(text("cause"))
            .col(text("status"))
            .col(text_null("refund_id"))
            .col(text_null("trouble"))
            .col(time("created_at"))
            .col(time_null("done_at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("refund", &["order_id", "id"])).await
}
