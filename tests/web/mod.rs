//! The page for people: what a browser without scripts sends and gets; then a real one, with scripts and without.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod browser;
mod driver;
mod site;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_ENCODING, RETRY_AFTER};
use reqwest::multipart::{Form, Part};
use varco::web::PageSettings;

use crate::web::site::{Demo, Site, text_of};

#[test]
fn every_demonstration_file_gets_its_verdict() {
    Site::run(generous(), async |site| {
        for row in Demo::rows() {
            let token = site.token().await;
            let mut form = token.form().text("fiscal_code", row.fiscal_code.clone()).part("file", row.part());
            if let Some(detached) = row.detached() {
                form = form.part("detached", detached);
            }
            let (status, page) = site.submit(&token, form).await;
            let title = match row.verdict.as_str() {
                "accepted" => "Documento accettato",
                "rejected" => "Documento respinto",
                _ => "Verdetto indeterminato",
            };
            assert_eq!(status, StatusCode::OK, "{}", row.file);
            assert!(page.contains(&format!("</svg>{title}</h1>")), "{}: {page}", row.file);
            assert!(page.contains(&row.file) && text_of(&page).contains(&row.indication), "{}", row.file);
        }
    });
}

#[test]
fn what_cannot_be_examined_is_told_in_the_words_of_the_problem_documents() {
    Site::run(generous(), async |site| {
        let large = vec![b'a'; 3 << 20];
        for (octets, status, title) in [
            (&b"Testo senza firma"[..], 422, "Il documento non è firmato"),
            (b"", 422, "Il documento è vuoto"),
            (b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80", 422, "La busta firmata è danneggiata"),
            (&large, 413, "Il documento è troppo grande"),
        ] {
            let token = site.token().await;
            let form = token.form().part("file", Part::bytes(octets.to_vec()).file_name("documento.p7m"));
            let (got, page) = site.submit(&token, form).await;
            assert_eq!(got.as_u16(), status, "{title}");
            assert!(page.contains(&format!("</svg>{title}</h1>")), "{page}");
        }
    });
}

#[test]
fn a_pdf_under_a_password_opens_with_it() {
    const PDF: &[u8] = include_bytes!("../../fixtures/pdf/good-encrypted-aes-256-password/input.pdf");
    Site::run(generous(), async |site| {
        for (password, status, told) in [
            ("", 422, "Il documento è protetto da una password"),
            ("un'altra", 422, "La password indicata non apre il PDF"),
            ("solo per le prove", 200, "Verdetto indeterminato"),
        ] {
            let token = site.token().await;
            let form = token.form().text("password", password).part("file", Part::bytes(PDF).file_name("protetto.pdf"));
            let (got, page) = site.submit(&token, form).await;
            assert_eq!(got.as_u16(), status, "{told}");
            assert!(
                text_of(&page).contains(told) && !page.contains("un'altra") && !page.contains("per le prove"),
                "{page}"
            );
        }
    });
}

#[test]
fn a_form_to_be_corrected_says_what_and_keeps_what_was_typed() {
    Site::run(generous(), async |site| {
        let token = site.token().await;
        let form = token.form().text("fiscal_code", "PRVCRD\"><b>").part("file", Part::bytes(Vec::new()).file_name(""));
        let (status, page) = site.submit(&token, form).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(page.contains("<title>Errore: "));
        assert!(page.contains("Manca il documento da verificare"), "{page}");
        assert!(text_of(&page).contains("Il carattere 7 del codice fiscale"), "{page}");
        assert!(page.contains("aria-invalid=\"true\"") && page.contains("PRVCRD") && !page.contains("<b>"), "{page}");
    });
}

#[test]
fn a_name_that_would_deceive_is_shown_harmless() {
    Site::run(generous(), async |site| {
        let row = Demo::row("good-cns.p7m");
        let token = site.token().await;
        let part = Part::bytes(row.octets()).file_name("<script>a\u{202e}b</script>.p7m");
        let (_, page) = site.submit(&token, token.form().part("file", part)).await;
        assert!(!page.contains("<script>a") && !page.contains('\u{202e}'), "{page}");
        assert!(page.contains("\\u{202e}"), "{page}");
    });
}

#[test]
fn the_page_speaks_the_language_that_is_asked_for() {
    Site::run(generous(), async |site| {
        for (address, preferred, spoken) in [
            ("", None, "it"),
            ("", Some("en-GB,en;q=0.9"), "en"),
            ("", Some("de,it;q=0.5,en;q=0.4"), "it"),
            ("?lang=en", None, "en"),
            ("?lang=it", Some("en"), "it"),
            ("?lang=xx&a=b", Some("en"), "en"),
            ("?a=b&lang=en", Some("it"), "en"),
        ] {
            let mut request = site.client.get(format!("{}{address}", site.address));
            if let Some(preferred) = preferred {
                request = request.header("accept-language", preferred);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.headers()["content-language"], spoken, "{address} {preferred:?}");
            assert_eq!(answer.headers()["vary"], "Accept-Language");
            assert_eq!(answer.headers().get_all("set-cookie").iter().count(), 1, "no language is kept");
            let page = answer.text().await.unwrap();
            assert!(page.contains(&format!("<html lang=\"{spoken}\">")), "{page}");
            assert!(page.contains(&format!("action=\"/?lang={spoken}\"")), "{page}");
            let here = format!("hreflang=\"{spoken}\" lang=\"{spoken}\" aria-current=\"true\"");
            assert!(page.contains(&here) && page.matches("aria-current").count() == 1, "{page}");
        }
        let token = site.token().await;
        let post = |form| {
            site.client.post(format!("{}?lang=en", site.address)).header("cookie", token.cookie.clone()).multipart(form)
        };
        let verdict = post(token.form().part("file", Demo::row("wrong-person.p7m").part())).send().await.unwrap();
        assert_eq!(verdict.headers()["content-language"], "en");
        assert!(verdict.text().await.unwrap().contains("</svg>Document accepted</h1>"));
        let unsigned = token.form().part("file", Part::bytes(b"no signature".to_vec()).file_name("a.p7m"));
        let refusal = text_of(&post(unsigned).send().await.unwrap().text().await.unwrap());
        assert!(refusal.contains("The document is not signed") && refusal.contains("Back to the form"), "{refusal}");
        let foreign = post(Form::new().text("token", "x")).send().await.unwrap();
        assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
        assert!(foreign.text().await.unwrap().contains("</svg>The form has expired</h1>"));
    });
}

#[test]
fn only_our_own_form_is_taken() {
    Site::run(generous(), async |site| {
        let (ours, other) = (site.token().await, site.token().await);
        let form = |value: Option<&str>| {
            let form = value.map_or_else(Form::new, |value| Form::new().text("token", value.to_owned()));
            form.part("file", Demo::row("good-cns.p7m").part())
        };
        let post = |form| site.client.post(&site.address).multipart(form);
        let with_cookie = |form| post(form).header("cookie", ours.cookie.clone());
        for (what, request) in [
            ("no cookie", post(form(Some(&ours.value)))),
            ("no token", with_cookie(form(None))),
            ("another token", with_cookie(form(Some(&other.value)))),
            ("the token last", with_cookie(form(None).text("token", ours.value.clone()))),
            ("another site", with_cookie(form(Some(&ours.value))).header("sec-fetch-site", "cross-site")),
            ("a neighbour", with_cookie(form(Some(&ours.value))).header("sec-fetch-site", "same-site")),
            ("another origin", with_cookie(form(Some(&ours.value))).header("origin", "https://other.example")),
        ] {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{what}");
            assert!(answer.text().await.unwrap().contains("</svg>Modulo scaduto</h1>"), "{what}");
        }
        let own = with_cookie(form(Some(&ours.value))).header("sec-fetch-site", "same-origin");
        let origin = site.address.trim_end_matches('/');
        assert_eq!(own.header("origin", origin).send().await.unwrap().status(), StatusCode::OK);
    });
}

#[test]
fn what_is_no_form_of_ours_is_refused() {
    Site::run(generous(), async |site| {
        let token = site.token().await;
        let twice = token.form().part("file", Demo::row("good-cns.p7m").part());
        let twice = twice.part("file", Demo::row("good-cns.p7m").part());
        assert_eq!(site.submit(&token, twice).await.0, StatusCode::BAD_REQUEST);
        let unknown = token.form().text("unknown", "x");
        assert_eq!(site.submit(&token, unknown).await.0, StatusCode::BAD_REQUEST);
        let long = token.form().text("fiscal_code", "x".repeat(10_000));
        assert_eq!(site.submit(&token, long).await.0, StatusCode::BAD_REQUEST);
        let plain = site.client.post(&site.address).header("cookie", token.cookie.clone()).body("token=x");
        assert_eq!(plain.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    });
}

#[test]
fn a_client_that_submits_too_often_is_told_when_to_come_back() {
    let settings = PageSettings {
        requests_per_minute: 1.try_into().unwrap(),
        burst: 2.try_into().unwrap(),
        ..PageSettings::default()
    };
    Site::run(settings, async |site| {
        let token = site.token().await;
        for _ in 0..2 {
            assert_eq!(site.submit(&token, token.form()).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let request = site.client.post(&site.address).header("cookie", token.cookie.clone()).multipart(token.form());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait: u64 = answer.headers()[RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=61).contains(&wait));
        assert!(text_of(&answer.text().await.unwrap()).contains("riprovare fra"));
        assert_eq!(site.client.get(&site.address).send().await.unwrap().status(), StatusCode::OK);
    });
}

#[test]
fn every_answer_is_protected_and_none_is_kept_by_the_browser() {
    Site::run(generous(), async |site| {
        let token = site.token().await;
        let form = site.client.get(&site.address).send().await.unwrap();
        let refused = site.client.post(&site.address).send().await.unwrap();
        let verdict = token.form().part("file", Demo::row("two-signers.p7m").part());
        let verdict = site.client.post(&site.address).header("cookie", token.cookie.clone()).multipart(verdict);
        for answer in [form, refused, verdict.send().await.unwrap()] {
            let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            let policy = header("content-security-policy");
            assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
            assert_eq!(header("cache-control"), "no-store");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("referrer-policy"), "same-origin");
            let page = answer.text().await.unwrap();
            for forbidden in [" style=", "<style", " onclick=", " onload=", "javascript:"] {
                assert!(!page.contains(forbidden), "{forbidden}");
            }
            assert_eq!(page.matches("<script").count(), 1);
            assert!(page.contains("/page.js\" defer></script>"));
        }
        for flag in ["__Host-", "; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
            assert!(token.set_cookie.contains(flag), "{}", token.set_cookie);
        }
    });
}

#[test]
fn what_the_page_names_is_there_and_may_be_kept_for_ever() {
    Site::run(generous(), async |site| {
        let page = site.client.get(&site.address).send().await.unwrap().text().await.unwrap();
        let named = page.split('"').filter(|text| text.starts_with("/static/"));
        let named: Vec<&str> = named.map(|name| name.split('#').next().unwrap()).collect();
        assert!(named.len() > 5);
        for name in named {
            let answer = site.client.get(format!("{}{name}", site.address.trim_end_matches('/'))).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{name}");
            assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"), "{name}");
            assert_eq!(answer.headers().contains_key(CONTENT_ENCODING), name.ends_with("bootstrap-italia.css"));
            assert!(!answer.bytes().await.unwrap().is_empty());
        }
        for missing in ["static/0000000000000000/page.css", "static/x/..%2f..%2fCargo.toml", "static/"] {
            let answer = site.client.get(format!("{}{missing}", site.address)).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{missing}");
        }
    });
}

/// Tests submit faster than people.
fn generous() -> PageSettings {
    PageSettings {
        requests_per_minute: 600.try_into().unwrap(),
        burst: 600.try_into().unwrap(),
        ..PageSettings::default()
    }
}
