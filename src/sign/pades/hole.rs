//! A dictionary that covers the file it stands in, all but the hole for its own value (ISO 32000-2 §12.8.1).

use std::io::{self, Write};
use std::ops::Range;

use crate::asn1::{Cursor, Source, SourceError};
use crate::crypto::{Digest, DigestAlgorithm, Hasher, hex};
use crate::pdf::{Dictionary, Reference};
use crate::sign::pades::update::Update;
use crate::sign::pades::{PadesError, WriteError, write};
use crate::sign::signed_data::copy;

/// A file with a hole in what is added to it.
pub(in crate::sign) struct Holed<'a> {
    source: &'a dyn Source,
    update: Vec<u8>,
    /// `<…>` in the update.
    hole: Range<usize>,
    /// The digest of all but the hole.
    digest: Digest,
}

/// `[0 a b c]`, each with as many digits as [`super::update::MAX_LEN`] asks for.
const BYTE_RANGE_LEN: usize = 40;

impl<'a> Holed<'a> {
    /// Adds a dictionary to an update, with a hole for so many octets, and lays all of it out behind the file.
    pub(super) fn new(
        source: &'a dyn Source,
        mut update: Update<'_>,
        (id, dictionary): (Reference, &Dictionary),
        room: usize,
        algorithm: DigestAlgorithm,
    ) -> Result<Self, PadesError> {
        let mut octets = Vec::new();
        write::dictionary(dictionary, &mut octets);
        octets.truncate(octets.len() - b">>".len());
        octets.extend(b"/ByteRange ");
        let range = octets.len()..octets.len() + BYTE_RANGE_LEN;
        octets.resize(range.end, b' ');
        octets.extend(b"/Contents ");
        let hole = octets.len()..octets.len() + 2 + 2 * room;
        octets.push(b'<');
        octets.resize(hole.end - 1, b'0');
        octets.extend(b">>>");
        update.put_octets(id, octets);
        let mut layout = update.layout(source.len())?;
        let place = |part| layout.find(id, part).ok_or(PadesError::Damaged);
        let (hole, range) = (place(&hole)?, place(&range)?);
        let text = byte_range(source.len(), &hole, layout.octets.len(), range.len());
        layout.octets.splice(range, text);
        let digest = digest(source, &layout.octets, &hole, algorithm)?;
        Ok(Self { source, update: layout.octets, hole, digest })
    }

    pub(super) const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Writes the file, the hole filled; the rest of it is zeros. On an error, what was written must be thrown away.
    pub(in crate::sign) fn write(mut self, contents: &[u8], out: &mut dyn Write) -> Result<(), WriteError> {
        let digits = hex(contents).into_bytes();
        let inside = self.hole.start + 1..self.hole.end - 1;
        let room = inside.len() / 2;
        let slot = self.update.get_mut(inside).and_then(|inside| inside.get_mut(..digits.len()));
        slot.ok_or(WriteError::NoRoom { needed: contents.len(), room })?.copy_from_slice(&digits);
        let mut hasher = Hasher::new(self.digest.algorithm());
        copy(self.source, 0, self.source.len(), &mut hasher, out)?;
        add_update(&self.update, &self.hole, &mut hasher);
        if hasher.finish() != self.digest {
            return Err(WriteError::ContentChanged);
        }
        out.write_all(&self.update)?;
        Ok(())
    }
}

fn byte_range(before: u64, hole: &Range<usize>, update_len: usize, width: usize) -> Vec<u8> {
    let wide = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
    let text = format!("[0 {} {} {}]", before + wide(hole.start), before + wide(hole.end), wide(update_len - hole.end));
    let mut text = text.into_bytes();
    text.resize(width.max(text.len()), b' ');
    text
}

fn digest(
    source: &dyn Source,
    update: &[u8],
    hole: &Range<usize>,
    algorithm: DigestAlgorithm,
) -> Result<Digest, PadesError> {
    let mut hasher = Hasher::new(algorithm);
    let read = Cursor::new(source, 0).feed(source.len(), &mut |piece| hasher.update(piece));
    read.map_err(|error| match error {
        SourceError::Io(error) => PadesError::Io(error),
        SourceError::Asn1(_) => PadesError::Io(io::ErrorKind::UnexpectedEof.into()),
    })?;
    add_update(update, hole, &mut hasher);
    Ok(hasher.finish())
}

fn add_update(update: &[u8], hole: &Range<usize>, hasher: &mut Hasher) {
    hasher.update(update.get(..hole.start).unwrap_or_default());
    hasher.update(update.get(hole.end..).unwrap_or_default());
}
