//! Cutting a handwritten signature (手写签名) off white paper, for a representative who has no seal.

use image::codecs::png::PngEncoder;
use image::imageops::crop_imm;
use image::{ExtendedColorType, GrayImage, ImageEncoder, Luma, RgbImage};
use imageproc::region_labelling::{Connectivity, connected_components};

use super::ink::{quantile, unmix};
use crate::photo::shrink;

/// Long side at which the signature is cut out.
const WORK_AT: u32 = 1600;
/// How much light ink swallows at least.
const DARK: f32 = 0.28;
/// Least length of a signature in pixels.
const LEAST_PIXELS: u32 = 200;

/// A signature on nothing.
#[derive(Clone)]
pub struct Signature {
    /// Opacity of the ink, cropped to the signature.
    pub opacity: GrayImage,
}

impl Signature {
    /// A transparent PNG in black.
    pub fn png(&self) -> Vec<u8> {
        let pixels: Vec<u8> = self.opacity.pixels().flat_map(|p| [20, 20, 20, p[0]]).collect();
        let (width, height) = self.opacity.dimensions();
        let mut png = Vec::new();
        PngEncoder::new(&mut png)
            .write_image(&pixels, width, height, ExtendedColorType::Rgba8)
            .expect("a picture in memory can be encoded");
        png
    }
}

/// Why no signature was cut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing written.
    #[error("no signature was found")]
    NotFound,
    /// What is written touches the photo's border.
    #[error("the signature is cut off by the border")]
    CutOff,
    /// Too few pixels.
    #[error("the signature is too small in the photo")]
    TooSmall,
    /// Too much that is dark: print, a pattern, no paper.
    #[error("there is more than a signature")]
    NotPaper,
}

impl Refusal {
    /// What the person should do, in one calm sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Refusal::NotFound => "没有找到签名，请用黑色签字笔在白纸上签名后正对着拍摄。",
            Refusal::CutOff => "签名没有拍完整，请让画面里只有白纸，签名四周留一些空白。",
            Refusal::TooSmall => "签名在照片里太小，请靠近一些拍摄。",
            Refusal::NotPaper => "画面里不只有签名，请在空白的白纸上签名后拍摄。",
        }
    }
}

/// Cuts a dark signature off white paper: about 60 ms.
pub fn cut_out(photo: &RgbImage) -> Result<Signature, Refusal> {
    if photo.width().min(photo.height()) < LEAST_PIXELS / 2 {
        return Err(Refusal::TooSmall);
    }
    let picture = shrink(photo, WORK_AT);
    let (width, height) = picture.dimensions();
    let dark = unmix(&picture, width.max(height) as f32 * 0.04).dark;
    let mut strong: Vec<f32> = dark.values.iter().copied().filter(|&dark| dark > DARK).collect();
    let share = strong.len() as f32 / dark.values.len() as f32;
    if share > 0.15 {
        return Err(Refusal::NotPaper);
    }
    let full = quantile(&mut strong, 0.6).filter(|_| share > 0.0005).ok_or(Refusal::NotFound)?;
    let mut opacity = GrayImage::from_fn(width, height, |x, y| {
        let value = dark.values[(y * width + x) as usize];
        let t = ((value / full - 0.25) / 0.45).clamp(0.0, 1.0);
        Luma([(t * t * (3.0 - 2.0 * t) * 255.0) as u8])
    });
    let [left, top, right, bottom] = keep_strokes(&mut opacity)?;
    if (right - left).max(bottom - top) < LEAST_PIXELS {
        return Err(Refusal::TooSmall);
    }
    let margin = (right - left) / 25;
    let (x, y) = (left.saturating_sub(margin), top.saturating_sub(margin));
    let (x1, y1) = ((right + margin + 1).min(width), (bottom + margin + 1).min(height));
    Ok(Signature { opacity: crop_imm(&opacity, x, y, x1 - x, y1 - y).to_image() })
}

/// Clears specks and haze; gives the bounds (left, top, right, bottom) of what is left.
fn keep_strokes(opacity: &mut GrayImage) -> Result<[u32; 4], Refusal> {
    let (width, height) = opacity.dimensions();
    let solid =
        GrayImage::from_fn(width, height, |x, y| Luma([if opacity.get_pixel(x, y)[0] > 110 { 255 } else { 0 }]));
    let labels = connected_components(&solid, Connectivity::Eight, Luma([0]));
    let most = labels.pixels().map(|label| label[0]).max().unwrap_or(0) as usize;
    let mut areas = vec![0u32; most + 1];
    labels.pixels().for_each(|label| areas[label[0] as usize] += 1);
    let smallest = width * height / 40_000;
    let mut bounds: Option<[u32; 4]> = None;
    for (x, y, label) in labels.enumerate_pixels() {
        let pixel = opacity.get_pixel_mut(x, y);
        if label[0] > 0 && areas[label[0] as usize] >= smallest {
            let [left, top, right, bottom] = bounds.unwrap_or([x, y, x, y]);
            bounds = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
        } else if label[0] > 0 || pixel[0] < 40 {
            pixel[0] = 0;
        }
    }
    let bounds = bounds.ok_or(Refusal::NotFound)?;
    let [left, top, right, bottom] = bounds;
    let inside = left > 1 && top > 1 && right + 2 < width && bottom + 2 < height;
    if inside { Ok(bounds) } else { Err(Refusal::CutOff) }
}

#[cfg(test)]
mod tests {
    //! Written lines on shaded paper come out whole; other pictures are refused.
    use super::*;
    use image::Rgb;

    fn written(centre: f32, thickness: f32, ink: [f32; 3]) -> RgbImage {
        RgbImage::from_fn(1200, 900, |x, y| {
            let (x, y) = (x as f32, y as f32);
            let line = 450.0 + 120.0 * ((x - centre) / 60.0).sin();
            let on = (x - centre).abs() < 320.0 && (y - line).abs() < thickness * 3.0;
            let light = 0.95 - 0.4 * x / 1200.0;
            let back = if on { ink } else { [0.93, 0.92, 0.9] };
            Rgb(back.map(|v: f32| (v * light * 255.0) as u8))
        })
    }

    #[test]
    fn m30_a_signature_is_cut_off_the_paper() {
        for ink in [[0.1, 0.1, 0.12], [0.12, 0.18, 0.5]] {
            let found = cut_out(&written(600.0, 4.0, ink)).unwrap();
            let (width, height) = found.opacity.dimensions();
            assert!((850..950).contains(&(width * 4 / 3)), "640 px and margins: {width}");
            assert!(height < width && found.png().starts_with(b"\x89PNG"));
            assert_eq!(found.opacity.get_pixel(1, 1)[0], 0);
        }
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        let pen = [0.1, 0.1, 0.12];
        let refuse = |photo: &RgbImage| cut_out(photo).err();
        assert_eq!(refuse(&RgbImage::from_pixel(900, 700, Rgb([220; 3]))), Some(Refusal::NotFound));
        assert_eq!(refuse(&written(200.0, 4.0, pen)), Some(Refusal::CutOff));
        assert_eq!(refuse(&RgbImage::new(3, 3)), Some(Refusal::TooSmall));
        let noise = RgbImage::from_fn(900, 700, |x, y| Rgb([((x / 9 + y / 9) % 2 * 200) as u8; 3]));
        assert_eq!(refuse(&noise), Some(Refusal::NotPaper));
    }
}
