//! Photos that a person would call blurred, dark or glaring are; good ones are not.

use super::*;
use image::Rgb;
use image::imageops::fast_blur;

/// A paper with print-like strokes on a brown desk.
fn paper(light: f32) -> RgbImage {
    RgbImage::from_fn(1280, 960, |x, y| {
        let on_paper = (100..1180).contains(&x) && (80..880).contains(&y);
        let (column, row) = (x / 6 % 9, y / 30 % 2);
        let stroke = row == 0 && (x * 7 + y * 3) / 11 % 3 == 0 && column < 7;
        let base = match (on_paper, stroke) {
            (false, _) => [120.0, 85.0, 60.0],
            (true, true) => [40.0, 40.0, 45.0],
            (true, false) => [222.0, 220.0, 214.0],
        };
        Rgb(base.map(|v: f32| (v * light).min(255.0) as u8))
    })
}

fn judge(picture: &RgbImage) -> Verdict {
    measure(picture).verdict(&Thresholds::default())
}

#[test]
fn m15_a_sharp_bright_photo_passes() {
    assert_eq!(judge(&paper(1.0)), Verdict::default());
}

#[test]
fn m15_blur_is_told_by_degree() {
    let blurred = |sigma| judge(&fast_blur(&paper(1.0), sigma));
    assert_eq!(blurred(4.0).refused, [Fault::TooBlurred]);
    assert!(blurred(4.0).advice().unwrap().contains("太模糊"));
    let sharpness: Vec<f32> = [1.0, 2.0, 4.0].map(|s| measure(&fast_blur(&paper(1.0), s)).sharpness).into();
    assert!(sharpness.windows(2).all(|pair| pair[0] > pair[1]), "{sharpness:?}");
}

#[test]
fn m15_darkness_is_not_taken_for_blur() {
    assert_eq!(judge(&paper(0.22)).refused, [Fault::TooDark]);
}

#[test]
fn m15_a_lamp_on_the_paper_is_glare_and_a_white_scan_is_not() {
    let mut lamp = paper(1.0);
    for (x, y, pixel) in lamp.enumerate_pixels_mut() {
        if (x as f32 - 700.0).hypot(y as f32 - 480.0) < 220.0 {
            *pixel = Rgb([255; 3]);
        }
    }
    assert_eq!(judge(&lamp).refused, [Fault::Glare]);
    let mut scan = paper(1.0);
    scan.pixels_mut().for_each(|p| {
        if p[0] > 100 {
            *p = Rgb([255; 3]);
        }
    });
    assert_eq!(judge(&scan).refused, []);
}

#[test]
fn tiny_and_blank_pictures_are_refused_without_panic() {
    for (width, height) in [(1, 1), (2, 500), (65, 3), (300, 300)] {
        let verdict = judge(&RgbImage::from_pixel(width, height, Rgb([200; 3])));
        assert!(verdict.refused.contains(&Fault::TooSmall));
        assert!(verdict.refused.contains(&Fault::TooBlurred));
    }
}
