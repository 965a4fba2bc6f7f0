//! A sheet to draw on: shapes by tiny-skia, characters as outlines of the bundled fonts.

use std::sync::OnceLock;
use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, PathBuilder, Pixmap, PixmapPaint,
    Point, Rect, Shader, SpreadMode, Stroke, Transform,
};
use ttf_parser::{Face, OutlineBuilder};

/// The bundled faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Font {
    Serif,
    SerifBold,
    Sans,
}

/// How a line of text is set.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub font: Font,
    /// Pixels per em.
    pub size: f32,
    pub colour: Color,
    /// Extra space between characters, in pixels.
    pub spacing: f32,
}

impl Style {
    /// Plain text without extra spacing.
    pub fn new(font: Font, size: f32, colour: Color) -> Self {
        Self { font, size, colour, spacing: 0.0 }
    }

    /// The same style with extra space between characters.
    pub fn spaced(self, spacing: f32) -> Self {
        Self { spacing, ..self }
    }
}

/// A colour from `0xRRGGBB` and an opacity from 0 to 1.
pub fn ink(rgb: u32, alpha: f32) -> Color {
    let [_, r, g, b] = rgb.to_be_bytes();
    let opacity = (alpha.clamp(0.0, 1.0) * 255.0).round() as u8;
    Color::from_rgba8(r, g, b, opacity)
}

/// One sheet of pixels.
pub struct Canvas {
    pub pixels: Pixmap,
}

impl Canvas {
    /// A sheet of one colour; sizes are at least 1 pixel.
    pub fn new(width: u32, height: u32, paper: Color) -> Self {
        let mut pixels =
            Pixmap::new(width.max(1), height.max(1)).expect("the size is not zero and far below the limit");
        pixels.fill(paper);
        Self { pixels }
    }

    /// Width in pixels.
    pub fn width(&self) -> f32 {
        self.pixels.width() as f32
    }

    /// Height in pixels.
    pub fn height(&self) -> f32 {
        self.pixels.height() as f32
    }

    /// Fills a path.
    pub fn fill(&mut self, path: &Path, colour: Color) {
        self.pixels.fill_path(path, &solid(colour), FillRule::Winding, Transform::identity(), None);
    }

    /// Fills a path with a vertical gradient from `top` to `bottom` of the path's own box.
    pub fn fill_gradient(&mut self, path: &Path, top: Color, bottom: Color) {
        let area = path.bounds();
        let shader = LinearGradient::new(
            Point::from_xy(area.left(), area.top()),
            Point::from_xy(area.left(), area.bottom()),
            vec![GradientStop::new(0.0, top), GradientStop::new(1.0, bottom)],
            SpreadMode::Pad,
            Transform::identity(),
        );
        let paint = Paint { shader: shader.unwrap_or(Shader::SolidColor(top)), anti_alias: true, ..Paint::default() };
        self.pixels.fill_path(path, &paint, FillRule::Winding, Transform::identity(), None);
    }

    /// Strokes a path with round ends.
    pub fn stroke(&mut self, path: &Path, width: f32, colour: Color) {
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.pixels.stroke_path(path, &solid(colour), &stroke, Transform::identity(), None);
    }

    /// Fills a rectangle.
    pub fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Color) {
        if let Some(rect) = Rect::from_xywh(x, y, width, height) {
            self.fill(&PathBuilder::from_rect(rect), colour);
        }
    }

    /// A straight line.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, colour: Color) {
        if let Some(path) = polyline(&[from, to]) {
            self.stroke(&path, width, colour);
        }
    }

    /// A filled ellipse around a centre.
    pub fn oval(&mut self, centre: (f32, f32), rx: f32, ry: f32, colour: Color) {
        if let Some(path) = oval(centre, rx, ry) {
            self.fill(&path, colour);
        }
    }

    /// Text from a left edge and a baseline; returns where it ends.
    pub fn text(&mut self, text: &str, x: f32, baseline: f32, style: Style) -> f32 {
        let mut at = x;
        for c in text.chars() {
            let glyph = Glyph::of(c, style.font);
            let place = Transform::from_scale(style.size, -style.size).post_translate(at, baseline);
            self.glyph(&glyph, place, style.colour);
            at += glyph.advance * style.size + style.spacing;
        }
        at
    }

    /// Text around a middle.
    pub fn text_centred(&mut self, text: &str, middle: f32, baseline: f32, style: Style) {
        let width = width_of(text, style);
        self.text(text, middle - width / 2.0, baseline, style);
    }

    /// Text broken at a width; returns the baseline after the last line.
    pub fn paragraph(&mut self, text: &str, x: f32, baseline: f32, width: f32, leading: f32, style: Style) -> f32 {
        let mut line = String::new();
        let mut at = baseline;
        for c in text.chars() {
            line.push(c);
            if width_of(&line, style) > width && line.chars().count() > 1 && !"，。；：、）》".contains(c) {
                let next = line.split_off(break_before_end(&line));
                self.text(&line, x, at, style);
                at += leading;
                line = next;
            }
        }
        self.text(&line, x, at, style);
        at + leading
    }

    /// One character under any transform from the em square (y up) to pixels.
    pub fn glyph(&mut self, glyph: &Glyph, place: Transform, colour: Color) {
        if let Some(path) = glyph.path.clone().and_then(|p| p.transform(place)) {
            self.fill(&path, colour);
        }
    }

    /// Lays another sheet on this one, turned by degrees around its own middle.
    pub fn lay(&mut self, other: &Pixmap, x: f32, y: f32, degrees: f32, opacity: f32) {
        let (cx, cy) = (other.width() as f32 / 2.0, other.height() as f32 / 2.0);
        let paint = PixmapPaint { opacity, quality: tiny_skia::FilterQuality::Bilinear, ..PixmapPaint::default() };
        let place = Transform::from_rotate_at(degrees, cx, cy).post_translate(x, y);
        self.pixels.draw_pixmap(0, 0, other.as_ref(), &paint, place, None);
    }

    /// The sheet as RGB; transparent parts become white.
    pub fn to_rgb(&self) -> image::RgbImage {
        let mut rgb = image::RgbImage::new(self.pixels.width(), self.pixels.height());
        for (from, to) in self.pixels.pixels().iter().zip(rgb.pixels_mut()) {
            let rest = 255 - from.alpha();
            to.0 = [from.red(), from.green(), from.blue()].map(|v| v.saturating_add(rest));
        }
        rgb
    }
}

/// Where to break a line that has become one character too long: before its last character, or before the whole Latin
/// word or number that it ends with.
fn break_before_end(line: &str) -> usize {
    let word = line.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len();
    let last = line.char_indices().next_back().map_or(0, |(at, _)| at);
    if word == 0 || word == line.len() { last } else { word }
}

fn solid(colour: Color) -> Paint<'static> {
    Paint { shader: Shader::SolidColor(colour), anti_alias: true, ..Paint::default() }
}

/// An ellipse around a centre.
pub fn oval(centre: (f32, f32), rx: f32, ry: f32) -> Option<Path> {
    PathBuilder::from_oval(Rect::from_xywh(centre.0 - rx, centre.1 - ry, rx * 2.0, ry * 2.0)?)
}

/// An open line through points.
pub fn polyline(points: &[(f32, f32)]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path.finish()
}

/// A closed shape through points.
pub fn polygon(points: &[(f32, f32)]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path.close();
    path.finish()
}

/// A rectangle with round corners.
pub fn rounded(x: f32, y: f32, width: f32, height: f32, radius: f32) -> Option<Path> {
    let (right, bottom) = (x + width, y + height);
    let mut path = PathBuilder::new();
    path.move_to(x + radius, y);
    path.line_to(right - radius, y);
    path.quad_to(right, y, right, y + radius);
    path.line_to(right, bottom - radius);
    path.quad_to(right, bottom, right - radius, bottom);
    path.line_to(x + radius, bottom);
    path.quad_to(x, bottom, x, bottom - radius);
    path.line_to(x, y + radius);
    path.quad_to(x, y, x + radius, y);
    path.close();
    path.finish()
}

/// The five-pointed star around a centre, one point up.
pub fn star(centre: (f32, f32), radius: f32) -> Option<Path> {
    let inner = radius * 0.381_966;
    let points: Vec<(f32, f32)> = (0..10)
        .map(|i| {
            let angle = std::f32::consts::PI * (i as f32 / 5.0 - 0.5);
            let r = if i % 2 == 0 { radius } else { inner };
            (centre.0 + r * angle.cos(), centre.1 + r * angle.sin())
        })
        .collect();
    polygon(&points)
}

/// How wide a line of text is, in pixels.
pub fn width_of(text: &str, style: Style) -> f32 {
    let count = text.chars().count() as f32;
    let advances: f32 = text.chars().map(|c| Glyph::of(c, style.font).advance * style.size).sum();
    advances + (count - 1.0).max(0.0) * style.spacing
}

/// One character's outline in the em square (y up).
pub struct Glyph {
    path: Option<Path>,
    /// In ems.
    pub advance: f32,
}

impl Glyph {
    /// The outline in the wanted face, or in the first face that has the character.
    pub fn of(c: char, font: Font) -> Self {
        let order = [font, Font::Sans, Font::Serif];
        let found = order.iter().find_map(|&f| face(f).glyph_index(c).map(|id| (face(f), id)));
        let Some((face, id)) = found else { return Self { path: None, advance: 0.5 } };
        let em = f32::from(face.units_per_em());
        let mut outline = Outline { path: PathBuilder::new(), em };
        face.outline_glyph(id, &mut outline);
        Self { path: outline.path.finish(), advance: f32::from(face.glyph_hor_advance(id).unwrap_or(0)) / em }
    }

    /// The outline itself, for those who bend it.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_ref()
    }
}

fn face(font: Font) -> &'static Face<'static> {
    static FACES: OnceLock<[Face<'static>; 3]> = OnceLock::new();
    let faces = FACES.get_or_init(|| {
        [zhangzheng_fonts::SERIF, zhangzheng_fonts::SERIF_BOLD, zhangzheng_fonts::SANS]
            .map(|bytes| Face::parse(bytes, 0).expect("the bundled fonts parse"))
    });
    &faces[font as usize]
}

struct Outline {
    path: PathBuilder,
    em: f32,
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(x / self.em, y / self.em);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(x / self.em, y / self.em);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.path.quad_to(x1 / self.em, y1 / self.em, x / self.em, y / self.em);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let em = self.em;
        self.path.cubic_to(x1 / em, y1 / em, x2 / em, y2 / em, x / em, y / em);
    }
    fn close(&mut self) {
        self.path.close();
    }
}
