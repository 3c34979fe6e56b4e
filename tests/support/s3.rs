//! A server that speaks like S3, one for the whole process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Its address, `http://127.0.0.1:…`. It stops when the pipe to its script closes, with this process.
pub(crate) fn address() -> &'static str {
    static SERVER: OnceLock<(Child, String)> = OnceLock::new();
    let (_, address) = SERVER.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/s3.sh");
        let mut script = Command::new(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert!(!address.is_empty(), "the server of S3 did not start");
        (script, address.trim_end().to_owned())
    });
    address
}

/// Makes a bucket.
pub(crate) async fn make_bucket(name: &str) {
    let made = reqwest::Client::new().put(format!("{}/{name}", address())).send().await.unwrap();
    assert!(made.status().is_success());
}

/// How many objects a bucket has; a thousand at most.
pub(crate) async fn objects(bucket: &str) -> usize {
    let listed = reqwest::get(format!("{}/{bucket}?list-type=2", address())).await.unwrap();
    assert!(listed.status().is_success());
    listed.text().await.unwrap().matches("<Key>").count()
}
