//! The machine-readable block on each sample: a QR code in a corner that carries kind, fields and a checksum.
//! It is how the sandbox's recognition really reads pixels instead of guessing from file names.

use super::canvas::{Canvas, ink};
use qrcode::{Color, EcLevel, QrCode, Version, bits::Bits};
use sha2::{Digest, Sha256};

/// What a sample's block says: which paper, and its fields in the paper's own order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub kind: String,
    pub fields: Vec<String>,
}

const PREFIX: &str = "ZZS1";

impl Mark {
    /// `|` inside a field would break the block apart and becomes `／`.
    pub fn new(kind: &str, fields: &[&str]) -> Self {
        Self { kind: kind.to_owned(), fields: fields.iter().map(|f| f.replace('|', "／")).collect() }
    }

    /// `ZZS1|kind|field|…|checksum`, the checksum being six hexadecimal digits of SHA-256 of what stands before it.
    pub fn to_text(&self) -> String {
        let body = format!("{PREFIX}|{}|{}", self.kind, self.fields.join("|"));
        format!("{body}|{}", checksum(&body))
    }

    /// Reads a block; `None` when it is another code, or the checksum is wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let (body, sum) = text.rsplit_once('|')?;
        if sum != checksum(body) {
            return None;
        }
        let mut parts = body.split('|');
        if parts.next()? != PREFIX {
            return None;
        }
        let kind = parts.next()?.to_owned();
        Some(Self { kind, fields: parts.map(str::to_owned).collect() })
    }

    /// The field at a position, empty when absent.
    pub fn field(&self, at: usize) -> &str {
        self.fields.get(at).map_or("", String::as_str)
    }

    /// Draws the block as a square with its quiet zone.
    pub fn draw(&self, on: &mut Canvas, x: f32, y: f32, side: f32) {
        draw_code(&self.to_text(), on, x, y, side);
    }
}

/// Draws any text as a QR code with its quiet zone. Texts too long for a code leave the place empty.
pub fn draw_code(text: &str, on: &mut Canvas, x: f32, y: f32, side: f32) {
    let Some(code) = code(text) else { return };
    let count = code.width();
    let module = side / (count as f32 + 4.0);
    on.rect(x, y, side, side, ink(0xffffff, 1.0));
    for (i, colour) in code.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            let (column, row) = ((i % count) as f32 + 2.0, (i / count) as f32 + 2.0);
            on.rect(x + column * module, y + row * module, module + 0.02, module + 0.02, ink(0x10161c, 1.0));
        }
    }
}

/// The code of a text, as bytes throughout: Chinese text in UTF-8 can look like Shift-JIS and must not become Kanji mode.
pub(crate) fn code(text: &str) -> Option<QrCode> {
    (1..=40).find_map(|version| {
        let version = Version::Normal(version);
        let mut bits = Bits::new(version);
        bits.push_byte_data(text.as_bytes()).ok()?;
        bits.push_terminator(EcLevel::M).ok()?;
        QrCode::with_bits(bits, EcLevel::M).ok()
    })
}

fn checksum(body: &str) -> String {
    hex::encode(&Sha256::digest(body.as_bytes())[..3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_says_what_was_put_in_and_nothing_else() {
        let mark = Mark::new("id_portrait", &["王芳", "汉", "福州市|样本路", "110"]);
        let read = Mark::parse(&mark.to_text()).unwrap();
        assert_eq!((read.kind.as_str(), read.field(2), read.field(9)), ("id_portrait", "福州市／样本路", ""));
        assert_eq!(Mark::parse(&mark.to_text().replace("王", "李")), None);
        assert_eq!(Mark::parse("https://example.cn/"), None);
    }
}
