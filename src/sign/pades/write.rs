//! PDF values as octets (ISO 32000-2 §7.3).

use std::rc::Rc;

use time::UtcDateTime;

use crate::crypto::hex;
use crate::pdf::{Dictionary, Name, Object, Reference};

/// Writes a value. Strings are written in hexadecimal, which needs no escapes.
pub(super) fn object(value: &Object, out: &mut Vec<u8>) {
    match value {
        Object::Null => out.extend(b"null"),
        Object::Boolean(true) => out.extend(b"true"),
        Object::Boolean(false) => out.extend(b"false"),
        Object::Integer(number) => out.extend(number.to_string().bytes()),
        // Rust writes no exponents, as PDF demands, and as many digits as are read back as the same number.
        Object::Real(number) => out.extend(number.to_string().bytes()),
        Object::String(octets) => {
            out.push(b'<');
            out.extend(hex(octets).bytes());
            out.push(b'>');
        }
        Object::Name(name) => write_name(name.as_bytes(), out),
        Object::Array(members) => {
            out.push(b'[');
            for (index, member) in members.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                object(member, out);
            }
            out.push(b']');
        }
        Object::Dictionary(entries) => dictionary(entries, out),
        Object::Reference(Reference { number, generation }) => out.extend(format!("{number} {generation} R").bytes()),
    }
}

/// Writes a dictionary.
pub(super) fn dictionary(entries: &Dictionary, out: &mut Vec<u8>) {
    out.extend(b"<<");
    for (name, value) in entries.iter() {
        write_name(name.as_bytes(), out);
        out.push(b' ');
        object(value, out);
    }
    out.extend(b">>");
}

/// The octets of a stream object, as it stands between `obj` and `endobj`.
pub(super) fn stream_object(entries: &Dictionary, octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len() + 256);
    dictionary(entries, &mut out);
    out.extend(b"\nstream\n");
    out.extend_from_slice(octets);
    out.extend(b"\nendstream");
    out
}

/// §7.3.5: what is not a regular character is written as `#` and two digits.
fn write_name(octets: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for octet in octets {
        if octet.is_ascii_graphic() && !b"#()<>[]{}/%".contains(octet) {
            out.push(*octet);
        } else {
            out.push(b'#');
            out.extend(hex(&[*octet]).bytes());
        }
    }
}

/// A dictionary of these entries.
pub(super) fn entries<const N: usize>(list: [(&str, Object); N]) -> Dictionary {
    Dictionary::new(list.into_iter().map(|(name, value)| (Name::new(name.as_bytes()), value)).collect())
}

/// The same dictionary with one entry more, or another in its place.
pub(super) fn with(dictionary: &Dictionary, name: &str, value: Object) -> Dictionary {
    let others = dictionary.iter().filter(|(known, _)| known.as_bytes() != name.as_bytes());
    let mut entries: Vec<_> = others.map(|(name, value)| (name.clone(), value.clone())).collect();
    entries.push((Name::new(name.as_bytes()), value));
    Dictionary::new(entries)
}

/// The same array with one member more.
pub(super) fn and(array: &[Object], member: Object) -> Object {
    let mut members = array.to_vec();
    members.push(member);
    Object::Array(members.into())
}

pub(super) fn name(text: &str) -> Object {
    Object::Name(Name::new(text.as_bytes()))
}

pub(super) fn reference(reference: Reference) -> Object {
    Object::Reference(reference)
}

pub(super) fn of(dictionary: Dictionary) -> Object {
    Object::Dictionary(Rc::new(dictionary))
}

/// A text string (§7.9.2.2): ASCII as it is, other text in UTF-16 with its mark.
pub(super) fn text(text: &str) -> Object {
    if text.is_ascii() {
        return Object::String(text.as_bytes().into());
    }
    let units = text.encode_utf16().flat_map(u16::to_be_bytes);
    Object::String([0xfe, 0xff].into_iter().chain(units).collect::<Vec<u8>>().into())
}

/// A date (§7.9.4), in UTC.
pub(super) fn date(at: UtcDateTime) -> Object {
    let (date, time) = (at.date(), at.time());
    let month = u8::from(date.month());
    let digits = format!(
        "D:{:04}{month:02}{:02}{:02}{:02}{:02}Z",
        date.year(),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    Object::String(digits.into_bytes().into())
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use time::macros::utc_datetime;

    use super::*;
    use crate::pdf::{Document, Limits};

    fn written(value: &Object) -> String {
        let mut out = Vec::new();
        object(value, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_written_as_iso_32000_has_them() {
        let inner = entries([("B", Object::Integer(-3)), ("A", Object::Boolean(true))]);
        let list = Object::Array([of(inner), Object::Real(0.000_015), Object::Real(595.276), Object::Null].into());
        assert_eq!(written(&list), "[<</A true/B -3>> 0.000015 595.276 null]");
        assert_eq!(written(&name("A B#/ù")), "/A#20B#23#2f#c3#b9");
        assert_eq!(written(&text("ab")), "<6162>");
        assert_eq!(written(&text("à")), "<feff00e0>");
        assert_eq!(written(&reference(Reference { number: 7, generation: 2 })), "7 2 R");
        assert_eq!(date(utc_datetime!(2026-01-31 9:05)), Object::String(b"D:20260131090500Z".as_slice().into()));
    }

    /// A value without references: the file below has nothing for them to lead to.
    fn value() -> impl Strategy<Value = Object> {
        let names = vec(1..=255_u8, 0..8).prop_map(|octets| Name::new(&octets));
        let simple = prop_oneof![
            Just(Object::Null),
            any::<bool>().prop_map(Object::Boolean),
            any::<i32>().prop_map(|number| Object::Integer(number.into())),
            (-2e6..2e6).prop_map(|number: f64| Object::Real(number + 0.001)),
            vec(any::<u8>(), 0..40).prop_map(|octets| Object::String(octets.into())),
            names.clone().prop_map(Object::Name),
        ];
        simple.prop_recursive(3, 24, 5, move |inner| {
            let entries = btree_map(names.clone(), inner.clone(), 0..5);
            prop_oneof![
                vec(inner, 0..5).prop_map(|members| Object::Array(members.into())),
                entries.prop_map(|entries| of(Dictionary::new(entries.into_iter().collect()))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in value()) {
            let mut file = b"%PDF-1.7\n1 0 obj\n<</Pages 2 0 R>>\nendobj\n2 0 obj\n<</Kids[]>>\nendobj\n".to_vec();
            let third = file.len();
            file.extend(b"3 0 obj\n");
            object(&value, &mut file);
            file.extend(b"\nendobj\n");
            let at = file.len();
            let index = format!(
                "xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000041 00000 n \n{third:010} 00000 n \n\
                 trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n"
            );
            file.extend(index.bytes());
            let source = file.as_slice();
            let document = Document::open(&source, None, &|| false, Limits::STANDARD).unwrap();
            prop_assert!(document.repairs().is_empty());
            prop_assert_eq!(&document.last().object(3).unwrap().unwrap().value, &value);
        }
    }

    #[test]
    fn an_entry_takes_the_place_of_the_one_of_its_name() {
        let before = entries([("A", Object::Integer(1)), ("B", Object::Integer(2))]);
        assert_eq!(written(&of(with(&before, "A", Object::Integer(3)))), "<</A 3/B 2>>");
    }
}
