//! A scan: pictures of pages put into a PDF, as a scanner does.

/// A page for every JPEG, each as wide as A4.
pub fn scan(pages: &[Vec<u8>]) -> Vec<u8> {
    let mut objects: Vec<Vec<u8>> = vec![b"<< /Type /Catalog /Pages 2 0 R >>".to_vec()];
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", 3 + page * 3)).collect();
    objects.push(format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), pages.len()).into_bytes());
    for (page, jpeg) in pages.iter().enumerate() {
        let (width, height) = image::ImageReader::new(std::io::Cursor::new(jpeg))
            .with_guessed_format()
            .ok()
            .and_then(|reader| reader.into_dimensions().ok())
            .unwrap_or((1, 1));
        let tall = 595.0 * f64::from(height) / f64::from(width);
        let first = 3 + page * 3;
        objects.push(
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 {tall:.2}] /Contents {} 0 R \
                 /Resources << /XObject << /Scan {} 0 R >> >> >>",
                first + 1,
                first + 2
            )
            .into_bytes(),
        );
        objects.push(stream("", format!("q 595 0 0 {tall:.2} 0 0 cm /Scan Do Q").as_bytes()));
        let picture = format!(
            "/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB \
             /BitsPerComponent 8 /Filter /DCTDecode"
        );
        objects.push(stream(&picture, jpeg));
    }
    written(&objects)
}

fn stream(about: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("<< {about} /Length {} >>\nstream\n", content.len());
    [head.as_bytes(), content, b"\nendstream"].concat()
}

/// The file around the objects, the first of which is the catalogue.
fn written(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xe6\x8e\x8c\xe8\xaf\x81\n".to_vec();
    let mut places = Vec::with_capacity(objects.len());
    for (number, object) in (1..).zip(objects) {
        places.push(out.len());
        out.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let (table, size) = (out.len(), objects.len() + 1);
    out.extend_from_slice(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes());
    for place in places {
        out.extend_from_slice(format!("{place:010} 00000 n \n").as_bytes());
    }
    out.extend_from_slice(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").as_bytes());
    out
}
