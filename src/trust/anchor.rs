//! What is trusted to begin with, and the issuers kept beside it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use time::UtcDateTime;

use crate::trust::{Certificate, Name, SignatureCache};

/// A certificate that is trusted because someone says so, not because it is signed.
#[derive(Debug)]
pub struct Anchor {
    certificate: Arc<Certificate>,
    services: Vec<Arc<TrustService>>,
}

/// A service of a trusted list (ETSI TS 119 612 §5.5) that the anchor's certificate identifies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustService {
    /// Two letters of the list's territory.
    pub territory: String,
    /// Name of the provider.
    pub provider: String,
    /// Name of the service.
    pub name: String,
    /// The service type identifier (a URI).
    pub service_type: String,
    /// Its statuses, the newest first.
    pub history: Vec<ServiceStatus>,
    /// By when the list that says so was to be replaced; `None`: it is closed (§5.3.15).
    pub next_update: Option<UtcDateTime>,
}

/// A status of a service since a time, until the next one begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceStatus {
    /// The status identifier (a URI).
    pub status: String,
    /// When it began.
    pub since: UtcDateTime,
}

impl Anchor {
    /// The certificate: its name and key are what is trusted.
    pub const fn certificate(&self) -> &Arc<Certificate> {
        &self.certificate
    }

    /// The services of trusted lists that it stands for; none when it was configured as a certificate.
    pub fn services(&self) -> &[Arc<TrustService>] {
        &self.services
    }

    /// By when the lists that name it were to be replaced, if all of them should have been by `at`.
    pub fn lists_outdated_since(&self, at: UtcDateTime) -> Option<UtcDateTime> {
        let due: Option<Vec<UtcDateTime>> = self.services.iter().map(|service| service.next_update).collect();
        due?.into_iter().max().filter(|due| *due < at)
    }

    /// Whether it vouches for what was signed at `at`: always when configured as a certificate, else while one of
    /// its services had a status that TS 119 612 §5.5.4 counts as approved.
    pub fn is_trusted_at(&self, at: UtcDateTime) -> bool {
        self.services.is_empty() || self.services.iter().any(|service| service.is_approved_at(at))
    }
}

impl TrustService {
    /// The status in force at a time; `None` before the first known.
    pub fn status_at(&self, at: UtcDateTime) -> Option<&ServiceStatus> {
        // Of two that began at one instant the newer stands: `max_by_key` takes the last of equals.
        self.history.iter().rev().filter(|status| status.since <= at).max_by_key(|status| status.since)
    }

    /// Whether the status in force at a time lets the service be trusted (TS 119 612 §5.5.4 and annex D.5.1).
    pub fn is_approved_at(&self, at: UtcDateTime) -> bool {
        self.status_at(at).is_some_and(|found| {
            let word = found.status.rsplit('/').next().unwrap_or_default();
            APPROVED.contains(&word)
        })
    }
}

/// Last words of the status identifiers: of eIDAS first, then of the law before 1 July 2016.
const APPROVED: [&str; 7] = [
    "granted",
    "recognisedatnationallevel",
    "setbynationallaw",
    "undersupervision",
    "supervisionincessation",
    "accredited",
    "accreditationunderextension",
];

/// Anchors, stored issuers, and the memory of verified signatures: made once, used for every document.
#[derive(Debug)]
pub struct TrustStore {
    anchors: HashMap<Name, Vec<Arc<Anchor>>>,
    /// SHA-256 of the anchors' certificates.
    digests: HashSet<Box<[u8]>>,
    issuers: HashMap<Name, Vec<Arc<Certificate>>>,
    /// Every certificate above, by its octets: issuers that come along with a document need no second reading.
    known: BTreeMap<Box<[u8]>, Arc<Certificate>>,
    /// One certificate for each subject of those above, by the octets of its name.
    subjects: BTreeMap<Box<[u8]>, Arc<Certificate>>,
    cache: SignatureCache,
}

impl TrustStore {
    /// Nothing is trusted yet.
    pub fn new(cache: SignatureCache) -> Self {
        Self {
            anchors: HashMap::new(),
            digests: HashSet::new(),
            issuers: HashMap::new(),
            known: BTreeMap::new(),
            subjects: BTreeMap::new(),
            cache,
        }
    }

    /// Trusts a certificate as configured; its dates and its own signature are not looked at (RFC 5280 §6.1.1 (d)).
    pub fn add_anchor(&mut self, certificate: Arc<Certificate>) {
        self.remember(&certificate);
        self.digests.insert(certificate.sha256().as_bytes().into());
        let anchors = self.anchors.entry(certificate.subject().clone()).or_default();
        match anchors.iter_mut().find(|anchor| anchor.certificate == certificate) {
            // Configured outright: the history of its services no longer limits it.
            Some(known) => *known = Arc::new(Anchor { certificate, services: Vec::new() }),
            None => anchors.push(Arc::new(Anchor { certificate, services: Vec::new() })),
        }
    }

    /// Trusts a certificate as the identity of a service of a trusted list; several services may share one.
    pub fn add_service(&mut self, certificate: Arc<Certificate>, service: Arc<TrustService>) {
        self.remember(&certificate);
        self.digests.insert(certificate.sha256().as_bytes().into());
        let anchors = self.anchors.entry(certificate.subject().clone()).or_default();
        match anchors.iter_mut().find(|anchor| anchor.certificate == certificate) {
            Some(known) if known.services.is_empty() => {}
            Some(known) => {
                let services = known.services.iter().cloned().chain([service]).collect();
                *known = Arc::new(Anchor { certificate, services });
            }
            None => anchors.push(Arc::new(Anchor { certificate, services: vec![service] })),
        }
    }

    /// Keeps a certificate that may be of use in building paths. It is not trusted.
    pub fn add_issuer(&mut self, certificate: Arc<Certificate>) {
        self.remember(&certificate);
        let issuers = self.issuers.entry(certificate.subject().clone()).or_default();
        if !issuers.contains(&certificate) {
            issuers.push(certificate);
        }
    }

    /// Whether nothing is trusted.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// Every anchor, in no order.
    pub fn anchors(&self) -> impl Iterator<Item = &Arc<Anchor>> {
        self.anchors.values().flatten()
    }

    /// The anchors of this name.
    pub fn anchors_named(&self, name: &Name) -> &[Arc<Anchor>] {
        // Issuers are named as they name themselves, octet by octet: their names are folded and written already.
        if let Some(alike) = self.subjects.get(name.der()) {
            name.share_forms(alike.subject());
        }
        self.anchors.get(name).map_or(&[], Vec::as_slice)
    }

    /// The anchor that is this very certificate.
    pub fn anchor_of(&self, certificate: &Certificate) -> Option<&Arc<Anchor>> {
        // By digest, which is at hand already, rather than by name, which would have to be folded.
        if !self.digests.contains(certificate.sha256().as_bytes()) {
            return None;
        }
        self.anchors_named(certificate.subject()).iter().find(|anchor| *anchor.certificate == *certificate)
    }

    /// The stored issuers of this name.
    pub fn issuers_named(&self, name: &Name) -> &[Arc<Certificate>] {
        self.issuers.get(name).map_or(&[], Vec::as_slice)
    }

    /// A certificate with these very octets that was read before: an anchor's, a stored issuer's, or one whose issuer's
    /// signature is remembered. It need not be trusted.
    pub fn known(&self, der: &[u8]) -> Option<Arc<Certificate>> {
        self.known.get(der).cloned().or_else(|| self.cache.certificate(der))
    }

    fn remember(&mut self, certificate: &Arc<Certificate>) {
        self.known.entry(certificate.der().into()).or_insert_with(|| Arc::clone(certificate));
        self.subjects.entry(certificate.subject().der().into()).or_insert_with(|| Arc::clone(certificate));
    }

    pub(super) const fn cache(&self) -> &SignatureCache {
        &self.cache
    }
}

#[cfg(test)]
mod tests {
    use time::macros::utc_datetime;

    use super::*;

    #[test]
    fn the_status_in_force_decides() {
        let status = |status: &str, since| ServiceStatus {
            status: format!("http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/{status}"),
            since,
        };
        let service = TrustService {
            territory: "IT".into(),
            provider: "Prestatore di prova".into(),
            name: "CA di prova".into(),
            service_type: "http://uri.etsi.org/TrstSvc/Svctype/CA/QC".into(),
            history: vec![
                status("withdrawn", utc_datetime!(2020-01-01 0:00)),
                status("granted", utc_datetime!(2016-07-01 0:00)),
                status("accredited", utc_datetime!(2010-01-01 0:00)),
            ],
            next_update: None,
        };
        for (at, approved) in [
            (utc_datetime!(2009-12-31 23:59), false),
            (utc_datetime!(2010-01-01 0:00), true),
            (utc_datetime!(2019-12-31 23:59), true),
            (utc_datetime!(2020-01-01 0:00), false),
        ] {
            assert_eq!(service.is_approved_at(at), approved, "{at}");
        }
    }
}
