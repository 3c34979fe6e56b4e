//! What PKCS#11 modules return, for people: a sentence for each value.

use crate::problem::Language;
use crate::sign::pkcs11::ReturnValue;

/// What a value means, as a sentence without its end.
pub(super) fn words(value: ReturnValue, language: Language) -> String {
    let (italian, english) = pair(value);
    match value {
        ReturnValue::VendorDefined(_) | ReturnValue::Undefined(_) => {
            format!("{} ({})", language.choose(italian, english), value.name())
        }
        _ => language.choose(italian, english).to_owned(),
    }
}

/// What to do about a value, where its sentence does not say it.
pub(super) fn advice(value: ReturnValue, language: Language) -> Option<&'static str> {
    use ReturnValue as V;
    let (italian, english) = match value {
        V::GeneralError
        | V::FunctionFailed
        | V::FunctionNotSupported
        | V::SessionCount
        | V::PinExpired
        | V::PinLocked
        | V::LibraryLoadFailed => return None,
        V::DeviceError
        | V::DeviceRemoved
        | V::TokenNotPresent
        | V::TokenNotRecognized
        | V::SlotIdInvalid
        | V::SessionClosed
        | V::SessionHandleInvalid
        | V::KeyHandleInvalid
        | V::ObjectHandleInvalid
        | V::UserNotLoggedIn
        | V::UserAlreadyLoggedIn
        | V::UserAnotherAlreadyLoggedIn
        | V::OperationActive => (
            "Chiudere gli altri programmi che usano la carta, toglierla, inserirla di nuovo e ripetere.",
            "Close other programs that use the card, take it out, put it in again and repeat.",
        ),
        V::Cancel | V::FunctionCanceled | V::FunctionRejected | V::NextOtp => {
            ("Ripetere la firma e confermarla.", "Sign again, and confirm it.")
        }
        V::PinInvalid | V::PinLenRange | V::PinTooWeak | V::NewPinMode | V::UserPinNotInitialized => (
            "Controllare il PIN, o impostarlo con il programma del produttore della carta.",
            "Look at the PIN again, or set it with the program of the card's vendor.",
        ),
        V::CurveNotSupported
        | V::KeySizeRange
        | V::KeyTypeInconsistent
        | V::KeyFunctionNotPermitted
        | V::MechanismInvalid
        | V::MechanismParamInvalid => (
            "Usare un'altra chiave (varco sign --list le mostra), o il modulo del produttore della carta.",
            "Use another key (varco sign --list shows them), or the module of the card's vendor.",
        ),
        _ => (
            "Riprovare, e se si ripete aggiornare il programma del produttore della carta o rivolgersi a lui.",
            "Try again, and if it happens again update the program of the card's vendor, or ask the vendor.",
        ),
    };
    Some(language.choose(italian, english))
}

#[expect(clippy::too_many_lines, reason = "a table: a row for each value of PKCS#11")]
const fn pair(value: ReturnValue) -> (&'static str, &'static str) {
    use ReturnValue as V;
    match value {
        V::Cancel => ("l'operazione è stata interrotta a metà", "the operation was interrupted halfway"),
        V::HostMemory => (
            "al computer manca la memoria per completare l'operazione",
            "the computer lacks the memory to complete the operation",
        ),
        V::SlotIdInvalid => ("il lettore non è più collegato", "the reader is no longer connected"),
        V::GeneralError => (
            "il modulo ha avuto un guasto da cui non si riprende: togliere la carta, reinserirla e riprovare",
            "the module failed beyond recovery: take the card out, put it back and try again",
        ),
        V::FunctionFailed => (
            "l'operazione non è riuscita e il modulo non dice perché: riprovare una volta",
            "the operation failed and the module does not say why: try once more",
        ),
        V::ArgumentsBad => (
            "il modulo non accetta la richiesta così com'è fatta",
            "the module does not accept the request as it is made",
        ),
        V::NoEvent => ("non è successo nulla nei lettori", "nothing happened at the readers"),
        V::NeedToCreateThreads => (
            "il modulo non può creare i processi di cui ha bisogno",
            "the module cannot create the threads that it needs",
        ),
        V::CantLock => (
            "il modulo non sa lavorare con più richieste insieme",
            "the module cannot work with several requests at a time",
        ),
        V::AttributeReadOnly => {
            ("un attributo dell'oggetto non si può cambiare", "an attribute of the object cannot be changed")
        }
        V::AttributeSensitive => (
            "un attributo della chiave è segreto e non si può leggere",
            "an attribute of the key is secret and cannot be read",
        ),
        V::AttributeTypeInvalid => (
            "il dispositivo non conosce un attributo che gli è stato chiesto",
            "the device does not know an attribute that it was asked for",
        ),
        V::AttributeValueInvalid => (
            "il valore di un attributo non è ammesso dal dispositivo",
            "the value of an attribute is not allowed by the device",
        ),
        V::ActionProhibited => {
            ("il dispositivo vieta questa azione sull'oggetto", "the device forbids this action on the object")
        }
        V::DataInvalid => {
            ("il dispositivo non accetta i dati da firmare", "the device does not accept the data to be signed")
        }
        V::DataLenRange => (
            "i dati da firmare hanno una lunghezza che il dispositivo non accetta",
            "the data to be signed have a length that the device does not accept",
        ),
        V::DeviceError => (
            "la carta o il lettore ha avuto un errore: forse li sta usando un altro programma",
            "the card or the reader had an error: perhaps another program is using them",
        ),
        V::DeviceMemory => ("la memoria della carta è piena", "the memory of the card is full"),
        V::DeviceRemoved => {
            ("la carta è stata tolta durante l'operazione", "the card was removed during the operation")
        }
        V::EncryptedDataInvalid => ("i dati cifrati non sono validi", "the encrypted data are not valid"),
        V::EncryptedDataLenRange => {
            ("i dati cifrati hanno una lunghezza non valida", "the encrypted data have a length that is not valid")
        }
        V::FunctionCanceled => {
            ("l'operazione è stata annullata sul lettore", "the operation was cancelled on the reader")
        }
        V::FunctionNotParallel => ("nessuna operazione è in corso in parallelo", "no operation is running in parallel"),
        V::FunctionNotSupported => (
            "il modulo non sa fare questa operazione con questa carta; per una CNS di versione 1.0 con chiave da 2048 bit serve il modulo del suo produttore",
            "the module cannot do this with this card; a CNS of version 1.0 with a 2048-bit key needs the module of its vendor",
        ),
        V::CurveNotSupported => (
            "la carta non conosce la curva ellittica della chiave",
            "the card does not know the elliptic curve of the key",
        ),
        V::KeyHandleInvalid => {
            ("la chiave non è più raggiungibile sulla carta", "the key can no longer be reached on the card")
        }
        V::KeySizeRange => (
            "la lunghezza della chiave non è ammessa dalla carta o dal modulo",
            "the length of the key is not allowed by the card or the module",
        ),
        V::KeyTypeInconsistent => (
            "la chiave è di un altro tipo rispetto alla firma richiesta",
            "the key is of another type than the signature that was asked for",
        ),
        V::KeyNotNeeded => ("è stata indicata una chiave che non serve", "a key was given that is not needed"),
        V::KeyChanged => ("la chiave è cambiata rispetto a prima", "the key is another than before"),
        V::KeyNeeded => ("manca una chiave che serve", "a key that is needed is missing"),
        V::KeyIndigestible => ("della chiave non si può calcolare l'impronta", "no digest of the key can be computed"),
        V::KeyFunctionNotPermitted => {
            ("la carta non permette di firmare con questa chiave", "the card does not allow signing with this key")
        }
        V::KeyNotWrappable => ("la chiave non si può esportare cifrata", "the key cannot be exported encrypted"),
        V::KeyUnextractable => ("la chiave non può uscire dalla carta", "the key cannot leave the card"),
        V::MechanismInvalid => {
            ("la carta non conosce questo algoritmo di firma", "the card does not know this signature algorithm")
        }
        V::MechanismParamInvalid => (
            "la carta non accetta i parametri di questo algoritmo di firma",
            "the card does not accept the parameters of this signature algorithm",
        ),
        V::ObjectHandleInvalid => {
            ("l'oggetto cercato non è più sulla carta", "the object that was looked for is no longer on the card")
        }
        V::OperationActive => {
            ("un'altra operazione sulla carta non è ancora finita", "another operation on the card is not finished")
        }
        V::OperationNotInitialized => (
            "il modulo non ha portato a termine l'inizio dell'operazione: non sa firmare in più passi",
            "the module did not complete the start of the operation: it cannot sign in several steps",
        ),
        V::PinIncorrect => ("il PIN è sbagliato", "the PIN is wrong"),
        V::PinInvalid => (
            "il PIN contiene caratteri che la carta non accetta",
            "the PIN has characters that the card does not accept",
        ),
        V::PinLenRange => (
            "la lunghezza del PIN non è quella che la carta accetta",
            "the length of the PIN is not one that the card accepts",
        ),
        V::PinExpired => (
            "il PIN è scaduto e va cambiato con il programma del produttore della carta",
            "the PIN has expired and must be changed with the program of the card's vendor",
        ),
        V::PinLocked => {
            ("il PIN è bloccato: per sbloccarlo serve il PUK", "the PIN is locked: the PUK is needed to unlock it")
        }
        V::SessionClosed => (
            "la sessione con la carta è stata chiusa durante l'operazione",
            "the session with the card was closed during the operation",
        ),
        V::SessionCount => (
            "la carta ha già tutte le sessioni che può avere: chiudere gli altri programmi che la usano",
            "the card has all the sessions that it can have: close the other programs that use it",
        ),
        V::SessionHandleInvalid => (
            "la sessione con la carta non è più valida, di solito perché la carta è stata tolta",
            "the session with the card is no longer valid, usually because the card was removed",
        ),
        V::SessionParallelNotSupported => {
            ("il modulo non conosce sessioni in parallelo", "the module knows no parallel sessions")
        }
        V::SessionReadOnly => ("la sessione con la carta è di sola lettura", "the session with the card is read-only"),
        V::SessionExists => {
            ("c'è già una sessione aperta con la carta", "there is an open session with the card already")
        }
        V::SessionReadOnlyExists => {
            ("c'è già una sessione di sola lettura con la carta", "there is a read-only session with the card already")
        }
        V::SessionReadWriteSoExists => {
            ("chi amministra la carta la sta usando in questo momento", "whoever administers the card is using it now")
        }
        V::SignatureInvalid => ("la firma non è valida", "the signature is not valid"),
        V::SignatureLenRange => {
            ("la firma ha una lunghezza non valida", "the signature has a length that is not valid")
        }
        V::TemplateIncomplete => {
            ("la descrizione dell'oggetto è incompleta", "the description of the object is incomplete")
        }
        V::TemplateInconsistent => {
            ("la descrizione dell'oggetto si contraddice", "the description of the object contradicts itself")
        }
        V::TokenNotPresent => ("nel lettore non c'è nessuna carta", "there is no card in the reader"),
        V::TokenNotRecognized => (
            "il modulo non riconosce la carta: forse è di un altro produttore, inserita al contrario o, se è una CIE, non ancora abbinata",
            "the module does not recognise the card: perhaps it is another vendor's, the wrong way round or, for a CIE, not paired yet",
        ),
        V::TokenWriteProtected => ("la carta è protetta dalla scrittura", "the card is write-protected"),
        V::UnwrappingKeyHandleInvalid => {
            ("la chiave di apertura non è raggiungibile", "the unwrapping key cannot be reached")
        }
        V::UnwrappingKeySizeRange => (
            "la chiave di apertura ha una lunghezza non ammessa",
            "the unwrapping key has a length that is not allowed",
        ),
        V::UnwrappingKeyTypeInconsistent => {
            ("la chiave di apertura è di un altro tipo", "the unwrapping key is of another type")
        }
        V::UserAlreadyLoggedIn => ("la carta risulta già aperta con il PIN", "the card is already open with the PIN"),
        V::UserNotLoggedIn => ("la carta vuole il PIN prima di firmare", "the card wants the PIN before it signs"),
        V::UserPinNotInitialized => {
            ("il PIN della carta non è mai stato impostato", "the PIN of the card was never set")
        }
        V::UserTypeInvalid => {
            ("la carta non prevede questo tipo di accesso", "the card does not have this kind of login")
        }
        V::UserAnotherAlreadyLoggedIn => ("la carta è aperta da qualcun altro", "the card is open for somebody else"),
        V::UserTooManyTypes => (
            "sulla carta ci sono già troppi accessi di tipo diverso",
            "there are too many different logins on the card already",
        ),
        V::WrappedKeyInvalid => ("la chiave cifrata non è valida", "the wrapped key is not valid"),
        V::WrappedKeyLenRange => {
            ("la chiave cifrata ha una lunghezza non valida", "the wrapped key has a length that is not valid")
        }
        V::WrappingKeyHandleInvalid => {
            ("la chiave di cifratura non è raggiungibile", "the wrapping key cannot be reached")
        }
        V::WrappingKeySizeRange => {
            ("la chiave di cifratura ha una lunghezza non ammessa", "the wrapping key has a length that is not allowed")
        }
        V::WrappingKeyTypeInconsistent => {
            ("la chiave di cifratura è di un altro tipo", "the wrapping key is of another type")
        }
        V::RandomSeedNotSupported => (
            "il generatore di numeri casuali della carta non accetta un seme",
            "the random number generator of the card takes no seed",
        ),
        V::RandomNoRng => (
            "la carta non ha un generatore di numeri casuali, che questa firma richiede",
            "the card has no random number generator, which this signature needs",
        ),
        V::DomainParamsInvalid => (
            "i parametri della curva non sono validi per la carta",
            "the parameters of the curve are not valid for the card",
        ),
        V::BufferTooSmall => (
            "la risposta della carta è più grande di quanto aveva annunciato",
            "the answer of the card is larger than it had announced",
        ),
        V::SavedStateInvalid => {
            ("lo stato salvato dell'operazione non è valido", "the saved state of the operation is not valid")
        }
        V::InformationSensitive => {
            ("l'informazione è segreta e la carta non la dà", "the information is secret and the card does not give it")
        }
        V::StateUnsaveable => {
            ("lo stato dell'operazione non si può salvare", "the state of the operation cannot be saved")
        }
        V::CryptokiNotInitialized => {
            ("il modulo dice di non essere stato avviato", "the module says that it was not started")
        }
        V::CryptokiAlreadyInitialized => {
            ("il modulo dice di essere già avviato", "the module says that it is started already")
        }
        V::MutexBad => ("il modulo ha usato male un suo blocco interno", "the module misused an internal lock"),
        V::MutexNotLocked => (
            "il modulo ha aperto un suo blocco interno che non era chiuso",
            "the module opened an internal lock that was not closed",
        ),
        V::NewPinMode => ("il dispositivo vuole che si scelga un nuovo PIN", "the device wants a new PIN to be chosen"),
        V::NextOtp => ("il dispositivo vuole il prossimo codice monouso", "the device wants the next one-time code"),
        V::ExceededMaxIterations => (
            "il dispositivo ha superato il numero di tentativi di un calcolo interno",
            "the device exceeded the number of attempts of an internal computation",
        ),
        V::FipsSelfTestFailed => (
            "il dispositivo non ha superato il suo controllo interno e non firma più",
            "the device failed its self-test and signs no more",
        ),
        V::LibraryLoadFailed => {
            ("al modulo manca un'altra libreria: reinstallarlo", "the module lacks another library: install it again")
        }
        V::PinTooWeak => ("il PIN è troppo semplice per il dispositivo", "the PIN is too weak for the device"),
        V::PublicKeyInvalid => {
            ("la chiave pubblica non è valida per il dispositivo", "the public key is not valid for the device")
        }
        V::FunctionRejected => (
            "il titolare non ha confermato l'operazione sul dispositivo",
            "the holder did not confirm the operation on the device",
        ),
        V::VendorDefined(_) => (
            "il modulo ha risposto con un codice del suo produttore, che solo lui conosce",
            "the module answered with a code of its vendor, which only the vendor knows",
        ),
        V::Undefined(_) => (
            "il modulo ha risposto con un codice che lo standard non prevede",
            "the module answered with a code that the standard does not have",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_value_has_a_sentence_of_its_own_in_both_languages() {
        let all = ReturnValue::DEFINED.iter().copied();
        let all: Vec<_> = all.chain([ReturnValue::VendorDefined(0x8000_0001), ReturnValue::Undefined(5)]).collect();
        assert_eq!(ReturnValue::DEFINED.len(), 93, "those of PKCS#11 3.0 that cryptoki names");
        for language in [Language::Italian, Language::English] {
            let sentences: BTreeSet<String> = all.iter().map(|value| words(*value, language)).collect();
            assert_eq!(sentences.len(), all.len());
            assert!(sentences.iter().all(|sentence| sentence.len() > 15 && !sentence.ends_with('.')));
        }
        for value in all {
            assert_ne!(words(value, Language::Italian), words(value, Language::English));
        }
        assert!(words(ReturnValue::VendorDefined(0x8000_0001), Language::Italian).ends_with("(CK_RV 0x80000001)"));
    }

    #[test]
    fn only_one_value_says_that_the_pin_is_wrong() {
        let wrong = |value: &&ReturnValue| words(**value, Language::Italian).contains("sbagliato");
        assert_eq!(ReturnValue::DEFINED.iter().filter(wrong).collect::<Vec<_>>(), [&ReturnValue::PinIncorrect]);
    }
}
