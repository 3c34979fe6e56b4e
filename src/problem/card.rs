//! Problems of readers and cards.

use crate::card::{CardError, CnsError, CnsFile, PersonalDataError, ReaderError, StatusWord, TransportError};
use crate::problem::{Kind, Problem};
use crate::verify::escape;

impl Problem {
    /// Why a card was not read.
    pub fn of_card(error: &CardError) -> Self {
        match error {
            CardError::Reader(error) => Self::of_reader(error),
            CardError::OtherCard(_) => Self::bilingual(
                Kind::OtherCard,
                "La carta inserita non è una CNS (né una tessera sanitaria TS-CNS): inserire quella giusta.",
                "The card is no CNS (nor a health card that is one): put the right one in.",
            )
            .with_technical_detail(error),
            CardError::Cns(error) => of_cns(error),
        }
    }

    /// Why readers cannot be used.
    pub fn of_reader(error: &ReaderError) -> Self {
        match error {
            ReaderError::NoService => Self::bilingual(
                Kind::CardService,
                "Il servizio delle smart card (pcscd) non è in funzione: avviarlo con systemctl start pcscd.socket, o installare il pacchetto pcscd.",
                "The service of smart cards (pcscd) does not run: start it with systemctl start pcscd.socket, or install the package pcscd.",
            ),
            ReaderError::Denied => Self::bilingual(
                Kind::CardService,
                "Il servizio delle smart card (pcscd) non accetta questo utente: chiedere a chi amministra il computer (regole di polkit).",
                "The service of smart cards (pcscd) refuses this account: ask the administrator (rules of polkit).",
            ),
            ReaderError::NoReader => Self::bilingual(
                Kind::NoReader,
                "Non c'è nessun lettore di smart card: collegarlo; se c'è già, provare un'altra presa USB.",
                "There is no reader of smart cards: plug it in; if it is, try another USB socket.",
            ),
            ReaderError::UnknownReader(name) => Self::told(Kind::NoReader, |language| {
                let name = escape(name);
                language.choose(
                    format!("Non c'è nessun lettore di nome «{name}»: varco card list mostra quelli collegati."),
                    format!("There is no reader of the name “{name}”: varco card list shows those that there are."),
                )
            }),
            ReaderError::NoCard => Self::bilingual(
                Kind::NoCard,
                "Nel lettore non c'è nessuna carta: inserirla e ripetere.",
                "There is no card in the reader: put it in and try again.",
            ),
            ReaderError::SeveralCards(readers) => Self::told(Kind::NoCard, |language| {
                let readers = readers.iter().map(|reader| escape(reader)).collect::<Vec<_>>().join("; ");
                language.choose(
                    format!("C'è una carta in più di un lettore: scegliere con --reader fra {readers}."),
                    format!("There is a card in more than one reader: choose with --reader among {readers}."),
                )
            }),
            ReaderError::Mute => Self::bilingual(
                Kind::CardUnreadable,
                "La carta inserita non risponde: controllare che il chip sia dalla parte giusta e pulito.",
                "The card does not answer: see that its chip is on the right side and clean.",
            ),
            ReaderError::InUse => Self::bilingual(
                Kind::CardUnreadable,
                "Un altro programma tiene la carta tutta per sé: chiuderlo e ripetere.",
                "Another program keeps the card for itself: close it and try again.",
            ),
            ReaderError::Failed(_) => Self::bilingual(
                Kind::CardUnreadable,
                "Il lettore di smart card non funziona: scollegarlo, ricollegarlo e ripetere.",
                "The reader of smart cards does not work: unplug it, plug it in and try again.",
            )
            .with_technical_detail(error),
        }
    }
}

fn of_cns(error: &CnsError) -> Problem {
    let of = |italian: &'static str, english: &'static str| {
        Problem::bilingual(Kind::CardUnreadable, italian, english).with_technical_detail(error)
    };
    match error {
        CnsError::Transport(error) => of_transport(*error),
        CnsError::NoFile(file) => of_file(*file, StatusWord::NotFound).with_technical_detail(error),
        CnsError::Refused { file, status } => of_file(*file, *status).with_technical_detail(error),
        CnsError::BadAnswer(_) => of(
            "La carta ha risposto in modo incomprensibile: toglierla, pulire il chip, inserirla e ripetere.",
            "The card gave an answer that means nothing: take it out, clean its chip, put it in and try again.",
        ),
        CnsError::BadCardId => of(
            "Il numero scritto nella carta (EF_IDCarta) non è di 16 lettere o cifre: la carta è danneggiata o non è una CNS.",
            "The number on the card (EF_IDCarta) is not 16 letters or digits: the card is damaged, or no CNS.",
        ),
        CnsError::PersonalData(PersonalDataError::Empty) => of(
            "I dati personali della carta sono vuoti: non è stata personalizzata. Rivolgersi a chi l'ha emessa.",
            "The personal data of the card are empty: it was not personalised. Ask its issuer.",
        ),
        CnsError::PersonalData(_) => of(
            "I dati personali della carta (EF_DatiPersonali) sono danneggiati e non si possono leggere: rivolgersi a chi l'ha emessa.",
            "The personal data of the card (EF_DatiPersonali) are damaged and cannot be read: ask its issuer.",
        ),
    }
}

/// A file that the card does not let be read.
fn of_file(file: CnsFile, status: StatusWord) -> Problem {
    Problem::told(Kind::CardUnreadable, |language| {
        let ((italian, english), file) = (status_words(status), file.name());
        language.choose(
            format!("La carta si presenta come CNS ma non lascia leggere {file}: {italian}."),
            format!("The card presents itself as a CNS and does not let {file} be read: {english}."),
        )
    })
}

/// What a status word means for whoever reads a file (ISO/IEC 7816-4 §5.6), and what to do.
const fn status_words(status: StatusWord) -> (&'static str, &'static str) {
    match status {
        StatusWord::NotFound => (
            "il file non c'è. Rivolgersi a chi ha emesso la carta",
            "the file is not there. Ask the issuer of the card",
        ),
        StatusWord::SecurityStatus => (
            "chiede prima un PIN, che per questi dati non serve. Rivolgersi a chi l'ha emessa",
            "it asks for a PIN first, which these data do not need. Ask its issuer",
        ),
        StatusWord::Blocked => (
            "il suo PIN è bloccato. Sbloccarlo con il PUK e il programma del produttore",
            "its PIN is locked. Unlock it with the PUK and the program of its vendor",
        ),
        StatusWord::TriesLeft(_) => (
            "dice che un PIN è sbagliato, e nessuno gliene ha dati. Toglierla, inserirla di nuovo e ripetere",
            "it says that a PIN is wrong, and nobody gave it one. Take it out, put it in again and repeat",
        ),
        StatusWord::Other(0x6283 | 0x6285) => (
            "il file è disattivato. Rivolgersi a chi ha emesso la carta",
            "the file is deactivated. Ask the issuer of the card",
        ),
        StatusWord::Other(0x6281 | 0x6400..=0x65FF) => (
            "la sua memoria è guasta. Chiedere una carta nuova a chi l'ha emessa",
            "its memory is damaged. Ask the issuer for a new card",
        ),
        StatusWord::Other(0x6985 | 0x6986) => (
            "non è nello stato per farlo: forse la usa un altro programma. Chiuderlo e ripetere",
            "it is not in a state to do so: perhaps another program uses it. Close that and try again",
        ),
        StatusWord::WrongLength
        | StatusWord::ExactLength(_)
        | StatusWord::BeyondFile
        | StatusWord::EndOfFile
        | StatusWord::MoreData(_)
        | StatusWord::Done
        | StatusWord::Other(0x6A86 | 0x6A87 | 0x6D00..=0x6EFF) => (
            "non conosce i comandi con cui si legge una CNS. È una carta di altro tipo, o danneggiata: rivolgersi a chi l'ha emessa",
            "it does not know the commands by which a CNS is read. It is another kind of card, or damaged: ask its issuer",
        ),
        StatusWord::Other(_) => (
            "si è guastata durante la lettura. Toglierla, inserirla di nuovo e ripetere; se succede ancora, rivolgersi a chi l'ha emessa",
            "it failed while it was read. Take it out, put it in again and repeat; if it happens again, ask its issuer",
        ),
    }
}

fn of_transport(error: TransportError) -> Problem {
    match error {
        TransportError::CardRemoved => Problem::bilingual(
            Kind::CardRemoved,
            "La carta è stata tolta mentre veniva letta: inserirla di nuovo e ripetere.",
            "The card was removed while it was read: put it in again and repeat.",
        ),
        TransportError::ReaderLost => Problem::bilingual(
            Kind::CardRemoved,
            "Il lettore è stato scollegato mentre la carta veniva letta: ricollegarlo e ripetere.",
            "The reader was unplugged while the card was read: plug it in again and repeat.",
        ),
        TransportError::ServiceLost => Problem::of_reader(&ReaderError::NoService),
        TransportError::Reset => Problem::bilingual(
            Kind::CardUnreadable,
            "Un altro programma ha usato la carta mentre veniva letta: ripetere.",
            "Another program used the card while it was read: try again.",
        ),
        TransportError::Failed(_) => Problem::bilingual(
            Kind::CardUnreadable,
            "Lo scambio con la carta non è riuscito: toglierla, inserirla di nuovo e ripetere.",
            "The exchange with the card failed: take it out, put it in again and repeat.",
        )
        .with_technical_detail(&error),
    }
}
