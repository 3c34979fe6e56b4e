//! The reasons in English: one plain sentence each, of what was found, why it matters, what to do.

use std::borrow::Cow;

use crate::domain::language::Language;
use crate::verify::finding::Fact;
use crate::verify::words;

const IN: Language = Language::English;

#[expect(clippy::too_many_lines, reason = "a catalogue: one arm for each sentence, nothing else")]
pub(super) fn sentence(fact: &Fact) -> Cow<'static, str> {
    match fact {
        Fact::SignerInfoMalformed => "The data of this signature are damaged, or written in a form that the standard forbids: ask the signer to sign again.".into(),
        Fact::VersionUnknown => "The envelope declares a version of the format that the standard does not have: ask for a file made with up-to-date signing software.".into(),
        Fact::VersionUnexpected => "The version number in the envelope is not the one that the standard prescribes for what it holds: no signature protects it and the outcome does not depend on it (careless signing software, or an envelope that was touched up).".into(),
        Fact::DigestNotAnnounced => "The digest algorithm of this signature is not among those announced at the start of the envelope: the digest was computed all the same and the outcome does not depend on it (careless signing software, or an envelope that was touched up).".into(),
        Fact::DigestUnknown { algorithm } => format!("The digest is computed with an algorithm that Varco does not know ({algorithm}): the signature cannot be verified, ask for one with SHA-256.").into(),
        Fact::SignatureAlgorithmUnknown { algorithm } => format!("The signature uses an algorithm that Varco does not know ({algorithm}): it cannot be verified, ask for one with RSA or ECDSA.").into(),
        Fact::AlgorithmsDisagree => "The signature algorithm and the digest algorithm declared in the envelope do not belong together: the signature was made wrongly or was tampered with.".into(),
        Fact::AlgorithmParameters => "The standard does not allow the parameters of the signature algorithm: the signature was made wrongly or was tampered with.".into(),
        Fact::AttributeMissing { attribute } => format!("The signed attribute {attribute}, which the standard requires, is missing: the form of the signature is not valid.").into(),
        Fact::AttributeRepeated { attribute } => format!("The signed attribute {attribute} occurs more than once: the standard forbids it, because it would leave open what was signed.").into(),
        Fact::AttributeNotSingle { attribute } => format!("The signed attribute {attribute} must have exactly one value and has not: the form of the signature is not valid.").into(),
        Fact::AttributeMalformed { attribute } => format!("The value of the signed attribute {attribute} is not of the type that it must have: the form of the signature is not valid.").into(),
        Fact::ContentTypeDiffers => "The type of content that was signed is not the one that the envelope declares: the content may have been exchanged, the signature is not valid.".into(),
        Fact::AttributesMissingForType => "For this type of content signed attributes are mandatory, and there are none: the form of the signature is not valid.".into(),
        Fact::AttributesAsContent => "The content is really the set of attributes of another signature: this is a known way of tampering, the signature is not valid.".into(),
        Fact::AttributesMissing => "The signature has no signed attributes, so it does not say which certificate it was made with: it is not enough to accept the document, ask for a CAdES signature.".into(),
        Fact::AttributesNotDer => "The signed attributes are not in DER order or encoding: the signature was verified over the octets as they were sent (old signing software).".into(),
        Fact::AttributesReencoded => "The signed attributes were sent in BER, and were verified once encoded in DER as the standard prescribes.".into(),
        Fact::ContentMissing => "The envelope holds only the signature and not the document that was signed: supply the original document as well and verify again.".into(),
        Fact::ContentGivenTwice => "The document that was supplied apart is not the one in the envelope: find out which of the two the signer really signed.".into(),
        Fact::DigestDiffers => "The document was changed after it was signed, or is not the one that was signed: the digest does not match. Ask for the original file again.".into(),
        Fact::SignatureValueInvalid => "The signature does not match the key of the certificate that it names: it was altered or is somebody else's. Ask for a new signature.".into(),
        Fact::CertificateNotFound => "The signer's certificate is not in the envelope: whose signature it is cannot be known. Ask for a file that includes the certificate.".into(),
        Fact::CertificateUnreadable => "The signer's certificate is damaged and cannot be read: ask for the original file again.".into(),
        Fact::KeyUnusable { why } => format!("The public key of the certificate cannot be used ({}): the signature cannot be verified.", why.words(IN)).into(),
        Fact::ReferenceMissing => "The signed attributes do not say which certificate the signature was made with (signing-certificate): it is not a CAdES signature and is not enough by itself, ask for one in CAdES format.".into(),
        Fact::ReferenceDiffers => "The certificate in the envelope is not the one that the signer referred to when signing: it may have been replaced. The signature cannot be attributed.".into(),
        Fact::ReferenceSerialDiffers => "The issuer or the serial number that the signer referred to are not those of the certificate in the envelope: the signature does not follow the CAdES format.".into(),
        Fact::ReferenceNameMalformed => "The reference to the signing certificate is written in an unexpected form (a known defect of the CIE software): the digest of the certificate matches and the signature stays valid.".into(),
        Fact::NoAnchors => "No trusted certification authority was named, so the signature cannot be attributed: supply the trusted certificates and verify again.".into(),
        Fact::ChainNotFound { why } => format!("The certificate does not lead to any of the trusted certification authorities ({}): check that the list of them is complete, or ask whoever issued the certificate.", words::no_chain(*why, IN)).into(),
        Fact::Expired { on } => format!("The certificate expired on {} and nothing proves that the signature was made before: a timestamp, a PEC receipt or a new signature is needed.", on.day(IN)).into(),
        Fact::ExpiredNotRevoked { on } => format!("The certificate expired on {} without being revoked, but nothing proves that the signature was made before: a timestamp, a PEC receipt or a new signature is needed.", on.day(IN)).into(),
        Fact::NotYetValid { from } => format!("The certificate is valid only from {}: at the time of the verification it was not valid yet.", from.day(IN)).into(),
        Fact::Revoked { since, reason } => {
            let reason = reason.and_then(|reason| words::reason(reason, IN)).map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("The certificate was revoked on {}{reason} and nothing proves that the signature was made before: in law it counts as not signed. Ask for a new signature.", since.day(IN)).into()
        }
        Fact::IssuerOutOfBounds { from, until } => format!("The certificate of an authority between the signer and the trusted one is valid from {} to {}, and nothing proves that the signature was made in that period: a timestamp, a PEC receipt or a new signature is needed.", from.day(IN), until.day(IN)).into(),
        Fact::IssuerRevoked { since } => format!("The certificate of the authority that issued the signer's was revoked on {}: the signature cannot be accepted, ask for one with a new certificate.", since.day(IN)).into(),
        Fact::Suspended { since } => format!("The certificate is suspended since {}: the signature cannot be accepted until the suspension is lifted. Verify again later, or ask the signer.", since.day(IN)).into(),
        Fact::RevocationUnknown { why } => format!("Whether the certificate was revoked cannot be known: {}. Obtain the current revocation list, or an OCSP response, and verify again.", words::why_unknown(*why, IN)).into(),
        Fact::DeltaMissing => "The revocation list refers to later updates that were not supplied: a recent revocation may not show. Obtain the list of updates as well (delta CRL).".into(),
        Fact::StatusByOcsp { issued } => format!("Whether the certificate is revoked is said by the OCSP response of {}, given by the authority that issued it or by whom that authority delegated.", issued.minute(IN)).into(),
        Fact::OcspUnusable { why } => format!("There is an OCSP response that was not taken into account: {}.", words::why_unknown(*why, IN)).into(),
        Fact::EmbeddedUnreadable { what, count } => format!("Some validation data that came with the signature cannot be read and were not used ({}: {count}): if it is not known for that reason whether the certificate was revoked, obtain them from the authority.", words::material(what, IN)).into(),
        Fact::EmbeddedLeftAside { what, count } => format!("More validation data came with the signature than are needed: some were not read ({}: {count}).", words::material(what, IN)).into(),
        Fact::ClaimedLater { claimed } => format!("The signer claims to have signed on {}, after the time by which the signature must have existed: either the claimed time or the proof of existence is wrong.", claimed.minute(IN)).into(),
        Fact::ExistenceIgnored { at } => format!("The time of existence that was given ({}) is later than the time of the verification and was not taken into account.", at.minute(IN)).into(),
        Fact::ChainConstraints { why } => format!("The chain of certificates does not respect the constraints set by the authorities ({}): the signature cannot be accepted.", why.words(IN)).into(),
        Fact::ChainGeneral { why } => format!("The chain of certificates is not valid ({}): the signature cannot be accepted.", why.words(IN)).into(),
        Fact::ChainAlgorithm { why } => format!("A certificate of the chain uses an algorithm that is no longer secure ({}): nothing proves that it still was when the signature was made.", why.words(IN)).into(),
        Fact::AnchorExpired { on } => format!("The certificate of the trusted authority that the signature leads to expired on {}: trust depends on who chose the authority and not on that date, so the outcome does not change. If it should no longer be among the trusted ones, tell whoever keeps them.", on.day(IN)).into(),
        Fact::KeyUsageUnfit => "The key of this certificate is not meant for signing documents: ask for a signature made with the right certificate of the card.".into(),
        Fact::WeakDigest { algorithm } => format!("The signature uses {algorithm}, which is no longer secure: somebody may have prepared another document with the same digest. Ask for a new signature with SHA-256.").into(),
        Fact::WeakKey { bits } => format!("The signer's key has only {bits} bits, too few to be secure: ask for a new signature with a current certificate.").into(),
        Fact::TrustedListNotAuthenticated => "The trusted list was read without verifying its signature: whether the certificate is qualified is not established.".into(),
        Fact::TrustedListOutdated { due } => format!("The trusted list was to be replaced by {}: the status of the authority may have changed since. Obtain the current list and verify again.", due.day(IN)).into(),
        Fact::TimestampProves { at } => format!("A valid timestamp proves that the signature existed already on {}.", at.second(IN)).into(),
        Fact::TimestampIgnored { kind, why } => format!("A timestamp {} proves nothing: {}. The outcome of the signature does not depend on it.", words::stamped(kind, IN), why.words(IN)).into(),
        Fact::TimestampOrder => "By the timestamps the content came into being after the signature: one of the two is wrong. Ask for a new signature.".into(),
        Fact::TimestampsNotJudged => "The signature carries other timestamps (on archives or references) that this version lists but does not verify: they are not used to establish when it was made.".into(),
        Fact::TimestampAlone { at } => format!("The PDF has a valid timestamp of {} that covers no signature: it proves that the revision it is on existed already, and nothing of the signatures.", at.second(IN)).into(),
        Fact::TimestampChanged { at } => format!("The PDF was changed after the timestamp of {}: it holds for the revision of that time, not for the document as it is now.", at.second(IN)).into(),
        Fact::ExistenceAsserted { at, source } => {
            let source = source.as_deref().unwrap_or("whoever asks for the verification");
            format!("That the file existed already on {} is asserted by: {source}. Varco takes it into account but did not verify it.", at.minute(IN)).into()
        }
        Fact::CountersignatureOnly => "This is a countersignature: it confirms the signature that it stands on and does not count as a signature of the document.".into(),
        Fact::PdfSignatureFlawed { why } => format!("This signature of the PDF does not protect the document as it must: {}. Its form is not valid.", why.words(IN)).into(),
        Fact::PdfSeedValue { what } => format!("The author of the form asked for {} to sign this field: the signature does not comply. Have it signed again as the form asks.", what.words(IN)).into(),
        Fact::PdfSeedUnchecked => "The author of the form set other conditions for signing this field (on the certificate, for example), which Varco does not check: look at them in the properties of the field.".into(),
        Fact::PdfChangeForbidden { what, page, field, object } => format!("After this signature{} {}{}: the signature does not allow that and does not hold for the document as it is now. Ask for the file as it was signed, or for a new signature.", words::on_page(*page, IN), what.words(IN), words::about(field.as_deref(), *object, IN)).into(),
        Fact::PdfChangeNotable { what, page, field, object } => format!("After this signature{} {}{}: the signature allows that, but whoever signed has not seen it. Compare with the revision that was signed.", words::on_page(*page, IN), what.words(IN), words::about(field.as_deref(), *object, IN)).into(),
        Fact::PdfChangeAllowed { what, page, field, object } => format!("After this signature{} {}{}: the signature allows that, and the signed document is unchanged.", words::on_page(*page, IN), what.words(IN), words::about(field.as_deref(), *object, IN)).into(),
        Fact::PdfManyChanges { count } => format!("There are {count} later changes in all: the gravest are listed here.").into(),
        Fact::PdfEarlierRevision { revision, of } => format!("The signature covers revision {revision} of the {of} that the file has: what later ones changed is listed here.").into(),
        Fact::PdfTrailingData => "After the end of the PDF there are other data, which nobody signed and some programs may read: ask for the original file.".into(),
        Fact::PdfSignatureUnreachable => "There is a signature in the PDF that the document does not show any more: its field was hidden or damaged, and what it signed is not known. Ask for the original file.".into(),
        Fact::PdfPadding => "The space reserved for the signature in the PDF is filled up with something other than zeros: nobody signed that, and no program shows it (imprecise signing software).".into(),
        Fact::InnerNotJudged { form } => format!("The content is a document in {} that looks signed itself, and this version of Varco cannot verify those signatures yet: the outcome stays undetermined.", words::form(form, IN)).into(),
        Fact::InnerNotSeen => "The content is an archive or a compressed file that could not be looked into as a whole (damaged, encrypted, too large, or of a kind that Varco does not open): whether it has other signatures is not known, and the outcome stays undetermined. Open it and see whether the documents in it are signed.".into(),
        Fact::InnerDamaged { why } => format!("The content looks like another signed envelope but cannot be opened ({}): the signatures inside cannot be verified.", why.words(IN)).into(),
        Fact::EnvelopeUnsigned => "One of the CMS envelopes has no signature at all: whether something was removed cannot be known. Ask for the original file.".into(),
        Fact::SignatureRepeated => "The same signature occurs twice in the envelope: it is one signature, and the envelope was touched up after it was made. Ask for the original file.".into(),
        Fact::TrailingData => "After the end of the signed envelope there are other data, which nobody signed: they may have been added. Ask for the original file.".into(),
        Fact::Padding => "After the end of the envelope there are blanks or zeros as padding: they are no part of what was signed.".into(),
        Fact::TextEnvelope { form } => format!("The envelope was encoded as text ({form}) and was decoded for the verification.").into(),
        Fact::ExpectedDiffers => "The document that was signed is not the expected one (for example the Service Agreement, AdS, made for this case): have exactly the downloaded file signed, unchanged.".into(),
        Fact::SignerRepeated => "The same person signed the same content more than once: those signatures count as one. If signatures of different people were needed, some are missing.".into(),
        Fact::DeclaredAbsent => "No valid signature has an Italian fiscal code to compare with the declared one: the person must be identified in another way.".into(),
        Fact::DeclaredNotByValidSignature => "The declared fiscal code stands in a signature, but that signature is not found valid: the person is not established.".into(),
        Fact::OmocodiaVariant => "The fiscal code in the certificate is the declared one, but with letters in place of digits (omocodia): compare the name, because omocodia is there to tell two people apart.".into(),
        Fact::OtherPerson => "The fiscal code in the certificate is not the declared one: another person signed. Have the declared person sign, or correct the declaration.".into(),
        Fact::OtherForm => "One of the two fiscal codes, in the certificate and declared, has 16 characters and the other 11 digits: they cannot be compared. Declare the definitive code.".into(),
        Fact::UnreadableCode => "The fiscal code written in the certificate is not valid and cannot be the declared one: check the identity in another way.".into(),
        Fact::OtherIdentifier { identifier } => format!("The certificate has no Italian fiscal code but another identifier ({}): they cannot be compared, check the identity in another way.", identifier.name(IN)).into(),
        Fact::Seal => "It is the seal of an organisation, not the signature of a person: there is no fiscal code to compare. Have the declared person sign.".into(),
        Fact::AmbiguousCode => "The certificate holds different fiscal codes: they cannot be compared, check the identity in another way.".into(),
        Fact::KindOther => "The certificate is not of a CNS, of a CIE or qualified, and has no fiscal code in a field that is recognised: check the issuer or ask for another signature.".into(),
        Fact::NoCode => "The certificate has no fiscal code: there is nothing to compare, check the identity in another way.".into(),
    }
}
