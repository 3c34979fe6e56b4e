#!/usr/bin/env bash
# Runs each fuzz target, or those named as arguments, for a while (SECONDS_EACH, default 60). With a nightly toolchain
# at hand the address sanitizer watches; on the stable one there is coverage and no sanitizer.
set -euo pipefail
cd "$(dirname "$0")/.."

export PATH="$PWD/var/cargo/bin:$PATH"
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked --version 0.13.2 --root var/cargo

toolchain=() sanitizer=none memory=512
if rustup run nightly rustc --version >/dev/null 2>&1; then
    # The sanitizer's shadow and quarantine come on top of what the target itself uses.
    toolchain=(+nightly) sanitizer=address memory=2048
fi
echo "sanitizer: $sanitizer"

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo fuzz list)
for target in "${targets[@]}"; do
    echo "== $target"
    # What it finds goes to var/; fuzz/corpus holds what we chose to keep.
    mkdir -p "var/fuzz/$target"
    cargo "${toolchain[@]}" fuzz run --sanitizer "$sanitizer" "$target" \
        "$PWD/var/fuzz/$target" "$PWD/fuzz/corpus/$target" \
        -- -max_total_time="${SECONDS_EACH:-60}" -rss_limit_mb="$memory" -timeout=10
done
