//! Drawing, by the renderer.

use std::io::Write;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::page::Page;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{PixmapSettings, RenderCache, RenderSettings};

use crate::pictures::{NotDrawn, Picture, frames};

/// Dots from left to right of a page upright: text of nine points can be read.
const WIDTH: f32 = 800.0;
/// Dots from top to bottom.
const HEIGHT: f32 = 1600.0;

pub(super) fn paint(pdf: Vec<u8>, pages: &[u32], output: &mut dyn Write) -> Result<(), NotDrawn> {
    let pdf = Pdf::new(pdf).map_err(|_| NotDrawn::GaveUp)?;
    let all = pdf.pages();
    frames::write_count(u32::try_from(all.len()).unwrap_or(u32::MAX), output)?;
    for number in pages {
        let page = usize::try_from(*number).ok().and_then(|number| all.get(number.checked_sub(1)?));
        if let Some(picture) = page.and_then(|page| picture(page, *number)) {
            frames::write_picture(&picture, output)?;
        }
    }
    Ok(frames::write_end(output)?)
}

/// A picture of a page that has a size.
fn picture(page: &Page<'_>, number: u32) -> Option<Picture> {
    let (width, height) = page.render_dimensions();
    let scale = (WIDTH / width).min(HEIGHT / height);
    if !(scale.is_finite() && width >= 1.0 && height >= 1.0) {
        return None;
    }
    let size = PixmapSettings { x_scale: scale, y_scale: scale, bg_color: WHITE };
    let settings = InterpreterSettings::default();
    let pixmap = hayro::render(page, &RenderCache::new(), &settings, &RenderSettings::default(), &size);
    let (width, height) = (pixmap.width().into(), pixmap.height().into());
    Some(Picture { page: number, width, height, png: pixmap.into_png().ok()? })
}
