//! Collecting what validation will need (EN 319 102-1 §5.2): the judge says what it lacks, that is fetched, the judge is
//! asked again. What it believed in the end, and nothing else, goes with the signature.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::asn1::Source;
use crate::clock::{self, Countdown};
use crate::fetch::{FetchError, Question};
use crate::procedures::signing::authorities::{Authorities, COLLECTING};
use crate::procedures::verification::FileSpool;
use crate::sign::validation_data::{OCSP_REQUEST_TYPE, OCSP_RESPONSE_TYPE, ValidationData, ocsp_request};
use crate::trust::chain::{ChainReport, Need};
use crate::trust::revocation::{Crl, OcspResponse, RevocationData, RevocationStore};
use crate::trust::{Certificate, SignatureCache, Times, TrustStore};
use crate::verify::{
    self, Chains, Context, Finding, Indication, Level, Modifications, Policy, Report, Request, SignatureReport,
    SubIndication, VerifyError,
};

/// Why there are no validation data by which the signatures of a document would last. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LastingError {
    /// A signature, or its timestamp, does not pass whatever is fetched: revoked, not trusted, broken.
    #[error("a signature does not pass: {}", .why.as_ref().map_or("no reason", |why| why.code))]
    DoesNotPass {
        /// Whether that may change with time: somebody did not answer, or has nothing fresh.
        may_pass: bool,
        /// The first reason.
        why: Option<Box<Finding>>,
        /// Whoever did not answer, and why; `None`: what came cannot be read.
        silent: Option<Box<Silent>>,
    },
    /// The document could not be judged.
    #[error("the document could not be judged: {0}")]
    NotJudged(#[from] VerifyError),
}

/// An address, and why nothing of use came from it; `None` where what came cannot be read.
pub type Silent = (String, Option<FetchError>);

/// Questions about one document: more are not asked, whatever its certificates name.
const MAX_QUESTIONS: usize = 48;

/// What has been asked about one document.
struct Search {
    /// Addresses, each with the certificate that it was asked about.
    asked: BTreeSet<(Box<str>, Vec<u8>)>,
    silent: Option<Silent>,
    countdown: Countdown,
}

/// A thing that is asked for.
#[derive(Clone, Copy)]
enum Wanted<'a> {
    Issuer,
    Crl,
    Ocsp { certificate: &'a Certificate, issuer: &'a Certificate },
}

/// Judges a document as it stands, with what has been fetched so far.
pub(super) fn judge(
    document: &dyn Source,
    content: Option<&dyn Source>,
    authorities: &Authorities,
    chains: Option<&Chains>,
    spool: &FileSpool,
) -> Result<Report, VerifyError> {
    let countdown = Countdown::start(COLLECTING);
    verify::verify(&as_it_stands(document, content), &authorities.context(&countdown, spool, chains))
}

/// Fetches what the signatures of a document and their timestamps need to be validated with the anchors alone.
pub(super) fn collect(
    document: &dyn Source,
    content: Option<&dyn Source>,
    authorities: &mut Authorities,
    spool: &FileSpool,
) -> Result<ValidationData, LastingError> {
    let mut search = Search { asked: BTreeSet::new(), silent: None, countdown: Countdown::start(COLLECTING) };
    loop {
        let chains = Chains::default();
        let report = judge(document, content, authorities, Some(&chains), spool)?;
        let chains = chains.into_reports();
        let mut fetched = false;
        for chain in &chains {
            fetched |= fetch_missing(chain, &mut search, authorities);
        }
        if !fetched {
            check(&report, search.silent)?;
            return Ok(evidence(&chains, authorities));
        }
    }
}

/// The signatures that a level is about: not those on other signatures, nor those of a signed file inside.
pub(super) fn outermost(report: &Report) -> impl Iterator<Item = &SignatureReport> {
    report.signatures.iter().filter(|signature| signature.layer == 0 && signature.parent.is_none())
}

/// Whether all signatures that a document has are of what it holds, and of it as it stands; whose they are is not looked at.
/// With none it has nothing to hold.
pub(super) fn holds(
    document: &dyn Source,
    content: Option<&dyn Source>,
    spool: &FileSpool,
) -> Result<bool, LastingError> {
    let now = clock::now();
    let countdown = Countdown::start(COLLECTING);
    let nobody = Context {
        trust: &TrustStore::new(SignatureCache::new(0)),
        revocation: &RevocationStore::new(now),
        policy: &Policy::italian(),
        limits: &verify::Limits::STANDARD,
        deadline: &countdown,
        spool,
        chains: None,
    };
    let is_broken = |signature: &SignatureReport| {
        signature.intact == Some(false) || signature.modifications == Some(Modifications::Forbidden)
    };
    match verify::verify(&as_it_stands(document, content), &nobody) {
        Ok(report) => Ok(!report.signatures.iter().any(is_broken)),
        Err(VerifyError::NoSignature) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

fn as_it_stands<'a>(document: &'a dyn Source, content: Option<&'a dyn Source>) -> Request<'a> {
    Request {
        name: "",
        document,
        detached: content,
        fiscal_code: None,
        expected: None,
        times: Times::at(clock::now()),
        existence_source: None,
        password: None,
    }
}

/// Refuses a document of which a signature does not pass now, whatever might still be fetched about it: nothing that is added
/// would mend it.
pub(super) fn check_as_it_is(report: &Report) -> Result<(), LastingError> {
    let may_pass = |signature: &SignatureReport| {
        signature.indication == Indication::TotalPassed || signature.sub_indication == Some(SubIndication::TryLater)
    };
    outermost(report).find(|signature| !may_pass(signature)).map_or(Ok(()), |failing| Err(does_not_pass(failing, None)))
}

/// Refuses a document of which a signature does not pass by a timestamp.
fn check(report: &Report, silent: Option<Silent>) -> Result<(), LastingError> {
    let lasts = |signature: &&SignatureReport| {
        signature.indication == Indication::TotalPassed && signature.best_signature_time_source == "timestamp"
    };
    outermost(report).find(|signature| !lasts(signature)).map_or(Ok(()), |failing| Err(does_not_pass(failing, silent)))
}

fn does_not_pass(failing: &SignatureReport, silent: Option<Silent>) -> LastingError {
    let stamps = failing.timestamps.iter().flat_map(|timestamp| &timestamp.findings);
    let own = failing.findings.iter().filter(|finding| finding.level == Level::Error);
    let why = own.chain(stamps).next().cloned().map(Box::new);
    let later = |found: Option<SubIndication>| found == Some(SubIndication::TryLater);
    let may_pass = later(failing.sub_indication)
        || (failing.sub_indication.is_none() && failing.timestamps.iter().any(|stamp| later(stamp.sub_indication)));
    LastingError::DoesNotPass { may_pass, why, silent: silent.map(Box::new) }
}

/// Asks for what a chain lacks; says whether anybody was asked who had not been.
fn fetch_missing(chain: &ChainReport, search: &mut Search, authorities: &mut Authorities) -> bool {
    let mut any = false;
    let mut by_ocsp = BTreeSet::new();
    for need in &chain.needs {
        match need {
            Need::Issuer { urls, .. } => any |= ask_all(urls, Wanted::Issuer, search, authorities),
            Need::Ocsp { index, urls } => {
                let certificate = chain.path.get(*index).map(|found| &*found.certificate);
                let above = chain.path.get(*index + 1).map(|found| &*found.certificate);
                let anchor = chain.anchor.as_ref().map(|anchor| &**anchor.certificate());
                let (Some(certificate), Some(issuer)) = (certificate, above.or(anchor)) else { continue };
                if ask_all(urls, Wanted::Ocsp { certificate, issuer }, search, authorities) {
                    any = true;
                    by_ocsp.insert(*index);
                }
            }
            Need::Crl { .. } => {}
        }
    }
    for need in &chain.needs {
        // A CRL is large: it is asked for where there is no responder, or its answer did not help.
        if let Need::Crl { index, need } = need
            && !by_ocsp.contains(index)
        {
            any |= ask_all(&need.urls, Wanted::Crl, search, authorities);
        }
    }
    any
}

/// Asks the first of several addresses that has not been asked yet: they are said to have the same.
fn ask_all(urls: &[Box<str>], wanted: Wanted<'_>, search: &mut Search, authorities: &mut Authorities) -> bool {
    let about = match wanted {
        Wanted::Ocsp { certificate, .. } => certificate.sha256().as_bytes().to_vec(),
        Wanted::Issuer | Wanted::Crl => Vec::new(),
    };
    for url in urls {
        if search.asked.len() >= MAX_QUESTIONS || search.countdown.is_over() {
            return false;
        }
        if search.asked.insert((url.clone(), about.clone())) {
            match ask(url, wanted, authorities) {
                Ok(()) => {}
                Err(error) => search.silent = Some((url.to_string(), error)),
            }
            return true;
        }
    }
    false
}

/// Asks one address. What cannot be read is as good as no answer.
fn ask(address: &str, wanted: Wanted<'_>, authorities: &mut Authorities) -> Result<(), Option<FetchError>> {
    let request = match wanted {
        Wanted::Ocsp { certificate, issuer } => Some(ocsp_request(certificate, issuer).map_err(|_| None)?),
        Wanted::Issuer | Wanted::Crl => None,
    };
    let question = Question {
        address,
        body: request.as_deref().map(|request| (OCSP_REQUEST_TYPE, request)),
        answer_type: request.as_ref().map(|_| OCSP_RESPONSE_TYPE),
    };
    let answer = authorities.public.ask(question).map_err(Some)?;
    match wanted {
        Wanted::Issuer => {
            let certificate = Certificate::from_der(&answer).map_err(|_| None)?;
            authorities.material.trust.add_issuer(Arc::new(certificate));
        }
        Wanted::Crl => {
            let crl = Arc::new(Crl::from_der(&answer).map_err(|_| None)?);
            if authorities.material.revocation.add(Arc::clone(&crl)).is_ok() {
                authorities.crls.push((crl, answer));
            }
        }
        Wanted::Ocsp { .. } => {
            let response = Arc::new(OcspResponse::from_der(&answer).map_err(|_| None)?);
            if authorities.material.revocation.add_ocsp(&response).is_ok() {
                authorities.ocsp.push((response, answer));
            }
        }
    }
    Ok(())
}

/// What the chains that pass were believed by: their certificates up to the anchor, CRLs and OCSP responses. What came along
/// with the document is in it already.
fn evidence(chains: &[ChainReport], authorities: &Authorities) -> ValidationData {
    let mut found = Found::default();
    for chain in chains.iter().filter(|chain| chain.passed()) {
        let anchor = chain.anchor.iter().map(|anchor| anchor.certificate());
        for certificate in chain.path.iter().map(|found| &found.certificate).chain(anchor) {
            add(&mut found.certificates, certificate.der());
        }
        let reports = chain.path.iter().filter_map(|certificate| certificate.revocation.as_ref());
        for evidence in reports.flat_map(|report| &report.evidence) {
            match &evidence.data {
                RevocationData::Crl(crl) => found.add_crls(|known| Arc::ptr_eq(known, crl), authorities),
                RevocationData::Ocsp(response) => {
                    let own = authorities.ocsp.iter().filter(|(known, _)| Arc::ptr_eq(known, response));
                    own.for_each(|(_, der)| add(&mut found.ocsp, der));
                }
            }
            // Whether a responder was revoked its issuer's CRLs say, unless nobody need ask (RFC 6960 §4.2.2.2.1).
            if let Some(signer) = evidence.signer.as_ref().filter(|signer| !signer.extensions().ocsp_no_check) {
                found.add_crls(|known| known.issuer() == signer.issuer(), authorities);
                add(&mut found.certificates, signer.der());
            }
        }
    }
    // They were read before they were used.
    ValidationData::new(found.certificates, found.crls, found.ocsp).unwrap_or_default()
}

/// What goes with the signature, each once.
#[derive(Default)]
struct Found {
    certificates: Vec<Vec<u8>>,
    crls: Vec<Vec<u8>>,
    ocsp: Vec<Vec<u8>>,
}

impl Found {
    fn add_crls(&mut self, is_wanted: impl Fn(&Arc<Crl>) -> bool, authorities: &Authorities) {
        let own = authorities.crls.iter().filter(|(known, _)| is_wanted(known));
        own.for_each(|(_, der)| add(&mut self.crls, der));
    }
}

fn add(list: &mut Vec<Vec<u8>>, der: &[u8]) {
    if !list.iter().any(|known| known == der) {
        list.push(der.to_vec());
    }
}
