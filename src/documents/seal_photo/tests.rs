//! Seals are drawn, stamped on drawn paper, photographed with tilt, light, print and JPEG, and cut out again.

use std::sync::LazyLock;

use super::*;
use crate::captcha::Dice;
use crate::photo::{Limits, decode, encode};
use crate::seal::{NameSeal, RoundSeal};
use image::Rgb;
use image::imageops::fast_blur;
use proptest::prelude::*;

/// How a photo of a seal came about. Lengths are shares of the picture's width.
#[derive(Clone)]
struct Scene {
    size: f32,
    centre: [f32; 2],
    /// Degrees, clockwise.
    turn: f32,
    tilt: f32,
    ink: f32,
    /// How much darker one side is.
    shade: f32,
    print: bool,
    blur: f32,
    colour: [f32; 3],
}

const FAIR: Scene = Scene {
    size: 0.42,
    centre: [0.52, 0.36],
    turn: 8.0,
    tilt: 0.06,
    ink: 0.92,
    shade: 0.3,
    print: true,
    blur: 0.7,
    colour: [0.82, 0.14, 0.18],
};

static ROUND: LazyLock<GrayImage> = LazyLock::new(|| {
    let seal = RoundSeal::company("福州市青橙云科技有限公司", Some("3501020123456"));
    opacity_of(&seal.draw().unwrap().png(600.0))
});
static CONTRACT: LazyLock<GrayImage> = LazyLock::new(|| {
    let plain = RoundSeal::company("厦门海峡纵横供应链管理股份有限公司", None);
    let seal = RoundSeal { star: false, line: Some("合同专用章".into()), ..plain };
    opacity_of(&seal.draw().unwrap().png(600.0))
});
static SQUARE: LazyLock<GrayImage> = LazyLock::new(|| opacity_of(&NameSeal::new("李建国").draw().unwrap().png(600.0)));

fn opacity_of(png: &[u8]) -> GrayImage {
    let picture = image::load_from_memory(png).unwrap().into_rgba8();
    let alpha = GrayImage::from_fn(picture.width(), picture.height(), |x, y| Luma([picture.get_pixel(x, y)[3]]));
    image::imageops::resize(&alpha, SIDE, SIDE, image::imageops::FilterType::Triangle)
}

/// Photographs a seal and sends it through intake, as an upload would be.
fn photograph(seal: &GrayImage, scene: &Scene, seed: u64) -> RgbImage {
    let (width, height) = (1800u32, 1350u32);
    let mut dice = Dice(seed);
    let seal = Plane {
        width: SIDE as usize,
        height: SIDE as usize,
        values: seal.pixels().map(|p| f32::from(p[0]) / 255.0).collect(),
    };
    let (sin, cos) = scene.turn.to_radians().sin_cos();
    let reach = scene.size * width as f32 / 2.0;
    let picture = RgbImage::from_fn(width, height, |px, py| {
        let (x, y) = (px as f32 / width as f32, py as f32 / width as f32);
        let (dx, dy) = (x - scene.centre[0], y - scene.centre[1]);
        let depth = 1.0 + scene.tilt * (dx * 0.8 + dy * 1.2);
        let (dx, dy) = (dx / depth * width as f32 / reach, dy / depth * width as f32 / reach);
        let (u, v) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let place = |t: f32| (t + 1.0) / 2.0 * SIDE as f32;
        let ink = seal.at(place(u), place(v)) * scene.ink * dice.between(0.85, 1.0);
        let print = scene.print && py / 26 % 5 == 2 && (px * 7 + py * 3) / 13 % 3 == 0 && px / 31 % 6 != 0;
        let light = (0.98 - scene.shade * (0.7 * x + 0.3 * y)) * dice.between(0.97, 1.03);
        let paper = if print { [0.15; 3] } else { [0.93, 0.92, 0.89] };
        Rgb(std::array::from_fn(|c| {
            let back = paper[c] * (1.0 - ink) + paper[c] * scene.colour[c] / 0.93 * ink;
            (back * light * 255.0).clamp(0.0, 255.0) as u8
        }))
    });
    let picture = if scene.blur > 0.0 { fast_blur(&picture, scene.blur) } else { picture };
    decode(&encode(&picture, &Limits::default()).jpeg, &Limits::default()).unwrap()
}

/// Share of ink that agrees, 0 to 1.
fn agreement(a: &GrayImage, b: &GrayImage) -> f32 {
    let (mut both, mut either) = (0.0f32, 0.0f32);
    for (a, b) in a.pixels().zip(b.pixels()) {
        let (a, b) = (a[0] > 127, b[0] > 127);
        both += f32::from(u8::from(a && b));
        either += f32::from(u8::from(a || b));
    }
    both / either.max(1.0)
}

/// Writes pictures for a person to look at, into the folder that `LOOK` names.
fn look(name: &str, photo: &RgbImage, cut: &Impression) {
    if let Some(folder) = std::env::var_os("LOOK") {
        let folder = std::path::PathBuf::from(folder);
        std::fs::write(folder.join(format!("{name}.png")), cut.png()).unwrap();
        let photo = encode(photo, &Limits::default()).jpeg;
        std::fs::write(folder.join(format!("{name}.jpg")), photo).unwrap();
    }
}

fn check_scene(seal: &GrayImage, scene: &Scene, shape: Shape, least: f32) {
    let photo = photograph(seal, scene, 3);
    let found = extract(&photo, Some(shape)).unwrap();
    look(&format!("cut-{shape:?}-{}-{}", scene.turn, scene.shade), &photo, &found);
    let same = agreement(&found.opacity, seal);
    assert!(same > least, "{same}: {found:?}");
    assert!((found.turned - scene.turn).abs() < 4.0, "turned {}", found.turned);
    assert!((found.centre[0] - scene.centre[0] * 1800.0).abs() < 12.0, "{:?}", found.centre);
    assert!((found.pixels / (scene.size * 1800.0) - 1.0).abs() < 0.05, "{}", found.pixels);
}

#[test]
fn m28_a_company_seal_is_cut_out_of_a_photo() {
    check_scene(&ROUND, &FAIR, Shape::Round, 0.75);
    let clean = Scene { tilt: 0.0, shade: 0.05, print: false, blur: 0.0, turn: 0.0, ..FAIR };
    check_scene(&ROUND, &clean, Shape::Round, 0.82);
}

#[test]
fn m28_a_seal_without_a_star_and_a_shaded_one_are_cut_out() {
    check_scene(&CONTRACT, &Scene { turn: -6.0, tilt: 0.02, ..FAIR }, Shape::Round, 0.6);
    check_scene(&ROUND, &Scene { shade: 0.6, ink: 0.75, turn: -12.0, ..FAIR }, Shape::Round, 0.7);
}

#[test]
fn m30_a_square_seal_is_cut_out_of_a_photo() {
    check_scene(&SQUARE, &Scene { size: 0.25, ..FAIR }, Shape::Square, 0.75);
}

#[test]
fn the_cut_out_is_transparent_and_of_one_red() {
    let found = extract(&photograph(&ROUND, &FAIR, 1), None).unwrap();
    let picture = image::load_from_memory(&found.png()).unwrap().into_rgba8();
    assert_eq!(picture.dimensions(), (SIDE, SIDE));
    assert_eq!(picture.get_pixel(2, 2)[3], 0);
    assert!(picture.pixels().all(|p| p.0[..3] == RED));
    assert!(found.is_fine());
}

#[test]
fn what_is_no_good_seal_is_refused_with_the_reason() {
    let refuse = |seal: &GrayImage, scene: Scene, wanted| extract(&photograph(seal, &scene, 5), wanted).err();
    let round = Some(Shape::Round);
    let blank = GrayImage::new(SIDE, SIDE);
    assert_eq!(refuse(&blank, FAIR, round), Some(Refusal::NoSeal));
    let grey = Scene { colour: [0.2; 3], ..FAIR };
    assert_eq!(refuse(&ROUND, grey, round), Some(Refusal::NoSeal));
    let blue = Scene { colour: [0.15, 0.2, 0.8], ..FAIR };
    assert_eq!(refuse(&ROUND, blue, round), Some(Refusal::NoSeal));
    let aside = Scene { centre: [0.12, 0.36], ..FAIR };
    assert_eq!(refuse(&ROUND, aside, round), Some(Refusal::CutOff));
    assert_eq!(refuse(&ROUND, Scene { size: 0.12, ..FAIR }, round), Some(Refusal::TooSmall));
    assert_eq!(refuse(&ROUND, Scene { blur: 9.0, ..FAIR }, round), Some(Refusal::TooBlurred));
    assert_eq!(refuse(&SQUARE, Scene { size: 0.25, ..FAIR }, round), Some(Refusal::NotRound));
    assert_eq!(refuse(&ROUND, FAIR, Some(Shape::Square)), Some(Refusal::NotSquare));
    let faint = refuse(&ROUND, Scene { ink: 0.25, ..FAIR }, round);
    assert!(matches!(faint, Some(Refusal::TooFaint | Refusal::NoSeal)), "{faint:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_picture_ends_in_a_seal_or_a_refusal(width in 1u32..700, height in 1u32..700, seed: u64, blot in 0u32..300) {
        let mut dice = Dice(seed);
        let picture = RgbImage::from_fn(width, height, |x, y| {
            let red = (x / 7 + y / 5) % 3 == 0 && x.abs_diff(width / 2) < blot && y.abs_diff(height / 2) < blot;
            let noise = dice.below(40) as u8;
            Rgb(if red { [200, noise, noise] } else { [215 + noise; 3] })
        });
        if let Ok(found) = extract(&picture, None) {
            prop_assert!(found.pixels.is_finite() && found.turned.is_finite());
        }
    }
}
