//! FaceID: the number to read, the check of the recorded video, and the two-element check. What cannot be judged from a
//! container is judged from the note that the phone on the desk leaves in it (see `video.rs`).

use super::{Answer, Refusal, eid, from_base64, parameters, unknown_action, video};
use crate::{Person, samples, world::World};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json as object};

/// A number that was given out. The vendor states no lifetime; the sandbox gives it ten minutes and one use.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LiveCode {
    pub(crate) code: String,
    /// Unix seconds.
    pub(crate) issued_at: i64,
    pub(crate) used: bool,
}

const LIFE: i64 = 600;
/// Bytes of base64.
const LARGEST_VIDEO: usize = 8 * 1024 * 1024;
const LARGEST_IMAGE: usize = 3 * 1024 * 1024;

pub(super) fn answer(world: &World, action: &str, body: &[u8], wanted: Option<String>) -> Answer {
    match action {
        "GetLiveCode" => live_code(world, &parameters(body)?),
        "LivenessRecognition" => recognise(world, &parameters(body)?, wanted),
        "LivenessCompare" => compare(world, &parameters(body)?, wanted),
        "IdCardVerification" => two_elements(world, &parameters(body)?, wanted),
        "GetEidToken" => eid::token(world, body),
        "GetEidResult" => eid::result(world, body),
        _ => Err(unknown_action()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn live_code(world: &World, _asked: &Nothing) -> Answer {
    let now = world.clock.now().timestamp();
    let code = world.tencent.write(|state| {
        state.live_codes.retain(|old| now - old.issued_at < 24 * 3600);
        let code = loop {
            let [a, b] = crate::world::random::<2>();
            let code = format!("{:04}", u16::from_be_bytes([a, b]) % 10_000);
            if !state.live_codes.iter().any(|old| old.code == code && !old.used) {
                break code;
            }
        };
        state.live_codes.push(LiveCode { code: code.clone(), issued_at: now, used: false });
        code
    });
    Ok(object!({"LiveCode": code}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LivenessRecognition {
    id_card: String,
    name: String,
    liveness_type: String,
    video_base64: Option<String>,
    video_url: Option<String>,
    validate_data: Option<String>,
    #[serde(rename = "Optional")]
    _optional: Option<String>,
    #[serde(rename = "Encryption")]
    _encryption: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LivenessCompare {
    liveness_type: String,
    image_base64: Option<String>,
    image_url: Option<String>,
    video_base64: Option<String>,
    video_url: Option<String>,
    validate_data: Option<String>,
    #[serde(rename = "Optional")]
    _optional: Option<String>,
}

fn recognise(world: &World, asked: &LivenessRecognition, wanted: Option<String>) -> Answer {
    let id = asked.id_card.as_str();
    if !crate::people::is_id_number(id) {
        return Ok(failed("FailedOperation.IdFormatError", "身份证号码格式不正确"));
    }
    let owner = world.people.read(|people| people.iter().find(|person| person.id_number == id).cloned());
    let magic = asked.name.ends_with('假').then(|| "FailedOperation.LivessDetectFake".to_owned());
    let wanted = wanted.or(magic);
    let owner = match owner {
        None => return Ok(failed("FailedOperation.IdNoExistSystem", "库中无此号，请到户籍所在地进行核实")),
        Some(owner) if owner.name != asked.name => {
            return Ok(failed("FailedOperation.IdNameMisMatch", "身份证号码与姓名不一致"));
        }
        Some(owner) => owner,
    };
    let video = take_video(asked.video_base64.as_deref(), asked.video_url.as_deref())?;
    judge(world, &asked.liveness_type, asked.validate_data.as_deref(), &video, &owner, wanted)
}

fn compare(world: &World, asked: &LivenessCompare, wanted: Option<String>) -> Answer {
    let image = asked.image_base64.as_deref().filter(|text| !text.is_empty());
    if image.is_none() && asked.image_url.is_some() {
        return Err(Refusal::new("FailedOperation.DownLoadError", "文件下载失败。"));
    }
    let image =
        image.ok_or_else(|| Refusal::new("InvalidParameter", "ImageBase64 and ImageUrl must not both be empty."))?;
    if image.len() > LARGEST_IMAGE {
        return Err(Refusal::bare("FailedOperation.LifePhotoSizeError"));
    }
    let reading = from_base64(image).and_then(|bytes| samples::read::read(&bytes).ok());
    let reading = reading.ok_or_else(|| Refusal::bare("FailedOperation.LifePhotoSizeError"))?;
    if reading.blurred {
        return Ok(failed("FailedOperation.LifePhotoPoorQuality", "传入图片分辨率太低，请重新上传"));
    }
    let mark = reading.mark.filter(|mark| mark.kind == "id_portrait" || mark.kind == "face");
    let Some(mark) = mark else {
        return Ok(failed("FailedOperation.LifePhotoDetectNoFaces", "未能检测到完整人脸"));
    };
    let shown = |person: &&Person| match mark.kind.as_str() {
        "face" => person.openid == mark.field(0),
        _ => person.id_number == mark.field(3),
    };
    let video = take_video(asked.video_base64.as_deref(), asked.video_url.as_deref())?;
    match world.people.read(|people| people.iter().find(shown).cloned()) {
        Some(owner) => judge(world, &asked.liveness_type, asked.validate_data.as_deref(), &video, &owner, wanted),
        None => Ok(failed("FailedOperation.CompareLowSimilarity", "比对相似度未达到通过标准")),
    }
}

fn take_video(base64: Option<&str>, url: Option<&str>) -> Result<Vec<u8>, Refusal> {
    let text = base64.filter(|text| !text.is_empty());
    match (text, url) {
        (Some(text), _) if text.len() > LARGEST_VIDEO => {
            Err(Refusal::new("InvalidParameterValue", "VideoBase64 is too long: at most 8 MB."))
        }
        (Some(text), _) => from_base64(text).ok_or_else(|| Refusal::bare("FailedOperation.VideoDecodeFailed")),
        (None, Some(_)) => Err(Refusal::new("FailedOperation.DownLoadError", "文件下载失败。")),
        (None, None) => Err(Refusal::new("InvalidParameter", "VideoBase64 and VideoUrl must not both be empty.")),
    }
}

fn judge(
    world: &World,
    kind: &str,
    number: Option<&str>,
    file: &[u8],
    owner: &Person,
    wanted: Option<String>,
) -> Answer {
    let number = number.filter(|number| !number.is_empty());
    match kind {
        "LIP" => use_code(world, number)?,
        "SILENT" if number.is_none() => {}
        "SILENT" | "ACTION" => return Err(Refusal::new("InvalidParameter", "ValidateData does not fit LivenessType.")),
        _ => return Err(Refusal::new("InvalidParameterValue", "LivenessType: LIP, ACTION or SILENT.")),
    }
    let Some(video) = video::examine(file).filter(|video| video.pictures) else {
        return Ok(failed("FailedOperation.VideoDecodeFailed", "视频解码失败"));
    };
    if let Some(seconds) = video.seconds {
        if seconds > 20.0 {
            return Ok(failed("FailedOperation.VideoDurationExceeded", "视频时长超过限制"));
        }
        if seconds < 2.0 {
            let short = if kind == "LIP" { "FailedOperation.LipSizeError" } else { "FailedOperation.SilentTooShort" };
            return Ok(failed(short, "视频时长太短，请录制约6秒的视频"));
        }
    }
    if let Some(code) = wanted {
        return if code.starts_with("FailedOperation.") {
            Ok(failed(&code, "按要求失败"))
        } else {
            Err(Refusal::bare(&code))
        };
    }
    if kind == "LIP" && !video.sound {
        return Ok(failed("FailedOperation.LipVoiceDetect", "未检测到声音"));
    }
    let Some(note) = video.note else {
        return Ok(failed("FailedOperation.LipVoiceRecognize", "声音识别失败"));
    };
    if kind == "LIP" && Some(note.digits.as_str()) != number {
        return Ok(failed("FailedOperation.LipVoiceRecognize", "声音识别失败"));
    }
    if note.openid != owner.openid {
        let mut no = failed("FailedOperation.CompareLowSimilarity", "比对相似度未达到通过标准");
        no["Sim"] = 26.04.into();
        return Ok(no);
    }
    let female = owner.id_number.as_bytes()[16].is_multiple_of(2);
    let frame = samples::face_frame(&owner.openid, u64::from(owner.portrait_seed), female, 0.1);
    Ok(object!({
        "BestFrameBase64": STANDARD.encode(frame), "Sim": 96.15, "Result": "Success", "Description": "成功",
        "BestFrameList": [],
    }))
}

/// A number must have been given out, not too long ago, and is used up by the attempt, passed or not.
fn use_code(world: &World, number: Option<&str>) -> Result<(), Refusal> {
    let refused = || Refusal::new("InvalidParameterValue", "ValidateData is not a live code that is valid now.");
    let number = number.ok_or_else(refused)?;
    let now = world.clock.now().timestamp();
    world.tencent.write(|state| {
        let code =
            state.live_codes.iter_mut().rev().find(|code| code.code == number && !code.used).ok_or_else(refused)?;
        code.used = true;
        if now - code.issued_at <= LIFE { Ok(()) } else { Err(refused()) }
    })
}

/// A failed check is a successful reply.
fn failed(code: &str, why: &str) -> Value {
    object!({"BestFrameBase64": null, "Sim": 0.0, "Result": code, "Description": why, "BestFrameList": []})
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct IdCardVerification {
    id_card: String,
    name: String,
    #[serde(rename = "Encryption")]
    _encryption: Option<Value>,
}

fn two_elements(world: &World, asked: &IdCardVerification, wanted: Option<String>) -> Answer {
    let found = world.people.read(|people| people.iter().find(|p| p.id_number == asked.id_card).cloned());
    let result = match (wanted.as_deref(), found) {
        (Some(code), _) if code.parse::<i32>().is_ok() => code,
        (Some(code), _) => return Err(Refusal::bare(code)),
        _ if !crate::people::is_id_number(&asked.id_card) => "-2",
        (None, None) => "-5",
        (None, Some(person)) if person.name == asked.name => "0",
        _ => "-1",
    };
    let text = match result {
        "0" => "姓名和身份证号一致",
        "-1" => "姓名和身份证号不一致",
        "-2" => "非法身份证号（长度、校验位等不正确）",
        "-5" => "身份信息库中无此身份证记录",
        _ => "认证未完成",
    };
    Ok(object!({"Result": result, "Description": text}))
}
