//! `varco card`: readers, cards, and what a CNS tells of its holder.

use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use time::UtcDateTime;
use tokio::sync::{mpsc, watch};

use crate::card::{
    self, Atr, CardError, CardFinding, CardKind, Event, Field, Holder, HolderCertificate, PublicFacts, Reader, Readers,
    Slot, Watch,
};
use crate::cli::arguments::{CardCommand, DataFormat};
use crate::cli::{Status, Terminal, card_page, json, serve};
use crate::domain::language::Language;
use crate::http;
use crate::problem::Problem;
use crate::verify::{escape, to_rfc3339};

/// How long one look at the readers lasts; then the list of readers is asked for again.
const LOOK: Duration = Duration::from_secs(5);

/// Carries it out.
pub(super) fn run(command: &CardCommand, now: UtcDateTime) -> Status {
    match command {
        CardCommand::List { format } => list(format.chosen),
        CardCommand::Info { reader, format } => info(reader.name.as_deref(), format.chosen),
        CardCommand::Read { reader, format } => read(reader.name.as_deref(), format.chosen, now),
        CardCommand::Watch { format } => watch(format.chosen),
        CardCommand::Reset { reader } => reset(reader.name.as_deref()),
    }
}

fn list(format: DataFormat) -> Status {
    let found = Readers::connect().and_then(|readers| readers.list()).map_err(|error| Problem::of_reader(&error));
    let text = found.map(|readers| match format {
        DataFormat::Json => json::line(&readers.iter().map(Listed::of).collect::<Vec<_>>()),
        DataFormat::Text if readers.is_empty() => "Non c'è nessun lettore di smart card.\n".to_owned(),
        DataFormat::Text => readers.iter().map(line).collect(),
    });
    terminal(format).tell(text, Status::Good)
}

fn info(reader: Option<&str>, format: DataFormat) -> Status {
    let chosen = Readers::connect().and_then(|readers| readers.choose(reader)).map_err(CardError::Reader);
    let described = chosen.and_then(|reader| {
        let facts = match &reader.slot {
            Slot::Card(atr) if atr.kind() == CardKind::Cns => {
                Some(card::with_cns(Some(&reader.name), |card| card::read_facts(card))?)
            }
            _ => None,
        };
        Ok((reader, facts))
    });
    let contradicts = matches!(&described, Ok((_, Some(facts))) if facts.card_id_agrees() == card::Agreement::Mismatch);
    let text = described.map_err(|error| Problem::of_card(&error)).map(|(reader, facts)| match format {
        DataFormat::Json => json::line(&Described::of(&reader, facts.as_ref())),
        DataFormat::Text => card_page::described(&reader, facts.as_ref()),
    });
    terminal(format).tell(text, if contradicts { Status::Refused } else { Status::Good })
}

fn read(reader: Option<&str>, format: DataFormat, now: UtcDateTime) -> Status {
    let holder = card::with_cns(reader, |card| card::read_holder(card)).map_err(|error| Problem::of_card(&error));
    let findings = holder.as_ref().map(|holder| holder.findings(now)).unwrap_or_default();
    let text = holder.map(|holder| match format {
        DataFormat::Json => json::line(&HolderDocument::of(&holder, &findings)),
        DataFormat::Text => card_page::holder(&holder, &findings),
    });
    let contradicts = findings.iter().any(|finding| finding.is_contradiction());
    terminal(format).tell(text, if contradicts { Status::Refused } else { Status::Good })
}

fn reset(reader: Option<&str>) -> Status {
    let chosen = Readers::connect().and_then(|readers| readers.choose(reader));
    let done = chosen.and_then(|reader| card::reset(&reader.name)).map_err(|error| Problem::of_reader(&error));
    terminal(DataFormat::Text).tell(done.map(|()| "La carta ha dimenticato il PIN.\n".to_owned()), Status::Good)
}

/// Tells events until a signal, or until nobody reads them any more.
fn watch(format: DataFormat) -> Status {
    let (sender, mut events) = mpsc::unbounded_channel();
    let told = serve::runtime().map(|runtime| {
        runtime.block_on(async {
            let (stop, mut stopped) = watch::channel(false);
            http::stop_on_signal(stop)?;
            // It waits in the service of smart cards and ends with the process.
            thread::spawn(move || look(&sender));
            loop {
                tokio::select! {
                    _ = stopped.wait_for(|stop| *stop) => return Ok(()),
                    event = events.recv() => match event {
                        Some(event) => tell(&event, format)?,
                        None => return Ok(()),
                    },
                }
            }
        })
    });
    match told {
        Ok(Ok(())) => Status::Good,
        Ok(Err(error)) => terminal(format).unwritten(&error, Path::new("-"), Status::Good),
        Err(problem) => terminal(format).refuse(&problem),
    }
}

fn look(events: &mpsc::UnboundedSender<Event>) {
    let mut readers = Watch::default();
    while readers.next(LOOK).into_iter().all(|event| events.send(event).is_ok()) {}
}

fn tell(event: &Event, format: DataFormat) -> io::Result<()> {
    let text = match format {
        DataFormat::Json => json::line(&EventDocument::of(event)),
        DataFormat::Text => format!("{}\n", card_page::event(event)),
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn terminal(format: DataFormat) -> Terminal {
    Terminal::new(format == DataFormat::Json)
}

/// A reader on one line.
fn line(reader: &Reader) -> String {
    let atr = match &reader.slot {
        Slot::Card(atr) => format!(" (ATR {atr})"),
        _ => String::new(),
    };
    format!("{}: {}{atr}\n", escape(&reader.name), card_page::slot(&reader.slot))
}

/// A reader as the contract has it; `kind` is null where there is no card, or none that answers.
#[derive(Serialize)]
struct Listed<'a> {
    reader: &'a str,
    atr: Option<String>,
    present: bool,
    kind: Option<&'static str>,
}

impl<'a> Listed<'a> {
    fn of(reader: &'a Reader) -> Self {
        let atr = match &reader.slot {
            Slot::Card(atr) => Some(atr),
            Slot::Empty | Slot::Mute => None,
        };
        Self {
            reader: &reader.name,
            atr: atr.map(Atr::to_string),
            present: reader.slot != Slot::Empty,
            kind: atr.map(|atr| atr.kind().as_str()),
        }
    }
}

/// A card, without its personal data.
#[derive(Serialize)]
struct Described<'a> {
    #[serde(flatten)]
    reader: Listed<'a>,
    cns: Option<CnsDocument>,
    card_id: Option<&'a str>,
    card_id_in_certificate: Option<&'static str>,
    certificate: Option<CertificateDocument<'a>>,
}

/// What the ATR of a CNS says; in hexadecimal, but for the version of the specification.
#[derive(Serialize)]
struct CnsDocument {
    chip_manufacturer: String,
    mask_manufacturer: String,
    firmware: String,
    specification: String,
}

#[derive(Serialize)]
struct CertificateDocument<'a> {
    state: &'static str,
    issuer: Option<&'a str>,
    not_before: Option<String>,
    not_after: Option<String>,
}

impl<'a> Described<'a> {
    fn of(reader: &'a Reader, facts: Option<&'a PublicFacts>) -> Self {
        let cns = match &reader.slot {
            Slot::Card(atr) => card_page::cns(atr),
            Slot::Empty | Slot::Mute => None,
        };
        Self {
            reader: Listed::of(reader),
            cns: cns.map(|cns| CnsDocument {
                chip_manufacturer: format!("{:02X}", cns.chip_manufacturer),
                mask_manufacturer: format!("{:02X}", cns.mask_manufacturer),
                firmware: cns.firmware.map(|octet| format!("{octet:02X}")).concat(),
                specification: card_page::specification(cns.version),
            }),
            card_id: facts.map(|facts| facts.card_id.as_str()),
            card_id_in_certificate: facts.map(|facts| facts.card_id_agrees().as_str()),
            certificate: facts.map(|facts| CertificateDocument::of(&facts.certificate)),
        }
    }
}

impl<'a> CertificateDocument<'a> {
    fn of(certificate: &'a HolderCertificate) -> Self {
        let nothing = |state| Self { state, issuer: None, not_before: None, not_after: None };
        match certificate {
            HolderCertificate::Read(certificate) => Self {
                state: "present",
                issuer: Some(certificate.issuer().text()),
                not_before: Some(to_rfc3339(certificate.not_before())),
                not_after: Some(to_rfc3339(certificate.not_after())),
            },
            HolderCertificate::Absent => nothing("absent"),
            HolderCertificate::Unreadable(_) => nothing("unreadable"),
        }
    }
}

/// What a card says of its holder: each field of `EF_DatiPersonali`, null where the card says nothing.
#[derive(Serialize)]
struct HolderDocument<'a> {
    #[serde(flatten)]
    fields: serde_json::Map<String, serde_json::Value>,
    fiscal_code_valid: bool,
    fiscal_code_in_certificate: &'static str,
    card_id: &'a str,
    card_id_in_certificate: &'static str,
    findings: Vec<FindingDocument>,
}

#[derive(Serialize)]
struct FindingDocument {
    code: &'static str,
    level: &'static str,
    message: &'static str,
}

impl<'a> HolderDocument<'a> {
    fn of(holder: &'a Holder, findings: &[CardFinding]) -> Self {
        let value = |field: Field| {
            let date = || holder.personal.date(field).map(|date| date.to_string());
            let text = || Some(holder.personal.get(field).to_owned()).filter(|text| !text.is_empty());
            let value = if field.is_date() { date() } else { text() };
            (field.as_str().to_owned(), value.into())
        };
        Self {
            fields: Field::ALL.into_iter().map(value).collect(),
            fiscal_code_valid: holder.personal.fiscal_code().is_ok(),
            fiscal_code_in_certificate: holder.fiscal_code_agrees().as_str(),
            card_id: holder.facts.card_id.as_str(),
            card_id_in_certificate: holder.facts.card_id_agrees().as_str(),
            findings: findings.iter().copied().map(FindingDocument::of).collect(),
        }
    }
}

impl FindingDocument {
    fn of(finding: CardFinding) -> Self {
        Self {
            code: finding.code(),
            level: if finding.is_contradiction() { "error" } else { "warning" },
            message: finding.message(Language::Italian),
        }
    }
}

/// An event; of a service that was lost or came back there is no reader.
#[derive(Serialize)]
struct EventDocument<'a> {
    event: &'static str,
    reader: Option<&'a str>,
    atr: Option<String>,
    kind: Option<&'static str>,
}

impl<'a> EventDocument<'a> {
    fn of(event: &'a Event) -> Self {
        let (event, reader, atr) = match event {
            Event::ServiceLost => ("service_lost", None, None),
            Event::ServiceBack => ("service_back", None, None),
            Event::ReaderFound { reader } => ("reader_found", Some(reader), None),
            Event::ReaderLost { reader } => ("reader_lost", Some(reader), None),
            Event::CardInserted { reader, atr } => ("card_inserted", Some(reader), Some(atr)),
            Event::MuteCard { reader } => ("card_mute", Some(reader), None),
            Event::CardRemoved { reader } => ("card_removed", Some(reader), None),
        };
        let kind = atr.map(|atr| atr.kind().as_str());
        Self { event, reader: reader.map(String::as_str), atr: atr.map(Atr::to_string), kind }
    }
}
