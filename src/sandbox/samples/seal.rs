//! Impressions on paper: the company's round seal 企业印模, the representative's square seal 法人印模, and a signature.

use super::canvas::{Canvas, Font, Glyph, Style, ink, oval, star, width_of};
use tiny_skia::{Color, Path, PathBuilder, PathSegment, Point, Transform};

/// The red of seal paste.
const RED: u32 = 0xc8281e;

/// A stream of numbers from a seed, for ink and paper grain. Nothing secret depends on it.
#[derive(Clone, Debug)]
pub struct Grain(u64);

impl Grain {
    /// The same seed gives the same stream.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number from 0 (included) to 1 (not included).
    pub fn draw(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }
}

/// A round seal on nothing: name along the arc, a star, the number along the foot when there is one.
pub fn round(name: &str, number: &str, side: u32, seed: u64) -> Canvas {
    let mut seal = Canvas::new(side, side, ink(0xffffff, 0.0));
    let (r, red) = (side as f32 / 2.0, ink(RED, 1.0));
    let centre = (r, r);
    if let Some(path) = oval(centre, r * 0.95, r * 0.95) {
        seal.stroke(&path, r * 0.045, red);
    }
    if let Some(path) = star(centre, r * 0.29) {
        seal.fill(&path, red);
    }
    let count = name.chars().count().max(1) as f32;
    let sweep = (count * 0.31).clamp(1.6, 4.15);
    let size = (r * 0.27).min(sweep * r * 0.7 / count * 1.02);
    along_arc(&mut seal, name, Arc { radius: r * 0.87, sweep, size, narrow: 0.82, inward: false });
    if !number.is_empty() {
        along_arc(&mut seal, number, Arc { radius: r * 0.86, sweep: 1.28, size: r * 0.115, narrow: 0.9, inward: true });
    }
    wear(&mut seal, seed);
    seal
}

struct Arc {
    radius: f32,
    sweep: f32,
    size: f32,
    narrow: f32,
    /// Reads from left to right along the foot instead of the top.
    inward: bool,
}

fn along_arc(seal: &mut Canvas, text: &str, arc: Arc) {
    let chars: Vec<char> = text.chars().collect();
    let middle = seal.width() / 2.0;
    let step = if chars.len() > 1 { arc.sweep / (chars.len() as f32 - 1.0) } else { 0.0 };
    for (i, c) in chars.iter().enumerate() {
        let turn = step * i as f32 - if chars.len() > 1 { arc.sweep / 2.0 } else { 0.0 };
        let glyph = Glyph::of(*c, Font::SerifBold);
        let (turn, height) = if arc.inward { (-turn, -arc.radius) } else { (turn, arc.radius - arc.size * 0.86) };
        let place = Transform::from_translate(-glyph.advance / 2.0, 0.0)
            .post_scale(arc.size * arc.narrow, -arc.size)
            .post_translate(0.0, -height)
            .post_rotate(turn.to_degrees())
            .post_translate(middle, middle);
        seal.glyph(&glyph, place, ink(RED, 1.0));
    }
}

/// A square seal: up to four characters in two columns, read from the right.
pub fn square(name: &str, side: u32, seed: u64) -> Canvas {
    let mut seal = Canvas::new(side, side, ink(0xffffff, 0.0));
    let s = side as f32;
    if let Some(path) = super::canvas::rounded(s * 0.04, s * 0.04, s * 0.92, s * 0.92, s * 0.05) {
        seal.stroke(&path, s * 0.055, ink(RED, 1.0));
    }
    let mut chars: Vec<char> = name.chars().take(3).collect();
    chars.push('印');
    if chars.len() == 3 {
        chars.insert(2, '之');
    }
    for (i, c) in chars.iter().take(4).enumerate() {
        let (column, row) = (1 - i / 2, i % 2);
        let glyph = Glyph::of(*c, Font::SerifBold);
        let em = s * 0.43;
        let place = Transform::from_scale(em, -em)
            .post_translate(s * 0.075 + column as f32 * s * 0.42, s * 0.44 + row as f32 * s * 0.42);
        seal.glyph(&glyph, place, ink(RED, 1.0));
    }
    wear(&mut seal, seed);
    seal
}

/// A name as if written with a pen: outlines leaned, stretched and shaken a little, joined by a sweep.
pub fn signature(name: &str, width: u32, seed: u64) -> Canvas {
    let count = name.chars().count().max(1) as f32;
    let em = (width as f32 * 0.8 / count).min(width as f32 * 0.36);
    let height = (em * 1.5) as u32;
    let mut sheet = Canvas::new(width, height, ink(0xffffff, 0.0));
    let mut grain = Grain::new(seed ^ 0x51);
    let pen = ink(0x1c2a55, 0.94);
    let mut x = (width as f32 - em * count * 0.86) / 2.0;
    for c in name.chars() {
        let glyph = Glyph::of(c, Font::Serif);
        let tall = 0.94 + 0.16 * grain.draw();
        let place = Transform::from_row(em * 0.9, -0.07 * em, 0.2 * em, -em * tall, x, em * (1.1 + 0.1 * grain.draw()));
        if let Some(path) = glyph.path().and_then(|p| shaken(p, &mut grain)).and_then(|p| p.transform(place)) {
            sheet.fill(&path, pen);
            sheet.stroke(&path, em * 0.012, pen);
        }
        x += em * (0.8 + 0.1 * grain.draw());
    }
    let (w, y) = (width as f32, em * 1.32);
    let sweep: Vec<_> = (0..=30)
        .map(|i| {
            let t = i as f32 / 30.0;
            (w * (0.14 + 0.74 * t), y + em * (0.08 * (t * 5.0).sin() - 0.1 * t))
        })
        .collect();
    if let Some(path) = super::canvas::polyline(&sweep) {
        sheet.stroke(&path, em * 0.02, pen);
    }
    sheet
}

fn shaken(path: &Path, grain: &mut Grain) -> Option<Path> {
    let mut out = PathBuilder::new();
    let mut shake = |p: Point| (p.x + (grain.draw() - 0.5) * 0.018, p.y + (grain.draw() - 0.5) * 0.018);
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(p) => {
                let p = shake(p);
                out.move_to(p.0, p.1);
            }
            PathSegment::LineTo(p) => {
                let p = shake(p);
                out.line_to(p.0, p.1);
            }
            PathSegment::QuadTo(a, p) => {
                let (a, p) = (shake(a), shake(p));
                out.quad_to(a.0, a.1, p.0, p.1);
            }
            PathSegment::CubicTo(a, b, p) => {
                let (a, b, p) = (shake(a), shake(b), shake(p));
                out.cubic_to(a.0, a.1, b.0, b.1, p.0, p.1);
            }
            PathSegment::Close => out.close(),
        }
    }
    out.finish()
}

/// Uneven ink: soft patches where the paste was thin, and specks without any.
fn wear(seal: &mut Canvas, seed: u64) {
    let mut grain = Grain::new(seed);
    let (width, height) = (seal.pixels.width() as usize, seal.pixels.height() as usize);
    let patches: Vec<(f32, f32, f32)> = (0..7)
        .map(|_| (grain.draw() * width as f32, grain.draw() * height as f32, (0.1 + 0.2 * grain.draw()) * width as f32))
        .collect();
    for (i, pixel) in seal.pixels.pixels_mut().iter_mut().enumerate() {
        if pixel.alpha() == 0 {
            continue;
        }
        let (x, y) = ((i % width) as f32, (i / width) as f32);
        let thin: f32 = patches
            .iter()
            .map(|&(px, py, r)| (1.0 - ((x - px).powi(2) + (y - py).powi(2)).sqrt() / r).max(0.0) * 0.3)
            .sum();
        let speck = if grain.draw() > 0.965 { 0.55 } else { 0.0 };
        let keep = (0.96 - 0.12 * grain.draw() - thin.min(0.45) - speck).clamp(0.05, 1.0);
        let scaled = |v: u8| (f32::from(v) * keep) as u8;
        let faded = tiny_skia::PremultipliedColorU8::from_rgba(
            scaled(pixel.red()),
            scaled(pixel.green()),
            scaled(pixel.blue()),
            scaled(pixel.alpha()),
        );
        *pixel = faded.unwrap_or(*pixel);
    }
}

/// A sheet of white paper with a little grain.
pub fn paper(width: u32, height: u32, seed: u64) -> Canvas {
    let mut sheet = Canvas::new(width, height, ink(0xfcfbf8, 1.0));
    let mut grain = Grain::new(seed ^ 0x9a);
    for pixel in sheet.pixels.pixels_mut() {
        let dim = (grain.draw() * 6.0) as u8;
        let grey = |v: u8| v.saturating_sub(dim);
        let dimmed =
            tiny_skia::PremultipliedColorU8::from_rgba(grey(pixel.red()), grey(pixel.green()), grey(pixel.blue()), 255);
        *pixel = dimmed.unwrap_or(*pixel);
    }
    sheet
}

/// 企业印模: the impression on paper with the number noted at its right, as the manual asks.
pub fn company_sheet(company: &str, number: &str, seed: u64) -> Canvas {
    let mut sheet = paper(1500, 1060, seed);
    heading(&mut sheet, "企业印模（样本）");
    let stamp = round(company, number, 620, seed);
    sheet.lay(&stamp.pixels, 190.0, 250.0, -3.0 + (seed % 7) as f32, 1.0);
    let note = Style::new(Font::Serif, 40.0, ink(0x22252a, 1.0)).spaced(2.0);
    if number.is_empty() {
        sheet.text("（印章无底部数字）", 930.0, 560.0, note);
    } else {
        sheet.text("印章底部数字：", 930.0, 500.0, note);
        let hand = signature_line(number);
        sheet.lay(&hand.pixels, 920.0, 520.0, -1.5, 1.0);
    }
    foot(&mut sheet);
    super::put_mark(&mut sheet, "company_seal", &[company, number]);
    sheet
}

/// 企业法人印模: a seal, or a signature when there is none.
pub fn representative_sheet(name: &str, signed: bool, seed: u64) -> Canvas {
    let mut sheet = paper(1500, 1060, seed);
    heading(&mut sheet, if signed { "法定代表人签名（样本）" } else { "企业法人印模（样本）" });
    if signed {
        sheet.lay(&signature(name, 820, seed).pixels, 300.0, 330.0, -2.0, 1.0);
    } else {
        sheet.lay(&square(name, 380, seed).pixels, 520.0, 320.0, 2.0, 1.0);
    }
    foot(&mut sheet);
    let kind = if signed { "representative_signature" } else { "representative_seal" };
    super::put_mark(&mut sheet, kind, &[name]);
    sheet
}

fn signature_line(text: &str) -> Canvas {
    let style = Style::new(Font::Serif, 58.0, ink(0x1c2a55, 0.94)).spaced(3.0);
    let mut line = Canvas::new(width_of(text, style) as u32 + 20, 90, ink(0xffffff, 0.0));
    line.text(text, 8.0, 64.0, style);
    line
}

fn heading(sheet: &mut Canvas, text: &str) {
    let grey: Color = ink(0x8a8f96, 1.0);
    let middle = sheet.width() / 2.0;
    sheet.text_centred(text, middle, 130.0, Style::new(Font::Serif, 46.0, grey).spaced(8.0));
    sheet.line((middle - 330.0, 164.0), (middle + 330.0, 164.0), 1.6, grey);
}

fn foot(sheet: &mut Canvas) {
    let grey = Style::new(Font::Serif, 28.0, ink(0x9aa0a8, 1.0)).spaced(2.0);
    sheet.text("演示样本 SAMPLE · 名称与印文均为虚构", 90.0, 992.0, grey);
}
