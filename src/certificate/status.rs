//! 证书状态, as verifiers are told it: of holders' certificates and of the platform's own, in one statement.

use super::entity::certificate;
use crate::{
    authority::{Reason, service::entity as authority_key},
    error::Error,
};
use sea_orm::{
    ConnectionTrait, FromQueryResult,
    entity::prelude::*,
    sea_query::{Query, SelectStatement, UnionType},
};

/// A certificate that was issued, as far as verifiers are told.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct Known {
    /// Lower-case hexadecimal.
    pub serial: String,
    /// The generation that issued it.
    pub generation: i32,
    pub not_after: DateTimeUtc,
    /// Since when it is revoked or suspended.
    pub revoked_at: Option<DateTimeUtc>,
    pub revocation_reason: Option<Reason>,
}

impl Known {
    /// Since when and why it must not be relied on.
    pub fn revoked(&self) -> Option<(DateTimeUtc, Reason)> {
        Some((self.revoked_at?, self.revocation_reason.unwrap_or(Reason::Superseded)))
    }
}

/// Both tables of issued certificates, with a condition on each.
fn issued(holders: sea_orm::Condition, platform: sea_orm::Condition) -> SelectStatement {
    use authority_key as k;
    use certificate as c;
    let own = Query::select()
        .columns([
            k::Column::Serial,
            k::Column::Generation,
            k::Column::NotAfter,
            k::Column::RevokedAt,
            k::Column::RevocationReason,
        ])
        .from(k::Entity)
        .cond_where(platform)
        .to_owned();
    Query::select()
        .columns([
            c::Column::Serial,
            c::Column::Generation,
            c::Column::NotAfter,
            c::Column::RevokedAt,
            c::Column::RevocationReason,
        ])
        .from(c::Entity)
        .cond_where(holders)
        .union(UnionType::All, own)
        .to_owned()
}

/// What is known of these serial numbers; those that were never issued are left out.
pub async fn known(c: &impl ConnectionTrait, serials: &[String]) -> Result<Vec<Known>, Error> {
    let of_holders = certificate::Column::Serial.is_in(serials.iter().map(String::as_str));
    let own = authority_key::Column::Serial.is_in(serials.iter().map(String::as_str));
    let found = issued(sea_orm::Condition::all().add(of_holders), sea_orm::Condition::all().add(own));
    Ok(Known::find_by_statement(c.get_database_backend().build(&found)).all(c).await?)
}

/// What a generation has revoked or suspended, of all that had not expired at that moment; by serial number.
pub async fn revoked(c: &impl ConnectionTrait, generation: i32, alive_at: DateTimeUtc) -> Result<Vec<Known>, Error> {
    use authority_key as k;
    use certificate as h;
    let holders = sea_orm::Condition::all()
        .add(h::Column::Generation.eq(generation))
        .add(h::Column::RevokedAt.is_not_null())
        .add(h::Column::NotAfter.gte(alive_at));
    let own = sea_orm::Condition::all()
        .add(k::Column::Generation.eq(generation))
        .add(k::Column::RevokedAt.is_not_null())
        .add(k::Column::NotAfter.gte(alive_at));
    let mut found = Known::find_by_statement(c.get_database_backend().build(&issued(holders, own))).all(c).await?;
    found.sort_by(|one, other| one.serial.cmp(&other.serial));
    Ok(found)
}

/// A holder's certificate by its serial number.
pub async fn by_serial(c: &impl ConnectionTrait, serial: &str) -> Result<Option<certificate::Model>, Error> {
    Ok(certificate::Entity::find().filter(certificate::Column::Serial.eq(serial)).one(c).await?)
}
