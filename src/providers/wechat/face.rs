//! WeChat's own face check (微信人脸核身): an id for one check of one person, and what came of it. The phone only shows
//! WeChat's page; what it says afterwards is never believed.

use super::{Client, VENDOR, wire};
use crate::{
    Error, Result,
    face::{Advice, Outcome},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use zhangzheng_kinds::{PersonName, ResidentId};

/// One check of one person by one WeChat user.
#[derive(Clone, Copy)]
pub struct FaceCheck<'a> {
    /// Ours, 5 to 32 of `0-9A-Za-z_-`: the same number is the same check.
    pub out_seq_no: &'a str,
    pub openid: &'a str,
    pub name: &'a PersonName,
    pub id: &'a ResidentId,
}

#[derive(Deserialize)]
struct VerifyId {
    verify_id: String,
}

#[derive(Deserialize)]
struct Verdict {
    verify_ret: i64,
}

/// What the vendor hashes of the person: so that the answer is about the one who was asked about.
fn cert_hash(name: &PersonName, id: &ResidentId) -> String {
    let [kind, name, number] = ["IDENTITY_CARD", name.as_str(), id.as_str()].map(|text| STANDARD.encode(text));
    hex::encode(Sha256::digest(format!("cert_type={kind}&cert_name={name}&cert_no={number}")))
}

impl Client {
    /// Asks for a check. The phone shows it with `wx.requestFacialVerify`; good for an hour.
    ///
    /// # Errors
    /// `Refused` when the mini-program has not been granted the interface, or the person is refused; else see [`Error`].
    pub async fn begin_face_check(&self, check: FaceCheck<'_>) -> Result<String> {
        let body = json!({
            "out_seq_no": check.out_seq_no, "openid": check.openid,
            "cert_info": {
                "cert_type": "IDENTITY_CARD", "cert_name": check.name.as_str(), "cert_no": check.id.as_str(),
            },
        });
        let answer: VerifyId = self.ask("getverifyid", "/cityservice/face/identify/getverifyid", &body).await?;
        let right = (1..=256).contains(&answer.verify_id.len());
        if right { Ok(answer.verify_id) } else { Err(Error::malformed(VENDOR, "verify_id")) }
    }

    /// What came of it. Only WeChat's own word 10000 is a pass.
    ///
    /// # Errors
    /// As [`Self::begin_face_check`]; a check that fails is an [`Outcome`].
    pub async fn face_outcome(&self, verify_id: &str, check: FaceCheck<'_>) -> Result<Outcome> {
        let body = json!({
            "verify_id": verify_id, "out_seq_no": check.out_seq_no, "openid": check.openid,
            "cert_hash": cert_hash(check.name, check.id),
        });
        let path = "/cityservice/face/identify/queryverifyinfo";
        let answer: Verdict = self.with_token("queryverifyinfo", path, &body, wire::read::<Verdict>).await?;
        Ok(outcome(answer.verify_ret, check.out_seq_no))
    }
}

fn outcome(verify_ret: i64, out_seq_no: &str) -> Outcome {
    let (code, request_id) = (verify_ret.to_string(), out_seq_no.to_owned());
    let failed = |advice| Outcome::Failed { advice, code: code.clone(), request_id: request_id.clone() };
    match verify_ret {
        10000 => Outcome::Passed { score: None, best_frame: None, request_id },
        10003 => failed(Advice::IdentityWrong),
        10004 => failed(Advice::AnotherPerson),
        90002..=90006 => failed(Advice::Cancelled),
        // 10300: not finished. What is not listed is unknown, and so pending.
        _ => Outcome::TryLater { code, request_id },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b4_only_the_one_documented_word_passes() {
        for word in [-1, 0, 1, 10001, 10300, 10005, 99999] {
            assert!(matches!(outcome(word, "a"), Outcome::TryLater { .. }), "{word}");
        }
        assert!(matches!(outcome(10000, "a"), Outcome::Passed { score: None, .. }));
        assert!(matches!(outcome(90002, "a"), Outcome::Failed { advice: Advice::Cancelled, .. }));
    }
}
