//! Certificates and revocation data that come along with signatures: in `SignedData`, in attributes, in a PDF.
//!
//! They carry their own signatures, so whoever brings them cannot make a revoked certificate good; and they serve the
//! document that they came with, never the next.

use std::borrow::Cow;
use std::sync::Arc;

use crate::asn1::{Asn1Error, Element, Reader, oids, tag};
use crate::trust::revocation::{Crl, OcspResponse, RevocationStore};
use crate::trust::{Certificate, TrustStore};
use crate::verify::cades::{CERTIFICATE_VALUES, REVOCATION_VALUES};
use crate::verify::cms::SignedData;
use crate::verify::finding::Fact;
use crate::verify::signer_info::{Attribute, SignerInfo};

/// What came along, beside what is stored.
pub(super) struct Embedded<'a> {
    stored: &'a RevocationStore,
    /// What is stored and what came along; `None` as long as nothing came.
    revocation: Option<RevocationStore>,
    /// Certificates for chains. None of them is trusted for being here.
    pub(super) certificates: Vec<Arc<Certificate>>,
    crls: Tally,
    ocsp: Tally,
    others: Tally,
}

/// What became of the items of one kind.
#[derive(Default)]
struct Tally {
    seen: usize,
    unreadable: u32,
    left_aside: u32,
}

impl Tally {
    /// Whether one more may be read.
    fn has_room(&mut self, kind: Kind) -> bool {
        self.seen += 1;
        let room = self.seen <= kind.most();
        self.left_aside = self.left_aside.saturating_add(u32::from(!room));
        room
    }

    fn is_unreadable(&mut self) {
        self.unreadable = self.unreadable.saturating_add(1);
    }
}

impl<'a> Embedded<'a> {
    /// Nothing came along yet.
    pub(super) fn new(stored: &'a RevocationStore) -> Self {
        Self {
            stored,
            revocation: None,
            certificates: Vec::new(),
            crls: Tally::default(),
            ocsp: Tally::default(),
            others: Tally::default(),
        }
    }

    /// Takes up what an envelope and the attributes of its signers hold.
    pub(super) fn of_envelope(data: &SignedData<'_>, stored: &'a RevocationStore, trust: &TrustStore) -> Self {
        let mut embedded = Self::new(stored);
        for choice in &data.revocation_data {
            embedded.add_choice(choice);
        }
        for info in data.signer_infos.iter().flatten() {
            embedded.add_attributes(info, trust);
        }
        embedded
    }

    /// What is stored, and what came along.
    pub(super) fn revocation(&self) -> &RevocationStore {
        self.revocation.as_ref().unwrap_or(self.stored)
    }

    /// What could not be used, and why.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let kinds = [(&self.crls, "CRL"), (&self.ocsp, "OCSP"), (&self.others, "certificate")];
        let mut facts = Vec::new();
        for (tally, what) in kinds {
            let what = Cow::Borrowed(what);
            let Tally { unreadable, left_aside, .. } = *tally;
            if unreadable > 0 {
                facts.push(Fact::EmbeddedUnreadable { what: what.clone(), count: unreadable });
            }
            if left_aside > 0 {
                facts.push(Fact::EmbeddedLeftAside { what, count: left_aside });
            }
        }
        facts
    }

    /// Takes up what should be of this kind, in DER.
    pub(super) fn add(&mut self, kind: Kind, der: &[u8], trust: &TrustStore) {
        match kind {
            Kind::Crl => self.add_crl(der),
            Kind::Ocsp => self.add_ocsp(der),
            Kind::Certificate => self.add_certificate(der, trust),
        }
    }

    /// Takes note of something that should be of this kind and cannot even be fetched.
    pub(super) fn unreadable(&mut self, kind: Kind) {
        self.tally(kind).is_unreadable();
    }

    /// Takes note of more than are read.
    pub(super) fn left_aside(&mut self, kind: Kind, count: usize) {
        let tally = self.tally(kind);
        tally.left_aside = tally.left_aside.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn tally(&mut self, kind: Kind) -> &mut Tally {
        match kind {
            Kind::Crl => &mut self.crls,
            Kind::Ocsp => &mut self.ocsp,
            Kind::Certificate => &mut self.others,
        }
    }

    fn add_crl(&mut self, der: &[u8]) {
        if !self.crls.has_room(Kind::Crl) {
            return;
        }
        match Crl::from_der(der) {
            // A full store has enough of this issuer's; what does not fit could only have helped.
            Ok(crl) => drop(self.store().add(Arc::new(crl))),
            Err(_) => self.crls.is_unreadable(),
        }
    }

    /// With or without its outer structure.
    fn add_ocsp(&mut self, der: &[u8]) {
        if !self.ocsp.has_room(Kind::Ocsp) {
            return;
        }
        match OcspResponse::from_der(der) {
            Ok(response) => drop(self.store().add_ocsp(&Arc::new(response))),
            Err(_) => self.ocsp.is_unreadable(),
        }
    }

    fn add_certificate(&mut self, der: &[u8], trust: &TrustStore) {
        if !self.others.has_room(Kind::Certificate) {
            return;
        }
        let certificate = trust.known(der).or_else(|| Certificate::from_der(der).ok().map(Arc::new));
        match certificate {
            Some(certificate) if self.certificates.contains(&certificate) => {}
            Some(certificate) => self.certificates.push(certificate),
            None => self.others.is_unreadable(),
        }
    }

    fn store(&mut self) -> &mut RevocationStore {
        let stored = self.stored;
        self.revocation.get_or_insert_with(|| stored.clone())
    }

    /// `RevocationInfoChoice` (RFC 5652 §10.2.1): a CRL, or `other`, where RFC 5940 §2 puts OCSP responses. Formats that
    /// we do not know are no fault.
    fn add_choice(&mut self, choice: &Element<'_>) {
        const OTHER: u8 = tag::context_constructed(1);
        match choice.tag {
            tag::SEQUENCE => self.add_crl(choice.raw),
            OTHER => match other(choice) {
                Ok(Some(der)) => self.add_ocsp(der),
                Ok(None) => {}
                Err(_) => self.ocsp.is_unreadable(),
            },
            _ => {}
        }
    }

    fn add_attributes(&mut self, info: &SignerInfo<'_>, trust: &TrustStore) {
        let archived = info.signed.iter().flat_map(|signed| signed.all(REVOCATION_ARCHIVAL));
        for value in archived.chain(info.unsigned.all(REVOCATION_VALUES)).flat_map(Attribute::values) {
            let taken = value.and_then(|value| self.add_values(&value));
            if taken.is_err() {
                self.ocsp.is_unreadable();
            }
        }
        for value in info.unsigned.all(CERTIFICATE_VALUES).flat_map(Attribute::values) {
            let taken = value.and_then(|value| {
                let mut list = value.reader()?;
                while !list.is_empty() {
                    self.add_certificate(list.element()?.raw, trust);
                }
                Ok(())
            });
            if taken.is_err() {
                self.others.is_unreadable();
            }
        }
    }

    /// `RevocationValues` (EN 319 122-1 §A.1.2) and `RevocationInfoArchival` (ISO 32000-1 §12.8.3.3.2): alike but that the
    /// latter keeps OCSP responses with their outer structure. What is neither CRL nor OCSP is left aside.
    fn add_values(&mut self, value: &Element<'_>) -> Result<(), Asn1Error> {
        let mut fields = value.reader()?;
        if let Some(crls) = fields.optional(tag::context_constructed(0))? {
            each(&crls, |der| self.add_crl(der))?;
        }
        if let Some(responses) = fields.optional(tag::context_constructed(1))? {
            each(&responses, |der| self.add_ocsp(der))?;
        }
        fields.optional(tag::context_constructed(2))?;
        fields.finish()
    }
}

/// What an item should be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Crl,
    Ocsp,
    Certificate,
}

impl Kind {
    /// So many are read of one envelope, or of one PDF: more than the chains of its signers need. Their octets are bounded
    /// by [`Limits::tail_len`](crate::verify::Limits::tail_len).
    pub(super) const fn most(self) -> usize {
        match self {
            Self::Crl => 32,
            Self::Ocsp => 100,
            Self::Certificate => 200,
        }
    }
}

/// The OCSP response in `OtherRevocationInfoFormat`; `None` for another format.
fn other<'a>(choice: &Element<'a>) -> Result<Option<&'a [u8]>, Asn1Error> {
    let mut fields = choice.reader()?;
    let format = fields.oid()?;
    let info = fields.element()?;
    fields.finish()?;
    Ok(Some(info.raw).filter(|_| [OCSP_RESPONSE, OCSP_BASIC].contains(&format)))
}

/// Gives each member of an explicitly tagged SEQUENCE to `take`.
fn each(explicit: &Element<'_>, mut take: impl FnMut(&[u8])) -> Result<(), Asn1Error> {
    let mut reader: Reader<'_> = explicit.reader()?;
    let mut list = reader.sequence()?;
    reader.finish()?;
    while !list.is_empty() {
        take(list.element()?.raw);
    }
    Ok(())
}

oids! {
    /// id-ri-ocsp-response.
    OCSP_RESPONSE = 1.3.6.1.5.5.7.16.2;
    /// id-pkix-ocsp-basic: what EN 319 122-1 §5.2.4 and older software write in its place.
    OCSP_BASIC = 1.3.6.1.5.5.7.48.1.1;
    /// adbe-revocationInfoArchival.
    REVOCATION_ARCHIVAL = 1.2.840.113583.1.1.8;
}
