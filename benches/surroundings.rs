//! What the figures depend on, and the trust material that they are made with.

use std::error::Error;
use std::fs;
use std::sync::Arc;

use time::UtcDateTime;
use time::macros::utc_datetime;
use varco::trust::revocation::{Crl, RevocationStore};
use varco::trust::{Certificate, SignatureCache, TrustStore};

use crate::pki;

/// The time for which everything is judged: the stored PKI is good then.
pub(crate) const AT: UtcDateTime = utc_datetime!(2026-02-01 0:00);

/// Machine and libraries, as a sentence.
pub(crate) fn machine() -> Result<String, Box<dyn Error>> {
    let cpu_info = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpu_info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown processor");
    let has = |flag| cpu_info.split_whitespace().any(|word| word == flag);
    let sha = if has("sha_ni") || has("sha2") { "with SHA instructions" } else { "without SHA instructions" };
    let cores = std::thread::available_parallelism()?;
    let lock = include_str!("../Cargo.lock");
    let version = |name: &str| {
        let after = lock.split(&format!("name = \"{name}\"\nversion = \"")).nth(1)?;
        after.split('"').next()
    };
    Ok(format!(
        "{} ({cores} cores, {sha}); aws-lc-rs {}, openssl crate {} with {}.",
        model.trim_matches([' ', '\t', ':']),
        version("aws-lc-rs").unwrap_or("?"),
        version("openssl").unwrap_or("?"),
        openssl::version::version(),
    ))
}

/// The anchors of the stored PKI, with a memory of `capacity` verified certificates.
pub(crate) fn trust(capacity: usize) -> Result<TrustStore, Box<dyn Error>> {
    let mut trust = TrustStore::new(SignatureCache::new(capacity));
    for entry in fs::read_dir(pki("trust"))? {
        for certificate in openssl::x509::X509::stack_from_pem(&fs::read(entry?.path())?)? {
            trust.add_anchor(Arc::new(Certificate::from_der(&certificate.to_der()?)?));
        }
    }
    Ok(trust)
}

/// Its CRLs.
pub(crate) fn revocation() -> Result<RevocationStore, Box<dyn Error>> {
    let mut revocation = RevocationStore::new(AT);
    for entry in fs::read_dir(pki("crl"))? {
        revocation.add(Arc::new(Crl::from_der(&fs::read(entry?.path())?)?))?;
    }
    Ok(revocation)
}
