use super::*;

fn settings(path: &str) -> ModuleSettings {
    let added = BTreeMap::from([("mine".to_owned(), vec![PathBuf::from(path)])]);
    ModuleSettings { added, ..ModuleSettings::default() }
}

#[test]
fn only_ids_of_the_catalogue_lead_to_a_file() {
    let none = ModuleSettings::default();
    for id in ["", "mine", "/usr/lib/softhsm/libsofthsm2.so", "../softhsm2", "SoftHSM2"] {
        assert!(matches!(none.find(id), Err(ModuleError::Unknown { .. })), "{id}");
    }
    let looked_at = match settings("/nonexistent/module.so").find("mine") {
        Err(ModuleError::NotInstalled { looked_at, .. }) => looked_at,
        other => panic!("{other:?}"),
    };
    assert_eq!(looked_at, [PathBuf::from("/nonexistent/module.so")]);
}

#[test]
fn every_variable_that_a_module_gets_is_listed() {
    let wanted = KNOWN.iter().map(|known| known.environment).chain([ADDED]).flatten();
    for name in wanted {
        assert!(ENVIRONMENT.contains(name), "{name}");
    }
    assert!(KNOWN.is_sorted_by_key(|known| known.id), "in the order of their ids");
}

#[test]
fn what_others_could_write_is_not_loaded() {
    // /tmp is root's and everybody's to write to; a folder is no module.
    assert!(matches!(settings("/usr/lib").find("mine"), Err(ModuleError::NotTrusted { why: Distrust::NotAFile, .. })));
    let file = tempfile::Builder::new().tempfile_in("/tmp").unwrap();
    let path = file.path().to_str().unwrap();
    match settings(path).find("mine") {
        Err(ModuleError::NotTrusted { why: Distrust::Writable(place) | Distrust::Owner(place), .. }) => {
            assert!(path.starts_with(place.to_str().unwrap()), "{}", place.display());
        }
        other => panic!("{other:?}"),
    }
}
