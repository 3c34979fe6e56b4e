//! Trusted lists: our own synthetic one, its negative twins, and the real ones of September 2023 where they are.

use std::fs;
use std::path::{Path, PathBuf};

use time::macros::utc_datetime;
use varco::trust::trusted_list::{
    Authenticity, CA_QC, IDENTITY_VERIFICATION, ListFaultKind, TrustedList, TrustedListError,
};
use varco::trust::xml::XmlError;
use varco::trust::{SignatureCache, TrustStore};

fn synthetic() -> String {
    fs::read_to_string(root().join("fixtures/trusted_list/synthetic.xml")).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(xml: &str) -> Result<TrustedList, TrustedListError> {
    TrustedList::from_xml(xml.as_bytes())
}

/// The synthetic list with one change, which must be one.
fn changed(from: &str, to: &str) -> Result<TrustedList, TrustedListError> {
    let good = synthetic();
    assert!(good.contains(from), "{from}");
    read(&good.replacen(from, to, 1))
}

#[test]
fn every_part_is_read() {
    let list = read(&synthetic()).unwrap();
    assert_eq!((list.version, list.sequence_number), (6, 42));
    assert_eq!((list.territory.as_str(), list.operator.as_str()), ("IT", "Test operator"));
    assert_eq!(list.issued, utc_datetime!(2026-01-10 10:00));
    assert_eq!(list.next_update, Some(utc_datetime!(2026-07-10 10:00)));
    assert_eq!(list.authenticity, Authenticity::NotAuthenticated);
    assert!(list.faults.is_empty());

    let services: Vec<_> = list.services().collect();
    let types: Vec<_> = services.iter().map(|(_, service)| service.current.service_type.as_str()).collect();
    assert_eq!(types, [CA_QC, "http://uri.etsi.org/TrstSvc/Svctype/TSA/QTST", IDENTITY_VERIFICATION]);
    assert_eq!((services[0].0.name.as_str(), services[2].0.name.as_str()), ("Prestatore di prova", "Test region"));

    let qualified = &services[0].1.current;
    assert_eq!(qualified.name, "Firma qualificata di prova");
    assert!(qualified.additional_information[0].ends_with("/ForeSignatures"));
    assert!(qualified.qualifications[0].starts_with("<q:Qualifications>"));
    assert!(qualified.qualifications[0].contains("QCWithQSCD"));
    assert_eq!(qualified.expired_certs_revocation_info, Some(utc_datetime!(2016-07-01 0:00)));
    assert_eq!(qualified.subject_names, ["CN=CA qualificata di prova,O=Prestatore di prova,C=IT"]);
    let certificate = &services[0].1.certificates[0];
    assert_eq!(certificate.extensions().subject_key_id.as_ref(), qualified.key_ids.first());
    assert_eq!(services[0].1.history.len(), 2);
}

#[test]
fn the_status_is_that_of_the_time() {
    let list = read(&synthetic()).unwrap();
    let (_, service) = list.services().next().unwrap();
    let status = |at| service.at(at).map(|instance| instance.status.rsplit('/').next().unwrap().to_owned());
    assert_eq!(status(utc_datetime!(2026-01-01 0:00)).as_deref(), Some("withdrawn"));
    assert_eq!(status(utc_datetime!(2025-01-01 0:00)).as_deref(), Some("withdrawn"));
    assert_eq!(status(utc_datetime!(2024-12-31 23:59:59)).as_deref(), Some("granted"));
    assert_eq!(status(utc_datetime!(2012-01-01 0:00)).as_deref(), Some("accredited"));
    assert_eq!(status(utc_datetime!(2010-02-28 0:00)), None);
    let list = changed(">2016-06-30T22:00:00Z<", ">2025-01-01T00:00:00Z<").unwrap();
    let (_, service) = list.services().next().unwrap();
    let then = service.at(utc_datetime!(2025-01-01 0:00)).unwrap();
    assert!(then.status.ends_with("/withdrawn"), "of two that began at once, the newer word");
}

#[test]
fn the_wanted_services_become_anchors() {
    let list = read(&synthetic()).unwrap();
    let mut store = TrustStore::new(SignatureCache::new(16));
    list.add_to(&mut store, &[CA_QC, IDENTITY_VERIFICATION]);
    assert_eq!(store.anchors().count(), 2);
    let (_, qualified) = list.services().next().unwrap();
    let anchor = &store.anchors_named(qualified.certificates[0].subject())[0];
    assert_eq!(anchor.services()[0].history.len(), 3);
    assert!(anchor.is_trusted_at(utc_datetime!(2024-12-31 0:00)));
    assert!(!anchor.is_trusted_at(utc_datetime!(2025-01-01 0:00)), "withdrawn");
    assert!(!anchor.is_trusted_at(utc_datetime!(2009-01-01 0:00)), "not yet a service");
}

#[test]
fn what_a_service_was_as_another_type_does_not_count() {
    let good = synthetic();
    let head = format!("<tsl:ServiceHistoryInstance>\n              <tsl:ServiceTypeIdentifier>{CA_QC}<");
    let other = head.replace(CA_QC, IDENTITY_VERIFICATION);
    assert_eq!(good.matches(&head).count(), 2);
    let (before, oldest) = good.rsplit_once(&head).unwrap();
    let newer_changed = good.replacen(&head, &other, 1);
    let oldest_changed = format!("{before}{other}{oldest}");
    let [in_2020, in_2012] = [utc_datetime!(2020-01-01 0:00), utc_datetime!(2012-01-01 0:00)];
    for (xml, statuses, trusted_in_2020, trusted_in_2012) in [
        (good.as_str(), 3, true, true),
        (&oldest_changed, 2, true, false),
        // What came before the other type would otherwise seem to have lasted until now.
        (&newer_changed, 1, false, false),
    ] {
        let list = read(xml).unwrap();
        let mut store = TrustStore::new(SignatureCache::new(16));
        list.add_to(&mut store, &[CA_QC, IDENTITY_VERIFICATION]);
        let (_, qualified) = list.services().next().unwrap();
        assert_eq!(qualified.history.len(), 2);
        let anchor = &store.anchors_named(qualified.certificates[0].subject())[0];
        assert_eq!(anchor.services()[0].history.len(), statuses);
        assert_eq!(anchor.is_trusted_at(in_2020), trusted_in_2020);
        assert_eq!(anchor.is_trusted_at(in_2012), trusted_in_2012);
    }
}

#[test]
fn an_unknown_critical_extension_keeps_a_service_from_being_an_anchor() {
    let list = changed("<tsl:Extension Critical=\"false\"><x:", "<tsl:Extension Critical=\"true\"><x:").unwrap();
    let mut store = TrustStore::new(SignatureCache::new(16));
    list.add_to(&mut store, &[CA_QC, IDENTITY_VERIFICATION]);
    assert_eq!(store.anchors().count(), 1);
}

#[test]
fn a_service_that_cannot_be_read_is_named_and_the_others_are_read() {
    for (from, to) in [
        ("<tsl:StatusStartingTime>2025-01-01T00:00:00Z", "<tsl:StatusStartingTime>2025-13-01T00:00:00Z"),
        // A hole in the history would make the service look granted for longer, or for less.
        ("<tsl:StatusStartingTime>2016-06-30T22:00:00Z", "<tsl:StatusStartingTime>"),
        ("<tsl:ServiceStatus>http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted", "<tsl:ServiceStatus>"),
    ] {
        let list = changed(from, to).unwrap();
        assert_eq!((list.services().count(), list.faults.len()), (2, 1), "{to}");
        assert_eq!(list.faults[0].service, "Firma qualificata di prova");
    }
    let list = changed("<tsl:X509Certificate>MI", "<tsl:X509Certificate>!MI").unwrap();
    assert_eq!(list.faults[0].why, ListFaultKind::Malformed("X509Certificate"));
    assert_eq!(list.services().count(), 3);
    assert!(list.services().next().unwrap().1.certificates.is_empty());
    let list = changed("<tsl:X509Certificate>MI", "<tsl:X509Certificate>AAAAMI").unwrap();
    assert!(matches!(list.faults[0].why, ListFaultKind::Certificate(_)));
}

#[test]
fn a_comment_does_not_cut_a_value_short() {
    let list = changed("Svcstatus/withdrawn<", "Svcstatus/<!-- x -->withdrawn<").unwrap();
    assert!(list.services().next().unwrap().1.current.status.ends_with("/withdrawn"));
}

#[test]
fn each_fault_of_the_list_has_its_error() {
    let error = |from, to| changed(from, to).unwrap_err();
    assert_eq!(error(">6</", ">7</"), TrustedListError::Version(7));
    assert!(changed(">6</", ">5</").is_ok());
    assert_eq!(error(">42</", ">-42</"), TrustedListError::Malformed("TSLSequenceNumber"));
    assert_eq!(error(">2026-01-10T10:00:00Z<", "><"), TrustedListError::Malformed("ListIssueDateTime"));
    assert_eq!(
        error(">IT</tsl:SchemeTerritory", "></tsl:SchemeTerritory"),
        TrustedListError::Malformed("SchemeTerritory")
    );
    assert_eq!(error("/02231/v2#", "/02231/v3#"), TrustedListError::NotATrustedList);
    let closed = changed("<tsl:dateTime>2026-07-10T12:00:00+02:00</tsl:dateTime>", "").unwrap();
    assert_eq!(closed.next_update, None);
    let doctype = changed("?>", "?><!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/hostname\">]>");
    assert_eq!(doctype.unwrap_err(), TrustedListError::Xml(XmlError::Doctype));
    assert_eq!(read("<a/>").unwrap_err(), TrustedListError::NotATrustedList);
}

#[test]
fn truncated_anywhere_it_is_refused() {
    let good = synthetic();
    let end = good.trim_end().len();
    for length in (0..end).step_by(7).filter(|length| good.is_char_boundary(*length)) {
        assert!(read(good.get(..length).unwrap()).is_err(), "cut at {length}");
    }
}

/// Counted with Python's `ElementTree`: territory, services, certificates that identify them, instances of histories.
const SEPTEMBER_2023: &str = include_str!("september_2023.tsv");

#[test]
fn the_real_lists_of_2023_read_whole() {
    let folder = root().join("../shared/trusted-lists/2023-09");
    if !folder.is_dir() {
        return;
    }
    for row in SEPTEMBER_2023.lines().filter(|row| !row.starts_with('#')) {
        let [file, territory, services, certificates, history] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let list = TrustedList::from_xml(&fs::read(folder.join(file)).unwrap()).unwrap();
        assert!(list.faults.is_empty(), "{file}: {:?}", list.faults);
        let sum = |count: fn(&varco::trust::trusted_list::ListedService) -> usize| -> String {
            list.services().map(|(_, service)| count(service)).sum::<usize>().to_string()
        };
        assert_eq!(list.territory, territory, "{file}");
        assert_eq!(list.services().count().to_string(), services, "services of {file}");
        assert_eq!(sum(|service| service.certificates.len()), certificates, "certificates of {file}");
        assert_eq!(sum(|service| service.history.len()), history, "history of {file}");
    }
    italian(&folder);
}

fn italian(folder: &Path) {
    let list = TrustedList::from_xml(&fs::read(folder.join("IT.xml")).unwrap()).unwrap();
    for service_type in [CA_QC, IDENTITY_VERIFICATION] {
        let mut store = TrustStore::new(SignatureCache::new(16));
        list.add_to(&mut store, &[service_type]);
        assert!(store.anchors().any(|anchor| anchor.is_trusted_at(utc_datetime!(2023-09-15 0:00))), "{service_type}");
    }
}
