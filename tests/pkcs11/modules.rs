//! Which modules are loaded, and which tokens are found.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use varco::sign::pkcs11::{AfterUse, Distrust, ModuleError, ModuleSettings, Owners, SignError, Token, tokens};

use super::{module_at, settings, workers};
use crate::support::hsm::{FaultyModule, Hsm, compile};

const ALLOWED: Duration = Duration::from_mins(1);

fn private_folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

#[test]
fn a_module_that_others_could_write_is_not_loaded() {
    let module = FaultyModule::new("NONE");
    let found = |mode: u32| {
        fs::set_permissions(module.path(), fs::Permissions::from_mode(mode)).unwrap();
        settings(&module.path()).find("prova")
    };
    assert!(found(0o755).is_ok());
    for mode in [0o775, 0o757] {
        match found(mode) {
            Err(ModuleError::NotTrusted { why: Distrust::Writable(place), .. }) => assert_eq!(place, module.path()),
            other => panic!("{other:?}"),
        }
    }
    assert!(found(0o755).is_ok());
    let folder = module.path().parent().unwrap().to_owned();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    match settings(&module.path()).find("prova") {
        Err(ModuleError::NotTrusted { why: Distrust::Writable(place), .. }) => assert_eq!(place, folder),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_module_of_another_user_is_not_loaded() {
    let module = FaultyModule::new("NONE");
    if !rustix::process::geteuid().is_root() {
        // Ours, and so loaded only where the settings say so.
        let strict = ModuleSettings { owners: Owners::Root, ..settings(&module.path()) };
        assert!(matches!(strict.find("prova"), Err(ModuleError::NotTrusted { why: Distrust::Owner(_), .. })));
        return;
    }
    std::os::unix::fs::chown(module.path(), Some(65_534), None).unwrap();
    match settings(&module.path()).find("prova") {
        Err(ModuleError::NotTrusted { why: Distrust::Owner(place), .. }) => assert_eq!(place, module.path()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_link_is_as_good_as_what_it_leads_to() {
    let folder = private_folder();
    let link = folder.path().join("link.so");
    std::os::unix::fs::symlink("/tmp", &link).unwrap();
    assert!(matches!(settings(&link).find("prova"), Err(ModuleError::NotTrusted { why: Distrust::NotAFile, .. })));
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("/nonexistent", &link).unwrap();
    assert!(matches!(settings(&link).find("prova"), Err(ModuleError::NotTrusted { why: Distrust::Unreadable(_), .. })));
}

#[test]
fn what_is_no_module_is_said_to_be_none() {
    let folder = private_folder();
    let text = folder.path().join("text.so");
    fs::write(&text, "this is no library").unwrap();
    let empty = folder.path().join("empty.so");
    fs::write(&empty, "").unwrap();
    let library = folder.path().join("library.so");
    let source = folder.path().join("library.c");
    fs::write(&source, "int nothing = 0;\n").unwrap();
    compile(&[source.to_str().unwrap()], &library);
    for path in [&text, &empty, &library] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        let found = tokens(&module_at(path), &workers(Hsm::shared(), ALLOWED));
        assert!(matches!(found, Err(SignError::NotAModule)), "{}: {found:?}", path.display());
    }
}

#[test]
fn a_token_is_found_by_its_label_or_serial_number_or_alone() {
    let find = |wanted: Option<&str>| {
        let module = ModuleSettings::default().find("softhsm2").unwrap();
        Token::find(module, wanted, AfterUse::LogOut, workers(Hsm::shared(), ALLOWED))
    };
    let alone = find(None).unwrap();
    assert_eq!(alone.facts().label, "FIRMA");
    assert_eq!(find(Some(&alone.facts().serial)).unwrap().facts(), alone.facts());
    match find(Some("firma")) {
        Err(SignError::TokenAbsent { present }) => assert_eq!(present, [alone.facts().clone()]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_a_token_there_is_none() {
    let folder = TempDir::new().unwrap();
    let configuration = folder.path().join("softhsm2.conf");
    fs::write(&configuration, format!("directories.tokendir = {}\n", folder.path().display())).unwrap();
    let mut workers = workers(Hsm::shared(), ALLOWED);
    workers.environment = vec![("SOFTHSM2_CONF", configuration.into_os_string())];
    let module = ModuleSettings::default().find("softhsm2").unwrap();
    assert_eq!(tokens(&module, &workers).unwrap(), []);
    assert!(matches!(Token::find(module, None, AfterUse::LogOut, workers), Err(SignError::NoToken)));
}

#[test]
fn a_program_that_is_no_worker_is_found_out() {
    let module = ModuleSettings::default().find("softhsm2").unwrap();
    for program in ["/nonexistent/varco", "/bin/true", "/bin/yes", "/bin/sleep"] {
        let mut workers = workers(Hsm::shared(), Duration::from_secs(2));
        workers.program = Path::new(program).to_owned();
        let found = tokens(&module, &workers);
        assert!(matches!(found, Err(SignError::Process(_))), "{program}: {found:?}");
    }
}
