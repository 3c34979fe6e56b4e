//! A national trusted list (ETSI TS 119 612 v2.1.1 and later), read without checking its own signature.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcDateTime};

use crate::trust::xml::{XmlError, scan, tree};
use crate::trust::{Certificate, CertificateError, ServiceStatus, TrustService, TrustStore};

/// A trusted list (TS 119 612 §5). Texts are as written by its operator: escape them before showing.
#[derive(Clone, Debug)]
pub struct TrustedList {
    /// Version of the format: 5, or 6.
    pub version: u32,
    /// Two letters of the territory; `EU` for the list of lists.
    pub territory: String,
    /// Grows by one with each issue.
    pub sequence_number: u64,
    /// The type identifier (a URI).
    pub list_type: String,
    /// Who operates the scheme.
    pub operator: String,
    /// When this list was issued.
    pub issued: UtcDateTime,
    /// By when the next one is due; `None`: the list is closed.
    pub next_update: Option<UtcDateTime>,
    /// The providers.
    pub providers: Vec<Provider>,
    /// Whether the list's own signature was verified.
    pub authenticity: Authenticity,
    /// What could not be read; the rest was.
    pub faults: Vec<ListFault>,
}

/// Whether a list is proved to come from its operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Authenticity {
    /// Nobody checked: it is worth what the place is worth where it was found.
    NotAuthenticated,
}

/// A trust service provider (§5.4).
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Its services.
    pub services: Vec<ListedService>,
}

/// A trust service, with its history (§5.5 and §5.6).
#[derive(Clone, Debug)]
pub struct ListedService {
    /// What the list says today.
    pub current: ServiceInstance,
    /// The certificates that identify it. Those of its past are the same keys, by [`ServiceInstance::key_ids`].
    pub certificates: Vec<Arc<Certificate>>,
    /// What earlier lists said, the newest first.
    pub history: Vec<ServiceInstance>,
}

/// What a list says of a service from a time on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServiceInstance {
    /// The service type identifier (a URI); see [`CA_QC`] and [`IDENTITY_VERIFICATION`].
    pub service_type: String,
    /// Its name.
    pub name: String,
    /// The status identifier (a URI).
    pub status: String,
    /// When the status began.
    pub since: UtcDateTime,
    /// The subject key identifiers among its digital identities.
    pub key_ids: Vec<Box<[u8]>>,
    /// The subject names among its digital identities, as text.
    pub subject_names: Vec<String>,
    /// `additionalServiceInformation` (URIs): `ForeSignatures`, `ForeSeals` and others (§5.5.9.4).
    pub additional_information: Vec<String>,
    /// `Qualifications` elements as XML text, not interpreted (§5.5.9.2).
    pub qualifications: Vec<String>,
    /// `ExpiredCertsRevocationInfo`: since when the service keeps expired certificates on its CRLs (§5.5.9.1).
    pub expired_certs_revocation_info: Option<UtcDateTime>,
    /// Names of critical extensions that are none of these: the service must not be relied on (§5.5.9).
    pub unknown_critical_extensions: Vec<String>,
}

/// A part of a list that could not be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("service `{service}`: {why}")]
pub struct ListFault {
    /// Name of the service.
    pub service: String,
    /// What is wrong with it.
    pub why: ListFaultKind,
}

/// What is wrong with a part of a list.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ListFaultKind {
    /// An element that must be there is not, or its content is not a value of its type.
    #[error("{0} is missing or malformed")]
    Malformed(&'static str),
    /// A digital identity that is not a certificate. The others of the service are used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// Why bytes are not a trusted list.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TrustedListError {
    /// Not XML that we read.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// XML, but not a `TrustServiceStatusList` of TS 119 612.
    #[error("not a trusted list")]
    NotATrustedList,
    /// A version other than 5 and 6.
    #[error("trusted list of unknown version {0}")]
    Version(u32),
    /// An element of the head that must be there is not, or its content is not a value of its type.
    #[error("{0} of the trusted list is missing or malformed")]
    Malformed(&'static str),
    /// More than 20,000 services or certificates.
    #[error("the trusted list has too many services")]
    TooManyServices,
}

/// CAs that issue qualified certificates.
pub const CA_QC: &str = "http://uri.etsi.org/TrstSvc/Svctype/CA/QC";
/// Identity verification; in Italy the CAs of CNS cards.
pub const IDENTITY_VERIFICATION: &str = "http://uri.etsi.org/TrstSvc/Svctype/IdV";

impl TrustedList {
    /// Reads a list. Its signature is not checked, nor whether it is in force.
    pub fn from_xml(octets: &[u8]) -> Result<Self, TrustedListError> {
        let text = scan(octets)?;
        let document = tree(text)?;
        let root = document.root_element();
        if !root.has_tag_name((TSL, "TrustServiceStatusList")) {
            return Err(TrustedListError::NotATrustedList);
        }
        let scheme = child(root, "SchemeInformation").ok_or(TrustedListError::NotATrustedList)?;
        let version = number(scheme, "TSLVersionIdentifier")?;
        let version = u32::try_from(version).unwrap_or(u32::MAX);
        if !matches!(version, 5 | 6) {
            return Err(TrustedListError::Version(version));
        }
        let next_update = child(scheme, "NextUpdate").ok_or(TrustedListError::Malformed("NextUpdate"))?;
        let next_update = match child(next_update, "dateTime") {
            Some(time) => Some(date_time(time).ok_or(TrustedListError::Malformed("NextUpdate"))?),
            None => None,
        };
        let mut faults = Vec::new();
        let providers = providers(root, text, &mut faults)?;
        Ok(Self {
            version,
            territory: required(scheme, "SchemeTerritory")?,
            sequence_number: number(scheme, "TSLSequenceNumber")?,
            list_type: required(scheme, "TSLType")?,
            operator: name_in(scheme, "SchemeOperatorName").unwrap_or_default(),
            issued: child(scheme, "ListIssueDateTime")
                .and_then(date_time)
                .ok_or(TrustedListError::Malformed("ListIssueDateTime"))?,
            next_update,
            providers,
            authenticity: Authenticity::NotAuthenticated,
            faults,
        })
    }

    /// Every service, with its provider.
    pub fn services(&self) -> impl Iterator<Item = (&Provider, &ListedService)> {
        self.providers.iter().flat_map(|provider| provider.services.iter().map(move |service| (provider, service)))
    }

    /// Makes anchors of the certificates of services of these types, whatever their status: the chain asks for the
    /// status at its time. Services with an unknown critical extension are left out.
    pub fn add_to(&self, store: &mut TrustStore, service_types: &[&str]) {
        for (provider, service) in self.services() {
            let wanted = service_types.contains(&service.current.service_type.as_str());
            if !wanted || !service.current.unknown_critical_extensions.is_empty() {
                continue;
            }
            let trust_service = Arc::new(service.to_trust_service(self, provider));
            for certificate in &service.certificates {
                store.add_service(Arc::clone(certificate), Arc::clone(&trust_service));
            }
        }
    }
}

impl ListedService {
    /// What the list says of the service at a time; `None` before its first status.
    pub fn at(&self, time: UtcDateTime) -> Option<&ServiceInstance> {
        // Oldest first, so that of two that began at once the newer word stands: `max_by_key` gives the last.
        let instances = self.history.iter().rev().chain([&self.current]);
        instances.filter(|instance| instance.since <= time).max_by_key(|instance| instance.since)
    }

    /// What anchors need of it. An instance of its history names the type that it had then (§5.6): what came before
    /// it was last of another type is left out, for then it was not approved as what it is.
    fn to_trust_service(&self, list: &TrustedList, provider: &Provider) -> TrustService {
        let mut instances: Vec<&ServiceInstance> = std::iter::once(&self.current).chain(&self.history).collect();
        // Of two that began at once, the newer word stands; lists have many such pairs.
        instances.dedup_by_key(|instance| instance.since);
        let history: Vec<ServiceStatus> = instances
            .into_iter()
            .take_while(|instance| instance.service_type == self.current.service_type)
            .map(|instance| ServiceStatus { status: instance.status.clone(), since: instance.since })
            .collect();
        TrustService {
            territory: list.territory.clone(),
            provider: provider.name.clone(),
            name: self.current.name.clone(),
            service_type: self.current.service_type.clone(),
            history,
            next_update: list.next_update,
        }
    }
}

fn providers(root: Node<'_, '_>, text: &str, faults: &mut Vec<ListFault>) -> Result<Vec<Provider>, TrustedListError> {
    let mut providers = Vec::new();
    let mut budget = MAX_SERVICES;
    let list = child(root, "TrustServiceProviderList");
    for element in list.into_iter().flat_map(|list| children(list, "TrustServiceProvider")) {
        let name = child(element, "TSPInformation").and_then(|information| name_in(information, "TSPName"));
        let mut services = Vec::new();
        let listed = child(element, "TSPServices").into_iter();
        for element in listed.flat_map(|services| children(services, "TSPService")) {
            if let Some(service) = service(element, text, faults) {
                let cost = 1 + service.history.len() + service.certificates.len();
                budget = budget.checked_sub(cost).ok_or(TrustedListError::TooManyServices)?;
                services.push(service);
            }
        }
        providers.push(Provider { name: name.unwrap_or_default(), services });
    }
    Ok(providers)
}

/// Reads one service. What is wrong with the service itself leaves it out; a history that cannot be read leaves it
/// out, too, for a hole in it could make a withdrawn service look granted.
fn service(element: Node<'_, '_>, text: &str, faults: &mut Vec<ListFault>) -> Option<ListedService> {
    let information = child(element, "ServiceInformation")?;
    let name = name_in(information, "ServiceName").unwrap_or_default();
    let fault = |why| ListFault { service: name.clone(), why };
    let current = match instance(information, text) {
        Ok(current) => current,
        Err(why) => {
            faults.push(fault(why));
            return None;
        }
    };
    let past = child(element, "ServiceHistory").into_iter();
    let past = past.flat_map(|history| children(history, "ServiceHistoryInstance"));
    let mut history: Vec<ServiceInstance> = match past.map(|past| instance(past, text)).collect() {
        Ok(history) => history,
        Err(why) => {
            faults.push(fault(why));
            return None;
        }
    };
    history.sort_by_key(|instance| std::cmp::Reverse(instance.since));
    let mut certificates: Vec<Arc<Certificate>> = Vec::new();
    for encoded in identities(information, "X509Certificate") {
        let read = base64(&encoded).ok_or(ListFaultKind::Malformed("X509Certificate"));
        match read.and_then(|der| Ok(Certificate::from_der(&der)?)) {
            Ok(certificate) if certificates.iter().any(|known| **known == certificate) => {}
            Ok(certificate) => certificates.push(Arc::new(certificate)),
            Err(why) => faults.push(fault(why)),
        }
    }
    Some(ListedService { current, certificates, history })
}

/// Reads what `ServiceInformation` and `ServiceHistoryInstance` have in common.
fn instance(element: Node<'_, '_>, text: &str) -> Result<ServiceInstance, ListFaultKind> {
    let uri = |name: &'static str| {
        let found = child(element, name).map(content).filter(|uri| !uri.is_empty());
        found.ok_or(ListFaultKind::Malformed(name))
    };
    let since = child(element, "StatusStartingTime").and_then(date_time);
    let mut key_ids: Vec<Box<[u8]>> = Vec::new();
    for encoded in identities(element, "X509SKI") {
        key_ids.push(base64(&encoded).ok_or(ListFaultKind::Malformed("X509SKI"))?.into());
    }
    let mut instance = ServiceInstance {
        service_type: uri("ServiceTypeIdentifier")?,
        name: name_in(element, "ServiceName").unwrap_or_default(),
        status: uri("ServiceStatus")?,
        since: since.ok_or(ListFaultKind::Malformed("StatusStartingTime"))?,
        key_ids,
        subject_names: identities(element, "X509SubjectName").collect(),
        additional_information: Vec::new(),
        qualifications: Vec::new(),
        expired_certs_revocation_info: None,
        unknown_critical_extensions: Vec::new(),
    };
    let extensions = child(element, "ServiceInformationExtensions").into_iter();
    for extension in extensions.flat_map(|extensions| children(extensions, "Extension")) {
        let critical = matches!(extension.attribute("Critical"), Some("true" | "1"));
        for value in extension.children().filter(Node::is_element) {
            read_extension(&mut instance, value, critical, text)?;
        }
    }
    Ok(instance)
}

fn read_extension(
    instance: &mut ServiceInstance,
    value: Node<'_, '_>,
    critical: bool,
    text: &str,
) -> Result<(), ListFaultKind> {
    match (value.tag_name().namespace(), value.tag_name().name()) {
        (Some(TSL), "AdditionalServiceInformation") => {
            instance.additional_information.extend(child(value, "URI").map(content));
        }
        (Some(QUALIFICATIONS), "Qualifications") => {
            instance.qualifications.extend(text.get(value.range()).map(str::to_owned));
        }
        (Some(TSL), "ExpiredCertsRevocationInfo") => {
            let since = date_time(value).ok_or(ListFaultKind::Malformed("ExpiredCertsRevocationInfo"))?;
            instance.expired_certs_revocation_info = Some(since);
        }
        // §5.5.9.3: who runs the service now; it changes nothing in what it is.
        (_, "TakenOverBy") => {}
        (_, name) if critical => instance.unknown_critical_extensions.push(name.to_owned()),
        _ => {}
    }
    Ok(())
}

/// The texts of the digital identities of one kind (§5.5.3).
fn identities<'a>(element: Node<'a, '_>, kind: &'static str) -> impl Iterator<Item = String> + 'a {
    let identity = child(element, "ServiceDigitalIdentity").into_iter();
    identity.flat_map(|identity| children(identity, "DigitalId")).filter_map(move |id| child(id, kind).map(content))
}

/// The English name in a multilingual element, else the first (§5.1.4).
fn name_in(parent: Node<'_, '_>, element: &'static str) -> Option<String> {
    let names = child(parent, element)?;
    let english = children(names, "Name").find(|name| name.attribute((XML, "lang")) == Some("en"));
    english.or_else(|| child(names, "Name")).map(content)
}

fn child<'a, 'b>(parent: Node<'a, 'b>, name: &'static str) -> Option<Node<'a, 'b>> {
    children(parent, name).next()
}

fn children<'a, 'b>(parent: Node<'a, 'b>, name: &'static str) -> impl Iterator<Item = Node<'a, 'b>> {
    parent.children().filter(move |node| node.has_tag_name((TSL, name)))
}

/// The text of an element, comments left out (a comment must not cut a value short), white space at the ends too.
fn content(element: Node<'_, '_>) -> String {
    let text: String = element.children().filter(Node::is_text).filter_map(|node| node.text()).collect();
    text.trim().to_owned()
}

fn required(parent: Node<'_, '_>, name: &'static str) -> Result<String, TrustedListError> {
    child(parent, name).map(content).filter(|text| !text.is_empty()).ok_or(TrustedListError::Malformed(name))
}

fn number(parent: Node<'_, '_>, name: &'static str) -> Result<u64, TrustedListError> {
    required(parent, name)?.parse().map_err(|_| TrustedListError::Malformed(name))
}

/// An `xs:dateTime`; without a zone it is UTC, as §5.1.3 demands all times to be.
fn date_time(element: Node<'_, '_>) -> Option<UtcDateTime> {
    let text = content(element);
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    parse(&text).or_else(|| parse(&format!("{text}Z"))).map(UtcDateTime::from)
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(compact).ok()
}

const TSL: &str = "http://uri.etsi.org/02231/v2#";
const QUALIFICATIONS: &str = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Services, instances of their histories and certificates of one list, together.
const MAX_SERVICES: usize = 20_000;
