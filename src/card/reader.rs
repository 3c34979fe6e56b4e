//! Readers of the system, through its service of smart cards (`pcscd`).

use std::ffi::CString;
use std::time::Duration;

use pcsc::{Disposition, Error, Protocols, ReaderState, Scope, ShareMode, State};
use thiserror::Error;

use crate::card::atr::Atr;
use crate::card::pcsc_error::{self, Fault};
use crate::card::transport::{Transport, TransportError};

/// A connection to the service of smart cards.
pub struct Readers {
    context: pcsc::Context,
}

/// A reader and what is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reader {
    /// Its name, as the service has it.
    pub name: String,
    /// What is in it.
    pub slot: Slot,
}

/// What is in a reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Slot {
    /// No card.
    Empty,
    /// A card that answered to reset.
    Card(Atr),
    /// A card that does not answer: upside down, dirty, or none that can be read.
    Mute,
}

/// A card that is connected to. It is reset when this is dropped, so that nobody finds it as it was left.
pub struct Connection {
    card: pcsc::Card,
}

/// Why readers or a card cannot be used.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum ReaderError {
    /// The service does not run, or stopped.
    #[error("the service of smart cards does not run")]
    NoService,
    /// The service does not talk to this account.
    #[error("the service of smart cards refuses this account")]
    Denied,
    /// There is no reader at all.
    #[error("there is no reader")]
    NoReader,
    /// There is no reader of this name.
    #[error("there is no reader of this name")]
    UnknownReader(String),
    /// No reader, or not the one that was named, has a card.
    #[error("there is no card in the reader")]
    NoCard,
    /// Several readers have a card, and none was named.
    #[error("{} readers have a card", .0.len())]
    SeveralCards(Vec<String>),
    /// The card does not answer to reset.
    #[error("the card does not answer")]
    Mute,
    /// Another program has the card for itself.
    #[error("another program uses the card")]
    InUse,
    /// Anything else.
    #[error("the readers do not work ({0})")]
    Failed(Error),
}

/// The longest answer: 256 octets and a status word. Extended lengths are not asked for.
const ANSWER_LEN: usize = 258;

/// `pcscd` looks every 400 ms: so long it takes until it knows that a card or reader left.
const LOOKS: usize = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// How often a card is connected to again because another program reset it just then.
const ATTEMPTS: usize = 3;

/// Resets the card in a reader: nobody can use it any more with a PIN that was given to it before.
///
/// After OpenSC's `C_Logout` a CNS still signs, for any program: logging out and this together close it.
pub fn reset(reader: &str) -> Result<(), ReaderError> {
    let connection = Readers::connect()?.open(reader)?;
    connection.card.disconnect(Disposition::ResetCard).map_err(|(_, error)| pcsc_error::of_readers(error))
}

impl Readers {
    /// Connects to the service.
    pub fn connect() -> Result<Self, ReaderError> {
        let context = pcsc::Context::establish(Scope::User).map_err(pcsc_error::of_readers)?;
        Ok(Self { context })
    }

    /// All readers, with what is in them now; empty when there are none.
    pub fn list(&self) -> Result<Vec<Reader>, ReaderError> {
        let names = self.names().map_err(pcsc_error::of_readers)?;
        // A reader that is unplugged between the two questions makes the second fail.
        let mut states: Vec<_> = names.into_iter().map(|name| ReaderState::new(name, State::UNAWARE)).collect();
        if states.is_empty() {
            return Ok(Vec::new());
        }
        self.wait(Duration::ZERO, &mut states).map_err(pcsc_error::of_readers)?;
        Ok(states.iter().filter_map(Reader::of).collect())
    }

    /// The card to be used: of the reader that was named, or the only one there is.
    pub fn choose(&self, reader: Option<&str>) -> Result<Reader, ReaderError> {
        let readers = self.list()?;
        if readers.is_empty() {
            return Err(ReaderError::NoReader);
        }
        let mut chosen: Vec<Reader> = match reader {
            Some(name) => readers.into_iter().filter(|reader| reader.name == name).collect(),
            None => readers.into_iter().filter(|reader| reader.slot != Slot::Empty).collect(),
        };
        match (chosen.pop(), chosen.is_empty(), reader) {
            (Some(Reader { slot: Slot::Empty, .. }), ..) | (None, _, None) => Err(ReaderError::NoCard),
            (None, _, Some(name)) => Err(ReaderError::UnknownReader(name.to_owned())),
            (Some(Reader { slot: Slot::Mute, .. }), true, _) => Err(ReaderError::Mute),
            (Some(reader), true, _) => Ok(reader),
            (Some(last), false, _) => {
                Err(ReaderError::SeveralCards(chosen.into_iter().chain([last]).map(|reader| reader.name).collect()))
            }
        }
    }

    /// Connects to the card in a reader; other programs may use it too.
    pub fn open(&self, reader: &str) -> Result<Connection, ReaderError> {
        let name = CString::new(reader).map_err(|_| ReaderError::UnknownReader(reader.to_owned()))?;
        match self.context.connect(&name, ShareMode::Shared, Protocols::ANY) {
            Ok(card) => Ok(Connection { card }),
            Err(Error::UnknownReader) => Err(ReaderError::UnknownReader(reader.to_owned())),
            Err(error) => Err(pcsc_error::of_readers(error)),
        }
    }

    /// The names of all readers; none is no error here.
    pub(super) fn names(&self) -> Result<Vec<CString>, Error> {
        match self.context.list_readers_owned() {
            Err(Error::NoReadersAvailable) => Ok(Vec::new()),
            names => names,
        }
    }

    /// Waits until something is other than the states say, and writes down what.
    pub(super) fn wait(&self, longest: Duration, states: &mut [ReaderState]) -> Result<(), Error> {
        self.context.get_status_change(longest, states)
    }
}

impl Reader {
    /// A reader as the service described it; `None` when it is gone.
    pub(super) fn of(state: &ReaderState) -> Option<Self> {
        let event = state.event_state();
        if event.intersects(State::UNKNOWN | State::UNAVAILABLE | State::IGNORE) {
            return None;
        }
        let slot = if !event.contains(State::PRESENT) {
            Slot::Empty
        } else if event.contains(State::MUTE) || state.atr().is_empty() {
            Slot::Mute
        } else {
            Slot::Card(Atr::new(state.atr()))
        };
        // A name that is not UTF-8 can be seen and not opened.
        Some(Self { name: state.name().to_string_lossy().into_owned(), slot })
    }
}

impl Connection {
    /// Uses the card without any other program in between; who asks meanwhile waits.
    pub fn exclusively<T, E: From<ReaderError>>(
        &mut self,
        act: impl FnOnce(&mut dyn Transport) -> Result<T, E>,
    ) -> Result<T, E> {
        for _attempt in 0..ATTEMPTS {
            match self.card.transaction2() {
                Ok(transaction) => return act(&mut Exclusive { card: transaction }),
                Err((card, Error::ResetCard)) => card
                    .reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard)
                    .map_err(pcsc_error::of_readers)?,
                Err((_, error)) => return Err(pcsc_error::of_readers(error).into()),
            }
        }
        Err(ReaderError::InUse.into())
    }
}

struct Exclusive<'a> {
    card: pcsc::Transaction<'a>,
}

impl Transport for Exclusive<'_> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut answer = [0; ANSWER_LEN];
        match self.card.transmit(command, &mut answer) {
            // Some drivers call it an answer, an empty one, when the card is pulled.
            Ok(answer) if answer.len() < 2 => self.what_left().map_or_else(|| Ok(answer.to_vec()), Err),
            Ok(answer) => Ok(answer.to_vec()),
            Err(error) => Err(match pcsc_error::fault(error) {
                Fault::CardGone => TransportError::CardRemoved,
                Fault::ReaderGone => TransportError::ReaderLost,
                Fault::ServiceGone => TransportError::ServiceLost,
                Fault::Reset => TransportError::Reset,
                Fault::Unclear => self.what_left().unwrap_or(TransportError::Failed(error)),
                _ => TransportError::Failed(error),
            }),
        }
    }
}

impl Exclusive<'_> {
    /// What left, if anything did. Drivers answer a command that is cut short in their own ways, and the service looks for
    /// card and reader a few times a second only.
    fn what_left(&self) -> Option<TransportError> {
        for _look in 0..LOOKS {
            if let Err(error) = self.card.status2_owned() {
                return Some(match pcsc_error::fault(error) {
                    Fault::ReaderGone => TransportError::ReaderLost,
                    Fault::ServiceGone => TransportError::ServiceLost,
                    _ => TransportError::CardRemoved,
                });
            }
            std::thread::park_timeout(BETWEEN_LOOKS);
        }
        None
    }
}
