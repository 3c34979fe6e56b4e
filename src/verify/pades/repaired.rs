//! What a PDF has that is not right and was read nevertheless: how it is told, and what it leaves open.

use serde::{Deserialize, Serialize};

use crate::domain::language::Language;
use crate::pdf::{Document, Repair};
use crate::verify::finding::Fact;

/// A repair, as a report keeps it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::verify) enum Repaired {
    /// Objects and revisions were searched for.
    Index,
    /// A reference to earlier cross-references that are not there.
    Prev,
    /// Objects counted from 1 in the cross-references.
    Numbering,
    /// No `%%EOF`.
    EndMark,
    /// No `endobj`.
    EndOfObject,
    /// The length of a stream.
    StreamLength,
}

impl From<Repair> for Repaired {
    fn from(repair: Repair) -> Self {
        match repair {
            Repair::IndexRebuilt => Self::Index,
            Repair::PrevIgnored => Self::Prev,
            Repair::NumberedFromOne => Self::Numbering,
            Repair::NoEndMark => Self::EndMark,
            Repair::NoEndOfObject => Self::EndOfObject,
            Repair::StreamLength => Self::StreamLength,
        }
    }
}

impl Repaired {
    /// The same in words, for use inside a sentence.
    pub(in crate::verify) const fn words(self, language: Language) -> &'static str {
        let (italian, english) = match self {
            Self::Index => (
                "l'indice che dice dove stanno i suoi oggetti non è utilizzabile, e gli oggetti sono stati cercati uno per uno",
                "the index that says where its objects are cannot be used, and they were searched for one by one",
            ),
            Self::Prev => {
                ("rimanda a un indice precedente che non c'è", "it refers to an earlier index that is not there")
            }
            Self::Numbering => (
                "il suo indice conta gli oggetti da 1 invece che da 0",
                "its index counts the objects from 1 instead of 0",
            ),
            Self::EndMark => ("manca il segno di fine (%%EOF)", "the mark at its end (%%EOF) is missing"),
            Self::EndOfObject => {
                ("un oggetto non ha il segno di fine (endobj)", "an object has no mark at its end (endobj)")
            }
            Self::StreamLength => (
                "un oggetto è più lungo o più corto di quanto dichiari (Length)",
                "an object is longer or shorter than it says (Length)",
            ),
        };
        match language {
            Language::Italian => italian,
            Language::English => english,
        }
    }
}

/// What is to be said of a file once everything in it was read.
pub(super) fn facts(document: &Document<'_>) -> Vec<Fact> {
    let repairs = document.repairs();
    repairs.into_iter().map(|(repair, _)| Fact::PdfRepaired { what: repair.into() }).collect()
}

/// Whether something was repaired behind a place. Other programs may read it otherwise, so nobody can say what was
/// changed there.
pub(super) fn is_repaired_behind(document: &Document<'_>, end: u64) -> bool {
    document.repairs().into_iter().any(|(_, at)| at > end)
}
