//! What CAdES adds to CMS: the reference to the signing certificate (RFC 5035), and the levels
//! (EN 319 122-1 §5 and §6, EN 319 122-2).

use crate::asn1::{Asn1Error, Element, Oid, Reader, oids, tag};
use crate::crypto::DigestAlgorithm;
use crate::verify::cms::{DATA, SignedData};
use crate::verify::report::SignatureLevel;
use crate::verify::signer_info::{AttributeFault, Attributes, CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SignerInfo};

oids! {
    SIGNING_CERTIFICATE = 1.2.840.113549.1.9.16.2.12;
    SIGNING_CERTIFICATE_V2 = 1.2.840.113549.1.9.16.2.47;
    SIGNATURE_POLICY = 1.2.840.113549.1.9.16.2.15;
    SIGNATURE_POLICY_STORE = 0.4.0.19122.1.3;
    CONTENT_TIMESTAMP = 1.2.840.113549.1.9.16.2.20;
    SIGNATURE_TIMESTAMP = 1.2.840.113549.1.9.16.2.14;
    COMPLETE_CERTIFICATE_REFS = 1.2.840.113549.1.9.16.2.21;
    COMPLETE_REVOCATION_REFS = 1.2.840.113549.1.9.16.2.22;
    /// id-aa-ets-certValues.
    CERTIFICATE_VALUES = 1.2.840.113549.1.9.16.2.23;
    /// id-aa-ets-revocationValues.
    REVOCATION_VALUES = 1.2.840.113549.1.9.16.2.24;
    CADES_C_TIMESTAMP = 1.2.840.113549.1.9.16.2.25;
    REFS_TIMESTAMP = 1.2.840.113549.1.9.16.2.26;
    ARCHIVE_TIMESTAMP = 1.2.840.113549.1.9.16.2.27;
    ARCHIVE_TIMESTAMP_V2 = 1.2.840.113549.1.9.16.2.48;
    ARCHIVE_TIMESTAMP_V3 = 0.4.0.1733.2.4;
}

/// What the signer says of its own certificate (`ESSCertID` or `ESSCertIDv2`).
pub(super) struct CertificateReference<'a> {
    pub(super) digest: DigestAlgorithm,
    pub(super) value: &'a [u8],
    pub(super) issuer_serial: Option<IssuerSerial<'a>>,
}

/// Issuer and serial number of the signer's certificate.
#[derive(Clone, Copy)]
pub(super) struct IssuerSerial<'a> {
    /// DER of the name; `None` when it is not one directory name.
    pub(super) issuer: Option<&'a [u8]>,
    pub(super) serial: &'a [u8],
    /// The name stands without the `GeneralNames` around it, as the software of the CIE once wrote it.
    pub(super) bare_name: bool,
}

/// Why the reference cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ReferenceFault {
    Attribute(AttributeFault),
    /// The digest is made with an algorithm we do not know.
    UnknownDigest,
}

impl From<Asn1Error> for ReferenceFault {
    fn from(_: Asn1Error) -> Self {
        Self::Attribute(AttributeFault::Malformed)
    }
}

/// Returns the references to the signing certificate: one of version 1, of version 2, or both (RFC 5035 §5.4.1).
pub(super) fn signing_certificate<'a>(
    signed: &Attributes<'a>,
) -> Result<Vec<CertificateReference<'a>>, ReferenceFault> {
    let mut references = Vec::with_capacity(1);
    for (oid, default) in
        [(SIGNING_CERTIFICATE_V2, DigestAlgorithm::Sha256), (SIGNING_CERTIFICATE, DigestAlgorithm::Sha1)]
    {
        if let Some(value) = signed.single(oid).map_err(ReferenceFault::Attribute)? {
            references.push(reference(&value, default)?);
        }
    }
    Ok(references)
}

/// Reads the first `ESSCertID(v2)`: the signer's own (RFC 5035 §4).
fn reference<'a>(value: &Element<'a>, default: DigestAlgorithm) -> Result<CertificateReference<'a>, ReferenceFault> {
    value.expect(tag::SEQUENCE)?;
    let mut certificates = value.reader()?.sequence()?;
    let mut own = certificates.sequence()?;
    let mut digest = default;
    if let Some(algorithm) = own.optional(tag::SEQUENCE)? {
        digest = DigestAlgorithm::from_oid(algorithm.reader()?.oid()?).ok_or(ReferenceFault::UnknownDigest)?;
    }
    let value = own.expect(tag::OCTET_STRING)?.value;
    let issuer_serial = if own.is_empty() { None } else { Some(issuer_serial(own.sequence()?)?) };
    Ok(CertificateReference { digest, value, issuer_serial })
}

/// Reads `IssuerSerial`: `GeneralNames` that should be one `directoryName`, and the serial number.
fn issuer_serial(mut reader: Reader<'_>) -> Result<IssuerSerial<'_>, ReferenceFault> {
    let field = reader.expect(tag::SEQUENCE)?;
    let mut names = field.reader()?;
    let bare_name = names.peek() == Some(tag::SET);
    let issuer = if bare_name {
        Some(field.raw)
    } else {
        match names.optional(tag::context_constructed(4))?.filter(|_| names.is_empty()) {
            Some(explicit) => Some(explicit.reader()?.element()?.raw),
            None => None,
        }
    };
    let serial = reader.expect(tag::INTEGER)?.value;
    Ok(IssuerSerial { issuer, serial, bare_name })
}

/// Returns the highest level whose attributes are all there; `None` without a reference to the signing certificate,
/// which is what makes CMS into CAdES. `certificate_enclosed` says whether the signer's certificate came with it.
///
/// This is the level of the form. Whether timestamps are good, and revocation data complete and fresh, is for
/// validation to say. Where a signature meets both standards, the baseline level of EN 319 122-1 goes first.
pub(super) fn level(
    info: &SignerInfo<'_>,
    data: &SignedData<'_>,
    certificate_enclosed: bool,
) -> Option<SignatureLevel> {
    let signed = info.signed.as_ref()?;
    if !signed.has(SIGNING_CERTIFICATE) && !signed.has(SIGNING_CERTIFICATE_V2) {
        return None;
    }
    let baseline = certificate_enclosed && has_baseline_form(signed, &info.unsigned);
    // Every higher level stands on the timestamp of level T.
    if !info.unsigned.has(SIGNATURE_TIMESTAMP) {
        return Some(match (baseline, signed.has(SIGNATURE_POLICY)) {
            (true, _) => SignatureLevel::B,
            (false, true) => SignatureLevel::Epes,
            (false, false) => SignatureLevel::Bes,
        });
    }
    let baseline = if baseline { baseline_level(&info.unsigned, data) } else { None };
    Some(baseline.or_else(|| extended_level(&info.unsigned, data)).unwrap_or(SignatureLevel::T))
}

/// EN 319 122-1 §6.3 for level B: the time and the reference to the signer's certificate, each once (requirement a,
/// that the certificate is enclosed, is the caller's); `id-data` signed (f); version 2 of the reference for every
/// digest but SHA-1 (h, i); no stored policy without the digest that binds it (k).
fn has_baseline_form(signed: &Attributes<'_>, unsigned: &Attributes<'_>) -> bool {
    matches!(signed.single(SIGNING_TIME), Ok(Some(_))) && has_common_form(signed, unsigned)
}

/// What level B asks of every signature, wherever the time stands.
fn has_common_form(signed: &Attributes<'_>, unsigned: &Attributes<'_>) -> bool {
    let once = |oid| matches!(signed.single(oid), Ok(Some(_)));
    let content_type = match signed.single(CONTENT_TYPE) {
        Ok(Some(value)) => value.oid() == Ok(DATA),
        // Only a countersignature has none (RFC 5652 §11.4); in others that is judged apart.
        Ok(None) => true,
        Err(_) => false,
    };
    let reference = match (signed.has(SIGNING_CERTIFICATE), signed.has(SIGNING_CERTIFICATE_V2)) {
        (true, true) => false,
        (true, false) => once(SIGNING_CERTIFICATE),
        (false, _) => signing_certificate(signed)
            .is_ok_and(|found| found.first().is_some_and(|reference| reference.digest != DigestAlgorithm::Sha1)),
    };
    let policy = signed.single(SIGNATURE_POLICY);
    let policy_store = !unsigned.has(SIGNATURE_POLICY_STORE) || policy.is_ok_and(|policy| policy.is_some_and(has_hash));
    once(MESSAGE_DIGEST) && content_type && reference && policy.is_ok() && policy_store
}

/// B, EPES or BES as PAdES has them; `None` without a reference to the signing certificate. The time stands in the PDF and
/// not among the attributes (EN 319 142-1 §6.3).
pub(super) fn pades_form(info: &SignerInfo<'_>, certificate_enclosed: bool) -> Option<SignatureLevel> {
    let signed = info.signed.as_ref()?;
    if !signed.has(SIGNING_CERTIFICATE) && !signed.has(SIGNING_CERTIFICATE_V2) {
        return None;
    }
    let baseline = certificate_enclosed && !signed.has(SIGNING_TIME) && has_common_form(signed, &info.unsigned);
    Some(match (baseline, signed.has(SIGNATURE_POLICY)) {
        (true, _) => SignatureLevel::B,
        (false, true) => SignatureLevel::Epes,
        (false, false) => SignatureLevel::Bes,
    })
}

/// Whether a timestamp on the signature value came with it.
pub(super) fn has_signature_timestamp(info: &SignerInfo<'_>) -> bool {
    info.unsigned.has(SIGNATURE_TIMESTAMP)
}

/// Whether a `SignaturePolicy` carries the digest of the policy: `SignaturePolicyId` has it as its second field.
fn has_hash(policy: Element<'_>) -> bool {
    let hash = || {
        let mut fields = policy.reader()?;
        fields.oid()?;
        fields.optional(tag::SEQUENCE)
    };
    policy.tag == tag::SEQUENCE && matches!(hash(), Ok(Some(_)))
}

/// EN 319 122-1 §6.3 for levels LT and LTA: revocation data in `SignedData.crls`, none of the attributes of the older
/// levels, and for LTA an archive timestamp of version 3.
fn baseline_level(unsigned: &Attributes<'_>, data: &SignedData<'_>) -> Option<SignatureLevel> {
    const NOT_IN_BASELINE: [Oid<'static>; 8] = [
        COMPLETE_CERTIFICATE_REFS,
        COMPLETE_REVOCATION_REFS,
        CERTIFICATE_VALUES,
        REVOCATION_VALUES,
        CADES_C_TIMESTAMP,
        REFS_TIMESTAMP,
        ARCHIVE_TIMESTAMP,
        ARCHIVE_TIMESTAMP_V2,
    ];
    if data.revocation_data.is_empty() || NOT_IN_BASELINE.into_iter().any(|oid| unsigned.has(oid)) {
        return None;
    }
    Some(if unsigned.has(ARCHIVE_TIMESTAMP_V3) { SignatureLevel::Lta } else { SignatureLevel::Lt })
}

/// TS 101 733 §4.4 (RFC 5126 §4.4) and EN 319 122-2: C has references to the validation data, X a timestamp on
/// them, X-Long the data themselves, A an archive timestamp over the data, which EN 319 122-2 lets stand in
/// `SignedData` without any references.
fn extended_level(unsigned: &Attributes<'_>, data: &SignedData<'_>) -> Option<SignatureLevel> {
    let has = |oid| unsigned.has(oid);
    let references = has(COMPLETE_CERTIFICATE_REFS) && has(COMPLETE_REVOCATION_REFS);
    let values = has(CERTIFICATE_VALUES) && has(REVOCATION_VALUES);
    if (values || !data.revocation_data.is_empty())
        && (has(ARCHIVE_TIMESTAMP) || has(ARCHIVE_TIMESTAMP_V2) || has(ARCHIVE_TIMESTAMP_V3))
    {
        return Some(SignatureLevel::A);
    }
    if !references {
        return None;
    }
    Some(if values {
        SignatureLevel::Xl
    } else if has(CADES_C_TIMESTAMP) || has(REFS_TIMESTAMP) {
        SignatureLevel::X
    } else {
        SignatureLevel::C
    })
}

/// Attributes that are timestamps, and the word of each for the report.
pub(super) const TIMESTAMP_ATTRIBUTES: [(Oid<'static>, &str); 7] = [
    (SIGNATURE_TIMESTAMP, "signature"),
    (CADES_C_TIMESTAMP, "signature_and_references"),
    (REFS_TIMESTAMP, "references"),
    (ARCHIVE_TIMESTAMP, "archive"),
    (ARCHIVE_TIMESTAMP_V2, "archive"),
    (ARCHIVE_TIMESTAMP_V3, "archive"),
    (CONTENT_TIMESTAMP, "content"),
];

/// Every word for a timestamp: those on attributes, and on a PDF as a whole.
pub(super) const TIMESTAMP_KINDS: [&str; 6] =
    ["signature", "signature_and_references", "references", "archive", "content", "document"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::encode;

    const SHA_1: [u8; 9] = [0x30, 0x07, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a];

    type Attribute = (Oid<'static>, Vec<u8>);

    fn attributes(tag: u8, list: &[Attribute]) -> Vec<u8> {
        let encoded: Vec<u8> = list
            .iter()
            .flat_map(|(oid, value)| {
                encode(tag::SEQUENCE, &[encode(tag::OID, oid.as_bytes()), encode(tag::SET, value)].concat())
            })
            .collect();
        encode(tag, &encoded)
    }

    /// `SigningCertificateV2`, with the digest's identifier where it is not the default.
    fn reference(algorithm: &[u8]) -> Vec<u8> {
        let own = encode(tag::SEQUENCE, &[algorithm, &encode(tag::OCTET_STRING, &[0; 32])].concat());
        encode(tag::SEQUENCE, &encode(tag::SEQUENCE, &own))
    }

    /// `SignaturePolicyId`, with or without `sigPolicyHash`.
    fn policy(hash: bool) -> Vec<u8> {
        let hash = if hash { encode(tag::SEQUENCE, &SHA_1) } else { Vec::new() };
        encode(tag::SEQUENCE, &[encode(tag::OID, &[0x2a, 0x03]), hash].concat())
    }

    /// The signed attributes that EN 319 122-1 asks of level B.
    fn baseline() -> Vec<Attribute> {
        vec![
            (CONTENT_TYPE, encode(tag::OID, DATA.as_bytes())),
            (MESSAGE_DIGEST, encode(tag::OCTET_STRING, &[0; 32])),
            (SIGNING_TIME, encode(tag::UTC_TIME, b"260101000000Z")),
            (SIGNING_CERTIFICATE_V2, reference(&[])),
        ]
    }

    fn without(oid: Oid<'static>) -> Vec<Attribute> {
        baseline().into_iter().filter(|(known, _)| *known != oid).collect()
    }

    fn with(more: &[Attribute]) -> Vec<Attribute> {
        [&baseline(), more].concat()
    }

    /// Whether revocation data stand in `SignedData.crls`.
    #[derive(Clone, Copy)]
    enum Crls {
        There,
        None,
    }

    fn level_of(signed: &[Attribute], unsigned: &[Oid<'static>], crls: Crls) -> Option<SignatureLevel> {
        let unsigned: Vec<_> = unsigned.iter().map(|oid| (*oid, encode(tag::SEQUENCE, &[]))).collect();
        let fields = [
            encode(tag::INTEGER, &[1]),
            encode(tag::SEQUENCE, &[encode(tag::SEQUENCE, &[]), encode(tag::INTEGER, &[1])].concat()),
            encode(tag::SEQUENCE, &SHA_1[2..]),
            attributes(tag::context_constructed(0), signed),
            encode(tag::SEQUENCE, &SHA_1[2..]),
            encode(tag::OCTET_STRING, &[0]),
            attributes(tag::context_constructed(1), &unsigned),
        ];
        let der = encode(tag::SEQUENCE, &fields.concat());
        let info = SignerInfo::read(&Reader::new(&der).element().unwrap()).unwrap();
        let crl = Reader::new(&[0x30, 0]).element().unwrap();
        let data = SignedData {
            content_type: DATA,
            version: 1,
            version_due: 1,
            announced: &[],
            certificates: Vec::new(),
            revocation_data: match crls {
                Crls::There => vec![crl],
                Crls::None => Vec::new(),
            },
            signer_infos: Vec::new(),
            trailing: &[],
        };
        level(&info, &data, true)
    }

    #[test]
    fn level_b_needs_all_that_en_319_122_1_asks() {
        let bes = Some(SignatureLevel::Bes);
        let other_type = [(CONTENT_TYPE, encode(tag::OID, &[0x2a, 0x03]))];
        let both = [(SIGNING_CERTIFICATE, reference(&[]))];
        let sha_1 = [(SIGNING_CERTIFICATE_V2, reference(&SHA_1))];
        for (why, signed, expected) in [
            ("complete", baseline(), Some(SignatureLevel::B)),
            ("no signing-time", without(SIGNING_TIME), bes),
            ("no message-digest", without(MESSAGE_DIGEST), bes),
            ("another content-type", [without(CONTENT_TYPE), other_type.to_vec()].concat(), bes),
            ("a countersignature has no content-type", without(CONTENT_TYPE), Some(SignatureLevel::B)),
            ("signing-time twice", with(&baseline()[2..3]), bes),
            ("both references", with(&both), bes),
            ("version 1", [without(SIGNING_CERTIFICATE_V2), both.to_vec()].concat(), Some(SignatureLevel::B)),
            ("version 2 with SHA-1", [without(SIGNING_CERTIFICATE_V2), sha_1.to_vec()].concat(), bes),
            ("no reference", without(SIGNING_CERTIFICATE_V2), None),
        ] {
            assert_eq!(level_of(&signed, &[], Crls::None), expected, "{why}");
        }
    }

    #[test]
    fn a_policy_makes_epes_where_level_b_is_not_reached() {
        let signed = |hash| [without(SIGNING_TIME), vec![(SIGNATURE_POLICY, policy(hash))]].concat();
        assert_eq!(level_of(&signed(true), &[], Crls::None), Some(SignatureLevel::Epes));
        assert_eq!(level_of(&with(&[(SIGNATURE_POLICY, policy(false))]), &[], Crls::None), Some(SignatureLevel::B));
        // Requirement k of EN 319 122-1 §6.3: a stored policy is bound by its digest.
        let stored = [SIGNATURE_POLICY_STORE];
        let bound = with(&[(SIGNATURE_POLICY, policy(true))]);
        assert_eq!(level_of(&bound, &stored, Crls::None), Some(SignatureLevel::B));
        let unbound = with(&[(SIGNATURE_POLICY, policy(false))]);
        assert_eq!(level_of(&unbound, &stored, Crls::None), Some(SignatureLevel::Epes));
        assert_eq!(level_of(&baseline(), &stored, Crls::None), Some(SignatureLevel::Bes));
    }

    #[test]
    fn higher_levels_stand_on_the_timestamp_and_on_each_other() {
        let references = [COMPLETE_CERTIFICATE_REFS, COMPLETE_REVOCATION_REFS];
        let values = [CERTIFICATE_VALUES, REVOCATION_VALUES];
        let all = [&references[..], &values].concat();
        for (unsigned, crls, expected) in [
            (vec![], Crls::There, SignatureLevel::B),
            (vec![ARCHIVE_TIMESTAMP_V3], Crls::There, SignatureLevel::B),
            (vec![SIGNATURE_TIMESTAMP], Crls::None, SignatureLevel::T),
            (vec![SIGNATURE_TIMESTAMP], Crls::There, SignatureLevel::Lt),
            (vec![SIGNATURE_TIMESTAMP, ARCHIVE_TIMESTAMP_V3], Crls::There, SignatureLevel::Lta),
            (vec![SIGNATURE_TIMESTAMP, ARCHIVE_TIMESTAMP_V3], Crls::None, SignatureLevel::T),
            (vec![SIGNATURE_TIMESTAMP, ARCHIVE_TIMESTAMP_V2], Crls::There, SignatureLevel::A),
            (vec![SIGNATURE_TIMESTAMP, CERTIFICATE_VALUES], Crls::There, SignatureLevel::T),
            ([&references[..], &[SIGNATURE_TIMESTAMP]].concat(), Crls::None, SignatureLevel::C),
            (vec![SIGNATURE_TIMESTAMP, COMPLETE_CERTIFICATE_REFS], Crls::None, SignatureLevel::T),
            ([&references[..], &[SIGNATURE_TIMESTAMP, CADES_C_TIMESTAMP]].concat(), Crls::None, SignatureLevel::X),
            ([&references[..], &[SIGNATURE_TIMESTAMP, REFS_TIMESTAMP]].concat(), Crls::None, SignatureLevel::X),
            (vec![SIGNATURE_TIMESTAMP, REFS_TIMESTAMP], Crls::None, SignatureLevel::T),
            ([&all[..], &[SIGNATURE_TIMESTAMP]].concat(), Crls::None, SignatureLevel::Xl),
            ([&all[..], &[SIGNATURE_TIMESTAMP, REFS_TIMESTAMP]].concat(), Crls::None, SignatureLevel::Xl),
            ([&all[..], &[SIGNATURE_TIMESTAMP, ARCHIVE_TIMESTAMP_V2]].concat(), Crls::None, SignatureLevel::A),
            ([&all[..], &[ARCHIVE_TIMESTAMP_V2]].concat(), Crls::None, SignatureLevel::B),
        ] {
            assert_eq!(level_of(&baseline(), &unsigned, crls), Some(expected), "{unsigned:?}");
        }
        // CAdES-T, CAdES-A on a signature that is not baseline.
        let extended = without(SIGNING_TIME);
        assert_eq!(level_of(&extended, &[SIGNATURE_TIMESTAMP], Crls::There), Some(SignatureLevel::T));
        let archived = [SIGNATURE_TIMESTAMP, ARCHIVE_TIMESTAMP_V3];
        assert_eq!(level_of(&extended, &archived, Crls::There), Some(SignatureLevel::A));
    }
}
