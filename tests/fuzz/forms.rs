//! What strangers may send as a form, and what a bill may hold; apart from the other bodies, because they need the server.

use poem::{FromRequest, Request, RequestBody, web::Multipart};
use zhangzheng::papers;

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
