//! Object identifiers.

use std::fmt;

use crate::asn1::Asn1Error;

/// An OBJECT IDENTIFIER, as its contents octets.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Oid<'a>(&'a [u8]);

impl<'a> Oid<'a> {
    /// Longer, in contents octets, than any identifier in use.
    pub const MAX_LEN: usize = 64;

    /// Takes contents octets written by us.
    pub const fn new(contents: &'a [u8]) -> Self {
        Self(contents)
    }

    /// Takes contents octets from outside: complete, and each arc in its shortest form (X.690 §8.19).
    pub fn from_contents(contents: &'a [u8]) -> Result<Self, Asn1Error> {
        let mut arc_starts = true;
        for octet in contents {
            if arc_starts && *octet == 0x80 {
                return Err(MALFORMED);
            }
            arc_starts = octet & 0x80 == 0;
        }
        if contents.is_empty() || !arc_starts || contents.len() > Self::MAX_LEN {
            return Err(MALFORMED);
        }
        Ok(Self(contents))
    }

    /// The contents octets.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The dotted decimal form; an arc beyond 64 bits is written as `…`.
    pub fn to_dotted(&self) -> String {
        let mut text = String::with_capacity(4 * self.0.len());
        let mut arc = Some(0_u64);
        for octet in self.0 {
            arc = arc.and_then(|arc| arc.checked_mul(128)).map(|arc| arc | u64::from(octet & 0x7f));
            if octet & 0x80 != 0 {
                continue;
            }
            match arc {
                Some(arc) if text.is_empty() => {
                    let root = (arc / 40).min(2);
                    push_decimal(root, &mut text);
                    text.push('.');
                    push_decimal(arc - root * 40, &mut text);
                }
                Some(arc) => {
                    text.push('.');
                    push_decimal(arc, &mut text);
                }
                None => text.push_str(".…"),
            }
            arc = Some(0);
        }
        text
    }
}

impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_dotted())
    }
}

/// `write!` takes many times as long, and every certificate has policies to be named.
fn push_decimal(number: u64, text: &mut String) {
    if number >= 10 {
        push_decimal(number / 10, text);
    }
    text.push(char::from(b'0' + u8::try_from(number % 10).unwrap_or(0)));
}

impl fmt::Debug for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const MALFORMED: Asn1Error = Asn1Error::BadValue("OBJECT IDENTIFIER");

/// Declares constants from dotted identifiers.
macro_rules! oids {
    ($($(#[$doc:meta])* $name:ident = $($arc:literal).+;)*) => {
        $($(#[$doc])* pub(crate) const $name: $crate::asn1::Oid<'static> =
            $crate::asn1::Oid::new(&asn1_rs::oid!(raw $($arc).+));)*
    };
}
pub(crate) use oids;

#[cfg(test)]
mod tests {
    use super::*;

    oids! {
        SIGNED_DATA = 1.2.840.113549.1.7.2;
    }

    #[test]
    fn dotted_form_round_trips() {
        assert_eq!(SIGNED_DATA.to_string(), "1.2.840.113549.1.7.2");
        assert_eq!(Oid::new(&[0x88, 0x37, 0x03]).to_string(), "2.999.3");
    }

    #[test]
    fn incomplete_and_padded_arcs_are_refused() {
        for bad in [&[][..], &[0x2a, 0x86], &[0x80, 0x01], &[0x2a, 0x80, 0x01]] {
            assert!(Oid::from_contents(bad).is_err(), "{bad:02x?}");
        }
    }
}
