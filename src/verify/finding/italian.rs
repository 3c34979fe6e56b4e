//! The reasons in Italian: one plain sentence each, of what was found, why it matters, what to do.

use std::borrow::Cow;

use crate::domain::language::Language;
use crate::verify::finding::Fact;
use crate::verify::words;

const IN: Language = Language::Italian;

#[expect(clippy::too_many_lines, reason = "a catalogue: one arm for each sentence, nothing else")]
pub(super) fn sentence(fact: &Fact) -> Cow<'static, str> {
    match fact {
        Fact::SignerInfoMalformed => "I dati di questa firma sono danneggiati o scritti in una forma che lo standard vieta: chiedere al firmatario di firmare di nuovo.".into(),
        Fact::VersionUnknown => "La busta dichiara una versione del formato che lo standard non prevede: chiedere un file prodotto da un programma di firma aggiornato.".into(),
        Fact::VersionUnexpected => "Il numero di versione scritto nella busta non è quello che lo standard prevede per il suo contenuto: nessuna firma lo protegge e l'esito non ne dipende (programma di firma impreciso, o busta ritoccata).".into(),
        Fact::DigestNotAnnounced => "L'algoritmo di impronta di questa firma non è fra quelli annunciati all'inizio della busta: l'impronta è stata calcolata lo stesso e l'esito non ne dipende (programma di firma impreciso, o busta ritoccata).".into(),
        Fact::DigestUnknown { algorithm } => format!("L'impronta è calcolata con un algoritmo che Varco non conosce ({algorithm}): la firma non si può verificare, chiedere di firmare con SHA-256.").into(),
        Fact::SignatureAlgorithmUnknown { algorithm } => format!("La firma usa un algoritmo che Varco non conosce ({algorithm}): non si può verificare, chiedere di firmare con RSA o ECDSA.").into(),
        Fact::AlgorithmsDisagree => "L'algoritmo di firma e quello dell'impronta dichiarati nella busta non vanno insieme: la firma è costruita male o è stata manomessa.".into(),
        Fact::AlgorithmParameters => "I parametri dell'algoritmo di firma non sono ammessi dallo standard: la firma è costruita male o è stata manomessa.".into(),
        Fact::AttributeMissing { attribute } => format!("Tra gli attributi firmati manca {attribute}, che lo standard richiede: la firma non è valida nella forma.").into(),
        Fact::AttributeRepeated { attribute } => format!("L'attributo firmato {attribute} compare più di una volta: lo standard lo vieta, perché il contenuto firmato diventerebbe ambiguo.").into(),
        Fact::AttributeNotSingle { attribute } => format!("L'attributo firmato {attribute} deve avere esattamente un valore e non lo ha: la firma non è valida nella forma.").into(),
        Fact::AttributeMalformed { attribute } => format!("Il valore dell'attributo firmato {attribute} non è del tipo previsto: la firma non è valida nella forma.").into(),
        Fact::ContentTypeDiffers => "Il tipo di contenuto firmato non è quello dichiarato dalla busta: il contenuto potrebbe essere stato scambiato, la firma non è valida.".into(),
        Fact::AttributesMissingForType => "Per questo tipo di contenuto gli attributi firmati sono obbligatori e mancano: la firma non è valida nella forma.".into(),
        Fact::AttributesAsContent => "Il contenuto è in realtà l'insieme di attributi di un'altra firma: è una manomissione nota, la firma non è valida.".into(),
        Fact::AttributesMissing => "La firma non ha attributi firmati, quindi non dice quale certificato l'ha prodotta: non basta per accettare il documento, chiedere una firma CAdES.".into(),
        Fact::AttributesNotDer => "Gli attributi firmati non sono nell'ordine o nella codifica DER: la firma è comunque verificata sui byte così come sono stati inviati (programma di firma vecchio).".into(),
        Fact::AttributesReencoded => "Gli attributi firmati sono stati inviati in BER e verificati dopo la ricodifica in DER che lo standard prevede.".into(),
        Fact::ContentMissing => "La busta contiene solo la firma e non il documento firmato: indicare anche il documento originale e ripetere la verifica.".into(),
        Fact::ContentGivenTwice => "Il documento indicato a parte non è quello contenuto nella busta: verificare quale dei due il firmatario ha davvero firmato.".into(),
        Fact::DigestDiffers => "Il documento è stato modificato dopo la firma, oppure non è quello firmato: l'impronta non corrisponde. Chiedere di nuovo il file originale.".into(),
        Fact::SignatureValueInvalid => "La firma non corrisponde alla chiave del certificato indicato: è stata alterata o appartiene ad altri. Chiedere di firmare di nuovo.".into(),
        Fact::CertificateNotFound => "Nella busta non c'è il certificato di chi ha firmato: non si può sapere di chi è la firma. Chiedere un file che includa il certificato.".into(),
        Fact::CertificateUnreadable => "Il certificato di chi ha firmato è danneggiato e non si legge: chiedere di nuovo il file originale.".into(),
        Fact::KeyUnusable { why } => format!("La chiave pubblica del certificato non si può usare ({}): la firma non si può verificare.", why.words(IN)).into(),
        Fact::ReferenceMissing => "La firma non indica tra gli attributi firmati quale certificato l'ha prodotta (signing-certificate): non è una firma CAdES e da sola non basta, chiedere di firmare in formato CAdES.".into(),
        Fact::ReferenceDiffers => "Il certificato nella busta non è quello che il firmatario ha indicato firmando: potrebbe essere stato sostituito. La firma non si può attribuire.".into(),
        Fact::ReferenceSerialDiffers => "L'emittente o il numero di serie indicati dal firmatario non sono quelli del certificato nella busta: la firma non rispetta il formato CAdES.".into(),
        Fact::ReferenceNameMalformed => "Il riferimento al certificato di firma è scritto in una forma non prevista (difetto noto del programma della CIE): l'impronta del certificato corrisponde e la firma resta valida.".into(),
        Fact::NoAnchors => "Non è stata indicata nessuna autorità di certificazione fidata, quindi la firma non si può attribuire: indicare i certificati fidati e ripetere.".into(),
        Fact::ChainNotFound { why } => format!("Il certificato non risale a nessuna delle autorità di certificazione fidate ({}): controllare che l'elenco sia completo o rivolgersi a chi ha emesso il certificato.", words::no_chain(*why, IN)).into(),
        Fact::Expired { on } => format!("Il certificato è scaduto il {} e nulla prova che la firma sia stata apposta prima: serve una marca temporale, una ricevuta PEC o una nuova firma.", on.day(IN)).into(),
        Fact::ExpiredNotRevoked { on } => format!("Il certificato è scaduto il {} senza essere stato revocato, ma nulla prova che la firma sia stata apposta prima: serve una marca temporale, una ricevuta PEC o una nuova firma.", on.day(IN)).into(),
        Fact::NotYetValid { from } => format!("Il certificato vale solo dal {}: alla data della verifica non era ancora valido.", from.day(IN)).into(),
        Fact::Revoked { since, reason } => {
            let reason = reason.and_then(|reason| words::reason(reason, IN)).map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("Il certificato è stato revocato il {}{reason} e nulla prova che la firma sia stata apposta prima: per la legge vale come mancata sottoscrizione. Chiedere una nuova firma.", since.day(IN)).into()
        }
        Fact::IssuerOutOfBounds { from, until } => format!("Il certificato di un'autorità fra il firmatario e quella fidata vale dal {} al {}, e nulla prova che la firma sia stata apposta in quel periodo: serve una marca temporale, una ricevuta PEC o una nuova firma.", from.day(IN), until.day(IN)).into(),
        Fact::IssuerRevoked { since } => format!("Il certificato dell'autorità che ha emesso quello del firmatario è stato revocato il {}: la firma non si può accettare, chiederne una con un certificato nuovo.", since.day(IN)).into(),
        Fact::Suspended { since } => format!("Il certificato risulta sospeso dal {}: finché la sospensione non è tolta la firma non si può accettare. Ripetere la verifica più avanti o chiedere al firmatario.", since.day(IN)).into(),
        Fact::RevocationUnknown { why } => format!("Non si può sapere se il certificato è stato revocato: {}. Procurarsi l'elenco di revoca aggiornato, o una risposta OCSP, e ripetere.", words::why_unknown(*why, IN)).into(),
        Fact::DeltaMissing => "L'elenco di revoca rimanda ad aggiornamenti più recenti che non sono stati forniti: una revoca recente potrebbe non comparire. Procurarsi anche l'elenco degli aggiornamenti (delta CRL).".into(),
        Fact::StatusByOcsp { issued } => format!("Che il certificato sia revocato o no lo dice la risposta OCSP del {}, data dall'autorità che lo ha emesso o da chi lei ha delegato.", issued.minute(IN)).into(),
        Fact::OcspUnusable { why } => format!("C'è una risposta OCSP di cui non si è tenuto conto: {}.", words::why_unknown(*why, IN)).into(),
        Fact::EmbeddedUnreadable { what, count } => format!("Alcuni dati di validazione che accompagnano la firma non si leggono e non sono stati usati ({}: {count}): se per questo non si sa se il certificato è stato revocato, procurarseli dall'autorità.", words::material(what, IN)).into(),
        Fact::EmbeddedLeftAside { what, count } => format!("I dati di validazione che accompagnano la firma sono più di quanti ne servano: alcuni non sono stati letti ({}: {count}).", words::material(what, IN)).into(),
        Fact::ClaimedLater { claimed } => format!("Il firmatario dichiara di aver firmato il {}, dopo il momento in cui la firma doveva già esistere: la data dichiarata, o la prova di esistenza, è sbagliata.", claimed.minute(IN)).into(),
        Fact::ExistenceIgnored { at } => format!("La data di esistenza indicata ({}) è successiva alla data della verifica e non se ne è tenuto conto.", at.minute(IN)).into(),
        Fact::ChainConstraints { why } => format!("La catena dei certificati non rispetta i vincoli posti dalle autorità ({}): la firma non si può accettare.", why.words(IN)).into(),
        Fact::ChainGeneral { why } => format!("La catena dei certificati non è valida ({}): la firma non si può accettare.", why.words(IN)).into(),
        Fact::ChainAlgorithm { why } => format!("Un certificato della catena usa un algoritmo non più sicuro ({}): nulla prova che fosse ancora sicuro quando la firma è stata apposta.", why.words(IN)).into(),
        Fact::AnchorExpired { on } => format!("Il certificato dell'autorità fidata a cui risale la firma è scaduto il {}: la fiducia dipende da chi ha scelto l'autorità e non da quella data, quindi l'esito non cambia. Se non doveva più essere fra quelle fidate, avvisare chi le gestisce.", on.day(IN)).into(),
        Fact::KeyUsageUnfit => "La chiave di questo certificato non è destinata a firmare documenti: chiedere una firma fatta con il certificato giusto della carta.".into(),
        Fact::WeakDigest { algorithm } => format!("La firma usa {algorithm}, che non è più sicuro: qualcuno potrebbe aver preparato un altro documento con la stessa impronta. Chiedere una nuova firma con SHA-256.").into(),
        Fact::WeakKey { bits } => format!("La chiave del firmatario è di soli {bits} bit, troppo corta per essere sicura: chiedere una nuova firma con un certificato attuale.").into(),
        Fact::TrustedListNotAuthenticated => "L'elenco di fiducia indicato è stato letto senza verificarne la firma: la qualifica del certificato non è accertata.".into(),
        Fact::TrustedListOutdated { due } => format!("L'elenco di fiducia indicato andava sostituito entro il {}: da allora lo stato dell'autorità potrebbe essere cambiato. Procurarsi l'elenco aggiornato e ripetere.", due.day(IN)).into(),
        Fact::TimestampProves { at } => format!("Una marca temporale valida prova che la firma esisteva già il {}.", at.second(IN)).into(),
        Fact::TimestampIgnored { kind, why } => format!("Una marca temporale {} non prova nulla: {}. L'esito della firma non ne tiene conto.", words::stamped(kind, IN), why.words(IN)).into(),
        Fact::TimestampOrder => "Secondo le marche temporali il contenuto sarebbe nato dopo la firma: una delle due è sbagliata. Chiedere una nuova firma.".into(),
        Fact::TimestampsNotJudged => "La firma porta altre marche temporali (di archivio o sui riferimenti) che questa versione elenca ma non verifica: non sono usate per stabilire quando è stata apposta.".into(),
        Fact::TimestampAlone { at } => format!("Il PDF porta una marca temporale valida del {} che non copre nessuna firma: prova che la versione marcata esisteva già, e nulla delle firme.", at.second(IN)).into(),
        Fact::TimestampChanged { at } => format!("Dopo la marca temporale del {} il PDF è stato modificato: la marca vale per la versione di allora, non per il documento come si presenta ora.", at.second(IN)).into(),
        Fact::ExistenceAsserted { at, source } => {
            let source = source.as_deref().unwrap_or("chi chiede la verifica");
            format!("Che il file esistesse già il {} è affermato da: {source}. Varco ne tiene conto ma non l'ha verificato.", at.minute(IN)).into()
        }
        Fact::CountersignatureOnly => "Questa è una controfirma: conferma la firma a cui è apposta e non vale come firma del documento.".into(),
        Fact::PdfSignatureFlawed { why } => format!("Questa firma del PDF non protegge il documento come deve: {}. La firma non è valida nella forma.", why.words(IN)).into(),
        Fact::PdfSeedValue { what } => format!("Chi ha preparato il modulo chiedeva, per firmare in questo campo, {}: la firma non lo rispetta. Far firmare di nuovo come il modulo richiede.", what.words(IN)).into(),
        Fact::PdfSeedUnchecked => "Chi ha preparato il modulo ha posto a chi firma in questo campo altre condizioni (per esempio sul certificato) che Varco non controlla: verificarle nelle proprietà del campo.".into(),
        Fact::PdfChangeForbidden { what, page, field, object } => format!("Dopo questa firma{} {}{}: la firma non lo ammette e non vale per il documento come si presenta ora. Chiedere il file com'era alla firma, o una nuova firma.", words::on_page(*page, IN), what.words(IN), words::about(field.as_deref(), *object, IN)).into(),
        Fact::PdfChangeNotable { what, page, field, object } => format!("Dopo questa firma{} {}{}: la firma lo ammette, ma chi ha firmato non l'ha visto. Confrontare con la versione firmata.", words::on_page(*page, IN), what.words(IN), words::about(field.as_deref(), *object, IN)).into(),
        Fact::PdfChangeAllowed { what, page, field, object } => format!("Dopo questa firma{} {}{}: la firma lo ammette e il documento firmato non cambia.", words::on_page(*page, IN), what.words(IN), words::about(field.as_deref(), *object, IN)).into(),
        Fact::PdfManyChanges { count } => format!("Le modifiche successive a questa firma sono {count} in tutto: qui sono elencate le più gravi.").into(),
        Fact::PdfEarlierRevision { revision, of } => format!("La firma copre la versione {revision} delle {of} che il file contiene: le modifiche delle versioni successive sono elencate qui.").into(),
        Fact::PdfTrailingData => "Dopo la fine del PDF ci sono altri dati che nessuno ha firmato, e che alcuni programmi potrebbero leggere: chiedere il file originale.".into(),
        Fact::PdfSignatureUnreachable => "Nel PDF c'è una firma che il documento non mostra più: il suo campo è stato nascosto o danneggiato, e non si sa che cosa firmasse. Chiedere il file originale.".into(),
        Fact::PdfPadding => "Lo spazio riservato alla firma nel PDF è riempito con dati che non sono zeri: nessuno li ha firmati e nessun programma li mostra (programma di firma impreciso).".into(),
        Fact::InnerNotJudged { form } => format!("Il contenuto è un documento {} che sembra firmato a sua volta, e questa versione di Varco non sa ancora verificare quelle firme: l'esito resta indeterminato.", words::form(form, IN)).into(),
        Fact::InnerNotSeen => "Il contenuto è un archivio o un file compresso che non si è potuto esaminare per intero (danneggiato, cifrato, troppo grande o di un tipo che Varco non apre): non si sa se contenga altre firme e l'esito resta indeterminato. Aprirlo e controllare se i documenti che contiene sono firmati.".into(),
        Fact::InnerDamaged { why } => format!("Il contenuto sembra un'altra busta firmata ma non si apre ({}): le firme al suo interno non si possono verificare.", why.words(IN)).into(),
        Fact::EnvelopeUnsigned => "Una delle buste CMS non ha nessuna firma: non si può sapere se qualcosa è stato tolto. Chiedere il file originale.".into(),
        Fact::SignatureRepeated => "La stessa firma compare due volte nella busta: è una sola firma, e la busta è stata ritoccata dopo che è stata apposta. Chiedere il file originale.".into(),
        Fact::TrailingData => "Dopo la fine della busta firmata ci sono altri dati che nessuno ha firmato: potrebbero essere stati aggiunti. Chiedere il file originale.".into(),
        Fact::Padding => "Dopo la fine della busta ci sono spazi o zeri di riempimento: non fanno parte di ciò che è stato firmato.".into(),
        Fact::TextEnvelope { form } => format!("La busta era codificata come testo ({form}) ed è stata decodificata per la verifica.").into(),
        Fact::ExpectedDiffers => "Il documento firmato non è quello atteso (per esempio l'Accordo di Servizio generato per questa pratica): far firmare esattamente il file scaricato, senza modificarlo.".into(),
        Fact::SignerRepeated => "La stessa persona ha firmato più volte lo stesso contenuto: le sue firme valgono come una. Se servivano le firme di persone diverse, ne manca qualcuna.".into(),
        Fact::DeclaredAbsent => "In nessuna firma valida c'è un codice fiscale italiano da confrontare con quello dichiarato: la persona va identificata in altro modo.".into(),
        Fact::DeclaredNotByValidSignature => "Il codice fiscale dichiarato compare in una firma, ma quella firma non risulta valida: la persona non è accertata.".into(),
        Fact::OmocodiaVariant => "Il codice fiscale del certificato è quello dichiarato, ma con lettere al posto di cifre (omocodia): confrontare il nome, perché l'omocodia serve a distinguere due persone.".into(),
        Fact::OtherPerson => "Il codice fiscale del certificato non è quello dichiarato: ha firmato un'altra persona. Far firmare la persona dichiarata o correggere la dichiarazione.".into(),
        Fact::OtherForm => "Uno dei due codici fiscali, del certificato e dichiarato, ha 16 caratteri e l'altro 11 cifre: non si possono confrontare. Dichiarare il codice definitivo.".into(),
        Fact::UnreadableCode => "Il codice fiscale scritto nel certificato non è valido e non può essere quello dichiarato: verificare l'identità in altro modo.".into(),
        Fact::OtherIdentifier { identifier } => format!("Il certificato non contiene un codice fiscale italiano ma un altro identificativo ({}): il confronto non è possibile, verificare l'identità in altro modo.", identifier.name(IN)).into(),
        Fact::Seal => "È un sigillo di un'organizzazione, non la firma di una persona: non c'è un codice fiscale da confrontare. Far firmare la persona dichiarata.".into(),
        Fact::AmbiguousCode => "Il certificato contiene codici fiscali diversi: il confronto non è possibile, verificare l'identità in altro modo.".into(),
        Fact::KindOther => "Il certificato non è di una CNS, di una CIE o qualificato, e non contiene un codice fiscale in un campo riconosciuto: verificare l'emittente o chiedere un'altra firma.".into(),
        Fact::NoCode => "Il certificato non contiene un codice fiscale: il confronto non è possibile, verificare l'identità in altro modo.".into(),
    }
}
