//! `varco sign` and the process that holds a module.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::arguments::{COMING, HEADING};

/// What `varco sign` is given.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "options of a command line that are there or not")]
pub(in crate::cli) struct SignArguments {
    #[arg(
        value_name = "DOCUMENTO",
        required_unless_present = "list",
        conflicts_with = "list",
        help_heading = "Argomenti",
        help = "I documenti da firmare"
    )]
    pub(in crate::cli) files: Vec<PathBuf>,

    #[arg(long, value_name = "ID", required_unless_present = "provider", conflicts_with = "provider", help_heading = HEADING,
        help = "Il modulo del dispositivo: softhsm2, opensc, bit4id, cie, idemia, athena, safenet, o uno della configurazione")]
    pub(in crate::cli) module: Option<String>,
    #[arg(long, value_name = "NOME", conflicts_with = "list", help_heading = HEADING,
        help = "Il nome o il numero di serie del dispositivo; senza, l'unico collegato")]
    pub(in crate::cli) token: Option<String>,
    #[arg(long, value_name = "NOME", conflicts_with = "list", help_heading = HEADING,
        help = "Il nome o l'identificativo esadecimale della chiave; senza, l'unica adatta")]
    pub(in crate::cli) key: Option<String>,
    #[arg(long, value_name = "FILE", conflicts_with = "list", help_heading = HEADING,
        help = "Un file con il PIN, su una riga; - legge lo standard input. Senza, il PIN si digita")]
    pub(in crate::cli) pin_file: Option<PathBuf>,
    #[arg(long, value_name = "ID", conflicts_with_all = ["token", "key", "last_try"], help_heading = HEADING,
        help = "Il fornitore di firma remota, fra quelli della configurazione, al posto di un modulo")]
    pub(in crate::cli) provider: Option<String>,
    #[arg(long, value_name = "ID", requires = "provider", conflicts_with = "list", help_heading = HEADING,
        help = "La credenziale presso il fornitore; senza, l'unica adatta")]
    pub(in crate::cli) credential: Option<String>,
    #[arg(long, value_name = "FILE", requires = "provider", conflicts_with = "list", help_heading = HEADING,
        help = "Un file con il codice usa e getta del fornitore, su una riga; - legge lo standard input. Senza, si digita")]
    pub(in crate::cli) otp_file: Option<PathBuf>,
    #[arg(long, conflicts_with = "list", help_heading = HEADING,
        help = "Usa anche l'ultimo tentativo prima che la carta si blocchi")]
    pub(in crate::cli) last_try: bool,
    #[arg(long, value_name = "FORMATO", required_unless_present = "list", conflicts_with = "list", hide_possible_values = true,
        help_heading = HEADING, help = "Formato della firma: cades o pades (PDF)")]
    pub(in crate::cli) format: Option<SignatureForm>,
    #[arg(long, value_name = "LIVELLO", required_unless_present = "list", conflicts_with = "list", hide_possible_values = true,
        help_heading = HEADING, help = "Livello della firma: b; t, lt e lta verranno")]
    pub(in crate::cli) level: Option<SignatureLevel>,
    #[arg(long, conflicts_with = "list", help_heading = HEADING, help = "La firma in un file a parte (.p7s), senza il documento")]
    pub(in crate::cli) detached: bool,
    #[arg(long, value_name = "FILE", required_unless_present_any = ["list", "output_dir"], conflicts_with_all = ["list", "output_dir"],
        help_heading = HEADING, help = "Il file firmato, per un solo documento; non deve esistere")]
    pub(in crate::cli) output: Option<PathBuf>,
    #[arg(long, value_name = "CARTELLA", conflicts_with = "list", help_heading = HEADING,
        help = "La cartella dei file firmati, che prendono il nome del documento con .p7m, .p7s o -firmato.pdf")]
    pub(in crate::cli) output_dir: Option<PathBuf>,

    #[arg(long, help_heading = HEADING, help = "Mostra dispositivi e chiavi, e quali sono adatte a firmare; non serve il PIN")]
    pub(in crate::cli) list: bool,
    #[arg(long, help_heading = HEADING, help = "Risultati ed errori come JSON")]
    pub(in crate::cli) json: bool,
    #[arg(long, value_name = "FILE", help_heading = HEADING,
        help = "Il file di configurazione con altri moduli; se non indicato, /etc/varco/varco.toml se c'è")]
    pub(in crate::cli) config: Option<PathBuf>,

    #[arg(long, value_name = "URL", help_heading = COMING, help = "L'autorità di marcatura temporale")]
    tsa: Option<String>,
}

/// Forms of a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum SignatureForm {
    /// EN 319 122.
    Cades,
    /// EN 319 142.
    Pades,
}

/// Levels of a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum SignatureLevel {
    /// The signature alone.
    B,
    /// With a timestamp; not built yet.
    T,
    /// With revocation data; not built yet.
    Lt,
    /// With an archive timestamp; not built yet.
    Lta,
}

/// What `varco pkcs11-worker` is given, by `varco` itself.
#[derive(Args)]
pub(in crate::cli) struct WorkerArguments {
    pub(in crate::cli) allowed_ms: u64,
    pub(in crate::cli) module: PathBuf,
}

impl SignArguments {
    /// The option or value that was given and is not built yet.
    pub(in crate::cli) fn not_built(&self) -> Option<&'static str> {
        let asked = [
            (self.detached && self.format == Some(SignatureForm::Pades), "--detached con --format pades"),
            (self.level.is_some_and(|level| level != SignatureLevel::B), "--level t, lt o lta"),
            (self.tsa.is_some(), "--tsa"),
        ];
        asked.into_iter().find(|(given, _)| *given).map(|(_, option)| option)
    }
}

pub(super) const EXAMPLES: &str = "\
Esempi:
  varco sign --list --module opensc
      mostra le carte collegate, le loro chiavi e quali sono adatte a firmare
  varco sign --module bit4id --format cades --level b --output accordo.pdf.p7m accordo.pdf
      firma un documento con l'unica chiave adatta; il PIN si digita
  varco sign --module softhsm2 --token FIRMA --key a1 --pin-file pin --format cades --level b --output-dir firmati *.pdf
      firma più documenti con un solo inserimento del PIN
  varco sign --provider fornitore --format pades --level b --output-dir firmati *.pdf
      firma con una chiave di un fornitore di firma remota: PIN e codice si digitano, una volta per tutti i documenti

Un PIN sbagliato non viene mai riprovato. Stato di uscita: 0 firmato, 1 rifiutato dalla carta, dalle regole o dalla \
persona, 2 non si è potuto cominciare.";
