//! 证书状态服务 (RFC 6960): whoever asks is told whether a certificate of ours is good, revoked or unknown.

use crate::{
    authority::{Generation, responders::Signed, service},
    certificate::status,
    error::Error,
    state::State,
};
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use zhangzheng_pki::ocsp::{CertId, Failure, Period, Request, Status};

/// How long an answer may be relied on.
const GOOD_FOR: Duration = Duration::minutes(30);
/// How long an answer without a nonce is given again, while what it says is so.
const AGAIN_FOR: Duration = Duration::minutes(5);

/// An answer, DER.
#[derive(Clone, Debug)]
pub struct Answer {
    pub der: Arc<[u8]>,
    /// Until when others may keep it; `None` when it was made for one request alone, or says that there is no answer.
    pub keep_until: Option<DateTime<Utc>>,
}

impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        Self { der: failure.der().into(), keep_until: None }
    }
}

/// Answers a request, whatever it is: what cannot be read or is nobody's of ours gets an answer that says so.
pub async fn answer(state: &State, der: &[u8]) -> Answer {
    let Ok(request) = Request::parse(der) else { return Failure::Malformed.into() };
    let generations = state.authority.generations();
    let asked = |generation: &&Generation| request.ids().iter().any(|id| id.is_of(generation.ca.issuing()));
    let Some(generation) = generations.iter().find(asked) else { return Failure::Unauthorized.into() };
    match answer_for(state, generation, &request, der).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::error!(error.cause = %error, "no answer about a certificate's status");
            Failure::TryLater.into()
        }
    }
}

async fn answer_for(state: &State, generation: &Generation, request: &Request, der: &[u8]) -> Result<Answer, Error> {
    let statuses = statuses(state, generation, request.ids()).await?;
    let now = state.clock.now();
    let responder = service::responder(state, generation).await?;
    let period = Period { this_update: now, next_update: now + GOOD_FOR };
    if request.has_nonce() {
        let der = responder.answer(request, &statuses, period).map_err(Error::internal)?;
        return Ok(Answer { der: der.into(), keep_until: None });
    }
    let question: [u8; 32] = Sha256::digest(der).into();
    let kept = &state.authority.responders;
    let signed = match kept.answer(&question, &statuses, now) {
        Some(signed) => signed,
        None => {
            let der = responder.answer(request, &statuses, period).map_err(Error::internal)?.into();
            let signed = Signed { statuses, until: now + AGAIN_FOR, der };
            kept.remember(question, signed.clone());
            signed
        }
    };
    Ok(Answer { der: signed.der, keep_until: Some(signed.until) })
}

/// One status for each, in order, from one statement.
async fn statuses(state: &State, generation: &Generation, ids: &[CertId]) -> Result<Vec<Status>, Error> {
    let issuing = generation.ca.issuing();
    let serials: Vec<Option<String>> =
        ids.iter().map(|id| id.is_of(issuing).then(|| hex::encode(id.serial()))).collect();
    let asked: Vec<String> = serials.iter().flatten().cloned().collect();
    let known = status::known(&state.db.read, &asked).await?;
    let of = |serial: &Option<String>| {
        let row = known.iter().find(|row| Some(&row.serial) == serial.as_ref());
        match row.filter(|row| u32::try_from(row.generation) == Ok(generation.number)) {
            None => Status::Unknown,
            Some(row) => {
                row.revoked().map_or(Status::Good, |(at, reason)| Status::Revoked { at, reason: reason.into() })
            }
        }
    };
    Ok(serials.iter().map(of).collect())
}
