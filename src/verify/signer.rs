//! Whose signature it is: finding the certificate, judging its chain, naming the person.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use time::UtcDateTime;

use crate::crypto::{DigestAlgorithm, PublicKey, SignatureScheme};
use crate::domain::fiscal_code::FiscalCode;
use crate::domain::identity::{self, FiscalCodeMatch, Identity, LegalLevel};
use crate::trust::chain::ChainReport;
use crate::trust::{AlgorithmWeakness, Certificate, Name, Standing, Times, TrustStore};
use crate::verify::cades::CertificateReference;
use crate::verify::chain;
use crate::verify::finding::{About, Fact, Finding, escape};
use crate::verify::outcome::Outcome;
use crate::verify::report::{CertificateReport, FiscalCodeAnswer, SignerReport, SubIndication};
use crate::verify::signer_info::SignerIdentifier;
use crate::verify::subject::Subject;
use crate::verify::{Context, Request};

/// The certificates of one envelope.
pub(super) struct Pool {
    certificates: Vec<Arc<Certificate>>,
    /// How many of them are the envelope's own: a signer is one of these. The others only help to build chains.
    own: usize,
    /// Whether some of them could not be read.
    unreadable: bool,
    /// Those of the signers met so far: five hundred signatures of one signer need one search.
    chains: RefCell<Vec<KnownChain>>,
}

/// The chain of a signer, and the times it was looked for.
struct KnownChain {
    signer: Arc<Certificate>,
    times: Times,
    chain: Rc<ChainReport>,
}

/// The outcome of looking for the signer's certificate.
pub(super) enum Found {
    Certificate(Arc<Certificate>),
    /// There is one with the right name, and it is not the one that the signer referred to.
    OtherThanReferenced,
    /// There is none, and some could not be read.
    Unreadable,
    Nothing,
}

impl Pool {
    /// Reads the certificates of the envelope; one that cannot be read is as good as absent. Known issuers are not read
    /// again. The `others` came along elsewhere.
    pub(super) fn read<'c>(
        certificates: &[&[u8]],
        others: impl Iterator<Item = &'c Arc<Certificate>>,
        trust: &TrustStore,
    ) -> Self {
        let certificates_read = Vec::with_capacity(certificates.len());
        let mut pool = Self { certificates: certificates_read, own: 0, unreadable: false, chains: RefCell::default() };
        for der in certificates {
            let certificate = trust.known(der).or_else(|| Certificate::from_der(der).ok().map(Arc::new));
            match certificate {
                Some(certificate) => pool.certificates.push(certificate),
                None => pool.unreadable = true,
            }
        }
        pool.own = pool.certificates.len();
        for certificate in others {
            if !pool.certificates.contains(certificate) {
                pool.certificates.push(Arc::clone(certificate));
            }
        }
        pool
    }

    /// The certificates of a timestamp on a signature of this envelope, and these. Whoever asks for a timestamp may have its
    /// certificate left out (RFC 3161 §2.4.1, `certReq`), so that any of them may be its authority's.
    pub(super) fn and(&self, certificates: &[&[u8]], others: &[Arc<Certificate>], trust: &TrustStore) -> Self {
        let mut pool = Self::read(certificates, others.iter().chain(&self.certificates), trust);
        pool.own = pool.certificates.len();
        pool
    }

    /// All of them.
    pub(super) fn certificates(&self) -> &[Arc<Certificate>] {
        &self.certificates
    }

    /// The chain of a signer, with the other certificates as candidates; looked for once.
    fn chain(&self, signer: &Arc<Certificate>, request: &Request<'_>, context: &Context<'_>) -> Rc<ChainReport> {
        let known = self
            .chains
            .borrow()
            .iter()
            .find(|known| Arc::ptr_eq(&known.signer, signer) && known.times == request.times)
            .map(|known| Rc::clone(&known.chain));
        known.unwrap_or_else(|| {
            let chain = Rc::new(chain::find(signer, &self.certificates, request, context));
            let known = KnownChain { signer: Arc::clone(signer), times: request.times, chain: Rc::clone(&chain) };
            self.chains.borrow_mut().push(known);
            chain
        })
    }

    /// Finds the certificate that `sid` names. Where several have that name, or somebody put another one in its
    /// place, the signed references decide (RFC 5035 §1: certificate substitution).
    pub(super) fn find(&self, sid: &SignerIdentifier<'_>, references: &[CertificateReference<'_>]) -> Found {
        let own = self.certificates.iter().take(self.own);
        let mut named = own.filter(|certificate| is_named(certificate, sid)).peekable();
        if named.peek().is_none() {
            return if self.unreadable { Found::Unreadable } else { Found::Nothing };
        }
        let fits =
            |certificate: &&Arc<Certificate>| references.iter().all(|reference| hashes_to(reference, certificate));
        named.find(fits).map_or(Found::OtherThanReferenced, |certificate| Found::Certificate(Arc::clone(certificate)))
    }
}

fn is_named(certificate: &Certificate, sid: &SignerIdentifier<'_>) -> bool {
    match sid {
        SignerIdentifier::IssuerAndSerial { issuer, serial } => {
            certificate.serial() == *serial && is_name(certificate.issuer(), issuer)
        }
        SignerIdentifier::SubjectKeyId(key_id) => certificate.extensions().subject_key_id.as_deref() == Some(key_id),
    }
}

fn is_name(name: &Name, der: &[u8]) -> bool {
    name.der() == der || Name::from_der(der).is_ok_and(|other| other == *name)
}

fn hashes_to(reference: &CertificateReference<'_>, certificate: &Certificate) -> bool {
    let digest = match reference.digest {
        DigestAlgorithm::Sha256 => *certificate.sha256(),
        other => other.digest(certificate.der()),
    };
    digest.matches(reference.value)
}

/// Checks what the references say beside the digest, and that the digest binds: MD5 does not, SHA-1 does against the
/// second preimage that a substitute would be (TS 119 312 leaves it to `ESSCertID` of version 1).
pub(super) fn check_references(
    references: &[CertificateReference<'_>],
    certificate: &Certificate,
    request: &Request<'_>,
    context: &Context<'_>,
    outcome: &mut Outcome,
) {
    let existed_by = request.times.best_signature_time();
    for reference in references {
        let believed = context.policy.chain.algorithms.check_digest(reference.digest, existed_by).is_ok();
        if !believed && reference.digest != DigestAlgorithm::Sha1 {
            let fact = Fact::WeakDigest { algorithm: reference.digest.name().into() };
            outcome.fail(SubIndication::CryptoConstraintsFailureNoPoe, fact);
        }
        let Some(named) = reference.issuer_serial else { continue };
        let same_issuer = named.issuer.is_some_and(|issuer| is_name(certificate.issuer(), issuer));
        if named.serial != certificate.serial() || !same_issuer {
            outcome.fail(SubIndication::SigConstraintsFailure, Fact::ReferenceSerialDiffers);
        } else if named.bare_name {
            outcome.facts.push(Fact::ReferenceNameMalformed);
        }
    }
}

/// What is known of the signer.
#[derive(Default)]
pub(super) struct Signer {
    pub(super) report: SignerReport,
    pub(super) legal_level: Option<LegalLevel>,
    pub(super) findings: Vec<Finding>,
}

/// Judges the chain of the signer's certificate and names the person in it.
pub(super) fn judge(
    certificate: Option<Arc<Certificate>>,
    pool: &Pool,
    request: &Request<'_>,
    context: &Context<'_>,
    outcome: &mut Outcome,
) -> Signer {
    let Some(certificate) = certificate else {
        let absent = request.fiscal_code.map_or(FiscalCodeAnswer::NotRequested, |_| FiscalCodeAnswer::Absent);
        let report = SignerReport { fiscal_code_match: Some(absent), ..SignerReport::default() };
        return Signer { report, ..Signer::default() };
    };
    let chain = pool.chain(&certificate, request, context);
    let standing = chain::judge(&chain, &certificate, request, outcome);
    let identity = certificate.identity(&standing, || decide_identity(&certificate, &standing));
    let matched = identity::match_declared(&identity, request.fiscal_code);
    let mut findings = person_findings(&identity, request);
    findings.extend(Fact::of_match(matched.outcome).map(|fact| fact.finding()));
    let matched = answer(matched.outcome);
    let report = describe(&certificate, &identity, matched);
    Signer { report, legal_level: Some(identity.legal_level), findings }
}

fn decide_identity(certificate: &Certificate, standing: &Standing) -> Identity {
    Subject::read(certificate, &standing.policies).facts(standing.issuer, Identity::decide)
}

fn person_findings(identity: &Identity, request: &Request<'_>) -> Vec<Finding> {
    let code = identity.tax_id.fiscal_code();
    let about_code = code.into_iter().flat_map(|code| code.findings(request.times.at));
    let about_person = identity.findings.iter().copied().map(About::Identity);
    about_person.chain(about_code.map(About::FiscalCode)).map(Finding::from).collect()
}

fn answer(outcome: FiscalCodeMatch) -> FiscalCodeAnswer {
    match outcome {
        FiscalCodeMatch::Match(_) => FiscalCodeAnswer::Match,
        FiscalCodeMatch::Mismatch(_) => FiscalCodeAnswer::Mismatch,
        FiscalCodeMatch::Absent(_) => FiscalCodeAnswer::Absent,
        FiscalCodeMatch::NotRequested => FiscalCodeAnswer::NotRequested,
    }
}

fn describe(certificate: &Certificate, identity: &Identity, matched: FiscalCodeAnswer) -> SignerReport {
    let found = identity.tax_id.found();
    let code = identity.tax_id.fiscal_code();
    SignerReport {
        name: identity.name.as_deref().map(escape),
        given_name: identity.given_name.as_deref().map(escape),
        surname: identity.surname.as_deref().map(escape),
        fiscal_code: code.map(|code| code.as_str().to_owned()),
        fiscal_code_raw: found.map(|found| escape(&found.attribute)),
        fiscal_code_valid: found.map(|found| found.code.is_ok()),
        fiscal_code_omocodia: code.map(FiscalCode::is_omocodia),
        fiscal_code_field: found.map(|found| found.field.as_str()),
        fiscal_code_match: Some(matched),
        certificate: Some(CertificateReport {
            kind: identity.kind.as_str(),
            sha256: certificate.sha256().to_hex(),
            issuer: escape(certificate.issuer().text()),
            serial: crate::crypto::hex(certificate.serial()),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
        }),
    }
}

/// Judges the algorithms of the signature itself.
pub(super) fn check_strength(
    key: &PublicKey,
    scheme: SignatureScheme,
    request: &Request<'_>,
    context: &Context<'_>,
    outcome: &mut Outcome,
) {
    let existed_by = request.times.best_signature_time();
    if let Err(weakness) = context.policy.chain.algorithms.check(scheme, key.kind(), existed_by) {
        let fact = match weakness {
            AlgorithmWeakness::Digest(digest) => Fact::WeakDigest { algorithm: digest.name().into() },
            AlgorithmWeakness::RsaKey { bits, .. } | AlgorithmWeakness::Curve { bits, .. } => Fact::WeakKey { bits },
            AlgorithmWeakness::Dsa => Fact::WeakDigest { algorithm: "DSA".into() },
        };
        outcome.fail(SubIndication::CryptoConstraintsFailureNoPoe, fact);
    }
}

/// What the signature is worth in law. One that is broken, and one made with a certificate that was revoked or
/// had expired, is no signature (CAD art. 24 c. 4-bis).
pub(super) fn legal_level(sub_indication: Option<SubIndication>, level: Option<LegalLevel>) -> LegalLevel {
    use SubIndication::{
        FormatFailure, HashFailure, OutOfBoundsNoPoe, OutOfBoundsNotRevoked, RevokedNoPoe, SigCryptoFailure,
    };
    match sub_indication {
        Some(
            FormatFailure | HashFailure | SigCryptoFailure | RevokedNoPoe | OutOfBoundsNoPoe | OutOfBoundsNotRevoked,
        ) => LegalLevel::None,
        _ => level.unwrap_or(LegalLevel::None),
    }
}

/// Where the best signature time comes from; `proof` is the time of the earliest timestamp that proves something.
pub(super) fn time_source(request: &Request<'_>, proof: Option<UtcDateTime>) -> String {
    match request.times.existed_by {
        asserted if proof.is_some_and(|proof| asserted.is_none_or(|asserted| proof < asserted)) => {
            "timestamp".to_owned()
        }
        Some(existed) if existed <= request.times.at => {
            request.existence_words().unwrap_or_else(|| "asserted".to_owned())
        }
        _ => "now".to_owned(),
    }
}
