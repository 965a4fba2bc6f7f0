//! What is drawn can be read after a camera and JPEG; what is blurred, cut off or no sample cannot.

use super::*;

fn front() -> Paper {
    let fields = serde_json::json!({
        "name": "欧阳明月", "nation": "汉", "address": "福建省样本市测试区朝阳路1号", "id_number": "350199198808080028", "seed": 3,
    });
    serde_json::from_value(serde_json::json!({"kind": "id_portrait", "fields": fields})).unwrap()
}

fn papers() -> Vec<Paper> {
    let paper = |text: &str| serde_json::from_str(text).unwrap();
    vec![
        front(),
        paper(
            r#"{"kind":"id_emblem","fields":{"authority":"样本市公安局","valid_from":"2020.01.01","valid_until":"长期"}}"#,
        ),
        Paper::Licence(COMPANIES[0].licence()),
        paper(r#"{"kind":"company_seal","fields":{"company":"福建瑞成科技有限公司","number":"3501020000018"}}"#),
        paper(r#"{"kind":"representative_seal","fields":{"name":"李建国"}}"#),
        paper(r#"{"kind":"representative_seal","fields":{"name":"李建国","signed":true}}"#),
    ]
}

#[test]
fn m15_m21_every_paper_survives_the_camera() {
    let rough = Photo { width: 1000, rotate: 5.0, quality: 60, ..Photo::default() };
    for paper in papers() {
        let reading = read::read(&paper.jpeg(rough)).unwrap();
        let mark = reading.mark.unwrap_or_else(|| panic!("not read: {paper:?}"));
        let expected = mark::Mark::parse(&mark.to_text()).unwrap();
        assert_eq!(mark, expected);
        assert!(reading.whole && !reading.blurred && !reading.reflection, "{paper:?}");
    }
    let mark = read::read(&front().jpeg(rough)).unwrap().mark.unwrap();
    assert_eq!((mark.field(0), mark.field(3)), ("欧阳明月", "350199198808080028"));
}

#[test]
fn bad_pictures_look_bad() {
    let canvas = front().draw();
    let look = |photo: Photo| read::read(&photo.jpeg(&canvas)).unwrap();
    assert!(look(Photo { blur: 5.0, ..Photo::default() }).blurred);
    assert!(!look(Photo { crop: 0.2, ..Photo::default() }).whole);
    assert!(look(Photo { glare: 0.9, ..Photo::default() }).reflection);
    assert!(look(Photo { dark: 0.95, ..Photo::default() }).quality < 50);
    assert_eq!(read::read(b"").unwrap_err(), read::Unreadable::Empty);
    assert_eq!(read::read(b"GIF89a").unwrap_err(), read::Unreadable::Undecodable);
}

#[test]
fn m32_a_stamped_page_keeps_its_code() {
    let letter = letter::Letter {
        number: "POA20261123000001".into(),
        version: 2,
        authority: "掌证演示".into(),
        company: "福建瑞成科技有限公司".into(),
        representative: "李建国".into(),
        agent: "王芳".into(),
        agent_id_number: "350199198808080028".into(),
        account: "ruicheng01".into(),
        seal_number: "3501020000018".into(),
        date: "2026年11月23日".into(),
    };
    let photo = Photo { width: 1600, rotate: 3.0, quality: 70, ..Photo::default() };
    let picture = photo.take(&Paper::PowerOfAttorney(letter).draw());
    let grey = image::DynamicImage::from(picture).to_luma8();
    let (w, h) = grey.dimensions();
    let code = rxing::helpers::detect_in_luma(grey.into_raw(), w, h, Some(rxing::BarcodeFormat::QR_CODE)).unwrap();
    assert_eq!(code.getText(), "ZZ1:POA20261123000001:2");
}

#[test]
fn the_sample_companies_have_right_codes() {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    for company in COMPANIES {
        let value = |c: char| ALPHABET.find(c).unwrap();
        let sum: usize = company.uscc.chars().zip(WEIGHTS).map(|(c, weight)| value(c) * weight).sum();
        assert_eq!(value(company.uscc.chars().last().unwrap()), (31 - sum % 31) % 31, "{}", company.name);
    }
}
