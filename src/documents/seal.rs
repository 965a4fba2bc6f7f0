//! Drawn electronic seals (电子印章): a round company seal and a square name seal, as SVG and PNG of true size.
//!
//! Sizes: 国发〔1999〕25号 says an enterprise's seal is round, a star in its centre, at most 45 mm across; 42, 40 and 38 mm
//! are common and differ by province, so that the size is a field here.

use std::f32::consts::PI;
use std::fmt::Write;

use tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, PathSegment, Pixmap, Transform};

use crate::glyphs::{HEAVY, PLAIN, Stack};

/// The red of every seal that is drawn or cut out of a photo.
pub const RED: [u8; 3] = [0xd6, 0x12, 0x1c];
/// More characters than this do not fit an arc and stay legible.
pub const LONGEST_NAME: usize = 40;
/// More characters than this do not fit the line beneath the star.
pub const LONGEST_LINE: usize = 8;

/// Why a seal cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Nothing to write.
    #[error("印章名称不能为空")]
    NoName,
    /// More text than fits.
    #[error("印章文字过长，无法清晰排版")]
    TooLong,
    /// 印章底部数字 is 13 digits.
    #[error("印章底部数字应为 13 位数字")]
    BadNumber,
    /// Not a size that a seal has.
    #[error("印章尺寸应在 10 至 60 毫米之间")]
    BadSize,
    /// No font has these characters.
    #[error("「{}」暂无法排版，请联系客服", .0.iter().collect::<String>())]
    Missing(Vec<char>),
}

/// A round company seal.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundSeal {
    /// Outer diameter in millimetres.
    pub diameter_mm: f32,
    /// Width of the ring in millimetres.
    pub ring_mm: f32,
    /// Name on the arc.
    pub name: String,
    /// Whether there is a star in the centre.
    pub star: bool,
    /// A line beneath the centre, such as 合同专用章.
    pub line: Option<String>,
    /// 印章底部数字, 13 digits.
    pub number: Option<String>,
}

impl RoundSeal {
    /// The official seal of a company: 40 mm, ring 1 mm, star.
    pub fn company(name: &str, number: Option<&str>) -> Self {
        RoundSeal {
            diameter_mm: 40.0,
            ring_mm: 1.0,
            name: name.to_owned(),
            star: true,
            line: None,
            number: number.map(str::to_owned),
        }
    }

    /// Draws it. Less than a millisecond.
    pub fn draw(&self) -> Result<Drawing, SealError> {
        self.check()?;
        let radius = self.diameter_mm / 2.0;
        let mut pen = Pen::new(radius);
        pen.ring(radius, radius - self.ring_mm);
        if self.star {
            pen.star(radius / 3.0);
        }
        self.name_on_arc(&mut pen, radius);
        self.line_beneath(&mut pen, radius);
        self.number_at_foot(&mut pen, radius);
        Ok(pen.finish(self.diameter_mm))
    }

    fn check(&self) -> Result<(), SealError> {
        let line = self.line.as_deref().unwrap_or_default();
        check_text(&self.name, LONGEST_NAME)?;
        if line.chars().count() > LONGEST_LINE {
            return Err(SealError::TooLong);
        }
        if let Some(number) = &self.number
            && (number.len() != 13 || !number.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(SealError::BadNumber);
        }
        if !(10.0..=60.0).contains(&self.diameter_mm) || !(0.3..=3.0).contains(&self.ring_mm) {
            return Err(SealError::BadSize);
        }
        check_glyphs(&format!("{}{line}", self.name))
    }

    /// Long names are narrowed, and keep clear of a line beneath the centre.
    fn name_on_arc(&self, pen: &mut Pen, radius: f32) {
        let letters: Vec<char> = self.name.chars().collect();
        let count = letters.len() as f32;
        let widest: f32 = if self.line.is_some() { 115.0 } else { 138.0 };
        let half = (58.0 + 5.2 * count).min(widest).min(20.0 * (count - 1.0)).to_radians();
        let height = radius * 0.27;
        let middle = radius - self.ring_mm - height * 0.5 - radius * 0.05;
        let pitch = if letters.len() > 1 { 2.0 * half / (count - 1.0) } else { 0.0 };
        let room = if letters.len() > 1 { pitch * (middle - height * 0.2) * 0.92 } else { height };
        for (i, &c) in letters.iter().enumerate() {
            let angle = if letters.len() > 1 { -PI / 2.0 - half + pitch * i as f32 } else { -PI / 2.0 };
            let at = (middle * angle.cos(), middle * angle.sin());
            pen.write(HEAVY, c, at, (room.min(height), height), angle + PI / 2.0);
        }
    }

    fn line_beneath(&self, pen: &mut Pen, radius: f32) {
        let letters: Vec<char> = self.line.iter().flat_map(|line| line.chars()).collect();
        let count = letters.len() as f32;
        let height = radius * 0.21;
        let pitch = (height * 0.95).min(radius * 1.15 / count.max(1.0));
        for (i, &c) in letters.iter().enumerate() {
            let x = (i as f32 - (count - 1.0) / 2.0) * pitch;
            pen.write(HEAVY, c, (x, radius * 0.53), (pitch * 0.97, height * 1.1), 0.0);
        }
    }

    /// Read from the left, along the lower edge.
    fn number_at_foot(&self, pen: &mut Pen, radius: f32) {
        let height = radius * 0.1;
        let middle = radius - self.ring_mm - height * 0.85;
        let digits = self.number.as_deref().unwrap_or_default();
        for (i, c) in digits.chars().enumerate() {
            let angle = PI / 2.0 + 0.066 * ((digits.len() as f32 - 1.0) / 2.0 - i as f32);
            let at = (middle * angle.cos(), middle * angle.sin());
            pen.write(PLAIN, c, at, (height, height), angle - PI / 2.0);
        }
    }
}

/// A square seal of a person's name, from one template: read from the right column, 之印 or 印 added where it fits.
#[derive(Debug, Clone, PartialEq)]
pub struct NameSeal {
    /// Side in millimetres; 18 to 20 are common.
    pub side_mm: f32,
    /// The person's name.
    pub name: String,
}

impl NameSeal {
    /// A seal of 20 mm.
    pub fn new(name: &str) -> Self {
        NameSeal { side_mm: 20.0, name: name.to_owned() }
    }

    /// Draws it.
    pub fn draw(&self) -> Result<Drawing, SealError> {
        let letters = self.letters();
        check_text(&self.name, 15)?;
        check_glyphs(&letters.iter().collect::<String>())?;
        if !(10.0..=60.0).contains(&self.side_mm) {
            return Err(SealError::BadSize);
        }
        let columns = if letters.len() > 8 { 3 } else { 2 };
        let rows = letters.len().div_ceil(columns);
        let border = self.side_mm * 0.045;
        let half = self.side_mm / 2.0;
        let inner = self.side_mm - 2.8 * border;
        let (width, height) = (inner / columns as f32, inner / rows as f32);
        let mut pen = Pen::new(half);
        pen.frame(half, half - border);
        for (i, &c) in letters.iter().enumerate() {
            let x = inner / 2.0 - width * ((i / rows) as f32 + 0.5);
            let y = -inner / 2.0 + height * ((i % rows) as f32 + 0.5);
            pen.write(HEAVY, c, (x, y), (width * 1.02, height * 1.02), 0.0);
        }
        Ok(pen.finish(self.side_mm))
    }

    fn letters(&self) -> Vec<char> {
        let mut letters: Vec<char> = self.name.chars().filter(|c| *c != '·').collect();
        match letters.len() {
            2 => letters.extend(['之', '印']),
            odd if odd % 2 == 1 => letters.push('印'),
            _ => {}
        }
        letters
    }
}

/// A seal as a path in millimetres.
pub struct Drawing {
    path: Path,
    side_mm: f32,
}

impl Drawing {
    /// Width and height in millimetres.
    pub fn side_mm(&self) -> f32 {
        self.side_mm
    }

    /// The path's `d`, in millimetres, y down, from the top left corner; to be filled by the non-zero rule.
    pub fn svg_path(&self) -> String {
        let mut d = String::new();
        for segment in self.path.segments() {
            let written = match segment {
                PathSegment::MoveTo(p) => write!(d, "M{:.2} {:.2}", p.x, p.y),
                PathSegment::LineTo(p) => write!(d, "L{:.2} {:.2}", p.x, p.y),
                PathSegment::QuadTo(a, p) => {
                    write!(d, "Q{:.2} {:.2} {:.2} {:.2}", a.x, a.y, p.x, p.y)
                }
                PathSegment::CubicTo(a, b, p) => {
                    write!(d, "C{:.2} {:.2} {:.2} {:.2} {:.2} {:.2}", a.x, a.y, b.x, b.y, p.x, p.y)
                }
                PathSegment::Close => write!(d, "Z"),
            };
            written.expect("a string takes what is written");
        }
        d
    }

    /// A stand-alone SVG of true size. It carries outlines only: no text, no font.
    pub fn svg(&self) -> String {
        let [r, g, b] = RED;
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{side}mm" height="{side}mm" viewBox="0 0 {side} {side}"><path fill="#{r:02x}{g:02x}{b:02x}" d="{d}"/></svg>"##,
            side = self.side_mm,
            d = self.svg_path(),
        )
    }

    /// A transparent PNG of true size at `dpi` (72 to 1,200; beyond that it is brought within); 60 ms at 600.
    pub fn png(&self, dpi: f32) -> Vec<u8> {
        let scale = dpi.clamp(72.0, 1200.0) / 25.4;
        let side = (self.side_mm * scale).round() as u32;
        let mut pixels = Pixmap::new(side, side).expect("the size is checked when drawing");
        let scale = side as f32 / self.side_mm;
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(Color::from_rgba8(RED[0], RED[1], RED[2], 255));
        pixels.fill_path(&self.path, &paint, FillRule::Winding, Transform::from_scale(scale, scale), None);
        pixels.encode_png().expect("a picture in memory can be encoded")
    }
}

fn check_text(text: &str, longest: usize) -> Result<(), SealError> {
    match text.chars().count() {
        0 => Err(SealError::NoName),
        count if count > longest => Err(SealError::TooLong),
        _ => Ok(()),
    }
}

fn check_glyphs(text: &str) -> Result<(), SealError> {
    match HEAVY.missing(text) {
        missing if missing.is_empty() => Ok(()),
        missing => Err(SealError::Missing(missing)),
    }
}

/// Draws around the centre of the seal.
struct Pen {
    path: PathBuilder,
    centre: f32,
}

impl Pen {
    fn new(centre: f32) -> Pen {
        Pen { path: PathBuilder::new(), centre }
    }

    fn finish(self, side_mm: f32) -> Drawing {
        let path = self.path.finish().expect("a ring or frame is always drawn");
        Drawing { path, side_mm }
    }

    fn ring(&mut self, outer: f32, inner: f32) {
        self.circle(outer, 1.0);
        self.circle(inner, -1.0);
    }

    /// `turn` is 1 or -1; opposite turns cut a hole.
    fn circle(&mut self, radius: f32, turn: f32) {
        let (c, k) = (self.centre, radius * 0.552_284_8);
        let at = |x: f32, y: f32| (c + x, c + y * turn);
        let (start, p) = (at(radius, 0.0), &mut self.path);
        p.move_to(start.0, start.1);
        let quarters = [
            [(radius, k), (k, radius), (0.0, radius)],
            [(-k, radius), (-radius, k), (-radius, 0.0)],
            [(-radius, -k), (-k, -radius), (0.0, -radius)],
            [(k, -radius), (radius, -k), (radius, 0.0)],
        ];
        for [a, b, end] in quarters.map(|points| points.map(|(x, y)| at(x, y))) {
            p.cubic_to(a.0, a.1, b.0, b.1, end.0, end.1);
        }
        p.close();
    }

    fn frame(&mut self, outer: f32, inner: f32) {
        for (half, turn) in [(outer, 1.0), (inner, -1.0)] {
            let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
            self.polygon(corners.map(|(x, y): (f32, f32)| (x * half * turn, y * half)));
        }
    }

    fn star(&mut self, radius: f32) {
        self.polygon(std::array::from_fn::<_, 10, _>(|i| {
            let reach = if i % 2 == 0 { radius } else { radius * 0.381_966 };
            let angle = -PI / 2.0 + i as f32 * PI / 5.0;
            (reach * angle.cos(), reach * angle.sin())
        }));
    }

    fn polygon<const N: usize>(&mut self, corners: [(f32, f32); N]) {
        for (i, (x, y)) in corners.into_iter().enumerate() {
            let (x, y) = (x + self.centre, y + self.centre);
            if i == 0 { self.path.move_to(x, y) } else { self.path.line_to(x, y) }
        }
        self.path.close();
    }

    /// One character in a box of `size`, centred on `at`, turned clockwise by `turn` radians.
    fn write(&mut self, stack: Stack, c: char, at: (f32, f32), size: (f32, f32), turn: f32) {
        let Some(glyph) = stack.find(c) else { return };
        let (sin, cos) = turn.sin_cos();
        let centre = (at.0 + self.centre, at.1 + self.centre);
        glyph.outline(c, &mut self.path, |x, y| {
            let (x, y) = (x * size.0, y * size.1);
            (centre.0 + x * cos - y * sin, centre.1 + x * sin + y * cos)
        });
    }
}

#[cfg(test)]
mod tests;
