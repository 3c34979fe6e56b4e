//! `varco sign`: signs files with the key of a card or token, or shows the keys that there are.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use time::UtcDateTime;

use crate::cli::arguments::{SignArguments, SignatureForm, WorkerArguments};
use crate::cli::{Environment, Status, Terminal, json, pin, serve, sign_remote};
use crate::config::Config;
use crate::domain::language::Language;
use crate::problem::{Kind, Problem, unfit_words};
use crate::procedures::signing::{
    self, ChosenKey, FileError, KeyWanted, Layout, Listed, Plan, Results, SigningError, SigningSettings,
};
use crate::procedures::verification::{Location, read_password};
use crate::sign::pkcs11::{self, Candidate, ChoiceError, Consent, LastTry, Pin, SignError, TriesLeft};
use crate::verify::{escape, to_rfc3339};

/// Carries it out.
pub(super) fn run(arguments: &SignArguments, environment: &Environment, now: UtcDateTime) -> Status {
    if let Some(provider) = &arguments.provider {
        return sign_remote::run(provider, arguments, environment, now);
    }
    let terminal = Terminal::new(arguments.json);
    let settings = match settings(arguments) {
        Ok(settings) => settings,
        Err(problem) => return terminal.refuse(&problem),
    };
    if arguments.list {
        let listed = signing::list(module(arguments), &settings, now).map_err(|error| Problem::of_signing(&error));
        let text = listed.map(|listed| if arguments.json { json_list(&listed) } else { text_list(&listed) });
        return terminal.tell(text, Status::Good);
    }
    match sign(arguments, &settings, environment, &terminal, now) {
        Ok(status) => status,
        Err(Refused { problem, status }) => status.max(terminal.refuse_with(&problem, status)),
    }
}

/// What this program does where it was started by itself to hold a module; who started it needs no words.
pub(super) fn hold_module(arguments: &WorkerArguments) -> Status {
    match pkcs11::run_worker(&arguments.module, Duration::from_millis(arguments.allowed_ms)) {
        Ok(()) => Status::Good,
        Err(_) => Status::NotExamined,
    }
}

/// Why nothing was signed, and what the process ends with.
struct Refused {
    /// Boxed: results that carry one are handed on often.
    problem: Box<Problem>,
    status: Status,
}

/// It could not begin.
impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), status: Status::NotExamined }
    }
}

impl From<SigningError> for Refused {
    fn from(error: SigningError) -> Self {
        Self { status: status_of(&error), problem: Box::new(Problem::of_signing(&error)) }
    }
}

/// A card, the rules or the person refused; or it could not begin.
const fn status_of(error: &SigningError) -> Status {
    match error {
        SigningError::Choice { error: ChoiceError::NoneFits | ChoiceError::Unfit, .. } | SigningError::Signer(_) => {
            Status::Refused
        }
        SigningError::Choice { error: ChoiceError::Absent | ChoiceError::Several, .. } | SigningError::Module(_) => {
            Status::NotExamined
        }
        SigningError::Token(error) => status_of_token(error),
    }
}

const fn status_of_token(error: &SignError) -> Status {
    match error {
        SignError::Process(_)
        | SignError::NotAModule
        | SignError::Busy
        | SignError::NoToken
        | SignError::TokenAbsent { .. }
        | SignError::SeveralTokens { .. } => Status::NotExamined,
        _ => Status::Refused,
    }
}

/// The module: it is there where no provider is.
fn module(arguments: &SignArguments) -> &str {
    arguments.module.as_deref().unwrap_or_default()
}

fn settings(arguments: &SignArguments) -> Result<SigningSettings, Problem> {
    let modules = serve::load_with(arguments.config.as_deref(), Config::load_modules)?;
    let environment = pkcs11::ENVIRONMENT.into_iter().filter_map(|name| Some((name, variable(name)?)));
    Ok(SigningSettings { modules, environment: environment.collect() })
}

#[expect(clippy::disallowed_methods, reason = "read once, for modules that look for their own settings there")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn sign(
    arguments: &SignArguments,
    settings: &SigningSettings,
    environment: &Environment,
    terminal: &Terminal,
    now: UtcDateTime,
) -> Result<Status, Refused> {
    let plan = plan(arguments)?;
    let wanted =
        KeyWanted { module: module(arguments), token: arguments.token.as_deref(), key: arguments.key.as_deref() };
    let key = ChosenKey::find(wanted, settings, now)?;
    let signer = key.signer(now)?;
    let consent = consent(arguments, &key, plan.len())?;
    let bar = progress_bar(plan.len());
    let mut status = Status::Good;
    let mut results = Vec::new();
    let reset = plan.sign(&key, &signer, consent, &environment.temporary_folder, &mut |document, signed| {
        bar.inc(1);
        match signed {
            Ok(result) => results.push((document.to_owned(), result.to_owned())),
            Err(error) => {
                let (problem, of_this) = of_file(&error);
                let problem = problem.about(&document.to_string_lossy());
                status = status.max(bar.suspend(|| terminal.refuse_with(&problem, of_this)));
            }
        }
    })?;
    bar.finish_and_clear();
    if let Err(error) = reset {
        terminal.refuse_with(&Problem::of_not_reset(&error), status);
    }
    let text = results.iter().map(|(document, result)| line(document, result, arguments.json)).collect();
    Ok(terminal.tell(Ok(text), status))
}

pub(super) fn plan(arguments: &SignArguments) -> Result<Plan, Problem> {
    if let Some(option) = arguments.not_built() {
        let detail = format!("L'opzione {option} non è ancora disponibile in questa versione: ripetere senza.");
        return Err(Problem::new(Kind::NotBuilt, detail));
    }
    let layout = match (arguments.format, arguments.detached) {
        (Some(SignatureForm::Pades), _) => Layout::Pades,
        (_, true) => Layout::CadesDetached,
        (_, false) => Layout::CadesAttached,
    };
    let results = match (&arguments.output, &arguments.output_dir) {
        (Some(_), _) if arguments.files.len() > 1 => {
            let detail =
                "Con --output si firma un solo documento: per più documenti, indicare la cartella con --output-dir.";
            return Err(Problem::new(Kind::BadRequest, detail));
        }
        (Some(file), _) => Results::File(file),
        (None, Some(folder)) => Results::Folder(folder),
        (None, None) => return Err(Problem::new(Kind::BadRequest, "Manca --output o --output-dir.")),
    };
    Plan::new(&arguments.files, layout, results).map_err(|error| Problem::of_plan(&error))
}

/// What the person agrees to: the PIN is asked once, for so many signatures.
fn consent(arguments: &SignArguments, key: &ChosenKey, signatures: usize) -> Result<Consent, Refused> {
    // From here on, what this process holds is for nobody else.
    let _it_works_without = pkcs11::confine();
    let token = key.token();
    let name = escape(&token.label);
    let pin = match &arguments.pin_file {
        Some(path) => {
            let location = if path == Path::new("-") { Location::StandardInput } else { Location::File(path) };
            Some(read_password(location).map_err(|fault| Problem::of_pin_file(&fault, path))?)
        }
        None if token.pinpad => None,
        None => {
            let holder = key.candidate().and_then(|candidate| candidate.identity.as_ref()?.name.as_deref());
            let holder = holder.map(|holder| format!(", {}", escape(holder))).unwrap_or_default();
            let few = if key.tries_left()? == TriesLeft::Last { " (ultimo tentativo!)" } else { "" };
            let count = if signatures == 1 { "una firma".to_owned() } else { format!("{signatures} firme") };
            let asked = pin::ask(&format!("PIN di {name}{holder}, per {count}{few}: "));
            let entered = asked.map_err(|_| {
                Problem::new(Kind::Pin, "Non c'è un terminale su cui chiedere il PIN: indicarlo con --pin-file.")
            })?;
            let given_up = || Refused {
                problem: Box::new(Problem::new(Kind::Pin, "Il PIN non è stato inserito: nessuna firma.")),
                status: Status::Refused,
            };
            Some(entered.ok_or_else(given_up)?)
        }
    };
    let pin = pin.map(|pin| Pin::new(pin).map_err(Problem::of_pin)).transpose()?;
    let last_try = if arguments.last_try { LastTry::Use } else { LastTry::Spare };
    Ok(Consent { pin, last_try, signatures })
}

pub(super) fn of_file(error: &FileError) -> (Problem, Status) {
    let status = match error {
        FileError::Token(error) => status_of_token(error),
        FileError::Document(_) | FileError::Prepare(_) | FileError::Pdf(_) | FileError::Result(_) => {
            Status::NotExamined
        }
    };
    (Problem::of_file_to_sign(error), status)
}

/// On a terminal, for several documents.
fn progress_bar(documents: usize) -> ProgressBar {
    let target = if documents > 1 { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(u64::try_from(documents).ok(), target);
    match ProgressStyle::with_template("Firma {wide_bar} {pos}/{len}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

pub(super) fn line(document: &Path, result: &Path, as_json: bool) -> String {
    let (document, result) = (document.to_string_lossy(), result.to_string_lossy());
    if as_json {
        #[derive(Serialize)]
        struct Line<'a> {
            document: &'a str,
            signed: &'a str,
        }
        return json::line(&Line { document: &document, signed: &result });
    }
    format!("{}: firmato in {}\n", escape(&document), escape(&result))
}

/// A token, as `--list` shows it.
#[derive(Serialize)]
struct ListedToken<'a> {
    label: &'a str,
    serial: &'a str,
    manufacturer: &'a str,
    model: &'a str,
    reader: &'a str,
    pin_on_reader: bool,
    keys: Vec<ListedKey<'a>>,
}

/// A key, as `--list` shows it.
#[derive(Serialize)]
struct ListedKey<'a> {
    id: String,
    labels: &'a [String],
    kind: &'static str,
    name: Option<&'a str>,
    not_before: Option<String>,
    not_after: Option<String>,
    /// What `varco sign` would choose from, without `--key`.
    fit: bool,
    /// Why not.
    unfit: Vec<String>,
}

impl<'a> ListedKey<'a> {
    fn of(key: &'a Candidate) -> Self {
        Self {
            id: key.hex_id(),
            labels: &key.labels,
            kind: key.kind().as_str(),
            name: key.identity.as_ref().and_then(|identity| identity.name.as_deref()),
            not_before: key.certificate.as_ref().map(|certificate| to_rfc3339(certificate.not_before())),
            not_after: key.certificate.as_ref().map(|certificate| to_rfc3339(certificate.not_after())),
            fit: key.fits(),
            unfit: key.unfit.iter().map(|reason| unfit_words(*reason, Language::Italian)).collect(),
        }
    }
}

fn json_list(listed: &[Listed]) -> String {
    let tokens: Vec<ListedToken<'_>> = listed
        .iter()
        .map(|Listed { token, keys }| ListedToken {
            label: &token.label,
            serial: &token.serial,
            manufacturer: &token.manufacturer,
            model: &token.model,
            reader: &token.reader,
            pin_on_reader: token.pinpad,
            keys: keys.iter().map(ListedKey::of).collect(),
        })
        .collect();
    json::line(&tokens)
}

fn text_list(listed: &[Listed]) -> String {
    if listed.is_empty() {
        return "Non c'è nessun dispositivo.\n".to_owned();
    }
    let mut lines = Vec::new();
    for Listed { token, keys } in listed {
        lines.push(format!("{} (numero di serie {})\n", escape(&token.label), escape(&token.serial)));
        lines.extend(keys.iter().map(key_line));
    }
    lines.concat()
}

fn key_line(key: &Candidate) -> String {
    let shown = ListedKey::of(key);
    let labels = escape(&shown.labels.join(", "));
    let name = shown.name.map(escape).unwrap_or_default();
    let state = if shown.fit { "adatta".to_owned() } else { format!("non adatta: {}", shown.unfit.join("; ")) };
    format!("  {}  {labels}  {name} ({})  {state}\n", shown.id, shown.kind)
}
