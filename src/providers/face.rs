//! Face checks, and what all of them end in. Here: the number-reading one (数字朗读活体核身) by Tencent Cloud FaceID, where a
//! number is given out, a person reads it before the camera, and the video is compared with the identity library or with a
//! picture. E证通 is in `eid`, WeChat's own in `wechat::face`.

mod eid;

pub use eid::EidConfig;

use crate::{
    Error, Result,
    http::Http,
    tencent::{Answer, Config, Service},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use zhangzheng_kinds::{Clock, PersonName, ResidentId};

const VENDOR: &str = "face";
/// A video of several megabytes goes up and is looked at.
const PATIENCE: Duration = Duration::from_secs(60);
/// The largest video in bytes: 8 MB once it is base64.
pub const LARGEST_VIDEO: usize = 6 * 1024 * 1024;

/// The ways of checking a face. What is offered is a matter of the configuration; none ever stands in for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// A number read aloud on video (Tencent).
    NumberVideo,
    /// WeChat's own check; the mini-program must have been granted it.
    Wechat,
    /// E证通, in another mini-program (Tencent).
    Eid,
}

/// What a face check ended in.
#[derive(Clone, PartialEq)]
pub enum Outcome {
    Passed {
        /// Likeness, 0 to 100, where the vendor says one. Only its own word for success is a pass.
        score: Option<f64>,
        /// The clearest frame, JPEG. The vendor may send none.
        best_frame: Option<Bytes>,
        request_id: String,
    },
    Failed {
        advice: Advice,
        /// The vendor's code, for staff.
        code: String,
        request_id: String,
    },
    /// Nothing is known: the vendor could not check, or answered something unknown. Not the person's fault.
    TryLater { code: String, request_id: String },
}

/// Without the picture.
impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Passed { request_id, .. } => {
                f.debug_struct("Passed").field("request_id", request_id).finish_non_exhaustive()
            }
            Self::Failed { advice, code, .. } => {
                f.debug_struct("Failed").field("advice", advice).field("code", code).finish()
            }
            Self::TryLater { code, .. } => f.debug_struct("TryLater").field("code", code).finish(),
        }
    }
}

/// Why a check failed and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// The number was not heard, or was another.
    SpeakClearly,
    /// Lips could not be followed.
    MoveLips,
    FaceTheCamera,
    Light,
    VideoLength,
    VideoUnusable,
    /// Signs of a picture, a mask or a replay. Counted; few tries are given.
    Suspicious,
    /// Not the person of the identity number.
    AnotherPerson,
    /// Name and number do not belong together, or the library does not know them.
    IdentityWrong,
    /// The library's daily limit for this person.
    Tomorrow,
    /// The person has left before the end.
    Cancelled,
}

impl Advice {
    /// One calm sentence for the person with the phone.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::SpeakClearly => "没有听清所读的数字，请在安静处用普通话大声朗读后重录",
            Self::MoveLips => "没有看清口型，请正对镜头、放慢语速后重录",
            Self::FaceTheCamera => "请将完整的脸放在画面中间，摘下口罩和帽子后重录",
            Self::Light => "光线太暗或太强，请换到光线均匀的地方重录",
            Self::VideoLength => "视频时长不合适，请用 3 至 8 秒读完数字",
            Self::VideoUnusable => "视频无法识别，请重新录制",
            Self::Suspicious => "未能确认是本人实时录制，请本人重新录制",
            Self::AnotherPerson => "与身份证不是同一人，请由本人录制",
            Self::IdentityWrong => "姓名与身份证号码核对不一致，请检查后重新提交",
            Self::Tomorrow => "今天的核验次数已用完，请明天再试",
            Self::Cancelled => "验证没有完成，请重新验证",
        }
    }

    /// Whether it counts as a sign of fraud, to be limited and shown to the reviewer.
    pub fn is_suspicious(self) -> bool {
        matches!(self, Self::Suspicious | Self::AnotherPerson)
    }
}

/// The client.
#[derive(Clone, Debug)]
pub struct Face(Service, Option<EidConfig>);

impl Face {
    /// # Errors
    /// When `base_url` is not an address.
    pub fn new(config: &Config, eid: Option<EidConfig>, http: Http, clock: Clock) -> Result<Self> {
        Ok(Self(Service::new(VENDOR, ("faceid", "2018-03-01"), config, http, clock)?, eid))
    }

    /// A number to read aloud: four digits. The vendor binds it to nobody and states no lifetime; the caller does both.
    ///
    /// # Errors
    /// When the vendor does not answer, or our account with it is not in order.
    pub async fn number(&self) -> Result<String> {
        let answer: Answer<wire::LiveCode> =
            self.0.call("GetLiveCode", &wire::Nothing {}, Duration::from_secs(10)).await?;
        let code = answer.fields.live_code;
        let right = (3..=8).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
        if right { Ok(code) } else { Err(Error::malformed(VENDOR, "LiveCode is not a number")) }
    }

    /// Compares the video with the library's picture of this person. Charged; never sent twice by itself.
    ///
    /// # Errors
    /// As [`Self::number`]; a check that fails is an [`Outcome`].
    pub async fn recognise(&self, name: &PersonName, id: &ResidentId, number: &str, video: &[u8]) -> Result<Outcome> {
        if video.len() > LARGEST_VIDEO {
            return Ok(too_large());
        }
        let request = wire::Recognition {
            id_card: id.as_str(),
            name: name.as_str(),
            liveness_type: "LIP",
            validate_data: number,
            video_base64: STANDARD.encode(video),
        };
        outcome(self.0.call("LivenessRecognition", &request, PATIENCE).await)
    }

    /// Compares the video with a picture (JPEG or PNG, at most 2.2 MB).
    ///
    /// # Errors
    /// As [`Self::recognise`].
    pub async fn compare(&self, picture: &[u8], number: &str, video: &[u8]) -> Result<Outcome> {
        if video.len() > LARGEST_VIDEO {
            return Ok(too_large());
        }
        let request = wire::Compare {
            liveness_type: "LIP",
            image_base64: STANDARD.encode(picture),
            validate_data: number,
            video_base64: STANDARD.encode(video),
        };
        outcome(self.0.call("LivenessCompare", &request, PATIENCE).await)
    }
}

fn too_large() -> Outcome {
    let (code, request_id) = ("too_large".to_owned(), String::new());
    Outcome::Failed { advice: Advice::VideoLength, code, request_id }
}

/// A failed check can come as a successful reply or as an error of the same code.
fn outcome(answer: Result<Answer<wire::Liveness>>) -> Result<Outcome> {
    let (code, request_id, fields) = match answer {
        Ok(Answer { fields, request_id }) => (fields.result.clone(), request_id, Some(fields)),
        Err(Error::Refused { code, .. }) if code.starts_with("FailedOperation.") => (code, String::new(), None),
        Err(error) => return Err(error),
    };
    Ok(match (code.as_str(), fields) {
        ("Success", Some(fields)) => {
            let frame = fields.best_frame_base64.and_then(|text| STANDARD.decode(text).ok());
            let best_frame = frame.filter(|bytes| !bytes.is_empty()).map(Bytes::from);
            Outcome::Passed { score: fields.sim, best_frame, request_id }
        }
        (known, _) => match advice(known.trim_start_matches("FailedOperation.")) {
            Some(advice) => Outcome::Failed { advice, code, request_id },
            None => Outcome::TryLater { code, request_id },
        },
    })
}

/// The documented codes, by what the person should do. What is not listed is the vendor's trouble, or unknown.
fn advice(code: &str) -> Option<Advice> {
    Some(match code {
        "LipVoiceDetect" | "LipVoiceLow" | "LipVoiceRecognize" => Advice::SpeakClearly,
        "LipMoveSmall" | "ActionOpenMouth" | "SilentMouthLiveFail" => Advice::MoveLips,
        "ActionCloseEye"
        | "ActionFaceClose"
        | "ActionFaceFar"
        | "ActionFaceLeft"
        | "ActionFaceRight"
        | "ActionFirstAction"
        | "ActionNodetectFace"
        | "CoveredFace"
        | "IncompleteFace"
        | "LifePhotoDetectFaces"
        | "LifePhotoDetectNoFaces"
        | "LipFaceIncomplete"
        | "SilentEyeLiveFail"
        | "SilentFaceDetectFail"
        | "SilentFaceWithMaskFail"
        | "SilentMultiFaceFail" => Advice::FaceTheCamera,
        "ActionLightDark"
        | "ActionLightStrong"
        | "SilentFaceQualityFail"
        | "PoorImageQuality"
        | "ImageBlur"
        | "LifePhotoPoorQuality"
        | "LipVideoQuaility" => Advice::Light,
        "LipSizeError" | "SilentTooShort" | "VideoDurationExceeded" => Advice::VideoLength,
        "LipVideoInvalid" | "VideoDecodeFailed" | "LivessBestFrameError" | "LifePhotoSizeError" => {
            Advice::VideoUnusable
        }
        "LivessDetectFake"
        | "LifePhotoDetectFake"
        | "SilentPictureLiveFail"
        | "SilentThreshold"
        | "SilentDetectFail"
        | "LivessDetectFail"
        | "LivessUnknownError" => Advice::Suspicious,
        "CompareLowSimilarity" | "CompareFail" => Advice::AnotherPerson,
        "IdFormatError" | "NameFormatError" | "IdNameMisMatch" | "IdNoExistSystem" | "IdPhotoNoExist"
        | "IdPhotoPoorQuality" => Advice::IdentityWrong,
        "IdentityAuthLimitExceeded" => Advice::Tomorrow,
        _ => return None,
    })
}

mod wire {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize)]
    pub(super) struct Nothing {}

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct LiveCode {
        pub(super) live_code: String,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Recognition<'a> {
        pub(super) id_card: &'a str,
        pub(super) name: &'a str,
        pub(super) liveness_type: &'a str,
        pub(super) validate_data: &'a str,
        pub(super) video_base64: String,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Compare<'a> {
        pub(super) liveness_type: &'a str,
        pub(super) image_base64: String,
        pub(super) validate_data: &'a str,
        pub(super) video_base64: String,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub(super) struct Liveness {
        pub(super) result: String,
        pub(super) sim: Option<f64>,
        pub(super) best_frame_base64: Option<String>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_never_passes() {
        for word in ["", "success", "Passed", "FailedOperation.SomethingNew", "FailedOperation.DbError"] {
            let fields = wire::Liveness { result: word.into(), sim: Some(99.0), best_frame_base64: None };
            let answer = Ok(Answer { fields, request_id: "r".into() });
            assert!(matches!(outcome(answer).unwrap(), Outcome::TryLater { .. }), "{word}");
        }
    }
}
