//! Header values with parameters: `value; name=value; name="value"` (RFC 9110 §5.6.6).

/// A value and its parameters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Parameters {
    pub(super) value: String,
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// The parameter of a name (lower case).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a header value; `None` if it is not of the form, or says something twice.
pub(super) fn read(text: &str) -> Option<Parameters> {
    let (value, mut rest) = text.split_once(';').unwrap_or((text, ""));
    let mut read = Parameters { value: value.trim().to_owned(), pairs: Vec::new() };
    while !rest.trim().is_empty() {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
            unquote(quoted)?
        } else {
            let (value, after) = after.split_at(after.find(';').unwrap_or(after.len()));
            (value.trim().to_owned(), after)
        };
        let after = after.trim_start();
        if name.is_empty() || !name.bytes().all(is_token) || read.get(&name).is_some() {
            return None;
        }
        read.pairs.push((name, value));
        rest = match after.strip_prefix(';') {
            Some(rest) => rest,
            None if after.is_empty() => "",
            None => return None,
        };
    }
    Some(read)
}

/// Decodes an extended value (RFC 8187), in UTF-8 only.
pub(super) fn decode_extended(text: &str) -> Option<String> {
    let (charset, rest) = text.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let mut octets = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            octet => octet,
        });
    }
    String::from_utf8(octets).ok().filter(|text| !text.contains('\0'))
}

/// Up to the closing quote, and what follows it. Only quotes and backslashes are escaped: browsers send Windows paths.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text.chars();
    loop {
        match rest.next()? {
            '"' => return Some((value, rest.as_str())),
            '\\' if rest.as_str().starts_with(['"', '\\']) => value.push(rest.next()?),
            character => value.push(character),
        }
    }
}

fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_in_all_their_forms() {
        let read = read("form-data ; Name=a;file=\"x;y\\\"z\\\\\"; path=\"C:\\dir\" ;").unwrap();
        assert_eq!(read.value, "form-data");
        assert_eq!(read.get("name"), Some("a"));
        assert_eq!(read.get("file"), Some("x;y\"z\\"));
        assert_eq!(read.get("path"), Some("C:\\dir"));
        assert_eq!(read.get("other"), None);
    }

    #[test]
    fn what_is_ambiguous_is_not_read() {
        for wrong in ["a; b", "a; b=1; b=2", "a; b=\"1", "a; b=\"1\"2", "a; =1", "a; b c=1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn extended_values_are_utf_8() {
        assert_eq!(decode_extended("UTF-8'it'citt%c3%A0"), Some("città".to_owned()));
        for wrong in ["x", "iso-8859-1''x", "UTF-8''%", "UTF-8''%zz", "UTF-8''%ff", "UTF-8''a%00b"] {
            assert_eq!(decode_extended(wrong), None, "{wrong}");
        }
    }
}
