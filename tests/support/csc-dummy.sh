#!/usr/bin/env bash
# Runs a provider of remote signatures (certomancer-csc-dummy, from PyPI: CSC API v1.0.4, without authentication) until standard
# input ends. Prints its address once it answers. Usage: csc-dummy.sh FOLDER; its keys are made there.
set -euo pipefail
folder=$1
cd "$(dirname "$0")/../.."
here=tests/support/csc-dummy

if ! cmp -s "$here/requirements.txt" var/csc-dummy/installed; then
    /usr/bin/python3 -m venv --clear var/csc-dummy >&2
    var/csc-dummy/bin/pip install --quiet --disable-pip-version-check --no-deps -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" var/csc-dummy/installed
fi
for key in radice firma marche; do
    openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$folder/$key.pem"
done
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$folder/curva.pem"
cp "$here/pki.yml" "$folder"
var/csc-dummy/bin/python "$here/serve.py" "$folder/pki.yml" >"$folder/log" 2>&1 </dev/null &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait || true' EXIT
for _ in $(seq 300); do
    address=$(sed -nE 's|.*Running on (http://127[^ ]+).*|\1|p' "$folder/log")
    [ -z "$address" ] || break
    kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
    sleep 0.1
done
echo "$address"
cat >/dev/null
