//! Cases of a suite on which we disagree, and the comparison with what happened.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// `exceptions.toml`: one table for each case, under its identifier.
#[derive(Deserialize)]
pub(super) struct Exceptions(BTreeMap<String, Exception>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    expected: String,
    actual: String,
    reason: String,
}

impl Exceptions {
    pub(super) fn load(suite: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors").join(suite).join("exceptions.toml");
        toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    }

    /// Compares every case `(id, expected, actual)` with what the suite and the exceptions say.
    pub(super) fn judge(&self, cases: &[(String, String, String)]) {
        let mut wrong = Vec::new();
        for (id, expected, actual) in cases {
            match self.0.get(id) {
                Some(exception) if expected == actual => {
                    wrong.push(format!("{id}: agrees now ({actual}); remove its exception: {}", exception.reason));
                }
                Some(exception) if exception.expected != *expected || exception.actual != *actual => {
                    wrong.push(format!("{id}: expected {expected}, is {actual}; its exception says otherwise"));
                }
                Some(_) => {}
                None if expected == actual => {}
                None => wrong.push(format!("{id}: expected {expected}, is {actual}")),
            }
        }
        for id in self.0.keys() {
            if !cases.iter().any(|(case, ..)| case == id) {
                wrong.push(format!("{id}: has an exception and is not in the suite"));
            }
        }
        assert!(wrong.is_empty(), "{} of {} cases:\n{}\n", wrong.len(), cases.len(), wrong.join("\n"));
    }
}

/// Fails where `make test` demands the suites; says so and goes on where it does not.
#[expect(clippy::disallowed_methods, reason = "the Makefile tells the tests whether the suites must be there")]
pub(super) fn suite_is_missing(what: &str) {
    assert!(std::env::var_os("VARCO_REQUIRE_SUITES").is_none(), "{what}");
    skipped(what);
}

/// Says that a suite did not run.
#[expect(clippy::print_stdout, reason = "the runner shows it with --nocapture")]
pub(super) fn skipped(what: &str) {
    println!("skipped: {what}");
}
