//! Drawing the pages of a PDF on white, as large as a scan of the paper would be.

use super::{Limits, PdfError};
use hayro::{
    PixmapSettings, RenderCache, RenderSettings,
    hayro_interpret::{
        InterpreterSettings,
        font::{FontData, FontQuery},
        hayro_cmap::CidFamily,
    },
    hayro_syntax::{Pdf, page::Page},
    render,
    vello_cpu::{Pixmap, color::palette::css::WHITE},
};
use image::RgbImage;
use std::sync::Arc;

/// Sides of a page in points (1/72 inch): from a visiting card to a poster.
const SIDES: std::ops::RangeInclusive<f32> = 100.0..=4000.0;
/// No page is drawn larger than 300 dpi.
const LARGEST_SCALE: f32 = 300.0 / 72.0;

/// Every page, in order.
pub(super) fn pages(pdf: &Pdf, limits: &Limits) -> Result<Vec<RgbImage>, PdfError> {
    let settings = InterpreterSettings { font_resolver: Arc::new(|query| Some(font(query))), ..Default::default() };
    let cache = RenderCache::new();
    let one = |page| {
        let scale = scale(page, limits)?;
        let size = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
        let drawn = render(page, &cache, &settings, &RenderSettings::default(), &size);
        picture(&drawn).ok_or(PdfError::Damaged)
    };
    pdf.pages().iter().map(one).collect()
}

fn scale(page: &Page<'_>, limits: &Limits) -> Result<f32, PdfError> {
    let (width, height) = page.render_dimensions();
    if !SIDES.contains(&width) || !SIDES.contains(&height) {
        return Err(PdfError::PageSize);
    }
    Ok((f32::from(limits.long_side) / width.max(height)).min(LARGEST_SCALE))
}

/// Chinese that a file names without carrying its font is set in ours; anything else in the fonts that every reader has.
fn font(query: &FontQuery) -> (FontData, u32) {
    match query {
        FontQuery::Standard(standard) => standard.get_font_data(),
        FontQuery::Fallback(wanted) => {
            let family = wanted.character_collection.as_ref().map(|collection| &collection.family);
            match family {
                Some(CidFamily::AdobeGB1 | CidFamily::AdobeCNS1) => (Arc::new(zhangzheng_fonts::SERIF), 0),
                _ => wanted.pick_standard_font().get_font_data(),
            }
        }
    }
}

fn picture(drawn: &Pixmap) -> Option<RgbImage> {
    let rgb = drawn.data_as_u8_slice().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    RgbImage::from_raw(u32::from(drawn.width()), u32::from(drawn.height()), rgb)
}
