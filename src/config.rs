//! Settings: one TOML file, what the environment says instead, and every mistake of both at once, in Italian.
//!
//! Secrets never stand in it: only the names of the files that hold them.

mod documents;
mod providers;
mod reader;
mod sign;
mod values;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::audit::KeyName;
use crate::blob::BlobPlace;
use crate::config::reader::{Reader, Value};
use crate::http::{ConnectionLimits, ListenSettings, RequestLimits};
use crate::procedures::app::{Retention, TrustFiles};
use crate::procedures::signing::AuthoritySettings;
use crate::procedures::verification::REMEMBERED_SIGNERS;
use crate::sign::pkcs11::ModuleSettings;
use crate::sign::remote::ProviderSettings;
use crate::store::StoreUrl;
use crate::web::PageSettings;

pub use reader::{Fault, Place};
pub use values::plain_store_url;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the service listens.
    pub listen: ListenSettings,
    /// Where administrators find metrics; `None` for nowhere.
    pub admin: Option<SocketAddr>,
    /// What keeps verifications and tokens.
    pub store: StoreUrl,
    /// Where documents are that outlive a request; `None` for nowhere.
    pub documents: Option<BlobPlace>,
    /// Where anchors, CRLs and OCSP responses are.
    pub trust: TrustFiles,
    /// Bounds on connections.
    pub connections: ConnectionLimits,
    /// Bounds on requests.
    pub requests: RequestLimits,
    /// The time that one document may take.
    pub judgement_time: Duration,
    /// Where large documents wait, in files without a name; `None` for the system's folder for such things.
    pub temporary_folder: Option<PathBuf>,
    /// How long things are kept.
    pub retention: Retention,
    /// What seals the trail; `None`: nothing does.
    pub seal: Option<SealSettings>,
    /// The page for people; `None` where it is not switched on.
    pub page: Option<PageSettings>,
    /// Modules of cards and tokens.
    pub modules: ModuleSettings,
    /// What is logged.
    pub log: LogLevel,
}

/// How checkpoints of the trail are signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SealSettings {
    /// The private key; it is made where there is none.
    pub key: PathBuf,
    /// The name of the trail, the same for as long as it lives.
    pub origin: KeyName,
}

/// From where on something is logged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// What may need somebody.
    Warn,
    /// Each request too.
    Info,
    /// What developers ask for.
    Debug,
}

/// What the process was started with, as far as settings look at it.
pub type Environment = BTreeMap<String, String>;

/// Names of the environment that are settings: `VARCO_SECTION__KEY`.
const PREFIX: &str = "VARCO_";
/// A file of settings is small.
const MAX_LEN: u64 = 1024 * 1024;

impl Config {
    /// Reads a file; without one, all comes from `environment`. The error is every fault that was found.
    pub fn load(file: Option<&Path>, environment: &Environment) -> Result<Self, Vec<Fault>> {
        Self::parse(&text_of(file)?, environment)
    }

    /// Reads of a file, or of `environment`, only which modules of cards and tokens there are: who signs at a desk has no
    /// service to set up.
    pub fn load_modules(file: Option<&Path>, environment: &Environment) -> Result<ModuleSettings, Vec<Fault>> {
        let text = text_of(file)?;
        let mut reader = Reader::new(&text, overrides(environment))?;
        reader.leave_only(sign::SECTION);
        let modules = sign::modules(&mut reader);
        sign::authorities(&mut reader);
        sign::providers(&mut reader, environment);
        reader.finish(Some(modules))
    }

    /// The same for one provider of remote signatures, by its id; of the others the secrets are not read.
    pub fn load_provider(
        id: &str,
        file: Option<&Path>,
        environment: &Environment,
    ) -> Result<ProviderSettings, Vec<Fault>> {
        let text = text_of(file)?;
        let mut reader = Reader::new(&text, overrides(environment))?;
        reader.leave_only(sign::SECTION);
        sign::modules(&mut reader);
        sign::authorities(&mut reader);
        let provider = sign::provider(id, &mut reader, environment);
        reader.finish(provider)
    }

    /// Reads likewise whom signatures of the higher levels need, and the anchors of `[trust]`.
    pub fn load_authorities(file: Option<&Path>, environment: &Environment) -> Result<AuthoritySettings, Vec<Fault>> {
        let text = text_of(file)?;
        let mut reader = Reader::new(&text, overrides(environment))?;
        reader.leave(|section, key| section == sign::SECTION || (section, key) == ("trust", "anchors"));
        sign::modules(&mut reader);
        let authorities = sign::authorities(&mut reader);
        sign::providers(&mut reader, environment);
        let trust = reader.get("trust", "anchors", values::paths).unwrap_or_default();
        reader.finish(Some(AuthoritySettings { trust, ..authorities }))
    }

    /// Reads the text of a file.
    pub fn parse(text: &str, environment: &Environment) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::new(text, overrides(environment))?;
        let config = Self::read(&mut reader, environment);
        reader.finish(config)
    }

    /// `None` where something that is needed is missing or wrong: the reader knows what.
    fn read(reader: &mut Reader<'_>, environment: &Environment) -> Option<Self> {
        let standard = ConnectionLimits::STANDARD;
        let connections = ConnectionLimits {
            connections: reader.get("limits", "connections", values::count).unwrap_or(standard.connections),
            connections_per_address: reader
                .get("limits", "connections_per_address", values::count)
                .unwrap_or(standard.connections_per_address),
            handshake: reader.get("limits", "handshake_seconds", values::seconds).unwrap_or(standard.handshake),
            head: reader.get("limits", "head_seconds", values::seconds).unwrap_or(standard.head),
            idle: reader.get("limits", "idle_seconds", values::seconds).unwrap_or(standard.idle),
            shutdown: reader.get("limits", "shutdown_seconds", values::seconds).unwrap_or(standard.shutdown),
        };
        let standard = RequestLimits::STANDARD;
        let places = reader.get("limits", "requests", values::count).unwrap_or(standard.places);
        // In the proportion of the standard; where there is but one place, it is anybody's.
        let per_token = (places.saturating_sub(places / 6)).max(1);
        let requests = RequestLimits {
            body_len: reader.get("limits", "upload_octets", values::octets).unwrap_or(standard.body_len),
            piece: reader.get("limits", "body_piece_seconds", values::seconds).unwrap_or(standard.piece),
            least_rate: reader.get("limits", "body_octets_per_second", values::octets).unwrap_or(standard.least_rate),
            whole_body: reader.get("limits", "body_seconds", values::seconds).unwrap_or(standard.whole_body),
            places,
            places_per_token: reader.get("limits", "requests_per_token", values::count).unwrap_or(per_token),
            waiting: reader.get("limits", "requests_waiting", values::count).unwrap_or(standard.waiting),
            patience: reader.get("limits", "waiting_seconds", values::seconds).unwrap_or(standard.patience),
            per_minute: reader.get("limits", "requests_per_minute", values::per_minute).unwrap_or(standard.per_minute),
            refused_tokens_per_minute: reader
                .get("limits", "refused_tokens_per_minute", values::at_least_one)
                .unwrap_or(standard.refused_tokens_per_minute),
        };
        let judgement_time = reader.get("limits", "judgement_seconds", values::seconds);
        let reports = reader.get("retention", "report_days", values::days);
        let page = page(reader);
        let log = reader.get("log", "level", values::level);
        let admin = reader.get("admin", "address", values::optional_address);
        let temporary_folder = reader.get("limits", "temporary_folder", values::folder);
        let crls = reader.get("trust", "crls", values::paths);
        let ocsp = reader.get("trust", "ocsp", values::paths);
        let anchors = reader.need("trust", "anchors", values::paths);
        let remembered = reader.get("trust", "remembered_signers", values::remembered);
        let address = reader.need("listen", "address", values::address);
        let certificate = reader.need("listen", "tls_certificate", values::path);
        let private_key = reader.need("listen", "tls_key", values::path);
        let seal = seal(reader);
        let modules = sign::modules(reader);
        sign::authorities(reader);
        sign::providers(reader, environment);
        let public_url = reader.get("listen", "public_url", values::public_url);
        let store = store(reader, environment);
        let documents = documents::place(reader, environment);
        let kept_documents = documents::retention(reader, documents.as_ref());
        let address = address?;
        Some(Self {
            seal,
            listen: ListenSettings {
                address,
                certificate: certificate?,
                private_key: private_key?,
                public_url: public_url.unwrap_or_else(|| format!("https://localhost:{}", address.port())),
            },
            admin: admin.unwrap_or(Some(SocketAddr::from(([127, 0, 0, 1], 9464)))),
            store: store?,
            documents,
            trust: TrustFiles {
                trust: anchors?,
                crls: crls.unwrap_or_default(),
                ocsp: ocsp.unwrap_or_default(),
                remembered: remembered.unwrap_or(REMEMBERED_SIGNERS),
            },
            connections,
            requests,
            judgement_time: judgement_time.unwrap_or(Duration::from_mins(1)),
            temporary_folder,
            retention: Retention {
                reports: reports.unwrap_or(Duration::from_hours(24 * 90)),
                documents: kept_documents,
            },
            page,
            modules,
            log: log.unwrap_or(LogLevel::Info),
        })
    }
}

/// What of the environment are settings: section, key, name of the variable, value.
fn overrides(environment: &Environment) -> impl Iterator<Item = (String, String, String, String)> {
    environment.iter().filter_map(|(name, value)| {
        let (section, key) = name.strip_prefix(PREFIX)?.split_once("__")?;
        Some((section.to_ascii_lowercase(), key.to_ascii_lowercase(), name.clone(), value.clone()))
    })
}

fn text_of(file: Option<&Path>) -> Result<String, Vec<Fault>> {
    match file {
        Some(path) => read(path).map_err(|detail| vec![Fault { place: Place::File, detail }]),
        None => Ok(String::new()),
    }
}

/// Key and name of the trail: both or neither.
fn seal(reader: &mut Reader<'_>) -> Option<SealSettings> {
    let key = reader.get("audit", "key", values::path);
    let origin = reader.get("audit", "origin", values::key_name);
    match (key, origin) {
        (Some(key), Some(origin)) => Some(SealSettings { key, origin }),
        (None, None) => None,
        _ => {
            reader.fault_unless_faulty(
                "audit",
                "key e origin servono insieme: per esempio key = \"/var/lib/varco/audit.pem\" e origin = \"varco.example/registro\"",
            );
            None
        }
    }
}

/// The page is there only where it is asked for; the mistakes of one that is not are told all the same.
fn page(reader: &mut Reader<'_>) -> Option<PageSettings> {
    let standard = PageSettings::default();
    let settings = PageSettings {
        owner: reader.get("page", "owner", values::line),
        accessibility_statement: reader.get("page", "accessibility_statement", values::web_address),
        privacy_notice: reader.get("page", "privacy_notice", values::web_address),
        pictures: reader.get("page", "pictures", values::switch).unwrap_or(standard.pictures),
        requests_per_minute: reader
            .get("page", "requests_per_minute", values::at_least_one)
            .unwrap_or(standard.requests_per_minute),
        burst: reader.get("page", "burst", values::at_least_one).unwrap_or(standard.burst),
    };
    reader.get("page", "enabled", values::switch).unwrap_or(false).then_some(settings)
}

/// The address of the store: as it is when it holds no password, else in a file or a credential of systemd.
fn store(reader: &mut Reader<'_>, environment: &Environment) -> Option<StoreUrl> {
    let url = reader.get("store", "url", values::store_url);
    let in_file = reader.get("store", "url_file", |value| {
        let path = values::path(value)?;
        values::secret_url(&read(&path)?)
    });
    let in_credential =
        reader.get("store", "url_credential", |value| values::secret_url(&read(&credential(value, environment)?)?));
    let given: Vec<StoreUrl> = [url, in_file, in_credential].into_iter().flatten().collect();
    if let Ok([one]) = <[StoreUrl; 1]>::try_from(given) {
        return Some(one);
    }
    reader.fault_unless_faulty(
        "store",
        "serve uno e uno solo fra url, url_file e url_credential: per esempio url = \"sqlite:/var/lib/varco/varco.db\"",
    );
    None
}

/// The file of a credential of systemd.
fn credential(value: &Value<'_>, environment: &Environment) -> Result<PathBuf, String> {
    let name = values::credential_name(value)?;
    let folder = environment
        .get("CREDENTIALS_DIRECTORY")
        .ok_or("le credenziali di systemd non ci sono (CREDENTIALS_DIRECTORY): serve LoadCredential= nel servizio")?;
    Ok(Path::new(folder).join(name))
}

fn read(path: &Path) -> Result<String, String> {
    let wrong = |error: std::io::Error| format!("{}: {}", path.display(), crate::problem::io_words(&error));
    if fs::metadata(path).map_err(wrong)?.len() > MAX_LEN {
        return Err(format!("{}: il file è troppo grande per contenere impostazioni", path.display()));
    }
    fs::read_to_string(path).map_err(wrong)
}

#[cfg(test)]
mod tests;
