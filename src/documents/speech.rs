//! The captcha for those who would rather hear it (语音验证码): digits spoken in Mandarin over noise, as WAV.
//!
//! The clips in `speech/digits.pcm` are espeak-ng's, made by `speech/make.sh`: what it says is free of its licence.

use crate::captcha::Dice;

/// Samples per second; eight bits each, one channel.
pub const RATE: u32 = 8000;
/// Digits in a spoken captcha.
pub const LENGTH: usize = 6;
/// Most digits that are spoken at once.
pub const LONGEST: usize = 8;

/// Ten lengths (u16, big-endian), then ten clips of unsigned bytes, 零 to 九.
static CLIPS: &[u8] = include_bytes!("speech/digits.pcm");

/// Only digits can be spoken, one to eight of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a spoken captcha is one to eight digits")]
pub struct NotDigits;

/// Digits to speak, from 64 random bits. Read them to the person in the order written.
pub fn digits(random: u64) -> String {
    let mut dice = Dice(random);
    (0..LENGTH).map(|_| char::from(b'0' + dice.below(10) as u8)).collect()
}

/// Speaks the digits: pace, pauses, loudness and noise vary with the seed. The same digits and seed give the same bytes;
/// at most 100 kB.
pub fn wav(digits: &str, seed: u64) -> Result<Vec<u8>, NotDigits> {
    let spoken: Vec<u8> = digits.bytes().collect();
    if !(1..=LONGEST).contains(&spoken.len()) || !spoken.iter().all(u8::is_ascii_digit) {
        return Err(NotDigits);
    }
    let mut dice = Dice(seed ^ 0x7370_6565_6368);
    let mut sound = vec![0.0; 2400];
    for digit in spoken {
        let pace = dice.between(0.9, 1.1);
        let loudness = dice.between(0.75, 1.0);
        let clip = clip(usize::from(digit - b'0'));
        let length = (clip.len() as f32 / pace) as usize;
        sound.extend((0..length).map(|i| at(clip, i as f32 * pace) * loudness));
        sound.extend(std::iter::repeat_n(0.0, 1600 + dice.below(2000)));
    }
    babble(&mut sound, &mut dice);
    hiss(&mut sound, &mut dice);
    Ok(header_and(&sound))
}

fn clip(digit: usize) -> &'static [u8] {
    let length = |i: usize| usize::from(u16::from_be_bytes([CLIPS[2 * i], CLIPS[2 * i + 1]]));
    let start = 20 + (0..digit).map(length).sum::<usize>();
    &CLIPS[start..start + length(digit)]
}

/// The clip between its samples, -1 to 1.
fn at(clip: &[u8], position: f32) -> f32 {
    let value = |i: usize| clip.get(i).map_or(0.0, |&byte| (f32::from(byte) - 128.0) / 128.0);
    let (whole, part) = (position as usize, position.fract());
    value(whole) * (1.0 - part) + value(whole + 1) * part
}

/// Digits backwards and faint, behind everything.
fn babble(sound: &mut [f32], dice: &mut Dice) {
    let mut start = dice.below(1200);
    while start < sound.len() {
        let clip = clip(dice.below(10));
        for (place, &byte) in sound[start..].iter_mut().zip(clip.iter().rev()) {
            *place += 0.14 * (f32::from(byte) - 128.0) / 128.0;
        }
        start += clip.len() + dice.below(1500);
    }
}

fn hiss(sound: &mut [f32], dice: &mut Dice) {
    let mut low = 0.0;
    for value in sound {
        low = 0.7 * low + 0.3 * dice.between(-1.0, 1.0);
        *value += 0.06 * low + dice.between(-0.012, 0.012);
    }
}

fn header_and(sound: &[f32]) -> Vec<u8> {
    let length = sound.len() as u32;
    let mut wav = Vec::with_capacity(44 + sound.len());
    wav.extend(b"RIFF");
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    wav.extend([1, 0, 1, 0]);
    wav.extend(RATE.to_le_bytes());
    wav.extend(RATE.to_le_bytes());
    wav.extend([1, 0, 8, 0]);
    wav.extend(b"data");
    wav.extend(length.to_le_bytes());
    wav.extend(sound.iter().map(|value| (value * 110.0 + 128.0).round().clamp(0.0, 255.0) as u8));
    wav
}

#[cfg(test)]
mod tests;
