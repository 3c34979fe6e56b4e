//! Signed notes (C2SP signed-note): text, and signatures of keys that have names. Ed25519 only.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::crypto::{DigestAlgorithm, ED25519_PUBLIC_KEY_LEN, Ed25519SigningKey, hex, verify_ed25519};

/// The most octets of a note that is read.
pub const MAX_NOTE_LEN: usize = 64 * 1024;
/// The most signatures; readers must take 16 at least.
const MAX_SIGNATURES: usize = 64;
/// The most octets of a key's name.
const MAX_NAME_LEN: usize = 255;
/// What a signature line begins with: an em dash and a space.
const MARK: &str = "\u{2014} ";
/// The signature type Ed25519.
const ED25519: u8 = 0x01;
const ID_LEN: usize = 4;

/// Why a note, a key or a name is not accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoteError {
    /// It is not a note, too large, or has too many signatures.
    #[error("not a signed note")]
    Malformed,
    /// The name of a key is empty, too long, or has white space, control characters or `+`.
    #[error("not the name of a key")]
    BadName,
    /// It is not the text of a public key, or one of another type.
    #[error("not an Ed25519 key for signed notes")]
    BadKey,
    /// None of the keys signed it.
    #[error("not signed by a known key")]
    UnknownKey,
    /// A known key did not sign this text.
    #[error("a signature on the note does not hold")]
    SignatureInvalid,
}

/// The name of a key, which for a log is its origin too; an address without scheme, such as `varco.example/trail`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyName(String);

impl FromStr for KeyName {
    type Err = NoteError;

    fn from_str(name: &str) -> Result<Self, NoteError> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.len() > MAX_NAME_LEN || name.contains(bad) {
            return Err(NoteError::BadName);
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A public key with its name. As text: `name+identifier+key`, as Go's `sumdb/note` writes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NoteKey {
    name: KeyName,
    id: [u8; ID_LEN],
    public_key: [u8; ED25519_PUBLIC_KEY_LEN],
}

impl NoteKey {
    /// Names a key.
    pub fn new(name: KeyName, public_key: [u8; ED25519_PUBLIC_KEY_LEN]) -> Self {
        let named = [name.0.as_bytes(), b"\n", &[ED25519], &public_key].concat();
        let mut id = [0; ID_LEN];
        for (to, from) in id.iter_mut().zip(DigestAlgorithm::Sha256.digest(&named).as_bytes()) {
            *to = *from;
        }
        Self { name, id, public_key }
    }

    /// Its name.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed = [&[ED25519][..], &self.public_key].concat();
        write!(f, "{}+{}+{}", self.name, hex(&self.id), STANDARD.encode(typed))
    }
}

impl FromStr for NoteKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(NoteError::BadKey);
        let (name, _id, key) = (part()?.parse()?, part()?, part()?);
        let typed = STANDARD.decode(key).map_err(|_| NoteError::BadKey)?;
        let [ED25519, public_key @ ..] = typed.as_slice() else { return Err(NoteError::BadKey) };
        let key = Self::new(name, public_key.try_into().map_err(|_| NoteError::BadKey)?);
        // The identifier follows from the rest.
        if key.to_string() == text { Ok(key) } else { Err(NoteError::BadKey) }
    }
}

/// A private key with its name.
#[derive(Debug)]
pub struct NoteSigner {
    name: KeyName,
    key: Ed25519SigningKey,
}

impl NoteSigner {
    /// Names a key.
    pub const fn new(name: KeyName, key: Ed25519SigningKey) -> Self {
        Self { name, key }
    }

    /// The public key.
    pub fn public(&self) -> NoteKey {
        NoteKey::new(self.name.clone(), self.key.public_key())
    }

    /// Makes a note of text that ends with a line feed.
    pub(super) fn sign(&self, text: &str) -> String {
        let key = self.public();
        let signature = [&key.id[..], &self.key.sign(text.as_bytes())].concat();
        format!("{text}\n{MARK}{} {}\n", key.name, STANDARD.encode(signature))
    }
}

/// A note as it was read. Nothing in it is believed before [`Note::verify`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Note<'a> {
    /// With its last line feed.
    text: &'a str,
    signatures: Vec<Signature<'a>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Signature<'a> {
    name: &'a str,
    id: [u8; ID_LEN],
    value: Vec<u8>,
}

impl<'a> Note<'a> {
    /// Takes text and signatures apart.
    pub(super) fn read(note: &'a str) -> Result<Self, NoteError> {
        let control = |c: char| c < ' ' && c != '\n';
        if note.len() > MAX_NOTE_LEN || note.contains(control) {
            return Err(NoteError::Malformed);
        }
        // The last empty line divides them; the text ends with the line feed before it.
        let (before, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
        let text = note.get(..=before.len()).ok_or(NoteError::Malformed)?;
        let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let signatures: Vec<_> =
            signatures.split('\n').take(MAX_SIGNATURES + 1).map(signature).collect::<Result<_, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::Malformed);
        }
        Ok(Self { text, signatures })
    }

    /// What it says, whether anybody signed it or not.
    pub(super) const fn text(&self) -> &'a str {
        self.text
    }

    /// Whether one of the keys signed it. Signatures of other keys are left aside; one of a known key that does not
    /// hold spoils the note.
    pub(super) fn verify(&self, keys: &[NoteKey]) -> Result<(), NoteError> {
        let mut known = 0;
        for signature in &self.signatures {
            let Some(key) = keys.iter().find(|key| key.name.0 == signature.name && key.id == signature.id) else {
                continue;
            };
            verify_ed25519(&key.public_key, self.text.as_bytes(), &signature.value)
                .map_err(|_| NoteError::SignatureInvalid)?;
            known += 1;
        }
        if known > 0 { Ok(()) } else { Err(NoteError::UnknownKey) }
    }
}

fn signature(line: &str) -> Result<Signature<'_>, NoteError> {
    let (name, value) = line.strip_prefix(MARK).and_then(|line| line.split_once(' ')).ok_or(NoteError::Malformed)?;
    let _a_name: KeyName = name.parse().map_err(|_| NoteError::Malformed)?;
    let octets = STANDARD.decode(value).map_err(|_| NoteError::Malformed)?;
    match octets.split_first_chunk() {
        Some((id, value)) if !value.is_empty() => Ok(Signature { name, id: *id, value: value.to_vec() }),
        _ => Err(NoteError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Go's `golang.org/x/mod/sumdb/note`.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\
        \n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn the_example_of_go_holds() {
        let key: NoteKey = KEY.parse().unwrap();
        assert_eq!(key.to_string(), KEY);
        let note = Note::read(NOTE).unwrap();
        assert!(note.text().ends_with("problem is.\n"));
        assert_eq!(note.verify(&[key]), Ok(()));
    }

    #[test]
    fn a_changed_note_does_not_hold() {
        let key: NoteKey = KEY.parse().unwrap();
        let changed = NOTE.replace("answer", "Answer");
        assert_eq!(Note::read(&changed).unwrap().verify(std::slice::from_ref(&key)), Err(NoteError::SignatureInvalid));
        let renamed = NOTE.replace("PeterNeumann x", "PeterNewmann x");
        assert_eq!(Note::read(&renamed).unwrap().verify(std::slice::from_ref(&key)), Err(NoteError::UnknownKey));
        assert_eq!(Note::read(NOTE).unwrap().verify(&[]), Err(NoteError::UnknownKey));
        // A second, unknown signature is left aside; a second one of the known key must hold.
        let more = format!("{NOTE}\u{2014} other AAAAAAAA\n");
        assert_eq!(Note::read(&more).unwrap().verify(std::slice::from_ref(&key)), Ok(()));
        let spoilt = format!("{NOTE}\u{2014} PeterNeumann x08go/ZJkuBS\n");
        assert_eq!(Note::read(&spoilt).unwrap().verify(&[key]), Err(NoteError::SignatureInvalid));
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let end = "\u{2014} a AAAAAAAA\n";
        for text in [
            String::new(),
            "text\n".to_owned(),
            format!("text\n{end}"),
            format!("text\n\n{}", end.trim_end()),
            "text\n\n".to_owned(),
            "text\n\n\u{2014} a\n".to_owned(),
            "text\n\n\u{2014} a AAAAAA==\n".to_owned(),
            "text\n\n\u{2014} a+b AAAAAAAA\n".to_owned(),
            format!("te\txt\n\n{end}"),
            format!("text\r\n\n{end}"),
            format!("text\n\n{}", end.repeat(MAX_SIGNATURES + 1)),
            format!("{}\n\n{end}", "x".repeat(MAX_NOTE_LEN)),
        ] {
            assert_eq!(Note::read(&text), Err(NoteError::Malformed), "{text}");
        }
        assert!(Note::read(&format!("text\n\n{end}")).is_ok());
    }

    #[test]
    fn every_slip_in_a_key_is_noticed() {
        for at in 0..KEY.len() {
            let mut changed = KEY.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(String::from_utf8(changed).unwrap().parse::<NoteKey>().is_err(), "{at}");
            assert!(KEY.get(..at).unwrap().parse::<NoteKey>().is_err(), "{at}");
        }
    }

    #[test]
    fn names_have_neither_spaces_nor_plus_signs() {
        for name in ["", " ", "a b", "a+b", "a\u{a0}b", "a\n", &"x".repeat(256)] {
            assert_eq!(name.parse::<KeyName>(), Err(NoteError::BadName), "{name}");
        }
    }
}
