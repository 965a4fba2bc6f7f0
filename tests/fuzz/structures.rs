//! Structures that strangers bring to be read: questions about certificates, seals, certificates and requests. Shared by the
//! fuzz targets and by the plain test.

use zhangzheng_pki::{certificate::Certificate, csr::CsrVerified, ocsp, seal::Seal};

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
