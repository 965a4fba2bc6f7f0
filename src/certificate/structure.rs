//! 电子印章数据: once a certificate is in force, the seals of its holder as structures signed by the seal maker (GB/T 38540).
//! They name the certificate, so that another certificate gets seals of its own.

use super::{
    entity::{certificate, electronic_seal, seal_structure},
    flow,
    seal::Kind,
};
use crate::{
    authority::service::{self, Purpose, ServiceKey},
    db::Actor,
    error::Error,
    events::Event,
    jobs::Outcome,
    papers,
    state::State,
};
use sea_orm::{ActiveValue::Set, SqlErr, entity::prelude::*};
use zhangzheng_pki::{
    certificate::{Certificate, Validity},
    seal::{Draft, Picture},
};

/// The job that signs the seals of a certificate; its subject is the certificate.
pub const SIGN: &str = "seal.sign";
/// Whose software makes the seals.
const VENDOR: &str = "ZHANGZHENG";

/// How large a seal is printed, in millimetres, and the maker's code for its kind.
const fn form(kind: Kind) -> (u32, u32) {
    match kind {
        Kind::Company => (40, 1),
        Kind::Representative => (20, 2),
    }
}

/// Signs what is not signed yet: safe to run again at any moment, and by several workers at once.
pub async fn sign(state: &State, certificate_id: Uuid) -> Outcome {
    sign_all(state, certificate_id).await.into()
}

async fn sign_all(state: &State, certificate_id: Uuid) -> Result<(), Error> {
    let found = certificate::Entity::find_by_id(certificate_id).one(&state.db.read).await?;
    let Some(row) = found.filter(|row| row.revoked_at.is_none()) else { return Ok(()) };
    let seals = electronic_seal::Entity::find()
        .filter(electronic_seal::Column::AccountId.eq(row.account_id))
        .all(&state.db.read)
        .await?;
    for seal in seals {
        if find(state, row.id, seal.kind).await?.is_none() {
            sign_one(state, &row, &seal).await?;
        }
    }
    Ok(())
}

async fn sign_one(state: &State, row: &certificate::Model, seal: &electronic_seal::Model) -> Result<(), Error> {
    let holder = Certificate::from_der(&row.der).map_err(Error::internal)?;
    let maker = service::in_use(state, state.authority.current(), Purpose::SealMaker).await?;
    let (_, picture) = papers::content(state, seal.case_id, seal.paper_id).await?;
    let number = hex::encode_upper(state.random.bytes::<16>());
    let now = state.clock.now();
    let validity = both(&holder, &maker.certificate).map_err(Error::internal)?;
    let (side, kind) = form(seal.kind);
    let label = format!("{}{}", holder.subject_part("O").unwrap_or_default(), suffix(seal.kind));
    let draft = Draft {
        id: &number,
        vendor: VENDOR,
        kind,
        name: &label,
        holder: &holder,
        picture: Picture { format: "PNG", data: &picture, width: side, height: side },
        made_at: now,
        validity,
    };
    let ServiceKey { certificate, key, .. } = &maker;
    let der = draft.sign(certificate, key).map_err(Error::internal)?;
    keep(state, row, seal.kind, number, der, validity).await
}

/// What stands behind the company's name.
const fn suffix(kind: Kind) -> &'static str {
    match kind {
        Kind::Company => "",
        Kind::Representative => " 法定代表人",
    }
}

/// While both certificates are valid.
fn both(holder: &Certificate, maker: &Certificate) -> Result<Validity, zhangzheng_pki::PkiError> {
    let from = Ord::max(holder.not_before(), maker.not_before());
    Validity::new(from, Ord::min(holder.not_after(), maker.not_after()))
}

async fn keep(
    state: &State,
    row: &certificate::Model,
    kind: Kind,
    number: String,
    der: Vec<u8>,
    validity: Validity,
) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let id = tx.id();
    let made = seal_structure::ActiveModel {
        id: Set(id),
        account_id: Set(row.account_id),
        certificate_id: Set(row.id),
        kind: Set(kind),
        number: Set(number),
        der: Set(der),
        valid_from: Set(validity.not_before()),
        valid_until: Set(validity.not_after()),
        made_at: Set(tx.now),
    };
    match seal_structure::Entity::insert(made).exec_without_returning(&*tx).await {
        Ok(_) => {}
        // Another worker was faster.
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    tx.say(Event::new("seal.sign", id, Some(row.account_id))).await?;
    tx.commit().await
}

async fn find(state: &State, certificate_id: Uuid, kind: Kind) -> Result<Option<seal_structure::Model>, Error> {
    let of = seal_structure::Entity::find()
        .filter(seal_structure::Column::CertificateId.eq(certificate_id))
        .filter(seal_structure::Column::Kind.eq(kind));
    Ok(of.one(&state.db.read).await?)
}

/// The kinds that are signed for a certificate.
pub async fn signed(state: &State, certificate_id: Uuid) -> Result<Vec<Kind>, Error> {
    let mut kinds = Vec::new();
    for kind in [Kind::Company, Kind::Representative] {
        if find(state, certificate_id, kind).await?.is_some() {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

/// A seal of the account's newest certificate, as the contents of an `.esl` file.
///
/// # Errors
/// [`Error::NotFound`] before it is signed, or when there is no such seal.
pub async fn download(state: &State, account_id: Uuid, kind: Kind) -> Result<Vec<u8>, Error> {
    let row = flow::newest(state, account_id).await?.ok_or_else(Error::not_found)?;
    Ok(find(state, row.id, kind).await?.ok_or_else(Error::not_found)?.der)
}
