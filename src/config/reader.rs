//! Reading settings one by one, and collecting what is wrong with them.

use std::collections::BTreeMap;
use std::fmt;

use toml::de::{DeTable, DeValue};

use crate::verify::escape;

/// Something wrong with the settings.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What, and what to write instead.
    pub detail: String,
}

/// Where a setting comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// A line of the file, and the setting.
    Line(usize, String),
    /// A variable of the environment.
    Variable(String),
    /// Nowhere: it is missing.
    Missing(String),
    /// The file itself.
    File,
}

/// `riga 3, listen.address: …`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Line(line, key) if key.is_empty() => write!(f, "riga {line}: ")?,
            Place::Line(line, key) => write!(f, "riga {line}, {key}: ")?,
            Place::Variable(name) => write!(f, "variabile {name}: ")?,
            Place::Missing(key) => write!(f, "{key}: ")?,
            Place::File => {}
        }
        f.write_str(&self.detail)
    }
}

/// A value as it was written.
pub(super) enum Value<'a> {
    Toml(&'a DeValue<'a>),
    /// From the environment, where all is text.
    Text(&'a str),
}

struct Found<'a> {
    value: Written<'a>,
    place: Place,
}

enum Written<'a> {
    Toml(DeValue<'a>),
    Text(String),
}

/// Settings that were not asked for yet.
pub(super) struct Reader<'a> {
    found: BTreeMap<(String, String), Found<'a>>,
    known: BTreeMap<&'static str, Vec<&'static str>>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// Reads the text, then what stands instead: section, key, name of the variable, value.
    pub(super) fn new(
        text: &'a str,
        overrides: impl Iterator<Item = (String, String, String, String)>,
    ) -> Result<Self, Vec<Fault>> {
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line(text, span.start));
            vec![Fault {
                place: Place::Line(line, String::new()),
                detail: format!("non è TOML ben formato (dettaglio tecnico: {})", error.message()),
            }]
        })?;
        let mut reader = Self { found: BTreeMap::new(), known: BTreeMap::new(), faults: Vec::new() };
        for (section, value) in table.into_inner() {
            let at = line(text, section.span().start);
            let section = section.into_inner().into_owned();
            match value.into_inner() {
                DeValue::Table(keys) => {
                    for (key, value) in keys {
                        let place =
                            Place::Line(line(text, key.span().start), escape(&format!("{section}.{}", key.get_ref())));
                        let found = Found { value: Written::Toml(value.into_inner()), place };
                        reader.found.insert((section.clone(), key.into_inner().into_owned()), found);
                    }
                }
                _ => reader.faults.push(Fault {
                    place: Place::Line(at, escape(&section)),
                    detail: "sta fuori da una sezione: le impostazioni stanno sotto [listen], [store] e così via"
                        .to_owned(),
                }),
            }
        }
        for (section, key, name, value) in overrides {
            let found = Found { value: Written::Text(value), place: Place::Variable(escape(&name)) };
            reader.found.insert((section, key), found);
        }
        Ok(reader)
    }

    /// Forgets all settings but those of one section: the others are not looked at.
    pub(super) fn leave_only(&mut self, wanted: &str) {
        self.leave(|section, _| section == wanted);
    }

    /// Forgets all settings but those of these sections and keys.
    pub(super) fn leave(&mut self, is_wanted: impl Fn(&str, &str) -> bool) {
        self.found.retain(|(section, key), _| is_wanted(section, key));
        self.faults.clear();
    }

    /// The value of a setting, if it is there and right.
    pub(super) fn get<T>(
        &mut self,
        section: &'static str,
        key: &'static str,
        read: impl FnOnce(&Value<'_>) -> Result<T, String>,
    ) -> Option<T> {
        self.known.entry(section).or_default().push(key);
        let found = self.found.remove(&(section.to_owned(), key.to_owned()))?;
        let value = match &found.value {
            Written::Toml(value) => Value::Toml(value),
            Written::Text(text) => Value::Text(text),
        };
        match read(&value) {
            Ok(value) => Some(value),
            Err(detail) => {
                self.faults.push(Fault { place: found.place, detail });
                None
            }
        }
    }

    /// The value of a setting that must be there.
    pub(super) fn need<T>(
        &mut self,
        section: &'static str,
        key: &'static str,
        read: impl FnOnce(&Value<'_>) -> Result<T, String>,
    ) -> Option<T> {
        if !self.found.contains_key(&(section.to_owned(), key.to_owned())) {
            let detail = "manca e non ha un valore predefinito".to_owned();
            self.faults.push(Fault { place: Place::Missing(format!("{section}.{key}")), detail });
        }
        self.get(section, key, read)
    }

    /// Adds a fault about a section, unless there is one about it already.
    pub(super) fn fault_unless_faulty(&mut self, section: &str, detail: &str) {
        let about = |place: &Place| match place {
            Place::Line(_, key) | Place::Missing(key) => key.starts_with(section),
            Place::Variable(name) => name.to_ascii_lowercase().contains(&format!("_{section}__")),
            Place::File => false,
        };
        if !self.faults.iter().any(|fault| about(&fault.place)) {
            self.faults.push(Fault { place: Place::Missing(section.to_owned()), detail: detail.to_owned() });
        }
    }

    /// The settings, unless anything is wrong: what was not asked for is unknown.
    pub(super) fn finish<T>(mut self, config: Option<T>) -> Result<T, Vec<Fault>> {
        for ((section, _), found) in &self.found {
            let detail = if let Some(keys) = self.known.get(section.as_str()) {
                format!("impostazione sconosciuta; in [{section}] ci sono: {}", keys.join(", "))
            } else {
                let sections: Vec<_> = self.known.keys().copied().collect();
                format!("sezione sconosciuta; le sezioni sono: {}", sections.join(", "))
            };
            self.faults.push(Fault { place: found.place.clone(), detail });
        }
        match config {
            Some(config) if self.faults.is_empty() => Ok(config),
            _ => {
                self.faults.sort_by_key(|fault| match fault.place {
                    Place::Line(line, _) => line,
                    _ => usize::MAX,
                });
                Err(self.faults)
            }
        }
    }
}

/// The line of an offset, from 1.
fn line(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|octet| *octet == b'\n').count()
}
