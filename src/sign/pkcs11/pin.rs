//! The secret that a person enters for a card.

use secrecy::{ExposeSecret, SecretSlice};

/// A PIN, entered once. It never prints, is wiped when it is dropped, and cannot be copied: who signs gives it away.
#[derive(Debug)]
pub struct Pin(SecretSlice<u8>);

/// Why octets are no PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PinError {
    /// There is nothing.
    #[error("no PIN was entered")]
    Empty,
    /// More than [`Pin::MAX_LEN`] octets.
    #[error("too long to be a PIN")]
    TooLong,
    /// A control character, a blank at an end, or the mark of an encoding, which no keypad has: the wrong file, keys pressed by
    /// mistake, or an editor's addition.
    #[error("a PIN has no control characters, and no blanks at its ends")]
    Control,
}

/// What some editors put before a text.
const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";

impl Pin {
    /// More octets than any card takes.
    pub const MAX_LEN: usize = 255;

    /// Takes what was entered, without the end of the line. Whether it is the right one, only the card knows.
    pub fn new(entered: SecretSlice<u8>) -> Result<Self, PinError> {
        let octets = entered.expose_secret();
        if octets.is_empty() {
            return Err(PinError::Empty);
        }
        if octets.len() > Self::MAX_LEN {
            return Err(PinError::TooLong);
        }
        let at_an_end =
            octets.first().is_some_and(u8::is_ascii_whitespace) || octets.last().is_some_and(u8::is_ascii_whitespace);
        if at_an_end || octets.starts_with(UTF_8_MARK) || octets.iter().any(u8::is_ascii_control) {
            return Err(PinError::Control);
        }
        Ok(Self(entered))
    }

    /// Its length, in octets, as PKCS#11 counts.
    pub(super) fn len(&self) -> usize {
        self.0.expose_secret().len()
    }

    /// Its octets, for the process that holds the module and for nobody else.
    pub(super) fn expose(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(octets: &[u8]) -> Result<Pin, PinError> {
        Pin::new(SecretSlice::from(octets.to_vec()))
    }

    #[test]
    fn a_pin_is_short_and_never_printed() {
        let pin = entered(b"123456").unwrap();
        assert_eq!(pin.len(), 6);
        assert!(!format!("{pin:?}").contains("123456"));
        assert_eq!(entered(b"").unwrap_err(), PinError::Empty);
        for wrong in [&b"12\x7f"[..], b" 12345", b"12345 ", b"\xef\xbb\xbf12345"] {
            assert_eq!(entered(wrong).unwrap_err(), PinError::Control);
        }
        assert!(entered(&[b'1'; 255]).is_ok());
        assert_eq!(entered(&[b'1'; 256]).unwrap_err(), PinError::TooLong);
    }
}
