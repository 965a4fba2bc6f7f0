//! 企业帐号: registering, signing in, and the people of an account. An account belongs to one company; its members are
//! told apart by their mobile numbers.

pub mod captcha;
pub mod entity;
pub mod flow;
pub mod http;
pub mod password;
pub mod sms_code;
pub mod wechat;

use chrono::Duration;

/// What an SMS code is for: a code sent for one thing is worth nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, poem_openapi::Enum, serde::Deserialize)]
#[oai(rename = "SmsPurpose", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum SmsPurpose {
    /// 注册.
    Register,
    /// 忘记密码.
    ResetPassword,
    /// 指定他人为管理员: the person named reads the code to the one who names.
    NominateAdministrator,
}

impl SmsPurpose {
    /// The column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::ResetPassword => "reset_password",
            Self::NominateAdministrator => "nominate_administrator",
        }
    }
}

/// An SMS code is good for this long …
pub const SMS_CODE_LIFE: Duration = Duration::minutes(5);
/// … and for this many tries.
pub const SMS_CODE_TRIES: i32 = 5;
/// 重新发送(59): seconds until another code can be asked for.
pub const SMS_CODE_PAUSE: u32 = 60;
/// A captcha is good for this long, and for one answer.
pub const CAPTCHA_LIFE: Duration = Duration::minutes(3);
/// A WeChat that is bound to nobody yet has this long to say who it is.
pub const BIND_LIFE: Duration = Duration::minutes(10);
