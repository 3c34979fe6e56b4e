//! Words of the report in Italian, for somebody who knows neither certificates nor standards: the same on the command
//! line and on the page.

use serde::Serialize;
use time::UtcDateTime;

use crate::domain::identity::LegalLevel;
use crate::verify::{
    ExpectedContent, FiscalCodeAnswer, Indication, Level, Report, SignatureFormat, SignatureReport, SignerReport,
    SubIndication, Verdict,
};

/// Why the verdict is what it is, and what to do: one sentence each.
pub fn reason(report: &Report) -> String {
    match report.verdict {
        Verdict::Accepted if report.declared_signer == FiscalCodeAnswer::Match => {
            "ogni firma è valida e la persona dichiarata ha firmato. Il documento si può accettare.".to_owned()
        }
        Verdict::Accepted => {
            "ogni firma è valida. Nessun codice fiscale è stato dichiarato: controllare qui sotto chi ha firmato."
                .to_owned()
        }
        Verdict::Rejected => rejected(report),
        Verdict::Undetermined => undetermined(report),
    }
}

fn rejected(report: &Report) -> String {
    let failed = report.signatures.iter().find(|signature| signature.indication == Indication::TotalFailed);
    let unexpected = report.content.as_ref().is_some_and(|content| content.expected == ExpectedContent::Mismatch);
    if let Some(sub_indication) = failed.and_then(|signature| signature.sub_indication) {
        format!("{}. Non usare il documento e chiederne uno nuovo a chi lo ha firmato.", meaning(sub_indication))
    } else if unexpected {
        "il documento firmato non è quello atteso. Far firmare esattamente il file previsto, senza modificarlo."
            .to_owned()
    } else if report.declared_signer == FiscalCodeAnswer::Mismatch {
        "la firma è di una persona diversa da quella dichiarata. Il documento deve firmarlo la persona dichiarata."
            .to_owned()
    } else {
        first_error(report)
    }
}

fn undetermined(report: &Report) -> String {
    let uncertain = report.signatures.iter().find(|signature| signature.indication == Indication::Indeterminate);
    match uncertain.and_then(|signature| signature.sub_indication) {
        Some(sub_indication) => format!("{}. {}", meaning(sub_indication), what_to_do(sub_indication)),
        None => first_error(report),
    }
}

fn first_error(report: &Report) -> String {
    let error = report.findings.iter().find(|finding| finding.level == Level::Error);
    error.map_or_else(|| "leggere i motivi qui sotto.".to_owned(), |finding| lower_first(&finding.message))
}

fn lower_first(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().into_iter().flat_map(char::to_lowercase).chain(characters).collect()
}

/// A part of a sentence, fit to open one.
pub fn upper_first(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect()
}

/// The state of one signature, with the standard's words in brackets.
pub fn state(signature: &SignatureReport) -> String {
    let word = holds(signature.indication);
    let indication = standard_word(&signature.indication);
    match signature.sub_indication {
        Some(sub_indication) => {
            format!(": {word}, {} [{indication} / {}]", meaning(sub_indication), standard_word(&sub_indication))
        }
        None => format!(": {word} [{indication}]"),
    }
}

/// Whether a signature holds.
pub const fn holds(indication: Indication) -> &'static str {
    match indication {
        Indication::TotalPassed => "valida",
        Indication::TotalFailed => "non valida",
        Indication::Indeterminate => "non accertata",
    }
}

/// The word of EN 319 102-1, as the JSON report has it.
pub fn standard_word(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().trim_matches('"').to_owned()
}

/// What a sub-indication means.
pub const fn meaning(sub_indication: SubIndication) -> &'static str {
    match sub_indication {
        SubIndication::FormatFailure => "la firma non rispetta il formato",
        SubIndication::HashFailure => "il documento è stato modificato dopo la firma, o non è quello firmato",
        SubIndication::SigCryptoFailure => "la firma non corrisponde al certificato di chi avrebbe firmato",
        SubIndication::SignedDataNotFound => "manca il documento firmato",
        SubIndication::NoSigningCertificateFound => "manca il certificato di chi ha firmato",
        SubIndication::NoCertificateChainFound => "il certificato non risale a un'autorità fidata",
        SubIndication::RevokedNoPoe => "il certificato è stato revocato e nulla prova che la firma sia anteriore",
        SubIndication::RevokedCaNoPoe => {
            "il certificato dell'autorità che ha emesso quello del firmatario è stato revocato"
        }
        SubIndication::OutOfBoundsNoPoe | SubIndication::OutOfBoundsNotRevoked => {
            "il certificato non è nel suo periodo di validità e nulla prova che la firma lo fosse"
        }
        SubIndication::TryLater => "non si può dire adesso se il certificato vale ancora",
        SubIndication::CryptoConstraintsFailureNoPoe => "la firma o il certificato usa un algoritmo non più sicuro",
        SubIndication::ChainConstraintsFailure => "il certificato non rispetta i limiti posti dalle autorità",
        SubIndication::CertificateChainGeneralFailure => "la catena dei certificati non è valida",
        SubIndication::SigConstraintsFailure => "alla firma mancano elementi necessari",
    }
}

/// What to do when a sub-indication leaves the answer open.
const fn what_to_do(sub_indication: SubIndication) -> &'static str {
    match sub_indication {
        SubIndication::SignedDataNotFound => {
            "Procurarsi il documento originale e ripetere la verifica indicando anche quello."
        }
        SubIndication::NoCertificateChainFound => {
            "Controllare quali autorità sono indicate come fidate o rivolgersi a chi ha emesso il certificato."
        }
        SubIndication::TryLater => {
            "Vedere sotto se è sospeso o se mancano elenchi di revoca aggiornati, poi ripetere la verifica."
        }
        SubIndication::RevokedNoPoe
        | SubIndication::RevokedCaNoPoe
        | SubIndication::OutOfBoundsNoPoe
        | SubIndication::OutOfBoundsNotRevoked => {
            "Chiedere una nuova firma, o una prova della data in cui il file esisteva già (per esempio una ricevuta PEC)."
        }
        _ => "Chiedere una nuova firma a chi ha firmato, con un certificato e un programma aggiornati.",
    }
}

/// What each signature of a report is called: `Firma 1 di 2`, `Controfirma`.
pub fn titles(report: &Report) -> Vec<String> {
    let count = report.signatures.iter().filter(|signature| signature.parent.is_none()).count();
    let mut number = 0;
    let title = |signature: &SignatureReport| {
        if signature.parent.is_some() {
            return "Controfirma".to_owned();
        }
        number += 1;
        format!("Firma {number} di {count}")
    };
    report.signatures.iter().map(title).collect()
}

/// Who signed, as the certificate has it.
pub fn signer_name(signer: &SignerReport) -> String {
    match (&signer.given_name, &signer.surname) {
        (Some(given_name), Some(surname)) => format!("{given_name} {surname}"),
        _ => signer.name.clone().unwrap_or_else(|| "sconosciuto".to_owned()),
    }
}

/// The signer's codice fiscale, or why there is none.
pub fn fiscal_code(signer: &SignerReport) -> String {
    let code = match (&signer.fiscal_code, &signer.fiscal_code_raw) {
        (Some(code), _) => code.clone(),
        (None, Some(raw)) => format!("non valido: {raw}"),
        (None, None) => "assente".to_owned(),
    };
    if signer.fiscal_code_omocodia == Some(true) { code + ", variante per omocodia" } else { code }
}

/// The kind of a certificate.
pub fn kind(kind: &str) -> &'static str {
    match kind {
        "cns" => "di autenticazione di una Carta Nazionale dei Servizi (CNS)",
        "cie" => "di una Carta d'Identità Elettronica (CIE)",
        "qualified" => "qualificato di firma elettronica",
        "qualified_seal" => "qualificato di sigillo elettronico (di un ente, non di una persona)",
        _ => "di altro tipo: né CNS, né CIE, né qualificato",
    }
}

/// What the signature is worth in law, and where that is written.
pub const fn legal_level(level: LegalLevel) -> &'static str {
    match level {
        LegalLevel::FirmaDigitale => {
            "firma digitale: soddisfa la forma scritta e fa prova come una scrittura privata (CAD, art. 1 c. 1 lett. s, art. 20 c. 1-bis e art. 24)"
        }
        LegalLevel::FirmaQualificata => {
            "firma elettronica qualificata di un altro Stato dell'Unione: vale come una firma autografa (reg. UE 910/2014, art. 25; CAD, art. 20 c. 1-bis)"
        }
        LegalLevel::FeaCns => {
            "firma con CNS: verso la pubblica amministrazione sostituisce la firma elettronica avanzata (DPCM 22 febbraio 2013, art. 61 c. 2)"
        }
        LegalLevel::FeaCie => {
            "firma con CIE: verso la pubblica amministrazione sostituisce la firma elettronica avanzata (DPCM 22 febbraio 2013, art. 61 c. 2)"
        }
        LegalLevel::Fea => {
            "firma elettronica avanzata: soddisfa la forma scritta (reg. UE 910/2014, art. 26; CAD, art. 20 c. 1-bis)"
        }
        LegalLevel::FirmaSemplice => {
            "firma elettronica semplice: il suo valore è valutato caso per caso (CAD, art. 20 c. 1-bis)"
        }
        LegalLevel::None => "non vale come firma di una persona",
    }
}

/// How the signer's codice fiscale compares with the declared one.
pub const fn answer(answer: FiscalCodeAnswer) -> &'static str {
    match answer {
        FiscalCodeAnswer::Match => "corrisponde a quello dichiarato",
        FiscalCodeAnswer::Mismatch => "NON corrisponde a quello dichiarato",
        FiscalCodeAnswer::Absent => "non c'è un codice italiano da confrontare",
        FiscalCodeAnswer::NotRequested => "nessun codice dichiarato con cui confrontarlo",
    }
}

/// The weight of a finding.
pub const fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "Problema",
        Level::Warning => "Attenzione",
        Level::Information => "Nota",
    }
}

/// The format of a signature.
pub fn format(signature: &SignatureReport) -> String {
    let name = match signature.format {
        SignatureFormat::Cms => "CMS",
        SignatureFormat::Cades => "CAdES",
    };
    match signature.level {
        Some(level) => format!("{name}, livello {}", standard_word(&level)),
        None => name.to_owned(),
    }
}

/// A day as people in Italy write it.
pub fn date(time: UtcDateTime) -> String {
    format!("{:02}/{:02}/{:04}", time.day(), u8::from(time.month()), time.year())
}

/// Day and time.
pub fn date_time(time: UtcDateTime) -> String {
    format!("{} alle {:02}:{:02}:{:02} UTC", date(time), time.hour(), time.minute(), time.second())
}
