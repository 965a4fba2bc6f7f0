//! The papers of a company: taken in, read by the machine before anything is kept, and given back to their owner only.

use super::{
    Item, PaperKind, Reading,
    entity::{company, company_paper},
    flow, invitation, power_of_attorney,
};
use crate::{
    error::Error,
    events::Event,
    limits,
    papers::{self, Checked},
    person,
    state::State,
    who::Who,
};
use sea_orm::{ActiveValue::Set, entity::prelude::*, sea_query::Expr};
use sha2::{Digest, Sha256};
use zhangzheng_documents::{
    photo::{self, Limits, PhotoError},
    qr,
    seal_photo::{self, Shape, signature},
};
use zhangzheng_providers::ocr;

/// Long side of what the form shows, in pixels.
const THUMBNAIL: u32 = 480;

/// What was found on a photo before it is kept.
enum Found {
    Nothing,
    Licence(ocr::Read<ocr::Licence>),
    Card(ocr::Read<ocr::PortraitSide>),
    Letter(i32),
    Seal(Cut),
}

/// What came of cutting a seal or a signature out of a photo.
struct Cut {
    png: Option<Vec<u8>>,
    advice: Option<&'static str>,
}

/// Takes in a photo of a paper: looked at, read, kept encrypted; the one before it is replaced. Fields that the person has
/// left empty are filled from it.
///
/// # Errors
/// [`Error::Invalid`] naming `file`, with what to do better; [`Error::Conflict`] when it may not be changed now. Nothing is
/// kept then.
pub async fn upload(state: &State, who: &Who, kind: PaperKind, bytes: Vec<u8>) -> Result<(), Error> {
    let person = flow::verified(state, who).await?;
    let row = flow::find(&state.db.read, who.account_id).await?.ok_or_else(flow::role_first)?;
    let row = may_change(state, row, kind).await?;
    let limit = state.config.limits.paper_uploads_per_account;
    limits::count(&state.db, "company_paper", &who.account_id.simple().to_string(), limit).await?;
    let photo = papers::check_photo(bytes, Limits::default()).await?;
    let found = look(state, who, &row, &person, kind, &photo).await?;
    let kept = papers::keep(state, row.id, "image/jpeg", &photo.upload_hash, &photo.jpeg).await?;
    let (png, cut_advice) = match &found {
        Found::Seal(cut) => (cut.png.as_deref(), cut.advice.map(str::to_owned)),
        _ => (None, None),
    };
    let cut = match png {
        Some(png) => Some(papers::keep(state, row.id, "image/png", &Sha256::digest(png), png).await?),
        None => None,
    };

    let mut tx = state.db.begin(who.actor()).await?;
    let row = flow::held(&tx, who).await?;
    if !flow::open_now(&*tx, &row).await?.holds(Item::Paper(kind)) {
        return Err(flow::closed(Item::Paper(kind)));
    }
    let paper_id = papers::record(&mut tx, kept).await?;
    let cut_paper = match cut {
        Some(cut) => Some(papers::record(&mut tx, cut).await?),
        None => None,
    };
    replace(&tx, row.id, kind).await?;
    let letter_version = if let Found::Letter(version) = &found { Some(*version) } else { None };
    let paper = company_paper::ActiveModel {
        id: Set(tx.id()),
        company_id: Set(row.id),
        kind: Set(kind),
        paper_id: Set(paper_id),
        letter_version: Set(letter_version),
        cut_paper: Set(cut_paper),
        cut_advice: Set(cut_advice),
        created_at: Set(tx.now),
        replaced_at: Set(None),
    };
    company_paper::Entity::insert(paper).exec_without_returning(&*tx).await?;
    take_in(&mut tx, state, &row, who, found).await?;
    tx.say(Event::new("company.upload_paper", row.id, Some(row.account_id))).await?;
    tx.commit().await
}

async fn may_change(state: &State, row: company::Model, kind: PaperKind) -> Result<company::Model, Error> {
    let row = flow::editable(row)?;
    if !row.role.papers(row.mandate).contains(&kind) {
        return Err(Error::invalid("kind", format!("“{}”办理无需上传{}", row.role.label(), kind.label())));
    }
    match flow::open_now(&state.db.read, &row).await?.holds(Item::Paper(kind)) {
        true => Ok(row),
        false => Err(flow::closed(Item::Paper(kind))),
    }
}

/// Reads the photo, by a vendor or by ourselves. When the reading vendor does not answer, the person types instead.
async fn look(
    state: &State,
    who: &Who,
    row: &company::Model,
    person: &person::Verified,
    kind: PaperKind,
    photo: &Checked,
) -> Result<Found, Error> {
    match kind {
        PaperKind::BusinessLicence => {
            Ok(readable(state.providers.ocr.licence(&photo.jpeg).await)?.map_or(Found::Nothing, Found::Licence))
        }
        PaperKind::RepresentativeIdPortrait => {
            Ok(readable(state.providers.ocr.portrait_side(&photo.jpeg).await)?.map_or(Found::Nothing, Found::Card))
        }
        PaperKind::RepresentativeIdEmblem => {
            readable(state.providers.ocr.emblem_side(&photo.jpeg).await)?;
            Ok(Found::Nothing)
        }
        PaperKind::PowerOfAttorney => {
            let code = read_code(photo.jpeg.clone()).await?;
            let version = power_of_attorney::recognise(state, who, row, person, code.as_deref()).await?;
            Ok(Found::Letter(version))
        }
        PaperKind::CompanySeal | PaperKind::RepresentativeSeal => {
            Ok(Found::Seal(cut_out(kind, photo.jpeg.clone()).await?))
        }
    }
}

fn readable<T>(answer: zhangzheng_providers::Result<ocr::Reading<T>>) -> Result<Option<ocr::Read<T>>, Error> {
    match answer {
        Ok(ocr::Reading::Read(read)) => Ok(Some(read)),
        Ok(ocr::Reading::Retake(advice)) => {
            let sentence = advice.first().map_or("照片不够清晰，请重新拍摄", |advice| advice.sentence());
            Err(Error::invalid("file", sentence))
        }
        Err(error) => {
            tracing::warn!(error.cause = %error, outcome = error.outcome(), "a paper was kept without being read");
            Ok(None)
        }
    }
}

async fn read_code(jpeg: Vec<u8>) -> Result<Option<String>, Error> {
    let read = move || photo::decode(&jpeg, &Limits::default()).map(|picture| qr::read(&picture));
    let read = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?;
    read.map_err(|refused| Error::invalid("file", refused.advice()))
}

/// Cuts the seal out; a representative without one has signed instead. A seal that cannot be cut out is no reason to refuse the
/// photo: the person sees why and may take another, and the reviewer sees the photo.
async fn cut_out(kind: PaperKind, jpeg: Vec<u8>) -> Result<Cut, Error> {
    let cut = tokio::task::spawn_blocking(move || cut_from(kind, &jpeg)).await.map_err(Error::internal)?;
    cut.map_err(|refused| Error::invalid("file", refused.advice()))
}

fn cut_from(kind: PaperKind, jpeg: &[u8]) -> Result<Cut, PhotoError> {
    let picture = photo::decode(jpeg, &Limits::default())?;
    let shape = if kind == PaperKind::CompanySeal { Shape::Round } else { Shape::Square };
    let refused = match seal_photo::extract(&picture, Some(shape)) {
        Ok(cut) => return Ok(Cut { png: Some(cut.png()), advice: None }),
        Err(refused) => refused,
    };
    if kind == PaperKind::RepresentativeSeal && refused == seal_photo::Refusal::NoSeal {
        return Ok(match signature::cut_out(&picture) {
            Ok(cut) => Cut { png: Some(cut.png()), advice: None },
            Err(refused) => Cut { png: None, advice: Some(refused.advice()) },
        });
    }
    Ok(Cut { png: None, advice: Some(refused.advice()) })
}

/// The seal or signature cut out of the account's own current paper, PNG.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn cut_of(state: &State, who: &Who, kind: PaperKind) -> Result<Vec<u8>, Error> {
    let row = flow::find(&state.db.read, who.account_id).await?.ok_or_else(Error::not_found)?;
    let papers = flow::current_papers(&state.db.read, row.id).await?;
    let paper = papers.into_iter().find(|paper| paper.kind == kind).and_then(|paper| paper.cut_paper);
    Ok(papers::content(state, row.id, paper.ok_or_else(Error::not_found)?).await?.1)
}

async fn replace(tx: &crate::db::Tx, company_id: Uuid, kind: PaperKind) -> Result<u64, Error> {
    let replaced = company_paper::Entity::update_many()
        .col_expr(company_paper::Column::ReplacedAt, Expr::value(tx.now))
        .filter(company_paper::Column::CompanyId.eq(company_id))
        .filter(company_paper::Column::Kind.eq(kind))
        .filter(company_paper::Column::ReplacedAt.is_null())
        .exec(&**tx)
        .await?;
    Ok(replaced.rows_affected)
}

/// Keeps what was read, and fills in what is empty.
async fn take_in(
    tx: &mut crate::db::Tx,
    state: &State,
    row: &company::Model,
    who: &Who,
    found: Found,
) -> Result<(), Error> {
    let mut reading: Reading = flow::reading(state, row)?;
    let noticed = match &found {
        Found::Licence(read) => {
            reading.take_licence(&read.paper);
            &read.noticed
        }
        Found::Card(read) => {
            reading.take_card(&read.paper);
            &read.noticed
        }
        Found::Nothing | Found::Letter(_) | Found::Seal(_) => return Ok(()),
    };
    for advice in noticed {
        let word = serde_json::to_value(advice).map_err(Error::internal)?;
        let word = word.as_str().unwrap_or_default().to_owned();
        if !reading.noticed.contains(&word) {
            reading.noticed.push(word);
        }
    }
    let mut fields = flow::fields(state, row)?;
    reading.fill(&mut fields);
    company::Entity::update_many()
        .col_expr(company::Column::Reading, Expr::value(flow::sealed(state, "company.reading", row.id, &reading)?))
        .col_expr(company::Column::Fields, Expr::value(flow::sealed(state, "company.fields", row.id, &fields)?))
        .col_expr(company::Column::ApplicantId, Expr::value(who.member_id))
        .filter(company::Column::Id.eq(row.id))
        .exec(&**tx)
        .await?;
    invitation::flow::void_if_changed(tx, state, row.id, &fields).await
}

/// Takes a paper away. Doing it again is nothing.
pub async fn remove(state: &State, who: &Who, kind: PaperKind) -> Result<(), Error> {
    flow::verified(state, who).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let row = flow::held(&tx, who).await?;
    if !flow::open_now(&*tx, &row).await?.holds(Item::Paper(kind)) {
        return Err(flow::closed(Item::Paper(kind)));
    }
    if replace(&tx, row.id, kind).await? > 0 {
        tx.say(Event::new("company.remove_paper", row.id, Some(row.account_id))).await?;
    }
    tx.commit().await
}

/// The account's own current paper of a kind, as JPEG.
pub async fn paper_of(state: &State, who: &Who, kind: PaperKind) -> Result<Vec<u8>, Error> {
    let row = flow::find(&state.db.read, who.account_id).await?.ok_or_else(Error::not_found)?;
    let papers = flow::current_papers(&state.db.read, row.id).await?;
    let paper = papers.into_iter().find(|paper| paper.kind == kind).ok_or_else(Error::not_found)?;
    Ok(papers::content(state, row.id, paper.paper_id).await?.1)
}

/// The same, small enough for the form.
pub async fn thumbnail(state: &State, who: &Who, kind: PaperKind) -> Result<Vec<u8>, Error> {
    let jpeg = paper_of(state, who, kind).await?;
    let small = move || photo::decode(&jpeg, &Limits::default()).map(|picture| photo::thumbnail(&picture, THUMBNAIL));
    let small = tokio::task::spawn_blocking(small).await.map_err(Error::internal)?;
    Ok(small.map_err(Error::internal)?.jpeg)
}
