//! WeChat's server API for mini-programs (微信小程序服务端), at `/wechat` instead of `https://api.weixin.qq.com`.
//! As there, the HTTP status is 200 even for a refusal: `errcode` tells.

mod codes;
mod face;
mod login;
mod messages;
mod scan;
mod token;

use crate::{
    calls::{Outcome, json, refuse, watch},
    world::{World, random_hex},
};
use chrono::{DateTime, Utc};
use poem::{
    Endpoint, IntoResponse, Request, Response, Route, handler,
    http::{Method, StatusCode},
    post,
    web::{Data, Json},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, sync::Arc};

/// The name in the log and in faults.
const VENDOR: &str = "wechat";

/// What WeChat remembers.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    tokens: Vec<token::Token>,
    forced: Vec<DateTime<Utc>>,
    codes: BTreeMap<String, login::Code>,
    /// Accepted and not yet used sends, by `openid template`.
    quota: BTreeMap<String, u32>,
    messages: Vec<messages::Message>,
    links: BTreeMap<String, codes::Link>,
    checks: BTreeMap<String, face::Check>,
}

/// A refusal in WeChat's words.
#[derive(Debug)]
struct Refusal(i64, String);

impl Refusal {
    fn new(code: i64) -> Self {
        Self(code, words(code).into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let rid = format!("{}-{}-{}", random_hex::<4>(), random_hex::<4>(), random_hex::<4>());
        let errmsg = format!("{} rid: {rid}", self.1);
        let mut response = json(StatusCode::OK, &serde_json::json!({"errcode": self.0, "errmsg": errmsg}));
        response.set_data(Outcome(format!("errcode {}", self.0)));
        response
    }
}

/// The sentence WeChat gives with a code.
fn words(code: i64) -> &'static str {
    match code {
        -1 => "system error",
        40001 => "invalid credential, access_token is invalid or not latest",
        40002 => "invalid grant_type",
        40003 => "invalid openid",
        40013 => "invalid appid",
        40014 => "invalid access_token",
        40029 => "invalid code",
        40037 => "invalid template_id",
        40097 => "invalid args",
        40125 => "invalid appsecret",
        40129 => "invalid scene",
        40163 => "code been used",
        40165 => "invalid weapp pagepath",
        40169 => "invalid length for scene, or the data is not json string",
        40212 => "invalid query",
        40226 => "high risk user",
        41001 => "access_token missing",
        41002 => "appid missing",
        41004 => "appsecret missing",
        41030 => "invalid page",
        42001 => "access_token expired",
        43002 => "require POST method",
        43101 => "user refuse to accept the msg",
        44002 => "empty post data",
        45009 => "reach max api daily quota limit",
        45011 => "api minute-quota reach limit, must slower, retry next minute",
        47001 => "data format error",
        47003 => "argument invalid!",
        84010 => "out_seq_no has been used",
        84011 => "verify_id is invalid",
        84012 => "verify_id does not belong to this person",
        85401 => "time limit between 1min and 30 days",
        _ => "refused on purpose",
    }
}

pub(crate) fn routes(world: Arc<World>) -> impl Endpoint {
    let api = |answer: Answer| Api { world: world.clone(), answer };
    let route = Route::new()
        .at("/cgi-bin/stable_token", api(token::stable_token))
        .at("/sns/jscode2session", api(login::code_to_session))
        .at("/wxa/business/getuserphonenumber", api(login::phone_number))
        .at("/wxa/getwxacodeunlimit", api(codes::unlimited))
        .at("/wxa/generate_urllink", api(codes::url_link))
        .at("/cityservice/face/identify/getverifyid", api(face::get_verify_id))
        .at("/cityservice/face/identify/queryverifyinfo", api(face::query_verify_info))
        .at("/cgi-bin/message/subscribe/send", api(messages::send));
    watch(world, VENDOR, operation, route)
}

/// The last word of the path: `stable_token`, `jscode2session`, `send` …
fn operation(request: &Request) -> String {
    request.uri().path().rsplit('/').next().unwrap_or_default().to_owned()
}

type Answer = fn(&World, &Asked) -> Result<Response, Refusal>;

/// A request, read.
struct Asked {
    method: Method,
    query: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Asked {
    /// The JSON body of a POST.
    fn posted<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        if self.method != Method::POST {
            return Err(Refusal::new(43002));
        }
        if self.body.is_empty() {
            return Err(Refusal::new(44002));
        }
        serde_json::from_slice(&self.body).map_err(|_| Refusal::new(47001))
    }

    fn parameter(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// One endpoint of the API: reads the request, applies an outcome asked for, answers.
struct Api {
    world: Arc<World>,
    answer: Answer,
}

impl Endpoint for Api {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let operation = operation(&request);
        let query = request.uri().query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let body = request.take_body().into_bytes_limit(1024 * 1024).await?.to_vec();
        let asked = Asked { method: request.method().clone(), query, body };
        let answered = match self.world.faults.outcome(VENDOR, &operation) {
            Some(word) => Err(Refusal::new(if word == "rate_limited" { 45011 } else { word.parse().unwrap_or(-1) })),
            None => (self.answer)(&self.world, &asked),
        };
        Ok(match answered {
            Ok(mut response) => {
                response.set_data(Outcome("ok".into()));
                response
            }
            Err(refusal) => refusal.into_response(),
        })
    }
}

/// What the phone does with WeChat itself.
pub(crate) fn phone(route: Route) -> Route {
    route
        .at("/login", post(login::phone_login))
        .at("/phone-number", post(login::phone_share_number))
        .at("/subscribe", post(messages::phone_subscribe))
        .at("/messages", poem::get(messages::phone_messages))
        .at("/scan", post(scan::phone_scan))
        .at("/facial-verify", post(face::phone_facial_verify))
}

pub(crate) fn control() -> Route {
    Route::new().at("/tokens", post(spoil_tokens)).at("/messages", poem::get(messages::all_messages))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
struct Spoil {
    how: How,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum How {
    /// Every token is past its time: 42001.
    Expire,
    /// Every token is forgotten: 40001.
    Forget,
}

/// Makes the tokens that are out there useless.
#[handler]
fn spoil_tokens(Data(world): Data<&Arc<World>>, Json(spoil): Json<Spoil>) -> Response {
    let now = world.clock.now();
    world.wechat.write(|state| match spoil.how {
        How::Expire => state.tokens.iter_mut().for_each(|token| token.expires = now),
        How::Forget => state.tokens.clear(),
    });
    json(StatusCode::OK, &serde_json::json!({}))
}

/// Why a request of the phone cannot be served: another mini-program, or nobody who is here.
fn stranger(world: &World, appid: &str, openid: &str) -> Option<Response> {
    if appid != world.config.wechat.appid {
        return Some(refuse(StatusCode::BAD_REQUEST, "appid: not the mini-program of this sandbox"));
    }
    world.person(openid).is_none().then(|| refuse(StatusCode::NOT_FOUND, "openid: nobody on this desk"))
}
