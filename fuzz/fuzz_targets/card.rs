#![no_main]

#[expect(dead_code, reason = "the other targets use the rest")]
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    targets::card(data);
});
