//! JSON and forms with secrets in them: no copy of these is left behind in memory of ours.

use std::fmt;
use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

/// A secret as it is sent, and nowhere else.
pub(super) struct Exposed<'a>(pub(super) &'a SecretString);

impl Serialize for Exposed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

/// A secret as it comes: letters, digits and marks of ASCII, so that it can stand in a header.
#[derive(Debug)]
pub(super) struct Received(pub(super) SecretString);

impl<'de> Deserialize<'de> for Received {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ReceivedVisitor)
    }
}

struct ReceivedVisitor;

impl Visitor<'_> for ReceivedVisitor {
    type Value = Received;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Received, E> {
        // The text itself stays out of the error.
        if text.is_empty() || !text.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(E::custom("not a token"));
        }
        Ok(Received(SecretString::from(text)))
    }
}

/// JSON in memory that is wiped: its length is counted first, as a vector that grows leaves copies behind.
pub(super) fn json(value: &impl Serialize) -> Zeroizing<Vec<u8>> {
    let mut count = Count(0);
    let counted = serde_json::to_writer(&mut count, value);
    let mut octets = Zeroizing::new(Vec::with_capacity(count.0));
    if counted.and_then(|()| serde_json::to_writer(&mut *octets, value)).is_err() {
        // Structures of text and numbers can always be written.
        octets.clear();
    }
    octets
}

/// `application/x-www-form-urlencoded` in memory that is wiped.
pub(super) fn form(fields: &[(&str, &str)]) -> Zeroizing<Vec<u8>> {
    // An octet becomes three at most.
    let room = fields.iter().map(|(name, value)| name.len() + 3 * value.len() + 2).sum();
    let mut octets = Zeroizing::new(Vec::with_capacity(room));
    for (index, (name, value)) in fields.iter().enumerate() {
        if index > 0 {
            octets.push(b'&');
        }
        octets.extend_from_slice(name.as_bytes());
        octets.push(b'=');
        utf8_percent_encode(value, NON_ALPHANUMERIC).for_each(|piece| octets.extend_from_slice(piece.as_bytes()));
    }
    octets
}

pub(super) fn to_base64(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// Octets in base64, with line breaks or without.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.bytes().filter(|octet| !octet.is_ascii_whitespace()).collect();
    STANDARD.decode(text).ok().filter(|octets| !octets.is_empty())
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(octets.len());
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_grows_while_it_is_written() {
        let secret = SecretString::from("a\"b\u{1}è");
        let written = json(&Exposed(&secret));
        assert_eq!(written.as_slice(), "\"a\\\"b\\u0001è\"".as_bytes());
        assert_eq!(written.capacity(), written.len());
        assert_eq!(form(&[("a", "b c"), ("d", "è&")]).as_slice(), b"a=b%20c&d=%C3%A8%26");
    }

    #[test]
    fn what_is_no_token_is_refused_and_not_repeated() {
        assert_eq!(serde_json::from_str::<Received>("\"a/b-_=\"").unwrap().0.expose_secret(), "a/b-_=");
        for text in ["\"\"", "\"secret \"", "\"secret\\r\\nX: y\"", "\"secretè\"", "7"] {
            let error = serde_json::from_str::<Received>(text).unwrap_err();
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
