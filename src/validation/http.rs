//! How programs check a certificate or a seal: for everybody, so often.

use super::check::{self, Report};
use crate::{authority::Reason, error::Error, limits, papers, state::State, validation::Verdict, who::Machine};
use chrono::{DateTime, Utc};
use poem::{
    Request,
    web::{Data, Multipart},
};
use poem_openapi::{Object, OpenApi, Tags, param::Path, payload::Json};
use std::sync::Arc;

#[derive(Tags)]
enum Tag {
    /// 证书查验: is a certificate or a seal good? For everybody.
    Validation,
}

/// A certificate of the chain.
#[derive(Object)]
struct ChainLink {
    name: String,
    not_after: DateTime<Utc>,
}

/// A seal.
#[derive(Object)]
struct CheckedSeal {
    number: String,
    name: String,
    made_at: DateTime<Utc>,
    valid_from: DateTime<Utc>,
    valid_until: DateTime<Utc>,
}

/// What is said of a certificate or a seal.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct CheckReport {
    /// `certificate` or `seal`.
    kind: String,
    /// `valid`, `not_yet_valid`, `expired`, `revoked`, `suspended`, `unknown`, `not_ours` or `outdated`.
    verdict: String,
    /// Whether one may rely on it now.
    good: bool,
    /// The same in a sentence.
    sentence: String,
    holder: String,
    code: String,
    serial: String,
    issuer: String,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
    revocation_reason: Option<Reason>,
    chain: Vec<ChainLink>,
    seal: Option<CheckedSeal>,
    checked_at: DateTime<Utc>,
}

impl From<Report> for CheckReport {
    fn from(report: Report) -> Self {
        let revoked = match report.verdict {
            Verdict::Revoked { at, reason } => Some((at, reason)),
            _ => None,
        };
        let chain = report.chain.into_iter().map(|link| ChainLink { name: link.name, not_after: link.not_after });
        Self {
            kind: report.kind.word().into(),
            verdict: report.verdict.word().into(),
            good: report.verdict.is_good(),
            sentence: report.verdict.sentence().into(),
            holder: report.holder,
            code: report.code,
            serial: report.serial,
            issuer: report.issuer,
            not_before: report.not_before,
            not_after: report.not_after,
            revoked_at: revoked.map(|(at, _)| at),
            revocation_reason: revoked.map(|(_, reason)| reason),
            chain: chain.collect(),
            seal: report.seal.map(|seal| CheckedSeal {
                number: seal.number,
                name: seal.name,
                made_at: seal.made_at,
                valid_from: seal.valid_from,
                valid_until: seal.valid_until,
            }),
            checked_at: report.checked_at,
        }
    }
}

/// Counts a check by whoever asks.
pub(super) async fn count(state: &State, request: &Request) -> Result<(), Error> {
    let ip = Machine::of(request, state.config.http.trust_forwarded).ip;
    limits::count(&state.db, "certificate_check", &ip, state.config.limits.certificate_checks_per_ip).await
}

/// 证书查验.
pub struct Api;

#[OpenApi(prefix_path = "/api", tag = "Tag::Validation")]
impl Api {
    /// Checks a certificate by its serial number.
    #[oai(path = "/certificate-checks/:serial", method = "get", operation_id = "check_certificate_by_serial")]
    async fn by_serial(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        serial: Path<String>,
    ) -> Result<Json<CheckReport>, Error> {
        count(&state, request).await?;
        Ok(Json(check::serial(&state, &serial).await?.into()))
    }

    /// Checks a file, in the field `file`: a certificate (PEM or DER), or a seal (`.esl`).
    #[oai(path = "/certificate-checks", method = "post", operation_id = "check_certificate_file")]
    async fn by_file(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        form: Multipart,
    ) -> Result<Json<CheckReport>, Error> {
        count(&state, request).await?;
        let upload = papers::receive(form, check::LARGEST).await?;
        Ok(Json(check::file(&state, &upload.bytes).await?.into()))
    }
}
