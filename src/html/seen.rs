//! What a signer saw, in pictures and words.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::language::Language;
use crate::pictures::Picture;
use crate::procedures::seen::{Look, Seen, SeenPage};

/// The pages that one signer saw.
pub(crate) struct SeenView {
    pub(crate) introduction: String,
    /// Whether some page looks different now.
    pub(crate) changed: bool,
    pub(crate) pages: Vec<PageView>,
}

/// One page: as it was, and as it is now if that differs.
pub(crate) struct PageView {
    /// Where it was shown before.
    pub(crate) same: Option<String>,
    pub(crate) pictures: Vec<PictureView>,
}

/// A picture, fit to stand in HTML.
pub(crate) struct PictureView {
    pub(crate) base64: String,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) alternative: String,
    pub(crate) caption: String,
}

impl SeenView {
    /// `title_of` gives the title of a signature by its identifier.
    pub(super) fn of(seen: &Seen, title_of: impl Fn(&str) -> String, language: Language) -> Self {
        Self {
            introduction: introduction(seen, language),
            changed: seen.pages.iter().any(|page| page.now.is_some()),
            pages: seen.pages.iter().map(|page| PageView::of(page, &title_of, language)).collect(),
        }
    }
}

fn introduction(seen: &Seen, language: Language) -> String {
    let (shown, of) = (seen.pages.len(), seen.of);
    let first = seen.pages.iter().zip(1..).all(|(page, number)| page.number == number);
    let pages = match (usize::try_from(of) == Ok(shown), language) {
        (false, Language::Italian) if !first => {
            format!("Le pagine di cui si dice qualcosa e le prime ({shown} su {of}), com'erano al momento della firma")
        }
        (false, Language::English) if !first => {
            format!(
                "The pages of which something is said and the first ones ({shown} of {of}), as they were when it was signed"
            )
        }
        (true, Language::Italian) => "Le pagine com'erano al momento della firma".to_owned(),
        (true, Language::English) => "The pages as they were when it was signed".to_owned(),
        (false, Language::Italian) => format!("Le prime {shown} pagine su {of}, com'erano al momento della firma"),
        (false, Language::English) => format!("The first {shown} of {of} pages, as they were when it was signed"),
    };
    let rest = language.choose(
        "e, dove oggi appaiono diverse, come sono ora. Le immagini servono solo a capire: altri programmi possono disegnarle un po' diversamente, e conta il documento.",
        "and, where they look different today, as they are now. The pictures only help to understand: other programs may draw them a little differently, and it is the document that counts.",
    );
    format!("{pages}, {rest}")
}

impl PageView {
    fn of(page: &SeenPage, title_of: impl Fn(&str) -> String, language: Language) -> Self {
        let number = page.number;
        let caption = |italian: &str, english: &str| match language {
            Language::Italian => format!("Pagina {number} {italian}"),
            Language::English => format!("Page {number} {english}"),
        };
        let (then, same) = match &page.then {
            Look::Picture(picture) => {
                (Some(PictureView::of(picture, caption("al momento della firma", "when it was signed"))), None)
            }
            Look::SameAs(signature) => {
                let title = title_of(signature);
                (None, Some(caption(&format!("uguale a quella di: {title}"), &format!("the same as of: {title}"))))
            }
        };
        let now = page.now.as_ref();
        let now = now.map(|now| PictureView::of(now, caption("com'è ora, dopo le modifiche", "as it is now, changed")));
        Self { same, pictures: then.into_iter().chain(now).collect() }
    }
}

impl PictureView {
    fn of(picture: &Picture, caption: String) -> Self {
        Self {
            base64: STANDARD.encode(&picture.png),
            width: picture.width,
            height: picture.height,
            alternative: caption.clone(),
            caption,
        }
    }
}
