//! Text messages (短信) by Tencent Cloud SMS: one approved template for each text the product sends.

use crate::{
    Error, Result,
    http::Http,
    tencent::{self, Answer, Service},
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, time::Duration};
use zhangzheng_kinds::{Clock, Mobile, Secret, SmsCode};

const VENDOR: &str = "sms";

/// `[sms]` of the settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub base_url: String,
    pub region: String,
    pub secret_id: String,
    pub secret_key: Secret,
    pub sdk_app_id: String,
    /// The approved signature's text, without 【】.
    pub sign_name: String,
    /// The approved template's id for each kind of text.
    pub templates: HashMap<Template, String>,
}

/// The kinds of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    RegisterCode,
    SignInCode,
    ResetCode,
    AdministratorCode,
    RepresentativeInvite,
    CaseReturned,
    CertificateActive,
    CertificateRevoked,
    CertificateExpiring,
    AdministratorNamed,
    OrderPaid,
    OrderRefunded,
    InvoiceIssued,
    OrderExpiring,
}

/// A text with its variables. Variables are at most 6 characters on newer accounts, and only digits where a code is sent.
#[derive(Clone, Debug)]
pub enum Text {
    /// A code and the minutes it lives, for one of the `…Code` templates.
    Code { template: Template, code: SmsCode, minutes: u8 },
    /// A short number of the case or certificate.
    Number { template: Template, number: String },
    /// The days left.
    Expiring { days: u16 },
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The vendor has taken it; whether it arrives is not known yet.
    Taken { serial: String, request_id: String },
    /// Too many to this number: nothing was sent, and nothing will be before `wait` is over.
    TooMany { code: String, wait: Duration },
    /// The number does not exist or wants no messages.
    Unreachable { code: String },
}

/// The client.
#[derive(Clone, Debug)]
pub struct Client {
    service: Service,
    config: Config,
}

impl Client {
    /// # Errors
    /// When `base_url` is not an address.
    pub fn new(config: &Config, http: Http, clock: Clock) -> Result<Self> {
        let key = tencent::Config {
            base_url: config.base_url.clone(),
            region: config.region.clone(),
            secret_id: config.secret_id.clone(),
            secret_key: config.secret_key.clone(),
        };
        let service = Service::new(VENDOR, ("sms", "2021-01-11"), &key, http, clock)?;
        Ok(Self { service, config: config.clone() })
    }

    /// Sends one message. The vendor has no idempotency key: after [`Error::Unavailable`] it may have been sent, so a
    /// code is asked for again by the person, never repeated by us. `reference` (ours, under 512 bytes) comes back in
    /// the vendor's delivery report.
    ///
    /// # Errors
    /// When the vendor does not answer, or our account, signature or template is not in order.
    pub async fn send_text(&self, to: &Mobile, text: &Text, reference: &str) -> Result<Outcome> {
        let (template, variables) = text.parts();
        self.submit(to, template, variables, reference).await
    }

    /// Sends the text of a template's key (`register_code` …) with its variables in order.
    ///
    /// # Errors
    /// As [`Self::send_text`].
    pub async fn send(&self, template: &str, to: &Mobile, variables: &[String], id: uuid::Uuid) -> Result<Outcome> {
        let kind = serde_json::from_value(template.into());
        let kind: Template = kind.map_err(|_| Error::misconfigured(VENDOR, format!("no template {template}")))?;
        self.submit(to, kind, variables.to_vec(), &id.to_string()).await
    }

    async fn submit(
        &self,
        to: &Mobile,
        template: Template,
        variables: Vec<String>,
        reference: &str,
    ) -> Result<Outcome> {
        let id = self.config.templates.get(&template);
        let id = id.ok_or_else(|| Error::misconfigured(VENDOR, format!("no template for {template:?}")))?;
        let request = wire::SendSms {
            phone_number_set: [format!("+86{}", to.as_str())],
            sms_sdk_app_id: &self.config.sdk_app_id,
            template_id: id,
            sign_name: &self.config.sign_name,
            template_param_set: variables,
            session_context: reference,
        };
        let answer: Answer<wire::Sent> = self.service.call("SendSms", &request, Duration::from_secs(10)).await?;
        let Some(status) = answer.fields.send_status_set.into_iter().next() else {
            return Err(Error::malformed(VENDOR, "no status for the number"));
        };
        understand(status, answer.request_id)
    }
}

impl Text {
    fn parts(&self) -> (Template, Vec<String>) {
        match self {
            Self::Code { template, code, minutes } => (*template, vec![code.as_str().to_owned(), minutes.to_string()]),
            Self::Number { template, number } => (*template, vec![number.clone()]),
            Self::Expiring { days } => (Template::CertificateExpiring, vec![days.to_string()]),
        }
    }
}

/// Success is per number: only `Ok` is one.
fn understand(status: wire::Status, request_id: String) -> Result<Outcome> {
    let code = status.code;
    match code.as_str() {
        "Ok" => Ok(Outcome::Taken { serial: status.serial_no, request_id }),
        "FailedOperation.PhoneNumberInBlacklist" | "InvalidParameterValue.IncorrectPhoneNumber" => {
            Ok(Outcome::Unreachable { code })
        }
        "LimitExceeded.PhoneNumberThirtySecondLimit" => too_many(code, 31),
        "LimitExceeded.PhoneNumberOneHourLimit" | "LimitExceeded.DeliveryFrequencyLimit" => too_many(code, 3600),
        "LimitExceeded.PhoneNumberDailyLimit" | "LimitExceeded.PhoneNumberSameContentDailyLimit" => {
            too_many(code, 6 * 3600)
        }
        other if other.starts_with("InternalError") => Err(Error::unavailable(VENDOR, code)),
        _ => Err(Error::misconfigured(VENDOR, format!("{code}: {}", status.message))),
    }
}

fn too_many(code: String, seconds: u64) -> Result<Outcome> {
    Ok(Outcome::TooMany { code, wait: Duration::from_secs(seconds) })
}

mod wire {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct SendSms<'a> {
        pub(super) phone_number_set: [String; 1],
        pub(super) sms_sdk_app_id: &'a str,
        pub(super) template_id: &'a str,
        pub(super) sign_name: &'a str,
        pub(super) template_param_set: Vec<String>,
        pub(super) session_context: &'a str,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Sent {
        pub(super) send_status_set: Vec<Status>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Status {
        #[serde(default)]
        pub(super) serial_no: String,
        pub(super) code: String,
        #[serde(default)]
        pub(super) message: String,
    }
}
