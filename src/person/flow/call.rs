//! 回访电话: for those who decline the face check. The person chooses when to be called and may hand in a signed statement on
//! paper; a member of staff calls, writes down what came of it, and only then decides.

use super::{ERASE, allow, manual::row, mine};
use crate::{
    db::{Actor, Tx},
    error::Error,
    events::Event,
    jobs::Job,
    limits, papers,
    person::{
        Action, CallOutcome, Slot, Status,
        entity::{call_back, person},
        slots,
    },
    state::State,
    who::Who,
};
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*, sea_query::Expr};
use zhangzheng_documents::photo::Limits;

/// Longest note, in characters.
const LONGEST_NOTE: usize = 300;

/// The last appointment of a person.
pub(super) async fn latest(c: &impl ConnectionTrait, person_id: Uuid) -> Result<Option<call_back::Model>, Error> {
    let own = call_back::Entity::find().filter(call_back::Column::PersonId.eq(person_id));
    Ok(own.order_by_desc(call_back::Column::Id).one(c).await?)
}

/// The slot that begins then, if it is offered now.
fn offered(state: &State, from: Option<DateTimeUtc>, now: DateTimeUtc) -> Result<Option<Slot>, Error> {
    let Some(from) = from else { return Ok(None) };
    let slot = slots(now, &state.working_time).into_iter().find(|slot| slot.from == from);
    slot.map(Some).ok_or_else(|| Error::invalid("call_at", "这个时段已不能预约，请重新选择回访时间"))
}

/// Writes an appointment down.
pub(super) async fn ask(
    tx: &mut Tx,
    state: &State,
    person: &person::Model,
    from: Option<DateTimeUtc>,
) -> Result<(), Error> {
    let slot = offered(state, from, tx.now)?;
    let row = call_back::ActiveModel {
        id: Set(tx.id()),
        person_id: Set(person.id),
        from_at: Set(slot.map(|slot| slot.from)),
        until_at: Set(slot.map(|slot| slot.until)),
        asked_at: Set(tx.now),
        ..Default::default()
    };
    call_back::Entity::insert(row).exec_without_returning(&**tx).await?;
    tx.say(Event::new("person.ask_call", person.id, Some(person.account_id))).await
}

/// Chooses another time, while the call is still to be made.
///
/// # Errors
/// [`Error::Conflict`] when there is no call to be made; [`Error::Invalid`] for a time that is not offered.
pub async fn appoint(state: &State, who: &Who, from: DateTimeUtc) -> Result<(), Error> {
    let whom = who.member_id.simple().to_string();
    limits::count(&state.db, "call_back", &whom, state.config.limits.call_backs_per_member).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let row = mine(&*tx, who).await?;
    if row.status != Status::ManualReview {
        return Err(Error::conflict("not_now", "当前没有待回访的人工审核，请刷新查看最新进度"));
    }
    if latest(&*tx, row.id).await?.is_some_and(|call| call.outcome == Some(CallOutcome::Confirmed)) {
        return Err(Error::conflict("called", "已完成电话核实，无需再约时间"));
    }
    ask(&mut tx, state, &row, Some(from)).await?;
    tx.commit().await
}

/// A photo of the statement that the person has signed on paper. The one before is destroyed.
///
/// # Errors
/// [`Error::Invalid`] naming `file`, with what to do; [`Error::Conflict`] once it is decided.
pub async fn upload_statement(state: &State, who: &Who, upload: Vec<u8>) -> Result<(), Error> {
    let row = mine(&state.db.read, who).await?;
    if row.status != Status::ManualReview {
        allow(&row, Action::Decline)?;
    }
    let whom = who.member_id.simple().to_string();
    limits::count(&state.db, "person_photo", &whom, state.config.limits.person_photo_per_member).await?;
    let limits = Limits { max_bytes: papers::LARGEST_PHOTO, ..Limits::default() };
    let photo = papers::check_photo(upload, limits).await?;
    let kept = papers::keep(state, row.id, "image/jpeg", &photo.upload_hash, &photo.jpeg).await?;
    let mut tx = state.db.begin(who.actor()).await?;
    let row = mine(&*tx, who).await?;
    let paper_id = papers::record(&mut tx, kept).await?;
    person::Entity::update_many()
        .col_expr(person::Column::StatementPaper, Expr::value(paper_id))
        .filter(person::Column::Id.eq(row.id))
        .exec(&*tx)
        .await?;
    if let Some(before) = row.statement_paper {
        tx.enqueue(Job::now(ERASE, before)).await?;
    }
    tx.say(Event::new("person.upload_statement", row.id, Some(row.account_id))).await?;
    tx.commit().await
}

/// A call as the review desk sees it.
#[derive(Clone, Debug)]
pub struct Called {
    pub slot: Option<Slot>,
    pub asked_at: DateTimeUtc,
    pub outcome: Option<CallOutcome>,
    pub note: String,
    pub staff_id: Option<Uuid>,
    pub called_at: Option<DateTimeUtc>,
}

/// Every appointment and call of a person, newest first.
pub async fn calls(state: &State, person_id: Uuid) -> Result<Vec<Called>, Error> {
    let rows = call_back::Entity::find()
        .filter(call_back::Column::PersonId.eq(person_id))
        .order_by_desc(call_back::Column::Id)
        .all(&state.db.read)
        .await?;
    let called = |row: call_back::Model| {
        let note = row.note.as_ref().map(|note| state.vault.open("call_back.note", row.id, note)).transpose()?;
        Ok(Called {
            slot: row.from_at.zip(row.until_at).map(|(from, until)| Slot { from, until }),
            asked_at: row.asked_at,
            outcome: row.outcome,
            note: note.unwrap_or_default(),
            staff_id: row.staff_id,
            called_at: row.called_at,
        })
    };
    rows.into_iter().map(called).collect()
}

/// A member of staff has called: what came of it. Whoever was not reached is to be called again.
///
/// # Errors
/// [`Error::Forbidden`] for whoever is not staff; [`Error::Conflict`] when the person does not wait for a call.
pub async fn record_call(
    state: &State,
    actor: Actor,
    person_id: Uuid,
    outcome: CallOutcome,
    note: &str,
) -> Result<(), Error> {
    let Actor::Staff(staff_id) = actor else {
        return Err(Error::forbidden("staff_only", "只有审核人员可以登记回访结果"));
    };
    let note = note.trim();
    if note.chars().count() > LONGEST_NOTE {
        return Err(Error::invalid("call_note", format!("回访记录不能超过 {LONGEST_NOTE} 字")));
    }
    let mut tx = state.db.begin(actor).await?;
    let person = row(&*tx, person_id).await?;
    if person.status != Status::ManualReview {
        return Err(Error::conflict("not_now", "该案件已处理，无需再登记回访"));
    }
    let open = latest(&*tx, person_id).await?.filter(|call| call.outcome.is_none());
    let id = match open {
        Some(call) => call.id,
        None => {
            ask(&mut tx, state, &person, None).await?;
            latest(&*tx, person_id).await?.ok_or_else(Error::not_found)?.id
        }
    };
    let sealed = (!note.is_empty()).then(|| state.vault.seal("call_back.note", id, note));
    call_back::Entity::update_many()
        .col_expr(call_back::Column::Outcome, Expr::value(outcome))
        .col_expr(call_back::Column::Note, Expr::value(sealed))
        .col_expr(call_back::Column::StaffId, Expr::value(staff_id))
        .col_expr(call_back::Column::CalledAt, Expr::value(tx.now))
        .filter(call_back::Column::Id.eq(id))
        .exec(&*tx)
        .await?;
    tx.say(Event::new("person.call", person_id, Some(person.account_id))).await?;
    tx.commit().await
}

/// Whether somebody who declined the face check has been called and has confirmed.
///
/// # Errors
/// [`Error::Invalid`] naming `call`.
pub async fn called(state: &State, person_id: Uuid) -> Result<(), Error> {
    let row = row(&state.db.read, person_id).await?;
    let last = latest(&state.db.read, person_id).await?;
    let confirmed = last.is_some_and(|call| call.outcome == Some(CallOutcome::Confirmed));
    if !row.declined_face || confirmed {
        return Ok(());
    }
    Err(Error::invalid("call", "请先拨打回访电话，登记“本人确认办理”后再通过"))
}
