//! `varco serve`: settings in, a service until it is told to stop.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::sync::watch;
use tracing::{error, info};
use tracing_subscriber::EnvFilter;

use crate::blob::{BlobPlace, Blobs};
use crate::cli::arguments::ServeArguments;
use crate::cli::notify::Supervisor;
use crate::cli::{Environment, Status, Terminal};
use crate::clock;
use crate::config::{self, Config, Fault, LogLevel};
use crate::http::{self, Listener, Metrics, Tls, TlsError};
use crate::jobs;
use crate::problem::{Kind, Problem, io_words};
use crate::procedures::app::{App, Parts};
use crate::procedures::trail::key::TrailKey;
use crate::procedures::verification::VerificationSettings;
use crate::store::{Store, StoreError};
use crate::verify::{Limits, Policy, escape};
use crate::web;

/// Where settings are when nobody says where.
const USUAL_FILE: &str = "/etc/varco/varco.toml";

/// Carries it out.
pub(super) fn run(arguments: &ServeArguments, environment: &Environment) -> Status {
    let terminal = Terminal::new(false);
    let prepared = load_config(arguments.config.as_deref()).and_then(|config| prepare(config, environment));
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(problem) => return terminal.refuse(&problem),
    };
    if arguments.check {
        let trust = &prepared.config.trust;
        if let Err(error) = trust.load(clock::now()) {
            return terminal.refuse(&Problem::of_material(&error));
        }
        return terminal.tell(Ok("configurazione valida\n".to_owned()), Status::Good);
    }
    log_as_json(prepared.config.log);
    match runtime().and_then(|runtime| runtime.block_on(serve(prepared))) {
        Ok(()) => Status::Good,
        Err(problem) => terminal.refuse(&problem),
    }
}

/// The settings from a file, or from the usual one if it is there, and from the environment.
pub(super) fn load_config(file: Option<&Path>) -> Result<Config, Problem> {
    load_with(file, Config::load)
}

/// The same, as far as `load` reads it.
pub(super) fn load_with<T>(
    file: Option<&Path>,
    load: impl FnOnce(Option<&Path>, &config::Environment) -> Result<T, Vec<Fault>>,
) -> Result<T, Problem> {
    let usual = Path::new(USUAL_FILE);
    let file = file.or_else(|| usual.exists().then_some(usual));
    // What is not text is no setting of ours.
    let variables =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    load(file, &variables.collect()).map_err(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let problem = Problem::new(Kind::Configuration, faults.join("\n        "));
        match file {
            Some(file) => problem.about(&file.to_string_lossy()),
            None => problem,
        }
    })
}

/// Several threads: as many as there are processors.
pub(super) fn runtime() -> Result<Runtime, Problem> {
    Runtime::new()
        .map_err(|error| Problem::new(Kind::Internal, format!("Non si può cominciare: {}.", io_words(&error))))
}

/// Opens the store, whose tables it brings up to date.
pub(super) async fn open_store(url: &crate::store::StoreUrl) -> Result<Store, Problem> {
    Store::open(url).await.map_err(|error| of_store(&error))
}

/// Opens the place of documents, which it makes where there is none.
fn open_blobs(place: BlobPlace) -> Result<Blobs, Problem> {
    Blobs::open(place).map_err(|error| {
        let detail = escape(&error.to_string());
        Problem::new(
            Kind::Configuration,
            format!("Il posto dei documenti (documents.place) non si può usare (dettaglio tecnico: {detail})."),
        )
    })
}

/// What an administrator reads of a store that does not work; it holds no personal data.
pub(super) fn of_store(error: &StoreError) -> Problem {
    Problem::new(
        Kind::Unavailable,
        format!("L'archivio non si può usare (dettaglio tecnico: {}).", escape(&error.to_string())),
    )
}

/// What can be loaded before anything is started.
struct Prepared {
    config: Config,
    tls: Tls,
    temporary_folder: PathBuf,
    supervisor: Supervisor,
}

fn prepare(config: Config, environment: &Environment) -> Result<Prepared, Problem> {
    let tls = Tls::load(&config.listen).map_err(|error| of_tls(&error))?;
    let temporary_folder = config.temporary_folder.clone().unwrap_or_else(|| environment.temporary_folder.clone());
    Ok(Prepared { config, tls, temporary_folder, supervisor: environment.supervisor.clone() })
}

fn of_tls(error: &TlsError) -> Problem {
    let (path, detail) = match error {
        TlsError::Certificate { path, source } => {
            (Some(path), format!("Il certificato TLS (PEM) non si può leggere (dettaglio tecnico: {source})."))
        }
        TlsError::Key { path, source } => {
            (Some(path), format!("La chiave TLS (PEM) non si può leggere (dettaglio tecnico: {source})."))
        }
        TlsError::Unusable(error) => {
            (None, format!("Certificato e chiave TLS non si possono usare insieme (dettaglio tecnico: {error})."))
        }
    };
    let problem = Problem::new(Kind::Configuration, detail);
    match path {
        Some(path) => problem.about(&path.to_string_lossy()),
        None => problem,
    }
}

async fn serve(prepared: Prepared) -> Result<(), Problem> {
    let Prepared { config, tls, temporary_folder, supervisor } = prepared;
    let limits = Limits { document_len: config.requests.body_len, ..Limits::STANDARD };
    let verification = VerificationSettings {
        policy: Policy::italian(),
        limits,
        time_allowed: config.judgement_time,
        temporary_folder: temporary_folder.clone(),
    };
    let key = config.seal.map(|seal| TrailKey::open_or_create(&seal.key, seal.origin));
    let key = key.transpose().map_err(|error| Problem::of_key_file(&error))?;
    let store = open_store(&config.store).await?;
    let blobs = config.documents.map(open_blobs).transpose()?;
    let judges = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = Parts {
        store: store.clone(),
        blobs,
        trust_files: config.trust,
        verification,
        retention: config.retention,
        judges,
    };
    let app = Arc::new(App::new(parts, clock::now()).map_err(|error| Problem::of_material(&error))?);
    let metrics = Arc::new(Metrics::default());
    let bind = |address, tls| Listener::bind(address, tls, config.connections, Arc::clone(&metrics));
    let listener = bind(config.listen.address, Some(tls.config()))
        .await
        .map_err(|error| not_bound(config.listen.address, &error))?;
    let administration = match config.admin {
        Some(address) => Some(bind(address, None).await.map_err(|error| not_bound(address, &error))?),
        None => None,
    };
    let (stop, stopped) = watch::channel(false);
    // Whoever is told that the service listens may stop it at once.
    let signals = http::stop_on_signal(stop).and_then(|()| tls.reload_on_hangup());
    if let Err(error) = signals {
        error!(%error, "signals cannot be received");
    }
    if let Some(administration) = administration {
        info!(address = %told(&administration), "administration listens");
        tokio::spawn(administration.serve(http::administration(Arc::clone(&metrics)), stopped.clone()));
    }
    info!(address = %told(&listener), "service listens");
    supervisor.tell("READY=1");
    // One processor stays for whoever waits for the answer.
    let places = judges.saturating_sub(1).max(1);
    let work = jobs::run(Arc::clone(&app), key, Arc::clone(&metrics), places, stopped.clone());
    let work = tokio::spawn(work);
    let page = config.page.map(|settings| web::router(Arc::clone(&app), settings, config.requests));
    let router = http::service(http::Service {
        app,
        page,
        folder: temporary_folder,
        limits: config.requests,
        metrics,
        public_url: config.listen.public_url,
    });
    let mut stopping = stopped.clone();
    tokio::spawn(async move {
        if stopping.wait_for(|stop| *stop).await.is_ok() {
            supervisor.tell("STOPPING=1");
        }
    });
    listener.serve(router, stopped).await;
    if work.await.is_err() {
        error!("what runs beside the answers stopped by a fault");
    }
    store.close().await;
    info!("stopped");
    Ok(())
}

fn told(listener: &Listener) -> String {
    listener.address().map(|address| address.to_string()).unwrap_or_default()
}

fn not_bound(address: std::net::SocketAddr, error: &io::Error) -> Problem {
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => "un altro programma lo usa già".to_owned(),
        io::ErrorKind::AddrNotAvailable => "non è di questa macchina".to_owned(),
        _ => io_words(error),
    };
    Problem::new(Kind::Configuration, format!("Non si può ascoltare su {address}: {why}."))
}

/// A line of JSON for each event, on standard error; see `docs/LOGGING.md`.
fn log_as_json(level: LogLevel) {
    let filter = match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "warn,varco=info",
        LogLevel::Debug => "info,varco=debug",
    };
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .init();
    // A fault of ours ends a request and not the service; its place is logged, never what was in memory.
    std::panic::set_hook(Box::new(|fault| {
        let place = fault.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
        error!(place, "panic");
    }));
}
