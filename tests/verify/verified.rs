//! Binding mechanism: what acts on a signature asks for a `VerifiedSignature`, and only `verify` has any.

use std::fs;
use std::path::{Path, PathBuf};

use varco::verify::{Report, VerifiedSignature};

use crate::support::forge::cms::{Attribute, COUNTERSIGNATURE, Message, Signer};
use crate::support::forge::identity::Identity;
use crate::verify::{Bench, root};

const CONTENT: &[u8] = b"Accordo di servizio";

/// As a procedure will take them: what is not a verified signature does not fit.
fn act_on(signature: VerifiedSignature<'_>) -> &str {
    &signature.report().id
}

#[test]
fn a_signature_that_passed_is_verified_and_no_other() {
    let good = Signer::new(&Identity::leaf("cns-good"), CONTENT);
    let countersignature = Signer::countersignature(&Identity::leaf("qualified-p256"), &good.value());
    let broken = Signer::new(&Identity::leaf("qualified-p256"), b"altro");
    let good = good.and_unsigned(Attribute::new(COUNTERSIGNATURE, countersignature.encode()));
    let report = Bench::of_fixtures().report(&Message::attached(CONTENT, &[&good, &broken]).encode()).unwrap();
    let passed: Vec<_> = report.signatures.iter().filter(|report| report.sub_indication.is_none()).collect();
    assert_eq!(passed.len(), 2, "the signature and its countersignature");
    assert_eq!(report.signatures.verified().map(act_on).collect::<Vec<_>>(), [passed[0].id.as_str()]);
    assert_eq!(passed[0].parent, None);
}

#[test]
fn a_report_that_is_read_again_verifies_nothing_and_is_the_same_report() {
    let signer = Signer::new(&Identity::leaf("cns-good"), CONTENT);
    let report = Bench::of_fixtures().report(&Message::attached(CONTENT, &[&signer]).encode()).unwrap();
    assert_eq!(report.signatures.verified().count(), 1);
    let json = serde_json::to_string(&report).unwrap();
    let again: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(again.signatures.verified().count(), 0);
    assert_eq!(serde_json::to_string(&again).unwrap(), json);
}

/// The compiler keeps private fields private; this keeps them so, and the ways to make one at a single place.
#[test]
fn nothing_outside_its_module_can_make_one() {
    let home = Path::new("src/verify/verified.rs");
    let text = fs::read_to_string(root().join(home)).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    for name in ["Signatures", "VerifiedSignature<'r>"] {
        let (_, declared) = code.split_once(&format!("pub struct {name} {{")).unwrap();
        let (fields, _) = declared.split_once("\n}").unwrap();
        assert!(!fields.contains("pub"), "{name} has a field that others may set");
    }
    let public: Vec<_> = code.lines().map(str::trim).filter(|line| line.starts_with("pub ")).collect();
    assert_eq!(
        public,
        [
            "pub struct Signatures {",
            "pub fn verified(&self) -> impl Iterator<Item = VerifiedSignature<'_>> {",
            "pub struct VerifiedSignature<'r> {",
            "pub const fn report(self) -> &'r SignatureReport {",
        ],
        "whoever adds one must see that it makes no verified signature of an unverified one"
    );
    assert!(!code.contains("pub(crate)") && !code.contains("&mut Vec") && !code.contains("&mut ["));
    let judged: Vec<_> = sources().into_iter().filter(|(_, text)| text.contains("Signatures::judged(")).collect();
    let judged: Vec<_> = judged.into_iter().map(|(path, _)| path).filter(|path| path != home).collect();
    assert_eq!(judged, [Path::new("src/verify/verdict.rs")], "only what was just judged is called so");
}

/// Every file of `src`, with its path from the root of the repository.
fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![PathBuf::from("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if root().join(&path).is_dir() {
                folders.push(path);
            } else {
                files.push((path.clone(), fs::read_to_string(root().join(path)).unwrap()));
            }
        }
    }
    files
}
