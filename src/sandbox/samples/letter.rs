//! 授权委托书 as it comes back: signed and stamped. Either a whole letter drawn from fields, or any page given as a
//! picture, with signature and seals laid where they are wanted.

use super::canvas::{Canvas, Font, Style, ink};
use super::mark::draw_code;
use super::seal;
use image::RgbImage;
use serde::{Deserialize, Serialize};

/// Pixels of A4 at about 7 a millimetre.
pub const WIDTH: u32 = 1488;
/// Pixels.
pub const HEIGHT: u32 = 2105;

/// What the letter says. `number` and `version` go into its code as `ZZ1:<number>:<version>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Letter {
    pub number: String,
    #[serde(default = "first")]
    pub version: u32,
    /// 认证机构.
    #[serde(default = "authority")]
    pub authority: String,
    pub company: String,
    pub representative: String,
    pub agent: String,
    pub agent_id_number: String,
    #[serde(default)]
    pub account: String,
    #[serde(default)]
    pub seal_number: String,
    pub date: String,
}

fn first() -> u32 {
    1
}

fn authority() -> String {
    "掌证演示电子认证服务机构".to_owned()
}

/// Draws a letter, signed and stamped.
pub fn draw(of: &Letter, seed: u64) -> Canvas {
    let mut sheet = seal::paper(WIDTH, HEIGHT, seed);
    let black = ink(0x1a1a1c, 1.0);
    sheet.text_centred("授权委托书", 744.0, 270.0, Style::new(Font::SerifBold, 78.0, black).spaced(20.0));
    sheet.text_centred("样本 SAMPLE", 744.0, 330.0, Style::new(Font::Serif, 34.0, ink(0xc23a30, 0.9)).spaced(8.0));
    let body = Style::new(Font::Serif, 38.0, black).spaced(1.0);
    sheet.text(&format!("致：{}", of.authority), 170.0, 440.0, body);
    let text = format!(
        "　　{}（法定代表人：{}）委托本单位{}（公民身份号码：{}，企业帐号：{}）为经办人，办理本单位手机证书的\
         申请、购买、管理员确认及相关事宜。经办人提交的材料与所作的确认，本单位均予认可。经办人无权转委托。\
         本委托书自签署之日起生效。",
        of.company, of.representative, of.agent, of.agent_id_number, of.account
    );
    sheet.paragraph(&text, 170.0, 530.0, 1140.0, 74.0, body);
    for (line, y) in [
        ("经办人（签字）：", 1130.0),
        ("公民身份号码：", 1250.0),
        ("委托单位（盖章）：", 1400.0),
        ("法定代表人（盖章或签字）：", 1640.0),
        ("日期：", 1760.0),
    ] {
        sheet.text(line, 420.0, y, body);
    }
    sheet.text(&of.agent_id_number, 710.0, 1250.0, body);
    sheet.text(&of.company, 780.0, 1400.0, Style { size: 34.0, ..body });
    sheet.text(&of.date, 550.0, 1760.0, body);
    sheet.lay(&seal::signature(&of.agent, 300, seed).pixels, 730.0, 1038.0, -3.0, 1.0);
    sheet.lay(&seal::round(&of.company, &of.seal_number, 330, seed).pixels, 860.0, 1226.0, 5.0, 0.88);
    sheet.lay(&seal::square(&of.representative, 126, seed).pixels, 940.0, 1566.0, -3.0, 0.92);
    draw_code(&format!("ZZ1:{}:{}", of.number, of.version), &mut sheet, 160.0, 1830.0, 180.0);
    sheet.text(&format!("{}  第 {} 版", of.number, of.version), 360.0, 1990.0, Style { size: 28.0, ..body });
    sheet
}

/// What is laid on a page that is given as a picture. Places are parts of the page's width and height (0 to 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamps {
    pub company: String,
    pub representative: String,
    pub agent: String,
    #[serde(default)]
    pub seal_number: String,
    #[serde(default = "agent_at")]
    pub agent_at: (f32, f32),
    #[serde(default = "seal_at")]
    pub seal_at: (f32, f32),
    #[serde(default = "representative_at")]
    pub representative_at: (f32, f32),
}

fn agent_at() -> (f32, f32) {
    (0.55, 0.60)
}

fn seal_at() -> (f32, f32) {
    (0.66, 0.71)
}

fn representative_at() -> (f32, f32) {
    (0.72, 0.78)
}

/// Signs and stamps a page: the agent's signature, the company's seal, the representative's seal.
pub fn stamp(page: &RgbImage, with: &Stamps, seed: u64) -> Canvas {
    let mut sheet = Canvas::new(page.width(), page.height(), ink(0xffffff, 1.0));
    for (from, to) in page.pixels().zip(sheet.pixels.pixels_mut()) {
        let [r, g, b] = from.0;
        *to = tiny_skia::PremultipliedColorU8::from_rgba(r, g, b, 255).unwrap_or(*to);
    }
    let (w, h) = (sheet.width(), sheet.height());
    // Seals keep their true size on A4: 42 mm round, 18 mm square, a signature of about 40 mm.
    let side = |mm: f32| ((w * mm / 210.0) as u32).max(24);
    let marks = [
        (seal::signature(&with.agent, side(40.0), seed), with.agent_at, -3.0, 1.0),
        (seal::round(&with.company, &with.seal_number, side(42.0), seed), with.seal_at, 4.0, 0.88),
        (seal::square(&with.representative, side(18.0), seed), with.representative_at, -3.0, 0.92),
    ];
    for (mark, at, degrees, opacity) in marks {
        sheet.lay(&mark.pixels, at.0 * w - mark.width() / 2.0, at.1 * h - mark.height() / 2.0, degrees, opacity);
    }
    sheet
}
