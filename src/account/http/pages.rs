//! The pages of 企业帐号: 注册, 登录, 忘记密码, and the small parts within them.

use crate::{
    account::{
        SMS_CODE_PAUSE, SmsPurpose, captcha,
        flow::{self, Registration, Reset},
        sms_code,
    },
    agreements,
    error::{At, Error, Problem},
    limits,
    page::{self, Frame},
    state::State,
    who::{self, Channel, Machine, MaybeWho, Posted, Who},
};
use askama::Template;
use poem::{
    Request, Response, Route, get, handler,
    http::StatusCode,
    post,
    web::{Data, Path, Query, cookie::CookieJar},
};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;
use zhangzheng_kinds::{Mobile, Password};

/// Adds the pages.
pub fn routes(route: Route) -> Route {
    route
        .at("/register", get(register_page).post(register))
        .at("/register/sms-code", post(register_sms_code))
        .at("/register/strength", post(strength))
        .at("/sign-in", get(sign_in_page).post(sign_in))
        .at("/sign-out", post(sign_out))
        .at("/sign-out-everywhere", post(sign_out_everywhere))
        .at("/forgot-password", get(forgot_page).post(forgot))
        .at("/forgot-password/sms-code", post(forgot_sms_code))
        .at("/captcha", get(captcha_part))
        .at("/captcha/:file", get(captcha_file))
}

/// 图形验证码 inside a form.
#[derive(Template)]
#[template(path = "account/captcha.html", config = "config/askama.toml")]
struct CaptchaPart {
    id: Uuid,
    spoken: bool,
    /// Takes the place of the one in the form although it comes with something else.
    oob: bool,
}

/// 获取验证码 and what became of it.
#[derive(Template)]
#[template(path = "account/sms_code.html", config = "config/askama.toml")]
struct SmsPart<'a> {
    action: &'a str,
    sent: bool,
    pause: u32,
    problem: Option<&'a Problem>,
    captcha: CaptchaPart,
}

#[derive(Template)]
#[template(path = "account/register.html", config = "config/askama.toml")]
struct RegisterPage<'a> {
    frame: Frame,
    typed: &'a Registration,
    texts: &'static [agreements::Text],
    captcha: CaptchaPart,
    problem: Option<&'a Problem>,
    sent: bool,
    pause: u32,
}

impl RegisterPage<'_> {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.problem.filter(|problem| problem.field.as_deref() == Some(field)).map(|problem| problem.detail.as_str())
    }
}

#[derive(Template)]
#[template(path = "account/sign_in.html", config = "config/askama.toml")]
struct SignInPage<'a> {
    frame: Frame,
    account: &'a str,
    mobile: &'a str,
    next: &'a str,
    problem: Option<&'a Problem>,
    note: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "account/forgot.html", config = "config/askama.toml")]
struct ForgotPage<'a> {
    frame: Frame,
    typed: &'a Reset,
    captcha: CaptchaPart,
    problem: Option<&'a Problem>,
    sent: bool,
    pause: u32,
}

impl ForgotPage<'_> {
    fn wrong(&self, field: &str) -> Option<&str> {
        self.problem.filter(|problem| problem.field.as_deref() == Some(field)).map(|problem| problem.detail.as_str())
    }
}

async fn new_captcha(state: &State, machine: &Machine, spoken: bool) -> Result<CaptchaPart, Error> {
    limits::count(&state.db, "captcha_ip", &machine.ip, state.config.limits.captcha_per_ip).await?;
    Ok(CaptchaPart { id: captcha::make(state, spoken).await?, spoken, oob: false })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Captcha {
    captcha_id: Option<Uuid>,
    captcha: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CaptchaQuery {
    spoken: bool,
}

#[handler]
async fn captcha_part(
    state: Data<&Arc<State>>,
    machine: Machine,
    Query(query): Query<CaptchaQuery>,
) -> Result<Response, Error> {
    page::html(&new_captcha(&state, &machine, query.spoken).await?)
}

#[handler]
async fn captcha_file(state: Data<&Arc<State>>, Path(file): Path<String>) -> Result<Response, Error> {
    let (id, kind) = file.split_once('.').ok_or_else(Error::not_found)?;
    let id = id.parse().map_err(|_| Error::not_found())?;
    let (content_type, bytes) = match kind {
        "png" => ("image/png", captcha::picture(&state, id).await?),
        "wav" => ("audio/wav", captcha::voice(&state, id).await?),
        _ => return Err(Error::not_found()),
    };
    Ok(Response::builder().content_type(content_type).header("cache-control", "no-store").body(bytes))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RegisterForm {
    #[serde(flatten)]
    typed: RegistrationForm,
    #[serde(flatten)]
    captcha: Captcha,
}

/// A checkbox sends `on` or nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RegistrationForm {
    account: String,
    password: String,
    password_again: String,
    mobile: String,
    sms_code: String,
    agreed: Option<String>,
    platform: Option<String>,
}

impl From<RegistrationForm> for Registration {
    fn from(form: RegistrationForm) -> Self {
        Self {
            account: form.account,
            password: form.password,
            password_again: form.password_again,
            mobile: form.mobile,
            sms_code: form.sms_code,
            agreed: form.agreed.is_some(),
            platform: form.platform.filter(|code| !code.is_empty()),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RegisterQuery {
    platform: Option<String>,
}

#[handler]
async fn register_page(
    state: Data<&Arc<State>>,
    who: MaybeWho,
    jar: &CookieJar,
    machine: Machine,
    Query(query): Query<RegisterQuery>,
) -> Result<Response, Error> {
    let typed = Registration { platform: query.platform, ..Registration::default() };
    register_form(&state, &who, jar, &machine, &typed, None, false).await
}

async fn register_form(
    state: &State,
    who: &MaybeWho,
    jar: &CookieJar,
    machine: &Machine,
    typed: &Registration,
    problem: Option<&Problem>,
    sent: bool,
) -> Result<Response, Error> {
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let page = RegisterPage {
        frame: Frame::open(state, who, jar, "账号注册").await?,
        typed,
        texts: agreements::REGISTRATION,
        captcha: new_captcha(state, machine, false).await?,
        problem,
        sent,
        pause: SMS_CODE_PAUSE,
    };
    page::html_with(status, &page)
}

#[handler]
async fn register(
    state: Data<&Arc<State>>,
    who: MaybeWho,
    jar: &CookieJar,
    machine: Machine,
    Posted(form): Posted<RegisterForm>,
) -> Result<Response, Error> {
    let typed = Registration::from(form.typed);
    match flow::register(&state, &machine, Channel::Desktop, &typed).await {
        Ok((token, _)) => {
            jar.add(who::session_cookie(&state, &token));
            Ok(page::see_other("/enrol"))
        }
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => Err(error),
        Err(error) => register_form(&state, &who, jar, &machine, &typed, Some(error.problem()), false).await,
    }
}

#[handler]
async fn register_sms_code(
    state: Data<&Arc<State>>,
    request: &Request,
    who: MaybeWho,
    jar: &CookieJar,
    machine: Machine,
    Posted(form): Posted<RegisterForm>,
) -> Result<Response, Error> {
    let typed = Registration::from(form.typed);
    let asked = async {
        let mobile = Mobile::parse(&typed.mobile).at("mobile")?;
        let captcha = (form.captcha.captcha_id, form.captcha.captcha.as_str());
        sms_code::ask(&state, &machine, &mobile, SmsPurpose::Register, captcha, true).await
    }
    .await;
    if page::wants_part(request) {
        return sms_part(&state, &machine, "/register/sms-code", asked).await;
    }
    let (problem, sent) = (asked.as_ref().err().map(Error::problem), asked.is_ok());
    register_form(&state, &who, jar, &machine, &typed, problem, sent).await
}

async fn sms_part(state: &State, machine: &Machine, action: &str, asked: Result<(), Error>) -> Result<Response, Error> {
    let problem = asked.as_ref().err().map(Error::problem);
    let pause = problem.and_then(|problem| problem.retry_after).unwrap_or(SMS_CODE_PAUSE);
    let captcha = CaptchaPart { oob: true, ..new_captcha(state, machine, false).await? };
    page::html(&SmsPart { action, sent: asked.is_ok(), pause, problem, captcha })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StrengthForm {
    password: String,
}

/// 密码强度, as typed.
#[handler]
async fn strength(Posted(form): Posted<StrengthForm>) -> Result<Response, Error> {
    use zhangzheng_kinds::Strength::{Fair, Strong, Weak};
    let (class, words) = match Password::parse(&form.password) {
        _ if form.password.is_empty() => ("", ""),
        Err(refused) => ("weak", refused.0),
        Ok(password) => match password.strength() {
            Weak => ("weak", "密码强度：弱"),
            Fair => ("fair", "密码强度：中"),
            Strong => ("strong", "密码强度：强"),
        },
    };
    let part = format!(r#"<span class="strength {class}">{words}</span>"#);
    Ok(Response::builder().content_type("text/html; charset=utf-8").body(part))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SignInQuery {
    next: String,
    reset: bool,
}

#[handler]
async fn sign_in_page(
    state: Data<&Arc<State>>,
    who: MaybeWho,
    jar: &CookieJar,
    Query(query): Query<SignInQuery>,
) -> Result<Response, Error> {
    if who.0.is_some() {
        return Ok(page::see_other("/enrol"));
    }
    let frame = Frame::open(&state, &who, jar, "账号登录").await?;
    let note = query.reset.then_some("密码已重新设置，请登录");
    page::html(&SignInPage { frame, account: "", mobile: "", next: &query.next, problem: None, note })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SignInForm {
    account: String,
    mobile: String,
    password: String,
    next: String,
}

#[handler]
async fn sign_in(
    state: Data<&Arc<State>>,
    who: MaybeWho,
    jar: &CookieJar,
    machine: Machine,
    Posted(form): Posted<SignInForm>,
) -> Result<Response, Error> {
    let opened = flow::sign_in(&state, &machine, Channel::Desktop, &form.account, &form.mobile, &form.password).await;
    match opened {
        Ok((token, _)) => {
            jar.add(who::session_cookie(&state, &token));
            // Only to a page of ours.
            let ours = form.next.starts_with('/') && !form.next.starts_with("//") && !form.next.contains('\\');
            Ok(page::see_other(if ours { &form.next } else { "/enrol" }))
        }
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => Err(error),
        Err(error) => {
            let frame = Frame::open(&state, &who, jar, "账号登录").await?;
            let problem = error.problem();
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
            let (account, mobile, next) = (&form.account, &form.mobile, &form.next);
            let page = SignInPage { frame, account, mobile, next, problem: Some(problem), note: None };
            page::html_with(status, &page)
        }
    }
}

#[derive(Deserialize)]
struct Nothing {}

#[handler]
async fn sign_out(state: Data<&Arc<State>>, who: Who, jar: &CookieJar, _: Posted<Nothing>) -> Result<Response, Error> {
    flow::sign_out(&state, &who).await?;
    jar.remove(who::COOKIE);
    Ok(page::see_other("/"))
}

#[handler]
async fn sign_out_everywhere(
    state: Data<&Arc<State>>,
    who: Who,
    jar: &CookieJar,
    _: Posted<Nothing>,
) -> Result<Response, Error> {
    flow::sign_out_everywhere(&state, &who).await?;
    jar.remove(who::COOKIE);
    Ok(page::see_other("/"))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ForgotForm {
    #[serde(flatten)]
    typed: Reset,
    #[serde(flatten)]
    captcha: Captcha,
}

async fn forgot_form(
    state: &State,
    who: &MaybeWho,
    jar: &CookieJar,
    machine: &Machine,
    typed: &Reset,
    problem: Option<&Problem>,
    sent: bool,
) -> Result<Response, Error> {
    let status = problem.and_then(|problem| StatusCode::from_u16(problem.status).ok()).unwrap_or(StatusCode::OK);
    let page = ForgotPage {
        frame: Frame::open(state, who, jar, "忘记密码").await?,
        typed,
        captcha: new_captcha(state, machine, false).await?,
        problem,
        sent,
        pause: SMS_CODE_PAUSE,
    };
    page::html_with(status, &page)
}

#[handler]
async fn forgot_page(
    state: Data<&Arc<State>>,
    who: MaybeWho,
    jar: &CookieJar,
    machine: Machine,
) -> Result<Response, Error> {
    forgot_form(&state, &who, jar, &machine, &Reset::default(), None, false).await
}

#[handler]
async fn forgot(
    state: Data<&Arc<State>>,
    who: MaybeWho,
    jar: &CookieJar,
    machine: Machine,
    Posted(form): Posted<ForgotForm>,
) -> Result<Response, Error> {
    match flow::reset_password(&state, &machine, &form.typed).await {
        Ok(()) => Ok(page::see_other("/sign-in?reset=true")),
        Err(error @ (Error::Internal(_) | Error::Unavailable(_))) => Err(error),
        Err(error) => forgot_form(&state, &who, jar, &machine, &form.typed, Some(error.problem()), false).await,
    }
}

#[handler]
async fn forgot_sms_code(
    state: Data<&Arc<State>>,
    request: &Request,
    who: MaybeWho,
    jar: &CookieJar,
    machine: Machine,
    Posted(form): Posted<ForgotForm>,
) -> Result<Response, Error> {
    let captcha = (form.captcha.captcha_id, form.captcha.captcha.as_str());
    let asked = flow::ask_reset_code(&state, &machine, &form.typed.account, &form.typed.mobile, captcha).await;
    if page::wants_part(request) {
        return sms_part(&state, &machine, "/forgot-password/sms-code", asked).await;
    }
    let (problem, sent) = (asked.as_ref().err().map(Error::problem), asked.is_ok());
    forgot_form(&state, &who, jar, &machine, &form.typed, problem, sent).await
}
