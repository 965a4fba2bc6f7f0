//! Aliyun OSS (阿里云对象存储), path style, at `/oss` instead of `https://oss-cn-hangzhou.aliyuncs.com`: put, get, head
//! and delete of objects, V4 and V1 signatures in headers and addresses.

mod signature;
mod store;

pub(crate) use store::{Bodies, State};

use crate::{
    calls::{self, Outcome},
    world::World,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use poem::{
    Endpoint, Request, Response,
    endpoint::make,
    http::{Method, StatusCode},
};
use signature::Asked;
use std::sync::Arc;

/// The longest object taken here (the vendor takes 5 GB).
const LARGEST: usize = 64 * 1024 * 1024;

/// An error as the vendor documents it: status, code, text, and its EC number where one is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: u16,
    code: String,
    message: String,
    ec: &'static str,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: &str, ec: &'static str) -> Self {
        Self { status, code: code.into(), message: message.into(), ec }
    }

    /// One of the documented codes by name, for faults that are asked for.
    fn named(code: &str) -> Self {
        let status = match code {
            "InternalError" => 500,
            "ServiceUnavailable" | "rate_limited" => 503,
            "NoSuchKey" | "NoSuchBucket" => 404,
            "FileAlreadyExists" | "FileImmutable" => 409,
            "InvalidArgument" | "InvalidDigest" | "InvalidRequest" | "RequestTimeout" => 400,
            _ => 403,
        };
        if code == "v1_closed" {
            return Self::new(403, "AccessDenied", "V1 signatures are not supported for this bucket.", "0002-00000080");
        }
        let code = if code == "rate_limited" { "ServiceUnavailable" } else { code };
        Self::new(status, code, "Asked for on purpose.", "")
    }
}

pub(crate) fn routes(world: Arc<World>) -> impl Endpoint<Output = Response> {
    let inner = world.clone();
    calls::watch(world, "oss", operation, make(move |request| respond(inner.clone(), request)))
}

fn operation(request: &Request) -> String {
    match *request.method() {
        Method::PUT => "PutObject",
        Method::GET => "GetObject",
        Method::HEAD => "HeadObject",
        Method::DELETE => "DeleteObject",
        _ => "-",
    }
    .to_owned()
}

async fn respond(world: Arc<World>, mut request: Request) -> Response {
    let request_id = crate::world::random_hex::<12>().to_ascii_uppercase();
    let body = request.take_body().into_bytes_limit(LARGEST).await.ok();
    let head = request.method() == Method::HEAD;
    let mut response = match answer(&world, &request, body) {
        Ok(response) => response,
        Err(no) => refused(&no, &request_id, &world.config.oss.bucket, head),
    };
    for (name, value) in
        [("x-oss-request-id", request_id.as_str()), ("server", "AliyunOSS"), ("x-oss-server-time", "3")]
    {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn answer(world: &World, request: &Request, body: Option<Bytes>) -> Result<Response, Refusal> {
    let asked = Asked::read(request.method().as_str(), request.uri(), request.headers())?;
    signature::verify(&asked, &world.config.oss, world.clock.now())?;
    if let Some(word) = world.faults.outcome("oss", &operation(request)) {
        return Err(Refusal::named(&word));
    }
    let (bucket, key) =
        asked.path.trim_start_matches('/').split_once('/').unwrap_or((asked.path.trim_start_matches('/'), ""));
    if bucket != world.config.oss.bucket {
        return Err(Refusal::new(404, "NoSuchBucket", "The specified bucket does not exist.", "0015-00000101"));
    }
    if key.is_empty() || key.len() > 1023 || key.starts_with(['/', '\\']) {
        return Err(Refusal::new(400, "InvalidObjectName", "The specified object is not valid.", "0016-00000004"));
    }
    match *request.method() {
        Method::PUT => {
            let body = body.ok_or_else(|| {
                Refusal::new(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.", "")
            })?;
            put(world, &asked, key, body)
        }
        Method::GET | Method::HEAD => get(world, key, request.method() == Method::HEAD),
        Method::DELETE => {
            store::delete(world, key)?;
            Ok(ok(StatusCode::NO_CONTENT))
        }
        _ => {
            Err(Refusal::new(405, "MethodNotAllowed", "The specified method is not allowed against this resource.", ""))
        }
    }
}

fn put(world: &World, asked: &Asked, key: &str, body: Bytes) -> Result<Response, Refusal> {
    let md5 = signature::md5(&body);
    if asked.header("content-md5").is_some_and(|given| given != STANDARD.encode(md5)) {
        return Err(Refusal::new(400, "InvalidDigest", "The Content-MD5 you specified was invalid.", "0017-00000003"));
    }
    let keep = asked.header("x-oss-forbid-overwrite") == Some("true");
    let kind = asked.header("content-type").unwrap_or("application/octet-stream");
    let object = store::put(world, key, kind, &body, hex::encode_upper(md5), keep)?;
    Ok(ok(StatusCode::OK)
        .with("ETag", &format!("\"{}\"", object.etag))
        .with("x-oss-hash-crc64ecma", &object.crc64)
        .with("Content-MD5", &STANDARD.encode(md5)))
}

fn get(world: &World, key: &str, head: bool) -> Result<Response, Refusal> {
    let (object, body) = store::get(world, key)?;
    let mut response = if head { ok(StatusCode::OK) } else { Response::builder().body(body).set_ok() };
    if head {
        response = response.with("Content-Length", &object.size.to_string());
    }
    Ok(response
        .with("ETag", &format!("\"{}\"", object.etag))
        .with("Content-Type", &object.content_type)
        .with("Last-Modified", &object.modified)
        .with("x-oss-object-type", "Normal")
        .with("x-oss-storage-class", "Standard")
        .with("x-oss-hash-crc64ecma", &object.crc64))
}

fn ok(status: StatusCode) -> Response {
    Response::builder().status(status).finish().set_ok()
}

/// Small helpers to build answers in one expression.
trait Build {
    fn with(self, name: &'static str, value: &str) -> Self;
    fn set_ok(self) -> Self;
}

impl Build for Response {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = value.parse() {
            self.headers_mut().insert(name, value);
        }
        self
    }

    fn set_ok(mut self) -> Self {
        self.set_data(Outcome("ok".into()));
        self
    }
}

/// The error document; a HEAD answer carries it in a header instead.
fn refused(no: &Refusal, request_id: &str, bucket: &str, head: bool) -> Response {
    let ec = if no.ec.is_empty() { String::new() } else { format!("\n  <EC>{}</EC>", no.ec) };
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>{}</Code>\n  <Message>{}</Message>\n  \
         <RequestId>{request_id}</RequestId>\n  <HostId>{bucket}.oss-sandbox</HostId>{ec}\n</Error>\n",
        escape(&no.code),
        escape(&no.message),
    );
    let status = StatusCode::from_u16(no.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if head {
        Response::builder().status(status).finish().with("x-oss-err", &STANDARD.encode(&xml))
    } else {
        Response::builder().status(status).content_type("application/xml").body(xml)
    };
    if !no.ec.is_empty() {
        response = response.with("x-oss-ec", no.ec);
    }
    response.set_data(Outcome(no.code.clone()));
    response
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
