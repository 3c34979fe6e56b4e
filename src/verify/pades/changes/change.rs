//! What a revision changed, and what a signature makes of it.

use serde::{Deserialize, Serialize};

use crate::domain::language::Language;
use crate::verify::report::Modifications;

/// One change of a revision.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(in crate::verify::pades) struct Change {
    pub(in crate::verify::pades) kind: Kind,
    /// The page that shows it, counted from 1.
    pub(in crate::verify::pades) page: Option<u32>,
    /// The object that tells it.
    pub(in crate::verify::pades) object: Option<u32>,
    /// The field that it is about, by its full name.
    pub(in crate::verify::pades) field: Option<Vec<u8>>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $weight:ident $italian:literal $english:literal;)+) => {
        /// Kinds of changes, from the harmless to the forbidden.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub(in crate::verify) enum Kind {
            $($(#[$doc])* $kind,)+
        }

        impl Kind {
            const fn weight(self) -> Weight {
                match self { $(Self::$kind => Weight::$weight,)+ }
            }

            /// The same in words, as the subject of a sentence.
            pub(in crate::verify) const fn words(self, language: Language) -> &'static str {
                match language {
                    Language::Italian => match self { $(Self::$kind => $italian,)+ },
                    Language::English => match self { $(Self::$kind => $english,)+ },
                }
            }
        }
    };
}

/// What a kind of change weighs under which permissions (ISO 32000-2 §12.8.2.2, table 257).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Weight {
    /// Always allowed: proofs, and what they need.
    Proof,
    /// Nothing that anybody sees: allowed where anything is.
    Unseen,
    /// Allowed where signing is: invisible.
    Signing,
    /// The same, seen, and so always worth telling: it may cover what is read.
    SigningSeen,
    /// Allowed where forms may be filled, and always worth telling.
    Filling,
    /// Allowed where annotations are, and always worth telling.
    Annotating,
    /// Allowed by every signature and worth telling.
    Telling,
    /// Allowed by none.
    Forbidden,
}

kinds! {
    /// DSS and what is in it.
    ValidationData Proof "sono stati aggiunti dati per la verifica nel tempo (DSS)" "data for long-term validation were added (DSS)";
    /// A timestamp on the whole document.
    DocumentTimestamp Proof "è stata aggiunta una marca temporale" "a timestamp was added";
    /// XMP, and the dates of the document information.
    Metadata Unseen "sono cambiati i metadati del file" "the metadata of the file changed";
    /// The date of the last change and the program that made it, in the document information.
    Dated Proof "sono cambiati la data di modifica e il programma indicati nel file" "the date of modification and the program that the file names changed";
    /// `Version`, `Extensions`.
    Extensions Proof "è cambiata la versione del formato dichiarata" "the declared version of the format changed";
    /// Nothing that the document uses.
    Unused Proof "sono stati aggiunti dati che il documento non usa" "data were added that the document does not use";
    /// Objects in use, without any effect that we know.
    Rewritten Unseen "sono stati riscritti dati del documento, senza effetto su ciò che mostra" "data of the document were rewritten, without effect on what it shows";
    /// What fields to come are drawn with.
    FormPrepared Signing "il modulo è stato preparato per la firma" "the form was prepared for signing";
    /// A signature without a look.
    Signature Signing "è stata aggiunta un'altra firma" "another signature was added";
    /// A field for a signature, without a look.
    SignatureField Signing "è stato aggiunto un campo per un'altra firma" "a field for another signature was added";
    /// Fields that a later signature closed.
    FieldsLocked Signing "alcuni campi sono stati bloccati" "some fields were locked";
    /// A signature with a look.
    VisibleSignature SigningSeen "è stata aggiunta un'altra firma, il cui riquadro si vede e può coprire ciò che si legge" "another signature was added, whose box is seen and may cover what is read";
    /// A timestamp with a look.
    VisibleTimestamp SigningSeen "è stata aggiunta una marca temporale, il cui riquadro si vede e può coprire ciò che si legge" "a timestamp was added, whose box is seen and may cover what is read";
    /// A field without a signature that looks like something.
    FieldWithLook Annotating "è stato aggiunto un riquadro per la firma che mostra qualcosa senza essere firmato" "a signature box was added that shows something and is not signed";
    /// A value of a field.
    Filled Filling "è stato compilato o cambiato un campo del modulo" "a field of the form was filled or changed";
    /// `NeedAppearances`, `DA`, `DR`.
    LooksRenewed Filling "è cambiato il modo in cui i programmi disegnano i campi del modulo" "the way in which programs draw the fields of the form changed";
    /// A note, a mark, a stamp, a text box.
    AnnotationAdded Annotating "è stata aggiunta un'annotazione, che può coprire ciò che si legge" "an annotation was added, which may cover what is read";
    /// The same.
    AnnotationChanged Annotating "un'annotazione è cambiata" "an annotation changed";
    /// The same.
    AnnotationRemoved Annotating "un'annotazione è stata tolta" "an annotation was removed";
    /// Title, author, subject, keywords.
    Titles Telling "sono cambiati il titolo o l'autore dichiarati nel file" "the title or the author that the file declares changed";
    /// `PageMode`, `PageLayout`.
    Opening Telling "è cambiato il modo in cui il file si apre" "the way in which the file opens changed";
    /// Objects that no cross-reference leads to.
    Unlisted Telling "sono stati aggiunti dati che l'indice del file non elenca: i programmi che riparano i file potrebbero mostrarli" "data were added that the index of the file does not list: programs that mend files might show them";
    /// Additions to the logical structure.
    StructureExtended Telling "è stata estesa la struttura per chi non vede la pagina" "the structure for those who do not see the page was extended";
    /// Text, pictures, boxes of a page.
    PageContent Forbidden "è cambiato ciò che la pagina mostra" "what the page shows changed";
    /// The same of several pages.
    SharedContent Forbidden "è cambiato ciò che più pagine hanno in comune e mostrano" "what several pages have in common and show changed";
    /// A typeface of a page.
    PageFont Forbidden "è cambiato un carattere: lo stesso testo può apparire diverso" "a font changed: the same text may look different";
    /// Pages added, removed, in another order.
    Pages Forbidden "sono state aggiunte, tolte o spostate delle pagine" "pages were added, removed or moved";
    /// Optional content.
    Layers Forbidden "sono cambiati i livelli che si vedono o si nascondono" "the layers that are shown or hidden changed";
    /// Actions and scripts.
    Action Forbidden "è stata aggiunta o cambiata un'azione che il documento esegue" "an action that the document performs was added or changed";
    /// Names, attached files.
    Names Forbidden "sono cambiati gli allegati o i nomi del documento" "attached files or names of the document changed";
    /// The bookmarks.
    Outline Forbidden "sono cambiati i segnalibri" "the bookmarks changed";
    /// The logical structure, other than by additions.
    Structure Forbidden "è cambiata la struttura per chi non vede la pagina" "the structure for those who do not see the page changed";
    /// What a field is.
    FieldDefinition Forbidden "è cambiata la definizione di un campo" "the definition of a field changed";
    /// How a field looks, and not what it says.
    FieldLook Forbidden "è cambiato l'aspetto di un campo senza che ne cambiasse il valore" "the look of a field changed and its value did not";
    /// A look that is not held in its box.
    BoundlessLook Forbidden "è stato aggiunto un riquadro il cui aspetto non ha limiti: alcuni programmi lo disegnano dovunque sulla pagina, al posto di ciò che si legge" "a box was added whose look has no bounds: some programs draw it anywhere on the page, in place of what is read";
    /// A field that is not for a signature.
    FieldAdded Forbidden "è stato aggiunto un campo" "a field was added";
    /// A field that was there, and is seen elsewhere than before, or no more.
    FieldMoved Forbidden "un campo che c'era è stato messo su una pagina, tolto o spostato" "a field that was there was put on a page, taken off it or moved";
    /// Any field.
    FieldRemoved Forbidden "è stato tolto un campo" "a field was removed";
    /// A signature that was there.
    SignatureReplaced Forbidden "una firma che c'era è stata tolta o sostituita" "a signature that was there was removed or replaced";
    /// A certification after another signature.
    Certification Forbidden "il documento è stato certificato dopo essere stato firmato, o le sue autorizzazioni sono cambiate" "the document was certified after it had been signed, or its permissions changed";
    /// What all fields share.
    FormSettings Forbidden "sono cambiate le impostazioni del modulo" "the settings of the form changed";
    /// Another entry of the catalogue.
    Settings Forbidden "sono cambiate le impostazioni del documento" "the settings of the document changed";
    /// An index that leads into earlier octets.
    Redirected Forbidden "l'indice del file porta a dati che prima erano nascosti o superati" "the index of the file leads to data that were hidden or superseded";
    /// An index that says two things, or a dictionary that does.
    Ambiguous Forbidden "il file dice due cose diverse della stessa parte del documento: programmi diversi ne mostrano una o l'altra" "the file says two things of one part of the document: different programs show the one or the other";
    /// A change of something that was there, and whose use is not known.
    Unexplained Forbidden "è cambiato qualcosa che Varco non sa spiegare" "something changed that Varco cannot explain";
}

impl Kind {
    /// Whether something of a signature is seen.
    pub(in crate::verify::pades) const fn is_signing_seen(self) -> bool {
        matches!(self.weight(), Weight::SigningSeen)
    }

    /// Whether it is part of signing a document, or of proving that it was signed.
    pub(in crate::verify::pades) const fn is_signing(self) -> bool {
        matches!(self.weight(), Weight::Proof | Weight::Unseen | Weight::Signing | Weight::SigningSeen)
            || matches!(self, Self::Certification)
    }

    /// What a signature makes of it; `locked` says whether it is about a field that the signature closed.
    pub(in crate::verify::pades) const fn under(self, certified: Certified, locked: bool) -> Modifications {
        use Modifications::{Allowed, Forbidden, Notable};
        if locked && !matches!(self.weight(), Weight::Proof | Weight::Unseen) {
            return Forbidden;
        }
        match (self.weight(), certified) {
            (Weight::Proof, _) => Allowed,
            (Weight::Forbidden, _) | (_, Certified::NoChanges) | (Weight::Annotating, Certified::Filling) => Forbidden,
            (Weight::Unseen | Weight::Signing, _) => Allowed,
            (Weight::SigningSeen | Weight::Filling | Weight::Telling | Weight::Annotating, _) => Notable,
        }
    }
}

/// The access permissions that a certification grants (`P` of `DocMDP`).
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(in crate::verify::pades) enum Certified {
    /// Not certified.
    #[default]
    No,
    /// 3: forms, signatures, annotations.
    Annotating,
    /// 2: forms and signatures.
    Filling,
    /// 1: nothing.
    NoChanges,
}
