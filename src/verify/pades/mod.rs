//! Signatures in PDF (ISO 32000-2 §12.8, EN 319 142): which there are, what each covers, what was done to it afterwards.
//!
//! Each signature covers a revision of the file; it is judged as CMS is, over the digest of that revision. What later
//! revisions changed is found out object by object and held against what the signature allows.

mod attachments;
mod bare;
mod changes;
mod date;
mod dss;
mod form;
mod marks;
mod next;
mod permissions;
mod ranges;
mod repaired;
mod seed;
mod signature;
mod value;

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::rc::Rc;

pub(super) use attachments::{Attachment, Attachments, MAX_DECODED};
pub(super) use changes::Kind;
pub use next::{FormField, Restrictions, form_fields, pdf_text};
pub(super) use repaired::Repaired;
pub(super) use seed::Seed;
pub use seed::seed_flags;
pub(super) use signature::Flaw;

use crate::asn1::Source;
use crate::pdf::{self, Document, Object, PdfError};
use crate::verify::cms::Digests;
use crate::verify::envelope::refuse;
use crate::verify::finding::{Fact, escape};
use crate::verify::outcome::{Around, ValidationData};
use crate::verify::pades::changes::{Certified, Change};
use crate::verify::pades::permissions::Permissions;
use crate::verify::pades::ranges::Passed;
use crate::verify::pades::signature::{Encoding, Found, PdfSignature};
use crate::verify::pades::value::Value;
use crate::verify::report::{Modifications, SignatureLevel, SubIndication};
use crate::verify::signer_info::SignerInfo;
use crate::verify::timestamp::{ON_DOCUMENT, Timestamp};
use crate::verify::{Context, Deadline, Request, SignatureReport, VerifyError, cades};

/// What was found in a PDF.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) sha256: String,
    pub(super) signatures: Vec<SignatureReport>,
    /// How many timestamps on the document there are, if all of them hold.
    pub(super) timestamps: usize,
    pub(super) facts: Vec<Fact>,
    /// Whether what was signed is the expected document, with nothing added but signatures.
    pub(super) as_expected: bool,
    /// The files inside it.
    pub(super) attachments: Attachments,
}

/// Where the signatures of a PDF stand in the report, and what there is room for.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// The number of the layer.
    pub(super) layer: usize,
    /// Signatures.
    pub(super) signatures: usize,
    /// Octets of files inside.
    pub(super) attachments: usize,
}

/// Opens a PDF and judges its signatures.
pub(super) fn judge(
    source: &dyn Source,
    room: Room,
    request: &Request<'_>,
    context: &Context<'_>,
) -> Result<Judged, VerifyError> {
    let stop = || context.deadline.passed();
    let document = Document::open(source, request.password, &stop, pdf::Limits::STANDARD)?;
    let mut found = signature::find(&document)?;
    let mut judged = loop {
        match judge_found(source, (&document, &found), room, request, context)? {
            Step::Judged(judged) => break judged,
            Step::Earlier(earlier) => found.join(earlier),
        }
    };
    judged.attachments = attachments::find(&document, room.attachments, context)?;
    judged.facts.extend(repaired::facts(&document));
    if document.was_stopped() {
        return Err(VerifyError::TimedOut);
    }
    Ok(judged)
}

/// What a pass over the file comes to.
enum Step {
    Judged(Judged),
    /// Signatures that were not known yet: the file is to be passed over for them as well.
    Earlier(Found),
}

fn judge_found(
    source: &dyn Source,
    (document, found): (&Document<'_>, &Found),
    room: Room,
    request: &Request<'_>,
    context: &Context<'_>,
) -> Result<Step, VerifyError> {
    let signatures = &found.signatures;
    // What cannot be put into CMS is opened as it is, and found damaged.
    let contents: Vec<Cow<'_, [u8]>> = signatures.iter().map(PdfSignature::cms).collect();
    let contents: Vec<&[u8]> = contents.iter().map(|contents| &**contents).collect();
    let mut values = Vec::with_capacity(signatures.len());
    for (signature, contents) in signatures.iter().zip(&contents) {
        values.push(Value::open(signature, contents, context)?);
    }
    let wanted: Vec<_> = values.iter().filter_map(Value::wanted).collect();
    let passed = ranges::digest(source, &wanted, context.deadline);
    let Passed { sha256, covered: mut digests, marks } = passed.map_err(|error| refuse(error, context.limits))?;
    let earlier = found.earlier(&marks, document)?;
    if !earlier.signatures.is_empty() {
        return Ok(Step::Earlier(earlier));
    }
    digests.reverse();
    let covered = values.iter().map(|value| value.wanted().and_then(|_| digests.pop())).collect::<Vec<_>>();
    let mut history = History::of(document, signatures, context.deadline)?;
    let mut judged = judge_values(&values, &covered, &mut history, room, request, context)?;
    judged.sha256 = sha256.to_hex();
    if let Some(expected) = request.expected {
        let added = history.added_to(source, expected)?;
        judged.as_expected = added.as_ref().is_some_and(|added| added.iter().all(|change| change.kind.is_signing()));
        let seen = added.iter().flatten().find(|change| judged.as_expected && change.kind == Kind::VisibleSignature);
        judged.facts.extend(seen.map(|change| Fact::PdfSignatureSeen { page: change.page }));
    }
    judged.facts.extend((found.shared || earlier.shared).then_some(Fact::SignatureRepeated));
    judged.facts.extend(earlier.unreachable.then_some(Fact::PdfSignatureUnreachable));
    Ok(Step::Judged(judged))
}

/// Judges timestamps on the document, then the signatures; `covered` are the digests of what each covers.
fn judge_values(
    values: &[Value<'_>],
    covered: &[Option<Digests>],
    history: &mut History<'_>,
    room: Room,
    request: &Request<'_>,
    context: &Context<'_>,
) -> Result<Judged, VerifyError> {
    let document = history.document;
    let embedded = dss::read(document, context)?;
    let certificates: Rc<[_]> = embedded.certificates.as_slice().into();
    let context = &Context { revocation: embedded.revocation(), ..*context };
    let timestamps = values.iter().zip(covered).filter(|(value, _)| is_timestamp(value.signature));
    for (index, (value, covered)) in timestamps.enumerate() {
        let timestamp = if index < MAX_TIMESTAMPS {
            value.timestamp(covered.as_ref(), &certificates, request, context)
        } else {
            Timestamp::listed(ON_DOCUMENT)
        };
        history.add_timestamp(value.signature, timestamp)?;
    }
    let mut judged = Judged { facts: history.trailing()?, ..Judged::default() };
    judged.facts.extend(embedded.facts());
    judged.facts.extend(history.timestamps_alone());
    judged.timestamps = history.timestamps_that_hold();
    for (value, covered) in values.iter().zip(covered) {
        if is_timestamp(value.signature) {
            continue;
        }
        let (before, certificates) = (judged.signatures.len(), Rc::clone(&certificates));
        let mut around = Around { before, certificates, ..history.around(value.signature)? };
        if let Ok(coverage) = value.signature.coverage {
            value.hold_against_field(document.at(coverage.revision), &mut around, context)?;
        }
        let left = (room.layer, room.signatures.saturating_sub(judged.signatures.len()));
        judged.signatures.extend(value.judge(covered.as_ref(), around, left, request, context)?);
    }
    Ok(judged)
}

/// More timestamps on one document than these are listed and not judged.
const MAX_TIMESTAMPS: usize = 32;

fn is_timestamp(signature: &PdfSignature) -> bool {
    signature.encoding == Encoding::DocumentTimestamp
}

/// Octets from the beginning of a file to the end of one of its revisions, counted from 1.
pub(super) fn revision_len(
    source: &dyn Source,
    number: NonZeroUsize,
    password: Option<&[u8]>,
) -> Result<u64, VerifyError> {
    let missing = |of| VerifyError::NoRevision { asked: number.get(), of };
    // What could not be read within the time allowed was not judged before either.
    let document = match Document::open(source, password, &|| false, pdf::Limits::STANDARD) {
        Err(PdfError::NoHeader) => return Err(missing(0)),
        opened => opened?,
    };
    let revisions = document.revisions();
    let revision = revisions.get(number.get() - 1).ok_or(missing(revisions.len()))?;
    match revision.end {
        Some(end) => Ok(document.end_of_line(end)?),
        None if number.get() == revisions.len() => Ok(document.len()),
        None => Err(PdfError::NoCrossReferences.into()),
    }
}

/// What happened to the file since it was signed first.
struct History<'d> {
    document: &'d Document<'d>,
    deadline: &'d dyn Deadline,
    /// The first revision that a signature covers.
    first: usize,
    /// What each revision after it changed.
    changes: Vec<Vec<Change>>,
    /// What the document was certified for, and since which revision.
    certified: Vec<(usize, Certified)>,
    /// The timestamps on the document, each with the revision that it covers, if it covers one.
    timestamps: Vec<(Option<usize>, Timestamp)>,
    /// The first revision that somebody signed.
    first_signed: Option<usize>,
    /// The last revision that a signature covers.
    last: Option<usize>,
}

/// What the last line of a file says (ISO 32000-2 §7.5.5).
const END_MARK: &[u8] = b"%%EOF";
const END_MARK_LEN: u64 = 5;
/// Readers look for the end in so many octets at least (ISO 32000-1 annex H, note 18).
const MAX_BLANK: u64 = 1000;

/// More changes than these are counted and not told one by one.
const MAX_TOLD: usize = 12;

impl<'d> History<'d> {
    fn of(
        document: &'d Document<'d>,
        signatures: &[PdfSignature],
        deadline: &'d dyn Deadline,
    ) -> Result<Self, VerifyError> {
        let mut history = Self {
            document,
            deadline,
            first: usize::MAX,
            changes: Vec::new(),
            certified: Vec::new(),
            timestamps: Vec::new(),
            first_signed: None,
            last: None,
        };
        for signature in signatures {
            let Ok(coverage) = signature.coverage else { continue };
            history.first = history.first.min(coverage.revision);
            if is_timestamp(signature) {
                continue;
            }
            history.first_signed = history.first_signed.or(Some(coverage.revision)).min(Some(coverage.revision));
            history.last = history.last.max(Some(coverage.revision));
            let certified = Permissions::of(signature, document.at(coverage.revision))?.certified;
            history.certified.push((coverage.revision, certified));
        }
        if history.last.is_some() && history.first < document.revisions().len() {
            history.changes = changes::after(document, history.first, deadline)?;
        }
        Ok(history)
    }

    /// What follows the last revision, and nobody signed. White space and marks of the end say nothing.
    fn trailing(&self) -> Result<Vec<Fact>, PdfError> {
        let told = || vec![Fact::PdfTrailingData];
        let end = self.document.revisions().last().and_then(|revision| revision.end);
        let (Some(mut at), len) = (end, self.document.len()) else { return Ok(told()) };
        // Behind so much, some programs do not find the end any more, and mend what was in order.
        if len.saturating_sub(at) > MAX_BLANK {
            return Ok(told());
        }
        while let Some(mark) = self.document.find(END_MARK, at..len)? {
            if !self.document.is_blank(at..mark)? {
                return Ok(told());
            }
            at = mark + END_MARK_LEN;
        }
        Ok(if self.document.is_blank(at..len)? { Vec::new() } else { told() })
    }

    /// What all revisions from an expected document, with which the file begins, to the last signature added to it; `None`
    /// where the file does not begin so.
    fn added_to(&self, source: &dyn Source, expected: &dyn Source) -> Result<Option<Vec<Change>>, VerifyError> {
        let Some(last) = self.last else { return Ok(None) };
        let Some(generated) = signature::revision_ending_at(expected.len(), self.document)? else { return Ok(None) };
        if generated > last || !begins_with(source, expected)? {
            return Ok(None);
        }
        let changes = changes::after(self.document, generated, self.deadline)?;
        Ok(Some(changes.into_iter().take(last - generated).flatten().collect()))
    }

    /// What the file says of one signature.
    fn around(&self, signature: &PdfSignature) -> Result<Around, PdfError> {
        let mut around = Around { is_etsi: signature.encoding == Encoding::EtsiCades, ..Around::default() };
        let date = signature.entry(b"M").map(|value| self.document.last().resolve(value)).transpose()?;
        around.claimed = date.as_ref().and_then(Object::as_string).and_then(date::read);
        let coverage = match signature.coverage {
            Ok(coverage) => coverage,
            Err(flaw) => {
                // What follows what it covers is no revision, and nobody can say what it changes.
                around.modifications = (flaw == Flaw::EndsInside).then_some(Modifications::Forbidden);
                return Ok(around);
            }
        };
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (revision, revisions) = (coverage.revision + 1, self.document.revisions().len());
        around.revision = Some(number(revision));
        if revision < revisions {
            around.facts.push(Fact::PdfEarlierRevision { revision: number(revision), of: number(revisions) });
        }
        self.judge_changes(signature, coverage.revision, &mut around)?;
        self.judge_repairs(coverage.revision, &mut around)?;
        let later = self.timestamps.iter().filter_map(|(covers, timestamp)| Some(((*covers)?, timestamp)));
        let later = later.filter(|(covers, _)| *covers > coverage.revision);
        around.timestamps = later.clone().map(|(_, timestamp)| timestamp.clone()).collect();
        if has_validation_data(self.document, usize::MAX)? {
            around.validation_data = ValidationData::Present;
            for (covers, _) in later {
                if has_validation_data(self.document, covers)? {
                    around.validation_data = ValidationData::Timestamped;
                }
            }
        }
        Ok(around)
    }

    /// Takes note of a timestamp on the document, and of what was changed after it.
    fn add_timestamp(&mut self, signature: &PdfSignature, mut timestamp: Timestamp) -> Result<(), PdfError> {
        let covers = signature.coverage.ok().map(|coverage| coverage.revision);
        if let Some(revision) = covers.filter(|_| self.last.is_some()) {
            let changes = self.changes_since(signature, revision)?;
            timestamp.report.modifications = Some(changes.first().map_or(Modifications::None, |(weight, _)| *weight));
        }
        self.timestamps.push((covers, timestamp));
        Ok(())
    }

    /// How many timestamps there are; none where one of them does not hold.
    fn timestamps_that_hold(&self) -> usize {
        let all = self.timestamps.iter().all(|(_, timestamp)| timestamp.proof().is_some());
        if all { self.timestamps.len() } else { 0 }
    }

    /// What is to be said of timestamps that cover no signature: those that do are told with it.
    fn timestamps_alone(&self) -> Vec<Fact> {
        let covers_signature = |covers: Option<usize>| covers > self.first_signed && self.first_signed.is_some();
        let alone =
            self.timestamps.iter().filter(|(covers, _)| !covers_signature(*covers)).map(|(_, timestamp)| timestamp);
        let mut facts = Vec::new();
        for timestamp in alone {
            let Some(at) = timestamp.proof() else {
                facts.push(timestamp.ignored.clone().unwrap_or(Fact::TimestampsNotJudged));
                continue;
            };
            facts.push(Fact::TimestampAlone { at: at.into() });
            if timestamp.report.modifications == Some(Modifications::Forbidden) {
                facts.push(Fact::TimestampChanged { at: at.into() });
            }
        }
        facts
    }

    /// Leaves the question open what changed where the file had to be repaired behind the signed revision.
    fn judge_repairs(&self, revision: usize, around: &mut Around) -> Result<(), PdfError> {
        let document = self.document;
        let end = document.revisions().get(revision).and_then(|revision| revision.end).unwrap_or_default();
        if !repaired::is_repaired_behind(document, end) {
            return Ok(());
        }
        around.flaws.push((SubIndication::SigConstraintsFailure, Fact::PdfChangesUnproven));
        // That nothing follows, the octets say themselves.
        if around.modifications != Some(Modifications::Forbidden) && !document.is_blank(end..document.len())? {
            around.modifications = None;
        }
        Ok(())
    }

    fn judge_changes(&self, signature: &PdfSignature, revision: usize, around: &mut Around) -> Result<(), PdfError> {
        let judged = self.changes_since(signature, revision)?;
        around.modifications = Some(judged.first().map_or(Modifications::None, |(weight, _)| *weight));
        let mut told: Vec<Fact> = Vec::new();
        for (weight, change) in &judged {
            if told.len() >= MAX_TOLD {
                break;
            }
            let fact = told_as(*weight, change);
            if !told.contains(&fact) {
                told.push(fact);
            }
        }
        if judged.len() > MAX_TOLD {
            told.push(Fact::PdfManyChanges { count: u32::try_from(judged.len()).unwrap_or(u32::MAX) });
        }
        let forbidden = |fact: &Fact| matches!(fact, Fact::PdfChangeForbidden { .. });
        let (forbidden, others): (Vec<_>, Vec<_>) = told.into_iter().partition(forbidden);
        around.flaws.extend(forbidden.into_iter().map(|fact| (SubIndication::FormatFailure, fact)));
        around.facts.extend(others);
        Ok(())
    }

    /// What revisions after this one changed, and what the signature makes of it; the gravest first, within one weight in
    /// the order in which they were made.
    fn changes_since(
        &self,
        signature: &PdfSignature,
        revision: usize,
    ) -> Result<Vec<(Modifications, &Change)>, PdfError> {
        let mut permissions = Permissions::of(signature, self.document.at(revision))?;
        let certified = self.certified.iter().filter(|(since, _)| *since <= revision).map(|(_, certified)| *certified);
        permissions.certified = certified.max().unwrap_or_default().max(permissions.certified);
        let later = self.changes.get(revision - self.first..).unwrap_or_default();
        let mut judged: Vec<_> = later.iter().flatten().map(|change| (permissions.judge(change), change)).collect();
        judged.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        Ok(judged)
    }
}

/// Whether the first octets of a source are those of another.
fn begins_with(source: &dyn Source, beginning: &dyn Source) -> Result<bool, VerifyError> {
    const STEP: usize = 64 * 1024;
    if beginning.len() > source.len() {
        return Ok(false);
    }
    let mut at = 0;
    while at < beginning.len() {
        let one = octets(beginning, at, STEP)?;
        let other = octets(source, at, one.len())?;
        if one.is_empty() || one != other {
            return Ok(false);
        }
        at += u64::try_from(one.len()).unwrap_or(u64::MAX);
    }
    Ok(true)
}

fn octets(source: &dyn Source, at: u64, len: usize) -> Result<Vec<u8>, VerifyError> {
    let mut octets = vec![0; len];
    let mut filled = 0;
    while let Some(space) = octets.get_mut(filled..).filter(|space| !space.is_empty()) {
        match source.read_at(at + u64::try_from(filled).unwrap_or(u64::MAX), space)? {
            0 => break,
            read => filled += read,
        }
    }
    octets.truncate(filled);
    Ok(octets)
}

fn told_as(weight: Modifications, change: &Change) -> Fact {
    let (what, page, object) = (change.kind, change.page, change.object);
    let field = change.field.as_ref().map(|field| escape(&form::text(field)));
    match weight {
        Modifications::Forbidden => Fact::PdfChangeForbidden { what, page, field, object },
        Modifications::Notable => Fact::PdfChangeNotable { what, page, field, object },
        Modifications::Allowed | Modifications::None => Fact::PdfChangeAllowed { what, page, field, object: None },
    }
}

/// Whether a revision has certificates and revocation data for validation later (EN 319 142-1 §5.4.2).
fn has_validation_data(document: &Document<'_>, revision: usize) -> Result<bool, PdfError> {
    let view = document.at(revision);
    let trailer = view.trailer();
    let root = view.get(&trailer, b"Root")?;
    let store = root.as_dictionary().map(|catalog| view.get(catalog, b"DSS")).transpose()?.unwrap_or(Object::Null);
    let Some(store) = store.as_dictionary() else { return Ok(false) };
    let has = |name: &[u8]| -> Result<bool, PdfError> {
        Ok(view.get(store, name)?.as_array().is_some_and(|values| !values.is_empty()))
    };
    Ok(has(b"Certs")? && (has(b"CRLs")? || has(b"OCSPs")?))
}

/// The level of the form (EN 319 142-1 §6, EN 319 142-2 §4 to §5); `None` for CMS that is no `CAdES`, and has no timestamp.
pub(super) fn level(info: &SignerInfo<'_>, around: &Around, certificate_enclosed: bool) -> Option<SignatureLevel> {
    let form = cades::pades_form(info, certificate_enclosed).filter(|_| around.is_etsi);
    let timestamped = cades::has_signature_timestamp(info) || !around.timestamps.is_empty();
    let Some(form) = form else { return timestamped.then_some(SignatureLevel::T) };
    let baseline = form == SignatureLevel::B;
    Some(match (timestamped, around.validation_data) {
        (true, ValidationData::Timestamped) if baseline => SignatureLevel::Lta,
        (true, ValidationData::Timestamped) => SignatureLevel::A,
        (true, ValidationData::Present) if baseline => SignatureLevel::Lt,
        (true, _) if baseline => SignatureLevel::T,
        _ => form,
    })
}
