//! Words of the report in Italian and English, for somebody who knows neither certificates nor standards: the same on the
//! command line, on the page and in the HTML report.

use serde::Serialize;
use time::UtcDateTime;

use crate::domain::identity::LegalLevel;
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::verify::{
    ExpectedContent, FiscalCodeAnswer, Indication, Level, Modifications, Report, SignatureFormat, SignatureReport,
    SignerReport, SubIndication, TimestampReport, Verdict,
};

/// Why the verdict is what it is, and what to do: one sentence each.
pub fn reason(report: &Report, language: Language) -> String {
    let (italian, english) = match report.verdict {
        Verdict::Accepted if report.signatures.iter().any(is_notable) => return accepted_but_changed(report, language),
        Verdict::Accepted if report.signatures.iter().any(is_over_the_page) => {
            return accepted_but_covered(report, language);
        }
        Verdict::Accepted if report.declared_signer == FiscalCodeAnswer::Match => (
            "ogni firma è valida e la persona dichiarata ha firmato. Il documento si può accettare.",
            "every signature is valid and the declared person signed. The document can be accepted.",
        ),
        Verdict::Accepted => (
            "ogni firma è valida. Nessun codice fiscale è stato dichiarato: controllare qui sotto chi ha firmato.",
            "every signature is valid. No fiscal code was declared: check below who signed.",
        ),
        Verdict::Rejected => return rejected(report, language),
        Verdict::Undetermined => return undetermined(report, language),
    };
    language.choose(italian, english).to_owned()
}

/// Whether a document got something after it was signed that whoever signed has not seen.
fn is_notable(signature: &SignatureReport) -> bool {
    signature.modifications == Some(Modifications::Notable)
}

/// Whether the box of a signature lies over what was to be signed.
fn is_over_the_page(signature: &SignatureReport) -> bool {
    signature.findings.iter().any(|finding| finding.code == "pdf.signature_seen")
}

fn accepted_but_changed(report: &Report, language: Language) -> String {
    let (signed, who) = accepted_from(report, language);
    language.choose(
        format!("ogni firma è valida{signed}, ma dopo una firma il documento ha avuto aggiunte che chi aveva firmato non ha visto. Guardarle qui sotto prima di accettarlo.{who}"),
        format!("every signature is valid{signed}, but after a signature the document got additions that whoever had signed has not seen. Look at them below before accepting it.{who}"),
    )
}

fn accepted_but_covered(report: &Report, language: Language) -> String {
    let (signed, who) = accepted_from(report, language);
    language.choose(
        format!("ogni firma è valida{signed}, ma il riquadro di una firma si vede e può coprire parte del documento atteso. Guardare il documento prima di accettarlo.{who}"),
        format!("every signature is valid{signed}, but the box of a signature is seen and may cover a part of the expected document. Look at the document before accepting it.{who}"),
    )
}

/// Whether the declared person signed; if nobody was declared, what to do about that.
fn accepted_from(report: &Report, language: Language) -> (&'static str, &'static str) {
    if report.declared_signer == FiscalCodeAnswer::Match {
        (language.choose(" e la persona dichiarata ha firmato", " and the declared person signed"), "")
    } else {
        ("", language.choose(" Controllare anche chi ha firmato.", " Check who signed, too."))
    }
}

fn rejected(report: &Report, language: Language) -> String {
    let failed = report.signatures.iter().find(|signature| signature.indication == Indication::TotalFailed);
    let unexpected = report.content.as_ref().is_some_and(|content| content.expected == ExpectedContent::Mismatch);
    if let Some(why) = failed.and_then(|signature| why(signature, language)) {
        let what_to_do = language.choose(
            "Non usare il documento e chiederne uno nuovo a chi lo ha firmato.",
            "Do not use the document, and ask whoever signed it for a new one.",
        );
        return format!("{why}. {what_to_do}");
    }
    let (italian, english) = if unexpected {
        (
            "il documento firmato non è quello atteso. Far firmare esattamente il file previsto, senza modificarlo.",
            "the document that was signed is not the expected one. Have exactly the intended file signed, unchanged.",
        )
    } else if report.declared_signer == FiscalCodeAnswer::Mismatch {
        (
            "la firma è di una persona diversa da quella dichiarata. Il documento deve firmarlo la persona dichiarata.",
            "the signature is of another person than the declared one. The declared person must sign the document.",
        )
    } else {
        return first_error(report, language);
    };
    language.choose(italian, english).to_owned()
}

fn undetermined(report: &Report, language: Language) -> String {
    let uncertain = report.signatures.iter().find(|signature| signature.indication == Indication::Indeterminate);
    match uncertain.and_then(|signature| signature.sub_indication) {
        Some(sub_indication) => {
            format!("{}. {}", meaning(sub_indication, language), what_to_do(sub_indication, language))
        }
        None => first_error(report, language),
    }
}

fn first_error(report: &Report, language: Language) -> String {
    let error = report.findings.iter().find(|finding| finding.level == Level::Error);
    error.map_or_else(
        || language.choose("leggere i motivi qui sotto.", "read the reasons below.").to_owned(),
        |finding| lower_first(&finding.message_in(language)),
    )
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

/// The verdict, as a title.
pub fn verdict(report: &Report, language: Language) -> &'static str {
    let (italian, english) = match report.verdict {
        Verdict::Accepted if report.signatures.iter().any(|one| is_notable(one) || is_over_the_page(one)) => {
            ("Documento accettato, da guardare", "Document accepted, to be looked at")
        }
        Verdict::Accepted => ("Documento accettato", "Document accepted"),
        Verdict::Rejected => ("Documento respinto", "Document rejected"),
        Verdict::Undetermined => ("Verdetto indeterminato", "Verdict undetermined"),
    };
    language.choose(italian, english)
}

/// The state of one signature, with the standard's words in brackets.
pub fn state(signature: &SignatureReport, language: Language) -> String {
    let word = holds(signature.indication, language);
    let indication = standard_word(&signature.indication);
    match (signature.sub_indication, why(signature, language)) {
        (Some(sub_indication), Some(why)) => {
            format!(": {word}, {why} [{indication} / {}]", standard_word(&sub_indication))
        }
        _ => format!(": {word} [{indication}]"),
    }
}

/// Whether a signature holds.
pub fn holds(indication: Indication, language: Language) -> &'static str {
    let (italian, english) = match indication {
        Indication::TotalPassed => ("valida", "valid"),
        Indication::TotalFailed => ("non valida", "not valid"),
        Indication::Indeterminate => ("non accertata", "not established"),
    };
    language.choose(italian, english)
}

/// The word of EN 319 102-1, as the JSON report has it.
pub fn standard_word(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().trim_matches('"').to_owned()
}

/// Why a signature does not hold, or is not known to; `None` for one that passed.
pub fn why(signature: &SignatureReport, language: Language) -> Option<&'static str> {
    let sub_indication = signature.sub_indication?;
    // The standard's word for it is that of a form that is not kept to; people ask what happened.
    let is_changed = signature.modifications == Some(Modifications::Forbidden);
    Some(if is_changed && sub_indication == SubIndication::FormatFailure {
        language.choose(
            "dopo la firma il documento è stato modificato in un modo che la firma non ammette",
            "the document was changed after it was signed, in a way that the signature does not allow",
        )
    } else {
        meaning(sub_indication, language)
    })
}

/// What `TOTAL_PASSED` means (EN 319 102-1 §5.1.3), and what became of the document afterwards.
pub fn passed(signature: &SignatureReport, language: Language) -> String {
    let unchanged = match signature.modifications {
        None | Some(Modifications::None | Modifications::Forbidden) => {
            language.choose("Il documento non è cambiato dopo la firma", "The document was not changed after it was signed")
        }
        Some(Modifications::Allowed) => language.choose(
            "Ciò che è stato firmato è intatto, e le aggiunte successive non cambiano ciò che il documento mostra",
            "What was signed is intact, and later additions do not change what the document shows",
        ),
        Some(Modifications::Notable) => language.choose(
            "Ciò che è stato firmato è intatto, ma dopo la firma il documento ha avuto aggiunte che chi ha firmato non ha visto",
            "What was signed is intact, but the document got additions afterwards that whoever signed has not seen",
        ),
    };
    let rest = language.choose(
        "il certificato risale a un'autorità fidata, è nel suo periodo di validità e non risulta revocato.",
        "the certificate leads to a trusted authority, is within its period of validity and is not revoked.",
    );
    format!("{unchanged}; {rest}")
}

/// What a sub-indication means.
fn meaning(sub_indication: SubIndication, language: Language) -> &'static str {
    let (italian, english) = match sub_indication {
        SubIndication::FormatFailure => {
            ("la firma non rispetta il formato", "the signature does not follow the format")
        }
        SubIndication::HashFailure => (
            "il documento è stato modificato dopo la firma, o non è quello firmato",
            "the document was changed after it was signed, or is not the one that was signed",
        ),
        SubIndication::SigCryptoFailure => (
            "la firma non corrisponde al certificato di chi avrebbe firmato",
            "the signature does not match the certificate of its supposed signer",
        ),
        SubIndication::SignedDataNotFound => ("manca il documento firmato", "the signed document is missing"),
        SubIndication::NoSigningCertificateFound => {
            ("manca il certificato di chi ha firmato", "the signer's certificate is missing")
        }
        SubIndication::NoCertificateChainFound => {
            ("il certificato non risale a un'autorità fidata", "the certificate does not lead to a trusted authority")
        }
        SubIndication::RevokedNoPoe => (
            "il certificato è stato revocato e nulla prova che la firma sia anteriore",
            "the certificate was revoked and nothing proves that the signature is older",
        ),
        SubIndication::RevokedCaNoPoe => (
            "il certificato dell'autorità che ha emesso quello del firmatario è stato revocato",
            "the certificate of the authority that issued the signer's was revoked",
        ),
        SubIndication::OutOfBoundsNoPoe | SubIndication::OutOfBoundsNotRevoked => (
            "il certificato non è nel suo periodo di validità e nulla prova che la firma lo fosse",
            "the certificate is outside its period of validity and nothing proves that the signature was made within it",
        ),
        SubIndication::TryLater => (
            "non si può dire adesso se il certificato vale ancora",
            "whether the certificate is still good cannot be told now",
        ),
        SubIndication::CryptoConstraintsFailureNoPoe => (
            "la firma o il certificato usa un algoritmo non più sicuro",
            "the signature or the certificate uses an algorithm that is no longer secure",
        ),
        SubIndication::ChainConstraintsFailure => (
            "il certificato non rispetta i limiti posti dalle autorità",
            "the certificate does not respect the limits set by the authorities",
        ),
        SubIndication::CertificateChainGeneralFailure => {
            ("la catena dei certificati non è valida", "the chain of certificates is not valid")
        }
        SubIndication::SigConstraintsFailure => {
            ("alla firma mancano elementi necessari", "the signature lacks what it needs")
        }
        SubIndication::TimestampOrderFailure => {
            ("le marche temporali non sono in un ordine possibile", "the timestamps are in an order that cannot be")
        }
    };
    language.choose(italian, english)
}

/// What to do when a sub-indication leaves the answer open.
fn what_to_do(sub_indication: SubIndication, language: Language) -> &'static str {
    let (italian, english) = match sub_indication {
        SubIndication::SignedDataNotFound => (
            "Procurarsi il documento originale e ripetere la verifica indicando anche quello.",
            "Obtain the original document and verify again, supplying it as well.",
        ),
        SubIndication::NoCertificateChainFound => (
            "Controllare quali autorità sono indicate come fidate o rivolgersi a chi ha emesso il certificato.",
            "Check which authorities are trusted, or ask whoever issued the certificate.",
        ),
        SubIndication::TryLater => (
            "Vedere sotto se è sospeso o se mancano elenchi di revoca aggiornati, poi ripetere la verifica.",
            "See below whether it is suspended or current revocation lists are missing, then verify again.",
        ),
        SubIndication::RevokedNoPoe
        | SubIndication::RevokedCaNoPoe
        | SubIndication::OutOfBoundsNoPoe
        | SubIndication::OutOfBoundsNotRevoked => (
            "Chiedere una nuova firma, o una prova della data in cui il file esisteva già (per esempio una ricevuta PEC).",
            "Ask for a new signature, or for proof of a date on which the file existed already (for example a PEC receipt).",
        ),
        _ => (
            "Chiedere una nuova firma a chi ha firmato, con un certificato e un programma aggiornati.",
            "Ask the signer for a new signature, with an up-to-date certificate and program.",
        ),
    };
    language.choose(italian, english)
}

/// What each signature of a report is called: `Firma 1 di 2`, `Controfirma`.
pub fn titles(report: &Report, language: Language) -> Vec<String> {
    let of_content = |signature: &&SignatureReport| signature.parent.is_none() && signature.attachment.is_none();
    let count = report.signatures.iter().filter(of_content).count();
    let mut number = 0;
    let title = |signature: &SignatureReport| {
        if signature.parent.is_some() {
            return language.choose("Controfirma", "Countersignature").to_owned();
        }
        if signature.attachment.is_some() {
            return language.choose("Firma di un allegato", "Signature of an attachment").to_owned();
        }
        number += 1;
        language.choose(format!("Firma {number} di {count}"), format!("Signature {number} of {count}"))
    };
    report.signatures.iter().map(title).collect()
}

/// Who signed, as the certificate has it.
pub fn signer_name(signer: &SignerReport, language: Language) -> String {
    match (&signer.given_name, &signer.surname) {
        (Some(given_name), Some(surname)) => format!("{given_name} {surname}"),
        _ => signer.name.clone().unwrap_or_else(|| language.choose("sconosciuto", "unknown").to_owned()),
    }
}

/// The signer's codice fiscale, or why there is none.
pub fn fiscal_code(signer: &SignerReport, language: Language) -> String {
    let code = match (&signer.fiscal_code, &signer.fiscal_code_raw) {
        (Some(code), _) => code.clone(),
        (None, Some(raw)) => format!("{}: {raw}", language.choose("non valido", "not valid")),
        (None, None) => language.choose("assente", "none").to_owned(),
    };
    match signer.fiscal_code_omocodia {
        Some(true) => code + language.choose(", variante per omocodia", ", an omocodia variant"),
        _ => code,
    }
}

/// The kind of a certificate.
pub fn kind(kind: &str, language: Language) -> &'static str {
    let (italian, english) = match kind {
        "cns" => (
            "di autenticazione di una Carta Nazionale dei Servizi (CNS)",
            "for authentication, of a national services card (CNS)",
        ),
        "cie" => ("di una Carta d'Identità Elettronica (CIE)", "of an electronic identity card (CIE)"),
        "qualified" => ("qualificato di firma elettronica", "qualified, for electronic signatures"),
        "qualified_seal" => (
            "qualificato di sigillo elettronico (di un ente, non di una persona)",
            "qualified, for electronic seals (of a body, not of a person)",
        ),
        _ => ("di altro tipo: né CNS, né CIE, né qualificato", "of another kind: neither CNS, nor CIE, nor qualified"),
    };
    language.choose(italian, english)
}

/// What the signature is worth in law, and where that is written.
pub fn legal_level(level: LegalLevel, language: Language) -> &'static str {
    let (italian, english) = match level {
        LegalLevel::FirmaDigitale => (
            "firma digitale: soddisfa la forma scritta e fa prova come una scrittura privata (CAD, art. 1 c. 1 lett. s, art. 20 c. 1-bis e art. 24)",
            "digital signature (firma digitale): it satisfies the written form and is evidence like a private deed (CAD, art. 1(1)(s), art. 20(1-bis) and art. 24)",
        ),
        LegalLevel::FirmaQualificata => (
            "firma elettronica qualificata di un altro Stato dell'Unione: vale come una firma autografa (reg. UE 910/2014, art. 25; CAD, art. 20 c. 1-bis)",
            "qualified electronic signature of another State of the Union: it is worth a handwritten one (Regulation (EU) 910/2014, art. 25; CAD, art. 20(1-bis))",
        ),
        LegalLevel::FeaCns => (
            "firma con CNS: verso la pubblica amministrazione sostituisce la firma elettronica avanzata (DPCM 22 febbraio 2013, art. 61 c. 2)",
            "signature with a CNS: towards the public administration it takes the place of an advanced electronic signature (DPCM 22 February 2013, art. 61(2))",
        ),
        LegalLevel::FeaCie => (
            "firma con CIE: verso la pubblica amministrazione sostituisce la firma elettronica avanzata (DPCM 22 febbraio 2013, art. 61 c. 2)",
            "signature with a CIE: towards the public administration it takes the place of an advanced electronic signature (DPCM 22 February 2013, art. 61(2))",
        ),
        LegalLevel::Fea => (
            "firma elettronica avanzata: soddisfa la forma scritta (reg. UE 910/2014, art. 26; CAD, art. 20 c. 1-bis)",
            "advanced electronic signature: it satisfies the written form (Regulation (EU) 910/2014, art. 26; CAD, art. 20(1-bis))",
        ),
        LegalLevel::FirmaSemplice => (
            "firma elettronica semplice: il suo valore è valutato caso per caso (CAD, art. 20 c. 1-bis)",
            "simple electronic signature: its worth is judged case by case (CAD, art. 20(1-bis))",
        ),
        LegalLevel::None => ("non vale come firma di una persona", "it does not count as the signature of a person"),
    };
    language.choose(italian, english)
}

/// How the signer's codice fiscale compares with the declared one.
pub fn answer(answer: FiscalCodeAnswer, language: Language) -> &'static str {
    let (italian, english) = match answer {
        FiscalCodeAnswer::Match => ("corrisponde a quello dichiarato", "it is the declared one"),
        FiscalCodeAnswer::Mismatch => ("NON corrisponde a quello dichiarato", "it is NOT the declared one"),
        FiscalCodeAnswer::Absent => {
            ("non c'è un codice italiano da confrontare", "there is no Italian code to compare")
        }
        FiscalCodeAnswer::NotRequested => {
            ("nessun codice dichiarato con cui confrontarlo", "no code was declared to compare it with")
        }
    };
    language.choose(italian, english)
}

/// The weight of a finding.
pub fn level(level: Level, language: Language) -> &'static str {
    let (italian, english) = match level {
        Level::Error => ("Problema", "Problem"),
        Level::Warning => ("Attenzione", "Attention"),
        Level::Information => ("Nota", "Note"),
    };
    language.choose(italian, english)
}

/// The format of a signature.
pub fn format(signature: &SignatureReport, language: Language) -> String {
    let name = match signature.format {
        SignatureFormat::Cms => "CMS",
        SignatureFormat::Cades => "CAdES",
        SignatureFormat::Pades => "PAdES",
    };
    match signature.level {
        Some(level) => format!("{name}, {} {}", language.choose("livello", "level"), standard_word(&level)),
        None => name.to_owned(),
    }
}

/// What later revisions of a PDF did to what a signature covers, and which revision that is; `None` outside PDF.
pub fn modifications(signature: &SignatureReport, language: Language) -> Option<String> {
    let words = match signature.modifications? {
        Modifications::None => language.choose("nessuna", "none"),
        Modifications::Allowed => language.choose(
            "solo quelle che la firma ammette, e che non cambiano ciò che si vede",
            "only such as the signature allows, and that change nothing that is seen",
        ),
        Modifications::Notable => {
            language.choose("ammesse dalla firma, ma da conoscere", "allowed by the signature, and to be known")
        }
        Modifications::Forbidden => language.choose("la firma non le ammette", "the signature does not allow them"),
    };
    Some(match signature.revision {
        Some(number) => format!("{words} ({} {number})", language.choose("firmata la revisione", "signed: revision")),
        None => words.to_owned(),
    })
}

/// Where the time that a signature is judged for comes from.
pub fn time_source(source: &str, language: Language) -> String {
    match source {
        "timestamp" => language.choose("marca temporale valida", "valid timestamp").to_owned(),
        "asserted" => language.choose("chi chiede la verifica", "whoever asks for the verification").to_owned(),
        named => named.to_owned(),
    }
}

/// A timestamp: what it is on, what time it states, whether it holds, and whose it is.
pub fn timestamp(timestamp: &TimestampReport, language: Language) -> String {
    let (italian, english) = match timestamp.kind {
        "signature" => ("sulla firma", "on the signature"),
        "content" => ("sul contenuto", "on the content"),
        "document" => ("sul documento", "on the document"),
        "archive" => ("di archivio", "on the archive"),
        _ => ("sui riferimenti", "on references"),
    };
    let mut parts = vec![language.choose(italian, english).to_owned()];
    parts.extend(timestamp.time.map(|time| date_time(time, language)));
    parts.push(match timestamp.indication {
        Some(indication) => holds(indication, language).to_owned(),
        None => language.choose("non verificata", "not verified").to_owned(),
    });
    parts.extend(timestamp.authority.clone());
    parts.join(", ")
}

/// The envelopes of a document, from the outermost.
pub fn envelopes(report: &Report, language: Language) -> String {
    report.document.envelopes.join(language.choose(", dentro ", ", inside it "))
}

/// The constraints that were applied.
pub fn policy(report: &Report, language: Language) -> String {
    format!("{}, {} {}", report.policy.name, language.choose("versione", "version"), report.policy.version)
}

/// A period.
pub fn period(from: UtcDateTime, until: UtcDateTime, language: Language) -> String {
    let (from, until) = (Instant(from).day(language), Instant(until).day(language));
    language.choose(format!("dal {from} al {until}"), format!("from {from} to {until}"))
}

/// Day and time.
pub fn date_time(time: UtcDateTime, language: Language) -> String {
    Instant(time).second(language)
}

/// What the signer says of the time.
pub fn claimed_time(time: UtcDateTime, language: Language) -> String {
    let remark = language.choose("secondo il firmatario (non prova nulla)", "says the signer (it proves nothing)");
    format!("{}, {remark}", date_time(time, language))
}
