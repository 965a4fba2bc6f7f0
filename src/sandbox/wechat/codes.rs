//! Mini-program codes (小程序码) and URL links: ways into the mini-program from outside.

use super::{Asked, Refusal, token};
use crate::{
    calls::json,
    world::{World, random},
};
use chrono::{DateTime, Duration, Utc};
use image::{GrayImage, ImageFormat, Luma};
use poem::{Response, http::StatusCode};
use serde::{Deserialize, Serialize};
use std::io::Cursor;

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    scene: String,
    #[serde(default)]
    page: String,
    check_path: Option<bool>,
    width: Option<u32>,
    #[serde(default)]
    is_hyaline: bool,
    #[serde(default)]
    env_version: String,
}

/// What the drawn code says. A real one is round and only WeChat reads it; this one is a QR code with the same content.
pub(super) const CODE_PREFIX: &str = "weixin://desk/wxacode/";

pub(super) fn unlimited(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    token::check(world, asked)?;
    let wanted: Wanted = asked.posted()?;
    check(world, &wanted)?;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("page", &wanted.page)
        .append_pair("scene", &wanted.scene)
        .finish();
    let text = format!("{CODE_PREFIX}{}?{query}", world.config.wechat.appid);
    let (format, kind) = match wanted.is_hyaline {
        true => (ImageFormat::Png, "image/png"),
        false => (ImageFormat::Jpeg, "image/jpeg"),
    };
    let picture = draw(&text, wanted.width.unwrap_or(430), format).ok_or_else(|| Refusal::new(-1))?;
    Ok(Response::builder().content_type(kind).body(picture))
}

fn check(world: &World, wanted: &Wanted) -> Result<(), Refusal> {
    let visible = |b: u8| b.is_ascii_alphanumeric() || b"!#$&'()*+,/:;=?@-._~".contains(&b);
    if wanted.scene.is_empty() || !wanted.scene.bytes().all(visible) {
        return Err(Refusal::new(40129));
    }
    if wanted.scene.len() > 32 {
        return Err(Refusal::new(40169));
    }
    let pages = &world.config.wechat.pages;
    let released = pages.is_empty() || wanted.page.is_empty() || pages.contains(&wanted.page);
    let shaped = !wanted.page.starts_with('/') && !wanted.page.contains('?');
    if !shaped || (wanted.check_path.unwrap_or(true) && !released) {
        return Err(Refusal::new(41030));
    }
    let versions = ["", "release", "trial", "develop"];
    if !(280..=1280).contains(&wanted.width.unwrap_or(430)) || !versions.contains(&wanted.env_version.as_str()) {
        return Err(Refusal::new(40097));
    }
    Ok(())
}

/// A QR code with its quiet zone, `width` pixels wide.
fn draw(text: &str, width: u32, format: ImageFormat) -> Option<Vec<u8>> {
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).ok()?;
    let modules = u32::try_from(code.width()).ok()?;
    let colors = code.to_colors();
    let picture = GrayImage::from_fn(width, width, |x, y| {
        let module = |pixel: u32| (pixel * (modules + 8) / width).checked_sub(4).filter(|module| *module < modules);
        let dark = match (module(x), module(y)) {
            (Some(x), Some(y)) => colors[(y * modules + x) as usize] == qrcode::Color::Dark,
            _ => false,
        };
        Luma([if dark { 0 } else { 255 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).ok()?;
    Some(bytes.into_inner())
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Link {
    pub(super) path: String,
    pub(super) query: String,
    pub(super) expires: DateTime<Utc>,
}

#[derive(Deserialize)]
struct WantedLink {
    #[serde(default)]
    path: String,
    #[serde(default)]
    query: String,
    #[serde(default)]
    expire_type: u8,
    expire_time: Option<i64>,
    expire_interval: Option<i64>,
}

/// The beginning of every URL link.
pub(super) const LINK_PREFIX: &str = "https://wxaurl.cn/";

pub(super) fn url_link(world: &World, asked: &Asked) -> Result<Response, Refusal> {
    token::check(world, asked)?;
    let wanted: WantedLink = asked.posted()?;
    let pages = &world.config.wechat.pages;
    let page = wanted.path.trim_start_matches('/');
    if page.contains('?') || !(pages.is_empty() || page.is_empty() || pages.iter().any(|known| known == page)) {
        return Err(Refusal::new(40165));
    }
    if wanted.query.len() > 1024 || !wanted.query.is_ascii() {
        return Err(Refusal::new(40212));
    }
    let now = world.clock.now();
    let expires = match (wanted.expire_type, wanted.expire_time, wanted.expire_interval) {
        (1, _, Some(days @ 1..=30)) => Some(now + Duration::days(days)),
        (0, Some(at), _) => DateTime::from_timestamp(at, 0),
        (0, None, _) => Some(now + Duration::days(30)),
        _ => None,
    };
    let allowed = |at: &DateTime<Utc>| *at >= now + Duration::minutes(1) && *at <= now + Duration::days(30);
    let expires = expires.filter(allowed).ok_or_else(|| Refusal::new(85401))?;
    let name: String =
        random::<11>().iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect();
    let link = Link { path: page.to_owned(), query: wanted.query, expires };
    world.wechat.write(|state| state.links.insert(name.clone(), link));
    let answer = serde_json::json!({"errcode": 0, "errmsg": "ok", "url_link": format!("{LINK_PREFIX}{name}")});
    Ok(json(StatusCode::OK, &answer))
}

const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawn_code_can_be_scanned() {
        let text = format!("{CODE_PREFIX}wx5a4e8d0b00000001?page=pages%2Fhome%2Fhome&scene=0123456789abcdef");
        for (width, format) in [(280, ImageFormat::Jpeg), (430, ImageFormat::Png), (1280, ImageFormat::Jpeg)] {
            let picture = image::load_from_memory(&draw(&text, width, format).unwrap()).unwrap().to_luma8();
            assert_eq!(picture.dimensions(), (width, width));
            let read = rxing::helpers::detect_in_luma(picture.into_raw(), width, width, None).unwrap();
            assert_eq!(read.getText(), text);
        }
    }
}
