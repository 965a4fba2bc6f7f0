//! IDCardOCR and BizLicenseOCR: what is printed is read off the pixels of a sample; anything else is refused in the
//! vendor's words.

use super::{Answer, Refusal, from_base64, parameters, unknown_action};
use crate::{
    samples::{
        id_card::birth_and_sex,
        licence::Licence,
        read::{Reading, Unreadable, read},
    },
    world::World,
};
use serde::Deserialize;
use serde_json::{Value, json as object};

pub(super) fn answer(world: &World, action: &str, body: &[u8], wanted: Option<String>) -> Answer {
    let warning = wanted.as_deref().and_then(|word| word.strip_prefix("warn:")).and_then(|code| code.parse().ok());
    if let Some(code) = wanted.filter(|_| warning.is_none()) {
        return Err(Refusal::bare(&code));
    }
    match action {
        "IDCardOCR" => id_card(world, &parameters(body)?, warning),
        "BizLicenseOCR" => licence(&parameters(body)?, warning),
        _ => Err(unknown_action()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct IdCardOcr {
    image_base64: Option<String>,
    image_url: Option<String>,
    card_side: Option<String>,
    config: Option<String>,
    #[serde(rename = "EnableRecognitionRectify")]
    _rectify: Option<bool>,
    #[serde(rename = "EnableReflectDetail")]
    _reflect_detail: Option<bool>,
    #[serde(rename = "EnableDateVerify")]
    _date_verify: Option<bool>,
    card_warn_type: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
struct Wishes {
    #[serde(rename = "CropIdCard")]
    _crop_id_card: bool,
    #[serde(rename = "CropPortrait")]
    _crop_portrait: bool,
    copy_warn: bool,
    border_check_warn: bool,
    reshoot_warn: bool,
    detect_ps_warn: bool,
    temp_id_warn: bool,
    invalid_date_warn: bool,
    quality: bool,
    #[serde(rename = "MultiCardDetect")]
    _multi_card: bool,
    reflect_warn: bool,
    #[serde(rename = "KeyCheck")]
    _key_check: bool,
    #[serde(rename = "ValueCheck")]
    _value_check: bool,
}

fn id_card(world: &World, asked: &IdCardOcr, forced: Option<i64>) -> Answer {
    let wishes: Wishes = match asked.config.as_deref() {
        None | Some("") => Wishes::default(),
        Some(text) => serde_json::from_str(text)
            .map_err(|_| Refusal::new("InvalidParameter.ConfigFormatError", "Config 字段格式错误。"))?,
    };
    if asked.card_warn_type.as_deref().is_some_and(|kind| !matches!(kind, "Basic" | "Advanced")) {
        return Err(Refusal::new("InvalidParameterValue", "CardWarnType: Basic or Advanced."));
    }
    let reading = look(asked.image_base64.as_deref(), asked.image_url.as_deref(), 10 * 1024 * 1024, "ImageNoIdCard")?;
    if reading.width.max(reading.height) < 300 {
        return Err(Refusal::new("FailedOperation.IdCardTooSmall", "图片分辨率过小。"));
    }
    let mark =
        reading.mark.as_ref().ok_or_else(|| Refusal::new("FailedOperation.ImageNoIdCard", "照片中未检测到身份证。"))?;
    let wanted = match asked.card_side.as_deref() {
        None | Some("") => mark.kind.as_str(),
        Some("FRONT") => "id_portrait",
        Some("BACK") => "id_emblem",
        Some(_) => return Err(Refusal::new("InvalidParameterValue", "CardSide: FRONT or BACK.")),
    };
    match mark.kind.as_str() {
        "id_portrait" | "id_emblem" if mark.kind != wanted => {
            return Err(Refusal::new("FailedOperation.CardSideError", "身份证CardSide类型错误。"));
        }
        "id_portrait" | "id_emblem" => {}
        _ => return Err(Refusal::new("FailedOperation.ImageNoIdCard", "照片中未检测到身份证。")),
    }
    let warnings = warnings(world, &wishes, &reading, forced);
    let mut fields = object!({
        "Name": "", "Sex": "", "Nation": "", "Birth": "", "Address": "", "IdNum": "", "Authority": "", "ValidDate": "",
        "AdvancedInfo": advanced(&wishes, &reading, &warnings), "ReflectDetailInfos": [],
    });
    let given = |name: &str, value: String, fields: &mut Value| fields[name] = value.into();
    if mark.kind == "id_portrait" {
        let (birth, female) = birth_and_sex(mark.field(3)).ok_or_else(|| {
            Refusal::new("FailedOperation.IdCardInfoIllegal", "身份证信息不合法（身份证号、姓名字段校验非法等）。")
        })?;
        given("Name", mark.field(0).into(), &mut fields);
        given("Nation", mark.field(1).into(), &mut fields);
        given("Address", mark.field(2).into(), &mut fields);
        given("IdNum", mark.field(3).into(), &mut fields);
        given("Sex", if female { "女" } else { "男" }.into(), &mut fields);
        given("Birth", birth.map(|n| n.to_string()).join("/"), &mut fields);
    } else {
        given("Authority", mark.field(0).into(), &mut fields);
        given("ValidDate", format!("{}-{}", mark.field(1), mark.field(2)), &mut fields);
    }
    Ok(fields)
}

fn warnings(world: &World, wishes: &Wishes, reading: &Reading, forced: Option<i64>) -> Vec<i64> {
    let mut warnings = Vec::new();
    if wishes.border_check_warn && !reading.whole {
        warnings.push(-9101);
    }
    if wishes.reflect_warn && reading.reflection {
        warnings.push(-9107);
    }
    let until =
        reading.mark.as_ref().filter(|mark| mark.kind == "id_emblem").map(|mark| mark.field(2).replace('.', ""));
    let today = world.clock.now().format("%Y%m%d").to_string();
    if wishes.invalid_date_warn && until.is_some_and(|until| until != "长期" && until < today) {
        warnings.push(-9109);
    }
    let asked = |code: i64| match code {
        -9102 | -9108 => wishes.copy_warn,
        -9103 => wishes.reshoot_warn,
        -9104 => wishes.temp_id_warn,
        -9106 => wishes.detect_ps_warn,
        _ => true,
    };
    warnings.extend(forced.filter(|&code| asked(code)));
    warnings
}

/// A JSON text inside the JSON, as the vendor sends it.
fn advanced(wishes: &Wishes, reading: &Reading, warnings: &[i64]) -> String {
    let mut info = object!({"WarnInfos": warnings});
    if wishes.quality {
        info["Quality"] = reading.quality.into();
    }
    if wishes.border_check_warn {
        info["BorderCodeValue"] = if reading.whole { 12 } else { 83 }.into();
    }
    info.to_string()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct BizLicenseOcr {
    image_base64: Option<String>,
    image_url: Option<String>,
    #[serde(default)]
    enable_copy_warn: bool,
    #[serde(rename = "EnablePeriodComplete")]
    _period_complete: Option<bool>,
    #[serde(rename = "EnableBusinessCertificate")]
    _certificate: Option<bool>,
}

fn licence(asked: &BizLicenseOcr, forced: Option<i64>) -> Answer {
    let reading = look(asked.image_base64.as_deref(), asked.image_url.as_deref(), 7 * 1024 * 1024, "NoBizLicense")?;
    let mark = reading.mark.as_ref().filter(|mark| mark.kind == "licence");
    let mark = mark.ok_or_else(|| Refusal::new("FailedOperation.NoBizLicense", "非营业执照。"))?;
    let found = Licence::from_mark(mark);
    let warning = forced.filter(|_| asked.enable_copy_warn);
    let message = match warning {
        Some(-9102) => "WARN_COPY_CARD",
        Some(-9104) => "WARN_RESHOOT_CARD",
        Some(-9108) => "WARN_EARLY_STOP",
        _ => "WARN_OTHER",
    };
    Ok(object!({
        "RegNum": found.uscc, "Name": found.name, "Capital": found.capital, "Person": found.person,
        "Address": found.address, "Business": found.business, "Type": found.kind, "Period": found.period,
        "ComposingForm": "", "SetDate": found.set_date, "RegistrationDate": found.set_date,
        "RecognizeWarnCode": warning.into_iter().collect::<Vec<_>>(),
        "RecognizeWarnMsg": warning.map(|_| message).into_iter().collect::<Vec<_>>(),
        "IsDuplication": 1, "Angle": 0.0, "NationalEmblem": true, "QRCode": true, "Seal": true, "Title": "营业执照",
        "SerialNumber": "", "RegistrationAuthority": found.authority, "Electronic": false,
    }))
}

/// Size, decoding and focus, in the vendor's order; `none` is the code for a picture of something else.
fn look(base64: Option<&str>, url: Option<&str>, largest: usize, none: &str) -> Result<Reading, Refusal> {
    if url.is_some_and(|url| !url.is_empty()) {
        return Err(Refusal::new("FailedOperation.DownLoadError", "文件下载失败。"));
    }
    let text = base64
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Refusal::new("FailedOperation.EmptyImageError", "图片内容为空。"))?;
    if text.len() > largest {
        return Err(Refusal::new("LimitExceeded.TooLargeFileError", "文件内容太大。"));
    }
    let bytes = from_base64(text).ok_or_else(|| Refusal::new("FailedOperation.ImageDecodeFailed", "图片解码失败。"))?;
    let reading = read(&bytes).map_err(|why| match why {
        Unreadable::Empty => Refusal::new("FailedOperation.EmptyImageError", "图片内容为空。"),
        Unreadable::Undecodable => Refusal::new("FailedOperation.ImageDecodeFailed", "图片解码失败。"),
    })?;
    if reading.blurred || (reading.mark.is_some() && reading.quality < 25) {
        return Err(Refusal::new("FailedOperation.ImageBlur", "图片模糊。"));
    }
    if reading.mark.is_none() {
        return Err(Refusal::bare(&format!("FailedOperation.{none}")));
    }
    Ok(reading)
}
