//! The face before the phone's camera: a drawn person speaking, as concatenated JPEG frames (Motion JPEG), with a small
//! block that names the person.

use super::canvas::{Canvas, ink};
use super::mark::Mark;
use super::photo::encode;
use super::portrait::{self, Look, Moment};

/// Pixels: a phone held upright.
pub const WIDTH: u32 = 480;
/// Pixels.
pub const HEIGHT: u32 = 640;
/// Frames a second at which the feed is meant to be played; it lasts two seconds and can be repeated.
pub const RATE: u32 = 15;

/// One frame, `at` seconds into the feed.
pub fn frame(openid: &str, seed: u64, female: bool, at: f32) -> Vec<u8> {
    let mut scene = Canvas::new(WIDTH, HEIGHT, ink(0xd9dee3, 1.0));
    if let Some(wall) = super::canvas::rounded(0.0, 0.0, WIDTH as f32, HEIGHT as f32, 0.1) {
        scene.fill_gradient(&wall, ink(0xe6eaee, 1.0), ink(0xb9c4cf, 1.0));
    }
    let turn = at * std::f32::consts::TAU;
    let blink = if (at % 2.0) > 1.7 && (at % 2.0) < 1.84 { 0.05 } else { 1.0 };
    let speech = ((turn * 2.0).sin() * 0.5 + 0.5) * ((turn * 0.5).sin() * 0.35 + 0.65);
    let moment = Moment { mouth: speech, eyes: blink, lean: (turn * 0.5).sin() * 0.45 };
    portrait::draw(&mut scene, 18.0, 84.0, 445.0, &Look::from_seed(seed, female), moment);
    Mark::new("face", &[openid]).draw(&mut scene, 372.0, 532.0, 100.0);
    encode(&scene.to_rgb(), 82)
}

/// Two seconds of the feed: the last frame leads into the first.
pub fn feed(openid: &str, seed: u64, female: bool) -> Vec<u8> {
    (0..RATE * 2).flat_map(|i| frame(openid, seed, female, i as f32 / RATE as f32)).collect()
}
