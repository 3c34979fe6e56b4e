//! `varco sign` and the process that holds a module.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::arguments::{HEADING, parse_fiscal_code};
use crate::domain::fiscal_code::FiscalCode;
use crate::procedures::signing::Level;
use crate::sign::pades::Certification;

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
    #[arg(long, value_name = "NOME", conflicts_with_all = ["list", "provider"], help_heading = HEADING,
        help = "Il nome o il numero di serie del dispositivo; senza, l'unico che ha la chiave")]
    pub(in crate::cli) token: Option<String>,
    #[arg(long, value_name = "NOME", conflicts_with_all = ["list", "provider"], help_heading = HEADING,
        help = "Il nome o l'identificativo esadecimale della chiave; senza, l'unica adatta")]
    pub(in crate::cli) key: Option<String>,
    #[arg(long, value_name = "CF", value_parser = parse_fiscal_code, conflicts_with = "list", help_heading = HEADING,
        help = "Il codice fiscale di chi deve firmare: con la carta di un altro non si firma e il PIN non si chiede")]
    pub(in crate::cli) fiscal_code: Option<FiscalCode>,
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
    #[arg(long, conflicts_with_all = ["list", "provider"], help_heading = HEADING,
        help = "Usa anche l'ultimo tentativo prima che la carta si blocchi, se il dispositivo dice che lo è (una CNS non lo dice)")]
    pub(in crate::cli) last_try: bool,
    #[arg(long, value_name = "FORMATO", required_unless_present = "list", conflicts_with = "list", hide_possible_values = true,
        help_heading = HEADING, help = "Formato della firma: cades o pades (PDF)")]
    pub(in crate::cli) format: Option<SignatureForm>,
    #[arg(long, value_name = "LIVELLO", required_unless_present = "list", conflicts_with = "list", hide_possible_values = true,
        help_heading = HEADING, help = "Livello della firma: b, t (con marca temporale), lt (con i dati di validazione) o lta (con marca di archivio)")]
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

    #[arg(long, value_name = "URL", conflicts_with = "list", help_heading = HEADING,
        help = "L'autorità di marcatura temporale (RFC 3161), per i livelli t, lt e lta; senza, quella della configurazione")]
    pub(in crate::cli) tsa: Option<String>,
    #[arg(long, value_name = "PERCORSO", conflicts_with = "list", help_heading = HEADING,
        help = "Certificati fidati per i livelli t, lt e lta: file o cartella, si può ripetere; senza, quelli della configurazione")]
    pub(in crate::cli) trust: Vec<PathBuf>,

    #[arg(long, conflicts_with_all = ["list", "detached", "countersign"], help_heading = CADES,
        help = "Aggiunge la firma accanto a quelle di un file già firmato (.p7m, .p7s)")]
    pub(in crate::cli) parallel: bool,
    #[arg(long, value_name = "FILE", requires = "parallel", help_heading = CADES,
        help = "Il documento, se il file già firmato non lo contiene (.p7s)")]
    pub(in crate::cli) content: Option<PathBuf>,
    #[arg(long, value_name = "N", conflicts_with_all = ["list", "detached"], help_heading = CADES,
        help = "Controfirma la firma numero N di un file già firmato")]
    pub(in crate::cli) countersign: Option<usize>,

    #[arg(long, value_name = "PAGINA,X,Y,L,A", value_parser = parse_area, conflicts_with_all = ["list", "field"], help_heading = PADES,
        help = "Firma visibile: pagina, poi X e Y dell'angolo in basso a sinistra, larghezza e altezza, in punti (1/72 di pollice)")]
    pub(in crate::cli) visible: Option<Area>,
    #[arg(long, value_name = "NOME", conflicts_with = "list", help_heading = PADES,
        help = "Firma in un campo di firma vuoto del modulo, con questo nome")]
    pub(in crate::cli) field: Option<String>,
    #[arg(long, value_name = "MODIFICHE", conflicts_with = "list", hide_possible_values = true, help_heading = PADES,
        help = "Certifica il documento e dice che cosa si può ancora fare: nothing (nulla), fill (compilare e firmare), annotate (anche annotare)")]
    pub(in crate::cli) certify: Option<Changes>,
    #[arg(long, value_name = "TESTO", conflicts_with = "list", help_heading = PADES, help = "Il motivo della firma")]
    pub(in crate::cli) reason: Option<String>,
    #[arg(long, value_name = "TESTO", conflicts_with = "list", help_heading = PADES, help = "Il luogo della firma")]
    pub(in crate::cli) location: Option<String>,
}

/// What `varco extend` is given.
#[derive(Args)]
pub(in crate::cli) struct ExtendArguments {
    #[arg(value_name = "FILE", required = true, help_heading = "Argomenti", help = "I file firmati (.p7m, .p7s, PDF)")]
    pub(in crate::cli) files: Vec<PathBuf>,

    #[arg(long, value_name = "LIVELLO", required = true, hide_possible_values = true, help_heading = HEADING,
        help = "Il livello da raggiungere: t (marca temporale), lt (dati di validazione) o lta (marca di archivio, o una nuova)")]
    pub(in crate::cli) level: RaisedLevel,
    #[arg(long, value_name = "URL", help_heading = HEADING,
        help = "L'autorità di marcatura temporale (RFC 3161); senza, quella della configurazione")]
    pub(in crate::cli) tsa: Option<String>,
    #[arg(long, value_name = "PERCORSO", help_heading = HEADING,
        help = "Certificati fidati, di chi ha firmato e dell'autorità: file o cartella, si può ripetere; senza, quelli della configurazione")]
    pub(in crate::cli) trust: Vec<PathBuf>,
    #[arg(long, value_name = "FILE", help_heading = HEADING,
        help = "Il documento, se il file firmato non lo contiene (.p7s)")]
    pub(in crate::cli) content: Option<PathBuf>,
    #[arg(long, value_name = "FILE", required_unless_present = "output_dir", conflicts_with = "output_dir", help_heading = HEADING,
        help = "Il nuovo file, per un solo documento; non deve esistere")]
    pub(in crate::cli) output: Option<PathBuf>,
    #[arg(long, value_name = "CARTELLA", help_heading = HEADING,
        help = "La cartella dei nuovi file, che prendono il nome del documento con il livello: accordo-lt.pdf")]
    pub(in crate::cli) output_dir: Option<PathBuf>,
    #[arg(long, help_heading = HEADING, help = "Risultati ed errori come JSON")]
    pub(in crate::cli) json: bool,
    #[arg(long, value_name = "FILE", help_heading = HEADING,
        help = "Il file di configurazione; se non indicato, /etc/varco/varco.toml se c'è")]
    pub(in crate::cli) config: Option<PathBuf>,
}

const CADES: &str = "Opzioni di --format cades";
const PADES: &str = "Opzioni di --format pades";

/// Who is asked for what levels above B need.
pub(in crate::cli) struct AuthorityArguments<'a> {
    pub(in crate::cli) config: Option<&'a Path>,
    pub(in crate::cli) tsa: Option<&'a str>,
    pub(in crate::cli) trust: &'a [PathBuf],
}

impl SignArguments {
    pub(in crate::cli) fn authorities(&self) -> AuthorityArguments<'_> {
        AuthorityArguments { config: self.config.as_deref(), tsa: self.tsa.as_deref(), trust: &self.trust }
    }
}

impl ExtendArguments {
    pub(in crate::cli) fn authorities(&self) -> AuthorityArguments<'_> {
        AuthorityArguments { config: self.config.as_deref(), tsa: self.tsa.as_deref(), trust: &self.trust }
    }
}

/// Where a visible signature goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::cli) struct Area {
    pub(in crate::cli) page: usize,
    /// Left, bottom, right, top.
    pub(in crate::cli) corners: [f64; 4],
}

fn parse_area(text: &str) -> Result<Area, String> {
    let wrong = || "servono pagina, X, Y, larghezza e altezza, con virgole: per esempio 1,50,50,200,60".to_owned();
    let (page, rest) = text.split_once(',').ok_or_else(wrong)?;
    let page = page.trim().parse().ok().filter(|page| *page > 0).ok_or_else(wrong)?;
    let numbers = rest.split(',').map(|number| number.trim().parse::<f64>().ok().filter(|number| number.is_finite()));
    let numbers: Option<Vec<f64>> = numbers.collect();
    match numbers.as_deref() {
        Some(&[left, bottom, width, height]) if width > 0.0 && height > 0.0 => {
            Ok(Area { page, corners: [left, bottom, left + width, bottom + height] })
        }
        _ => Err(wrong()),
    }
}

/// What may still be done to a certified document.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum Changes {
    /// `P` 1.
    Nothing,
    /// `P` 2.
    Fill,
    /// `P` 3.
    Annotate,
}

impl Changes {
    pub(in crate::cli) const fn certification(self) -> Certification {
        match self {
            Self::Nothing => Certification::NoChanges,
            Self::Fill => Certification::Filling,
            Self::Annotate => Certification::Annotating,
        }
    }
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
    /// With a timestamp.
    T,
    /// With validation data.
    Lt,
    /// With an archive timestamp.
    Lta,
}

impl SignatureLevel {
    pub(in crate::cli) const fn level(self) -> Level {
        match self {
            Self::B => Level::B,
            Self::T => Level::T,
            Self::Lt => Level::Lt,
            Self::Lta => Level::Lta,
        }
    }
}

/// Levels that a signature can be raised to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum RaisedLevel {
    /// With a timestamp.
    T,
    /// With validation data.
    Lt,
    /// With an archive timestamp.
    Lta,
}

impl RaisedLevel {
    pub(in crate::cli) const fn level(self) -> Level {
        match self {
            Self::T => Level::T,
            Self::Lt => Level::Lt,
            Self::Lta => Level::Lta,
        }
    }

    /// What stands in the names of results.
    pub(in crate::cli) const fn mark(self) -> &'static str {
        match self {
            Self::T => "-t",
            Self::Lt => "-lt",
            Self::Lta => "-lta",
        }
    }
}

/// What `varco pkcs11-worker` is given, by `varco` itself.
#[derive(Args)]
pub(in crate::cli) struct WorkerArguments {
    pub(in crate::cli) allowed_ms: u64,
    pub(in crate::cli) module: PathBuf,
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
  varco sign --module bit4id --format pades --level lt --tsa http://marche.esempio.it/tsa --trust /etc/varco/trust \\
      --visible 1,50,50,200,60 --reason \"Accordo di servizio\" --output accordo-firmato.pdf accordo.pdf
      firma un PDF, in vista sulla prima pagina, con marca temporale e dati di validazione
  varco sign --module bit4id --format pades --level b --certify fill --output modulo-firmato.pdf modulo.pdf
      certifica un modulo: altri lo potranno compilare e firmare
  varco sign --module bit4id --format cades --level b --parallel --output due.p7m uno.p7m
      aggiunge una firma accanto a quella di uno.p7m; con --countersign 1 la controfirma

Un PIN sbagliato non viene mai riprovato. Stato di uscita: 0 firmato, 1 rifiutato dalla carta, dalle regole o dalla \
persona, 2 non si è potuto cominciare.";

pub(super) const EXTEND_EXAMPLES: &str = "\
Esempi:
  varco extend --level lt --tsa http://marche.esempio.it/tsa --trust /etc/varco/trust --output accordo-lt.pdf accordo.pdf
      aggiunge a un PDF firmato da chiunque la marca temporale che manca e i dati con cui verificarlo tra anni
  varco extend --level lta --output-dir archivio *.p7m
      porta più file al livello di archivio, con autorità e certificati fidati della configurazione

Non serve alcuna chiave e le firme che ci sono non cambiano. Una firma non valida o di chi non è fidato è rifiutata; \
una revocata ai livelli lt e lta, che ne chiedono lo stato. Stato di uscita: 0 fatto, 1 una firma non lo permette, 2 non si è potuto cominciare.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_is_a_page_a_corner_and_a_size() {
        let area = Area { page: 2, corners: [10.0, 20.5, 110.0, 60.5] };
        assert_eq!(parse_area("2,10,20.5,100,40"), Ok(area));
        for wrong in
            ["", "1", "0,1,1,1,1", "1,1,1,0,1", "1,1,1,1", "1,1,1,1,1,1", "1,a,1,1,1", "1,nan,1,1,1", "1,1,inf,1,1"]
        {
            assert!(parse_area(wrong).is_err(), "{wrong}");
        }
    }
}
