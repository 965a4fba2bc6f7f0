//! QR codes (二维码): read from a photo, written as SVG for pages or as squares for print.

use image::RgbImage;
use image::imageops::grayscale;
use qrcode::{Color, EcLevel, QrCode};
use rxing::{BarcodeFormat, DecodeHints, helpers::detect_in_luma_with_hints};

use crate::photo::shrink;

/// The text is too long for a QR code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a QR code")]
pub struct TooLong;

/// Reads a QR code from a photo: 20 to 150 ms. `None` if there is none that can be read.
pub fn read(picture: &RgbImage) -> Option<String> {
    [1600, 2560, 900].into_iter().find_map(|long_side| read_at(picture, long_side))
}

fn read_at(picture: &RgbImage, long_side: u32) -> Option<String> {
    let grey = grayscale(&shrink(picture, long_side));
    let (width, height) = grey.dimensions();
    let mut hints = DecodeHints { TryHarder: Some(true), ..DecodeHints::default() };
    let kind = Some(BarcodeFormat::QR_CODE);
    let found = detect_in_luma_with_hints(grey.into_raw(), width, height, kind, &mut hints).ok()?;
    Some(found.getText().to_owned())
}

/// The squares of a QR code without its quiet zone: row by row, true is dark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    /// Squares a side.
    pub side: usize,
    /// `side * side` squares.
    pub dark: Vec<bool>,
}

/// Encodes a text so that a quarter of the code may be covered (level Q), as paper gets stamped and folded.
pub fn modules(text: &str) -> Result<Modules, TooLong> {
    let code = QrCode::with_error_correction_level(text, EcLevel::Q).map_err(|_| TooLong)?;
    let dark = code.to_colors().into_iter().map(|c| c == Color::Dark).collect();
    Ok(Modules { side: code.width(), dark })
}

/// An SVG for a page: black on white, four squares of quiet zone, as large as its container.
pub fn svg(text: &str) -> Result<String, TooLong> {
    let Modules { side, dark } = modules(text)?;
    let mut path = String::new();
    for (y, row) in dark.chunks(side).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] {
                path.push_str(&format!("M{} {}h{}v1h-{}z", x + 4, y + 4, run.len(), run.len()));
            }
            x += run.len();
        }
    }
    let all = side + 8;
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {all} {all}" shape-rendering="crispEdges" role="img"><path fill="#fff" d="M0 0h{all}v{all}H0z"/><path d="{path}"/></svg>"##
    ))
}

#[cfg(test)]
mod tests;
