//! The network around a synthetic authority: CRLs, OCSP, certificates and timestamps by OpenSSL, behind an HTTP proxy that
//! knows the addresses in the certificates (`http://pki.varco.test/…`).

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use tempfile::TempDir;

use crate::support::tsa::read_request;

/// The authority of timestamps, as it is named to the program.
const TSA: &str = "http://tsa.varco.test/tsa";

/// What is wrong in this network.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trouble {
    None,
    /// The signer's certificate is revoked.
    Revoked,
    /// Responders and lists answer with something else.
    Garbage,
    /// Responders and lists answer with an error of HTTP.
    Down,
    /// There is no responder, and the lists were to be replaced a year ago.
    Stale,
    /// There is no responder.
    NoOcsp,
}

/// A network of its own for each test; it lives as long as the process.
pub(crate) struct Network {
    folder: Arc<TempDir>,
    trouble: Arc<Mutex<Trouble>>,
    asked: Arc<Mutex<Vec<String>>>,
    pub(crate) proxy: String,
}

impl Network {
    /// Starts one with its own authority of timestamps under the CA `qualified`.
    pub(crate) fn start() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        put_tsa(folder.path());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        let (trouble, asked) = (Arc::new(Mutex::new(Trouble::None)), Arc::new(Mutex::new(Vec::new())));
        let place = (Arc::clone(&folder), Arc::clone(&trouble), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let trouble = *place.1.lock().unwrap();
                // Whoever asks may have given up meanwhile.
                let _gone = serve(stream.unwrap(), place.0.path(), trouble, &place.2);
            }
        });
        Self { folder, trouble, asked, proxy }
    }

    pub(crate) fn is_in(&self, trouble: Trouble) {
        *self.trouble.lock().unwrap() = trouble;
    }

    /// Which addresses were asked since this was asked last.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    /// Settings with this network, and the anchor.
    pub(crate) fn settings(&self) -> String {
        let anchors = pki().join("trust/qualified.pem").display().to_string();
        format!("[sign]\nproxy = {:?}\ntsa = {TSA:?}\n[trust]\nanchors = [{anchors:?}]\n", self.proxy)
    }

    /// The list of the CA, as it is now.
    pub(crate) fn crl(&self) -> Vec<u8> {
        let work = tempfile::tempdir_in(self.folder.path()).unwrap();
        answer("http://pki.varco.test/qualified/crl.der", work.path(), Trouble::None).1
    }
}

fn pki() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("certs/pki")
}

fn openssl(arguments: &str, folder: &Path) {
    let mut command = Command::new("openssl");
    let output = command.args(arguments.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// One authority of timestamps for all networks: a CRL of any of them is younger than it.
fn put_tsa(folder: &Path) {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        make_tsa(folder.path());
        folder
    });
    for name in ["tsa.key", "tsa.pem"] {
        fs::copy(made.path().join(name), folder.join(name)).unwrap();
    }
}

fn make_tsa(folder: &Path) {
    let extensions = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
        extendedKeyUsage=critical,timeStamping\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n\
        crlDistributionPoints=URI:http://pki.varco.test/qualified/crl.der\n\
        authorityInfoAccess=caIssuers;URI:http://pki.varco.test/qualified/ca.cer\n";
    fs::write(folder.join("extensions"), extensions).unwrap();
    let ca = pki().join("qualified").display().to_string();
    openssl("req -new -newkey rsa:2048 -nodes -keyout tsa.key -subj /C=IT/O=Esempio/CN=Marca -out tsa.csr", folder);
    openssl(
        &format!(
            "x509 -req -in tsa.csr -CA {ca}/ca.pem -CAkey {ca}/ca.key -set_serial 0x5AB1 -days 900 -sha256 \
             -extfile extensions -out tsa.pem"
        ),
        folder,
    );
}

fn serve(mut stream: TcpStream, folder: &Path, trouble: Trouble, asked: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let (address, query) = read_request(&mut stream)?;
    asked.lock().unwrap().push(address.clone());
    let work = tempfile::tempdir_in(folder).unwrap();
    fs::write(work.path().join("query"), &query).unwrap();
    let is_stamp = address == TSA;
    let answer = match trouble {
        Trouble::Down if !is_stamp => None,
        Trouble::NoOcsp | Trouble::Stale if address.ends_with("/ocsp") => None,
        Trouble::Garbage if !is_stamp => Some(("text/html", b"<html>manutenzione</html>".to_vec())),
        trouble => Some(answer(&address, work.path(), trouble)),
    };
    let Some((kind, body)) = answer else {
        return stream.write_all(b"HTTP/1.1 503 Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    };
    let len = body.len();
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len}\r\nContent-Type: {kind}\r\n\r\n")?;
    stream.write_all(&body)
}

fn answer(address: &str, work: &Path, trouble: Trouble) -> (&'static str, Vec<u8>) {
    let result = || fs::read(work.join("reply")).unwrap();
    if address == TSA {
        let settings = "[tsa]\ndefault_tsa=one\n[one]\nserial=serial\ncrypto_device=builtin\nsigner_digest=sha256\n\
            default_policy=1.3.6.1.4.1.99999.3161\ndigests=sha256\naccuracy=secs:1\ness_cert_id_alg=sha256\n";
        fs::write(work.join("settings"), settings).unwrap();
        openssl("ts -reply -config settings -queryfile query -signer ../tsa.pem -inkey ../tsa.key -out reply", work);
        return ("application/timestamp-reply", result());
    }
    let rest = address.strip_prefix("http://pki.varco.test/").unwrap();
    let (name, what) = rest.split_once('/').unwrap();
    let ca = pki().join(name).display().to_string();
    let lists = issued(&[pki().join("leaves/qualified-good.pem"), work.join("../tsa.pem")], trouble);
    fs::write(work.join("index"), lists).unwrap();
    fs::write(work.join("index.attr"), "unique_subject = no\n").unwrap();
    match what {
        "ocsp" => {
            openssl(
                &format!(
                    "ocsp -index index -CA {ca}/ca.pem -rsigner {ca}/ca.pem -rkey {ca}/ca.key -reqin query \
                     -respout reply -ndays 7"
                ),
                work,
            );
            ("application/ocsp-response", result())
        }
        "crl.der" => {
            fs::write(work.join("number"), "4D2F").unwrap();
            let settings = "[ca]\ndefault_ca=one\n[one]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n\
                default_crl_days=7\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid:always\n";
            fs::write(work.join("settings"), settings).unwrap();
            let dates = if trouble == Trouble::Stale {
                " -crl_lastupdate 20250101000000Z -crl_nextupdate 20250108000000Z"
            } else {
                ""
            };
            openssl(
                &format!("ca -config settings -gencrl -keyfile {ca}/ca.key -cert {ca}/ca.pem -out list{dates}"),
                work,
            );
            openssl("crl -in list -outform DER -out reply", work);
            ("application/pkix-crl", result())
        }
        _ => {
            openssl(&format!("x509 -in {ca}/ca.pem -outform DER -out reply"), work);
            ("application/pkix-cert", result())
        }
    }
}

/// The database of `openssl ca`: the signer, then the authority of timestamps.
fn issued(certificates: &[PathBuf], trouble: Trouble) -> String {
    let mut lines = Vec::new();
    for (place, path) in certificates.iter().enumerate() {
        let command = Command::new("openssl").args(["x509", "-noout", "-serial", "-in"]).arg(path).output().unwrap();
        let said = String::from_utf8(command.stdout).unwrap();
        let serial = said.trim().rsplit('=').next().unwrap();
        let state = match (place, trouble) {
            (0, Trouble::Revoked) => "R\t290114000000Z\t251101000000Z,keyCompromise",
            _ => "V\t290114000000Z\t",
        };
        lines.push(format!("{state}\t{serial}\tunknown\t/CN=x\n"));
    }
    lines.concat()
}
