//! The structure of a message: its elements, and its parts by the names of RFC 5652.

use std::collections::BTreeSet;
use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use varco::crypto::DigestAlgorithm;

use crate::support::forge::der::{indefinite, tlv};

/// An element of the input: where it is and what it is in.
#[derive(Clone)]
pub(super) struct Element {
    pub(super) start: usize,
    end: usize,
    pub(super) depth: usize,
    /// Indexes into the list of elements, outermost first.
    parents: Vec<usize>,
    header: usize,
    indefinite: bool,
}

/// Every element, each before what it holds. An OCTET STRING is looked into if it holds another message; what is no
/// BER, as in a broken certificate of a stranger, is not looked into.
pub(super) fn elements(input: &[u8]) -> Vec<Element> {
    let mut found = Vec::new();
    read_elements(input, 0, input.len(), &[], &mut found);
    found
}

fn read_elements(input: &[u8], mut at: usize, end: usize, parents: &[usize], found: &mut Vec<Element>) -> usize {
    while at < end && input[at..].len() >= 2 {
        if input[at] == 0 && input[at + 1] == 0 {
            return at + 2;
        }
        let Some((header, length)) = header(&input[at..end]) else { return end };
        let index = found.len();
        let inner_end = length.map_or(end, |length| at + header + length);
        let constructed = input[at] & 0x20 != 0 || holds_message(&input[at + header..inner_end]);
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

/// Whether an OCTET STRING holds a `ContentInfo` with `id-signedData`.
fn holds_message(contents: &[u8]) -> bool {
    const SIGNED_DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
    contents.first() == Some(&0x30)
        && header(contents).is_some_and(|(header, _)| contents[header..].starts_with(&SIGNED_DATA))
}

/// Length of tag and length octets, and the length they tell; `None` where that much is not there.
fn header(input: &[u8]) -> Option<(usize, Option<usize>)> {
    let count = match *input.get(1)? {
        0x80 => return Some((2, None)),
        long if long > 0x80 => usize::from(long & 0x7f),
        _ => 0,
    };
    let octets = if count == 0 { input.get(1..2)? } else { input.get(2..2 + count).filter(|_| count <= 4)? };
    let length = octets.iter().fold(0, |length, octet| length * 256 + usize::from(*octet));
    (2 + count + length <= input.len()).then_some((2 + count, Some(length)))
}

/// The input with the element so many times in its place, and the lengths around it put right.
pub(super) fn spliced(input: &[u8], element: &Element, times: usize) -> Vec<u8> {
    let all = elements(input);
    let mut replaced = input[element.start..element.end].repeat(times);
    let mut hole = element.start..element.end;
    for parent in element.parents.iter().rev().map(|index| &all[*index]) {
        let end_of_contents = if parent.indefinite { 2 } else { 0 };
        // What only looks like an indefinite length, in a broken certificate, has no end-of-contents octets.
        let contents_end = (parent.end - end_of_contents).max(hole.end);
        let contents =
            [&input[parent.start + parent.header..hole.start], &replaced, &input[hole.end..contents_end]].concat();
        let tag = input[parent.start];
        replaced = if parent.indefinite { indefinite(tag, &contents) } else { tlv(tag, &contents) };
        hole = parent.start..parent.end;
    }
    [&input[..hole.start], &replaced, &input[hole.end..]].concat()
}

/// A part of the message and its name.
pub(super) type Region = (Range<usize>, &'static str);

/// Parts of the message, inner ones after outer ones. `signers` are the SHA-256 of the signers' certificates.
pub(super) fn regions(message: &[u8], signers: &BTreeSet<String>) -> Vec<Region> {
    let all = elements(message);
    // ContentInfo, its explicit tag, SignedData.
    let signed_data = all.iter().position(|element| element.depth == 2).unwrap();
    let mut regions = vec![(0..message.len(), "frame")];
    for (place, (index, part)) in children(&all, signed_data).into_iter().enumerate() {
        let tag = message[part.start];
        let name = match (place, tag) {
            (0, _) => "version",
            (1, _) => "digestAlgorithms",
            (2, _) => "encapContentInfo",
            (_, 0xa0) => "certificates",
            (_, 0xa1) => "crls",
            _ => "signerInfos",
        };
        regions.push((part.start..part.end, name));
        if name == "digestAlgorithms" {
            let identifiers = children(&all, index).into_iter();
            regions.extend(
                identifiers.filter_map(|(identifier, _)| parameters(&all, identifier, "digestAlgorithms.parameters")),
            );
        }
        if name == "encapContentInfo" {
            let content = children(&all, index).into_iter().skip(1);
            regions.extend(content.map(|(_, content)| (content.start..content.end, "eContent")));
        }
        if name == "certificates" {
            regions.extend(own_certificates(message, &all, index, signers));
        }
        if name == "signerInfos" {
            regions
                .extend(children(&all, index).into_iter().flat_map(|(signer, _)| signer_parts(message, &all, signer)));
        }
    }
    regions
}

/// The name of the innermost region around an octet.
pub(super) fn region_at(regions: &[Region], offset: usize) -> &'static str {
    regions.iter().rev().find(|(range, _)| range.contains(&offset)).map_or("after", |(_, name)| name)
}

/// The signers' certificates, where they are there only once.
fn own_certificates(message: &[u8], all: &[Element], bag: usize, signers: &BTreeSet<String>) -> Vec<Region> {
    let entries = children(all, bag);
    let entry = |part: &Element| &message[part.start..part.end];
    let own = entries.iter().filter(|(_, part)| {
        let copies = entries.iter().filter(|(_, other)| entry(other) == entry(part)).count();
        copies == 1 && signers.contains(&DigestAlgorithm::Sha256.digest(entry(part)).to_hex())
    });
    own.map(|(_, part)| (part.start..part.end, "certificates.signer")).collect()
}

fn signer_parts(message: &[u8], all: &[Element], signer: usize) -> Vec<Region> {
    let parts = children(all, signer).into_iter().enumerate();
    parts
        .flat_map(|(place, (index, part))| {
            let name = match (place, message[part.start]) {
                (0, _) => "signer.version",
                (1, _) => "signer.sid",
                (2, _) => "signer.digestAlgorithm",
                (_, 0xa0) => "signer.signedAttrs",
                (_, 0x30) => "signer.signatureAlgorithm",
                (_, 0x04) => "signer.signature",
                _ => "signer.unsignedAttrs",
            };
            let inner = match name {
                "signer.digestAlgorithm" => parameters(all, index, "signer.digestAlgorithm.parameters"),
                "signer.signatureAlgorithm" => parameters(all, index, "signer.signatureAlgorithm.parameters"),
                _ => None,
            };
            [Some((part.start..part.end, name)), inner]
        })
        .flatten()
        .collect()
}

/// The parameters of an `AlgorithmIdentifier`.
fn parameters(all: &[Element], identifier: usize, name: &'static str) -> Option<Region> {
    children(all, identifier).get(1).map(|(_, parameters)| (parameters.start..parameters.end, name))
}

fn children(all: &[Element], parent: usize) -> Vec<(usize, &Element)> {
    all.iter().enumerate().filter(|(_, child)| child.parents.last() == Some(&parent)).collect()
}

/// The message inside any number of text envelopes; `None` where a text is no base64.
pub(super) fn peel(input: &[u8]) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let mut octets = input.to_vec();
    // The base64 of a message begins with M.
    while octets.first() != Some(&0x30) {
        let text = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&octets);
        let lines = text.split(|octet| *octet == b'\n').filter(|line| !line.starts_with(b"-"));
        let characters = lines.flatten().copied().filter(|octet| !octet.is_ascii_whitespace());
        let characters: Vec<u8> = characters.take_while(|octet| *octet != b'=').collect();
        octets = engine.decode(characters).ok().filter(|octets| !octets.is_empty())?;
    }
    Some(octets)
}

/// Offset of the first octet that differs.
pub(super) fn first_difference(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}
