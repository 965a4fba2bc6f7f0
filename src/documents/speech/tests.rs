//! Every digit sounds, sounds its own way, and only digits do.

use super::*;
use proptest::prelude::*;

#[test]
fn m8_digits_are_spoken_as_wav() {
    let sound = wav("0123456", 7).unwrap();
    assert_eq!((&sound[..4], &sound[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    let length = u32::from_le_bytes(sound[40..44].try_into().unwrap()) as usize;
    assert_eq!(length + 44, sound.len());
    assert!((3 * 8000..10 * 8000).contains(&length));
    assert_eq!(sound, wav("0123456", 7).unwrap());
    assert_ne!(sound, wav("0123456", 8).unwrap());
}

#[test]
fn each_clip_is_a_voice_of_its_own() {
    let energy = |clip: &[u8]| clip.iter().map(|&b| (f64::from(b) - 128.0).powi(2)).sum::<f64>() / clip.len() as f64;
    for digit in 0..10 {
        assert!((1600..8000).contains(&clip(digit).len()));
        assert!(energy(clip(digit)) > 100.0, "{digit} is audible");
        assert!((0..digit).all(|other| clip(other) != clip(digit)));
    }
    assert_eq!(20 + (0..10).map(|digit| clip(digit).len()).sum::<usize>(), CLIPS.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn only_digits_are_spoken(text in "[0-9a四 ]{0,10}", seed: u64) {
        let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        match wav(&text, seed) {
            Ok(sound) => prop_assert!(fits && sound.len() < 100_000),
            Err(NotDigits) => prop_assert!(!fits),
        }
    }

    #[test]
    fn random_digits_are_six(random: u64) {
        prop_assert!(digits(random).len() == LENGTH && wav(&digits(random), random).is_ok());
    }
}
