#!/usr/bin/env bash
# Runs each fuzz target for a while (SECONDS_EACH, default 60). Works on the stable toolchain: coverage, no sanitizers.
set -euo pipefail
cd "$(dirname "$0")/.."

export PATH="$PWD/var/cargo/bin:$PATH"
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked --version 0.13.2 --root var/cargo
for target in $(cargo fuzz list); do
    echo "== $target"
    # What it finds goes to var/; fuzz/corpus holds what we chose to keep.
    mkdir -p "var/fuzz/$target"
    cargo fuzz run --sanitizer none "$target" "$PWD/var/fuzz/$target" "$PWD/fuzz/corpus/$target" \
        -- -max_total_time="${SECONDS_EACH:-60}" -rss_limit_mb=512 -timeout=10
done
