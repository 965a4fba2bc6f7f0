//! Drawn faces for sample cards and the camera: nobody's likeness, but always the same for the same seed.

use super::canvas::{Canvas, ink, polyline};
use tiny_skia::{Color, Path, PathBuilder};

/// What a drawn person looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    female: bool,
    skin: u32,
    hair: u32,
    cloth: u32,
    glasses: bool,
    parting: f32,
    broad: f32,
    brow: f32,
}

/// One moment of a face: how far the mouth is open, how far the eyes are, how the head leans; each about 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    pub mouth: f32,
    pub eyes: f32,
    pub lean: f32,
}

impl Moment {
    /// Mouth closed, eyes open, head upright: as on a card.
    pub const STILL: Self = Self { mouth: 0.0, eyes: 1.0, lean: 0.0 };
}

impl Look {
    /// The same seed and sex always give the same face.
    pub fn from_seed(seed: u64, female: bool) -> Self {
        let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let pick = |shift: u32, count: u64| ((mixed >> shift) % count) as usize;
        Self {
            female,
            skin: [0xf3d3b8, 0xefc9a8, 0xf6dcc6, 0xe6bb97][pick(3, 4)],
            hair: [0x1d1a1c, 0x2a2322, 0x332a28, 0x17191d][pick(9, 4)],
            cloth: [0x2f4a68, 0x47525c, 0x6a3d48, 0x3d5a4c, 0x4a4468][pick(15, 5)],
            glasses: pick(23, 3) == 0,
            parting: pick(29, 100) as f32 / 100.0 - 0.5,
            broad: 1.0 + (pick(37, 100) as f32 / 100.0 - 0.5) * 0.12,
            brow: pick(45, 100) as f32 / 100.0,
        }
    }
}

/// Maps the drawing's own units (1 wide, 1.25 high, origin at the top left) to pixels.
#[derive(Clone, Copy)]
struct Frame {
    x: f32,
    y: f32,
    scale: f32,
    lean: f32,
}

impl Frame {
    fn at(&self, u: f32, v: f32) -> (f32, f32) {
        let lean = self.lean * 0.05 * (1.0 - v / 1.25);
        (self.x + (u + lean) * self.scale, self.y + v * self.scale)
    }

    /// A closed shape of cubic curves: a start, then groups of two control points and an end.
    fn shape(&self, start: (f32, f32), curves: &[[(f32, f32); 3]]) -> Option<Path> {
        let mut path = PathBuilder::new();
        let at = |p: (f32, f32)| self.at(p.0, p.1);
        path.move_to(at(start).0, at(start).1);
        for [a, b, end] in curves {
            let (a, b, end) = (at(*a), at(*b), at(*end));
            path.cubic_to(a.0, a.1, b.0, b.1, end.0, end.1);
        }
        path.close();
        path.finish()
    }

    fn stroke(&self, on: &mut Canvas, points: &[(f32, f32)], width: f32, colour: Color) {
        let points: Vec<_> = points.iter().map(|&(u, v)| self.at(u, v)).collect();
        if let Some(path) = polyline(&points) {
            on.stroke(&path, width * self.scale, colour);
        }
    }

    /// A soft line through three points, as a quadratic curve.
    fn curve(&self, on: &mut Canvas, from: (f32, f32), bend: (f32, f32), to: (f32, f32), width: f32, colour: Color) {
        let steps = 12;
        let points: Vec<_> = (0..=steps)
            .map(|i| {
                let t = i as f32 / steps as f32;
                let mix = |a: f32, b: f32, c: f32| (1.0 - t).powi(2) * a + 2.0 * t * (1.0 - t) * b + t * t * c;
                (mix(from.0, bend.0, to.0), mix(from.1, bend.1, to.1))
            })
            .collect();
        self.stroke(on, &points, width, colour);
    }

    fn oval(&self, on: &mut Canvas, u: f32, v: f32, ru: f32, rv: f32, colour: Color) {
        on.oval(self.at(u, v), ru * self.scale, rv * self.scale, colour);
    }
}

/// Draws head and shoulders into a box of the given width (and 1.25 times that height) at a corner.
pub fn draw(on: &mut Canvas, x: f32, y: f32, width: f32, look: &Look, moment: Moment) {
    let frame = Frame { x, y, scale: width, lean: moment.lean };
    if look.female {
        long_hair(on, &frame, look);
    }
    shoulders(on, &Frame { lean: 0.0, ..frame }, look);
    head(on, &frame, look);
    fringe(on, &frame, look);
    for side in [-1.0, 1.0] {
        eye(on, &frame, look, side, moment.eyes);
    }
    nose_and_mouth(on, &frame, look, moment.mouth);
    if look.glasses {
        glasses(on, &frame);
    }
}

/// A colour moved towards black (negative) or white (positive).
fn shade(rgb: u32, by: f32, alpha: f32) -> Color {
    let towards = if by < 0.0 { 0.0 } else { 255.0 };
    let [_, r, g, b] = rgb.to_be_bytes().map(|c| (f32::from(c) + (towards - f32::from(c)) * by.abs()) as u8);
    ink(u32::from_be_bytes([0, r, g, b]), alpha)
}

fn long_hair(on: &mut Canvas, f: &Frame, look: &Look) {
    let w = 0.235 * look.broad;
    let shape = f.shape(
        (0.5, 0.14),
        &[
            [(0.5 + w * 1.15, 0.14), (0.5 + w * 1.25, 0.42), (0.5 + w * 1.12, 0.62)],
            [(0.5 + w * 1.1, 0.8), (0.5 + w * 1.2, 0.9), (0.5 + w * 0.9, 0.97)],
            [(0.62, 1.0), (0.38, 1.0), (0.5 - w * 0.9, 0.97)],
            [(0.5 - w * 1.2, 0.9), (0.5 - w * 1.1, 0.8), (0.5 - w * 1.12, 0.62)],
            [(0.5 - w * 1.25, 0.42), (0.5 - w * 1.15, 0.14), (0.5, 0.14)],
        ],
    );
    if let Some(path) = shape {
        on.fill_gradient(&path, shade(look.hair, 0.06, 1.0), shade(look.hair, -0.25, 1.0));
    }
}

fn shoulders(on: &mut Canvas, f: &Frame, look: &Look) {
    let body = f.shape(
        (0.04, 1.25),
        &[
            [(0.05, 1.05), (0.12, 0.99), (0.37, 0.92)],
            [(0.45, 0.97), (0.55, 0.97), (0.63, 0.92)],
            [(0.88, 0.99), (0.95, 1.05), (0.96, 1.25)],
            [(0.7, 1.25), (0.3, 1.25), (0.04, 1.25)],
        ],
    );
    if let Some(path) = body {
        on.fill_gradient(&path, shade(look.cloth, 0.08, 1.0), shade(look.cloth, -0.18, 1.0));
    }
    let neck = f.shape(
        (0.41, 0.7),
        &[
            [(0.41, 0.84), (0.4, 0.9), (0.365, 0.925)],
            [(0.42, 1.03), (0.58, 1.03), (0.635, 0.925)],
            [(0.6, 0.9), (0.59, 0.84), (0.59, 0.7)],
            [(0.55, 0.72), (0.45, 0.72), (0.41, 0.7)],
        ],
    );
    if let Some(path) = neck {
        on.fill_gradient(&path, shade(look.skin, -0.2, 1.0), shade(look.skin, -0.04, 1.0));
    }
    for side in [-1.0, 1.0] {
        let u = |d: f32| 0.5 + side * d;
        let collar = f.shape(
            (u(0.14), 0.905),
            &[
                [(u(0.12), 0.98), (u(0.05), 1.03), (u(0.0), 1.06)],
                [(u(0.06), 1.12), (u(0.1), 1.13), (u(0.125), 1.135)],
                [(u(0.16), 1.06), (u(0.19), 0.98), (u(0.2), 0.945)],
                [(u(0.18), 0.925), (u(0.16), 0.915), (u(0.14), 0.905)],
            ],
        );
        if let Some(path) = collar {
            on.fill(&path, ink(0xf4f2ec, 1.0));
            on.stroke(&path, 0.004 * f.scale, ink(0x39424c, 0.35));
        }
    }
    f.stroke(on, &[(0.5, 1.07), (0.5, 1.245)], 0.005, shade(look.cloth, -0.45, 0.7));
}

fn head(on: &mut Canvas, f: &Frame, look: &Look) {
    let w = 0.185 * look.broad;
    for side in [-1.0, 1.0] {
        f.oval(on, 0.5 + side * w * 1.03, 0.5, 0.032, 0.058, shade(look.skin, -0.08, 1.0));
        f.oval(on, 0.5 + side * w * 1.04, 0.5, 0.014, 0.034, shade(look.skin, -0.2, 0.6));
    }
    let jaw = if look.female { 0.86 } else { 1.0 };
    let face = f.shape(
        (0.5, 0.205),
        &[
            [(0.5 + w * 0.85, 0.205), (0.5 + w * 1.06, 0.34), (0.5 + w, 0.5)],
            [(0.5 + w * 0.97, 0.64), (0.5 + w * 0.72 * jaw, 0.765), (0.5, 0.79)],
            [(0.5 - w * 0.72 * jaw, 0.765), (0.5 - w * 0.97, 0.64), (0.5 - w, 0.5)],
            [(0.5 - w * 1.06, 0.34), (0.5 - w * 0.85, 0.205), (0.5, 0.205)],
        ],
    );
    if let Some(path) = face {
        on.fill_gradient(&path, shade(look.skin, 0.12, 1.0), shade(look.skin, -0.06, 1.0));
        on.stroke(&path, 0.003 * f.scale, shade(look.skin, -0.4, 0.35));
    }
    for side in [-1.0, 1.0] {
        for (radius, alpha) in [(0.055, 0.035), (0.042, 0.04), (0.028, 0.035)] {
            f.oval(on, 0.5 + side * 0.105, 0.605, radius, radius * 0.7, ink(0xd8685a, alpha));
        }
    }
}

fn fringe(on: &mut Canvas, f: &Frame, look: &Look) {
    let w = 0.2 * look.broad;
    let part = 0.5 + look.parting * 0.12;
    let low = if look.female { 0.47 } else { 0.37 };
    let cap = f.shape(
        (0.5 - w * 1.02, low),
        &[
            [(0.5 - w * 1.3, 0.27), (0.5 - w * 0.75, 0.115), (0.5, 0.115)],
            [(0.5 + w * 0.75, 0.115), (0.5 + w * 1.3, 0.27), (0.5 + w * 1.02, low)],
            [(0.5 + w * 0.98, low - 0.06), (0.5 + w * 0.9, 0.33), (part + w * 0.35, 0.285)],
            [(part + w * 0.15, 0.27), (part, 0.255), (part - 0.02, 0.24)],
            [(part - w * 0.2, 0.3), (0.5 - w * 0.85, 0.32), (0.5 - w * 0.93, low - 0.05)],
            [(0.5 - w * 0.97, low - 0.03), (0.5 - w, low - 0.01), (0.5 - w * 1.02, low)],
        ],
    );
    if let Some(path) = cap {
        on.fill_gradient(&path, shade(look.hair, 0.16, 1.0), shade(look.hair, -0.1, 1.0));
    }
    for i in 0..5 {
        let d = i as f32 * 0.022;
        let shine = shade(look.hair, 0.35, 0.22);
        f.curve(on, (part - 0.015 - d, 0.2), (0.42 - d, 0.23), (0.36 - d * 0.8, 0.31 + d * 0.4), 0.003, shine);
        f.curve(on, (part + 0.02 + d, 0.185), (0.58 + d, 0.2), (0.64 + d * 0.7, 0.29 + d * 0.4), 0.003, shine);
    }
}

fn eye(on: &mut Canvas, f: &Frame, look: &Look, side: f32, open: f32) {
    let (u, v) = (0.5 + side * 0.085, 0.495);
    let height = 0.024 * open.clamp(0.05, 1.0);
    let lids = f.shape(
        (u - 0.042, v + 0.003),
        &[
            [(u - 0.02, v - height * 1.35), (u + 0.02, v - height * 1.35), (u + 0.042, v + 0.001)],
            [(u + 0.02, v + height * 0.95), (u - 0.02, v + height * 0.95), (u - 0.042, v + 0.003)],
        ],
    );
    if let Some(path) = lids {
        on.fill(&path, ink(0xfdfbf8, 1.0));
    }
    if open > 0.35 {
        f.oval(on, u, v - 0.002, 0.0165, 0.0165_f32.min(height), ink(0x3a2a22, 1.0));
        f.oval(on, u, v - 0.002, 0.009, 0.009, ink(0x0d0b0c, 1.0));
        f.oval(on, u + 0.006, v - 0.007, 0.004, 0.004, ink(0xffffff, 0.95));
    }
    let lash = if look.female { 0.0085 } else { 0.006 };
    f.curve(on, (u - 0.044, v + 0.004), (u, v - height * 1.9), (u + 0.044, v + 0.002), lash, ink(0x1b1517, 0.95));
    f.curve(on, (u - 0.034, v + 0.01), (u, v + height * 1.5), (u + 0.034, v + 0.009), 0.0025, ink(0x7c5546, 0.5));
    let lift = 0.012 * look.brow;
    let weight = if look.female { 0.009 } else { 0.0135 };
    let (inner, outer) = (0.5 + side * 0.04, 0.5 + side * 0.135);
    let brow = shade(look.hair, 0.05, 0.9);
    f.curve(on, (inner, 0.437), (u, 0.412 - lift), (outer, 0.443 - lift * 0.5), weight, brow);
}

fn nose_and_mouth(on: &mut Canvas, f: &Frame, look: &Look, open: f32) {
    let shadow = shade(look.skin, -0.35, 0.65);
    f.curve(on, (0.513, 0.49), (0.522, 0.56), (0.534, 0.598), 0.004, shade(look.skin, -0.2, 0.5));
    f.curve(on, (0.472, 0.606), (0.5, 0.628), (0.53, 0.606), 0.0055, shadow);
    let lip = if look.female { ink(0xc0505a, 1.0) } else { ink(0xb8766a, 1.0) };
    let gap = 0.045 * open.clamp(0.0, 1.0);
    let lips = f.shape(
        (0.436, 0.69),
        &[
            [(0.46, 0.672), (0.485, 0.672), (0.5, 0.679)],
            [(0.515, 0.672), (0.54, 0.672), (0.564, 0.69)],
            [(0.54, 0.716 + gap), (0.46, 0.716 + gap), (0.436, 0.69)],
        ],
    );
    if let Some(path) = lips {
        on.fill(&path, lip);
    }
    if gap > 0.006 {
        f.oval(on, 0.5, 0.69 + gap * 0.42, 0.043, gap * 0.44, ink(0x4b1d1f, 1.0));
        f.oval(on, 0.5, 0.684 + gap * 0.18, 0.033, gap * 0.14, ink(0xfbf6ee, 0.95));
    } else {
        f.curve(on, (0.438, 0.69), (0.5, 0.7), (0.562, 0.69), 0.004, ink(0x7e3b3c, 0.8));
    }
    f.curve(on, (0.475, 0.735 + gap), (0.5, 0.742 + gap), (0.525, 0.735 + gap), 0.004, shade(look.skin, -0.25, 0.5));
}

fn glasses(on: &mut Canvas, f: &Frame) {
    let rim = ink(0x22262b, 0.9);
    for side in [-1.0, 1.0] {
        let (x, y) = f.at(0.5 + side * 0.088 - 0.066, 0.452);
        if let Some(path) = super::canvas::rounded(x, y, 0.132 * f.scale, 0.09 * f.scale, 0.03 * f.scale) {
            on.fill(&path, ink(0xffffff, 0.1));
            on.stroke(&path, 0.007 * f.scale, rim);
        }
        f.stroke(on, &[(0.5 + side * 0.154, 0.475), (0.5 + side * 0.19, 0.465)], 0.006, rim);
    }
    f.curve(on, (0.478, 0.48), (0.5, 0.468), (0.522, 0.48), 0.007, rim);
}
