//! The API of 企业帐号.

use crate::{
    account::{
        SMS_CODE_PAUSE, SmsPurpose, captcha,
        flow::{self, Registration},
        sms_code,
        wechat::{self, Tapped},
    },
    error::{At, Error},
    state::State,
    who::{Auth, Channel, Machine, Who},
};
use base64::Engine;
use poem::{Request, web::Data};
use poem_openapi::{Object, OpenApi, Tags, payload::Json};
use std::sync::Arc;
use uuid::Uuid;
use zhangzheng_kinds::Mobile;

#[derive(Tags)]
enum Tag {
    /// 企业帐号: registering and signing in.
    Account,
}

/// 图形验证码.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct Captcha {
    id: Uuid,
    /// A PNG as a data URL.
    image: String,
    /// A WAV as a data URL, when asked for a spoken one.
    sound: Option<String>,
}

#[derive(Object)]
struct CaptchaRequest {
    /// Whether it should also be spoken (digits only).
    #[oai(default)]
    spoken: bool,
}

#[derive(Object)]
struct SmsCodeRequest {
    mobile: String,
    purpose: SmsPurpose,
    captcha_id: Option<Uuid>,
    /// The characters in the picture.
    captcha: String,
    /// For `reset_password`: the account.
    #[oai(default)]
    account: String,
}

/// The code is on its way, if it is worth sending.
#[derive(Object)]
struct SmsCodeSent {
    /// Seconds until another one can be asked for.
    retry_after: u32,
}

#[derive(Object)]
struct RegisterRequest {
    account: String,
    password: String,
    password_again: String,
    mobile: String,
    sms_code: String,
    agreed: bool,
    platform: Option<String>,
}

#[derive(Object)]
struct SignInRequest {
    account: String,
    mobile: String,
    password: String,
}

#[derive(Object)]
struct ResetPasswordRequest {
    account: String,
    mobile: String,
    sms_code: String,
    password: String,
    password_again: String,
}

#[derive(Object)]
struct WechatSignInRequest {
    /// The code of `wx.login`.
    code: String,
}

#[derive(Object)]
struct WechatBindRequest {
    bind_ticket: String,
    account: String,
    mobile: String,
    password: String,
}

#[derive(Object)]
struct WechatMobileRequest {
    /// The code of `wx.login`.
    code: String,
    /// The code of the phone-number button.
    phone_code: String,
}

#[derive(Object)]
struct SwitchRequest {
    member_id: Uuid,
}

/// An account of the same person.
#[derive(Object)]
struct Belongs {
    member_id: Uuid,
    account_name: String,
    current: bool,
}

/// Who is signed in.
#[derive(Object)]
pub struct Me {
    member_id: Uuid,
    account_name: String,
    mobile_masked: String,
    /// Every account that the same WeChat user belongs to.
    accounts: Vec<Belongs>,
}

/// A session has been opened.
#[derive(Object)]
pub struct Session {
    /// For `Authorization: Bearer …`.
    pub token: String,
    pub me: Me,
}

/// Either a session, or a ticket to bind with.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct WechatSignedIn {
    session: Option<Session>,
    bind_ticket: Option<String>,
}

/// Nothing more to say.
#[derive(Object)]
pub struct Done {
    pub done: bool,
}

/// `{"done":true}`.
pub fn done() -> Json<Done> {
    Json(Done { done: true })
}

/// Who is signed in, for an answer.
pub async fn me(state: &State, who: &Who) -> Result<Me, Error> {
    let belongs = wechat::belongs(state, who).await?;
    let own = belongs.iter().find(|own| own.member_id == who.member_id).ok_or_else(Error::not_found)?;
    Ok(Me {
        member_id: who.member_id,
        account_name: own.account_name.clone(),
        mobile_masked: flow::opened_mobile(state, own.member_id, &own.mobile)?.masked(),
        accounts: belongs
            .into_iter()
            .map(|other| Belongs {
                current: other.member_id == who.member_id,
                member_id: other.member_id,
                account_name: other.account_name,
            })
            .collect(),
    })
}

async fn session(state: &State, (token, who): (String, Who)) -> Result<Json<Session>, Error> {
    Ok(Json(Session { token, me: me(state, &who).await? }))
}

fn machine(state: &State, request: &Request) -> Machine {
    Machine::of(request, state.config.http.trust_forwarded)
}

fn data_url(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

/// 企业帐号.
pub struct Api;

#[OpenApi(prefix_path = "/api", tag = "Tag::Account")]
impl Api {
    /// A new 图形验证码.
    #[oai(path = "/captchas", method = "post", operation_id = "make_captcha")]
    async fn captcha(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: Json<CaptchaRequest>,
    ) -> Result<Json<Captcha>, Error> {
        let limit = state.config.limits.captcha_per_ip;
        crate::limits::count(&state.db, "captcha_ip", &machine(&state, request).ip, limit).await?;
        let id = captcha::make(&state, body.spoken).await?;
        let sound = if body.spoken { Some(data_url("audio/wav", &captcha::voice(&state, id).await?)) } else { None };
        Ok(Json(Captcha { id, image: data_url("image/png", &captcha::picture(&state, id).await?), sound }))
    }

    /// Sends a 短信验证码.
    #[oai(path = "/sms-codes", method = "post", operation_id = "send_sms_code")]
    async fn sms_code(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: Json<SmsCodeRequest>,
    ) -> Result<Json<SmsCodeSent>, Error> {
        let machine = machine(&state, request);
        let captcha = (body.captcha_id, body.captcha.as_str());
        match body.purpose {
            SmsPurpose::Register => {
                let mobile = Mobile::parse(&body.mobile).at("mobile")?;
                sms_code::ask(&state, &machine, &mobile, SmsPurpose::Register, captcha, true).await?;
            }
            SmsPurpose::ResetPassword => {
                flow::ask_reset_code(&state, &machine, &body.account, &body.mobile, captcha).await?;
            }
            SmsPurpose::NominateAdministrator => return Err(Error::invalid("purpose", "请在确认管理员页面获取验证码")),
        }
        Ok(Json(SmsCodeSent { retry_after: SMS_CODE_PAUSE }))
    }

    /// 注册, on a phone.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: Json<RegisterRequest>,
    ) -> Result<Json<Session>, Error> {
        let body = body.0;
        let typed = Registration {
            account: body.account,
            password: body.password,
            password_again: body.password_again,
            mobile: body.mobile,
            sms_code: body.sms_code,
            agreed: body.agreed,
            platform: body.platform,
        };
        session(&state, flow::register(&state, &machine(&state, request), Channel::Phone, &typed).await?).await
    }

    /// 登录, on a phone, by 帐号 + 手机号 + 密码.
    #[oai(path = "/sign-in", method = "post", operation_id = "sign_in")]
    async fn sign_in(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: Json<SignInRequest>,
    ) -> Result<Json<Session>, Error> {
        let machine = machine(&state, request);
        let opened =
            flow::sign_in(&state, &machine, Channel::Phone, &body.account, &body.mobile, &body.password).await?;
        session(&state, opened).await
    }

    /// 忘记密码: sets a new one.
    #[oai(path = "/reset-password", method = "post", operation_id = "reset_password")]
    async fn reset_password(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: Json<ResetPasswordRequest>,
    ) -> Result<Json<Done>, Error> {
        let body = body.0;
        let typed = flow::Reset {
            account: body.account,
            mobile: body.mobile,
            sms_code: body.sms_code,
            password: body.password,
            password_again: body.password_again,
        };
        flow::reset_password(&state, &machine(&state, request), &typed).await?;
        Ok(done())
    }

    /// One tap in the mini-program.
    #[oai(path = "/wechat/sign-in", method = "post", operation_id = "wechat_sign_in")]
    async fn wechat_sign_in(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: Json<WechatSignInRequest>,
    ) -> Result<Json<WechatSignedIn>, Error> {
        match wechat::tap(&state, &machine(&state, request), &body.code).await? {
            Tapped::SignedIn { token, who } => {
                let session = Session { token, me: me(&state, &who).await? };
                Ok(Json(WechatSignedIn { session: Some(session), bind_ticket: None }))
            }
            Tapped::Unbound { bind_ticket } => {
                Ok(Json(WechatSignedIn { session: None, bind_ticket: Some(bind_ticket) }))
            }
        }
    }

    /// Binds this WeChat to a member, by 帐号 + 手机号 + 密码.
    #[oai(path = "/wechat/bind", method = "post", operation_id = "wechat_bind")]
    async fn wechat_bind(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: Json<WechatBindRequest>,
    ) -> Result<Json<Session>, Error> {
        let machine = machine(&state, request);
        let opened =
            wechat::bind_by_password(&state, &machine, &body.bind_ticket, &body.account, &body.mobile, &body.password)
                .await?;
        session(&state, opened).await
    }

    /// Binds this WeChat to the members with the mobile number that WeChat has verified.
    #[oai(path = "/wechat/bind-by-mobile", method = "post", operation_id = "wechat_bind_by_mobile")]
    async fn wechat_bind_by_mobile(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        body: Json<WechatMobileRequest>,
    ) -> Result<Json<Session>, Error> {
        let machine = machine(&state, request);
        session(&state, wechat::bind_by_mobile(&state, &machine, &body.code, &body.phone_code).await?).await
    }

    /// Who is signed in.
    #[oai(path = "/me", method = "get", operation_id = "get_me")]
    async fn me(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<Me>, Error> {
        Ok(Json(me(&state, &who).await?))
    }

    /// 切换账号: the same person in another account.
    #[oai(path = "/me/switch", method = "post", operation_id = "switch_account")]
    async fn switch(
        &self,
        state: Data<&Arc<State>>,
        request: &Request,
        who: Auth,
        body: Json<SwitchRequest>,
    ) -> Result<Json<Session>, Error> {
        session(&state, wechat::switch(&state, &machine(&state, request), &who, body.member_id).await?).await
    }

    /// 解除绑定: this WeChat no longer signs in as this member.
    #[oai(path = "/me/unbind", method = "post", operation_id = "unbind_wechat")]
    async fn unbind(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<Done>, Error> {
        wechat::unbind(&state, &who).await?;
        Ok(done())
    }

    /// 退出登录.
    #[oai(path = "/sign-out", method = "post", operation_id = "sign_out")]
    async fn sign_out(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<Done>, Error> {
        flow::sign_out(&state, &who).await?;
        Ok(done())
    }

    /// 退出所有设备.
    #[oai(path = "/sign-out-everywhere", method = "post", operation_id = "sign_out_everywhere")]
    async fn sign_out_everywhere(&self, state: Data<&Arc<State>>, who: Auth) -> Result<Json<Done>, Error> {
        flow::sign_out_everywhere(&state, &who).await?;
        Ok(done())
    }
}
