//! Cards in Italian sentences.

use time::{Date, UtcDateTime};

use crate::card::{
    Agreement, Atr, CardFinding, CardKind, CnsCard, Event, Family, Field, Holder, HolderCertificate, PublicFacts,
    Reader, Slot,
};
use crate::cli::page::{Colours, Page};
use crate::domain::language::Language;
use crate::verify::escape;

/// A card, without its personal data.
pub(super) fn described(reader: &Reader, facts: Option<&PublicFacts>) -> String {
    let mut page = Page::new(Colours::Absent);
    page.field("Lettore", &reader.name);
    page.field("Carta", slot(&reader.slot));
    if let Slot::Card(atr) = &reader.slot {
        page.field("ATR", &atr.to_string());
        if let Some(cns) = cns(atr) {
            page.field("Specifiche CNS", &format!("versione {}", specification(cns.version)));
            let (chip, mask, [major, minor]) = (cns.chip_manufacturer, cns.mask_manufacturer, cns.firmware);
            page.field("Produttori", &format!("chip {chip:02X}, sistema {mask:02X}, versione {major:02X}{minor:02X}"));
        }
    }
    if let Some(facts) = facts {
        about_card_id(&mut page, facts);
        about_certificate(&mut page, &facts.certificate);
        if facts.card_id_agrees() == Agreement::Mismatch {
            page.point(&format!("Problema: {}", CardFinding::CardIdMismatch.message(Language::Italian)));
        }
    }
    page.into_text()
}

/// What a card says of its holder, and what there is to say about that.
pub(super) fn holder(holder: &Holder, findings: &[CardFinding]) -> String {
    let mut page = Page::new(Colours::Absent);
    for field in SHOWN {
        let text = holder.personal.get(field);
        let text = holder.personal.date(field).map_or_else(|| text.to_owned(), day);
        if !text.is_empty() {
            page.field(label(field), &text);
        }
    }
    about_card_id(&mut page, &holder.facts);
    for finding in findings {
        let word = if finding.is_contradiction() { "Problema" } else { "Attenzione" };
        page.point(&format!("{word}: {}", finding.message(Language::Italian)));
    }
    page.into_text()
}

/// What is in a reader.
pub(super) fn slot(slot: &Slot) -> &'static str {
    match slot {
        Slot::Empty => "nessuna carta",
        Slot::Mute => "una carta che non risponde",
        Slot::Card(atr) => match atr.kind() {
            CardKind::Cns => "carta CNS o tessera sanitaria (TS-CNS)",
            CardKind::Cie => "carta d'identità elettronica (CIE)",
            CardKind::Other => "carta di altro tipo",
        },
    }
}

/// An event, on one line.
pub(super) fn event(event: &Event) -> String {
    match event {
        Event::ServiceLost => {
            "Il servizio delle smart card (pcscd) non è in funzione: si aspetta che torni.".to_owned()
        }
        Event::ServiceBack => "Il servizio delle smart card (pcscd) è di nuovo in funzione.".to_owned(),
        Event::ReaderFound { reader } => format!("Lettore collegato: {}.", escape(reader)),
        Event::ReaderLost { reader } => format!("Lettore scollegato: {}.", escape(reader)),
        Event::CardInserted { reader, atr } => {
            format!("Carta inserita in {}: {} (ATR {atr}).", escape(reader), slot(&Slot::Card(atr.clone())))
        }
        Event::MuteCard { reader } => format!("Carta inserita in {}: non risponde.", escape(reader)),
        Event::CardRemoved { reader } => format!("Carta tolta da {}.", escape(reader)),
    }
}

/// What the ATR says, if it is that of a CNS.
pub(super) fn cns(atr: &Atr) -> Option<CnsCard> {
    match atr.family() {
        Family::Cns(card) => Some(card),
        Family::Cie(_) | Family::Other => None,
    }
}

/// The version of the specification as people write it.
pub(super) fn specification(version: u8) -> String {
    format!("{}.{}", version >> 4, version & 0x0F)
}

fn about_card_id(page: &mut Page, facts: &PublicFacts) {
    let agreement = match facts.card_id_agrees() {
        Agreement::Match => "lo stesso del certificato",
        Agreement::Mismatch => "DIVERSO da quello del certificato",
        Agreement::Absent => "nessun certificato lo conferma",
    };
    page.field("Numero di carta", &format!("{} ({agreement})", facts.card_id.as_str()));
}

fn about_certificate(page: &mut Page, certificate: &HolderCertificate) {
    match certificate {
        HolderCertificate::Read(certificate) => {
            page.field("Certificato di", certificate.issuer().text());
            let of = |time: UtcDateTime| day(time.date());
            page.field("Valido", &format!("dal {} al {}", of(certificate.not_before()), of(certificate.not_after())));
        }
        HolderCertificate::Absent => page.field("Certificato", "assente"),
        HolderCertificate::Unreadable(_) => page.field("Certificato", "illeggibile"),
    }
}

/// The fields in the order in which people look for them.
const SHOWN: [Field; 16] = [
    Field::Surname,
    Field::GivenName,
    Field::FiscalCode,
    Field::BirthDate,
    Field::Sex,
    Field::BirthMunicipality,
    Field::BirthCountry,
    Field::BirthCertificate,
    Field::Citizenship,
    Field::ResidenceMunicipality,
    Field::ResidenceAddress,
    Field::Height,
    Field::IssueDate,
    Field::ExpiryDate,
    Field::IssuerCode,
    Field::ExpatriationNotes,
];

const fn label(field: Field) -> &'static str {
    match field {
        Field::Surname => "Cognome",
        Field::GivenName => "Nome",
        Field::FiscalCode => "Codice fiscale",
        Field::BirthDate => "Nascita",
        Field::Sex => "Sesso",
        Field::BirthMunicipality => "Comune nascita",
        Field::BirthCountry => "Stato nascita",
        Field::BirthCertificate => "Atto di nascita",
        Field::Citizenship => "Cittadinanza",
        Field::ResidenceMunicipality => "Residenza",
        Field::ResidenceAddress => "Indirizzo",
        Field::Height => "Statura",
        Field::IssueDate => "Emessa il",
        Field::ExpiryDate => "Scade il",
        Field::IssuerCode => "Emittente",
        Field::ExpatriationNotes => "Espatrio",
    }
}

fn day(date: Date) -> String {
    format!("{:02}/{:02}/{:04}", date.day(), u8::from(date.month()), date.year())
}
