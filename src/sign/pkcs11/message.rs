//! What the two processes say to each other: a length, then so many octets of JSON. The PIN follows in a frame of its own, as
//! it is: what it is copied to, we wipe.

use std::io::{self, Read, Write};

use secrecy::zeroize::Zeroizing;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::sign::pkcs11::ReturnValue;
use crate::sign::pkcs11::order::Order;

/// The most octets of a frame to the worker: less than a pipe holds, so that writing never waits for it.
pub(super) const MAX_REQUEST: usize = 48 * 1024;
/// The most octets of a frame from the worker: a token's certificates.
pub(super) const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// What the worker is to do.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) enum Request {
    /// Load the module.
    Load,
    /// Say which tokens there are.
    Tokens,
    /// Say what is on a token that can be seen without a PIN.
    Objects { slot: u64 },
    /// Open a session on the token, log in and find the private key of this id.
    Begin { token: TokenName, key: Vec<u8>, login: Login },
    /// Sign.
    Sign(Order),
    /// Log out and close the session.
    End,
}

/// What a token is recognised by, wherever it is inserted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct TokenName {
    pub(super) label: String,
    pub(super) serial: String,
}

/// How the person proves to be present.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Login {
    /// A frame with the PIN follows.
    PinFollows,
    /// The reader has a keypad of its own (`CKF_PROTECTED_AUTHENTICATION_PATH`).
    OnTheReader,
}

/// What the worker answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) enum Answer {
    /// The module is loaded.
    Loaded {
        /// Whether memory is kept from being swapped out.
        memory_locked: bool,
    },
    /// The tokens there are.
    Tokens(Vec<TokenFacts>),
    /// What is on a token.
    Objects(Vec<ObjectFacts>),
    /// Done.
    Done,
    /// A signature, in the module's form.
    Signature(Vec<u8>),
    /// It could not be done.
    Fault(Fault),
}

/// Why the worker could not do what it was asked.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) enum Fault {
    /// The file cannot be loaded, or is no PKCS#11 module.
    NotAModule,
    /// A function of the module failed.
    Returned { value: ReturnValue, during: Step },
    /// The module did something that PKCS#11 does not foresee.
    Senseless { during: Step },
    /// The token is not there any more.
    TokenGone,
    /// There is no private key of this id.
    KeyAbsent,
    /// The token has no mechanism for this.
    MechanismAbsent,
    /// No session is open: there was no login, or the card was removed.
    NotBegun,
}

/// What was being done when something went wrong.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Step {
    /// Initialising the module.
    Load,
    /// Looking at tokens and what is on them.
    Look,
    /// Opening a session.
    Open,
    /// Logging in: the card was given a PIN.
    Login,
    /// Signing.
    Sign,
    /// Logging out.
    Logout,
}

/// What a token says of itself (`CK_TOKEN_INFO`), and its slot.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "flags of PKCS#11, as the module sets them")]
pub struct TokenFacts {
    /// The number of its slot, which changes.
    pub slot: u64,
    /// The reader, in its driver's words.
    pub reader: String,
    /// Its label.
    pub label: String,
    /// Its serial number; for a CNS the number of the card.
    pub serial: String,
    /// Who made it.
    pub manufacturer: String,
    /// Its model.
    pub model: String,
    /// The fewest octets of its PIN.
    pub min_pin_len: usize,
    /// The most octets of its PIN; 0 where it does not say.
    pub max_pin_len: usize,
    /// The PIN is entered on the reader.
    pub pinpad: bool,
    /// `CKF_USER_PIN_COUNT_LOW`, as it is.
    pub(super) count_low: bool,
    /// `CKF_USER_PIN_FINAL_TRY`, as it is.
    pub(super) final_try: bool,
    /// `CKF_USER_PIN_LOCKED`, as it is.
    pub(super) locked: bool,
}

/// A label holds a name where it is that of a person's card.
impl std::fmt::Debug for TokenFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenFacts(slot {})", self.slot)
    }
}

/// An object that can be seen without a PIN.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct ObjectFacts {
    pub(super) class: Class,
    pub(super) id: Vec<u8>,
    pub(super) label: Vec<u8>,
    /// DER of a certificate; nothing else has one.
    pub(super) value: Vec<u8>,
}

/// Classes of objects that matter here.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum Class {
    Certificate,
    PublicKey,
    PrivateKey,
}

/// Writes one message.
pub(super) fn write(message: &impl Serialize, max: usize, output: &mut impl Write) -> io::Result<()> {
    write_frame(&serde_json::to_vec(message)?, max, output)
}

/// Writes one frame, in one piece.
pub(super) fn write_frame(octets: &[u8], max: usize, output: &mut impl Write) -> io::Result<()> {
    let len = u32::try_from(octets.len()).ok().filter(|_| octets.len() <= max).ok_or(io::ErrorKind::InvalidInput)?;
    // Of this size from the start, and wiped: it may be the PIN.
    let mut frame = Zeroizing::new(Vec::with_capacity(octets.len().saturating_add(4)));
    frame.extend_from_slice(&len.to_be_bytes());
    frame.extend_from_slice(octets);
    output.write_all(&frame)?;
    output.flush()
}

/// Reads one message; `None` where there is none any more.
pub(super) fn read<T: DeserializeOwned>(max: usize, input: &mut impl Read) -> io::Result<Option<T>> {
    match read_frame(max, input)? {
        Some(frame) => Ok(Some(serde_json::from_slice(&frame)?)),
        None => Ok(None),
    }
}

/// Reads one frame of at most `max` octets, into memory that is wiped.
pub(super) fn read_frame(max: usize, input: &mut impl Read) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let mut len = [0; 4];
    // All four at once, as they are written: each call of the system more is felt where a signature takes 0.1 ms.
    let rest = match input.read(&mut len)? {
        0 => return Ok(None),
        read => len.get_mut(read..).unwrap_or_default(),
    };
    input.read_exact(rest)?;
    let len = usize::try_from(u32::from_be_bytes(len)).unwrap_or(usize::MAX);
    if len > max {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut octets = Zeroizing::new(vec![0; len]);
    input.read_exact(&mut octets)?;
    Ok(Some(octets))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_a_process_writes_is_an_answer_or_an_error(octets in vec(any::<u8>(), 0..200)) {
            let mut framed = Vec::new();
            write_frame(&octets, MAX_ANSWER, &mut framed).unwrap();
            for mut input in [octets.as_slice(), framed.as_slice()] {
                let _either_is_fine = read::<Answer>(MAX_ANSWER, &mut input);
            }
        }
    }

    #[test]
    fn frames_are_bounded_and_whole() {
        let mut written = Vec::new();
        write(&Request::Objects { slot: 7 }, MAX_REQUEST, &mut written).unwrap();
        write_frame(b"123456", MAX_REQUEST, &mut written).unwrap();
        let mut input = written.as_slice();
        assert!(matches!(read(MAX_REQUEST, &mut input).unwrap(), Some(Request::Objects { slot: 7 })));
        assert_eq!(read_frame(6, &mut input).unwrap().unwrap().as_slice(), b"123456");
        assert!(read_frame(6, &mut input).unwrap().is_none());
        assert!(read_frame(5, &mut &b"\0\0\0\x06123456"[..]).is_err(), "longer than allowed");
        assert!(read_frame(9, &mut &b"\xff\xff\xff\xff"[..]).is_err());
        for len in 1..written.len() - 10 {
            assert!(read::<Request>(MAX_REQUEST, &mut &written[..len]).is_err(), "{len}");
        }
        assert!(write_frame(&[0; 7], 6, &mut Vec::new()).is_err());
    }
}
