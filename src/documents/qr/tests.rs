//! What is written can be read, also off a photo.

use super::*;
use image::Rgb;
use proptest::prelude::*;

/// The code on a grey page, `unit` pixels a square.
fn page(text: &str, unit: u32) -> RgbImage {
    let Modules { side, dark } = modules(text).unwrap();
    RgbImage::from_fn(900, 700, |x, y| {
        let (column, row) = ((x.wrapping_sub(200) / unit) as usize, (y.wrapping_sub(150) / unit) as usize);
        let ink = x >= 200 && y >= 150 && column < side && row < side && dark[row * side + column];
        Rgb(if ink { [40, 38, 36] } else { [205, 203, 198] })
    })
}

#[test]
fn a_printed_code_is_read_and_none_is_none() {
    let text = "ZZ1:SQ20261123000001:3";
    assert_eq!(read(&page(text, 6)).as_deref(), Some(text));
    assert_eq!(read(&image::imageops::rotate90(&page(text, 5))).as_deref(), Some(text));
    assert_eq!(read(&RgbImage::from_pixel(800, 600, Rgb([240; 3]))), None);
    assert_eq!(read(&RgbImage::new(1, 1)), None);
}

#[test]
fn a_code_for_a_page_is_svg() {
    let svg = svg("https://example.invalid/h?t=abcdefghijklmnopqrstuvwxyz").unwrap();
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>") && svg.len() < 20_000);
    assert_eq!(super::svg(&"x".repeat(5000)), Err(TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn noise_does_not_panic(seed: u64, share in 0u8..255) {
        let mut dice = crate::captcha::Dice(seed);
        let mut picture = page("ZZ1:A:1", 6);
        for pixel in picture.pixels_mut() {
            if (dice.below(256) as u8) < share {
                *pixel = Rgb([dice.below(256) as u8; 3]);
            }
        }
        let _ = read(&picture);
    }
}
