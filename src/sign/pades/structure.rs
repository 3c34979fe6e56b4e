//! The place of a new field in the logical structure of a tagged file, so that an accessible file stays one (ISO 32000-2
//! §14.7; PDF/UA, ISO 14289-1 §7.18).

use crate::pdf::{Dictionary, Object, PdfError, Reference};
use crate::sign::pades::field::{append, dictionary};
use crate::sign::pades::update::Update;
use crate::sign::pades::write::{entries, name, of, reference, text, with};

/// Makes a `Form` element for a widget, at the end of the document. A file that is not tagged, or in a way that is not
/// common, stays as it is.
pub(super) fn place(
    widget: Reference,
    page: Reference,
    catalog: Reference,
    update: &mut Update<'_>,
) -> Result<(), PdfError> {
    let catalog = dictionary(&update.get(catalog)?, catalog)?;
    let Some(root) = catalog.get(b"StructTreeRoot").and_then(Object::as_reference) else { return Ok(()) };
    let Some(entries) = update.get(root)?.as_dictionary().cloned() else { return Ok(()) };
    let Some(tree) = entries.get(b"ParentTree").and_then(Object::as_reference) else { return Ok(()) };
    let Some(last) = last_key(tree, update)? else { return Ok(()) };
    let said = entries.get(b"ParentTreeNextKey").and_then(Object::as_integer).unwrap_or_default();
    let key = said.max(last.saturating_add(1));

    let element = update.number()?;
    let parent = document_element(root, &entries, update)?;
    update.put(element, form(widget, page, parent));
    append(parent, "K", reference(element), update)?;
    enter(key, element, tree, update)?;
    let entries = dictionary(&update.get(root)?, root)?;
    update.put(root, of(with(&entries, "ParentTreeNextKey", Object::Integer(key.saturating_add(1)))));

    let entries = dictionary(&update.get(widget)?, widget)?;
    update.put(widget, of(with(&entries, "StructParent", Object::Integer(key))));
    let entries = dictionary(&update.get(page)?, page)?;
    if entries.get(b"Tabs").is_none() {
        // Whoever goes from field to field follows the structure.
        update.put(page, of(with(&entries, "Tabs", name("S"))));
    }
    Ok(())
}

/// What a signature says of itself is in Italian.
fn form(widget: Reference, page: Reference, parent: Reference) -> Object {
    let content = entries([("Type", name("OBJR")), ("Obj", reference(widget)), ("Pg", reference(page))]);
    of(entries([
        ("Type", name("StructElem")),
        ("S", name("Form")),
        ("P", reference(parent)),
        ("Pg", reference(page)),
        ("Lang", text("it")),
        ("K", of(content)),
    ]))
}

/// The only element below the root, if it is for the whole document; else the root.
fn document_element(root: Reference, entries: &Dictionary, update: &Update<'_>) -> Result<Reference, PdfError> {
    let first = match entries.get(b"K") {
        Some(Object::Array(kids)) => match &**kids {
            [only] => only.as_reference(),
            _ => None,
        },
        Some(only) => only.as_reference(),
        None => None,
    };
    let Some(first) = first else { return Ok(root) };
    let value = update.get(first)?;
    let kind = value.as_dictionary().and_then(|element| element.get(b"S")).and_then(Object::as_name);
    Ok(if kind == Some(b"Document") { first } else { root })
}

/// The largest key of a number tree (§7.9.7), -1 of an empty one; `None` where that is not plain.
fn last_key(tree: Reference, update: &Update<'_>) -> Result<Option<i64>, PdfError> {
    let tree = dictionary(&update.get(tree)?, tree)?;
    let found = |entries: &Dictionary, entry| -> Result<Option<Object>, PdfError> {
        match entries.get(entry) {
            Some(Object::Reference(array)) => update.get(*array).map(Some),
            own => Ok(own.cloned()),
        }
    };
    if let Some(kids) = found(&tree, b"Kids")? {
        let Some(last) = kids.as_array().and_then(<[_]>::last).and_then(Object::as_reference) else { return Ok(None) };
        let last = dictionary(&update.get(last)?, last)?;
        let limits = found(&last, b"Limits")?;
        return Ok(limits.as_ref().and_then(Object::as_array).and_then(<[_]>::last).and_then(Object::as_integer));
    }
    let pairs = found(&tree, b"Nums")?;
    Ok(match pairs.as_ref().and_then(Object::as_array) {
        None | Some([]) => Some(-1),
        Some([.., key, _]) => key.as_integer(),
        Some(_) => None,
    })
}

/// Puts an element under a key that is larger than all others.
fn enter(key: i64, element: Reference, tree: Reference, update: &mut Update<'_>) -> Result<(), PdfError> {
    let key = Object::Integer(key);
    if dictionary(&update.get(tree)?, tree)?.get(b"Kids").is_none() {
        append(tree, "Nums", key, update)?;
        return append(tree, "Nums", reference(element), update);
    }
    let leaf = update.number()?;
    let pair = Object::Array([key.clone(), reference(element)].into());
    let limits = Object::Array([key.clone(), key].into());
    update.put(leaf, of(entries([("Nums", pair), ("Limits", limits)])));
    append(tree, "Kids", reference(leaf), update)
}
