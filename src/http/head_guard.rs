//! Heads of HTTP/1.1 that two readers could understand in two ways (RFC 9112 §11.2, request smuggling).
//!
//! hyper takes lines that end in LF alone, drops a `Content-Length` beside `Transfer-Encoding`, and joins equal
//! `Content-Length`s. Whatever stands before us may see two requests where hyper sees one. So the octets are looked at on
//! their way: where a head is ambiguous, hyper gets a NUL instead, which it answers with 400 and the end of the connection.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::http::listener::Protocol;

/// What octets come from and go to, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A stream whose heads are unambiguous. (Boxed: hyper is compiled once, which takes longer than everything else here.)
pub(super) struct HeadGuard {
    inner: Box<dyn Stream>,
    scan: Scan,
    refused: Arc<AtomicBool>,
}

impl HeadGuard {
    /// Looks at the heads of HTTP/1.1; HTTP/2 has its own framing. Beside it comes what says whether one was ambiguous.
    pub(super) fn new(inner: impl Stream + 'static, protocol: Protocol) -> (Self, Arc<AtomicBool>) {
        let at = match protocol {
            Protocol::Http1 => At::Start,
            Protocol::Http2 => At::Last,
        };
        let refused = Arc::new(AtomicBool::new(false));
        let scan = Scan { at, ..Scan::default() };
        (Self { inner: Box::new(inner), scan, refused: Arc::clone(&refused) }, refused)
    }
}

impl AsyncRead for HeadGuard {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buffer))?;
        let passed = self.scan.pass(buffer.filled_mut().get_mut(before..).unwrap_or_default());
        buffer.set_filled(before + passed);
        if self.scan.at == At::Refused {
            self.refused.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for HeadGuard {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, octets)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, octets)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Follows requests on a connection.
#[derive(Default)]
struct Scan {
    at: At,
    line: Vec<u8>,
    framing: Framing,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum At {
    /// Before a request line; empty lines may come first (RFC 9112 §2.2).
    #[default]
    Start,
    /// After a request line.
    Head,
    /// In a body, of which so many octets are left.
    Body(u64),
    /// In a chunked body. No request follows it on this connection: the answer closes it.
    Last,
    /// After something ambiguous.
    Refused,
}

/// What a head says of the length of its body.
#[derive(Default)]
struct Framing {
    length: Option<u64>,
    chunked: bool,
}

/// The head is ambiguous.
struct Ambiguous;

/// hyper refuses heads of this length by itself.
const MAX_LINE: usize = 64 * 1024;

impl Scan {
    /// How many of these octets may pass; the last of them may have been replaced.
    fn pass(&mut self, octets: &mut [u8]) -> usize {
        let mut index = 0;
        while let Some(left) = octets.get_mut(index..).filter(|left| !left.is_empty()) {
            match self.at {
                At::Refused => return index,
                At::Last => return octets.len(),
                At::Body(len) => {
                    let here = usize::try_from(len).unwrap_or(usize::MAX).min(left.len());
                    let rest = len.saturating_sub(u64::try_from(here).unwrap_or(u64::MAX));
                    self.at = if rest == 0 { At::Start } else { At::Body(rest) };
                    index += here;
                }
                At::Start | At::Head => {
                    let Some(octet) = left.first_mut() else { return index };
                    if self.octet(*octet).is_err() {
                        *octet = 0;
                        self.at = At::Refused;
                    }
                    index += 1;
                }
            }
        }
        index
    }

    /// The next octet of a head.
    fn octet(&mut self, octet: u8) -> Result<(), Ambiguous> {
        if octet != b'\n' {
            // A CR is the end of a line or nothing.
            if self.line.last() == Some(&b'\r') || self.line.len() >= MAX_LINE {
                return Err(Ambiguous);
            }
            self.line.push(octet);
            return Ok(());
        }
        if self.line.pop() != Some(b'\r') {
            return Err(Ambiguous);
        }
        let line = std::mem::take(&mut self.line);
        self.at = match (self.at, line.is_empty()) {
            (At::Start, true) => At::Start,
            (At::Start, false) => At::Head,
            (_, true) => self.body()?,
            (_, false) => {
                self.framing.header(&line)?;
                At::Head
            }
        };
        self.line = line;
        self.line.clear();
        Ok(())
    }

    /// What follows a head.
    fn body(&mut self) -> Result<At, Ambiguous> {
        match std::mem::take(&mut self.framing) {
            Framing { length: Some(_), chunked: true } => Err(Ambiguous),
            Framing { chunked: true, .. } => Ok(At::Last),
            Framing { length: None | Some(0), .. } => Ok(At::Start),
            Framing { length: Some(len), .. } => Ok(At::Body(len)),
        }
    }
}

impl Framing {
    fn header(&mut self, line: &[u8]) -> Result<(), Ambiguous> {
        // A line that begins with a blank goes on with the header before (obs-fold, RFC 9112 §5.2).
        let colon = line.iter().position(|octet| *octet == b':').ok_or(Ambiguous)?;
        let (name, value) = line.split_at(colon);
        if name.is_empty() || name.iter().any(u8::is_ascii_whitespace) {
            return Err(Ambiguous);
        }
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            let digits = value.iter().all(u8::is_ascii_digit).then(|| std::str::from_utf8(value).ok()).flatten();
            let length = digits.and_then(|digits| digits.parse().ok()).ok_or(Ambiguous)?;
            if self.length.replace(length).is_some() || self.chunked {
                return Err(Ambiguous);
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if self.chunked || self.length.is_some() || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Ambiguous);
            }
            self.chunked = true;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What passes of a stream that comes in pieces of `size` octets.
    fn passed(stream: &[u8], size: usize) -> Vec<u8> {
        let mut scan = Scan::default();
        let mut passed = Vec::new();
        for piece in stream.chunks(size) {
            let mut piece = piece.to_vec();
            let count = scan.pass(&mut piece);
            passed.extend_from_slice(&piece[..count]);
        }
        passed
    }

    #[test]
    fn what_is_unambiguous_passes_as_it_is() {
        for stream in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n\n\n\n\n\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length:0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\n\n\r\n0\r\n\r\nGET /\n",
        ] {
            for size in 1..=stream.len() {
                assert_eq!(passed(stream.as_bytes(), size), stream.as_bytes(), "{stream:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn what_is_ambiguous_ends_in_an_octet_that_no_head_may_have() {
        for head in [
            "GET / HTTP/1.1\n",
            "GET / HTTP/1.1\r\nHost: a\n",
            "GET / HTTP/1.1\r\nHost: a\rb",
            "GET / HTTP/1.1\r\nHost: a\r\n b\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\tb: c\r\n",
            "GET / HTTP/1.1\r\nHost : a\r\n",
            "GET / HTTP/1.1\r\nHost\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n",
            "POST / HTTP/1.1\r\nContent-Length: +5\r\n",
            "POST / HTTP/1.1\r\nContent-Length:\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET / HTTP/1.1\n",
        ] {
            let stream = [head.as_bytes(), b"\r\n\r\nmore"].concat();
            for size in 1..=stream.len() {
                let passed = passed(&stream, size);
                assert_eq!(passed.split_last(), Some((&0, &head.as_bytes()[..head.len() - 1])), "{head:?} by {size}");
            }
        }
    }
}
