//! A drawn seal looks like a seal: ring, star, a red that is one red, and true size.

use super::*;
use crate::photo::{Limits, decode};

fn pixels(png: &[u8]) -> image::RgbaImage {
    image::load_from_memory(png).unwrap().into_rgba8()
}

#[test]
fn m28_a_company_seal_is_drawn_at_true_size_on_nothing() {
    let seal = RoundSeal::company("福州市青橙云科技有限公司", Some("3501020123456"));
    let drawing = seal.draw().unwrap();
    let picture = pixels(&drawing.png(300.0));
    assert_eq!(picture.width(), (40.0f32 / 25.4 * 300.0).round() as u32);
    let middle = picture.width() / 2;
    assert_eq!(picture.get_pixel(0, 0)[3], 0, "transparent outside");
    assert_eq!(picture.get_pixel(middle, middle).0, [RED[0], RED[1], RED[2], 255], "star");
    assert_eq!(picture.get_pixel(middle, 4)[3], 255, "ring");
    assert_eq!(picture.get_pixel(middle, middle - middle / 2 + 10)[3], 0, "between star and name");
    assert_eq!(drawing.png(300.0), seal.draw().unwrap().png(300.0), "the same bytes each time");
}

#[test]
fn the_svg_is_of_outlines_only() {
    let seal = RoundSeal {
        star: false,
        line: Some("合同专用章".to_owned()),
        ..RoundSeal::company("宁德市𬭎㛃电子有限公司", None)
    };
    let svg = seal.draw().unwrap().svg();
    assert!(svg.contains(r#"width="40mm""#) && !svg.contains("<text") && svg.len() < 100_000);
}

#[test]
fn m30_names_of_two_to_twelve_characters_become_a_square_seal() {
    for name in ["王芳", "李建国", "欧阳建国", "古丽·阿依", "阿卜杜热合曼·买买提江"] {
        let drawing = NameSeal::new(name).draw().unwrap();
        let picture = pixels(&drawing.png(300.0));
        let inked = picture.pixels().filter(|p| p[3] > 127).count() as f32;
        let share = inked / (picture.width() * picture.height()) as f32;
        assert!((0.25..0.75).contains(&share), "{name}: {share}");
    }
    assert_eq!(NameSeal::new("王芳").letters(), ['王', '芳', '之', '印']);
    assert_eq!(NameSeal::new("李建国").letters(), ['李', '建', '国', '印']);
}

#[test]
fn m29_the_number_at_the_foot_is_thirteen_digits() {
    let draw = |number| RoundSeal::company("甲公司", Some(number)).draw().err();
    assert_eq!(draw("3501020123456"), None);
    for other in ["", "123", "350102012345", "35010201234567", "35010201234五", "350102012345x"] {
        assert_eq!(draw(other), Some(SealError::BadNumber), "{other}");
    }
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let refuse = |seal: RoundSeal| seal.draw().err().unwrap();
    let seal = |name: &str, number| RoundSeal::company(name, number);
    assert_eq!(refuse(seal("", None)), SealError::NoName);
    assert_eq!(refuse(seal(&"长".repeat(41), None)), SealError::TooLong);
    assert_eq!(refuse(seal("甲\u{212fe}公司\n", None)), SealError::Missing(vec!['\n', '\u{212fe}']));
    assert_eq!(refuse(RoundSeal { diameter_mm: f32::NAN, ..seal("甲", None) }), SealError::BadSize);
    assert_eq!(refuse(RoundSeal { diameter_mm: 4e9, ..seal("甲", None) }), SealError::BadSize);
}

#[test]
fn each_length_of_name_stays_within_the_ring() {
    for count in 1..=LONGEST_NAME {
        let seal = RoundSeal { line: Some("财务专用章".into()), ..RoundSeal::company(&"国".repeat(count), None) };
        let png = seal.draw().unwrap().png(100.0);
        assert!(decode(&png, &Limits { min_side: 10, ..Limits::default() }).is_ok());
    }
}
