//! `adbe.x509.rsa_sha1` (ISO 32000-2 §12.8.3.2): a value of RSA, certificates beside it. It is put into the CMS that would
//! say the same, so that one judge judges all.

use crate::asn1::{Asn1Error, Oid, Reader, encode, oids, tag};
use crate::pdf::Object;
use crate::trust::Certificate;
use crate::verify::cms::{DATA, SIGNED_DATA};

oids! {
    /// rsaEncryption (RFC 8017 appendix C).
    RSA = 1.2.840.113549.1.1.1;
    /// id-sha1 (RFC 3370 §2.1).
    SHA_1 = 1.3.14.3.2.26;
}

/// The CMS of a bare value; `certificates` is `/Cert`, a string or an array of them, the signer's first.
pub(super) fn as_cms(contents: &[u8], certificates: &Object) -> Result<Vec<u8>, Asn1Error> {
    let value = Reader::new(contents).expect(tag::OCTET_STRING)?;
    let list = match certificates {
        Object::Array(members) => members.iter().filter_map(Object::as_string).collect(),
        one => one.as_string().map(|one| vec![one]).unwrap_or_default(),
    };
    let own = list.first().ok_or(Asn1Error::Truncated)?;
    let own = Certificate::from_der(own).map_err(|_| Asn1Error::BadValue("certificate"))?;
    let algorithm = |oid: Oid<'_>| encode(tag::SEQUENCE, &encode(tag::OID, oid.as_bytes()));
    let signer = [
        encode(tag::INTEGER, &[1]),
        encode(tag::SEQUENCE, &[own.issuer().der(), &encode(tag::INTEGER, own.serial())].concat()),
        algorithm(SHA_1),
        algorithm(RSA),
        encode(tag::OCTET_STRING, &value.octets()?),
    ];
    let data = [
        encode(tag::INTEGER, &[1]),
        encode(tag::SET, &algorithm(SHA_1)),
        algorithm(DATA),
        encode(tag::context_constructed(0), &list.concat()),
        encode(tag::SET, &encode(tag::SEQUENCE, &signer.concat())),
    ];
    let data = encode(tag::context_constructed(0), &encode(tag::SEQUENCE, &data.concat()));
    Ok(encode(tag::SEQUENCE, &[encode(tag::OID, SIGNED_DATA.as_bytes()), data].concat()))
}
