//! Issuing: a job that asks for the five conditions, and issues exactly once for each administrator's key. Whatever is still
//! missing will cause the next event, and with it the next job.

use super::{
    Action, Condition, Met, Status,
    entity::certificate::{ActiveModel, Column, Entity, Model},
    needs::{self, Approved},
    seal,
};
use crate::{
    account,
    administrator::{self, flow::Confirmed},
    authority::Reason,
    change,
    db::{Actor, Tx},
    error::Error,
    events,
    jobs::Outcome,
    journey::CertificateFact,
    notice,
    state::State,
};
use sea_orm::{ActiveValue::Set, QueryOrder, SqlErr, entity::prelude::*, sea_query::Expr};
use zhangzheng_pki::{
    certificate::{Certificate, Validity},
    csr::CsrVerified,
    name::Subject,
    random::Fill,
};

/// The job that issues a certificate if all is there; its subject is whatever happened in the account.
pub const ISSUE: &str = "certificate.issue";

/// Where the step stands.
pub async fn fact(state: &State, account_id: Uuid) -> Result<CertificateFact, Error> {
    Ok(match newest(state, account_id).await? {
        None => CertificateFact::None,
        Some(row) if row.status == Status::Revoked => CertificateFact::Revoked,
        Some(row) if row.not_after < state.clock.now() => CertificateFact::Expired,
        Some(_) => CertificateFact::Active,
    })
}

/// Whether the company's seal is made.
pub async fn seal_made(state: &State, account_id: Uuid) -> Result<bool, Error> {
    seal::made(state, account_id).await
}

/// The certificate in force, or else the last one that was.
pub async fn newest(state: &State, account_id: Uuid) -> Result<Option<Model>, Error> {
    let found = Entity::find().filter(Column::AccountId.eq(account_id)).order_by_desc(Column::Id);
    Ok(found.one(&state.db.read).await?)
}

/// Everything that a certificate is made of, as far as it is there.
struct Facts {
    met: Met,
    company: Option<Approved>,
    administrator: Option<Confirmed>,
}

async fn facts(state: &State, account_id: Uuid) -> Result<Facts, Error> {
    let company = needs::approved(state, account_id).await?;
    let administrator = administrator::flow::confirmed(state, account_id).await?;
    let person = match &administrator {
        Some(confirmed) => needs::verified(state, confirmed.member_id).await?,
        None => false,
    };
    let met = Met {
        person,
        company: company.is_some(),
        order: needs::paid(state, account_id).await?,
        seal: seal::made(state, account_id).await?,
        administrator: administrator.is_some(),
    };
    Ok(Facts { met, company, administrator })
}

/// Which of the five conditions are met. Before an administrator has confirmed, the person asking stands for the person.
pub async fn met(state: &State, account_id: Uuid, asks: Uuid) -> Result<Met, Error> {
    let mut met = facts(state, account_id).await?.met;
    if !met.administrator {
        met.person = needs::verified(state, asks).await?;
    }
    Ok(met)
}

/// Issues, if all is there and it has not been done: safe to run again at any moment, and by several workers at once.
pub async fn issue(state: &State, subject_id: Uuid) -> Outcome {
    match try_issue(state, subject_id).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Retry(error.to_string()),
    }
}

async fn try_issue(state: &State, subject_id: Uuid) -> Result<Outcome, Error> {
    let Some(account_id) = events::account_of(&state.db.read, subject_id).await? else { return Ok(Outcome::Done) };
    let facts = facts(state, account_id).await?;
    let missing: Vec<&str> = facts.met.missing().into_iter().map(Condition::label).collect();
    let (true, Some(company), Some(confirmed)) = (missing.is_empty(), &facts.company, &facts.administrator) else {
        tracing::debug!(account.id = %account_id, ?missing, "no certificate yet");
        return Ok(Outcome::Done);
    };
    let issued = Entity::find().filter(Column::KeyId.eq(confirmed.key_id)).one(&state.db.read).await?;
    if issued.is_some() {
        return Ok(Outcome::Done);
    }
    let generation = i32::try_from(state.authority.current().number).map_err(Error::internal)?;
    let certificate = match sign(state, company, confirmed) {
        Ok(certificate) => certificate,
        Err(error) => return Ok(Outcome::GiveUp(error.to_string())),
    };
    let mut tx = state.db.begin(Actor::System).await?;
    let still_ours = administrator::flow::still_confirmed(&tx, confirmed.administrator_id).await?;
    if !still_ours || !needs::deliver(&mut tx, account_id).await? {
        return Ok(Outcome::Done);
    }
    match put_in_force(&mut tx, account_id, confirmed, &certificate, generation).await {
        Ok(()) => {}
        Err(Put::Twice) => return Ok(Outcome::Done),
        Err(Put::Failed(error)) => return Err(error),
    }
    let member = account::flow::member(state, account_id, confirmed.member_id).await?;
    let mobile = account::flow::mobile(state, &member)?;
    let serial = certificate.serial_hex();
    let number = &serial[serial.len().saturating_sub(6)..];
    notice::sms(&mut tx, state, &mobile, notice::Text::CertificateActive { number }).await?;
    tx.commit().await?;
    Ok(Outcome::Done)
}

/// The certificate itself: the subject is the registered company, whatever the request says.
fn sign(state: &State, company: &Approved, confirmed: &Confirmed) -> Result<Certificate, zhangzheng_pki::PkiError> {
    let request = CsrVerified::parse(&confirmed.csr)?;
    let subject = Subject::company(&company.name, &company.code)?;
    let current = state.authority.current();
    let mut rng = Fill(|buffer: &mut [u8]| state.random.fill(buffer));
    current.ca.issue(&request, &subject, a_year(state.clock.now())?, &current.uris, &mut rng)
}

/// From then on for a year, to the second.
fn a_year(from: DateTimeUtc) -> Result<Validity, zhangzheng_pki::PkiError> {
    let end = from.checked_add_months(chrono::Months::new(12)).unwrap_or(from) - chrono::Duration::seconds(1);
    Validity::new(from, end)
}

enum Put {
    /// Another worker has issued for this key meanwhile.
    Twice,
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Put {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Writes the certificate and puts it in force; the account's one before, of a replaced administrator, is revoked.
async fn put_in_force(
    tx: &mut Tx,
    account_id: Uuid,
    confirmed: &Confirmed,
    certificate: &Certificate,
    generation: i32,
) -> Result<(), Put> {
    let before = Entity::find().filter(Column::ActiveFor.eq(account_id)).one(&**tx).await?;
    if let Some(before) = before {
        revoke(tx, &before, Reason::Superseded).await?;
    }
    let row = Model {
        id: tx.id(),
        account_id,
        administrator_id: confirmed.administrator_id,
        key_id: confirmed.key_id,
        status: Status::Issued,
        generation,
        serial: certificate.serial_hex(),
        der: certificate.der().to_vec(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        active_for: None,
        created_at: tx.now,
        revoked_at: None,
        revocation_reason: None,
    };
    match Entity::insert(insertable(row.clone())).exec_without_returning(&**tx).await {
        Ok(_) => {}
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => return Err(Put::Twice),
        Err(error) => return Err(error.into()),
    }
    change::advance::<Entity>(tx, &row, Action::Activate, |update| {
        update.col_expr(Column::ActiveFor, Expr::value(account_id))
    })
    .await?;
    Ok(())
}

/// Revokes a certificate: it is out of force at once, on the next list within minutes, and its reason is told.
///
/// # Errors
/// [`Error::Conflict`] when it has been revoked already.
pub async fn revoke(tx: &mut Tx, row: &Model, reason: Reason) -> Result<(), Error> {
    let now = tx.now;
    change::advance::<Entity>(tx, row, Action::Revoke, |update| {
        update
            .col_expr(Column::ActiveFor, Expr::value(None::<Uuid>))
            .col_expr(Column::RevokedAt, Expr::value(now))
            .col_expr(Column::RevocationReason, Expr::value(reason))
    })
    .await?;
    Ok(())
}

fn insertable(row: Model) -> ActiveModel {
    ActiveModel {
        id: Set(row.id),
        account_id: Set(row.account_id),
        administrator_id: Set(row.administrator_id),
        key_id: Set(row.key_id),
        status: Set(row.status),
        generation: Set(row.generation),
        serial: Set(row.serial),
        der: Set(row.der),
        not_before: Set(row.not_before),
        not_after: Set(row.not_after),
        active_for: Set(row.active_for),
        created_at: Set(row.created_at),
        revoked_at: Set(row.revoked_at),
        revocation_reason: Set(row.revocation_reason),
    }
}
