//! 撤回同意: whoever takes back the consent to give data to the certification authority stops the certificate: what is not
//! issued is not issued, and what is in force under their name is revoked.

use super::{
    entity::certificate::{Column, Entity, Model},
    flow, needs,
};
use crate::{
    account, administrator,
    authority::Reason,
    db::Actor,
    error::Error,
    events,
    jobs::Outcome,
    journey::{CertificateFact, ConsentFact, ConsentHolds},
    notice,
    state::State,
    who::Who,
};
use sea_orm::entity::prelude::*;

/// The job that revokes, if need be; its subject is the member who has taken a consent back.
pub const REVOKE: &str = "certificate.consent_withdrawn";

/// Who, of those whose consent is needed, has taken it back.
pub async fn stopped_by(state: &State, account_id: Uuid) -> Result<Option<Uuid>, Error> {
    for member_id in needs::consenting(state, account_id).await? {
        if needs::has_withdrawn(state, member_id).await? {
            return Ok(Some(member_id));
        }
    }
    Ok(None)
}

/// What the journey is told: whose consent is missing, and what the asker's own holds up.
pub async fn facts(
    state: &State,
    who: &Who,
    certificate: CertificateFact,
) -> Result<(ConsentFact, ConsentHolds), Error> {
    let members = needs::consenting(state, who.account_id).await?;
    let mine = needs::has_withdrawn(state, who.member_id).await?;
    let consent = match stopped_by(state, who.account_id).await? {
        Some(_) if mine && members.contains(&who.member_id) => ConsentFact::WithdrawnByMe,
        Some(_) => ConsentFact::WithdrawnByOther,
        None => ConsentFact::Stands,
    };
    let holds = match certificate {
        CertificateFact::Active | CertificateFact::Suspended => match in_force(&state.db.read, who.account_id).await? {
            Some(row) if holder(state, &row).await? == Some(who.member_id) => ConsentHolds::Certificate,
            _ => ConsentHolds::Nothing,
        },
        _ if members.contains(&who.member_id) => ConsentHolds::Issuing,
        _ => ConsentHolds::Nothing,
    };
    Ok((consent, holds))
}

async fn in_force(c: &impl ConnectionTrait, account_id: Uuid) -> Result<Option<Model>, Error> {
    Ok(Entity::find().filter(Column::ActiveFor.eq(account_id)).one(c).await?)
}

/// The member whose certificate it is.
async fn holder(state: &State, row: &Model) -> Result<Option<Uuid>, Error> {
    administrator::flow::member_of(state, row.administrator_id).await
}

/// Revokes the certificate in force of a member who has taken the consent back, and stops its key. Doing it again is nothing.
pub async fn revoke(state: &State, member_id: Uuid) -> Outcome {
    match try_revoke(state, member_id).await {
        Ok(()) => Outcome::Done,
        Err(error) => Outcome::Retry(error.to_string()),
    }
}

async fn try_revoke(state: &State, member_id: Uuid) -> Result<(), Error> {
    let Some(account_id) = events::account_of(&state.db.read, member_id).await? else { return Ok(()) };
    let mut tx = state.db.begin(Actor::System).await?;
    let Some(row) = in_force(&*tx, account_id).await? else { return Ok(()) };
    // A consent that has been given again meanwhile keeps what it held up.
    if holder(state, &row).await? != Some(member_id) || needs::still_consents(&tx, member_id).await? {
        return Ok(());
    }
    flow::revoke(&mut tx, &row, Reason::CessationOfOperation).await?;
    administrator::flow::stop_keys(&mut tx, state, row.administrator_id).await?;
    let member = account::flow::member(state, account_id, member_id).await?;
    let mobile = account::flow::mobile(state, &member)?;
    let number = &row.serial[row.serial.len().saturating_sub(6)..];
    notice::sms(&mut tx, state, &mobile, notice::Text::CertificateRevoked { number }).await?;
    tx.commit().await
}
