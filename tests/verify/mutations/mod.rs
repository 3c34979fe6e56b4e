//! Every accepted fixture with one octet flipped, one element dropped or one doubled must not be accepted any more.
//!
//! The exceptions are changes to what no signature covers, by region and kind of change. Where such a change leaves a
//! file accepted, it must be for the same content and for no other signer than before, and where the clause calls the
//! result wrong, the report must say so. The list holds no more than is needed.

#![expect(clippy::indexing_slicing, reason = "offsets of our own files; a wrong one is to stop the test")]

mod message;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::thread;

use serde_json::Value;

use crate::verify::Bench;
use crate::verify::fixtures::cases_of_fixtures;
use crate::verify::mutations::message::{Region, elements, first_difference, peel, region_at, regions, spliced};

/// A change that a message may undergo.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Change {
    Flip,
    Drop,
    Double,
}

/// A change to an uncovered part of a message that leaves it accepted.
struct Uncovered {
    region: &'static str,
    changes: &'static [Change],
    /// The code of the finding that must then be in the report; `None` where nothing is wrong with the result.
    told: Option<&'static str>,
    /// Why, and by which clause.
    _reason: &'static str,
}

const UNCOVERED: [Uncovered; 15] = [
    Uncovered {
        region: "version",
        changes: &[Change::Flip],
        told: Some("format.version_unexpected"),
        _reason: "CMSVersion is not signed; RFC 5652 §5.1 tells writers which it must be and readers nothing",
    },
    Uncovered {
        region: "digestAlgorithms",
        changes: &[Change::Flip, Change::Drop],
        told: Some("algorithm.digest_not_announced"),
        _reason: "only announces; without the signer's digest verifiers MAY refuse (RFC 5652 §5.1), ours says so",
    },
    Uncovered {
        region: "digestAlgorithms",
        changes: &[Change::Double],
        told: None,
        _reason: "there MAY be any number of elements (RFC 5652 §5.1); joining signers' files repeats them",
    },
    Uncovered {
        region: "digestAlgorithms.parameters",
        changes: &[Change::Drop],
        told: None,
        _reason: "NULL and absent parameters MUST both be accepted (RFC 5754 §2)",
    },
    Uncovered {
        region: "eContent",
        changes: &[Change::Drop],
        told: None,
        _reason: "where the same content is given apart, the rest is a detached signature of it (RFC 5652 §5.2)",
    },
    Uncovered {
        region: "certificates",
        changes: &[Change::Flip, Change::Drop, Change::Double],
        told: None,
        _reason: "certificates of others: not signed, more or fewer than needed (RFC 5652 §5.1)",
    },
    Uncovered {
        region: "certificates.signer",
        changes: &[Change::Double],
        told: None,
        _reason: "the bag is not signed; which entry is the signer's, the signed attribute says (RFC 5035 §5)",
    },
    Uncovered {
        region: "crls",
        changes: &[Change::Flip, Change::Drop, Change::Double],
        told: None,
        _reason: "not signed here, each with a signature of its own (RFC 5652 §5.1)",
    },
    Uncovered {
        region: "signerInfos",
        changes: &[Change::Drop],
        told: None,
        _reason: "a signer taken away: any number, none says how many there were (RFC 5652 §5.1)",
    },
    Uncovered {
        region: "signer.version",
        changes: &[Change::Flip],
        told: Some("format.version_unexpected"),
        _reason: "not signed; RFC 5652 §5.3 tells writers which it must be and readers nothing",
    },
    Uncovered {
        region: "signer.sid",
        changes: &[Change::Flip],
        told: None,
        _reason: "letter case and kind of string: the same name (RFC 5280 §7.1), and so the certificate that is signed",
    },
    Uncovered {
        region: "signer.digestAlgorithm.parameters",
        changes: &[Change::Drop],
        told: None,
        _reason: "NULL and absent parameters MUST both be accepted (RFC 5754 §2)",
    },
    Uncovered {
        region: "signer.signatureAlgorithm.parameters",
        changes: &[Change::Drop],
        told: None,
        _reason: "NULL and absent parameters MUST both be accepted (RFC 4055 §2.1 and §5, RFC 5754 §3.2)",
    },
    Uncovered {
        region: "signer.unsignedAttrs",
        changes: &[Change::Flip, Change::Drop, Change::Double],
        told: None,
        _reason: "not signed (RFC 5652 §5.3)",
    },
    Uncovered {
        region: "text",
        changes: &[Change::Flip],
        told: None,
        _reason: "labels, blanks and padding around the same octets (RFC 7468 §2 and §3)",
    },
];

#[test]
fn no_octet_of_a_good_file_can_be_flipped() {
    check(Change::Flip, |good, regions| {
        let at_every_octet = 0..good.input.len();
        at_every_octet
            .flat_map(|at| {
                let each_bit = good.input == good.message && is_frame(region_at(regions, at));
                let masks = if each_bit { 0..8 } else { at % 8..at % 8 + 1 };
                masks.map(move |bit| (at, flipped(&good.input, at, 1 << bit)))
            })
            .collect()
    });
}

#[test]
fn no_element_of_a_good_file_can_be_dropped() {
    check(Change::Drop, |good, _| spliced_everywhere(good, 0));
}

#[test]
fn no_element_of_a_good_file_can_be_doubled() {
    check(Change::Double, |good, _| spliced_everywhere(good, 2));
}

struct Good {
    name: String,
    input: Vec<u8>,
    /// The message: the input itself, or what a text envelope holds.
    message: Vec<u8>,
    detached: Option<Vec<u8>>,
}

/// Judges every change `(offset, octets)` of every good case.
fn check(change: Change, changes: impl Fn(&Good, &[Region]) -> Vec<(usize, Vec<u8>)> + Sync) {
    let cases = good_cases();
    assert!(cases.len() > 20, "only {} good cases", cases.len());
    let halves: Vec<_> = (0..2).map(|half| cases.iter().skip(half).step_by(2).collect::<Vec<_>>()).collect();
    let changes = &changes;
    let survivors: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = halves
            .into_iter()
            .map(|half| {
                scope.spawn(move || {
                    half.into_iter().flat_map(|case| survivors(case, change, changes)).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let shown: Vec<_> = survivors.iter().map(String::as_str).collect();
    assert!(survivors.is_empty(), "{} changes are still accepted:\n{}\n", survivors.len(), shown.join("\n"));
}

/// The changes of a case that are accepted where they must not be.
fn survivors(case: &Good, change: Change, changes: impl Fn(&Good, &[Region]) -> Vec<(usize, Vec<u8>)>) -> Vec<String> {
    let bench = Bench::of_fixtures();
    let judge = |octets: &[u8]| bench.judge(octets, case.detached.as_deref(), None).ok();
    // A case that is not accepted fails in `fixtures`, not here.
    let Some(before) = judge(&case.input).filter(is_accepted) else { return Vec::new() };
    let (regions, facts_before) = (regions(&case.message, &signers(&before)), facts(&before));
    let mut found = BTreeMap::new();
    for (offset, octets) in changes(case, &regions) {
        let Some(report) = judge(&octets).filter(is_accepted) else { continue };
        if octets == case.input {
            continue;
        }
        let region = region_of_change(case, &regions, offset, &octets);
        let no_more = facts(&report).is_subset(&facts_before);
        // A change can mend what was wrong.
        let told = &codes(&report) | &codes(&before);
        let allowed = UNCOVERED.iter().any(|exception| {
            exception.region == region
                && exception.changes.contains(&change)
                && exception.told.is_none_or(|code| told.contains(code))
        });
        if !no_more || !allowed {
            let kept = if no_more { "says no more" } else { "says something else" };
            found.entry((region, kept)).or_insert_with(Vec::new).push(offset);
        }
    }
    found
        .into_iter()
        .map(|((region, kept), at)| format!("{}: {change:?} {region} at {at:?}, {kept}", case.name))
        .collect()
}

/// Where a change is: by its offset in a bare message, in a text envelope by what it does to the message inside.
fn region_of_change(case: &Good, regions: &[Region], offset: usize, octets: &[u8]) -> &'static str {
    if case.input == case.message {
        return region_at(regions, offset);
    }
    match peel(octets) {
        Some(message) if message == case.message => "text",
        Some(message) => region_at(regions, first_difference(&message, &case.message)),
        None => "garbled text",
    }
}

/// The few octets that hold the message together, and say how it is signed: each bit of each flips.
fn is_frame(region: &str) -> bool {
    let name = region.strip_suffix(".parameters").unwrap_or(region);
    matches!(
        name,
        "frame"
            | "version"
            | "digestAlgorithms"
            | "signerInfos"
            | "signer.version"
            | "signer.digestAlgorithm"
            | "signer.signatureAlgorithm"
    )
}

fn is_accepted(report: &Value) -> bool {
    report["verdict"] == "accepted"
}

/// What an accepted report vouches for: the content, and who signed what in which layer.
fn facts(report: &Value) -> BTreeSet<String> {
    let signed = signatures(report).map(|signature| {
        let certificate = &signature["signer"]["certificate"]["sha256"];
        let what = if signature["parent"].is_null() { "content" } else { "signature" };
        format!("{} {what} {certificate} {}", signature["layer"], signature["claimed_signing_time"])
    });
    signed.chain([report["content"].to_string()]).collect()
}

/// The codes of all findings.
fn codes(report: &Value) -> BTreeSet<String> {
    let all = signatures(report).chain([report]).flat_map(|part| part["findings"].as_array().unwrap());
    all.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

/// SHA-256 of the signers' certificates.
fn signers(report: &Value) -> BTreeSet<String> {
    let certificates = signatures(report).map(|signature| &signature["signer"]["certificate"]["sha256"]);
    certificates.map(|sha256| sha256.as_str().unwrap().to_owned()).collect()
}

fn signatures(report: &Value) -> impl Iterator<Item = &Value> {
    report["signatures"].as_array().unwrap().iter()
}

/// Every accepted fixture.
fn good_cases() -> Vec<Good> {
    let cases = cases_of_fixtures("cms").into_iter().filter(|(_, case)| case.expected.verdict == ["accepted"]);
    cases
        .map(|(folder, case)| {
            let input = fs::read(folder.join("input.p7m")).unwrap();
            Good {
                name: folder.file_name().unwrap().to_string_lossy().into_owned(),
                message: peel(&input).unwrap(),
                input,
                detached: case.options.detached.map(|name| fs::read(folder.join(name)).unwrap()),
            }
        })
        .collect()
}

fn flipped(input: &[u8], at: usize, mask: u8) -> Vec<u8> {
    let mut octets = input.to_vec();
    octets[at] ^= mask;
    octets
}

/// The message with each of its elements so many times in its place; a text envelope would add nothing.
fn spliced_everywhere(good: &Good, times: usize) -> Vec<(usize, Vec<u8>)> {
    if good.input != good.message {
        return Vec::new();
    }
    let elements = elements(&good.input).into_iter().filter(|element| element.depth > 0);
    elements.map(|element| (element.start, spliced(&good.input, &element, times))).collect()
}
