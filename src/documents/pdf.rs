//! Intake of a stranger's PDF (扫描件): looked through before anything of it is drawn, then drawn page by page; what is kept
//! and shown of it are pictures.
//!
//! The reader is pure Rust without `unsafe`, but no time and no memory bound can be promised for what it is given: call
//! [`open`] in a process of its own that may be killed.

mod draw;
mod inspect;

use image::RgbImage;

/// What an upload may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Largest upload in bytes.
    pub max_bytes: usize,
    /// Most pages.
    pub max_pages: usize,
    /// Most objects, and most values in them all together.
    pub max_objects: usize,
    /// Long side in pixels of a page's picture: 200 dpi of A4.
    pub long_side: u16,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_bytes: 20 << 20, max_pages: 5, max_objects: 20_000, long_side: 2339 }
    }
}

/// Why a PDF was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// More bytes than allowed.
    #[error("the PDF has too many bytes")]
    TooManyBytes,
    /// Not a PDF, whatever its name says.
    #[error("the upload is no PDF")]
    NotAPdf,
    /// It has a password, or rights that somebody reserves.
    #[error("the PDF is encrypted")]
    Encrypted,
    /// It does something when it is opened: scripts, actions, films.
    #[error("the PDF is active")]
    Active,
    /// Other files are in it.
    #[error("the PDF carries other files")]
    Attachments,
    /// More pages than allowed.
    #[error("the PDF has too many pages")]
    TooManyPages,
    /// More objects, time or memory than allowed.
    #[error("the PDF is too complex")]
    TooComplex,
    /// A page of a size that no paper has.
    #[error("a page of the PDF has no paper's size")]
    PageSize,
    /// It cannot be read.
    #[error("the PDF is damaged")]
    Damaged,
}

impl PdfError {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::TooManyBytes,
        Self::NotAPdf,
        Self::Encrypted,
        Self::Active,
        Self::Attachments,
        Self::TooManyPages,
        Self::TooComplex,
        Self::PageSize,
        Self::Damaged,
    ];

    /// The word by which one process tells another.
    pub const fn word(self) -> &'static str {
        match self {
            Self::TooManyBytes => "too_many_bytes",
            Self::NotAPdf => "not_a_pdf",
            Self::Encrypted => "encrypted",
            Self::Active => "active",
            Self::Attachments => "attachments",
            Self::TooManyPages => "too_many_pages",
            Self::TooComplex => "too_complex",
            Self::PageSize => "page_size",
            Self::Damaged => "damaged",
        }
    }

    /// What the person should do, in one calm sentence.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::TooManyBytes => "PDF 文件过大，请控制在 20 MB 以内，或改为拍照上传",
            Self::NotAPdf => "这个文件不是 PDF，请上传照片（JPG、PNG）或 PDF 扫描件",
            Self::Encrypted => "这份 PDF 设有密码或权限保护，请取消保护后重新上传，或改为拍照上传",
            Self::Active => "这份 PDF 带有脚本、自动动作或多媒体内容，请打印后扫描成普通 PDF，或改为拍照上传",
            Self::Attachments => "这份 PDF 里还嵌有其他文件，请打印后扫描成普通 PDF，或改为拍照上传",
            Self::TooManyPages => "PDF 超过 5 页，请只保留授权委托书的页面后重新上传",
            Self::TooComplex => "这份 PDF 内容过于复杂，请打印后扫描成普通 PDF，或改为拍照上传",
            Self::PageSize => "PDF 的页面尺寸异常，请按 A4 纸重新扫描，或改为拍照上传",
            Self::Damaged => "PDF 无法打开，可能已损坏或没有传完整，请重新导出后上传，或改为拍照上传",
        }
    }
}

/// Whether the content, whatever its name, begins as a PDF does.
pub fn is_pdf(upload: &[u8]) -> bool {
    upload.starts_with(b"%PDF-")
}

/// Takes an upload: looks through it and draws every page on white, in order.
///
/// # Errors
/// [`PdfError`], with what to do.
pub fn open(upload: Vec<u8>, limits: &Limits) -> Result<Vec<RgbImage>, PdfError> {
    if !is_pdf(&upload) {
        return Err(PdfError::NotAPdf);
    }
    if upload.len() > limits.max_bytes {
        return Err(PdfError::TooManyBytes);
    }
    let pdf = inspect::read(upload, limits)?;
    draw::pages(&pdf, limits)
}

/// A stroke of a pen changes more of a page than this share of its pixels.
const UNTOUCHED: f64 = 0.0004;

/// Whether two pictures of a page show the same, but for what a copy's compression changes.
pub fn alike(one: &RgbImage, other: &RgbImage) -> bool {
    if one.dimensions() != other.dimensions() {
        return false;
    }
    let differs = |(a, b): &(&image::Rgb<u8>, &image::Rgb<u8>)| (0..3).any(|i| a.0[i].abs_diff(b.0[i]) > 72);
    let different = one.pixels().zip(other.pixels()).filter(differs).count();
    (different as f64) < UNTOUCHED * f64::from(one.width()) * f64::from(one.height())
}

#[cfg(test)]
mod tests;
