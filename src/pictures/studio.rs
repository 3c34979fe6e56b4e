//! The process that draws: how it is started, what it may use, and when it is stopped.

use std::io::{self, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::pictures::{BUILT, Drawn, MAX_PDF_LEN, NotDrawn, frames};

/// This program, also where its file was replaced meanwhile by that of another version.
const PROGRAM: &str = "/proc/self/exe";

/// What the process may use: octets of memory, seconds of processor, files open at a time.
const LIMITS: [(Resource, u64); 5] = [
    (Resource::As, 1024 * 1024 * 1024),
    (Resource::Cpu, 20),
    (Resource::Nofile, 16),
    (Resource::Fsize, 0),
    (Resource::Core, 0),
];

/// Has pages of a PDF drawn, within the time allowed. Pages that the PDF does not have are left out.
pub fn draw(pdf: &[u8], pages: &[u32], allowed: Duration) -> Result<Drawn, NotDrawn> {
    if !BUILT {
        return Err(NotDrawn::NotBuilt);
    }
    if pdf.len() > MAX_PDF_LEN {
        return Err(NotDrawn::GaveUp);
    }
    let mut child = start(pages)?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (done, until_done) = mpsc::channel::<()>();
    let watch = thread::Builder::new().name("draw-pages".into()).spawn(move || {
        // It is over when all was said, and when time is.
        let _either = until_done.recv_timeout(allowed);
        end(child);
    })?;
    let drawn = match (input, output) {
        (Some(input), Some(output)) => converse(pdf, input, output),
        _ => Err(NotDrawn::GaveUp),
    };
    drop(done);
    let _it_only_waits = watch.join();
    drawn
}

fn start(pages: &[u32]) -> io::Result<Child> {
    let pages: Vec<String> = pages.iter().map(u32::to_string).collect();
    let mut command = Command::new(PROGRAM);
    command.arg("draw-pages").arg(pages.join(",")).env_clear().current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
}

/// It reads all before it says anything.
fn converse(pdf: &[u8], mut input: ChildStdin, mut output: ChildStdout) -> Result<Drawn, NotDrawn> {
    match input.write_all(pdf) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(NotDrawn::GaveUp),
        written => written?,
    }
    drop(input);
    frames::read(&mut output)
}

/// Whatever it still does, nobody needs it.
fn end(mut child: Child) {
    let _it_may_have_ended = child.kill();
    let _its_status_says_nothing = child.wait();
}

/// Takes from this process what drawing does not need. Others go first.
pub(super) fn confine() -> io::Result<()> {
    for (resource, limit) in LIMITS {
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
    }
    rustix::process::nice(10)?;
    Ok(())
}
