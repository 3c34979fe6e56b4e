//! `varco verify`: arguments to submissions, outcomes to text or JSON.

use std::borrow::Cow;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretSlice};
use serde::Serialize;
use time::UtcDateTime;

use crate::cli::arguments::{ReportFormat, VerifyArguments};
use crate::cli::output::Output;
use crate::cli::page::Colours;
use crate::cli::progress::ProgressLine;
use crate::cli::{Environment, Status, Terminal, json, text};
use crate::domain::language::Language;
use crate::html;
use crate::problem::{Kind, Problem};
use crate::procedures::verification::{
    Location, Outcome, REMEMBERED_SIGNERS, Submission, TrustMaterial, VerificationSettings, read_password,
    verify_document,
};
use crate::verify::{Policy, Report, Verdict, escape};

/// Carries it out.
pub(super) fn run(arguments: &VerifyArguments, environment: &Environment, now: UtcDateTime) -> Status {
    let terminal = Terminal::new(arguments.format == ReportFormat::Json);
    match prepare(arguments, environment, now) {
        Ok(prepared) => verify_all(arguments, prepared, environment, now, &terminal),
        Err(problem) => terminal.refuse(&problem.in_language(arguments.language())),
    }
}

struct Prepared {
    material: TrustMaterial,
    password: Option<SecretSlice<u8>>,
    settings: VerificationSettings,
    output: Output,
}

fn prepare(arguments: &VerifyArguments, environment: &Environment, now: UtcDateTime) -> Result<Prepared, Problem> {
    if let Some(option) = arguments.not_built() {
        let detail = format!("L'opzione {option} non è ancora disponibile in questa versione: ripetere senza.");
        return Err(Problem::new(Kind::NotBuilt, detail));
    }
    let beside = [&arguments.detached, &arguments.expect, &arguments.password_file];
    let from_standard_input = beside.into_iter().flatten();
    if arguments.files.iter().chain(from_standard_input).filter(|path| is_standard_input(path)).count() > 1 {
        let detail = "Lo standard input (-) si può leggere una volta sola: indicare gli altri file per nome.";
        return Err(Problem::new(Kind::BadRequest, detail));
    }
    if arguments.format == ReportFormat::Html && arguments.files.len() > 1 {
        let detail = "Un rapporto HTML riguarda un solo file: ripetere il comando per ogni file.";
        return Err(Problem::bilingual(
            Kind::BadRequest,
            detail,
            "An HTML report is about one file: repeat the command for each file.",
        ));
    }
    let output = Output::to(arguments.output.as_deref())
        .map_err(|error| Problem::of_writing(&error, arguments.output.as_deref().unwrap_or(Path::new(""))))?;
    let password = arguments
        .password_file
        .as_deref()
        .map(|path| read_password(location(path)).map_err(|fault| Problem::of_password_file(&fault, path)));
    let password = password.transpose()?;
    let material = TrustMaterial::load(&arguments.trust, &arguments.crl, REMEMBERED_SIGNERS, now);
    let mut material = material.map_err(|error| Problem::of_material(&error))?;
    material.add_ocsp(&arguments.ocsp).map_err(|error| Problem::of_material(&error))?;
    let settings = VerificationSettings {
        policy: Policy::italian(),
        limits: arguments.limits(),
        time_allowed: arguments.timeout,
        temporary_folder: environment.temporary_folder.clone(),
    };
    Ok(Prepared { material, password, settings, output })
}

fn verify_all(
    arguments: &VerifyArguments,
    prepared: Prepared,
    environment: &Environment,
    now: UtcDateTime,
    terminal: &Terminal,
) -> Status {
    let Prepared { material, password, settings, mut output } = prepared;
    let colours = match output {
        Output::Standard if environment.colours_wanted && io::stdout().is_terminal() => Colours::Shown,
        _ => Colours::Absent,
    };
    note_left_aside(&material.left_aside, terminal);
    let language = arguments.language();
    let mut status = Status::Good;
    for (index, path) in arguments.files.iter().enumerate() {
        let name = name(path);
        let password = password.as_ref().map(ExposeSecret::expose_secret);
        let submission = Submission { password, ..submission(arguments, path, &name, now) };
        let progress = ProgressLine::new();
        let outcome = verify_document(&submission, &material, &settings, &|read, total| progress.update(read, total));
        progress.clear();
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                let problem = Problem::of_verification(&error, &path.to_string_lossy());
                status = status.max(terminal.refuse(&problem.in_language(language)));
                continue;
            }
        };
        status = status.max(match outcome.report.verdict {
            Verdict::Accepted => Status::Good,
            Verdict::Rejected | Verdict::Undetermined => Status::Refused,
        });
        let written = match arguments.format {
            ReportFormat::Json => json::line(&JsonReport::of(&outcome, language)),
            ReportFormat::Html => match html::report(&outcome.report, &outcome.seen, language) {
                Ok(page) => page,
                Err(_) => return terminal.refuse(&Problem::internal()),
            },
            _ if index == 0 => text::report(&outcome, language, colours),
            _ => format!("\n{}", text::report(&outcome, language, colours)),
        };
        if let Err(error) = output.write(&written) {
            return terminal.unwritten(&error, Path::new("-"), status);
        }
    }
    match output.finish() {
        Ok(()) => status,
        Err(error) => terminal.unwritten(&error, arguments.output.as_deref().unwrap_or(Path::new("-")), status),
    }
}

fn submission<'a>(arguments: &'a VerifyArguments, path: &'a Path, name: &'a str, now: UtcDateTime) -> Submission<'a> {
    Submission {
        document: location(path),
        name,
        detached: arguments.detached.as_deref().map(location),
        expected: arguments.expect.as_deref().map(location),
        fiscal_code: arguments.fiscal_code.as_ref(),
        at: arguments.at.unwrap_or(now),
        existed_by: arguments.poe,
        existence_source: arguments.poe_source(),
        password: None,
        extract: arguments.extract(),
        illustrated: arguments.format == ReportFormat::Html,
    }
}

fn location(path: &Path) -> Location<'_> {
    if is_standard_input(path) { Location::StandardInput } else { Location::File(path) }
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

/// The name that the report shows: without folders, which belong to this machine and not to the document.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Files of folders that nobody uses may be anchors or CRLs that somebody meant to use.
fn note_left_aside(files: &[PathBuf], terminal: &Terminal) {
    let Some(first) = files.first() else { return };
    let more = if files.len() > 1 { format!(" e altri {}", files.len() - 1) } else { String::new() };
    terminal.note(&format!(
        "nelle cartelle indicate ci sono file non utilizzati: {}{more}",
        escape(&first.to_string_lossy())
    ));
}

/// The report of the contract, and where the content is.
#[derive(Serialize)]
struct JsonReport<'a> {
    #[serde(flatten)]
    report: Cow<'a, Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extracted: Option<String>,
}

impl<'a> JsonReport<'a> {
    fn of(outcome: &'a Outcome, language: Language) -> Self {
        let extracted = outcome.extracted.as_ref().map(|path| path.to_string_lossy().into_owned());
        let report = match language {
            Language::Italian => Cow::Borrowed(&outcome.report),
            Language::English => Cow::Owned(outcome.report.clone().in_language(language)),
        };
        Self { report, extracted }
    }
}
