//! Recordings as phones and browsers write them are taken; everything else is refused, and nothing hangs.
//! `phone.mp4` and `hevc.mp4` are ffmpeg's test pattern and tone; the others are Chromium's recorder on its fake camera. The rest is written box by box.

use std::time::{Duration, Instant};

use super::*;
use proptest::prelude::*;

const PHONE: &[u8] = include_bytes!("phone.mp4");
const BROWSER: &[u8] = include_bytes!("browser.mp4");
const HEVC: &[u8] = include_bytes!("hevc.mp4");
const BROWSER_H264: &[u8] = include_bytes!("browser-h264.mp4");

/// Of `browser.mp4`; its sound is track 1.
const PICTURE_TRACK: u32 = 2;

fn judge(upload: &[u8]) -> Result<Video, VideoError> {
    check(upload, &Rules::default())
}

fn atom(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind, &body].concat()
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// The first place of a box's name in a file, which is four bytes past its size.
fn find(file: &[u8], kind: &[u8; 4]) -> usize {
    file.windows(4).position(|window| window == kind).unwrap()
}

/// A recording of fragments only: one `moof` with the given body of `traf`.
fn with_fragment(traf: &[Vec<u8>]) -> Vec<u8> {
    let end = find(BROWSER, b"moof") - 4;
    let traf = atom(b"traf", &traf.iter().map(Vec::as_slice).collect::<Vec<_>>());
    [&BROWSER[..end], &atom(b"moof", &[&traf]), &atom(b"mdat", &[b"x"])].concat()
}

#[test]
fn m17_a_phone_recording_is_taken() {
    let video = judge(PHONE).unwrap();
    assert_eq!((video.width, video.height), (320, 568));
    assert_eq!((video.picture, video.sound), (Picture::H264, Some(Sound::Aac)));
    assert!((2900..=3100).contains(&video.duration_ms), "{video:?}");
    assert!(!video.fragmented);
}

#[test]
fn m17_browser_recordings_are_taken_and_their_fragments_counted() {
    let vp9 = judge(BROWSER).unwrap();
    assert_eq!((vp9.picture, vp9.sound), (Picture::Vp9, Some(Sound::Opus)));
    let h264 = judge(BROWSER_H264).unwrap();
    assert_eq!((h264.picture, h264.sound), (Picture::H264, Some(Sound::Opus)));
    for video in [vp9, h264] {
        assert!(video.fragmented);
        assert!((1500..=2200).contains(&video.duration_ms), "{video:?}");
    }
}

#[test]
fn length_size_and_sound_are_held_to_the_rules() {
    let with = |rules: Rules| check(PHONE, &rules);
    let rules = Rules::default;
    assert_eq!(with(Rules { min_ms: 5_000, ..rules() }), Err(VideoError::TooShort));
    assert_eq!(with(Rules { max_ms: 2_000, ..rules() }), Err(VideoError::TooLong));
    assert_eq!(with(Rules { min_side: 480, ..rules() }), Err(VideoError::TooSmall));
    assert_eq!(with(Rules { max_bytes: 1_000, ..rules() }), Err(VideoError::TooManyBytes));
    let mut silent = PHONE.to_vec();
    let sound = find(PHONE, b"soun");
    silent[sound..sound + 4].copy_from_slice(b"meta");
    assert_eq!(judge(&silent), Err(VideoError::NoSound));
    assert!(check(&silent, &Rules { speech: false, ..rules() }).is_ok());
}

#[test]
fn other_files_and_codecs_are_refused_by_name() {
    assert_eq!(judge(b""), Err(VideoError::Empty));
    assert_eq!(judge(b"\x1a\x45\xdf\xa3 webm"), Err(VideoError::NotMp4));
    assert_eq!(judge(b"\xff\xd8\xff\xe0 a photo named .mp4"), Err(VideoError::NotMp4));
    let quiet = Rules { speech: false, ..Rules::default() };
    assert_eq!(check(HEVC, &quiet), Err(VideoError::OtherPicture));
    let mut blind = PHONE.to_vec();
    let picture = PHONE.windows(8).rposition(|w| w == b"vide\0\0\0\0").unwrap();
    blind[picture..picture + 4].copy_from_slice(b"meta");
    assert_eq!(judge(&blind), Err(VideoError::NotOnePicture));
}

#[test]
fn cut_files_are_refused() {
    for file in [PHONE, BROWSER] {
        for share in [10, 50, 90, 99] {
            let cut = judge(&file[..file.len() * share / 100]);
            assert_eq!(cut, Err(VideoError::Truncated), "{share} %");
        }
    }
}

#[test]
fn empty_and_overlong_boxes_are_errors_not_loops() {
    for kind in [b"moov", b"mdat", b"ftyp", b"moof", b"traf"] {
        for size in [0u32, 1, 4, 7, 0x7fff_ffff, u32::MAX] {
            let mut file = BROWSER.to_vec();
            let at = find(&file, kind) - 4;
            file[at..at + 4].copy_from_slice(&size.to_be_bytes());
            assert!(judge(&file).is_err(), "{} of {size} bytes", String::from_utf8_lossy(kind));
        }
    }
}

#[test]
fn fragments_that_claim_too_much_are_refused() {
    let header = atom(b"tfhd", &[&words(&[0x02_0000, PICTURE_TRACK])]);
    let run = |flags: u32, count: u32, rest: &[u32]| atom(b"trun", &[&words(&[flags, count]), &words(rest)]);
    let refused = |traf: &[Vec<u8>]| judge(&with_fragment(traf)).unwrap_err();
    assert_eq!(refused(&[header.clone(), run(0x100, u32::MAX, &[1])]), VideoError::Damaged);
    assert_eq!(refused(&[header.clone(), run(0x100, 50, &[1])]), VideoError::Truncated);
    assert_eq!(refused(&[run(0x100, 1, &[1])]), VideoError::Damaged);
    let century = run(0x100, 1000, &[u32::MAX; 1000]);
    assert_eq!(refused(&[header.clone(), century]), VideoError::TooLong);
    let late = atom(b"tfdt", &[&words(&[0x0100_0000, u32::MAX, u32::MAX])]);
    assert_eq!(refused(&[header, late, run(0x100, 1, &[9])]), VideoError::Damaged);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn changed_files_neither_panic_nor_hang(
        which in 0usize..3,
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just(0u8), Just(0xff), Just(0x7f), any::<u8>()]), 1..8),
        in_head: bool,
    ) {
        let mut file = [PHONE, BROWSER, BROWSER_H264][which].to_vec();
        let reach = if in_head { file.len().min(2500) } else { file.len() };
        for (at, value) in changes {
            file[at.index(reach)] = value;
        }
        let start = Instant::now();
        let _ = judge(&file);
        prop_assert!(start.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn random_bytes_neither_panic_nor_hang(tail in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = judge(&[&b"\0\0\0\x10ftypisom\0\0\0\0"[..], &tail].concat());
        let _ = judge(&tail);
    }
}
