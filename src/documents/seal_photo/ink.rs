//! Telling red ink from paper, print and shadow: the light is flattened first, then colours are compared.

use image::RgbImage;

use super::plane::Plane;

/// What a picture is made of, pixel by pixel.
pub(super) struct Ink {
    /// How much more red than green and blue comes back; linear in how much ink covers the paper.
    pub red: Plane,
    /// How much red light is swallowed: print, not seal.
    pub dark: Plane,
    /// How light the paper is, 0 to 1.
    pub light: Plane,
}

/// Divides by the local white of the paper (a closing per channel over `radius` pixels) and unmixes.
/// Done on reflectance, not on its logarithm, which would thin the strokes.
pub(super) fn unmix(picture: &RgbImage, radius: f32) -> Ink {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let step = ((radius / 8.0).round() as usize).clamp(2, 16);
    let reach = (radius / step as f32).ceil() as usize;
    let white: [Plane; 3] =
        std::array::from_fn(|channel| block_means(picture, channel, step).closing(reach).box_blur((reach / 2).max(1)));
    let [mut red, mut dark, mut light] = [(); 3].map(|()| Plane::new(width, height));
    for (i, pixel) in picture.pixels().enumerate() {
        let place = |t: usize| (t as f32 + 0.5) / step as f32 - 0.5;
        let (x, y) = (place(i % width), place(i / width));
        let paper: [f32; 3] = std::array::from_fn(|c| white[c].clamped(x, y).max(4.0));
        let back: [f32; 3] = std::array::from_fn(|c| (f32::from(pixel[c]) / paper[c]).min(1.05));
        red.values[i] = (back[0] - (back[1] + back[2]) * 0.5).max(0.0);
        dark.values[i] = (1.0 - back[0]).max(0.0);
        light.values[i] = paper[0] / 255.0;
    }
    Ink { red, dark, light }
}

fn block_means(picture: &RgbImage, channel: usize, step: usize) -> Plane {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut means = Plane::new(width.div_ceil(step), height.div_ceil(step));
    let raw = picture.as_raw();
    for y in 0..means.height {
        for x in 0..means.width {
            let rows = y * step..((y + 1) * step).min(height);
            let columns = x * step..((x + 1) * step).min(width);
            let count = (rows.len() * columns.len()) as f32;
            let sum: u32 = rows
                .flat_map(|y| columns.clone().map(move |x| (y * width + x) * 3 + channel))
                .map(|i| u32::from(raw[i]))
                .sum();
            means.values[y * means.width + x] = sum as f32 / count;
        }
    }
    means
}

impl Ink {
    /// How opaque the seal is, 0 to 1, given the redness of full ink. What print hides is filled from around it.
    pub fn opacity(&self, full: f32, fill_radius: usize) -> Plane {
        let (low, high) = (0.20 * full, 0.62 * full);
        let mut opacity = self.red.zip(&self.dark, |red, _| smooth((red - low) / (high - low)));
        let known = self.dark.zip(&self.dark, |dark, _| if dark > 0.5 { 0.0 } else { 1.0 });
        let blur = |plane: &Plane| plane.box_blur(fill_radius).box_blur(fill_radius);
        let seen = blur(&opacity.zip(&known, |opacity, known| opacity * known));
        let weight = blur(&known);
        for i in 0..known.values.len() {
            if known.values[i] == 0.0 && weight.values[i] > 0.02 {
                let around = seen.values[i] / weight.values[i];
                let filled = ((around - 0.35) / 0.4).clamp(0.0, 1.0);
                opacity.values[i] = opacity.values[i].max(filled);
            }
        }
        opacity
    }
}

fn smooth(t: f32) -> f32 {
    let t = t.clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The value below which `share` of the values lie.
pub(super) fn quantile(values: &mut [f32], share: f32) -> Option<f32> {
    values.sort_by(f32::total_cmp);
    values.get((values.len().saturating_sub(1) as f32 * share) as usize).copied()
}
