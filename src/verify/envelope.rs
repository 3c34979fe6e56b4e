//! Opening envelopes, from the outermost to the content. What something is, its octets say, never its name.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

use crate::asn1::{Cursor, Source, SourceError, Window};
use crate::crypto::DigestAlgorithm;
use crate::verify::cms::{self, CmsError, Content, Digests, Opened, SignedData, TIMESTAMP};
use crate::verify::finding::Fact;
use crate::verify::judge::judge_layer;
use crate::verify::limits::Limits;
use crate::verify::outcome::Layer;
use crate::verify::pades::{Attachment, Attachments};
use crate::verify::sniff::{Looks, Signed, recognise};
use crate::verify::text::{self, TextError};
use crate::verify::{Context, Damage, PdfDamage, Portion, Request, SignatureReport, VerifyError, pades, words};

/// What was found on the way to the content.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) envelopes: Vec<&'static str>,
    pub(super) signatures: Vec<SignatureReport>,
    pub(super) facts: Vec<Fact>,
    pub(super) content: Option<Innermost>,
    /// Whether the content is a PDF that is the expected one, with nothing added but signatures.
    pub(super) as_expected: bool,
    /// Whether a signature without content took the one that was given apart.
    pub(super) detached_taken: bool,
    /// CMS envelopes opened so far.
    layers: usize,
    /// Octets of files inside PDF that were decoded so far.
    attached: usize,
}

/// More files that cannot be looked into are not named.
const MAX_UNSEEN: usize = 12;

/// The innermost content.
pub(super) struct Innermost {
    pub(super) sha256: String,
    pub(super) size: u64,
}

/// Opens every envelope and judges every signature.
pub(super) fn walk(request: &Request<'_>, context: &Context<'_>) -> Result<Walk, VerifyError> {
    let mut walker = Walker { request, context, detached: request.detached, walk: Walk::default(), extract: None };
    walker.open(request.document)?;
    // Who signed a file inside signed nothing else. A signature that the document does not show leaves a question.
    let unsigned = walker.walk.signatures.iter().all(|signature| signature.attachment.is_some());
    if unsigned && !walker.walk.facts.contains(&Fact::PdfSignatureUnreachable) {
        return Err(VerifyError::NoSignature);
    }
    Ok(walker.walk)
}

/// Opens every envelope, judges nothing, and writes the content out, or the part of it that is asked for.
pub(super) fn extract(
    request: &Request<'_>,
    context: &Context<'_>,
    portion: Portion,
    out: &mut dyn io::Write,
) -> Result<(), VerifyError> {
    let extract = Some(Extract { portion, out });
    let mut walker = Walker { request, context, detached: request.detached, walk: Walk::default(), extract };
    walker.open(request.document)
}

/// What is written out, and where it goes.
struct Extract<'a> {
    portion: Portion,
    out: &'a mut dyn io::Write,
}

struct Walker<'a> {
    request: &'a Request<'a>,
    context: &'a Context<'a>,
    /// The content given apart, until a signature takes it.
    detached: Option<&'a dyn Source>,
    walk: Walk,
    /// What is to be written out; nothing is judged then.
    extract: Option<Extract<'a>>,
}

impl Walker<'_> {
    /// Opens one envelope and what is in it. The recursion is bounded by `Limits::depth`.
    fn open(&mut self, source: &dyn Source) -> Result<(), VerifyError> {
        if self.walk.envelopes.len() >= self.context.limits.depth {
            return Err(VerifyError::TooDeep(self.context.limits.depth));
        }
        if self.context.deadline.passed() {
            return Err(VerifyError::TimedOut);
        }
        let (blank, head) = text::read_head(source)?;
        let looks = recognise(&head);
        match looks {
            Looks::SignedData => {
                self.walk.envelopes.push("CMS");
                self.open_cms(&Window::new(source, blank, source.len()))
            }
            Looks::Pem | Looks::Base64 => {
                let name = looks.name().unwrap_or_default();
                self.walk.envelopes.push(name);
                self.walk.facts.push(Fact::TextEnvelope { form: name.into() });
                let decoded = text::decode(source, blank, looks, self.context.spool).map_err(refuse_text)?;
                self.walk.facts.extend(decoded.followed.then_some(Fact::TrailingData));
                self.open(&*decoded.octets)
            }
            Looks::TimeStampedData => Err(VerifyError::NotSupported("TSD")),
            Looks::Empty => Err(VerifyError::Empty),
            // Encrypted, digested or plain data: CMS, but nobody signed it.
            Looks::OtherCms => Err(VerifyError::NoSignature),
            Looks::Pdf(_) => self.open_pdf(source),
            Looks::Xml(_) | Looks::Zip(_) | Looks::Packed(_) | Looks::Jws | Looks::Other | Looks::Marked => {
                Err(self.not_an_envelope(source)?)
            }
        }
    }

    /// Says whether a document of another format carries signatures that we cannot judge, or none.
    fn not_an_envelope(&self, source: &dyn Source) -> Result<VerifyError, VerifyError> {
        let looked = Digests::and_looks(source, &[], self.context.deadline);
        let (_, looks) = looked.map_err(|error| refuse(error, self.context.limits))?;
        Ok(match looks.signed() {
            Signed::Looks | Signed::Unknown => VerifyError::NotSupported(looks.name().unwrap_or(words::OTHER_FORM)),
            Signed::NotSeen => VerifyError::NoSignature,
        })
    }

    /// A PDF that nothing is around: its signatures are all that there is.
    fn open_pdf(&mut self, source: &dyn Source) -> Result<(), VerifyError> {
        self.walk.envelopes.push("PDF");
        if self.extract.is_some() {
            return self.finish(source, None);
        }
        let (sha256, _) = self.judge_pdf(source)?;
        self.finish(source, Some(sha256))
    }

    /// Judges the signatures of a PDF, if it has any; says how many timestamps on it there are, if all of them hold.
    fn judge_pdf(&mut self, source: &dyn Source) -> Result<(String, usize), VerifyError> {
        let room = pades::Room {
            layer: self.walk.layers,
            signatures: self.context.limits.signatures.saturating_sub(self.walk.signatures.len()),
            attachments: pades::MAX_DECODED.saturating_sub(self.walk.attached),
        };
        let judged = pades::judge(source, room, self.request, self.context)?;
        self.walk.layers += 1;
        self.walk.attached = self.walk.attached.saturating_add(judged.attachments.decoded);
        self.walk.signatures.extend(judged.signatures);
        self.walk.facts.extend(judged.facts);
        self.walk.as_expected = judged.as_expected;
        self.open_attachments(judged.attachments)?;
        Ok((judged.sha256, judged.timestamps))
    }

    /// Judges the files inside a PDF, each in layers of its own. They are no envelope of the content, and whoever signed
    /// them did not sign the document.
    fn open_attachments(&mut self, attachments: Attachments) -> Result<(), VerifyError> {
        let unseen = attachments.unseen.into_iter().take(MAX_UNSEEN);
        self.walk.facts.extend(unseen.map(|name| Fact::AttachmentNotSeen { name }));
        for Attachment { name, octets, looks } in attachments.signed {
            let layer = self.walk.layers;
            let before = (self.walk.envelopes.len(), self.walk.signatures.len());
            let around = (self.walk.content.take(), self.walk.as_expected, self.detached.take());
            self.open_inner(&octets.as_slice(), looks, None)?;
            self.walk.envelopes.truncate(before.0);
            (self.walk.content, self.walk.as_expected, self.detached) = around;
            let signatures = self.walk.signatures.get_mut(before.1..).unwrap_or_default();
            for signature in signatures.iter_mut() {
                let inner = signature.attachment.take();
                signature.attachment = Some(inner.map_or_else(|| name.clone(), |inner| format!("{name}/{inner}")));
            }
            let fact = (!signatures.is_empty()).then_some(Fact::AttachmentSigned { name, layer });
            self.walk.facts.extend(fact);
        }
        Ok(())
    }

    /// A PDF inside an envelope. What cannot be read leaves a question only where it seems to be signed.
    fn open_inner_pdf(
        &mut self,
        inner: &dyn Source,
        signed: Signed,
        sha256: Option<String>,
    ) -> Result<(), VerifyError> {
        if self.walk.envelopes.len() >= self.context.limits.depth {
            return Err(VerifyError::TooDeep(self.context.limits.depth));
        }
        self.walk.envelopes.push("PDF");
        if self.extract.is_none() {
            let before = self.walk.signatures.len();
            let fact = match self.judge_pdf(inner) {
                // A timestamp on it looks like a signature as well, and was judged.
                Ok((_, 0)) if signed == Signed::Looks && self.walk.signatures.len() == before => {
                    Some(Fact::InnerNotJudged { form: "PDF".into() })
                }
                Err(VerifyError::Damaged(why)) if signed == Signed::Looks => {
                    Some(Fact::InnerDamaged { why: why.into() })
                }
                Err(VerifyError::Locked(_)) if signed == Signed::Looks => {
                    Some(Fact::InnerDamaged { why: Damage::Pdf(PdfDamage::Password).into() })
                }
                Ok(_) | Err(VerifyError::Damaged(_) | VerifyError::Locked(_)) => None,
                Err(error) => return Err(error),
            };
            self.walk.facts.extend(fact);
        }
        self.finish(inner, sha256)
    }

    fn open_cms(&mut self, source: &dyn Source) -> Result<(), VerifyError> {
        let limits = self.context.limits;
        let opened = cms::open(source, limits, self.context.deadline).map_err(|error| refuse(error, limits))?;
        let data = opened.signed_data(limits).map_err(|error| refuse(error, limits))?;
        if data.content_type == TIMESTAMP {
            // A timestamp authority says when; nobody signs anything.
            return Err(VerifyError::NotSupported("RFC 3161"));
        }
        let detached = self.detached.take_if(|_| opened.content.is_none());
        let seen = self.look_at_content(source, &opened, &data, detached)?;
        if self.extract.is_none() {
            self.judge(&opened, &data, seen.as_ref().map(|(digests, _)| &**digests))?;
        }
        match (&opened.content, detached, seen) {
            (Some(content), ..) => self.open_content(source, content),
            (None, Some(detached), Some((digests, looks))) => {
                self.walk.detached_taken = true;
                self.open_inner(detached, looks, Some(digests.sha256_hex()))
            }
            _ => Ok(()),
        }
    }

    /// The digests of the content that the signers ask for, and what it looks like, wherever the content stands.
    fn look_at_content<'o>(
        &self,
        source: &dyn Source,
        opened: &'o Opened<'_>,
        data: &SignedData<'_>,
        detached: Option<&dyn Source>,
    ) -> Result<Option<(Cow<'o, Digests>, Looks)>, VerifyError> {
        let deadline = self.context.deadline;
        let refuse = |error| refuse(error, self.context.limits);
        let mut wanted = vec![DigestAlgorithm::Sha256];
        for digest in data.signer_infos.iter().flatten().filter_map(|info| info.digest) {
            if !wanted.contains(&digest) {
                wanted.push(digest);
            }
        }
        match (&opened.content, detached) {
            (Some(content), _) => {
                wanted.retain(|digest| content.digests.get(*digest).is_none());
                if wanted.is_empty() {
                    return Ok(Some((Cow::Borrowed(&content.digests), content.looks)));
                }
                let more = opened.digest_again(source, &wanted, deadline).map_err(refuse)?;
                Ok(Some((Cow::Owned(content.digests.clone().join(more)), content.looks)))
            }
            (None, Some(detached)) => {
                let (digests, looks) = Digests::and_looks(detached, &wanted, deadline).map_err(refuse)?;
                Ok(Some((Cow::Owned(digests), looks)))
            }
            (None, None) => Ok(None),
        }
    }

    /// Judges the signatures of one envelope.
    fn judge(
        &mut self,
        opened: &Opened<'_>,
        data: &SignedData<'_>,
        digests: Option<&Digests>,
    ) -> Result<(), VerifyError> {
        if data.signer_infos.is_empty() {
            self.walk.facts.push(Fact::EnvelopeUnsigned);
        }
        self.walk.facts.extend(has_repeated_signature(data).then_some(Fact::SignatureRepeated));
        self.walk.facts.extend(trailing(data.trailing));
        let head = opened.content.as_ref().map(|content| content.head.as_slice());
        let layer = Layer { number: self.walk.layers, data, digests, head, around: None };
        self.walk.layers += 1;
        let allowed = self.context.limits.signatures.saturating_sub(self.walk.signatures.len());
        self.walk.signatures.extend(judge_layer(&layer, allowed, self.request, self.context)?);
        Ok(())
    }

    /// Goes on with the content of an envelope. One in segments is joined only where somebody reads it again.
    fn open_content(&mut self, source: &dyn Source, content: &Content) -> Result<(), VerifyError> {
        let sha256 = Some(content.digests.sha256_hex());
        if content.looks.is_envelope() || self.extract.is_some() {
            let inner = self.content_source(source, content)?;
            self.open_inner(&*inner, content.looks, sha256)
        } else {
            self.open_inner(&Window::new(source, 0, content.len), content.looks, sha256)
        }
    }

    /// Opens a content if it is an envelope itself, and takes note of it if it is not.
    fn open_inner(&mut self, inner: &dyn Source, looks: Looks, sha256: Option<String>) -> Result<(), VerifyError> {
        if let Looks::Pdf(signed) = looks {
            return self.open_inner_pdf(inner, signed, sha256);
        }
        if !looks.is_envelope() {
            self.walk.envelopes.extend(looks.name());
            self.walk.facts.extend(match looks.signed() {
                Signed::Looks => Some(Fact::InnerNotJudged { form: looks.name().unwrap_or(words::OTHER_FORM).into() }),
                Signed::Unknown => Some(Fact::InnerNotSeen),
                Signed::NotSeen => None,
            });
            return self.finish(inner, sha256);
        }
        let before = (self.walk.envelopes.len(), self.walk.signatures.len());
        // The outer envelopes were judged: what is wrong inside is a finding, not the end.
        let fact = match self.open(inner) {
            Err(VerifyError::Damaged(damage)) => Fact::InnerDamaged { why: damage.into() },
            Err(VerifyError::NotSupported(kind)) => Fact::InnerNotJudged { form: kind.into() },
            Err(VerifyError::NoSignature | VerifyError::Empty) => Fact::InnerDamaged { why: Damage::Nothing.into() },
            other => return other,
        };
        self.walk.envelopes.truncate(before.0);
        self.walk.signatures.truncate(before.1);
        self.walk.facts.push(fact);
        self.finish(inner, sha256)
    }

    /// Takes note of the innermost content, and writes it out where that is asked.
    fn finish(&mut self, content: &dyn Source, sha256: Option<String>) -> Result<(), VerifyError> {
        self.walk.content = sha256.map(|sha256| Innermost { sha256, size: content.len() });
        match self.extract.as_mut() {
            Some(Extract { portion: Portion::Content, out }) => copy(content, *out),
            Some(Extract { portion: Portion::Revision(number), out }) => {
                let len = pades::revision_len(content, *number, self.request.password)?;
                copy(&Window::new(content, 0, len), *out)
            }
            None => Ok(()),
        }
    }

    /// The content as a source of its own: a window where it stands in one piece, spooled where it is in segments.
    fn content_source<'s>(
        &self,
        source: &'s dyn Source,
        content: &Content,
    ) -> Result<Box<dyn Source + 's>, VerifyError> {
        if let Some((start, len)) = content.in_one_piece {
            return Ok(Box::new(Window::new(source, start, len)));
        }
        let mut writer = self.context.spool.begin();
        let mut failed = None;
        Cursor::new(source, content.start)
            .octet_string(&mut |piece| {
                if failed.is_none() {
                    failed = writer.write_all(piece).err();
                }
            })
            .map_err(|error| refuse(error.into(), self.context.limits))?;
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(writer.finish()?),
        }
    }
}

fn copy(source: &dyn Source, out: &mut dyn io::Write) -> Result<(), VerifyError> {
    let mut failed = None;
    Cursor::new(source, 0)
        .feed(source.len(), &mut |piece| {
            if failed.is_none() {
                failed = out.write_all(piece).err();
            }
        })
        .map_err(|error| match error {
            SourceError::Io(error) => VerifyError::Io(error),
            SourceError::Asn1(error) => VerifyError::Damaged(error.into()),
        })?;
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// Whether a signature stands there twice. Signing again gives other attributes, and with them another value.
fn has_repeated_signature(data: &SignedData<'_>) -> bool {
    if data.signer_infos.len() < 2 {
        return false;
    }
    let mut seen = BTreeSet::new();
    data.signer_infos.iter().flatten().any(|info| !seen.insert(&*info.signature))
}

/// What follows the envelope: padding is tolerated, anything else is not covered by any signature.
fn trailing(octets: &[u8]) -> Option<Fact> {
    match octets {
        [] => None,
        _ if octets.trim_ascii().is_empty() => Some(Fact::Padding),
        _ => Some(Fact::TrailingData),
    }
}

/// Says why an envelope was not opened.
pub(super) fn refuse(error: CmsError, limits: &Limits) -> VerifyError {
    match error {
        CmsError::Source(SourceError::Io(error)) => VerifyError::Io(error),
        CmsError::Source(SourceError::Asn1(error)) => VerifyError::Damaged(error.into()),
        CmsError::TailTooLarge => VerifyError::TooMuchBesideContent(limits.tail_len),
        CmsError::TooManySigners => VerifyError::TooManySignatures(limits.signers),
        CmsError::TooManyCertificates => VerifyError::TooManyCertificates(limits.certificates),
        CmsError::TimedOut => VerifyError::TimedOut,
    }
}

fn refuse_text(error: TextError) -> VerifyError {
    match error {
        TextError::Io(error) | TextError::Source(SourceError::Io(error)) => VerifyError::Io(error),
        TextError::Source(SourceError::Asn1(error)) => VerifyError::Damaged(error.into()),
        TextError::NotBase64 => VerifyError::Damaged(Damage::NotBase64),
        TextError::NoEndLine => VerifyError::Damaged(Damage::NoEndLine),
    }
}
