//! What a person or an attacker would notice about photo intake.

use super::*;
use image::{ExtendedColorType, ImageEncoder, Rgba, RgbaImage, codecs::png::PngEncoder};
use proptest::prelude::*;

/// A picture with something to see, dark in the top left corner.
fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        if x < width / 4 && y < height / 4 {
            image::Rgb([10, 10, 10])
        } else {
            image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, ((x ^ y) & 255) as u8])
        }
    })
}

fn jpeg(picture: &RgbImage) -> Vec<u8> {
    encode_jpeg(picture, 90).jpeg
}

fn png(picture: &RgbImage) -> Vec<u8> {
    let mut out = Vec::new();
    let (width, height) = picture.dimensions();
    PngEncoder::new(&mut out).write_image(picture, width, height, ExtendedColorType::Rgb8).unwrap();
    out
}

/// Adds an APP1 segment that says: orientation `value`, and a place.
fn with_exif(jpeg: &[u8], value: u8) -> Vec<u8> {
    let mut tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([value, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"GPS 26.08N 119.30E");
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend(((tiff.len() + 2) as u16).to_be_bytes());
    out.extend(tiff);
    out.extend(&jpeg[2..]);
    out
}

#[test]
fn m21_a_photo_is_encoded_anew_upright_and_without_metadata() {
    let turned = with_exif(&jpeg(&scene(800, 600)), 6);
    let photo = intake(&turned, &Limits::default()).unwrap();
    assert_eq!((photo.width, photo.height), (600, 800));
    assert!(!photo.jpeg.windows(3).any(|w| w == b"GPS" || w == b"Exi"));
    let again = decode(&photo.jpeg, &Limits::default()).unwrap();
    assert!(again.get_pixel(590, 10)[0] < 60, "the dark corner turned to the top right");
    assert!(again.get_pixel(10, 10)[1] > 200 || again.get_pixel(10, 10)[0] < 60);
}

#[test]
fn m21_png_is_taken_and_transparency_becomes_paper() {
    let clear = RgbaImage::from_pixel(400, 300, Rgba([0, 0, 0, 0]));
    let mut upload = Vec::new();
    PngEncoder::new(&mut upload).write_image(&clear, 400, 300, ExtendedColorType::Rgba8).unwrap();
    let picture = decode(&upload, &Limits::default()).unwrap();
    assert_eq!(picture.get_pixel(5, 5).0, [255; 3]);
    assert!(intake(&png(&scene(400, 300)), &Limits::default()).is_ok());
}

#[test]
fn large_photos_are_reduced_and_small_targets_met() {
    let big = jpeg(&scene(4000, 3000));
    let photo = intake(&big, &Limits::default()).unwrap();
    assert_eq!((photo.width, photo.height), (2560, 1920));
    let small = intake(&big, &Limits::small()).unwrap();
    assert!(small.jpeg.len() <= 400 * 1024, "{small:?}");
    let tiny = Limits { target_bytes: Some(1), ..Limits::default() };
    assert!(intake(&big, &tiny).unwrap().width <= 320, "an impossible target still ends");
    assert_eq!(thumbnail(&decode(&big, &Limits::default()).unwrap(), 240).width, 240);
}

#[test]
fn each_bad_upload_has_its_own_error() {
    let check = |upload: &[u8]| intake(upload, &Limits::default()).unwrap_err();
    let good = jpeg(&scene(640, 480));
    assert_eq!(check(b""), PhotoError::Empty);
    assert_eq!(check(b"<html><script>alert(1)</script>"), PhotoError::NotAnImage);
    assert_eq!(check(b"%PDF-1.7 ..."), PhotoError::NotAnImage);
    assert_eq!(check(b"\0\0\0\x18ftypheic\0\0\0\0"), PhotoError::Heic);
    assert_eq!(check(b"GIF89a\x01\0\x01\0"), PhotoError::OtherFormat);
    assert_eq!(check(b"RIFF\x10\0\0\0WEBPVP8 "), PhotoError::OtherFormat);
    assert_eq!(check(&vec![0xff; (15 << 20) + 1]), PhotoError::TooManyBytes);
    assert_eq!(check(&jpeg(&scene(640, 100))), PhotoError::TooSmall);
    assert_eq!(check(&good[..good.len() / 5]), PhotoError::Truncated);
    assert_eq!(check(&good[..good.len() - 40]), PhotoError::Truncated);
    let flat = png(&scene(640, 480));
    assert_eq!(check(&flat[..flat.len() / 2]), PhotoError::Truncated);
}

#[test]
fn pixel_bombs_are_refused_before_they_are_decoded() {
    let mut claims = jpeg(&scene(640, 480));
    let frame = claims.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    claims[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    assert_eq!(intake(&claims, &Limits::default()), Err(PhotoError::TooManyPixels));
    let mut bomb = png(&scene(640, 480));
    bomb[16..24].copy_from_slice(&[0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20]);
    let crc = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(intake(&bomb, &Limits::default()), Err(PhotoError::TooManyPixels));
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |c, _| (c >> 1) ^ (0xedb8_8320 & (c & 1).wrapping_neg()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn changed_files_never_panic(
        is_png: bool,
        changes in prop::collection::vec((0usize..6000, any::<u8>()), 1..8),
        keep in 0.05f64..1.0,
    ) {
        let picture = scene(220, 210);
        let mut upload = if is_png { png(&picture) } else { with_exif(&jpeg(&picture), 6) };
        let length = upload.len();
        changes.iter().for_each(|&(at, value)| upload[at % length] = value);
        upload.truncate((length as f64 * keep) as usize);
        let _ = intake(&upload, &Limits { max_pixels: 4_000_000, ..Limits::default() });
    }
}
