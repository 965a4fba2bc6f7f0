//! Intake of a stranger's photo (照片接收): known by its content, bounded, upright, without metadata, encoded anew.

use std::io::Cursor;

use fast_image_resize as resize;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, RgbImage, codecs::png::PngDecoder};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// What an upload may be and what becomes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Largest upload in bytes.
    pub max_bytes: usize,
    /// Longest side in pixels that is decoded at all.
    pub max_side: u32,
    /// Most pixels that are decoded at all.
    pub max_pixels: u64,
    /// Most bytes that decoding may allocate.
    pub max_alloc: u64,
    /// Shortest side in pixels that is worth keeping.
    pub min_side: u32,
    /// Long side in pixels of what is kept; larger photos are reduced.
    pub long_side: u32,
    /// Most bytes of what is kept: quality, then size, is lowered until it fits.
    pub target_bytes: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_bytes: 15 << 20,
            max_side: 12_000,
            max_pixels: 50_000_000,
            max_alloc: 256 << 20,
            min_side: 200,
            long_side: 2560,
            target_bytes: None,
        }
    }
}

impl Limits {
    /// For vendors that take at most 400 KB (OCR and comparison by the cloud).
    pub fn small() -> Self {
        Limits { long_side: 1920, target_bytes: Some(400 * 1024), ..Limits::default() }
    }
}

/// Why a photo was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhotoError {
    /// No bytes at all.
    #[error("the upload is empty")]
    Empty,
    /// More bytes than allowed.
    #[error("the upload has too many bytes")]
    TooManyBytes,
    /// The content is no picture, whatever its name says.
    #[error("the upload is not an image")]
    NotAnImage,
    /// Apple's HEIC, which the mini-program and Safari turn into JPEG by themselves.
    #[error("HEIC is not taken")]
    Heic,
    /// A picture of another kind (GIF, WebP, BMP, TIFF).
    #[error("only JPEG and PNG are taken")]
    OtherFormat,
    /// More pixels, or more memory, than allowed.
    #[error("the image has too many pixels")]
    TooManyPixels,
    /// Fewer pixels than are worth keeping.
    #[error("the image is too small")]
    TooSmall,
    /// The file ends before the picture does.
    #[error("the image is cut short")]
    Truncated,
    /// The file cannot be decoded.
    #[error("the image is damaged")]
    Damaged,
}

impl PhotoError {
    /// What the person should do, in one calm sentence.
    pub fn advice(&self) -> &'static str {
        match self {
            PhotoError::Empty => "没有收到照片，请重新选择或拍摄。",
            PhotoError::TooManyBytes => "照片文件太大，请用手机直接拍摄，或压缩后再上传。",
            PhotoError::NotAnImage => "这个文件不是照片，请上传 JPG 或 PNG 格式的照片。",
            PhotoError::Heic => "暂不支持 HEIC 格式，请在微信小程序里直接拍摄，或转换成 JPG 后再上传。",
            PhotoError::OtherFormat => "暂不支持这种图片格式，请上传 JPG 或 PNG 格式的照片。",
            PhotoError::TooManyPixels => "照片尺寸过大，请用手机的普通拍照模式重新拍摄。",
            PhotoError::TooSmall => "照片尺寸太小，看不清内容，请上传原图或靠近一些重新拍摄。",
            PhotoError::Truncated => "照片没有传完整，请检查网络后重新上传。",
            PhotoError::Damaged => "照片无法打开，可能已经损坏，请重新拍摄后上传。",
        }
    }
}

/// What is kept of an upload: an upright JPEG that carries pixels and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Photo {
    /// The JPEG.
    pub jpeg: Vec<u8>,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
}

impl std::fmt::Debug for Photo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Photo({}x{}, {} bytes)", self.width, self.height, self.jpeg.len())
    }
}

/// Takes an upload: decodes it within the limits and encodes it anew. For measuring too, use [`decode`] and [`encode`].
pub fn intake(upload: &[u8], limits: &Limits) -> Result<Photo, PhotoError> {
    Ok(encode(&decode(upload, limits)?, limits))
}

/// Decodes an upload within the limits: upright, transparency laid on white.
pub fn decode(upload: &[u8], limits: &Limits) -> Result<RgbImage, PhotoError> {
    if upload.is_empty() {
        return Err(PhotoError::Empty);
    }
    if upload.len() > limits.max_bytes {
        return Err(PhotoError::TooManyBytes);
    }
    match kind(upload) {
        Kind::Jpeg => decode_jpeg(upload, limits),
        Kind::Png => decode_png(upload, limits),
        Kind::Heic => Err(PhotoError::Heic),
        Kind::Other => Err(PhotoError::OtherFormat),
        Kind::None => Err(PhotoError::NotAnImage),
    }
}

/// Encodes a picture as JPEG of at most `long_side` pixels and, where asked, `target_bytes` bytes.
pub fn encode(picture: &RgbImage, limits: &Limits) -> Photo {
    let mut side = limits.long_side;
    loop {
        let reduced = shrink(picture, side);
        let mut qualities = [82, 72, 60].into_iter();
        let photo = loop {
            let Some(quality) = qualities.next() else {
                break None;
            };
            let photo = encode_jpeg(&reduced, quality);
            if limits.target_bytes.is_none_or(|most| photo.jpeg.len() <= most) {
                break Some(photo);
            }
        };
        match photo {
            Some(photo) => return photo,
            None if side <= 320 => return encode_jpeg(&reduced, 50),
            None => side = side.min(picture.width().max(picture.height())) * 4 / 5,
        }
    }
}

/// A small JPEG for lists, at most `long_side` pixels long.
pub fn thumbnail(picture: &RgbImage, long_side: u32) -> Photo {
    encode_jpeg(&shrink(picture, long_side), 75)
}

/// The picture reduced to `long_side` pixels; a smaller one as it is.
pub fn shrink(picture: &RgbImage, long_side: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let scale = f64::from(long_side.max(1)) / f64::from(width.max(height).max(1));
    if scale >= 1.0 {
        return picture.clone();
    }
    let scaled = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    let mut target = RgbImage::new(scaled(width), scaled(height));
    let (new_width, new_height) = target.dimensions();
    let source = resize::images::ImageRef::new(width, height, picture.as_raw(), resize::PixelType::U8x3)
        .expect("a picture's buffer has its size");
    let mut canvas =
        resize::images::Image::from_slice_u8(new_width, new_height, target.as_mut(), resize::PixelType::U8x3)
            .expect("the new picture's buffer has its size");
    let options = resize::ResizeOptions::new().resize_alg(resize::ResizeAlg::Convolution(resize::FilterType::Bilinear));
    resize::Resizer::new()
        .resize(&source, &mut canvas, &options)
        .expect("both pictures are of one kind and none is empty");
    target
}

enum Kind {
    Jpeg,
    Png,
    Heic,
    Other,
    None,
}

fn kind(bytes: &[u8]) -> Kind {
    let brand = bytes.get(4..12).unwrap_or_default();
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Kind::Jpeg,
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Kind::Png,
        [b'G', b'I', b'F', b'8', ..] | [b'B', b'M', ..] => Kind::Other,
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Kind::Other,
        [b'R', b'I', b'F', b'F', ..] if bytes.get(8..12) == Some(b"WEBP") => Kind::Other,
        _ if brand.starts_with(b"ftyp") => match &brand[4..] {
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Kind::Heic,
            b"avif" | b"avis" => Kind::Other,
            _ => Kind::None,
        },
        _ => Kind::None,
    }
}

fn check_size(width: u32, height: u32, limits: &Limits) -> Result<(), PhotoError> {
    let pixels = u64::from(width) * u64::from(height);
    if width > limits.max_side || height > limits.max_side || pixels > limits.max_pixels {
        return Err(PhotoError::TooManyPixels);
    }
    if width.min(height) < limits.min_side.max(1) {
        return Err(PhotoError::TooSmall);
    }
    Ok(())
}

/// Strict, because the lenient decoders hand out a half-grey picture for a file that was cut short.
fn decode_jpeg(upload: &[u8], limits: &Limits) -> Result<RgbImage, PhotoError> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(32)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(upload), options);
    decoder.decode_headers().map_err(jpeg_error)?;
    let info = decoder.info().ok_or(PhotoError::Damaged)?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    check_size(width, height, limits)?;
    if u64::from(width) * u64::from(height) * 3 > limits.max_alloc {
        return Err(PhotoError::TooManyPixels);
    }
    let orientation = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    let pixels = decoder.decode().map_err(jpeg_error)?;
    let picture = RgbImage::from_raw(width, height, pixels).ok_or(PhotoError::Damaged)?;
    Ok(upright(picture.into(), orientation).into_rgb8())
}

fn jpeg_error(error: DecodeErrors) -> PhotoError {
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => PhotoError::Truncated,
        DecodeErrors::LargeDimensions(_) => PhotoError::TooManyPixels,
        DecodeErrors::ZeroError => PhotoError::TooSmall,
        DecodeErrors::Unsupported(_) => PhotoError::OtherFormat,
        _ => PhotoError::Damaged,
    }
}

fn decode_png(upload: &[u8], limits: &Limits) -> Result<RgbImage, PhotoError> {
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.max_side);
    bounds.max_image_height = Some(limits.max_side);
    bounds.max_alloc = Some(limits.max_alloc);
    let mut decoder = PngDecoder::with_limits(Cursor::new(upload), bounds.clone()).map_err(png_error)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, limits)?;
    decoder.set_limits(bounds).map_err(png_error)?;
    if decoder.total_bytes() > limits.max_alloc {
        return Err(PhotoError::TooManyPixels);
    }
    let orientation = decoder.orientation().ok();
    let picture = DynamicImage::from_decoder(decoder).map_err(png_error)?;
    Ok(on_white(upright(picture, orientation)))
}

fn png_error(error: ImageError) -> PhotoError {
    match error {
        ImageError::Limits(_) => PhotoError::TooManyPixels,
        ImageError::IoError(_) => PhotoError::Truncated,
        ImageError::Decoding(error) if cut_short(&error) => PhotoError::Truncated,
        ImageError::Unsupported(_) => PhotoError::OtherFormat,
        _ => PhotoError::Damaged,
    }
}

fn cut_short(error: &dyn std::error::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::UnexpectedEof;
        }
        if error.to_string().contains("unexpected end") {
            return true;
        }
        cause = error.source();
    }
    false
}

fn upright(mut picture: DynamicImage, orientation: Option<Orientation>) -> DynamicImage {
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    picture
}

fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        image::Rgb([r, g, b].map(|ink| ((ink * alpha + 255 * (255 - alpha)) / 255) as u8))
    })
}

fn encode_jpeg(picture: &RgbImage, quality: u8) -> Photo {
    let (width, height) = picture.dimensions();
    let mut jpeg = Vec::with_capacity(picture.as_raw().len() / 12);
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, quality);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_2_0);
    encoder
        .encode(picture.as_raw(), width as u16, height as u16, jpeg_encoder::ColorType::Rgb)
        .expect("a picture within the limits fits a JPEG, and memory takes it");
    Photo { jpeg, width, height }
}

#[cfg(test)]
mod tests;
