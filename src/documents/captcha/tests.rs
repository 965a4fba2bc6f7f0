//! Small, repeatable, different for each seed.

use super::*;
use proptest::prelude::*;

#[test]
fn m8_texts_are_four_letters_that_are_not_mistaken() {
    for random in 0..500 {
        let text = text(random);
        assert_eq!(text.len(), LENGTH);
        assert!(text.bytes().all(|b| ALPHABET.contains(&b)), "{text}");
    }
    let different: std::collections::HashSet<String> = (0..500).map(text).collect();
    assert!(different.len() > 490);
}

#[test]
fn m8_pictures_are_small_repeatable_and_never_alike() {
    for seed in 0..40 {
        let text = text(seed * 77);
        let png = image(&text, seed);
        assert!(png.len() <= 8 * 1024, "{} bytes", png.len());
        assert_eq!(png, image(&text, seed));
        assert_ne!(png, image(&text, seed + 1));
        let picture = ::image::load_from_memory(&png).unwrap().into_luma8();
        let inked = picture.pixels().filter(|p| p[0] < 160).count();
        assert!(inked > 900, "{text} has {inked} dark pixels");
    }
}

proptest! {
    #[test]
    fn any_text_gives_a_picture(text in "\\PC{0,30}", seed: u64) {
        prop_assert!(image(&text, seed).starts_with(b"\x89PNG"));
    }
}
