//! Sees to it that what the page embeds from elsewhere is there; `scripts/fetch-npm.sh` says what that is.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=scripts/fetch-npm.sh");
    println!("cargo::rerun-if-changed=target/web/VERSION");
    // It does nothing, and needs no network, where the files are there already.
    let fetched = Command::new("scripts/fetch-npm.sh").arg("look").status();
    if !fetched.is_ok_and(|status| status.success()) {
        println!(
            "cargo::error=the look of the page could not be fetched: see CONTRIBUTING.md, \"What the build fetches\""
        );
    }
}
