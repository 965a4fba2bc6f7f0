//! 第二代居民身份证, drawn: portrait side 人像面 and emblem side 国徽面. A rosette stands where the real card has the
//! national emblem, and 样本 SAMPLE crosses both sides: enough to recognise the layout, nothing that could pass for a card.

use super::canvas::{Canvas, Font, Style, ink, polyline, rounded};
use super::portrait::{self, Look, Moment};
use serde::{Deserialize, Serialize};
use tiny_skia::PathBuilder;

/// Pixels: the card's 85.6 × 54 mm at about 18.7 a millimetre.
pub const WIDTH: u32 = 1600;
/// Pixels.
pub const HEIGHT: u32 = 1009;

/// What the portrait side says. Birth and sex follow from the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portrait {
    pub name: String,
    pub nation: String,
    pub address: String,
    pub id_number: String,
    /// Chooses the drawn face.
    #[serde(default)]
    pub seed: u64,
}

/// What the emblem side says; `valid_until` is `YYYY.MM.DD` or 长期.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emblem {
    pub authority: String,
    pub valid_from: String,
    pub valid_until: String,
}

/// Birth as year, month, day without leading noughts, and whether the seventeenth digit says 女.
pub fn birth_and_sex(id_number: &str) -> Option<([u32; 3], bool)> {
    let digits = |from: usize, to: usize| id_number.get(from..to)?.parse::<u32>().ok();
    let female = digits(16, 17)? % 2 == 0;
    Some(([digits(6, 10)?, digits(10, 12)?, digits(12, 14)?], female))
}

/// Draws 人像面.
pub fn portrait_side(of: &Portrait) -> Canvas {
    let mut card = blank();
    let (birth, female) = birth_and_sex(&of.id_number).unwrap_or(([1990, 1, 1], false));
    let label = Style::new(Font::Sans, 44.0, ink(0x2f6ea8, 1.0)).spaced(10.0);
    let value = Style::new(Font::Sans, 56.0, ink(0x14181c, 1.0)).spaced(5.0);
    card.text("姓名", 118.0, 178.0, label);
    card.text(&of.name, 274.0, 182.0, Style { size: 62.0, ..value }.spaced(10.0));
    card.text("性别", 118.0, 292.0, label);
    card.text(if female { "女" } else { "男" }, 274.0, 294.0, value);
    card.text("民族", 420.0, 292.0, label);
    card.text(&of.nation, 574.0, 294.0, value);
    card.text("出生", 118.0, 402.0, label);
    let [year, month, day] = birth.map(|n| n.to_string());
    for (text, x, style) in [
        (year.as_str(), 274.0, value),
        ("年", 428.0, label),
        (month.as_str(), 508.0, value),
        ("月", 588.0, label),
        (day.as_str(), 664.0, value),
        ("日", 744.0, label),
    ] {
        card.text(text, x, 404.0, style);
    }
    card.text("住址", 118.0, 522.0, label);
    card.paragraph(&of.address, 274.0, 526.0, 690.0, 78.0, Style { size: 52.0, ..value });
    card.text("公民身份号码", 118.0, 862.0, label);
    card.text(&of.id_number, 462.0, 868.0, Style { size: 66.0, ..value }.spaced(8.5));
    portrait::draw(&mut card, 1016.0, 66.0, 500.0, &Look::from_seed(of.seed, female), Moment::STILL);
    watermark(&mut card, 560.0, 640.0);
    super::put_mark(&mut card, "id_portrait", &[&of.name, &of.nation, &of.address, &of.id_number]);
    card
}

/// Draws 国徽面.
pub fn emblem_side(of: &Emblem) -> Canvas {
    let mut card = blank();
    wall(&mut card);
    rosette(&mut card, (262.0, 258.0), 150.0);
    let title = Style::new(Font::SerifBold, 82.0, ink(0x23262a, 1.0));
    card.text_centred("演示样本", 930.0, 220.0, title.spaced(46.0));
    card.text_centred("居民身份证", 930.0, 372.0, Style { size: 116.0, ..title }.spaced(48.0));
    let label = Style::new(Font::Sans, 46.0, ink(0x26292d, 1.0)).spaced(8.0);
    card.text("签发机关", 420.0, 792.0, label);
    card.text(&of.authority, 676.0, 793.0, Style { size: 52.0, ..label });
    card.text("有效期限", 420.0, 898.0, label);
    let validity = format!("{}-{}", of.valid_from, of.valid_until);
    card.text(&validity, 676.0, 899.0, Style { size: 52.0, ..label }.spaced(3.0));
    watermark(&mut card, 800.0, 585.0);
    super::put_mark(&mut card, "id_emblem", &[&of.authority, &of.valid_from, &of.valid_until]);
    card
}

/// The card's body: round corners, a pale wash from blue to rose, fine wave lines.
fn blank() -> Canvas {
    let mut card = Canvas::new(WIDTH, HEIGHT, ink(0xffffff, 0.0));
    if let Some(body) = rounded(0.0, 0.0, WIDTH as f32, HEIGHT as f32, 58.0) {
        card.fill_gradient(&body, ink(0xe3eff4, 1.0), ink(0xf4e9ec, 1.0));
    }
    for row in 0..58 {
        let tint = if row % 3 == 0 { ink(0xcf8f9f, 0.20) } else { ink(0x5f9fb8, 0.20) };
        let base = 10.0 + row as f32 * 17.5;
        let points: Vec<_> = (0..=160)
            .map(|i| {
                let x = 14.0 + i as f32 * (WIDTH as f32 - 28.0) / 160.0;
                let phase = row as f32 * 0.35;
                let y = base + 13.0 * (x / 118.0 + phase).sin() + 7.0 * (x / 47.0 - phase * 1.7).sin();
                (x, y.clamp(8.0, HEIGHT as f32 - 8.0))
            })
            .collect();
        if let Some(path) = polyline(&points) {
            card.stroke(&path, 1.4, tint);
        }
    }
    if let Some(edge) = rounded(2.0, 2.0, WIDTH as f32 - 4.0, HEIGHT as f32 - 4.0, 57.0) {
        card.stroke(&edge, 3.0, ink(0x7d97a3, 0.55));
    }
    card
}

/// 样本 SAMPLE across the card, in a red that leaves the text readable.
fn watermark(card: &mut Canvas, x: f32, y: f32) {
    let mut stamp = Canvas::new(900, 150, ink(0xffffff, 0.0));
    let red = Style::new(Font::SerifBold, 104.0, ink(0xc23a30, 1.0)).spaced(14.0);
    stamp.text_centred("样本 SAMPLE", 450.0, 112.0, red);
    card.lay(&stamp.pixels, x - 450.0, y - 75.0, -14.0, 0.30);
}

/// A round ornament of petals and a star, in red and gold.
pub fn rosette(on: &mut Canvas, centre: (f32, f32), radius: f32) {
    on.oval(centre, radius, radius, ink(0xb9372b, 1.0));
    on.oval(centre, radius * 0.94, radius * 0.94, ink(0xe0b354, 1.0));
    on.oval(centre, radius * 0.9, radius * 0.9, ink(0xb9372b, 1.0));
    for i in 0..24 {
        let angle = i as f32 * std::f32::consts::TAU / 24.0;
        let (sin, cos) = angle.sin_cos();
        let at = |r: f32, side: f32| {
            (centre.0 + radius * (r * cos - side * sin), centre.1 + radius * (r * sin + side * cos))
        };
        let mut petal = PathBuilder::new();
        let (start, left, tip, right) = (at(0.52, 0.0), at(0.7, 0.085), at(0.85, 0.0), at(0.7, -0.085));
        petal.move_to(start.0, start.1);
        petal.quad_to(left.0, left.1, tip.0, tip.1);
        petal.quad_to(right.0, right.1, start.0, start.1);
        if let Some(path) = petal.finish() {
            on.fill(&path, ink(0xe7bf66, 0.95));
        }
    }
    on.oval(centre, radius * 0.46, radius * 0.46, ink(0xe0b354, 1.0));
    on.oval(centre, radius * 0.42, radius * 0.42, ink(0xb9372b, 1.0));
    if let Some(path) = super::canvas::star(centre, radius * 0.34) {
        on.fill(&path, ink(0xf0cd7a, 1.0));
    }
}

/// A grey wall on hills, as a horizon.
fn wall(card: &mut Canvas) {
    let ridge = |x: f32, lift: f32| 660.0 - lift - 58.0 * (x / 260.0).sin() - 30.0 * (x / 97.0 + 1.0).sin();
    for (lift, alpha) in [(70.0, 0.10), (30.0, 0.13)] {
        let mut hill: Vec<(f32, f32)> =
            (0..=80).map(|i| (20.0 * i as f32, ridge(20.0 * i as f32 * 1.13, lift))).collect();
        hill.extend([(1590.0, 955.0), (10.0, 955.0)]);
        if let Some(path) = super::canvas::polygon(&hill) {
            card.fill_gradient(&path, ink(0x5d7f86, alpha * 1.6), ink(0x5d7f86, 0.0));
        }
    }
    let top: Vec<_> = (0..=150).map(|i| (40.0 + i as f32 * 10.0, ridge(40.0 + i as f32 * 10.0, 0.0))).collect();
    for offset in [0.0, 22.0] {
        let line: Vec<_> = top.iter().map(|&(x, y)| (x, y + offset)).collect();
        if let Some(path) = polyline(&line) {
            card.stroke(&path, 2.2, ink(0x4c6a70, 0.42));
        }
    }
    for &(x, y) in top.iter().step_by(2) {
        card.rect(x, y - 9.0, 10.0, 9.0, ink(0x4c6a70, 0.34));
    }
    for i in [16, 58, 101, 137] {
        let (x, y) = top[i];
        card.rect(x - 26.0, y - 52.0, 52.0, 76.0, ink(0x7c9398, 0.75));
        card.rect(x - 32.0, y - 60.0, 64.0, 10.0, ink(0x5d777d, 0.8));
        for notch in 0..4 {
            card.rect(x - 30.0 + notch as f32 * 17.0, y - 70.0, 9.0, 11.0, ink(0x5d777d, 0.8));
        }
        card.rect(x - 6.0, y - 30.0, 12.0, 20.0, ink(0x3f585e, 0.7));
    }
}
