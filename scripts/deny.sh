#!/usr/bin/env bash
# Licences, forbidden and doubled crates, sources; known vulnerabilities too where the database can be had.
set -eu
cd "$(dirname "$0")/.."

scripts/tools.sh
export PATH="$PWD/var/tools/bin:$PATH"
checks=(bans licenses sources)
if timeout 120 cargo deny fetch db >/dev/null 2>&1; then
    checks+=(advisories)
else
    echo "cargo deny: the RustSec database cannot be reached from here, advisories were not checked" >&2
fi
exec cargo deny --log-level error check --hide-inclusion-graph "${checks[@]}"
