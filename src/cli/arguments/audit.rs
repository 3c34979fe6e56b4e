//! The commands of the trail.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::audit::KeyName;
use crate::cli::arguments::{DataFormat, HEADING, StoreArguments, TEMPLATE, TEMPLATE_WITH_COMMANDS};

/// What `varco audit` is given.
#[derive(Args)]
#[command(help_template = TEMPLATE_WITH_COMMANDS, subcommand_required = true, subcommand_help_heading = "Comandi", disable_help_subcommand = true)]
pub(in crate::cli) struct AuditArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: AuditCommand,
}

/// What `varco audit` is asked.
#[derive(Subcommand)]
pub(in crate::cli) enum AuditCommand {
    /// `varco audit verify`
    #[command(
        about = "Controlla che il registro e i rapporti conservati siano quelli che furono scritti, e nomina quelli che non lo sono",
        help_template = TEMPLATE,
        override_usage = "varco audit verify [OPZIONI]",
        after_help = "Esempio:\n  varco audit verify --config /etc/varco/varco.toml --checkpoint sigillo.txt\n\n\
            Stato di uscita: 0 integro, 1 alterato o non accertato, 2 richiesta non eseguibile."
    )]
    Verify(VerifyTrailArguments),
    /// `varco audit export`
    #[command(
        about = "Copia il registro in righe JSON, ciascuna con la sua prova",
        help_template = TEMPLATE,
        override_usage = "varco audit export [OPZIONI]",
        after_help = "Esempio:\n  varco audit export --store sqlite:/var/lib/varco/varco.db --output registro.jsonl\n\n\
            La copia stessa diventa un evento del registro."
    )]
    Export(ExportArguments),
    /// `varco audit checkpoint`
    #[command(
        about = "Firma lo stato del registro e mostra il sigillo, da conservare altrove",
        help_template = TEMPLATE,
        override_usage = "varco audit checkpoint --key FILE --origin NOME",
        after_help = "Esempio:\n  varco audit checkpoint --store sqlite:/var/lib/varco/varco.db --key /etc/varco/audit.pem --origin varco.example/registro\n\n\
            Se la chiave non c'è viene creata; accanto nascono FILE.pub, da distribuire, e FILE.checkpoint."
    )]
    Checkpoint(CheckpointArguments),
}

/// What `varco audit verify` is given.
#[derive(Args)]
pub(in crate::cli) struct VerifyTrailArguments {
    #[command(flatten)]
    pub(in crate::cli) store: StoreArguments,
    #[arg(long, value_name = "FILE", help_heading = HEADING,
        help = "Le chiavi pubbliche che hanno firmato i sigilli, una per riga, oltre a quella della configurazione; si può ripetere")]
    pub(in crate::cli) key: Vec<PathBuf>,
    #[arg(long, value_name = "FILE", help_heading = HEADING,
        help = "Un sigillo conservato altrove: solo così si scopre un archivio ripristinato da una copia vecchia; si può ripetere")]
    pub(in crate::cli) checkpoint: Vec<PathBuf>,
    #[arg(long, value_name = "FORMATO", default_value = "text", hide_default_value = true, hide_possible_values = true,
        help_heading = HEADING, help = "text (se non indicato) o json")]
    pub(in crate::cli) format: DataFormat,
}

/// What `varco audit export` is given.
#[derive(Args)]
pub(in crate::cli) struct ExportArguments {
    #[command(flatten)]
    pub(in crate::cli) store: StoreArguments,
    #[arg(long, value_name = "NUMERO", value_parser = parse_number, default_value = "0", hide_default_value = true,
        help_heading = HEADING, help = "Il primo evento; se non indicato, 0, che è il primo di tutti")]
    pub(in crate::cli) from: u64,
    #[arg(long, value_name = "NUMERO", value_parser = parse_number, help_heading = HEADING,
        help = "L'evento a cui fermarsi, escluso; se non indicato, la fine")]
    pub(in crate::cli) to: Option<u64>,
    #[arg(long, help_heading = HEADING, help = "Copia anche i dati personali non cancellati")]
    pub(in crate::cli) personal_data: bool,
    #[arg(long, value_name = "FILE", help_heading = HEADING, help = "Scrive la copia in questo file, tutta o niente")]
    pub(in crate::cli) output: Option<PathBuf>,
}

/// What `varco audit checkpoint` is given.
#[derive(Args)]
pub(in crate::cli) struct CheckpointArguments {
    #[command(flatten)]
    pub(in crate::cli) store: StoreArguments,
    #[arg(long, value_name = "FILE", help_heading = HEADING, help = "La chiave privata che firma (Ed25519, PEM)")]
    pub(in crate::cli) key: PathBuf,
    #[arg(long, value_name = "NOME", value_parser = parse_name, help_heading = HEADING,
        help = "Il nome del registro, sempre lo stesso: per esempio varco.example/registro")]
    pub(in crate::cli) origin: KeyName,
}

fn parse_number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "Serve il numero di un evento.".to_owned())
}

fn parse_name(text: &str) -> Result<KeyName, String> {
    text.parse().map_err(|_| "Il nome non può essere vuoto né avere spazi o il segno +.".to_owned())
}
