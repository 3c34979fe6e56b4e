//! Providers of remote signatures: `[[sign.providers]]`.

use std::path::PathBuf;

use secrecy::SecretString;
use toml::de::{DeTable, DeValue};

use crate::config::reader::Value;
use crate::config::{Environment, credential, read, values};
use crate::sign::remote::{ClientSecret, ProviderSettings, Version};

/// One provider, whose secret was not read: whoever signs with a card has no business with it.
pub(super) struct Entry {
    pub(super) id: String,
    settings: ProviderSettings,
    client: Option<Client>,
}

struct Client {
    oauth2_url: String,
    id: String,
    secret_file: PathBuf,
}

impl Entry {
    /// The provider with its secret.
    pub(super) fn complete(self) -> Result<ProviderSettings, String> {
        let read = |client: Client| {
            let secret = read(&client.secret_file)?;
            let secret = SecretString::from(secret.trim_end());
            Ok::<_, String>(ClientSecret { oauth2_url: client.oauth2_url, id: client.id, secret })
        };
        Ok(ProviderSettings { client: self.client.map(read).transpose()?, ..self.settings })
    }
}

/// All that are named, without their secrets.
pub(super) fn entries(value: &Value<'_>, environment: &Environment) -> Result<Vec<Entry>, String> {
    let Value::Toml(DeValue::Array(tables)) = value else {
        return Err("i fornitori si scrivono nel file, ciascuno sotto [[sign.providers]]".to_owned());
    };
    let mut entries: Vec<Entry> = Vec::new();
    for table in tables {
        let DeValue::Table(table) = table.get_ref() else {
            return Err("serve una tabella per ciascun fornitore: [[sign.providers]]".to_owned());
        };
        let entry = entry(table, environment)?;
        if entries.iter().any(|other| other.id == entry.id) {
            return Err(format!("ci sono due fornitori {}", entry.id));
        }
        entries.push(entry);
    }
    Ok(entries)
}

const KEYS: [&str; 7] =
    ["id", "url", "version", "oauth2_url", "client_id", "client_secret_file", "client_secret_credential"];

fn entry(table: &DeTable<'_>, environment: &Environment) -> Result<Entry, String> {
    let get = |key: &str| table.get(key).map(|value| Value::Toml(value.get_ref()));
    let id = get("id").map(|id| values::line(&id)).transpose()?.ok_or("manca l'id di un fornitore")?;
    let of_this = |detail: String| format!("{id}: {detail}");
    if let Some(unknown) = table.keys().find(|key| !KEYS.contains(&key.get_ref().as_ref())) {
        let detail = format!("{} è sconosciuto; ci sono: {}", unknown.get_ref().escape_debug(), KEYS.join(", "));
        return Err(of_this(detail));
    }
    let url = get("url").ok_or_else(|| of_this("manca url".to_owned()))?;
    let version = get("version").ok_or_else(|| of_this("manca version, \"1\" o \"2\"".to_owned()))?;
    let settings = ProviderSettings {
        url: address(&url).map_err(of_this)?,
        version: match values::line(&version).map_err(of_this)?.as_str() {
            "1" => Version::V1,
            "2" => Version::V2,
            _ => return Err(of_this("version è \"1\" (CSC API 1.0.4) o \"2\"".to_owned())),
        },
        client: None,
        id: id.clone(),
    };
    let oauth2_url = get("oauth2_url").map(|value| address(&value)).transpose().map_err(of_this)?;
    let client_id = get("client_id").map(|value| values::line(&value)).transpose().map_err(of_this)?;
    let in_file = get("client_secret_file").map(|value| values::path(&value));
    let in_credential = get("client_secret_credential").map(|value| credential(&value, environment));
    let client = match (oauth2_url, client_id, in_file, in_credential) {
        (None, None, None, None) => None,
        (Some(oauth2_url), Some(id), Some(file), None) | (Some(oauth2_url), Some(id), None, Some(file)) => {
            Some(Client { oauth2_url, id, secret_file: file.map_err(of_this)? })
        }
        _ => {
            let detail =
                "oauth2_url, client_id e uno fra client_secret_file e client_secret_credential servono insieme";
            return Err(of_this(detail.to_owned()));
        }
    };
    Ok(Entry { id, settings, client })
}

/// Where secrets may go.
fn address(value: &Value<'_>) -> Result<String, String> {
    let text = values::line(value)?;
    if ProviderSettings::is_protected(&text) {
        Ok(text)
    } else {
        Err("serve un indirizzo https (http solo su questa macchina): per esempio \"https://firma.example.it/csc/v1\""
            .to_owned())
    }
}
