//! The command line: what can be asked, with its help in Italian.

mod audit;
mod card;
mod jobs;
mod service;
mod sign;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use time::UtcDateTime;

use crate::domain::fiscal_code::FiscalCode;
use crate::domain::instant::parse_instant;
use crate::domain::language::Language;
use crate::verify::{Limits, Portion};

pub(super) use audit::{AuditArguments, AuditCommand, CheckpointArguments, ExportArguments, VerifyTrailArguments};
pub(super) use card::{CardArguments, CardCommand};
pub(super) use jobs::{JobsArguments, JobsCommand};
pub(super) use service::{CreateTokenArguments, ServeArguments, StoreArguments, TokenArguments, TokenCommand};
pub(super) use sign::{
    AuthorityArguments, Changes, ExtendArguments, SignArguments, SignatureForm, SignatureLevel, WorkerArguments,
};

/// All of the command line.
#[derive(Parser)]
#[command(
    name = "varco",
    version,
    about = "Verifica documenti firmati digitalmente e dice di chi sono le firme",
    help_template = TEMPLATE_WITH_COMMANDS,
    override_usage = "varco <COMANDO> [OPZIONI]",
    after_help = "Per l'aiuto di un comando: varco verify --help\n\
        Stato di uscita: 0 tutto bene, 1 esito negativo o incerto, 2 richiesta non eseguibile.",
    subcommand_help_heading = "Comandi",
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    disable_help_flag = true,
    disable_version_flag = true,
    max_term_width = 100
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
    #[arg(short, long, global = true, action = ArgAction::Help, display_order = 900, help_heading = HEADING, help = "Mostra questo aiuto")]
    help: Option<bool>,
    #[arg(short = 'V', long, action = ArgAction::Version, display_order = 901, help_heading = HEADING, help = "Mostra la versione")]
    version: Option<bool>,
}

/// What can be asked for.
#[derive(Subcommand)]
pub(super) enum Command {
    /// `varco verify`
    #[command(
        about = "Verifica documenti firmati (.p7m, .p7s, PDF) e la persona che li ha firmati",
        help_template = TEMPLATE,
        override_usage = "varco verify [OPZIONI] FILE...",
        after_help = VERIFY_EXAMPLES
    )]
    Verify(Box<VerifyArguments>),
    /// `varco sign`
    #[command(
        about = "Firma file con una carta o un altro dispositivo",
        help_template = TEMPLATE,
        override_usage = "varco sign (--module ID | --provider ID) --format cades|pades --level b|t|lt|lta (--output FILE | --output-dir CARTELLA) [OPZIONI] FILE...\n     varco sign --list (--module ID | --provider ID)",
        after_help = sign::EXAMPLES
    )]
    Sign(Box<SignArguments>),
    /// `varco extend`
    #[command(
        about = "Aggiunge a file firmati marche temporali e dati di validazione (livelli T, LT, LTA), senza chiave",
        help_template = TEMPLATE,
        override_usage = "varco extend --level t|lt|lta (--output FILE | --output-dir CARTELLA) [OPZIONI] FILE...",
        after_help = sign::EXTEND_EXAMPLES
    )]
    Extend(Box<ExtendArguments>),
    /// `varco doctor`
    #[command(
        about = "Controlla che questo computer possa fare il lavoro",
        help_template = TEMPLATE,
        override_usage = "varco doctor [OPZIONI]",
        after_help = "Esempio:\n  varco doctor --trust certificati-fidati/ --crl crl/\n\n\
            Stato di uscita: 0 tutto a posto, 1 qualcosa non va, 2 richiesta non eseguibile."
    )]
    Doctor(DoctorArguments),
    /// `varco serve`
    #[command(
        about = "Avvia il servizio HTTPS",
        help_template = TEMPLATE,
        override_usage = "varco serve [OPZIONI]",
        after_help = "Esempio:\n  varco serve --check --config /etc/varco/varco.toml\n\n\
            Ogni impostazione si può dare anche con una variabile VARCO_SEZIONE__CHIAVE, per esempio VARCO_LOG__LEVEL=debug."
    )]
    Serve(ServeArguments),
    /// `varco migrate`
    #[command(
        about = "Aggiorna le tabelle dell'archivio",
        help_template = TEMPLATE,
        override_usage = "varco migrate [OPZIONI]",
        after_help = "Esempio:\n  varco migrate --config /etc/varco/varco.toml"
    )]
    Migrate(StoreArguments),
    /// `varco token`
    #[command(
        about = "Crea, elenca e revoca i token dei portali",
        override_usage = "varco token create|list|revoke [OPZIONI]",
        after_help = "Esempio:\n  varco token create --name \"portale di prova\""
    )]
    Token(TokenArguments),
    /// `varco jobs`
    #[command(
        about = "Mostra le verifiche in coda e quelle abbandonate, e le rimette in coda",
        override_usage = "varco jobs list|retry [OPZIONI]"
    )]
    Jobs(JobsArguments),
    /// `varco audit`
    #[command(
        about = "Controlla il registro degli eventi e ne fa copie che si provano da sole",
        override_usage = "varco audit COMANDO [OPZIONI]"
    )]
    Audit(AuditArguments),
    /// `varco card`
    #[command(
        about = "Mostra lettori e smart card e legge i dati di una CNS, senza PIN",
        override_usage = "varco card list|info|read|watch|reset [OPZIONI]"
    )]
    Card(CardArguments),
    /// `varco draw-pages`, which `varco` starts by itself
    #[command(hide = true)]
    DrawPages {
        #[arg(value_delimiter = ',')]
        pages: Vec<u32>,
    },
    /// `varco pkcs11-worker`, which `varco` starts by itself
    #[command(hide = true, name = "pkcs11-worker")]
    Pkcs11Worker(WorkerArguments),
    /// `varco completions`
    #[command(
        about = "Scrive i completamenti per la shell",
        help_template = TEMPLATE,
        override_usage = "varco completions bash|zsh|fish",
        after_help = "Esempio:\n  varco completions bash > /etc/bash_completion.d/varco"
    )]
    Completions {
        #[arg(
            value_name = "SHELL",
            hide_possible_values = true,
            help_heading = "Argomenti",
            help = "bash, zsh o fish"
        )]
        shell: Shell,
    },
    /// `varco manpage`
    #[command(
        about = "Scrive la pagina di manuale",
        help_template = TEMPLATE,
        override_usage = "varco manpage [COMANDO]",
        after_help = "Esempio:\n  varco manpage verify | man -l -"
    )]
    Manpage {
        #[arg(
            value_name = "COMANDO",
            help_heading = "Argomenti",
            help = "Il comando da descrivere; senza, tutto varco"
        )]
        command: Option<String>,
    },
}

/// What `varco verify` is given.
#[derive(Args)]
pub(super) struct VerifyArguments {
    #[arg(
        value_name = "FILE",
        required = true,
        help_heading = "Argomenti",
        help = "I file da verificare; - legge lo standard input"
    )]
    pub(super) files: Vec<PathBuf>,

    #[arg(long, value_name = "PERCORSO", help_heading = HEADING,
        help = "Certificati fidati (PEM o DER), una cartella che li contiene, o un elenco di fiducia ETSI TS 119 612; si può ripetere")]
    pub(super) trust: Vec<PathBuf>,
    #[arg(long, value_name = "PERCORSO", help_heading = HEADING,
        help = "Elenchi di revoca (DER o PEM): file o cartella; si può ripetere")]
    pub(super) crl: Vec<PathBuf>,
    #[arg(long, value_name = "PERCORSO", help_heading = HEADING,
        help = "Risposte OCSP conservate (DER, PEM o base64): file o cartella; si può ripetere")]
    pub(super) ocsp: Vec<PathBuf>,
    #[arg(long, value_name = "FILE", help_heading = HEADING, help = "Il documento firmato, se la firma è in un file a parte")]
    pub(super) detached: Option<PathBuf>,
    #[arg(long, value_name = "CF", value_parser = parse_fiscal_code, help_heading = HEADING,
        help = "Il codice fiscale dichiarato; maiuscole e spazi non contano")]
    pub(super) fiscal_code: Option<FiscalCode>,
    #[arg(long, value_name = "FILE", help_heading = HEADING,
        help = "Il documento che deve essere stato firmato, byte per byte")]
    pub(super) expect: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help_heading = HEADING,
        help = "Un file con la password dei PDF protetti, su una riga; - legge lo standard input")]
    pub(super) password_file: Option<PathBuf>,
    #[arg(long, value_name = "DATA", value_parser = parse_time, help_heading = HEADING,
        help = "La data a cui verificare, per esempio 2026-02-01T09:30:00Z; senza, adesso")]
    pub(super) at: Option<UtcDateTime>,
    #[arg(long, value_name = "DATA", value_parser = parse_time, help_heading = HEADING,
        help = "Una data provata in cui il file esisteva già, per esempio la consegna di una PEC")]
    pub(super) poe: Option<UtcDateTime>,
    #[arg(long, value_name = "TESTO", requires = "poe", help_heading = HEADING, help = "Da dove viene la data di --poe")]
    poe_source: Option<String>,

    #[arg(long, value_name = "FORMATO", default_value = "text", hide_default_value = true, hide_possible_values = true,
        help_heading = HEADING, help = "Formato del rapporto: text (se non indicato), json o html; etsi-xml e pdf verranno")]
    pub(super) format: ReportFormat,
    #[arg(long, value_name = "LINGUA", default_value = "it", hide_default_value = true, hide_possible_values = true,
        help_heading = HEADING, help = "Lingua del rapporto: it (se non indicata) o en")]
    language: ReportLanguage,
    #[arg(long, value_name = "FILE", help_heading = HEADING, help = "Scrive il rapporto in questo file, tutto o niente")]
    pub(super) output: Option<PathBuf>,
    #[arg(long, value_name = "CARTELLA", help_heading = HEADING,
        help = "Scrive qui il documento contenuto nella busta, con un nome scelto da Varco")]
    extract: Option<PathBuf>,
    #[arg(long, value_name = "NUMERO", help_heading = HEADING,
        help = "Scrive il PDF com'era in questa revisione, contata da 1: nella cartella di --extract, o in quella in cui ci si trova")]
    extract_revision: Option<NonZeroUsize>,

    #[arg(long, conflicts_with = "online", help_heading = HEADING, help = "Non usa la rete (è sempre così in questa versione)")]
    offline: bool,
    #[arg(long, value_name = "SECONDI", value_parser = parse_seconds, default_value = "120", hide_default_value = true,
        help_heading = HEADING, help = "Tempo massimo per ogni file; se non indicato, 120")]
    pub(super) timeout: Duration,
    #[arg(long, value_name = "BYTE", value_parser = parse_octets, default_value = "2G", hide_default_value = true,
        help_heading = HEADING, help = "Grandezza massima di ogni file, anche con K, M o G; se non indicata, 2G")]
    pub(super) max_size: u64,
    #[arg(long, value_name = "NUMERO", value_parser = parse_depth, default_value = "16", hide_default_value = true,
        help_heading = HEADING, help = "Quante buste una dentro l'altra si aprono; se non indicato, 16")]
    pub(super) max_depth: usize,

    #[command(flatten)]
    not_built: NotBuilt,
}

/// Options of the contract that are understood and not built yet.
#[derive(Args)]
struct NotBuilt {
    #[arg(long, value_name = "CARTELLA", help_heading = COMING, help = "Un insieme di elenchi di fiducia conservati")]
    trusted_lists: Option<PathBuf>,
    #[arg(long, value_name = "FILE", help_heading = COMING, help = "I firmatari ammessi dell'elenco degli elenchi (LOTL)")]
    lotl_signers: Option<PathBuf>,
    #[arg(long, help_heading = COMING, help = "Permette di scaricare dati di revoca e certificati")]
    online: bool,
    #[arg(long, value_name = "FILE", help_heading = COMING, help = "Vincoli di verifica diversi da quelli italiani predefiniti")]
    policy: Option<PathBuf>,
}

/// What `varco doctor` is given.
#[derive(Args)]
pub(super) struct DoctorArguments {
    #[arg(long, value_name = "PERCORSO", help_heading = HEADING, help = "Prova a caricare questi certificati fidati; si può ripetere")]
    pub(super) trust: Vec<PathBuf>,
    #[arg(long, value_name = "PERCORSO", help_heading = HEADING, help = "Prova a caricare questi elenchi di revoca; si può ripetere")]
    pub(super) crl: Vec<PathBuf>,
    #[arg(long, value_name = "PERCORSO", help_heading = HEADING, help = "Prova a caricare queste risposte OCSP; si può ripetere")]
    pub(super) ocsp: Vec<PathBuf>,
    #[arg(long, value_name = "FORMATO", default_value = "text", hide_default_value = true, hide_possible_values = true,
        help_heading = HEADING, help = "text (se non indicato) o json")]
    pub(super) format: DataFormat,
}

/// Formats of a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// ETSI TS 119 102-2; not built yet.
    EtsiXml,
    /// Not built yet.
    Pdf,
    /// For people, to be kept or sent.
    Html,
}

/// Languages of a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum ReportLanguage {
    /// Italian.
    It,
    /// English.
    En,
}

/// Formats of what other commands print.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum DataFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Shells for which completions can be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Shell {
    /// GNU Bash.
    Bash,
    /// The Z shell.
    Zsh,
    /// Fish.
    Fish,
}

impl VerifyArguments {
    /// The option or value that was given and is not built yet.
    pub(super) fn not_built(&self) -> Option<&'static str> {
        let asked = [
            (self.not_built.trusted_lists.is_some(), "--trusted-lists"),
            (self.not_built.lotl_signers.is_some(), "--lotl-signers"),
            (self.not_built.online, "--online"),
            (self.not_built.policy.is_some(), "--policy"),
            (self.format == ReportFormat::EtsiXml, "--format etsi-xml"),
            (self.format == ReportFormat::Pdf, "--format pdf"),
        ];
        asked.into_iter().find(|(given, _)| *given).map(|(_, option)| option)
    }

    /// The language of the report.
    pub(super) const fn language(&self) -> Language {
        match self.language {
            ReportLanguage::It => Language::Italian,
            ReportLanguage::En => Language::English,
        }
    }

    /// What is to be written out, and the folder that it goes to.
    pub(super) fn extract(&self) -> Option<(Portion, &Path)> {
        match self.extract_revision {
            Some(number) => Some((Portion::Revision(number), self.extract.as_deref().unwrap_or(Path::new(".")))),
            None => self.extract.as_deref().map(|folder| (Portion::Content, folder)),
        }
    }

    /// Who says that the file existed at the time of `--poe`.
    pub(super) fn poe_source(&self) -> Option<&str> {
        self.poe_source.as_deref()
    }

    /// The limits of the service, with those that were asked for.
    pub(super) fn limits(&self) -> Limits {
        Limits { document_len: self.max_size, depth: self.max_depth, ..Limits::STANDARD }
    }
}

const HEADING: &str = "Opzioni";
const COMING: &str = "Opzioni non ancora disponibili";

const TEMPLATE: &str = "{about}\n\nUso: {usage}\n\n{all-args}{after-help}\n";
const TEMPLATE_WITH_COMMANDS: &str = "{name} {version}: {about}\n\nUso: {usage}\n\n{all-args}{after-help}\n";

const VERIFY_EXAMPLES: &str = "\
Esempi:
  varco verify --trust certificati-fidati/ --crl crl/ accordo.p7m
      verifica un accordo firmato
  varco verify --trust certificati-fidati/ --crl crl/ --fiscal-code PRVCRD90A41H501L accordo.p7m
      controlla anche che l'abbia firmato quella persona
  varco verify --trust certificati-fidati/ --crl crl/ --detached accordo.pdf accordo.p7s
      la firma è in un file a parte
  varco verify --trust certificati-fidati/ --crl crl/ --format json *.p7m
      un rapporto JSON per riga, uno per file
  varco verify --trust certificati-fidati/ --crl crl/ --extract-revision 1 accordo.pdf
      scrive anche il PDF com'era nella prima revisione, prima delle aggiunte successive
  varco verify --trust certificati-fidati/ --crl crl/ --format html --output rapporto.html accordo.p7m
      un rapporto da conservare o inviare

Stato di uscita: 0 accettato, 1 respinto o indeterminato, 2 non esaminabile (illeggibile, non \
firmato, richiesta sbagliata). Con più file, il più alto.";

fn parse_fiscal_code(text: &str) -> Result<FiscalCode, String> {
    FiscalCode::parse(text).map_err(|error| error.message(Language::Italian))
}

fn parse_time(text: &str) -> Result<UtcDateTime, String> {
    parse_instant(text).map_err(|error| error.message(Language::Italian).to_owned())
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => Err("I secondi sono un numero intero da 1 a 86400.".to_owned()),
    }
}

fn parse_depth(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(depth @ 1..=MAX_DEPTH) => Ok(depth),
        _ => Err(format!("Il numero di buste va da 1 a {MAX_DEPTH}.")),
    }
}

/// Envelopes are opened recursively: so many fit on the stack many times over.
const MAX_DEPTH: usize = 64;

fn parse_octets(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (text.get(..at), 1 << 10),
        Some((at, 'm' | 'M')) => (text.get(..at), 1 << 20),
        Some((at, 'g' | 'G')) => (text.get(..at), 1 << 30),
        _ => (Some(text), 1_u64),
    };
    number
        .and_then(|number| number.parse::<u64>().ok())
        .and_then(|number| number.checked_mul(unit))
        .filter(|octets| *octets > 0)
        .ok_or_else(|| "La grandezza è un numero di byte, anche con K, M o G: per esempio 500M.".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_description_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn sizes_have_units_and_bounds() {
        assert_eq!(parse_octets("10"), Ok(10));
        assert_eq!(parse_octets("2G"), Ok(2 << 30));
        assert_eq!(parse_octets("64k"), Ok(65_536));
        for wrong in ["", "0", "-1", "K", "1T", "99999999999999999999", "99999999999G"] {
            assert!(parse_octets(wrong).is_err(), "{wrong}");
        }
        assert!(parse_depth("65").is_err() && parse_depth("0").is_err() && parse_depth("16") == Ok(16));
    }
}
