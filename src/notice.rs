//! Every text we send to a person, and how: a row in the transaction that causes it, sent by a job afterwards.

use crate::{account::SmsPurpose, db::Tx, error::Error, jobs::Outcome, state::State};
use sea_orm::{
    ActiveValue::Set,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};
use zhangzheng_kinds::Mobile;
use zhangzheng_providers::sms::Outcome as Sent;

/// The job that sends one.
pub const SEND: &str = "message.send";

/// What is said.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    /// 短信验证码.
    Code { purpose: SmsPurpose, code: &'a str },
    /// 指定管理员: somebody has been named and is asked to open the mini-program.
    /// `link` is what follows the address in the template: templates' variables may not be addresses.
    AdministratorNamed { link: &'a str },
    /// 法定代表人在线确认: the representative is asked to open the mini-program. `link` as above.
    RepresentativeInvited { link: &'a str },
    /// 审核结果: returned with a reason.
    CaseReturned { company: &'a str },
    /// 证书已激活.
    /// `number` is the end of its serial number: variables are short.
    CertificateActive { number: &'a str },
    /// 证书已吊销. `number` as above.
    CertificateRevoked { number: &'a str },
}

impl Text<'_> {
    /// The template's word in the configuration.
    pub const fn template(&self) -> &'static str {
        match self {
            Self::Code { purpose: SmsPurpose::Register, .. } => "register_code",
            Self::Code { purpose: SmsPurpose::ResetPassword, .. } => "reset_code",
            Self::Code { purpose: SmsPurpose::NominateAdministrator, .. } => "administrator_code",
            Self::AdministratorNamed { .. } => "administrator_named",
            Self::RepresentativeInvited { .. } => "representative_invite",
            Self::CaseReturned { .. } => "case_returned",
            Self::CertificateActive { .. } => "certificate_active",
            Self::CertificateRevoked { .. } => "certificate_revoked",
        }
    }

    /// The template's parameters, in order.
    fn parameters(&self) -> Vec<String> {
        match self {
            Self::Code { code, .. } => vec![(*code).to_owned(), "5".to_owned()],
            Self::AdministratorNamed { link } | Self::RepresentativeInvited { link } => vec![(*link).to_owned()],
            Self::CaseReturned { company } => vec![(*company).to_owned()],
            Self::CertificateActive { number } | Self::CertificateRevoked { number } => vec![(*number).to_owned()],
        }
    }
}

/// The table `message`. What it says is wiped once it is sent.
pub mod entity {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "message")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub template: String,
        /// Sealed at `message.mobile`; None once sent.
        pub mobile: Option<Vec<u8>>,
        /// Sealed at `message.parameters`, JSON; None once sent.
        pub parameters: Option<Vec<u8>>,
        pub created_at: DateTimeUtc,
        pub sent_at: Option<DateTimeUtc>,
        /// The vendor's number for it.
        pub vendor_id: Option<String>,
        /// What is said once to somebody is written once.
        #[sea_orm(unique)]
        pub once_key: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Says it by SMS, once the transaction is committed.
pub async fn sms(tx: &mut Tx, state: &State, mobile: &Mobile, text: Text<'_>) -> Result<(), Error> {
    let id = tx.id();
    let parameters = serde_json::to_string(&text.parameters()).map_err(Error::internal)?;
    let row = entity::ActiveModel {
        id: Set(id),
        template: Set(text.template().into()),
        mobile: Set(Some(state.vault.seal("message.mobile", id, mobile.as_str()))),
        parameters: Set(Some(state.vault.seal("message.parameters", id, &parameters))),
        created_at: Set(tx.now),
        sent_at: Set(None),
        vendor_id: Set(None),
        once_key: Set(None),
    };
    entity::Entity::insert(row).exec_without_returning(&**tx).await?;
    tx.enqueue(crate::jobs::Job::now(SEND, id)).await
}

/// Whether it has been said under this key.
pub async fn was_told(state: &State, key: &str) -> Result<bool, Error> {
    let told = entity::Entity::find().filter(entity::Column::OnceKey.eq(key)).one(&state.db.read).await?;
    Ok(told.is_some())
}

/// Says something once: by SMS to `to`, or writes down that WeChat has said it already.
pub async fn once(
    tx: &mut Tx,
    state: &State,
    key: &str,
    template: &str,
    to: Option<&Mobile>,
    variables: &[String],
) -> Result<(), Error> {
    let id = tx.id();
    let parameters = serde_json::to_string(variables).map_err(Error::internal)?;
    let row = entity::ActiveModel {
        id: Set(id),
        template: Set(template.into()),
        mobile: Set(to.map(|mobile| state.vault.seal("message.mobile", id, mobile.as_str()))),
        parameters: Set(to.map(|_| state.vault.seal("message.parameters", id, &parameters))),
        created_at: Set(tx.now),
        sent_at: Set(to.is_none().then_some(tx.now)),
        vendor_id: Set(to.is_none().then(|| "wechat".to_owned())),
        once_key: Set(Some(key.to_owned())),
    };
    let only = OnConflict::column(entity::Column::OnceKey).do_nothing().to_owned();
    entity::Entity::insert(row).on_conflict(only).exec_without_returning(&**tx).await?;
    tx.enqueue(crate::jobs::Job::now(SEND, id)).await
}

/// What the vendor does not take for so long is not said any more: it stands in the mini-program.
const LIFE: chrono::Duration = chrono::Duration::days(2);

/// Sends one message. What has grown old in the queue is not sent any more: a code after its life, all else after two
/// days. When the vendor has had enough for this number it waits, which is no failure.
pub async fn send(state: &State, id: Uuid) -> Outcome {
    match try_send(state, id).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Retry(error.to_string()),
    }
}

async fn try_send(state: &State, id: Uuid) -> Result<Outcome, Error> {
    let Some(row) = entity::Entity::find_by_id(id).one(&state.db.read).await? else { return Ok(Outcome::Done) };
    let (Some(mobile), Some(parameters)) = (&row.mobile, &row.parameters) else { return Ok(Outcome::Done) };
    let life = if row.template.ends_with("_code") { crate::account::SMS_CODE_LIFE } else { LIFE };
    let stale = row.created_at + life < state.clock.now();
    let sent = if stale {
        None
    } else {
        let mobile = Mobile::parse(&state.vault.open("message.mobile", id, mobile)?).map_err(Error::internal)?;
        let parameters = state.vault.open("message.parameters", id, parameters)?;
        let parameters: Vec<String> = serde_json::from_str(&parameters).map_err(Error::internal)?;
        match state.providers.sms.send(&row.template, &mobile, &parameters, id).await {
            Ok(Sent::Taken { serial, .. }) => Some(serial),
            Ok(Sent::TooMany { wait, .. }) => {
                return Ok(Outcome::Later(chrono::Duration::from_std(wait).unwrap_or(LIFE)));
            }
            Ok(Sent::Unreachable { code }) => return Ok(Outcome::GiveUp(code)),
            Err(error @ zhangzheng_providers::Error::Unavailable { .. }) => {
                return Ok(Outcome::Retry(error.to_string()));
            }
            Err(error) => return Ok(Outcome::GiveUp(error.to_string())),
        }
    };
    entity::Entity::update_many()
        .col_expr(entity::Column::SentAt, Expr::value(state.clock.now()))
        .col_expr(entity::Column::VendorId, Expr::value(sent))
        .col_expr(entity::Column::Mobile, Expr::value(None::<Vec<u8>>))
        .col_expr(entity::Column::Parameters, Expr::value(None::<Vec<u8>>))
        .filter(entity::Column::Id.eq(id))
        .exec(state.db.machinery())
        .await?;
    Ok(Outcome::Done)
}
