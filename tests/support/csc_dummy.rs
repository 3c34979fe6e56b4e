//! certomancer-csc-dummy, somebody else's provider of remote signatures, one for the whole process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// Its address, `http://127.0.0.1:…/csc/v1`. It stops when the pipe to its script closes, with this process.
pub(crate) fn url() -> &'static str {
    static SERVER: OnceLock<(TempDir, Child, String)> = OnceLock::new();
    let (_, _, url) = SERVER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/csc-dummy.sh");
        let mut script = Command::new(script);
        let mut script = script.arg(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert!(!address.is_empty(), "certomancer-csc-dummy did not start");
        (folder, script, format!("{}/csc/v1", address.trim_end().trim_end_matches('/')))
    });
    url
}
