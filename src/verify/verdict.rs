//! From signatures to one verdict, by the rules of the contract.

use std::collections::HashSet;

use crate::asn1::Source;
use crate::domain::fiscal_code::FiscalCode;
use crate::verify::envelope::{Innermost, Walk};
use crate::verify::finding::{Fact, escape};
use crate::verify::report::{ContentFacts, DocumentFacts, ExpectedContent, FiscalCodeAnswer};
use crate::verify::{
    Context, Indication, Report, Request, SignatureReport, Signatures, Verdict, VerifiedSignature, VerifyError, sha256,
};

/// Puts the report together.
pub(super) fn report(
    request: &Request<'_>,
    context: &Context<'_>,
    walk: Walk,
    document_sha256: String,
) -> Result<Report, VerifyError> {
    let mut facts = walk.facts;
    let expected = if walk.as_expected {
        ExpectedContent::Match
    } else {
        expected_content(request, context, walk.content.as_ref())?
    };
    if expected == ExpectedContent::Mismatch {
        facts.push(Fact::ExpectedDiffers);
    }
    let given_twice = !walk.detached_taken && differs_from_detached(request, context, walk.content.as_ref())?;
    if given_twice {
        facts.push(Fact::ContentGivenTwice);
    }
    let signatures = Signatures::judged(walk.signatures);
    let declared_signer = declared_signer(request, &signatures, &mut facts);
    match request.times.existed_by {
        Some(at) if at > request.times.at => facts.push(Fact::ExistenceIgnored { at: at.into() }),
        Some(at) => facts.push(Fact::ExistenceAsserted { at: at.into(), source: request.existence_words() }),
        None => {}
    }
    if has_repeated_signer(&signatures) {
        facts.push(Fact::SignerRepeated);
    }
    if context.trust.is_empty() {
        facts.push(Fact::NoAnchors);
    }
    let open_question = facts.iter().any(leaves_a_question);
    let refused = given_twice || expected == ExpectedContent::Mismatch;
    let verdict = verdict(&signatures, declared_signer, refused, open_question);
    let mut findings: Vec<_> = facts.iter().map(Fact::finding).collect();
    findings.sort_by_key(|finding| finding.level);
    Ok(Report {
        verdict,
        declared_signer,
        content: walk.content.map(|content| ContentFacts { sha256: content.sha256, size: content.size, expected }),
        document: DocumentFacts {
            name: escape(request.name),
            sha256: document_sha256,
            size: request.document.len(),
            envelopes: walk.envelopes,
        },
        validation_time: request.times.at,
        policy: context.policy.name.clone(),
        findings,
        signatures,
    })
}

fn verdict(signatures: &Signatures, declared_signer: FiscalCodeAnswer, refused: bool, open_question: bool) -> Verdict {
    let any = |indication| signatures.iter().any(|signature| signature.indication == indication);
    if refused || declared_signer == FiscalCodeAnswer::Mismatch || any(Indication::TotalFailed) {
        Verdict::Rejected
    } else if open_question
        || declared_signer == FiscalCodeAnswer::Absent
        || any(Indication::Indeterminate)
        || signatures.is_empty()
    {
        Verdict::Undetermined
    } else {
        Verdict::Accepted
    }
}

/// Whether a fact about the whole document keeps it from being accepted.
fn leaves_a_question(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::InnerNotJudged { .. }
            | Fact::InnerNotSeen
            | Fact::InnerDamaged { .. }
            | Fact::EnvelopeUnsigned
            | Fact::SignatureRepeated
            | Fact::TrailingData
            | Fact::PdfTrailingData
            | Fact::PdfSignatureUnreachable
            | Fact::AttachmentNotSeen { .. }
    )
}

/// Whether the declared person signed the document: only a passed signature says yes, and only with a certificate
/// that names a person. The code of somebody else says no, unless the declared person signed as well.
fn declared_signer(request: &Request<'_>, signatures: &Signatures, facts: &mut Vec<Fact>) -> FiscalCodeAnswer {
    if request.fiscal_code.is_none() {
        return FiscalCodeAnswer::NotRequested;
    }
    let says = |answer| {
        move |signature: &SignatureReport| {
            names_a_person(signature) && signature.signer.fiscal_code_match == Some(answer)
        }
    };
    let any = |answer| signatures.iter().filter(|signature| signature.signs_content()).any(says(answer));
    if signatures.verified().map(VerifiedSignature::report).any(says(FiscalCodeAnswer::Match)) {
        FiscalCodeAnswer::Match
    } else if any(FiscalCodeAnswer::Match) {
        facts.push(Fact::DeclaredNotByValidSignature);
        FiscalCodeAnswer::Absent
    } else if any(FiscalCodeAnswer::Mismatch) {
        FiscalCodeAnswer::Mismatch
    } else {
        facts.push(Fact::DeclaredAbsent);
        FiscalCodeAnswer::Absent
    }
}

/// Whether one person, or one certificate, made two valid signatures side by side. That is no fault: together they are
/// as good as one (RFC 5652 §5.1). Whoever counts signers must not count them twice.
fn has_repeated_signer(signatures: &Signatures) -> bool {
    let mut seen = HashSet::new();
    if signatures.verified().nth(1).is_none() {
        return false;
    }
    signatures.verified().map(VerifiedSignature::report).any(|signature| {
        let code: Option<FiscalCode> = signature.signer.fiscal_code.as_ref().and_then(|code| code.parse().ok());
        // Variants for omocodia are one person's.
        let code = code.map(|code| code.canonical().to_owned());
        let certificate = || signature.signer.certificate.as_ref().map(|certificate| certificate.sha256.clone());
        code.or_else(certificate).is_some_and(|who| !seen.insert((signature.layer, who)))
    })
}

fn names_a_person(signature: &SignatureReport) -> bool {
    let kind = signature.signer.certificate.as_ref().map(|certificate| certificate.kind);
    matches!(kind, Some("cns" | "cie" | "qualified"))
}

fn expected_content(
    request: &Request<'_>,
    context: &Context<'_>,
    innermost: Option<&Innermost>,
) -> Result<ExpectedContent, VerifyError> {
    let Some(expected) = request.expected else { return Ok(ExpectedContent::NotRequested) };
    // Content that is missing is no other content: its signatures say that it was not found.
    let Some(innermost) = innermost else { return Ok(ExpectedContent::NotRequested) };
    let same = is_content_of(innermost, expected, context)?;
    Ok(if same { ExpectedContent::Match } else { ExpectedContent::Mismatch })
}

/// Whether the content stands in the envelope *and* was given apart, and the two differ (K08).
fn differs_from_detached(
    request: &Request<'_>,
    context: &Context<'_>,
    innermost: Option<&Innermost>,
) -> Result<bool, VerifyError> {
    match (request.detached, innermost) {
        (Some(detached), Some(innermost)) => Ok(!is_content_of(innermost, detached, context)?),
        _ => Ok(false),
    }
}

fn is_content_of(innermost: &Innermost, other: &dyn Source, context: &Context<'_>) -> Result<bool, VerifyError> {
    Ok(innermost.size == other.len() && innermost.sha256 == sha256(other, context)?)
}
