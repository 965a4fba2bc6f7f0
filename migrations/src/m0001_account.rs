//! The ground: events, jobs, limits, messages, sessions; accounts and their people; consents; hand-offs; catalogue; notices.

use crate::{index, time};
use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, m: &SchemaManager) -> Result<(), DbErr> {
        machinery(m).await?;
        accounts(m).await?;
        site(m).await
    }
}

async fn machinery(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("event")
            .col(uuid("id").primary_key())
            .col(time("at"))
            .col(text("name"))
            .col(uuid("subject_id"))
            .col(uuid_null("account_id"))
            .col(text("actor"))
            .col(text_null("was"))
            .col(text_null("now_is"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("event", &["account_id", "id"])).await?;
    m.create_index(index("event", &["subject_id", "id"])).await?;
    m.create_table(
        Table::create()
            .table("job")
            .col(uuid("id").primary_key())
            .col(text("kind"))
            .col(uuid("subject_id"))
            .col(text("state"))
            .col(integer("attempts"))
            .col(time("run_at"))
            .col(timestamp_with_time_zone_null("locked_until"))
            .col(text_null("locked_by"))
            .col(text_null("last_error"))
            .col(text_null("unique_key").unique_key())
            .col(time("created_at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("job", &["state", "run_at"])).await?;
    m.create_table(
        Table::create()
            .table("attempt")
            .col(text("key").primary_key())
            .col(big_integer("count"))
            .col(time("until"))
            .to_owned(),
    )
    .await?;
    m.create_table(
        Table::create()
            .table("message")
            .col(uuid("id").primary_key())
            .col(text("template"))
            .col(binary_null("mobile"))
            .col(binary_null("parameters"))
            .col(time("created_at"))
            .col(timestamp_with_time_zone_null("sent_at"))
            .col(text_null("vendor_id"))
            .to_owned(),
    )
    .await
}

async fn accounts(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("account")
            .col(uuid("id").primary_key())
            .col(text("name").unique_key())
            .col(text_null("platform"))
            .col(time("created_at"))
            .to_owned(),
    )
    .await?;
    m.create_table(
        Table::create()
            .table("member")
            .col(uuid("id").primary_key())
            .col(uuid("account_id"))
            .col(binary("mobile"))
            .col(binary("mobile_index"))
            .col(text_null("password_hash"))
            .col(time("created_at"))
            .foreign_key(ForeignKey::create().from("member", "account_id").to("account", "id"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("member", &["account_id", "mobile_index"]).unique().to_owned()).await?;
    m.create_index(index("member", &["mobile_index"])).await?;
    m.create_table(
        Table::create()
            .table("session")
            .col(binary("token_hash").primary_key())
            .col(uuid("id").unique_key())
            .col(uuid("account_id"))
            .col(uuid("member_id"))
            .col(text("channel"))
            .col(text("csrf"))
            .col(text("browser"))
            .col(text("system"))
            .col(text("place"))
            .col(time("created_at"))
            .col(time("expires_at"))
            .foreign_key(ForeignKey::create().from("session", "member_id").to("member", "id"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("session", &["member_id"])).await?;
    m.create_table(
        Table::create()
            .table("wechat_binding")
            .col(uuid("id").primary_key())
            .col(uuid("member_id").unique_key())
            .col(binary("openid_index"))
            .col(binary("openid"))
            .col(time("used_at"))
            .foreign_key(ForeignKey::create().from("wechat_binding", "member_id").to("member", "id"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("wechat_binding", &["openid_index"])).await?;
    m.create_table(
        Table::create()
            .table("sms_code")
            .col(uuid("id").primary_key())
            .col(binary("mobile_index"))
            .col(text("purpose"))
            .col(binary("digest"))
            .col(integer("tries"))
            .col(time("expires_at"))
            .col(timestamp_with_time_zone_null("used_at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("sms_code", &["mobile_index", "id"])).await?;
    m.create_table(
        Table::create()
            .table("captcha")
            .col(uuid("id").primary_key())
            .col(binary("answer"))
            .col(time("expires_at"))
            .to_owned(),
    )
    .await?;
    m.create_table(
        Table::create()
            .table("consent")
            .col(uuid("id").primary_key())
            .col(uuid("member_id"))
            .col(text("text"))
            .col(text("version"))
            .col(binary("hash"))
            .col(time("given_at"))
            .col(timestamp_with_time_zone_null("withdrawn_at"))
            .foreign_key(ForeignKey::create().from("consent", "member_id").to("member", "id"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("consent", &["member_id", "id"])).await?;
    m.create_table(
        Table::create()
            .table("handoff")
            .col(uuid("id").primary_key())
            .col(binary("ticket_hash").unique_key())
            .col(uuid("session_id"))
            .col(uuid("account_id"))
            .col(uuid("member_id"))
            .col(text("purpose"))
            .col(text("status"))
            .col(text("browser"))
            .col(text("system"))
            .col(text("place"))
            .col(binary_null("scanned_by"))
            .col(time("expires_at"))
            .col(time("created_at"))
            .to_owned(),
    )
    .await?;
    m.create_index(index("handoff", &["session_id"])).await
}

async fn site(m: &SchemaManager<'_>) -> Result<(), DbErr> {
    m.create_table(
        Table::create()
            .table("platform")
            .col(text("code").primary_key())
            .col(text("name"))
            .col(text("description"))
            .col(boolean("internal"))
            .col(integer("position"))
            .to_owned(),
    )
    .await?;
    m.create_table(
        Table::create()
            .table("region")
            .col(text("platform"))
            .col(text("code"))
            .col(text("name"))
            .col(big_integer("certificate_price"))
            .col(big_integer("authorisation_price"))
            .col(boolean("internal"))
            .col(integer("position"))
            .primary_key(Index::create().col("platform").col("code"))
            .foreign_key(ForeignKey::create().from("region", "platform").to("platform", "code"))
            .to_owned(),
    )
    .await?;
    m.create_table(
        Table::create()
            .table("notice")
            .col(uuid("id").primary_key())
            .col(text("title"))
            .col(text("body"))
            .col(time("published_at"))
            .col(uuid("written_by"))
            .to_owned(),
    )
    .await
}
