//! 电子印章: the company's round seal and its representative's square one, drawn when the company is approved.

use super::{
    entity::electronic_seal::{ActiveModel, Column, Entity, Model},
    needs::{self, Approved},
    proof,
};
use crate::{db::Actor, error::Error, events, jobs::Outcome, papers, state::State};
use sea_orm::{ActiveValue::Set, DeriveActiveEnum, EnumIter, SqlErr, entity::prelude::*};
use sha2::{Digest, Sha256};
use zhangzheng_documents::seal::{Drawing, NameSeal, RoundSeal, SealError};

/// The job that draws the seals of a company.
pub const MAKE: &str = "seal.make";
/// Dots an inch: what a printed page needs.
const DPI: f32 = 300.0;

/// Whose seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum, poem_openapi::Enum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
#[oai(rename = "SealKind", rename_all = "snake_case")]
pub enum Kind {
    /// 企业印章.
    Company,
    /// 法定代表人印章.
    Representative,
}

impl Kind {
    /// The word in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Representative => "representative",
        }
    }

    /// The kind with this word.
    pub fn by_word(word: &str) -> Option<Self> {
        [Self::Company, Self::Representative].into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it is the company's.
    pub const fn is_company(&self) -> bool {
        matches!(self, Self::Company)
    }

    /// What the page says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Company => "企业电子印章",
            Self::Representative => "法定代表人电子印章",
        }
    }
}

/// Draws the seals, once; `subject_id` is the company's case. What cannot be drawn waits for a person.
pub async fn make(state: &State, subject_id: Uuid) -> Outcome {
    match try_make(state, subject_id).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Retry(error.to_string()),
    }
}

async fn try_make(state: &State, subject_id: Uuid) -> Result<Outcome, Error> {
    let Some(account_id) = events::account_of(&state.db.read, subject_id).await? else { return Ok(Outcome::Done) };
    let Some(company) = needs::approved(state, account_id).await? else { return Ok(Outcome::Done) };
    if !state.config.seal.desk.is_automatic() {
        // At the seal desk one makes the proof, and another checks it.
        return Ok(Outcome::Done);
    }
    if made(state, account_id).await? {
        return Ok(Outcome::Done);
    }
    let drawings = match draw(&company) {
        Ok(drawings) => drawings,
        Err(error) => return Ok(Outcome::GiveUp(error.to_string())),
    };
    let mut kept = Vec::new();
    for (kind, drawing) in drawings {
        let png = drawing.png(DPI);
        let paper = papers::keep(state, company.case_id, "image/png", &Sha256::digest(&png), &png).await?;
        kept.push((kind, paper));
    }
    let mut tx = state.db.begin(Actor::System).await?;
    for (kind, paper) in kept {
        let paper_id = papers::record(&mut tx, paper).await?;
        let id = tx.id();
        let row = ActiveModel {
            id: Set(id),
            account_id: Set(account_id),
            case_id: Set(company.case_id),
            kind: Set(kind),
            paper_id: Set(paper_id),
            made_at: Set(tx.now),
        };
        match Entity::insert(row).exec_without_returning(&*tx).await {
            Ok(_) => {}
            // Somebody else has made them meanwhile.
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                return Ok(Outcome::Done);
            }
            Err(error) => return Err(error.into()),
        }
        if kind == Kind::Company {
            tx.say(events::Event::new("seal.make", id, Some(account_id))).await?;
        }
    }
    tx.commit().await?;
    Ok(Outcome::Done)
}

fn draw(company: &Approved) -> Result<Vec<(Kind, Drawing)>, SealError> {
    let round = RoundSeal::company(&company.name, company.seal_number.as_deref()).draw()?;
    let mut drawings = vec![(Kind::Company, round)];
    if let Some(name) = &company.representative_name {
        drawings.push((Kind::Representative, NameSeal::new(name).draw()?));
    }
    Ok(drawings)
}

/// One seal from the template, PNG.
///
/// # Errors
/// [`Error::Invalid`] naming `source` for a name that cannot be drawn.
pub(super) fn template(company: &Approved, kind: Kind) -> Result<Vec<u8>, Error> {
    let drawings = draw(company).map_err(|error| {
        tracing::warn!(error.cause = %error, "a seal cannot be drawn");
        Error::invalid("source", "名称中有无法绘制的文字，请改用印模制作")
    })?;
    let drawing = drawings.into_iter().find(|(drawn, _)| *drawn == kind);
    drawing.map(|(_, drawing)| drawing.png(DPI)).ok_or_else(Error::not_found)
}

/// Whether the seals are made: the company's; at the seal desk, every one that it gets.
pub async fn made(state: &State, account_id: Uuid) -> Result<bool, Error> {
    if state.config.seal.desk.is_automatic() {
        return Ok(find(state, account_id, Kind::Company).await?.is_some());
    }
    let Some(company) = needs::approved(state, account_id).await? else { return Ok(false) };
    for kind in proof::wanted(&company) {
        if find(state, account_id, kind).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The seal of a kind.
pub async fn find(state: &State, account_id: Uuid, kind: Kind) -> Result<Option<Model>, Error> {
    let found = Entity::find().filter(Column::AccountId.eq(account_id)).filter(Column::Kind.eq(kind));
    Ok(found.one(&state.db.read).await?)
}

/// Its picture, PNG.
///
/// # Errors
/// [`Error::NotFound`] before it is made.
pub async fn picture(state: &State, account_id: Uuid, kind: Kind) -> Result<Vec<u8>, Error> {
    let row = find(state, account_id, kind).await?.ok_or_else(Error::not_found)?;
    let (_, png) = papers::content(state, row.case_id, row.paper_id).await?;
    Ok(png)
}
