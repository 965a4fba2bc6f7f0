//! Looking through a PDF without running anything of it: how much there is, whether it is locked, whether it acts by itself,
//! whether other files are in it.

use super::{Limits, PdfError};
use hayro::hayro_syntax::{
    LoadPdfError, Pdf,
    object::{Dict, MaybeRef, Name, Object},
};

/// No value of a page's description lies deeper than this.
const DEEPEST: usize = 24;

/// Keys that only something active has.
const ACTIVE_KEYS: [&[u8]; 5] = [b"JS", b"JavaScript", b"XFA", b"RichMediaContent", b"Rendition"];
/// Actions (`/S`) that do more than turn to a page or name an address.
const ACTIONS: [&[u8]; 12] = [
    b"JavaScript",
    b"Launch",
    b"SubmitForm",
    b"ImportData",
    b"ResetForm",
    b"GoToE",
    b"GoToR",
    b"Rendition",
    b"Movie",
    b"Sound",
    b"RichMediaExecute",
    b"GoTo3DView",
];
/// Annotations (`/Subtype`) that play.
const PLAYERS: [&[u8]; 5] = [b"RichMedia", b"Movie", b"Sound", b"Screen", b"3D"];
/// Keys under which other files are.
const FILE_KEYS: [&[u8]; 3] = [b"EF", b"EmbeddedFiles", b"Collection"];

/// Reads the structure and refuses what must not be in it.
pub(super) fn read(upload: Vec<u8>, limits: &Limits) -> Result<Pdf, PdfError> {
    // A reader opens a file whose password is empty without asking; whoever locked it has locked it all the same.
    if names(&upload).any(|name| name == b"Encrypt") {
        return Err(PdfError::Encrypted);
    }
    let pdf = Pdf::new(upload).map_err(|error| match error {
        LoadPdfError::Decryption(_) => PdfError::Encrypted,
        LoadPdfError::Invalid => PdfError::Damaged,
    })?;
    if pdf.len() > limits.max_objects {
        return Err(PdfError::TooComplex);
    }
    match pdf.pages().len() {
        0 => return Err(PdfError::Damaged),
        pages if pages > limits.max_pages => return Err(PdfError::TooManyPages),
        _ => {}
    }
    let mut walk = Walk { left: limits.max_objects * 20 };
    for object in pdf.objects() {
        walk.value(&object, 0)?;
    }
    Ok(pdf)
}

/// Every name in the bytes as they lie there, with `#6e` read as `n`. What is compressed is not looked into: the key of the
/// lock never is.
fn names(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let at = |start: usize| {
        let ends =
            |byte: &u8| matches!(byte, 0 | b'\t'..=b'\r' | b' ' | b'/' | b'<' | b'>' | b'[' | b']' | b'(' | b')');
        let raw = bytes[start + 1..].iter().take(32).take_while(|byte| !ends(byte)).copied();
        unescaped(&raw.collect::<Vec<u8>>())
    };
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(move |(start, _)| at(start))
}

fn unescaped(raw: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((first, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'#', Some(high), Some(low)) => {
                name.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            _ => {
                name.push(*first);
                rest = tail;
            }
        }
    }
    name
}

/// A walk through all values; references are not followed, because whatever they name is met on its own.
struct Walk {
    left: usize,
}

impl Walk {
    fn value(&mut self, value: &Object<'_>, depth: usize) -> Result<(), PdfError> {
        self.left = self.left.checked_sub(1).ok_or(PdfError::TooComplex)?;
        if depth > DEEPEST {
            return Err(PdfError::TooComplex);
        }
        match value {
            Object::Dict(dict) => self.dict(dict, depth),
            Object::Stream(stream) => self.dict(stream.dict(), depth),
            Object::Array(array) => array.raw_iter().try_for_each(|item| self.direct(&item, depth + 1)),
            _ => Ok(()),
        }
    }

    fn direct(&mut self, item: &MaybeRef<Object<'_>>, depth: usize) -> Result<(), PdfError> {
        match item {
            MaybeRef::NotRef(value) => self.value(value, depth),
            MaybeRef::Ref(_) => Ok(()),
        }
    }

    fn dict(&mut self, dict: &Dict<'_>, depth: usize) -> Result<(), PdfError> {
        let says = |key: &str, words: &[&[u8]]| dict.get::<Name<'_>>(key).is_some_and(|name| words.contains(&&*name));
        if says("Type", &[b"EmbeddedFile"]) || says("Subtype", &[b"FileAttachment"]) {
            return Err(PdfError::Attachments);
        }
        if says("S", &ACTIONS) || says("Subtype", &PLAYERS) {
            return Err(PdfError::Active);
        }
        for (key, value) in dict.entries() {
            if FILE_KEYS.contains(&&*key) {
                return Err(PdfError::Attachments);
            }
            if ACTIVE_KEYS.contains(&&*key) {
                return Err(PdfError::Active);
            }
            self.direct(&value, depth + 1)?;
        }
        Ok(())
    }
}
