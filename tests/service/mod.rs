//! The service itself: a process that listens, asked over TLS as portals ask it.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]
#![expect(clippy::disallowed_methods, reason = "what is slow takes its time")]

mod audit;
mod documents;
mod faults;
mod framing;
mod idempotency;
mod instances;
mod kills;
mod languages;
mod later;
mod operation;
mod pdf;
mod refusals;
mod slowness;
mod stopping;
mod verifications;
mod visitors;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Once, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use openssl::ssl::{SslConnector, SslMethod, SslStream};
use reqwest::multipart::{Form, Part};
use reqwest::{Certificate, Client, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{AT, demo_file, pki};

/// A service of its own, with an empty store. It is stopped when this is dropped.
struct Service {
    child: Child,
    address: SocketAddr,
    administration: SocketAddr,
    folder: TempDir,
    /// The address of its store.
    store: String,
    /// What the process finds in its environment beside ours.
    environment: Vec<(&'static str, PathBuf)>,
    token: String,
    log: Receiver<String>,
}

/// What a test waits for at most.
const PATIENCE: Duration = Duration::from_mins(1);

impl Service {
    fn start() -> Self {
        Self::start_with("")
    }

    /// With these lines in `[limits]`, and perhaps other sections; `DOCUMENTS` stands for a folder for documents.
    fn start_with(limits: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = format!("sqlite:{}/varco.db", folder.path().display());
        Self::start_on(folder, store, Vec::new(), limits)
    }

    /// On a store of one's own, with more in the environment.
    fn start_on(folder: TempDir, store: String, environment: Vec<(&'static str, PathBuf)>, limits: &str) -> Self {
        let tls = tls();
        let config = format!(
            "[listen]\naddress = \"127.0.0.1:0\"\ntls_certificate = \"{0}/tls.pem\"\ntls_key = \"{0}/tls.key\"\n\
             [admin]\naddress = \"127.0.0.1:0\"\n[store]\nurl = \"{store}\"\n\
             [trust]\nanchors = [\"{2}\"]\ncrls = [\"{3}\"]\n[limits]\ntemporary_folder = \"{1}/uploads\"\n{limits}\n",
            tls.display(),
            folder.path().display(),
            pki("trust"),
            pki("crl"),
        );
        let config = config.replace("DOCUMENTS", &folder.path().join("documents").to_string_lossy());
        fs::create_dir_all(folder.path().join("uploads")).unwrap();
        fs::write(folder.path().join("varco.toml"), config).unwrap();
        let token = create_token(folder.path(), &[]).0;
        let (child, log, administration, address) = start_process(folder.path(), &environment);
        Self { child, address, administration, folder, store, environment, token, log }
    }

    /// Another process on the same store, for one that was killed.
    fn start_process(&mut self) {
        (self.child, self.log, self.administration, self.address) =
            start_process(self.folder.path(), &self.environment);
    }

    fn kill_and_start_again(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.start_process();
    }

    /// A number that the store holds, read beside the service with the tool of the database.
    fn count(&self, sql: &str) -> usize {
        let output = self.sql(sql);
        output.trim().parse().unwrap_or_else(|_| panic!("{sql}: {output}"))
    }

    /// Runs statements beside the service, with the tool of the database.
    fn sql(&self, sql: &str) -> String {
        let mut tool = if let Some(file) = self.store.strip_prefix("sqlite:") {
            let mut tool = Command::new("sqlite3");
            tool.args(["-bail", "-cmd", ".timeout 5000", file, sql]);
            tool
        } else {
            let mut tool = Command::new("psql");
            tool.args(["-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", sql, &self.store]);
            tool
        };
        let output = tool.output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.address.port())
    }

    fn post(&self, client: &Client) -> RequestBuilder {
        client.post(self.url("/v1/verifications")).bearer_auth(&self.token)
    }

    fn get(&self, client: &Client, path: &str) -> RequestBuilder {
        client.get(self.url(path)).bearer_auth(&self.token)
    }

    /// Another token for the same service: the secret and its identifier.
    fn other_token(&self, options: &[&str]) -> (String, String) {
        create_token(self.folder.path(), options)
    }

    fn varco(&self, arguments: &[&str]) -> Command {
        varco(self.folder.path(), arguments)
    }

    /// A connection with TLS and nothing said yet, for what no client would send.
    fn connect(&self) -> SslStream<TcpStream> {
        self.connect_with_alpn(b"\x08http/1.1")
    }

    /// A connection on which a document of so many octets is announced; none of them is sent yet.
    fn announce(&self, len: usize) -> SslStream<TcpStream> {
        let mut connection = self.connect();
        let head = format!(
            "POST /v1/verifications HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/octet-stream\r\nContent-Length: {len}\r\n\r\n",
            self.token
        );
        connection.write_all(head.as_bytes()).unwrap();
        connection
    }

    fn connect_with_alpn(&self, alpn: &[u8]) -> SslStream<TcpStream> {
        let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
        connector.set_ca_file(tls().join("ca.pem")).unwrap();
        connector.set_alpn_protos(alpn).unwrap();
        let tcp = TcpStream::connect(self.address).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        tcp.set_write_timeout(Some(PATIENCE)).unwrap();
        connector.build().connect("localhost", tcp).unwrap()
    }

    /// Names of what is in the folder for uploads: nothing, whatever happens.
    fn left_behind(&self) -> usize {
        self.folder.path().join("uploads").read_dir().unwrap().count()
    }

    /// Waits for a line of the log.
    fn logged(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.log.recv_timeout(left).expect("the line is logged");
            let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
            if wanted(&line) {
                return line;
            }
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn varco(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_varco"));
    command.args(arguments).arg("--config").arg(folder.join("varco.toml")).env("TMPDIR", folder.join("uploads"));
    command
}

fn start_process(
    folder: &Path,
    environment: &[(&'static str, PathBuf)],
) -> (Child, Receiver<String>, SocketAddr, SocketAddr) {
    let mut command = varco(folder, &["serve"]);
    let mut child = command.envs(environment.iter().cloned()).stderr(Stdio::piped()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let (lines, log) = channel();
    thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            let _nobody_listens = lines.send(line);
        }
    });
    let administration = listening(&log, "administration listens");
    let address = listening(&log, "service listens");
    (child, log, administration, address)
}

fn create_token(folder: &Path, options: &[&str]) -> (String, String) {
    let arguments = [&["token", "create", "--name", "prova", "--format", "json"], options].concat();
    let output = varco(folder, &arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    (made["secret"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

fn listening(log: &Receiver<String>, message: &str) -> SocketAddr {
    loop {
        let line = log.recv_timeout(PATIENCE).expect("the service starts");
        let line: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        if line["message"] == message {
            return line["address"].as_str().unwrap().parse().unwrap();
        }
    }
}

/// The folder of the certificate for localhost, made once by the script that makes it for people.
fn tls() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tls");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/make-tls.sh");
        assert!(Command::new(script).arg(&folder).status().unwrap().success());
        folder
    })
}

/// A client that trusts the authority of the certificate for localhost and no other.
fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _installed_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    let authority = Certificate::from_pem(&fs::read(tls().join("ca.pem")).unwrap()).unwrap();
    Client::builder().tls_certs_only([authority]).timeout(PATIENCE).build().unwrap()
}

/// The same, which stays where it is when it is sent elsewhere.
fn client_that_stays() -> Client {
    let _provider = client();
    let authority = Certificate::from_pem(&fs::read(tls().join("ca.pem")).unwrap()).unwrap();
    let builder = Client::builder().tls_certs_only([authority]).timeout(PATIENCE);
    builder.redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// A form with a demonstration file, judged for the time at which the stored PKI answers.
fn form(file: &str) -> Form {
    Form::new().part("file", part(file)).text("at", AT)
}

fn part(file: &str) -> Part {
    Part::bytes(demo(file)).file_name(file.to_owned())
}

fn demo(file: &str) -> Vec<u8> {
    fs::read(demo_file(file)).unwrap()
}

/// Checks that an answer is a problem document of a kind, and returns it.
async fn problem(response: Response, status: u16, kind: &str) -> Value {
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{kind}");
    let id = response.headers()["request-id"].to_str().unwrap().to_owned();
    assert_eq!(response.status().as_u16(), status, "{kind}");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["type"], format!("urn:varco:problem:{kind}"), "{problem}");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["request_id"], id);
    problem
}
