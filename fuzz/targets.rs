//! What each fuzz target does with its input. The tests replay the stored corpora through the same functions.
//!
//! Each returns all that it learnt, so that a second run can be compared with the first, and panics on an answer
//! that must never be given.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use time::UtcDateTime;
use time::macros::utc_datetime;
use varco::asn1::Source;
use varco::card::{Atr, CardKind, Family, Field, PersonalData, Transport, TransportError, read_facts, read_holder};
use varco::domain::fiscal_code::FiscalCode;
use varco::pdf::{self, Document};
use varco::procedures::verification::TrustMaterial;
use varco::trust::revocation::{Crl, OcspResponse, RevocationStore};
use varco::trust::{Certificate, Name, SignatureCache, Times, TrustStore};
use varco::verify::{
    Context, Indication, Limits, MemorySpool, Modifications, NoDeadline, Policy, Portion, Report, Request, Verdict,
    VerifyError, extract, verify,
};

/// A time at which the stored PKI is valid.
const AT: UtcDateTime = utc_datetime!(2026-02-01 0:00);

/// Opens envelopes of every kind, for a verifier that trusts nobody: nothing may be accepted.
pub(crate) fn envelope(data: &[u8]) -> String {
    let (trust, revocation) = (TrustStore::new(SignatureCache::new(0)), RevocationStore::new(AT));
    let report = judge(data, None, &trust, &revocation);
    if let Ok(report) = &report {
        assert_ne!(report.verdict, Verdict::Accepted, "accepted, and nobody is trusted");
    }
    let mut content = Vec::new();
    let request = request(&data, None);
    let extracted = with(&trust, &revocation, |context| extract(&request, context, Portion::Content, &mut content));
    format!("{report:?} {extracted:?} {}", content.len())
}

/// Judges SignedData for a verifier that trusts the stored PKI, with and without content given apart.
pub(crate) fn cms(data: &[u8]) -> String {
    let material = stored();
    let reports = [None, Some(&b"Accordo di servizio"[..])].map(|detached| {
        let report = judge(data, detached, &material.trust, &material.revocation);
        for signature in report.iter().flat_map(|report| &report.signatures) {
            if signature.indication == Indication::TotalPassed {
                assert_eq!(signature.intact, Some(true), "passed, and not intact");
                assert!(signature.signer.certificate.is_some(), "passed, and nobody's");
            }
        }
        format!("{report:?}")
    });
    reports.concat()
}

/// Reads a PDF strictly: its revisions, and every object as each revision has it.
pub(crate) fn pdf(data: &[u8]) -> String {
    // Each object of each revision: a file with many of both is measured elsewhere.
    const MAX_READ: usize = 20_000;
    let limits = pdf::Limits { objects: 100_000, revisions: 1_000, decoded: 16 * 1024 * 1024 };
    let document = match Document::open(&data, None, &|| false, limits) {
        Ok(document) => document,
        Err(error) => return format!("{error:?}"),
    };
    let mut learnt = vec![format!("{} {}", document.header(), document.is_encrypted())];
    let mut before = 0;
    let mut left = MAX_READ;
    for (number, revision) in document.revisions().iter().enumerate() {
        if let Some(end) = revision.end {
            assert!(before <= end && end <= document.len(), "a revision that ends at {end} after one at {before}");
            before = end;
        }
        let view = document.at(number);
        for object in revision.objects.iter().take(left) {
            let found = view.object(*object);
            if let Ok(Some(found)) = &found {
                assert_eq!(found.id.number, *object, "another object");
                assert!(found.stream.as_ref().is_none_or(|stream| stream.end <= document.len()), "beyond the end");
                let decoded = found.stream.as_ref().map(|_| view.decode(found).map(|octets| octets.len()));
                let members = document.members_of(found).map(|members| members.map(|members| members.len()));
                learnt.push(format!("{:?} {decoded:?} {members:?}", found.span));
            }
        }
        left = left.saturating_sub(revision.objects.len());
    }
    learnt.push(format!("{:?}", document.repairs()));
    learnt.concat()
}

/// Judges a PDF for a verifier that trusts the stored PKI, its changes and what is inside it too. Nothing may pass whose
/// octets were changed: what is appended is told, or it is white space.
pub(crate) fn pdf_changes(data: &[u8]) -> String {
    let report = judge(data, None, &stored().trust, &stored().revocation);
    for signature in report.iter().flat_map(|report| &report.signatures) {
        if signature.indication == Indication::TotalPassed {
            assert_eq!(signature.intact, Some(true), "passed, and not intact");
            assert_ne!(signature.modifications, Some(Modifications::Forbidden), "passed, and changed");
        }
    }
    format!("{report:?}")
}

/// Trust and revocation data of the fixtures.
fn stored() -> &'static TrustMaterial {
    static MATERIAL: OnceLock<TrustMaterial> = OnceLock::new();
    let pki = |folder: &str| -> Vec<PathBuf> { vec![repository().join("fixtures/cms/pki").join(folder)] };
    MATERIAL.get_or_init(|| TrustMaterial::load(&pki("trust"), &pki("crl"), 0, AT).unwrap())
}

/// Reads a certificate and asks it everything.
pub(crate) fn certificate(data: &[u8]) -> String {
    let certificate = match Certificate::from_der(data) {
        Ok(certificate) => certificate,
        Err(error) => return format!("{error:?}"),
    };
    let own_key = certificate.public_key().is_ok_and(|key| certificate.verify_signature(key).is_ok());
    let names = [certificate.subject(), certificate.issuer()].map(|name| (name.to_string(), same(name)));
    format!("{certificate:?} {names:?} {own_key} {:?} {:?}", certificate.faults(), certificate.is_self_issued())
}

/// Reads a CRL and looks a serial number up.
pub(crate) fn crl(data: &[u8]) -> String {
    match Crl::from_der(data) {
        Ok(crl) => {
            let found = crl.find(crl.issuer(), &[0x42]);
            format!("{crl:?} {found:?} {:?} {:?}", crl.freshest_crl(), crl.unknown_critical_extensions())
        }
        Err(error) => format!("{error:?}"),
    }
}

/// Reads an OCSP response, and judges a good document with it and no other revocation data.
pub(crate) fn ocsp(data: &[u8]) -> String {
    static BENCH: OnceLock<(TrustMaterial, Vec<u8>)> = OnceLock::new();
    let response = match OcspResponse::from_der(data) {
        Ok(response) => Arc::new(response),
        Err(error) => return format!("{error:?}"),
    };
    let (material, document) = BENCH.get_or_init(|| {
        let fixtures = repository().join("fixtures/cms");
        let material = TrustMaterial::load(&[fixtures.join("pki/trust")], &[], 0, AT).unwrap();
        (material, fs::read(fixtures.join("good-rsa/input.p7m")).unwrap())
    });
    let mut revocation = material.revocation.clone();
    let added = revocation.add_ocsp(&response);
    let report = judge(document, None, &material.trust, &revocation).unwrap();
    format!("{response:?} {:?} {added:?} {report:?}", response.responses())
}

/// Reads a codice fiscale; its canonical form must be one, and its own canonical form.
pub(crate) fn fiscal_code(data: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(data) else { return String::new() };
    let Ok(code) = FiscalCode::parse(text) else { return "refused".to_owned() };
    let canonical = FiscalCode::parse(code.canonical()).unwrap();
    assert_eq!(canonical.canonical(), code.canonical(), "the canonical form of a canonical form");
    assert!(!canonical.is_omocodia(), "a canonical form with omocodia letters");
    format!("{} {} {}", code.as_str(), code.canonical(), code.is_omocodia())
}

/// Reads an answer to reset, personal data of a CNS, what a card says beside these, and then a whole card, whose answers are
/// those of the input: two octets of length and as many octets each. After the last one the card is gone.
pub(crate) fn card(data: &[u8]) -> String {
    struct Answers<'a> {
        rest: &'a [u8],
        commands: usize,
    }

    impl Transport for Answers<'_> {
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
            assert!(matches!(command.get(1), Some(0xA4 | 0xB0 | 0xC0)), "sent to a card: {command:02X?}");
            self.commands += 1;
            let (length, rest) = self.rest.split_first_chunk().ok_or(TransportError::CardRemoved)?;
            let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
            let (answer, rest) = rest.split_at(length);
            self.rest = rest;
            Ok(answer.to_vec())
        }
    }

    let atr = Atr::new(data);
    assert!(atr.octets().len() <= 33 && atr.to_string().len() == 2 * atr.octets().len());
    assert_eq!(matches!(atr.family(), Family::Cns(_)), atr.kind() == CardKind::Cns);
    let facts = match read_facts(&mut Answers { rest: data, commands: 0 }) {
        Ok(facts) => format!("{:?} {:?}", facts.card_id.as_str(), facts.card_id_agrees()),
        Err(error) => format!("{error:?}"),
    };
    let parsed = PersonalData::parse(data);
    if let Ok(personal) = &parsed {
        assert_eq!(format!("{personal:?}"), "PersonalData(<personal>)");
    }
    let mut answers = Answers { rest: data, commands: 0 };
    let read = match read_holder(&mut answers) {
        Ok(holder) => {
            let fields =
                Field::ALL.map(|field| format!("{} {:?}", holder.personal.get(field), holder.personal.date(field)));
            format!(
                "{fields:?} {:?} {:?} {:?}",
                holder.findings(AT),
                holder.facts.card_id.as_str(),
                holder.fiscal_code_agrees()
            )
        }
        Err(error) => format!("{error:?}"),
    };
    assert!(answers.commands <= data.len() / 2 + 1, "more commands than answers");
    format!("{:?} {facts} {parsed:?} {read} {}", atr.family(), answers.commands)
}

/// The repository, from the package as well as from `fuzz`.
pub(crate) fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    if here.ends_with("fuzz") { here.join("..") } else { here.to_owned() }
}

fn same(name: &Name) -> bool {
    Name::from_der(name.der()).is_ok_and(|again| again == *name)
}

fn judge(
    data: &[u8],
    detached: Option<&[u8]>,
    trust: &TrustStore,
    revocation: &RevocationStore,
) -> Result<Report, VerifyError> {
    let request = request(&data, detached.as_ref().map(|content| -> &dyn Source { content }));
    with(trust, revocation, |context| verify(&request, context))
}

fn request<'a>(document: &'a dyn Source, detached: Option<&'a dyn Source>) -> Request<'a> {
    Request {
        name: "input",
        document,
        detached,
        fiscal_code: None,
        expected: None,
        times: Times::at(AT),
        existence_source: None,
        password: None,
    }
}

fn with<T>(trust: &TrustStore, revocation: &RevocationStore, act: impl FnOnce(&Context<'_>) -> T) -> T {
    let context = Context {
        trust,
        revocation,
        policy: &Policy::italian(),
        limits: &Limits::STANDARD,
        deadline: &NoDeadline,
        spool: &MemorySpool,
        chains: None,
    };
    act(&context)
}
