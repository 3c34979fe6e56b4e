//! What the value of each setting may be; errors are the end of an Italian sentence.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeValue;

use crate::audit::KeyName;
use crate::config::LogLevel;
use crate::config::reader::Value;
use crate::store::{StoreError, StoreUrl};
use crate::verify::escape;

impl Value<'_> {
    pub(super) fn text(&self) -> Result<&str, String> {
        match self {
            Self::Toml(DeValue::String(text)) => Ok(text),
            Self::Toml(_) => Err("serve un testo fra virgolette".to_owned()),
            Self::Text(text) => Ok(text),
        }
    }

    fn number(&self) -> Result<u64, String> {
        let read = match self {
            Self::Toml(DeValue::Integer(number)) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            Self::Toml(_) => None,
            Self::Text(text) => text.parse().ok(),
        };
        read.ok_or_else(|| "serve un numero intero".to_owned())
    }
}

fn between(value: &Value<'_>, least: u64, most: u64, unit: &str) -> Result<u64, String> {
    let number = value.number()?;
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(format!("serve un numero di {unit} da {least} a {most}"))
    }
}

pub(super) fn count(value: &Value<'_>) -> Result<usize, String> {
    let number = between(value, 1, 1_000_000, "elementi")?;
    usize::try_from(number).map_err(|_| "il numero è troppo grande".to_owned())
}

pub(super) fn remembered(value: &Value<'_>) -> Result<usize, String> {
    let number = between(value, 0, 100_000, "certificati")?;
    usize::try_from(number).map_err(|_| "il numero è troppo grande".to_owned())
}

pub(super) fn per_minute(value: &Value<'_>) -> Result<u32, String> {
    let number = between(value, 1, 100_000_000, "richieste al minuto")?;
    u32::try_from(number).map_err(|_| "il numero è troppo grande".to_owned())
}

pub(super) fn octets(value: &Value<'_>) -> Result<u64, String> {
    between(value, 1, 2 * 1024 * 1024 * 1024, "byte")
}

pub(super) fn seconds(value: &Value<'_>) -> Result<Duration, String> {
    between(value, 1, 86_400, "secondi").map(Duration::from_secs)
}

pub(super) fn days(value: &Value<'_>) -> Result<Duration, String> {
    between(value, 1, 366 * 100, "giorni").map(|days| Duration::from_hours(24 * days))
}

pub(super) fn address(value: &Value<'_>) -> Result<SocketAddr, String> {
    let wrong = "serve un indirizzo IP con la porta: per esempio \"0.0.0.0:8443\" o \"[::]:8443\"";
    value.text()?.parse().map_err(|_| wrong.to_owned())
}

pub(super) fn public_url(value: &Value<'_>) -> Result<String, String> {
    let text = value.text()?.trim_end_matches('/');
    let host = text.strip_prefix("https://").unwrap_or_default();
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b".-:[]/_~".contains(&octet);
    if !host.is_empty() && host.bytes().all(plain) {
        return Ok(text.to_owned());
    }
    Err("serve un indirizzo https: per esempio \"https://varco.example.it\"".to_owned())
}

pub(super) fn optional_address(value: &Value<'_>) -> Result<Option<SocketAddr>, String> {
    if value.text()? == "off" {
        return Ok(None);
    }
    address(value).map(Some).map_err(|wrong| format!("{wrong}, oppure \"off\""))
}

pub(super) fn path(value: &Value<'_>) -> Result<PathBuf, String> {
    match value.text()? {
        "" => Err("il percorso è vuoto".to_owned()),
        text => Ok(PathBuf::from(text)),
    }
}

pub(super) fn key_name(value: &Value<'_>) -> Result<KeyName, String> {
    value
        .text()?
        .parse()
        .map_err(|_| "serve un nome senza spazi né +: per esempio \"varco.example/registro\"".to_owned())
}

pub(super) fn folder(value: &Value<'_>) -> Result<PathBuf, String> {
    let path = path(value)?;
    if path.is_dir() { Ok(path) } else { Err("la cartella non esiste".to_owned()) }
}

/// A list in the file; in the environment, paths with colons between them.
pub(super) fn paths(value: &Value<'_>) -> Result<Vec<PathBuf>, String> {
    let texts: Vec<&str> = match value {
        Value::Toml(DeValue::Array(items)) => {
            let texts = items.iter().map(|item| item.get_ref().as_str());
            texts.collect::<Option<_>>().ok_or("servono percorsi fra virgolette")?
        }
        Value::Toml(_) => return Err("serve un elenco di percorsi: per esempio [\"/etc/varco/anchors\"]".to_owned()),
        Value::Text(text) => text.split(':').collect(),
    };
    if texts.iter().any(|text| text.is_empty()) {
        return Err("un percorso è vuoto".to_owned());
    }
    Ok(texts.into_iter().map(PathBuf::from).collect())
}

pub(super) fn switch(value: &Value<'_>) -> Result<bool, String> {
    match value {
        Value::Toml(DeValue::Boolean(switch)) => Ok(*switch),
        Value::Text("true") => Ok(true),
        Value::Text("false") => Ok(false),
        _ => Err("serve true o false".to_owned()),
    }
}

pub(super) fn line(value: &Value<'_>) -> Result<String, String> {
    match value.text()? {
        text if text.trim().is_empty() || text.chars().count() > 100 => {
            Err("serve un testo da 1 a 100 caratteri".to_owned())
        }
        text => Ok(escape(text)),
    }
}

/// An address to follow: nothing that a browser would run.
pub(super) fn web_address(value: &Value<'_>) -> Result<String, String> {
    match value.text()? {
        text if text.starts_with("https://") => Ok(text.to_owned()),
        _ => Err("serve un indirizzo che comincia con https://".to_owned()),
    }
}

pub(super) fn at_least_one(value: &Value<'_>) -> Result<NonZeroU32, String> {
    NonZeroU32::new(per_minute(value)?).ok_or_else(|| "serve almeno 1".to_owned())
}

pub(super) fn level(value: &Value<'_>) -> Result<LogLevel, String> {
    match value.text()? {
        "error" => Ok(LogLevel::Error),
        "warn" => Ok(LogLevel::Warn),
        "info" => Ok(LogLevel::Info),
        "debug" => Ok(LogLevel::Debug),
        _ => Err("serve uno fra error, warn, info, debug".to_owned()),
    }
}

pub(super) fn store_url(value: &Value<'_>) -> Result<StoreUrl, String> {
    plain_store_url(value.text()?)
}

/// Reads the address of a store where others may see it too; one with a password is refused.
pub fn plain_store_url(text: &str) -> Result<StoreUrl, String> {
    let authority = text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
    let has_password = authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    if has_password || text.contains("password=") {
        return Err(
            "contiene una password: scriverla in un file leggibile dal solo servizio e usare store.url_file".to_owned()
        );
    }
    url(text)
}

/// An address that stood in a file of its own.
pub(super) fn secret_url(text: &str) -> Result<StoreUrl, String> {
    url(text.trim_end())
}

/// The value is never repeated: it may hold a password.
fn url(text: &str) -> Result<StoreUrl, String> {
    text.parse().map_err(|error| {
        let why = match error {
            StoreError::Unprotected => "l'archivio è su un'altra macchina e la connessione non è protetta: aggiungere sslmode=verify-full, per esempio",
            _ => "non è l'indirizzo di un archivio: per esempio \"sqlite:/var/lib/varco/varco.db\" o",
        };
        format!("{why} \"postgres://varco@db.example.it/varco?sslmode=verify-full\"")
    })
}

pub(super) fn credential_name<'a>(value: &'a Value<'_>) -> Result<&'a str, String> {
    let name = value.text()?;
    let plain = Path::new(name).file_name().is_some_and(|file| file == name);
    if plain { Ok(name) } else { Err("serve il nome di una credenziale, senza cartelle".to_owned()) }
}
