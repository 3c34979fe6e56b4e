#!/usr/bin/env bash
# Signs once with each key of a token made by init.sh and verifies the signature with the certificate on the token.
# Usage: check.sh DIR
set -euo pipefail
export LC_ALL=C

[[ $# == 1 && -f $1/softhsm2.conf ]] || {
    echo "Usage: check.sh DIR     (made by init.sh)" >&2
    exit 2
}
dir=$(cd "$1" && pwd)
export SOFTHSM2_CONF=$dir/softhsm2.conf
module=${SOFTHSM2_MODULE:-$(find /usr/lib /usr/lib64 /usr/local/lib -name libsofthsm2.so 2>/dev/null | head -1)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

token() {
    pkcs11-tool --module "$module" --token-label FIRMA --login --pin "$(<"$dir/pin")" "$@" 2>"$work/log" >"$work/out" || {
        cat "$work/log" "$work/out" >&2
        echo "softhsm/check: the token refused: ${*: -6}" >&2
        exit 1
    }
}

echo 'Testo da firmare' >"$work/text"
openssl dgst -sha256 -binary -out "$work/digest" "$work/text"
# SoftHSM 2.6 has no ECDSA over a text: the digest is made here.
token --sign --mechanism SHA256-RSA-PKCS --id a1 --input-file "$work/text" --output-file "$work/a1.signature"
token --sign --mechanism ECDSA --signature-format openssl --id b1 --input-file "$work/digest" --output-file "$work/b1.signature"
for id in a1 b1; do
    token --read-object --type cert --id "$id" --output-file "$work/$id.der"
    openssl x509 -inform DER -in "$work/$id.der" -noout -pubkey >"$work/$id.pub"
    echo "$id: $(openssl dgst -sha256 -verify "$work/$id.pub" -signature "$work/$id.signature" "$work/text")"
done
