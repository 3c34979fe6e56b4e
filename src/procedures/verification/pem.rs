//! PEM blocks in files of certificates, CRLs and OCSP responses (RFC 7468); text around and between them is left aside.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use memchr::memmem;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// A block that does not end, or whose text is not base64.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct BadBlock;

/// Whether there is a begin line somewhere.
pub(super) fn is_pem(octets: &[u8]) -> bool {
    memmem::find(octets, BEGIN).is_some()
}

/// Decodes the blocks of which the label is one of `labels`, in their order.
pub(super) fn blocks<'a>(octets: &'a [u8], labels: &'a [&[u8]]) -> impl Iterator<Item = Result<Vec<u8>, BadBlock>> {
    let mut rest = Some(octets);
    std::iter::from_fn(move || {
        loop {
            let (_, begun) = split(rest.take()?, BEGIN)?;
            let Some((label, body)) = split(begun, DASHES) else { return Some(Err(BadBlock)) };
            let Some((body, after)) = split(body, END) else { return Some(Err(BadBlock)) };
            rest = Some(after);
            if labels.contains(&label) {
                return Some(decode(body));
            }
        }
    })
}

/// What a text in base64 and nothing else holds; `None` for any other text.
pub(super) fn base64(octets: &[u8]) -> Option<Vec<u8>> {
    decode(octets).ok().filter(|decoded| !decoded.is_empty())
}

fn split<'a>(octets: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = memmem::find(octets, mark)?;
    Some((octets.get(..start)?, octets.get(start + mark.len()..)?))
}

fn decode(body: &[u8]) -> Result<Vec<u8>, BadBlock> {
    let body: Vec<u8> = body.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect();
    BASE64.decode(body).map_err(|_| BadBlock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_the_label_are_decoded_and_others_left_aside() {
        let text = b"Issuer: x\n-----BEGIN KEY-----\n!!\n-----END KEY-----\n-----BEGIN A-----\r\naGVs\r\nbG8=\r\n-----END A-----\
            -----BEGIN B-----\nYg==\n-----END B-----\n";
        let found: Vec<_> = blocks(text, &[b"A", b"B"]).collect();
        assert_eq!(found, [Ok(b"hello".to_vec()), Ok(b"b".to_vec())]);
        assert!(is_pem(text) && !is_pem(b"-----BEGIN"));
    }

    #[test]
    fn a_block_that_does_not_end_or_is_not_base64_is_an_error() {
        for text in [&b"-----BEGIN A-----\naGVsbG8="[..], b"-----BEGIN A", b"-----BEGIN A-----\na!\n-----END A-----"] {
            assert_eq!(blocks(text, &[b"A"]).collect::<Vec<_>>(), [Err(BadBlock)]);
        }
    }
}
