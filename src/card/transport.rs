//! How a command reaches a card.

use thiserror::Error;

/// Carries commands to one card: a PC/SC reader, or a card that is computed in the same process.
pub trait Transport {
    /// Sends a command APDU and returns the response APDU, its status word at the end; nothing of it is checked.
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError>;
}

/// Why a command was not answered.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum TransportError {
    /// The card is no longer in the reader.
    #[error("the card was removed")]
    CardRemoved,
    /// The reader is no longer there.
    #[error("the reader was unplugged")]
    ReaderLost,
    /// The service of readers (`pcscd`) ended.
    #[error("the service of smart cards stopped")]
    ServiceLost,
    /// Another program reset the card: what was selected is selected no more.
    #[error("another program reset the card")]
    Reset,
    /// The card or the reader answered nothing that can be used.
    #[error("the exchange with the card failed ({0})")]
    Failed(pcsc::Error),
}
