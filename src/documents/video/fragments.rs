//! How long each track of a fragmented MP4 is (ISO/IEC 14496-12 §8.8): the recorder of Chromium writes no duration
//! into the header, so the fragments are counted.

use std::collections::HashMap;

use super::VideoError;
use super::boxes::{Reader, children};

/// More samples than this in 20 MB is no recording of a person.
const MOST_SAMPLES: u64 = 200_000;

/// What the fragments of one track add up to, in the track's own time scale.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    start: Option<u64>,
    end: u64,
    samples: u64,
}

impl Span {
    pub fn duration(&self) -> u64 {
        self.end.saturating_sub(self.start.unwrap_or(0))
    }
}

/// Adds up fragments; `default_durations` come from `trex` boxes, by track id.
pub(super) struct Fragments {
    default_durations: HashMap<u32, u32>,
    pub spans: HashMap<u32, Span>,
}

impl Fragments {
    /// Reads `moov/mvex/trex`; `None` if the file is not fragmented.
    pub fn announced(moov: &[u8]) -> Result<Option<Fragments>, VideoError> {
        let boxes = children(moov)?;
        let Some(extends) = boxes.iter().find(|b| &b.kind == b"mvex") else {
            return Ok(None);
        };
        let mut default_durations = HashMap::new();
        for trex in children(extends.body)?.iter().filter(|b| &b.kind == b"trex") {
            let mut reader = Reader(trex.body);
            reader.flags()?;
            let track = reader.u32()?;
            reader.skip(4)?;
            default_durations.insert(track, reader.u32()?);
        }
        Ok(Some(Fragments { default_durations, spans: HashMap::new() }))
    }

    /// Adds one `moof`.
    pub fn add(&mut self, moof: &[u8]) -> Result<(), VideoError> {
        for traf in children(moof)?.iter().filter(|b| &b.kind == b"traf") {
            self.add_track(traf.body)?;
        }
        Ok(())
    }

    fn add_track(&mut self, traf: &[u8]) -> Result<(), VideoError> {
        let boxes = children(traf)?;
        let header = boxes.iter().find(|b| &b.kind == b"tfhd").ok_or(VideoError::Damaged)?;
        let (track, default) = self.track_header(header.body)?;
        let span = self.spans.entry(track).or_default();
        let mut at = span.end;
        if let Some(time) = boxes.iter().find(|b| &b.kind == b"tfdt") {
            at = decode_time(time.body)?;
        }
        span.start = Some(span.start.map_or(at, |start| start.min(at)));
        for run in boxes.iter().filter(|b| &b.kind == b"trun") {
            let (samples, duration) = run_duration(run.body, default)?;
            at = at.checked_add(duration).ok_or(VideoError::Damaged)?;
            span.samples += samples;
            if span.samples > MOST_SAMPLES {
                return Err(VideoError::Damaged);
            }
        }
        span.end = span.end.max(at);
        Ok(())
    }

    /// `tfhd`: the track, and how long its samples are where a run does not say.
    fn track_header(&self, body: &[u8]) -> Result<(u32, u32), VideoError> {
        let mut reader = Reader(body);
        let (_, flags) = reader.flags()?;
        let track = reader.u32()?;
        let announced = self.default_durations.get(&track).copied().unwrap_or(0);
        if flags & 0x01 != 0 {
            reader.skip(8)?;
        }
        if flags & 0x02 != 0 {
            reader.skip(4)?;
        }
        let own = if flags & 0x08 != 0 { reader.u32()? } else { announced };
        Ok((track, own))
    }
}

fn decode_time(body: &[u8]) -> Result<u64, VideoError> {
    let mut reader = Reader(body);
    match reader.flags()?.0 {
        0 => reader.u32().map(u64::from),
        _ => reader.u64(),
    }
}

/// `trun`: how many samples, and how long they are together.
fn run_duration(body: &[u8], default: u32) -> Result<(u64, u64), VideoError> {
    let mut reader = Reader(body);
    let (_, flags) = reader.flags()?;
    let count = u64::from(reader.u32()?);
    if count > MOST_SAMPLES {
        return Err(VideoError::Damaged);
    }
    reader.skip(4 * (flags & 0x05).count_ones() as usize)?;
    if flags & 0x100 == 0 {
        return Ok((count, count * u64::from(default)));
    }
    let others = 4 * (flags & 0xe00).count_ones() as usize;
    let mut sum = 0u64;
    for _ in 0..count {
        sum += u64::from(reader.u32()?);
        reader.skip(others)?;
    }
    Ok((count, sum))
}
