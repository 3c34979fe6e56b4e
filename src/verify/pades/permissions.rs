//! What a signature allows later revisions to change (ISO 32000-2 §12.8.2.2 `DocMDP`, §12.8.2.4 `FieldMDP`, §12.7.5.5
//! `Lock`).

use std::rc::Rc;

use crate::pdf::{Dictionary, Object, PdfError, View};
use crate::verify::pades::changes::{Certified, Change};
use crate::verify::pades::signature::PdfSignature;
use crate::verify::report::Modifications;

/// What one signature allows.
#[derive(Clone, Debug, Default)]
pub(super) struct Permissions {
    /// What the document was certified for when it was signed.
    pub(super) certified: Certified,
    locks: Vec<Lock>,
}

/// Fields that are closed, by their full names; those below a name are meant too.
#[derive(Clone, Debug)]
enum Lock {
    All,
    Include(Vec<Vec<u8>>),
    Exclude(Vec<Vec<u8>>),
}

impl Permissions {
    /// What a signature itself says, in its own revision.
    pub(super) fn of(signature: &PdfSignature, view: View<'_>) -> Result<Self, PdfError> {
        let mut permissions = Self::default();
        let references = signature.entry(b"Reference").map(|value| view.resolve(value)).transpose()?;
        for reference in references.as_ref().and_then(Object::as_array).unwrap_or_default() {
            let reference = view.resolve(reference)?;
            let Some(reference) = reference.as_dictionary() else { continue };
            let parameters = view.get(reference, b"TransformParams")?;
            let parameters = parameters.as_dictionary().cloned().unwrap_or_default();
            match view.get(reference, b"TransformMethod")?.as_name() {
                Some(b"DocMDP") => permissions.certify(&view.get(&parameters, b"P")?),
                Some(b"FieldMDP") => permissions.lock(&parameters, view)?,
                _ => {}
            }
        }
        if let Some(lock) = view.get(&signature.field.dictionary, b"Lock")?.as_dictionary() {
            permissions.lock(lock, view)?;
            let restricts = view.get(lock, b"P")?;
            if !restricts.is_null() {
                permissions.certify(&restricts);
            }
        }
        Ok(permissions)
    }

    /// What a value of `P` grants; 2 where there is none, nothing where it is none of the three.
    fn certify(&mut self, value: &Object) {
        let certified = match value {
            Object::Null | Object::Integer(2) => Certified::Filling,
            Object::Integer(3) => Certified::Annotating,
            _ => Certified::NoChanges,
        };
        self.certified = self.certified.max(certified);
    }

    fn lock(&mut self, parameters: &Rc<Dictionary>, view: View<'_>) -> Result<(), PdfError> {
        let fields = view.get(parameters, b"Fields")?;
        let mut names = Vec::new();
        for name in fields.as_array().unwrap_or_default() {
            names.extend(view.resolve(name)?.as_string().map(<[u8]>::to_vec));
        }
        self.locks.push(match view.get(parameters, b"Action")?.as_name() {
            Some(b"Include") => Lock::Include(names),
            Some(b"Exclude") => Lock::Exclude(names),
            _ => Lock::All,
        });
        Ok(())
    }

    /// What a change is to this signature.
    pub(super) fn judge(&self, change: &Change) -> Modifications {
        let locked = change.field.as_ref().is_some_and(|field| self.locks.iter().any(|lock| lock.closes(field)));
        change.kind.under(self.certified, locked)
    }
}

impl Lock {
    fn closes(&self, field: &[u8]) -> bool {
        let lists = |names: &[Vec<u8>]| {
            names
                .iter()
                .any(|name| field.strip_prefix(name.as_slice()).is_some_and(|rest| matches!(rest, [] | [b'.', ..])))
        };
        match self {
            Self::All => true,
            Self::Include(names) => lists(names),
            Self::Exclude(names) => !lists(names),
        }
    }
}
