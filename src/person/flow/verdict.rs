//! The verdict on a face, by whichever way: asked for by a job until there is one, then written down. The phone says nothing
//! that is believed.

use super::{ERASE, face::consented, fields_of, hosted, verified_elsewhere};
use crate::{
    change,
    db::{Actor, Tx},
    error::Error,
    jobs::{Job, Outcome},
    papers,
    person::{
        Action, Ending, Failure, Route, SUSPICIONS, Status, VERDICT_PATIENCE,
        entity::{face_check, person},
    },
    state::State,
};
use chrono::Duration;
use sea_orm::{PaginatorTrait, entity::prelude::*, sea_query::Expr};
use sha2::{Digest, Sha256};
use zhangzheng_providers::face;

/// The job that asks the vendor.
pub const CHECK_FACE: &str = "person.check_face";

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
    let answer = match check.route {
        Route::NumberVideo => {
            let number = check.number.as_deref().ok_or("no number")?;
            let number = state.vault.open("face_check.number", check.id, number).map_err(text)?;
            let paper_id = check.video_paper.ok_or("no video")?;
            let (_, video) = papers::content(state, row.id, paper_id).await.map_err(text)?;
            state.providers.face.recognise(&fields.name, &fields.resident_id, &number, &video).await
        }
        Route::Wechat | Route::Eid => {
            let token = check.token.as_deref().ok_or("no token")?;
            let token = state.vault.open("face_check.token", check.id, token).map_err(text)?;
            hosted::outcome(state, row, check, &fields, &token).await?
        }
    };
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
            score,
            best_frame_hash: best_frame.map(|frame| Sha256::digest(&frame).to_vec()),
            ..Verdict::default()
        }),
        face::Outcome::Failed { advice, code, request_id } => Ok(Verdict {
            failure: Some(advice.into()),
            ending: Some(match advice {
                advice if advice.is_suspicious() => Ending::Suspicious,
                // Nothing was compared: it does not count.
                face::Advice::Cancelled => Ending::Unknown,
                _ => Ending::Failed,
            }),
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
        .col_expr(Column::Token, Expr::value(None::<Vec<u8>>))
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
