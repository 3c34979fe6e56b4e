//! An OCSP response, read whole (RFC 6960 §4.2.1; RFC 5019 asks for less).

use std::fmt;
use std::sync::Arc;

use time::UtcDateTime;

use crate::asn1::{Asn1Error, Element, Reader, oids, tag};
use crate::crypto::{AlgorithmError, Digest, DigestAlgorithm, PublicKey, SignatureInvalid, SignatureScheme};
use crate::trust::revocation::SingleResponse;
use crate::trust::revocation::entries::{Extension, note};
use crate::trust::revocation::input::whole;
use crate::trust::revocation::ocsp_single::key_bits;
use crate::trust::revocation::tried::Tried;
use crate::trust::{Certificate, Name, ObjectId};

/// A `BasicOCSPResponse`: who answered, when, and what on which certificates. Reading proves nothing;
/// [`OcspResponse::verify`] does, for one key, and whether that key may answer is judged where it is used.
pub struct OcspResponse {
    responder: ResponderId,
    produced_at: UtcDateTime,
    responses: Vec<SingleResponse>,
    unknown_critical: Vec<ObjectId>,
    scheme: Result<SignatureScheme, AlgorithmError>,
    tbs: Box<[u8]>,
    signature_value: Box<[u8]>,
    certificates: Vec<Arc<Certificate>>,
    sha256: Digest,
    tried: Tried,
}

/// How a response names who signed it (RFC 6960 §4.2.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ResponderId {
    /// By name.
    Name(Name),
    /// By the SHA-1 of its key.
    Key(Box<[u8]>),
}

/// Why bytes are not an OCSP response that answers.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OcspError {
    /// Not the structure of RFC 6960 §4.2.1.
    #[error("not an OCSP response: {0}")]
    Encoding(#[from] Asn1Error),
    /// The responder gave no answer (§4.2.1, `responseStatus`).
    #[error("the OCSP responder did not answer: {0}")]
    Unsuccessful(OcspFailure),
    /// An answer of another type than `id-pkix-ocsp-basic`.
    #[error("an OCSP response of unknown type {0}")]
    Type(ObjectId),
    /// Not version 1.
    #[error("unknown OCSP version")]
    Version,
    /// One extension twice (RFC 5280 §4.2).
    #[error("extension {0} occurs twice in the OCSP response")]
    RepeatedExtension(ObjectId),
    /// More octets than [`OcspResponse::MAX_LEN`], or more answers, certificates or extensions than are read.
    #[error("the OCSP response is too large")]
    TooLarge,
}

/// Why a responder gave no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OcspFailure {
    /// It could not read the request.
    #[error("malformedRequest")]
    MalformedRequest,
    /// It failed.
    #[error("internalError")]
    InternalError,
    /// It asks for patience.
    #[error("tryLater")]
    TryLater,
    /// It wants signed requests.
    #[error("sigRequired")]
    SigRequired,
    /// It does not answer for this authority, or not to this caller.
    #[error("unauthorized")]
    Unauthorized,
}

impl OcspResponse {
    /// The most octets of a response that we read; usual ones have 2 to 5 KiB.
    pub const MAX_LEN: usize = 1024 * 1024;

    /// Reads an `OCSPResponse`, or a `BasicOCSPResponse` (as CMS often holds it), that fills `der`. The signature is
    /// not checked.
    pub fn from_der(der: &[u8]) -> Result<Self, OcspError> {
        if der.len() > Self::MAX_LEN {
            return Err(OcspError::TooLarge);
        }
        let response = sequence(&whole(der)?)?;
        if response.peek() != Some(tag::ENUMERATED) {
            return Self::from_basic(der);
        }
        Self::from_basic(basic_response(response)?)
    }

    fn from_basic(der: &[u8]) -> Result<Self, OcspError> {
        let mut fields = sequence(&whole(der)?)?;
        let tbs = fields.expect(tag::SEQUENCE)?;
        let scheme = SignatureScheme::from_identifier(&fields.expect(tag::SEQUENCE)?);
        let signature_value = fields.expect(tag::BIT_STRING)?.bit_octets()?.into();
        let certificates = match fields.optional(tag::context_constructed(0))? {
            Some(explicit) => certificates(&explicit)?,
            None => Vec::new(),
        };
        fields.finish()?;

        let mut reader = tbs.reader()?;
        if let Some(version) = reader.optional(tag::context_constructed(0))?
            && inside(&version)?.small_integer()? != 0
        {
            return Err(OcspError::Version);
        }
        let responder = ResponderId::read(&reader.element()?)?;
        let produced_at = reader.expect(tag::GENERALIZED_TIME)?.time()?;
        let mut list = reader.sequence()?;
        let mut responses = Vec::with_capacity(1);
        while !list.is_empty() {
            if responses.len() >= MAX_RESPONSES {
                return Err(OcspError::TooLarge);
            }
            responses.push(SingleResponse::read(list.sequence()?)?);
        }
        let mut unknown_critical = Vec::new();
        if let Some(explicit) = reader.optional(tag::context_constructed(1))? {
            for extension in extensions(&explicit)? {
                // A nonce is of whoever asked, and nothing to us; the other informs about the responder.
                if extension.critical && ![NONCE, EXTENDED_REVOKE].contains(&extension.oid) {
                    note(&mut unknown_critical, extension.oid);
                }
            }
        }
        reader.finish()?;
        Ok(Self {
            responder,
            produced_at,
            responses,
            unknown_critical,
            scheme,
            tbs: tbs.raw.into(),
            signature_value,
            certificates,
            sha256: DigestAlgorithm::Sha256.digest(der),
            tried: Tried::default(),
        })
    }

    /// Who says that it answered.
    pub const fn responder(&self) -> &ResponderId {
        &self.responder
    }

    /// When it was signed.
    pub const fn produced_at(&self) -> UtcDateTime {
        self.produced_at
    }

    /// What it says, certificate by certificate.
    pub fn responses(&self) -> &[SingleResponse] {
        &self.responses
    }

    /// The certificates that came with it. Nothing is known of them; those that cannot be read are left out.
    pub fn certificates(&self) -> &[Arc<Certificate>] {
        &self.certificates
    }

    /// Critical extensions of the response that we do not process: it must not be used (RFC 6960 §4.4, RFC 5280 §4.2).
    pub fn unknown_critical_extensions(&self) -> &[ObjectId] {
        &self.unknown_critical
    }

    /// How it was signed.
    pub const fn signature_scheme(&self) -> Result<SignatureScheme, &AlgorithmError> {
        match &self.scheme {
            Ok(scheme) => Ok(*scheme),
            Err(error) => Err(error),
        }
    }

    /// SHA-256 of the `BasicOCSPResponse`.
    pub const fn sha256(&self) -> &Digest {
        &self.sha256
    }

    /// Verifies its signature under `key`; what came of it is kept. Whether the key may answer is not judged.
    pub fn verify(&self, key: &PublicKey) -> Result<(), SignatureInvalid> {
        self.tried.verify(key, || {
            let scheme = self.signature_scheme().map_err(|_| SignatureInvalid)?;
            key.verify(&self.tbs, scheme, &self.signature_value)
        })
    }
}

/// Times and numbers only: whose status it is, is nobody's business.
impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspResponse({:?}, {} answers, signed {})", self.sha256, self.responses.len(), self.produced_at)
    }
}

impl ResponderId {
    fn read(element: &Element<'_>) -> Result<Self, Asn1Error> {
        const BY_NAME: u8 = tag::context_constructed(1);
        const BY_KEY: u8 = tag::context_constructed(2);
        let value = inside(element)?;
        match element.tag {
            BY_NAME => Ok(Self::Name(Name::from_element(&value)?)),
            BY_KEY => {
                value.expect(tag::OCTET_STRING)?;
                Ok(Self::Key(value.value.into()))
            }
            _ => Err(Asn1Error::BadValue("ResponderID")),
        }
    }

    /// Whether it names this subject with this key.
    pub(super) fn is(&self, subject: &Name, spki: &[u8]) -> bool {
        match self {
            Self::Name(name) => name == subject,
            Self::Key(hash) => key_bits(spki).is_some_and(|key| DigestAlgorithm::Sha1.digest(key).matches(hash)),
        }
    }
}

/// The octets of the `BasicOCSPResponse` in an `OCSPResponse`, after its tag and length.
fn basic_response(mut fields: Reader<'_>) -> Result<&[u8], OcspError> {
    match fields.expect(tag::ENUMERATED)?.value {
        [0] => {}
        [1] => return Err(OcspError::Unsuccessful(OcspFailure::MalformedRequest)),
        [2] => return Err(OcspError::Unsuccessful(OcspFailure::InternalError)),
        [3] => return Err(OcspError::Unsuccessful(OcspFailure::TryLater)),
        [5] => return Err(OcspError::Unsuccessful(OcspFailure::SigRequired)),
        [6] => return Err(OcspError::Unsuccessful(OcspFailure::Unauthorized)),
        _ => return Err(Asn1Error::BadValue("OCSPResponseStatus").into()),
    }
    let mut bytes = sequence(&inside(&fields.expect(tag::context_constructed(0))?)?)?;
    fields.finish()?;
    let kind = bytes.oid()?;
    let response = bytes.expect(tag::OCTET_STRING)?.value;
    bytes.finish()?;
    if kind == BASIC { Ok(response) } else { Err(OcspError::Type(kind.into())) }
}

fn certificates(explicit: &Element<'_>) -> Result<Vec<Arc<Certificate>>, OcspError> {
    let mut list = sequence(&inside(explicit)?)?;
    let mut certificates = Vec::new();
    while !list.is_empty() {
        if certificates.len() >= MAX_CERTIFICATES {
            return Err(OcspError::TooLarge);
        }
        let der = list.expect(tag::SEQUENCE)?.raw;
        certificates.extend(Certificate::from_der(der).ok().map(Arc::new));
    }
    Ok(certificates)
}

/// Reads `Extensions` under an explicit tag.
pub(super) fn extensions<'a>(explicit: &Element<'a>) -> Result<Vec<Extension<'a>>, OcspError> {
    let mut list = sequence(&inside(explicit)?)?;
    let mut extensions: Vec<Extension<'a>> = Vec::new();
    while !list.is_empty() {
        let extension = Extension::read(&mut list)?;
        if extensions.iter().any(|known| known.oid == extension.oid) {
            return Err(OcspError::RepeatedExtension(extension.oid.into()));
        }
        if extensions.len() >= MAX_EXTENSIONS {
            return Err(OcspError::TooLarge);
        }
        extensions.push(extension);
    }
    Ok(extensions)
}

/// The one element under an explicit tag.
pub(super) fn inside<'a>(explicit: &Element<'a>) -> Result<Element<'a>, Asn1Error> {
    let mut reader = explicit.reader()?;
    let element = reader.element()?;
    reader.finish()?;
    Ok(element)
}

pub(super) fn sequence<'a>(element: &Element<'a>) -> Result<Reader<'a>, Asn1Error> {
    element.expect(tag::SEQUENCE)?;
    element.reader()
}

oids! {
    /// id-pkix-ocsp-basic.
    BASIC = 1.3.6.1.5.5.7.48.1.1;
    /// id-pkix-ocsp-nonce.
    NONCE = 1.3.6.1.5.5.7.48.1.2;
    EXTENDED_REVOKE = 1.3.6.1.5.5.7.48.1.9;
}

/// Answers of one response: a responder that signs beforehand may put many in one.
const MAX_RESPONSES: usize = 1_000;

/// Certificates that come with one response: the responder's, perhaps with its chain.
const MAX_CERTIFICATES: usize = 16;

/// Extensions in one place.
const MAX_EXTENSIONS: usize = 16;
