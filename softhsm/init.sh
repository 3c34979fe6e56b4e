#!/usr/bin/env bash
# Makes a SoftHSM token that stands for a signature card: label FIRMA, with the keys and certificates of
# qualified-good (RSA-2048, id a1) and qualified-p256 (P-256, id b1) of a synthetic PKI.
# Usage: init.sh DIR PKI_DIR
# DIR gets softhsm2.conf, tokens/ and pin. Nothing to do if the token already holds these certificates; otherwise
# the token is made anew. PIN and SO PIN are public: they guard test keys only.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
label=FIRMA pin=123456 so_pin=87654321

main() {
    [[ $# == 2 ]] || {
        sed -n 's/^# \(Usage: .*\)/\1/p' "${BASH_SOURCE[0]}" >&2
        exit 2
    }
    [[ -f $2/leaves/qualified-good.pem ]] || fail "$2 is not a PKI made by certs/make-pki.sh"
    require softhsm2-util softhsm2
    require pkcs11-tool opensc
    require openssl openssl
    module=$(find_module)
    mkdir -p "$1"
    dir=$(cd "$1" && pwd) pki=$2
    export SOFTHSM2_CONF=$dir/softhsm2.conf

    local stamp
    stamp=$(cat "$pki"/leaves/qualified-{good,p256}.pem "$here"/init.sh "$here"/softhsm2.conf.template | openssl sha256 -r)
    if [[ ! -f $dir/stamp || $(<"$dir/stamp") != "$dir $stamp" ]]; then
        rm -rf "$dir/tokens" "$dir/stamp"
        make_token
        echo "$dir $stamp" >"$dir/stamp"
    fi
    echo "token $label ready; use it with: export SOFTHSM2_CONF=$SOFTHSM2_CONF   (module $module)"
}

fail() {
    echo "softhsm/init: $*" >&2
    exit 2
}

# require COMMAND PACKAGE
require() {
    command -v "$1" >/dev/null || fail "$1 is missing; install it with: apt-get install $2"
}

find_module() {
    local path
    for path in "${SOFTHSM2_MODULE-}" /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so \
        /usr/lib64/pkcs11/libsofthsm2.so /usr/local/lib/softhsm/libsofthsm2.so; do
        if [[ -f $path ]]; then
            echo "$path"
            return
        fi
    done
    fail "libsofthsm2.so not found; install it with: apt-get install softhsm2, or set SOFTHSM2_MODULE"
}

make_token() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    umask 077
    mkdir -p "$dir/tokens"
    local template
    template=$(<"$here/softhsm2.conf.template")
    printf '%s\n' "${template//@TOKENS@/"$dir/tokens"}" >"$SOFTHSM2_CONF"
    printf '%s' "$pin" >"$dir/pin"
    quietly softhsm2-util --init-token --free --label "$label" --so-pin "$so_pin" --pin "$pin"
    import qualified-good a1 'FIRMA RSA'
    import qualified-p256 b1 'FIRMA EC'
}

# import LEAF ID LABEL
import() {
    openssl pkcs8 -topk8 -nocrypt -in "$pki/leaves/$1.key" -out "$work/key.p8"
    openssl x509 -in "$pki/leaves/$1.pem" -outform DER -out "$work/certificate.der"
    quietly softhsm2-util --import "$work/key.p8" --token "$label" --label "$3" --id "$2" --pin "$pin"
    quietly pkcs11-tool --module "$module" --token-label "$label" --login --pin "$pin" \
        --write-object "$work/certificate.der" --type cert --id "$2" --label "$3"
}

# quietly COMMAND: what it prints is shown only if it fails.
quietly() {
    "$@" >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        fail "failed: $1"
    }
}

main "$@"
