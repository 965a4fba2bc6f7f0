//! Looks into a recorded MP4 without decoding it: tracks, duration, and the note that the phone on the desk leaves at the
//! end of the file. Plain and fragmented files (what browsers record) alike.

use std::collections::HashMap;

/// What a recording is, as far as its container tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Video {
    pub(crate) pictures: bool,
    pub(crate) sound: bool,
    /// `None` when the container does not say.
    pub(crate) seconds: Option<f64>,
    pub(crate) note: Option<Note>,
}

/// Who stood before the camera and what they read aloud: the payload `ZZFACE:<openid>:<digits>` of a top-level `free`
/// box. Players skip such a box; a real recording has none, and is then judged as one where nothing could be heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) openid: String,
    pub(crate) digits: String,
}

/// Examines a file; `None` when it is not an MP4 that can be read.
pub(crate) fn examine(file: &[u8]) -> Option<Video> {
    let parsed = mp4parse::read_mp4(&mut std::io::Cursor::new(file)).ok()?;
    let mut scales = HashMap::new();
    let mut longest: Option<f64> = None;
    let (mut pictures, mut sound) = (false, false);
    for track in &parsed.tracks {
        pictures |= track.track_type == mp4parse::TrackType::Video;
        sound |= track.track_type == mp4parse::TrackType::Audio;
        let scale = track.timescale.as_ref().map_or(0, |scale| scale.0);
        if let Some(id) = track.track_id {
            scales.insert(id, scale);
        }
        let ticks = track.duration.as_ref().map_or(0, |duration| duration.0);
        longest = longer(longest, ticks, scale);
    }
    let tops: Vec<(&[u8], &[u8])> = boxes(file).collect();
    let mut ticks: HashMap<u32, u64> = HashMap::new();
    let defaults = default_durations(&tops);
    for (_, moof) in tops.iter().filter(|(kind, _)| kind == b"moof") {
        for (_, traf) in boxes(moof).filter(|(kind, _)| kind == b"traf") {
            if let Some((id, duration)) = fragment(traf, &defaults) {
                let total = ticks.entry(id).or_default();
                *total = total.saturating_add(duration);
            }
        }
    }
    for (id, duration) in ticks {
        longest = longer(longest, duration, scales.get(&id).copied().unwrap_or(0));
    }
    let note = tops.iter().filter(|(kind, _)| kind == b"free").find_map(|(_, payload)| Note::read(payload));
    Some(Video { pictures, sound, seconds: longest, note })
}

impl Note {
    fn read(payload: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(payload).ok()?.strip_prefix("ZZFACE:")?;
        let (openid, digits) = text.split_once(':')?;
        Some(Self { openid: openid.to_owned(), digits: digits.to_owned() })
    }
}

fn longer(so_far: Option<f64>, ticks: u64, scale: u64) -> Option<f64> {
    if ticks == 0 || scale == 0 || ticks == u64::MAX || ticks == u64::from(u32::MAX) {
        return so_far;
    }
    let seconds = ticks as f64 / scale as f64;
    Some(so_far.map_or(seconds, |so_far| so_far.max(seconds)))
}

/// The boxes side by side in a buffer: kind and payload. Ends at the first one that does not fit.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let size = u64::from(number(rest, 0)?);
        let kind = rest.get(4..8)?;
        let (head, size) = match size {
            0 => (8, rest.len() as u64),
            1 => (16, u64::from(number(rest, 8)?) << 32 | u64::from(number(rest, 12)?)),
            size => (8, size),
        };
        let size = usize::try_from(size).ok().filter(|&size| size >= head)?;
        let payload = rest.get(head..size)?;
        rest = &rest[size..];
        Some((kind, payload))
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// moov/mvex/trex: each track's sample duration where a fragment does not say its own.
fn default_durations(tops: &[(&[u8], &[u8])]) -> HashMap<u32, u32> {
    let moov = tops.iter().filter(|(kind, _)| kind == b"moov").flat_map(|(_, moov)| boxes(moov));
    let mvex = moov.filter(|(kind, _)| kind == b"mvex").flat_map(|(_, mvex)| boxes(mvex));
    mvex.filter(|(kind, _)| kind == b"trex")
        .filter_map(|(_, trex)| Some((number(trex, 4)?, number(trex, 12)?)))
        .collect()
}

/// One track's part of a fragment: its id, and how long its samples last in ticks.
fn fragment(traf: &[u8], defaults: &HashMap<u32, u32>) -> Option<(u32, u64)> {
    let (_, tfhd) = boxes(traf).find(|(kind, _)| kind == b"tfhd")?;
    let (flags, id) = (number(tfhd, 0)?, number(tfhd, 4)?);
    let before = [(0x1, 8), (0x2, 4)].iter().filter(|(flag, _)| flags & flag != 0).map(|(_, size)| size).sum::<usize>();
    let own = (flags & 0x8 != 0).then(|| number(tfhd, 8 + before)).flatten();
    let each = own.or_else(|| defaults.get(&id).copied()).unwrap_or(0);
    let runs = boxes(traf).filter(|(kind, _)| kind == b"trun");
    Some((id, runs.map(|(_, trun)| run(trun, each)).sum()))
}

fn run(trun: &[u8], each: u32) -> u64 {
    let (Some(flags), Some(count)) = (number(trun, 0), number(trun, 4)) else { return 0 };
    if flags & 0x100 == 0 {
        return u64::from(count) * u64::from(each);
    }
    let head = 8 + 4 * (usize::from(flags & 0x1 != 0) + usize::from(flags & 0x4 != 0));
    let step = 4 * (flags >> 8 & 0xf).count_ones() as usize;
    let room = trun.len().saturating_sub(head) / step;
    (0..room.min(count as usize)).filter_map(|i| number(trun, head + i * step)).map(u64::from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::clip;
    use proptest::prelude::*;

    #[test]
    fn a_clip_tells_its_tracks_duration_and_note() {
        let video = examine(&clip(Some(("oWANG", "4392")), 6.0)).unwrap();
        assert!(video.pictures && video.sound);
        assert!((video.seconds.unwrap() - 6.0).abs() < 0.05);
        assert_eq!(video.note, Some(Note { openid: "oWANG".into(), digits: "4392".into() }));
        assert_eq!(examine(&clip(None, 6.0)).unwrap().note, None);
    }

    #[test]
    fn fragments_are_added_up() {
        let boxed = |kind: &[u8], payload: &[u8]| {
            let mut out = (payload.len() as u32 + 8).to_be_bytes().to_vec();
            out.extend_from_slice(kind);
            out.extend_from_slice(payload);
            out
        };
        let words = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>();
        let tfhd = boxed(b"tfhd", &words(&[0x8, 1, 500]));
        let truns = [boxed(b"trun", &words(&[0, 4])), boxed(b"trun", &words(&[0x301, 2, 0, 100, 7, 200, 7]))].concat();
        let traf = [tfhd, truns].concat();
        assert_eq!(fragment(&traf, &HashMap::new()), Some((1, 2300)));
    }

    proptest! {
        #[test]
        fn broken_files_never_panic(at in 0usize..1200, value: u8, cut in 0usize..1400) {
            let mut file = clip(Some(("oWANG", "4392")), 6.0);
            let place = at % file.len();
            file[place] = value;
            file.truncate(cut.max(1));
            let _ = examine(&file);
        }
    }
}
