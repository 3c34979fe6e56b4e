//! What this program does where it was started by itself to hold a module (`varco pkcs11-worker`).

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::AsFd;
use std::path::Path;
use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use cryptoki::types::RawAuthPin;
use rustix::fs::{Mode, OFlags, open};
use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::stdio::{dup2_stdin, dup2_stdout, stdin, stdout};
use secrecy::zeroize::Zeroizing;

use crate::sign::pkcs11::confinement::{Memory, confine};
use crate::sign::pkcs11::device::Device;
use crate::sign::pkcs11::message::{self, Answer, Fault, Login, MAX_ANSWER, MAX_REQUEST, Request};
use crate::sign::pkcs11::pin::Pin;

/// What the process may use: octets of memory, files open at a time.
const LIMITS: [(Resource, u64); 2] = [(Resource::As, 4 * 1024 * 1024 * 1024), (Resource::Nofile, 256)];

/// Answers requests on standard input until there are none, with the module in this file, each within `allowed`.
pub fn run(module: &Path, allowed: Duration) -> io::Result<()> {
    for (resource, limit) in LIMITS {
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })?;
    }
    let memory = confine()?;
    let (mut requests, mut answers) = take_standard_streams()?;
    let watch = Watch::start(allowed)?;
    let mut device = None;
    while let Some(request) = message::read::<Request>(MAX_REQUEST, &mut requests)? {
        let pin = match request {
            Request::Begin { login: Login::PinFollows, .. } => message::read_frame(Pin::MAX_LEN, &mut requests)?,
            _ => None,
        };
        watch.begun();
        let answer = answer(request, pin, module, memory, &mut device).unwrap_or_else(Answer::Fault);
        watch.ended();
        message::write(&answer, MAX_ANSWER, &mut answers)?;
    }
    // A module that hangs now is ended with the rest.
    watch.begun();
    if let Some(device) = device {
        device.unload();
    }
    Ok(())
}

fn answer(
    request: Request,
    pin: Option<Zeroizing<Vec<u8>>>,
    module: &Path,
    memory: Memory,
    device: &mut Option<Device>,
) -> Result<Answer, Fault> {
    if matches!(request, Request::Load) {
        *device = Some(Device::load(module)?);
        return Ok(Answer::Loaded { memory_locked: memory == Memory::Locked });
    }
    let device = device.as_mut().ok_or(Fault::NotBegun)?;
    match request {
        Request::Load => Err(Fault::NotBegun),
        Request::Tokens => device.tokens().map(Answer::Tokens),
        Request::Objects { slot } => device.objects(slot).map(Answer::Objects),
        Request::Begin { token, key, login } => {
            // Its own allocation, which is wiped in turn; the frame's is wiped where it is dropped.
            let pin = pin.map(|pin| RawAuthPin::new(Box::new(pin.to_vec())));
            device.begin(&token, &key, login, pin).map(|()| Answer::Done)
        }
        Request::Sign(order) => device.sign(&order).map(Answer::Signature),
        Request::End => device.end().map(|()| Answer::Done),
    }
}

/// The two streams for us alone: what a module prints, or reads, is not said to whoever started us.
fn take_standard_streams() -> io::Result<(PipeReader, PipeWriter)> {
    let requests = PipeReader::from(stdin().as_fd().try_clone_to_owned()?);
    let answers = PipeWriter::from(stdout().as_fd().try_clone_to_owned()?);
    let nothing = open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    dup2_stdin(&nothing)?;
    dup2_stdout(&nothing)?;
    Ok((requests, answers))
}

/// When the call that is being answered must be over.
struct Watch {
    until: Arc<Mutex<Option<Instant>>>,
    allowed: Duration,
}

/// How often it is looked at. Waking a thread for every call would take longer than some signatures do.
const LOOK: Duration = Duration::from_millis(500);

impl Watch {
    /// Ends this process when a call takes longer than allowed: whoever started it may be gone, and a module that hangs
    /// looks at nothing.
    fn start(allowed: Duration) -> io::Result<Self> {
        let until = Arc::new(Mutex::new(None::<Instant>));
        let watched = Arc::clone(&until);
        thread::Builder::new().name("watch".into()).spawn(move || {
            loop {
                thread::park_timeout(LOOK);
                let until = *watched.lock().unwrap_or_else(PoisonError::into_inner);
                if until.is_some_and(|until| Instant::now() > until) {
                    // There is nothing to tidy up, and nobody who could.
                    process::abort();
                }
            }
        })?;
        Ok(Self { until, allowed })
    }

    fn begun(&self) {
        self.set(Instant::now().checked_add(self.allowed));
    }

    fn ended(&self) {
        self.set(None);
    }

    fn set(&self, until: Option<Instant>) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }
}
