#![no_main]

#[expect(dead_code, reason = "the other targets use the rest")]
#[path = "../targets.rs"]
mod targets;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use varco::pdf::{self, Document};

fuzz_target!(|data: &[u8]| {
    targets::pdf_changes(data);
});

// Half of the time the file stays as it is and an update is appended, with an object that libFuzzer changes: the signature
// still holds then, and what is judged is the change.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    match with_update(&data[..size], seed, |object, size, max| fuzzer_mutate(object, size, max)) {
        Some(changed) if changed.len() <= max_size && seed % 2 == 0 => {
            data[..changed.len()].copy_from_slice(&changed);
            changed.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
});

/// A PDF with one more update: an object of it, or a new one, changed by `mutate`, listed by a table. `None` where there is
/// nothing to append to.
fn with_update(data: &[u8], seed: u32, mutate: impl FnOnce(&mut [u8], usize, usize) -> usize) -> Option<Vec<u8>> {
    const ROOM: usize = 4096;
    let limits = pdf::Limits { objects: 100_000, revisions: 1_000, decoded: 16 * 1024 * 1024 };
    let document = Document::open(&data, None, &|| false, limits).ok()?;
    let last = document.revisions().last()?.sections.first()?.start;
    let numbers: Vec<u32> = document.revisions().iter().flat_map(|revision| revision.objects.iter().copied()).collect();
    let number = *numbers.get(usize::try_from(seed / 2).ok()? % numbers.len())?;
    let object = document.last().object(number).ok().flatten();
    let span = object.and_then(|object| object.span.clone());
    let octets = span.and_then(|span| data.get(usize::try_from(span.start).ok()?..usize::try_from(span.end).ok()?));
    let mut object = octets.map_or_else(|| format!("{number} 0 obj <<>> endobj").into_bytes(), <[u8]>::to_vec);
    object.truncate(ROOM / 2);
    let len = object.len();
    object.resize(ROOM, 0);
    object.truncate(mutate(&mut object, len, ROOM));
    let at = data.len() + 1;
    let start = at + object.len() + 1;
    let tail = format!(
        "xref\n{number} 1\n{at:010} 00000 n \ntrailer\n<</Size 100000/Root 1 0 R/Prev {last}>>\nstartxref\n{start}\n%%EOF\n"
    );
    Some([data, b"\n", &object, b"\n", tail.as_bytes()].concat())
}
