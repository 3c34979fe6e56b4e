//! Every accepted fixture with one octet flipped, one element dropped or one doubled must not be accepted any more.
//!
//! Exceptions, by region: what no signature covers and no verdict rests on. Where such a change leaves a file
//! accepted, it must be for the same content and for no other signer than before.

#![expect(clippy::indexing_slicing, reason = "offsets of our own files; a wrong one is to stop the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::thread;

use serde_json::Value;

use crate::verify::Bench;
use crate::verify::fixtures::cases_of_fixtures;

/// Parts of a message that may change under a signature that still holds.
const UNCOVERED: [(&str, &str); 11] = [
    ("frame", "a length in another BER form, end-of-contents octets: the same structure"),
    ("version", "CMSVersion is not signed and decides nothing (RFC 5652 §5.1)"),
    ("digestAlgorithms", "only announces digests (RFC 5652 §5.1)"),
    ("certificates", "the bag is not signed; the signer's own entry is bound by the signed attribute"),
    ("crls", "revocation data come with their own signatures"),
    ("signerInfos", "a signer taken away or repeated: nothing says how many there were (RFC 5652 §5.1)"),
    ("signer.version", "the same as version"),
    ("signer.sid", "not signed; the signed attribute binds the certificate (RFC 5035 §5)"),
    ("signer.digestAlgorithm", "NULL or absent parameters"),
    ("signer.signatureAlgorithm", "rsaEncryption or its name with the digest, NULL or absent parameters"),
    ("signer.unsignedAttrs", "not signed (RFC 5652 §5.3)"),
];

#[test]
fn no_octet_of_a_good_file_can_be_flipped() {
    check(|case| {
        let changes = (0..case.input.len()).map(|at| (at, flipped(&case.input, at, 1 << (at % 8))));
        changes.collect()
    });
}

#[test]
fn no_element_of_a_good_file_can_be_dropped() {
    check(|case| {
        let elements = elements(&case.input).into_iter().filter(|element| element.depth > 0);
        elements.map(|element| (element.start, spliced(&case.input, &element, 0))).collect()
    });
}

#[test]
fn no_element_of_a_good_file_can_be_doubled() {
    check(|case| {
        let elements = elements(&case.input).into_iter().filter(|element| element.depth > 0);
        elements.map(|element| (element.start, spliced(&case.input, &element, 2))).collect()
    });
}

/// Envelopes in envelopes, bags of strangers, content that is attached and given.
const LEFT_OUT: [&str; 3] = ["good-nested", "good-bag", "good-attached-and-given"];

struct Good {
    name: String,
    input: Vec<u8>,
    detached: Option<Vec<u8>>,
}

/// Judges every change `(offset, octets)` of every good case.
fn check(changes: impl Fn(&Good) -> Vec<(usize, Vec<u8>)> + Sync) {
    let cases = good_cases();
    assert!(cases.len() > 20, "only {} good cases", cases.len());
    let halves: Vec<_> = (0..2).map(|half| cases.iter().skip(half).step_by(2).collect::<Vec<_>>()).collect();
    let changes = &changes;
    let survivors: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = halves
            .into_iter()
            .map(|half| {
                scope.spawn(move || half.into_iter().flat_map(|case| survivors(case, changes)).collect::<Vec<_>>())
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let shown: Vec<_> = survivors.iter().take(60).map(String::as_str).collect();
    assert!(survivors.is_empty(), "{} changes are still accepted:\n{}\n", survivors.len(), shown.join("\n"));
}

/// The changes of a case that are accepted where they must not be.
fn survivors(case: &Good, changes: impl Fn(&Good) -> Vec<(usize, Vec<u8>)>) -> Vec<String> {
    let bench = Bench::of_fixtures();
    let judge = |octets: &[u8]| bench.judge(octets, case.detached.as_deref(), None).ok();
    // A case that is not accepted fails in `fixtures`, not here.
    let Some(before) = judge(&case.input).filter(is_accepted).map(|report| facts(&report)) else { return Vec::new() };
    let regions = regions(&case.input);
    let mut found = BTreeMap::new();
    for (offset, octets) in changes(case) {
        let Some(report) = judge(&octets).filter(is_accepted) else { continue };
        if octets == case.input {
            continue;
        }
        let region = region_at(&regions, offset);
        let no_more = facts(&report).is_subset(&before);
        if !no_more || !UNCOVERED.iter().any(|(name, _)| *name == region) {
            let kept = if no_more { "says no more" } else { "says something else" };
            found.entry((region, kept)).or_insert_with(Vec::new).push(offset);
        }
    }
    found.into_iter().map(|((region, kept), at)| format!("{}: {region} at {at:?}, {kept}", case.name)).collect()
}

fn is_accepted(report: &Value) -> bool {
    report["verdict"] == "accepted"
}

/// What an accepted report vouches for: the content, and who signed what in which layer.
fn facts(report: &Value) -> BTreeSet<String> {
    let signatures = report["signatures"].as_array().unwrap().iter();
    let signed = signatures.map(|signature| {
        let certificate = &signature["signer"]["certificate"]["sha256"];
        let what = if signature["parent"].is_null() { "content" } else { "signature" };
        format!("{} {what} {certificate} {}", signature["layer"], signature["claimed_signing_time"])
    });
    signed.chain([report["content"].to_string()]).collect()
}

/// Accepted fixtures in bare BER or DER, of one envelope, that hold their content in one place.
fn good_cases() -> Vec<Good> {
    let cases = cases_of_fixtures().into_iter().filter(|(_, case)| case.expected.verdict == ["accepted"]);
    cases
        .map(|(folder, case)| Good {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            input: fs::read(folder.join("input.p7m")).unwrap(),
            detached: case.options.detached.map(|name| fs::read(folder.join(name)).unwrap()),
        })
        .filter(|good| {
            good.input.first() == Some(&0x30) && !LEFT_OUT.iter().any(|prefix| good.name.starts_with(prefix))
        })
        .collect()
}

fn flipped(input: &[u8], at: usize, mask: u8) -> Vec<u8> {
    let mut octets = input.to_vec();
    octets[at] ^= mask;
    octets
}

/// An element of the input: where it is and what it is in.
#[derive(Clone)]
struct Element {
    start: usize,
    end: usize,
    depth: usize,
    /// Indexes into the list of elements, outermost first.
    parents: Vec<usize>,
    header: usize,
    indefinite: bool,
}

/// Every element, each before what it holds. OCTET STRINGs are not looked into.
fn elements(input: &[u8]) -> Vec<Element> {
    let mut found = Vec::new();
    read_elements(input, 0, input.len(), &[], &mut found);
    found
}

fn read_elements(input: &[u8], mut at: usize, end: usize, parents: &[usize], found: &mut Vec<Element>) -> usize {
    while at < end && input[at..].len() >= 2 {
        if input[at] == 0 && input[at + 1] == 0 {
            return at + 2;
        }
        let (header, length) = header(&input[at..]);
        let index = found.len();
        let constructed = input[at] & 0x20 != 0;
        let inner_end = length.map_or(end, |length| at + header + length);
        found.push(Element {
            start: at,
            end: inner_end,
            depth: parents.len(),
            parents: parents.to_vec(),
            header,
            indefinite: length.is_none(),
        });
        let mut after = inner_end;
        if constructed {
            let parents = [parents, &[index]].concat();
            let reached = read_elements(input, at + header, inner_end, &parents, found);
            if length.is_none() {
                after = reached;
                found[index].end = reached;
            }
        }
        at = after;
    }
    at
}

fn header(input: &[u8]) -> (usize, Option<usize>) {
    match input[1] {
        0x80 => (2, None),
        long if long > 0x80 => {
            let count = usize::from(long & 0x7f);
            (2 + count, Some(input[2..2 + count].iter().fold(0, |length, octet| length * 256 + usize::from(*octet))))
        }
        short => (2, Some(usize::from(short))),
    }
}

/// The input with the element so many times in its place, and the lengths around it put right.
fn spliced(input: &[u8], element: &Element, times: usize) -> Vec<u8> {
    let all = elements(input);
    let mut replaced = input[element.start..element.end].repeat(times);
    let mut hole = element.start..element.end;
    for parent in element.parents.iter().rev().map(|index| &all[*index]) {
        let contents_end = if parent.indefinite { parent.end - 2 } else { parent.end };
        let contents =
            [&input[parent.start + parent.header..hole.start], &replaced, &input[hole.end..contents_end]].concat();
        let tag = input[parent.start];
        replaced = if parent.indefinite {
            crate::support::forge::der::indefinite(tag, &contents)
        } else {
            crate::support::forge::der::tlv(tag, &contents)
        };
        hole = parent.start..parent.end;
    }
    [&input[..hole.start], &replaced, &input[hole.end..]].concat()
}

/// Parts of the message by name, inner ones after outer ones.
fn regions(input: &[u8]) -> Vec<(std::ops::Range<usize>, &'static str)> {
    let all = elements(input);
    let children = |index: usize| {
        let depth = all[index].depth + 1;
        let inside = move |(_, child): &(usize, &Element)| child.depth == depth && child.parents.last() == Some(&index);
        all.iter()
            .enumerate()
            .filter(inside)
            .map(|(index, child)| (index, input[child.start], child.start..child.end))
            .collect::<Vec<_>>()
    };
    // ContentInfo, its explicit tag, SignedData.
    let signed_data = all.iter().position(|element| element.depth == 2).unwrap();
    let mut regions = vec![(0..input.len(), "frame")];
    for (place, (index, tag, range)) in children(signed_data).into_iter().enumerate() {
        let name = match (place, tag) {
            (0, _) => "version",
            (1, _) => "digestAlgorithms",
            (2, _) => "encapContentInfo",
            (_, 0xa0) => "certificates",
            (_, 0xa1) => "crls",
            _ => "signerInfos",
        };
        regions.push((range, name));
        if tag == 0x31 && place > 2 {
            for (signer, ..) in children(index) {
                regions.extend(
                    children(signer)
                        .into_iter()
                        .enumerate()
                        .map(|(place, (_, tag, range))| (range, signer_part(place, tag))),
                );
            }
        }
    }
    regions
}

fn signer_part(place: usize, tag: u8) -> &'static str {
    match (place, tag) {
        (0, _) => "signer.version",
        (1, _) => "signer.sid",
        (2, _) => "signer.digestAlgorithm",
        (_, 0xa0) => "signer.signedAttrs",
        (_, 0x30) => "signer.signatureAlgorithm",
        (_, 0x04) => "signer.signature",
        _ => "signer.unsignedAttrs",
    }
}

fn region_at(regions: &[(std::ops::Range<usize>, &'static str)], offset: usize) -> &'static str {
    regions.iter().rev().find(|(range, _)| range.contains(&offset)).map_or("after", |(_, name)| name)
}
