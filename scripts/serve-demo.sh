#!/usr/bin/env bash
# Starts the service on https://localhost:8443 (PORT for another) with the embedded store in ./var and the demonstration PKI,
# prints how to ask it, and waits for Ctrl-C, which ends all that was started here.
set -euo pipefail
cd "$(dirname "$0")/.."

varco=${VARCO:-target/release/varco}
port=${PORT:-8443}
url=https://localhost:$port
service=

main() {
    certs/make-tls.sh var/tls
    configure
    local token
    token=$("$varco" token create --name dimostrazione --expires "$(date -u -d '+1 day' +%FT%TZ)" --config var/varco.toml | head -n 1)
    trap stop EXIT
    trap 'exit 0' INT TERM
    "$varco" serve --config var/varco.toml 2>var/varco.log &
    service=$!
    wait_until_ready
    explain "$token"
    wait "$service"
}

configure() {
    cat >var/varco.toml <<TOML
# Written by scripts/serve-demo.sh; for a real service see docs/OPERATIONS.md.
[listen]
address = "127.0.0.1:$port"
tls_certificate = "var/tls/tls.pem"
tls_key = "var/tls/tls.key"

[store]
url = "sqlite:var/varco.db"

[documents]
place = "file:$PWD/var/documents"

[trust]
anchors = ["var/pki/trust"]
crls = ["var/pki/crl"]

[page]
enabled = true
TOML
}

wait_until_ready() {
    for _ in $(seq 100); do
        kill -0 "$service" 2>/dev/null || break
        if grep -q '"service listens"' var/varco.log; then return; fi
        sleep 0.1
    done
    echo "The service did not start:" >&2
    cat var/varco.log >&2
    exit 1
}

explain() {
    cat <<TEXT

The service runs on $url (log: var/varco.log; settings: var/varco.toml; metrics: http://127.0.0.1:9464/metrics).
Demonstration token, good for a day: $1

Verify a signed AdS and the person who signed it:

    curl --cacert var/tls/ca.pem -H 'Authorization: Bearer $1' \\
        -F file=@var/demo/good-cns.p7m -F fiscal_code=PRVCRD90A41H501L $url/v1/verifications

The page for people is $url (the certificate is signed by var/tls/ca.pem); the files to try are in var/demo.

Ctrl-C stops it.
TEXT
}

stop() {
    [ -n "$service" ] || return 0
    kill "$service" 2>/dev/null || true
    wait "$service" 2>/dev/null || true
    echo "The service has stopped."
}

main
