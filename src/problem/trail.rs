//! Problems of the trail.

use crate::problem::{Kind, Problem, io_words};
use crate::procedures::trail::TrailError;
use crate::procedures::trail::key::KeyFileError;
use crate::store::StoreError;

impl Problem {
    /// Why the trail does not answer.
    pub fn of_trail(error: &TrailError) -> Self {
        match error {
            TrailError::NotThere => Self::bilingual(
                Kind::BadRequest,
                "Il registro non ha tanti eventi: chiedere prima quanti sono.",
                "The trail has not so many events: ask first how many there are.",
            ),
            TrailError::Broken => Self::bilingual(
                Kind::TrailAltered,
                "Il registro non è più quello che era: non si firma, non si prova e non si copia nulla. Il comando varco audit verify dice dove.",
                "The trail is not what it was: nothing is signed, proven or copied. The command varco audit verify tells where.",
            ),
            TrailError::Key(error) => Self::of_key_file(error),
            TrailError::Store(error) => match error.kind() {
                StoreError::Damaged(_) => Self::bilingual(
                    Kind::TrailAltered,
                    "L'archivio contiene valori che non si possono leggere: il comando varco audit verify dice dove.",
                    "The store holds values that cannot be read: the command varco audit verify tells where.",
                ),
                _ => Self::bilingual(
                    Kind::Unavailable,
                    "L'archivio non risponde, o non è di questa versione di Varco: controllare l'indirizzo e che il servizio lo abbia creato.",
                    "The store does not answer, or is not of this version of Varco: check its address, and that the service made it.",
                ),
            },
        }
    }

    /// Why the key of the trail cannot be used.
    pub fn of_key_file(error: &KeyFileError) -> Self {
        match error {
            KeyFileError::File { path, error } => {
                Self::new(Kind::Unreadable, format!("Il file non si può usare: {}.", io_words(error))).about(path)
            }
            KeyFileError::NotAKey { path } => {
                Self::new(Kind::Unreadable, "Il file non contiene una chiave del registro.").about(path)
            }
            KeyFileError::Ed25519(_) => Self::new(Kind::Internal, "La chiave del registro non si può creare."),
        }
    }
}
