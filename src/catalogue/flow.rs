//! Reading the catalogue, and seeding it from config/catalogue.toml.

use super::entity::{platform, region};
use crate::{db::Actor, error::Error, state::State};
use anyhow::Context;
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*, sea_query::OnConflict};
use serde::Deserialize;
use zhangzheng_kinds::Fen;

const SEED: &str = include_str!("../../config/catalogue.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    platform: Vec<SeedPlatform>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedPlatform {
    code: String,
    name: String,
    description: String,
    #[serde(default)]
    internal: bool,
    region: Vec<SeedRegion>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedRegion {
    code: String,
    name: String,
    certificate_price: Fen,
    authorisation_price: Fen,
    #[serde(default)]
    internal: bool,
}

/// Puts the seeds into an empty catalogue; what staff have edited since is left alone.
pub async fn seed(state: &State) -> anyhow::Result<()> {
    let seed: Seed = toml::from_str(SEED).context("config/catalogue.toml")?;
    let tx = state.db.begin(Actor::System).await?;
    for (position, from) in seed.platform.iter().enumerate() {
        let row = platform::ActiveModel {
            code: Set(from.code.clone()),
            name: Set(from.name.clone()),
            description: Set(from.description.clone()),
            internal: Set(from.internal),
            position: Set(i32::try_from(position)?),
        };
        let once = OnConflict::column(platform::Column::Code).do_nothing().to_owned();
        platform::Entity::insert(row).on_conflict(once).exec_without_returning(&*tx).await?;
        for (position, region) in from.region.iter().enumerate() {
            let row = region::ActiveModel {
                platform: Set(from.code.clone()),
                code: Set(region.code.clone()),
                name: Set(region.name.clone()),
                certificate_price: Set(region.certificate_price.0),
                authorisation_price: Set(region.authorisation_price.0),
                internal: Set(region.internal),
                position: Set(i32::try_from(position)?),
            };
            let key = [region::Column::Platform, region::Column::Code];
            let once = OnConflict::columns(key).do_nothing().to_owned();
            region::Entity::insert(row).on_conflict(once).exec_without_returning(&*tx).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// The platforms that applicants may choose.
pub async fn platforms(state: &State) -> Result<Vec<platform::Model>, Error> {
    Ok(platform::Entity::find()
        .filter(platform::Column::Internal.eq(false))
        .order_by_asc(platform::Column::Position)
        .all(&state.db.read)
        .await?)
}

/// The regions of a platform that applicants may choose.
pub async fn regions(state: &State, platform: &str) -> Result<Vec<region::Model>, Error> {
    Ok(region::Entity::find()
        .filter(region::Column::Platform.eq(platform))
        .filter(region::Column::Internal.eq(false))
        .order_by_asc(region::Column::Position)
        .all(&state.db.read)
        .await?)
}

/// A platform that applicants may choose.
pub async fn platform(state: &State, code: &str) -> Result<Option<platform::Model>, Error> {
    let found = platform::Entity::find_by_id(code).filter(platform::Column::Internal.eq(false));
    Ok(found.one(&state.db.read).await?)
}

/// A region of a platform that applicants may choose.
pub async fn region(state: &State, of: &platform::Model, code: &str) -> Result<Option<region::Model>, Error> {
    let found = region::Entity::find_by_id((of.code.clone(), code.to_owned()));
    Ok(found.filter(region::Column::Internal.eq(false)).one(&state.db.read).await?)
}
