//! From octets to values (ISO 32000-2 §7.2, §7.3).

use std::ops::Range;
use std::rc::Rc;

use crate::pdf::object::{Dictionary, Name, Object, Reference};

/// Why octets are no value.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SyntaxError {
    /// They end before the value does.
    #[error("the value does not end")]
    Truncated,
    /// Something stands there that no value begins with, or that does not belong inside one.
    #[error("unexpected octet")]
    Unexpected,
    /// Arrays and dictionaries inside one another beyond [`MAX_DEPTH`].
    #[error("nested too deeply")]
    TooDeep,
}

/// Arrays and dictionaries inside one another; real files stay below ten.
pub(super) const MAX_DEPTH: usize = 64;

/// An entry of a dictionary, and where its value stands.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Object,
    /// The octets of the value, from its first to its last, counted from where reading began.
    pub span: Range<u64>,
}

/// Reads values one after the other.
#[derive(Clone)]
pub(super) struct Parser<'a> {
    octets: &'a [u8],
    position: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// Begins at `position`.
    pub(super) const fn new(octets: &'a [u8], position: usize) -> Self {
        Self { octets, position, depth: 0 }
    }

    /// Offset of the next octet.
    pub(super) const fn position(&self) -> usize {
        self.position
    }

    /// What comes next.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.octets.get(self.position..).unwrap_or_default()
    }

    /// Leaves out white space and comments.
    pub(super) fn skip_blank(&mut self) {
        while let Some(octet) = self.peek() {
            match octet {
                b'%' => self.skip_comment(),
                octet if is_blank(octet) => self.position += 1,
                _ => break,
            }
        }
    }

    fn skip_comment(&mut self) {
        self.position += self.rest().iter().take_while(|octet| !matches!(octet, b'\r' | b'\n')).count();
    }

    /// Takes a keyword that stands next, after white space; it must end there.
    pub(super) fn keyword(&mut self, word: &[u8]) -> bool {
        self.skip_blank();
        let Some(after) = self.rest().strip_prefix(word) else { return false };
        if after.first().is_some_and(|octet| is_regular(*octet)) {
            return false;
        }
        self.position += word.len();
        true
    }

    /// Takes a number without sign that stands next, after white space.
    pub(super) fn unsigned(&mut self) -> Option<u64> {
        self.skip_blank();
        let digits = self.rest().iter().take_while(|octet| octet.is_ascii_digit()).count();
        let number = std::str::from_utf8(self.rest().get(..digits)?).ok()?.parse().ok()?;
        self.position += digits;
        Some(number)
    }

    /// Reads one value.
    pub(super) fn object(&mut self) -> Result<Object, SyntaxError> {
        self.skip_blank();
        match self.peek().ok_or(SyntaxError::Truncated)? {
            b'/' => self.name().map(Object::Name),
            b'(' => self.literal_string().map(Object::String),
            b'<' if self.rest().starts_with(b"<<") => {
                self.dictionary().map(|entries| Object::Dictionary(Rc::new(entries)))
            }
            b'<' => self.hexadecimal_string().map(Object::String),
            b'[' => self.array(),
            b'0'..=b'9' => match self.reference() {
                Some(reference) => Ok(Object::Reference(reference)),
                None => self.number(),
            },
            b'+' | b'-' | b'.' => self.number(),
            _ => self.word(),
        }
    }

    /// Reads a dictionary, and where each of its values stands.
    pub(super) fn members(&mut self) -> Result<Vec<Member>, SyntaxError> {
        self.skip_blank();
        self.take(b"<<")?;
        self.deeper()?;
        let mut members = Vec::new();
        loop {
            self.skip_blank();
            match self.peek().ok_or(SyntaxError::Truncated)? {
                b'>' => {
                    self.take(b">>")?;
                    self.depth -= 1;
                    return Ok(members);
                }
                b'/' => {
                    let name = self.name()?;
                    self.skip_blank();
                    let start = self.position;
                    let value = self.object()?;
                    members.push(Member { name, value, span: offset(start)..offset(self.position) });
                }
                _ => return Err(SyntaxError::Unexpected),
            }
        }
    }

    fn dictionary(&mut self) -> Result<Dictionary, SyntaxError> {
        let members = self.members()?;
        Ok(Dictionary::new(members.into_iter().map(|member| (member.name, member.value)).collect()))
    }

    fn array(&mut self) -> Result<Object, SyntaxError> {
        self.take(b"[")?;
        self.deeper()?;
        let mut members = Vec::new();
        loop {
            self.skip_blank();
            if self.peek().ok_or(SyntaxError::Truncated)? == b']' {
                self.position += 1;
                self.depth -= 1;
                return Ok(Object::Array(members.into()));
            }
            members.push(self.object()?);
        }
    }

    /// `12 0 R`; nothing is taken where it is not that.
    fn reference(&mut self) -> Option<Reference> {
        let mut ahead = self.clone();
        let number = u32::try_from(ahead.unsigned()?).ok()?;
        if !ahead.peek().is_some_and(is_blank) {
            return None;
        }
        let generation = u16::try_from(ahead.unsigned()?).ok()?;
        if !ahead.peek().is_some_and(is_blank) || !ahead.keyword(b"R") {
            return None;
        }
        self.position = ahead.position;
        Some(Reference { number, generation })
    }

    fn number(&mut self) -> Result<Object, SyntaxError> {
        let token = self.token();
        let text = std::str::from_utf8(token).map_err(|_| SyntaxError::Unexpected)?;
        if !text.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'+' | b'-' | b'.')) {
            return Err(SyntaxError::Unexpected);
        }
        // A real that is a whole number is the same number.
        let whole = text.split_once('.').filter(|(_, fraction)| fraction.bytes().all(|digit| digit == b'0'));
        if let Ok(integer) = whole.map_or(text, |(whole, _)| whole).parse() {
            return Ok(Object::Integer(integer));
        }
        text.parse().map(Object::Real).map_err(|_| SyntaxError::Unexpected)
    }

    fn word(&mut self) -> Result<Object, SyntaxError> {
        match self.token() {
            b"true" => Ok(Object::Boolean(true)),
            b"false" => Ok(Object::Boolean(false)),
            b"null" => Ok(Object::Null),
            _ => Err(SyntaxError::Unexpected),
        }
    }

    /// Takes regular characters.
    fn token(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let len = rest.iter().take_while(|octet| is_regular(**octet)).count();
        self.position += len;
        rest.get(..len).unwrap_or_default()
    }

    fn name(&mut self) -> Result<Name, SyntaxError> {
        self.take(b"/")?;
        let token = self.token();
        if !token.contains(&b'#') {
            return Ok(Name::new(token));
        }
        let mut name = Vec::with_capacity(token.len());
        let mut rest = token;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match (first, after) {
                (b'#', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    name.push(octet([*high, *low]));
                    rest = after;
                }
                _ => name.push(*first),
            }
        }
        Ok(Name::new(&name))
    }

    /// `<…>`; white space inside is left out, an odd last digit stands for its upper half (§7.3.4.3).
    fn hexadecimal_string(&mut self) -> Result<Rc<[u8]>, SyntaxError> {
        self.take(b"<")?;
        let rest = self.rest();
        let len = memchr::memchr(b'>', rest).ok_or(SyntaxError::Truncated)?;
        self.position += len + 1;
        let digits = rest.get(..len).unwrap_or_default();
        // Signatures are long and have no white space. This loop does not stop, so that it goes many at a time.
        if digits.iter().fold(true, |all, octet| all & octet.is_ascii_hexdigit()) {
            let (pairs, odd) = digits.as_chunks();
            let mut string: Vec<u8> = pairs.iter().map(|pair| octet(*pair)).collect();
            string.extend(odd.iter().map(|high| octet([*high, b'0'])));
            return Ok(string.into());
        }
        let mut string = Vec::with_capacity(len / 2 + 1);
        let mut half = None;
        for digit in digits {
            match half {
                _ if is_blank(*digit) => {}
                _ if !digit.is_ascii_hexdigit() => return Err(SyntaxError::Unexpected),
                None => half = Some(*digit),
                Some(high) => {
                    string.push(octet([high, *digit]));
                    half = None;
                }
            }
        }
        string.extend(half.map(|high| octet([high, b'0'])));
        Ok(string.into())
    }

    /// `(…)` with its escapes (§7.3.4.2).
    fn literal_string(&mut self) -> Result<Rc<[u8]>, SyntaxError> {
        self.take(b"(")?;
        let mut string = Vec::new();
        let mut open = 1_usize;
        while let Some(octet) = self.next() {
            match octet {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(string.into());
                    }
                }
                b'\\' => {
                    self.escape(&mut string)?;
                    continue;
                }
                b'\r' => {
                    self.skip_line_feed();
                    string.push(b'\n');
                    continue;
                }
                _ => {}
            }
            string.push(octet);
        }
        Err(SyntaxError::Truncated)
    }

    fn escape(&mut self, string: &mut Vec<u8>) -> Result<(), SyntaxError> {
        match self.next().ok_or(SyntaxError::Truncated)? {
            b'n' => string.push(b'\n'),
            b'r' => string.push(b'\r'),
            b't' => string.push(b'\t'),
            b'b' => string.push(8),
            b'f' => string.push(12),
            b'\r' => self.skip_line_feed(),
            b'\n' => {}
            first @ b'0'..=b'7' => {
                let mut code = u32::from(first - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    code = code << 3 | u32::from(digit - b'0');
                    self.position += 1;
                }
                // §7.3.4.2: "high-order overflow shall be ignored".
                string.extend(u8::try_from(code & 0xff));
            }
            other => string.push(other),
        }
        Ok(())
    }

    fn skip_line_feed(&mut self) {
        if self.peek() == Some(b'\n') {
            self.position += 1;
        }
    }

    const fn deeper(&mut self) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(SyntaxError::TooDeep) } else { Ok(()) }
    }

    fn take(&mut self, mark: &[u8]) -> Result<(), SyntaxError> {
        let rest = self.rest();
        if !rest.starts_with(mark) {
            return Err(if rest.len() < mark.len() { SyntaxError::Truncated } else { SyntaxError::Unexpected });
        }
        self.position += mark.len();
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.octets.get(self.position).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let octet = self.peek()?;
        self.position += 1;
        Some(octet)
    }
}

fn offset(position: usize) -> u64 {
    u64::try_from(position).unwrap_or(u64::MAX)
}

/// White space (§7.2.3, table 1).
pub(super) const fn is_blank(octet: u8) -> bool {
    matches!(octet, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

/// Neither white space nor a delimiter (§7.2.3).
const fn is_regular(octet: u8) -> bool {
    !is_blank(octet) && !matches!(octet, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// The octet of two hexadecimal digits. Both digits at once and without a choice, so that a processor does many at a time.
const fn octet(digits: [u8; 2]) -> u8 {
    let digits = u16::from_be_bytes(digits);
    let values = (digits & 0x0f0f) + 9 * (digits >> 6 & 0x0101);
    let [_, octet] = (values >> 4 | values).to_be_bytes();
    octet
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Object, SyntaxError> {
        Parser::new(text, 0).object()
    }

    fn string(octets: &[u8]) -> Object {
        Object::String(octets.into())
    }

    /// The examples of ISO 32000-2 §7.3.
    #[test]
    fn values_are_read_as_the_standard_writes_them() {
        for (text, expected) in [
            (&b"null"[..], Object::Null),
            (b" % comment\r true", Object::Boolean(true)),
            (b"+17", Object::Integer(17)),
            (b"-98", Object::Integer(-98)),
            (b"34.5", Object::Real(34.5)),
            (b"-.002", Object::Real(-0.002)),
            (b"4.", Object::Integer(4)),
            (b"12 0 R", Object::Reference(Reference { number: 12, generation: 0 })),
            (b"12 0 obj", Object::Integer(12)),
            (b"(a \\(b\\) (c) \\\r\n\\n\\53\\0053\\400x\r\ny)", string(b"a (b) (c) \n+\x053\0x\ny")),
            (b"<901FA3>", string(b"\x90\x1f\xa3")),
            (b"<90 1F\nA>", string(b"\x90\x1f\xa0")),
            (b"<0123456789abcdefABCDEFa>", string(b"\x01\x23\x45\x67\x89\xab\xcd\xef\xab\xcd\xef\xa0")),
            (b"/A;Name_With-Various***Characters?", Object::Name(Name::new(b"A;Name_With-Various***Characters?"))),
            (b"/Lime#20Green#2", Object::Name(Name::new(b"Lime Green#2"))),
            (b"/", Object::Name(Name::new(b""))),
            (
                b"[549 3.5[]/x]",
                Object::Array(
                    [Object::Integer(549), Object::Real(3.5), Object::Array([].into()), Object::Name(Name::new(b"x"))]
                        .into(),
                ),
            ),
        ] {
            assert_eq!(read(text), Ok(expected), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn a_dictionary_says_where_its_values_stand_and_which_name_is_there_twice() {
        let text = b"<</B 1/Contents <00>/A[2 0 R]/B 2>>";
        let members = Parser::new(text, 0).members().unwrap();
        let spans: Vec<_> = members
            .iter()
            .map(|member| &text[usize::try_from(member.span.start).unwrap()..usize::try_from(member.span.end).unwrap()])
            .collect();
        assert_eq!(spans, [&b"1"[..], b"<00>", b"[2 0 R]", b"2"]);
        let object = read(text).unwrap();
        let dictionary = object.as_dictionary().unwrap();
        assert_eq!(dictionary.get(b"B"), Some(&Object::Integer(1)));
        assert_eq!(dictionary.get(b"Con"), None);
        assert!(dictionary.is_ambiguous());
        assert!(!read(b"<</A 1/B 2>>").unwrap().as_dictionary().unwrap().is_ambiguous());
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for text in [&b""[..], b"<</A", b"[1 2", b"(a", b"(a\\", b"<90", b"<<", b"<</A 1>"] {
            assert_eq!(read(text), Err(SyntaxError::Truncated), "{}", String::from_utf8_lossy(text));
        }
        for text in [&b"endobj"[..], b"<9x>", b"<<1 2>>", b"1e5", b"--1", b"]", b"<</A 1>x"] {
            assert_eq!(read(text), Err(SyntaxError::Unexpected), "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(read(&b"[".repeat(100_000)), Err(SyntaxError::TooDeep));
        assert_eq!(read(&b"<</A".repeat(100_000)), Err(SyntaxError::TooDeep));
    }
}
