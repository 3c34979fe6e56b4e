#!/usr/bin/env bash
# Makes a certificate for https://localhost, under an authority of its own, for the demonstration and the tests.
# Usage: certs/make-tls.sh DIR   writes ca.pem, tls.pem, tls.key there; does nothing while they are good for another day.
set -euo pipefail

dir=${1:?usage: certs/make-tls.sh DIR}
if [ -f "$dir/ca.pem" ] && [ -f "$dir/tls.key" ] && openssl x509 -in "$dir/tls.pem" -noout -checkend 86400 >/dev/null 2>&1; then
    exit 0
fi

mkdir -p "$dir"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 90 \
    -subj "/C=IT/O=Varco (prova)/CN=Varco prova TLS" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -subj "/CN=localhost" \
    -keyout "$work/tls.key" -out "$work/tls.csr" 2>/dev/null
openssl x509 -req -in "$work/tls.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -days 90 -sha256 -out "$work/tls.pem" \
    -extfile <(printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
        "extendedKeyUsage=serverAuth" "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1") 2>/dev/null
# The authority's key is thrown away: it can sign nothing else.
for file in ca.pem tls.pem tls.key; do
    mv "$work/$file" "$dir/$file"
done
