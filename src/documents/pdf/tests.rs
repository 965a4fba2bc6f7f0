//! What a person or an attacker would notice about PDF intake.

use super::*;
use crate::{letter::PowerOfAttorney, qr};
use chrono::NaiveDate;
use proptest::prelude::*;

/// A PDF of these objects, the first of which is the catalogue; the cross-reference table is right.
fn pdf(objects: &[&str], trailer: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in (1..).zip(objects) {
        places.push(out.len());
        out.extend_from_slice(format!("{number} 0 obj\n{object}\nendobj\n").as_bytes());
    }
    let table = out.len();
    out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).as_bytes());
    for place in places {
        out.extend_from_slice(format!("{place:010} 00000 n \n").as_bytes());
    }
    let size = objects.len() + 1;
    out.extend_from_slice(
        format!("trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{table}\n%%EOF\n").as_bytes(),
    );
    out
}

/// One page of A4 whose catalogue, page and further objects say these things too.
fn with(catalogue: &str, page: &str, more: &[&str]) -> Vec<u8> {
    let catalogue = format!("<< /Type /Catalog /Pages 2 0 R {catalogue} >>");
    let page = format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {page} >>");
    let mut objects = vec![catalogue.as_str(), "<< /Type /Pages /Kids [3 0 R] /Count 1 >>", &page];
    objects.extend(more);
    pdf(&objects, "")
}

fn take(upload: Vec<u8>) -> Result<Vec<RgbImage>, PdfError> {
    open(upload, &Limits::default())
}

fn letter() -> Vec<u8> {
    let letter = PowerOfAttorney {
        document_number: "PA2026112312345678".into(),
        version: 2,
        certification_company: "掌证电子认证服务有限公司".into(),
        company_name: "福建瑞成科技有限公司".into(),
        company_code: "91350102MA0X0A012U".into(),
        representative_name: "李建国".into(),
        agent_name: "陈小燕".into(),
        agent_id_number: "350199198808080028".into(),
        account_name: "ruicheng2026".into(),
        date: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap(),
    };
    letter.pdf().unwrap()
}

#[test]
fn m32_our_own_letter_is_drawn_with_its_code_and_is_like_itself_only() {
    let pages = take(letter()).unwrap();
    assert_eq!(pages.len(), 1);
    assert_eq!((pages[0].height(), pages[0].width()), (2339, 1653));
    assert_eq!(qr::read(&pages[0]).as_deref(), Some("ZZ1:PA2026112312345678:2"));
    let ink = pages[0].pixels().filter(|pixel| pixel.0[0] < 100).count();
    assert!((20_000..400_000).contains(&ink), "{ink} dark pixels: text on paper");
    assert!(alike(&pages[0], &pages[0]));
    let mut signed = pages[0].clone();
    for step in 0..600u32 {
        for thick in 0..6 {
            signed.put_pixel(700 + step, 1500 + thick + (step * 7 % 40), image::Rgb([20, 20, 60]));
        }
    }
    assert!(!alike(&pages[0], &signed), "a signature is seen");
}

#[test]
fn m32_an_empty_page_is_a_white_page() {
    let pages = take(with("", "", &[])).unwrap();
    assert!(pages[0].pixels().all(|pixel| pixel.0 == [255; 3]));
}

#[test]
fn m32_what_a_pdf_must_not_bring_along_is_refused_by_name() {
    use PdfError::*;
    let js = "<< /S /JavaScript /JS (app.alert\\(1\\)) >>";
    let file = "<< /Type /Filespec /F (a.exe) /EF << /F 5 0 R >> >>";
    let embedded = "<< /Type /EmbeddedFile /Length 2 >>\nstream\nMZ\nendstream";
    let cases: Vec<(&str, Vec<u8>, PdfError)> = vec![
        ("script on opening", with(&format!("/OpenAction {js}"), "", &[]), Active),
        ("script by reference", with("/OpenAction 4 0 R", "", &[js]), Active),
        ("script in the names", with("/Names << /JavaScript << /Names [(a) 4 0 R] >> >>", "", &[js]), Active),
        ("an escaped name", with("/OpenAction << /S /J#61vaScript >>", "", &[]), Active),
        ("action on the page", with("", "/AA << /O << /S /Launch /F (calc.exe) >> >>", &[]), Active),
        ("a form that sends", with("/AcroForm << /Fields [<< /A << /S /SubmitForm >> >>] >>", "", &[]), Active),
        ("XFA", with("/AcroForm << /XFA [] >>", "", &[]), Active),
        ("a film", with("", "/Annots [<< /Type /Annot /Subtype /RichMedia >>]", &[]), Active),
        ("a file", with("/Names << /EmbeddedFiles << /Names [(a) 4 0 R] >> >>", "", &[file, embedded]), Attachments),
        (
            "an attached file",
            with("", "/Annots [<< /Subtype /FileAttachment /FS 4 0 R >>]", &[file, embedded]),
            Attachments,
        ),
        ("a portfolio", with("/Collection << >>", "", &[]), Attachments),
        ("no PDF", b"<html>".to_vec(), NotAPdf),
        ("nothing behind the header", b"%PDF-1.7\n".to_vec(), Damaged),
        ("half a letter", letter()[..2000].to_vec(), Damaged),
    ];
    for (what, upload, refused) in cases {
        assert_eq!(take(upload).err(), Some(refused), "{what}");
    }
    assert!(take(with("/OpenAction [3 0 R /Fit]", "", &[])).is_ok(), "turning to a page is no act");
    let link = "/Annots [<< /Subtype /Link /Rect [0 0 1 1] /A << /S /URI /URI (https://example.cn) >> >>]";
    assert!(take(with("", link, &[])).is_ok(), "an address is no act: nobody follows it");
}

#[test]
fn m32_what_is_locked_is_refused_however_the_lock_is_written() {
    let page = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"];
    for lock in ["/Encrypt 3 0 R", "/Encrypt << /Filter /Standard /V 1 >>", "/#45ncrypt 3 0 R"] {
        assert_eq!(take(pdf(&page, lock)).err(), Some(PdfError::Encrypted), "{lock}");
    }
}

#[test]
fn m32_pages_and_sizes_have_limits() {
    let kids = |count: usize| {
        let kids = (0..count).map(|i| format!("{} 0 R", i + 3)).collect::<Vec<_>>().join(" ");
        let pages = format!("<< /Type /Pages /Kids [{kids}] /Count {count} >>");
        let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>";
        let mut objects = vec!["<< /Type /Catalog /Pages 2 0 R >>", &pages];
        objects.extend(std::iter::repeat_n(page, count));
        pdf(&objects, "")
    };
    assert_eq!(take(kids(5)).map(|pages| pages.len()), Ok(5));
    assert_eq!(take(kids(6)).err(), Some(PdfError::TooManyPages));
    let sized = |size: &str| {
        pdf(
            &[
                "<< /Type /Catalog /Pages 2 0 R >>",
                "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                &format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size}] >>"),
            ],
            "",
        )
    };
    assert_eq!(take(sized("90000 90000")).err(), Some(PdfError::PageSize));
    assert_eq!(take(sized("3 3")).err(), Some(PdfError::PageSize));
    let many = vec!["<< >>"; 20_001];
    let objects: Vec<&str> = ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"]
        .into_iter()
        .chain(many)
        .collect();
    assert_eq!(take(pdf(&objects, "")).err(), Some(PdfError::TooComplex));
    let deep = format!("/A {}{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(take(with(&deep, "", &[])).err(), Some(PdfError::TooComplex));
    let large = Limits { max_bytes: 100, ..Limits::default() };
    assert_eq!(open(letter(), &large).err(), Some(PdfError::TooManyBytes));
}

#[test]
fn a_word_for_every_refusal_and_a_sentence_for_every_word() {
    for (at, refused) in PdfError::ALL.into_iter().enumerate() {
        assert!(PdfError::ALL[..at].iter().all(|other| other.word() != refused.word()));
        assert!(refused.advice().contains("上传"), "{refused}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_damaged_letter_ends_in_pages_or_a_refusal(at in 0usize..30_000, byte in any::<u8>(), cut in 0usize..40_000) {
        let mut bytes = letter();
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(cut.max(9));
        if let Ok(pages) = take(bytes) {
            prop_assert!((1..=5).contains(&pages.len()));
            prop_assert!(pages.iter().all(|page| page.width() <= 2400 && page.height() <= 2400));
        }
    }
}
