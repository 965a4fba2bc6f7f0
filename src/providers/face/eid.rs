//! E证通 (EID) by Tencent Cloud: a hosted check that another mini-program carries out. We ask for a token and, afterwards,
//! for what came of it; the phone's word that it is done is no proof.

use super::{Advice, Face, Outcome, VENDOR};
use crate::{Error, Result, tencent::Answer};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use std::time::Duration;
use zhangzheng_kinds::{PersonName, ResidentId};

const PATIENCE: Duration = Duration::from_secs(20);

/// The account with E证通.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EidConfig {
    /// From Tencent's console, after its review.
    pub merchant_id: String,
}

impl Face {
    fn merchant(&self) -> Result<&str> {
        let missing = || Error::misconfigured(VENDOR, "providers.eid is not set");
        self.1.as_ref().map(|eid| eid.merchant_id.as_str()).ok_or_else(missing)
    }

    /// Whether hosted checks can be offered.
    pub fn has_eid(&self) -> bool {
        self.1.is_some()
    }

    /// A token for one check of one person, good for ten minutes. `extra` is ours and comes back with the outcome.
    ///
    /// # Errors
    /// When the vendor does not answer or refuses, or no merchant is set.
    pub async fn begin_eid(&self, name: &PersonName, id: &ResidentId, extra: &str) -> Result<String> {
        let request = wire::GetEidToken {
            merchant_id: self.merchant()?,
            id_card: id.as_str(),
            name: name.as_str(),
            extra,
            // 4: name and number are ours; nobody types another person's there.
            config: wire::EidSettings { input_type: "4" },
        };
        let answer: Answer<wire::EidToken> = self.0.call("GetEidToken", &request, PATIENCE).await?;
        let token = answer.fields.eid_token;
        if token.is_empty() { Err(Error::malformed(VENDOR, "EidToken is empty")) } else { Ok(token) }
    }

    /// What came of a check. `extra` must be what it was begun with.
    ///
    /// # Errors
    /// As [`Self::begin_eid`]; `Untrusted` when the outcome is of another check.
    pub async fn eid_outcome(&self, token: &str, extra: &str) -> Result<Outcome> {
        // 1 the words, 3 the best frame; never the video.
        let request = wire::GetEidResult { eid_token: token, info_type: "13" };
        let answer: Answer<wire::EidResult> = self.0.call("GetEidResult", &request, PATIENCE).await?;
        let (fields, request_id) = (answer.fields, answer.request_id);
        let later = |code: &str| Ok(Outcome::TryLater { code: code.to_owned(), request_id: request_id.clone() });
        let Some(text) = fields.text else { return later("no_text") };
        let Some(code) = text.err_code else { return later("not_finished") };
        if text.extra.as_deref() != Some(extra) {
            return Err(Error::untrusted(VENDOR, "the outcome is of another check"));
        }
        if code == 0 {
            let frame = fields.best_frame.and_then(|frame| frame.best_frame);
            let frame = frame.and_then(|text| STANDARD.decode(text).ok()).filter(|bytes| !bytes.is_empty());
            let score = text.sim.and_then(|text| text.parse().ok());
            return Ok(Outcome::Passed { score, best_frame: frame.map(Bytes::from), request_id });
        }
        Ok(match (text.live_status, text.comparestatus) {
            (_, Some(compared)) if compared != 0 => {
                Outcome::Failed { advice: Advice::AnotherPerson, code: code.to_string(), request_id }
            }
            (Some(live), _) if live != 0 => {
                Outcome::Failed { advice: Advice::FaceTheCamera, code: code.to_string(), request_id }
            }
            // Neither says what failed: unknown, and so pending.
            _ => Outcome::TryLater { code: code.to_string(), request_id },
        })
    }
}

mod wire {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct GetEidToken<'a> {
        pub(super) merchant_id: &'a str,
        pub(super) id_card: &'a str,
        pub(super) name: &'a str,
        pub(super) extra: &'a str,
        pub(super) config: EidSettings<'a>,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct EidSettings<'a> {
        pub(super) input_type: &'a str,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct EidToken {
        pub(super) eid_token: String,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct GetEidResult<'a> {
        pub(super) eid_token: &'a str,
        pub(super) info_type: &'a str,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct EidResult {
        pub(super) text: Option<Text>,
        pub(super) best_frame: Option<BestFrame>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Text {
        pub(super) err_code: Option<i64>,
        pub(super) live_status: Option<i64>,
        pub(super) comparestatus: Option<i64>,
        /// A text here, a number elsewhere.
        pub(super) sim: Option<String>,
        pub(super) extra: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct BestFrame {
        pub(super) best_frame: Option<String>,
    }
}
