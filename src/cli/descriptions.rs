//! What is made from the description of the command line: completions and manual pages.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::shells::{Bash, Fish, Zsh};
use clap_mangen::Man;

use crate::cli::arguments::{Arguments, Shell};
use crate::cli::output::Output;
use crate::cli::{Status, Terminal};
use crate::problem::{Kind, Problem};
use crate::verify::escape;

/// Writes the completions for a shell.
pub(super) fn completions(shell: Shell) -> Status {
    let mut command = Arguments::command();
    let mut script = Vec::new();
    match shell {
        Shell::Bash => clap_complete::generate(Bash, &mut command, "varco", &mut script),
        Shell::Zsh => clap_complete::generate(Zsh, &mut command, "varco", &mut script),
        Shell::Fish => clap_complete::generate(Fish, &mut command, "varco", &mut script),
    }
    write(&script)
}

/// Writes the manual page of the program, or of one command.
pub(super) fn manpage(name: Option<&str>) -> Status {
    let mut program = Arguments::command();
    // Hands the options that all commands share down to them.
    program.build();
    let described = match name {
        None => Some(program),
        Some(name) => program.find_subcommand(name).cloned(),
    };
    let Some(described) = described else {
        let detail = format!("Il comando {} non esiste. Aiuto: varco --help.", escape(name.unwrap_or_default()));
        return Terminal::new(false).refuse(&Problem::new(Kind::BadRequest, detail));
    };
    let mut page = Vec::new();
    match render(described, &mut page) {
        Ok(()) => write(&page),
        Err(error) => Terminal::new(false).unwritten(&error, Path::new("-"), Status::Good),
    }
}

fn render(command: clap::Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = Man::new(command.version(env!("CARGO_PKG_VERSION"))).manual("Manuale di Varco");
    let mut english = Vec::new();
    man.render(&mut english)?;
    // clap_mangen has no Italian headings: they are lines of their own, so they can be put in their place.
    for line in String::from_utf8_lossy(&english).lines() {
        let heading = HEADINGS.iter().find(|(in_english, _)| line == format!(".SH {in_english}"));
        match heading {
            Some((_, italian)) => writeln!(page, ".SH {italian}")?,
            None => writeln!(page, "{line}")?,
        }
    }
    Ok(())
}

const HEADINGS: [(&str, &str); 7] = [
    ("NAME", "NOME"),
    ("SYNOPSIS", "SINTASSI"),
    ("DESCRIPTION", "DESCRIZIONE"),
    ("OPTIONS", "OPZIONI"),
    ("SUBCOMMANDS", "COMANDI"),
    ("EXTRA", "ESEMPI E STATO DI USCITA"),
    ("VERSION", "VERSIONE"),
];

fn write(text: &[u8]) -> Status {
    match Output::Standard.write(&String::from_utf8_lossy(text)) {
        Ok(()) => Status::Good,
        Err(error) => Terminal::new(false).unwritten(&error, Path::new("-"), Status::Good),
    }
}
