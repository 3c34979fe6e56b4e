//! What each signer of a PDF saw: pictures of the pages as they were when that person signed, beside what they are now.
//!
//! They illustrate. What was changed is told by the findings, which look at the file and not at pictures.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::clock::Countdown;
use crate::pictures::{self, Drawn, MAX_PDF_LEN, NotDrawn, Picture};
use crate::verify::{self, Context, Finding, Portion, Report, Request};

/// The pages that one signer saw.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The identifier of the signature in the report.
    pub signature: String,
    /// How many pages the document had.
    pub of: u32,
    /// Some of them: those that the findings name, and the first ones.
    pub pages: Vec<SeenPage>,
}

/// A page when it was signed.
#[derive(Clone, Debug)]
pub struct SeenPage {
    /// Its place, from 1.
    pub number: u32,
    /// What it looked like.
    pub then: Look,
    /// What it looks like now, if that is something else.
    pub now: Option<Picture>,
}

/// A picture, shown once.
#[derive(Clone, Debug)]
pub enum Look {
    /// The picture.
    Picture(Picture),
    /// The very same as for an earlier signature.
    SameAs(String),
}

/// How many pages are drawn of each revision.
const MAX_PAGES: usize = 5;
/// The most signatures whose document is drawn.
const MAX_SIGNATURES: usize = 8;
/// The time for all of them.
const TIME: Duration = Duration::from_secs(15);

/// Draws what the signers of the PDF saw that `report` is about; nothing where there is none, or it cannot be drawn.
pub fn draw(request: &Request<'_>, report: &Report, context: &Context<'_>) -> Vec<Seen> {
    let countdown = Countdown::start(TIME);
    let mut seen = Vec::new();
    let own = report.signatures.iter().filter(|signature| signature.attachment.is_none());
    let signed = own.filter_map(|signature| Some((signature.id.clone(), signature.revision?)));
    let signed: Vec<_> = signed.take(MAX_SIGNATURES).collect();
    let studio = Studio { request, context, pages: pages(report), countdown };
    let now = if signed.is_empty() { None } else { studio.draw(Portion::Content) };
    let Some(now) = now else { return seen };
    for (signature, revision) in signed {
        let number = usize::try_from(revision).ok().and_then(NonZeroUsize::new);
        let Some(then) = number.and_then(|number| studio.draw(Portion::Revision(number))) else { continue };
        let pages = then.pictures.into_iter().map(|then| page(then, &now, &seen)).collect();
        seen.push(Seen { signature, of: then.of, pages });
    }
    seen
}

fn page(then: Picture, now: &Drawn, seen: &[Seen]) -> SeenPage {
    let number = then.page;
    let now = now.pictures.iter().find(|now| now.page == number && now.png != then.png).cloned();
    let is_same = |page: &SeenPage| matches!(&page.then, Look::Picture(earlier) if *earlier == then);
    let same = seen.iter().find(|earlier| earlier.pages.iter().any(is_same));
    let then = same.map_or(Look::Picture(then), |same| Look::SameAs(same.signature.clone()));
    SeenPage { number, then, now }
}

/// The pages to draw, in their order: those that the findings name, then the first ones.
fn pages(report: &Report) -> Vec<u32> {
    let named: BTreeSet<u32> =
        report.signatures.iter().flat_map(|one| &one.findings).filter_map(Finding::page).collect();
    let mut pages: BTreeSet<u32> = named.into_iter().take(MAX_PAGES).collect();
    for page in 1.. {
        if pages.len() == MAX_PAGES {
            break;
        }
        pages.insert(page);
    }
    pages.into_iter().collect()
}

struct Studio<'a> {
    request: &'a Request<'a>,
    context: &'a Context<'a>,
    pages: Vec<u32>,
    countdown: Countdown,
}

impl Studio<'_> {
    /// Draws a portion of the document; `None` where that is not possible, which is no reason to keep the verdict back.
    fn draw(&self, portion: Portion) -> Option<Drawn> {
        let mut pdf = Bounded(Vec::new());
        verify::extract(self.request, self.context, portion, &mut pdf).ok()?;
        match pictures::draw(&pdf.0, &self.pages, self.countdown.left()) {
            Ok(drawn) => Some(drawn),
            Err(NotDrawn::NotBuilt | NotDrawn::GaveUp) => None,
            Err(NotDrawn::Io(error)) => {
                tracing::warn!(%error, "pages cannot be drawn");
                None
            }
        }
    }
}

/// As many octets as are drawn.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.0.len().saturating_add(octets.len()) > MAX_PDF_LEN {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
