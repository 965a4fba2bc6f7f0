//! 证书吊销列表: signed when something was revoked, and before the last one ends; kept, so that every instance serves the same.

use super::{
    DAILY, Rhythm, YEARLY, due,
    entity::revocation_list::{ActiveModel, Column, Entity, Model},
    next_number,
};
use crate::{
    authority::{self, Generation},
    certificate::status::{self, Known},
    db::{Actor, Tx},
    error::Error,
    events::Event,
    state::State,
};
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseBackend, QueryOrder, entity::prelude::*};
use sha2::{Digest, Sha256};
use zhangzheng_pki::{
    PkiError,
    crl::{Crl, Edition, Revoked},
};

/// The job that makes the lists that are due.
pub const PUBLISH: &str = "revocation_list.publish";
/// What has expired stays on the list for so long.
const AFTER_EXPIRY: chrono::Duration = chrono::Duration::days(7);

/// Whose list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// A generation of the issuing authority.
    Issuing(u32),
    /// The root that a generation began with.
    Root(u32),
}

impl Issuer {
    fn word(self) -> String {
        match self {
            Self::Issuing(number) => format!("issuing-{number}"),
            Self::Root(number) => format!("root-{number}"),
        }
    }

    /// From a file's name in `/pki/`, without its ending: `issuing`, `issuing-2`, `root`.
    pub fn by_file(name: &str) -> Option<Self> {
        let (word, number) = match name.split_once('-') {
            None => (name, 1),
            Some((word, number)) => (word, number.parse().ok().filter(|_| number.starts_with(|c| c != '0'))?),
        };
        match word {
            "issuing" => Some(Self::Issuing(number)),
            "root" => Some(Self::Root(number)),
            _ => None,
        }
    }
}

/// Makes every list that is due; does nothing when none is. Safe to run again at any moment and by several at once.
pub async fn publish(state: &State) -> Result<(), Error> {
    let generations = state.authority.generations();
    for generation in generations {
        publish_issuing(state, generation).await?;
    }
    for generation in generations.iter().filter(|generation| generation.root == generation.number) {
        publish_root(state, generation.root).await?;
    }
    Ok(())
}

async fn publish_issuing(state: &State, generation: &Generation) -> Result<(), Error> {
    let mut tx = begin(state).await?;
    let number = i32::try_from(generation.number).map_err(Error::internal)?;
    let known = status::revoked(&*tx, number, tx.now - AFTER_EXPIRY).await?;
    let lines = known.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let sign = |edition, lines: &[Revoked]| generation.ca.revocation_list(edition, lines);
    renew(&mut tx, Issuer::Issuing(generation.number), DAILY, &lines, sign).await?;
    tx.commit().await
}

/// The root's list, while its key is at hand; without the key, whoever looks after it is reminded in the log.
async fn publish_root(state: &State, number: u32) -> Result<(), Error> {
    let last = newest(&state.db.read, Issuer::Root(number)).await?;
    let now = state.clock.now();
    let content = content_hash(&[]);
    if !due(YEARLY, last.as_ref().map(|last| (last.content_hash.as_slice(), last.next_update)), &content, now) {
        return Ok(());
    }
    let address = state.config.public("");
    let place = authority::Place::of(&state.config, &address);
    let Some(root) = authority::open_root(&place, number, &state.random).map_err(Error::internal)? else {
        tracing::warn!(
            ca.root = number,
            "the root's list ends soon: bring back the root's key and run zhangzheng ca crl"
        );
        return Ok(());
    };
    let mut tx = begin(state).await?;
    let sign = |edition, lines: &[Revoked]| root.revocation_list(edition, lines);
    renew(&mut tx, Issuer::Root(number), YEARLY, &[], sign).await?;
    tx.commit().await
}

/// One at a time: what is read inside is what the next list says.
async fn begin(state: &State) -> Result<Tx, Error> {
    let tx = state.db.begin(Actor::System).await?;
    if state.db.backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared("select pg_advisory_xact_lock(7270010002)").await?;
    }
    Ok(tx)
}

fn line(known: &Known) -> Result<Revoked, Error> {
    let (at, reason) = known.revoked().ok_or_else(|| Error::internal("listed, but not revoked"))?;
    let serial = hex::decode(&known.serial).map_err(Error::internal)?;
    Ok(Revoked { serial, at, reason: reason.into() })
}

fn content_hash(lines: &[Revoked]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(format!("{}|{}|{:?}\n", hex::encode(&line.serial), line.at.timestamp(), line.reason));
    }
    hash.finalize().to_vec()
}

async fn renew(
    tx: &mut Tx,
    issuer: Issuer,
    rhythm: Rhythm,
    lines: &[Revoked],
    sign: impl Fn(Edition, &[Revoked]) -> Result<Crl, PkiError>,
) -> Result<(), Error> {
    let last = newest(&**tx, issuer).await?;
    let content = content_hash(lines);
    if !due(rhythm, last.as_ref().map(|last| (last.content_hash.as_slice(), last.next_update)), &content, tx.now) {
        return Ok(());
    }
    let number = next_number(last.map(|last| last.number), tx.now);
    let (this_update, next_update) = (tx.now, tx.now + rhythm.good_for);
    let edition = Edition { number: u64::try_from(number).map_err(Error::internal)?, this_update, next_update };
    let list = sign(edition, lines).map_err(Error::internal)?;
    let id = tx.id();
    let row = ActiveModel {
        id: Set(id),
        issuer: Set(issuer.word()),
        number: Set(number),
        der: Set(list.der().to_vec()),
        content_hash: Set(content),
        entries: Set(i32::try_from(lines.len()).unwrap_or(i32::MAX)),
        this_update: Set(this_update),
        next_update: Set(next_update),
    };
    Entity::insert(row).exec_without_returning(&**tx).await?;
    tx.say(Event::new("revocation_list.publish", id, None)).await
}

async fn newest(c: &impl ConnectionTrait, issuer: Issuer) -> Result<Option<Model>, Error> {
    let of = Entity::find().filter(Column::Issuer.eq(issuer.word())).order_by_desc(Column::Number);
    Ok(of.one(c).await?)
}

/// The list in force; made now when there is none, or when nobody has looked after it.
///
/// # Errors
/// [`Error::NotFound`] when there is no such issuer, or no list of a root whose key is away.
pub async fn in_force(state: &State, issuer: Issuer) -> Result<Model, Error> {
    let now = state.clock.now();
    if let Some(list) = newest(&state.db.read, issuer).await?.filter(|list| list.next_update > now) {
        return Ok(list);
    }
    publish(state).await?;
    newest(&state.db.read, issuer).await?.ok_or_else(Error::not_found)
}
