//! The errors of PC/SC, by what they mean for whoever asked.

use pcsc::Error;

use crate::card::reader::ReaderError;

/// What happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    /// The service ended, or its connection did.
    ServiceGone,
    /// The reader was unplugged.
    ReaderGone,
    /// The card was taken out.
    CardGone,
    /// Somebody reset the card.
    Reset,
    /// The card does not answer.
    Mute,
    /// Somebody has the card for themselves.
    InUse,
    /// This account may not.
    Denied,
    /// The exchange failed; whether the card is still there, the error does not say.
    Unclear,
}

/// What an error means.
pub(super) const fn fault(error: Error) -> Fault {
    match error {
        Error::NoService
        | Error::ServiceStopped
        | Error::ServerTooBusy
        | Error::CommError
        | Error::InvalidHandle
        | Error::Shutdown => Fault::ServiceGone,
        Error::ReaderUnavailable | Error::UnknownReader | Error::NoReadersAvailable => Fault::ReaderGone,
        Error::RemovedCard | Error::NoSmartcard => Fault::CardGone,
        Error::ResetCard => Fault::Reset,
        Error::UnresponsiveCard | Error::UnpoweredCard | Error::UnsupportedCard => Fault::Mute,
        Error::SharingViolation => Fault::InUse,
        Error::SecurityViolation => Fault::Denied,
        _ => Fault::Unclear,
    }
}

/// The same for whoever asks for readers, or for a card that is to be connected to.
pub(super) fn of_readers(error: Error) -> ReaderError {
    match fault(error) {
        Fault::ServiceGone => ReaderError::NoService,
        Fault::ReaderGone => ReaderError::NoReader,
        Fault::CardGone => ReaderError::NoCard,
        Fault::Mute => ReaderError::Mute,
        Fault::InUse => ReaderError::InUse,
        Fault::Denied => ReaderError::Denied,
        Fault::Reset | Fault::Unclear => ReaderError::Failed(error),
    }
}
