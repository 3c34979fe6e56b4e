//! Problems of documents and of trust material: what cannot be read, opened or used.

use std::io;
use std::path::Path;

use crate::problem::{Kind, Problem, io_words_in, octets};
use crate::procedures::verification::{
    FileFault, MAX_ANCHORS, MAX_FILES, MAX_PEM_LEN, MaterialError, MaterialFault, VerificationError,
};
use crate::verify::{
    Lock, VerifyError, form, unreadable_certificate, unreadable_crl, unreadable_list, unreadable_ocsp,
};

impl Problem {
    /// Why a document could not be examined; `document` is its name.
    pub fn of_verification(error: &VerificationError, document: &str) -> Self {
        match error {
            VerificationError::Document(fault) => of_file(fault).about(document),
            VerificationError::Detached { path, fault } | VerificationError::Expected { path, fault } => {
                of_file(fault).about(&path.to_string_lossy())
            }
            VerificationError::Examination(error) => of_examination(error).about(document),
            VerificationError::UnpacksTooLarge(limit) => Self::told(Kind::TooLarge, |language| {
                let limit = octets(*limit, language);
                language.choose(
                    format!("Le buste, una volta aperte, superano in tutto i {limit}: il file potrebbe essere stato costruito per esaurire lo spazio. Chiedere al firmatario il file originale."),
                    format!("The envelopes, once opened, come to more than {limit} in all: the file may have been made to use up space. Ask the signer for the original file."),
                )
            })
            .about(document),
            VerificationError::Extraction { folder, source } => Self::told(Kind::CannotWrite, |language| {
                let why = io_words_in(source, language);
                language.choose(
                    format!("Il contenuto non si può scrivere nella cartella indicata: {why}."),
                    format!("The content cannot be written to that folder: {why}."),
                )
            })
            .about(&folder.to_string_lossy()),
            VerificationError::Occupied(path) => Self::bilingual(
                Kind::CannotWrite,
                "Esiste già un altro file con questo nome e Varco non sovrascrive nulla: spostarlo o scegliere un'altra cartella.",
                "There is another file of this name already, and Varco overwrites nothing: move it, or choose another folder.",
            )
            .about(&path.to_string_lossy()),
        }
    }

    /// Why trust material cannot be used.
    #[expect(clippy::too_many_lines, reason = "a catalogue: one arm for each fault, nothing else")]
    pub fn of_material(error: &MaterialError) -> Self {
        let of = |italian: &'static str, english: &'static str| Self::bilingual(Kind::Material, italian, english);
        let problem = match &error.fault {
            MaterialFault::File(fault) => of_file(fault),
            MaterialFault::NotTrust => of(
                "Il file non contiene certificati (PEM o DER) né un elenco di fiducia: controllare il percorso dato con --trust.",
                "The file has neither certificates (PEM or DER) nor a trusted list: check the path given with --trust.",
            ),
            MaterialFault::NotCrl => of(
                "Il file non contiene elenchi di revoca (CRL, in DER o PEM): controllare il percorso dato con --crl.",
                "The file has no revocation lists (CRL, in DER or PEM): check the path given with --crl.",
            ),
            MaterialFault::NotOcsp => of(
                "Il file non contiene risposte OCSP (DER, PEM o base64): controllare il percorso dato con --ocsp.",
                "The file has no OCSP responses (DER, PEM or base64): check the path given with --ocsp.",
            ),
            MaterialFault::BadPem => of(
                "Il testo PEM è danneggiato o incompleto: scaricare di nuovo il file.",
                "The PEM text is damaged or incomplete: download the file again.",
            ),
            MaterialFault::BadCertificate(error) => Self::told(Kind::Material, |language| {
                let why = unreadable_certificate(error, language);
                language.choose(
                    format!("Il file non è un certificato leggibile: {why}. Scaricarlo di nuovo da chi lo ha emesso."),
                    format!("The file is no certificate that can be read: {why}. Download it again from its issuer."),
                )
            })
            .with_technical_detail(error),
            MaterialFault::BadOcsp(error) => Self::told(Kind::Material, |language| {
                let why = unreadable_ocsp(error, language);
                language.choose(
                    format!("Il file non è una risposta OCSP che si possa usare: {why}."),
                    format!("The file is no OCSP response that can be used: {why}."),
                )
            })
            .with_technical_detail(error),
            MaterialFault::BadCrl(error) => Self::told(Kind::Material, |language| {
                let why = unreadable_crl(error, language);
                language.choose(
                    format!(
                        "Il file non è un elenco di revoca leggibile: {why}. Scaricarlo di nuovo da chi lo ha emesso."
                    ),
                    format!(
                        "The file is no revocation list that can be read: {why}. Download it again from its issuer."
                    ),
                )
            })
            .with_technical_detail(error),
            MaterialFault::BadList(error) => Self::told(Kind::Material, |language| {
                let why = unreadable_list(error, language);
                language.choose(
                    format!(
                        "Il file non è un elenco di fiducia leggibile: {why}. Scaricarlo di nuovo da chi lo pubblica."
                    ),
                    format!(
                        "The file is no trusted list that can be read: {why}. Download it again from its publisher."
                    ),
                )
            })
            .with_technical_detail(error),
            MaterialFault::LargePem => Self::told(Kind::Material, |language| {
                let limit = octets(MAX_PEM_LEN, language);
                language.choose(
                    format!("L'elenco di revoca in formato PEM supera i {limit}: convertirlo in DER con openssl crl -outform DER."),
                    format!("The revocation list in PEM format has more than {limit}: convert it to DER with openssl crl -outform DER."),
                )
            }),
            MaterialFault::EmptyFolder => of(
                "Nella cartella non c'è nessun file utilizzabile (le sottocartelle non sono lette): controllare il percorso.",
                "There is no usable file in the folder (folders inside it are not read): check the path.",
            ),
            MaterialFault::TooManyFiles => Self::bilingual(
                Kind::Material,
                format!("Nella cartella ci sono più di {MAX_FILES} file: tenervi solo quelli che servono."),
                format!("There are more than {MAX_FILES} files in the folder: keep only those that are needed there."),
            ),
            MaterialFault::TooMany => Self::bilingual(
                Kind::Material,
                format!(
                    "Gli elementi da caricare sono troppi (al massimo {MAX_ANCHORS} certificati): tenere solo quelli che servono."
                ),
                format!("There is too much to load (at most {MAX_ANCHORS} certificates): keep only what is needed."),
            ),
        };
        problem.about(&error.path.to_string_lossy())
    }

    /// Why the file with the password cannot be used.
    pub fn of_password_file(fault: &FileFault, file: &Path) -> Self {
        let problem = match fault {
            FileFault::TooLarge(limit) => Self::told(Kind::BadRequest, |language| {
                let limit = octets(*limit, language);
                language.choose(
                    format!("Il file con la password supera i {limit}: deve contenere soltanto la password, su una riga."),
                    format!("The file with the password has more than {limit}: it must have nothing but the password, on one line."),
                )
            }),
            fault => of_file(fault),
        };
        problem.about(&file.to_string_lossy())
    }

    /// Why a result could not be written to `file`.
    pub fn of_writing(error: &io::Error, file: &Path) -> Self {
        Self::told(Kind::CannotWrite, |language| {
            let why = io_words_in(error, language);
            language.choose(
                format!("Il risultato non si può scrivere: {why}."),
                format!("The result cannot be written: {why}."),
            )
        })
        .about(&file.to_string_lossy())
    }
}

pub(super) fn of_file(fault: &FileFault) -> Problem {
    match fault {
        FileFault::NotFound => Problem::bilingual(
            Kind::NotFound,
            "Il file non esiste: controllare nome e percorso.",
            "There is no such file: check name and path.",
        ),
        FileFault::Directory => Problem::bilingual(
            Kind::Directory,
            "È una cartella e non un file: indicare i file che contiene.",
            "It is a folder and not a file: name the files inside.",
        ),
        FileFault::Denied => Problem::bilingual(
            Kind::Unreadable,
            "Non si hanno i permessi per leggere il file: chiederli a chi lo possiede.",
            "There is no permission to read the file: ask its owner.",
        ),
        FileFault::TooLarge(limit) => too_large(*limit),
        FileFault::Changed => Problem::bilingual(
            Kind::Unreadable,
            "Il file è cambiato mentre veniva letto: aspettare che la copia sia finita e ripetere la verifica.",
            "The file changed while it was read: wait until it is copied completely and verify again.",
        ),
        FileFault::Io(error) => unreadable(error),
        FileFault::Spool(error) => Problem::told(Kind::CannotWrite, |language| {
            let why = io_words_in(error, language);
            language.choose(
                format!("Non si può scrivere nella cartella temporanea: {why}."),
                format!("The temporary folder cannot be written to: {why}."),
            )
        }),
    }
}

fn of_examination(error: &VerifyError) -> Problem {
    match error {
        VerifyError::Empty => Problem::bilingual(
            Kind::Empty,
            "Il file è vuoto: farselo inviare di nuovo.",
            "The file is empty: have it sent again.",
        ),
        VerifyError::NoSignature => Problem::bilingual(
            Kind::NoSignature,
            "Nel file non c'è nessuna firma: controllare di aver scelto il documento firmato (di solito termina in .p7m, o è un PDF firmato) e non l'originale.",
            "There is no signature in the file: check that it is the signed document (its name usually ends in .p7m, or it is a signed PDF) and not the original.",
        ),
        VerifyError::NotSupported(kind) => Problem::told(Kind::NotSupported, |language| {
            let form = form(kind, language);
            language.choose(
                format!("È un documento {form}: questa versione di Varco verifica solo le firme CAdES e CMS (.p7m e .p7s) e quelle nei PDF. Chiedere il documento firmato in formato .p7m o PDF."),
                format!("It is a document in {form}: this version of Varco verifies only CAdES and CMS signatures (.p7m and .p7s) and those in PDF. Ask for the document signed as .p7m or PDF."),
            )
        }),
        VerifyError::Damaged(damage) => Problem::told(Kind::Damaged, |language| {
            let why = damage.words(language);
            language.choose(
                format!("Il file comincia come una busta firmata ma non si apre: {why}. Farselo inviare di nuovo."),
                format!("The file begins like a signed envelope but cannot be opened: {why}. Have it sent again."),
            )
        }),
        VerifyError::Locked(lock) => locked(*lock),
        VerifyError::TooLarge(limit) => too_large(*limit),
        VerifyError::TooDeep(limit) => Problem::bilingual(
            Kind::TooDeep,
            format!(
                "Il file contiene più di {limit} buste una dentro l'altra e non è stato esaminato: chiedere al firmatario il file originale."
            ),
            format!(
                "The file has more than {limit} envelopes inside one another and was not examined: ask the signer for the original file."
            ),
        ),
        VerifyError::TooManySignatures(limit) => Problem::bilingual(
            Kind::TooMany,
            format!(
                "Il file porta più di {limit} firme e non è stato esaminato: chiedere al firmatario il file originale."
            ),
            format!(
                "The file carries more than {limit} signatures and was not examined: ask the signer for the original file."
            ),
        ),
        VerifyError::TooManyCertificates(limit) => Problem::bilingual(
            Kind::TooMany,
            format!(
                "La busta contiene più di {limit} certificati e non è stata esaminata: chiedere al firmatario il file originale."
            ),
            format!(
                "The envelope has more than {limit} certificates and was not examined: ask the signer for the original file."
            ),
        ),
        VerifyError::TooMuchBesideContent(limit) => Problem::told(Kind::TooMany, |language| {
            let limit = octets(u64::try_from(*limit).unwrap_or(u64::MAX), language);
            language.choose(
                format!("La busta contiene più di {limit} oltre al documento firmato e non è stata esaminata: chiedere al firmatario il file originale."),
                format!("The envelope has more than {limit} beside the signed document and was not examined: ask the signer for the original file."),
            )
        }),
        VerifyError::NoRevision { asked, of } => no_revision(*asked, *of),
        VerifyError::TimedOut => Problem::bilingual(
            Kind::TimedOut,
            "L'esame ha superato il tempo concesso: ripetere con un tempo maggiore se il file è grande.",
            "The examination took longer than allowed: repeat it with more time if the file is large.",
        ),
        VerifyError::Io(error) => unreadable(error),
    }
}

fn locked(lock: Lock) -> Problem {
    match lock {
        Lock::NoPassword => Problem::bilingual(
            Kind::Password,
            "Il PDF è protetto e si apre solo con una password: verificarlo con la sua password, o chiederne una copia che si apra senza.",
            "The PDF is protected and opens under a password only: verify it with its password, or ask for a copy that opens without.",
        ),
        Lock::OtherPassword => Problem::bilingual(
            Kind::Password,
            "La password indicata non apre il PDF: controllarla con chi lo ha inviato (contano maiuscole, minuscole e spazi).",
            "The password that was given does not open the PDF: check it with whoever sent it (case and spaces count).",
        ),
    }
}

fn no_revision(asked: usize, of: usize) -> Problem {
    if of == 0 {
        return Problem::bilingual(
            Kind::BadRequest,
            format!("Il contenuto non è un PDF e non ha una revisione {asked}: ripetere senza --extract-revision."),
            format!("The content is no PDF and has no revision {asked}: repeat without --extract-revision."),
        );
    }
    Problem::bilingual(
        Kind::BadRequest,
        format!("Il PDF non ha una revisione {asked}: indicarne una da 1 a {of}."),
        format!("The PDF has no revision {asked}: name one from 1 to {of}."),
    )
}

fn unreadable(error: &io::Error) -> Problem {
    Problem::told(Kind::Unreadable, |language| {
        let why = io_words_in(error, language);
        language.choose(format!("Il file non si può leggere: {why}."), format!("The file cannot be read: {why}."))
    })
}

fn too_large(limit: u64) -> Problem {
    Problem::told(Kind::TooLarge, |language| {
        let limit = octets(limit, language);
        language.choose(
            format!("Il file supera il limite di {limit} e non è stato esaminato."),
            format!("The file is larger than the limit of {limit} and was not examined."),
        )
    })
}
