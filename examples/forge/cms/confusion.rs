//! K01, K02: a signature says nothing of whether it was made over attributes or over content
//! (draft-ietf-lamps-cms-euf-cma-signeddata).
//!
//! The other direction, a bare signature over a document that happens to be attributes, moved under `signedAttrs`,
//! gives the very octets of `good-rsa`: no recipient can see it, so there is no case for it.

use super::good::OTHER_TYPE;
use crate::case::{CONTENT, Case};
use crate::expected::{Expected, Signature};
use crate::forge::cms::{Message, Signer};
use crate::forge::der::oid;
use crate::forge::identity::Identity;

pub(crate) fn cases() -> Vec<Case> {
    let rsa = Identity::leaf("cns-good");
    let genuine = Signer::new(&rsa, CONTENT);
    let attributes = genuine.signed_octets();
    // The genuine signature value over the attributes, now over content that is those attributes.
    let as_content = Signer::new(&rsa, &attributes).bare();
    let open = Expected::one(Signature::indeterminate(None, &["SIG_CONSTRAINTS_FAILURE"]));
    let bare = Signer::new(&rsa, CONTENT).bare();
    let other_type = Message { content_type: oid(OTHER_TYPE), version: 3, ..Message::attached(CONTENT, &[&bare]) };
    let other_type_detached = Message { content: None, ..other_type.clone() };
    vec![
        Case::bad("attributes-as-content", "K01", "good-rsa", "Signed attributes moved into the content", {
            Message::attached(&attributes, &[&as_content]).encode()
        })
        .clause("RFC 5652 §5.4; refuse content that parses as SignedAttributes when signedAttrs is absent"),
        Case::bad("attributes-as-detached", "K01", "good-detached", "Signed attributes given as detached content", {
            Message::detached(&[&as_content]).encode()
        })
        .detached(&attributes),
        Case::bad("bare-other-type", "K02", "good-content-type-oid", "Not id-data and no signed attributes", {
            other_type.encode()
        })
        .clause("RFC 5652 §5.3: signedAttrs MUST be present"),
        Case::bad("bare-other-type-detached", "K02", "good-content-type-oid", "The same, detached", {
            other_type_detached.encode()
        })
        .detached(CONTENT),
        Case::bad("bare-detached", "K02", "good-detached", "Detached, no signed attributes", {
            Message::detached(&[&bare]).encode()
        })
        .detached(CONTENT)
        .expect(open),
    ]
}
