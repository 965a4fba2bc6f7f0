//! 人工审核: the way without a face check, for those who decline it and for cases with signs of fraud.

use super::{allow, call, fields_of, mine, reading_of, verified_elsewhere};
use crate::{
    agreements::{self, Text},
    change,
    db::Actor,
    error::Error,
    papers,
    person::{
        Action, Failure, Side, Status,
        card::{Fields, Reading},
        entity::{face_check, person},
    },
    state::State,
    who::Who,
};
use chrono::{DateTime, Utc};
use sea_orm::{QueryOrder, entity::prelude::*, sea_query::Expr};

/// The person chooses 人工审核: the face consent, if there is one, is withdrawn; giving the identity to the
/// certification authority is still needed, and a consent of its own. `call_at` is when a slot for the call back begins.
///
/// # Errors
/// [`Error::Invalid`] naming `provide_to_ca` when that is not ticked; [`Error::Conflict`] before the fields are confirmed.
pub async fn decline(
    state: &State,
    who: &Who,
    provide_to_ca: bool,
    call_at: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    let given = agreements::stands(state, who.member_id, Text::ProvideToCa).await?;
    if !given && !provide_to_ca {
        return Err(Error::invalid("provide_to_ca", format!("请阅读并勾选《{}》", Text::ProvideToCa.title())));
    }
    let face = agreements::stands(state, who.member_id, Text::Face).await?;
    let transfer = agreements::stands(state, who.member_id, Text::FaceTransfer).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let row = mine(&*tx, who).await?;
    allow(&row, Action::Decline)?;
    if !given {
        agreements::record(&mut tx, who.member_id, who.account_id, Text::ProvideToCa).await?;
    }
    for (given, text) in [(face, Text::Face), (transfer, Text::FaceTransfer)] {
        if given {
            agreements::withdraw(&mut tx, who.member_id, who.account_id, text).await?;
        }
    }
    call::ask(&mut tx, &row, call_at).await?;
    let now = tx.now;
    change::advance::<person::Entity>(&mut tx, &row, Action::Decline, |update| {
        update
            .col_expr(person::Column::DeclinedFace, Expr::value(true))
            .col_expr(person::Column::FaceCheckId, Expr::value(None::<Uuid>))
            .col_expr(person::Column::Failure, Expr::value(None::<Failure>))
            .col_expr(person::Column::Note, Expr::value(None::<String>))
            .col_expr(person::Column::UpdatedAt, Expr::value(now))
    })
    .await?;
    tx.commit().await
}

/// A case that waits for a reviewer.
#[derive(Clone, Debug)]
pub struct ManualCase {
    pub person_id: Uuid,
    pub account_id: Uuid,
    pub member_id: Uuid,
    /// False when signs of fraud have brought it here.
    pub declined_face: bool,
    pub since: DateTime<Utc>,
}

impl From<&person::Model> for ManualCase {
    fn from(row: &person::Model) -> Self {
        Self {
            person_id: row.id,
            account_id: row.account_id,
            member_id: row.member_id,
            declined_face: row.declined_face,
            since: row.updated_at,
        }
    }
}

/// The cases that wait, oldest first.
pub async fn manual_cases(state: &State) -> Result<Vec<ManualCase>, Error> {
    let rows = person::Entity::find()
        .filter(person::Column::Status.eq(Status::ManualReview))
        .order_by_asc(person::Column::UpdatedAt)
        .all(&state.db.read)
        .await?;
    Ok(rows.iter().map(ManualCase::from).collect())
}

/// What the reviewer sees.
pub struct ManualDetail {
    pub case: ManualCase,
    pub status: Status,
    pub fields: Fields,
    /// What was read off the photos, beside what was confirmed.
    pub reading: Reading,
    /// The names of the fields that the person has corrected.
    pub corrected: Vec<String>,
    /// Every attempt, oldest first.
    pub checks: Vec<face_check::Model>,
    /// Appointments and calls, newest first.
    pub calls: Vec<call::Called>,
    /// Whether a signed statement on paper is there.
    pub has_statement: bool,
}

/// One case.
///
/// # Errors
/// [`Error::NotFound`] when there is no such person, or nothing has been confirmed.
pub async fn manual_case(state: &State, person_id: Uuid) -> Result<ManualDetail, Error> {
    let row = row(&state.db.read, person_id).await?;
    let checks = face_check::Entity::find()
        .filter(face_check::Column::PersonId.eq(person_id))
        .order_by_asc(face_check::Column::Id)
        .all(&state.db.read)
        .await?;
    Ok(ManualDetail {
        case: ManualCase::from(&row),
        status: row.status,
        fields: fields_of(state, &row)?.ok_or_else(Error::not_found)?,
        reading: reading_of(state, &row)?,
        corrected: row.corrected.iter().flat_map(|marks| marks.split(' ')).map(String::from).collect(),
        calls: call::calls(state, person_id).await?,
        has_statement: row.statement_paper.is_some(),
        checks,
    })
}

pub(super) async fn row(c: &impl ConnectionTrait, person_id: Uuid) -> Result<person::Model, Error> {
    person::Entity::find_by_id(person_id).one(c).await?.ok_or_else(Error::not_found)
}

/// A side of the card, JPEG.
pub async fn photo(state: &State, person_id: Uuid, side: Side) -> Result<Vec<u8>, Error> {
    let row = row(&state.db.read, person_id).await?;
    let paper = match side {
        Side::Portrait => row.portrait_paper,
        Side::Emblem => row.emblem_paper,
    };
    let (_, jpeg) = papers::content(state, row.id, paper.ok_or_else(Error::not_found)?).await?;
    Ok(jpeg)
}

/// A reviewer has found the case in order: the person is verified.
///
/// # Errors
/// [`Error::Conflict`] when it does not wait for a reviewer, the same card is verified in the account already, or the person no
/// longer agrees to have the identity given to the certification authority.
pub async fn approve_manual(state: &State, actor: Actor, person_id: Uuid) -> Result<(), Error> {
    let mut tx = state.db.begin(actor).await?;
    let row = row(&*tx, person_id).await?;
    let index = row.resident_id_index.clone().unwrap_or_default();
    if verified_elsewhere(&tx, &row, &index).await? {
        return Err(Error::conflict("already_verified", Failure::VerifiedElsewhere.sentence()));
    }
    if !agreements::stands(state, row.member_id, Text::ProvideToCa).await? {
        let sentence = "申请人已撤回向电子认证服务机构提供个人信息的同意，不能通过；请以“不通过”结束并说明";
        return Err(Error::conflict("consent_withdrawn", sentence));
    }
    let now = tx.now;
    change::advance::<person::Entity>(&mut tx, &row, Action::Approve, |update| {
        update
            .col_expr(person::Column::Failure, Expr::value(None::<Failure>))
            .col_expr(person::Column::Note, Expr::value(None::<String>))
            .col_expr(person::Column::VerifiedAt, Expr::value(now))
            .col_expr(person::Column::VerifiedIndex, Expr::value(index))
            .col_expr(person::Column::UpdatedAt, Expr::value(now))
    })
    .await?;
    tx.commit().await
}

/// A reviewer has not: the person reads the note and may correct, record or ask again.
///
/// # Errors
/// [`Error::Invalid`] naming `note` when there is none, or it is longer than 500 characters.
pub async fn refuse_manual(state: &State, actor: Actor, person_id: Uuid, note: &str) -> Result<(), Error> {
    let note = note.trim();
    if !(1..=500).contains(&note.chars().count()) {
        return Err(Error::invalid("note", "请写明未通过的原因，不超过 500 字"));
    }
    let mut tx = state.db.begin(actor).await?;
    let row = row(&*tx, person_id).await?;
    let now = tx.now;
    change::advance::<person::Entity>(&mut tx, &row, Action::Refuse, |update| {
        update
            .col_expr(person::Column::Failure, Expr::value(Some(Failure::Refused)))
            .col_expr(person::Column::Note, Expr::value(note))
            .col_expr(person::Column::UpdatedAt, Expr::value(now))
    })
    .await?;
    tx.commit().await
}
