//! 目录: drawn up by one person, published by another (双人复核). Nothing is edited while it waits for the second.

use super::{
    Permission,
    decision::Why,
    proposal::{self, Act},
    session::Staffer,
};
use crate::{
    catalogue::{
        Content, Platform, Region,
        diff::{Change, diff},
        entity::Model,
        flow,
    },
    db::Tx,
    error::Error,
    state::State,
};
use chrono::{FixedOffset, NaiveDateTime, TimeZone};
use sea_orm::prelude::{DateTimeUtc, Uuid};
use zhangzheng_kinds::Fen;

/// What is in force and to come, what is being edited, and what that changes.
pub struct Shelf {
    pub versions: Vec<Model>,
    /// The number of the version in force.
    pub in_force: i32,
    pub content: Content,
    pub draft: Option<Draft>,
}

/// The version that is being edited.
pub struct Draft {
    pub row: Model,
    pub content: Content,
    pub changes: Vec<Change>,
    /// It waits for a second person.
    pub waits: bool,
}

/// Reads the catalogue.
///
/// # Errors
/// [`Error::Forbidden`] by role.
pub async fn shelf(state: &State, staffer: &Staffer) -> Result<Shelf, Error> {
    staffer.may(Permission::SeeCatalogue)?;
    let now = flow::in_force(state).await?;
    let draft = match flow::draft(&state.db.read).await? {
        Some(row) => {
            let content = flow::content(&row)?;
            let base = flow::content(&flow::newest(&state.db.read).await?)?;
            let waits = proposal::open_subjects(state).await?.contains(&row.id);
            Some(Draft { changes: diff(&base, &content), content, row, waits })
        }
        None => None,
    };
    let content = flow::content(&now)?;
    Ok(Shelf { versions: flow::versions(state).await?, in_force: now.number, content, draft })
}

/// One change to the draft; begins it when there is none.
async fn edit(
    state: &State,
    staffer: &Staffer,
    change: impl FnOnce(&mut Content) -> Result<(), Error>,
) -> Result<(), Error> {
    staffer.may(Permission::EditCatalogue)?;
    let mut tx = state.db.begin(staffer.actor()).await?;
    let draft = flow::begin(&mut tx, staffer.id).await?;
    proposal::none_waits(&tx, draft.id).await?;
    let mut content = flow::content(&draft)?;
    change(&mut content)?;
    flow::save(&mut tx, staffer.id, &draft, &content).await?;
    tx.commit().await
}

/// A platform as typed. An empty `region` beside it: the platform itself.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Typed {
    pub platform: String,
    pub region: String,
    pub name: String,
    pub description: String,
    pub internal: String,
    /// In yuan.
    pub certificate_price: String,
    pub authorisation_price: String,
    /// `open`, `save` or `remove`.
    pub action: String,
}

fn price(field: &str, text: &str) -> Result<i64, Error> {
    let wrong = || Error::invalid(field, "价格应为以元为单位的数字，最多两位小数，如 400.00");
    Fen::from_yuan(text).map(|fen| fen.0).ok_or_else(wrong)
}

/// Adds, changes or removes a platform or one of its regions, in the draft.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Invalid`] naming the field; [`Error::Conflict`] while it waits for a second person.
pub async fn write(state: &State, staffer: &Staffer, typed: &Typed) -> Result<(), Error> {
    staffer.may(Permission::EditCatalogue)?;
    let (code, region) = (typed.platform.trim(), typed.region.trim());
    match (typed.action.as_str(), region) {
        ("open", _) => edit(state, staffer, |_| Ok(())).await,
        ("remove", "") => edit(state, staffer, |content| remove(&mut content.platforms, |one| one.code == code)).await,
        ("remove", region) => {
            edit(state, staffer, |content| remove(&mut of(content, code)?.regions, |one| one.code == region)).await
        }
        ("save", "") => edit(state, staffer, |content| save_platform(content, typed)).await,
        ("save", _) => {
            let certificate_price = price("certificate_price", &typed.certificate_price)?;
            let authorisation_price = price("authorisation_price", &typed.authorisation_price)?;
            let new = Region {
                code: region.to_owned(),
                name: typed.name.trim().to_owned(),
                certificate_price,
                authorisation_price,
                internal: typed.internal == "1",
            };
            edit(state, staffer, |content| {
                let regions = &mut of(content, code)?.regions;
                put(regions, new, |one| &one.code);
                Ok(())
            })
            .await
        }
        _ => Err(Error::invalid("action", "请选择保存或删除")),
    }
}

fn of<'a>(content: &'a mut Content, code: &str) -> Result<&'a mut Platform, Error> {
    content.platforms.iter_mut().find(|one| one.code == code).ok_or_else(Error::not_found)
}

fn remove<T>(list: &mut Vec<T>, is: impl Fn(&T) -> bool) -> Result<(), Error> {
    let before = list.len();
    list.retain(|one| !is(one));
    if list.len() == before { Err(Error::not_found()) } else { Ok(()) }
}

/// In its place, or at the end.
fn put<T>(list: &mut Vec<T>, new: T, code: impl Fn(&T) -> &String) {
    match list.iter().position(|one| code(one) == code(&new)) {
        Some(at) => list[at] = new,
        None => list.push(new),
    }
}

fn save_platform(content: &mut Content, typed: &Typed) -> Result<(), Error> {
    let code = typed.platform.trim().to_owned();
    let regions = content.platform(&code).map(|before| before.regions.clone()).unwrap_or_default();
    let new = Platform {
        code,
        name: typed.name.trim().to_owned(),
        description: typed.description.trim().to_owned(),
        internal: typed.internal == "1",
        regions,
    };
    put(&mut content.platforms, new, |one| &one.code);
    Ok(())
}

/// Gives the draft up.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::NotFound`] without a draft; [`Error::Conflict`] while it waits.
pub async fn discard(state: &State, staffer: &Staffer) -> Result<(), Error> {
    staffer.may(Permission::EditCatalogue)?;
    let mut tx = state.db.begin(staffer.actor()).await?;
    let draft = flow::draft(&*tx).await?.ok_or_else(Error::not_found)?;
    proposal::none_waits(&tx, draft.id).await?;
    flow::discard(&mut tx, &draft).await?;
    tx.commit().await
}

/// 提请发布: another person looks at the differences and publishes. `from`: `2026-12-01T00:00` in Beijing; empty: at once.
///
/// # Errors
/// [`Error::Forbidden`] by role; [`Error::Invalid`] naming the field; as [`proposal::open`].
pub async fn propose(state: &State, staffer: &Staffer, from: &str, reason: &str) -> Result<(), Error> {
    staffer.may(Why::Catalogue.proposes())?;
    let draft = flow::draft(&state.db.read).await?.ok_or_else(Error::not_found)?;
    let base = flow::newest(&state.db.read).await?;
    if diff(&flow::content(&base)?, &flow::content(&draft)?).is_empty() {
        return Err(Error::invalid("content", "草稿与已发布的版本没有差异，无需发布"));
    }
    let from = moment(from)?;
    if from.is_some_and(|from| base.effective_from.is_some_and(|before| before > from)) {
        return Err(Error::invalid("from", "已有更晚生效的版本，新版本的生效时间不能早于它"));
    }
    let act = Act::Catalogue { version: draft.id, number: draft.number, seen: draft.content, from };
    proposal::open(state, staffer, Why::Catalogue, draft.id, reason, act).await?;
    Ok(())
}

fn moment(text: &str) -> Result<Option<DateTimeUtc>, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || Error::invalid("from", "请选择正确的生效时间，或留空表示立即生效");
    let at = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").map_err(|_| wrong())?;
    let beijing = FixedOffset::east_opt(8 * 3600).ok_or_else(wrong)?;
    let at = beijing.from_local_datetime(&at).single().ok_or_else(wrong)?;
    Ok(Some(at.to_utc()))
}

/// What two people have agreed on is published.
pub(super) async fn carry_out(
    tx: &mut Tx,
    version: Uuid,
    seen: &str,
    from: Option<DateTimeUtc>,
    second: Uuid,
) -> Result<(), Error> {
    flow::publish(tx, version, seen, from, second).await
}
