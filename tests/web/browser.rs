//! The page in a real browser: seen, by keyboard only, with scripts and without, on wide and narrow screens.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use varco::web::PageSettings;

use crate::web::driver::{Browser, ENTER, Scripts, TAB};
use crate::web::generous;
use crate::web::site::{Demo, Site};

/// CSS pixels: a desk, a telephone, and WCAG 2.1 SC 1.4.10 (1280 pixels at 400 %).
const WIDTHS: [u32; 3] = [1280, 360, 320];

fn settings() -> PageSettings {
    PageSettings {
        owner: Some("Regione di Esempio".to_owned()),
        accessibility_statement: Some("https://example.org/accessibilita".to_owned()),
        privacy_notice: Some("https://example.org/privacy".to_owned()),
        ..generous()
    }
}

#[test]
fn every_page_is_accessible_at_every_width() {
    Site::run(settings(), async |site| {
        let browser = Browser::start(Scripts::Run).await;
        browser.open(&site.address).await;
        look(&browser, "form").await;
        browser.run("document.querySelectorAll('details').forEach((part) => { part.open = true; }); done();").await;
        look(&browser, "form-open").await;
        for (name, file) in [
            ("accepted", "good-cns.p7m"),
            ("accepted-two", "nested.p7m.p7m"),
            ("rejected", "altered.p7m"),
            ("rejected-person", "wrong-person.p7m"),
            ("undetermined", "revoked.p7m"),
        ] {
            submit(&browser, site, &Demo::row(file)).await;
            look(&browser, name).await;
        }
        browser.click(".varco-signature summary").await;
        look(&browser, "details").await;

        let unsigned = tempfile::Builder::new().suffix(".txt").tempfile().unwrap();
        fs::write(unsigned.path(), "Testo senza firma").unwrap();
        browser.open(&site.address).await;
        browser.fill("#documento", unsigned.path().to_str().unwrap()).await;
        browser.click("#invia").await;
        assert_eq!(browser.text("#problema").await, "Il documento non è firmato");
        look(&browser, "refusal").await;

        browser.open(&site.address).await;
        browser.fill("#documento", unsigned.path().to_str().unwrap()).await;
        browser.fill("#codice-fiscale", "PRVCRD90A41H501X").await;
        browser.click("#invia").await;
        look(&browser, "form-wrong").await;
        assert_eq!(browser.focused().await, "errori");

        browser.open(&site.address).await;
        browser.click("#invia").await;
        assert_eq!(browser.focused().await, "documento");
        assert_eq!(browser.text("#documento-errore").await, "Manca il documento da verificare: sceglierlo.");
        look(&browser, "form-empty").await;
    });
}

#[test]
fn a_document_is_verified_by_keyboard_only() {
    Site::run(settings(), async |site| {
        let browser = Browser::start(Scripts::Run).await;
        let row = Demo::row("good-cns.p7m");
        browser.open(&site.address).await;
        let mut visited = Vec::new();
        for _ in 0..9 {
            browser.press(TAB).await;
            visited.push(browser.focused().await);
            let shown = browser
                .run(
                    "const style = getComputedStyle(document.activeElement); \
                done(style.outlineStyle !== 'none' || style.boxShadow !== 'none');",
                )
                .await;
            assert_eq!(shown, Value::Bool(true), "the focus on {visited:?} is not seen");
        }
        assert_eq!(visited[0], "Vai al contenuto principale");
        assert_eq!(visited[1..3], ["Italiano", "English"]);
        assert_eq!(visited[4..6], ["documento", "codice-fiscale"]);
        assert_eq!(visited[8], "invia");
        // The dialogue that chooses a file belongs to the system; the driver stands in for it.
        browser.fill("#documento", row.path().to_str().unwrap()).await;
        browser.run("document.getElementById('documento').focus(); done();").await;
        browser.press(TAB).await;
        browser.press(&row.fiscal_code).await;
        browser.press(ENTER).await;
        assert_eq!(browser.text("#verdetto").await, "Documento accettato");
        assert_eq!(browser.complaints().await, [""; 0]);
    });
}

#[test]
fn a_document_is_verified_without_scripts() {
    Site::run(settings(), async |site| {
        let browser = Browser::start(Scripts::Blocked).await;
        browser.open(&site.address).await;
        browser.fill("#codice-fiscale", "PRVCRD90A41H501X").await;
        browser.click("#invia").await;
        assert!(browser.text("#errori").await.contains("Manca il documento da verificare"));
        assert_eq!(browser.focused().await, "errori");
        assert_eq!(browser.text("#stato").await, "", "scripts run");
        for (file, title) in [
            ("good-qualified.p7m", "Documento accettato"),
            ("wrong-person.p7m", "Documento respinto"),
            ("expired.p7m", "Verdetto indeterminato"),
        ] {
            submit(&browser, site, &Demo::row(file)).await;
            assert_eq!(browser.text("#verdetto").await, title);
        }
        browser.click(".varco-again a").await;
        browser.click("a[hreflang=en]").await;
        assert_eq!(browser.text("h1").await, "Verify a signed document");
        browser.click("#invia").await;
        assert!(browser.text("#errori").await.contains("The document to be verified is missing"));
    });
}

#[test]
fn the_page_is_as_accessible_in_english() {
    Site::run(settings(), async |site| {
        let browser = Browser::start(Scripts::Run).await;
        browser.open(&site.address).await;
        assert_eq!(language(&browser).await, "it");
        browser.click("a[hreflang=en]").await;
        assert_eq!(browser.text("h1").await, "Verify a signed document");
        look(&browser, "form-english").await;
        for (file, name, title) in [
            ("good-cns.p7m", "accepted-english", "Document accepted"),
            ("revoked.p7m", "undetermined-english", "Verdict undetermined"),
        ] {
            browser.open(&format!("{}?lang=en", site.address)).await;
            browser.fill("#documento", Demo::row(file).path().to_str().unwrap()).await;
            browser.click("#invia").await;
            assert_eq!(browser.text("#verdetto").await, title);
            assert_eq!(language(&browser).await, "en");
            look(&browser, name).await;
        }
        browser.click(".varco-again a").await;
        assert_eq!(browser.text("h1").await, "Verify a signed document");
        let unsigned = tempfile::Builder::new().suffix(".txt").tempfile().unwrap();
        browser.fill("#documento", unsigned.path().to_str().unwrap()).await;
        browser.fill("#codice-fiscale", "PRVCRD90A41H501X").await;
        browser.click("#invia").await;
        assert!(browser.text("#errori").await.contains("The check character, the last one, does not follow"));
        look(&browser, "form-wrong-english").await;
        browser.click("a[hreflang=it]").await;
        assert_eq!(browser.text("h1").await, "Verifica un documento firmato");
    });
}

#[test]
fn what_scripts_say_is_in_the_language_of_the_page() {
    Site::run(settings(), async |site| {
        let browser = Browser::start(Scripts::Run).await;
        browser.open(&format!("{}?lang=en", site.address)).await;
        browser.click("#invia").await;
        assert_eq!(browser.text("#documento-errore").await, "The document to be verified is missing: choose it.");
    });
}

#[test]
fn the_report_as_a_file_is_accessible_and_asks_nobody_for_anything() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let browser = Browser::start(Scripts::Run).await;
        let folder = tempfile::tempdir().unwrap();
        let pki = Demo::folder().join("pki");
        let pdf = |name: &str| Path::new("fixtures/pdf").join(name).join("input.pdf");
        for (file, path, language) in [
            ("two-signers.p7m", Demo::row("two-signers.p7m").path(), "it"),
            ("revoked.p7m", Demo::row("revoked.p7m").path(), "en"),
            ("altered.p7m", Demo::row("altered.p7m").path(), "it"),
            ("changed.pdf", pdf("page-2-text"), "it"),
            ("twice-signed.pdf", pdf("good-second-visible"), "en"),
        ] {
            let report = folder.path().join(format!("{file}.html"));
            let mut varco = Command::new(env!("CARGO_BIN_EXE_varco"));
            varco.arg("verify").arg("--trust").arg(pki.join("trust")).arg("--crl").arg(pki.join("crl"));
            varco.args(["--format", "html", "--language", language, "--output"]).arg(&report).arg(path);
            assert!(varco.status().unwrap().code().is_some_and(|code| code < 2), "{file}");
            browser.open(&format!("file://{}", report.display())).await;
            assert_eq!(self::language(&browser).await, language);
            look(&browser, &format!("report-{file}")).await;
            let asked = browser.run("done(performance.getEntriesByType('resource').length);").await;
            assert_eq!(asked, 0, "{file}");
            let styled = browser.run("done(getComputedStyle(document.querySelector('h1')).color);").await;
            assert_ne!(styled, "rgb(0, 0, 0)", "the style sheet was refused");
        }
    });
}

#[test]
fn a_document_may_be_dropped() {
    Site::run(settings(), async |site| {
        let browser = Browser::start(Scripts::Run).await;
        browser.open(&site.address).await;
        browser
            .run(
                "const files = new DataTransfer(); files.items.add(new File(['Testo senza firma'], 'a.p7m')); \
            document.querySelector('[data-drop]').dispatchEvent(new DragEvent('drop', {dataTransfer: files})); done();",
            )
            .await;
        browser.click("#invia").await;
        assert_eq!(browser.text("#problema").await, "Il documento non è firmato");
    });
}

async fn submit(browser: &Browser, site: &Site, row: &Demo) {
    browser.open(&site.address).await;
    browser.fill("#documento", row.path().to_str().unwrap()).await;
    browser.fill("#codice-fiscale", &row.fiscal_code).await;
    browser.click("#invia").await;
}

/// What the page says that it speaks.
async fn language(browser: &Browser) -> String {
    browser.run("done(document.documentElement.lang);").await.as_str().unwrap().to_owned()
}

/// Takes pictures of a page, and looks for what keeps people out.
async fn look(browser: &Browser, name: &str) {
    let axe = fs::read_to_string("target/vectors/axe/axe.min.js").unwrap();
    for width in WIDTHS {
        browser.width(width).await;
        browser.picture(&PathBuf::from(format!("target/pictures/{name}-{width}.png"))).await;
        let overflow = browser.run("done(document.documentElement.scrollWidth - window.innerWidth);").await;
        assert!(overflow.as_i64().unwrap() <= 0, "{name} at {width}: {overflow} pixels too wide");
        let found = browser.run(&format!("{axe};\naxe.run().then((found) => done(found.violations));")).await;
        assert_eq!(found, Value::Array(Vec::new()), "{name} at {width}");
    }
    browser.own_width().await;
    assert_eq!(browser.complaints().await, [""; 0], "{name}");
}
