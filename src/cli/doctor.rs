//! `varco doctor`: whether this machine can do the work.

use serde::Serialize;
use time::UtcDateTime;

use crate::cli::arguments::{DataFormat, DoctorArguments};
use crate::cli::page::{Colours, Page, Tone};
use crate::cli::{Environment, Status, Terminal, json};
use crate::domain::language::Language;
use crate::problem::{Problem, io_words};
use crate::procedures::diagnosis;
use crate::procedures::verification::{REMEMBERED_SIGNERS, TrustMaterial};
use crate::words;

/// The answer.
#[derive(Serialize)]
struct Diagnosis {
    version: &'static str,
    openssl: &'static str,
    status: Health,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    status: Health,
    detail: String,
}

#[derive(Clone, Copy, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    Ok,
    Failed,
}

/// Carries it out.
pub(super) fn run(arguments: &DoctorArguments, environment: &Environment, now: UtcDateTime) -> Status {
    let mut checks = vec![algorithms(), clock(now), temporary_folder(environment)];
    if !arguments.trust.is_empty() || !arguments.crl.is_empty() || !arguments.ocsp.is_empty() {
        checks.push(material(arguments, now));
    }
    let healthy = checks.iter().all(|check| check.status == Health::Ok);
    let diagnosis = Diagnosis {
        version: env!("CARGO_PKG_VERSION"),
        openssl: diagnosis::openssl_version(),
        status: health(healthy),
        checks,
    };
    let text = match arguments.format {
        DataFormat::Json => json::line(&diagnosis),
        DataFormat::Text => text(&diagnosis),
    };
    let status = if healthy { Status::Good } else { Status::Refused };
    Terminal::new(false).tell(Ok(text), status)
}

fn algorithms() -> Check {
    let answers = diagnosis::known_answers();
    let failed: Vec<&str> = answers.iter().filter(|answer| !answer.holds).map(|answer| answer.name).collect();
    let detail = if failed.is_empty() {
        format!("{} algoritmi danno la risposta nota", answers.len())
    } else {
        format!("danno una risposta sbagliata: {}. Installare una versione completa di OpenSSL 3", failed.join("; "))
    };
    Check { name: "algorithms", status: health(failed.is_empty()), detail }
}

fn clock(now: UtcDateTime) -> Check {
    let plausible = diagnosis::clock_is_plausible(now);
    let time = words::date_time(now, Language::Italian);
    let detail = if plausible {
        format!("l'orologio segna {time}")
    } else {
        format!(
            "l'orologio segna {time}, che non può essere: regolarlo, o certificati scaduti e revocati sembreranno buoni"
        )
    };
    Check { name: "clock", status: health(plausible), detail }
}

fn temporary_folder(environment: &Environment) -> Check {
    let folder = environment.temporary_folder.to_string_lossy();
    match diagnosis::try_temporary_folder(&environment.temporary_folder) {
        Ok(()) => Check { name: "temporary_folder", status: Health::Ok, detail: format!("{folder} si può usare") },
        Err(error) => Check {
            name: "temporary_folder",
            status: Health::Failed,
            detail: format!(
                "{folder} non si può usare: {}. Indicarne un'altra con la variabile TMPDIR",
                io_words(&error)
            ),
        },
    }
}

fn material(arguments: &DoctorArguments, now: UtcDateTime) -> Check {
    let loaded = TrustMaterial::load(&arguments.trust, &arguments.crl, REMEMBERED_SIGNERS, now);
    let loaded = loaded.and_then(|mut material| material.add_ocsp(&arguments.ocsp).map(|()| material));
    match loaded {
        Ok(material) => {
            let aside = match material.left_aside.len() {
                0 => String::new(),
                count => format!("; file delle cartelle non utilizzati: {count}"),
            };
            let anchors = material.trust.anchors().count();
            let (crls, ocsp) = (material.revocation.len(), material.revocation.ocsp_len());
            let ocsp = if ocsp == 0 { String::new() } else { format!("; risposte OCSP: {ocsp}") };
            let detail = format!("certificati fidati: {anchors}; elenchi di revoca: {crls}{ocsp}{aside}");
            Check { name: "trust_material", status: Health::Ok, detail }
        }
        Err(error) => {
            let problem = Problem::of_material(&error);
            let detail = format!("{}: {}", problem.file.unwrap_or_default(), problem.detail.trim_end_matches('.'));
            Check { name: "trust_material", status: Health::Failed, detail }
        }
    }
}

fn text(diagnosis: &Diagnosis) -> String {
    let mut page = Page::new(Colours::Absent);
    let all = match diagnosis.status {
        Health::Ok => "TUTTO A POSTO",
        Health::Failed => "QUALCOSA NON VA",
    };
    page.lead(all, Tone::Good, &format!(": Varco {}, {}.", diagnosis.version, diagnosis.openssl));
    for check in &diagnosis.checks {
        let state = match check.status {
            Health::Ok => "a posto",
            Health::Failed => "PROBLEMA",
        };
        page.point(&format!("{}, {state}: {}.", heading(check.name), check.detail));
    }
    page.into_text()
}

const fn health(good: bool) -> Health {
    if good { Health::Ok } else { Health::Failed }
}

/// What was looked at.
fn heading(name: &str) -> &'static str {
    match name {
        "algorithms" => "Algoritmi",
        "clock" => "Orologio",
        "temporary_folder" => "Cartella temporanea",
        _ => "Certificati ed elenchi",
    }
}
