//! Problems of tokens, cards and signing.

use std::path::{Path, PathBuf};

use crate::domain::instant::to_rfc3339;
use crate::problem::document::of_file;
use crate::problem::{Kind, Language, Problem, io_words_in, levels, token};
use crate::procedures::signing::{FileError, OtherHolder, PlanError, SigningError};
use crate::procedures::verification::FileFault;
use crate::sign::cades::PrepareError;
use crate::sign::pades::PadesError;
use crate::sign::pkcs11::{Candidate, ChoiceError, Distrust, ModuleError, NotReset, PinError, SignError, Unfit};
use crate::sign::signer::UnfitSigner;
use crate::verify::escape;

impl Problem {
    /// Why nothing could be signed.
    pub fn of_signing(error: &SigningError) -> Self {
        match error {
            SigningError::Module(error) => of_module(error),
            SigningError::Token(error) => Self::of_token(error),
            SigningError::Service(error) => Self::of_reader(error),
            SigningError::Choice { error, keys } => of_choice(error, keys),
            SigningError::OtherHolder(other) => of_other_holder(*other),
            SigningError::Signer(error) => of_unfit_signer(error),
        }
    }

    /// Why nothing was begun.
    pub fn of_plan(error: &PlanError) -> Self {
        match error {
            PlanError::Occupied(path) => Self::bilingual(
                Kind::CannotWrite,
                "Esiste già qualcosa con questo nome, o due documenti lo avrebbero: i file firmati non si sovrascrivono.",
                "There is something of this name already, or two documents would have it: signed files are not overwritten.",
            )
            .about(&path.to_string_lossy()),
            PlanError::NoFolder(path) => Self::bilingual(
                Kind::CannotWrite,
                "La cartella dei file firmati non esiste.",
                "The folder of the signed files does not exist.",
            )
            .about(&path.to_string_lossy()),
            PlanError::NoName(path) => {
                Self::bilingual(Kind::BadRequest, "Non è il nome di un file.", "It is not the name of a file.")
                    .about(&path.to_string_lossy())
            }
            PlanError::Document { path, fault } => of_file(fault).about(&path.to_string_lossy()),
        }
    }

    /// Why one file was not signed.
    pub fn of_file_to_sign(error: &FileError) -> Self {
        match error {
            FileError::Document(fault) | FileError::Content(fault) => of_file(fault),
            FileError::Token(error) => Self::of_token(error),
            FileError::Result(error) => Self::told(Kind::CannotWrite, |language| {
                let why = io_words_in(error, language);
                language.choose(
                    format!("Il file firmato non si può scrivere: {why}."),
                    format!("The signed file cannot be written: {why}."),
                )
            }),
            FileError::Timestamp(error) => levels::of_stamp(error),
            FileError::Lasting(error) => levels::of_lasting(error),
            FileError::Broken => Self::bilingual(
                Kind::Unreadable,
                "Il documento ha già una firma che non è integra, o è stato modificato dopo una firma: aggiungerne un'altra non lo sanerebbe. Esaminarlo con varco verify e chiederne uno integro.",
                "The document has a signature already that is not intact, or was changed after one: another signature would not mend it. Look at it with varco verify, and ask for an intact one.",
            ),
            FileError::NotBegun => Self::bilingual(
                Kind::Token,
                "Non firmato: il dispositivo si è fermato prima. Rimediare e ripetere il comando per questo documento.",
                "Not signed: the device failed before. Mend that and repeat the command for this document.",
            ),
            FileError::LevelReached => Self::bilingual(
                Kind::BadRequest,
                "Le firme hanno già questo livello: non c'è nulla da aggiungere.",
                "The signatures have this level already: there is nothing to add.",
            ),
            FileError::Prepare(error) => of_prepare(error),
            FileError::Pdf(error) => of_pdf(error),
        }
    }

    /// Why the file of a PIN cannot be read.
    pub fn of_pin_file(fault: &FileFault, path: &Path) -> Self {
        of_file(fault).about(&path.to_string_lossy())
    }

    /// Why a token did not sign.
    pub fn of_token(error: &SignError) -> Self {
        Self::told(token::kind(error), |language| token::words(error, language))
    }

    /// Why what was entered is no PIN.
    pub fn of_pin(error: PinError) -> Self {
        let (italian, english) = match error {
            PinError::Empty => {
                ("Il PIN è vuoto: la carta non è stata interrogata.", "The PIN is empty: the card was not asked.")
            }
            PinError::TooLong => (
                "Il PIN ha più di 255 caratteri: forse è il file sbagliato. La carta non è stata interrogata.",
                "The PIN has more than 255 characters: perhaps it is the wrong file. The card was not asked.",
            ),
            PinError::Control => (
                "Il PIN contiene caratteri che una tastiera di PIN non ha (di controllo, spazi all'inizio o alla fine, il segno iniziale di alcuni editor): riscriverlo, o indicare il file giusto. La carta non è stata interrogata.",
                "The PIN has characters that no keypad of PINs has (control characters, blanks at its ends, the mark that some editors put first): write it again, or name the right file. The card was not asked.",
            ),
        };
        Self::bilingual(Kind::Pin, italian, english)
    }

    /// The card may still be open.
    pub fn of_not_reset(error: &NotReset) -> Self {
        let (italian, english) = match error {
            NotReset::LogOut(_) => (
                "Il modulo non ha chiuso l'accesso alla carta: toglierla dal lettore.",
                "The module did not log out of the card: take it out of the reader.",
            ),
            NotReset::Reset(_) => (
                "La carta non è stata azzerata e altri programmi potrebbero usarla senza PIN: toglierla dal lettore.",
                "The card was not reset, and other programs might use it without a PIN: take it out of the reader.",
            ),
        };
        Self::bilingual(Kind::Token, italian, english)
    }
}

/// Why a key does not fit, for a list: part of a sentence.
pub fn unfit_words(reason: Unfit, language: Language) -> String {
    let (italian, english) = match reason {
        Unfit::NoCertificate => ("non ha un certificato", "it has no certificate"),
        Unfit::Unreadable => ("il certificato non si può leggere", "its certificate cannot be read"),
        Unfit::NoId => (
            "il certificato non ha un identificativo che dica la sua chiave",
            "its certificate has no id that tells its key",
        ),
        Unfit::Authority => ("è il certificato di un'autorità", "it is the certificate of an authority"),
        Unfit::OtherUse => {
            ("il certificato non è per firmare documenti", "its certificate is not for signing documents")
        }
        Unfit::Weak => (
            "la chiave o il suo algoritmo non sono più ritenuti sicuri",
            "the key or its algorithm is not believed secure any more",
        ),
        Unfit::ForAuthentication => (
            "serve per identificarsi (CNS, CIE), non per la firma qualificata: per usarla lo stesso, indicarla con --key",
            "it is for identification (CNS, CIE), not for a qualified signature: to use it all the same, name it with --key",
        ),
        Unfit::ForSignature => ("serve per firmare documenti", "it is for signing documents"),
        Unfit::NotYetValid(from) => {
            return language.choose(
                format!("il certificato vale dal {}", to_rfc3339(from)),
                format!("its certificate is valid from {}", to_rfc3339(from)),
            );
        }
        Unfit::Expired(on) => {
            return language.choose(
                format!("il certificato è scaduto il {}", to_rfc3339(on)),
                format!("its certificate expired on {}", to_rfc3339(on)),
            );
        }
    };
    language.choose(italian, english).to_owned()
}

/// Why a document cannot be signed.
fn of_prepare(error: &PrepareError) -> Problem {
    Problem::told(Kind::Unreadable, |language| {
        match error {
        PrepareError::Io(error) => {
            let why = io_words_in(error, language);
            language.choose(
                format!("Il documento non si può leggere: {why}."),
                format!("The document cannot be read: {why}."),
            )
        }
        PrepareError::NotSigned(_) => language
            .choose(
                "Non è un file firmato CAdES in forma binaria (.p7m o .p7s): se è in base64 o PEM, convertirlo prima.",
                "It is no file signed as CAdES in binary form (.p7m or .p7s): convert base64 or PEM first.",
            )
            .to_owned(),
        PrepareError::ContentMissing => language
            .choose(
                "Il file firmato non contiene il documento: indicarlo con --content.",
                "The signed file does not hold the document: name it with --content.",
            )
            .to_owned(),
        PrepareError::ContentTwice => language
            .choose(
                "Il file firmato contiene già il documento: ripetere senza --content.",
                "The signed file holds the document: repeat without --content.",
            )
            .to_owned(),
        PrepareError::NoSuchSignature { asked, of } => language.choose(
            format!("La firma {asked} non c'è: nel file ce ne sono {of}."),
            format!("There is no signature {asked}: the file has {of}."),
        ),
        PrepareError::Archived => language
            .choose(
                "Una marca temporale di archivio di vecchio tipo copre tutto il file: ogni aggiunta la renderebbe nulla.",
                "An archive timestamp of the old kind covers the whole file: whatever is added would break it.",
            )
            .to_owned(),
        error @ PrepareError::TooLarge => {
            let detail = escape(&error.to_string());
            language.choose(
                format!("Il documento non si può firmare così (dettaglio tecnico: {detail})."),
                format!("The document cannot be signed like this: {detail}."),
            )
        }
    }
    })
}

/// Why a PDF cannot be signed.
fn of_pdf(error: &PadesError) -> Problem {
    Problem::told(Kind::Unreadable, |language| {
        let (italian, english) = match error {
            PadesError::Unreadable(_) => ("non è un PDF che si possa leggere", "it is no PDF that can be read"),
            PadesError::Encrypted => (
                "il PDF è cifrato, anche se si apre senza password: toglierne la protezione, poi firmarlo",
                "the PDF is encrypted, even if it opens without a password: take the protection off, then sign it",
            ),
            PadesError::Damaged => (
                "il PDF è danneggiato: ripararlo con il programma che lo ha creato, poi firmarlo",
                "the PDF is damaged: mend it with the program that made it, then sign it",
            ),
            PadesError::CertifiedTooLate => (
                "è già firmato, e solo la prima firma può certificarlo",
                "it is signed already, and only the first signature may certify it",
            ),
            PadesError::NoSuchPage { asked, of } => {
                return language.choose(
                    format!("Il documento non si può firmare: la pagina {asked} non c'è, le pagine sono {of}."),
                    format!("The document cannot be signed: there is no page {asked}, there are {of}."),
                );
            }
            PadesError::NoSuchField(name) => {
                let name = escape(name);
                return language.choose(
                    format!("Il documento non si può firmare: non c'è un campo di firma di nome {name}."),
                    format!("The document cannot be signed: there is no signature field of the name {name}."),
                );
            }
            PadesError::FieldSigned(name) => {
                let name = escape(name);
                return language.choose(
                    format!("Il documento non si può firmare: il campo {name} è già firmato."),
                    format!("The document cannot be signed: the field {name} is signed already."),
                );
            }
            PadesError::Forbidden => (
                "una firma precedente vieta di aggiungerne altre",
                "an earlier signature forbids that others are added",
            ),
            PadesError::Corners => (
                "il riquadro della firma non sta dentro la pagina: controllare le coordinate (punti, dall'angolo in basso \
                 a sinistra della pagina come si vede)",
                "the box of the signature is not on the page: check the coordinates (points, from the lower left corner \
                 of the page as it is seen)",
            ),
            PadesError::Io(error) => {
                let why = io_words_in(error, language);
                return language.choose(
                    format!("Il documento non si può leggere: {why}."),
                    format!("The document cannot be read: {why}."),
                );
            }
            error => {
                let detail = escape(&error.to_string());
                return language.choose(
                    format!("Il documento non si può firmare così (dettaglio tecnico: {detail})."),
                    format!("The document cannot be signed like this: {detail}."),
                );
            }
        };
        language.choose(
            format!("Il documento non si può firmare: {italian}."),
            format!("The document cannot be signed: {english}."),
        )
    })
}

/// Why nobody would believe a signature made with the certificate.
pub(super) fn of_unfit_signer(error: &UnfitSigner) -> Problem {
    Problem::told(Kind::Key, |language| {
        let (italian, english) = match error {
            UnfitSigner::NotYetValid(_) => ("il certificato non vale ancora", "the certificate is not valid yet"),
            UnfitSigner::Expired(_) => ("il certificato è scaduto", "the certificate has expired"),
            UnfitSigner::NotForSigning => {
                ("il certificato non è per firmare documenti", "the certificate is not for signing documents")
            }
            UnfitSigner::Weak(_) => (
                "la chiave o il suo algoritmo non sono più ritenuti sicuri",
                "the key or its algorithm is not believed secure any more",
            ),
            UnfitSigner::KeyKind => {
                ("con chiavi di questo tipo non si firmano documenti", "keys of this kind do not sign documents")
            }
            UnfitSigner::Certificate(_) | UnfitSigner::Faulty(_) | UnfitSigner::Key(_) | UnfitSigner::Chain { .. } => {
                ("il certificato è difettoso", "the certificate is faulty")
            }
        };
        language.choose(
            format!("Con questa chiave non si può firmare: {italian}. Il PIN non è stato usato."),
            format!("This key cannot sign: {english}. The PIN was not used."),
        )
    })
}

fn of_module(error: &ModuleError) -> Problem {
    Problem::told(Kind::Module, |language| match error {
        ModuleError::Unknown { known } => {
            let known: Vec<String> = known.iter().map(|id| escape(id)).collect();
            let known = known.join(", ");
            language.choose(
                format!("Non c'è un modulo con questo identificativo: ci sono {known}. Altri si aggiungono in [sign.modules] della configurazione."),
                format!("There is no module of this id: there are {known}. Others are added in [sign.modules] of the settings."),
            )
        }
        ModuleError::NotInstalled { id, looked_at } => {
            let paths = paths(looked_at);
            let id = escape(id);
            language.choose(
                format!("Il modulo {id} non è installato: cercato in {paths}. Installare il programma del produttore della carta, o indicare il percorso in [sign.modules] della configurazione."),
                format!("The module {id} is not installed: looked for at {paths}. Install the program of the card's vendor, or give its path in [sign.modules] of the settings."),
            )
        }
        ModuleError::NotTrusted { path, why } => {
            let path = escape(&path.to_string_lossy());
            let why = distrust_words(why, language);
            language.choose(
                format!("Il modulo {path} non si carica: {why}."),
                format!("The module {path} is not loaded: {why}."),
            )
        }
    })
}

fn distrust_words(why: &Distrust, language: Language) -> String {
    let place = |path: &PathBuf| escape(&path.to_string_lossy());
    match why {
        Distrust::NotAFile => language.choose("non è un file", "it is no file").to_owned(),
        Distrust::Owner(path) => language.choose(
            format!("{} non è di root, quindi altri potrebbero metterci un altro programma", place(path)),
            format!("{} is not root's, so others could put another program there", place(path)),
        ),
        Distrust::Writable(path) => language.choose(
            format!("in {} può scrivere anche chi non è root, e metterci un altro programma", place(path)),
            format!("others than root can write to {}, and put another program there", place(path)),
        ),
        Distrust::Unreadable(error) => io_words_in(error, language),
    }
}

fn of_choice(error: &ChoiceError, keys: &[Candidate]) -> Problem {
    Problem::told(Kind::Key, |language| {
        match error {
        ChoiceError::Absent => language
            .choose(
                "Sul dispositivo non c'è una chiave con questo nome o identificativo: varco sign --list mostra quelle che ci sono.",
                "The device has no key of this label or id: varco sign --list shows those that there are.",
            )
            .to_owned(),
        ChoiceError::Several => language
            .choose(
                "Sul dispositivo ci sono più chiavi adatte: indicarne una con --key. varco sign --list le mostra.",
                "Several keys of the device fit: name one with --key. varco sign --list shows them.",
            )
            .to_owned(),
        ChoiceError::NoneFits if keys.is_empty() => language
            .choose(
                "Sul dispositivo non c'è nessuna chiave con un certificato: usare la carta giusta, o il modulo del suo produttore.",
                "The device has no key with a certificate: use the right card, or the module of its vendor.",
            )
            .to_owned(),
        ChoiceError::NoneFits => {
            let keys = keys.iter().map(|key| format!("{}: {}", key.hex_id(), unfit_list(&key.unfit, language)));
            let keys = keys.collect::<Vec<_>>().join("; ");
            language.choose(
                format!("Sul dispositivo non c'è una chiave adatta a firmare ({keys}). Il PIN non è stato usato."),
                format!("No key of the device fits for signing ({keys}). The PIN was not used."),
            )
        }
        ChoiceError::Unfit(reasons) => {
            let why = unfit_list(reasons, language);
            language.choose(
                format!("Con questa chiave non si può firmare: {why}. Usarne un'altra (varco sign --list le mostra) o chiedere un nuovo certificato. Il PIN non è stato usato."),
                format!("This key cannot sign: {why}. Use another (varco sign --list shows them) or ask for a new certificate. The PIN was not used."),
            )
        }
    }
    })
}

fn unfit_list(reasons: &[Unfit], language: Language) -> String {
    reasons.iter().map(|reason| unfit_words(*reason, language)).collect::<Vec<_>>().join(", ")
}

pub(super) fn of_other_holder(other: OtherHolder) -> Problem {
    let (italian, english) = match other {
        OtherHolder::OtherCode => (
            "Il certificato è di un'altra persona: il suo codice fiscale non è quello indicato con --fiscal-code. Usare la carta, o la credenziale, della persona giusta. Il PIN non è stato usato.",
            "The certificate is another person's: its codice fiscale is not the one given with --fiscal-code. Use the card, or the credential, of the right person. The PIN was not used.",
        ),
        OtherHolder::NoCode => (
            "Il certificato non contiene un codice fiscale valido, quindi non prova di chi è la firma: usare un certificato che lo contiene, o ripetere senza --fiscal-code. Il PIN non è stato usato.",
            "The certificate has no valid codice fiscale, and so does not prove whose signature it is: use a certificate that has one, or repeat without --fiscal-code. The PIN was not used.",
        ),
    };
    Problem::bilingual(Kind::Key, italian, english)
}

fn paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| escape(&path.to_string_lossy())).collect::<Vec<_>>().join(", ")
}
