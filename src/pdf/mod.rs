//! Reading PDF (ISO 32000-2): values, cross-references, and which octets belong to which revision.
//!
//! Objects are read when they are asked for, as they stood in a given revision, from a source that need not be in
//! memory. Nothing is repaired in silence: what a signature depends on (offsets, revisions, cross-references) is told as
//! it stands in the file, and each repair is told with its place. This module knows no signatures; what objects *mean* is said in `verify`.

mod chain;
mod crypt;
mod document;
mod filter;
mod history;
mod object;
mod octets;
mod rebuild;
mod repair;
mod syntax;
mod xref;

pub use crypt::CryptError;
pub use document::{Document, Indirect, Limits, View};
pub use history::{Place, Revision};
pub use object::{Dictionary, Name, Object, Reference};
pub use repair::Repair;
pub use syntax::{Member, SyntaxError};

use std::io;

/// Why a file, or an object of it, could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// Reading the source failed.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
    /// There is no header in the first 1,024 octets (ISO 32000-1 annex H, note 13).
    #[error("no PDF header")]
    NoHeader,
    /// There is no `startxref` near the end, or nothing where it points.
    #[error("no cross-references")]
    NoCrossReferences,
    /// Cross-references that are no such thing, or refer to one another in a circle.
    #[error("damaged cross-references at {at}")]
    BadCrossReferences {
        /// Offset of the section.
        at: u64,
    },
    /// An object is not what ISO 32000-2 §7.3 allows, or not where the cross-references say.
    #[error("damaged object {number}")]
    BadObject {
        /// Its number.
        number: u32,
    },
    /// Encrypted in a way that is not known, or not under the password at hand.
    #[error("encrypted: {0}")]
    Encrypted(#[from] CryptError),
    /// The time allowed is over.
    #[error("the time allowed is over")]
    Stopped,
    /// Beyond one of the [`Limits`].
    #[error("more than {0} is not read")]
    TooLarge(Bound),
}

/// What there is too much of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bound {
    /// Octets of one object without its stream.
    ObjectLen,
    /// Octets of decoded streams.
    Decoded,
    /// Objects.
    Objects,
    /// Revisions.
    Revisions,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ObjectLen => "16 MiB in one object",
            Self::Decoded => "512 MiB of compressed objects",
            Self::Objects => "4 million objects",
            Self::Revisions => "20,000 revisions",
        })
    }
}
