//! Whether a photo of a paper can be read (照片质量): sharpness, light, glare, size; before any paid check.

use image::RgbImage;
use image::imageops::grayscale;

use crate::photo::shrink;

/// Long side at which pictures are measured, so that the numbers mean the same for each phone.
const LONG_SIDE: u32 = 1280;
const TILE: usize = 64;

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// Shorter side of the picture as it came, in pixels.
    pub short_side: u32,
    /// Mean luminance, 0 to 255.
    pub light: f32,
    /// The 90 % quantile of the Laplacian's variance per tile, at a contrast of 50: 2,000 is sharp, 10 is fog.
    /// Divided by contrast, because otherwise a dark picture counts as a blurred one.
    pub sharpness: f32,
    /// Share of the picture that is burnt out, 0 to 1. Zero where the paper itself is pure white, as in a scan.
    pub glare: f32,
}

/// Where a photo is refused (`_refused`), and where it is doubtful.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// Less sharpness than this is refused.
    pub sharpness_refused: f32,
    /// Less sharpness than this is doubtful.
    pub sharpness_doubtful: f32,
    /// Less light than this is refused.
    pub light_refused: f32,
    /// Less light than this is doubtful.
    pub light_doubtful: f32,
    /// More glare than this is refused.
    pub glare_refused: f32,
    /// More glare than this is doubtful.
    pub glare_doubtful: f32,
    /// A shorter side is refused, in pixels.
    pub short_side_refused: u32,
    /// A shorter side is doubtful, in pixels.
    pub short_side_doubtful: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            sharpness_refused: 150.0,
            sharpness_doubtful: 500.0,
            light_refused: 45.0,
            light_doubtful: 65.0,
            glare_refused: 0.05,
            glare_doubtful: 0.02,
            short_side_refused: 400,
            short_side_doubtful: 800,
        }
    }
}

/// What is wrong with a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 太小
    TooSmall,
    /// 太暗
    TooDark,
    /// 反光
    Glare,
    /// 太模糊
    TooBlurred,
}

impl Fault {
    /// What the person should do, in one calm sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Fault::TooSmall => "照片太小，请靠近一些，让证件占满取景框后重新拍摄。",
            Fault::TooDark => "照片太暗，请到光线充足的地方重新拍摄。",
            Fault::Glare => "照片反光，请避开灯光直射，或换一个角度重新拍摄。",
            Fault::TooBlurred => "照片太模糊，请拿稳手机，对焦清楚后重新拍摄。",
        }
    }

    /// One word for it, in a case or a log.
    pub fn word(&self) -> &'static str {
        match self {
            Fault::TooSmall => "太小",
            Fault::TooDark => "太暗",
            Fault::Glare => "反光",
            Fault::TooBlurred => "太模糊",
        }
    }
}

/// What follows from the measures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Any of these refuses the photo.
    pub refused: Vec<Fault>,
    /// These are told to the person and to the reviewer; the photo may be kept.
    pub doubtful: Vec<Fault>,
}

impl Verdict {
    /// True if the photo may be kept.
    pub fn accepted(&self) -> bool {
        self.refused.is_empty()
    }

    /// The first thing to do, if anything is wrong: light before sharpness, since dark photos blur.
    pub fn advice(&self) -> Option<&'static str> {
        self.refused.iter().chain(&self.doubtful).next().map(Fault::advice)
    }
}

impl Measures {
    /// Judges the measures.
    pub fn verdict(&self, at: &Thresholds) -> Verdict {
        let short = self.short_side;
        let checks = [
            (Fault::TooSmall, short < at.short_side_refused, short < at.short_side_doubtful),
            (Fault::TooDark, self.light < at.light_refused, self.light < at.light_doubtful),
            (Fault::Glare, self.glare > at.glare_refused, self.glare > at.glare_doubtful),
            (Fault::TooBlurred, self.sharpness < at.sharpness_refused, self.sharpness < at.sharpness_doubtful),
        ];
        let mut verdict = Verdict::default();
        for (fault, refused, doubtful) in checks {
            if refused {
                verdict.refused.push(fault);
            } else if doubtful {
                verdict.doubtful.push(fault);
            }
        }
        verdict
    }
}

/// Measures a decoded photo: about 25 ms.
pub fn measure(picture: &RgbImage) -> Measures {
    let grey = grayscale(&shrink(picture, LONG_SIDE));
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let luma = grey.as_raw();
    let histogram = histogram(luma);
    let (light, variance) = moments(&histogram, luma.len());
    let mut sharpness: Vec<f32> = Vec::new();
    let mut burnt = 0usize;
    for top in (1..height.saturating_sub(1)).step_by(TILE) {
        for left in (1..width.saturating_sub(1)).step_by(TILE) {
            let tile = Tile::of(luma, width, height, left, top);
            sharpness.push(tile.laplacian_variance);
            if tile.burnt * 10 > tile.pixels * 9 {
                burnt += tile.pixels;
            }
        }
    }
    sharpness.sort_by(f32::total_cmp);
    let best = sharpness.get(sharpness.len().saturating_sub(1) * 9 / 10).copied();
    let scanned = quantile(&histogram, luma.len(), 0.5) >= 245;
    Measures {
        short_side: picture.width().min(picture.height()),
        light,
        sharpness: best.unwrap_or(0.0) * 2500.0 / variance.max(25.0),
        glare: if scanned { 0.0 } else { burnt as f32 / luma.len().max(1) as f32 },
    }
}

struct Tile {
    laplacian_variance: f32,
    pixels: usize,
    burnt: usize,
}

impl Tile {
    fn of(luma: &[u8], width: usize, height: usize, left: usize, top: usize) -> Tile {
        let (mut sum, mut squares, mut pixels, mut burnt) = (0f64, 0f64, 0usize, 0usize);
        for y in top..(top + TILE).min(height - 1) {
            for x in left..(left + TILE).min(width - 1) {
                let i = y * width + x;
                let around = [i - 1, i + 1, i - width, i + width].map(|j| i32::from(luma[j]));
                let laplacian = f64::from(4 * i32::from(luma[i]) - around.iter().sum::<i32>());
                sum += laplacian;
                squares += laplacian * laplacian;
                pixels += 1;
                burnt += usize::from(luma[i] >= 250);
            }
        }
        let mean = sum / pixels.max(1) as f64;
        Tile { laplacian_variance: (squares / pixels.max(1) as f64 - mean * mean) as f32, pixels, burnt }
    }
}

fn histogram(luma: &[u8]) -> [usize; 256] {
    let mut counts = [0; 256];
    luma.iter().for_each(|&value| counts[usize::from(value)] += 1);
    counts
}

fn moments(histogram: &[usize; 256], total: usize) -> (f32, f32) {
    let total = total.max(1) as f64;
    let power = |n: i32| -> f64 {
        let weighted = |(value, &count): (usize, &usize)| (value as f64).powi(n) * count as f64;
        histogram.iter().enumerate().map(weighted).sum::<f64>() / total
    };
    let mean = power(1);
    (mean as f32, (power(2) - mean * mean) as f32)
}

fn quantile(histogram: &[usize; 256], total: usize, share: f64) -> usize {
    let mut left = (total as f64 * share) as usize;
    for (value, &count) in histogram.iter().enumerate() {
        if count > left {
            return value;
        }
        left -= count;
    }
    255
}

#[cfg(test)]
mod tests;
