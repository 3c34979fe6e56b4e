//! The document security store (EN 319 142-1 §5.4.2): certificates, CRLs and OCSP responses for validation.
//!
//! Nobody need have signed it: what it holds carries signatures of its own.

use std::rc::Rc;

use crate::pdf::{Dictionary, Document, Object, PdfError, View};
use crate::trust::TrustStore;
use crate::verify::Context;
use crate::verify::embedded::{Embedded, Kind};

/// Reads the store of the last revision. `VRI` only says which of it belongs to which signature, and is not needed.
pub(super) fn read<'a>(document: &Document<'_>, context: &Context<'a>) -> Result<Embedded<'a>, PdfError> {
    let mut embedded = Embedded::new(context.revocation);
    let view = document.last();
    let Some(store) = unless_io(find(view))?.flatten() else { return Ok(embedded) };
    let mut budget = Budget { octets: context.limits.tail_len, failures: MAX_FAILURES };
    for (name, kind) in [(&b"Certs"[..], Kind::Certificate), (b"OCSPs", Kind::Ocsp), (b"CRLs", Kind::Crl)] {
        let Some(members) = unless_io(view.get(&store, name))? else { continue };
        let members = members.as_array().unwrap_or_default();
        let (read, rest) = members.split_at(members.len().min(kind.most()));
        embedded.left_aside(kind, rest.len());
        for member in read {
            take(member, kind, view, &mut budget, &mut embedded, context.trust)?;
        }
    }
    Ok(embedded)
}

/// What may still be read: a damaged stream may cost as much as a good one before that shows.
struct Budget {
    octets: usize,
    failures: usize,
}

fn take(
    member: &Object,
    kind: Kind,
    view: View<'_>,
    budget: &mut Budget,
    embedded: &mut Embedded<'_>,
    trust: &TrustStore,
) -> Result<(), PdfError> {
    if budget.octets == 0 || budget.failures == 0 {
        embedded.left_aside(kind, 1);
        return Ok(());
    }
    if let Some(der) = unless_io(octets(member, view, budget.octets))?.flatten() {
        budget.octets = budget.octets.saturating_sub(der.len());
        embedded.add(kind, &der, trust);
    } else {
        budget.failures -= 1;
        embedded.unreadable(kind);
    }
    Ok(())
}

fn find(view: View<'_>) -> Result<Option<Rc<Dictionary>>, PdfError> {
    let root = view.get(&view.trailer(), b"Root")?;
    let store = root.as_dictionary().map(|catalog| view.get(catalog, b"DSS")).transpose()?;
    Ok(store.as_ref().and_then(Object::as_dictionary).cloned())
}

/// What a stream holds; `None` where there is none.
fn octets(member: &Object, view: View<'_>, limit: usize) -> Result<Option<Vec<u8>>, PdfError> {
    let Some(reference) = member.as_reference() else { return Ok(None) };
    let found = view.object(reference.number)?.filter(|found| found.id == reference);
    found.map(|stream| view.decode_within(&stream, limit)).transpose()
}

/// A store that is damaged is as good as none; a file that cannot be read is another matter.
fn unless_io<T>(found: Result<T, PdfError>) -> Result<Option<T>, PdfError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error @ PdfError::Io(_)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Members that cannot be read, before the rest is left aside.
const MAX_FAILURES: usize = 8;
