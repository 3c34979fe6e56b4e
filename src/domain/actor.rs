//! Who does something, and what they may do.

use std::fmt;
use std::str::FromStr;

use crate::domain::id::TokenId;

/// Who changes or reads something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Actor {
    /// Varco itself: what is due by the calendar, such as erasing what was kept long enough.
    System,
    /// Whoever may run commands on the machine of the service.
    CommandLine,
    /// Somebody unknown, at the page for people.
    Visitor,
    /// A program that shows a token.
    Token(TokenId),
}

/// As the trail has it: `system`, `command-line`, `visitor`, `token:…`.
impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::CommandLine => f.write_str("command-line"),
            Self::Visitor => f.write_str("visitor"),
            Self::Token(id) => write!(f, "token:{id}"),
        }
    }
}

/// What a caller may be allowed to do; a token carries a set of these as its scopes.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Permission {
    /// Submit documents, and read the answers to one's own.
    Verify,
    /// Read the trail and its proofs.
    ReadTrail,
}

/// No such permission.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no such permission")]
pub struct UnknownPermission;

impl Permission {
    /// All that there are.
    pub const ALL: [Self; 2] = [Self::Verify, Self::ReadTrail];

    /// The scope of a token (RFC 6749 §3.3).
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Verify => "verifications",
            Self::ReadTrail => "audit",
        }
    }
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(scope: &str) -> Result<Self, UnknownPermission> {
        Self::ALL.into_iter().find(|permission| permission.scope() == scope).ok_or(UnknownPermission)
    }
}
