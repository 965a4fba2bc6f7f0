//! What an uploaded paper turns out to be, before anything of it is kept: a photo or the pages of a PDF, read by a vendor or
//! by ourselves, with the seal that is cut out of it or drawn.

use super::{
    Field, Fields, PaperKind, Source,
    entity::{company, company_paper},
    power_of_attorney,
};
use crate::{error::Error, papers, pdf, person, state::State, who::Who};
use sha2::{Digest, Sha256};
use zhangzheng_documents::{
    pdf::alike,
    photo::{self, Limits, PhotoError},
    qr, seal,
    seal_photo::{self, Shape, signature},
};
use zhangzheng_kinds::PersonName;
use zhangzheng_providers::ocr;

/// Dots an inch of a drawn seal.
const DPI: f32 = 300.0;

/// A paper that may be kept.
pub(super) struct Taken {
    pub source: Source,
    /// JPEG, in order; at least one.
    pub pages: Vec<Vec<u8>>,
    /// What was uploaded, when that is not what the pages are.
    pub original: Option<Vec<u8>>,
    pub upload_hash: Vec<u8>,
    pub found: Found,
}

/// What was found on a paper.
pub(super) enum Found {
    Nothing,
    Licence(ocr::Read<ocr::Licence>),
    Card(ocr::Read<ocr::PortraitSide>),
    Emblem(ocr::Read<ocr::EmblemSide>),
    Letter(i32),
    Seal(Cut),
    /// A seal that we have drawn, and the name on it.
    Drawn(Cut, PersonName),
}

/// What came of cutting a seal or a signature out of a photo.
pub(super) struct Cut {
    pub png: Option<Vec<u8>>,
    pub advice: Option<&'static str>,
}

/// Whose paper it is.
#[derive(Clone, Copy)]
pub(super) struct Whose<'a> {
    pub who: &'a Who,
    pub row: &'a company::Model,
    pub person: &'a person::Verified,
}

/// Looks at an upload, known by its content.
///
/// # Errors
/// [`Error::Invalid`] naming `file`, with what to do better.
pub(super) async fn take(state: &State, whose: Whose<'_>, kind: PaperKind, upload: Vec<u8>) -> Result<Taken, Error> {
    match (pdf::is_pdf(&upload), kind.takes_pdf()) {
        (true, true) => take_pdf(state, whose, upload).await,
        (true, false) => {
            let label = kind.label();
            Err(Error::invalid("file", format!("{label}请上传照片（JPG 或 PNG）；PDF 仅用于授权委托书")))
        }
        (false, _) => take_photo(state, whose, kind, upload).await,
    }
}

async fn take_photo(state: &State, whose: Whose<'_>, kind: PaperKind, upload: Vec<u8>) -> Result<Taken, Error> {
    if upload.len() > papers::LARGEST_PHOTO {
        let most = papers::LARGEST_PHOTO / 1024 / 1024;
        return Err(Error::too_large("file", format!("照片文件过大，请上传不超过 {most} MB 的照片")));
    }
    let photo = papers::check_photo(upload, Limits::default()).await?;
    let found = look(state, whose, kind, &photo.jpeg).await?;
    let upload_hash = photo.upload_hash.to_vec();
    Ok(Taken { source: Source::Photo, pages: vec![photo.jpeg], original: None, upload_hash, found })
}

/// Reads the photo, by a vendor or by ourselves. When the reading vendor does not answer, the person types instead.
async fn look(state: &State, whose: Whose<'_>, kind: PaperKind, jpeg: &[u8]) -> Result<Found, Error> {
    match kind {
        PaperKind::BusinessLicence => {
            Ok(readable(state.providers.ocr.licence(jpeg).await)?.map_or(Found::Nothing, Found::Licence))
        }
        PaperKind::RepresentativeIdPortrait => {
            Ok(readable(state.providers.ocr.portrait_side(jpeg).await)?.map_or(Found::Nothing, Found::Card))
        }
        PaperKind::RepresentativeIdEmblem => {
            Ok(readable(state.providers.ocr.emblem_side(jpeg).await)?.map_or(Found::Nothing, Found::Emblem))
        }
        PaperKind::PowerOfAttorney => {
            let code = read_code(jpeg.to_vec()).await?;
            Ok(Found::Letter(power_of_attorney::recognise(state, whose, code.as_deref()).await?))
        }
        PaperKind::CompanySeal | PaperKind::RepresentativeSeal => Ok(Found::Seal(cut_out(kind, jpeg.to_vec()).await?)),
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

/// A letter that was scanned: one of its pages bears the code, and that page is not the one that was downloaded.
async fn take_pdf(state: &State, whose: Whose<'_>, upload: Vec<u8>) -> Result<Taken, Error> {
    let pages = pdf::pages(state, &upload).await?;
    let mut found = None;
    for (at, page) in pages.iter().enumerate() {
        if let Some(code) = read_code(page.clone()).await? {
            found = Some((at, code));
            break;
        }
    }
    let code = found.as_ref().map(|(_, code)| code.as_str());
    let version = power_of_attorney::recognise(state, whose, code).await?;
    if let Some((at, _)) = found {
        refuse_unsigned(state, whose, &pages[at]).await?;
    }
    let upload_hash = Sha256::digest(&upload).to_vec();
    Ok(Taken { source: Source::Pdf, pages, original: Some(upload), upload_hash, found: Found::Letter(version) })
}

/// The letter as downloaded, with nothing written on it, is no mandate.
async fn refuse_unsigned(state: &State, whose: Whose<'_>, page: &[u8]) -> Result<(), Error> {
    let blank = power_of_attorney::pdf(state, whose.who).await?;
    let blank = pdf::pages(state, &blank).await?;
    let (Some(blank), page) = (blank.into_iter().next(), page.to_vec()) else { return Ok(()) };
    let compare = move || {
        let limits = Limits::default();
        Ok(alike(&photo::decode(&blank, &limits)?, &photo::decode(&page, &limits)?))
    };
    let same: Result<bool, PhotoError> = tokio::task::spawn_blocking(compare).await.map_err(Error::internal)?;
    match same.map_err(Error::internal)? {
        true => Err(Error::invalid(
            "file",
            "这是刚下载的授权委托书，还没有签字盖章。请打印、签字并加盖公章，再扫描或拍照上传",
        )),
        false => Ok(()),
    }
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

/// 个人印章 from the one template, for a representative who has none: the name that stands in the form.
///
/// # Errors
/// [`Error::Invalid`] naming the name's field, when it is missing or cannot be drawn.
pub(super) async fn from_template(fields: &Fields) -> Result<Taken, Error> {
    let field = Field::RepresentativeName;
    let wrong = |detail: String| Error::invalid(field.word(), format!("制作个人印章前，{detail}"));
    if let Some(problem) = fields.problem(field) {
        return Err(wrong(problem));
    }
    let name = PersonName::parse(fields.get(field)).map_err(|refused| wrong(refused.0.to_owned()))?;
    let drawing = seal::NameSeal::new(name.as_str()).draw().map_err(|refused| wrong(refused.to_string()))?;
    let draw = move || {
        let png = drawing.png(DPI);
        // Transparent ground becomes paper; a seal is small, and small is what it should be.
        let limits = Limits { min_side: 1, ..Limits::default() };
        photo::intake(&png, &limits).map(|photo| (png, photo.jpeg))
    };
    let drawn = tokio::task::spawn_blocking(draw).await.map_err(Error::internal)?;
    let (png, jpeg) = drawn.map_err(Error::internal)?;
    Ok(Taken {
        source: Source::Template,
        upload_hash: Sha256::digest(&jpeg).to_vec(),
        pages: vec![jpeg],
        original: None,
        found: Found::Drawn(Cut { png: Some(png), advice: None }, name),
    })
}

/// What the name on a drawn seal is looked up by.
pub(super) fn drawn_for(state: &State, name: &str) -> Vec<u8> {
    state.vault.index("company_paper.drawn_for", name)
}

/// Whether a drawn seal still bears the name that stands in the form.
pub(super) fn is_outdated(state: &State, paper: &company_paper::Model, fields: &Fields) -> bool {
    let name = Field::RepresentativeName.tidy(fields.get(Field::RepresentativeName));
    paper.drawn_for.as_ref().is_some_and(|drawn| *drawn != drawn_for(state, &name))
}
