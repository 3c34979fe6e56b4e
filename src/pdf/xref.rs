//! One section of cross-references (ISO 32000-2 §7.5.4 tables, §7.5.8 streams, §7.5.8.4 both), as it stands in the file.

use std::rc::Rc;

use crate::pdf::object::{Dictionary, Object};
use crate::pdf::syntax::Parser;

/// Where a section says that an object is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Nowhere.
    Free,
    /// At an offset of the file.
    At {
        /// Octets from the beginning of the file.
        offset: u64,
        /// Its generation.
        generation: u16,
    },
    /// In a stream of objects, at a place among them.
    In {
        /// The number of the stream.
        stream: u32,
        /// Its place among the objects there, from 0.
        index: u32,
    },
}

/// A section.
#[derive(Debug)]
pub(super) struct Section {
    /// By object number, each once.
    pub(super) entries: Vec<(u32, Place)>,
    /// Whether readers differ on what it says: an object stands in it twice, in different places; entries are missing, of
    /// another kind, or wider than some read.
    pub(super) ambiguous: bool,
    /// Whether its objects were counted from 1 where 0 was meant.
    pub(super) renumbered: bool,
    /// The objects that a hybrid file has for those only who read its stream: others find them free.
    pub(super) uncovered: Vec<u32>,
    /// Its trailer, or the dictionary of its stream.
    pub(super) trailer: Rc<Dictionary>,
}

/// What is wrong with a section: nothing more is told, the caller says where it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct BadSection;

/// The highest object number that is read; ISO 32000-1 annex C.2 says that readers stop at 8,388,607.
const MAX_NUMBER: u64 = 8_388_607;

/// Reads a table and its trailer from `parser`, which stands behind `xref`.
pub(super) fn table(parser: &mut Parser<'_>) -> Result<Section, BadSection> {
    let mut entries = Vec::new();
    let mut renumbered = false;
    while !parser.keyword(b"trailer") {
        let mut first = parser.unsigned().ok_or(BadSection)?;
        let count = parser.unsigned().ok_or(BadSection)?;
        let last = first.checked_add(count).ok_or(BadSection)?;
        if last > MAX_NUMBER + 1 {
            return Err(BadSection);
        }
        for place in 0..count {
            let offset = parser.unsigned().ok_or(BadSection)?;
            let generation = parser.unsigned().ok_or(BadSection)?;
            let entry = if parser.keyword(b"n") {
                Place::At { offset, generation: u16::try_from(generation).map_err(|_| BadSection)? }
            } else if parser.keyword(b"f") {
                Place::Free
            } else {
                return Err(BadSection);
            };
            // The head of the list of free objects is number 0 (§7.5.4).
            if entries.is_empty() && first == 1 && (offset, generation, entry) == (0, 65_535, Place::Free) {
                (first, renumbered) = (0, true);
            }
            let number = first + place;
            entries.push((u32::try_from(number).map_err(|_| BadSection)?, entry));
        }
    }
    let trailer = parser.object().map_err(|_| BadSection)?;
    let section = Section::new(entries, trailer.as_dictionary().ok_or(BadSection)?.clone());
    Ok(Section { renumbered, ..section })
}

/// Reads the decoded octets of a cross-reference stream.
pub(super) fn stream(dictionary: Rc<Dictionary>, octets: &[u8]) -> Result<Section, BadSection> {
    let widths = dictionary.get(b"W").and_then(Object::as_array).ok_or(BadSection)?;
    let mut widths = widths.iter().map(|width| width.as_offset().and_then(|width| usize::try_from(width).ok()));
    let [Some(kind_width), Some(second_width), Some(third_width)] = [(); 3].map(|()| widths.next().flatten()) else {
        return Err(BadSection);
    };
    let width = [kind_width, second_width, third_width].iter().try_fold(0_usize, |sum, width| match width {
        0..=8 => Some(sum + width),
        _ => None,
    });
    let width = width.filter(|width| *width > 0).ok_or(BadSection)?;
    let mut rows = octets.chunks_exact(width);
    let mut entries = Vec::new();
    let mut odd = kind_width > MAX_KIND_WIDTH || third_width > MAX_GENERATION_WIDTH;
    for (first, count) in subsections(&dictionary)? {
        for number in first..first.saturating_add(count) {
            let Some(row) = rows.next() else {
                odd = true;
                break;
            };
            let (kind, rest) = row.split_at_checked(kind_width).ok_or(BadSection)?;
            let (second, third) = rest.split_at_checked(second_width).ok_or(BadSection)?;
            let kind = if kind.is_empty() { 1 } else { big_endian(kind) };
            let entry = place(kind, big_endian(second), big_endian(third))?;
            odd |= entry.is_none();
            entries.extend(entry.map(|entry| (u32::try_from(number).unwrap_or(u32::MAX), entry)));
        }
    }
    let section = Section::new(entries, dictionary);
    Ok(Section { ambiguous: section.ambiguous || odd, ..section })
}

/// Octets that programs use for the kind of an entry, and for a generation or a place; some readers take no more.
const MAX_KIND_WIDTH: usize = 2;
const MAX_GENERATION_WIDTH: usize = 4;

/// An entry of a stream; `None` for a kind that later versions may define, which stands for null (§7.5.8.3).
fn place(kind: u64, second: u64, third: u64) -> Result<Option<Place>, BadSection> {
    Ok(match kind {
        0 => Some(Place::Free),
        1 => Some(Place::At { offset: second, generation: u16::try_from(third).map_err(|_| BadSection)? }),
        2 => Some(Place::In {
            stream: u32::try_from(second).map_err(|_| BadSection)?,
            index: u32::try_from(third).map_err(|_| BadSection)?,
        }),
        _ => None,
    })
}

/// Pairs of first number and count; all numbers up to `Size` where there is no `Index`.
fn subsections(dictionary: &Dictionary) -> Result<Vec<(u64, u64)>, BadSection> {
    let numbers: Vec<_> = match dictionary.get(b"Index") {
        None | Some(Object::Null) => vec![Some(0), dictionary.get(b"Size").and_then(Object::as_offset)],
        Some(index) => index.as_array().ok_or(BadSection)?.iter().map(Object::as_offset).collect(),
    };
    let pairs = numbers.chunks(2).map(|pair| match pair {
        [Some(first), Some(count)] if first.saturating_add(*count) <= MAX_NUMBER + 1 => Ok((*first, *count)),
        _ => Err(BadSection),
    });
    pairs.collect()
}

fn big_endian(octets: &[u8]) -> u64 {
    octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet))
}

impl Section {
    fn new(mut entries: Vec<(u32, Place)>, trailer: Rc<Dictionary>) -> Self {
        entries.sort_by_key(|(number, _)| *number);
        let ambiguous = entries.windows(2).any(|pair| matches!(pair, [(a, one), (b, other)] if a == b && one != other));
        entries.dedup_by_key(|(number, _)| *number);
        Self { entries, ambiguous, renumbered: false, uncovered: Vec::new(), trailer }
    }

    /// One that nobody wrote: of objects that stand in the file twice the later counts.
    pub(super) fn found(mut entries: Vec<(u32, Place)>, trailer: Rc<Dictionary>) -> Self {
        entries.reverse();
        Self::new(entries, trailer)
    }

    /// Adds what a hybrid file hides from old readers: the stream speaks where the table says free, or nothing.
    pub(super) fn uncover(&mut self, hidden: Self) {
        let in_use = |(number, _): &(u32, Place)| {
            let at = self.entries.binary_search_by_key(number, |(number, _)| *number);
            at.ok().and_then(|at| self.entries.get(at)).is_some_and(|(_, entry)| *entry != Place::Free)
        };
        let found: Vec<_> = hidden.entries.into_iter().filter(|entry| !in_use(entry)).collect();
        self.ambiguous |= hidden.ambiguous;
        let free = |number: u32| self.entries.binary_search_by_key(&number, |(number, _)| *number).is_ok();
        self.uncovered = found.iter().map(|(number, _)| *number).filter(|number| free(*number)).collect();
        // The later of two equal numbers is the uncovered one, and a stable sort leaves it so.
        self.entries.extend(found);
        self.entries.sort_by_key(|(number, _)| *number);
        self.entries.reverse();
        self.entries.dedup_by_key(|(number, _)| *number);
        self.entries.reverse();
    }

    /// An offset of another section in the trailer; an error where it is there and is none.
    pub(super) fn link(&self, name: &[u8]) -> Result<Option<u64>, BadSection> {
        match self.trailer.get(name) {
            None | Some(Object::Null) => Ok(None),
            // Some writers make it a real.
            Some(value) => value.as_offset().map(Some).ok_or(BadSection),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_whatever_ends_its_lines() {
        let text =
            b"0 2\n0000000000 65535 f\r\n0000000015 00000 n \r5 1\n0000000099 00002 n\ntrailer <</Size 6/Prev 7>>";
        let section = table(&mut Parser::new(text, 0)).unwrap();
        assert_eq!(
            section.entries,
            [
                (0, Place::Free),
                (1, Place::At { offset: 15, generation: 0 }),
                (5, Place::At { offset: 99, generation: 2 })
            ]
        );
        assert_eq!(section.link(b"Prev"), Ok(Some(7)));
        assert!(!section.ambiguous);
    }

    #[test]
    fn an_object_in_two_places_is_noticed_and_the_first_is_taken() {
        let text = b"1 1\n0000000015 00000 n \n1 1\n0000000099 00000 n \ntrailer <<>>";
        let section = table(&mut Parser::new(text, 0)).unwrap();
        assert_eq!(section.entries, [(1, Place::At { offset: 15, generation: 0 })]);
        assert!(section.ambiguous);
    }

    #[test]
    fn a_stream_is_read_by_its_widths() {
        let dictionary = Parser::new(b"<</W[1 2 1]/Index[3 2 9 1]/Size 10>>", 0).object().unwrap();
        let rows = [1, 1, 0, 0, 2, 0, 7, 4, 0, 0, 0, 0];
        let section = stream(dictionary.as_dictionary().unwrap().clone(), &rows).unwrap();
        assert_eq!(
            section.entries,
            [(3, Place::At { offset: 256, generation: 0 }), (4, Place::In { stream: 7, index: 4 }), (9, Place::Free)]
        );
    }

    #[test]
    fn widths_and_numbers_beyond_reason_are_refused() {
        for text in [
            "<</W[0 0 0]/Size 9>>",
            "<</W[1 2]/Size 9>>",
            "<</W[1 9 1]/Size 9>>",
            "<</W[1 2 -1]/Size 9>>",
            "<</W[1 2 1]>>",
            "<</W[1 2 1]/Index[0]/Size 9>>",
            "<</W[1 2 1]/Index[0 99999999999]/Size 9>>",
        ] {
            let dictionary = Parser::new(text.as_bytes(), 0).object().unwrap();
            let section = stream(dictionary.as_dictionary().unwrap().clone(), &[0; 64]);
            assert_eq!(section.err(), Some(BadSection), "{text}");
        }
        let text = b"0 99999999999\n";
        assert_eq!(table(&mut Parser::new(text, 0)).err(), Some(BadSection));
    }

    #[test]
    fn the_stream_of_a_hybrid_file_speaks_where_the_table_does_not() {
        let section = |text: &[u8]| table(&mut Parser::new(text, 0)).unwrap();
        let mut hybrid = section(b"1 2\n0000000015 00000 n \n0000000000 00000 f \ntrailer <<>>");
        hybrid.uncover(section(b"1 3\n0000000091 00000 n \n0000000092 00000 n \n0000000093 00000 n \ntrailer <<>>"));
        let at = |offset| Place::At { offset, generation: 0 };
        assert_eq!(hybrid.entries, [(1, at(15)), (2, at(92)), (3, at(93))]);
    }
}
