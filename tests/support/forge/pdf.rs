//! PDF files (ISO 32000-2 §7.5), revision by revision, with every part open to change.

pub(crate) mod section;
pub(crate) mod signature;

use std::collections::{BTreeMap, BTreeSet};

use miniz_oxide::deflate::compress_to_vec_zlib;

/// A dictionary: keys without their slash, values as they are written.
#[derive(Clone, Default)]
pub(crate) struct Dict(Vec<(String, String)>);

/// An indirect object.
#[derive(Clone)]
pub(crate) enum Object {
    Dict(Dict),
    /// `Length` is added when it is written, unless it is there.
    Stream(Dict, Vec<u8>),
    Raw(String),
}

/// A file so far, and what its next revision will change.
#[derive(Clone)]
pub(crate) struct Pdf {
    pub(crate) bytes: Vec<u8>,
    /// Every object as it stands, by number.
    objects: BTreeMap<u32, Object>,
    /// What the next revision writes.
    changed: BTreeSet<u32>,
    freed: BTreeSet<u32>,
    /// `Root`, `Info` and `ID`.
    pub(crate) trailer: Dict,
    next: u32,
    /// Where the last cross-reference section starts.
    pub(crate) last: Option<usize>,
    /// Offsets are counted from this octet of the file.
    origin: usize,
}

impl Dict {
    pub(crate) fn of(entries: &[(&str, &str)]) -> Self {
        Self(entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.set(key, value);
        self
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some((_, old)) => value.clone_into(old),
            None => self.0.push((key.to_owned(), value.to_owned())),
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.0.retain(|(known, _)| known != key);
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Appends to an array, which is made when it is missing.
    pub(crate) fn push(&mut self, key: &str, item: &str) {
        let old = self.get(key).unwrap_or("[]").trim_end_matches(']').to_owned();
        let space = if old.ends_with('[') { "" } else { " " };
        self.set(key, &format!("{old}{space}{item}]"));
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().cloned());
    }

    pub(crate) fn encode(&self) -> String {
        let entries: Vec<_> = self.0.iter().map(|(key, value)| format!("/{key} {value} ")).collect();
        format!("<< {}>>", entries.concat())
    }
}

impl Object {
    pub(crate) fn dict(entries: &[(&str, &str)]) -> Self {
        Self::Dict(Dict::of(entries))
    }

    pub(crate) fn stream(entries: &[(&str, &str)], data: &[u8]) -> Self {
        Self::Stream(Dict::of(entries), data.to_vec())
    }

    pub(crate) fn deflated(entries: &[(&str, &str)], data: &[u8]) -> Self {
        let dict = Dict::of(entries).with("Filter", "/FlateDecode");
        Self::Stream(dict, compress_to_vec_zlib(data, 9))
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Dict(dict) => dict.encode().into_bytes(),
            Self::Raw(text) => text.clone().into_bytes(),
            Self::Stream(dict, data) => {
                let mut dict = dict.clone();
                if dict.get("Length").is_none() {
                    dict.set("Length", &data.len().to_string());
                }
                [dict.encode().as_bytes(), b"\nstream\n", data, b"\nendstream"].concat()
            }
        }
    }

    fn as_dict(&mut self) -> &mut Dict {
        match self {
            Self::Dict(dict) | Self::Stream(dict, _) => Some(dict),
            Self::Raw(_) => None,
        }
        .unwrap()
    }
}

impl Pdf {
    /// An empty file with its header (§7.5.2).
    pub(crate) fn new() -> Self {
        Self::after(b"", 0)
    }

    /// A file with octets before its header; offsets are counted from `origin`.
    pub(crate) fn after(junk: &[u8], origin: usize) -> Self {
        Self {
            bytes: [junk, b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"].concat(),
            objects: BTreeMap::new(),
            changed: BTreeSet::new(),
            freed: BTreeSet::new(),
            trailer: Dict::default(),
            next: 1,
            last: None,
            origin,
        }
    }

    pub(crate) fn put(&mut self, number: u32, object: Object) {
        self.next = self.next.max(number + 1);
        self.objects.insert(number, object);
        self.changed.insert(number);
        self.freed.remove(&number);
    }

    /// Gives the object the next number.
    pub(crate) fn add(&mut self, object: Object) -> u32 {
        let number = self.next;
        self.put(number, object);
        number
    }

    pub(crate) fn free(&mut self, number: u32) {
        self.objects.remove(&number);
        self.changed.remove(&number);
        self.freed.insert(number);
    }

    /// Takes an object out of the next revision, for a later one.
    pub(crate) fn postpone(&mut self, number: u32) -> Object {
        self.changed.remove(&number);
        self.objects.remove(&number).unwrap()
    }

    pub(crate) fn has(&self, number: u32) -> bool {
        self.objects.contains_key(&number)
    }

    /// The dictionary of an object, which the next revision will write.
    pub(crate) fn dict(&mut self, number: u32) -> &mut Dict {
        self.changed.insert(number);
        self.objects.get_mut(&number).unwrap().as_dict()
    }

    pub(crate) fn set(&mut self, number: u32, key: &str, value: &str) {
        self.dict(number).set(key, value);
    }

    pub(crate) fn push(&mut self, number: u32, key: &str, item: &str) {
        self.dict(number).push(key, item);
    }

    /// Writes an object without telling any cross-reference section, and says where.
    pub(crate) fn write_unlisted(&mut self, number: u32, object: &Object) -> usize {
        let at = self.here();
        self.append(format!("{number} 0 obj\n").as_bytes());
        self.append(&object.encode());
        self.append(b"\nendobj\n");
        at
    }

    pub(crate) fn append(&mut self, octets: &[u8]) {
        self.bytes.extend_from_slice(octets);
    }

    /// The offset of what comes next, as cross-references count it.
    pub(crate) fn here(&self) -> usize {
        self.bytes.len() - self.origin
    }

    /// Puts `to` in the place of the last `from`, which is no shorter: the rest is filled with spaces.
    pub(crate) fn patch(&mut self, from: &str, to: &str) {
        let at = self.find_last(from.as_bytes());
        let padded = format!("{to:<width$}", width = from.len());
        assert_eq!(padded.len(), from.len(), "{to} is longer than {from}");
        self.overwrite(at, padded.as_bytes());
    }

    pub(crate) fn overwrite(&mut self, at: usize, octets: &[u8]) {
        self.bytes.splice(at..at + octets.len(), octets.iter().copied());
    }

    pub(crate) fn find_last(&self, octets: &[u8]) -> usize {
        let found = self.bytes.windows(octets.len()).rposition(|window| window == octets);
        found.unwrap_or_else(|| unreachable!("no {}", String::from_utf8_lossy(octets)))
    }
}
