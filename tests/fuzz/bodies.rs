//! What strangers may send, taken in as the product does: nothing may panic, hang, or take more memory than its limits allow.
//! Shared by the fuzz targets and by the plain test.

use poem::{FromRequest, Request, RequestBody, web::Multipart};
use zhangzheng::{
    documents::{
        letter::Mark,
        measure,
        photo::{self, Limits},
        qr, seal_photo, video,
    },
    papers,
    pki::{certificate::Certificate, csr::CsrVerified, ocsp, seal::Seal},
};

/// A photo: decoded, measured, encoded anew, searched for a code and for a seal.
pub fn image(data: &[u8]) {
    let limits = Limits::default();
    let Ok(picture) = photo::decode(data, &limits) else { return };
    assert!(u64::from(picture.width()) * u64::from(picture.height()) <= 64_000_000, "larger than any limit");
    let verdict = measure::measure(&picture).verdict(&measure::Thresholds::default());
    assert!(verdict.accepted() || verdict.advice().is_some(), "a refusal says what to do");
    let kept = photo::encode(&picture, &limits);
    assert!(photo::decode(&kept.jpeg, &limits).is_ok(), "what is kept can be opened");
    let _ = qr::read(&picture);
    if let Ok(cut) = seal_photo::extract(&picture, None) {
        assert!(cut.pixels.is_finite() && !cut.png().is_empty());
    }
}

/// A video of somebody reading a number.
pub fn video(data: &[u8]) {
    let rules = video::Rules { max_bytes: 6 * 1024 * 1024, max_ms: 20_000, ..video::Rules::default() };
    if let Err(refused) = video::check(data, &rules) {
        assert!(!refused.advice().is_empty(), "a refusal says what to do");
    }
}

/// What a code on a photographed letter says.
pub fn letter_mark(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(mark) = text.parse::<Mark>() {
        assert_eq!(mark.to_string(), text, "one way to write it");
    }
}

/// What is asked of the status service.
pub fn ocsp_request(data: &[u8]) {
    let Ok(request) = ocsp::Request::parse(data) else { return };
    assert!((1..=ocsp::MAX_REQUESTS).contains(&request.ids().len()) && data.len() <= ocsp::MAX_REQUEST_BYTES);
    for id in request.ids() {
        assert!(!id.serial().is_empty() && id.serial().len() <= 20, "a serial number has 1 to 20 bytes");
    }
}

/// An electronic seal, brought to be checked.
pub fn seal(data: &[u8]) {
    let Ok(seal) = Seal::parse(data) else { return };
    assert!(seal.validity().not_before() < seal.validity().not_after());
    for holder in seal.holders() {
        let _ = seal.check_maker(holder);
    }
}

/// A certificate or a certificate request, brought by strangers.
pub fn certificate(data: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(data) {
        assert_eq!(certificate.der(), data, "read only as it was signed");
    }
    if let Ok(request) = CsrVerified::parse(data) {
        assert_eq!(request.der(), data);
    }
}

/// The body of an upload form.
pub fn multipart(data: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let request = Request::builder().content_type("multipart/form-data; boundary=zz").body(data.to_vec());
        let (request, body) = request.split();
        let mut body: RequestBody = body;
        let Ok(form) = Multipart::from_request(&request, &mut body).await else { return };
        if let Ok(upload) = papers::receive(form, 64 * 1024).await {
            assert!(!upload.bytes.is_empty() && upload.bytes.len() <= 64 * 1024);
            assert!(upload.fields.len() <= 16);
        }
    });
}

/// A bill of WeChat Pay's: read or refused with its line, and what was read adds up.
pub fn bill(data: &[u8]) {
    use zhangzheng::providers::wechat_pay::bill::{funds, trades};
    let text = String::from_utf8_lossy(data);
    let most = text.lines().count();
    if let Ok(bill) = trades(&text) {
        assert!(bill.rows.len() <= most);
    }
    if let Ok(bill) = funds(&text) {
        assert!(bill.rows.len() <= most);
    }
    for refused in [trades(&text).err(), funds(&text).err()].into_iter().flatten() {
        assert!(!refused.what.is_empty() && refused.line <= most.max(1));
    }
}
