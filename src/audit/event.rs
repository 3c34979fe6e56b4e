//! What is written down of a change, or of an access to personal data.

use std::fmt;

use time::UtcDateTime;

use crate::domain::actor::Actor;
use crate::domain::id::{TokenId, VerificationId};

/// Something that was done.
#[derive(Clone, Debug)]
pub struct Event {
    /// When, by the clock of the instance that did it.
    pub at: UtcDateTime,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// To what.
    pub subject: Subject,
    /// What else must not change without being seen: digests, verdicts. Never personal data.
    pub facts: Vec<(&'static str, String)>,
    /// Personal data. The chain holds a commitment to them only: they can be erased, and the chain still verifies.
    pub personal: Vec<(&'static str, String)>,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident $word:literal;)+) => {
        /// What can be done; the words never change their meaning.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Action { $($(#[$doc])* $action,)+ }

        impl Action {
            /// The word in the trail.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$action => $word,)+ }
            }
        }
    };
}

actions! {
    /// A document was judged and the answer recorded.
    CreateVerification "verification.create";
    /// A document was accepted, to be judged later.
    RequestVerification "verification.request";
    /// A document that was accepted could not be examined.
    RefuseVerification "verification.refuse";
    /// A verification that was given up is to be tried again.
    RetryVerification "verification.retry";
    /// The answer was read.
    ReadVerification "verification.read";
    /// The answer was erased when its time was over.
    EraseVerification "verification.erase";
    /// A document that was handed in was read.
    ReadDocument "document.read";
    /// The documents of a verification were erased when their time was over.
    EraseDocuments "document.erase";
    /// A token was made.
    CreateToken "token.create";
    /// A token was revoked.
    RevokeToken "token.revoke";
    /// The trail was read.
    ReadTrail "audit.read";
    /// The trail was copied out of the store, to be verified elsewhere.
    ExportTrail "audit.export";
    /// A tree head was signed and kept.
    SignCheckpoint "audit.checkpoint";
    /// The personal data of an event were erased.
    ErasePersonalData "audit.erase";
}

/// What something was done to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject {
    /// A verification.
    Verification(VerificationId),
    /// A token.
    Token(TokenId),
    /// The trail itself.
    Trail,
    /// An event of the trail, by its sequence number.
    Event(u64),
}

/// As the trail has it: `verification:…`, `token:…`, `audit`, `event:…`.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verification(id) => write!(f, "verification:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::Trail => f.write_str("audit"),
            Self::Event(sequence) => write!(f, "event:{sequence}"),
        }
    }
}
