//! What a camera makes of a paper on a desk: turned, tilted, cut off, blurred, dark, with glare, and compressed to JPEG.

use super::seal::Grain;
use image::{Rgb, RgbImage, imageops};
use serde::{Deserialize, Serialize};

/// How a picture is taken. Every field has a good picture's value by default.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Photo {
    /// Pixels of the longer side of the picture, 64 to 4000.
    pub width: u32,
    /// Gaussian blur in pixels of a picture 1600 wide, 0 to 40. From about 3 the fields cannot be read.
    pub blur: f32,
    /// 0 (daylight) to 1 (nothing to see).
    pub dark: f32,
    /// 0 to 1: a bright reflection across the middle.
    pub glare: f32,
    /// 0 to 0.9: how much of the paper is outside the picture.
    pub crop: f32,
    /// Degrees, clockwise.
    pub rotate: f32,
    /// 0 to 0.6: how far the camera leans over the paper.
    pub tilt: f32,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
    /// The paper lies on a desk with some of the desk around it; otherwise the picture is the paper alone.
    pub desk: bool,
}

impl Default for Photo {
    fn default() -> Self {
        Self {
            width: 1600,
            blur: 0.0,
            dark: 0.0,
            glare: 0.0,
            crop: 0.0,
            rotate: 0.0,
            tilt: 0.0,
            quality: 88,
            desk: true,
        }
    }
}

impl Photo {
    /// The paper alone, as a scanner gives it.
    pub fn flat() -> Self {
        Self { desk: false, ..Self::default() }
    }

    /// Values outside their limits are brought inside: a picture is always made.
    fn tidy(self) -> Self {
        let bound = |v: f32, low: f32, high: f32| if v.is_finite() { v.clamp(low, high) } else { low };
        Self {
            width: self.width.clamp(64, 4000),
            blur: bound(self.blur, 0.0, 40.0),
            dark: bound(self.dark, 0.0, 1.0),
            glare: bound(self.glare, 0.0, 1.0),
            crop: bound(self.crop, 0.0, 0.9),
            rotate: if self.rotate.is_finite() { self.rotate % 360.0 } else { 0.0 },
            tilt: bound(self.tilt, 0.0, 0.6),
            quality: self.quality.clamp(1, 100),
            desk: self.desk,
        }
    }

    /// Takes the picture.
    pub fn take(self, paper: &super::canvas::Canvas) -> RgbImage {
        let wanted = self.tidy();
        let mut picture = if wanted.desk { wanted.on_desk(paper) } else { paper.to_rgb() };
        let longer = picture.width().max(picture.height());
        if longer != wanted.width {
            let scale = wanted.width as f32 / longer as f32;
            let size = |v: u32| ((v as f32 * scale) as u32).max(1);
            let filter = imageops::FilterType::Triangle;
            picture = imageops::resize(&picture, size(picture.width()), size(picture.height()), filter);
        }
        if wanted.blur > 0.05 {
            picture = imageops::fast_blur(&picture, wanted.blur * wanted.width as f32 / 1600.0);
        }
        wanted.light(&mut picture);
        picture
    }

    /// Takes the picture and compresses it.
    pub fn jpeg(self, paper: &super::canvas::Canvas) -> Vec<u8> {
        encode(&self.take(paper), self.tidy().quality)
    }

    fn on_desk(&self, paper: &super::canvas::Canvas) -> RgbImage {
        let (w, h) = (paper.width(), paper.height());
        let turned = self.rotate.to_radians();
        let (sin, cos) = (turned.sin().abs(), turned.cos().abs());
        let (scene_w, scene_h) = ((w * cos + h * sin) * 1.1, (w * sin + h * cos) * 1.1);
        let paper_corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
        let map = Homography::between(&self.corners(w, h, scene_w, scene_h), &paper_corners);
        let mut scene = RgbImage::new(scene_w as u32, scene_h as u32);
        let mut grain = Grain::new(11);
        for (x, y, pixel) in scene.enumerate_pixels_mut() {
            let (x, y) = (x as f32, y as f32);
            let wood = desk(x, y, grain.draw());
            let (u, v) = map.of(x, y);
            *pixel = over(wood, sample(paper, u, v));
        }
        scene
    }

    /// Where the paper's corners lie in the scene, clockwise from its top left.
    fn corners(&self, w: f32, h: f32, scene_w: f32, scene_h: f32) -> [(f32, f32); 4] {
        let (sin, cos) = self.rotate.to_radians().sin_cos();
        let far = 1.0 - self.tilt * 0.5;
        let shift = -self.crop * scene_w;
        let place = |x: f32, y: f32| (scene_w / 2.0 + shift + x * cos - y * sin, scene_h / 2.0 + x * sin + y * cos);
        let (hw, hh) = (w / 2.0, h / 2.0);
        let top = -hh * (1.0 - self.tilt * 0.35);
        [place(-hw * far, top), place(hw * far, top), place(hw, hh), place(-hw, hh)]
    }

    fn light(&self, picture: &mut RgbImage) {
        if self.dark <= 0.0 && self.glare <= 0.0 {
            return;
        }
        let (w, h) = (picture.width() as f32, picture.height() as f32);
        let mut grain = Grain::new(5);
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let (dx, dy) = (x as f32 / w - 0.5, (y as f32 / h - 0.45) * h / w);
            let reach = (dx * 0.75 + dy * 0.6).powi(2) * 9.0 + (dy * 0.75 - dx * 0.6).powi(2) * 26.0;
            let shine = self.glare * 420.0 * (-reach * 3.0).exp();
            let noise = (grain.draw() - 0.5) * 26.0 * self.dark;
            for v in &mut pixel.0 {
                let lit = f32::from(*v) * (1.0 - 0.97 * self.dark) + shine + noise;
                *v = lit.clamp(0.0, 255.0) as u8;
            }
        }
    }
}

/// Compresses a picture to baseline JPEG.
pub fn encode(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut out, quality.clamp(1, 100));
    let size = |v: u32| u16::try_from(v).expect("pictures here are at most 4000 pixels wide and high in proportion");
    let (width, height) = (size(picture.width()), size(picture.height()));
    encoder
        .encode(picture.as_raw(), width, height, jpeg_encoder::ColorType::Rgb)
        .expect("the buffer has exactly the pixels of its size");
    out
}

/// A wooden desk: long soft grain.
fn desk(x: f32, y: f32, noise: f32) -> [f32; 3] {
    let wave = (y / 23.0 + (x / 310.0).sin() * 1.8).sin() * 5.0 + (y / 7.0 + (x / 140.0).sin()).sin() * 2.5;
    let dim = wave + noise * 6.0;
    [126.0 + dim, 98.0 + dim * 0.9, 74.0 + dim * 0.8]
}

fn over(below: [f32; 3], above: [f32; 4]) -> Rgb<u8> {
    let rest = 1.0 - above[3] / 255.0;
    let mix = |i: usize| (below[i] * rest + above[i]).clamp(0.0, 255.0) as u8;
    Rgb([mix(0), mix(1), mix(2)])
}

/// A premultiplied sample between pixels; transparent outside the paper.
fn sample(paper: &super::canvas::Canvas, u: f32, v: f32) -> [f32; 4] {
    let (w, h) = (paper.pixels.width() as i32, paper.pixels.height() as i32);
    let (x0, y0) = ((u - 0.5).floor(), (v - 0.5).floor());
    if x0 < -1.0 || y0 < -1.0 || x0 >= w as f32 || y0 >= h as f32 {
        return [0.0; 4];
    }
    let (fx, fy) = (u - 0.5 - x0, v - 0.5 - y0);
    let pixels = paper.pixels.pixels();
    let mut sum = [0.0; 4];
    for (dx, dy, share) in
        [(0, 0, (1.0 - fx) * (1.0 - fy)), (1, 0, fx * (1.0 - fy)), (0, 1, (1.0 - fx) * fy), (1, 1, fx * fy)]
    {
        let (x, y) = (x0 as i32 + dx, y0 as i32 + dy);
        if (0..w).contains(&x) && (0..h).contains(&y) {
            let p = pixels[(y * w + x) as usize];
            for (total, value) in sum.iter_mut().zip([p.red(), p.green(), p.blue(), p.alpha()]) {
                *total += f32::from(value) * share;
            }
        }
    }
    sum
}

/// The map from one plane to another as a camera sees it, fixed by four points.
pub(super) struct Homography([f32; 8]);

impl Homography {
    pub(super) fn between(from: &[(f32, f32); 4], to: &[(f32, f32); 4]) -> Self {
        let mut rows = [[0.0f64; 9]; 8];
        for (i, (&(x, y), &(u, v))) in from.iter().zip(to).enumerate() {
            let (x, y, u, v) = (f64::from(x), f64::from(y), f64::from(u), f64::from(v));
            rows[i * 2] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
            rows[i * 2 + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
        }
        Self(solve(rows))
    }

    pub(super) fn of(&self, x: f32, y: f32) -> (f32, f32) {
        let [a, b, c, d, e, f, g, h] = self.0;
        let scale = g * x + h * y + 1.0;
        ((a * x + b * y + c) / scale, (d * x + e * y + f) / scale)
    }
}

/// Gauss–Jordan with pivoting. Four corners of a paper are never in one line, so there is a solution.
fn solve(mut rows: [[f64; 9]; 8]) -> [f32; 8] {
    for column in 0..8 {
        let pivot = (column..8).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs()));
        rows.swap(column, pivot.unwrap_or(column));
        let lead = rows[column];
        for (i, row) in rows.iter_mut().enumerate() {
            if i != column && lead[column] != 0.0 {
                let factor = row[column] / lead[column];
                for (value, other) in row.iter_mut().zip(lead) {
                    *value -= factor * other;
                }
            }
        }
    }
    std::array::from_fn(|i| if rows[i][i] == 0.0 { 0.0 } else { (rows[i][8] / rows[i][i]) as f32 })
}
