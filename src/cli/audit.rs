//! `varco audit`: whether the trail holds, and the reports that it tells of; copies of it that prove themselves; signed checkpoints.

use std::path::Path;

use serde::Serialize;
use time::UtcDateTime;

use crate::audit::{Checkpoint, Fault, NoteKey};
use crate::cli::arguments::{
    AuditCommand, CheckpointArguments, DataFormat, ExportArguments, StoreArguments, VerifyTrailArguments,
};
use crate::cli::output::Output;
use crate::cli::page::{Colours, Page, Tone};
use crate::cli::{Status, Terminal, json, migrate, serve};
use crate::domain::actor::Actor;
use crate::problem::{Kind, Problem};
use crate::procedures::trail::export::{ExportError, ExportRequest, export};
use crate::procedures::trail::key::{TrailKey, checkpoint_beside, public_beside, read_checkpoint, read_public_keys};
use crate::procedures::trail::make_checkpoint;
use crate::procedures::trail::reports::ReportFault;
use crate::procedures::trail::verification::{Signatures, TrailReport, TrailVerdict, verify};
use crate::store::{Detail, Store};

/// Carries it out.
pub(super) fn run(command: &AuditCommand, now: UtcDateTime) -> Status {
    match command {
        AuditCommand::Verify(asked) => verify_trail(asked),
        AuditCommand::Export(asked) => export_trail(asked, now),
        AuditCommand::Checkpoint(asked) => checkpoint(asked, now),
    }
}

fn verify_trail(asked: &VerifyTrailArguments) -> Status {
    let terminal = Terminal::new(asked.format == DataFormat::Json);
    let report = trail_report(asked);
    let report = match report {
        Ok(report) => report,
        Err(problem) => return terminal.refuse(&problem),
    };
    let text = match asked.format {
        DataFormat::Json => json::line(&Verified::of(&report)),
        DataFormat::Text => text(&report),
    };
    let status = match report.verdict() {
        TrailVerdict::Holds => Status::Good,
        TrailVerdict::Undetermined | TrailVerdict::Broken => Status::Refused,
    };
    terminal.tell(Ok(text), status)
}

fn trail_report(asked: &VerifyTrailArguments) -> Result<TrailReport, Problem> {
    let (mut key_files, mut notes) = (asked.key.clone(), asked.checkpoint.clone());
    // What the service itself keeps, where its settings are known; a service that never ran has neither.
    let seal = match asked.store.store {
        Some(_) => None,
        None => serve::load_config(asked.store.config.as_deref())?.seal,
    };
    if let Some(seal) = seal {
        key_files.extend(Some(public_beside(&seal.key)).filter(|path| path.exists()));
        notes.extend(Some(checkpoint_beside(&seal.key)).filter(|path| path.exists()));
    }
    let mut keys: Vec<NoteKey> = Vec::new();
    for path in &key_files {
        keys.extend(read_public_keys(path).map_err(|error| Problem::of_key_file(&error))?);
    }
    let mut outside = Vec::new();
    for path in &notes {
        let note = read_checkpoint(path).map_err(|error| Problem::of_key_file(&error))?;
        if Checkpoint::read_unverified(&note).is_err() {
            let detail = "Il file non è un sigillo (checkpoint) del registro: indicare quello conservato, così com'è.";
            return Err(Problem::new(Kind::Unreadable, detail).about(&path.to_string_lossy()));
        }
        outside.push(note);
    }
    with_store(&asked.store, async |store| {
        verify(&store, &keys, &outside).await.map_err(|error| Problem::of_trail(&error))
    })
}

fn export_trail(asked: &ExportArguments, now: UtcDateTime) -> Status {
    let terminal = Terminal::new(false);
    let mut output = match Output::to(asked.output.as_deref()) {
        Ok(output) => output,
        Err(error) => return terminal.refuse(&of_writing(&error, asked)),
    };
    let request = ExportRequest {
        from: asked.from,
        to: asked.to,
        detail: if asked.personal_data { Detail::WithPersonalData } else { Detail::WithoutPersonalData },
        actor: Actor::CommandLine,
    };
    let exported = with_store(&asked.store, async |store| {
        let lines = export(&store, &request, now, |line| output.write(line)).await;
        // Whoever closes the pipe has seen enough; whether that went well nobody can say.
        lines.map_err(|error| match error {
            ExportError::Trail(error) => Problem::of_trail(&error),
            ExportError::Writing(error) => of_writing(&error, asked),
        })
    });
    let written = match exported {
        Ok(_count) => output.finish(),
        Err(problem) => return terminal.refuse(&problem),
    };
    match written {
        Ok(()) => Status::Good,
        Err(error) => terminal.refuse(&of_writing(&error, asked)),
    }
}

fn checkpoint(asked: &CheckpointArguments, now: UtcDateTime) -> Status {
    let terminal = Terminal::new(false);
    let made = TrailKey::open_or_create(&asked.key, asked.origin.clone()).map_err(|error| Problem::of_key_file(&error));
    let made = made.and_then(|key| {
        with_store(&asked.store, async |store| {
            make_checkpoint(&store, &key, Actor::CommandLine, now).await.map_err(|error| Problem::of_trail(&error))
        })
    });
    match made.map(|checkpoint| Output::Standard.write(&checkpoint.note)) {
        Ok(Ok(())) => Status::Good,
        Ok(Err(error)) => terminal.unwritten(&error, Path::new("-"), Status::Good),
        Err(problem) => terminal.refuse(&problem),
    }
}

/// Does something with a store that is there already; its tables stay as they are.
fn with_store<T>(asked: &StoreArguments, work: impl AsyncFnOnce(Store) -> Result<T, Problem>) -> Result<T, Problem> {
    let url = migrate::url(asked)?.existing();
    serve::runtime()?.block_on(async {
        let store = Store::attach(&url);
        let result = work(store.clone()).await;
        store.close().await;
        result
    })
}

fn of_writing(error: &std::io::Error, asked: &ExportArguments) -> Problem {
    Problem::of_writing(error, asked.output.as_deref().unwrap_or(Path::new("-")))
}

/// The answer as JSON.
#[derive(Serialize)]
struct Verified {
    verdict: &'static str,
    events: u64,
    root: String,
    checkpoints: u64,
    signatures: &'static str,
    erased_personal_data: u64,
    reports: u64,
    faults: Vec<JsonFault>,
}

#[derive(Serialize)]
struct JsonFault {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<String>,
    message: String,
}

impl Verified {
    fn of(report: &TrailReport) -> Self {
        Self {
            verdict: match report.verdict() {
                TrailVerdict::Holds => "accepted",
                TrailVerdict::Undetermined => "undetermined",
                TrailVerdict::Broken => "rejected",
            },
            events: report.head.size,
            root: report.head.root.to_string(),
            checkpoints: report.checkpoints,
            signatures: match report.signatures {
                Signatures::Checked => "checked",
                Signatures::None => "none",
                Signatures::NotChecked => "not_checked",
            },
            erased_personal_data: report.erased,
            reports: report.reports.compared,
            faults: report
                .faults
                .iter()
                .map(JsonFault::of)
                .chain(report.reports.faults.iter().map(JsonFault::of_report))
                .collect(),
        }
    }
}

impl JsonFault {
    fn of(fault: &Fault) -> Self {
        Self { code: fault.code(), event: Some(fault.event()), verification: None, message: sentence(fault) }
    }

    fn of_report(fault: &ReportFault) -> Self {
        Self {
            code: fault.code(),
            event: fault.event(),
            verification: fault.verification().map(|id| id.to_string()),
            message: sentence(fault),
        }
    }
}

fn sentence(fault: &impl ToString) -> String {
    let text = fault.to_string();
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(characters).chain(std::iter::once('.')).collect()
}

fn text(report: &TrailReport) -> String {
    let mut page = Page::new(Colours::Absent);
    match (report.verdict(), report.faults.first(), report.reports.faults.first()) {
        (TrailVerdict::Holds, ..) => {
            let rest = ": ogni evento è quello che fu scritto, e ogni rapporto quello di cui parla.";
            page.lead("REGISTRO INTEGRO", Tone::Good, rest);
        }
        (TrailVerdict::Broken, Some(first), _) => {
            page.lead("REGISTRO ALTERATO", Tone::Bad, &format!(": {first}."));
        }
        (TrailVerdict::Broken, None, Some(first)) => {
            page.lead("RAPPORTI ALTERATI", Tone::Bad, &format!(": {first}."));
        }
        (TrailVerdict::Undetermined | TrailVerdict::Broken, ..) => page.lead(
            "NON ACCERTATO",
            Tone::Doubtful,
            ": non si è trovato nulla di alterato, ma non si è controllato chi ha firmato i sigilli. Indicare con --key la chiave pubblica del registro.",
        ),
    }
    page.field("Eventi", &report.head.size.to_string());
    page.field("Impronta", &report.head.root.to_string());
    let signed = match report.signatures {
        Signatures::Checked => format!("{}, firme controllate", report.checkpoints),
        Signatures::NotChecked => format!("{}, firme non controllate", report.checkpoints),
        Signatures::None => "nessuno".to_owned(),
    };
    page.field("Sigilli", &signed);
    page.field("Dati cancellati", &format!("dati personali di {} eventi, come il registro dice", report.erased));
    page.field("Rapporti", &format!("{} conservati, confrontati con il registro", report.reports.compared));
    for fault in &report.faults {
        page.point(&sentence(fault));
    }
    for fault in &report.reports.faults {
        page.point(&sentence(fault));
    }
    page.into_text()
}
