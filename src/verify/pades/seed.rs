//! What the author of a form asked of whoever signs a field (ISO 32000-2 §12.7.5.5, table 237: seed values).

use serde::{Deserialize, Serialize};

use crate::asn1::oids;
use crate::crypto::DigestAlgorithm;
use crate::domain::language::Language;
use crate::pdf::{Dictionary, Object, PdfError, View};
use crate::verify::cades;
use crate::verify::finding::Fact;
use crate::verify::outcome::Around;
use crate::verify::pades::form;
use crate::verify::pades::signature::{Encoding, PdfSignature};
use crate::verify::report::SubIndication;
use crate::verify::signer_info::SignerInfo;

oids! {
    /// adbe-revocationInfoArchival (ISO 32000-2 §12.8.3.3.2).
    REVOCATION_INFO_ARCHIVAL = 1.2.840.113583.1.1.8;
}

/// Something that can be asked of a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::verify) enum Seed {
    /// The program that verifies (`Filter`).
    Handler,
    /// The form of the signature (`SubFilter`).
    Encoding,
    /// A reason, or none (`Reasons`).
    Reason,
    /// Revocation data inside (`AddRevInfo`).
    RevocationData,
    /// One of some digests (`DigestMethod`).
    Digest,
    /// A certification of the document, or none (`MDP`).
    Certification,
    /// A timestamp (`TimeStamp`).
    Timestamp,
}

impl Seed {
    /// The same in words, for use inside a sentence.
    pub(in crate::verify) const fn words(self, language: Language) -> &'static str {
        let (italian, english) = match self {
            Self::Handler => ("un altro gestore di firme (Filter)", "another signature handler (Filter)"),
            Self::Encoding => ("un altro formato di firma (SubFilter)", "another form of signature (SubFilter)"),
            Self::Reason => ("un motivo diverso, o nessuno (Reasons)", "another reason, or none (Reasons)"),
            Self::RevocationData => {
                ("i dati di revoca dentro la firma (AddRevInfo)", "revocation data in the signature (AddRevInfo)")
            }
            Self::Digest => {
                ("un altro algoritmo di impronta (DigestMethod)", "another digest algorithm (DigestMethod)")
            }
            Self::Certification => (
                "un'altra scelta fra firma di approvazione e certificazione del documento (MDP)",
                "another choice between approving and certifying the document (MDP)",
            ),
            Self::Timestamp => {
                ("una marca temporale nella firma (TimeStamp)", "a timestamp in the signature (TimeStamp)")
            }
        };
        match language {
            Language::Italian => italian,
            Language::English => english,
        }
    }
}

/// Bits of `Ff` in seed values: what is asked for must be kept (ISO 32000-2 table 237).
pub mod seed_flags {
    /// `Filter`.
    pub const FILTER: i64 = 1;
    /// `SubFilter`.
    pub const SUB_FILTER: i64 = 1 << 1;
    /// `V`.
    pub const PARSER: i64 = 1 << 2;
    /// `Reasons`.
    pub const REASONS: i64 = 1 << 3;
    /// `LegalAttestation`.
    pub const LEGAL_ATTESTATION: i64 = 1 << 4;
    /// `AddRevInfo`.
    pub const ADD_REV_INFO: i64 = 1 << 5;
    /// `DigestMethod`.
    pub const DIGEST_METHOD: i64 = 1 << 6;
    /// `LockDocument`.
    pub const LOCK_DOCUMENT: i64 = 1 << 7;
    /// `AppearanceFilter`.
    pub const APPEARANCE_FILTER: i64 = 1 << 8;
}

/// Not looked at: they ask something of whoever signs that the signature does not show.
const UNCHECKED: i64 =
    seed_flags::PARSER | seed_flags::LEGAL_ATTESTATION | seed_flags::LOCK_DOCUMENT | seed_flags::APPEARANCE_FILTER;

/// Holds a signature against what its field asked for, in the revision that it covers.
pub(super) fn check(
    signature: &PdfSignature,
    info: Option<&SignerInfo<'_>>,
    view: View<'_>,
    around: &mut Around,
) -> Result<(), PdfError> {
    let seeds = view.get(&signature.field.dictionary, b"SV")?;
    let (Some(seeds), Some(info)) = (seeds.as_dictionary(), info) else { return Ok(()) };
    let field = Asked { seeds, signature, info, view };
    let flags = integer(&view.get(seeds, b"Ff")?);
    for (what, kept) in [
        (Seed::Handler, flags & seed_flags::FILTER == 0 || field.handler()?),
        (Seed::Encoding, flags & seed_flags::SUB_FILTER == 0 || field.encoding()?),
        (Seed::Reason, flags & seed_flags::REASONS == 0 || field.reason()?),
        (Seed::RevocationData, flags & seed_flags::ADD_REV_INFO == 0 || field.revocation_data()?),
        (Seed::Digest, flags & seed_flags::DIGEST_METHOD == 0 || field.digest()?),
        (Seed::Certification, field.certification()?),
        (Seed::Timestamp, field.timestamp()?),
    ] {
        if !kept {
            around.flaws.push((SubIndication::SigConstraintsFailure, Fact::PdfSeedValue { what }));
        }
    }
    let certificate = view.get(seeds, b"Cert")?;
    let certificate = certificate.as_dictionary().map(|asked| view.get(asked, b"Ff")).transpose()?;
    if flags & UNCHECKED != 0 || certificate.is_some_and(|flags| integer(&flags) != 0) {
        around.facts.push(Fact::PdfSeedUnchecked);
    }
    Ok(())
}

fn integer(value: &Object) -> i64 {
    value.as_integer().unwrap_or_default()
}

/// What is asked, and what it is asked of.
struct Asked<'a> {
    seeds: &'a Dictionary,
    signature: &'a PdfSignature,
    info: &'a SignerInfo<'a>,
    view: View<'a>,
}

impl Asked<'_> {
    fn seed(&self, name: &[u8]) -> Result<Object, PdfError> {
        self.view.get(self.seeds, name)
    }

    /// The members of an array, references followed.
    fn list(&self, name: &[u8]) -> Result<Option<Vec<Object>>, PdfError> {
        let list = self.seed(name)?;
        let members = list.as_array().map(|members| members.iter().map(|member| self.view.resolve(member)).collect());
        members.transpose()
    }

    fn own(&self, name: &[u8]) -> Result<Object, PdfError> {
        self.signature.entry(name).map_or(Ok(Object::Null), |value| self.view.resolve(value))
    }

    fn handler(&self) -> Result<bool, PdfError> {
        let asked = self.seed(b"Filter")?;
        Ok(asked.is_null() || asked.as_name() == self.own(b"Filter")?.as_name())
    }

    fn encoding(&self) -> Result<bool, PdfError> {
        let own = self.own(b"SubFilter")?;
        let asked = self.list(b"SubFilter")?;
        Ok(asked.is_none_or(|asked| asked.iter().any(|asked| asked.as_name() == own.as_name())))
    }

    /// A single full stop, or an empty list, asks for none.
    fn reason(&self) -> Result<bool, PdfError> {
        let own = self.own(b"Reason")?.as_string().map(form::text);
        let Some(asked) = self.list(b"Reasons")? else { return Ok(true) };
        let asked: Vec<String> = asked.iter().filter_map(Object::as_string).map(form::text).collect();
        Ok(match asked.as_slice() {
            [] => own.is_none(),
            [one] if one == "." => own.is_none(),
            asked => own.is_some_and(|own| asked.contains(&own)),
        })
    }

    /// Of a signature of `PAdES` the DSS has them, at any later time (EN 319 142-1 §5.4).
    fn revocation_data(&self) -> Result<bool, PdfError> {
        let has = self.info.signed.as_ref().is_some_and(|signed| signed.has(REVOCATION_INFO_ARCHIVAL));
        let asked = matches!(self.seed(b"AddRevInfo")?, Object::Boolean(true));
        Ok(!asked || has || self.signature.encoding == Encoding::EtsiCades)
    }

    fn digest(&self) -> Result<bool, PdfError> {
        let Some(asked) = self.list(b"DigestMethod")? else { return Ok(true) };
        let mut asked = asked.iter().filter_map(|asked| asked.as_name().or_else(|| asked.as_string()));
        Ok(asked.any(|asked| method(asked) == self.info.digest && self.info.digest.is_some()))
    }

    /// `P` 0 asks for no certification, another for that one.
    fn certification(&self) -> Result<bool, PdfError> {
        let asked = self.seed(b"MDP")?;
        let Some(asked) = asked.as_dictionary() else { return Ok(true) };
        let asked = match self.view.get(asked, b"P")? {
            Object::Integer(0) => None,
            Object::Integer(asked) => Some(asked),
            _ => return Ok(true),
        };
        Ok(self.certifies()? == asked)
    }

    /// `P` of the `DocMDP` of the signature; 2 where it does not say.
    fn certifies(&self) -> Result<Option<i64>, PdfError> {
        for reference in self.own(b"Reference")?.as_array().unwrap_or_default() {
            let reference = self.view.resolve(reference)?;
            let Some(reference) = reference.as_dictionary() else { continue };
            if self.view.get(reference, b"TransformMethod")?.as_name() != Some(b"DocMDP") {
                continue;
            }
            let parameters = self.view.get(reference, b"TransformParams")?;
            let access = parameters.as_dictionary().map(|parameters| self.view.get(parameters, b"P")).transpose()?;
            return Ok(Some(match access {
                Some(Object::Integer(access)) => access,
                _ => 2,
            }));
        }
        Ok(None)
    }

    fn timestamp(&self) -> Result<bool, PdfError> {
        let asked = self.seed(b"TimeStamp")?;
        let Some(asked) = asked.as_dictionary() else { return Ok(true) };
        let is_required = integer(&self.view.get(asked, b"Ff")?) & 1 == 1;
        Ok(!is_required || cades::has_signature_timestamp(self.info))
    }
}

/// A digest by its name in table 237.
fn method(name: &[u8]) -> Option<DigestAlgorithm> {
    Some(match name {
        b"SHA1" => DigestAlgorithm::Sha1,
        b"SHA256" => DigestAlgorithm::Sha256,
        b"SHA384" => DigestAlgorithm::Sha384,
        b"SHA512" => DigestAlgorithm::Sha512,
        b"RIPEMD160" => DigestAlgorithm::Ripemd160,
        b"SHA3-256" => DigestAlgorithm::Sha3_256,
        b"SHA3-384" => DigestAlgorithm::Sha3_384,
        b"SHA3-512" => DigestAlgorithm::Sha3_512,
        _ => return None,
    })
}
