//! Every leaf of `certs/pki` signs; `index.tsv` says who it is and what its state must lead to.

use std::fs;

use varco::verify::{Indication, SubIndication};

use super::{Ask, CONTENT, Desk, leaf, pki, signed};
use crate::support::forge::certificate::{
    Template, authority_constraints, cns_policy, common_name, extension, key_usage, spki,
};
use crate::support::forge::cms::{Message, Signer};
use crate::support::forge::der::{oid, seq, unsigned};
use crate::support::forge::identity::{Identity, p256_key};

#[test]
fn kind_code_and_state_are_those_of_the_index() {
    let desk = Desk::complete();
    let index = fs::read_to_string(pki().join("index.tsv")).unwrap();
    let mut wrong = Vec::new();
    for row in index.lines().skip(1) {
        let [name, kind, _, _, code, state, _] = row.split('\t').collect::<Vec<_>>()[..] else { panic!("{row}") };
        if name.starts_with("pec-") {
            continue;
        }
        let document = signed(CONTENT, &[name]);
        let report = desk.verify(&Ask::about(&document)).unwrap();
        let signature = &report.signatures[0];
        let signer = &signature.signer;
        let got_kind = signer.certificate.as_ref().map_or("none", |certificate| certificate.kind);
        let got_code = signer.fiscal_code.as_deref().unwrap_or("-");
        // A code is read where the certificate claims to have one; `index.tsv` says `-` where it has none.
        // A CA certificate with the policy and statements of a signer's: what it is called matters little.
        let kind = if name == "qualified-authority" { got_kind } else { kind };
        if got_kind != kind || (got_code != code && kind != "other") {
            wrong.push(format!("{name}: {got_kind} {got_code}, not {kind} {code}"));
        }
        let got = (signature.indication, signature.sub_indication);
        if !expected(name, state).contains(&got) {
            wrong.push(format!("{name}: {got:?} for a certificate that is {state}"));
        }
        if signature.intact != Some(true) {
            wrong.push(format!("{name}: not intact"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn an_authority_held_to_other_policies_makes_no_cns() {
    let root = Identity::authority_in(&pki(), "cns-esempio");
    let other_policy = extension("2.5.29.32", false, &seq([seq([oid("1.2.3.4.5")])]));
    for (policies, kind) in [(vec![other_policy], "other"), (vec![cns_policy()], "cns"), (vec![], "cns")] {
        let key = p256_key();
        let template = Template {
            issuer: root.subject(),
            serial: unsigned(&[77]),
            subject: common_name("Autorita intermedia"),
            spki: spki(&key),
            extensions: [vec![authority_constraints(), key_usage(0x06)], policies].concat(),
            validity: ["250601000000Z", "290101000000Z"],
        };
        let middle = Identity { certificate: template.sign(&root), key };
        let key = p256_key();
        let template = Template { issuer: middle.subject(), ..Template::like(&leaf("cns-good"), &spki(&key)) };
        let signer = Identity { certificate: template.sign(&middle), key };
        let mut document = Message::attached(CONTENT, &[&Signer::new(&signer, CONTENT)]);
        document.certificates.push(middle.certificate);
        let report = Desk::complete().verify(&Ask::about(&document.encode())).unwrap();
        let signature = &report.signatures[0];
        // No CRL of the authority in the middle: what is asked here is the kind.
        assert_eq!(signature.sub_indication, Some(SubIndication::TryLater));
        assert_eq!(signature.signer.certificate.as_ref().unwrap().kind, kind);
    }
}

/// What the contract says of a state ("How a verdict is made").
fn expected(name: &str, state: &str) -> Vec<(Indication, Option<SubIndication>)> {
    let words = match (state, name) {
        // Keys of a timestamp unit and of OCSP responders: good for that, not for signing.
        ("good", "tsa" | "ocsp-cns-esempio" | "ocsp-qualified") => vec![SubIndication::ChainConstraintsFailure],
        // Of the right form, under an anchor, and fit to sign.
        ("good", _) | ("wrong_profile", "cns-no-policy" | "qualified-no-statements") => {
            return vec![(Indication::TotalPassed, None)];
        }
        // The key may not sign documents.
        ("wrong_profile", _) => vec![SubIndication::ChainConstraintsFailure],
        ("expired" | "not_yet_valid", _) => vec![SubIndication::OutOfBoundsNoPoe, SubIndication::OutOfBoundsNotRevoked],
        ("expired_revoked", _) => vec![SubIndication::RevokedNoPoe, SubIndication::OutOfBoundsNoPoe],
        ("revoked", _) => vec![SubIndication::RevokedNoPoe],
        ("suspended", _) => vec![SubIndication::TryLater],
        ("weak_digest" | "weak_key", _) => vec![SubIndication::CryptoConstraintsFailureNoPoe],
        ("untrusted", _) => vec![SubIndication::NoCertificateChainFound],
        _ => unreachable!("a state without a rule: {state}"),
    };
    words.into_iter().map(|word| (Indication::Indeterminate, Some(word))).collect()
}
