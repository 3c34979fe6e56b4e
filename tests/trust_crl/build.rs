//! Small certificates and CRLs, written octet by octet so that each fault is one change.

use std::sync::{Arc, LazyLock};

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use time::UtcDateTime;
use time::macros::utc_datetime;
use varco::asn1::{encode, tag};
use varco::crypto::{PublicKey, SignatureScheme};
use varco::trust::revocation::{
    Crl, CrlError, IssuerKey, RevocationReport, RevocationSigners, RevocationStore, WhyUnknown,
};
use varco::trust::{Certificate, Name, Times};

pub(super) const NOW: UtcDateTime = utc_datetime!(2026-06-01 0:00);

/// A CA, as a key and a name.
pub(super) struct Ca {
    pub(super) key: PKey<Private>,
    pub(super) name: Vec<u8>,
    pub(super) certificate: Arc<Certificate>,
}

impl Ca {
    pub(super) fn new(common_name: &str) -> Self {
        Self::with_key_usage(common_name, &[1, 0x06])
    }

    /// `key_usage`: the contents of the BIT STRING (`0106`: keyCertSign and cRLSign).
    pub(super) fn with_key_usage(common_name: &str, key_usage: &[u8]) -> Self {
        let key = new_key();
        let name = name(common_name);
        let extensions = [
            extension(&[0x55, 0x1d, 19], true, &sequence(&[&encode(tag::BOOLEAN, &[0xff])])),
            extension(&[0x55, 0x1d, 15], true, &encode(tag::BIT_STRING, key_usage)),
        ];
        let certificate = Template::new(&name, &name, &[1]).extensions(&extensions).sign(&key, &key);
        Self { key, name, certificate }
    }

    /// A certificate of an end entity, valid from 2020 to 2030.
    pub(super) fn leaf(&self, serial: &[u8], extensions: &[Vec<u8>]) -> Arc<Certificate> {
        Template::new(&self.name, &name("Persona di prova"), serial).extensions(extensions).sign(&new_key(), &self.key)
    }
}

pub(super) struct Template {
    issuer: Vec<u8>,
    subject: Vec<u8>,
    serial: Vec<u8>,
    not_after: &'static [u8],
    extensions: Vec<Vec<u8>>,
}

impl Template {
    pub(super) fn new(issuer: &[u8], subject: &[u8], serial: &[u8]) -> Self {
        let (issuer, subject, serial) = (issuer.to_vec(), subject.to_vec(), serial.to_vec());
        Self { issuer, subject, serial, not_after: b"300101000000Z", extensions: Vec::new() }
    }

    pub(super) fn extensions(mut self, extensions: &[Vec<u8>]) -> Self {
        self.extensions.extend_from_slice(extensions);
        self
    }

    pub(super) fn not_after(mut self, utc_time: &'static [u8]) -> Self {
        self.not_after = utc_time;
        self
    }

    pub(super) fn sign(self, subject_key: &PKey<Private>, issuer_key: &PKey<Private>) -> Arc<Certificate> {
        let validity = sequence(&[&encode(tag::UTC_TIME, b"200101000000Z"), &encode(tag::UTC_TIME, self.not_after)]);
        let mut tbs = vec![
            encode(0xa0, &encode(tag::INTEGER, &[2])),
            encode(tag::INTEGER, &self.serial),
            algorithm(),
            self.issuer,
            validity,
            self.subject,
            subject_key.public_key_to_der().unwrap(),
        ];
        if !self.extensions.is_empty() {
            tbs.push(encode(0xa3, &encode(tag::SEQUENCE, &self.extensions.concat())));
        }
        Arc::new(Certificate::from_der(&signed(&encode(tag::SEQUENCE, &tbs.concat()), issuer_key)).unwrap())
    }
}

/// A CRL to be: a good one of version 2, empty, number 10, valid through June 2026, until it is changed.
#[derive(Clone)]
pub(super) struct CrlTemplate {
    pub(super) version: Option<u8>,
    pub(super) inner_algorithm: Vec<u8>,
    pub(super) this_update: Vec<u8>,
    pub(super) next_update: Option<Vec<u8>>,
    pub(super) entries: Vec<Vec<u8>>,
    pub(super) number: u8,
    pub(super) extensions: Vec<Vec<u8>>,
}

impl CrlTemplate {
    pub(super) fn new() -> Self {
        Self {
            version: Some(1),
            inner_algorithm: algorithm(),
            this_update: b"260525000000Z".to_vec(),
            next_update: Some(b"260701000000Z".to_vec()),
            entries: Vec::new(),
            number: 10,
            extensions: Vec::new(),
        }
    }

    /// Issued and valid, as UTCTime.
    pub(super) fn times(mut self, this_update: &[u8], next_update: &[u8]) -> Self {
        self.this_update = this_update.to_vec();
        self.next_update = Some(next_update.to_vec());
        self
    }

    pub(super) fn number(mut self, number: u8) -> Self {
        self.number = number;
        self
    }

    pub(super) fn list(mut self, serial: &[u8], revoked: &[u8], extensions: &[Vec<u8>]) -> Self {
        self.entries.push(entry(serial, revoked, extensions));
        self
    }

    pub(super) fn with(mut self, extension: Vec<u8>) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Makes it a delta CRL.
    pub(super) fn delta_of(self, base: u8) -> Self {
        self.with(extension(&[0x55, 0x1d, 27], true, &encode(tag::INTEGER, &[base])))
    }

    pub(super) fn der(&self, issuer: &[u8], key: &PKey<Private>) -> Vec<u8> {
        let mut tbs = Vec::new();
        tbs.extend(self.version.map(|version| encode(tag::INTEGER, &[version])));
        tbs.extend([self.inner_algorithm.clone(), issuer.to_vec(), encode(tag::UTC_TIME, &self.this_update)]);
        tbs.extend(self.next_update.as_ref().map(|next| encode(tag::UTC_TIME, next)));
        if !self.entries.is_empty() {
            tbs.push(encode(tag::SEQUENCE, &self.entries.concat()));
        }
        if self.version == Some(1) {
            let number = extension(&[0x55, 0x1d, 20], false, &encode(tag::INTEGER, &[self.number]));
            let extensions = [&[number][..], &self.extensions].concat().concat();
            tbs.push(encode(0xa0, &encode(tag::SEQUENCE, &extensions)));
        }
        signed(&encode(tag::SEQUENCE, &tbs.concat()), key)
    }

    pub(super) fn read(&self, ca: &Ca) -> Result<Arc<Crl>, CrlError> {
        Crl::from_der(&self.der(&ca.name, &ca.key)).map(Arc::new)
    }

    pub(super) fn sign(&self, ca: &Ca) -> Arc<Crl> {
        self.read(ca).unwrap()
    }
}

/// Signers of revocation data as a test wants them; whatever it did not name is refused.
#[derive(Default)]
pub(super) struct Signers {
    pub(super) known: Vec<Arc<Certificate>>,
    pub(super) untrusted: bool,
    pub(super) weak: bool,
}

impl RevocationSigners for Signers {
    fn candidates(&mut self, subject: &Name) -> Vec<Arc<Certificate>> {
        self.known.iter().filter(|known| known.subject() == subject).cloned().collect()
    }

    fn validate(&mut self, _: &Arc<Certificate>) -> Result<(), WhyUnknown> {
        if self.untrusted { Err(WhyUnknown::SignerNotTrusted) } else { Ok(()) }
    }

    fn at_hand(&self) -> &[Arc<Certificate>] {
        &self.known
    }

    fn accepts(&self, _: SignatureScheme, _: &PublicKey) -> bool {
        !self.weak
    }
}

/// Judges with these CRLs, today.
pub(super) fn judge(certificate: &Certificate, issuer: &Ca, crls: &[Arc<Crl>]) -> RevocationReport {
    judge_at(certificate, issuer, crls, &Times::at(NOW), &mut Signers::default())
}

pub(super) fn judge_at(
    certificate: &Certificate,
    issuer: &Ca,
    crls: &[Arc<Crl>],
    times: &Times,
    signers: &mut Signers,
) -> RevocationReport {
    let mut store = RevocationStore::new(NOW);
    for crl in crls {
        store.add(Arc::clone(crl)).unwrap();
    }
    let key = IssuerKey { key: issuer.certificate.public_key().unwrap(), certificate: Some(&issuer.certificate) };
    store.check(certificate, key, times, signers)
}

pub(super) fn sequence(members: &[&[u8]]) -> Vec<u8> {
    encode(tag::SEQUENCE, &members.concat())
}

pub(super) fn name(common_name: &str) -> Vec<u8> {
    let attribute = sequence(&[&encode(tag::OID, &[0x55, 4, 3]), &encode(tag::UTF8_STRING, common_name.as_bytes())]);
    sequence(&[&encode(tag::SET, &attribute)])
}

pub(super) fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { encode(tag::BOOLEAN, &[0xff]) } else { Vec::new() };
    sequence(&[&encode(tag::OID, oid), &critical, &encode(tag::OCTET_STRING, value)])
}

pub(super) fn entry(serial: &[u8], revoked: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let extensions = if extensions.is_empty() { Vec::new() } else { encode(tag::SEQUENCE, &extensions.concat()) };
    sequence(&[&encode(tag::INTEGER, serial), &encode(tag::UTC_TIME, revoked), &extensions])
}

pub(super) fn reason(code: u8) -> Vec<u8> {
    extension(&[0x55, 0x1d, 21], false, &encode(tag::ENUMERATED, &[code]))
}

pub(super) fn invalidity(generalized_time: &[u8]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 24], false, &encode(tag::GENERALIZED_TIME, generalized_time))
}

pub(super) fn certificate_issuer(name: &[u8]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 29], true, &sequence(&[&encode(0xa4, name)]))
}

/// `fields`: the contents of the `IssuingDistributionPoint`.
pub(super) fn issuing_point(fields: &[Vec<u8>]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 28], true, &encode(tag::SEQUENCE, &fields.concat()))
}

/// A `DistributionPointName` of one URI, under its tag.
pub(super) fn uri_name(uri: &str) -> Vec<u8> {
    encode(0xa0, &encode(0xa0, &encode(0x86, uri.as_bytes())))
}

/// `points`: the contents of each `DistributionPoint`.
pub(super) fn distribution_points(points: &[Vec<u8>]) -> Vec<u8> {
    let points: Vec<u8> = points.iter().flat_map(|fields| encode(tag::SEQUENCE, fields)).collect();
    extension(&[0x55, 0x1d, 31], false, &encode(tag::SEQUENCE, &points))
}

/// ecdsa-with-SHA256.
pub(super) fn algorithm() -> Vec<u8> {
    sequence(&[&encode(tag::OID, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])])
}

pub(super) fn signed(tbs: &[u8], key: &PKey<Private>) -> Vec<u8> {
    let value = Signer::new(MessageDigest::sha256(), key).unwrap().sign_oneshot_to_vec(tbs).unwrap();
    sequence(&[tbs, &algorithm(), &encode(tag::BIT_STRING, &[&[0][..], &value].concat())])
}

pub(super) fn new_key() -> PKey<Private> {
    static P256: LazyLock<EcGroup> = LazyLock::new(|| EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap());
    PKey::from_ec_key(EcKey::generate(&P256).unwrap()).unwrap()
}
