//! 营业执照, drawn: landscape, a gold frame, the fields of the 2019 layout, the large code at the upper right.
//! A rosette stands where the real one has the national emblem; 样本 SAMPLE crosses it.

use super::canvas::{Canvas, Font, Style, ink, rounded};
use super::id_card::rosette;
use super::mark::Mark;
use super::seal;
use serde::{Deserialize, Serialize};

/// Pixels, in the proportion of A3.
pub const WIDTH: u32 = 2000;
/// Pixels.
pub const HEIGHT: u32 = 1414;

/// What a business licence says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// 统一社会信用代码.
    pub uscc: String,
    /// 名称.
    pub name: String,
    /// 类型.
    #[serde(rename = "type")]
    pub kind: String,
    /// 法定代表人.
    pub person: String,
    /// 经营范围.
    pub business: String,
    /// 注册资本.
    pub capital: String,
    /// 成立日期, `YYYY年MM月DD日`.
    pub set_date: String,
    /// 营业期限.
    pub period: String,
    /// 住所.
    pub address: String,
    /// 登记机关.
    pub authority: String,
}

/// Draws a licence.
pub fn draw(of: &Licence) -> Canvas {
    let mut sheet = frame();
    rosette(&mut sheet, (1000.0, 188.0), 86.0);
    let title = Style::new(Font::SerifBold, 128.0, ink(0x1d1b19, 1.0)).spaced(46.0);
    sheet.text_centred("营业执照", 1000.0, 414.0, title);
    sheet.text_centred("（副本样本）", 1000.0, 474.0, Style::new(Font::Serif, 40.0, ink(0x1d1b19, 1.0)).spaced(8.0));
    let small = Style::new(Font::Serif, 30.0, ink(0x24211e, 1.0)).spaced(4.0);
    sheet.text("统一社会信用代码", 170.0, 300.0, small);
    sheet.text(&of.uscc, 170.0, 352.0, Style::new(Font::SerifBold, 42.0, ink(0x1d1b19, 1.0)).spaced(2.0));
    rows(&mut sheet, of);
    footer(&mut sheet, of);
    watermark(&mut sheet);
    sheet.text_centred("扫描二维码可读取样本信息", 1690.0, 466.0, Style { size: 22.0, ..small }.spaced(1.0));
    let fields = [&of.uscc, &of.name, &of.kind, &of.person, &of.business, &of.capital, &of.set_date, &of.period];
    let mut fields: Vec<&str> = fields.into_iter().map(String::as_str).collect();
    fields.extend([of.address.as_str(), of.authority.as_str()]);
    super::put_mark(&mut sheet, "licence", &fields);
    sheet
}

impl Licence {
    /// The fields back from a sample's block.
    pub fn from_mark(mark: &Mark) -> Self {
        let field = |at: usize| mark.field(at).to_owned();
        Self {
            uscc: field(0),
            name: field(1),
            kind: field(2),
            person: field(3),
            business: field(4),
            capital: field(5),
            set_date: field(6),
            period: field(7),
            address: field(8),
            authority: field(9),
        }
    }
}

fn rows(sheet: &mut Canvas, of: &Licence) {
    let label = Style::new(Font::Serif, 34.0, ink(0x6b5a33, 1.0));
    let value = Style::new(Font::Serif, 36.0, ink(0x1b1917, 1.0)).spaced(1.0);
    let left = [("名　　称", &of.name), ("类　　型", &of.kind), ("法定代表人", &of.person)];
    let right = [("注册资本", &of.capital), ("成立日期", &of.set_date), ("营业期限", &of.period)];
    for (i, (name, text)) in left.into_iter().enumerate() {
        let y = 590.0 + 84.0 * i as f32;
        sheet.text(name, 170.0, y, label.spaced(if i == 2 { 0.0 } else { 8.5 }));
        sheet.paragraph(text, 384.0, y, 690.0, 46.0, value);
    }
    for (i, (name, text)) in right.into_iter().enumerate() {
        let y = 590.0 + 84.0 * i as f32;
        sheet.text(name, 1130.0, y, label.spaced(9.0));
        sheet.paragraph(text, 1340.0, y, 520.0, 46.0, value);
    }
    sheet.text("住　　所", 1130.0, 842.0, label.spaced(8.5));
    sheet.paragraph(&of.address, 1340.0, 842.0, 520.0, 50.0, value);
    sheet.text("经营范围", 170.0, 842.0, label.spaced(9.0));
    sheet.paragraph(&of.business, 384.0, 842.0, 680.0, 52.0, Style { size: 32.0, ..value });
}

fn footer(sheet: &mut Canvas, of: &Licence) {
    let plain = Style::new(Font::Serif, 40.0, ink(0x1d1b19, 1.0)).spaced(12.0);
    sheet.text("登记机关", 1240.0, 1166.0, plain);
    let stamp = seal::round(&of.authority, "", 330, 7);
    sheet.lay(&stamp.pixels, 1452.0, 984.0, -4.0, 0.9);
    sheet.text_centred(&of.set_date, 1620.0, 1258.0, Style { size: 36.0, ..plain }.spaced(4.0));
    let note = Style::new(Font::Serif, 24.0, ink(0x5d564a, 1.0));
    sheet.text("本页为演示样本，所载企业、代码与机关均为虚构，不具有任何效力。", 170.0, 1258.0, note);
}

fn frame() -> Canvas {
    let (w, h) = (WIDTH as f32, HEIGHT as f32);
    let mut sheet = Canvas::new(WIDTH, HEIGHT, ink(0xfbf8ef, 1.0));
    for ring in 0..26 {
        let radius = 60.0 + ring as f32 * 22.0;
        let points: Vec<_> = (0..=180)
            .map(|i| {
                let angle = i as f32 * std::f32::consts::TAU / 180.0;
                let wave = radius + 11.0 * (angle * 18.0 + ring as f32 * 0.5).sin();
                (w / 2.0 + wave * 1.35 * angle.cos(), h / 2.0 + 60.0 + wave * 0.86 * angle.sin())
            })
            .collect();
        if let Some(path) = super::canvas::polyline(&points) {
            sheet.stroke(&path, 1.5, ink(0xc9a75c, 0.16));
        }
    }
    for (inset, width, alpha) in [(36.0, 5.0, 0.95), (50.0, 1.8, 0.8), (86.0, 2.4, 0.9)] {
        if let Some(path) = rounded(inset, inset, w - inset * 2.0, h - inset * 2.0, 4.0) {
            sheet.stroke(&path, width, ink(0xb8924a, alpha));
        }
    }
    border_pattern(&mut sheet);
    sheet
}

/// The key-pattern between the two lines of the frame, and a flower in each corner.
fn border_pattern(sheet: &mut Canvas) {
    let (w, h) = (WIDTH as f32, HEIGHT as f32);
    let gold = ink(0xb8924a, 0.75);
    let key = |sheet: &mut Canvas, x: f32, y: f32| {
        let p = |dx: f32, dy: f32| (x + dx, y + dy);
        let points =
            [p(-11.0, 9.0), p(-11.0, -9.0), p(11.0, -9.0), p(11.0, 6.0), p(-4.0, 6.0), p(-4.0, -2.0), p(4.0, -2.0)];
        if let Some(path) = super::canvas::polyline(&points) {
            sheet.stroke(&path, 2.2, gold);
        }
    };
    let across = 58;
    for i in 0..=across {
        let x = 130.0 + i as f32 * (w - 260.0) / across as f32;
        key(sheet, x, 68.0);
        key(sheet, x, h - 68.0);
    }
    let down = 38;
    for i in 0..=down {
        let y = 130.0 + i as f32 * (h - 260.0) / down as f32;
        key(sheet, 68.0, y);
        key(sheet, w - 68.0, y);
    }
    for corner in [(68.0, 68.0), (w - 68.0, 68.0), (68.0, h - 68.0), (w - 68.0, h - 68.0)] {
        sheet.oval(corner, 24.0, 24.0, ink(0xfbf8ef, 1.0));
        for i in 0..8 {
            let angle = i as f32 * std::f32::consts::TAU / 8.0;
            sheet.oval((corner.0 + 13.0 * angle.cos(), corner.1 + 13.0 * angle.sin()), 6.5, 6.5, gold);
        }
        sheet.oval(corner, 7.0, 7.0, ink(0xd9b873, 1.0));
    }
}

fn watermark(sheet: &mut Canvas) {
    let mut stamp = Canvas::new(1300, 220, ink(0xffffff, 0.0));
    stamp.text_centred(
        "样本 SAMPLE",
        650.0,
        164.0,
        Style::new(Font::SerifBold, 160.0, ink(0xc23a30, 1.0)).spaced(20.0),
    );
    sheet.lay(&stamp.pixels, 250.0, 700.0, -16.0, 0.22);
}
