//! One error for the whole product: RFC 9457 problem+json for programs, an error page for people.
//! The cause is logged once, here, and never shown.

use poem::{IntoResponse, Response, http::StatusCode};
use poem_openapi::{
    ApiResponse, Object,
    payload::Payload,
    registry::{MetaSchemaRef, Registry},
    types::{ToJSON, Type},
};
use zhangzheng_kinds::Refused;

/// What went wrong, said calmly (RFC 9457): `code` to branch on, `detail` to show, `field` to point at.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Problem {
    /// A URI that names the kind of problem: `urn:zhangzheng:<code>`.
    #[oai(rename = "type")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A word to branch on.
    pub code: String,
    /// A Chinese sentence that says what to do next.
    pub detail: String,
    /// The field of the request that is meant.
    pub field: Option<String>,
    /// Seconds to wait before trying again.
    pub retry_after: Option<u32>,
}

/// A [`Problem`] as `application/problem+json`. Boxed, so that a `Result` costs little where nothing is wrong.
#[derive(Clone, Debug)]
pub struct ProblemJson(pub Box<Problem>);

impl Payload for ProblemJson {
    const CONTENT_TYPE: &'static str = "application/problem+json";
    fn check_content_type(content_type: &str) -> bool {
        content_type.starts_with(Self::CONTENT_TYPE)
    }
    fn schema_ref() -> MetaSchemaRef {
        Problem::schema_ref()
    }
    fn register(registry: &mut Registry) {
        Problem::register(registry);
    }
}

impl IntoResponse for ProblemJson {
    fn into_response(self) -> Response {
        let response = Response::builder()
            .status(StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
            .content_type(Self::CONTENT_TYPE);
        let response = match self.0.retry_after {
            Some(seconds) => response.header("retry-after", seconds),
            None => response,
        };
        response.body(self.0.to_json_string())
    }
}

/// Everything that can be answered instead of what was asked for.
#[derive(Debug, ApiResponse)]
pub enum Error {
    /// Something in the request is wrong; `field` says what.
    #[oai(status = 400)]
    Invalid(ProblemJson),
    /// Nobody is signed in, or the credentials are wrong.
    #[oai(status = 401)]
    SignIn(ProblemJson),
    /// Signed in, but not allowed to do this.
    #[oai(status = 403)]
    Forbidden(ProblemJson),
    /// No such thing, or not yours.
    #[oai(status = 404)]
    NotFound(ProblemJson),
    /// The thing is not in a state that allows this.
    #[oai(status = 409)]
    Conflict(ProblemJson),
    /// The upload is larger than allowed.
    #[oai(status = 413)]
    TooLarge(ProblemJson),
    /// Too many tries; wait `retry_after` seconds.
    #[oai(status = 429)]
    TooMany(ProblemJson),
    /// Our fault. It has been written down.
    #[oai(status = 500)]
    Internal(ProblemJson),
    /// Somebody we depend on does not answer; trying again later may help.
    #[oai(status = 503)]
    Unavailable(ProblemJson),
}

fn problem(status: StatusCode, code: &str, detail: impl Into<String>) -> ProblemJson {
    ProblemJson(Box::new(Problem {
        kind: format!("urn:zhangzheng:{code}"),
        title: status.canonical_reason().unwrap_or("Error").to_owned(),
        status: status.as_u16(),
        code: code.to_owned(),
        detail: detail.into(),
        field: None,
        retry_after: None,
    }))
}

impl Error {
    /// 400, naming the field.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        let mut problem = problem(StatusCode::BAD_REQUEST, "invalid", detail);
        problem.0.field = Some(field.to_owned());
        Self::Invalid(problem)
    }
    /// 401: nobody is signed in.
    pub fn sign_in() -> Self {
        Self::SignIn(problem(StatusCode::UNAUTHORIZED, "sign_in", "请先登录"))
    }
    /// 401 with a word of its own: the credentials are wrong.
    pub fn credentials(code: &str, detail: impl Into<String>) -> Self {
        Self::SignIn(problem(StatusCode::UNAUTHORIZED, code, detail))
    }
    /// 403.
    pub fn forbidden(code: &str, detail: impl Into<String>) -> Self {
        Self::Forbidden(problem(StatusCode::FORBIDDEN, code, detail))
    }
    /// 404: the same for what does not exist and for what is somebody else's.
    pub fn not_found() -> Self {
        Self::NotFound(problem(StatusCode::NOT_FOUND, "not_found", "没有找到您要的内容，可能已经变更，请返回后重试"))
    }
    /// 409.
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::Conflict(problem(StatusCode::CONFLICT, code, detail))
    }
    /// 413, naming the field.
    pub fn too_large(field: &str, detail: impl Into<String>) -> Self {
        let mut problem = problem(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail);
        problem.0.field = Some(field.to_owned());
        Self::TooLarge(problem)
    }
    /// 429.
    pub fn too_many(detail: impl Into<String>, retry_after: u32) -> Self {
        let mut problem = problem(StatusCode::TOO_MANY_REQUESTS, "too_many", detail);
        problem.0.retry_after = Some(retry_after);
        Self::TooMany(problem)
    }
    /// 500; `cause` goes to the log and nowhere else.
    #[track_caller]
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let at = std::panic::Location::caller();
        tracing::error!(error.cause = %cause, error.at = %at, "internal error");
        Self::Internal(problem(StatusCode::INTERNAL_SERVER_ERROR, "internal", "系统繁忙，请稍后再试"))
    }
    /// 503; `cause` goes to the log and nowhere else.
    #[track_caller]
    pub fn unavailable(detail: impl Into<String>, cause: impl std::fmt::Display) -> Self {
        tracing::warn!(error.cause = %cause, "a service we depend on did not answer");
        Self::Unavailable(problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail))
    }

    /// What is said to the client.
    pub fn problem(&self) -> &Problem {
        match self {
            Self::Invalid(p)
            | Self::SignIn(p)
            | Self::Forbidden(p)
            | Self::NotFound(p)
            | Self::Conflict(p)
            | Self::TooLarge(p)
            | Self::TooMany(p)
            | Self::Internal(p)
            | Self::Unavailable(p) => &p.0,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.problem().code, self.problem().detail)
    }
}

impl std::error::Error for Error {}

impl From<sea_orm::DbErr> for Error {
    #[track_caller]
    fn from(cause: sea_orm::DbErr) -> Self {
        Self::internal(cause)
    }
}

/// `Mobile::parse(&form.mobile).at("mobile")?`: a refused text becomes a 400 that names the field.
pub trait At<T> {
    /// Names the field.
    fn at(self, field: &str) -> Result<T, Error>;
}

impl<T> At<T> for Result<T, Refused> {
    fn at(self, field: &str) -> Result<T, Error> {
        self.map_err(|refused| Error::invalid(field, refused.0))
    }
}
