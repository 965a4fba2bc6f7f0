//! 人脸验证: an attempt is begun by a way that is offered; for the number read aloud, a video is handed in.

use super::{CHECK_FACE, allow, fields_of, hosted, mine};
use crate::{
    agreements::{self, Text},
    change,
    error::Error,
    jobs::Job,
    limits, papers,
    person::{
        Action, CHECKS_PER_DAY, Ending, Route, day_began,
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

pub(super) async fn some_left(c: &impl ConnectionTrait, person_id: Uuid, now: DateTime<Utc>) -> Result<u32, Error> {
    let left = checks_left(c, person_id, now).await?;
    if left == 0 {
        let tomorrow = day_began(now) + Duration::days(1);
        let wait = u32::try_from((tomorrow - now).num_seconds()).unwrap_or(1);
        let sentence = format!("今天的 {CHECKS_PER_DAY} 次验证机会已用完，请明天再试，或选择人工审核");
        return Err(Error::too_many(sentence, wait));
    }
    Ok(left)
}

pub(super) async fn consented(state: &State, member_id: Uuid) -> Result<bool, Error> {
    Ok(agreements::stands(state, member_id, Text::Face).await?
        && agreements::stands(state, member_id, Text::FaceTransfer).await?
        && agreements::stands(state, member_id, Text::ProvideToCa).await?)
}

pub(super) fn consent_needed() -> Error {
    Error::conflict("consent_needed", "请先阅读并同意授权，再进行人脸验证")
}

/// What the phone is given for an attempt, once.
#[derive(Clone, Debug)]
pub enum Shown {
    /// To be read aloud.
    Number(zhangzheng_kinds::Secret),
    /// To be handed to the vendor's own page.
    Token(zhangzheng_kinds::Secret),
}

/// An attempt just begun.
#[derive(Clone, Debug)]
pub struct Begun {
    pub id: Uuid,
    pub route: Route,
    pub shown: Shown,
    pub expires_at: DateTime<Utc>,
    pub checks_left: u32,
}

/// The ways that are offered, the preferred one first.
pub fn routes(state: &State) -> Vec<Route> {
    state.config.face.routes.iter().map(|route| Route::from(*route)).collect()
}

/// Begins an attempt by a way that is offered, the preferred one unless another is asked for. The attempt before is void.
/// When that way's vendor does not answer, no other takes its place: the person is told, and may choose another.
///
/// # Errors
/// [`Error::Conflict`] without consent or confirmed fields, or for a way that is not offered; [`Error::TooMany`] when today's
/// tries are used up.
pub async fn begin(state: &State, who: &Who, route: Option<Route>) -> Result<Begun, Error> {
    let offered = routes(state);
    let route = route.or(offered.first().copied()).filter(|route| offered.contains(route));
    let route =
        route.ok_or_else(|| Error::conflict("not_offered", "暂不提供这种验证方式，请选择其他方式或人工审核"))?;
    let row = mine(&state.db.read, who).await?;
    allow(&row, Action::Begin)?;
    if !consented(state, who.member_id).await? {
        return Err(consent_needed());
    }
    let left = some_left(&state.db.read, row.id, state.clock.now()).await?;
    let whom = who.member_id.simple().to_string();
    limits::count(&state.db, "face_number", &whom, state.config.limits.face_number_per_member).await?;
    let id = state.random.id(state.clock.now());
    let secret = match route {
        Route::NumberVideo => state.providers.face.number().await,
        Route::Wechat | Route::Eid => {
            let fields = fields_of(state, &row)?.ok_or_else(|| Error::internal("confirmed without fields"))?;
            hosted::begin(state, who, route, id, &fields).await?
        }
    };
    let secret = secret.map_err(|error| Error::unavailable("人脸验证服务暂时繁忙，请稍后再试", error))?;

    let mut tx = state.db.begin(who.actor()).await?;
    let row = mine(&*tx, who).await?;
    let now = tx.now;
    let expires_at = now + route.life();
    let is_number = route == Route::NumberVideo;
    let check = face_check::ActiveModel {
        id: Set(id),
        person_id: Set(row.id),
        route: Set(route),
        number: Set(is_number.then(|| state.vault.seal("face_check.number", id, &secret))),
        token: Set((!is_number).then(|| state.vault.seal("face_check.token", id, &secret))),
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
    let secret = zhangzheng_kinds::Secret::new(secret);
    let shown = if is_number { Shown::Number(secret) } else { Shown::Token(secret) };
    Ok(Begun { id, route, shown, expires_at, checks_left: left })
}

/// The attempt that a video is handed in for: the person's own, the latest, in time.
async fn open_check(c: &impl ConnectionTrait, row: &person::Model, id: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    allow(row, Action::Submit)?;
    let check = face_check::Entity::find_by_id(id).filter(face_check::Column::PersonId.eq(row.id)).one(c).await?;
    match check {
        Some(check)
            if row.face_check_id == Some(check.id)
                && check.submitted_at.is_none()
                && check.route == Route::NumberVideo =>
        {
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
