//! The languages that people are answered in.

/// A language that every text for people exists in.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Language {
    /// Unless something else is asked for.
    Italian,
    /// For whoever prefers it.
    English,
}

impl Language {
    /// Returns the one of two texts that is in this language.
    pub fn choose<T>(self, italian: T, english: T) -> T {
        match self {
            Self::Italian => italian,
            Self::English => english,
        }
    }

    /// Returns the tag of the language (BCP 47).
    pub fn tag(self) -> &'static str {
        self.choose("it", "en")
    }
}
