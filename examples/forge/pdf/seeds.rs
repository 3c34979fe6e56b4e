//! K25: what the field asked of whoever signs it (seed values).

use crate::case::Case;
use crate::expected::{Expected, Signature};
use crate::forge::identity::Identity;
use crate::forge::pdf::Pdf;
use crate::forge::pdf::section::Form;
use crate::pdf::agreement::agreement;
use crate::pdf::signed::{FIRST, approval, bad, good, passed, sign};

pub(crate) fn cases() -> Vec<Case> {
    let asking = |name, title, seeds: &str| {
        good(name, "K25", title, &signed_as_asked(seeds)).expect(Expected::one(passed(FIRST))).clause(CLAUSE)
    };
    let unheeded = |name, title, seeds: &str| {
        bad(name, "K25", "good-seeds-kept", title, &signed_as_asked(seeds))
            .expect(Expected::one(unmet()))
            .clause(CLAUSE)
    };
    vec![
        asking(
            "good-seeds-kept",
            "The field asks for the form and the digest that the signature has",
            "/Ff 99 /Filter /Adobe.PPKLite /SubFilter [/adbe.pkcs7.detached /ETSI.CAdES.detached] \
            /DigestMethod [/SHA256 /SHA512] /MDP << /P 0 >>",
        ),
        asking("good-seeds-recommended", "The field recommends another form and digest", OTHER),
        unheeded("seed-sub-filter", "The field asks for another form", &required(OTHER, 2)),
        unheeded("seed-digest", "The field asks for another digest", &required(OTHER, 64)),
        unheeded("seed-filter", "The field asks for another handler", &required(OTHER, 1)),
        unheeded("seed-reason", "The field asks for one of two reasons", &required(OTHER, 8)),
        unheeded("seed-certification", "The field asks for a certification", "/MDP << /P 2 >>"),
        unheeded(
            "seed-timestamp",
            "The field asks for a timestamp",
            "/TimeStamp << /URL (http://pki.varco.test/tsa) /Ff 1 >>",
        ),
    ]
}

/// It holds, and the policy of the form does not let it pass (EN 319 102-1 §5.1.3).
fn unmet() -> Signature {
    let unmet = Signature::indeterminate(Some("true"), &["SIG_CONSTRAINTS_FAILURE"]);
    unmet.by(&Identity::leaf(FIRST)).format("PAdES").changed(&["none"])
}

const CLAUSE: &str = "ISO 32000-2 §12.7.5.5, table 237";
const OTHER: &str = "/Filter /Altro.Gestore /SubFilter [/adbe.pkcs7.detached] /DigestMethod [/SHA512] \
    /Reasons [(Approvo) (Accetto le condizioni)]";

fn required(seeds: &str, flags: u32) -> String {
    format!("/Ff {flags} {seeds}")
}

fn signed_as_asked(seeds: &str) -> Pdf {
    let mut pdf = agreement();
    pdf.commit(Form::Table);
    sign(&mut pdf, &approval("Firma1").field_with("SV", &format!("<< /Type /SV {seeds} >>")), FIRST);
    pdf
}
