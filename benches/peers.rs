//! Other verifiers, asked for less than Varco answers.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509PurposeId};
use time::format_description::well_known::Rfc3339;

use crate::pki;
use crate::surroundings::AT;

/// `CMS_verify` by way of the `openssl` crate: all signatures or none, the chain without revocation, no attributes.
pub(crate) struct OpenSsl {
    store: X509Store,
}

impl OpenSsl {
    /// A store with one anchor, made once.
    pub(crate) fn new(ca: &str) -> Result<Self, Box<dyn Error>> {
        let mut parameters = X509VerifyParam::new()?;
        parameters.set_time(AT.unix_timestamp());
        parameters.set_purpose(X509PurposeId::ANY)?;
        let mut store = X509StoreBuilder::new()?;
        store.set_param(&parameters)?;
        store.add_cert(X509::from_pem(&std::fs::read(pki(&format!("{ca}/ca.pem")))?)?)?;
        Ok(Self { store: store.build() })
    }

    /// The content is not asked for: returning it costs one copy more.
    pub(crate) fn verify(&self, p7m: &[u8]) {
        let verified = CmsContentInfo::from_der(p7m)
            .and_then(|mut cms| cms.verify(None, Some(&self.store), None, None, CMSOptions::BINARY));
        assert!(verified.is_ok(), "OpenSSL accepts it: {verified:?}");
    }
}

/// What pyHanko is asked for.
#[derive(Clone, Copy)]
pub(crate) enum Asked {
    /// Digest and signature value only.
    Integrity,
    /// The chain and the CRL as well, in a context of its own.
    Anew,
    /// The same, in a context that remembers the paths that it validated.
    Remembered,
    /// All signatures of a PDF, with the chain, the CRL and its comparison of revisions.
    Pdf,
}

/// pyHanko in a process of its own, which tells the processor time that it used.
pub(crate) struct PyHanko {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Its version.
    pub(crate) version: String,
}

impl PyHanko {
    /// Makes the virtual environment where there is none, and starts the script.
    pub(crate) fn start(ca: &str) -> Result<Self, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
        let made = Command::new(folder.join("pyhanko_venv.sh")).stdout(Stdio::piped()).output()?;
        if !made.status.success() {
            return Err("pyHanko could not be installed".into());
        }
        let python = String::from_utf8(made.stdout)?;
        let mut child = Command::new(python.trim())
            .arg(folder.join("pyhanko_peer.py"))
            .args([pki(&format!("{ca}/ca.pem")), pki(&format!("{ca}/crl.der"))])
            .arg(AT.format(&Rfc3339)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().ok_or("no pipe")?;
        let mut output = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        let mut version = String::new();
        output.read_line(&mut version)?;
        Ok(Self { child, input, output, version: version.trim().to_owned() })
    }

    /// Validates a file once; returns the processor time.
    pub(crate) fn verify(&mut self, asked: Asked, file: &Path) -> Result<Duration, Box<dyn Error>> {
        let asked = match asked {
            Asked::Integrity => "integrity",
            Asked::Anew => "anew",
            Asked::Remembered => "remembered",
            Asked::Pdf => "pdf",
        };
        writeln!(self.input, "{asked} {}", file.display())?;
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        Ok(Duration::from_nanos(answer.trim().parse()?))
    }
}

impl Drop for PyHanko {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        debug_assert!(ended.is_ok(), "a child of ours");
    }
}
