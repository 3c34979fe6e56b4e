//! A process that is killed while it writes: what it was to write is there whole, or not at all.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::{Sandbox, demo_file, names, pki, text, with_material};

const MIB: usize = 1024 * 1024;
const CONTENT_LEN: usize = 96 * MIB;

#[test]
fn killed_while_it_extracts_it_leaves_nothing_or_the_whole_content() {
    let sandbox = Sandbox::new();
    let document = large_document(&sandbox);
    let folder = sandbox.outside.path().join("content");
    fs::create_dir(&folder).unwrap();
    let arguments = with_material(&["--extract", text(&folder), text(&document)]);
    let mut killed_while_writing = 0;
    for step in 0..12_u32 {
        let mut child = start(sandbox.command(&arguments));
        // The first octets are written while the file stands open; then a moment that differs each time.
        while !is_writing_in(&folder, &child) && child.try_wait().unwrap().is_none() {
            pause(Duration::from_micros(200));
        }
        pause(Duration::from_millis(u64::from(step * step)));
        let writing = is_writing_in(&folder, &child);
        child.kill().unwrap();
        child.wait().unwrap();
        killed_while_writing += usize::from(writing);
        for name in names(&folder) {
            assert!(name.starts_with("contenuto-"), "left behind: {name}");
            assert_eq!(fs::metadata(folder.join(&name)).unwrap().len(), u64::try_from(CONTENT_LEN).unwrap());
            fs::remove_file(folder.join(&name)).unwrap();
        }
    }
    assert!(killed_while_writing > 0, "never killed at the right moment");
}

#[test]
fn killed_at_any_moment_it_leaves_the_older_report_or_the_new_one() {
    let sandbox = Sandbox::new();
    let folder = sandbox.outside.path().join("reports");
    fs::create_dir(&folder).unwrap();
    let report = folder.join("report.json");
    let document = demo_file("good-cns.p7m");
    let arguments = with_material(&["--format", "json", "--output", text(&report), &document]);
    let begun = Instant::now();
    assert!(start(sandbox.command(&arguments)).wait().unwrap().success());
    let (whole, time) = (fs::read(&report).unwrap(), begun.elapsed());
    for older in [None, Some(b"an older report".as_slice())] {
        for step in 0..10 {
            let _may_be_absent = fs::remove_file(&report);
            if let Some(older) = older {
                fs::write(&report, older).unwrap();
            }
            let mut child = start(sandbox.command(&arguments));
            pause(time.mul_f64(0.8 + 0.04 * f64::from(step)));
            child.kill().unwrap();
            child.wait().unwrap();
            let found = fs::read(&report).ok();
            assert!(found.as_deref() == Some(&whole) || found.as_deref() == older, "{found:?}");
            for name in names(&folder).iter().filter(|name| *name != "report.json") {
                // A file that replaces another has a hidden name for an instant (`NewFile::replace`).
                assert!(older.is_some() && name.starts_with(".varco-"), "left behind: {name}");
                fs::remove_file(folder.join(name)).unwrap();
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "there is nothing to wait for: the moment is to differ each time")]
fn pause(time: Duration) {
    thread::sleep(time);
}

fn start(mut command: Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Whether the process has a file open that stands, or will stand, in the folder.
fn is_writing_in(folder: &Path, child: &Child) -> bool {
    let Ok(open) = fs::read_dir(format!("/proc/{}/fd", child.id())) else { return false };
    open.flatten().any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target.starts_with(folder)))
}

/// A signed document whose content takes a while to write.
fn large_document(sandbox: &Sandbox) -> PathBuf {
    let content = sandbox
        .file("large.bin", &b"Accordo di Servizio, riga ripetuta.\n".repeat(CONTENT_LEN / 36 + 1)[..CONTENT_LEN]);
    let document = sandbox.outside.path().join("large.p7m");
    let leaf = format!("{}/leaves/cns-good", pki(""));
    let status = Command::new("openssl")
        .args(["cms", "-sign", "-binary", "-nodetach", "-md", "sha256", "-outform", "DER"])
        .args(["-signer", &format!("{leaf}.pem"), "-inkey", &format!("{leaf}.key")])
        .args(["-in", text(&content), "-out", text(&document)])
        .status()
        .unwrap();
    assert!(status.success());
    document
}
