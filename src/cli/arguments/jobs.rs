//! The commands about the queue.

use clap::{Args, Subcommand};

use crate::cli::arguments::service::StoreArguments;
use crate::cli::arguments::{DataFormat, HEADING, TEMPLATE, TEMPLATE_WITH_COMMANDS};
use crate::domain::id::VerificationId;

/// What `varco jobs` is given.
#[derive(Args)]
#[command(help_template = TEMPLATE_WITH_COMMANDS, subcommand_required = true, subcommand_help_heading = "Comandi", disable_help_subcommand = true)]
pub(in crate::cli) struct JobsArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: JobsCommand,
}

/// What `varco jobs` is asked.
#[derive(Subcommand)]
pub(in crate::cli) enum JobsCommand {
    /// `varco jobs list`
    #[command(
        about = "Conta le verifiche in coda ed elenca quelle abbandonate dopo più tentativi",
        help_template = TEMPLATE,
        override_usage = "varco jobs list [OPZIONI]",
        after_help = "Esempio:\n  varco jobs list --format json"
    )]
    List {
        #[command(flatten)]
        store: StoreArguments,
        #[arg(long, value_name = "FORMATO", default_value = "text", hide_default_value = true, hide_possible_values = true,
            help_heading = HEADING, help = "text (se non indicato) o json")]
        format: DataFormat,
    },
    /// `varco jobs retry`
    #[command(
        about = "Rimette in coda una verifica abbandonata",
        help_template = TEMPLATE,
        override_usage = "varco jobs retry ID [OPZIONI]",
        after_help = "Esempio:\n  varco jobs retry 0190a0b0-0000-7000-8000-000000000000\n\n\
            Stato di uscita: 0 rimessa in coda, 1 non c'è, 2 richiesta non eseguibile."
    )]
    Retry {
        #[arg(value_name = "ID", value_parser = parse_id, help_heading = "Argomenti", help = "L'identificativo mostrato da varco jobs list")]
        id: VerificationId,
        #[command(flatten)]
        store: StoreArguments,
    },
}

fn parse_id(text: &str) -> Result<VerificationId, String> {
    text.parse().map_err(|_| "Serve un identificativo come li mostra varco jobs list.".to_owned())
}
