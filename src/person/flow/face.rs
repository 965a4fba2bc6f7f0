//! 人脸验证: a number to read aloud, a video of it, the vendor's verdict. The phone says nothing that is believed.

use super::{ERASE, allow, fields_of, mine, verified_elsewhere};
use crate::{
    agreements::{self, Text},
    change,
    db::{Actor, Tx},
    error::Error,
    jobs::{Job, Outcome},
    limits, papers,
    person::{
        Action, CHECKS_PER_DAY, Ending, Failure, NUMBER_LIFE, SUSPICIONS, Status, VERDICT_PATIENCE, day_began,
        entity::{face_check, person},
    },
    state::State,
    who::Who,
};
use chrono::{DateTime, Duration, Utc};
use sea_orm::{
    ActiveValue::Set,
    PaginatorTrait, SqlErr,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait},
};
use sha2::{Digest, Sha256};
use zhangzheng_documents::video;
use zhangzheng_providers::face;

/// The job that asks the vendor.
pub const CHECK_FACE: &str = "person.check_face";

/// Videos that a person may still hand in today. Those without a verdict are not counted.
pub async fn checks_left(c: &impl ConnectionTrait, person_id: Uuid, now: DateTime<Utc>) -> Result<u32, Error> {
    let counted = face_check::Column::Outcome.is_null().or(face_check::Column::Outcome.ne(Ending::Unknown));
    let today = face_check::Entity::find()
        .filter(face_check::Column::PersonId.eq(person_id))
        .filter(face_check::Column::SubmittedAt.gte(day_began(now)))
        .filter(counted)
        .count(c)
        .await?;
    Ok(CHECKS_PER_DAY.saturating_sub(u32::try_from(today).unwrap_or(u32::MAX)))
}

async fn some_left(c: &impl ConnectionTrait, person_id: Uuid, now: DateTime<Utc>) -> Result<u32, Error> {
    let left = checks_left(c, person_id, now).await?;
    if left == 0 {
        let tomorrow = day_began(now) + Duration::days(1);
        let wait = u32::try_from((tomorrow - now).num_seconds()).unwrap_or(1);
        let sentence = format!("今天的 {CHECKS_PER_DAY} 次验证机会已用完，请明天再试，或选择人工审核");
        return Err(Error::too_many(sentence, wait));
    }
    Ok(left)
}

async fn consented(state: &State, member_id: Uuid) -> Result<bool, Error> {
    Ok(agreements::stands(state, member_id, Text::Face).await?
        && agreements::stands(state, member_id, Text::ProvideToCa).await?)
}

fn consent_needed() -> Error {
    Error::conflict("consent_needed", "请先阅读并同意授权，再进行人脸验证")
}

/// A number just given out. It is shown once.
#[derive(Clone, Debug)]
pub struct Begun {
    pub id: Uuid,
    pub number: zhangzheng_kinds::Secret,
    pub expires_at: DateTime<Utc>,
    pub checks_left: u32,
}

/// Asks for a number to read aloud. The one before is void.
///
/// # Errors
/// [`Error::Conflict`] without consent or confirmed fields; [`Error::TooMany`] when today's tries are used up.
pub async fn begin(state: &State, who: &Who) -> Result<Begun, Error> {
    let row = mine(&state.db.read, who).await?;
    allow(&row, Action::Begin)?;
    if !consented(state, who.member_id).await? {
        return Err(consent_needed());
    }
    let left = some_left(&state.db.read, row.id, state.clock.now()).await?;
    let whom = who.member_id.simple().to_string();
    limits::count(&state.db, "face_number", &whom, state.config.limits.face_number_per_member).await?;
    let number = state.providers.face.number().await;
    let number = number.map_err(|error| Error::unavailable("人脸验证服务暂时繁忙，请稍后再试", error))?;

    let mut tx = state.db.begin(who.actor()).await?;
    let row = mine(&*tx, who).await?;
    let (id, now) = (tx.id(), tx.now);
    let expires_at = now + NUMBER_LIFE;
    let check = face_check::ActiveModel {
        id: Set(id),
        person_id: Set(row.id),
        number: Set(Some(state.vault.seal("face_check.number", id, &number))),
        expires_at: Set(expires_at),
        created_at: Set(now),
        ..Default::default()
    };
    face_check::Entity::insert(check).exec_without_returning(&*tx).await?;
    change::advance::<person::Entity>(&mut tx, &row, Action::Begin, |update| {
        update
            .col_expr(person::Column::FaceCheckId, Expr::value(id))
            .col_expr(person::Column::DeclinedFace, Expr::value(false))
            .col_expr(person::Column::UpdatedAt, Expr::value(now))
    })
    .await?;
    tx.commit().await?;
    Ok(Begun { id, number: zhangzheng_kinds::Secret::new(number), expires_at, checks_left: left })
}

/// The attempt that a video is handed in for: the person's own, the latest, in time.
async fn open_check(c: &impl ConnectionTrait, row: &person::Model, id: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    allow(row, Action::Submit)?;
    let check = face_check::Entity::find_by_id(id).filter(face_check::Column::PersonId.eq(row.id)).one(c).await?;
    match check {
        Some(check) if row.face_check_id == Some(check.id) && check.submitted_at.is_none() => {
            if check.expires_at > now {
                Ok(())
            } else {
                Err(Error::conflict("number_expired", "数字已超过五分钟，请重新获取数字后录制"))
            }
        }
        _ => Err(Error::conflict("number_void", "数字已更换，请按最新的数字重新录制")),
    }
}

fn rules() -> video::Rules {
    video::Rules { max_bytes: face::LARGEST_VIDEO, max_ms: 20_000, ..video::Rules::default() }
}

fn replayed() -> Error {
    Error::invalid("file", "这段视频已经提交过，请重新录制")
}

/// Hands in the video of a number read aloud: checked, kept encrypted, compared by a job.
///
/// # Errors
/// [`Error::Invalid`] naming `file` for what is no video, or one that was handed in before by anybody;
/// [`Error::Conflict`] when the number is void or has expired.
pub async fn submit(state: &State, who: &Who, check_id: Uuid, upload: &[u8]) -> Result<(), Error> {
    let row = mine(&state.db.read, who).await?;
    open_check(&state.db.read, &row, check_id, state.clock.now()).await?;
    if !consented(state, who.member_id).await? {
        return Err(consent_needed());
    }
    video::check(upload, &rules()).map_err(|refused| Error::invalid("file", refused.advice()))?;
    let hash = Sha256::digest(upload).to_vec();
    if papers::seen_before(state, &hash).await? {
        return Err(replayed());
    }
    let kept = papers::keep(state, row.id, "video/mp4", &hash, upload).await?;

    let mut tx = state.db.begin(who.actor()).await?;
    let (row, now) = (mine(&*tx, who).await?, tx.now);
    open_check(&*tx, &row, check_id, now).await?;
    some_left(&*tx, row.id, now).await?;
    let paper_id = papers::record(&mut tx, kept).await?;
    face_check::Entity::update_many()
        .col_expr(face_check::Column::VideoPaper, Expr::value(paper_id))
        .col_expr(face_check::Column::VideoHash, Expr::value(hash))
        .col_expr(face_check::Column::SubmittedAt, Expr::value(now))
        .filter(face_check::Column::Id.eq(check_id))
        .exec(&*tx)
        .await
        .map_err(|error| match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => replayed(),
            _ => error.into(),
        })?;
    change::advance::<person::Entity>(&mut tx, &row, Action::Submit, |update| {
        update.col_expr(person::Column::UpdatedAt, Expr::value(now))
    })
    .await?;
    tx.enqueue(Job::now(CHECK_FACE, check_id)).await?;
    tx.commit().await
}

/// What comes of an attempt.
#[derive(Default)]
struct Verdict {
    failure: Option<Failure>,
    /// Whether it counts toward the day, and as a sign of fraud.
    ending: Option<Ending>,
    code: Option<String>,
    request_id: Option<String>,
    score: Option<f64>,
    best_frame_hash: Option<Vec<u8>>,
}

impl Verdict {
    fn unknown(failure: Failure, code: Option<String>) -> Self {
        Self { failure: Some(failure), ending: Some(Ending::Unknown), code, ..Self::default() }
    }
}

/// Asks the vendor for a verdict, and writes it down. As long as there is none, it asks again with growing pauses; after
/// [`VERDICT_PATIENCE`] the person is asked to record again.
pub async fn check_face(state: &State, check_id: Uuid) -> Outcome {
    match try_check(state, check_id).await {
        Ok(outcome) => outcome,
        Err(error) => Outcome::Retry(error.to_string()),
    }
}

async fn try_check(state: &State, check_id: Uuid) -> Result<Outcome, Error> {
    let Some(check) = face_check::Entity::find_by_id(check_id).one(&state.db.read).await? else {
        return Ok(Outcome::Done);
    };
    let Some(row) = person::Entity::find_by_id(check.person_id).one(&state.db.read).await? else {
        return Ok(Outcome::Done);
    };
    let (Some(submitted_at), true) = (check.submitted_at, waits_for(&row, check_id)) else { return Ok(Outcome::Done) };
    let waited = state.clock.now() - submitted_at;
    let verdict = if consented(state, row.member_id).await? {
        match ask(state, &row, &check).await {
            Ok(verdict) => verdict,
            Err(reason) if waited < VERDICT_PATIENCE => {
                tracing::warn!(face_check.id = %check_id, reason, "no verdict yet");
                return Ok(Outcome::Later(pause(waited)));
            }
            Err(reason) => {
                tracing::error!(face_check.id = %check_id, reason, "no verdict in time");
                Verdict::unknown(Failure::NoVerdict, Some(reason))
            }
        }
    } else {
        Verdict::unknown(Failure::ConsentWithdrawn, None)
    };
    settle(state, check_id, verdict).await?;
    Ok(Outcome::Done)
}

fn waits_for(row: &person::Model, check_id: Uuid) -> bool {
    row.status == Status::Checking && row.face_check_id == Some(check_id)
}

/// One second at first, then as long again as it has taken so far, at most a minute.
fn pause(waited: Duration) -> Duration {
    Ord::clamp(waited, Duration::seconds(1), Duration::minutes(1))
}

/// The vendor's verdict, or why there is none: a word for logs.
async fn ask(state: &State, row: &person::Model, check: &face_check::Model) -> Result<Verdict, String> {
    let text = |error: Error| error.to_string();
    let fields = fields_of(state, row).map_err(text)?.ok_or("no fields")?;
    let number = check.number.as_deref().ok_or("no number")?;
    let number = state.vault.open("face_check.number", check.id, number).map_err(text)?;
    let paper_id = check.video_paper.ok_or("no video")?;
    let (_, video) = papers::content(state, row.id, paper_id).await.map_err(text)?;
    let answer = state.providers.face.recognise(&fields.name, &fields.resident_id, &number, &video).await;
    let answer = match answer {
        // Said with certainty: asking again will not help, and the person is not to blame.
        Err(error @ zhangzheng_providers::Error::Refused { .. }) => {
            tracing::error!(face_check.id = %check.id, error.cause = %error, "the check was refused");
            return Ok(Verdict::unknown(Failure::NoVerdict, error.code().map(str::to_owned)));
        }
        answer => answer.map_err(|error| error.to_string())?,
    };
    match answer {
        face::Outcome::Passed { score, best_frame, request_id } => Ok(Verdict {
            ending: Some(Ending::Passed),
            request_id: Some(request_id),
            score: Some(score),
            best_frame_hash: best_frame.map(|frame| Sha256::digest(&frame).to_vec()),
            ..Verdict::default()
        }),
        face::Outcome::Failed { advice, code, request_id } => Ok(Verdict {
            failure: Some(advice.into()),
            ending: Some(if advice.is_suspicious() { Ending::Suspicious } else { Ending::Failed }),
            code: Some(code),
            request_id: Some(request_id),
            ..Verdict::default()
        }),
        face::Outcome::TryLater { code, .. } => Err(code),
    }
}

/// Writes the verdict down; the number is forgotten and the video destroyed. A second verdict changes nothing.
async fn settle(state: &State, check_id: Uuid, mut verdict: Verdict) -> Result<(), Error> {
    let mut tx = state.db.begin(Actor::System).await?;
    let check = face_check::Entity::find_by_id(check_id).one(&*tx).await?.ok_or_else(Error::not_found)?;
    let row = person::Entity::find_by_id(check.person_id).one(&*tx).await?.ok_or_else(Error::not_found)?;
    if !waits_for(&row, check_id) {
        return Ok(());
    }
    let index = row.resident_id_index.clone().unwrap_or_default();
    if verdict.ending == Some(Ending::Passed) && verified_elsewhere(&tx, &row, &index).await? {
        verdict.failure = Some(Failure::VerifiedElsewhere);
    }
    let action = action(&tx, &row, &verdict).await?;
    let (now, failure, video_paper) = (tx.now, verdict.failure, check.video_paper);
    write(&tx, check_id, verdict).await?;
    change::advance::<person::Entity>(&mut tx, &row, action, |update| {
        let update = update
            .col_expr(person::Column::Failure, Expr::value(failure))
            .col_expr(person::Column::FaceCheckId, Expr::value(None::<Uuid>))
            .col_expr(person::Column::UpdatedAt, Expr::value(now));
        match action {
            Action::Pass => update
                .col_expr(person::Column::VerifiedAt, Expr::value(now))
                .col_expr(person::Column::VerifiedIndex, Expr::value(index)),
            _ => update,
        }
    })
    .await?;
    if let Some(paper_id) = video_paper {
        tx.enqueue(Job::now(ERASE, paper_id)).await?;
    }
    tx.commit().await
}

async fn action(tx: &Tx, row: &person::Model, verdict: &Verdict) -> Result<Action, Error> {
    if verdict.failure.is_none() && verdict.ending == Some(Ending::Passed) {
        return Ok(Action::Pass);
    }
    if verdict.ending == Some(Ending::Suspicious) {
        let before = face_check::Entity::find()
            .filter(face_check::Column::PersonId.eq(row.id))
            .filter(face_check::Column::Outcome.eq(Ending::Suspicious))
            .count(&**tx)
            .await?;
        if before + 1 >= u64::from(SUSPICIONS) {
            return Ok(Action::Escalate);
        }
    }
    Ok(Action::Fail)
}

async fn write(tx: &Tx, check_id: Uuid, verdict: Verdict) -> Result<(), Error> {
    use face_check::Column;
    face_check::Entity::update_many()
        .col_expr(Column::Number, Expr::value(None::<Vec<u8>>))
        .col_expr(Column::Outcome, Expr::value(verdict.ending))
        .col_expr(Column::Code, Expr::value(verdict.code))
        .col_expr(Column::RequestId, Expr::value(verdict.request_id))
        .col_expr(Column::Score, Expr::value(verdict.score))
        .col_expr(Column::BestFrameHash, Expr::value(verdict.best_frame_hash))
        .col_expr(Column::SettledAt, Expr::value(tx.now))
        .filter(Column::Id.eq(check_id))
        .exec(&**tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m18_pauses_between_questions_grow_to_a_minute() {
        assert_eq!(pause(Duration::zero()), Duration::seconds(1));
        assert_eq!(pause(Duration::seconds(20)), Duration::seconds(20));
        assert_eq!(pause(Duration::minutes(10)), Duration::minutes(1));
    }
}
