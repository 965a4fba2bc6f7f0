//! Walking MP4 boxes (ISO/IEC 14496-12 §4.2) over a slice: a box that is empty, or longer than what holds it, is an error.

use super::VideoError;

/// More boxes than this in one container is no recording.
const MOST_BOXES: usize = 10_000;

/// One box: its four letters and what is in it.
pub(super) struct Box<'a> {
    pub kind: [u8; 4],
    pub body: &'a [u8],
    /// With the header.
    pub whole: &'a [u8],
}

/// The boxes that lie side by side in `bytes`, all of it.
pub(super) fn children(bytes: &[u8]) -> Result<Vec<Box<'_>>, VideoError> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (size, header) = box_size(rest)?;
        if size < header {
            return Err(VideoError::Damaged);
        }
        let whole = rest.get(..size).ok_or(VideoError::Truncated)?;
        let kind = [whole[4], whole[5], whole[6], whole[7]];
        found.push(Box { kind, body: &whole[header..], whole });
        if found.len() > MOST_BOXES {
            return Err(VideoError::Damaged);
        }
        rest = &rest[size..];
    }
    Ok(found)
}

fn box_size(bytes: &[u8]) -> Result<(usize, usize), VideoError> {
    let mut reader = Reader(bytes);
    let (short, _kind) = (reader.u32()?, reader.u32()?);
    if short != 1 {
        return Ok((short as usize, 8));
    }
    let long = usize::try_from(reader.u64()?).map_err(|_| VideoError::Truncated)?;
    Ok((long, 16))
}

/// Big-endian numbers off the front of a slice; the end of the slice is an error.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    pub fn u32(&mut self) -> Result<u32, VideoError> {
        let (front, rest) = self.0.split_first_chunk::<4>().ok_or(VideoError::Truncated)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*front))
    }

    pub fn u64(&mut self) -> Result<u64, VideoError> {
        Ok(u64::from(self.u32()?) << 32 | u64::from(self.u32()?))
    }

    /// Version and flags, with which a "full box" opens.
    pub fn flags(&mut self) -> Result<(u8, u32), VideoError> {
        let word = self.u32()?;
        Ok(((word >> 24) as u8, word & 0x00ff_ffff))
    }

    pub fn skip(&mut self, bytes: usize) -> Result<(), VideoError> {
        self.0 = self.0.get(bytes..).ok_or(VideoError::Truncated)?;
        Ok(())
    }
}
