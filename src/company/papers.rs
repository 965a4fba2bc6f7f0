//! The papers of a company: taken in, read by the machine before anything is kept, and given back to their owner only.

use super::{
    Field, Item, PaperKind, Reading, Request,
    entity::{company, company_paper},
    flow,
    intake::{self, Cut, Found, Taken, Whose},
    invitation,
};
use crate::{
    db::Tx,
    error::Error,
    events::Event,
    limits,
    papers::{self, Kept},
    pdf,
    state::State,
    who::Who,
};
use sea_orm::{ActiveValue::Set, entity::prelude::*, sea_query::Expr};
use sha2::{Digest, Sha256};
use zhangzheng_documents::photo::{self, Limits};

/// Long side of what the form shows, in pixels.
const THUMBNAIL: u32 = 480;

/// No upload of a kind is larger than this, in bytes.
pub const fn largest(kind: PaperKind) -> usize {
    if kind.takes_pdf() { pdf::LARGEST } else { papers::LARGEST_PHOTO }
}

/// Takes in a photo of a paper, or a PDF of the letter: looked at, read, kept encrypted; the one before it is replaced. Fields
/// that the person has left empty are filled from it.
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
    let whose = Whose { who, row: &row, person: &person };
    let taken = intake::take(state, whose, kind, bytes).await?;
    put(state, who, row.id, kind, taken).await
}

/// 个人印章 from the template, in place of a photo of one.
///
/// # Errors
/// [`Error::Invalid`] naming the field that it needs; [`Error::Conflict`] when it may not be changed now, or the paper is not
/// one that can be drawn.
pub async fn draw(state: &State, who: &Who, kind: PaperKind) -> Result<(), Error> {
    if !kind.has_template() {
        return Err(Error::conflict("no_template", format!("{}没有模板，请拍照上传", kind.label())));
    }
    flow::verified(state, who).await?;
    let row = flow::find(&state.db.read, who.account_id).await?.ok_or_else(flow::role_first)?;
    let row = may_change(state, row, kind).await?;
    let limit = state.config.limits.paper_uploads_per_account;
    limits::count(&state.db, "company_paper", &who.account_id.simple().to_string(), limit).await?;
    let taken = intake::from_template(&flow::fields(state, &row)?).await?;
    put(state, who, row.id, kind, taken).await
}

/// Puts what was taken in the place of what was there.
async fn put(state: &State, who: &Who, case_id: Uuid, kind: PaperKind, taken: Taken) -> Result<(), Error> {
    let stored = store(state, case_id, &taken).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let row = flow::held(&tx, who).await?;
    if !flow::open_now(&*tx, &row).await?.holds(Item::Paper(kind)) {
        return Err(flow::closed(Item::Paper(kind)));
    }
    replace(&tx, row.id, kind).await?;
    write_down(&mut tx, state, &row, kind, &taken, stored).await?;
    take_in(&mut tx, state, &row, who, taken.found).await?;
    tx.say(Event::new("company.upload_paper", row.id, Some(row.account_id))).await?;
    tx.commit().await
}

/// What has been put into storage of one paper.
struct Stored {
    pages: Vec<Kept>,
    original: Option<Kept>,
    cut: Option<Kept>,
}

async fn store(state: &State, case_id: Uuid, taken: &Taken) -> Result<Stored, Error> {
    let mut pages = Vec::with_capacity(taken.pages.len());
    for page in &taken.pages {
        pages.push(papers::keep(state, case_id, "image/jpeg", &taken.upload_hash, page).await?);
    }
    let original = match &taken.original {
        Some(pdf) => Some(papers::keep(state, case_id, "application/pdf", &taken.upload_hash, pdf).await?),
        None => None,
    };
    let png = match &taken.found {
        Found::Seal(cut) | Found::Drawn(cut, _) => cut.png.as_deref(),
        _ => None,
    };
    let cut = match png {
        Some(png) => Some(papers::keep(state, case_id, "image/png", &Sha256::digest(png), png).await?),
        None => None,
    };
    Ok(Stored { pages, original, cut })
}

/// A row for every page.
async fn write_down(
    tx: &mut Tx,
    state: &State,
    row: &company::Model,
    kind: PaperKind,
    taken: &Taken,
    stored: Stored,
) -> Result<(), Error> {
    let mut original_paper = recorded(tx, stored.original).await?;
    let mut cut_paper = recorded(tx, stored.cut).await?;
    let (letter_version, cut_advice, drawn_for) = match &taken.found {
        Found::Letter(version) => (Some(*version), None, None),
        Found::Seal(Cut { advice, .. }) => (None, advice.map(str::to_owned), None),
        Found::Drawn(_, name) => (None, None, Some(intake::drawn_for(state, name.as_str()))),
        _ => (None, None, None),
    };
    for (page, kept) in (1..).zip(stored.pages) {
        let paper = company_paper::ActiveModel {
            id: Set(tx.id()),
            company_id: Set(row.id),
            kind: Set(kind),
            source: Set(taken.source),
            page: Set(page),
            paper_id: Set(papers::record(tx, kept).await?),
            original_paper: Set(original_paper.take()),
            letter_version: Set(letter_version),
            cut_paper: Set(cut_paper.take()),
            cut_advice: Set(cut_advice.clone()),
            drawn_for: Set(drawn_for.clone()),
            created_at: Set(tx.now),
            replaced_at: Set(None),
        };
        company_paper::Entity::insert(paper).exec_without_returning(&**tx).await?;
    }
    Ok(())
}

async fn recorded(tx: &mut Tx, kept: Option<Kept>) -> Result<Option<Uuid>, Error> {
    match kept {
        Some(kept) => papers::record(tx, kept).await.map(Some),
        None => Ok(None),
    }
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

async fn replace(tx: &Tx, company_id: Uuid, kind: PaperKind) -> Result<u64, Error> {
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
async fn take_in(tx: &mut Tx, state: &State, row: &company::Model, who: &Who, found: Found) -> Result<(), Error> {
    let mut reading: Reading = flow::reading(state, row)?;
    let mut fields = flow::fields(state, row)?;
    let mut called = |paper: PaperKind, request_id: &str| {
        let request_id = request_id.to_owned();
        reading.requests.push(Request { paper, request_id, at: tx.now });
    };
    let noticed = match &found {
        Found::Licence(read) => {
            called(PaperKind::BusinessLicence, &read.request_id);
            reading.take_licence(&read.paper);
            &read.noticed
        }
        Found::Card(read) => {
            called(PaperKind::RepresentativeIdPortrait, &read.request_id);
            reading.take_card(&read.paper);
            &read.noticed
        }
        Found::Emblem(read) => {
            called(PaperKind::RepresentativeIdEmblem, &read.request_id);
            &read.noticed
        }
        Found::Drawn(..) if fields.get(Field::HasRepresentativeSealNumber).is_empty() => {
            // The template has no number beneath.
            fields.set(Field::HasRepresentativeSealNumber, "no");
            &Vec::new()
        }
        Found::Nothing | Found::Letter(_) | Found::Seal(_) | Found::Drawn(..) => return Ok(()),
    };
    for advice in noticed {
        let word = serde_json::to_value(advice).map_err(Error::internal)?;
        let word = word.as_str().unwrap_or_default().to_owned();
        if !reading.noticed.contains(&word) {
            reading.noticed.push(word);
        }
    }
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

/// A page of the account's own current paper of a kind, as JPEG.
///
/// # Errors
/// [`Error::NotFound`] when there is no such page.
pub async fn paper_of(state: &State, who: &Who, kind: PaperKind, page: i32) -> Result<Vec<u8>, Error> {
    let row = flow::find(&state.db.read, who.account_id).await?.ok_or_else(Error::not_found)?;
    let papers = flow::current_papers(&state.db.read, row.id).await?;
    let paper = papers.into_iter().find(|paper| paper.kind == kind && paper.page == page);
    Ok(papers::content(state, row.id, paper.ok_or_else(Error::not_found)?.paper_id).await?.1)
}

/// The same, small enough for the form.
pub async fn thumbnail(state: &State, who: &Who, kind: PaperKind, page: i32) -> Result<Vec<u8>, Error> {
    let jpeg = paper_of(state, who, kind, page).await?;
    let limits = Limits { min_side: 1, ..Limits::default() };
    let small = move || photo::decode(&jpeg, &limits).map(|picture| photo::thumbnail(&picture, THUMBNAIL));
    let small = tokio::task::spawn_blocking(small).await.map_err(Error::internal)?;
    Ok(small.map_err(Error::internal)?.jpeg)
}
