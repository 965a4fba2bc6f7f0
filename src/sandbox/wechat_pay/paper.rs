//! The invoice as PDF: one page, written by hand, with the Chinese font that every reader of PDF has of its own.

use super::fapiao::Fapiao;
use crate::clock::beijing;
use std::fmt::Write;

/// A PDF that says what a 数电票 says.
pub(super) fn pdf(one: &Fapiao, seller: &str) -> Vec<u8> {
    let yuan = |fen: i64| format!("{}.{:02}", fen / 100, fen % 100);
    let (number, at) = one.blue.as_ref().map_or_else(Default::default, |blue| (blue.number.clone(), beijing(blue.at)));
    let tax = one.total * 6 / 106;
    let lines = [
        (18, "电子发票（普通发票）".to_owned()),
        (11, "沙盒样票，不作报销凭证".to_owned()),
        (11, format!("发票号码：{number}")),
        (11, format!("开票日期：{}", at.get(..10).unwrap_or_default())),
        (11, format!("购买方名称：{}", one.buyer)),
        (11, format!("统一社会信用代码/纳税人识别号：{}", one.taxpayer_id)),
        (11, format!("销售方名称：{seller}")),
        (11, format!("金额：¥{}　税额：¥{}", yuan(one.total - tax), yuan(tax))),
        (13, format!("价税合计（小写）：¥{}", yuan(one.total))),
    ];
    let mut text = String::from("BT\n");
    let mut y = 360;
    for (size, line) in &lines {
        let hex: String = line.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
        let _ = writeln!(text, "/F1 {size} Tf 1 0 0 1 48 {y} Tm <{hex}> Tj");
        y -= 30;
    }
    text.push_str("ET\n");
    whole(&text)
}

fn whole(text: &str) -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 420] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}endstream", text.len()),
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>"
            .to_owned(),
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering \
         (GB1) /Supplement 4 >> /FontDescriptor 7 0 R /DW 1000 /W [1 [500] 814 939 500] >>"
            .to_owned(),
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent \
         880 /Descent -120 /CapHeight 880 /StemV 93 >>"
            .to_owned(),
    ];
    let mut pdf = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (at, object) in objects.iter().enumerate() {
        places.push(pdf.len());
        let _ = write!(pdf, "{} 0 obj\n{object}\nendobj\n", at + 1);
    }
    let table = pdf.len();
    let _ = write!(pdf, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        let _ = writeln!(pdf, "{place:010} 00000 n ");
    }
    let _ = write!(pdf, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1);
    pdf.into_bytes()
}
