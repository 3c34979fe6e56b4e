//! The process that holds a module, seen from the one that started it: each call has an end.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::sign::pkcs11::message::{self, Answer, MAX_ANSWER, MAX_REQUEST, Request};
use crate::sign::pkcs11::{Module, Pin, ProcessFault, SignError};

/// How modules are held.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// This program. Its own file, also where that was replaced meanwhile by another version's.
    pub program: PathBuf,
    /// What [`crate::sign::pkcs11::ENVIRONMENT`] names, as far as it is set: modules get no other variables.
    pub environment: Vec<(&'static str, OsString)>,
    /// The time that a module may take for one call: a card of 4096 bits takes seconds.
    pub allowed: Duration,
    /// The time that one may wait for a token that others use.
    pub patience: Duration,
}

/// A process that holds a module; it is killed and waited for when this is dropped.
pub(super) struct Worker {
    child: Child,
    /// `None` once there is nothing more to ask.
    input: Option<ChildStdin>,
    output: ChildStdout,
    allowed: Duration,
}

/// The configuration of OpenSC that the package installs: no personal data on the disk, cards closed after use.
const OPENSC_CONF: &str = "/etc/varco/opensc.conf";

/// How long a module may take to end before it is ended.
const FAREWELL: Duration = Duration::from_secs(2);

impl WorkerSettings {
    /// This program, with the environment that modules may get and the time that they may take.
    pub fn new(environment: Vec<(&'static str, OsString)>, allowed: Duration) -> Self {
        Self { program: PathBuf::from("/proc/self/exe"), environment, allowed, patience: Duration::from_mins(1) }
    }
}

impl Worker {
    /// Starts a process and has it load a module.
    pub(super) fn start(module: &Module, settings: &WorkerSettings) -> Result<Self, SignError> {
        // It has its own watch, for when nobody is here any more to end it.
        let watch = settings.allowed.saturating_add(FAREWELL).as_millis().to_string();
        let mut command = Command::new(&settings.program);
        command.arg("pkcs11-worker").arg(watch).arg(&module.path).env_clear().current_dir("/");
        command.envs(environment(module, settings, Path::new(OPENSC_CONF)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(ProcessFault::NotStarted)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            end(&mut child);
            return Err(ProcessFault::NotStarted(io::ErrorKind::BrokenPipe.into()).into());
        };
        let mut worker = Self { child, input: Some(input), output, allowed: settings.allowed };
        match worker.call(&Request::Load, None)? {
            Answer::Loaded { memory_locked } => {
                if !memory_locked {
                    tracing::info!(module = module.id, "memory of the module's process is not locked (ulimit -l)");
                }
                Ok(worker)
            }
            _ => Err(ProcessFault::Garbled.into()),
        }
    }

    /// Whether it can be asked again.
    pub(super) const fn is_well(&self) -> bool {
        self.input.is_some()
    }

    /// Asks, and waits for the answer. After a fault of the process it cannot be asked again.
    pub(super) fn call(&mut self, request: &Request, pin: Option<Pin>) -> Result<Answer, SignError> {
        let answer = self.converse(request, pin);
        if matches!(answer, Err(SignError::Process(_))) {
            self.input = None;
        }
        answer
    }

    fn converse(&mut self, request: &Request, pin: Option<Pin>) -> Result<Answer, SignError> {
        let input = self.input.as_mut().ok_or(ProcessFault::Crashed)?;
        let asked = message::write(request, MAX_REQUEST, input).and_then(|()| match &pin {
            Some(pin) => message::write_frame(pin.expose(), Pin::MAX_LEN, input),
            None => Ok(()),
        });
        // Wiped as soon as it is said.
        drop(pin);
        asked.map_err(|_| ProcessFault::Crashed)?;
        let until = Instant::now() + self.allowed;
        let mut output = Until { output: &mut self.output, until };
        match message::read(MAX_ANSWER, &mut output) {
            Ok(Some(Answer::Fault(fault))) => Err(fault.into()),
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(ProcessFault::Crashed.into()),
            Err(error) => Err(match error.kind() {
                io::ErrorKind::TimedOut => ProcessFault::TooSlow(self.allowed),
                io::ErrorKind::UnexpectedEof => ProcessFault::Crashed,
                _ => ProcessFault::Garbled,
            }
            .into()),
        }
    }

    /// Lets it end by itself, for a while: modules close their card then. One that does not answer is ended at once.
    pub(super) fn dismiss(mut self) {
        if self.input.take().is_none() {
            return;
        }
        let mut rest = Until { output: &mut self.output, until: Instant::now() + FAREWELL };
        let _it_has_nothing_to_say = rest.read(&mut [0]);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// What a module gets of our environment, and OpenSC the configuration that is installed with us where there is no other.
fn environment(module: &Module, settings: &WorkerSettings, opensc_conf: &Path) -> Vec<(&'static str, OsString)> {
    let is_for_it = |(name, _): &&(&'static str, OsString)| module.environment.contains(name);
    let mut environment: Vec<_> = settings.environment.iter().filter(is_for_it).cloned().collect();
    let wants = |name: &str| module.environment.contains(&name) && environment.iter().all(|(set, _)| *set != name);
    if module.id == "opensc" && wants("OPENSC_CONF") && opensc_conf.is_file() {
        environment.push(("OPENSC_CONF", opensc_conf.into()));
    }
    environment
}

fn end(child: &mut Child) {
    let _it_may_have_ended = child.kill();
    let _its_status_says_nothing = child.wait();
}

/// A pipe that is read until a time.
struct Until<'o> {
    output: &'o mut ChildStdout,
    until: Instant,
}

impl Read for Until<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let left = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
            match poll(&mut [PollFd::new(self.output, PollFlags::IN)], Some(&left)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return self.output.read(into),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests;
