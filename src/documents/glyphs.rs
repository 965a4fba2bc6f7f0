//! The fonts as outlines and widths: which face has a character, and its shape as a path.

use std::sync::LazyLock;

use tiny_skia::PathBuilder;
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// One font, parsed once.
pub(crate) struct Typeface {
    pub data: &'static [u8],
    face: Face<'static>,
}

impl Typeface {
    fn load(data: &'static [u8]) -> Typeface {
        let face = Face::parse(data, 0).expect("the compiled-in fonts are sound");
        Typeface { data, face }
    }

    fn units(&self) -> f32 {
        f32::from(self.face.units_per_em())
    }
}

pub(crate) static SERIF: LazyLock<Typeface> = LazyLock::new(|| Typeface::load(zhangzheng_fonts::SERIF));
pub(crate) static BOLD: LazyLock<Typeface> = LazyLock::new(|| Typeface::load(zhangzheng_fonts::SERIF_BOLD));
pub(crate) static SANS: LazyLock<Typeface> = LazyLock::new(|| Typeface::load(zhangzheng_fonts::SANS));

/// Faces in the order in which they are asked for a character.
#[derive(Clone, Copy)]
pub(crate) struct Stack(pub [&'static LazyLock<Typeface>; 2]);

/// For the body of letters.
pub(crate) const TEXT: Stack = Stack([&SERIF, &SANS]);
/// For titles and seals.
pub(crate) const HEAVY: Stack = Stack([&BOLD, &SANS]);
/// For small print and digits.
pub(crate) const PLAIN: Stack = Stack([&SANS, &SERIF]);

/// A character as a face has it.
#[derive(Clone, Copy)]
pub(crate) struct Glyph {
    pub typeface: &'static Typeface,
    pub id: GlyphId,
    /// Advance width in em.
    pub advance: f32,
}

impl Stack {
    /// The first face that has the character.
    pub fn find(&self, c: char) -> Option<Glyph> {
        if c.is_control() {
            return None;
        }
        self.0.iter().find_map(|typeface| {
            let typeface: &'static Typeface = typeface;
            let id = typeface.face.glyph_index(c).filter(|id| id.0 != 0)?;
            let advance = f32::from(typeface.face.glyph_hor_advance(id)?) / typeface.units();
            Some(Glyph { typeface, id, advance })
        })
    }

    /// Characters that no face has, each once.
    pub fn missing(&self, text: &str) -> Vec<char> {
        let mut missing: Vec<char> = text.chars().filter(|&c| self.find(c).is_none()).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }
}

/// The box, in em, around which a glyph is centred: its advance wide, and high as Han characters are or, for the rest, as it is.
impl Glyph {
    fn centre(&self, c: char) -> (f32, f32) {
        let drawn = self.typeface.face.glyph_bounding_box(self.id);
        let middle = match drawn {
            Some(b) if c.is_ascii() => (f32::from(b.y_min) + f32::from(b.y_max)) / 2.0,
            _ => 0.38 * self.typeface.units(),
        };
        (self.advance / 2.0, middle / self.typeface.units())
    }

    /// Adds the outline to `path`, centred on (0, 0), y down, in em, through `place`.
    pub fn outline(&self, c: char, path: &mut PathBuilder, place: impl Fn(f32, f32) -> (f32, f32)) {
        let (x, y) = self.centre(c);
        let em = 1.0 / self.typeface.units();
        let map = |px: f32, py: f32| place(px * em - x, y - py * em);
        self.typeface.face.outline_glyph(self.id, &mut Tracer { path, map });
    }
}

struct Tracer<'a, F> {
    path: &'a mut PathBuilder,
    map: F,
}

impl<F: Fn(f32, f32) -> (f32, f32)> OutlineBuilder for Tracer<'_, F> {
    fn move_to(&mut self, x: f32, y: f32) {
        let p = (self.map)(x, y);
        self.path.move_to(p.0, p.1);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let p = (self.map)(x, y);
        self.path.line_to(p.0, p.1);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (a, p) = ((self.map)(x1, y1), (self.map)(x, y));
        self.path.quad_to(a.0, a.1, p.0, p.1);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (a, b, p) = ((self.map)(x1, y1), (self.map)(x2, y2), (self.map)(x, y));
        self.path.cubic_to(a.0, a.1, b.0, b.1, p.0, p.1);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
