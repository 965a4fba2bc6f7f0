//! Cuts at least 200 drawn photos of seals out again and compares with the truth: agreement (IoU) and time a photo. The photos
//! have tilt in perspective, uneven light, print beneath, blur, noise and JPEG; the same each time.
//!
//! `cargo run --release -p zhangzheng-documents --example seals [count]`

use std::time::{Duration, Instant};

use image::imageops::{FilterType, fast_blur, resize};
use image::{GrayImage, Luma, Rgb, RgbImage};
use zhangzheng_documents::photo::{Limits, decode, encode};
use zhangzheng_documents::seal::{NameSeal, RoundSeal};
use zhangzheng_documents::seal_photo::{SIDE, Shape, extract};

/// A stream of numbers from a seed.
struct Dice(u64);

impl Dice {
    fn between(&mut self, low: f32, high: f32) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + (high - low) * ((self.0 >> 40) as f32 / (1u64 << 24) as f32)
    }
}

/// How a photo came about. Lengths are shares of the picture's width.
struct Scene {
    size: f32,
    centre: [f32; 2],
    turn: f32,
    tilt: [f32; 2],
    ink: f32,
    shade: [f32; 2],
    print: bool,
    blur: f32,
    red: [f32; 3],
}

impl Scene {
    fn of(dice: &mut Dice, shape: Shape) -> Scene {
        let (small, large) = if shape == Shape::Round { (0.3, 0.52) } else { (0.18, 0.32) };
        Scene {
            size: dice.between(small, large),
            centre: [dice.between(0.42, 0.58), dice.between(0.33, 0.42)],
            turn: dice.between(-14.0, 14.0),
            tilt: [dice.between(-0.08, 0.08), dice.between(-0.08, 0.08)],
            ink: dice.between(0.72, 1.0),
            shade: [dice.between(-0.35, 0.35), dice.between(-0.25, 0.25)],
            print: dice.between(0.0, 1.0) < 0.6,
            blur: dice.between(0.0, 1.4),
            red: [dice.between(0.72, 0.88), dice.between(0.08, 0.2), dice.between(0.1, 0.24)],
        }
    }
}

fn sample(seal: &GrayImage, x: f32, y: f32) -> f32 {
    let (x, y) = (x - 0.5, y - 0.5);
    let (x0, y0) = (x.floor(), y.floor());
    let at = |x: f32, y: f32| match (x >= 0.0, y >= 0.0, x < SIDE as f32, y < SIDE as f32) {
        (true, true, true, true) => f32::from(seal.get_pixel(x as u32, y as u32)[0]) / 255.0,
        _ => 0.0,
    };
    let (fx, fy) = (x - x0, y - y0);
    let top = at(x0, y0) * (1.0 - fx) + at(x0 + 1.0, y0) * fx;
    let foot = at(x0, y0 + 1.0) * (1.0 - fx) + at(x0 + 1.0, y0 + 1.0) * fx;
    top * (1.0 - fy) + foot * fy
}

/// The photo as an upload would be kept.
fn photograph(seal: &GrayImage, scene: &Scene, dice: &mut Dice) -> Option<RgbImage> {
    let (width, height) = (1800u32, 1350u32);
    let (sin, cos) = scene.turn.to_radians().sin_cos();
    let reach = scene.size / 2.0;
    let picture = RgbImage::from_fn(width, height, |px, py| {
        let (x, y) = (px as f32 / width as f32, py as f32 / width as f32);
        let (dx, dy) = (x - scene.centre[0], y - scene.centre[1]);
        let depth = 1.0 + scene.tilt[0] * dx + scene.tilt[1] * dy;
        let (dx, dy) = (dx / depth / reach, dy / depth / reach);
        let place = |t: f32| (t + 1.0) / 2.0 * SIDE as f32;
        let ink = sample(seal, place(dx * cos + dy * sin), place(dy * cos - dx * sin));
        let ink = ink * scene.ink * dice.between(0.85, 1.0);
        let print = scene.print && py / 26 % 5 == 2 && (px * 7 + py * 3) / 13 % 3 == 0 && px / 31 % 6 != 0;
        let light = (0.96 - scene.shade[0] * (x - 0.5) - scene.shade[1] * (y - 0.4)) * dice.between(0.97, 1.03);
        let paper = if print { [0.15; 3] } else { [0.93, 0.92, 0.89] };
        Rgb(std::array::from_fn(|c| {
            let back = paper[c] * (1.0 - ink) + paper[c] * scene.red[c] / 0.93 * ink;
            (back * light * 255.0).clamp(0.0, 255.0) as u8
        }))
    });
    let picture = if scene.blur > 0.2 { fast_blur(&picture, scene.blur) } else { picture };
    decode(&encode(&picture, &Limits::default()).jpeg, &Limits::default()).ok()
}

fn agreement(a: &GrayImage, b: &GrayImage) -> f32 {
    let (mut both, mut either) = (0u32, 0u32);
    for (a, b) in a.pixels().zip(b.pixels()) {
        let (a, b) = (a[0] > 127, b[0] > 127);
        both += u32::from(a && b);
        either += u32::from(a || b);
    }
    both as f32 / either.max(1) as f32
}

fn truth(png: &[u8]) -> Result<GrayImage, image::ImageError> {
    let picture = image::load_from_memory(png)?.into_rgba8();
    let alpha = GrayImage::from_fn(picture.width(), picture.height(), |x, y| Luma([picture.get_pixel(x, y)[3]]));
    Ok(resize(&alpha, SIDE, SIDE, FilterType::Triangle))
}

/// A seal by name, with its shape and the truth about its ink.
type Seal = (&'static str, Shape, GrayImage);

fn seals() -> Result<Vec<Seal>, Box<dyn std::error::Error>> {
    let plain = RoundSeal::company("厦门海峡纵横供应链管理股份有限公司", None);
    let contract = RoundSeal { star: false, line: Some("合同专用章".to_owned()), ..plain.clone() };
    let numbered = RoundSeal::company("福州市青橙云科技有限公司", Some("3501020123456"));
    Ok(vec![
        ("company, number", Shape::Round, truth(&numbered.draw()?.png(600.0))?),
        ("company, plain", Shape::Round, truth(&plain.draw()?.png(600.0))?),
        ("contract, no star", Shape::Round, truth(&contract.draw()?.png(600.0))?),
        ("person, 3", Shape::Square, truth(&NameSeal::new("李建国").draw()?.png(600.0))?),
        ("person, 2", Shape::Square, truth(&NameSeal::new("王芳").draw()?.png(600.0))?),
    ])
}

/// The value below which a share of the sorted values lies.
fn quantile(sorted: &[f32], share: f32) -> f32 {
    let at = (sorted.len().saturating_sub(1) as f32 * share).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

fn row(name: &str, mut same: Vec<f32>, mut times: Vec<f32>, refused: usize) {
    same.sort_by(f32::total_cmp);
    times.sort_by(f32::total_cmp);
    let mean = same.iter().sum::<f32>() / same.len().max(1) as f32;
    println!(
        "{name:<20}{:>6}{refused:>9}{mean:>9.3}{:>9.3}{:>9.3}{:>10.0}{:>10.0}",
        same.len() + refused,
        quantile(&same, 0.05),
        quantile(&same, 0.5),
        quantile(&times, 0.5),
        quantile(&times, 0.95),
    );
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(200), |text| text.parse())?;
    let seals = seals()?;
    let (mut all, mut all_times, mut all_refused) = (Vec::new(), Vec::new(), 0);
    println!(
        "{:<20}{:>6}{:>9}{:>9}{:>9}{:>9}{:>10}{:>10}",
        "seal", "photos", "refused", "IoU", "p5", "p50", "ms p50", "ms p95"
    );
    for (index, (name, shape, seal)) in seals.iter().enumerate() {
        let (mut same, mut times, mut refused) = (Vec::new(), Vec::new(), 0);
        for number in (index..count.max(seals.len())).step_by(seals.len()) {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ ((number as u64 + 1) << 17));
            let scene = Scene::of(&mut dice, *shape);
            let photo = photograph(seal, &scene, &mut dice).ok_or("a drawn photo is a photo")?;
            let began = Instant::now();
            let cut = extract(&photo, Some(*shape));
            let took: Duration = began.elapsed();
            match cut {
                Ok(cut) => {
                    same.push(agreement(&cut.opacity, seal));
                    times.push(took.as_secs_f32() * 1000.0);
                }
                Err(_) => refused += 1,
            }
        }
        all.extend(&same);
        all_times.extend(&times);
        all_refused += refused;
        row(name, same, times, refused);
    }
    row("all", all, all_times, all_refused);
    Ok(())
}
