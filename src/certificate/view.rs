//! The step as shown: what the certificate waits for, or the certificate's card.

use super::{
    Condition, Met, Status, flow, proof,
    seal::{self, Kind},
    structure,
};
use crate::{error::Error, state::State, who::Who};
use chrono::{DateTime, Utc};
use zhangzheng_pki::certificate::Certificate;

/// A certificate as shown.
#[derive(Clone, Debug)]
pub struct Card {
    /// The company: O of the subject.
    pub holder: String,
    pub code: String,
    /// In hexadecimal.
    pub serial: String,
    pub issuer: String,
    pub not_before: DateTime<Utc>,
    pub not_after: DateTime<Utc>,
    pub status: Status,
    pub expired: bool,
    pub pem: String,
}

/// What desktop and phone show.
#[derive(Clone, Debug)]
pub struct View {
    pub met: Met,
    pub card: Option<Card>,
    pub seals: Vec<Kind>,
    /// Seals signed as structures, for this certificate.
    pub structures: Vec<Kind>,
    /// Where anybody may check the certificate.
    pub check: Option<String>,
    /// Proofs that wait to be checked.
    pub proofs: Vec<(Kind, uuid::Uuid)>,
}

impl View {
    /// The five conditions and whether each is met.
    pub fn conditions(&self) -> Vec<(Condition, bool)> {
        Condition::ALL.into_iter().map(|condition| (condition, self.met.has(condition))).collect()
    }
}

/// Reads it for the person who asks.
pub async fn view(state: &State, who: &Who) -> Result<View, Error> {
    let met = flow::met(state, who.account_id, who.member_id).await?;
    let (card, structures) = match flow::newest(state, who.account_id).await? {
        Some(row) => {
            let structures = structure::signed(state, row.id).await?;
            (Some(card(state, row)?), structures)
        }
        None => (None, Vec::new()),
    };
    let check = card.as_ref().map(|card| state.config.public(&format!("/check/{}", card.serial)));
    let mut seals = Vec::new();
    for kind in [Kind::Company, Kind::Representative] {
        if seal::find(state, who.account_id, kind).await?.is_some() {
            seals.push(kind);
        }
    }
    let proofs = proof::shown(state, who.account_id).await?;
    Ok(View { met, card, seals, structures, check, proofs })
}

fn card(state: &State, row: super::entity::certificate::Model) -> Result<Card, Error> {
    let certificate = Certificate::from_der(&row.der).map_err(Error::internal)?;
    Ok(Card {
        holder: certificate.subject_part("O").unwrap_or_default(),
        code: certificate.subject_part("serialNumber").unwrap_or_default(),
        serial: row.serial,
        issuer: issuer(state, row.generation),
        not_before: row.not_before,
        not_after: row.not_after,
        status: row.status,
        expired: row.not_after < state.clock.now(),
        pem: certificate.pem(),
    })
}

fn issuer(state: &State, generation: i32) -> String {
    let number = u32::try_from(generation).unwrap_or_default();
    state.authority.generation(number).map(crate::authority::Generation::name).unwrap_or_default()
}

/// The account's certificate with those above it, PEM: holder, issuing authority, root.
///
/// # Errors
/// [`Error::NotFound`] before it is issued.
pub async fn chain(state: &State, who: &Who) -> Result<String, Error> {
    let row = flow::newest(state, who.account_id).await?.ok_or_else(Error::not_found)?;
    let own = Certificate::from_der(&row.der).map_err(Error::internal)?.pem();
    Ok(own + &state.authority.chain(u32::try_from(row.generation).unwrap_or_default()))
}

/// The account's certificate, PEM.
///
/// # Errors
/// [`Error::NotFound`] before it is issued.
pub async fn own(state: &State, who: &Who) -> Result<String, Error> {
    let row = flow::newest(state, who.account_id).await?.ok_or_else(Error::not_found)?;
    Ok(Certificate::from_der(&row.der).map_err(Error::internal)?.pem())
}
