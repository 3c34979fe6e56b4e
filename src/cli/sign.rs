//! `varco sign`: signs files with the key of a card or token, or shows the keys that there are.

use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use time::UtcDateTime;

use crate::cli::arguments::{
    AuthorityArguments, Changes, SignArguments, SignatureForm, SignatureLevel, WorkerArguments,
};
use crate::cli::{Environment, Status, Terminal, json, pin, serve, sign_remote};
use crate::config::Config;
use crate::domain::language::Language;
use crate::problem::{Kind, Problem, unfit_words};
use crate::procedures::signing::{
    self, Authorities, ChosenKey, FileError, Higher, KeyWanted, LastingError, Layout, Level, Listed, Making, Naming,
    PdfLayout, PdfPlace, Plan, Results, SigningError, SigningSettings, StampError,
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
        SigningError::Choice { error: ChoiceError::NoneFits | ChoiceError::Unfit(_), .. }
        | SigningError::OtherHolder(_)
        | SigningError::Signer(_) => Status::Refused,
        SigningError::Choice { error: ChoiceError::Absent | ChoiceError::Several, .. }
        | SigningError::Module(_)
        | SigningError::Service(_) => Status::NotExamined,
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
    let layout = layout(arguments)?;
    let plan = plan(&arguments.files, layout.naming(), arguments.output.as_deref(), arguments.output_dir.as_deref())?;
    let level = arguments.level.map_or(Level::B, SignatureLevel::level);
    let mut authorities = match level {
        Level::B => None,
        level => Some(authorities(&arguments.authorities(), level, now)?),
    };
    let wanted = KeyWanted {
        module: module(arguments),
        token: arguments.token.as_deref(),
        key: arguments.key.as_deref(),
        holder: arguments.fiscal_code.as_ref(),
    };
    let key = ChosenKey::find(wanted, settings, now)?;
    let signer = key.signer(now)?;
    let consent = consent(arguments, &key, plan.len())?;
    let bar = progress_bar(plan.len());
    let mut status = Status::Good;
    let mut results = Vec::new();
    let higher = authorities.as_mut().map(|authorities| Higher { level, authorities });
    let making = Making { layout: &layout, higher, temporary_folder: &environment.temporary_folder };
    let reset = plan.sign(&key, &signer, consent, making, &mut |document, signed| {
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
    let text = results.iter().map(|(document, result)| line(document, result, "firmato in", arguments.json)).collect();
    Ok(terminal.tell(Ok(text), status))
}

/// What is asked for, if it can be.
pub(super) fn layout(arguments: &SignArguments) -> Result<Layout, Problem> {
    if arguments.format == Some(SignatureForm::Pades) {
        return pdf_layout(arguments).map(Layout::Pades);
    }
    let for_pdf = [
        (arguments.visible.is_some(), "--visible"),
        (arguments.field.is_some(), "--field"),
        (arguments.certify.is_some(), "--certify"),
        (arguments.reason.is_some(), "--reason"),
        (arguments.location.is_some(), "--location"),
    ];
    if let Some((_, option)) = for_pdf.into_iter().find(|(given, _)| *given) {
        return Err(Problem::new(Kind::BadRequest, format!("L'opzione {option} è per --format pades.")));
    }
    Ok(match (arguments.parallel, arguments.countersign) {
        (true, _) => Layout::CadesParallel { content: arguments.content.clone() },
        (false, Some(signature)) => Layout::CadesCountersignature(signature),
        (false, None) if arguments.detached => Layout::CadesDetached,
        (false, None) => Layout::CadesAttached,
    })
}

fn pdf_layout(arguments: &SignArguments) -> Result<PdfLayout, Problem> {
    let for_cades = [
        (arguments.detached, "--detached"),
        (arguments.parallel, "--parallel"),
        (arguments.countersign.is_some(), "--countersign"),
    ];
    if let Some((_, option)) = for_cades.into_iter().find(|(given, _)| *given) {
        let detail = format!("L'opzione {option} è per --format cades: in un PDF ogni firma si aggiunge alle altre.");
        return Err(Problem::new(Kind::BadRequest, detail));
    }
    let place = match (&arguments.visible, &arguments.field) {
        (Some(area), _) => PdfPlace::Visible { page: area.page, corners: area.corners },
        (None, Some(name)) => PdfPlace::Field(name.clone()),
        (None, None) => PdfPlace::Invisible,
    };
    Ok(PdfLayout {
        place,
        certification: arguments.certify.map(Changes::certification),
        reason: arguments.reason.clone(),
        location: arguments.location.clone(),
    })
}

/// Who makes timestamps and says what was revoked, by the command line before the settings.
pub(super) fn authorities(
    asked: &AuthorityArguments<'_>,
    level: Level,
    now: UtcDateTime,
) -> Result<Authorities, Problem> {
    let mut settings = serve::load_with(asked.config, Config::load_authorities)?;
    if let Some(tsa) = asked.tsa {
        settings.tsa = Some(tsa.to_owned());
    }
    if !asked.trust.is_empty() {
        settings.trust = asked.trust.to_vec();
    }
    Authorities::open(&settings, level, now).map_err(|error| Problem::of_authorities(&error))
}

/// Documents and the names of their results.
pub(super) fn plan(
    files: &[PathBuf],
    naming: Naming,
    output: Option<&Path>,
    output_dir: Option<&Path>,
) -> Result<Plan, Problem> {
    let results = match (output, output_dir) {
        (Some(_), _) if files.len() > 1 => {
            let detail = "Con --output il risultato è un solo documento: per più documenti, indicare la cartella con --output-dir.";
            return Err(Problem::new(Kind::BadRequest, detail));
        }
        (Some(file), _) => Results::File(file),
        (None, Some(folder)) => Results::Folder(folder),
        (None, None) => return Err(Problem::new(Kind::BadRequest, "Manca --output o --output-dir.")),
    };
    Plan::new(files, naming, results).map_err(|error| Problem::of_plan(&error))
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
            let few = match (key.tries_left()?, arguments.last_try) {
                // Flags may be wrong; only the card's refusal is believed.
                (TriesLeft::None, _) => " (secondo il dispositivo è bloccato)",
                // Nobody types a PIN that would not be used.
                (TriesLeft::Last, false) => return Err(SigningError::Token(SignError::LastTry).into()),
                (TriesLeft::Last, true) => " (ultimo tentativo!)",
                (TriesLeft::Fewer, _) => " (c'è già stato un errore)",
                (TriesLeft::All | TriesLeft::Unknown, _) => "",
            };
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
        // Somebody answered, and what they said does not allow it.
        FileError::Timestamp(StampError::Timestamp(_))
        | FileError::Lasting(LastingError::DoesNotPass { may_pass: false, .. })
        | FileError::Broken
        | FileError::NotBegun => Status::Refused,
        FileError::Document(_)
        | FileError::Content(_)
        | FileError::Prepare(_)
        | FileError::Pdf(_)
        | FileError::Timestamp(StampError::Fetch(_))
        | FileError::Lasting(_)
        | FileError::LevelReached
        | FileError::Result(_) => Status::NotExamined,
    };
    (Problem::of_file_to_sign(error), status)
}

/// On a terminal, for several documents.
pub(super) fn progress_bar(documents: usize) -> ProgressBar {
    let target = if documents > 1 { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(u64::try_from(documents).ok(), target);
    match ProgressStyle::with_template("Firma {wide_bar} {pos}/{len}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

pub(super) fn line(document: &Path, result: &Path, done: &str, as_json: bool) -> String {
    let (document, result) = (document.to_string_lossy(), result.to_string_lossy());
    if as_json {
        #[derive(Serialize)]
        struct Line<'a> {
            document: &'a str,
            signed: &'a str,
        }
        return json::line(&Line { document: &document, signed: &result });
    }
    format!("{}: {done} {}\n", escape(&document), escape(&result))
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
