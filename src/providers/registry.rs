//! The company register (企业工商信息核验): whether code, name, representative and identity number belong together.

use crate::{
    Result,
    http::Http,
    tencent::{Answer, Config, Service},
};
use serde::Serialize;
use std::time::Duration;
use zhangzheng_kinds::{Clock, CompanyName, PersonName, ResidentId, Uscc};

const VENDOR: &str = "registry";
const PATIENCE: Duration = Duration::from_secs(15);

/// What the register says of one field. Its data are up to a week old and sometimes wrong: a hint for the reviewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    Matches,
    Differs,
    Unknown,
}

impl From<Option<bool>> for Agreement {
    fn from(said: Option<bool>) -> Self {
        match said {
            Some(true) => Self::Matches,
            Some(false) => Self::Differs,
            None => Self::Unknown,
        }
    }
}

/// 经营状态.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operating {
    Open,
    /// Moved to another register (迁出).
    Moved,
    /// Cancelled, revoked, withdrawn, suspended or its registration taken back.
    Closed,
    Unknown,
}

/// Field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub code: Agreement,
    pub name: Agreement,
    pub representative: Agreement,
    pub id_number: Agreement,
    /// All that was asked, together.
    pub overall: Agreement,
    pub operating: Operating,
    pub request_id: String,
}

/// The client. The actions belong to the vendor's OCR service.
#[derive(Clone, Debug)]
pub struct Registry(Service);

impl Registry {
    /// # Errors
    /// When `base_url` is not an address.
    pub fn new(config: &Config, http: Http, clock: Clock) -> Result<Self> {
        Service::new(VENDOR, ("ocr", "2018-11-19"), config, http, clock).map(Self)
    }

    /// Code, name and representative. The vendor answers only whether all agree.
    ///
    /// # Errors
    /// When the vendor does not answer, or our account with it is not in order. Safe to ask again.
    pub async fn check(&self, code: &Uscc, name: &CompanyName, representative: &PersonName) -> Result<Verdict> {
        let request = wire::Three {
            credit_code: code.as_str(),
            ent_name: name.as_str(),
            lr_name: representative.as_str(),
            verify_type: "ENT_3META",
        };
        let answer: Answer<wire::Verdict> = self.0.call("VerifyBizLicenseEnterprise3", &request, PATIENCE).await?;
        let overall = overall(&answer.fields);
        // All agree, or some do not: then which one is not said.
        let each = if overall == Agreement::Matches { Agreement::Matches } else { Agreement::Unknown };
        Ok(Verdict {
            code: each,
            name: each,
            representative: each,
            id_number: Agreement::Unknown,
            overall,
            operating: operating(&answer.fields.operating_status),
            request_id: answer.request_id,
        })
    }

    /// Code, name, representative and the representative's identity number, each with its own answer.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub async fn check_with_id(
        &self,
        code: &Uscc,
        name: &CompanyName,
        representative: &PersonName,
        id: &ResidentId,
    ) -> Result<Verdict> {
        let request = wire::Four {
            credit_code: code.as_str(),
            ent_name: name.as_str(),
            lr_name: representative.as_str(),
            id_num: id.as_str(),
        };
        let answer: Answer<wire::Verdict> = self.0.call("VerifyBizLicenseEnterprise4", &request, PATIENCE).await?;
        let found = answer.fields;
        let known = found.status_code == 0;
        let field = |said: &Option<serde_json::Value>| Agreement::from(said.as_ref().filter(|_| known).and_then(yes));
        Ok(Verdict {
            code: field(&found.is_credit_code_consistent),
            name: field(&found.is_ent_name_consistent),
            representative: field(&found.is_lr_name_consistent),
            id_number: field(&found.is_id_num_consistent),
            overall: overall(&found),
            operating: operating(&found.operating_status),
            request_id: answer.request_id,
        })
    }
}

/// Only status 0 makes the result mean something.
fn overall(found: &wire::Verdict) -> Agreement {
    let said = found.verify_result.as_ref().filter(|_| found.status_code == 0).and_then(yes);
    Agreement::from(said)
}

/// Booleans come as true, 1 or "1"; anything else says nothing.
fn yes(value: &serde_json::Value) -> Option<bool> {
    match value {
        serde_json::Value::Bool(said) => Some(*said),
        serde_json::Value::Number(number) => number.as_i64().filter(|n| (0..=1).contains(n)).map(|n| n == 1),
        serde_json::Value::String(text) if text == "1" || text == "true" => Some(true),
        serde_json::Value::String(text) if text == "0" || text == "false" => Some(false),
        _ => None,
    }
}

fn operating(status: &str) -> Operating {
    match status {
        "1" => Operating::Open,
        "2" => Operating::Moved,
        "3" | "4" | "5" | "6" | "7" => Operating::Closed,
        _ => Operating::Unknown,
    }
}

mod wire {
    use serde::{Deserialize, Serialize};
    use serde_json::Value;

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Three<'a> {
        pub(super) credit_code: &'a str,
        pub(super) ent_name: &'a str,
        pub(super) lr_name: &'a str,
        pub(super) verify_type: &'a str,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Four<'a> {
        pub(super) credit_code: &'a str,
        pub(super) ent_name: &'a str,
        pub(super) lr_name: &'a str,
        pub(super) id_num: &'a str,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Verdict {
        pub(super) status_code: i64,
        pub(super) verify_result: Option<Value>,
        pub(super) is_credit_code_consistent: Option<Value>,
        pub(super) is_ent_name_consistent: Option<Value>,
        pub(super) is_lr_name_consistent: Option<Value>,
        pub(super) is_id_num_consistent: Option<Value>,
        #[serde(default)]
        pub(super) operating_status: String,
    }
}
