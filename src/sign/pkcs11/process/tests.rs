use super::*;
use crate::sign::pkcs11::Tokens;
use crate::sign::pkcs11::catalogue::TryFlags;

#[test]
fn opensc_gets_our_configuration_unless_it_has_another_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let ours = folder.path().join("opensc.conf");
    let of = |id: &str, set: &[(&'static str, &str)]| {
        let names: &'static [&'static str] =
            if id == "opensc" { &["OPENSC_CONF", "PCSCLITE_CSOCK_NAME"] } else { &["HOME"] };
        let (path, tries, tokens) = (PathBuf::from("/module.so"), TryFlags::Standard, Tokens::Cards);
        let module = Module { id: id.to_owned(), path, environment: names, tries, tokens };
        let set = set.iter().map(|(name, value)| (*name, OsString::from(value))).collect();
        environment(&module, &WorkerSettings::new(set, Duration::ZERO), &ours)
    };
    assert_eq!(of("opensc", &[]), [], "it is not installed");
    std::fs::write(&ours, "").unwrap();
    assert_eq!(of("opensc", &[("HOME", "/home/prova")]), [("OPENSC_CONF", ours.clone().into_os_string())]);
    assert_eq!(of("opensc", &[("OPENSC_CONF", "/altra")]), [("OPENSC_CONF", "/altra".into())]);
    assert_eq!(of("bit4id", &[("HOME", "/home/prova")]), [("HOME", "/home/prova".into())]);
}
