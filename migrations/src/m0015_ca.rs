//! The authority: its own keys, its signed lists, why and by which generation a certificate, and seals as signed structures.

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
        // What was issued before there were generations, the first one issued; what was revoked, a new one replaced.
        let generation = ColumnDef::new("generation").integer().not_null().default(1).to_owned();
        m.alter_table(Table::alter().table("certificate").add_column(generation).to_owned()).await?;
        let reason = ColumnDef::new("revocation_reason").text().null().to_owned();
        m.alter_table(Table::alter().table("certificate").add_column(reason).to_owned()).await?;
        let replaced = Query::update()
            .table("certificate")
            .value("revocation_reason", "superseded")
            .and_where(Expr::col("revoked_at").is_not_null())
            .to_owned();
        m.execute(replaced).await?;
        authority_key(m).await?;
        revocation_list(m).await?;
        seal_structure(m).await
    }
}

async fn authority_key(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("authority_key")
            .col(uuid("id").primary_key())
            .col(integer("generation"))
            .col(text("purpose"))
            .col(text("serial").unique_key())
            .col(binary("der"))
            .col(binary("sealed"))
            .col(time("not_before"))
            .col(time("not_after"))
            .col(time("created_at"))
            .col(time_null("revoked_at"))
            .col(text_null("revocation_reason"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("authority_key", &["generation", "purpose"])).await
}

async fn revocation_list(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("revocation_list")
            .col(uuid("id").primary_key())
            // Whose list: `issuing-1`, `root-1`.
            .col(text("issuer"))
            .col(big_integer("number"))
            .col(binary("der"))
            // SHA-256 of what is on it: an unchanged list is not made again before its time.
            .col(binary("content_hash"))
            .col(integer("entries"))
            .col(time("this_update"))
            .col(time("next_update"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("revocation_list", &["issuer", "number"]).unique().to_owned()).await
}

async fn seal_structure(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("seal_structure")
            .col(uuid("id").primary_key())
            .col(uuid("account_id"))
            .col(uuid("certificate_id"))
            .col(text("kind"))
            .col(text("number").unique_key())
            .col(binary("der"))
            .col(time("valid_from"))
            .col(time("valid_until"))
            .col(time("made_at"))
            .foreign_key(ForeignKey::create().from("seal_structure", "certificate_id").to("certificate", "id"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("seal_structure", &["certificate_id", "kind"]).unique().to_owned()).await
}
