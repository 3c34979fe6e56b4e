//! The least that any verifier of one signature must do, with nothing but aws-lc-rs and everything else at hand.

use std::error::Error;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm,
};
use varco::asn1::{Reader, tag};
use varco::crypto::KeyKind;
use varco::trust::Certificate;

/// The parts of a signed document, taken apart beforehand.
pub(crate) struct Floor {
    document: Vec<u8>,
    content: Vec<u8>,
    /// As they are signed: a SET.
    signed_attributes: Vec<u8>,
    value: Vec<u8>,
    key: ParsedPublicKey,
    signer: Certificate,
    issuer_key: ParsedPublicKey,
}

impl Floor {
    /// Takes a DER document with one signer apart.
    pub(crate) fn of(p7m: &[u8]) -> Result<Self, Box<dyn Error>> {
        Self::apart(p7m, None, p7m)
    }

    /// Takes a PDF with one signature apart, whose message is in DER.
    pub(crate) fn of_pdf(pdf: &[u8]) -> Result<Self, Box<dyn Error>> {
        let start = memchr::memmem::rfind(pdf, b"/Contents <").ok_or("no signature")? + b"/Contents ".len();
        let (before, hole) = pdf.split_at(start);
        let end = hole.iter().position(|octet| *octet == b'>').ok_or("no end of the signature")? + 1;
        let (hole, after) = hole.split_at(end);
        let digits = hole.iter().filter_map(|octet| u8::try_from(char::from(*octet).to_digit(16)?).ok());
        let digits: Vec<u8> = digits.collect();
        let padded: Vec<u8> =
            digits.chunks(2).map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit)).collect();
        let message = Reader::new(&padded).element()?.raw;
        Self::apart(message, Some([before, after].concat()), pdf)
    }

    /// Takes a message with one signer apart. The signer's certificate is the one that is no CA.
    fn apart(message: &[u8], detached: Option<Vec<u8>>, document: &[u8]) -> Result<Self, Box<dyn Error>> {
        let mut info = Reader::new(message).sequence()?;
        info.element()?;
        let mut data = info.element()?.reader()?.sequence()?;
        data.element()?;
        data.element()?;
        let mut encapsulated = data.sequence()?;
        encapsulated.element()?;
        let content = match detached {
            Some(content) => content,
            None => encapsulated.element()?.reader()?.element()?.value.to_vec(),
        };

        let mut certificates = data.expect(tag::context_constructed(0))?.reader()?;
        let (mut signer, mut issuer) = (None, None);
        while !certificates.is_empty() {
            let certificate = Certificate::from_der(certificates.element()?.raw)?;
            let is_ca = certificate.extensions().basic_constraints.is_some_and(|constraints| constraints.ca);
            *(if is_ca { &mut issuer } else { &mut signer }) = Some(certificate);
        }
        let (signer, issuer) = signer.zip(issuer).ok_or("not a signer and an issuer")?;

        let mut signer_info = data.expect(tag::SET)?.reader()?.sequence()?;
        for _ in ["version", "sid", "digestAlgorithm"] {
            signer_info.element()?;
        }
        let mut signed_attributes = signer_info.expect(tag::context_constructed(0))?.raw.to_vec();
        if let Some(first) = signed_attributes.first_mut() {
            *first = tag::SET;
        }
        signer_info.element()?;
        let value = signer_info.expect(tag::OCTET_STRING)?.value.to_vec();
        let document = document.to_vec();
        Ok(Self { document, content, signed_attributes, value, key: key(&signer)?, issuer_key: key(&issuer)?, signer })
    }

    /// SHA-256 of the content, SHA-256 of the signed attributes, one signature value under a parsed key.
    pub(crate) fn bare(&self) {
        std::hint::black_box(digest(&SHA256, &self.content));
        assert!(self.key.verify_sig(&self.signed_attributes, &self.value).is_ok(), "the signature holds");
    }

    /// The same, and the issuer's signature on the signer's certificate under a parsed key.
    pub(crate) fn with_chain(&self) {
        self.bare();
        let holds = self.issuer_key.verify_sig(self.signer.tbs(), self.signer.signature_value());
        assert!(holds.is_ok(), "the issuer's signature holds");
    }

    /// The floor, and the digest of the whole document, which the report has as well: no verifier that makes this
    /// report can do less.
    pub(crate) fn of_the_report(&self) {
        self.bare();
        std::hint::black_box(digest(&SHA256, &self.document));
    }

    /// The floor and chain, the digest of the document, and that of the certificate, which CAdES compares.
    pub(crate) fn of_the_report_with_chain(&self) {
        self.with_chain();
        std::hint::black_box(digest(&SHA256, &self.document));
        std::hint::black_box(digest(&SHA256, self.signer.der()));
    }
}

fn key(certificate: &Certificate) -> Result<ParsedPublicKey, Box<dyn Error>> {
    let algorithm: &'static dyn VerificationAlgorithm = match certificate.public_key().map_err(Clone::clone)?.kind() {
        KeyKind::Rsa { .. } => &RSA_PKCS1_2048_8192_SHA256,
        _ => &ECDSA_P256_SHA256_ASN1,
    };
    Ok(ParsedPublicKey::new(algorithm, certificate.spki())?)
}
