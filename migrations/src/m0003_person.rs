//! The tables of 个人实名认证: the person behind a member, and each check of the face.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        let index = |table: &'static str, columns: &[&'static str]| {
            let mut index = Index::create();
            index.name(format!("ix_{table}_{}", columns.join("_"))).table(table);
            for column in columns {
                index.col(*column);
            }
            index.to_owned()
        };
        m.create_table(
            Table::create()
                .table("person")
                .col(uuid("id").primary_key())
                .col(uuid("account_id"))
                .col(uuid("member_id").unique_key())
                .col(text("status"))
                .col(uuid_null("portrait_paper"))
                .col(uuid_null("emblem_paper"))
                .col(binary_null("reading"))
                .col(binary_null("fields"))
                .col(text_null("corrected"))
                .col(binary_null("resident_id_index"))
                .col(binary_null("verified_index"))
                .col(uuid_null("face_check_id"))
                .col(text_null("failure"))
                .col(text_null("note"))
                .col(boolean("declined_face"))
                .col(timestamp_with_time_zone_null("verified_at"))
                .col(timestamp_with_time_zone("created_at"))
                .col(timestamp_with_time_zone("updated_at"))
                .to_owned(),
        )
        .await?;
        m.create_index(index("person", &["status", "updated_at"])).await?;
        m.create_index(index("person", &["account_id", "verified_index"]).unique().to_owned()).await?;
        m.create_table(
            Table::create()
                .table("face_check")
                .col(uuid("id").primary_key())
                .col(uuid("person_id"))
                .col(binary_null("number"))
                .col(timestamp_with_time_zone("expires_at"))
                .col(uuid_null("video_paper"))
                .col(binary_null("video_hash").unique_key())
                .col(timestamp_with_time_zone_null("submitted_at"))
                .col(text_null("outcome"))
                .col(text_null("code"))
                .col(text_null("request_id"))
                .col(double_null("score"))
                .col(binary_null("best_frame_hash"))
                .col(timestamp_with_time_zone_null("settled_at"))
                .col(timestamp_with_time_zone("created_at"))
                .to_owned(),
        )
        .await?;
        m.create_index(index("face_check", &["person_id", "submitted_at"])).await
    }
}
