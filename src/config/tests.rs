use std::time::Duration;

use crate::blob::{BlobPlace, S3Key};
use crate::config::{Config, Environment, Fault};
use crate::sign::pkcs11::{ModuleSettings, Owners};

const GOOD: &str = r#"
[listen]
address = "127.0.0.1:8443"
tls_certificate = "/etc/varco/tls.pem"
tls_key = "/etc/varco/tls.key"
[store]
url = "sqlite:/var/lib/varco/varco.db"
[trust]
anchors = ["/etc/varco/anchors"]
[limits]
idle_seconds = 5
"#;

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn faults(text: &str, variables: &[(&str, &str)]) -> Vec<String> {
    Config::parse(text, &environment(variables)).unwrap_err().iter().map(Fault::to_string).collect()
}

#[test]
fn a_short_file_is_enough_and_the_environment_goes_before_it() {
    let config = Config::parse(GOOD, &environment(&[])).unwrap();
    assert_eq!(config.connections.idle, Duration::from_secs(5));
    assert_eq!(config.page, None);
    assert_eq!(config.admin.unwrap().to_string(), "127.0.0.1:9464");
    let variables = environment(&[
        ("VARCO_LIMITS__IDLE_SECONDS", "7"),
        ("VARCO_PAGE__ENABLED", "true"),
        ("VARCO_ADMIN__ADDRESS", "off"),
        ("VARCO_TRUST__CRLS", "/a:/b"),
        ("VARCO_REQUIRE_SUITES", "1"),
    ]);
    let config = Config::parse(GOOD, &variables).unwrap();
    assert_eq!(config.connections.idle, Duration::from_secs(7));
    assert_eq!((config.page.is_some(), config.admin, config.trust.crls.len()), (true, None, 2));
}

#[test]
fn the_trail_is_sealed_with_key_and_name_or_not_at_all() {
    assert_eq!(Config::parse(GOOD, &environment(&[])).unwrap().seal, None);
    let (key, origin) = (("VARCO_AUDIT__KEY", "/k.pem"), ("VARCO_AUDIT__ORIGIN", "varco.example/registro"));
    let seal = Config::parse(GOOD, &environment(&[key, origin])).unwrap().seal.unwrap();
    assert_eq!((seal.key.to_str(), seal.origin.to_string().as_str()), (Some("/k.pem"), "varco.example/registro"));
    for wrong in [&[key][..], &[origin], &[key, ("VARCO_AUDIT__ORIGIN", "a b")]] {
        assert_eq!(faults(GOOD, wrong).len(), 1, "{wrong:?}");
    }
}

#[test]
fn every_mistake_is_named_with_its_line_and_what_to_write() {
    let text = "[listen]\naddress = \"localhost\"\ntls_certificate = 1\nport = 8443\n[limits]\nidle_seconds = 0\n[lsten]\na = 1\n";
    let faults = faults(text, &[("VARCO_LOG__LEVEL", "loud")]);
    let expected = [
        "riga 2, listen.address: serve un indirizzo IP con la porta",
        "riga 3, listen.tls_certificate: serve un testo fra virgolette",
        "riga 4, listen.port: impostazione sconosciuta; in [listen] ci sono: address, tls_certificate, tls_key, public_url",
        "riga 6, limits.idle_seconds: serve un numero di secondi da 1 a 86400",
        "riga 8, lsten.a: sezione sconosciuta; le sezioni sono: admin, audit, documents, limits",
        "variabile VARCO_LOG__LEVEL: serve uno fra error, warn, info, debug",
        "trust.anchors: manca",
        "listen.tls_key: manca",
        "store: serve uno e uno solo",
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for expected in expected {
        assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{expected}\n{faults:#?}");
    }
}

#[test]
fn what_is_not_toml_is_named_with_its_line() {
    assert!(faults("[listen]\naddress = \n", &[])[0].starts_with("riga 2: non è TOML"));
    assert!(faults("address = \"x\"\n", &[])[0].starts_with("riga 1, address: sta fuori da una sezione"));
}

#[test]
fn passwords_stand_in_files_of_their_own() {
    let with = |url: &str| GOOD.replace("sqlite:/var/lib/varco/varco.db", url);
    let faults = faults(&with("postgres://varco:secret@db/varco"), &[]);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("store.url_file") && !faults[0].contains("secret"));

    assert!(self::faults(&with("postgres://varco@db/varco"), &[])[0].contains("sslmode=verify-full"));

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("store-url"), "postgres://varco:secret@db/varco?sslmode=verify-full\n").unwrap();
    let text = GOOD.replace("url = \"sqlite:/var/lib/varco/varco.db\"", "url_credential = \"store-url\"");
    let directory = folder.path().to_str().unwrap();
    let config = Config::parse(&text, &environment(&[("CREDENTIALS_DIRECTORY", directory)])).unwrap();
    assert_eq!(format!("{:?}", config.store), "StoreUrl(Postgres)");
    let text = text.replace("url_credential = \"store-url\"", &format!("url_file = \"{directory}/store-url\""));
    assert!(Config::parse(&text, &environment(&[])).is_ok());
}

#[test]
fn the_page_is_there_only_where_it_is_switched_on_and_leads_to_nothing_that_a_browser_would_run() {
    let page = |settings: &str| Config::parse(&format!("{GOOD}\n[page]\n{settings}"), &environment(&[]));
    assert_eq!(page("owner = \"Regione di Esempio\"").unwrap().page, None);
    let shown = page("enabled = true\nowner = \"Regione di Esempio\"").unwrap().page.unwrap();
    assert_eq!(shown.owner.as_deref(), Some("Regione di Esempio"));
    for wrong in ["privacy_notice = \"javascript:alert(1)\"", "burst = 0", "owner = \" \""] {
        assert!(page(&format!("enabled = true\n{wrong}")).is_err(), "{wrong}");
    }
}

#[test]
fn documents_are_in_a_folder_or_in_a_bucket_with_all_that_it_takes() {
    let place =
        |variables: &[(&str, &str)]| Config::parse(GOOD, &environment(variables)).map(|config| config.documents);
    assert_eq!(place(&[]), Ok(None));
    let folder = ("VARCO_DOCUMENTS__PLACE", "file:/var/lib/varco/documents");
    assert_eq!(place(&[folder]), Ok(Some(BlobPlace::Folder("/var/lib/varco/documents".into()))));
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "segreto\n").unwrap();
    let s3 = [
        ("VARCO_DOCUMENTS__PLACE", "s3://varco/prova/"),
        ("VARCO_DOCUMENTS__S3_ENDPOINT", "https://s3.example"),
        ("VARCO_DOCUMENTS__S3_REGION", "eu-south-1"),
        ("VARCO_DOCUMENTS__S3_KEY_ID", "chiave"),
        ("VARCO_DOCUMENTS__S3_SECRET_FILE", secret.path().to_str().unwrap()),
    ];
    let Ok(Some(BlobPlace::S3(found))) = place(&s3) else { panic!("no bucket") };
    assert_eq!((found.bucket.as_str(), found.prefix.as_str()), ("varco", "prova"));
    assert_eq!(found.key, S3Key { id: "chiave".to_owned(), secret: "segreto".into() });
    for missing in 0..s3.len() {
        let some: Vec<_> = s3.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, one)| *one).collect();
        assert_eq!(faults(GOOD, &some).len(), 1, "{missing}");
    }
    let wrong = [
        &[folder, s3[2]][..],
        &[("VARCO_DOCUMENTS__PLACE", "file:documents")],
        &[("VARCO_DOCUMENTS__PLACE", "s3:///x")],
        &[s3[0], ("VARCO_DOCUMENTS__S3_ENDPOINT", "http://s3.example"), s3[2], s3[3], s3[4]],
        &[("VARCO_RETENTION__DOCUMENT_DAYS", "30")],
    ];
    for wrong in wrong {
        assert_eq!(faults(GOOD, wrong).len(), 1, "{wrong:?}");
    }
    let kept = environment(&[folder, ("VARCO_RETENTION__DOCUMENT_DAYS", "30")]);
    assert_eq!(Config::parse(GOOD, &kept).unwrap().retention.documents, Some(Duration::from_hours(24 * 30)));
}

#[test]
fn modules_of_cards_are_named_by_an_id_and_read_without_the_rest() {
    let text = "[sign]\nmodule_seconds = 9\nown_modules = true\n[sign.modules]\nopensc = \"/opt/opensc.so\"\naruba = [\"/a.so\", \"/b.so\"]\n";
    let config = Config::parse(&format!("{GOOD}{text}"), &environment(&[])).unwrap();
    assert_eq!(config.modules.allowed, Duration::from_secs(9));
    assert_eq!(config.modules.owners, Owners::RootAndThisUser);
    assert_eq!(config.modules.added["aruba"].len(), 2);
    assert_eq!(config.modules.ids().iter().filter(|id| *id == "opensc").count(), 1);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("[listen]\nport = true\n{text}")).unwrap();
    let added = ("VARCO_SIGN__MODULES", "uno=/1.so,due=/2.so");
    let modules = Config::load_modules(Some(file.path()), &environment(&[added, ("VARCO_LOG__LEVEL", "x")])).unwrap();
    assert_eq!(modules.added.keys().collect::<Vec<_>>(), ["due", "uno"]);
    assert_eq!(Config::load_modules(None, &environment(&[])).unwrap(), ModuleSettings::default());
    for wrong in ["a", "a=b", "A=/a", "a b=/a", "=/a"] {
        assert_eq!(
            Config::load_modules(None, &environment(&[("VARCO_SIGN__MODULES", wrong)])).unwrap_err().len(),
            1,
            "{wrong}"
        );
    }
    std::fs::write(file.path(), "[sign]\nmodul = 1\n").unwrap();
    assert_eq!(Config::load_modules(Some(file.path()), &environment(&[])).unwrap_err().len(), 1);
}
