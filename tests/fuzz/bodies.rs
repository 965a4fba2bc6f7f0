//! What strangers may send, taken in as the product does: nothing may panic, hang, or take more memory than its limits allow.
//! Shared by the fuzz targets and by the plain test.

use zhangzheng_documents::{
    letter::Mark,
    measure, pdf,
    photo::{self, Limits},
    qr, seal_photo, video,
};

/// A photo: decoded, measured, encoded anew, searched for a code and for a seal.
pub fn image(data: &[u8]) {
    let limits = Limits::default();
    let Ok(picture) = photo::decode(data, &limits) else { return };
    assert!(u64::from(picture.width()) * u64::from(picture.height()) <= 64_000_000, "larger than any limit");
    let verdict = measure::measure(&picture).verdict(&measure::Thresholds::default());
    assert!(verdict.accepted() || verdict.advice().is_some(), "a refusal says what to do");
    let kept = photo::encode(&picture, &limits);
    assert!(photo::decode(&kept.jpeg, &limits).is_ok(), "what is kept can be opened");
    let _ = qr::read(&picture);
    if let Ok(cut) = seal_photo::extract(&picture, None) {
        assert!(cut.pixels.is_finite() && !cut.png().is_empty());
    }
}

/// A video of somebody reading a number.
pub fn video(data: &[u8]) {
    let rules = video::Rules { max_bytes: 6 * 1024 * 1024, max_ms: 20_000, ..video::Rules::default() };
    if let Err(refused) = video::check(data, &rules) {
        assert!(!refused.advice().is_empty(), "a refusal says what to do");
    }
}

/// A scanned letter, as the process that draws it has it in hand: whatever happens there, it ends in pages or a sentence.
pub fn scan(data: &[u8]) {
    match pdf::open(data.to_vec(), &pdf::Limits::default()) {
        Ok(pages) => assert!((1..=5).contains(&pages.len()) && pages.iter().all(|page| page.width() <= 2400)),
        Err(refused) => assert!(!refused.advice().is_empty(), "a refusal says what to do"),
    }
}

/// What a code on a photographed letter says.
pub fn letter_mark(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(mark) = text.parse::<Mark>() {
        assert_eq!(mark.to_string(), text, "one way to write it");
    }
}
