//! The value of one signature: what stands in `/Contents`, opened, and judged with the digest of what it covers.

use std::sync::Arc;

use crate::asn1::{Asn1Error, SourceError};
use crate::crypto::DigestAlgorithm;
use crate::pdf::View;
use crate::trust::Certificate;
use crate::verify::cms::{self, CmsError, DATA, Digests, Opened, SignedData};
use crate::verify::envelope::refuse;
use crate::verify::finding::Fact;
use crate::verify::judge::judge_layer;
use crate::verify::outcome::{Around, Layer};
use crate::verify::pades::ranges::Wanted;
use crate::verify::pades::seed;
use crate::verify::pades::signature::{Encoding, Flaw, PdfSignature};
use crate::verify::report::SubIndication;
use crate::verify::signer::Pool;
use crate::verify::timestamp::{self, ON_DOCUMENT, Stamped, Timestamp};
use crate::verify::{Context, Request, SignatureReport, VerifyError};

/// A signature and what is in it.
pub(super) struct Value<'s> {
    pub(super) signature: &'s PdfSignature,
    /// Damage is no error: the signature is judged as damaged.
    opened: Result<Box<Opened<'s>>, Asn1Error>,
    /// The digests of what it covers that its signers ask for.
    algorithms: Vec<DigestAlgorithm>,
}

impl<'s> Value<'s> {
    /// Opens the CMS in `contents`.
    pub(super) fn open(
        signature: &'s PdfSignature,
        contents: &'s &'s [u8],
        context: &Context<'_>,
    ) -> Result<Self, VerifyError> {
        let opened = cms::open(contents, context.limits, context.deadline);
        let algorithms = opened.and_then(|opened| {
            let data = opened.signed_data(context.limits)?;
            let algorithms = match signature.encoding {
                Encoding::DocumentTimestamp => timestamp::imprint_algorithm(&opened).into_iter().collect(),
                encoding => algorithms(&data, encoding),
            };
            drop(data);
            Ok((opened, algorithms))
        });
        match algorithms {
            Ok((opened, algorithms)) => Ok(Self { signature, opened: Ok(Box::new(opened)), algorithms }),
            Err(CmsError::Source(SourceError::Asn1(error))) => {
                Ok(Self { signature, opened: Err(error), algorithms: Vec::new() })
            }
            Err(error) => Err(refuse(error, context.limits)),
        }
    }

    /// What is to be digested, if it names octets of the file.
    pub(super) fn wanted(&self) -> Option<Wanted<'_>> {
        let named = self.signature.named.as_ref()?;
        Some(Wanted { named, algorithms: &self.algorithms })
    }

    /// Holds the signature against what its field asked for.
    pub(super) fn hold_against_field(
        &self,
        view: View<'_>,
        around: &mut Around,
        context: &Context<'_>,
    ) -> Result<(), VerifyError> {
        if self.signature.field.dictionary.get(b"SV").is_none() {
            return Ok(());
        }
        let data = self.opened.as_ref().ok().map(|opened| opened.signed_data(context.limits)).transpose();
        let data = data.map_err(|error| refuse(error, context.limits))?;
        let info = data.as_ref().and_then(|data| data.signer_infos.first()?.as_ref().ok());
        Ok(seed::check(self.signature, info, view, around)?)
    }

    /// Judges the signature; `digests` are those of what it covers.
    pub(super) fn judge(
        &self,
        digests: Option<&Digests>,
        mut around: Around,
        (layer, allowed): (usize, usize),
        request: &Request<'_>,
        context: &Context<'_>,
    ) -> Result<Vec<SignatureReport>, VerifyError> {
        let limits = context.limits;
        let mut data = match &self.opened {
            Ok(opened) => opened.signed_data(limits).map_err(|error| refuse(error, limits))?,
            Err(error) => damaged(*error),
        };
        let flaw = self.signature.coverage.err().or_else(|| flaw(&data, self));
        if data.signer_infos.is_empty() {
            // Nobody signed: that is told of one signature that is none.
            data.signer_infos.push(Err(Asn1Error::Truncated));
        }
        let nothing = Digests::of_nothing(&self.algorithms);
        // What it names is not in the file: no octets have the digest that it signs.
        let covered = digests.unwrap_or(&nothing);
        around.flaws.extend(flaw.map(|why| (SubIndication::FormatFailure, Fact::PdfSignatureFlawed { why })));
        if self.signature.encoding == Encoding::Unknown {
            let why = Flaw::EncodingUnknown;
            around.flaws.push((SubIndication::SigConstraintsFailure, Fact::PdfSignatureFlawed { why }));
        }
        if data.trailing.iter().any(|octet| *octet != 0) {
            // Nobody signed what fills the hole up, and nobody is shown it: signing programs leave anything there.
            around.facts.push(Fact::PdfPadding);
        }
        let digests = self.signed_digests(covered, &mut around, request, context);
        let layer = Layer { number: layer, data: &data, digests: Some(digests), head: None, around: Some(&around) };
        judge_layer(&layer, allowed, request, context)
    }

    /// Judges a timestamp on the document (EN 319 142-1 §5.4.3); `digests` are those of what it covers, `certificates`
    /// those that came along.
    pub(super) fn timestamp(
        &self,
        digests: Option<&Digests>,
        certificates: &[Arc<Certificate>],
        request: &Request<'_>,
        context: &Context<'_>,
    ) -> Timestamp {
        let digest = self.algorithms.first().and_then(|algorithm| digests?.get(*algorithm).copied());
        let pool = Pool::read(&[], certificates.iter(), context.trust);
        let stamped = Stamped { kind: ON_DOCUMENT, digest, pool: &pool };
        let mut timestamp = timestamp::judge(self.opened.as_deref().ok(), &stamped, request, context);
        if self.signature.coverage.is_err() {
            timestamp::unfit(&mut timestamp);
        }
        timestamp
    }

    /// What the signer signed: the octets covered, or content that is nothing but their SHA-1.
    fn signed_digests<'d>(
        &'d self,
        covered: &'d Digests,
        around: &mut Around,
        request: &Request<'_>,
        context: &Context<'_>,
    ) -> &'d Digests {
        let inside = self.opened.as_ref().ok().and_then(|opened| opened.content.as_ref());
        let (Encoding::Pkcs7Sha1, Some(inside)) = (self.signature.encoding, inside) else { return covered };
        let existed_by = request.times.best_signature_time();
        if context.policy.chain.algorithms.check_digest(DigestAlgorithm::Sha1, existed_by).is_err() {
            let fact = Fact::WeakDigest { algorithm: DigestAlgorithm::Sha1.name().into() };
            around.flaws.push((SubIndication::CryptoConstraintsFailureNoPoe, fact));
        }
        let is_digest = covered.get(DigestAlgorithm::Sha1).is_some_and(|digest| digest.matches(&inside.head));
        // Where the content is the digest of something else, nothing that was signed is here.
        if is_digest { &inside.digests } else { covered }
    }
}

/// The algorithms by which what a signature covers is digested.
fn algorithms(data: &SignedData<'_>, encoding: Encoding) -> Vec<DigestAlgorithm> {
    if encoding == Encoding::Pkcs7Sha1 {
        return vec![DigestAlgorithm::Sha1];
    }
    let mut algorithms: Vec<_> = data.signer_infos.iter().flatten().filter_map(|info| info.digest).collect();
    algorithms.sort_unstable();
    algorithms.dedup();
    algorithms
}

/// What is wrong with the CMS of a signature although it can be read (EN 319 142-1 §5.3, §6.3).
fn flaw(data: &SignedData<'_>, value: &Value<'_>) -> Option<Flaw> {
    let content = value.opened.as_ref().is_ok_and(|opened| opened.content.is_some());
    if data.signer_infos.len() != 1 {
        Some(Flaw::NotOneSigner)
    } else if content != (value.signature.encoding == Encoding::Pkcs7Sha1) || data.content_type != DATA {
        Some(Flaw::ContentOfItsOwn)
    } else {
        None
    }
}

/// An envelope with one signer of whom nothing can be read.
fn damaged(error: Asn1Error) -> SignedData<'static> {
    SignedData {
        content_type: DATA,
        version: 1,
        version_due: 1,
        announced: &[],
        certificates: Vec::new(),
        revocation_data: Vec::new(),
        signer_infos: vec![Err(error)],
        trailing: &[],
    }
}
