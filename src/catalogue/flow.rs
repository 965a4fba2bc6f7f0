//! The catalogue as it is in force now; its versions, drawn up by one person and published by another; and the seeds.

use super::{
    Action, Content, Platform, Region, Status,
    entity::{Column, Entity, Model},
};
use crate::{
    change,
    db::{Actor, Tx},
    error::Error,
    events::Event,
    state::State,
};
use anyhow::Context;
use sea_orm::{QueryOrder, entity::prelude::*, sea_query::Expr, sea_query::OnConflict};

pub(super) const SEED: &str = include_str!("../../config/catalogue.toml");
/// The mark of the one version that is being edited.
const DRAFT: &str = "draft";

/// Makes version 1 of the seeds when there is no version yet; what staff have published since is left alone.
pub async fn seed(state: &State) -> anyhow::Result<()> {
    let seed: Content = toml::from_str(SEED).context("config/catalogue.toml")?;
    seed.check().map_err(|why| anyhow::anyhow!("config/catalogue.toml: {why}"))?;
    let tx = state.db.begin(Actor::System).await?;
    if Entity::find().one(&*tx).await?.is_some() {
        return Ok(());
    }
    let first = Model {
        id: tx.id(),
        number: 1,
        status: Status::Published,
        open: None,
        content: serde_json::to_string(&seed)?,
        edited_by: None,
        published_by: None,
        created_at: tx.now,
        effective_from: Some(tx.now),
        published_at: Some(tx.now),
    };
    // Another instance may be as fast.
    let once = OnConflict::column(Column::Number).do_nothing().to_owned();
    let row = super::entity::ActiveModel::from(first).reset_all();
    Entity::insert(row).on_conflict(once).exec_without_returning(&*tx).await?;
    tx.commit().await?;
    Ok(())
}

/// The content of a version.
///
/// # Errors
/// When the row is not ours.
pub fn content(version: &Model) -> Result<Content, Error> {
    serde_json::from_str(&version.content).map_err(Error::internal)
}

/// The version in force now.
pub async fn in_force(state: &State) -> Result<Model, Error> {
    let found = Entity::find()
        .filter(Column::Status.eq(Status::Published))
        .filter(Column::EffectiveFrom.lte(state.clock.now()))
        .order_by_desc(Column::Number)
        .one(&state.db.read)
        .await?;
    found.ok_or_else(|| Error::internal("no catalogue is in force"))
}

async fn offered(state: &State) -> Result<Content, Error> {
    Ok(content(&in_force(state).await?)?.offered())
}

/// The platforms that applicants may choose.
pub async fn platforms(state: &State) -> Result<Vec<Platform>, Error> {
    Ok(offered(state).await?.platforms)
}

/// The regions of a platform that applicants may choose.
pub async fn regions(state: &State, platform: &str) -> Result<Vec<Region>, Error> {
    Ok(offered(state).await?.platform(platform).map(|platform| platform.regions.clone()).unwrap_or_default())
}

/// A platform that applicants may choose.
pub async fn platform(state: &State, code: &str) -> Result<Option<Platform>, Error> {
    Ok(offered(state).await?.platform(code).cloned())
}

/// A region of a platform that applicants may choose.
pub async fn region(state: &State, of: &Platform, code: &str) -> Result<Option<Region>, Error> {
    Ok(regions(state, &of.code).await?.into_iter().find(|region| region.code == code))
}

/// Every version, the newest first.
pub async fn versions(state: &State) -> Result<Vec<Model>, Error> {
    Ok(Entity::find().order_by_desc(Column::Number).all(&state.db.read).await?)
}

/// The version that is being edited, if any.
pub async fn draft(c: &impl ConnectionTrait) -> Result<Option<Model>, Error> {
    Ok(Entity::find().filter(Column::Open.eq(DRAFT)).one(c).await?)
}

/// The newest that was published, in force or to come: what a draft begins with, and is compared to.
pub async fn newest(c: &impl ConnectionTrait) -> Result<Model, Error> {
    let published = Entity::find().filter(Column::Status.eq(Status::Published)).order_by_desc(Column::Number);
    published.one(c).await?.ok_or_else(|| Error::internal("no catalogue was published"))
}

/// Begins a draft with what was published last; gives the one there is, when somebody has begun already.
pub async fn begin(tx: &mut Tx, staff_id: Uuid) -> Result<Model, Error> {
    if let Some(open) = draft(&**tx).await? {
        return Ok(open);
    }
    let last = Entity::find().order_by_desc(Column::Number).one(&**tx).await?;
    let version = Model {
        id: tx.id(),
        number: last.map_or(0, |last| last.number) + 1,
        status: Status::Draft,
        open: Some(DRAFT.into()),
        content: newest(&**tx).await?.content,
        edited_by: Some(staff_id),
        published_by: None,
        created_at: tx.now,
        effective_from: None,
        published_at: None,
    };
    let row = super::entity::ActiveModel::from(version.clone()).reset_all();
    Entity::insert(row).exec_without_returning(&**tx).await?;
    tx.say(Event::new("catalogue.begin", version.id, None)).await?;
    Ok(version)
}

/// Writes another content into the draft that was looked at.
///
/// # Errors
/// [`Error::Invalid`] when it cannot be published like this; [`Error::Conflict`] when somebody else was faster.
pub async fn save(tx: &mut Tx, staff_id: Uuid, was: &Model, now: &Content) -> Result<(), Error> {
    now.check().map_err(|why| Error::invalid("content", why))?;
    let text = serde_json::to_string(now).map_err(Error::internal)?;
    let saved = Entity::update_many()
        .col_expr(Column::Content, Expr::value(text))
        .col_expr(Column::EditedBy, Expr::value(staff_id))
        .filter(Column::Id.eq(was.id))
        .filter(Column::Status.eq(Status::Draft))
        .filter(Column::Content.eq(was.content.clone()))
        .exec(&**tx)
        .await?;
    if saved.rows_affected != 1 {
        return Err(Error::conflict("changed", "刚刚有同事修改了草稿，请刷新页面后再改"));
    }
    tx.say(Event::new("catalogue.edit", was.id, None)).await
}

/// Gives the draft up.
pub async fn discard(tx: &mut Tx, version: &Model) -> Result<(), Error> {
    change::advance::<Entity>(tx, version, Action::Discard, |update| {
        update.col_expr(Column::Open, Expr::value(None::<String>))
    })
    .await?;
    Ok(())
}

/// Publishes a draft that two people have agreed on: in force from that moment, or from now.
///
/// # Errors
/// [`Error::Conflict`] when it is no longer what they saw, or would come before one that was published already.
pub async fn publish(
    tx: &mut Tx,
    version_id: Uuid,
    seen: &str,
    from: Option<DateTimeUtc>,
    second: Uuid,
) -> Result<(), Error> {
    let version = Entity::find_by_id(version_id).one(&**tx).await?.ok_or_else(Error::not_found)?;
    if version.content != seen {
        return Err(Error::conflict("changed", "草稿在提请发布后有变化，请否决后重新提请"));
    }
    let now = tx.now;
    let from = from.filter(|from| *from > now).unwrap_or(now);
    if newest(&**tx).await?.effective_from.is_some_and(|before| before > from) {
        return Err(Error::conflict("too_early", "已有更晚生效的版本，新版本的生效时间不能早于它"));
    }
    change::advance::<Entity>(tx, &version, Action::Publish, |update| {
        update
            .col_expr(Column::Open, Expr::value(None::<String>))
            .col_expr(Column::PublishedBy, Expr::value(second))
            .col_expr(Column::EffectiveFrom, Expr::value(from))
            .col_expr(Column::PublishedAt, Expr::value(now))
    })
    .await?;
    Ok(())
}
