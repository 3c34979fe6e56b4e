//! Checkpoints (C2SP tlog-checkpoint): signed notes that say how large the trail is and what its head is. Whoever keeps
//! one can tell later whether the trail is still the same.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::audit::note::Note;
use crate::audit::{KeyName, NoteError, NoteKey, NoteSigner, TreeHash, TreeHead};

/// A checkpoint as it was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// Whose trail.
    pub origin: KeyName,
    /// Its head.
    pub head: TreeHead,
}

/// Signs the head of the trail that has the name of the key.
pub fn sign_checkpoint(head: &TreeHead, signer: &NoteSigner) -> String {
    let root = STANDARD.encode(head.root.as_bytes());
    signer.sign(&format!("{}\n{}\n{root}\n", signer.public().name(), head.size))
}

impl Checkpoint {
    /// Reads a checkpoint that one of `keys` signed, one with the name of the trail.
    pub fn open(note: &str, keys: &[NoteKey]) -> Result<Self, NoteError> {
        let checkpoint = Self::read_unverified(note)?;
        let of_this_trail: Vec<NoteKey> = keys.iter().filter(|key| *key.name() == checkpoint.origin).cloned().collect();
        Note::read(note)?.verify(&of_this_trail)?;
        Ok(checkpoint)
    }

    /// Reads what a checkpoint says; who signed it is *not* checked.
    pub fn read_unverified(note: &str) -> Result<Self, NoteError> {
        let text = Note::read(note)?.text();
        let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let mut line = || lines.next().ok_or(NoteError::Malformed);
        let (origin, size, root) = (line()?, line()?, line()?);
        if lines.any(str::is_empty) {
            return Err(NoteError::Malformed);
        }
        let size = decimal(size).ok_or(NoteError::Malformed)?;
        let root = STANDARD.decode(root).map_err(|_| NoteError::Malformed)?;
        let root = TreeHash::try_from(root.as_slice()).map_err(|_| NoteError::Malformed)?;
        Ok(Self { origin: origin.parse()?, head: TreeHead { size, root } })
    }
}

/// A whole number in its one form.
fn decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Ed25519SigningKey;

    /// A checkpoint of a sigsum test log, with the key that its commit message gives.
    const KEY: &str = "sigsum.org:testonly+8de2c54b+AYzzrIWq3UKJHFrprvJyRMsqVGojEvgAIKrT8q4a9zMU";
    const CHECKPOINT: &str = "sigsum.org:testonly\n23\nHSt6W8ve4/36xAIf04qDOqaKLaKqSOUqKxLNrkK74+g=\n\
        \n\u{2014} sigsum.org:testonly jeLFS4WQDEeTavbiYArHzCQUPXbQ1Y/V8/dKJlBxqOAY4eLhSh3uWNJ8YXp1vs/zR4SDNHI+6UybLmHmFlg/VSf5OAs=\n";

    #[test]
    fn a_checkpoint_of_another_log_is_read_and_holds() {
        let checkpoint = Checkpoint::open(CHECKPOINT, &[KEY.parse().unwrap()]).unwrap();
        assert_eq!(checkpoint.head.size, 23);
        assert_eq!(checkpoint.origin.to_string(), "sigsum.org:testonly");
    }

    #[test]
    fn ours_are_read_back() {
        let signer = NoteSigner::new("varco.example/trail".parse().unwrap(), Ed25519SigningKey::generate().unwrap());
        let head = TreeHead { size: 12, root: TreeHash::empty_tree() };
        let note = sign_checkpoint(&head, &signer);
        let expected = Checkpoint { origin: "varco.example/trail".parse().unwrap(), head };
        assert_eq!(Checkpoint::open(&note, &[signer.public()]), Ok(expected));
        assert_eq!(Checkpoint::open(&note, &[KEY.parse().unwrap()]), Err(NoteError::UnknownKey));
        let changed = note.replace("\n12\n", "\n13\n");
        assert_eq!(Checkpoint::open(&changed, &[signer.public()]), Err(NoteError::SignatureInvalid));
    }

    #[test]
    fn a_key_of_another_name_does_not_vouch_for_the_trail() {
        let key = Ed25519SigningKey::generate().unwrap();
        let signer = NoteSigner::new("other.example".parse().unwrap(), key);
        let root = STANDARD.encode([0; 32]);
        let note = signer.sign(&format!("varco.example/trail\n1\n{root}\n"));
        assert_eq!(Checkpoint::open(&note, &[signer.public()]), Err(NoteError::UnknownKey));
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let signature = "\n\u{2014} a AAAAAAAA\n";
        let root = STANDARD.encode([0; 32]);
        assert!(Checkpoint::read_unverified(&format!("a\n0\n{root}\n{signature}")).is_ok());
        assert!(Checkpoint::read_unverified(&format!("a\n0\n{root}\nextension\n{signature}")).is_ok());
        for text in [
            "a\n0\n".to_owned(),
            format!("a\n00\n{root}\n"),
            format!("a\n+1\n{root}\n"),
            format!("a\n-1\n{root}\n"),
            format!("a\n18446744073709551616\n{root}\n"),
            format!("a b\n1\n{root}\n"),
            format!("\n1\n{root}\n"),
            "a\n1\nAAAA\n".to_owned(),
            format!("a\n1\n{root}\n\nx\n"),
        ] {
            assert!(Checkpoint::read_unverified(&format!("{text}{signature}")).is_err(), "{text}");
        }
    }
}
