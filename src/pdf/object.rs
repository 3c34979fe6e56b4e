//! The values that a PDF file is made of (ISO 32000-2 §7.3). Copies share what they hold.

use std::fmt;
use std::rc::Rc;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// Nothing; what a reference to a missing object stands for.
    Null,
    /// §7.3.2.
    Boolean(bool),
    /// §7.3.3.
    Integer(i64),
    /// §7.3.3, never written with an exponent.
    Real(f64),
    /// §7.3.4, decoded: `(…)` and `<…>` are one.
    String(Rc<[u8]>),
    /// §7.3.5.
    Name(Name),
    /// §7.3.6.
    Array(Rc<[Object]>),
    /// §7.3.7.
    Dictionary(Rc<Dictionary>),
    /// §7.3.10: another object, by number.
    Reference(Reference),
}

/// The number of an object, and how often that number was used before.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Reference {
    /// Object number.
    pub number: u32,
    /// Generation number.
    pub generation: u16,
}

/// A name, its `#` escapes resolved.
#[derive(Clone, Eq, Ord, PartialEq, PartialOrd)]
pub struct Name(Rc<[u8]>);

impl Name {
    /// Wraps octets.
    pub fn new(octets: &[u8]) -> Self {
        Self(octets.into())
    }

    /// Its octets, without the solidus.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}", String::from_utf8_lossy(&self.0))
    }
}

/// Names and their values; the order in the file says nothing and is not kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dictionary {
    /// Sorted by name; of equal names the first in the file comes first.
    entries: Vec<(Name, Object)>,
}

impl Dictionary {
    /// Sorts entries that stand in the order of the file.
    pub fn new(mut entries: Vec<(Name, Object)>) -> Self {
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self { entries }
    }

    /// The value under a name as it stands, a reference unresolved; the first where a name is there twice.
    pub fn get(&self, name: &[u8]) -> Option<&Object> {
        let at = self.entries.partition_point(|(known, _)| known.as_bytes() < name);
        self.entries.get(at).filter(|(known, _)| known.as_bytes() == name).map(|(_, value)| value)
    }

    /// All entries, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Object)> {
        self.entries.iter().map(|(name, value)| (name, value))
    }

    /// Whether a name is there twice, here or further inside: readers differ on which value counts (§7.3.7 forbids it).
    pub fn is_ambiguous(&self) -> bool {
        self.entries.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other))
            || self.entries.iter().any(|(_, value)| value.is_ambiguous())
    }
}

impl Object {
    /// The number, of an integer.
    pub const fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, of an integer or a real.
    #[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "measures on a page, not offsets")]
    pub const fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Real(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, of an integer that is not negative.
    pub fn as_offset(&self) -> Option<u64> {
        u64::try_from(self.as_integer()?).ok()
    }

    /// The octets, of a name.
    pub fn as_name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name.as_bytes()),
            _ => None,
        }
    }

    /// The octets, of a string.
    pub fn as_string(&self) -> Option<&[u8]> {
        match self {
            Self::String(octets) => Some(octets),
            _ => None,
        }
    }

    /// The members, of an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(members) => Some(members),
            _ => None,
        }
    }

    /// The entries, of a dictionary.
    pub fn as_dictionary(&self) -> Option<&Rc<Dictionary>> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            _ => None,
        }
    }

    /// What it refers to, of a reference.
    pub const fn as_reference(&self) -> Option<Reference> {
        match self {
            Self::Reference(reference) => Some(*reference),
            _ => None,
        }
    }

    /// Whether it is null.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether a dictionary in it has a name twice; the nesting was bounded when it was read.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            Self::Array(members) => members.iter().any(Self::is_ambiguous),
            Self::Dictionary(dictionary) => dictionary.is_ambiguous(),
            _ => false,
        }
    }

    /// Gives every reference in it to `found`, those in nested values too; the nesting was bounded when it was read.
    pub fn references(&self, found: &mut dyn FnMut(Reference)) {
        match self {
            Self::Reference(reference) => found(*reference),
            Self::Array(members) => members.iter().for_each(|member| member.references(found)),
            Self::Dictionary(dictionary) => dictionary.iter().for_each(|(_, value)| value.references(found)),
            Self::Null | Self::Boolean(_) | Self::Integer(_) | Self::Real(_) | Self::String(_) | Self::Name(_) => {}
        }
    }
}
