//! 内部备注: what staff write to one another about a case. Added, never changed; the applicant does not see it.

use super::{Permission, entity::case_note, session::Staffer};
use crate::{error::Error, events::Event, state::State};
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*};

/// Longest note, in characters.
const LONGEST: usize = 1000;

/// A note.
#[derive(Clone)]
pub struct Note {
    pub staff_id: Uuid,
    pub text: String,
    pub at: DateTimeUtc,
}

/// Notes may name people.
impl std::fmt::Debug for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Note").field("at", &self.at).finish_non_exhaustive()
    }
}

/// Adds a note. Whoever may decide may write one, also without holding the case.
///
/// # Errors
/// [`Error::Forbidden`] by role, [`Error::Invalid`] naming `note` when it is empty or too long.
pub async fn add(state: &State, staffer: &Staffer, case_id: Uuid, text: &str) -> Result<(), Error> {
    staffer.may(Permission::Decide)?;
    let text = text.trim();
    if !(1..=LONGEST).contains(&text.chars().count()) {
        return Err(Error::invalid("note", format!("请填写备注，不超过 {LONGEST} 字")));
    }
    let mut tx = state.db.begin(staffer.actor()).await?;
    let id = tx.id();
    let row = case_note::ActiveModel {
        id: Set(id),
        case_id: Set(case_id),
        staff_id: Set(staffer.id),
        text: Set(state.vault.seal("case_note.text", id, text)),
        at: Set(tx.now),
    };
    case_note::Entity::insert(row).exec_without_returning(&*tx).await?;
    tx.say(Event::new("console.note", case_id, None)).await?;
    tx.commit().await
}

/// The notes on a case, oldest first.
pub async fn of(state: &State, case_id: Uuid) -> Result<Vec<Note>, Error> {
    let rows = case_note::Entity::find()
        .filter(case_note::Column::CaseId.eq(case_id))
        .order_by_asc(case_note::Column::Id)
        .all(&state.db.read)
        .await?;
    let note = |row: case_note::Model| {
        let text = state.vault.open("case_note.text", row.id, &row.text)?;
        Ok(Note { staff_id: row.staff_id, text, at: row.at })
    };
    rows.into_iter().map(note).collect()
}
