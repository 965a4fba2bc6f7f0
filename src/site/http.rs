//! The API of what is not a step: the journey, notices, platforms, the agreements' texts.

use super::notices;
use crate::{
    agreements::Text,
    catalogue,
    error::Error,
    journey::{Journey, StepView},
    state::State,
    who::Auth,
};
use poem::web::Data;
use poem_openapi::{Object, OpenApi, Tags, param::Path, payload::Json};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Tags)]
enum Tag {
    /// The journey, notices, texts.
    Site,
}

/// Where somebody stands on the way.
#[derive(Object)]
#[oai(rename = "JourneyAnswer", skip_serializing_if_is_none)]
struct JourneyAnswer {
    /// The five steps, in order.
    steps: Vec<StepView>,
    /// The relying platform (项目) that the applicant came for.
    platform: Option<String>,
    /// The server's time: phones' clocks are wrong.
    now: chrono::DateTime<chrono::Utc>,
}

/// A notice in 通知中心.
#[derive(Object)]
struct Notice {
    id: Uuid,
    title: String,
    published_at: chrono::DateTime<chrono::Utc>,
    body: String,
}

/// An agreement.
#[derive(Object)]
struct Agreement {
    id: String,
    title: String,
    version: String,
    /// Markdown.
    body: String,
}

/// Who offers the service.
#[derive(Object)]
struct Service {
    name: String,
    company: String,
    hotline: String,
    platforms: Vec<PlatformView>,
}

/// A relying platform (项目).
#[derive(Object)]
struct PlatformView {
    code: String,
    name: String,
}

/// What is not a step.
pub struct Api;

#[OpenApi(prefix_path = "/api", tag = "Tag::Site")]
impl Api {
    /// The five steps of the person who asks.
    #[oai(path = "/journey", method = "get", operation_id = "get_journey")]
    async fn journey(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<JourneyAnswer>, Error> {
        let account = crate::account::flow::account(&state, &who).await?;
        let Journey { steps, .. } = (state.journey)(&state, &who).await?;
        Ok(Json(JourneyAnswer { steps, platform: account.platform, now: state.clock.now() }))
    }

    /// Name, company, hotline and platforms.
    #[oai(path = "/service", method = "get", operation_id = "get_service")]
    async fn service(&self, state: Data<&Arc<State>>) -> Result<Json<Service>, Error> {
        let platforms = catalogue::flow::platforms(&state).await?;
        let service = &state.config.service;
        Ok(Json(Service {
            name: service.name.clone(),
            company: service.company.clone(),
            hotline: service.hotline.clone(),
            platforms: platforms.into_iter().map(|p| PlatformView { code: p.code, name: p.name }).collect(),
        }))
    }

    /// 通知中心.
    #[oai(path = "/notices", method = "get", operation_id = "list_notices")]
    async fn notices(&self, state: Data<&Arc<State>>) -> Result<Json<Vec<Notice>>, Error> {
        let list = notices::list(&state, 50).await?;
        let view = |row: notices::entity::Model| Notice {
            id: row.id,
            title: row.title,
            published_at: row.published_at,
            body: row.body,
        };
        Ok(Json(list.into_iter().map(view).collect()))
    }

    /// An agreement's text in force.
    #[oai(path = "/agreements/:id", method = "get", operation_id = "get_agreement")]
    async fn agreement(&self, state: Data<&Arc<State>>, id: Path<String>) -> Result<Json<Agreement>, Error> {
        let text = Text::by_id(&id).ok_or_else(Error::not_found)?;
        Ok(Json(Agreement {
            id: id.0,
            title: text.title().into(),
            version: text.version().into(),
            body: text.body(&state.config.service),
        }))
    }
}
