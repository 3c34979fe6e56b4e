//! Modules of cards and tokens, providers of remote signatures, and whom signatures of the higher levels need.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::de::DeValue;

use crate::config::providers::{Entry, entries};
use crate::config::reader::{Reader, Value};
use crate::config::{Environment, values};
use crate::fetch::Route;
use crate::procedures::signing::AuthoritySettings;
use crate::sign::pkcs11::{ModuleSettings, Owners};
use crate::sign::remote::ProviderSettings;

/// The section that they are in.
pub(super) const SECTION: &str = "sign";

/// What is said about modules, or else what is built in.
pub(super) fn modules(reader: &mut Reader<'_>) -> ModuleSettings {
    let standard = ModuleSettings::default();
    let own = reader.get(SECTION, "own_modules", values::switch).unwrap_or(standard.owners == Owners::RootAndThisUser);
    ModuleSettings {
        added: reader.get(SECTION, "modules", added).unwrap_or(standard.added),
        owners: if own { Owners::RootAndThisUser } else { Owners::Root },
        allowed: reader.get(SECTION, "module_seconds", values::seconds).unwrap_or(standard.allowed),
    }
}

/// Looks at what is said about providers, and reads no secret.
pub(super) fn providers(reader: &mut Reader<'_>, environment: &Environment) -> Vec<Entry> {
    reader.get(SECTION, "providers", |value| entries(value, environment)).unwrap_or_default()
}

/// One provider, with its secret.
pub(super) fn provider(id: &str, reader: &mut Reader<'_>, environment: &Environment) -> Option<ProviderSettings> {
    let entries = providers(reader, environment);
    let known: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
    let completed = match entries.into_iter().find(|entry| entry.id == id) {
        Some(entry) => entry.complete(),
        None if known.is_empty() => Err("non ci sono fornitori: ciascuno sta sotto [[sign.providers]]".to_owned()),
        None => Err(format!("non c'è un fornitore con questo id: ci sono {}", known.join(", "))),
    };
    completed.map_err(|detail| reader.fault_unless_faulty("sign.providers", &detail)).ok()
}

/// Whom signatures of the higher levels need. Whom to believe is said once, for verifying and for signing.
pub(super) fn authorities(reader: &mut Reader<'_>) -> AuthoritySettings {
    AuthoritySettings {
        tsa: reader.get(SECTION, "tsa", network_address),
        trust: Vec::new(),
        route: Route { proxy: reader.get(SECTION, "proxy", network_address) },
    }
}

fn network_address(value: &Value<'_>) -> Result<String, String> {
    let text = value.text()?;
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match rest {
        Some(rest) if !rest.is_empty() && !text.contains(char::is_whitespace) => Ok(text.to_owned()),
        _ => Err("serve un indirizzo http o https: per esempio \"http://marche.esempio.it/tsa\"".to_owned()),
    }
}

/// A table of ids, each with a path or a list of them; in the environment `id=/path`, with commas between them.
fn added(value: &Value<'_>) -> Result<BTreeMap<String, Vec<PathBuf>>, String> {
    let wrong = "serve una tabella di identificativi e percorsi: per esempio, sotto [sign.modules], aruba = \"/opt/aruba/libmodulo.so\"";
    let mut added = BTreeMap::new();
    match value {
        Value::Toml(DeValue::Table(table)) => {
            for (id, paths) in table {
                let paths = match paths.get_ref() {
                    DeValue::String(path) => vec![path.as_ref()],
                    DeValue::Array(paths) => {
                        paths.iter().map(|path| path.get_ref().as_str()).collect::<Option<_>>().ok_or(wrong)?
                    }
                    _ => return Err(wrong.to_owned()),
                };
                added.insert(id_of(id.get_ref())?, paths_of(&paths)?);
            }
        }
        Value::Toml(_) => return Err(wrong.to_owned()),
        Value::Text(text) => {
            for one in text.split(',').filter(|one| !one.is_empty()) {
                let (id, path) = one.split_once('=').ok_or("serve id=/percorso, con virgole fra l'uno e l'altro")?;
                added.insert(id_of(id)?, paths_of(&[path])?);
            }
        }
    }
    Ok(added)
}

fn id_of(text: &str) -> Result<String, String> {
    let plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    if text.is_empty() || text.len() > 32 || !text.bytes().all(plain) {
        return Err("l'identificativo di un modulo ha da 1 a 32 lettere minuscole, cifre e trattini".to_owned());
    }
    Ok(text.to_owned())
}

fn paths_of(paths: &[&str]) -> Result<Vec<PathBuf>, String> {
    if paths.is_empty() || !paths.iter().all(|path| Path::new(path).is_absolute()) {
        return Err("il percorso di un modulo comincia da /".to_owned());
    }
    Ok(paths.iter().map(PathBuf::from).collect())
}
