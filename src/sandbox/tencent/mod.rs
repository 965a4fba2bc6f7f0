//! Tencent Cloud API 3.0 (腾讯云): OCR and the company register at `/tencent/ocr`, FaceID at `/tencent/faceid`, SMS at
//! `/tencent/sms`, each as if at its own `*.tencentcloudapi.com`. One path `/`; the action is a header; HTTP 200 always.

mod control;
mod eid;
mod faceid;
mod ocr;
mod registry;
mod sms;
mod tc3;
pub(crate) mod video;

pub(crate) use control::{control, phone};
pub(crate) use eid::MERCHANT;

use crate::{
    calls::{self, Outcome, json},
    world::World,
};
use poem::{Endpoint, Request, Response, Route, endpoint::make, http::StatusCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json as object};
use std::sync::Arc;

/// What the three services remember.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    pub(crate) live_codes: Vec<faceid::LiveCode>,
    pub(crate) eids: Vec<eid::Eid>,
    pub(crate) messages: Vec<sms::Message>,
    /// Companies that were added to the register by hand.
    pub(crate) companies: Vec<registry::Entry>,
}

/// The longest request body: 10 MB.
const LARGEST: usize = 10 * 1024 * 1024;

/// A refusal as the vendor words it: dotted code and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    code: String,
    message: String,
}

impl Refusal {
    pub(crate) fn new(code: &str, message: &str) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    /// A code whose text says no more than the code.
    pub(crate) fn bare(code: &str) -> Self {
        Self::new(code, code.rsplit('.').next().unwrap_or(code))
    }
}

type Answer = Result<Value, Refusal>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Ocr,
    Faceid,
    Sms,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Ocr => "ocr",
            Self::Faceid => "faceid",
            Self::Sms => "sms",
        }
    }

    fn version(self) -> &'static str {
        match self {
            Self::Ocr => "2018-11-19",
            Self::Faceid => "2018-03-01",
            Self::Sms => "2021-01-11",
        }
    }
}

pub(crate) fn routes(world: Arc<World>) -> Route {
    Route::new()
        .nest("/ocr", service(world.clone(), Service::Ocr))
        .nest("/faceid", service(world.clone(), Service::Faceid))
        .nest("/sms", service(world, Service::Sms))
}

fn service(world: Arc<World>, service: Service) -> impl Endpoint<Output = Response> {
    let inner = world.clone();
    calls::watch(world, service.name(), action, make(move |request| respond(inner.clone(), service, request)))
}

/// The operation for log and faults: the action header.
fn action(request: &Request) -> String {
    request.header("x-tc-action").unwrap_or("-").chars().take(40).collect()
}

async fn respond(world: Arc<World>, service: Service, mut request: Request) -> Response {
    let request_id = request_id();
    let body = request.take_body().into_bytes_limit(LARGEST).await;
    let answer = match body {
        Ok(body) => answer(&world, service, &request, body.to_vec()).await,
        Err(_) => Err(Refusal::new("RequestSizeLimitExceeded", "The request size exceeds the limit.")),
    };
    let (mut fields, outcome) = match answer {
        Ok(fields) => (fields, "ok".to_owned()),
        Err(no) => (object!({"Error": {"Code": no.code, "Message": no.message}}), no.code),
    };
    let outcome = match fields.get("Result").and_then(Value::as_str) {
        Some(result) if outcome == "ok" => result.to_owned(),
        _ => outcome,
    };
    fields["RequestId"] = request_id.into();
    let mut response = json(StatusCode::OK, &object!({"Response": fields}));
    response.set_data(Outcome(outcome));
    response
}

/// The vendor's order: signature, then action and version, then what was asked for on purpose, then parameters.
async fn answer(world: &Arc<World>, service: Service, request: &Request, body: Vec<u8>) -> Answer {
    let keys = &world.config.tencent;
    let (id, key) = match service {
        Service::Ocr => (&keys.ocr.secret_id, &keys.ocr.secret_key),
        Service::Faceid => (&keys.faceid.secret_id, &keys.faceid.secret_key),
        Service::Sms => (&keys.sms.secret_id, &keys.sms.secret_key),
    };
    let now = world.clock.now().timestamp();
    tc3::verify(
        request.method().as_str(),
        request.headers(),
        &body,
        &tc3::Expected { service: service.name(), id, key, now },
    )?;
    let action = action(request);
    if request.header("x-tc-version") != Some(service.version()) {
        return Err(Refusal::new("NoSuchVersion", "The `Version` of the API does not exist."));
    }
    let wanted = world.faults.outcome(service.name(), &action);
    if wanted.as_deref() == Some("rate_limited") {
        return Err(Refusal::new("RequestLimitExceeded", "The request frequency exceeds the limit."));
    }
    if let Some(code) = wanted.as_deref().and_then(|word| word.strip_prefix("error:")) {
        return Err(Refusal::bare(code));
    }
    let (world, wanted) = (world.clone(), wanted);
    // Decoding pictures takes tens of milliseconds: not on the threads that answer.
    let work = move || match service {
        Service::Ocr if action.starts_with("Verify") => registry::answer(&world, &action, &body, wanted),
        Service::Ocr => ocr::answer(&world, &action, &body, wanted),
        Service::Faceid => faceid::answer(&world, &action, &body, wanted),
        Service::Sms => sms::answer(&world, &action, &body, wanted),
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Refusal::new("InternalError", "An internal error has occurred.")))
}

/// Reads parameters strictly: what is not documented is an error, not ignored.
fn parameters<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        let text = error.to_string();
        let code = match () {
            () if text.starts_with("unknown field") => "UnknownParameter",
            () if text.starts_with("missing field") => "MissingParameter",
            () if error.is_data() => "InvalidParameterValue",
            () => "InvalidParameter",
        };
        Refusal::new(code, &format!("The parameters are not right: {text}."))
    })
}

fn unknown_action() -> Refusal {
    Refusal::new("InvalidAction", "The request `Action` is invalid or not found.")
}

fn request_id() -> String {
    uuid::Builder::from_random_bytes(crate::world::random()).into_uuid().to_string()
}

/// Base64 of a picture or video: standard alphabet; a `data:` prefix is not accepted.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.decode(text.trim()).ok()
}
