//! `multipart/form-data` (RFC 7578), read piece by piece: a part of any size never stands in memory whole, and neither
//! does a head of a part that does not end.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use memchr::memmem::Finder;

use crate::http::body::{BodyError, PacedBody};
use crate::http::parameters::{self, Parameters};
use crate::http::settings::RequestLimits;

/// Why a body is not multipart, or cannot be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MultipartError {
    /// Reading failed.
    Body(BodyError),
    /// It is not of the form.
    Malformed,
}

impl From<BodyError> for MultipartError {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

/// A body of parts.
pub struct Multipart {
    body: PacedBody,
    /// What stands before each part: `CRLF--boundary`.
    delimiter: Finder<'static>,
    /// What was read and not used yet.
    buffer: Vec<u8>,
    /// Whether a part is open: its content goes on to the next delimiter.
    in_part: bool,
}

/// What the head of a part says.
#[derive(Debug, Eq, PartialEq)]
pub struct PartHead {
    /// The name of the field.
    pub name: String,
    /// The name of the file.
    pub file_name: Option<String>,
}

/// The most octets of the head of a part.
const MAX_HEAD: usize = 4096;
/// The most characters of a boundary (RFC 2046 §5.1.1).
const MAX_BOUNDARY: usize = 70;

impl Multipart {
    /// Reads the body of a request, which must say in one `Content-Type` that it is a form.
    pub fn of_request(headers: &HeaderMap, body: Body, limits: RequestLimits) -> Result<Self, MultipartError> {
        let mut types = headers.get_all(header::CONTENT_TYPE).iter();
        let (Some(content_type), None) = (types.next(), types.next()) else { return Err(MultipartError::Malformed) };
        let content_type = content_type.to_str().ok().and_then(parameters::read);
        let content_type = content_type.filter(|read| read.value.eq_ignore_ascii_case("multipart/form-data"));
        let content_type = content_type.ok_or(MultipartError::Malformed)?;
        Self::new(&content_type, PacedBody::new(body, limits)?).ok_or(MultipartError::Malformed)
    }

    /// Reads a body with the boundary of its `Content-Type`; `None` if that has none.
    pub(super) fn new(content_type: &Parameters, body: PacedBody) -> Option<Self> {
        let boundary = content_type.get("boundary")?;
        let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&octet);
        let fits = (1..=MAX_BOUNDARY).contains(&boundary.len()) && boundary.bytes().all(allowed);
        if !fits || boundary.ends_with(' ') {
            return None;
        }
        let delimiter = Finder::new(&format!("\r\n--{boundary}")).into_owned();
        // The first delimiter needs no line break before it.
        Some(Self { body, delimiter, buffer: b"\r\n".to_vec(), in_part: false })
    }

    /// The head of the next part; `None` after the last one. What is left of the part before is skipped.
    pub async fn next_part(&mut self) -> Result<Option<PartHead>, MultipartError> {
        while self.in_part {
            self.next_piece().await?;
        }
        let delimiter_len = self.delimiter.needle().len();
        self.fill(delimiter_len + 2).await?;
        if !self.buffer.starts_with(self.delimiter.needle()) {
            return Err(MultipartError::Malformed);
        }
        self.buffer.drain(..delimiter_len);
        if self.buffer.starts_with(b"--") {
            self.buffer.clear();
            while self.body.next().await?.is_some() {}
            return Ok(None);
        }
        // The CRLF that ends the delimiter's line belongs to the head here: one without lines is then found too.
        let end = loop {
            let searched = self.buffer.get(..MAX_HEAD.min(self.buffer.len())).unwrap_or_default();
            if let Some(end) = memchr::memmem::find(searched, b"\r\n\r\n") {
                break end;
            }
            if self.buffer.len() >= MAX_HEAD {
                return Err(MultipartError::Malformed);
            }
            self.fill(self.buffer.len() + 1).await?;
        };
        let rest = self.buffer.split_off(end + 4);
        let head = std::mem::replace(&mut self.buffer, rest);
        self.in_part = true;
        let head = part_head(&head).ok_or(MultipartError::Malformed)?;
        Ok(Some(head))
    }

    /// The next octets of the part; `None` at its end.
    pub async fn next_piece(&mut self) -> Result<Option<Vec<u8>>, MultipartError> {
        if !self.in_part {
            return Ok(None);
        }
        loop {
            if let Some(at) = self.delimiter.find(&self.buffer) {
                let rest = self.buffer.split_off(at);
                let piece = std::mem::replace(&mut self.buffer, rest);
                self.in_part = false;
                return Ok((!piece.is_empty()).then_some(piece));
            }
            // What may be the beginning of a delimiter waits for what follows.
            let sure = self.buffer.len().saturating_sub(self.delimiter.needle().len() - 1);
            if sure > 0 {
                let rest = self.buffer.split_off(sure);
                return Ok(Some(std::mem::replace(&mut self.buffer, rest)));
            }
            self.fill(self.buffer.len() + 1).await?;
        }
    }

    /// Reads until so many octets are there.
    async fn fill(&mut self, len: usize) -> Result<(), MultipartError> {
        while self.buffer.len() < len {
            let piece = self.body.next().await?.ok_or(MultipartError::Malformed)?;
            self.buffer.extend_from_slice(&piece);
        }
        Ok(())
    }
}

/// Reads `CRLF header CRLF header …`.
fn part_head(octets: &[u8]) -> Option<PartHead> {
    let text = std::str::from_utf8(octets).ok()?.strip_prefix("\r\n")?;
    let mut disposition = None;
    for line in text.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        let token = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
        if !token || value.contains(['\r', '\n', '\0']) {
            return None;
        }
        match name.to_ascii_lowercase().as_str() {
            "content-disposition" if disposition.is_none() => disposition = Some(parameters::read(value)?),
            "content-disposition" => return None,
            // Nobody sends it any more (RFC 7578 §4.7), and what it may say would change the octets.
            "content-transfer-encoding" if !is_plain(value) => return None,
            _ => {}
        }
    }
    let disposition = disposition?;
    if !disposition.value.eq_ignore_ascii_case("form-data") {
        return None;
    }
    let file_name = match disposition.get("filename*") {
        Some(extended) => Some(parameters::decode_extended(extended)?),
        None => disposition.get("filename").map(str::to_owned),
    };
    Some(PartHead { name: disposition.get("name")?.to_owned(), file_name })
}

fn is_plain(encoding: &str) -> bool {
    ["7bit", "8bit", "binary"].iter().any(|plain| encoding.trim().eq_ignore_ascii_case(plain))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use futures_util::stream;

    use super::*;
    use crate::http::settings::RequestLimits;

    const TYPE: &str = "multipart/form-data; boundary=x";

    /// All parts of a body that comes in pieces of `size` octets: name, name of the file, content.
    async fn parts(octets: &[u8], size: usize) -> Result<Vec<(String, Option<String>, Vec<u8>)>, MultipartError> {
        let pieces: Vec<Result<Vec<u8>, std::io::Error>> =
            octets.chunks(size).map(|piece| Ok(piece.to_vec())).collect();
        let body = PacedBody::new(Body::from_stream(stream::iter(pieces)), RequestLimits::STANDARD)?;
        let mut multipart = Multipart::new(&parameters::read(TYPE).unwrap(), body).unwrap();
        let mut parts = Vec::new();
        while let Some(head) = multipart.next_part().await? {
            let mut content = Vec::new();
            while let Some(piece) = multipart.next_piece().await? {
                content.extend(piece);
            }
            parts.push((head.name, head.file_name, content));
        }
        Ok(parts)
    }

    #[tokio::test]
    async fn parts_are_the_same_however_they_are_cut() {
        let content = b"\r\n--\r\n--y\r\n\0--x\r\n";
        let mut body = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".p7m\"\r\n\
            Content-Type: application/pkcs7-mime\r\n\r\n"
            .to_vec();
        body.extend_from_slice(content);
        body.extend_from_slice(
            b"\r\n--x\r\ncontent-disposition: form-data; name=empty; filename*=UTF-8''citt%C3%A0\r\n\r\n\r\n--x--\r\nepilogue",
        );
        let expected = vec![
            ("file".to_owned(), Some("a \"b\".p7m".to_owned()), content.to_vec()),
            ("empty".to_owned(), Some("città".to_owned()), Vec::new()),
        ];
        for size in 1..=body.len() {
            assert_eq!(parts(&body, size).await, Ok(expected.clone()), "pieces of {size}");
        }
    }

    #[tokio::test]
    async fn what_is_not_of_the_form_is_refused() {
        let good = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n";
        assert!(parts(good.as_bytes(), 7).await.is_ok());
        for (from, to) in [
            ("--x\r\nC", "preamble\r\n--x\r\nC"),
            ("--x--\r\n", "--x"),
            ("--x--\r\n", ""),
            ("\r\n--x--", "\n--x--"),
            ("--x\r\n", "--x \r\n"),
            ("--x\r\n", "--x\n"),
            ("form-data", "attachment"),
            ("; name=\"a\"", ""),
            ("name=\"a\"", "name=\"a\"; name=\"b\""),
            ("name=\"a\"", "name=\"a"),
            ("\r\n\r\n1", "\r\n folded: x\r\n\r\n1"),
            ("\r\n\r\n1", "\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n1"),
            ("\r\n\r\n1", "\r\nContent-Transfer-Encoding: base64\r\n\r\n1"),
            ("\r\n\r\n1", "\n\n1"),
        ] {
            let wrong = good.replacen(from, to, 1);
            assert_eq!(parts(wrong.as_bytes(), 7).await, Err(MultipartError::Malformed), "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_is_refused_before_it_is_kept() {
        let endless = format!("--x\r\nContent-Disposition: form-data; name=a\r\nA: {}", "b".repeat(10_000));
        assert_eq!(parts(endless.as_bytes(), 100).await, Err(MultipartError::Malformed));
    }
}
