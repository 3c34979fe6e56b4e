//! JSON for programs that a person may see on a terminal.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::verify::escape;

/// Writes a value on one line. Characters that deceive a reader are written as `\uXXXX`: the value stays the same.
pub(super) fn line(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut out, Careful));
    let text = written.ok().and_then(|()| String::from_utf8(out).ok());
    // Our own types have text keys and finite numbers: there is nothing that JSON cannot say.
    text.unwrap_or_else(|| "null".to_owned()) + "\n"
}

struct Careful;

impl Formatter for Careful {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut unit = [0; 2];
        for character in fragment.chars() {
            let mut octets = [0; 4];
            let text = character.encode_utf8(&mut octets);
            if escape(text) == *text {
                writer.write_all(text.as_bytes())?;
            } else {
                for unit in character.encode_utf16(&mut unit) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_is_escaped_and_means_the_same() {
        let text = "Città \u{202e}\u{7f}\u{9b}\u{e0041}\n\"\\\u{1b}[0m";
        let json = line(&text);
        assert_eq!(json, "\"Città \\u202e\\u007f\\u009b\\udb40\\udc41\\n\\\"\\\\\\u001b[0m\"\n");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
