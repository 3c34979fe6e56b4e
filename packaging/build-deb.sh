#!/usr/bin/env bash
# Builds the Debian package of the service; its path is the last line.
# Usage: packaging/build-deb.sh [--no-compile]   takes target/release/varco as it is
set -euo pipefail
cd "$(dirname "$0")/.."

cargo_deb=3.8.0 # without its lzma feature it compresses with the xz of the system

main() {
    case "${1:-}" in
        --no-compile) ;;
        '') cargo build --release --locked --bin varco >&2 ;;
        *) sed -n 's/^# \(Usage: .*\)/\1/p' "$0" >&2; exit 2 ;;
    esac
    tool
    texts target/packaging
    # What it says of itself is the time of the last change, so that the same tree gives the same package.
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y Cargo.toml)
    export SOURCE_DATE_EPOCH
    rm -f target/debian/varco_*.deb
    var/tools/cargo/bin/cargo-deb deb --no-build --quiet >&2
    echo target/debian/varco_*.deb
}

tool() {
    [ "$(var/tools/cargo/bin/cargo-deb --version 2>/dev/null)" != "cargo-deb $cargo_deb" ] || return 0
    cargo install --quiet --locked --version "=$cargo_deb" --no-default-features --root var/tools/cargo cargo-deb >&2
}

# What the program writes about itself.
texts() {
    local out=$1 varco=target/release/varco command
    rm -rf "$out"
    mkdir -p "$out/man"
    "$varco" manpage >"$out/man/varco.1"
    while read -r command; do
        "$varco" manpage "$command" >"$out/man/varco-$command.1"
    done < <("$varco" --help | sed -n '/^Comandi:/,/^$/s/^  \([a-z]\+\) .*/\1/p')
    "$varco" completions bash >"$out/varco.bash"
    "$varco" completions zsh >"$out/_varco"
    "$varco" completions fish >"$out/varco.fish"
    packaging/third-party.py >"$out/THIRD-PARTY"
    { cat packaging/deb/copyright; sed -e 's/[[:space:]]*$//' -e 's/^$/./' -e 's/^/ /' LICENSE; } >"$out/copyright"
}

main "$@"
