//! The times a judgement is made for.

use time::UtcDateTime;

/// When to judge, and since when the signature is known to exist.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Times {
    /// The validation time: judge as if now were this. Data issued later count, entries dated later do not.
    pub at: UtcDateTime,
    /// A proven time of existence (EN 319 102-1 §5.5, POE) of what was signed, not after [`Self::at`].
    pub existed_by: Option<UtcDateTime>,
}

impl Times {
    /// Judges at `at` with no proof of an earlier existence.
    pub const fn at(at: UtcDateTime) -> Self {
        Self { at, existed_by: None }
    }

    /// The same, with another proof of existence: the earlier one counts.
    #[must_use]
    pub fn and_existed_by(self, proof: Option<UtcDateTime>) -> Self {
        Self { existed_by: self.existed_by.into_iter().chain(proof).min(), ..self }
    }

    /// The earliest time for which everything holds that must hold when the signature was made: the proven time of
    /// existence, else the validation time ("best signature time", EN 319 102-1 §5.5.4). A proof later than the
    /// validation time proves nothing about it and is ignored.
    pub fn best_signature_time(&self) -> UtcDateTime {
        self.existed_by.map_or(self.at, |existed| existed.min(self.at))
    }
}
