//! Octets of the file, a window at a time.

use std::borrow::Cow;
use std::io;

use memchr::memmem::Finder;

use crate::asn1::Source;
use crate::pdf::{Bound, PdfError};

/// A file, borrowed where it is in memory.
#[derive(Clone, Copy)]
pub(super) struct Octets<'a> {
    source: &'a dyn Source,
    memory: Option<&'a [u8]>,
}

/// The first window; most objects without their stream are smaller.
const FIRST_WINDOW: usize = 4096;

/// No object without its stream, and no table of cross-references, is longer.
const MAX_WINDOW: usize = 16 * 1024 * 1024;

impl<'a> Octets<'a> {
    pub(super) fn new(source: &'a dyn Source) -> Self {
        Self { source, memory: source.as_slice() }
    }

    /// Number of octets.
    pub(super) fn len(&self) -> u64 {
        self.source.len()
    }

    /// At least `len` octets from `offset` on, fewer only at the end; all that follow, where they are in memory.
    pub(super) fn window(&self, offset: u64, len: usize) -> io::Result<Cow<'a, [u8]>> {
        if let Some(memory) = self.memory {
            let rest = usize::try_from(offset).ok().and_then(|offset| memory.get(offset..));
            return Ok(Cow::Borrowed(rest.unwrap_or_default()));
        }
        let left = usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut window = vec![0; len.min(left)];
        let mut filled = 0;
        while let Some(space) = window.get_mut(filled..).filter(|space| !space.is_empty()) {
            match self.source.read_at(offset + u64::try_from(filled).unwrap_or(u64::MAX), space)? {
                0 => break,
                read => filled += read,
            }
        }
        window.truncate(filled);
        Ok(Cow::Owned(window))
    }

    /// Exactly `len` octets from `offset` on; `None` where the file ends before.
    pub(super) fn exactly(&self, offset: u64, len: u64) -> io::Result<Option<Cow<'a, [u8]>>> {
        let Ok(len) = usize::try_from(len) else { return Ok(None) };
        if offset.checked_add(u64::try_from(len).unwrap_or(u64::MAX)).is_none_or(|end| end > self.len()) {
            return Ok(None);
        }
        Ok(match self.window(offset, len)? {
            Cow::Borrowed(window) => window.get(..len).map(Cow::Borrowed),
            Cow::Owned(window) => Some(Cow::Owned(window)),
        })
    }

    /// Reads something that ends with a mark of its own from `offset` on: where it does not end in a window, a larger one
    /// is tried.
    pub(super) fn read<T, E>(
        &self,
        offset: u64,
        mut read: impl FnMut(&[u8]) -> Result<T, E>,
    ) -> Result<Result<T, E>, PdfError> {
        let mut len = FIRST_WINDOW;
        loop {
            let window = self.window(offset, len)?;
            let whole = self.memory.is_some() || window.len() < len;
            match read(&window) {
                Err(_) if !whole && len >= MAX_WINDOW => return Err(PdfError::TooLarge(Bound::ObjectLen)),
                Err(_) if !whole => len *= 16,
                result => return Ok(result),
            }
        }
    }

    /// Where the first octet stands that is none of a kind, from `from` on.
    pub(super) fn find_other(&self, is_of_kind: impl Fn(u8) -> bool, from: u64) -> io::Result<Option<u64>> {
        const STEP: usize = 64 * 1024;
        let mut at = from;
        loop {
            let window = self.window(at, STEP)?;
            if let Some(found) = window.iter().position(|octet| !is_of_kind(*octet)) {
                return Ok(Some(at + u64::try_from(found).unwrap_or(u64::MAX)));
            }
            at += u64::try_from(window.len()).unwrap_or(u64::MAX);
            if window.is_empty() || at >= self.len() {
                return Ok(None);
            }
        }
    }

    /// Where `mark` begins first in these octets of the file.
    pub(super) fn find(&self, mark: &[u8], from: u64, to: u64) -> io::Result<Option<u64>> {
        const STEP: usize = 64 * 1024;
        let finder = Finder::new(mark);
        let mut at = from;
        while at < to {
            let left = usize::try_from(to - at).unwrap_or(usize::MAX);
            let window = self.window(at, left.min(STEP + mark.len()))?;
            let window = window.get(..left.min(window.len())).unwrap_or_default();
            if let Some(found) = finder.find(window) {
                return Ok(Some(at + u64::try_from(found).unwrap_or(u64::MAX)));
            }
            if window.len() <= STEP {
                return Ok(None);
            }
            at += u64::try_from(if self.memory.is_some() { window.len() } else { STEP }).unwrap_or(u64::MAX);
        }
        Ok(None)
    }
}
