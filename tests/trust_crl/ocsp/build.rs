//! Small OCSP responses, written octet by octet so that each fault is one change.

use std::sync::Arc;

use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{PKey, Private};
use time::UtcDateTime;
use varco::asn1::{Reader, encode, tag};
use varco::trust::revocation::{Crl, IssuerKey, OcspResponse, RevocationReport, RevocationStore};
use varco::trust::{Certificate, Times};

use super::super::build::Template as CertificateTemplate;
use super::super::build::*;

pub(super) const SERIAL: &[u8] = &[0x11];

pub(super) fn ca() -> Ca {
    Ca::new("CA di prova")
}

/// Somebody who answers for a CA: a certificate of that CA, and its key.
pub(super) struct Responder {
    pub(super) key: PKey<Private>,
    pub(super) certificate: Arc<Certificate>,
}

/// A certificate for responders, to be: a good one with `id-pkix-ocsp-nocheck`, valid from 2020 to 2030.
#[derive(Clone)]
pub(super) struct Delegation {
    pub(super) extensions: Vec<Vec<u8>>,
    pub(super) not_after: &'static [u8],
}

impl Delegation {
    pub(super) fn new() -> Self {
        Self { extensions: vec![ocsp_signing(), no_check()], not_after: b"300101000000Z" }
    }

    /// Without `id-pkix-ocsp-nocheck`.
    pub(super) fn to_be_checked() -> Self {
        Self { extensions: vec![ocsp_signing()], ..Self::new() }
    }

    pub(super) fn by(self, ca: &Ca) -> Responder {
        let key = new_key();
        let template = CertificateTemplate::new(&ca.name, &name("Risponditore di prova"), RESPONDER_SERIAL);
        let certificate = template.extensions(&self.extensions).not_after(self.not_after).sign(&key, &ca.key);
        Responder { key, certificate }
    }
}

pub(super) const RESPONDER_SERIAL: &[u8] = &[0x55];

/// `extKeyUsage` with `id-kp-OCSPSigning`.
pub(super) fn ocsp_signing() -> Vec<u8> {
    purpose(9)
}

/// `extKeyUsage` with one purpose of PKIX.
pub(super) fn purpose(number: u8) -> Vec<u8> {
    let purpose = encode(tag::OID, &[0x2b, 6, 1, 5, 5, 7, 3, number]);
    extension(&[0x55, 0x1d, 37], false, &sequence(&[&purpose]))
}

pub(super) fn no_check() -> Vec<u8> {
    extension(&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 5], false, &encode(tag::NULL, &[]))
}

/// A response to be: good, about [`SERIAL`], of the end of May 2026 and valid through June, until it is changed.
#[derive(Clone)]
pub(super) struct Template {
    pub(super) version: Option<u8>,
    pub(super) responder_id: Option<Vec<u8>>,
    pub(super) produced_at: &'static [u8],
    pub(super) answers: Vec<Answer>,
    pub(super) extensions: Vec<Vec<u8>>,
    pub(super) certificates: Vec<Vec<u8>>,
}

/// A `SingleResponse` to be.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) id: Vec<u8>,
    pub(super) status: Vec<u8>,
    pub(super) this_update: &'static [u8],
    pub(super) next_update: Option<&'static [u8]>,
    pub(super) extensions: Vec<Vec<u8>>,
}

impl Answer {
    pub(super) fn about(ca: &Ca, serial: &[u8]) -> Self {
        Self {
            id: cert_id(Hash::Sha1, &ca.name, &ca.certificate, serial),
            status: encode(0x80, &[]),
            this_update: b"20260525000000Z",
            next_update: Some(b"20260701000000Z"),
            extensions: Vec::new(),
        }
    }

    /// `time` as GeneralizedTime; `reason`: a code of RFC 5280 §5.3.1.
    pub(super) fn revoked(mut self, time: &[u8], reason: Option<u8>) -> Self {
        let reason = reason.map(|code| encode(0xa0, &encode(tag::ENUMERATED, &[code]))).unwrap_or_default();
        self.status = encode(0xa1, &[encode(tag::GENERALIZED_TIME, time), reason].concat());
        self
    }

    pub(super) fn unknown(mut self) -> Self {
        self.status = encode(0x82, &[]);
        self
    }

    pub(super) fn times(mut self, this_update: &'static [u8], next_update: Option<&'static [u8]>) -> Self {
        (self.this_update, self.next_update) = (this_update, next_update);
        self
    }

    fn encode(&self) -> Vec<u8> {
        let next = self.next_update.map(|next| encode(0xa0, &encode(tag::GENERALIZED_TIME, next)));
        let extensions = explicit_extensions(&self.extensions);
        let this_update = encode(tag::GENERALIZED_TIME, self.this_update);
        sequence(&[&self.id, &self.status, &this_update, &next.unwrap_or_default(), &extensions])
    }
}

impl Template {
    pub(super) fn of(answers: &[Answer]) -> Self {
        Self {
            version: None,
            responder_id: None,
            produced_at: b"20260525000000Z",
            answers: answers.to_vec(),
            extensions: Vec::new(),
            certificates: Vec::new(),
        }
    }

    /// The `BasicOCSPResponse`.
    pub(super) fn basic(&self, subject: &[u8], key: &PKey<Private>) -> Vec<u8> {
        let version = self.version.map(|version| encode(0xa0, &encode(tag::INTEGER, &[version])));
        let by_name = || encode(0xa1, subject);
        let answers: Vec<u8> = self.answers.iter().flat_map(Answer::encode).collect();
        let data = sequence(&[
            &version.unwrap_or_default(),
            &self.responder_id.clone().unwrap_or_else(by_name),
            &encode(tag::GENERALIZED_TIME, self.produced_at),
            &encode(tag::SEQUENCE, &answers),
            &explicit_extensions(&self.extensions),
        ]);
        let signed = signed(&data, key);
        if self.certificates.is_empty() {
            return signed;
        }
        let fields = Reader::new(&signed).element().unwrap().value;
        sequence(&[fields, &encode(0xa0, &encode(tag::SEQUENCE, &self.certificates.concat()))])
    }

    /// The `OCSPResponse`, by the CA itself.
    pub(super) fn by_ca(&self, ca: &Ca) -> Vec<u8> {
        wrapped(&self.basic(&ca.name, &ca.key))
    }

    /// The `OCSPResponse`, by a responder, with its certificate.
    pub(super) fn by(&self, responder: &Responder) -> Vec<u8> {
        let mut template = self.clone();
        template.certificates.insert(0, responder.certificate.der().to_vec());
        wrapped(&template.basic(responder.certificate.subject().der(), &responder.key))
    }
}

fn explicit_extensions(extensions: &[Vec<u8>]) -> Vec<u8> {
    if extensions.is_empty() { Vec::new() } else { encode(0xa1, &encode(tag::SEQUENCE, &extensions.concat())) }
}

/// An `OCSPResponse` around a `BasicOCSPResponse`.
pub(super) fn wrapped(basic: &[u8]) -> Vec<u8> {
    let kind = encode(tag::OID, &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1]);
    let bytes = sequence(&[&kind, &encode(tag::OCTET_STRING, basic)]);
    sequence(&[&encode(tag::ENUMERATED, &[0]), &encode(0xa0, &bytes)])
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
    Md5,
}

/// A `CertID`; name and key of the issuer as they are.
pub(super) fn cert_id(kind: Hash, issuer: &[u8], certificate: &Certificate, serial: &[u8]) -> Vec<u8> {
    let (oid, digest): (&[u8], _) = match kind {
        Hash::Sha1 => (&[0x2b, 0x0e, 3, 2, 0x1a], MessageDigest::sha1()),
        Hash::Sha256 => (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1], MessageDigest::sha256()),
        Hash::Sha384 => (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2], MessageDigest::sha384()),
        Hash::Sha512 => (&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3], MessageDigest::sha512()),
        Hash::Md5 => (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5], MessageDigest::md5()),
    };
    let identifier = sequence(&[&encode(tag::OID, oid), &encode(tag::NULL, &[])]);
    let hashed = |octets: &[u8]| encode(tag::OCTET_STRING, &hash(digest, octets).unwrap());
    sequence(&[&identifier, &hashed(issuer), &hashed(&key_bits(certificate)), &encode(tag::INTEGER, serial)])
}

/// The key alone, as `issuerKeyHash` and `byKey` want it: of a P-256 key the last 65 octets.
pub(super) fn key_bits(certificate: &Certificate) -> Vec<u8> {
    certificate.spki()[certificate.spki().len() - 65..].to_vec()
}

pub(super) fn read(der: &[u8]) -> Arc<OcspResponse> {
    Arc::new(OcspResponse::from_der(der).unwrap())
}

/// Judges with these responses, today.
pub(super) fn ask(certificate: &Certificate, issuer: &Ca, responses: &[Vec<u8>]) -> RevocationReport {
    ask_with(certificate, issuer, responses, &[], &Times::at(NOW), &mut Signers::default())
}

pub(super) fn ask_at(
    certificate: &Certificate,
    issuer: &Ca,
    responses: &[Vec<u8>],
    at: UtcDateTime,
) -> RevocationReport {
    ask_with(certificate, issuer, responses, &[], &Times::at(at), &mut Signers::default())
}

/// Judges with responses and CRLs together.
pub(super) fn ask_both(
    certificate: &Certificate,
    issuer: &Ca,
    responses: &[Vec<u8>],
    crls: &[Arc<Crl>],
) -> RevocationReport {
    ask_with(certificate, issuer, responses, crls, &Times::at(NOW), &mut Signers::default())
}

pub(super) fn ask_with(
    certificate: &Certificate,
    issuer: &Ca,
    responses: &[Vec<u8>],
    crls: &[Arc<Crl>],
    times: &Times,
    signers: &mut Signers,
) -> RevocationReport {
    let mut store = RevocationStore::new(NOW);
    for response in responses {
        store.add_ocsp(&read(response)).unwrap();
    }
    for crl in crls {
        store.add(Arc::clone(crl)).unwrap();
    }
    let key = IssuerKey { key: issuer.certificate.public_key().unwrap(), certificate: Some(&issuer.certificate) };
    store.check(certificate, key, times, signers)
}
