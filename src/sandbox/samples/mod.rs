//! Sample papers 样本: drawn identity cards, licences, seal impressions and stamped letters of invented people and
//! companies. What they say can be read back from the pixels; none could pass for a real paper.

pub mod canvas;
mod clip;
mod companies;
mod face;
mod http;
pub mod id_card;
pub mod letter;
pub mod licence;
pub mod mark;
mod pdf;
mod photo;
mod portrait;
pub mod read;
pub mod seal;

pub use clip::clip;
pub use companies::{COMPANIES, Company};
pub use face::{RATE as FACE_RATE, feed as face_feed, frame as face_frame};
pub use pdf::scan;
pub use photo::{Photo, encode};

pub(crate) use http::routes;

use canvas::Canvas;
use mark::Mark;
use serde::{Deserialize, Serialize};

/// A paper to draw: the kind and its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "fields", rename_all = "snake_case")]
pub enum Paper {
    /// 身份证人像面.
    IdPortrait(id_card::Portrait),
    /// 身份证国徽面.
    IdEmblem(id_card::Emblem),
    /// 营业执照.
    Licence(licence::Licence),
    /// 企业印模.
    CompanySeal(CompanySeal),
    /// 企业法人印模, or a signature when there is no seal.
    RepresentativeSeal(RepresentativeSeal),
    /// 授权委托书, signed and stamped.
    PowerOfAttorney(letter::Letter),
    /// A picture that is no paper at all: a cup of tea on the desk.
    NotAPaper(NotAPaper),
}

/// What an impression of the company's seal says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompanySeal {
    pub company: String,
    /// 印章底部数字; empty when the seal has none.
    #[serde(default)]
    pub number: String,
}

/// What the representative's impression says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepresentativeSeal {
    pub name: String,
    /// A signature instead of a seal.
    #[serde(default)]
    pub signed: bool,
}

/// Nothing to fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotAPaper {}

impl Paper {
    /// Draws the paper alone.
    pub fn draw(&self) -> Canvas {
        match self {
            Self::IdPortrait(of) => id_card::portrait_side(of),
            Self::IdEmblem(of) => id_card::emblem_side(of),
            Self::Licence(of) => licence::draw(of),
            Self::CompanySeal(of) => seal::company_sheet(&of.company, &of.number, seed(&of.company)),
            Self::RepresentativeSeal(of) => seal::representative_sheet(&of.name, of.signed, seed(&of.name)),
            Self::PowerOfAttorney(of) => letter::draw(of, seed(&of.company)),
            Self::NotAPaper(_) => cup(),
        }
    }

    /// Draws the paper and takes its picture.
    pub fn jpeg(&self, photo: Photo) -> Vec<u8> {
        photo.jpeg(&self.draw())
    }

    /// Draws the paper alone as PNG, without loss.
    pub fn png(&self) -> Vec<u8> {
        let mut out = std::io::Cursor::new(Vec::new());
        let picture = image::DynamicImage::from(self.draw().to_rgb());
        picture.write_to(&mut out, image::ImageFormat::Png).expect("writing to memory does not fail");
        out.into_inner()
    }
}

/// A number that is always the same for the same text.
pub(crate) fn seed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// A square on a sheet, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Block {
    pub x: f32,
    pub y: f32,
    pub side: f32,
}

/// The sheet's size and where its block stands, for every kind that bears one.
pub(crate) fn placing(kind: &str) -> Option<((f32, f32), Block)> {
    let card = (id_card::WIDTH as f32, id_card::HEIGHT as f32);
    let seal = (1500.0, 1060.0);
    Some(match kind {
        "id_portrait" => (card, Block { x: 1312.0, y: 721.0, side: 236.0 }),
        "id_emblem" => (card, Block { x: 1330.0, y: 738.0, side: 214.0 }),
        "licence" => ((licence::WIDTH as f32, licence::HEIGHT as f32), Block { x: 1535.0, y: 120.0, side: 312.0 }),
        "company_seal" | "representative_seal" | "representative_signature" => {
            (seal, Block { x: 1260.0, y: 820.0, side: 200.0 })
        }
        _ => return None,
    })
}

/// Draws the block where its kind has it.
fn put_mark(on: &mut Canvas, kind: &str, fields: &[&str]) {
    if let Some((_, block)) = placing(kind) {
        Mark::new(kind, fields).draw(on, block.x, block.y, block.side);
    }
}

/// A cup of tea from above, for pictures that are no paper.
fn cup() -> Canvas {
    let mut table = Canvas::new(1600, 1100, canvas::ink(0x7d8f86, 1.0));
    for i in 0..32 {
        let tint = if i % 2 == 0 { 0x72857c } else { 0x87998f };
        table.rect(i as f32 * 50.0, 0.0, 25.0, 1100.0, canvas::ink(tint, 0.6));
    }
    for (radius, rgb) in [
        (390.0, 0xe9e4da),
        (372.0, 0xf6f2ea),
        (300.0, 0xdcd6ca),
        (250.0, 0xfaf7f0),
        (222.0, 0x9c5a2a),
        (200.0, 0xb36c34),
    ] {
        table.oval((780.0, 560.0), radius, radius, canvas::ink(rgb, 1.0));
    }
    table.oval((720.0, 490.0), 70.0, 34.0, canvas::ink(0xf3d3a8, 0.5));
    if let Some(handle) = canvas::rounded(1008.0, 520.0, 190.0, 80.0, 40.0) {
        table.stroke(&handle, 40.0, canvas::ink(0xf0ebe1, 1.0));
    }
    table
}

#[cfg(test)]
mod tests;
