//! Readers and cards (PC/SC), and what a CNS (*Carta Nazionale dei Servizi*) tells without a PIN.
//!
//! Nothing here asks for a PIN or sends one: signing is done through PKCS#11. Nothing that is read from a card is written
//! down or logged.

mod apdu;
mod atr;
mod cns;
mod finding;
mod pcsc_error;
mod personal_data;
mod reader;
mod transport;
mod watch;

use thiserror::Error;

pub use apdu::{Answer, Command, StatusWord, exchange};
pub use atr::{Atr, CardKind, CieChip, CnsCard, Family};
pub use cns::{Agreement, CardId, CnsError, CnsFile, Holder, HolderCertificate, PublicFacts, read_facts, read_holder};
pub use finding::CardFinding;
pub use personal_data::{Field, MAX_PERSONAL_DATA, PersonalData, PersonalDataError};
pub use reader::{Connection, Reader, ReaderError, Readers, Slot, reset};
pub use transport::{Transport, TransportError};
pub use watch::{Event, Watch};

/// Why a card in a reader could not be read. It holds no personal data.
#[derive(Debug, Error)]
pub enum CardError {
    /// There is none to be read, or no reader.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// It is no CNS.
    #[error("the card is no CNS: its answer to reset is {0}")]
    OtherCard(Atr),
    /// It is a CNS and does not answer as one.
    #[error(transparent)]
    Cns(#[from] CnsError),
}

/// Reads from the CNS in a reader, or in the only one with a card; no other program uses the card meanwhile. Whatever
/// comes of it, the card is reset afterwards, which also closes it to whoever gave it a PIN before.
pub fn with_cns<T>(
    reader: Option<&str>,
    read: impl FnOnce(&mut dyn Transport) -> Result<T, CnsError>,
) -> Result<T, CardError> {
    let readers = Readers::connect()?;
    let chosen = readers.choose(reader)?;
    match chosen.slot {
        Slot::Card(atr) if atr.kind() != CardKind::Cns => Err(CardError::OtherCard(atr)),
        _ => readers.open(&chosen.name)?.exclusively(|card| Ok(read(card)?)),
    }
}
