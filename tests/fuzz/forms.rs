//! What strangers may send as a form; apart from the other bodies, because it needs the server.

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
