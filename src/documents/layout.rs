//! Setting Chinese text on a page: kinsoku (避头尾), justification, underlined fields, a fallback font per character.

use std::sync::LazyLock;

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};

use crate::glyphs::{BOLD, Glyph, SANS, SERIF, Stack, Typeface};

/// Points per millimetre.
pub(crate) const MM: f32 = 72.0 / 25.4;
/// May not begin a line.
const NO_START: &str = "、，。；：）》！？”’」』】〉…%,.;:!?)]}·";
/// May not end a line.
const NO_END: &str = "（《“‘「『【〈([{¥￥";
/// Space between Han and Latin, in em.
const GAP: f32 = 0.18;

/// A line that would need more than this between its characters, in em, is not justified.
const LOOSEST: f32 = 0.3;

/// Where a line stands in its measure.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Align {
    Left,
    Centre,
    Justify,
}

/// A stretch of text; what people fill in is underlined.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    pub text: &'a str,
    pub underlined: bool,
}

pub(crate) fn plain(text: &str) -> Run<'_> {
    Run { text, underlined: false }
}

pub(crate) fn filled(text: &str) -> Run<'_> {
    Run { text, underlined: true }
}

/// How a paragraph is set. Lengths in points.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub stack: Stack,
    pub size: f32,
    /// From baseline to baseline.
    pub leading: f32,
    /// Of the first line.
    pub indent: f32,
    /// Extra space after each character.
    pub tracking: f32,
    pub align: Align,
}

#[derive(Clone)]
struct Letter {
    c: char,
    glyph: Glyph,
    underlined: bool,
    /// Advance with the gap that follows it.
    width: f32,
}

struct Line {
    letters: Vec<Letter>,
    indent: f32,
    last: bool,
}

impl Line {
    /// Gaps at the end of a line do not count.
    fn width(&self) -> f32 {
        self.letters.iter().map(|letter| letter.width).sum()
    }
}

/// Sets a paragraph with its first line's top at `y`; gives the y beneath it. Characters without a glyph must have been refused before.
pub(crate) fn paragraph(surface: &mut Surface, runs: &[Run], style: &Style, (x, y): (f32, f32), measure: f32) -> f32 {
    let lines = break_lines(&letters(runs, style), style, measure);
    let mut baseline = y + style.size;
    for line in &lines {
        draw_line(surface, line, style, (x, baseline), measure);
        baseline += style.leading;
    }
    baseline - style.size
}

fn letters(runs: &[Run], style: &Style) -> Vec<Letter> {
    let mut letters: Vec<Letter> = Vec::new();
    for run in runs {
        for c in run.text.chars() {
            let Some(glyph) = style.stack.find(c) else {
                continue;
            };
            if let Some(before) = letters.last_mut()
                && (is_han(before.c) && is_word(c) || is_word(before.c) && is_han(c))
            {
                before.width += GAP * style.size;
            }
            let width = glyph.advance * style.size + style.tracking;
            letters.push(Letter { c, glyph, underlined: run.underlined, width });
        }
    }
    letters
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_./@".contains(c)
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

fn may_break(before: &Letter, after: &Letter) -> bool {
    !(NO_START.contains(after.c) || NO_END.contains(before.c) || is_word(before.c) && is_word(after.c))
}

/// Greedy, going back to the last place where a break is allowed.
fn break_lines(letters: &[Letter], style: &Style, measure: f32) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut start = 0;
    while start < letters.len() {
        let indent = if lines.is_empty() { style.indent } else { 0.0 };
        let mut width = indent;
        let fits = letters[start..].iter().take_while(|letter| {
            width += letter.width;
            width <= measure + 0.01
        });
        let full = start + fits.count();
        let end = if full == letters.len() {
            full
        } else {
            (start + 1..=full).rev().find(|&i| may_break(&letters[i - 1], &letters[i])).unwrap_or(full.max(start + 1))
        };
        let last = end == letters.len();
        lines.push(Line { letters: letters[start..end].to_vec(), indent, last });
        start = end;
    }
    lines
}

fn draw_line(surface: &mut Surface, line: &Line, style: &Style, at: (f32, f32), measure: f32) {
    let free = (measure - line.indent - line.width()).max(0.0);
    let gaps = line.letters.windows(2).filter(|pair| may_break(&pair[0], &pair[1])).count();
    let (shift, stretch) = match style.align {
        Align::Left => (0.0, 0.0),
        Align::Centre => (free / 2.0, 0.0),
        Align::Justify if line.last || free > gaps as f32 * style.size * LOOSEST => (0.0, 0.0),
        Align::Justify => (0.0, free / gaps.max(1) as f32),
    };
    let mut x = at.0 + line.indent + shift;
    let mut placed: Vec<(f32, f32, &Letter)> = Vec::new();
    for (i, letter) in line.letters.iter().enumerate() {
        let stretched = line.letters.get(i + 1).is_some_and(|next| may_break(letter, next));
        let width = letter.width + if stretched { stretch } else { 0.0 };
        placed.push((x, width, letter));
        x += width;
    }
    for group in placed.chunk_by(|a, b| std::ptr::eq(a.2.glyph.typeface, b.2.glyph.typeface)) {
        draw_group(surface, group, style.size, at.1);
    }
    for group in placed.chunk_by(|a, b| a.2.underlined == b.2.underlined) {
        let (first, last) = (&group[0], &group[group.len() - 1]);
        if first.2.underlined {
            let end = last.0 + last.1;
            rule(surface, (first.0, at.1 + style.size * 0.24), end - first.0, 0.6);
        }
    }
}

fn draw_group(surface: &mut Surface, group: &[(f32, f32, &Letter)], size: f32, baseline: f32) {
    let text: String = group.iter().map(|(_, _, letter)| letter.c).collect();
    let mut offset = 0;
    let glyphs: Vec<KrillaGlyph> = group
        .iter()
        .map(|(_, width, letter)| {
            let range = offset..offset + letter.c.len_utf8();
            offset = range.end;
            KrillaGlyph {
                glyph_id: GlyphId::new(u32::from(letter.glyph.id.0)),
                text_range: range,
                x_advance: width / size,
                x_offset: 0.0,
                y_offset: 0.0,
                y_advance: 0.0,
                location: None,
            }
        })
        .collect();
    let start = Point::from_xy(group[0].0, baseline);
    surface.draw_glyphs(start, &glyphs, font(group[0].2.glyph.typeface), &text, size, false);
}

/// The PDF writer's own handle on a face.
fn font(typeface: &'static Typeface) -> Font {
    static FONTS: LazyLock<[(&'static [u8], Font); 3]> = LazyLock::new(|| {
        [SERIF.data, BOLD.data, SANS.data].map(|data| {
            let font = Font::new(data.into(), 0).expect("the compiled-in fonts are sound");
            (data, font)
        })
    });
    let known = FONTS.iter().find(|(data, _)| std::ptr::eq(*data, typeface.data));
    known.expect("a typeface is one of the three").1.clone()
}

/// A shade of grey, 0 is black.
pub(crate) fn grey(shade: u8) -> Fill {
    Fill { paint: rgb::Color::new(shade, shade, shade).into(), opacity: NormalizedF32::ONE, rule: Default::default() }
}

/// A horizontal line.
pub(crate) fn rule(surface: &mut Surface, (x, y): (f32, f32), length: f32, width: f32) {
    let mut path = PathBuilder::new();
    path.move_to(x, y);
    path.line_to(x + length, y);
    let Some(path) = path.finish() else { return };
    let fill = surface.get_fill().cloned();
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke { width, ..Stroke::default() }));
    surface.draw_path(&path);
    surface.set_stroke(None);
    surface.set_fill(fill);
}

/// Squares on a grid, as one path: a QR code in print.
pub(crate) fn squares(surface: &mut Surface, dark: &[bool], side: usize, (x, y): (f32, f32), length: f32) {
    let unit = length / side as f32;
    let mut path = PathBuilder::new();
    for (row, modules) in dark.chunks(side).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|a, b| a == b) {
            let (left, top) = (x + column as f32 * unit, y + row as f32 * unit);
            let area = Rect::from_xywh(left, top, run.len() as f32 * unit, unit);
            if let (true, Some(area)) = (run[0], area) {
                path.push_rect(area);
            }
            column += run.len();
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

#[cfg(test)]
mod tests {
    //! Line breaking as a reader would check it.
    use super::*;
    use crate::glyphs::TEXT;
    use proptest::prelude::*;

    fn broken(text: &str, measure: f32) -> Vec<String> {
        let style =
            Style { stack: TEXT, size: 10.0, leading: 20.0, indent: 20.0, tracking: 0.0, align: Align::Justify };
        let lines = break_lines(&letters(&[plain(text)], &style), &style, measure);
        lines.iter().map(|line| line.letters.iter().map(|letter| letter.c).collect()).collect()
    }

    #[test]
    fn no_line_begins_or_ends_with_the_wrong_mark_and_words_stay_whole() {
        let text = "代理人在办理过程中所提供的一切材料，本公司（见《协议》）均予以认可account2026号并承担责任。";
        for measure in 60..200 {
            for line in broken(text, measure as f32) {
                assert!(!NO_START.contains(line.chars().next().unwrap()), "{line}");
                assert!(!NO_END.contains(line.chars().last().unwrap()), "{line}");
            }
        }
        assert!(broken(text, 130.0).iter().any(|line| line.contains("account2026")));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_breaking_ends(text in "[ -~一-龥，。（）《》]{0,120}", measure in 1.0f32..300.0) {
            prop_assert_eq!(broken(&text, measure).concat(), text);
        }
    }
}
