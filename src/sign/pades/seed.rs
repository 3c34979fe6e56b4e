//! What the author of a form demands of whoever signs a field (ISO 32000-2 table 237). What cannot be kept, or cannot be
//! looked at, is refused: the form says that nobody may sign otherwise.

use crate::crypto::DigestAlgorithm;
use crate::pdf::{Dictionary, Object, PdfError, View};
use crate::sign::pades::{Level, Options};
use crate::verify::{pdf_text, seed_flags};

/// A demand that is not met.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Demand {
    /// Another signature handler (`Filter`).
    Handler,
    /// Another form of signature (`SubFilter`).
    Encoding,
    /// Another digest (`DigestMethod`).
    Digest,
    /// Another reason, or none (`Reasons`).
    Reason,
    /// A certification, or none (`MDP`).
    Certification,
    /// A timestamp (`TimeStamp`).
    Timestamp,
    /// Another certificate (`Cert`): what it must be is not looked at.
    Certificate,
    /// Something that is not looked at (`V`, `LegalAttestation`, `AddRevInfo`, `LockDocument`, `AppearanceFilter`).
    Other,
}

/// Demands that no signature made here keeps.
const UNKEPT: i64 = seed_flags::PARSER
    | seed_flags::LEGAL_ATTESTATION
    | seed_flags::ADD_REV_INFO
    | seed_flags::LOCK_DOCUMENT
    | seed_flags::APPEARANCE_FILTER;

/// The first demand of a field that the signature to be would not meet.
pub(super) fn unmet(
    field: &Dictionary,
    digest: DigestAlgorithm,
    options: &Options<'_>,
    view: View<'_>,
) -> Result<Option<Demand>, PdfError> {
    let seeds = view.get(field, b"SV")?;
    let Some(seeds) = seeds.as_dictionary() else { return Ok(None) };
    let flags = integer(&view.get(seeds, b"Ff")?);
    let names = |entry: &[u8]| -> Result<Option<Vec<Vec<u8>>>, PdfError> {
        let list = view.get(seeds, entry)?;
        let Some(list) = list.as_array() else { return Ok(None) };
        let mut names = Vec::new();
        for member in list {
            let member = view.resolve(member)?;
            names.extend(member.as_name().or_else(|| member.as_string()).map(<[u8]>::to_vec));
        }
        Ok(Some(names))
    };
    let lists = |entry: &[u8], own: &[u8]| -> Result<bool, PdfError> {
        Ok(names(entry)?.is_none_or(|names| names.iter().any(|name| name == own)))
    };
    let required = |flag: i64| flags & flag != 0;
    let handler = view.get(seeds, b"Filter")?;
    let met = [
        (
            Demand::Handler,
            !required(seed_flags::FILTER) || handler.as_name().is_none_or(|name| name == b"Adobe.PPKLite"),
        ),
        (Demand::Encoding, !required(seed_flags::SUB_FILTER) || lists(b"SubFilter", b"ETSI.CAdES.detached")?),
        (Demand::Digest, !required(seed_flags::DIGEST_METHOD) || lists(b"DigestMethod", method(digest))?),
        (Demand::Reason, !required(seed_flags::REASONS) || has_reason(names(b"Reasons")?.as_deref(), options.reason)),
        (Demand::Certification, certification(seeds, options, view)?),
        (Demand::Timestamp, options.level == Level::T || !is_required(seeds, b"TimeStamp", view)?),
        (Demand::Certificate, !is_required(seeds, b"Cert", view)?),
        (Demand::Other, !required(UNKEPT)),
    ];
    Ok(met.into_iter().find(|(_, met)| !met).map(|(demand, _)| demand))
}

fn integer(value: &Object) -> i64 {
    value.as_integer().unwrap_or_default()
}

/// Whether the dictionary under a name has a flag set.
fn is_required(seeds: &Dictionary, entry: &[u8], view: View<'_>) -> Result<bool, PdfError> {
    let asked = view.get(seeds, entry)?;
    let flags = asked.as_dictionary().map(|asked| view.get(asked, b"Ff")).transpose()?;
    Ok(flags.is_some_and(|flags| integer(&flags) != 0))
}

/// A single full stop, or an empty list, asks for none.
fn has_reason(asked: Option<&[Vec<u8>]>, own: Option<&str>) -> bool {
    match asked {
        None => true,
        Some([]) => own.is_none(),
        Some([one]) if one == b"." => own.is_none(),
        Some(asked) => own.is_some_and(|own| asked.iter().any(|asked| pdf_text(asked) == own)),
    }
}

/// `P` 0 asks for no certification, another for that one.
fn certification(seeds: &Dictionary, options: &Options<'_>, view: View<'_>) -> Result<bool, PdfError> {
    let asked = view.get(seeds, b"MDP")?;
    let Some(asked) = asked.as_dictionary() else { return Ok(true) };
    Ok(match view.get(asked, b"P")? {
        Object::Integer(0) => options.certification.is_none(),
        Object::Integer(asked) => options.certification.is_some_and(|own| own.number() == asked),
        _ => true,
    })
}

const fn method(digest: DigestAlgorithm) -> &'static [u8] {
    match digest {
        DigestAlgorithm::Sha256 => b"SHA256",
        DigestAlgorithm::Sha384 => b"SHA384",
        DigestAlgorithm::Sha512 => b"SHA512",
        _ => b"",
    }
}
