//! Envelopes of text around CMS: PEM (RFC 7468) and bare base64, as portals and mail programs leave them.

use std::borrow::Cow;
use std::io::{self, Write};

use base64::Engine;

use crate::asn1::{Cursor, Source, SourceError};
use crate::verify::sniff::{BASE64, HEAD_LEN, Looks, blank_len};
use crate::verify::{Spool, SpoolWriter};

/// Why text could not be decoded.
#[derive(Debug, thiserror::Error)]
pub(super) enum TextError {
    #[error("a character that is not base64")]
    NotBase64,
    #[error("no end line, or no line break after the begin line")]
    NoEndLine,
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("spooling failed: {0}")]
    Io(#[from] io::Error),
}

/// What was inside a text envelope.
pub(super) struct Decoded {
    pub(super) octets: Box<dyn Source>,
    /// Whether something other than blanks follows the end line.
    pub(super) followed: bool,
}

/// Decodes PEM or base64, which begins at `start`, into the spool. Of several PEM blocks the first is taken, and the
/// others make it `followed`.
pub(super) fn decode(source: &dyn Source, start: u64, looks: Looks, spool: &dyn Spool) -> Result<Decoded, TextError> {
    let mut start = start;
    let mut state = State::Body;
    if looks == Looks::Pem {
        let beginning = octets_at(source, start, MAX_LINE_LEN)?;
        let line = first_line(&beginning).ok_or(TextError::NoEndLine)?;
        start += u64::try_from(line.len() + 1).unwrap_or(u64::MAX);
        state = State::PemBody;
    }
    let mut decoder = Decoder { out: spool.begin(), pending: Vec::with_capacity(BLOCK), state, followed: false };
    let mut failed = None;
    Cursor::new(source, start).feed(source.len().saturating_sub(start), &mut |piece| {
        for block in piece.chunks(BLOCK) {
            if failed.is_none() {
                failed = decoder.update(block).err();
            }
        }
    })?;
    match failed {
        Some(error) => Err(error),
        None if matches!(decoder.state, State::PemBody | State::PemPadding) => Err(TextError::NoEndLine),
        None => decoder.finish(),
    }
}

/// Passes over byte-order marks and white space, then reads the first octets: where they begin, and what they are.
pub(super) fn read_head(source: &dyn Source) -> io::Result<(u64, Cow<'_, [u8]>)> {
    let mut start = 0;
    loop {
        let head = octets_at(source, start, HEAD_LEN)?;
        let blank = blank_len(&head);
        if blank == 0 {
            return Ok((start, head));
        }
        start += u64::try_from(blank).unwrap_or(u64::MAX);
    }
}

/// At most `count` octets from `start` on, borrowed where they are in memory anyway.
fn octets_at(source: &dyn Source, start: u64, count: usize) -> io::Result<Cow<'_, [u8]>> {
    let count = count.min(usize::try_from(source.len().saturating_sub(start)).unwrap_or(count));
    if let (Some(memory), Ok(start)) = (source.as_slice(), usize::try_from(start)) {
        return Ok(Cow::Borrowed(memory.get(start..).and_then(|rest| rest.get(..count)).unwrap_or_default()));
    }
    let mut octets = vec![0; count];
    let read = fill(source, start, &mut octets)?;
    octets.truncate(read);
    Ok(Cow::Owned(octets))
}

fn fill(source: &dyn Source, start: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(space) = buffer.get_mut(filled..).filter(|space| !space.is_empty()) {
        match source.read_at(start + u64::try_from(filled).unwrap_or(u64::MAX), space)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

fn first_line(text: &[u8]) -> Option<&[u8]> {
    text.get(..memchr::memchr(b'\n', text)?)
}

/// A label is short (RFC 7468 §2 has no limit; OpenSSL reads lines of 254).
const MAX_LINE_LEN: usize = 254;

/// A multiple of four, so that a full block decodes by itself.
const BLOCK: usize = 64 * 1024;

struct Decoder {
    out: Box<dyn SpoolWriter>,
    /// Characters not decoded yet.
    pending: Vec<u8>,
    state: State,
    /// Whether something follows the end line.
    followed: bool,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum State {
    /// Bare base64.
    Body,
    /// After `=`: only more of it, or blanks.
    Padding,
    /// Base64 of a PEM block, which has an end line.
    PemBody,
    /// After `=` in a PEM block.
    PemPadding,
    /// In the end line.
    EndLine,
    /// After it.
    After,
}

impl Decoder {
    fn update(&mut self, block: &[u8]) -> Result<(), TextError> {
        for octet in block {
            self.state = match (self.state, octet) {
                (State::EndLine, b'\n') => State::After,
                (State::After, octet) => {
                    self.followed |= !octet.is_ascii_whitespace() && *octet != 0;
                    State::After
                }
                (State::EndLine, _) | (State::PemBody | State::PemPadding, b'-') => State::EndLine,
                (state, blank) if blank.is_ascii_whitespace() => state,
                (State::Body | State::Padding, b'=') => State::Padding,
                (State::PemBody | State::PemPadding, b'=') => State::PemPadding,
                (state @ (State::Body | State::PemBody), octet) => {
                    self.pending.push(*octet);
                    state
                }
                (State::Padding | State::PemPadding, _) => return Err(TextError::NotBase64),
            };
        }
        let whole = self.pending.len() / 4 * 4;
        let rest = self.pending.split_off(whole);
        self.flush()?;
        self.pending = rest;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), TextError> {
        let decoded = BASE64.decode(&self.pending).map_err(|_| TextError::NotBase64)?;
        self.out.write_all(&decoded)?;
        Ok(())
    }

    fn finish(mut self) -> Result<Decoded, TextError> {
        self.flush()?;
        Ok(Decoded { octets: self.out.finish()?, followed: self.followed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::MemorySpool;

    fn decoded(text: &[u8], looks: Looks) -> Result<Vec<u8>, TextError> {
        let (start, _) = read_head(&text).unwrap();
        decode(&text, start, looks, &MemorySpool).map(|decoded| decoded.octets.as_slice().unwrap().to_vec())
    }

    #[test]
    fn line_breaks_blanks_and_missing_padding_do_not_matter() {
        for text in [&b"aGVsbG8="[..], b"aGVsbG8", b"\xef\xbb\xbf aGVs\r\nbG8=\r\n", b"a\nG\nV\ns\nb\nG8=\n\n"] {
            assert_eq!(decoded(text, Looks::Base64).unwrap(), b"hello", "{text:?}");
        }
    }

    #[test]
    fn pem_needs_its_end_line_and_says_what_follows() {
        let pem = b"-----BEGIN PKCS7-----\r\naGVsbG8=\r\n-----END PKCS7-----\r\n\0\0";
        assert_eq!(decoded(pem, Looks::Pem).unwrap(), b"hello");
        for (after, followed) in [(&b"\r\n\0"[..], false), (b"\n-----BEGIN PKCS7-----\n", true), (b"\naltro", true)] {
            let pem = [b"-----BEGIN PKCS7-----\naGVsbG8=\n-----END PKCS7-----", after].concat();
            assert_eq!(decode(&pem.as_slice(), 0, Looks::Pem, &MemorySpool).unwrap().followed, followed, "{after:?}");
        }
        assert!(decoded(b"-----BEGIN PKCS7-----\naGVsbG8=\n", Looks::Pem).is_err());
        assert!(decoded(b"-----BEGIN PKCS7-----", Looks::Pem).is_err());
    }

    #[test]
    fn other_characters_are_refused() {
        for text in [&b"aGVs!G8="[..], b"aGVsbG8=aGVsbG8=", b"aGVsb", b"aGVsbG8=-altro"] {
            assert!(decoded(text, Looks::Base64).is_err(), "{text:?}");
        }
    }
}
