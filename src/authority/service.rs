//! 平台密钥: keys of the platform's own that the authority has certified: the status service's and the seal maker's. Kept sealed
//! in the database, so that all instances have the same; made when first needed, renewed by themselves.

use super::{Generation, Reason};
use crate::{db::Actor, error::Error, events::Event, state::State};
use chrono::Duration;
use sea_orm::{ActiveValue::Set, DeriveActiveEnum, EnumIter, QueryOrder, entity::prelude::*};
use std::sync::Arc;
use zhangzheng_pki::{
    PkiError,
    ca::Service,
    certificate::{Certificate, Validity},
    key::{Algorithm, SigningKey},
    keystore,
    name::Subject,
    ocsp::Responder,
    random::Fill,
};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Purpose {
    /// Signs answers of the status service.
    Ocsp,
    /// Signs electronic seals.
    SealMaker,
}

impl Purpose {
    /// How many days its certificate lasts, and how many must be left for it to be used further.
    const fn days(self) -> (i64, i64) {
        match self {
            // Not asked about itself, hence short: a stolen one is worth little for long.
            Self::Ocsp => (14, 7),
            // A seal may not outlive its maker's certificate, and is to last as long as a holder's: a year.
            Self::SealMaker => (3 * 365, 400),
        }
    }

    const fn sealed_for(self) -> keystore::Purpose {
        match self {
            Self::Ocsp => keystore::Purpose::Ocsp,
            Self::SealMaker => keystore::Purpose::SealMaker,
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Ocsp => "证书状态服务",
            Self::SealMaker => "电子印章制作",
        }
    }
}

/// The table `authority_key`.
pub mod entity {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "authority_key")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// The generation of the issuing authority that certified it.
        pub generation: i32,
        pub purpose: Purpose,
        /// Lower-case hexadecimal.
        #[sea_orm(unique)]
        pub serial: String,
        pub der: Vec<u8>,
        /// Sealed under the issuing key's key, for its purpose and id.
        pub sealed: Vec<u8>,
        pub not_before: DateTimeUtc,
        pub not_after: DateTimeUtc,
        pub created_at: DateTimeUtc,
        pub revoked_at: Option<DateTimeUtc>,
        pub revocation_reason: Option<Reason>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}
use entity::{Column, Entity, Model};

/// A key of the platform's own, with its certificate.
#[derive(Debug)]
pub struct ServiceKey {
    pub id: Uuid,
    pub certificate: Certificate,
    pub key: SigningKey,
}

/// The key in use for a purpose; made when there is none, or when the last one ends soon.
///
/// # Errors
/// [`Error::Internal`] when it cannot be made, or does not open.
pub async fn in_use(state: &State, generation: &Generation, purpose: Purpose) -> Result<ServiceKey, Error> {
    if let Some(row) = newest(&state.db.read, generation, purpose).await?
        && still_good(state, generation, &row)
    {
        return opened(state, &row);
    }
    let tx = state.db.begin(Actor::System).await?;
    // Another may have made it meanwhile.
    if let Some(row) = newest(&*tx, generation, purpose).await?
        && still_good(state, generation, &row)
    {
        return opened(state, &row);
    }
    let mut tx = tx;
    let id = tx.id();
    let row = made(state, generation, purpose, id).map_err(Error::internal)?;
    let key = opened(state, &row)?;
    let row = entity::ActiveModel {
        id: Set(row.id),
        generation: Set(row.generation),
        purpose: Set(row.purpose),
        serial: Set(row.serial),
        der: Set(row.der),
        sealed: Set(row.sealed),
        not_before: Set(row.not_before),
        not_after: Set(row.not_after),
        created_at: Set(tx.now),
        revoked_at: Set(None),
        revocation_reason: Set(None),
    };
    Entity::insert(row).exec_without_returning(&*tx).await?;
    tx.say(Event::new("authority_key.make", id, None)).await?;
    tx.commit().await?;
    Ok(key)
}

/// The responder of a generation, ready to sign.
pub async fn responder(state: &State, generation: &Generation) -> Result<Arc<Responder>, Error> {
    let (_, left) = Purpose::Ocsp.days();
    let good = |responder: &Arc<Responder>| {
        let until = responder.certificate().not_after();
        until - Duration::days(left) > state.clock.now() || until == generation.ca.issuing().not_after()
    };
    if let Some(open) = state.authority.responders.open(generation.number).filter(good) {
        return Ok(open);
    }
    let ServiceKey { certificate, key, .. } = in_use(state, generation, Purpose::Ocsp).await?;
    let responder = Responder::open(certificate, key, generation.ca.issuing()).map_err(Error::internal)?;
    let responder = Arc::new(responder);
    state.authority.responders.keep(generation.number, responder.clone());
    Ok(responder)
}

async fn newest(
    c: &impl sea_orm::ConnectionTrait,
    generation: &Generation,
    purpose: Purpose,
) -> Result<Option<Model>, Error> {
    let of = Entity::find()
        .filter(Column::Generation.eq(number(generation)))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::RevokedAt.is_null())
        .order_by_desc(Column::Id);
    Ok(of.one(c).await?)
}

fn number(generation: &Generation) -> i32 {
    i32::try_from(generation.number).unwrap_or(i32::MAX)
}

/// Long enough, or as long as its issuer allows.
fn still_good(state: &State, generation: &Generation, row: &Model) -> bool {
    let (_, left) = row.purpose.days();
    let now = state.clock.now();
    let longest = row.not_after == generation.ca.issuing().not_after() && row.not_after > now;
    row.not_after - Duration::days(left) > now || longest
}

fn opened(state: &State, row: &Model) -> Result<ServiceKey, Error> {
    let certificate = Certificate::from_der(&row.der).map_err(Error::internal)?;
    let opened = state.authority.kek.open(row.purpose.sealed_for(), &row.id.to_string(), &row.sealed);
    let bytes = opened.map_err(Error::internal)?;
    let key = SigningKey::from_bytes(certificate.public_key().algorithm(), &bytes).map_err(Error::internal)?;
    Ok(ServiceKey { id: row.id, certificate, key })
}

fn made(state: &State, generation: &Generation, purpose: Purpose, id: Uuid) -> Result<Model, PkiError> {
    let mut rng = Fill(|buffer: &mut [u8]| state.random.fill(buffer));
    let (algorithm, service) = match purpose {
        Purpose::Ocsp => (generation.ca.key().algorithm(), Service::Ocsp),
        // GB/T 38540 knows SM2 only, whoever issues.
        Purpose::SealMaker => (Algorithm::Sm2Sm3, Service::SealMaker(&generation.uris)),
    };
    let key = SigningKey::generate(algorithm, &mut rng);
    let organisation = generation.ca.issuing().subject_part("O").unwrap_or_default();
    let name = format!("{} {} {}", state.config.service.name, purpose.label(), generation.number);
    let issuing = generation.ca.issuing().validity();
    let (days, _) = purpose.days();
    let from = Ord::max(state.clock.now() - Duration::minutes(5), issuing.not_before());
    let until = Ord::min(from + Duration::days(days), issuing.not_after());
    let subject = Subject::authority(&organisation, &name)?;
    let validity = Validity::new(from, until)?;
    let certificate = generation.ca.issue_service(service, &key.public(), &subject, validity, &mut rng)?;
    let sealed = state.authority.kek.seal(purpose.sealed_for(), &id.to_string(), &*key.to_bytes(), &mut rng);
    Ok(Model {
        id,
        generation: number(generation),
        purpose,
        serial: certificate.serial_hex(),
        der: certificate.der().to_vec(),
        sealed,
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        created_at: state.clock.now(),
        revoked_at: None,
        revocation_reason: None,
    })
}
