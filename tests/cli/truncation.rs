//! A good file cut at every octet, through the same procedure as the command.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use time::macros::utc_datetime;
use varco::problem::Problem;
use varco::procedures::verification::{Location, Submission, TrustMaterial, VerificationSettings, verify_document};
use varco::verify::{Limits, Policy, Verdict};

use crate::cli::{demo_file, names, pki};

#[test]
fn a_file_cut_anywhere_is_never_accepted_and_the_reason_is_said() {
    let at = utc_datetime!(2026-02-01 0:00);
    let material = TrustMaterial::load(&[PathBuf::from(pki("trust"))], &[PathBuf::from(pki("crl"))], 0, at).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let temporary_folder = tempfile::tempdir().unwrap();
    let settings = VerificationSettings {
        policy: Policy::italian(),
        limits: Limits::STANDARD,
        time_allowed: Duration::from_mins(1),
        temporary_folder: temporary_folder.path().to_owned(),
    };
    let path = folder.path().join("cut.p7m");
    for name in ["good-cns.p7m", "good-base64.p7m", "good-pem.p7m"] {
        fs::copy(demo_file(name), &path).unwrap();
        let whole = fs::metadata(&path).unwrap().len();
        let verify = || verify_document(&submission(&path, at), &material, &settings, &|_, _| ());
        assert_eq!(verify().unwrap().report.verdict, Verdict::Accepted, "{name}");
        let file = File::options().write(true).open(&path).unwrap();
        let mut examined = 0;
        for length in (0..last_octet_that_matters(&path)).rev() {
            file.set_len(length).unwrap();
            match verify() {
                Ok(outcome) => {
                    examined += 1;
                    assert_ne!(outcome.report.verdict, Verdict::Accepted, "{name} cut at {length}");
                }
                Err(error) => {
                    let problem = Problem::of_verification(&error, name);
                    assert!(problem.detail.ends_with('.'), "{}", problem.detail);
                }
            }
        }
        assert!(examined == 0, "{name}: {examined} of {whole} cuts were examined");
    }
    assert!(names(temporary_folder.path()).is_empty());
}

fn submission(path: &Path, at: time::UtcDateTime) -> Submission<'_> {
    Submission {
        document: Location::File(path),
        name: "cut.p7m",
        detached: None,
        expected: None,
        fiscal_code: None,
        at,
        existed_by: None,
        existence_source: None,
        password: None,
        extract: None,
        illustrated: false,
    }
}

/// White space at the end, base64 padding and the dashes of the end line can be cut without changing what is said.
fn last_octet_that_matters(path: &Path) -> u64 {
    let content = fs::read(path).unwrap();
    let end_line = content.windows(9).position(|window| window == b"-----END ").unwrap_or(content.len());
    let text = content[..end_line].trim_ascii_end();
    let padded = text.iter().rev().take_while(|octet| **octet == b'=').count();
    u64::try_from(text.len() - padded).unwrap()
}
