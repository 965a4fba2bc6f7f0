//! Checks of a recorded MP4 (读数视频) before it is kept or sent anywhere: container, codecs, length, size, sound.
//!
//! Phones write plain MP4 with H.264 and AAC; Chromium's recorder writes fragments with VP9 or H.264 and Opus.
//! A container check says nothing of what is to be seen: that is the liveness check's matter.

mod boxes;
mod fragments;

use std::io::Cursor;

use mp4parse::{CodecType, MediaContext, SampleEntry, Track, TrackType};

use boxes::children;
use fragments::Fragments;

/// More bytes of index than this is no recording of half a minute.
const MOST_INDEX_BYTES: usize = 2 << 20;

/// What a recording may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Largest upload in bytes.
    pub max_bytes: usize,
    /// Shortest recording in milliseconds.
    pub min_ms: u64,
    /// Longest recording in milliseconds.
    pub max_ms: u64,
    /// Shorter side of the picture in pixels, at least.
    pub min_side: u16,
    /// Whether a sound track is needed (numbers are read aloud).
    pub speech: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { max_bytes: 20 << 20, min_ms: 1_000, max_ms: 30_000, min_side: 320, speech: true }
    }
}

/// Codecs of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// AVC, as phones write it.
    H264,
    /// VP9, as Chromium's recorder writes it.
    Vp9,
}

/// Codecs of the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// AAC, as phones write it.
    Aac,
    /// Opus, as Chromium's recorder writes it.
    Opus,
}

/// What a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Video {
    /// Length of the picture in milliseconds.
    pub duration_ms: u64,
    /// Width in pixels as coded (before the player turns it).
    pub width: u16,
    /// Height in pixels as coded.
    pub height: u16,
    /// Codec of the picture.
    pub picture: Picture,
    /// Codec of the sound, if there is any.
    pub sound: Option<Sound>,
    /// True for a file of fragments.
    pub fragmented: bool,
}

/// Why a recording was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VideoError {
    /// No bytes at all.
    #[error("the upload is empty")]
    Empty,
    /// More bytes than allowed.
    #[error("the upload has too many bytes")]
    TooManyBytes,
    /// The content is no MP4, whatever its name says.
    #[error("the upload is not an MP4")]
    NotMp4,
    /// The file ends before the recording does.
    #[error("the recording is cut short")]
    Truncated,
    /// The file cannot be read.
    #[error("the recording is damaged")]
    Damaged,
    /// No picture, or more than one.
    #[error("the recording does not have exactly one picture track")]
    NotOnePicture,
    /// A picture that is neither H.264 nor, in fragments, VP9.
    #[error("the picture's codec is not taken")]
    OtherPicture,
    /// No sound where speech is needed.
    #[error("the recording has no sound")]
    NoSound,
    /// A sound that is neither AAC nor Opus.
    #[error("the sound's codec is not taken")]
    OtherSound,
    /// Shorter than allowed.
    #[error("the recording is too short")]
    TooShort,
    /// Longer than allowed.
    #[error("the recording is too long")]
    TooLong,
    /// Fewer pixels than allowed.
    #[error("the picture is too small")]
    TooSmall,
}

impl VideoError {
    /// What the person should do, in one calm sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            VideoError::Empty => "没有收到视频，请重新录制。",
            VideoError::TooManyBytes => "视频文件太大，请重新录制，读完数字后立即结束。",
            VideoError::NotMp4 => "这个文件不是 MP4 视频，请在小程序里重新录制。",
            VideoError::Truncated => "视频没有传完整，请检查网络后重新录制。",
            VideoError::Damaged => "视频无法打开，可能已经损坏，请重新录制。",
            VideoError::NotOnePicture => "视频里没有可用的画面，请在小程序里重新录制。",
            VideoError::OtherPicture => "暂不支持这种视频编码，请在小程序里重新录制。",
            VideoError::NoSound => "视频没有声音，请允许使用麦克风，重新录制并大声读出数字。",
            VideoError::OtherSound => "暂不支持这种声音编码，请在小程序里重新录制。",
            VideoError::TooShort => "视频太短，请看着屏幕完整读出数字后再结束录制。",
            VideoError::TooLong => "视频太长，请重新录制，读完数字后立即结束。",
            VideoError::TooSmall => "视频画面太小，请使用前置摄像头，在小程序里重新录制。",
        }
    }
}

/// Checks a recording against the rules: under a millisecond for a common one.
pub fn check(upload: &[u8], rules: &Rules) -> Result<Video, VideoError> {
    if upload.is_empty() {
        return Err(VideoError::Empty);
    }
    if upload.len() > rules.max_bytes {
        return Err(VideoError::TooManyBytes);
    }
    let video = inspect(upload, rules.speech)?;
    if video.width.min(video.height) < rules.min_side {
        return Err(VideoError::TooSmall);
    }
    if video.duration_ms < rules.min_ms {
        return Err(VideoError::TooShort);
    }
    if video.duration_ms > rules.max_ms {
        return Err(VideoError::TooLong);
    }
    Ok(video)
}

fn inspect(upload: &[u8], speech: bool) -> Result<Video, VideoError> {
    let (media, fragments) = read(upload)?;
    let mut pictures = media.tracks.iter().filter(|t| t.track_type == TrackType::Video);
    let (Some(track), None) = (pictures.next(), pictures.next()) else {
        return Err(VideoError::NotOnePicture);
    };
    let (picture, width, height) = picture_of(track, fragments.is_some())?;
    let sound = media.tracks.iter().find(|t| t.track_type == TrackType::Audio);
    let sound = match sound.map(sound_of) {
        None if speech => return Err(VideoError::NoSound),
        None => None,
        Some(sound) => Some(sound?),
    };
    Ok(Video {
        duration_ms: duration_ms(track, fragments.as_ref())?,
        width,
        height,
        picture,
        sound,
        fragmented: fragments.is_some(),
    })
}

/// Walks the outer boxes, and hands only `ftyp` and `moov` to the parser.
fn read(upload: &[u8]) -> Result<(MediaContext, Option<Fragments>), VideoError> {
    if upload.get(4..8) != Some(b"ftyp") {
        return Err(VideoError::NotMp4);
    }
    let outer = children(upload)?;
    let (mut index, mut fragments, mut headers, mut content) = (Vec::new(), None, 0, 0);
    for part in &outer {
        match &part.kind {
            b"ftyp" => index.extend_from_slice(part.whole),
            b"moov" => {
                headers += 1;
                index.extend_from_slice(part.whole);
                fragments = Fragments::announced(part.body)?;
            }
            b"moof" => fragments.as_mut().ok_or(VideoError::Damaged)?.add(part.body)?,
            b"mdat" => content += part.body.len(),
            _ => {}
        }
        if index.len() > MOST_INDEX_BYTES || headers > 1 {
            return Err(VideoError::Damaged);
        }
    }
    if headers == 0 || content == 0 {
        return Err(VideoError::Truncated);
    }
    let media = mp4parse::read_mp4(&mut Cursor::new(index)).map_err(|_| VideoError::Damaged)?;
    Ok((media, fragments))
}

fn descriptions(track: &Track) -> Result<&[SampleEntry], VideoError> {
    let table = track.stsd.as_ref().ok_or(VideoError::Damaged)?;
    Ok(&table.descriptions)
}

fn picture_of(track: &Track, fragmented: bool) -> Result<(Picture, u16, u16), VideoError> {
    let [SampleEntry::Video(entry)] = descriptions(track)? else {
        return Err(VideoError::OtherPicture);
    };
    let picture = match entry.codec_type {
        CodecType::H264 => Picture::H264,
        CodecType::VP9 if fragmented => Picture::Vp9,
        _ => return Err(VideoError::OtherPicture),
    };
    Ok((picture, entry.width, entry.height))
}

fn sound_of(track: &Track) -> Result<Sound, VideoError> {
    match descriptions(track)? {
        [SampleEntry::Audio(entry)] => match entry.codec_type {
            CodecType::AAC => Ok(Sound::Aac),
            CodecType::Opus => Ok(Sound::Opus),
            _ => Err(VideoError::OtherSound),
        },
        _ => Err(VideoError::OtherSound),
    }
}

/// The longest of what the header says, what the sample table adds up to and what the fragments add up to.
fn duration_ms(track: &Track, fragments: Option<&Fragments>) -> Result<u64, VideoError> {
    let scale = track.timescale.map(|scale| scale.0).filter(|&scale| scale > 0);
    let scale = scale.ok_or(VideoError::Damaged)?;
    let stated = track.duration.map_or(0, |duration| duration.0);
    let stated = if stated == u64::from(u32::MAX) { 0 } else { stated };
    let table = track
        .stts
        .iter()
        .flat_map(|table| &table.samples)
        .fold(0u64, |sum, run| sum.saturating_add(u64::from(run.sample_count) * u64::from(run.sample_delta)));
    let counted = fragments
        .zip(track.track_id)
        .and_then(|(fragments, id)| fragments.spans.get(&id))
        .map_or(0, |span| span.duration());
    Ok(stated.max(table).max(counted).saturating_mul(1000) / scale)
}

#[cfg(test)]
mod tests;
