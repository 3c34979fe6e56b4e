//! Signature dictionaries (ISO 32000-2 §12.8.1): which there are, and which octets each of them covers.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::domain::language::Language;
use crate::pdf::{Document, Member, Object, PdfError, Reference, View};
use crate::verify::pades::bare;
use crate::verify::pades::form::{self, Field};
use crate::verify::pades::marks::Marks;

/// A signature as it stands in the file. Nothing of it is believed yet.
pub(super) struct PdfSignature {
    /// The field that has it.
    pub(super) field: Field,
    /// The entries, and where their values stand in the file.
    pub(super) members: Vec<Member>,
    pub(super) encoding: Encoding,
    /// What `/Contents` holds.
    pub(super) contents: Vec<u8>,
    /// What it covers; the first thing that is wrong with it where it does not cover a revision.
    pub(super) coverage: Result<Coverage, Flaw>,
    /// The octets that it names, where they are in the file, whether or not they are a revision.
    pub(super) named: Option<Named>,
}

impl PdfSignature {
    /// An entry of the dictionary, a reference unresolved.
    pub(super) fn entry(&self, name: &[u8]) -> Option<&Object> {
        entry(&self.members, name).map(|(value, _)| value)
    }

    /// Where its entries stand in the file.
    fn span(&self) -> Option<Range<u64>> {
        // The name of the first entry stands before its value.
        const NAME: u64 = 64;
        let start = self.members.iter().map(|member| member.span.start).min()?;
        let end = self.members.iter().map(|member| member.span.end).max()?;
        Some(start.saturating_sub(NAME)..end)
    }

    /// What `/Contents` holds as CMS.
    pub(super) fn cms(&self) -> Cow<'_, [u8]> {
        let bare = || bare::as_cms(&self.contents, self.entry(b"Cert")?).ok();
        match self.encoding {
            Encoding::X509RsaSha1 => bare().map_or(Cow::Borrowed(&self.contents), Cow::Owned),
            _ => Cow::Borrowed(&self.contents),
        }
    }
}

/// What a signature covers: a revision from its first octet to its last, but for the signature itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Coverage {
    /// The revision, counted from 0.
    pub(super) revision: usize,
}

/// The octets before a hole and after it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Named {
    pub(super) hole: Range<u64>,
    pub(super) end: u64,
}

/// `SubFilter`: how the signature is encoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Encoding {
    /// `ETSI.CAdES.detached` (EN 319 142-1).
    EtsiCades,
    /// `adbe.pkcs7.detached`.
    Pkcs7Detached,
    /// `adbe.pkcs7.sha1`: CMS over the SHA-1 of the octets.
    Pkcs7Sha1,
    /// `adbe.x509.rsa_sha1`: the bare value of RSA, certificates beside it.
    X509RsaSha1,
    /// `ETSI.RFC3161`: a timestamp on the document.
    DocumentTimestamp,
    /// Another, or none.
    Unknown,
}

/// What is wrong with a signature dictionary: each keeps the signature from passing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::verify) enum Flaw {
    /// It cannot be read, or stands in a stream of objects, where nothing can be left out.
    Unreadable,
    /// A name is there twice: readers differ on which counts.
    EntryRepeated,
    /// No `/ByteRange` of two pairs of numbers from the first octet on.
    ByteRangeMissing,
    /// It names octets that are not in the file, or that overlap.
    ByteRangeOutside,
    /// What it leaves out is not `/Contents`, all of it and nothing else.
    HoleIsNotContents,
    /// It ends where no revision ends.
    EndsInside,
    /// The revision that it covers has another dictionary, or none, in this place.
    NotInItsRevision,
    /// No `/Contents` of hexadecimal digits with something in them.
    ContentsMissing,
    /// What is in `/Contents` has content of its own, or is the signature of something else than these octets.
    ContentOfItsOwn,
    /// It has several signers, or none.
    NotOneSigner,
    /// `/SubFilter` is unknown.
    EncodingUnknown,
    /// The revision says two things of one object.
    Ambiguous,
}

impl Flaw {
    /// The same in words, for use inside a sentence.
    pub(in crate::verify) const fn words(self, language: Language) -> &'static str {
        let (italian, english) = match self {
            Self::Unreadable => (
                "i suoi dati non si leggono, o stanno dove una firma non può stare",
                "its data cannot be read, or stand where no signature can be",
            ),
            Self::EntryRepeated => (
                "una voce dei suoi dati compare due volte, e programmi diversi ne leggerebbero una diversa",
                "an entry of its data is there twice, and different programs would read different ones",
            ),
            Self::ByteRangeMissing => (
                "non dice quale parte del file copre (ByteRange)",
                "it does not say which part of the file it covers (ByteRange)",
            ),
            Self::ByteRangeOutside => (
                "dice di coprire parti che nel file non ci sono o che si sovrappongono",
                "it says that it covers parts that are not in the file, or that overlap",
            ),
            Self::HoleIsNotContents => (
                "la parte lasciata fuori non è esattamente la firma: vi si può nascondere altro",
                "the part left out is not exactly the signature: something else can be hidden there",
            ),
            Self::EndsInside => {
                ("non copre una versione intera del documento", "it does not cover a whole revision of the document")
            }
            Self::NotInItsRevision => (
                "nella versione che copre non c'è, o ce n'è un'altra al suo posto",
                "it is not in the revision that it covers, or another stands in its place there",
            ),
            Self::ContentsMissing => {
                ("manca la firma vera e propria (Contents)", "the signature itself is missing (Contents)")
            }
            Self::ContentOfItsOwn => (
                "la firma inserita è quella di un altro contenuto, non di questo documento",
                "the signature in it is one of other content, not of this document",
            ),
            Self::NotOneSigner => ("non ha esattamente un firmatario", "it does not have exactly one signer"),
            Self::EncodingUnknown => (
                "è scritta in un formato che Varco non conosce (SubFilter)",
                "it is of a form that Varco does not know (SubFilter)",
            ),
            Self::Ambiguous => (
                "il documento firmato dice due cose diverse dello stesso oggetto, e programmi diversi ne mostrerebbero una diversa",
                "the signed document says two things of one object, and different programs would show different ones",
            ),
        };
        match language {
            Language::Italian => italian,
            Language::English => english,
        }
    }
}

/// The signatures of a file.
#[derive(Default)]
pub(super) struct Found {
    /// In the order of what they cover.
    pub(super) signatures: Vec<PdfSignature>,
    /// Whether two fields have one signature between them.
    pub(super) shared: bool,
    /// Whether there is a signature that no field has, and that is no grant of usage rights: its field was hidden, or lost.
    pub(super) unreachable: bool,
    known: Known,
}

/// What was found already.
#[derive(Clone, Default)]
struct Known {
    /// Where the dictionaries stand: the first octet of each, and the one after its last.
    spans: BTreeMap<u64, u64>,
    fields: HashSet<Option<u32>>,
}

impl Known {
    /// Takes note of a signature; whether it was not known before.
    fn insert(&mut self, signature: &PdfSignature) -> bool {
        let field = signature.field.number;
        let is_new = match signature.span() {
            Some(span) => !self.has(span.start) && self.spans.insert(span.start, span.end).is_none(),
            None => !self.fields.contains(&field),
        };
        if is_new {
            self.fields.insert(field);
        }
        is_new
    }

    fn has(&self, offset: u64) -> bool {
        self.spans.range(..=offset).next_back().is_some_and(|(_, end)| offset < *end)
    }
}

/// More marks of signatures than these that lead nowhere are not followed: they leave the question open.
const MAX_MARKS: usize = 64;

/// Finds every signature field that has a value.
pub(super) fn find(document: &Document<'_>) -> Result<Found, PdfError> {
    let mut found = Found::default();
    found.add(document.last())?;
    found.sort();
    Ok(found)
}

/// Whether a mark stands in a signature dictionary of a revision that is not a grant of usage rights (`Perms`), or in no object
/// of it: another document, which was signed, stands before this one in the file.
fn is_lost(mark: u64, view: View<'_>) -> Result<bool, PdfError> {
    let document = view.document();
    let Some(revision) = document.revisions().get(view.revision()) else { return Ok(false) };
    for number in &revision.objects {
        let object = match view.object(*number) {
            Ok(Some(object)) => object,
            Ok(None) | Err(PdfError::BadObject { .. }) => continue,
            Err(error) => return Err(error),
        };
        if object.span.as_ref().is_some_and(|span| span.contains(&mark)) {
            let has_range = object.value.as_dictionary().is_some_and(|value| value.get(b"ByteRange").is_some());
            return Ok(object.stream.is_none() && has_range && !grants(*number, view)?);
        }
    }
    Ok(true)
}

/// Whether the catalogue names an object among its permissions.
fn grants(number: u32, view: View<'_>) -> Result<bool, PdfError> {
    let root = view.get(&view.trailer(), b"Root")?;
    let permissions = root.as_dictionary().map(|root| view.get(root, b"Perms")).transpose()?;
    let entries = permissions.as_ref().and_then(Object::as_dictionary);
    Ok(entries.is_some_and(|entries| {
        let mut values = entries.iter().filter_map(|(_, value)| value.as_reference());
        values.any(|value| value.number == number)
    }))
}

impl Found {
    /// Finds those that fields had only in earlier revisions: whoever takes a signature away leaves its octets, and the mark
    /// of a signature in them, where they are.
    pub(super) fn earlier(&self, marks: &Marks, document: &Document<'_>) -> Result<Self, PdfError> {
        let mut earlier = Self { known: self.known.clone(), unreachable: marks.too_many(), ..Self::default() };
        let mut looked = HashSet::new();
        let mut unknown = 0;
        for mark in marks.offsets() {
            if earlier.known.has(*mark) {
                continue;
            }
            let revision = document.revisions().iter().position(|revision| revision.end.is_some_and(|end| end > *mark));
            if let Some(revision) = revision
                && looked.insert(revision)
            {
                earlier.add(document.at(revision))?;
            }
            if !earlier.known.has(*mark) && !earlier.unreachable {
                unknown += 1;
                // What stands behind the last revision, no revision shows.
                let is_lost = revision.map_or(Ok(true), |revision| is_lost(*mark, document.at(revision)))?;
                earlier.unreachable = unknown > MAX_MARKS || is_lost;
            }
        }
        Ok(earlier)
    }

    /// Takes others in.
    pub(super) fn join(&mut self, other: Self) {
        self.signatures.extend(other.signatures);
        self.shared |= other.shared;
        self.known = other.known;
        self.sort();
    }

    fn sort(&mut self) {
        self.signatures.sort_by_key(|signature| signature.named.as_ref().map_or(u64::MAX, |named| named.end));
    }

    fn add(&mut self, view: View<'_>) -> Result<(), PdfError> {
        let mut seen = HashSet::new();
        for field in form::fields(view)? {
            let Some(value) = field.dictionary.get(b"V").filter(|value| !value.is_null()) else { continue };
            if !field.is_signature() {
                continue;
            }
            if value.as_reference().is_some_and(|value| !seen.insert(value)) {
                self.shared = true;
                continue;
            }
            let signature = read(field, view)?;
            if self.known.insert(&signature) {
                self.signatures.push(signature);
            }
        }
        Ok(())
    }
}

fn read(field: Field, view: View<'_>) -> Result<PdfSignature, PdfError> {
    let number = field.dictionary.get(b"V").and_then(Object::as_reference).map(|reference| reference.number);
    let members = members(&field, number, view)?;
    let readable = members.is_some();
    let members = members.unwrap_or_default();
    let encoding = encoding(&members, view)?;
    let named = named(&members, view.document());
    let contents = contents(&members);
    let coverage = match (readable, contents) {
        (false, _) => Err(Flaw::Unreadable),
        (true, None) => Err(Flaw::ContentsMissing),
        (true, Some(_)) => coverage(number, &members, view)?,
    };
    let contents = contents.map(<[u8]>::to_vec).unwrap_or_default();
    Ok(PdfSignature { field, members, encoding, contents, coverage, named })
}

/// The entries of the dictionary where it stands in the file itself.
fn members(field: &Field, number: Option<u32>, view: View<'_>) -> Result<Option<Vec<Member>>, PdfError> {
    let document = view.document();
    let of = |number: u32| match view.object(number) {
        Ok(Some(object)) => Ok(document.members_of(&object)?.map(|members| (object.id, members))),
        // What cannot be read is there nevertheless.
        Ok(None) | Err(PdfError::BadObject { .. }) => Ok(None),
        Err(error) => Err(error),
    };
    let Some((id, own)) = number.or(field.number).map(of).transpose()?.flatten() else { return Ok(None) };
    let members = if number.is_some() {
        Some(own)
    } else {
        let value = own.into_iter().find(|member| member.name.as_bytes() == b"V");
        value.map(|value| document.members_at(value.span.start)).transpose()?.flatten()
    };
    Ok(members.map(|members| members.into_iter().map(|member| in_clear(member, id, document)).collect()))
}

/// An entry as it was before the file was encrypted; the signature itself is not (ISO 32000-2 §7.6.2).
fn in_clear(member: Member, id: Reference, document: &Document<'_>) -> Member {
    match member.name.as_bytes() {
        b"Contents" => member,
        _ => Member { value: document.decrypted(id, member.value), ..member },
    }
}

/// The value and place of an entry.
fn entry<'m>(members: &'m [Member], name: &[u8]) -> Option<(&'m Object, &'m Range<u64>)> {
    let member = members.iter().find(|member| member.name.as_bytes() == name)?;
    Some((&member.value, &member.span))
}

fn encoding(members: &[Member], view: View<'_>) -> Result<Encoding, PdfError> {
    let Some((value, _)) = entry(members, b"SubFilter") else { return Ok(Encoding::Unknown) };
    Ok(match view.resolve(value)?.as_name() {
        Some(b"ETSI.CAdES.detached") => Encoding::EtsiCades,
        Some(b"adbe.pkcs7.detached") => Encoding::Pkcs7Detached,
        Some(b"adbe.pkcs7.sha1") => Encoding::Pkcs7Sha1,
        Some(b"adbe.x509.rsa_sha1") => Encoding::X509RsaSha1,
        Some(b"ETSI.RFC3161") => Encoding::DocumentTimestamp,
        _ => Encoding::Unknown,
    })
}

fn contents(members: &[Member]) -> Option<&[u8]> {
    let (value, _) = entry(members, b"Contents")?;
    value.as_string().filter(|contents| contents.iter().any(|octet| *octet != 0))
}

/// The octets that `/ByteRange` names, if it is two pairs from the first octet on, within the file.
fn named(members: &[Member], document: &Document<'_>) -> Option<Named> {
    let [start, len, after, rest] = byte_range(members)?;
    let end = after.checked_add(rest)?;
    (start == 0 && len <= after && end <= document.len()).then_some(Named { hole: len..after, end })
}

fn byte_range(members: &[Member]) -> Option<[u64; 4]> {
    let (value, _) = entry(members, b"ByteRange")?;
    let numbers: Option<Vec<u64>> = value.as_array()?.iter().map(Object::as_offset).collect();
    numbers?.try_into().ok()
}

/// Finds the revision that a signature covers, or the first thing that is wrong.
fn coverage(number: Option<u32>, members: &[Member], view: View<'_>) -> Result<Result<Coverage, Flaw>, PdfError> {
    let document = view.document();
    let mut names: Vec<_> = members.iter().map(|member| member.name.as_bytes()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        return Ok(Err(Flaw::EntryRepeated));
    }
    // Written as integers: a real, or a reference, is read differently by different programs.
    let written = entry(members, b"ByteRange").map(|(_, span)| span.clone());
    let is_real = written.map(|span| document.find(b".", span)).transpose()?.flatten().is_some();
    if is_real || byte_range(members).is_none_or(|[start, ..]| start != 0) {
        return Ok(Err(Flaw::ByteRangeMissing));
    }
    let Some(Named { hole, end }) = named(members, document) else { return Ok(Err(Flaw::ByteRangeOutside)) };
    let contents = entry(members, b"Contents").map(|(_, span)| span);
    if contents != Some(&hole) || document.find(b"<", hole.start..hole.start + 1)?.is_none() {
        return Ok(Err(Flaw::HoleIsNotContents));
    }
    let Some(revision) = revision_ending_at(end, document)? else { return Ok(Err(Flaw::EndsInside)) };
    let signed = document.at(revision);
    if number.is_some_and(|number| signed.place(number) != view.place(number)) || hole.end > end {
        return Ok(Err(Flaw::NotInItsRevision));
    }
    if document.revisions().iter().take(revision + 1).any(|revision| revision.ambiguous) {
        return Ok(Err(Flaw::Ambiguous));
    }
    Ok(Ok(Coverage { revision }))
}

/// The revision whose last octet is before `end`, with nothing but white space between.
pub(super) fn revision_ending_at(end: u64, document: &Document<'_>) -> Result<Option<usize>, PdfError> {
    for (number, revision) in document.revisions().iter().enumerate().rev() {
        if let Some(own_end) = revision.end.filter(|own_end| *own_end <= end) {
            return Ok(document.is_blank(own_end..end)?.then_some(number));
        }
    }
    Ok(None)
}
