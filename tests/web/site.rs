//! The page, served; demonstration files of today; what a browser without scripts would send.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::SET_COOKIE;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, StatusCode};
use tempfile::TempDir;
use tokio::sync::watch;
use varco::clock;
use varco::http::{self, ConnectionLimits, Listener, Metrics, RequestLimits};
use varco::procedures::app::{App, Parts, Retention, TrustFiles};
use varco::procedures::verification::VerificationSettings;
use varco::store::Database;
use varco::verify::{Limits, Policy};
use varco::web::PageSettings;

use crate::support::stores::Place;

/// The page on a port of its own, and a client of it.
pub(super) struct Site {
    pub(super) address: String,
    pub(super) client: Client,
    temporary: TempDir,
}

/// A form that was got.
pub(super) struct Token {
    pub(super) value: String,
    pub(super) cookie: String,
    pub(super) set_cookie: String,
}

impl Site {
    /// Runs a test on the page. Afterwards nothing that was submitted may be left.
    pub(super) fn run(settings: PageSettings, test: impl AsyncFnOnce(&Self)) {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let place = Place::new(Database::Sqlite);
            let temporary = tempfile::tempdir().unwrap();
            let store = place.open().await;
            let pki = Demo::folder().join("pki");
            let verification = VerificationSettings {
                policy: Policy::italian(),
                limits: Limits { document_len: 2 << 20, ..Limits::STANDARD },
                time_allowed: Duration::from_mins(1),
                temporary_folder: temporary.path().to_owned(),
            };
            let (trust, crls) = (vec![pki.join("trust")], vec![pki.join("crl")]);
            let trust_files = TrustFiles { trust, crls, ocsp: Vec::new(), remembered: 0 };
            let retention = Retention { reports: Duration::from_mins(1), documents: None };
            let parts = Parts { store, blobs: None, trust_files, verification, retention, judges: 2 };
            let app = Arc::new(App::new(parts, clock::now()).unwrap());
            let page = varco::web::router(Arc::clone(&app), settings, RequestLimits::STANDARD);
            let metrics = Arc::new(Metrics::default());
            let any = "127.0.0.1:0".parse().unwrap();
            let listener = Listener::bind(any, None, ConnectionLimits::STANDARD, Arc::clone(&metrics)).await.unwrap();
            let address = format!("http://localhost:{}/", listener.address().unwrap().port());
            let limits = RequestLimits::STANDARD;
            let service = http::service(http::Service {
                app,
                page: Some(page),
                folder: temporary.path().to_owned(),
                limits,
                metrics,
                public_url: address.trim_end_matches('/').to_owned(),
            });
            let (stop, stopped) = watch::channel(false);
            let server = tokio::spawn(listener.serve(service, stopped));
            let site = Self { address, client: Client::new(), temporary };
            test(&site).await;
            stop.send(true).unwrap();
            server.await.unwrap();
            let left = fs::read_dir(site.temporary.path()).unwrap().count();
            assert_eq!(left, 0, "left in the temporary folder");
            let store = place.url.strip_prefix("sqlite:").unwrap();
            let kept = fs::read(store).unwrap();
            let holds = |code: &str| kept.windows(code.len()).any(|window| window == code.as_bytes());
            assert!(!Demo::rows().iter().any(|row| holds(&row.fiscal_code)), "kept in the store");
        });
    }

    /// Opens the form, as a browser that was not there before.
    pub(super) async fn token(&self) -> Token {
        let answer = self.client.get(&self.address).send().await.unwrap();
        let set_cookie = answer.headers()[SET_COOKIE].to_str().unwrap().to_owned();
        let cookie = set_cookie.split(';').next().unwrap().to_owned();
        let page = answer.text().await.unwrap();
        let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
        Token { value: rest.split('"').next().unwrap().to_owned(), cookie, set_cookie }
    }

    pub(super) async fn submit(&self, token: &Token, form: Form) -> (StatusCode, String) {
        let request = self.client.post(&self.address).header("cookie", token.cookie.clone()).multipart(form);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

impl Token {
    pub(super) fn form(&self) -> Form {
        Form::new().text("token", self.value.clone())
    }
}

/// A page without its tags.
pub(super) fn text_of(page: &str) -> String {
    page.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| text).collect()
}

/// A demonstration file and what is to come of it.
pub(super) struct Demo {
    pub(super) file: String,
    pub(super) fiscal_code: String,
    pub(super) verdict: String,
    pub(super) indication: String,
    detached: Option<String>,
}

impl Demo {
    /// Demonstration files whose certificates and revocation lists are those of today: the page always judges for now.
    pub(super) fn folder() -> &'static Path {
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        FOLDER.get_or_init(|| {
            let folder = PathBuf::from("var/demo-of-the-page");
            let make = |script: &str, arguments: &[PathBuf]| {
                assert!(Command::new(script).args(arguments).status().unwrap().success(), "{script}");
            };
            make("certs/make-pki.sh", &[folder.join("pki")]);
            make("certs/make-demo.sh", &[folder.join("pki"), folder.join("files")]);
            folder
        })
    }

    pub(super) fn rows() -> Vec<Self> {
        let index = fs::read_to_string(Self::folder().join("files/index.tsv")).unwrap();
        index.lines().skip(1).map(Self::of).collect()
    }

    pub(super) fn row(file: &str) -> Self {
        Self::rows().into_iter().find(|row| row.file == file).unwrap()
    }

    fn of(line: &str) -> Self {
        let columns: Vec<&str> = line.split('\t').collect();
        let [file, fiscal_code, options, verdict, _, _, indication, ..] = columns[..] else { panic!("{line}") };
        Self {
            file: file.to_owned(),
            fiscal_code: fiscal_code.to_owned(),
            verdict: verdict.to_owned(),
            indication: indication.to_owned(),
            detached: options.strip_prefix("--detached ").map(str::to_owned),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        fs::canonicalize(Self::folder().join("files").join(&self.file)).unwrap()
    }

    pub(super) fn octets(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    pub(super) fn part(&self) -> Part {
        Part::bytes(self.octets()).file_name(self.file.clone())
    }

    pub(super) fn detached(&self) -> Option<Part> {
        let name = self.detached.clone()?;
        Some(Part::bytes(fs::read(Self::folder().join("files").join(&name)).unwrap()).file_name(name))
    }
}
