//! A second reader as witness: what `lopdf` finds in the last revision of a file, ours finds, and the same values.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use lopdf::{LoadOptions, Object as Theirs};
use varco::pdf::{Document, Limits, Object, Repair, View};

/// Where the two differ, and who is right. `*`: all files whose name begins so.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "bomb-count",
        "ours: a stream of objects that has fewer than it says is damaged; lopdf takes those that are there",
    ),
    ("isa-missing-eof", "ours: the last startxref counts, as in most readers; lopdf goes by the last %%EOF"),
    ("listed-twice", "either: of two entries of one section we take the first and tell, lopdf takes the last"),
    (
        "pdf-spoofing-attack.pdf",
        "ours: /Encrypt null is no encryption (ISO 32000-2 §7.3.9); lopdf takes the key for it and opens no stream of objects",
    ),
    (
        "page-contents-twice*",
        "either: of two equal keys we keep both, to tell so, lopdf the last (§7.3.7 forbids them)",
    ),
    ("shadow-hide-unlisted", "ours: an entry leads to object 1 for number 20; lopdf files it as 1, over the right one"),
    ("signed-length-loop", "either: a length that is its own stream; lopdf searches for the end, we call it damaged"),
    ("swa-two-*", "the same"),
    ("swa-second-part-moved", "the same"),
    ("usf-range-huge", "ours: a number beyond 64 bits is a real; lopdf leaves the whole object out"),
];

#[test]
fn fixtures_are_read_as_the_witness_reads_them() {
    let folders = fs::read_dir(root().join("fixtures/pdf")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = folders.map(|folder| folder.join("input.pdf")).filter(|file| file.exists()).collect();
    files.sort();
    compare_all(&files, 200, |file| file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned());
}

#[test]
fn the_corpus_of_dss_is_read_as_the_witness_reads_it() {
    let shared = setting("VARCO_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let corpus = shared.join("corpus");
    if !corpus.exists() {
        return;
    }
    let mut files = Vec::new();
    find(&corpus, &mut files);
    files.sort();
    compare_all(&files, 40, |file| file.file_name().unwrap().to_string_lossy().into_owned());
}

/// Compares files; at least `least` of them can be compared.
fn compare_all(files: &[PathBuf], least: usize, name: impl Fn(&Path) -> String) {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for file in files {
        let name = name(file);
        let explained = DIFFERENCES
            .iter()
            .any(|(known, _)| known.strip_suffix('*').map_or(*known == name, |start| name.starts_with(start)));
        let octets = fs::read(file).unwrap();
        match compare(&octets) {
            None => {}
            Some(differences) if differences.is_empty() => compared += 1,
            Some(_) if explained => {}
            Some(differences) => wrong.push(format!("{name}: {}", differences.join("; "))),
        }
    }
    assert!(wrong.is_empty(), "{} files:\n{}\n", wrong.len(), wrong.join("\n"));
    assert!(compared >= least, "only {compared} files were compared");
}

/// The differences; `None` where one of the two does not read the file, or repaired it in its own way.
fn compare(octets: &[u8]) -> Option<Vec<String>> {
    let document = Document::open(&octets, None, &|| false, Limits::STANDARD).ok()?;
    let theirs =
        lopdf::Document::load_mem_with_options(octets, LoadOptions { strict: false, ..LoadOptions::default() }).ok()?;
    if document.is_encrypted() || theirs.xref_recovery.is_some() {
        return None;
    }
    if document.repairs().iter().any(|(repair, _)| *repair == Repair::IndexRebuilt) {
        return None;
    }
    let view = document.last();
    let numbers: BTreeSet<u32> =
        document.revisions().iter().flat_map(|revision| revision.objects.iter().copied()).collect();
    let mut differences = Vec::new();
    let mut found = BTreeMap::new();
    for number in numbers {
        if let Ok(Some(object)) = view.object(number) {
            found.insert((number, object.id.generation), object);
        }
    }
    for (id, theirs) in &theirs.objects {
        match found.get(id) {
            // What they read and we do not; a null is as good as nothing (§7.3.10).
            None if matches!(theirs, Theirs::Null) || is_of_the_file(theirs) => {}
            None => differences.push(format!("we have no object {id:?}")),
            Some(ours) => {
                let stream = ours.stream.clone().map(|span| {
                    let place = |at: u64| usize::try_from(at).unwrap();
                    octets.get(place(span.start)..place(span.end)).expect("a stream within the file")
                });
                if !same(&ours.value, stream, theirs, view) {
                    differences.push(format!("object {id:?} is {:?} to us and {theirs:?} to them", ours.value));
                }
            }
        }
    }
    for (id, ours) in &found {
        let kind = ours.value.as_dictionary().and_then(|value| value.get(b"Type")).and_then(Object::as_name);
        let of_the_file = matches!(kind, Some(b"XRef" | b"ObjStm"));
        if !theirs.objects.contains_key(id) && !of_the_file && !ours.value.is_null() {
            differences.push(format!("they have no object {id:?}"));
        }
    }
    differences.truncate(3);
    Some(differences.iter().map(|text| text.chars().take(300).collect()).collect())
}

/// Whether an object says nothing of the document, only where others are.
fn is_of_the_file(theirs: &Theirs) -> bool {
    matches!(theirs, Theirs::Stream(stream) if stream.dict.has_type(b"XRef") || stream.dict.has_type(b"ObjStm"))
}

fn same(ours: &Object, stream: Option<&[u8]>, theirs: &Theirs, view: View<'_>) -> bool {
    match (ours, theirs) {
        (Object::Null, Theirs::Null) => true,
        (Object::Boolean(one), Theirs::Boolean(other)) => one == other,
        (Object::Integer(one), Theirs::Integer(other)) => one == other,
        (one @ (Object::Real(_) | Object::Integer(_)), Theirs::Real(other)) => {
            let one = one.as_number().unwrap();
            // They keep 32 bits.
            (one - f64::from(*other)).abs() <= one.abs() * 1e-6 + 1e-9
        }
        (Object::String(one), Theirs::String(other, _)) => **one == **other,
        (Object::Name(one), Theirs::Name(other)) => one.as_bytes() == other.as_slice(),
        (Object::Reference(one), Theirs::Reference(other)) => (one.number, one.generation) == *other,
        (Object::Array(one), Theirs::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, None, one_of(other), view))
        }
        (Object::Dictionary(_), Theirs::Dictionary(other)) => stream.is_none() && same_entries(ours, other, view),
        (Object::Dictionary(_), Theirs::Stream(other)) => {
            // White space before `endstream` is on either side of a border that Length draws.
            let content = stream.is_some_and(|stream| stream.trim_ascii_end() == other.content.trim_ascii_end());
            content && same_entries(ours, &other.dict, view)
        }
        _ => false,
    }
}

fn one_of(theirs: &Theirs) -> &Theirs {
    theirs
}

/// `Length` may be a reference to us and a number to them.
fn same_entries(ours: &Object, theirs: &lopdf::Dictionary, view: View<'_>) -> bool {
    let Some(dictionary) = ours.as_dictionary() else { return false };
    let names: BTreeSet<&[u8]> = dictionary.iter().map(|(name, _)| name.as_bytes()).collect();
    let others: BTreeSet<&[u8]> = theirs.iter().map(|(name, _)| name.as_slice()).collect();
    names == others
        && theirs.iter().all(|(name, other)| {
            name == b"Length" || dictionary.get(name).is_some_and(|one| same(one, None, other, view))
        })
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "pdf") {
            files.push(path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
fn setting(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
