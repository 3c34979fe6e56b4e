//! Trust material from files: anchors, trusted lists, CRLs, OCSP responses. What a file is, its octets say, never its name.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use time::UtcDateTime;

use crate::asn1::{Cursor, Source, SourceError, tag};
use crate::procedures::verification::octets::Document;
use crate::procedures::verification::{FileFault, pem};
use crate::trust::revocation::{Crl, CrlError, OcspError, OcspResponse, RevocationStore, StoreError};
use crate::trust::trusted_list::{CA_QC, IDENTITY_VERIFICATION, TrustedList, TrustedListError};
use crate::trust::{Certificate, CertificateError, SignatureCache, TrustStore};
use crate::verify::MemorySpool;

/// Whom to trust, and which certificates were revoked: read once, used for every document.
#[derive(Debug)]
pub struct TrustMaterial {
    /// Anchors.
    pub trust: TrustStore,
    /// Stored revocation data.
    pub revocation: RevocationStore,
    /// Anchors read so far, those that were there already included.
    anchors: usize,
    /// Files found in the folders that are none of what was looked for there, and were left aside.
    pub left_aside: Vec<PathBuf>,
}

/// Why trust material cannot be used. It is refused whole: a verdict without a part of it would be another verdict.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault}", path.display())]
pub struct MaterialError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: MaterialFault,
}

/// What is wrong with a file or folder of trust material.
#[derive(Debug, thiserror::Error)]
pub enum MaterialFault {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileFault),
    /// Neither certificates nor a trusted list.
    #[error("neither certificates nor a trusted list")]
    NotTrust,
    /// Not a CRL.
    #[error("not a CRL")]
    NotCrl,
    /// Not an OCSP response.
    #[error("not an OCSP response")]
    NotOcsp,
    /// A PEM block that does not end or is not base64.
    #[error("damaged PEM")]
    BadPem,
    /// A certificate in it cannot be read.
    #[error("a certificate cannot be read: {0}")]
    BadCertificate(#[from] CertificateError),
    /// A CRL in it cannot be read.
    #[error("a CRL cannot be read: {0}")]
    BadCrl(#[source] CrlError),
    /// An OCSP response in it cannot be read, or says that there is none.
    #[error("an OCSP response cannot be used: {0}")]
    BadOcsp(#[from] OcspError),
    /// It is XML and cannot be read as a trusted list.
    #[error("a trusted list cannot be read: {0}")]
    BadList(#[from] TrustedListError),
    /// A CRL in PEM of more than [`MAX_PEM_LEN`] octets.
    #[error("a CRL of this size must be DER")]
    LargePem,
    /// A folder with nothing of use in it.
    #[error("nothing of use in the folder")]
    EmptyFolder,
    /// A folder of more than [`MAX_FILES`] files.
    #[error("more than {MAX_FILES} files")]
    TooManyFiles,
    /// More than [`MAX_ANCHORS`] certificates, or more CRLs or OCSP responses than the store takes.
    #[error("too many certificates, CRLs or OCSP responses")]
    TooMany,
}

/// The most files of a folder that are read.
pub const MAX_FILES: usize = 10_000;
/// The most anchors, in all.
pub const MAX_ANCHORS: usize = 20_000;
/// The most octets of a file of certificates or of a trusted list; the largest national list has some 15 MiB.
pub const MAX_TRUST_LEN: u64 = 64 * 1024 * 1024;
/// The most octets of CRLs in PEM; DER is streamed.
pub const MAX_PEM_LEN: u64 = 32 * 1024 * 1024;

/// As many certificates of signers are remembered where nobody says otherwise.
pub const REMEMBERED_SIGNERS: usize = 2_000;

const CERTIFICATE_LABELS: &[&[u8]] = &[b"CERTIFICATE", b"X509 CERTIFICATE"];
const OCSP_LABELS: &[&[u8]] = &[b"OCSP RESPONSE"];
const CRL_LABELS: &[&[u8]] = &[b"X509 CRL", b"CRL"];

impl TrustMaterial {
    /// Reads anchors from `trust` and CRLs from `crls`: files, or folders of files (not of folders).
    ///
    /// So many certificates of signers are `remembered`, in memory only (some 9 KiB each): the next document of the same
    /// signer is judged sooner. `now` is the present: CRLs issued after it are never used. *Not* checked: signatures,
    /// dates, and whether an anchor deserves trust; a trusted list is not authenticated.
    pub fn load(
        trust: &[PathBuf],
        crls: &[PathBuf],
        remembered: usize,
        now: UtcDateTime,
    ) -> Result<Self, MaterialError> {
        let mut material = Self {
            trust: TrustStore::new(SignatureCache::new(remembered)),
            revocation: RevocationStore::new(now),
            anchors: 0,
            left_aside: Vec::new(),
        };
        for path in trust {
            material.add_all(path, MaterialFault::NotTrust, Self::add_trust)?;
        }
        for path in crls {
            material.add_all(path, MaterialFault::NotCrl, Self::add_crls)?;
        }
        Ok(material)
    }

    /// Adds OCSP responses: files, or folders of files (not of folders). *Not* checked: signatures and dates.
    pub fn add_ocsp(&mut self, ocsp: &[PathBuf]) -> Result<(), MaterialError> {
        for path in ocsp {
            self.add_all(path, MaterialFault::NotOcsp, Self::add_responses)?;
        }
        Ok(())
    }

    /// Adds a file, or every file of a folder; `add` says whether the file was of the kind it knows.
    fn add_all(
        &mut self,
        path: &Path,
        not_of_the_kind: MaterialFault,
        add: fn(&mut Self, &Path) -> Result<bool, MaterialFault>,
    ) -> Result<(), MaterialError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |fault| MaterialError { path, fault }
        };
        let metadata =
            fs::metadata(path).map_err(FileFault::from).map_err(MaterialFault::from).map_err(failed(path))?;
        if !metadata.is_dir() {
            let known = add(self, path).map_err(failed(path))?;
            return if known { Ok(()) } else { Err(failed(path)(not_of_the_kind)) };
        }
        let mut any = false;
        for file in files_of(path).map_err(failed(path))? {
            if add(self, &file).map_err(failed(&file))? {
                any = true;
            } else {
                self.left_aside.push(file);
            }
        }
        if any { Ok(()) } else { Err(failed(path)(MaterialFault::EmptyFolder)) }
    }

    fn add_trust(&mut self, path: &Path) -> Result<bool, MaterialFault> {
        let octets = read_whole(path, MAX_TRUST_LEN)?;
        if pem::is_pem(&octets) {
            let mut any = false;
            for block in pem::blocks(&octets, CERTIFICATE_LABELS) {
                self.add_anchor(Certificate::from_der(&block?)?)?;
                any = true;
            }
            return Ok(any);
        }
        if is_xml(&octets) {
            return self.add_list(&octets);
        }
        if octets.first() != Some(&tag::SEQUENCE) {
            return Ok(false);
        }
        match Certificate::from_der(&octets) {
            Ok(certificate) => self.add_anchor(certificate).map(|()| true),
            Err(_) if Crl::from_der(&octets).is_ok() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn add_anchor(&mut self, certificate: Certificate) -> Result<(), MaterialFault> {
        self.anchors += 1;
        if self.anchors > MAX_ANCHORS {
            return Err(MaterialFault::TooMany);
        }
        self.trust.add_anchor(Arc::new(certificate));
        Ok(())
    }

    /// Certificates of CAs of qualified certificates and of CNS cards become anchors.
    fn add_list(&mut self, xml: &[u8]) -> Result<bool, MaterialFault> {
        let list = match TrustedList::from_xml(xml) {
            Err(TrustedListError::NotATrustedList) => return Ok(false),
            list => list?,
        };
        let before = self.trust.anchors().count();
        list.add_to(&mut self.trust, &[CA_QC, IDENTITY_VERIFICATION]);
        let added = self.trust.anchors().count().saturating_sub(before);
        self.anchors = self.anchors.saturating_add(added);
        if self.anchors > MAX_ANCHORS { Err(MaterialFault::TooMany) } else { Ok(added > 0) }
    }

    fn add_crls(&mut self, path: &Path) -> Result<bool, MaterialFault> {
        let document = Document::open(path, Crl::MAX_LEN, &MemorySpool)?;
        let source = document.source();
        let mut head = [0; 1];
        let read = source.read_at(0, &mut head).map_err(FileFault::from)?;
        if read == 1 && head == [tag::SEQUENCE] {
            return match Crl::from_source(source) {
                Ok(crl) => {
                    document.check_unchanged()?;
                    self.add_crl(crl).map(|()| true)
                }
                Err(_) if is_certificate(source) => Ok(false),
                Err(error) => Err(error.into()),
            };
        }
        if source.len() > MAX_PEM_LEN {
            return Err(MaterialFault::LargePem);
        }
        let mut any = false;
        for block in pem::blocks(&read_all(source)?, CRL_LABELS) {
            self.add_crl(Crl::from_der(&block?)?)?;
            any = true;
        }
        Ok(any)
    }

    fn add_responses(&mut self, path: &Path) -> Result<bool, MaterialFault> {
        let octets = read_whole(path, MAX_PEM_LEN)?;
        if octets.first() == Some(&tag::SEQUENCE) {
            return match OcspResponse::from_der(&octets) {
                Ok(response) => self.add_response(response).map(|()| true),
                Err(_) if Certificate::from_der(&octets).is_ok() || Crl::from_der(&octets).is_ok() => Ok(false),
                Err(error) => Err(error.into()),
            };
        }
        let mut any = false;
        if pem::is_pem(&octets) {
            for block in pem::blocks(&octets, OCSP_LABELS) {
                self.add_response(OcspResponse::from_der(&block?)?)?;
                any = true;
            }
        } else if let Some(der) = pem::base64(&octets) {
            self.add_response(OcspResponse::from_der(&der)?)?;
            any = true;
        }
        Ok(any)
    }

    fn add_response(&mut self, response: OcspResponse) -> Result<(), MaterialFault> {
        self.revocation.add_ocsp(&Arc::new(response)).map_err(|StoreError::Full| MaterialFault::TooMany)
    }

    fn add_crl(&mut self, crl: Crl) -> Result<(), MaterialFault> {
        self.revocation.add(Arc::new(crl)).map_err(|StoreError::Full| MaterialFault::TooMany)
    }
}

impl From<CrlError> for MaterialFault {
    fn from(error: CrlError) -> Self {
        match error {
            CrlError::Source(SourceError::Io(error)) => Self::File(error.into()),
            error => Self::BadCrl(error),
        }
    }
}

impl From<pem::BadBlock> for MaterialFault {
    fn from(_: pem::BadBlock) -> Self {
        Self::BadPem
    }
}

/// Whether it begins like XML; everything else is for the reader of lists to say.
fn is_xml(octets: &[u8]) -> bool {
    octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets).trim_ascii_start().starts_with(b"<")
}

/// The regular files of a folder by name, hidden ones left out.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, MaterialFault> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(FileFault::from)? {
        let entry = entry.map_err(FileFault::from)?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        // Links are followed: folders of anchors often consist of them.
        if fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file()) {
            files.push(entry.path());
        }
        if files.len() > MAX_FILES {
            return Err(MaterialFault::TooManyFiles);
        }
    }
    files.sort();
    Ok(files)
}

fn read_whole(path: &Path, limit: u64) -> Result<Vec<u8>, FileFault> {
    let document = Document::open(path, limit, &MemorySpool)?;
    let octets = read_all(document.source())?;
    document.check_unchanged()?;
    Ok(octets)
}

fn read_all(source: &dyn Source) -> Result<Vec<u8>, FileFault> {
    let limit = usize::try_from(source.len()).map_err(|_| FileFault::TooLarge(MAX_TRUST_LEN))?;
    match Cursor::new(source, 0).rest(limit) {
        Ok(octets) => Ok(octets.unwrap_or_default().into_owned()),
        Err(SourceError::Io(error)) => Err(error.into()),
        Err(SourceError::Asn1(_)) => Err(FileFault::Changed),
    }
}

fn is_certificate(source: &dyn Source) -> bool {
    source.len() <= MAX_CERTIFICATE_LEN && read_all(source).is_ok_and(|der| Certificate::from_der(&der).is_ok())
}

const MAX_CERTIFICATE_LEN: u64 = 256 * 1024;
