//! Papers of several pages, from a PDF or from a template beside photos.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        // What was handed in before there was anything else was photographed, on one page.
        let new = [
            ColumnDef::new("source").text().not_null().default("photo").to_owned(),
            ColumnDef::new("page").integer().not_null().default(1).to_owned(),
            ColumnDef::new("original_paper").uuid().null().to_owned(),
            ColumnDef::new("drawn_for").binary().null().to_owned(),
        ];
        for column in new {
            m.alter_table(Table::alter().table("company_paper").add_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
