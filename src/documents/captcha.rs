//! Image captcha (图形验证码): four letters, warped, with curves across. A speed bump; limits per mobile and address are what protects.

use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Stroke, Transform};

use crate::glyphs::PLAIN;

/// Letters and digits that are not mistaken for one another: without 0 O 1 I 5 S 2 Z.
pub const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRTUVWXY346789";
/// Letters in a captcha.
pub const LENGTH: usize = 4;

const WIDTH: f32 = 180.0;
const HEIGHT: f32 = 64.0;
const INKS: [[u8; 3]; 4] = [[30, 70, 140], [110, 40, 90], [20, 95, 80], [120, 60, 20]];

/// A text to draw, from 64 random bits.
pub fn text(random: u64) -> String {
    let mut dice = Dice(random);
    (0..LENGTH).map(|_| char::from(ALPHABET[dice.below(ALPHABET.len())])).collect()
}

/// Draws `text` (A–Z and 0–9; others are left out, beyond six cut off) as a PNG of 180 by 64 pixels, at most 8 kB.
/// The same text and seed give the same bytes; about two milliseconds.
pub fn image(text: &str, seed: u64) -> Vec<u8> {
    let mut dice = Dice(seed ^ 0x7a68_656e_677a_7a7a);
    let mut pixels = Pixmap::new(WIDTH as u32, HEIGHT as u32).expect("the size is fixed");
    let paper = Color::from_rgba8(244, 246, 250, 255);
    pixels.fill(paper);
    let [r, g, b] = INKS[dice.below(INKS.len())];
    let mut ink = Paint { anti_alias: true, ..Paint::default() };
    ink.set_color_rgba8(r, g, b, 255);
    if let Some(letters) = letters(text, &mut dice).finish() {
        pixels.fill_path(&letters, &ink, FillRule::Winding, Transform::identity(), None);
        let bold = Stroke { width: 1.3, ..Stroke::default() };
        pixels.stroke_path(&letters, &ink, &bold, Transform::identity(), None);
    }
    for i in 0..3 {
        let mut paint = ink.clone();
        let mut width = dice.between(1.6, 2.8);
        if i == 2 {
            paint.set_color(paper);
            width *= 0.6;
        }
        let stroke = Stroke { width, ..Stroke::default() };
        if let Some(curve) = curve(&mut dice).finish() {
            pixels.stroke_path(&curve, &paint, &stroke, Transform::identity(), None);
        }
    }
    pixels.encode_png().expect("a picture in memory can be encoded")
}

fn letters(text: &str, dice: &mut Dice) -> PathBuilder {
    let warp = Warp::roll(dice);
    let mut path = PathBuilder::new();
    let letters: Vec<char> = text.chars().filter(char::is_ascii_alphanumeric).take(6).collect();
    let pitch = (WIDTH - 16.0) / letters.len().max(1) as f32;
    for (i, &c) in letters.iter().enumerate() {
        let Some(glyph) = PLAIN.find(c) else { continue };
        let size = dice.between(41.0, 48.0).min(pitch * 1.25);
        let (sin, cos) = dice.between(-0.35, 0.35).sin_cos();
        let x0 = 8.0 + pitch * (i as f32 + 0.5) + dice.between(-3.0, 3.0);
        let y0 = HEIGHT / 2.0 + dice.between(-4.0, 4.0);
        glyph.outline(c, &mut path, |x, y| {
            let (x, y) = (x * size, y * size);
            warp.at(x0 + x * cos - y * sin, y0 + x * sin + y * cos)
        });
    }
    path
}

fn curve(dice: &mut Dice) -> PathBuilder {
    let mut path = PathBuilder::new();
    path.move_to(0.0, dice.between(12.0, 52.0));
    let (a, b) = (dice.between(0.0, HEIGHT), dice.between(0.0, HEIGHT));
    path.cubic_to(60.0, a, 120.0, b, WIDTH, dice.between(12.0, 52.0));
    path
}

/// Two waves, one along each axis.
struct Warp {
    across: (f32, f32, f32),
    down: (f32, f32, f32),
}

impl Warp {
    fn roll(dice: &mut Dice) -> Warp {
        let mut wave = |height: (f32, f32), step: (f32, f32)| {
            (dice.between(height.0, height.1), dice.between(step.0, step.1), dice.between(0.0, std::f32::consts::TAU))
        };
        Warp { across: wave((2.0, 3.5), (0.06, 0.10)), down: wave((3.0, 5.0), (0.035, 0.06)) }
    }

    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let wave = |(height, step, phase): (f32, f32, f32), t: f32| height * (t * step + phase).sin();
        (x + wave(self.across, y), y + wave(self.down, x))
    }
}

/// SplitMix64: for looks, not for secrets.
pub(crate) struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }
}

#[cfg(test)]
mod tests;
