//! The commands about readers and cards.

use clap::{Args, Subcommand};

use crate::cli::arguments::{DataFormat, HEADING, TEMPLATE, TEMPLATE_WITH_COMMANDS};

/// What `varco card` is given.
#[derive(Args)]
#[command(help_template = TEMPLATE_WITH_COMMANDS, subcommand_required = true, subcommand_help_heading = "Comandi", disable_help_subcommand = true)]
pub(in crate::cli) struct CardArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: CardCommand,
}

/// What `varco card` is asked.
#[derive(Subcommand)]
pub(in crate::cli) enum CardCommand {
    /// `varco card list`
    #[command(
        about = "Elenca i lettori e le carte inserite",
        help_template = TEMPLATE,
        override_usage = "varco card list [OPZIONI]",
        after_help = "Esempio:\n  varco card list --format json"
    )]
    List {
        #[command(flatten)]
        format: FormatArgument,
    },
    /// `varco card info`
    #[command(
        about = "Descrive la carta inserita, senza i dati personali",
        help_template = TEMPLATE,
        override_usage = "varco card info [OPZIONI]",
        after_help = "Esempio:\n  varco card info --reader \"Lettore 00 00\"\n\n\
            Stato di uscita: 0 descritta, 1 la carta contraddice il suo certificato, 2 non c'è o non si può leggere."
    )]
    Info {
        #[command(flatten)]
        reader: ReaderArgument,
        #[command(flatten)]
        format: FormatArgument,
    },
    /// `varco card read`
    #[command(
        about = "Legge da una CNS chi è il titolare; non serve il PIN",
        help_template = TEMPLATE,
        override_usage = "varco card read [OPZIONI]",
        after_help = "Esempio:\n  varco card read --format json\n\n\
            I dati non sono provati finché il titolare non usa il PIN: chiunque può scriverli su una carta.\n\
            Stato di uscita: 0 letta, 1 letta ma contraddittoria, 2 non c'è o non si può leggere."
    )]
    Read {
        #[command(flatten)]
        reader: ReaderArgument,
        #[command(flatten)]
        format: FormatArgument,
    },
    /// `varco card watch`
    #[command(
        about = "Dice che cosa succede ai lettori e alle carte, fino a Ctrl-C",
        help_template = TEMPLATE,
        override_usage = "varco card watch [OPZIONI]",
        after_help = "Esempio:\n  varco card watch --format json"
    )]
    Watch {
        #[command(flatten)]
        format: FormatArgument,
    },
    /// `varco card reset`
    #[command(
        about = "Fa dimenticare alla carta il PIN già inserito",
        help_template = TEMPLATE,
        override_usage = "varco card reset [OPZIONI]",
        after_help = "Esempio:\n  varco card reset\n\n\
            Con alcuni driver la carta resta aperta dopo una firma: chi la usa dopo può firmare senza PIN."
    )]
    Reset {
        #[command(flatten)]
        reader: ReaderArgument,
    },
}

/// Which reader.
#[derive(Args)]
pub(in crate::cli) struct ReaderArgument {
    #[arg(long = "reader", value_name = "NOME", help_heading = HEADING,
        help = "Il lettore, come lo mostra varco card list; senza, l'unico con una carta")]
    pub(in crate::cli) name: Option<String>,
}

/// Which format.
#[derive(Args)]
pub(in crate::cli) struct FormatArgument {
    #[arg(long = "format", value_name = "FORMATO", default_value = "text", hide_default_value = true, hide_possible_values = true,
        help_heading = HEADING, help = "text (se non indicato) o json")]
    pub(in crate::cli) chosen: DataFormat,
}
