//! Watermark (水印): who looked at a picture and when, written across it for whoever sees a copy of it later. The picture
//! that is kept is not touched: this makes another one for one pair of eyes.

use image::RgbImage;
use tiny_skia::{FillRule, Paint, PathBuilder, Pixmap, PremultipliedColorU8, Stroke, Transform};

use crate::{
    glyphs::PLAIN,
    photo::{self, Limits, PhotoError},
};

/// Height of the letters as a part of the picture's shorter side, and their bounds in pixels.
const SIZE: f32 = 0.034;
const SMALLEST: f32 = 13.0;
const LARGEST: f32 = 44.0;
/// Downwards to the left, so that no line of print is covered whole.
const SLANT: f32 = -0.42;
/// Letters are light with a dark edge, so that they are seen on any ground; both let the picture through.
const INK: [u8; 4] = [255, 255, 255, 64];
const EDGE: [u8; 4] = [20, 32, 60, 72];

/// Writes `text` across a picture (JPEG or PNG) in tiles and gives back a JPEG of the same size. Characters that no font
/// has are left out.
///
/// # Errors
/// When the picture cannot be decoded.
pub fn stamp(picture: &[u8], text: &str) -> Result<Vec<u8>, PhotoError> {
    let limits = Limits { min_side: 1, ..Limits::default() };
    let mut picture = photo::decode(picture, &limits)?;
    let (width, height) = picture.dimensions();
    if let Some(mark) = tiles(width, height, text) {
        blend(&mut picture, &mark);
    }
    let long_side = width.max(height);
    Ok(photo::encode(&picture, &Limits { long_side, ..limits }).jpeg)
}

/// The tiles alone, as large as the picture.
fn tiles(width: u32, height: u32, text: &str) -> Option<Pixmap> {
    let size = (width.min(height) as f32 * SIZE).clamp(SMALLEST, LARGEST);
    let (line, long) = line(text, size);
    let line = line.finish()?;
    let mut mark = Pixmap::new(width, height)?;
    let paint = |[r, g, b, a]: [u8; 4]| {
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color_rgba8(r, g, b, a);
        paint
    };
    let edge = Stroke { width: size * 0.09, ..Stroke::default() };
    let (step, row) = (long + size * 3.0, size * 5.5);
    let reach = (width as f32).hypot(height as f32);
    let turned = Transform::from_rotate_at(SLANT.to_degrees(), width as f32 / 2.0, height as f32 / 2.0);
    let (left, top) = (width as f32 / 2.0 - reach / 2.0, height as f32 / 2.0 - reach / 2.0);
    let mut down = 0;
    while row * down as f32 <= reach {
        // Every second row is set off, so that no strip between two columns stays clean.
        let mut x = left - if down % 2 == 1 { step / 2.0 } else { 0.0 };
        while x <= left + reach {
            let at = turned.pre_translate(x, top + row * down as f32);
            mark.stroke_path(&line, &paint(EDGE), &edge, at, None);
            mark.fill_path(&line, &paint(INK), FillRule::Winding, at, None);
            x += step;
        }
        down += 1;
    }
    Some(mark)
}

/// The text as one path that begins at (0, 0), and its length.
fn line(text: &str, size: f32) -> (PathBuilder, f32) {
    let (mut path, mut x) = (PathBuilder::new(), 0.0);
    for c in text.chars() {
        let Some(glyph) = PLAIN.find(c) else { continue };
        let wide = glyph.advance * size;
        glyph.outline(c, &mut path, |gx, gy| (x + wide / 2.0 + gx * size, gy * size));
        x += wide;
    }
    (path, x)
}

fn blend(picture: &mut RgbImage, mark: &Pixmap) {
    let over = |under: u8, over: u8, alpha: u8| {
        (u32::from(over) + u32::from(under) * (255 - u32::from(alpha)) / 255).min(255) as u8
    };
    for (pixel, mark) in picture.pixels_mut().zip(mark.pixels()) {
        let mark: &PremultipliedColorU8 = mark;
        let alpha = mark.alpha();
        if alpha > 0 {
            pixel.0 = [
                over(pixel.0[0], mark.red(), alpha),
                over(pixel.0[1], mark.green(), alpha),
                over(pixel.0[2], mark.blue(), alpha),
            ];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(width: u32, height: u32, grey: u8) -> Vec<u8> {
        let picture = RgbImage::from_pixel(width, height, image::Rgb([grey; 3]));
        photo::encode(&picture, &Limits { long_side: width.max(height), ..Limits::default() }).jpeg
    }

    fn shades(jpeg: &[u8]) -> RgbImage {
        photo::decode(jpeg, &Limits { min_side: 1, ..Limits::default() }).unwrap()
    }

    #[test]
    fn every_part_of_a_picture_bears_the_mark_on_light_ground_and_on_dark() {
        for grey in [250, 128, 8] {
            let marked = shades(&stamp(&plain(1200, 800, grey), "kestrel 2026-11-23 09:05").unwrap());
            assert_eq!(marked.dimensions(), (1200, 800));
            for (left, top) in (0..4).flat_map(|x| (0..2).map(move |y| (x * 300, y * 400))) {
                let changed = (left..left + 300)
                    .flat_map(|x| (top..top + 400).map(move |y| (x, y)))
                    .filter(|(x, y)| marked.get_pixel(*x, *y).0[0].abs_diff(grey) > 12)
                    .count();
                assert!(changed > 400, "ground {grey}, tile {left},{top}: {changed} pixels");
                assert!(changed < 60_000, "ground {grey}, tile {left},{top}: the picture is still there");
            }
        }
    }

    #[test]
    fn two_people_get_two_pictures_and_one_the_same_twice() {
        let photo = plain(600, 400, 200);
        let mark = |text: &str| stamp(&photo, text).unwrap();
        assert_eq!(mark("审核一号 2026-11-23 09:05"), mark("审核一号 2026-11-23 09:05"));
        assert_ne!(mark("审核一号 2026-11-23 09:05"), mark("审核二号 2026-11-23 09:05"));
    }

    #[test]
    fn small_pictures_empty_texts_and_rubbish_do_no_harm() {
        assert!(stamp(&plain(9, 7, 100), "kestrel").is_ok());
        assert!(stamp(&plain(300, 300, 100), "").is_ok());
        assert!(stamp(&plain(300, 300, 100), "\u{1f426}\n").is_ok());
        assert!(stamp(b"%PDF-1.7", "kestrel").is_err());
        assert!(stamp(&plain(300, 300, 100)[..200], "kestrel").is_err());
    }
}
