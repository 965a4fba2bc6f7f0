//! SendSms: each number has its own result; what is sent lands in the desk's inbox with the text a person would read.

use super::{Answer, Refusal, parameters, unknown_action};
use crate::{config::SmsConfig, world::World};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as object};

/// A message as it arrived on a phone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    /// Beijing time.
    pub(crate) at: String,
    /// Unix seconds.
    pub(crate) second: i64,
    pub(crate) mobile: String,
    pub(crate) sign: String,
    pub(crate) text: String,
    pub(crate) template_id: String,
    pub(crate) params: Vec<String>,
}

/// The messages that are kept.
const KEPT: usize = 2000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendSms {
    phone_number_set: Vec<String>,
    sms_sdk_app_id: String,
    template_id: String,
    sign_name: Option<String>,
    #[serde(default)]
    template_param_set: Vec<String>,
    #[serde(default)]
    session_context: String,
    #[serde(rename = "ExtendCode")]
    _extend_code: Option<String>,
    #[serde(rename = "SenderId")]
    _sender_id: Option<String>,
}

pub(super) fn answer(world: &World, action: &str, body: &[u8], wanted: Option<String>) -> Answer {
    match action {
        "SendSms" => send(world, &parameters(body)?, wanted),
        _ => Err(unknown_action()),
    }
}

fn send(world: &World, asked: &SendSms, wanted: Option<String>) -> Answer {
    let config = &world.config.tencent.sms;
    if asked.sms_sdk_app_id != config.sdk_app_id {
        return Err(Refusal::bare("UnauthorizedOperation.SmsSdkAppIdVerifyFail"));
    }
    if asked.phone_number_set.is_empty() || asked.phone_number_set.len() > 200 {
        return Err(Refusal::bare("LimitExceeded.PhoneNumberCountLimit"));
    }
    if asked.session_context.len() >= 512 {
        return Err(Refusal::bare("InvalidParameterValue.SessionContextLimit"));
    }
    let results: Vec<Value> = asked
        .phone_number_set
        .iter()
        .map(|number| {
            let result = match &wanted {
                Some(code) => Err(code.clone()),
                None => one(world, config, asked, number),
            };
            let (serial, code, message) = match result {
                Ok(serial) => (serial, "Ok".to_owned(), "send success".to_owned()),
                Err(code) => (String::new(), code.clone(), code.rsplit('.').next().unwrap_or_default().to_owned()),
            };
            let fee = i32::from(code == "Ok");
            object!({
                "SerialNo": serial, "PhoneNumber": number, "Fee": fee, "SessionContext": asked.session_context,
                "Code": code, "Message": message, "IsoCode": if fee == 1 { "CN" } else { "" },
            })
        })
        .collect();
    Ok(object!({"SendStatusSet": results}))
}

fn one(world: &World, config: &SmsConfig, asked: &SendSms, number: &str) -> Result<String, String> {
    let refused = |code: &str| Err(code.to_owned());
    let Some(mobile) = mainland(number) else { return refused("InvalidParameterValue.IncorrectPhoneNumber") };
    if asked.sign_name.as_deref() != Some(config.sign_name.as_str()) {
        return refused("FailedOperation.SignatureIncorrectOrUnapproved");
    }
    let Some(template) = config.templates.iter().find(|template| template.id == asked.template_id) else {
        return refused("FailedOperation.TemplateUnapprovedOrNotExist");
    };
    let params = &asked.template_param_set;
    if params.len() != variables(&template.text) {
        return refused("FailedOperation.TemplateParamSetNotMatchApprovedTemplate");
    }
    let digits = |text: &String| text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
    if template.text.contains("验证码") && !params.iter().all(digits) {
        return refused("InvalidParameterValue.TemplateParameterFormatError");
    }
    if params.iter().any(|text| text.contains("http://") || text.contains("https://")) {
        return refused("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter");
    }
    match mobile.get(7..) {
        Some("9001") => return refused("FailedOperation.PhoneNumberInBlacklist"),
        Some("9002") => return refused("LimitExceeded.PhoneNumberDailyLimit"),
        Some("9003") => return refused("InternalError.Timeout"),
        _ => {}
    }
    let text = params
        .iter()
        .enumerate()
        .fold(template.text.clone(), |text, (i, value)| text.replace(&format!("{{{}}}", i + 1), value));
    deliver(
        world,
        config,
        Message {
            id: format!("{}:{}", &mobile[7..], crate::world::random_hex::<8>()),
            at: world.clock.beijing(),
            second: world.clock.now().timestamp(),
            sign: config.sign_name.clone(),
            text: format!("【{}】{text}", config.sign_name),
            template_id: template.id.clone(),
            params: params.clone(),
            mobile,
        },
    )
}

/// Applies the default frequency policy and puts the message into the inbox.
fn deliver(world: &World, config: &SmsConfig, message: Message) -> Result<String, String> {
    world.tencent.write(|state| {
        let same = |old: &&Message| old.mobile == message.mobile;
        let again = |old: &Message| old.text == message.text && message.second - old.second < 30;
        if state.messages.iter().filter(same).any(again) {
            return Err("LimitExceeded.PhoneNumberThirtySecondLimit".into());
        }
        let today = state.messages.iter().filter(same).filter(|old| old.at.get(..10) == message.at.get(..10)).count();
        if today >= config.daily_limit as usize {
            return Err("LimitExceeded.PhoneNumberDailyLimit".into());
        }
        if state.messages.len() >= KEPT {
            state.messages.remove(0);
        }
        let serial = message.id.clone();
        state.messages.push(message);
        Ok(serial)
    })
}

/// `+86`, `86`, `0086` or nothing before eleven digits.
fn mainland(number: &str) -> Option<String> {
    let digits = ["+86", "0086", "86"].iter().find_map(|prefix| number.strip_prefix(prefix)).unwrap_or(number);
    let right = digits.len() == 11 && digits.starts_with('1') && digits.bytes().all(|b| b.is_ascii_digit());
    right.then(|| digits.to_owned())
}

fn variables(text: &str) -> usize {
    (1..=20).take_while(|n| text.contains(&format!("{{{n}}}"))).count()
}
