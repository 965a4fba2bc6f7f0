//! 人工审核: the way without a face check, for those who decline it and for cases with signs of fraud.

use super::{allow, call, fields_of, mine, reading_of, verified_elsewhere};
use crate::{
    agreements::{self, Text},
    change,
    db::{Actor, Tx},
    error::Error,
    finding, papers,
    person::{
        Action, Decision, Ending, Failure, Side, Status,
        card::{Fields, Reading},
        entity::{face_check, person, person_decision},
        item_label,
    },
    state::State,
    who::Who,
};
use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*, sea_query::Expr};
use std::collections::HashMap;

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
    call::ask(&mut tx, state, &row, call_at).await?;
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

/// Longest note, in characters.
const LONGEST_NOTE: usize = 1000;

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
    /// The papers' rows: 人像面 and 国徽面.
    pub photos: [Option<Uuid>; 2],
    /// When each picture that is there was handed in.
    pub handed_in: HashMap<Uuid, DateTime<Utc>>,
    /// What the face check has said against it, in the reviewer's words.
    pub failures: Vec<&'static str>,
    /// Newest first.
    pub decisions: Vec<Decided>,
    /// Appointments and calls, newest first.
    pub calls: Vec<call::Called>,
    /// The row of the signed statement on paper.
    pub statement: Option<Uuid>,
}

impl ManualDetail {
    /// A word for what a reviewer sees of the case.
    pub fn version(&self) -> String {
        version(self.case.since, self.statement)
    }
}

/// The version of a case as it stands now, in the transaction that decides it.
pub async fn version_of(c: &impl ConnectionTrait, person_id: Uuid) -> Result<String, Error> {
    let row = row(c, person_id).await?;
    Ok(version(row.updated_at, row.statement_paper))
}

/// It changes with every step of the person's, and with a statement that is handed in while the case waits: that must not
/// move the case back in the queue.
fn version(since: DateTime<Utc>, statement: Option<Uuid>) -> String {
    let statement = statement.map_or_else(String::new, |paper| format!("-{}", paper.simple()));
    format!("{}{statement}", since.timestamp_micros())
}

/// A decision that was made about a person.
pub struct Decided {
    pub staff_id: Uuid,
    /// The status that it led to.
    pub decision: Status,
    pub said: Decision,
    /// The fields as decided.
    pub fields: Option<Fields>,
    pub at: DateTime<Utc>,
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
    let pictures = [row.portrait_paper, row.emblem_paper, row.statement_paper];
    Ok(ManualDetail {
        handed_in: papers::handed_in(state, pictures.into_iter().flatten().collect()).await?,
        case: ManualCase::from(&row),
        status: row.status,
        fields: fields_of(state, &row)?.ok_or_else(Error::not_found)?,
        reading: reading_of(state, &row)?,
        corrected: row.corrected.iter().flat_map(|marks| marks.split(' ')).map(String::from).collect(),
        calls: call::calls(state, person_id).await?,
        statement: row.statement_paper,
        checks,
        photos: [row.portrait_paper, row.emblem_paper],
        failures: failures(&state.db.read, &row).await?,
        decisions: decisions(state, person_id).await?,
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
/// As [`decide_manual`].
pub async fn approve_manual(state: &State, actor: Actor, person_id: Uuid) -> Result<(), Error> {
    decide(state, actor, person_id, Action::Approve, &Decision::default()).await
}

/// A reviewer has not: the person reads the note and may correct, record or ask again.
///
/// # Errors
/// As [`decide_manual`].
pub async fn refuse_manual(state: &State, actor: Actor, person_id: Uuid, note: &str) -> Result<(), Error> {
    let said = Decision { applicant_note: note.to_owned(), ..Decision::default() };
    decide(state, actor, person_id, Action::Refuse, &said).await
}

async fn decide(state: &State, actor: Actor, person_id: Uuid, action: Action, said: &Decision) -> Result<(), Error> {
    let Actor::Staff(staff_id) = actor else {
        return Err(Error::forbidden("staff_only", "只有审核人员可以作出决定"));
    };
    let mut tx = state.db.begin(actor).await?;
    decide_manual(&mut tx, state, staff_id, person_id, action, said).await?;
    tx.commit().await
}

/// The one door of decisions about a person: approve and refuse. A second person may stand behind it.
///
/// # Errors
/// [`Error::Conflict`] when it does not wait for a reviewer, the same card is verified in the account already, the person no
/// longer agrees to have the identity given to the certification authority, or the face check has said no and nobody else stands behind the approval; [`Error::Invalid`] naming `note` when a refusal has none,
/// or it is too long.
pub async fn decide_manual(
    tx: &mut Tx,
    state: &State,
    staff_id: Uuid,
    person_id: Uuid,
    action: Action,
    said: &Decision,
) -> Result<(), Error> {
    let note = said.applicant_note.trim();
    if action == Action::Refuse && !(1..=LONGEST_NOTE).contains(&note.chars().count()) {
        return Err(Error::invalid("note", format!("请写明未通过的原因，不超过 {LONGEST_NOTE} 字")));
    }
    if said.internal_note.chars().count() > LONGEST_NOTE {
        return Err(Error::invalid("internal_note", format!("说明不能超过 {LONGEST_NOTE} 字")));
    }
    let row = row(&**tx, person_id).await?;
    let index = row.resident_id_index.clone().unwrap_or_default();
    if action == Action::Approve {
        if verified_elsewhere(tx, &row, &index).await? {
            return Err(Error::conflict("already_verified", Failure::VerifiedElsewhere.sentence()));
        }
        if !agreements::stands(state, row.member_id, Text::ProvideToCa).await? {
            let sentence = "申请人已撤回向电子认证服务机构提供个人信息的同意，不能通过；请以“不通过”结束并说明";
            return Err(Error::conflict("consent_withdrawn", sentence));
        }
        let failures = failures(&**tx, &row).await?;
        if !failures.is_empty() && said.second.is_none_or(|second| second == staff_id) {
            let what = failures.join("、");
            return Err(Error::conflict("second_person", format!("{what}。仍要通过需由另一位高级审核员复核")));
        }
    }
    let now = tx.now;
    let now_is = change::advance::<person::Entity>(tx, &row, action, |update| {
        let update = update.col_expr(person::Column::UpdatedAt, Expr::value(now));
        if action == Action::Approve {
            update
                .col_expr(person::Column::Failure, Expr::value(None::<Failure>))
                .col_expr(person::Column::Note, Expr::value(None::<String>))
                .col_expr(person::Column::VerifiedAt, Expr::value(now))
                .col_expr(person::Column::VerifiedIndex, Expr::value(index))
        } else {
            update
                .col_expr(person::Column::Failure, Expr::value(Some(Failure::Refused)))
                .col_expr(person::Column::Note, Expr::value(note))
        }
    })
    .await?;
    let id = tx.id();
    let seal = |place: &str, text: &str| state.vault.seal(place, id, text);
    let fields = serde_json::to_string(&fields_of(state, &row)?).map_err(Error::internal)?;
    let kept = person_decision::ActiveModel {
        id: Set(id),
        person_id: Set(row.id),
        staff_id: Set(staff_id),
        second_id: Set(said.second),
        decision: Set(now_is),
        reason_code: Set(said.reason_code.clone()),
        applicant_note: Set(seal("person_decision.applicant_note", &said.applicant_note)),
        internal_note: Set(seal("person_decision.internal_note", &said.internal_note)),
        fields: Set(seal("person_decision.fields", &fields)),
        at: Set(now),
    };
    person_decision::Entity::insert(kept).exec_without_returning(&**tx).await?;
    finding::keep(tx, state, row.id, id, &said.findings).await
}

/// What the face check has said against a person, in the reviewer's words.
async fn failures(c: &impl ConnectionTrait, row: &person::Model) -> Result<Vec<&'static str>, Error> {
    let suspicious = face_check::Entity::find()
        .filter(face_check::Column::PersonId.eq(row.id))
        .filter(face_check::Column::Outcome.eq(Ending::Suspicious))
        .one(c)
        .await?;
    Ok(match suspicious {
        Some(_) => vec!["人脸验证疑似非本人"],
        None if !row.declined_face => vec!["人脸验证未通过"],
        None => Vec::new(),
    })
}

/// What was decided about a person, newest first.
async fn decisions(state: &State, person_id: Uuid) -> Result<Vec<Decided>, Error> {
    let rows = person_decision::Entity::find()
        .filter(person_decision::Column::PersonId.eq(person_id))
        .order_by_desc(person_decision::Column::Id)
        .all(&state.db.read)
        .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let open = |place: &str, sealed: &[u8]| state.vault.open(place, row.id, sealed);
        let said = Decision {
            applicant_note: open("person_decision.applicant_note", &row.applicant_note)?,
            internal_note: open("person_decision.internal_note", &row.internal_note)?,
            findings: finding::of_decision(&state.db.read, state, row.id).await?,
            second: row.second_id,
            reason_code: row.reason_code.clone(),
        };
        let fields = serde_json::from_str(&open("person_decision.fields", &row.fields)?).map_err(Error::internal)?;
        all.push(Decided { staff_id: row.staff_id, decision: row.decision, said, fields, at: row.at });
    }
    Ok(all)
}

/// What the reviewer found who refused the person last, as the person reads it.
pub(super) async fn findings(state: &State, row: &person::Model) -> Result<Vec<finding::View>, Error> {
    if row.failure != Some(Failure::Refused) {
        return Ok(Vec::new());
    }
    let last = person_decision::Entity::find()
        .filter(person_decision::Column::PersonId.eq(row.id))
        .order_by_desc(person_decision::Column::Id)
        .one(&state.db.read)
        .await?;
    let Some(last) = last else { return Ok(Vec::new()) };
    let found = finding::of_decision(&state.db.read, state, last.id).await?;
    let current = |item: &str| match item {
        "portrait" => row.portrait_paper,
        "emblem" => row.emblem_paper,
        _ => None,
    };
    Ok(found.iter().map(|one| finding::View::of(one, item_label(&one.item), current(&one.item))).collect())
}
