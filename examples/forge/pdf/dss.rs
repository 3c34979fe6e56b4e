//! DSS with OCSP responses (EN 319 142-1 §5.4.2), for a verifier that has no revocation data of its own.

use crate::case::Case;
use crate::expected::{Expected, Signature};
use crate::forge::identity::Identity;
use crate::forge::ocsp::{Status, basic, response};
use crate::forge::pdf::section::Form;
use crate::forge::pdf::{Dict, Object, Pdf};
use crate::pdf::signed::{FIRST, THIRD, good as passing, passed, signed};

const ALLOWED: &[&str] = &["allowed"];

pub(crate) fn cases() -> Vec<Case> {
    let authority = Identity::authority("cns-esempio");
    let leaf = Identity::leaf(FIRST);
    let about = |leaf: &Identity, status, times| response(&basic(&authority, (&authority, leaf), status, times));
    let week = ("20260130000000Z", "20260206000000Z");
    let with = |responses: &[Vec<u8>]| {
        let mut pdf = signed();
        add_dss(&mut pdf, responses);
        pdf
    };
    let good = about(&leaf, Status::Good, week);
    let revoked = about(&leaf, Status::Revoked("20260110000000Z"), week);
    let stale = about(&leaf, Status::Good, ("20260101000000Z", "20260131000000Z"));
    let of_other = about(&Identity::leaf(THIRD), Status::Good, week);
    let cut = good.split_at(good.len() - 1).0.to_vec();
    let bad = |name, title, sub_indication, responses: &[Vec<u8>]| {
        let signature = Signature::indeterminate(Some("true"), sub_indication).changed(ALLOWED);
        Case::bad(name, "K44", "good-dss-ocsp", title, with(responses).bytes)
            .file("input.pdf")
            .expect(Expected::one(signature))
            .clause("EN 319 142-1 §5.4.2")
            .without_crls()
    };
    let several = [cut.clone(), of_other.clone(), stale.clone(), good.clone()];
    let fine = |name, title, responses: &[Vec<u8>]| {
        passing(name, "K22", title, &with(responses))
            .expect(Expected::one(passed(FIRST).changed(ALLOWED)))
            .clause("EN 319 142-1 §5.4.2")
            .without_crls()
    };
    vec![
        fine("good-dss-ocsp", "DSS with an OCSP response", std::slice::from_ref(&good)),
        fine("good-dss-ocsp-among-others", "DSS with several OCSP responses, some useless", &several),
        bad("dss-ocsp-revoked", "DSS with an OCSP response that says revoked", &["REVOKED_NO_POE"], &[good, revoked]),
        bad("dss-ocsp-out-of-date", "DSS with an OCSP response that is out of date", &["TRY_LATER"], &[stale]),
        bad("dss-ocsp-of-other", "DSS with an OCSP response about another certificate", &["TRY_LATER"], &[of_other]),
        bad("dss-ocsp-cut", "DSS with an OCSP response that is cut short", &["TRY_LATER"], &[cut]),
    ]
}

/// DSS with the issuer's certificate and OCSP responses, in a revision of its own.
fn add_dss(pdf: &mut Pdf, responses: &[Vec<u8>]) {
    let stream = |octets: &[u8]| Object::deflated(&[], octets);
    let certificate = pdf.add(stream(&Identity::authority("cns-esempio").certificate));
    let responses: Vec<String> = responses.iter().map(|octets| format!("{} 0 R", pdf.add(stream(octets)))).collect();
    let (certs, responses) = (format!("[{certificate} 0 R]"), format!("[{}]", responses.join(" ")));
    let dss = pdf.add(Object::Dict(Dict::of(&[("Type", "/DSS"), ("Certs", &certs), ("OCSPs", &responses)])));
    pdf.set(1, "DSS", &format!("{dss} 0 R"));
    pdf.commit(Form::Table);
}
