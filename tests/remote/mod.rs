//! Remote signatures: with somebody else's provider for what it does, with one of our own for the rest.

mod command;
mod dummy;
mod faults;
mod providers;

use std::fs;
use std::path::{Path, PathBuf};

use secrecy::{SecretSlice, SecretString};
use tempfile::TempDir;
use varco::clock;
use varco::procedures::signing::remote::{Provider, ProviderError};
use varco::procedures::signing::{FileError, Layout, Making, PdfLayout, Plan, Results};
use varco::sign::remote::{AuthObject, Challenge, ClientSecret, Entered, Factor, ProviderSettings, Version};

use crate::support::csc::{self, CLIENT, PIN};

const PDF: Layout = Layout::Pades(PdfLayout::INVISIBLE);

/// Documents to be signed, and a folder for what comes of them.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["accordo.txt", "patto.txt", "delega.txt", "altro.txt"] {
            fs::write(folder.path().join(name), format!("{name}\n")).unwrap();
        }
        fs::copy("fixtures/pdf/stamped-before-signing/expected.pdf", folder.path().join("modulo.pdf")).unwrap();
        fs::create_dir(folder.path().join("firmati")).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn plan(&self, documents: &[&str], layout: &Layout) -> Plan {
        let documents: Vec<PathBuf> = documents.iter().map(|name| self.path(name)).collect();
        Plan::new(&documents, layout.naming(), Results::Folder(&self.path("firmati"))).unwrap()
    }

    fn making<'a>(&'a self, layout: &'a Layout) -> Making<'a> {
        Making { layout, higher: None, temporary_folder: self.folder.path() }
    }

    /// The names in the folder of results.
    fn results(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("firmati")).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Signs with the only credential that fits.
    fn sign(
        &self,
        documents: &[&str],
        layout: &Layout,
        provider: &Provider,
        enter: &mut Hands<'_>,
    ) -> Result<Vec<String>, ProviderError> {
        let plan = self.plan(documents, layout);
        let key = provider.find(None, clock::now())?;
        let mut done = Vec::new();
        let mut each = |document: &Path, signed: Result<&Path, FileError>| {
            let name = document.file_name().unwrap().to_string_lossy();
            done.push(match signed {
                Ok(_) => name.into_owned(),
                Err(error) => format!("{name}: {error}"),
            });
        };
        plan.sign_remotely(&key, provider, enter, self.making(layout), &mut each)?;
        Ok(done)
    }
}

/// Who enters what is asked for.
type Hands<'a> = dyn FnMut(&AuthObject, Option<&Challenge>, usize) -> Option<Entered> + 'a;

fn entered(text: &str) -> Entered {
    Entered::new(&SecretSlice::from(text.as_bytes().to_vec())).unwrap()
}

/// Somebody with the right PIN, who reads the one-time password off the telephone.
fn person(provider: &csc::Provider) -> impl FnMut(&AuthObject, Option<&Challenge>, usize) -> Option<Entered> + '_ {
    |object, challenge, _| match object.factor {
        Factor::Pin => Some(entered(PIN)),
        Factor::SentOtp => {
            assert_eq!(challenge, Some(&Challenge::Sent));
            Some(entered(&provider.telephone()))
        }
        Factor::Otp | Factor::OutOfBand => unreachable!(),
    }
}

fn settings(provider: &csc::Provider, version: u8) -> ProviderSettings {
    let secret = SecretString::from(CLIENT.1);
    let client = ClientSecret { oauth2_url: provider.oauth2_url.clone(), id: CLIENT.0.to_owned(), secret };
    ProviderSettings {
        id: "prova".to_owned(),
        url: provider.url.clone(),
        version: if version == 1 { Version::V1 } else { Version::V2 },
        client: Some(client),
    }
}
