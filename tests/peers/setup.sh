#!/usr/bin/env bash
# Makes the virtual environment of the peers (var/peers) with pyHanko and builds the DSS peer (var/peers/dss).
set -eu
cd "$(dirname "$0")/../.."

pyhanko=0.38.0
for tool in python3 pdfsig java mvn; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: see tests/peers/README.md" >&2; exit 1; }
done
if ! var/peers/bin/python -c "import pyhanko.version as v; assert v.__version__ == '$pyhanko'" 2>/dev/null; then
    python3 -m venv var/peers
    var/peers/bin/pip install --quiet --disable-pip-version-check "pyhanko==$pyhanko"
fi
tests/peers/dss/build.sh
