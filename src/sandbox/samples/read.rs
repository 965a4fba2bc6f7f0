//! Reads a picture as a vendor's recognition would: how sharp, how light, whether the whole paper is in it, and what
//! the sample's block says. Everything comes from the pixels.

use super::mark::Mark;
use super::photo::Homography;
use image::{GrayImage, imageops};
use rxing::{BarcodeFormat, DecodeHints, helpers::detect_in_luma_with_hints};

/// What was read off a picture.
#[derive(Clone, Debug)]
pub struct Reading {
    pub width: u32,
    pub height: u32,
    /// 0 to 100; below 50 a person should take the picture again.
    pub quality: u32,
    /// A reflection hides part of the picture.
    pub reflection: bool,
    /// All four edges of the paper are inside the picture. Meaningless without a mark.
    pub whole: bool,
    /// No part of the picture is in focus.
    pub blurred: bool,
    /// The block, when there is one that can be read.
    pub mark: Option<Mark>,
}

/// Why a picture cannot be read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    Empty,
    /// Not JPEG or PNG, or broken, or too many pixels.
    Undecodable,
}

/// Decodes a JPEG or PNG of at most 60 million pixels.
pub fn decode(bytes: &[u8]) -> Result<image::DynamicImage, Unreadable> {
    if bytes.is_empty() {
        return Err(Unreadable::Empty);
    }
    let mut reader = image::ImageReader::new(std::io::Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|_| Unreadable::Undecodable)?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(12_000);
    limits.max_image_height = Some(12_000);
    limits.max_alloc = Some(240 * 1024 * 1024);
    reader.limits(limits);
    reader.decode().map_err(|_| Unreadable::Undecodable)
}

/// Reads a picture.
pub fn read(bytes: &[u8]) -> Result<Reading, Unreadable> {
    let picture = decode(bytes)?;
    let grey = shrink(picture.to_luma8(), 2000);
    let measured = measure(&shrink(grey.clone(), 1000));
    let found = find_mark(&grey);
    Ok(Reading {
        width: picture.width(),
        height: picture.height(),
        quality: measured.quality,
        reflection: measured.saturated > 0.035,
        whole: found.as_ref().is_some_and(|(_, whole)| *whole),
        blurred: measured.contrast > 6.0 && measured.sharpest < 60.0,
        mark: found.map(|(mark, _)| mark),
    })
}

fn shrink(picture: GrayImage, longest: u32) -> GrayImage {
    let longer = picture.width().max(picture.height());
    if longer <= longest {
        return picture;
    }
    let size = |v: u32| (u64::from(v) * u64::from(longest) / u64::from(longer)).max(1) as u32;
    imageops::resize(&picture, size(picture.width()), size(picture.height()), imageops::FilterType::Triangle)
}

struct Measured {
    quality: u32,
    sharpest: f32,
    contrast: f32,
    saturated: f32,
}

/// Sharpness is the variance of the Laplacian in the best of 12 × 12 tiles; a blurred picture has no sharp tile.
fn measure(grey: &GrayImage) -> Measured {
    let (w, h) = grey.dimensions();
    let at = |x: u32, y: u32| f32::from(grey.get_pixel(x, y).0[0]);
    let count = (w * h) as f32;
    let mean = grey.pixels().map(|p| f32::from(p.0[0])).sum::<f32>() / count;
    let contrast = (grey.pixels().map(|p| (f32::from(p.0[0]) - mean).powi(2)).sum::<f32>() / count).sqrt();
    let mut sharpest = 0.0f32;
    let mut saturated = 0u32;
    let (tile_w, tile_h) = ((w / 12).max(3), (h / 12).max(3));
    for top in (1..h.saturating_sub(tile_h)).step_by(tile_h as usize) {
        for left in (1..w.saturating_sub(tile_w)).step_by(tile_w as usize) {
            let (mut sum, mut squares, mut bright) = (0.0, 0.0, 0u32);
            for y in top..top + tile_h - 1 {
                for x in left..left + tile_w - 1 {
                    let here = at(x, y);
                    let edge = 4.0 * here - at(x - 1, y) - at(x + 1, y) - at(x, y - 1) - at(x, y + 1);
                    sum += edge;
                    squares += edge * edge;
                    bright += u32::from(here >= 254.0);
                }
            }
            let n = ((tile_w - 1) * (tile_h - 1)) as f32;
            sharpest = sharpest.max(squares / n - (sum / n).powi(2));
            saturated += u32::from(bright as f32 > n * 0.97);
        }
    }
    let light = (mean / 70.0).min(1.0);
    let quality = (sharpest.sqrt() * 2.2 * light).clamp(1.0, 99.0) as u32;
    Measured { quality, sharpest, contrast, saturated: saturated as f32 / 144.0 }
}

fn find_mark(grey: &GrayImage) -> Option<(Mark, bool)> {
    let half = || shrink(grey.clone(), grey.width().max(grey.height()) / 2);
    let double = || {
        let (w, h) = grey.dimensions();
        imageops::resize(grey, w * 2, h * 2, imageops::FilterType::Triangle)
    };
    let tries: [&dyn Fn() -> GrayImage; 3] = [&|| grey.clone(), &double, &half];
    tries.iter().find_map(|make| {
        let picture = make();
        if picture.width().max(picture.height()) > 2600 {
            return None;
        }
        codes_in(&picture).into_iter().find_map(|code| {
            let mark = Mark::parse(&code.text)?;
            let whole = is_whole(&mark, &code, picture.width() as f32, picture.height() as f32);
            Some((mark, whole))
        })
    })
}

/// A QR code in a picture: its text, and its corners (top left, top right, bottom left, bottom right as printed).
struct Code {
    text: String,
    corners: [(f32, f32); 4],
}

fn codes_in(picture: &GrayImage) -> Vec<Code> {
    let mut hints = DecodeHints { TryHarder: Some(true), CharacterSet: Some("UTF-8".into()), ..DecodeHints::default() };
    let (w, h) = picture.dimensions();
    let found = detect_in_luma_with_hints(picture.as_raw().clone(), w, h, Some(BarcodeFormat::QR_CODE), &mut hints);
    let code = |result: rxing::RXingResult| {
        let points = result.getPoints();
        let corner = |i: usize| points.get(i).map(|p| (p.x, p.y));
        Some(Code { text: result.getText().to_owned(), corners: [corner(0)?, corner(1)?, corner(2)?, corner(3)?] })
    };
    found.ok().and_then(code).into_iter().collect()
}

/// Carries the paper's corners into the picture by the four corners of its block, and asks whether they are inside.
fn is_whole(mark: &Mark, code: &Code, width: f32, height: f32) -> bool {
    let Some((sheet, block)) = super::placing(&mark.kind) else { return true };
    let Some(qr) = super::mark::code(&mark.to_text()) else { return true };
    let quiet = 2.0 * block.side / (qr.width() as f32 + 4.0);
    let (left, top) = (block.x + quiet, block.y + quiet);
    let (right, bottom) = (block.x + block.side - quiet, block.y + block.side - quiet);
    let printed = [(left, top), (right, top), (left, bottom), (right, bottom)];
    let map = Homography::between(&printed, &code.corners);
    let slack = 0.035 * width.max(height);
    [(0.0, 0.0), (sheet.0, 0.0), sheet, (0.0, sheet.1)].into_iter().all(|(x, y)| {
        let (x, y) = map.of(x, y);
        x > -slack && y > -slack && x < width + slack && y < height + slack
    })
}
