//! Cutting a red seal out of a photo (印模提取): uneven light, print beneath and a slight tilt are evened out,
//! and what is left is a transparent picture of one red, upright, at true size.
//!
//! The original photo stays the evidence; the cut-out is shown to the applicant and to the reviewer beside it.

mod geometry;
mod ink;
mod locate;
mod plane;
mod round;
pub mod signature;

use image::codecs::png::PngEncoder;
use image::imageops::crop_imm;
use image::{ExtendedColorType, GrayImage, ImageEncoder, Luma, RgbImage};
use imageproc::region_labelling::{Connectivity, connected_components};

use crate::photo::shrink;
use crate::seal::RED;
use geometry::{Homography, Quad, moved, sides};
use ink::{quantile, unmix};
use locate::{Found, Outline, locate};
use plane::Plane;

/// Side of the cut-out in pixels: 42 mm at 600 dpi.
pub const SIDE: u32 = 992;
/// A seal of fewer pixels across cannot be read.
pub const LEAST_PIXELS: f32 = 260.0;
/// With fewer pixels across the small digits blur; the reviewer is told.
pub const GOOD_PIXELS: f32 = 500.0;

/// Long side at which the seal is looked for.
const LOCATE_AT: u32 = 1600;
/// Long side of the part around the seal that is worked on.
const WORK_AT: u32 = 1200;
/// A seal may take at most this share of the photo's shorter side: paper must be seen around it.
const LARGEST_SHARE: f32 = 0.85;
/// Edges wider than this share of the diameter are out of focus.
const WIDEST_EDGE: f32 = 0.010;

/// Round or square.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A company's seal (企业印模).
    Round,
    /// A person's seal (法人印模).
    Square,
}

/// A seal cut out of a photo.
#[derive(Clone)]
pub struct Impression {
    /// Opacity of the ink, [`SIDE`] by [`SIDE`].
    pub opacity: GrayImage,
    /// Its shape.
    pub shape: Shape,
    /// Where its centre is in the photo, in pixels.
    pub centre: [f32; 2],
    /// Its diameter, or side, in the photo, in pixels.
    pub pixels: f32,
    /// By how many degrees it was turned clockwise in the photo.
    pub turned: f32,
    /// Redness of full ink, 0 to 1; below 0.4 is pale.
    pub ink: f32,
    /// Share of the outline that is there, 0 to 1.
    pub cover: f32,
}

impl std::fmt::Debug for Impression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Impression { shape, centre, pixels, turned, ink, cover, .. } = self;
        write!(
            f,
            "Impression({shape:?} of {pixels:.0} px at {centre:.0?}, turned {turned:.1}, ink {ink:.2}, cover {cover:.2})"
        )
    }
}

impl Impression {
    /// A transparent PNG, [`SIDE`] pixels square, in [`RED`].
    pub fn png(&self) -> Vec<u8> {
        let [r, g, b] = RED;
        let pixels: Vec<u8> = self.opacity.pixels().flat_map(|p| [r, g, b, p[0]]).collect();
        let (width, height) = self.opacity.dimensions();
        let mut png = Vec::new();
        PngEncoder::new(&mut png)
            .write_image(&pixels, width, height, ExtendedColorType::Rgba8)
            .expect("a picture in memory can be encoded");
        png
    }

    /// True if even the small digits should be legible.
    pub fn is_fine(&self) -> bool {
        self.pixels >= GOOD_PIXELS
    }
}

/// Why no seal was cut out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing red that looks like a seal.
    #[error("no seal was found")]
    NoSeal,
    /// The seal touches the photo's border.
    #[error("the seal is cut off by the border")]
    CutOff,
    /// Too little ink.
    #[error("the ink is too faint")]
    TooFaint,
    /// Too few pixels.
    #[error("the seal is too small in the photo")]
    TooSmall,
    /// No paper around it.
    #[error("the seal fills the photo")]
    TooLarge,
    /// A round seal was wanted.
    #[error("the seal is not round")]
    NotRound,
    /// A square seal was wanted.
    #[error("the seal is not square")]
    NotSquare,
    /// Out of focus or shaken.
    #[error("the seal is blurred")]
    TooBlurred,
}

impl Refusal {
    /// What the person should do, in one calm sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            Refusal::NoSeal => "没有找到红色印章，请把印章盖在白纸上，正对着拍摄。",
            Refusal::CutOff => "印章没有拍完整，请让整个印章都在画面里，四周留一些白纸。",
            Refusal::TooFaint => "印章颜色太浅，请蘸足印泥重新盖章后拍摄。",
            Refusal::TooSmall => "印章在照片里太小，请靠近一些拍摄，让印章占画面的一半左右。",
            Refusal::TooLarge => "印章离镜头太近，请稍微离远一些，四周留一些白纸。",
            Refusal::NotRound => "这里需要圆形的企业公章，请核对后重新拍摄。",
            Refusal::NotSquare => "这里需要方形的法定代表人印章，请核对后重新拍摄。",
            Refusal::TooBlurred => "印章拍得不清楚，请拿稳手机，对焦清楚后重新拍摄。",
        }
    }
}

/// Cuts the largest red seal out of a photo. The tilt of the paper is evened out where there is a star to see it by, or corners;
/// other round seals are made circular.
///
/// At best the photo is as kept by `photo::encode` or larger. About 0.3 s;
/// `wanted` refuses another shape.
pub fn extract(photo: &RgbImage, wanted: Option<Shape>) -> Result<Impression, Refusal> {
    if photo.width().min(photo.height()) < LEAST_PIXELS as u32 {
        return Err(Refusal::TooSmall);
    }
    let small = shrink(photo, LOCATE_AT);
    let scale = photo.width() as f32 / small.width() as f32;
    let reach = small.width().max(small.height()) as f32 * 0.045;
    let found = locate(&unmix(&small, reach))?;
    let pixels = size(&found.outline) * scale;
    check(&found, pixels, photo, wanted)?;
    let part = Part::around(photo, &found, scale);
    part.impression(&found, pixels, scale)
}

fn size(outline: &Outline) -> f32 {
    match outline {
        Outline::Round(disc) => disc.diameter(),
        Outline::Square(quad) => sides(quad).iter().sum::<f32>() / 4.0,
    }
}

fn check(found: &Found, pixels: f32, photo: &RgbImage, wanted: Option<Shape>) -> Result<(), Refusal> {
    match (&found.outline, wanted) {
        (Outline::Square(_), Some(Shape::Round)) => return Err(Refusal::NotRound),
        (Outline::Round(_), Some(Shape::Square)) => return Err(Refusal::NotSquare),
        _ => {}
    }
    let round = matches!(found.outline, Outline::Round(_));
    let least = if round { LEAST_PIXELS } else { LEAST_PIXELS / 2.0 };
    if pixels < least {
        return Err(Refusal::TooSmall);
    }
    let short_side = photo.width().min(photo.height()) as f32;
    if pixels > LARGEST_SHARE * short_side { Err(Refusal::TooLarge) } else { Ok(()) }
}

/// The part of the photo around the seal, at a size to work on.
struct Part {
    picture: RgbImage,
    /// Its top left corner in the photo.
    origin: [f32; 2],
    /// Its pixels per pixel of the photo.
    scale: f32,
}

impl Part {
    fn around(photo: &RgbImage, found: &Found, scale: f32) -> Part {
        let [left, top, right, bottom] = found.bounds.map(|value| value as f32);
        let (mx, my) = ((right - left) * 0.18, (bottom - top) * 0.18);
        let within = |value: f32, most: u32| (value * scale).clamp(0.0, most as f32) as u32;
        let (x0, y0) = (within(left - mx, photo.width()), within(top - my, photo.height()));
        let (x1, y1) = (within(right + mx, photo.width()), within(bottom + my, photo.height()));
        let cut = crop_imm(photo, x0, y0, (x1 - x0).max(1), (y1 - y0).max(1)).to_image();
        let picture = shrink(&cut, WORK_AT);
        let scale = picture.width() as f32 / cut.width() as f32;
        Part { picture, origin: [x0 as f32, y0 as f32], scale }
    }

    fn impression(&self, found: &Found, pixels: f32, up: f32) -> Result<Impression, Refusal> {
        let across = pixels * self.scale;
        let ink = unmix(&self.picture, across * 0.16);
        let mut strong: Vec<f32> = ink.red.values.iter().copied().filter(|&red| red > found.full * 0.5).collect();
        let full = quantile(&mut strong, 0.6).unwrap_or(found.full);
        let opacity = ink.opacity(full, ((across / 170.0).round() as usize).max(2));
        // From the picture in which it was located to this part: first up to the photo, then cut and scaled.
        let origin = self.origin.map(|value| value / up);
        let scale = up * self.scale;
        let (shape, centre, turned, mut cut) = match &found.outline {
            Outline::Round(disc) => {
                let disc = round::refine(&opacity, disc.moved(origin, scale));
                if round::edge_width(&ink.red, &disc, full) > WIDEST_EDGE {
                    return Err(Refusal::TooBlurred);
                }
                let (disc, turn) = round::upright(&opacity, disc);
                let cut = round::straighten(&opacity, &disc, turn, SIDE);
                (Shape::Round, disc.centre, turn, cut)
            }
            Outline::Square(quad) => {
                let quad = quad.map(|corner| moved(corner, origin, scale));
                let centre = [0, 1].map(|i| quad.iter().map(|p| p[i]).sum::<f32>() / 4.0);
                let top = [quad[1][0] - quad[0][0], quad[1][1] - quad[0][1]];
                let turn = top[1].atan2(top[0]).to_degrees();
                (Shape::Square, centre, turn, straighten(&opacity, &quad).ok_or(Refusal::NoSeal)?)
            }
        };
        despeckle(&mut cut);
        let centre = [0, 1].map(|i| centre[i] / self.scale + self.origin[i]);
        Ok(Impression { opacity: cut, shape, centre, pixels, turned, ink: full, cover: found.cover })
    }
}

fn straighten(opacity: &Plane, quad: &Quad) -> Option<GrayImage> {
    let map = Homography::new(SIDE as f32, quad)?;
    Some(GrayImage::from_fn(SIDE, SIDE, |x, y| {
        let [x, y] = map.place(x as f32 + 0.5, y as f32 + 0.5);
        Luma([(opacity.at(x, y) * 255.0) as u8])
    }))
}

/// Takes out haze, and specks too small for any stroke.
fn despeckle(cut: &mut GrayImage) {
    let smallest = (SIDE * SIDE / 60_000) as usize;
    let solid = GrayImage::from_fn(SIDE, SIDE, |x, y| Luma([if cut.get_pixel(x, y)[0] > 90 { 255 } else { 0 }]));
    let labels = connected_components(&solid, Connectivity::Eight, Luma([0]));
    let most = labels.pixels().map(|label| label[0]).max().unwrap_or(0);
    let mut sizes = vec![0usize; most as usize + 1];
    labels.pixels().for_each(|label| sizes[label[0] as usize] += 1);
    for (pixel, label) in cut.pixels_mut().zip(labels.pixels()) {
        let speck = label[0] > 0 && sizes[label[0] as usize] < smallest;
        if speck || label[0] == 0 && pixel[0] < 40 {
            pixel[0] = 0;
        }
    }
}

#[cfg(test)]
mod tests;
