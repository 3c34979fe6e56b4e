//! The command line: arguments in, text or JSON and an exit status out.

mod arguments;
mod audit;
mod card;
mod card_page;
mod descriptions;
mod doctor;
mod extend;
mod jobs;
mod json;
mod migrate;
mod notify;
mod output;
mod page;
mod pin;
mod progress;
mod serve;
mod sign;
mod sign_remote;
mod text;
mod token;
mod usage_error;
mod verify;

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::arguments::{Arguments, Command};
use crate::cli::notify::Supervisor;
use crate::cli::output::Output;
use crate::clock;
use crate::pictures;
use crate::problem::{Kind, Problem};

/// What the process ends with; several make the highest.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Status {
    /// 0: accepted, all is well.
    Good,
    /// 1: rejected or undetermined.
    Refused,
    /// 2: it could not be examined.
    NotExamined,
}

/// What the commands need from around the process.
struct Environment {
    temporary_folder: PathBuf,
    colours_wanted: bool,
    supervisor: Supervisor,
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let json = wants_json(&arguments);
    // Whatever this process makes, the files of the store among it, is nobody else's to read.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    // A fault of ours must not look like a verdict, nor show what was in memory: only its place is told.
    panic::set_hook(Box::new(move |fault| {
        let place = fault.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
        let detail = format!("Varco si è fermato per un suo difetto ({place}): segnalarlo a chi lo mantiene.");
        Terminal::new(json).refuse(&Problem::new(Kind::Internal, detail));
    }));
    let status = panic::catch_unwind(AssertUnwindSafe(|| run(&arguments, json))).unwrap_or(Status::NotExamined);
    ExitCode::from(match status {
        Status::Good => 0,
        Status::Refused => 1,
        Status::NotExamined => 2,
    })
}

fn run(arguments: &[OsString], json: bool) -> Status {
    let environment = Environment {
        temporary_folder: std::env::temp_dir(),
        colours_wanted: colours_wanted(),
        supervisor: supervisor(),
    };
    let now = clock::now();
    match Arguments::try_parse_from(arguments) {
        Ok(parsed) => match parsed.command {
            Command::Verify(asked) => verify::run(&asked, &environment, now),
            Command::Sign(asked) => sign::run(&asked, &environment, now),
            Command::Extend(asked) => extend::run(&asked, &environment, now),
            Command::Pkcs11Worker(asked) => sign::hold_module(&asked),
            Command::Doctor(asked) => doctor::run(&asked, &environment, now),
            Command::Serve(asked) => serve::run(&asked, &environment),
            Command::Migrate(asked) => migrate::run(&asked),
            Command::Token(asked) => token::run(&asked.command, now),
            Command::Jobs(asked) => jobs::run(&asked.command, now),
            Command::Audit(asked) => audit::run(&asked.command, now),
            Command::Card(asked) => card::run(&asked.command, now),
            Command::DrawPages { pages } => draw_pages(&pages),
            Command::Completions { shell } => descriptions::completions(shell),
            Command::Manpage { command } => descriptions::manpage(command.as_deref()),
        },
        Err(error) => answer_to_unusual(&error, json),
    }
}

/// What this program does where it was started by itself to draw; who started it needs no words.
fn draw_pages(pages: &[u32]) -> Status {
    match pictures::paint(pages, &mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => Status::Good,
        Err(_) => Status::NotExamined,
    }
}

/// Help and version are answers; the rest is an error.
fn answer_to_unusual(error: &clap::Error, json: bool) -> Status {
    let terminal = Terminal::new(json);
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => match error.print() {
            Ok(()) => Status::Good,
            Err(error) => terminal.unwritten(&error, Path::new("-"), Status::Good),
        },
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if !json => {
            let _nobody_looks = error.print();
            Status::NotExamined
        }
        _ => terminal.refuse(&usage_error::problem(error)),
    }
}

/// Whether `--format json` (or, of `varco sign`, `--json`) is asked for, known even where the rest of the line is wrong.
fn wants_json(arguments: &[OsString]) -> bool {
    let options = || arguments.iter().take_while(|argument| *argument != "--");
    options().any(|argument| argument == "--format=json" || argument == "--json")
        || options().zip(options().skip(1)).any(|(option, value)| option == "--format" && value == "json")
}

/// Who started this process and wants to know how it is (`sd_notify(3)`).
#[expect(clippy::disallowed_methods, reason = "read once, before anything is started")]
fn supervisor() -> Supervisor {
    Supervisor::new(std::env::var_os("NOTIFY_SOCKET"))
}

/// <https://no-color.org>: any value but the empty one means no.
#[expect(clippy::disallowed_methods, reason = "the command line has no settings file: here is where they are read")]
fn colours_wanted() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// Where errors and notes go.
struct Terminal {
    json: bool,
}

impl Terminal {
    const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Tells a problem: as a document on standard output, or as a sentence on standard error.
    fn refuse(&self, problem: &Problem) -> Status {
        self.refuse_with(problem, Status::NotExamined)
    }

    /// The same, where another status goes with it.
    fn refuse_with(&self, problem: &Problem, status: Status) -> Status {
        let _nobody_looks = if self.json {
            io::stdout().lock().write_all(json::line(problem).as_bytes())
        } else {
            let file = problem.file.as_ref().map(|file| format!("{file}: ")).unwrap_or_default();
            writeln!(io::stderr().lock(), "Errore: {file}{}", problem.detail)
        };
        status
    }

    /// A remark for people that is no part of any result.
    fn note(&self, text: &str) {
        if !self.json {
            let _nobody_looks = writeln!(io::stderr().lock(), "Nota: {text}.");
        }
    }

    /// Writes a result to standard output, or tells why there is none.
    fn tell(&self, text: Result<String, Problem>, status: Status) -> Status {
        match text.map(|text| Output::Standard.write(&text)) {
            Ok(Ok(())) => status,
            Ok(Err(error)) => self.unwritten(&error, Path::new("-"), status),
            Err(problem) => self.refuse(&problem),
        }
    }

    /// A result could not be written. Whoever closes the pipe has seen enough; anything else is an error.
    fn unwritten(&self, error: &io::Error, file: &Path, status: Status) -> Status {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return status;
        }
        self.refuse(&Problem::of_writing(error, file))
    }
}
