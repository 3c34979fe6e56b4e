//! What whoever verifies later will need: certificates, CRLs and OCSP responses that go with a signature.

use crate::asn1::{Asn1Error, Reader, encode, oids, tag};
use crate::crypto::DigestAlgorithm;
use crate::trust::Certificate;
use crate::trust::revocation::{Crl, OcspResponse};

oids! {
    /// id-ri-ocsp-response (RFC 5940 §2).
    OCSP_RESPONSE = 1.3.6.1.5.5.7.16.2;
}

/// Validation data in DER, each of which can be read. Whether they are those that a signature needs is not checked: what
/// was written is verified without any others.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ValidationData {
    certificates: Vec<Vec<u8>>,
    crls: Vec<Vec<u8>>,
    ocsp_responses: Vec<Vec<u8>>,
}

/// Something among them is not what it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotValidationData {
    /// Not a certificate.
    #[error("certificate {0} cannot be read")]
    Certificate(usize),
    /// Not a CRL.
    #[error("CRL {0} cannot be read")]
    Crl(usize),
    /// Not an OCSP response, or one that gives no answer.
    #[error("OCSP response {0} cannot be read")]
    OcspResponse(usize),
}

impl ValidationData {
    /// Takes what can be read; the error names the first that cannot, counted from 1. OCSP responses are whole
    /// (`OCSPResponse`, RFC 6960 §4.2.1).
    pub fn new(
        certificates: Vec<Vec<u8>>,
        crls: Vec<Vec<u8>>,
        ocsp_responses: Vec<Vec<u8>>,
    ) -> Result<Self, NotValidationData> {
        check(&certificates, |der| Certificate::from_der(der).is_ok(), NotValidationData::Certificate)?;
        check(&crls, |der| Crl::from_der(der).is_ok(), NotValidationData::Crl)?;
        check(&ocsp_responses, |der| OcspResponse::from_der(der).is_ok(), NotValidationData::OcspResponse)?;
        Ok(Self { certificates, crls, ocsp_responses })
    }

    pub(super) fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    pub(super) fn crls(&self) -> &[Vec<u8>] {
        &self.crls
    }

    pub(super) fn ocsp_responses(&self) -> &[Vec<u8>] {
        &self.ocsp_responses
    }

    /// Each OCSP response as an element of `RevocationInfoChoices` (RFC 5652 §10.2.1, RFC 5940 §2.1).
    pub(super) fn other_revocation_info(&self) -> impl Iterator<Item = Vec<u8>> {
        self.ocsp_responses.iter().map(|response| {
            let format = encode(tag::OID, OCSP_RESPONSE.as_bytes());
            encode(tag::context_constructed(1), &[format.as_slice(), response].concat())
        })
    }
}

/// The content type of [`ocsp_request`], and of a response (RFC 6960 appendix C).
pub const OCSP_REQUEST_TYPE: &str = "application/ocsp-request";
/// See [`OCSP_REQUEST_TYPE`].
pub const OCSP_RESPONSE_TYPE: &str = "application/ocsp-response";

/// `OCSPRequest` about a certificate (RFC 6960 §4.1.1), as RFC 5019 §2.1.1 has it: one certificate, SHA-1, no nonce.
pub fn ocsp_request(certificate: &Certificate, issuer: &Certificate) -> Result<Vec<u8>, Asn1Error> {
    let mut key = Reader::new(issuer.spki()).sequence()?;
    key.sequence()?;
    let key = key.expect(tag::BIT_STRING)?.bit_octets()?;
    let hash = |octets: &[u8]| encode(tag::OCTET_STRING, DigestAlgorithm::Sha1.digest(octets).as_bytes());
    let id = [
        // With NULL, as most ask: some responders look answers up by these octets.
        encode(
            tag::SEQUENCE,
            &[encode(tag::OID, DigestAlgorithm::Sha1.oid().as_bytes()), encode(tag::NULL, &[])].concat(),
        ),
        hash(certificate.issuer().der()),
        hash(key),
        encode(tag::INTEGER, certificate.serial()),
    ];
    let around = |inner: &[u8]| encode(tag::SEQUENCE, inner);
    // OCSPRequest, tbsRequest, requestList, Request, CertID.
    Ok(around(&around(&around(&around(&around(&id.concat()))))))
}

fn check(
    items: &[Vec<u8>],
    is_good: impl Fn(&[u8]) -> bool,
    bad: impl Fn(usize) -> NotValidationData,
) -> Result<(), NotValidationData> {
    match items.iter().position(|item| !is_good(item)) {
        Some(place) => Err(bad(place + 1)),
        None => Ok(()),
    }
}
