//! A token: what is on it, and signatures under one consent after the other.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use time::UtcDateTime;

use crate::sign::pkcs11::catalogue::TryFlags;
use crate::sign::pkcs11::message::{Answer, Login, ObjectFacts, Request, TokenName};
use crate::sign::pkcs11::process::Worker;
use crate::sign::pkcs11::turns::Turns;
use crate::sign::pkcs11::{
    Batch, Candidate, Module, NotReset, Pin, ProcessFault, Purpose, SignError, TokenFacts, TriesLeft, WorkerSettings,
    picker,
};
use crate::trust::Certificate;

/// A token that was found, which may be taken out and come back. One person at a time uses it; others wait.
pub struct Token {
    module: Module,
    settings: WorkerSettings,
    facts: TokenFacts,
    after_use: AfterUse,
    turns: Turns,
    /// The process that holds its module, while nobody uses it.
    idle: Mutex<Option<Worker>>,
}

/// What closes a card that a person has opened with a PIN.
pub enum AfterUse {
    /// A reset through a handle of our own, as logging out alone leaves some cards open to every process: OpenSC has no
    /// logout for a CNS, and neither logout nor reset alone is enough.
    Reset(Box<Reset>),
    /// Logging out does: there is no card.
    LogOut,
}

/// Resets the card of a token, whose reader and serial number are in its facts.
pub type Reset = dyn Fn(&TokenFacts) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + Sync;

/// What a person agreed to by entering a PIN once.
#[derive(Debug)]
pub struct Consent {
    /// The PIN; `None` where it is entered on the reader.
    pub pin: Option<Pin>,
    /// Whether a wrong PIN may lock the card.
    pub last_try: LastTry,
    /// How many signatures.
    pub signatures: usize,
}

/// Whether the last try may be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LastTry {
    /// No: the card is not asked.
    Spare,
    /// Yes, the person confirmed it.
    Use,
}

/// `pcscd` looks for cards every 0.4 s.
const NOTICED: Duration = Duration::from_millis(600);

/// All tokens that a module knows of now.
pub fn tokens(module: &Module, settings: &WorkerSettings) -> Result<Vec<TokenFacts>, SignError> {
    let mut worker = Worker::start(module, settings)?;
    let tokens = present(&mut worker)?;
    worker.dismiss();
    Ok(tokens)
}

impl Token {
    /// The token with this label or serial number; without one, the only one there is.
    pub fn find(
        module: Module,
        wanted: Option<&str>,
        after_use: AfterUse,
        settings: WorkerSettings,
    ) -> Result<Self, SignError> {
        let mut worker = Worker::start(&module, &settings)?;
        let facts = settled(|| select(present(&mut worker)?, wanted))?;
        let token = Self::of(module, facts, after_use, settings);
        token.take_back(worker);
        Ok(token)
    }

    /// A token that was among those of [`tokens`]: two may have one serial number, as those of a CNS under OpenSC.
    pub fn of(module: Module, facts: TokenFacts, after_use: AfterUse, settings: WorkerSettings) -> Self {
        Self { module, settings, facts, after_use, turns: Turns::default(), idle: Mutex::new(None) }
    }

    /// What it said of itself when it was found.
    pub const fn facts(&self) -> &TokenFacts {
        &self.facts
    }

    /// The certificates and keys that can be seen without a PIN, and whether each fits the purpose at `now`.
    pub fn candidates(&self, purpose: Purpose, now: UtcDateTime) -> Result<Vec<Candidate>, SignError> {
        let _turn = self.turns.wait(self.settings.patience).ok_or(SignError::Busy)?;
        let objects = self.with_worker(|worker| {
            let objects = self.objects(worker)?;
            if picker::is_whole(&objects) {
                return Ok(objects);
            }
            // A card that is pulled out while it is read has keys without certificates: whether it is still there the service
            // of smart cards knows a little later.
            thread::park_timeout(NOTICED);
            self.objects(worker)
        })?;
        Ok(picker::candidates(objects, purpose, now))
    }

    fn objects(&self, worker: &mut Worker) -> Result<Vec<ObjectFacts>, SignError> {
        let slot = self.look(worker)?.slot;
        match worker.call(&Request::Objects { slot }, None)? {
            Answer::Objects(objects) => Ok(objects),
            _ => Err(ProcessFault::Garbled.into()),
        }
    }

    /// How many tries the token says that there are, as far as that is reliable.
    pub fn tries_left(&self) -> Result<TriesLeft, SignError> {
        let _turn = self.turns.wait(self.settings.patience).ok_or(SignError::Busy)?;
        let facts = self.with_worker(|worker| self.look(worker))?;
        Ok(self.tries(&facts))
    }

    /// Waits until nobody else uses the token and logs in, to sign with the key of a certificate.
    ///
    /// A PIN is sent to the card once, or, where it cannot be right or the last try was to be spared, not at all.
    pub fn begin<'t>(
        &'t self,
        key: &[u8],
        certificate: &'t Certificate,
        consent: Consent,
    ) -> Result<Batch<'t>, SignError> {
        let turn = self.turns.wait(self.settings.patience).ok_or(SignError::Busy)?;
        let signatures = consent.signatures;
        let mut asked = false;
        let begun = self.with_worker(|worker| {
            let facts = self.look(worker)?;
            self.check(&facts, &consent)?;
            let login = if consent.pin.is_some() { Login::PinFollows } else { Login::OnTheReader };
            let request = Request::Begin { token: facts.name(), key: key.to_vec(), login };
            asked = true;
            match worker.call(&request, consent.pin) {
                Err(SignError::WrongPin { .. }) => {
                    let left = self.look(worker).map_or(TriesLeft::Unknown, |facts| self.tries(&facts));
                    Err(SignError::WrongPin { left })
                }
                begun => begun.map(drop),
            }
        });
        if let Err(error) = begun {
            // The PIN may have been right and something later wrong.
            if asked {
                let _the_first_fault_counts = self.reset();
            }
            return Err(error);
        }
        let worker = self.idle().take();
        Ok(Batch::new(self, certificate, worker, signatures, turn))
    }

    /// Does something with the process of the module: the one that there is, or a new one.
    fn with_worker<T>(&self, work: impl FnOnce(&mut Worker) -> Result<T, SignError>) -> Result<T, SignError> {
        let idle = self.idle().take();
        let mut worker = match idle {
            Some(worker) => worker,
            None => Worker::start(&self.module, &self.settings)?,
        };
        let done = work(&mut worker);
        match done {
            Ok(_) => self.take_back(worker),
            // A module may take what it met with to last, a service of smart cards that ended for one: the next one who
            // needs it gets another process.
            Err(_) => worker.dismiss(),
        }
        done
    }

    fn idle(&self) -> MutexGuard<'_, Option<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the token says of itself now.
    fn look(&self, worker: &mut Worker) -> Result<TokenFacts, SignError> {
        let is_it = |token: &TokenFacts| token.name() == self.facts.name();
        settled(|| present(worker)?.into_iter().find(is_it).ok_or(SignError::Removed))
    }

    /// Whether the card may be asked: a PIN of a wrong length would cost a try, with SoftHSM for one.
    fn check(&self, facts: &TokenFacts, consent: &Consent) -> Result<(), SignError> {
        let (min, max) = (facts.min_pin_len, facts.max_pin_len);
        match &consent.pin {
            Some(_) if facts.pinpad => return Err(SignError::EnteredOnTheReader),
            None if !facts.pinpad => return Err(SignError::NoKeypad),
            Some(pin) if pin.len() < min || (max > 0 && max >= min && pin.len() > max) => {
                return Err(SignError::PinLength { min, max });
            }
            _ => {}
        }
        match (self.tries(facts), consent.last_try) {
            (TriesLeft::Last, LastTry::Spare) => Err(SignError::LastTry),
            _ => Ok(()),
        }
    }

    fn tries(&self, facts: &TokenFacts) -> TriesLeft {
        match self.module.tries {
            TryFlags::Meaningless => TriesLeft::Unknown,
            TryFlags::Standard if facts.locked => TriesLeft::None,
            TryFlags::Standard if facts.final_try => TriesLeft::Last,
            TryFlags::Standard if facts.count_low => TriesLeft::Fewer,
            TryFlags::Standard => TriesLeft::All,
        }
    }

    /// Has a process wait for the next one who needs it; one that does not answer is ended.
    pub(super) fn take_back(&self, worker: Worker) {
        *self.idle() = worker.is_well().then_some(worker);
    }

    pub(super) fn reset(&self) -> Result<(), NotReset> {
        match &self.after_use {
            AfterUse::Reset(reset) => reset(&self.facts).map_err(NotReset::Reset),
            AfterUse::LogOut => Ok(()),
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, {:?})", self.module.id, self.facts)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if let Some(worker) = self.idle().take() {
            worker.dismiss();
        }
    }
}

impl TokenFacts {
    fn name(&self) -> TokenName {
        TokenName { label: self.label.clone(), serial: self.serial.clone() }
    }
}

/// Looks again where a token is not there: SoftHSM's is away for a moment while another process logs in, and a card that was
/// just put in is not there at once.
fn settled<T>(mut look: impl FnMut() -> Result<T, SignError>) -> Result<T, SignError> {
    const LOOKS: usize = 5;
    const BETWEEN: Duration = Duration::from_millis(60);
    for _ in 1..LOOKS {
        let seen = look();
        if !matches!(seen, Err(SignError::NoToken | SignError::TokenAbsent { .. } | SignError::Removed)) {
            return seen;
        }
        thread::park_timeout(BETWEEN);
    }
    look()
}

fn present(worker: &mut Worker) -> Result<Vec<TokenFacts>, SignError> {
    match worker.call(&Request::Tokens, None)? {
        Answer::Tokens(tokens) => Ok(tokens),
        _ => Err(ProcessFault::Garbled.into()),
    }
}

fn select(tokens: Vec<TokenFacts>, wanted: Option<&str>) -> Result<TokenFacts, SignError> {
    if tokens.is_empty() {
        return Err(SignError::NoToken);
    }
    let is_wanted = |token: &TokenFacts| wanted.is_none_or(|name| token.label == name || token.serial == name);
    let (mut meant, others): (Vec<_>, Vec<_>) = tokens.into_iter().partition(is_wanted);
    match (meant.pop(), meant.is_empty()) {
        (Some(token), true) => Ok(token),
        (None, _) => Err(SignError::TokenAbsent { present: others }),
        (Some(token), false) => {
            meant.push(token);
            Err(SignError::SeveralTokens { present: meant })
        }
    }
}
