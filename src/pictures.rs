//! Pictures of the pages of a PDF, to show what a signer saw. They illustrate: no verdict depends on them.
//!
//! Another process draws, the same program started again (`varco draw-pages`): octets from outside that make a renderer
//! crash, hang or grow harm nobody else. Without the feature `pictures` there is no renderer, and there are no pictures.

#[cfg_attr(not(feature = "pictures"), expect(dead_code, reason = "nobody draws, and writes what was drawn"))]
mod frames;
#[cfg(feature = "pictures")]
mod painter;
mod studio;

use std::io::{self, Read, Write};

pub use studio::draw;

/// A page as it looks.
#[derive(Clone, Eq, PartialEq)]
pub struct Picture {
    /// Its place among the pages, from 1.
    pub page: u32,
    /// Dots.
    pub width: u32,
    /// Dots.
    pub height: u32,
    /// The picture, PNG.
    pub png: Vec<u8>,
}

/// What a document shows is as personal as the document.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} of {}×{})", self.page, self.width, self.height)
    }
}

/// Pages of one PDF.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Drawn {
    /// How many pages the PDF has.
    pub of: u32,
    /// Those that were asked for and could be drawn.
    pub pictures: Vec<Picture>,
}

/// Why there are no pictures.
#[derive(Debug, thiserror::Error)]
pub enum NotDrawn {
    /// This program was built without a renderer.
    #[error("built without a renderer")]
    NotBuilt,
    /// The renderer cannot read the PDF, or was stopped because it took too long or too much memory.
    #[error("the renderer gave up")]
    GaveUp,
    /// The process could not be started, or be spoken with.
    #[error("the renderer could not be used: {0}")]
    Io(#[from] io::Error),
}

/// The most octets of a PDF that is drawn.
pub const MAX_PDF_LEN: usize = 32 * 1024 * 1024;

/// Whether there is a renderer.
pub const BUILT: bool = cfg!(feature = "pictures");

/// What the process does that draws: confines itself, reads a PDF, writes pictures of some pages.
pub fn paint(pages: &[u32], input: &mut dyn Read, output: &mut dyn Write) -> Result<(), NotDrawn> {
    studio::confine()?;
    let mut pdf = Vec::new();
    input.take(u64::try_from(MAX_PDF_LEN).unwrap_or(u64::MAX)).read_to_end(&mut pdf)?;
    paint_pages(pdf, pages, output)
}

#[cfg(feature = "pictures")]
fn paint_pages(pdf: Vec<u8>, pages: &[u32], output: &mut dyn Write) -> Result<(), NotDrawn> {
    painter::paint(pdf, pages, output)
}

#[cfg(not(feature = "pictures"))]
fn paint_pages(_: Vec<u8>, _: &[u32], _: &mut dyn Write) -> Result<(), NotDrawn> {
    Err(NotDrawn::NotBuilt)
}
