//! ASN.1 elements, written octet by octet (ITU-T X.690).

/// An element with a definite length of the shortest form.
pub(crate) fn tlv(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|octet| *octet == 0).collect();
    let mut out = vec![tag];
    match (significant.len(), significant.first()) {
        (0, _) => out.push(0),
        (1, Some(&short)) if short < 0x80 => out.push(short),
        (count, _) => {
            out.push(0x80 | u8::try_from(count).unwrap());
            out.extend(significant);
        }
    }
    out.extend_from_slice(contents);
    out
}

/// An element of indefinite length, closed by end-of-contents octets.
pub(crate) fn indefinite(tag: u8, contents: &[u8]) -> Vec<u8> {
    [&[tag, 0x80], contents, &[0, 0]].concat()
}

/// SEQUENCE.
#[expect(clippy::needless_pass_by_value, reason = "the parts are made where they are used")]
pub(crate) fn seq<const N: usize>(parts: [Vec<u8>; N]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// SET OF in the order of DER (X.690 §11.6).
pub(crate) fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    tlv(0x31, &parts.concat())
}

/// `[n]` constructed.
pub(crate) fn context(n: u8, contents: &[u8]) -> Vec<u8> {
    tlv(0xa0 | n, contents)
}

pub(crate) fn octets(contents: &[u8]) -> Vec<u8> {
    tlv(0x04, contents)
}

/// OCTET STRING in segments of `size`, each level of indefinite length.
pub(crate) fn segmented(contents: &[u8], size: usize) -> Vec<u8> {
    let segments: Vec<u8> = contents.chunks(size).flat_map(octets).collect();
    indefinite(0x24, &segments)
}

pub(crate) fn bits(contents: &[u8]) -> Vec<u8> {
    tlv(0x03, &[&[0], contents].concat())
}

pub(crate) fn null() -> Vec<u8> {
    vec![0x05, 0x00]
}

pub(crate) fn boolean(value: bool) -> Vec<u8> {
    tlv(0x01, &[if value { 0xff } else { 0 }])
}

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0c, text.as_bytes())
}

pub(crate) fn utc_time(text: &str) -> Vec<u8> {
    tlv(0x17, text.as_bytes())
}

pub(crate) fn int(value: u64) -> Vec<u8> {
    unsigned(&value.to_be_bytes())
}

/// A non-negative INTEGER from its big-endian octets.
pub(crate) fn unsigned(octets: &[u8]) -> Vec<u8> {
    let mut contents: Vec<u8> = octets.iter().copied().skip_while(|octet| *octet == 0).collect();
    if contents.first().is_none_or(|first| first & 0x80 != 0) {
        contents.insert(0, 0);
    }
    tlv(0x02, &contents)
}

/// OBJECT IDENTIFIER from its dotted form.
pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let (root, rest) = arcs.split_at(2);
    let first = root.iter().fold(0, |first, arc| first * 40 + arc);
    let mut contents = base128(first);
    contents.extend(rest.iter().flat_map(|arc| base128(*arc)));
    tlv(0x06, &contents)
}

fn base128(mut arc: u64) -> Vec<u8> {
    let mut septets = vec![u8::try_from(arc & 0x7f).unwrap()];
    while arc > 0x7f {
        arc >>= 7;
        septets.push(u8::try_from(arc & 0x7f).unwrap() | 0x80);
    }
    septets.reverse();
    septets
}

/// `AlgorithmIdentifier`; `parameters` is an encoded element or nothing.
pub(crate) fn algorithm(dotted: &str, parameters: &[u8]) -> Vec<u8> {
    seq([oid(dotted), parameters.to_vec()])
}
