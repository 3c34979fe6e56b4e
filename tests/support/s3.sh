#!/usr/bin/env bash
# Runs a server that speaks like S3 (moto, from PyPI) until standard input ends. Prints its address once it answers.
set -euo pipefail
cd "$(dirname "$0")/../.."

MOTO=5.2.5 FLASK=3.1.3 FLASK_CORS=6.0.5

if [ "$(cat var/moto/installed 2>/dev/null || true)" != "$MOTO" ]; then
    /usr/bin/python3 -m venv --clear var/moto >&2
    var/moto/bin/pip install --quiet --disable-pip-version-check \
        "moto[s3]==$MOTO" "flask==$FLASK" "flask-cors==$FLASK_CORS" >&2
    echo "$MOTO" >var/moto/installed
fi
log=$(mktemp)
var/moto/bin/moto_server -H 127.0.0.1 -p 0 >"$log" 2>&1 </dev/null &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait || true; rm -f "$log"' EXIT
for _ in $(seq 300); do
    address=$(sed -nE 's|.*Running on (http://127[^ ]+).*|\1|p' "$log")
    [ -z "$address" ] || break
    kill -0 "$server" || { cat "$log" >&2; exit 1; }
    sleep 0.1
done
echo "$address"
cat >/dev/null
