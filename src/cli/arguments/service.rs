//! The commands of the service.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use time::UtcDateTime;

use crate::cli::arguments::{DataFormat, HEADING, TEMPLATE, TEMPLATE_WITH_COMMANDS, parse_time};
use crate::config::plain_store_url;
use crate::domain::actor::Permission;
use crate::domain::id::TokenId;
use crate::store::StoreUrl;

/// What `varco serve` is given.
#[derive(Args)]
pub(in crate::cli) struct ServeArguments {
    #[arg(long, value_name = "FILE", help_heading = HEADING,
        help = "Il file di configurazione; se non indicato, /etc/varco/varco.toml se c'è")]
    pub(in crate::cli) config: Option<PathBuf>,
    #[arg(long, help_heading = HEADING, help = "Controlla la configurazione e i file che nomina, senza avviare nulla")]
    pub(in crate::cli) check: bool,
}

/// Which store a command is about.
#[derive(Args)]
#[command(group = ArgGroup::new("which-store").multiple(false))]
pub(in crate::cli) struct StoreArguments {
    #[arg(long, value_name = "FILE", group = "which-store", help_heading = HEADING,
        help = "Il file di configurazione del servizio; se non indicato, /etc/varco/varco.toml se c'è")]
    pub(in crate::cli) config: Option<PathBuf>,
    #[arg(long, value_name = "URL", value_parser = plain_store_url, group = "which-store", help_heading = HEADING,
        help = "L'archivio, invece di quello della configurazione: sqlite:FILE o postgres://…")]
    pub(in crate::cli) store: Option<StoreUrl>,
}

/// What `varco token` is asked.
#[derive(Subcommand)]
pub(in crate::cli) enum TokenCommand {
    /// `varco token create`
    #[command(
        about = "Crea un token e lo mostra, una volta sola",
        help_template = TEMPLATE,
        override_usage = "varco token create --name NOME [OPZIONI]",
        after_help = "Esempio:\n  varco token create --name \"portale di prova\" --expires 2027-12-31T23:00:00Z"
    )]
    Create(CreateTokenArguments),
    /// `varco token list`
    #[command(
        about = "Elenca i token, senza mostrarli",
        help_template = TEMPLATE,
        override_usage = "varco token list [OPZIONI]",
        after_help = "Esempio:\n  varco token list --format json"
    )]
    List {
        #[command(flatten)]
        store: StoreArguments,
        #[arg(long, value_name = "FORMATO", default_value = "text", hide_default_value = true, hide_possible_values = true,
            help_heading = HEADING, help = "text (se non indicato) o json")]
        format: DataFormat,
    },
    /// `varco token revoke`
    #[command(
        about = "Revoca un token, da subito",
        help_template = TEMPLATE,
        override_usage = "varco token revoke ID [OPZIONI]",
        after_help = "Esempio:\n  varco token revoke 0190a0b0-0000-7000-8000-000000000000\n\n\
            Stato di uscita: 0 revocato, 1 non c'è o era già revocato, 2 richiesta non eseguibile."
    )]
    Revoke {
        #[arg(value_name = "ID", value_parser = parse_id, help_heading = "Argomenti", help = "L'identificativo mostrato da varco token list")]
        id: TokenId,
        #[command(flatten)]
        store: StoreArguments,
    },
}

/// What `varco token create` is given.
#[derive(Args)]
pub(in crate::cli) struct CreateTokenArguments {
    #[arg(long, value_name = "NOME", help_heading = HEADING, help = "Per chi è, in parole: per esempio il nome del portale")]
    pub(in crate::cli) name: String,
    #[arg(long, value_name = "SCOPE", value_parser = parse_scope, default_value = "verifications", hide_default_value = true,
        help_heading = HEADING, help = "Che cosa permette: verifications (se non indicato) o audit; si può ripetere")]
    pub(in crate::cli) scope: Vec<Permission>,
    #[arg(long, value_name = "DATA", value_parser = parse_time, help_heading = HEADING,
        help = "Quando scade, per esempio 2027-12-31T23:00:00Z; senza, non scade")]
    pub(in crate::cli) expires: Option<UtcDateTime>,
    #[command(flatten)]
    pub(in crate::cli) store: StoreArguments,
    #[arg(long, value_name = "FORMATO", default_value = "text", hide_default_value = true, hide_possible_values = true,
        help_heading = HEADING, help = "text (se non indicato) o json")]
    pub(in crate::cli) format: DataFormat,
}

/// What `varco token` is given.
#[derive(Args)]
#[command(help_template = TEMPLATE_WITH_COMMANDS, subcommand_required = true, subcommand_help_heading = "Comandi", disable_help_subcommand = true)]
pub(in crate::cli) struct TokenArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: TokenCommand,
}

fn parse_scope(text: &str) -> Result<Permission, String> {
    text.parse().map_err(|_| {
        let known = Permission::ALL.map(Permission::scope);
        format!("Gli scope sono: {}.", known.join(", "))
    })
}

fn parse_id(text: &str) -> Result<TokenId, String> {
    text.parse().map_err(|_| "Serve un identificativo come li mostra varco token list.".to_owned())
}
