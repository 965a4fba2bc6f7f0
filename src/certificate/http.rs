//! How the phone asks about 激活证书.

use super::{
    Condition, Status, proof,
    seal::{self, Kind},
    view::{self, Card},
};
use crate::{error::Error, state::State, who::Auth};
use base64::Engine;
use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::{
    Object, OpenApi, Tags,
    payload::{Json, PlainText},
};
use std::sync::Arc;

#[derive(Tags)]
enum Tag {
    /// 激活证书: what it waits for, and the certificate.
    Certificate,
}

/// One of the five things that must be there.
#[derive(Object)]
struct ConditionView {
    condition: Condition,
    label: String,
    met: bool,
}

/// The certificate's card.
#[derive(Object)]
struct CertificateCard {
    holder: String,
    code: String,
    serial: String,
    issuer: String,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
    status: Status,
    expired: bool,
    pem: String,
}

/// 电子印章.
#[derive(Object)]
struct SealView {
    kind: Kind,
    label: String,
    /// A PNG as a data URL.
    image: String,
}

/// 激活证书.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct CertificateAnswer {
    /// What it waits for, in order, with what is there already.
    conditions: Vec<ConditionView>,
    certificate: Option<CertificateCard>,
    seals: Vec<SealView>,
    /// 印章样稿: made, and waiting to be checked by another of us.
    proofs: Vec<SealView>,
}

impl From<Card> for CertificateCard {
    fn from(card: Card) -> Self {
        let Card { holder, code, serial, issuer, not_before, not_after, status, expired, pem } = card;
        Self { holder, code, serial, issuer, not_before, not_after, status, expired, pem }
    }
}

/// 激活证书.
pub struct Api;

#[OpenApi(prefix_path = "/api", tag = "Tag::Certificate")]
impl Api {
    /// What the certificate waits for, or its card and the seals.
    #[oai(path = "/certificate", method = "get", operation_id = "get_certificate")]
    async fn certificate(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<CertificateAnswer>, Error> {
        let view = view::view(&state, &who).await?;
        let conditions = view.conditions().into_iter().map(|(condition, met)| ConditionView {
            condition,
            label: condition.label().into(),
            met,
        });
        let conditions = conditions.collect();
        let mut seals = Vec::new();
        for kind in view.seals {
            let png = seal::picture(&state, who.account_id, kind).await?;
            let image = format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png));
            seals.push(SealView { kind, label: kind.label().into(), image });
        }
        let mut proofs = Vec::new();
        for (kind, id) in view.proofs {
            let png = proof::picture(&state, id).await?;
            let image = format!("data:image/png;base64,{}", base64::engine::general_purpose::STANDARD.encode(png));
            proofs.push(SealView { kind, label: format!("{}样稿", kind.label()), image });
        }
        Ok(Json(CertificateAnswer { conditions, certificate: view.card.map(Into::into), seals, proofs }))
    }

    /// The certificate and those above it, PEM.
    #[oai(path = "/certificate/chain.pem", method = "get", operation_id = "get_certificate_chain")]
    async fn chain(&self, state: Data<&Arc<State>>, who: Auth) -> Result<PlainText<String>, Error> {
        Ok(PlainText(view::chain(&state, &who).await?))
    }
}
